#!/bin/bash
# `bulwark db update` from a mirror: only what changed is fetched, a cut transfer goes on, and the
# database is never half of anything. The advisories are made here.
. "$(dirname "$0")/lib.sh"

M=$WORK/mirror
LOG=$WORK/log
mkdir -p "$M/Debian" "$M/Alpine"

# bucket ECOSYSTEM LABEL COUNT FIXED: an all.zip of so many advisories about package p<n>.
bucket() {
    $PYTHON - "$M/$1/all.zip" "$@" <<'END'
import json, os, random, sys, zipfile
path, ecosystem, label, count, fixed = sys.argv[1:]
filler = random.Random(7)
with zipfile.ZipFile(path + '.new', 'w', zipfile.ZIP_DEFLATED) as out:
    for n in range(int(count)):
        record = {'schema_version': '1.6.0', 'id': '%s-T-%d' % (ecosystem.upper(), n),
                  'modified': '2024-01-%02dT00:00:00Z' % (1 + n % 28), 'aliases': ['CVE-2024-%d' % (10000 + n)],
                  'details': '%x' % filler.getrandbits(2000),
                  'affected': [{'package': {'ecosystem': label, 'name': 'p%d' % n},
                                'ranges': [{'type': 'ECOSYSTEM', 'events': [
                                    {'introduced': '0'}, {'fixed': fixed if n == 0 else '2.0'}]}]}]}
        if n == 0 and fixed != '2.0':
            record['modified'] = '2024-02-01T00:00:00Z'
        out.writestr(zipfile.ZipInfo(record['id'] + '.json'), json.dumps(record))
os.replace(path + '.new', path)
END
}
bucket Debian Debian:12 2000 2.0
bucket Alpine Alpine:v3.19 300 2.0
# The real bucket lists its ecosystems in a file.
printf 'Alpine\nDebian\n' >"$M/ecosystems.txt"

$PYTHON "$TOOLS/http-mirror" "$M" "$WORK/port" "$LOG" &
SERVICE_PIDS+=($!)
for _ in $(seq 100); do [ -s "$WORK/port" ] && break; sleep 0.05; done
URL=http://127.0.0.1:$(cat "$WORK/port")
records() { run db status --format json; json "$OUT" 'd["records"]'; }
transferred() { awk '/all\.zip/ {n += $3} END {print n + 0}' "$LOG"; }
: >"$LOG"

run db update --from "$URL" -e Debian -e Alpine
expect "the first update" 0
is "has all records" "$(records)" 2300
debian_root "$WORK/root" 12 bookworm
{ dpkg_entry p0 1.9; dpkg_entry p1 1.9; dpkg_entry p2 2.0; } >"$WORK/root/var/lib/dpkg/status"
run scan "$WORK/root" --format json
is "which scans use" "$(json "$OUT" 'sorted((f["id"], f["fixed_version"]) for f in d["findings"])')" \
    $'DEBIAN-T-0\t2.0\nDEBIAN-T-1\t2.0'
cp "$BULWARK_DB" "$WORK/before.db"

: >"$LOG"
run db update --from "$URL" -e Debian -e Alpine
expect "the same again" 0
is "transfers no archive" "$(transferred)" 0
holds "and asks by ETag" grep -q '^304 .*all\.zip' "$LOG"
holds "and leaves the database as it is" cmp -s "$BULWARK_DB" "$WORK/before.db"

: >"$LOG"
bucket Debian Debian:12 2001 2.1
run db update --from "$URL" -e Debian -e Alpine
expect "an update with a changed and a new record" 0
is "has one record more" "$(records)" 2301
holds "and fetches nothing of Alpine" grep -q '^304 /Alpine/all\.zip' "$LOG"
run scan "$WORK/root" --format json
is "the changed record is in force" \
    "$(json "$OUT" '[f["fixed_version"] for f in d["findings"] if f["id"] == "DEBIAN-T-0"]')" 2.1
bucket Debian Debian:12 1999 2.1
run db update --from "$URL" -e Debian -e Alpine
expect "an update without two of the records" 0
is "drops them" "$(records)" 2299

# Cut off in the middle: either the same run goes on, or the next one does; the old stays in force.
bucket Debian Debian:12 3000 2.2
size=$(stat -c %s "$M/Debian/all.zip")
echo $((size / 2)) >"$M/.cut"
: >"$LOG"
run db update --from "$URL" -e Debian
first=$RC
expect "a transfer that is cut off" '0|4'
if [ "$first" != 0 ]; then
    is "leaves the old database in force" "$(records)" 2299
    run db update --from "$URL" -e Debian
    expect "and the next update" 0
fi
is "ends with all records" "$(records)" 3300
holds "without fetching the first half again" [ "$(transferred)" -lt $((size + size / 4)) ]
holds "by a range" grep -q '^206 ' "$LOG"

# What is no archive never becomes the database.
cp "$BULWARK_DB" "$WORK/before.db"
echo "<html>maintenance</html>" >"$M/Debian/all.zip"
run db update --from "$URL" -e Debian
expect "an answer that is no archive" '2|4'
says "is named" 'Debian|all\.zip'
is "and changes nothing" "$(records)" 3300
run db update --from "$URL" -e Nowhere
expect "an ecosystem that the mirror has not" '2|4'
says "is named" 'Nowhere'
run db update --from http://127.0.0.1:1/ -e Debian
expect "a mirror that does not answer" 4
says "is named" '127\.0\.0\.1'
is "and the database is as it was" "$(records)" 3300

# From a folder in the same layout, and by the environment.
bucket Debian Debian:12 10 2.0
BULWARK_ADVISORIES=$M run db update
expect "from BULWARK_ADVISORIES, a folder" 0
is "with all that is in it" "$(records)" 310
# Killed at any moment the old one is whole.
for delay in 0.02 0.05 0.1 0.2 0.4; do
    bucket Debian Debian:12 $((3000 + ${delay#0.})) 2.0
    "$BULWARK" db update --from "$M" >/dev/null 2>&1 &
    pid=$!
    sleep $delay
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
    got=$(records)
    if [ "$got" = 310 ] || [ "$got" -ge 3300 ]; then ok "killed after $delay s: the old or the new"
    else not_ok "killed after $delay s: the old or the new" "records: $got"; fi
done
run db update --from "$M"
expect "and the next update works" 0
is "with all that is there" "$(records)" $((300 + 3000 + 4))
done_testing
