#!/bin/bash
# The page of --format html, opened in a real browser: the findings are there, the filter works, and
# nothing that a hostile image brings is run. BW_PICTURES names a folder for pictures of it.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

SAMPLE=$(dirname "$BULWARK")/tests/unit/report-sample
LIMIT=300
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || browser=

# --- the built script and style are those of the sources ---

"$ROOT/tools/build-web" --check >"$OUT" 2>"$ERR"
case $? in
0) ok 'the page is built from its sources' ;;
77) skip 'the page is built from its sources' "$(tail -n 1 "$ERR")" ;;
*) not_ok 'the page is built from its sources' "$(cat "$OUT" "$ERR")" ;;
esac

# --- a scan writes it ---

debian_root "$WORK/root" 12 bookworm
dpkg_entry liblzma5 5.6.0-0.1 >>"$WORK/root/var/lib/dpkg/status"
run scan "rootfs:$WORK/root" --output "$WORK/report.html" --format html
expect 'scan writes a page' '0|1'
holds 'which holds the report' grep -q '"schema_version":1' "$WORK/report.html"
holds 'and its policy' grep -q "default-src 'none'; script-src 'sha256-" "$WORK/report.html"

# --- a browser opens it ---

if [ -z "$browser" ]; then
    skip 'a browser shows it' 'chromium is not installed'
elif [ ! -x "$SAMPLE" ]; then
    skip 'a browser shows it' "$SAMPLE is not built (meson -Dtests=true)"
elif ! "$ROOT/tools/build-web" --install 2>"$ERR"; then
    skip 'a browser shows it' "$(tail -n 1 "$ERR")"
else
    for report in shop images attack many; do
        "$SAMPLE" $report html >"$WORK/$report.html" || not_ok "the page of $report"
    done
    NODE_MODULES_OF=$ROOT/tests/.cache/web timeout -k 5 "$LIMIT" \
        node "$ROOT/tests/e2e/html-page.mjs" "$browser" "$WORK" ${BW_PICTURES:+"$BW_PICTURES"} >"$OUT" 2>"$ERR"
    code=$?
    while IFS= read -r line; do
        case $line in
        'ok '*) ok "browser: ${line#* - }" ;;
        'not ok '*) not_ok "browser: ${line#* - }" "$(grep -F -A 1 -- "$line" "$OUT" | tail -n 1)" ;;
        esac
    done <"$OUT"
    is 'the browser came to its end' "$code" 0
    [ $code = 0 ] || diag <"$ERR"
fi

done_testing
