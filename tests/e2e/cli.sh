#!/bin/bash
# The command line: help, wrong use, streams, colour, options and exit codes.
. "$(dirname "$0")/lib.sh"

R=$WORK/root
debian_root "$R" 11 bullseye
dpkg_entry openssl 1.1.1a-1 >"$R/var/lib/dpkg/status"

is_report() { json "$1" 'd["subjects"]' >/dev/null 2>&1; }

# --- help --------------------------------------------------------------------------------------

run --help
expect "--help" 0
says "--help says how" 'usage'
is "--help is no error output" "$(cat "$ERR")" ""
for verb in scan facts db; do
    holds "--help lists $verb" grep -qE "^ +$verb " "$OUT"
done
for verb in $(sed -n 's/^  \([a-z]\{2,\}\) .*/\1/p' "$OUT"); do
    run "$verb" --help
    expect "$verb --help" 0
    holds "$verb --help is on standard output" [ -s "$OUT" ]
    holds "$verb --help fits 80 columns" [ "$(wc -L <"$OUT")" -le 80 ]
done
for verb in import export status update compare; do
    run db $verb --help
    expect "db $verb --help" 0
done
run --version
expect "--version" 0
holds "--version is one line" [ "$(wc -l <"$OUT")" = 1 ]
run; expect "no verb is wrong use" 2

# --- wrong use ---------------------------------------------------------------------------------

wrong() { # NAME REGEX ARG...
    run "${@:3}"
    expect "$1" 2
    says "$1" "$2"
    is "$1: nothing on standard output" "$(cat "$OUT")" ""
}
wrong "an unknown verb" 'scna.*scan' scna
wrong "an unknown option" 'formt.*format' scan --formt json "$R"
wrong "an option without its argument" 'format' scan "$R" --format
wrong "an unknown format" 'json' scan "$R" --format xlm
wrong "an unknown severity" 'high' scan "$R" --fail-on hgih
wrong "no target" 'target|--help' scan
wrong "an unknown verb of db" 'imprt|import|verb' db imprt
wrong "an unknown verification" 'full' scan "$R" --verify most
wrong "a size that is none" 'size|bytes|max-layer-size' scan "$R" --max-layer-size big
wrong "a time that is none" 'timeout' scan "$R" --timeout soon
wrong "a platform that is none" 'platform' scan "$R" --platform 'linux//amd64 x'
wrong "a flag with an argument" 'quiet' scan "$R" --quiet=yes
wrong "facts of nothing" 'target|--help' facts
DOCKER_HOST=unix://$WORK/no-socket run scan nginx:1.27
expect "a name, and no daemon to ask" '2|4'
says "a name, and no daemon to ask" 'nginx:1.27'
says "and where else it could have been" 'registr|daemon|docker'

# --- streams -----------------------------------------------------------------------------------

run scan "$R" --format json
expect "scan --format json" 0
expect_json "standard output is one JSON document" "isinstance(d, dict)"
expect_json "with all its parts" \
    "set(d) >= {'subjects', 'results', 'findings', 'gaps', 'verdict', 'database'}"
expect_json "a subject has its parts" \
    "set(d['subjects'][0]) >= {'name', 'digest', 'distribution', 'packages'}"
run scan "$R" --format json --output "$WORK/report.json"
expect "--output" 0
is "--output leaves standard output alone" "$(cat "$OUT")" ""
holds "--output wrote JSON" is_report "$WORK/report.json"
run scan "$R" --format=json --output="$WORK/report2.json"
expect "--option=value" 0
holds "--option=value is the same" is_report "$WORK/report2.json"
# What is no regular file is written to, never replaced: /dev/null must survive a run by root.
mkfifo "$WORK/pipe"
cat "$WORK/pipe" >"$WORK/from-pipe" &
reader=$!
LIMIT=20 run scan "$R" --format json --output "$WORK/pipe"
expect "--output to a pipe" 0
holds "--output leaves a pipe a pipe" [ -p "$WORK/pipe" ]
[ -p "$WORK/pipe" ] || kill $reader
wait $reader 2>/dev/null
holds "--output writes through a pipe" is_report "$WORK/from-pipe"
ln -s report3.json "$WORK/link"
run scan "$R" --format json --output "$WORK/link"
holds "--output through a link keeps the link" [ -L "$WORK/link" ]
holds "--output through a link writes its target" is_report "$WORK/report3.json"
run scan "$R" --output "$WORK/no/such/folder/x"
expect "--output where it cannot be" '2|4'
says "--output where it cannot be" 'no/such/folder'
run scan "$R" --format json --output "$WORK/report.json" --fail-on hgih
holds "wrong use leaves an earlier report alone" is_report "$WORK/report.json"
# A reader that goes away is no crash.
"$BULWARK" scan "$R" --format json 2>"$ERR" | head -c 10 >/dev/null
RC=${PIPESTATUS[0]}; COMMAND="bulwark scan | head"
expect "a reader that goes away" '0|4'
if [ -w /dev/full ]; then
    "$BULWARK" scan "$R" --format json >/dev/full 2>"$ERR"
    RC=$?; COMMAND="bulwark scan >/dev/full"; : >"$OUT"
    expect "a full disk is an error" 4
    says "a full disk is named" 'space|write|output'
fi
run scan "$R"
expect "scan as text" 0
says "the text says what was examined" "$(basename "$R")"
says "and that it is Debian" 'Debian'
ESCAPE=$(printf '\033')
if grep -q "$ESCAPE" "$OUT" "$ERR"; then not_ok "no colour but on a terminal"
else ok "no colour but on a terminal"; fi
run scan "$R" --quiet
expect "--quiet" 0
is "--quiet keeps standard error empty" "$(cat "$ERR")" ""
run scan "$R" --format json --quiet
expect_json "--quiet keeps the report" "'subjects' in d"
if command -v script >/dev/null; then
    terminal() { script -qec "$*" /dev/null </dev/null 2>&1; }
    terminal "'$BULWARK' scan '$R' 2>/dev/null" >"$WORK/tty"
    holds "colour on a terminal" grep -q "$ESCAPE\[" "$WORK/tty"
    NO_COLOR=1 terminal "'$BULWARK' scan '$R' 2>/dev/null" >"$WORK/tty"
    if grep -qE "$ESCAPE\[[0-9;]*m" "$WORK/tty"; then not_ok "NO_COLOR is honoured" "$(cat -v "$WORK/tty" | head)"
    else ok "NO_COLOR is honoured"; fi
    TERM=dumb terminal "stty cols 60; '$BULWARK' scan '$R' 2>/dev/null" >"$WORK/tty"
    RC=0; COMMAND="bulwark scan on 60 columns"; : >"$OUT"
    holds "a narrow terminal: no line is much wider" \
        [ "$(sed "s/$ESCAPE\[[0-9;]*m//g" "$WORK/tty" | tr -d '\r' | wc -L)" -le 62 ]
else
    skip "colour on a terminal" "script is not installed"
fi
run scan "$R" "$R" --format json
expect_json "two targets are two subjects" "len(d['subjects']) == 2"
(cd "$WORK" && "$BULWARK" scan ./root --format json >"$OUT" 2>"$ERR"); RC=$?
expect_json "a relative path" "len(d['subjects']) == 1"
mkdir -p "$WORK/-odd name"
cp -r "$R/." "$WORK/-odd name/"
(cd "$WORK" && "$BULWARK" scan --format json -- "-odd name" >"$OUT" 2>"$ERR"); RC=$?
expect_json "after -- all are targets" "d['subjects'][0]['packages'] == 1"

# --- the schema --------------------------------------------------------------------------------

SCHEMA=$ROOT/docs/schema/report.schema.json
VALIDATOR=
for python in "$PYTHON" "$(command -v python3)"; do
    "$python" -c 'import jsonschema' 2>/dev/null && VALIDATOR=$python && break
done
holds "the schema of the report is in the tree" [ -s "$SCHEMA" ]
valid() { # NAME FILE
    if [ -z "$VALIDATOR" ]; then skip "$1" "python3-jsonschema is not installed"; return; fi
    local why
    if why=$("$VALIDATOR" - "$SCHEMA" "$2" 2>&1 <<'END'
import json, sys
import jsonschema
schema, report = (json.load(open(path, encoding='utf-8')) for path in sys.argv[1:])
validator = jsonschema.validators.validator_for(schema)
validator.check_schema(schema)
errors = sorted(validator(schema).iter_errors(report), key=str)
for error in errors[:10]:
    print('/'.join(map(str, error.absolute_path)), error.message[:300])
sys.exit(bool(errors))
END
    ); then ok "$1"; else not_ok "$1" "$why"; fi
}
run scan "$R" --format json
valid "a root's report is valid" "$OUT"
make_image oci-dir "$WORK/oci" "$R" --name test/cli:1
run scan "$WORK/oci" --format json
valid "an image's report is valid" "$OUT"
make_image oci-dir "$WORK/broken" "$R" --break flip:0:4
run scan "$WORK/broken" "$R" --format json
valid "a report with a blocking gap is valid" "$OUT"
mkdir "$WORK/bare"
run scan "$WORK/bare" --format json
valid "a report of nothing is valid" "$OUT"
if [ -d "$DATA/osv" ]; then
    run db import "$DATA/osv"
    expect "db import" 0
    run scan "$R" --format json
    expect_json "with findings" "len(d['findings']) > 0"
    valid "a report with findings is valid" "$OUT"
    expect_json "a finding has its parts" \
        "all(set(f) >= {'id', 'kind', 'severity', 'subject', 'location', 'fingerprint', 'advisory', 'package', 'fixed_version'} for f in d['findings'])"
    expect_json "an advisory has its parts" \
        "all(set(f['advisory']) >= {'id', 'aliases', 'cves', 'kev'} for f in d['findings'])"
    expect_json "a package has its parts" \
        "all(set(f['package']) >= {'name', 'version', 'purl', 'source'} for f in d['findings'])"
    cp "$OUT" "$WORK/first"
    run scan "$R" --format json
    is "a report is the same again but for its times" \
        "$(json "$OUT" 'json.dumps([d[k] for k in ("subjects", "results", "findings", "gaps", "verdict")], sort_keys=True)' | sha256sum)" \
        "$(json "$WORK/first" 'json.dumps([d[k] for k in ("subjects", "results", "findings", "gaps", "verdict")], sort_keys=True)' | sha256sum)"
    run scan "$R" --fail-on none --format json
    expect "--fail-on none" 0
    run scan "$R" --fail-on negligible --format json
    expect "--fail-on negligible with findings" 1
    expect_json "the verdict says so" "d['verdict']['status'].upper() == 'FAIL'"
    valid "a failed report is valid" "$OUT"
    run scan "$WORK/broken" "$R" --fail-on negligible
    expect "1 wins over 3" 1
    run scan "$WORK/broken" --fail-on none
    expect "a blocking gap is 3 whatever --fail-on" 3
    run scan "$R" --ignore-unfixed --format json
    expect "--ignore-unfixed" 0
    expect_json "--ignore-unfixed leaves none without a fix" \
        "all(f['fixed_version'] for f in d['findings']) and len(d['findings']) > 0"
    # Text and JSON agree.
    run scan "$R" --format json
    json "$OUT" 'sorted(set(f["id"] for f in d["findings"]))' >"$WORK/ids"
    run scan "$R"
    lost=$(while read -r id; do grep -qF "$id" "$OUT" || echo "$id"; done <"$WORK/ids" | head -3)
    is "the text has the same findings" "$lost" ""
    holds "the text says of which date the advisories are" grep -qE '20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]' "$OUT"
else
    skip "findings" "shared data is absent"
    run scan "$R" --format json
    expect_gap "without advisories of its own a scan says so" 'note|blocking' 'advisor'
fi

# --- facts, completion -------------------------------------------------------------------------

run facts "$R" --format json
expect "facts" 0
expect_json "facts: the packages" \
    "[(p['type'], p['name'], p['version'], p['arch'], p['source']['name']) for p in d['packages']] == [('deb', 'openssl', '1.1.1a-1', 'amd64', 'openssl')]"
run facts "$R"
expect "facts as text" 0
says "facts as text has the package" 'openssl'
for shell in bash zsh fish; do
    run completion $shell
    expect "completion $shell" '0|2'
    [ "$shell" != bash ] || [ "$RC" != 0 ] || holds "completion bash is bash" bash -n "$OUT"
done
run completion bash
# completes WORD...: what is offered for the last of the words after "bulwark".
completes() {
    bash -c '. "$0" && COMP_WORDS=(bulwark "$@") COMP_CWORD=$#
        _bulwark && echo "${COMPREPLY[*]}"' "$OUT" "$@"
}
is "completion: verbs of a verb" "$(completes guard '')" "docker kubernetes log --help"
is "completion: such a verb that is all there" "$(completes guard docker)" docker
is "completion: options of such a verb" "$(completes guard docker --log-r)" \
    "--log-required --log-rotate --log-reads"
done_testing
