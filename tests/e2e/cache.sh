#!/bin/bash
# What scans find is kept: unchanged images are not read again, shared layers are read once, any
# number of processes share one cache, and no accident loses what was committed.
. "$(dirname "$0")/lib.sh"
need jq strace

C=$WORK/images
mkdir -p "$C"
export BULWARK_CACHE=$WORK/kept/cache.db

# make_layers NAME APPENDIX: an image of a shared base and a layer of its own.
root() {
    mkdir -p "$1/etc" "$1/var/lib/dpkg" "$1/usr/bin"
    printf 'ID=debian\nVERSION_ID=12\n' >"$1/etc/os-release"
    printf 'Package: base-files\nStatus: install ok installed\nVersion: 12.4\nArchitecture: all\n\n' \
        >"$1/var/lib/dpkg/status"
    head -c 300000 /dev/urandom >"$1/usr/bin/data"
}
root "$C/base"
tar -C "$C/base" -cf "$C/base.tar" .
for n in 1 2 3; do
    mkdir -p "$C/own$n/opt"
    echo "own $n" >"$C/own$n/opt/file"
    tar -C "$C/own$n" -cf "$C/own$n.tar" .
    make_image oci-dir "$C/image$n" "$C/base.tar" "$C/own$n.tar"
    make_image docker-archive-old "$C/image$n.tar" "$C/base.tar" "$C/own$n.tar"
done
# Only files that have settled are believed not to change: see scan/cache.h.
find "$C" -exec touch -d '1 hour ago' {} +
sleep 3

facts() { jq -S '{subjects, findings, gaps, results} | del(.. | .name?)' "$1"; }
count() { "$PYTHON" -c '
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
print(db.execute("SELECT count(*) FROM entry WHERE kind=?", (sys.argv[2],)).fetchone()[0])' \
    "$BULWARK_CACHE" "$1"; }

# reads TARGET: bytes that the scan reads of the image's blobs.
reads() {
    ASAN_OPTIONS=detect_leaks=0 strace -f -qq -y -e trace=pread64,read -o "$WORK/trace" \
        "$BULWARK" scan --format json "$1" >"$OUT" 2>"$ERR"
    grep -E "$(basename "$1")" "$WORK/trace" | sed -nE 's/.* = ([0-9]+)$/\1/p' | awk '{n += $1} END {print n + 0}'
}

run scan --format json "$C/image1"; expect "a first scan" 0
cp "$OUT" "$WORK/first.json"
is "keeps its two layers" "$(count 0)" 2
is "keeps its subject" "$(count 1)" 1
run scan --format json "$C/image1"; expect "a second scan" 0
is "tells the same" "$(facts "$OUT")" "$(facts "$WORK/first.json")"
holds "reads little of an unchanged image" [ "$(reads "$C/image1")" -lt 20000 ]
run scan --format json "$C/image2"; expect "an image with a shared layer" 0
is "adds one layer" "$(count 0)" 3
holds "reads the shared layer only to verify it" [ "$(reads "$C/image3")" -lt 700000 ]
run scan --format json "$C/image1.tar"; expect "the same layers in another archive" 0
is "adds them by what their own bytes are known by" "$(count 0)" 6

# --- what an image claims of its layers is not believed ---
mkdir -p "$WORK/honest/var/lib/dpkg" "$WORK/liar/var/lib/dpkg"
dpkg_entry honest 1.0 >"$WORK/honest/var/lib/dpkg/status"
dpkg_entry liar 1.0 >"$WORK/liar/var/lib/dpkg/status"
make_image oci-dir "$WORK/honest-image" "$WORK/honest"
manifest=$(json "$WORK/honest-image/index.json" 'd["manifests"][0]["digest"]')
config=$(json "$WORK/honest-image/blobs/sha256/${manifest#sha256:}" 'd["config"]["digest"]')
make_image oci-dir "$WORK/liar-image" "$WORK/liar" \
    --document config="$WORK/honest-image/blobs/sha256/${config#sha256:}"
BULWARK_CACHE=$WORK/claims.db names_of "$WORK/liar-image"
is "an image that claims another's diff ID" "$NAMES" liar
BULWARK_CACHE=$WORK/claims.db names_of "$WORK/honest-image"
is "does not stand for it afterwards" "$NAMES" honest

# --- a change is seen ---
cp "$C/image1/index.json" "$WORK/index.json"
blob=$(ls -S "$C"/image1/blobs/sha256/* | head -1)
cp "$blob" "$WORK/blob"
printf 'X' | dd of="$blob" bs=1 seek=100000 conv=notrunc 2>/dev/null
run scan --format json "$C/image1"; expect "a blob that was changed" 3
cp "$WORK/blob" "$blob"
run scan --format json "$C/image1"; expect "a blob that was mended" 0
is "tells what it told before" "$(facts "$OUT")" "$(facts "$WORK/first.json")"
run scan --format json --no-cache "$C/image1"; expect "without a cache" 0
is "tells the same without a cache" "$(facts "$OUT")" "$(facts "$WORK/first.json")"

# --- damage is no failure ---
cp "$BULWARK_CACHE" "$WORK/good.db"
head -c 5000 /dev/urandom >"$BULWARK_CACHE"; rm -f "$BULWARK_CACHE"-*
run scan --format json "$C/image1"; expect "a cache that is none" 0
holds "says so" grep -q 'cache' "$ERR"
is "tells the same all the same" "$(facts "$OUT")" "$(facts "$WORK/first.json")"
cp "$WORK/good.db" "$BULWARK_CACHE"
"$PYTHON" -c '
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("UPDATE entry SET bytes = x'"'"'28b52ffd2004210000616263640a'"'"'")
db.commit()' "$BULWARK_CACHE"
run scan --format json "$C/image1"; expect "entries of rubbish" 0
is "are not believed" "$(facts "$OUT")" "$(facts "$WORK/first.json")"
chmod 000 "$BULWARK_CACHE"
is_root || { run scan --format json "$C/image1"; expect "a cache that may not be read" 0; }
chmod 600 "$BULWARK_CACHE"

# --- fifty at once ---
rm -rf "$WORK/kept"
failed=0 pids=()
for n in $(seq 50); do
    "$BULWARK" scan --format json -o "$WORK/many$n.json" "$C/image$((n % 3 + 1))" \
        2>"$WORK/many$n.err" </dev/null &
    pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid" || failed=$((failed + 1)); done
is "fifty scans with one cache all succeed" "$failed" 0
is "and say nothing" "$(cat "$WORK"/many*.err | head -3)" ""
is "and keep each layer once" "$(count 0)" 4

# --- killed at any moment ---
sleep 3 # until the blob that was mended has settled: see above
rm -rf "$WORK/kept"
run scan --format json "$C/image1"; expect "a scan that is committed" 0
for n in $(seq 20); do
    "$BULWARK" scan --format json "$C/image2" >/dev/null 2>&1 </dev/null &
    pid=$!
    sleep "0.0$((n % 10))"
    kill -9 "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
done
is "kills leave a sound database" "$("$PYTHON" -c '
import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("PRAGMA integrity_check").fetchone()[0])' "$BULWARK_CACHE")" ok
holds "and lose nothing that was committed" [ "$(reads "$C/image1")" -lt 20000 ]
is "which tells the same" "$(facts "$OUT")" "$(facts "$WORK/first.json")"

# --- judged again without the images ---
rm -rf "$C/image3"
# Whether one of those that were killed came to its end depends on the machine.
run scan --format json "$C/image2"; expect "a second image" 0
run scan --format json --cached; expect "all images of the cache" 0
expect_json "are as they were" 'len(d["subjects"]) == 2 and all(s["packages"] == 1 for s in d["subjects"])'
rm -rf "$WORK/kept"
run scan --cached; expect "an empty cache is no success" 2
done_testing
