#!/bin/bash
# The forms a report is written in, from the command line: one scan, many forms, a template.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

debian_root "$WORK/root" 12 bookworm
dpkg_entry liblzma5 5.6.0-0.1 xz-utils >>"$WORK/root/var/lib/dpkg/status"

# --- every form of --format ---

run scan --format nothing "rootfs:$WORK/root"
expect 'a form that is none is refused' 2
says 'and the forms are named' 'there is table, html, markdown, json, sarif'
forms=$(sed -n "s/.*there is //p" "$ERR" | head -n 1 | tr -d ,)
for form in $forms; do
    [ "$form" != template ] || continue
    run scan --format "$form" "rootfs:$WORK/root"
    expect "--format $form" '0|3'
    holds "--format $form writes something" test -s "$OUT"
done
for form in $forms; do
    holds "the manual knows $form" grep -q "^\.It Cm $form" "$ROOT/man/bulwark.1"
done

# --- one scan, several forms ---

run scan --quiet "rootfs:$WORK/root" --also "sarif=$WORK/a.sarif" --also "json=$WORK/a.json" \
    --also "csv=$WORK/a.csv"
expect '--also writes more forms' '0|3'
says 'beside the first' 'Verdict'
is 'as many findings in one as in another' "$(json "$WORK/a.sarif" 'len(d["runs"][0]["results"])')" \
    "$(json "$WORK/a.json" 'len(d["findings"])')"
is 'and in the third' "$(grep -c ',vulnerability,' "$WORK/a.csv")" \
    "$(json "$WORK/a.json" 'sum(f["kind"] == "vulnerability" for f in d["findings"])')"
run scan --also "sarif" "rootfs:$WORK/root"
expect '--also without a file is refused' 2
run scan --also "nothing=$WORK/x" "rootfs:$WORK/root"
expect '--also with a form that is none is refused' 2

# --- a template ---

cat >"$WORK/list.md" <<'TEMPLATE'
{{#subjects}}
# {{name}}
{{/subjects}}
{{#findings}}
- {{severity}} {{package.name}} {{id}}
{{/findings}}
{{^findings}}
nothing
{{/findings}}
TEMPLATE
run scan --template "$WORK/list.md" "rootfs:$WORK/root"
expect '--template is a form' '0|3'
says 'which names what was examined' '^# rootfs:'
is 'and lists what was found' "$(grep -c '^- ' "$OUT")" "$(json "$WORK/a.json" 'len(d["findings"])')"
run scan --format template "rootfs:$WORK/root"
expect 'the form template needs a template' 2
run scan --template "$WORK/missing" "rootfs:$WORK/root"
expect 'a template that is not there is told' '2|4'
printf 'a\n{{#findings}}' >"$WORK/broken"
run scan --template "$WORK/broken" "rootfs:$WORK/root"
expect 'a broken template is told' 4
says 'with its line' 'line 2 of the template: a section is not closed'

# --- the schemas of the forms ---

# get_sarif_schema DIR: where the shared schemas are not at hand, a package of npm has the same one.
get_sarif_schema() {
    local package=@microsoft/jest-sarif@1.0.0-beta.0 archive
    [ ! -e "$1/sarif-2.1.0-rtm.5.json" ] && command -v npm >/dev/null || return 0
    mkdir -p "$1"
    archive=$(cd "$1" && npm pack --silent "$package" 2>/dev/null </dev/null | tail -n 1)
    [ -n "$archive" ] && tar -xzf "$1/$archive" -C "$1" --strip-components=3 \
        package/lib/schemas/sarif-2.1.0-rtm.5.json
}

[ -e "$DATA/schemas/sarif-2.1.0.schema.json" ] || get_sarif_schema "$CACHE/schemas"
mkdir "$WORK/forms"
for form in sarif junit gitlab openvex; do
    run scan --format $form "rootfs:$WORK/root"
    case $form in junit) cp "$OUT" "$WORK/forms/scan.junit.xml" ;; *) cp "$OUT" "$WORK/forms/scan.$form" ;; esac
done
mkdir "$WORK/documents" "$WORK/reports"
printf 'FROM debian:latest\nRUN apt-get install curl\n' >"$WORK/documents/Dockerfile"
printf 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  annotations: {bulwark.dev/ignore: host-namespaces}\nspec:\n  hostPID: yes\n  containers: [{name: a, image: a}]\n' >"$WORK/documents/pod.yaml"
for form in sarif junit gitlab openvex; do
    run check --format $form "$WORK/documents"
    case $form in junit) cp "$OUT" "$WORK/forms/check.junit.xml" ;; *) cp "$OUT" "$WORK/forms/check.$form" ;; esac
done
run check --format json --output "$WORK/reports/check.json" "$WORK/documents"
expect 'a report of policies as JSON' 1
if $PYTHON -c 'import jsonschema' 2>/dev/null; then
    holds 'a report of policies is as the schema says' $PYTHON "$ROOT/tests/unit/report-schema.py" \
        "$ROOT/docs/schema/report.schema.json" "$WORK/reports"
else
    skip 'a report of policies is as the schema says' 'python3-jsonschema is not installed'
fi
cp "$ROOT"/tests/golden/report/*.{sarif,junit.xml,gitlab,openvex} "$WORK/forms"
$PYTHON "$ROOT/tests/e2e/formats-schema.py" "$WORK/forms" "$DATA/schemas" "$CACHE/schemas" >"$OUT" 2>"$ERR"
code=$?
while IFS= read -r line; do
    case $line in
    'ok '*'# SKIP '*) skip "schema: $(sed 's/^[^-]*- //;s/ # SKIP.*//' <<<"$line")" "${line#*# SKIP }" ;;
    'ok '*) ok "schema: ${line#* - }" ;;
    'not ok '*) not_ok "schema: ${line#* - }" "$(grep -F -A 9 -- "$line" "$OUT" | grep '^#')" ;;
    esac
done <"$OUT"
is 'the schemas were asked' "$code" 0

done_testing
