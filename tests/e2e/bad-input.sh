#!/bin/bash
# Broken and hostile input: a gap or an error that says which file and which limit, the right exit
# code, bounded time and memory, and nothing written anywhere.
. "$(dirname "$0")/lib.sh"

LIMIT=60 # seconds; generous for a slow machine under a sanitizer
T=$'\t'
B=$WORK/bad
mkdir -p "$B/opt/opt"
echo x >"$B/opt/opt/x"
escape() { sed -e 's/\\/\\\\/g' -e 's/\t/\\t/g' | sed ':a;N;$!ba;s/\n/\\n/g'; }
OS=$(debian_os 12 bookworm | escape)
STATUS=$({ dpkg_entry a 1.0-1; dpkg_entry b 2.0-1; } | escape)

# image_of FORM NAME [OPTION...]: an image of the good layer and what the options do to it.
image_of() { make_image "$1" "$B/$2" "$B/good.tar" "${@:3}"; }

# bad NAME CODES REGEX TARGET [OPTION...]: a scan ends with the code and says the regex.
bad() {
    run scan "${@:4}" --format json
    expect "$1" "$2"
    [ -z "$3" ] || says "$1" "$3"
}

# within BYTES NAME COMMAND...: peak memory of all processes, outside of sanitizers.
within() {
    local bytes=$1 name=$2 got
    shift 2
    if sanitized; then skip "$name: memory" "the build is sanitized"; return; fi
    got=$($PYTHON "$TOOLS/measure" --memory --quiet timeout "$LIMIT" "$@" </dev/null |
        $PYTHON -c 'import json, sys; print(json.load(sys.stdin)["pss_peak"])')
    if [ "$got" -le "$bytes" ]; then ok "$name: memory within $((bytes >> 20)) MiB"
    else not_ok "$name: memory within $((bytes >> 20)) MiB" "took $((got >> 20)) MiB"; fi
}

make_tar "$B/good.tar" <<END
dir${T}etc
text${T}etc/os-release${T}$OS
dir${T}var
dir${T}var/lib
dir${T}var/lib/dpkg
text${T}var/lib/dpkg/status${T}$STATUS
dir${T}opt
file${T}opt/tool${T}$(command -v bash)
END
bad "the good image is good" 0 '' "$B/good.tar"
expect_json "and has its packages" "d['subjects'][0]['packages'] == 2"

# --- cut off and corrupt streams ---------------------------------------------------------------

size=$(stat -c %s "$B/good.tar")
head -c $((size - 200000)) "$B/good.tar" >"$B/cut.tar"
bad "tar cut off inside a file" 3 'cut|trunc|end' "$B/cut.tar"
expect_gap "tar cut off: a blocking gap" blocking 'cut|trunc|end'
head -c 700 "$B/good.tar" >"$B/cut-header.tar"
bad "tar cut off inside its first header" '2|3' 'cut|trunc|end|not|tar' "$B/cut-header.tar"
cp "$B/good.tar" "$B/checksum.tar"
printf '\377\376\375' | dd of="$B/checksum.tar" bs=1 seek=515 conv=notrunc 2>/dev/null
bad "tar with a damaged header" '2|3' 'checksum|corrupt|damaged|header|tar' "$B/checksum.tar"

# One zero block is no end of an archive (POSIX: two are); content behind it is not lost in silence.
make_tar "$B/lone.tar" <<END
text${T}etc/os-release${T}$OS
raw${T}$($PYTHON -c 'print("00" * 512)')
text${T}var/lib/dpkg/status${T}$STATUS
END
run scan "$B/lone.tar" --format json
expect_json "tar with a lone zero block: what follows is read, or a blocking gap says so" \
    "d['subjects'][0]['packages'] == 2 or ($GAP)('blocking', '.')"

# Parts of an image without the document that says which: no empty root filesystem.
make_tar "$B/parts.tar" <<END
dir${T}saved
dir${T}saved/blobs
dir${T}saved/blobs/sha256
text${T}saved/blobs/sha256/$(printf '%064d' 7)${T}bytes
END
bad "an image archive without its documents" 3 'index.json|manifest.json' "$B/parts.tar"
gzip -kf "$B/parts.tar"
bad "an image archive without its documents, gzip" 3 'index.json|manifest.json' "$B/parts.tar.gz"

pack() { # HOW: compresses standard input
    case $1 in
    gz) gzip -6 ;;
    zst) zstd -qc --check ;;
    xz) $PYTHON -c 'import lzma, sys; sys.stdout.buffer.write(lzma.compress(sys.stdin.buffer.read(), preset=0))' ;;
    esac
}
for how in gz zst xz; do
    [ $how != zst ] || command -v zstd >/dev/null || { skip "zstd" "zstd is not installed"; continue; }
    packed=$B/good.tar.$how
    pack $how <"$B/good.tar" >"$packed"
    run scan "$packed" --format json
    expect "$how: good" 0
    size=$(stat -c %s "$packed")
    head -c $((size / 2)) "$packed" >"$B/cut.tar.$how"
    bad "$how: cut off" 3 'cut|trunc|end' "$B/cut.tar.$how"
    head -c $((size - 4)) "$packed" >"$B/cut-end.tar.$how"
    bad "$how: cut off in its last bytes" 3 'cut|trunc|end|checksum|corrupt' "$B/cut-end.tar.$how"
    cp "$packed" "$B/flip.tar.$how"
    printf '\125\252\125' | dd of="$B/flip.tar.$how" bs=1 seek=$((size / 2)) conv=notrunc 2>/dev/null
    bad "$how: damaged in the middle" 3 'corrupt|damaged|invalid|checksum|header|crc' \
        "$B/flip.tar.$how"
    { cat "$packed"; echo "and more"; } >"$B/tail.tar.$how"
    bad "$how: more behind its end" 3 'trailing|after|behind|corrupt|garbage|beyond|cut|frame' \
        "$B/tail.tar.$how"
    { cat "$packed"; head -c 1024 /dev/zero; } >"$B/zeros.tar.$how"
    run scan "$B/zeros.tar.$how" --format json
    expect "$how: zeros behind its end are padding" 0
done
{ head -c 2048 "$B/good.tar" | gzip; tail -c +2049 "$B/good.tar" | gzip; } >"$B/members.tar.gz"
run scan "$B/members.tar.gz" --format json
expect "gz: two members are one stream" 0
expect_json "gz: two members are one stream" "d['subjects'][0]['packages'] == 2"

# --- digests -----------------------------------------------------------------------------------

# The fifth byte of gzip is a time stamp: another digest, the same content.
image_of oci-dir flip --break flip:0:4
bad "OCI: a blob of another digest" 3 'digest' "$B/flip"
expect_gap "OCI: a blob of another digest is a blocking gap that names it" blocking 'sha256.*digest|digest.*sha256'
image_of oci-tar flip.tar --break flip:0:4
bad "OCI tar: a blob of another digest" 3 'digest' "$B/flip.tar"
image_of oci-dir plain --compress none --break flip:0
bad "OCI: a plain blob of another digest" 3 'digest' "$B/plain"
image_of docker-archive-old flip-old.tar --break flip:0
bad "docker-archive, old: a layer of another diff ID" 3 'diff.?ID|digest' "$B/flip-old.tar"
image_of docker-archive-new flip-new.tar --break flip:0
bad "docker-archive, new: a layer of another digest" 3 'diff.?ID|digest' "$B/flip-new.tar"
image_of docker-archive-old diffid.tar --break diff-id:0
bad "docker-archive: the configuration states another diff ID" 3 'diff.?ID|digest' "$B/diffid.tar"
image_of docker-archive-old fewer.tar --break fewer-diff-ids
bad "docker-archive: a diff ID too few" 3 'diff.?ID|layers' "$B/fewer.tar"
image_of oci-dir diffid --break diff-id:0
run scan "$B/diffid" --format json
expect "OCI: another diff ID passes where the blob's digest protects" 0
bad "OCI: another diff ID with --verify full" 3 'diff.?ID' "$B/diffid" --verify full
image_of oci-dir size --break size:0
bad "OCI: another size" 3 'size|bytes|long|short|cut' "$B/size"
image_of oci-dir trunc --break truncate:0
bad "OCI: half a blob" 3 'size|digest|cut|trunc|bytes' "$B/trunc"
for which in manifest config; do
    image_of oci-dir d-$which --break digest:$which
    bad "OCI: a $which of another digest" 3 'digest|size' "$B/d-$which"
done
make_image oci-dir "$B/missing" "$B/good.tar" "$B/opt" --break missing:1
bad "OCI: a layer is missing" 3 'missing|not there|not in the layout' \
    "$B/missing"
expect_json "OCI: a layer is missing, the other is read" "d['subjects'][0]['packages'] == 2"
make_image docker-archive-old "$B/missing.tar" "$B/good.tar" "$B/opt" --break missing:1
bad "docker-archive: a layer is missing" 3 'layer' "$B/missing.tar"

# --- documents ---------------------------------------------------------------------------------

for which in index manifest config; do
    image_of oci-dir json-$which --break json:$which
    bad "OCI: $which is no JSON" 3 'json|pars|end|document|corrupt' "$B/json-$which"
done
image_of docker-archive-old json.tar --break json:archive
bad "docker-archive: manifest.json is no JSON" 3 'manifest\.json' "$B/json.tar"

document() { # NAME FORM WHICH CODES REGEX: standard input is the document
    cat >"$B/document"
    rm -rf "$B/doc"
    image_of "$2" doc --document "$3=$B/document"
    bad "$1" "$4" "$5" "$B/doc"
}
repeat() { $PYTHON -c 'import sys; sys.stdout.write(sys.argv[1] * int(sys.argv[2]))' "$1" "$2"; }
repeat '[' 100000 | document "JSON: 100,000 arrays deep" oci-dir index 3 'deep|depth|nest|json'
{ repeat '{"a":' 100000; echo 1; repeat '}' 100000; } |
    document "JSON: 100,000 objects deep" oci-dir config 3 ''
{ echo '[{"Config":'; repeat '[' 100000; } |
    document "JSON: deep in manifest.json" docker-archive-old archive 3 'deep|depth|nest|json'
{ echo '{"schemaVersion":2,"x":"'; repeat 'x' 9000000; echo '","manifests":[]}'; } |
    document "JSON: 9 MB, more than the limit" oci-dir index 3 'large|limit|max|8.*M|bytes'
{ echo '{"schemaVersion":2,"manifests":['; repeat '{},' 500000; echo '{}]}'; } |
    document "JSON: half a million manifests" oci-dir index 3 ''
printf '{"schemaVersion":2,"manifests":[{"digest":"\377\376","size":1}]}' |
    document "JSON: not UTF-8" oci-dir index 3 ''
printf '[]' | document "JSON: an array where an object should be" oci-dir index 3 ''
printf '{"schemaVersion":2,"manifests":[]}' | document "an index of nothing" oci-dir index '2|3' 'empty|no image'
printf '{"schemaVersion":2,"manifests":[{"digest":"sha256:../../../../etc/passwd","size":1}]}' |
    document "a digest that is a path" oci-dir index 3 'digest|sha256'
printf '{"schemaVersion":2,"manifests":[{"digest":"sha256:%064d","size":99999999999999999999}]}' 0 |
    document "a size beyond 64 bits" oci-dir index 3 ''
printf '{"schemaVersion":2,"manifests":[{"digest":"sha256:%064d","size":-1}]}' 0 |
    document "a negative size" oci-dir index 3 ''
printf '[{"Config":"/etc/hostname","RepoTags":null,"Layers":["../../../../etc/passwd"]}]' |
    document "docker-archive: paths that lead outside" docker-archive-old archive 3 'path|outside|\.\.'
printf '[]' | document "docker-archive: no image in it" docker-archive-old archive '2|3' 'image|empty|manifest'
printf '[{"Config":"none.json","RepoTags":null,"Layers":["none/layer.tar"]}]' |
    document "docker-archive: names what is not there" docker-archive-old archive 3 'none'
# Go's decoders take the last of two keys, and in any case of letters; others differ. Whichever is
# taken, it is not taken in silence.
printf '[{"Config":"no.json","Config":"none.json","Layers":["no/layer.tar"],"Layers":["x/layer.tar"]}]' |
    document "JSON: a key twice" docker-archive-old archive 3 'twice|none.json'
printf '{"schemaVersion":2,"manifests":[],"Manifests":[{"digest":"sha256:%064d","size":2}]}' 0 |
    document "JSON: a key twice, in another case" oci-dir index 3 'twice|case|sha256'
$PYTHON - "$B/deep-index" "$B/opt" "$TOOLS/make-image" <<'END'
import hashlib, json, os, subprocess, sys
target, layer, maker = sys.argv[1:]
subprocess.run([sys.executable, maker, 'oci-dir', target, layer], check=True)
index = open(target + '/index.json', 'rb').read()
for _ in range(12):
    digest = hashlib.sha256(index).hexdigest()
    open(target + '/blobs/sha256/' + digest, 'wb').write(index)
    index = json.dumps({'schemaVersion': 2, 'manifests': [{
        'mediaType': 'application/vnd.oci.image.index.v1+json', 'digest': 'sha256:' + digest,
        'size': len(index)}]}).encode()
open(target + '/index.json', 'wb').write(index)
END
bad "an index in an index, 12 deep" 3 'deep|nest|index' "$B/deep-index"
empty=$B/empty-layer.tar
make_tar "$empty" </dev/null
many=()
for _ in $(seq 1500); do many+=("$empty"); done
make_image oci-dir "$B/many" "${many[@]}"
bad "1,500 layers, more than the limit" 3 '1024|layers' "$B/many"
make_image oci-dir "$B/none"
bad "an image without layers" '0|3' '' "$B/none"
expect_json "an image without layers: a gap says that there is nothing" "len(d['gaps']) > 0"

# --- bombs -------------------------------------------------------------------------------------

# 10 GiB of zeros in one file of a tar, as gzip members of 64 MiB each: 10 MB.
$PYTHON - "$B" <<'END'
import gzip, io, sys, tarfile, zlib
target = sys.argv[1]
entry = tarfile.TarInfo('opt/zeros')
entry.size = 10 << 30
good = open(target + '/good.tar', 'rb').read()
def packed(data):
    return gzip.compress(data, 9, mtime=0)
with open(target + '/bomb.tar.gz', 'wb') as out:
    out.write(packed(entry.tobuf(tarfile.GNU_FORMAT)))
    zeros = packed(bytes(64 << 20))
    for _ in range(160):
        out.write(zeros)
    out.write(packed(good))
END
run scan "$B/bomb.tar.gz" --format json
expect "10 GiB of zeros in 10 MB end in bounded time" '0|3'
if [ "$RC" = 0 ]; then expect_json "and what follows them is found" "d['subjects'][0]['packages'] == 2"
else expect_gap "and a gap names the limit" blocking 'max-layer-size|timeout'; fi
bad "a bomb beyond --max-layer-size" 3 'max-layer-size' "$B/bomb.tar.gz" --max-layer-size 1G
make_image oci-dir "$B/bomb" "rawblob:$B/bomb.tar.gz"
bad "a bomb in an image beyond --max-layer-size" 3 'max-layer-size' "$B/bomb" --max-layer-size 1G
within $((400 << 20)) "a bomb" "$BULWARK" scan "$B/bomb" --max-layer-size 2G
run scan "$B/bomb" --timeout 1s --format json
expect "a bomb with a second's time" '0|3|4'

# Headers that demand gigabytes of history: zstd (a window of 2 GiB), xz (a dictionary of 3 GiB).
$PYTHON - "$B" <<'END'
import lzma, struct, sys, zlib
target = sys.argv[1]
data = open(target + '/good.tar', 'rb').read()[:65536]
with open(target + '/window.tar.zst', 'wb') as out:
    out.write(b'\x28\xb5\x2f\xfd\x00\xa8' + struct.pack('<I', len(data) << 3 | 1)[:3] + data)
xz = bytearray(lzma.compress(data, preset=0))
end = 12 + (xz[12] + 1) * 4
xz[16] = 39
xz[end - 4:end] = struct.pack('<I', zlib.crc32(bytes(xz[12:end - 4])))
open(target + '/dictionary.tar.xz', 'wb').write(xz)
END
bad "zstd that wants 2 GiB of window" 3 'window|memory|limit' "$B/window.tar.zst"
bad "xz that wants 3 GiB of dictionary" 3 'dictionary|memory|limit|window' "$B/dictionary.tar.xz"

make_tar "$B/million.tar" <<END
many${T}usr/share/m/${T}1000000
tree${T}etc${T}$B/opt
text${T}var/lib/dpkg/status${T}$STATUS
text${T}etc/os-release${T}$OS
END
gzip -1 "$B/million.tar"
run scan "$B/million.tar.gz" --format json
expect "a million entries" 0
expect_json "a million entries: the packages behind them" "d['subjects'][0]['packages'] == 2"
bad "more entries than --max-entries" 3 'max-entries' "$B/million.tar.gz" --max-entries 1000
within $((400 << 20)) "a million entries" "$BULWARK" scan "$B/million.tar.gz"
rm "$B/million.tar.gz"
make_tar "$B/dirs.tar" <<END
text${T}etc/os-release${T}$OS
text${T}$(repeat 'd/' 1500)var/lib/dpkg/status${T}$STATUS
text${T}var/lib/dpkg/status${T}$STATUS
END
bad "a path of 3,000 bytes" '0|3' '' "$B/dirs.tar"
make_tar "$B/longest.tar" <<END
text${T}$(repeat 'long/' 20000)x${T}y
text${T}etc/os-release${T}$OS
text${T}var/lib/dpkg/status${T}$STATUS
END
bad "a path of 100,000 bytes" '0|3' '' "$B/longest.tar"
expect_json "a path of 100,000 bytes: the rest is read, or a gap names the limit" \
    "d['subjects'][0]['packages'] == 2 or ($GAP)('blocking', '4096')"

make_tar "$B/sparse.tar" <<END
text${T}etc/os-release${T}$OS
sparse${T}opt/big${T}10737418240
text${T}var/lib/dpkg/status${T}$STATUS
END
bad "a sparse file of 10 GiB" 0 '' "$B/sparse.tar"
expect_json "a sparse file: the packages behind it" "d['subjects'][0]['packages'] == 2"
make_tar "$B/sparse-status.tar" <<END
text${T}etc/os-release${T}$OS
sparse${T}var/lib/dpkg/status${T}10737418240
END
bad "a sparse package database of 10 GiB" 3 'var/lib/dpkg/status' "$B/sparse-status.tar"
says "which names the limit" 'large|limit|more than|MiB|bytes|max'
within $((400 << 20)) "a sparse package database" "$BULWARK" scan "$B/sparse-status.tar"
mkdir -p "$B/sparse-root/var/lib/dpkg" "$B/sparse-root/etc"
debian_os 12 bookworm >"$B/sparse-root/etc/os-release"
truncate -s 10G "$B/sparse-root/var/lib/dpkg/status"
bad "a sparse package database of 10 GiB in a directory" 3 'var/lib/dpkg/status' "$B/sparse-root"
make_tar "$B/claim.tar" --no-end <<END
text${T}etc/os-release${T}$OS
claim${T}var/lib/dpkg/status${T}8589934591
END
bad "a file said to be 8 GiB which is not there" 3 'cut|trunc|end|large|limit' "$B/claim.tar"

# --- the archive's own tricks ------------------------------------------------------------------

ESCAPE=$WORK/escape
mkdir "$ESCAPE"
UP=$(repeat '../' 20)
make_tar "$B/paths.tar" <<END
text${T}/etc/os-release${T}$OS
text${T}$UP${ESCAPE#/}/up${T}written
text${T}$ESCAPE/absolute${T}written
symlink${T}out${T}$ESCAPE
text${T}out/through${T}written
text${T}a/../../../var/lib/dpkg/status${T}$STATUS
hardlink${T}hard${T}$UP/etc/passwd
END
bad "absolute paths and .." 0 '' "$B/paths.tar"
expect_json "absolute paths and ..: read as in a chroot" "d['subjects'][0]['packages'] == 2"
is "nothing is written outside" "$(ls -A "$ESCAPE")" ""
make_image docker-archive-old "$B/paths-docker.tar" "$B/paths.tar"
bad "the same in an image" 0 '' "$B/paths-docker.tar"
is "nothing is written outside, again" "$(ls -A "$ESCAPE")" ""

make_tar "$B/loops.tar" <<END
symlink${T}etc/os-release${T}os-release
symlink${T}usr/lib/os-release${T}../../a
symlink${T}a${T}b
symlink${T}b${T}a
symlink${T}var${T}var
symlink${T}lib${T}./lib/../lib
END
bad "links in circles" '0|3' '' "$B/loops.tar"
expect_json "links in circles: a gap says that the distribution is not known" "len(d['gaps']) > 0"
{ for i in $(seq 1 3000); do echo "symlink${T}l$i${T}l$((i + 1))"; done
  echo "symlink${T}etc/os-release${T}../l1"; echo "text${T}l3001${T}$OS"; } | make_tar "$B/chain.tar"
bad "a chain of 3,000 links" '0|3' '' "$B/chain.tar"
{ echo "text${T}etc/os-release${T}$OS"
  for _ in $(seq 20000); do echo "text${T}var/lib/dpkg/status${T}$STATUS"; done; } | make_tar "$B/dups.tar"
bad "a database 20,000 times in a tar" '0|3' '' "$B/dups.tar"
expect_json "a database many times: its packages once" "d['subjects'][0]['packages'] in (0, 2)"
make_tar "$B/wh.tar" <<END
text${T}etc/os-release${T}$OS
text${T}var/lib/dpkg/status${T}$STATUS
text${T}opt/.wh.${T}
text${T}opt/.wh..${T}
text${T}opt/.wh...${T}
text${T}opt/.wh..wh.${T}
text${T}opt/.wh..wh..opq/x${T}
text${T}.wh..wh..opq${T}
text${T}.wh...${T}
dir${T}opt/.wh.folder
END
make_image oci-dir "$B/wh" "$B/wh.tar"
bad "whiteouts of nothing, of . and of .." '0|3' '' "$B/wh"
make_tar "$B/types.tar" <<END
text${T}etc/os-release${T}$OS
type${T}strange1${T}Z
type${T}strange2${T}7
type${T}strange3${T}V
fifo${T}pipe
char${T}dev/zero${T}1${T}5
fifo${T}usr/lib/os-release
text${T}var/lib/dpkg/status${T}$STATUS
END
bad "entries of odd types" '0|3' '' "$B/types.tar"
expect_json "entries of odd types: the rest is read" "d['subjects'][0]['packages'] == 2"

# Extended headers that claim more than there is, or a gigabyte of name.
$PYTHON - "$B" <<'END'
import sys, tarfile
target = sys.argv[1]
good = open(target + '/good.tar', 'rb').read()
def header(name, kind, size):
    entry = tarfile.TarInfo(name)
    entry.type, entry.size = kind, size
    return entry.tobuf(tarfile.GNU_FORMAT)
def pad(data):
    return data + bytes(-len(data) % 512)
def write(name, *parts):
    with open(target + '/' + name, 'wb') as out:
        for part in parts:
            out.write(part)
for name, record in (('pax-length', b'99999999999 path=x\n'), ('pax-empty', b'0 \n'),
                     ('pax-size', b'30 size=99999999999999999999\n'),
                     ('pax-minus', b'12 size=-42\n'), ('pax-nul', b'16 path=a\0b\0cde\n')):
    write(name + '.tar', header('x', b'x', len(record)), pad(record), good)
write('long-name.tar', header('././@LongLink', b'L', 1 << 30), b'a' * 4096)
write('long-pax.tar', header('x', b'x', 1 << 30), b'a' * 4096)
big = bytearray(header('etc/x', b'0', 0))
big[124:136] = b'\xff' * 12
big[148:156] = b' ' * 8
big[148:156] = b'%06o\0 ' % sum(big)
write('negative.tar', bytes(big), good)
END
for name in pax-length pax-empty pax-size pax-minus pax-nul long-name long-pax negative; do
    bad "tar header: $name" '0|2|3' '' "$B/$name.tar"
done
within $((300 << 20)) "a name of a gigabyte" "$BULWARK" scan "$B/long-name.tar"

# --- package databases -------------------------------------------------------------------------

# database NAME CODES REGEX PATH: standard input is the file at PATH in a Debian root.
database() {
    rm -rf "$B/db"
    mkdir -p "$B/db/etc" "$B/db/$(dirname "$4")"
    debian_os 12 bookworm >"$B/db/etc/os-release"
    cat >"$B/db/$4"
    bad "$1" "$2" "$3" "$B/db"
}
S=var/lib/dpkg/status
good() { dpkg_entry good 1.0; }
{ good; printf 'Package: noversion\nStatus: install ok installed\n\n'; good | sed s/good/well/; } |
    database "dpkg: a package without version" '0|3' '' $S
expect_json "dpkg: the others are read" "d['subjects'][0]['packages'] >= 2"
{ good; printf 'Package: x\nStatus: install ok installed\nVersion: '; repeat 9 3000000; printf '\n\n'; } |
    database "dpkg: a line of 3 MB" '0|3' '' $S
expect_json "dpkg: a line of 3 MB: the good one is read" "d['subjects'][0]['packages'] >= 1"
{ good; head -c 300000 /dev/urandom; } | database "dpkg: random bytes" '0|3' '' $S
head -c 1000000 /dev/zero | database "dpkg: zeros" '0|3' '' $S
printf '' | database "dpkg: empty" '0|3' '' $S
good | head -c 60 | database "dpkg: cut off" '0|3' '' $S
good | tr '\n' '\r' | database "dpkg: another line end" '0|3' '' $S
{ good; good; good; } | database "dpkg: a package three times" '0|3' '' $S
$PYTHON -c '
for n in range(200000):
    print("Package: p%d\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n" % n)' |
    database "dpkg: 200,000 packages" '0|3' '' $S
expect_json "dpkg: 200,000 packages" "d['subjects'][0]['packages'] == 200000 or len(d['gaps']) > 0"
{ printf 'Package: red\033[31m\\u001b]0;title\007\nStatus: install ok installed\nArchitecture: all\n'
  printf 'Version: 1\033[2J\nSource: \377\376\n\n'; } |
    database "dpkg: terminal escapes and bytes that are not UTF-8" '0|3' '' $S
expect_json "and the report is JSON all the same" "'subjects' in d"
run scan "$B/db"
expect "the same as text" '0|3'
if LC_ALL=C grep -q "$(printf '[\001-\010\016-\037\177]')" "$OUT" "$ERR"; then
    not_ok "no control byte of the image reaches the terminal" "$(cat -v "$OUT" | head -20)"
else ok "no control byte of the image reaches the terminal"; fi
printf 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="\033]0;owned\007\033[31mDebian"\n' >"$B/db/etc/os-release"
run scan "$B/db"
if LC_ALL=C grep -q "$(printf '[\001-\010\016-\037\177]')" "$OUT" "$ERR"; then
    not_ok "nor of its os-release" "$(cat -v "$OUT" | head -20)"
else ok "nor of its os-release"; fi
A=lib/apk/db/installed
head -c 300000 /dev/urandom | database "apk: random bytes" '0|3' '' $A
repeat 'P:x' 500000 | database "apk: one line of 1.5 MB" '0|3' '' $A
R=var/lib/rpm
head -c 300000 /dev/urandom | database "rpm: random bytes as sqlite" 3 'rpm' $R/rpmdb.sqlite
head -c 300000 /dev/urandom | database "rpm: random bytes as ndb" 3 'rpm' $R/Packages.db
head -c 300000 /dev/urandom | database "rpm: random bytes as Berkeley DB" 3 'rpm' $R/Packages
printf '' | database "rpm: an empty file" '0|3' '' $R/rpmdb.sqlite
printf 'a\t1-1\tnoarch\ta-1-1.src.rpm\n' | $PYTHON "$TOOLS/make-rpmdb" "$B/rpmdb"
head -c 3000 "$B/rpmdb" | database "rpm: sqlite cut off" 3 'rpm' $R/rpmdb.sqlite
for file in amazon-2023.rpmdb.sqlite:rpmdb.sqlite sle15.rpmdb.ndb:Packages.db libuuid.rpmdb.bdb:Packages; do
    src=$DATA/packages/${file%:*}
    [ -e "$src" ] || { skip "rpm: ${file%:*} damaged" "shared data is absent"; continue; }
    size=$(stat -c %s "$src")
    head -c $((size / 3)) "$src" | database "rpm: a third of ${file%:*}" 3 'rpm' "$R/${file#*:}"
    $PYTHON - "$src" <<'END' | database "rpm: ${file%:*} with damage all over" '0|3' '' "$R/${file#*:}"
import random, sys
data = bytearray(open(sys.argv[1], 'rb').read())
chance = random.Random(1)
for _ in range(2000):
    data[chance.randrange(100, len(data))] = chance.randrange(256)
sys.stdout.buffer.write(data)
END
done
head -c 5000000 /dev/urandom | database "os-release: 5 MB of random bytes" '0|3' '' etc/os-release

# --- targets that are no image -----------------------------------------------------------------

echo "hello" >"$B/text"
: >"$B/nothing"
head -c 100000 /dev/urandom >"$B/random"
bad "a text file" '2|3' "$B/text" "$B/text"
bad "an empty file" '2|3' "$B/nothing" "$B/nothing"
bad "random bytes" '2|3' "$B/random" "$B/random"
bad "a program" '2|3' "$BULWARK" "$BULWARK"
bad "what is not there" 2 'not-there' "$B/not-there"
bad "what is not there, by prefix" 2 'not-there' "oci:$B/not-there"
bad "a prefix that does not fit" '2|3' '' "docker-archive:$B/text"
run scan - --format json
expect "nothing on standard input" '2|3'
STDIN=$B/random run scan - --format json
expect "random bytes on standard input" '2|3'
mkdir "$B/empty-root"
bad "an empty directory" '0|3' '' "$B/empty-root"
expect_json "an empty directory: a gap" "len(d['gaps']) > 0"
mkfifo "$B/fifo"
# A pipe whose writer may still come, and input without end: the time that is given ends them.
LIMIT=20 bad "a fifo that nobody writes" '2|3|4' 'time|fifo|pipe|regular' "$B/fifo" --timeout 3s
LIMIT=20 bad "/dev/zero" '2|3|4' '' /dev/zero --timeout 3s
LIMIT=20 STDIN=/dev/zero bad "/dev/zero on standard input" '2|3|4' '' - --timeout 3s
rm -rf "$B/db"
mkdir -p "$B/db/etc" "$B/db/var/lib/dpkg"
mkfifo "$B/db/var/lib/dpkg/status"
ln -s /dev/zero "$B/db/etc/os-release"
LIMIT=20 bad "a directory with a fifo for a database and /dev/zero for os-release" '0|3' '' "$B/db"

# Links in a directory lead within it, never to the host's own files.
mkdir -p "$B/host/etc" "$B/host/var/lib" "$B/secret/dpkg" "$B/host/usr/lib"
dpkg_entry host-package 1.0 >"$B/secret/dpkg/status"
debian_os 12 bookworm >"$B/secret/os-release"
ln -s "$B/secret/dpkg" "$B/host/var/lib/dpkg"
ln -s "$B/secret/os-release" "$B/host/etc/os-release"
ln -s "$UP${B#/}/secret/os-release" "$B/host/usr/lib/os-release"
bad "a directory with links to the host's files" '0|3' '' "$B/host"
expect_json "links do not lead out of a directory" \
    "d['subjects'][0]['packages'] == 0 and not d['subjects'][0]['distribution']"

# To root every file is open: root runs the program as somebody else here.
cat >"$WORK/unprivileged" <<END
#!/bin/sh
export HOME=$B/home XDG_CACHE_HOME=$B/home XDG_DATA_HOME=$B/home
exec $(is_root && echo setpriv --reuid=65534 --regid=65534 --clear-groups) "$BULWARK" "\$@"
END
chmod 755 "$WORK/unprivileged"
if "$WORK/unprivileged" --version >/dev/null 2>&1; then
    rm -rf "$B/db"
    debian_root "$B/db" 12 bookworm
    good >>"$B/db/$S"
    chmod 000 "$B/db/var/lib/dpkg"
    mkdir -m 777 "$B/home"
    BULWARK=$WORK/unprivileged bad "a directory without permission" 3 'permission' "$B/db"
    says "which is named" 'var/lib/dpkg'
    chmod 755 "$B/db/var/lib/dpkg"; chmod 000 "$B/db/$S"
    BULWARK=$WORK/unprivileged bad "a file without permission" 3 'permission' "$B/db"
    says "which is named" 'var/lib/dpkg/status'
    chmod 000 "$B/good.tar"
    BULWARK=$WORK/unprivileged bad "an archive without permission" '2|3|4' 'permission' "$B/good.tar"
    chmod 644 "$B/good.tar"
else
    skip "files without permission" "no other user may run the program"
fi

# One bad target does not hide a good one.
run scan "$B/text" "$B/good.tar" --format json
expect "a bad target beside a good one" 3
expect_json "a bad target beside a good one: both are told" \
    "any(s['packages'] == 2 for s in d['subjects']) and any(g['class'] == 'blocking' for g in d['gaps'])"
done_testing
