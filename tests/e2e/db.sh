#!/bin/bash
# The advisory database: from a folder, over HTTP with ETags and resumption, record by record, to
# another machine and back; its status; the order of versions.
. "$(dirname "$0")/lib.sh"

B=$WORK/bucket
LOG=$WORK/requests
JAN=2024-01-01T00:00:00Z
FEB=2024-02-01T00:00:00Z
SERVERS=()

bucket() { $PYTHON "$TOOLS/make-bucket" "$B" "$@"; }

# serve [OPTION...]: starts a server of the bucket: $URL.
serve() {
    mkfifo "$WORK/port.$$"
    $PYTHON "$TOOLS/http-bucket" "$B" "$LOG" "$@" >"$WORK/port.$$" &
    SERVERS+=($!)
    read -r port <"$WORK/port.$$"
    rm "$WORK/port.$$"
    URL=http://127.0.0.1:$port
}
stop() { for pid in "${SERVERS[@]}"; do kill "$pid"; wait "$pid"; done 2>/dev/null; SERVERS=(); }

# requests: what was asked since the last time, as "PATH STATUS [RANGE]" in a line.
requests() { sed 's/^GET //; s/ *$//' "$LOG" | paste -sd'|'; : >"$LOG"; }

status() { run db status --format json; }
inode() { stat -c %i "$BULWARK_DB"; }
many() { for i in $(seq 1 "$1"); do printf 'M-%d=%s=1.%d ' "$i" "$JAN" "$i"; done; }

# --- nothing there yet
status
expect "status without a database" 0
expect_json "it has no records" 'd["records"] == 0 and d["ecosystems"] == [] and not d["present"]'

# --- a folder
bucket Debian 12 D-1=$JAN=1.0 D-2=$FEB=2.0
bucket Alpine v3.19 A-1=$JAN=1.0-r0
run db import "$B"
expect "import of a bucket" 0
says "it counts" '3 records of 2 sources: 3 new'
status
expect_json "records" 'd["records"] == 3 and type(d["records"]) is int'
expect_json "newest" "d['newest'] == '$FEB'"
expect_json "ecosystems" '[e["name"] for e in d["ecosystems"]] == ["Alpine", "Debian"]'
expect_json "releases" 'd["ecosystems"][1]["releases"][0]["name"] == "Debian:12"'
BEFORE=$(inode)
run db import "$B"
expect "the same again" 0
says "nothing changed" 'nothing changed'
is "the file is the same" "$(inode)" "$BEFORE"
run db import "$B/Debian"
expect "one ecosystem of the bucket" 0
says "which is known already" 'nothing changed'
run db status
says "status for people" 'Debian +2'
BULWARK_ADVISORIES=$B run db update -e Debian
expect "update of one ecosystem from BULWARK_ADVISORIES" 0
run db import "$B" --kev /nonexistent
expect "no such catalog" '2'
is "and nothing was changed" "$(inode)" "$BEFORE"
run db update "$B"
expect "an operand of update" 2
says "the remedy" 'did you mean --from'
mkdir "$WORK/empty"
run db import "$WORK/empty"
expect "a folder without advisories" 2

# --- HTTP
rm -f "$BULWARK_DB"
printf 'Alpine\nDebian\nDebian:12\n[EMPTY]\n' >"$B/ecosystems.txt"
serve
run db update --from "$URL"
expect "update over HTTP" 0
is "asked" "$(requests)" '/ecosystems.txt 200|/Alpine/all.zip 200|/Debian/all.zip 200|/kev/known_exploited_vulnerabilities.json 404|/epss/epss_scores-current.csv.gz 404'
BEFORE=$(inode)
run db update --from "$URL"
says "unchanged" 'nothing changed'
is "an unchanged ecosystem costs one request" "$(requests)" '/ecosystems.txt 200|/Alpine/all.zip 304|/Debian/all.zip 304|/kev/known_exploited_vulnerabilities.json 404|/epss/epss_scores-current.csv.gz 404'
is "the file is the same" "$(inode)" "$BEFORE"

bucket Debian 12 D-1=$JAN=1.0 D-2=2024-03-01T00:00:00Z=2.5 D-3=$FEB=3.0
run db update --from "$URL" -e Debian
expect "two changes" 0
is "are fetched alone" "$(requests | sed 's/^.*modified_id/modified_id/')" 'modified_id.csv 200|/Debian/D-2.json 200|/Debian/D-3.json 200|/kev/known_exploited_vulnerabilities.json 404|/epss/epss_scores-current.csv.gz 404'
status
expect_json "and are there" 'd["records"] == 4'
run db update --from "$URL" -e Debian
says "nothing changed after that" 'nothing changed'
: >"$LOG"

# shellcheck disable=SC2046
bucket Debian 12 $(many 1200)
run db update --from "$URL" -e Debian
expect "many changes" 0
is "are fetched whole" "$(requests | grep -c '/M-')" 0
status
expect_json "and are there" 'd["records"] == 1201'

mkdir -p "$B/kev"
echo '{"vulnerabilities":[{"cveID":"CVE-2024-0001","dateAdded":"2024-01-01"}]}' \
    >"$B/kev/known_exploited_vulnerabilities.json"
run db update --from "$URL" -e Alpine
status
expect_json "the catalog beside the ecosystems" 'd["kev"] == 1'
mkdir -p "$B/epss"
printf 'cve,epss,percentile\nCVE-2024-0001,0.5,0.9\nCVE-2024-0002,0.1,0.5\n' >"$WORK/epss.csv"
gzip -c "$WORK/epss.csv" >"$B/epss/epss_scores-current.csv.gz"
run db update --from "$URL" -e Alpine
status
expect_json "the EPSS scores beside them" 'd["epss"] == 2 and d["epss_date"] == ""'
sed '1i#model_version:v1,score_date:2026-11-25' "$WORK/epss.csv" | sed '$d' >"$WORK/newer.csv"
BULWARK_EPSS=$WORK/newer.csv run db update --from "$URL" -e Alpine
expect "scores from elsewhere" 0
status
expect_json "take their place" 'd["epss"] == 1 and d["epss_date"] == "2026-11-25"'
before=$(json "$OUT" 'd["digest"]')
BULWARK_EPSS=$WORK/nothing run db update --from "$URL" -e Alpine
expect "scores that cannot be had" 3
says "are named" 'EPSS'
run db update --epss "$WORK/kev-or-so" --from "$URL" -e Alpine
expect "unless they were asked for by name" '2|4'
run db import "$WORK/epss.csv"
expect "a file of scores by itself" 0
gzip -c "$WORK/epss.csv" | head -c 40 >"$WORK/cut.csv.gz"
run db import "$WORK/cut.csv.gz"
expect "a cut file of scores" '2|3|4'
head -c 100000 /dev/zero | gzip -c >"$WORK/zeros.gz"
run db import "$WORK/zeros.gz"
expect "a compressed file of anything else" '2|3|4'
status
expect_json "changes nothing" "d['epss'] == 2 and d['digest'] != '$before'"
rm -r "$B/epss"
rm "$B/ecosystems.txt"
rm -f "$BULWARK_DB"
run db update --from "$URL"
expect "a mirror without a list" 0
status
expect_json "what it has is found" 'd["records"] == 1201'
run db update --from "$URL" -e Nothing
expect "an ecosystem that is not there" 2
says "is named" 'Nothing was not imported'
run db import "$URL/Debian/all.zip"
expect "one archive by its URL" 0
stop

# --- cut off
rm -f "$BULWARK_DB"
serve --cut 20000
: >"$LOG"
run db import "$URL/Debian/all.zip"
expect "a transfer that is cut off" 4
[ -e "$BULWARK_DB" ] && not_ok "no database of half of it" || ok "no database of half of it"
run db import "$URL/Debian/all.zip"
expect "goes on the next time" 0
is "where it stopped" "$(requests)" '/Debian/all.zip 200|/Debian/all.zip 206 bytes=20000-'
status
expect_json "and is whole" 'd["records"] == 1200'
stop
run db update --from "$URL"
expect "nobody answers" 4
status
expect_json "the old database stays" 'd["records"] == 1200'

# --- carried over
run db export "$WORK/export.db"
expect "export" 0
BULWARK_DB=$WORK/other.db run db import "$WORK/export.db"
expect "import of the export" 0
BULWARK_DB=$WORK/other.db run db status --format json
expect_json "it is the same" 'd["records"] == 1200'
sed -i 's/made for a test, M-7 /made for a text, M-7 /' "$WORK/export.db"
BULWARK_DB=$WORK/other.db run db import "$WORK/export.db"
expect "a damaged export" 4
BULWARK_DB=$WORK/other.db run db status --format json
expect_json "changes nothing" 'd["records"] == 1200'

# --- hostile records
mkdir -p "$WORK/bad"
printf '{"id":"B-1","modified":"%s"}' $JAN >"$WORK/bad/B-1.json"
printf '{"id":"B-2","modified":"%s","id":"B-3"}' $JAN >"$WORK/bad/B-2.json"
$PYTHON -c 'print("[" * 100000)' >"$WORK/bad/B-4.json"
printf '\377' >"$WORK/bad/B-5.json"
run db import "$WORK/bad"
expect "unreadable records" 0
says "are counted" '3 records could not be read'
status
expect_json "and named" 'd["unreadable"] == 3 and [u["name"] for u in d["unreadable_records"]] == ["B-2.json", "B-4.json", "B-5.json"]'

# --- versions
run db compare Debian 1.0~rc1-1 1.0-1
is "older" "$(cat "$OUT")" '<'
run db compare rpm 1:1.0-1 2.0-1
is "newer" "$(cat "$OUT")" '>'
run db compare alpine 1.0-r0 1.0-r0
is "equal" "$(cat "$OUT")" '='
printf '1.0 2.0\n  2.0\t1.0 \n1.0 1.0\n' >"$WORK/pairs"
STDIN=$WORK/pairs run db compare AlmaLinux
is "pairs from standard input" "$(paste -sd' ' "$OUT")" '< > ='
printf '1.0 2.0\n1.0\n' >"$WORK/pairs"
STDIN=$WORK/pairs run db compare AlmaLinux
expect "a line that is no pair" 2
says "is named" 'line 2'
run db compare Nonsense 1 2
expect "an unknown ecosystem" 2
says "the known ones are listed" 'AlmaLinux'
run db compare Debian 1.0
expect "one version" 2

done_testing
