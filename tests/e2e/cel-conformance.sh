#!/bin/bash
# The conformance suite of CEL: its textproto files where the shared data are at hand, else the same
# suite from the npm package that has it as objects.
. "$(dirname "$0")/lib.sh"

RUNNER=$(dirname "$BULWARK")/tests/conformance/conformance-cel
PACKAGE=@bufbuild/cel-spec@0.6.1
SUITE=$DATA/cel

# fetch_suite DIR: the package's suite, written as textproto.
fetch_suite() {
    local archive
    [ -e "$1/textproto/basic.textproto" ] && return 0
    command -v npm >/dev/null && command -v node >/dev/null || return 1
    mkdir -p "$1"
    archive=$(cd "$1" && npm pack --silent "$PACKAGE" 2>/dev/null </dev/null | tail -n 1)
    [ -n "$archive" ] && tar -xzf "$1/$archive" -C "$1" &&
        node "$ROOT/tests/conformance/cel-textproto.mjs" "$1/package" "$1/textproto"
}

if [ ! -e "$SUITE/basic.textproto" ]; then
    SUITE=$CACHE/cel/textproto
    fetch_suite "$CACHE/cel" || SUITE=
fi
if [ ! -x "$RUNNER" ]; then
    skip 'the suite' 'the tests were not built'
elif [ -z "$SUITE" ]; then
    skip 'the suite' "neither ../shared/data/cel nor the npm package $PACKAGE is at hand"
else
    "$RUNNER" "$SUITE" "$ROOT/tests/conformance/cel-exceptions.txt" >"$OUT" 2>"$ERR"
    is 'the suite ran' $? 0
    while IFS= read -r line; do
        case $line in
        'ok '*) ok "${line#* - }" ;;
        'not ok '*) not_ok "${line#* - }" ;;
        esac
    done <"$OUT"
    holds 'at least 1600 tests passed' [ "$(sed -n 's/^.* - \([0-9]*\) of [0-9]* passed.*/\1/p' "$OUT")" -ge 1600 ]
fi

done_testing
