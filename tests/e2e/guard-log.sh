#!/bin/bash
# The log of decisions: verified, broken in every way, and read.
. "$(dirname "$0")/lib.sh"

L=$WORK/log.jsonl

# log N: a log of N decisions, every third one denied; $NEWEST is its last hash.
log() {
    $PYTHON - "$L" "$1" <<'EOF'
import hashlib, sys
path, n = sys.argv[1], int(sys.argv[2])
previous = "0" * 64
with open(path, "w") as out:
    for i in range(1, n + 1):
        reasons = '"verdict":"allow","reasons":[]'
        if i % 3 == 0:
            reasons = ('"verdict":"deny","reasons":[{"policy":"container-privileged","weight":"deny",'
                       '"object":"container web","message":"runs privileged\\u001b[2J"},'
                       '{"weight":"deny","message":"x"}]')
        line = ('{"sequence":%d,"time":"2026-11-26T19:37:%02d.000001Z","gate":"docker","user":"anna",'
                '"method":"POST","uri":"/v1.41/containers/create?name=%d",%s,"previous":"%s"'
                % (i, i % 60, i, reasons, previous))
        previous = hashlib.blake2b(line.encode(), digest_size=32).hexdigest()
        out.write(line + ',"hash":"%s"}\n' % previous)
EOF
    NEWEST=$(tail -n 1 "$L" | sed 's/.*"hash":"\([0-9a-f]*\)"}/\1/')
}

log 12
run guard log "$L"
expect "a log that is intact" 0
says "that it is" "log.jsonl: intact"
says "how much there is" "12 lines in 1 file, sequence 1 to 12"
says "the newest hash" "newest hash $NEWEST"
says "what the gate decided" "docker: 8 allowed, 4 denied, 0 undecided"

run guard log "$L" --contains "$NEWEST"
expect "a hash that was kept" 0
says "that it is there" "the hash $NEWEST stands in it"
run guard log "$L" --contains "${NEWEST//a/b}"
expect "a hash that is not there" 1
run guard log "$L" --contains abc
expect "what is no hash" 2

run guard log "$L" --show
expect "the decisions" 0
says "one that was allowed" "2026-11-26T19:37:01Z allow docker anna POST /v1.41/containers/create\?name=1$"
says "the first reason" "container web runs privileged.* \[container-privileged\], and 1 more"
is "no escape reaches the terminal" "$(tr -dc '\033' <"$OUT" | wc -c)" 0
run guard log "$L" --denied --tail 2
says "the last denied" "name=12"
says "and the one before" "name=9"
is "no other" "$(grep -c '^2026' "$OUT")" 2

run guard log "$L" --denied --tail 1 --format json
expect "as JSON" 0
expect_json "it is intact" 'd["intact"] and d["lines"] == 12 and d["newest"] == "'"$NEWEST"'"'
expect_json "the decisions" '[x["sequence"] for x in d["decisions"]] == [12]'
expect_json "the gates" 'd["gates"] == [{"gate": "docker", "allowed": 8, "denied": 4, "undecided": 0}]'

# --- broken
sed -i '5s/anna/eve1/' "$L"
run guard log "$L"
expect "a line that was changed" 1
says "with its place" "log.jsonl:5: it was changed"
says "in one place alone" "BROKEN in 1 place$"
log 12
sed -i '4,6d' "$L"
run guard log "$L" --format json
expect "lines that were taken out" 1
expect_json "with their place" 'd["problems"][0]["line"] == 4 and "3 lines are missing" in d["problems"][0]["what"]'
log 12
truncate -s -40 "$L"
run guard log "$L"
expect "a line that was cut short" 1
says "with its place" "log.jsonl:12: it was cut short"

# --- rotated
log 12
head -n 5 "$L" >"$L.2"
sed -n '6,9p' "$L" >"$L.1"
sed -i '1,9d' "$L"
run guard log "$L"
expect "a log in three files" 0
says "they are one" "12 lines in 3 files, sequence 1 to 12"
rm "$L.2"
run guard log "$L"
expect "the oldest was removed" 0
says "as the sequence shows" "sequence 6 to 12"
rm "$L.1"
echo garbage >"$L.1"
run guard log "$L"
expect "garbage for a file" 1
says "with its place" "log.jsonl.1:1: it is no line of this log"

# --- use
run guard log
expect "no path" 2
run guard log "$WORK/nothing"
expect "no such log" 2
run guard log "$L" --format xml
expect "another format" 2
run guard log --help
expect "help" 0
says "it teaches" "Who can write the file can write all of it anew"

done_testing
