#!/bin/bash
# Dangers of files, against what packages ship; licences against lists.
. "$(dirname "$0")/lib.sh"

export BULWARK_CACHE=$WORK/cache.db
TREE=$WORK/tree
TAR=$WORK/root.tar

# finding ID PATH: of the last run, "SEVERITY PACKAGE", or "none".
finding() {
    json "$OUT" "next((f['severity'] + ' ' + ((f.get('package') or {}).get('name') or '-') \
for f in d['findings'] if f['id'] == '$1' and f['location']['path'] == '$2'), 'none')" 2>&1
}

# found NAME ID PATH WANTED
found() { is "$1" "$(finding "$2" "$3")" "$4"; }

# status_of CHECK: of the last run's only subject.
status_of() {
    json "$OUT" "next(r['status'] for r in d['results'] if r['check'] == '$1')" 2>&1
}

# pack: makes $TAR of $TREE and the lists of modes and capabilities: "MODE PATH" a line in
# $WORK/modes, "PATH" in $WORK/capable (cap_net_raw).
pack() {
    $PYTHON - "$TREE" "$TAR" "$WORK/modes" "$WORK/capable" <<'EOF'
import os, sys, tarfile
tree, target, modes, capable = sys.argv[1:]
modes = dict(reversed(line.split()) for line in open(modes))
capable = set(open(capable).read().split())
RAW = (0x02000001).to_bytes(4, 'little') + (1 << 13).to_bytes(4, 'little') + bytes(12)
with tarfile.open(target, 'w', format=tarfile.PAX_FORMAT) as out:
    for folder, dirs, files in os.walk(tree):
        dirs.sort()
        for name in sorted(dirs + files):
            path = os.path.join(folder, name)
            inner = os.path.relpath(path, tree)
            info = out.gettarinfo(path, inner)
            info.uid = info.gid = 0
            info.uname = info.gname = ''
            if inner in modes:
                info.mode = int(modes[inner], 8)
            if inner in capable:
                info.pax_headers['SCHILY.xattr.security.capability'] = \
                    RAW.decode('utf-8', 'surrogateescape')
            with open(path, 'rb') if info.isreg() else open(os.devnull, 'rb') as content:
                out.addfile(info, content if info.isreg() else None)
EOF
}

# list NAME PATH...: the list and the checksums of a package; paths as the package was packed.
list() {
    local name=$1 path info=$TREE/var/lib/dpkg/info
    shift
    dpkg_entry "$name" 1.0-1 >>"$TREE/var/lib/dpkg/status"
    for path; do
        echo "/$path" >>"$info/$name.list"
        [[ $path == etc/* ]] || (cd "$TREE" && md5sum "$path") >>"$info/$name.md5sums"
    done
}

put() { mkdir -p "$(dirname "$TREE/$1")"; printf '%s\n' "${2:-$1}" >"$TREE/$1"; }

debian_root "$TREE" 12 bookworm
mkdir -p "$TREE"/usr/bin "$TREE"/usr/sbin "$TREE"/tmp "$TREE"/srv/open
ln -s usr/bin "$TREE/bin"
for name in same changed passwd find taken placed ping; do put usr/bin/$name; done
put usr/lib/module.pyc
put etc/tool.conf
put etc/ssh/ssh_host_rsa_key
put etc/ssh/ssh_host_rsa_key.pub
put root/.ssh/authorized_keys
put home/a/.ssh/authorized_keys ''
: >"$TREE/home/a/.ssh/authorized_keys"
put srv/everybody
put usr/local/bin/helper
put usr/bin/bash
put usr/bin/curl
put usr/bin/gcc-12
ln -s curl "$TREE/usr/bin/wget"
ln -s nowhere "$TREE/usr/bin/nc"
list tool bin/same usr/bin/changed usr/bin/find usr/bin/taken usr/bin/placed usr/lib/module.pyc \
    etc/tool.conf usr/bin/missing 2>"$WORK/md5sum"
list passwd usr/bin/passwd usr/bin/ping
list other usr/bin/taken
# What package "other" took over is no longer in the list of "tool".
sed -i '/taken/d' "$TREE/var/lib/dpkg/info/tool.list"
printf '/usr/bin/placed\n/usr/bin/placed.distrib\n:\n' >"$TREE/var/lib/dpkg/diversions"
sed -i '$d' "$TREE/var/lib/dpkg/status"
printf 'Conffiles:\n /etc/tool.conf 00000000000000000000000000000000\n\n' \
    >>"$TREE/var/lib/dpkg/status"
sed -i "s/^[0-9a-f]*\(  usr\/bin\/taken\)/$(printf '0%.0s' {1..32})\1/" \
    "$TREE/var/lib/dpkg/info/tool.md5sums"
for name in changed placed; do put usr/bin/$name other; done
put usr/lib/module.pyc other
cat >"$WORK/modes" <<'EOF'
4755 usr/bin/passwd
4755 usr/bin/find
6755 usr/local/bin/helper
0666 srv/everybody
0777 srv/open
1777 tmp
0600 etc/ssh/ssh_host_rsa_key
0755 usr/bin/bash
0755 usr/bin/curl
0755 usr/bin/gcc-12
0755 usr/bin/ping
EOF
echo usr/bin/ping >"$WORK/capable"
pack

run scan --format json "$TAR"
expect "a root file system" 0
found "setuid as shipped" setuid-file usr/bin/passwd "low passwd"
found "setuid beyond what is shipped" setuid-file usr/bin/find "high tool"
found "setuid of no package" setuid-file usr/local/bin/helper "high -"
found "setgid of no package" setgid-file usr/local/bin/helper "high -"
found "capabilities as shipped" file-capabilities usr/bin/ping "low passwd"
found "a file that everybody may write" world-writable srv/everybody "medium -"
found "a directory that everybody may write" world-writable srv/open "medium -"
found "the sticky bit is enough" world-writable tmp none
found "a file that was changed" changed-file usr/bin/changed "high tool"
found "a file that was not, by another name of its directory" changed-file usr/bin/same none
found "a file that another package took over" changed-file usr/bin/taken none
found "a file under a diversion" changed-file usr/bin/placed none
found "a setting" changed-file etc/tool.conf none
found "compiled Python" changed-file usr/lib/module.pyc none
is "nothing else was changed" "$(json "$OUT" \
    "[f['location']['path'] for f in d['findings'] if f['id'] == 'changed-file']")" usr/bin/changed
found "keys that may log in" authorized-keys root/.ssh/authorized_keys "high -"
found "no key that may log in" authorized-keys home/a/.ssh/authorized_keys none
found "a host key" host-keys etc/ssh/ssh_host_rsa_key "high -"
found "its public half" host-keys etc/ssh/ssh_host_rsa_key.pub none
is "kinds of tools" "$(json "$OUT" "sorted(f['location']['path'] for f in d['findings'] \
if f['id'] == 'attack-surface')")" "usr/bin/bash
usr/bin/curl
usr/bin/gcc-12"
is "all are findings of kind file" "$(json "$OUT" \
    "sorted({f['kind'] for f in d['findings'] if f['id'] in ('setuid-file', 'changed-file')})")" file
is "a result for each check" "$(json "$OUT" "len({r['check'] for r in d['results']})")" 13

run scan --format json "$TAR"
is "the cache gives the same findings" "$(finding changed-file usr/bin/changed)" "high tool"
is "and the same results" "$(status_of unowned-binary)" PASS

run scan --format json --scanners none "$TAR"
is "files are left alone when not asked for" "$(status_of setuid-file)" NOT_APPLICABLE
is "and then nothing is found" "$(json "$OUT" "sum(f['kind'] == 'file' for f in d['findings'])")" 0

# A later layer that changes a file, and one that installs it again.
mkdir -p "$WORK/upper/usr/bin"
echo patched >"$WORK/upper/usr/bin/same"
make_image oci-dir "$WORK/image" "$TAR" "$WORK/upper"
run scan --format json "oci:$WORK/image"
found "a file that a later layer changed" changed-file usr/bin/same "high tool"
is "and the layer that did" "$(json "$OUT" "next(f['location']['layer']['index'] \
for f in d['findings'] if f['location']['path'] == 'usr/bin/same')")" 1
mkdir -p "$WORK/again/var/lib/dpkg/info"
sed "s|^[0-9a-f]*  bin/same|$(md5sum <"$WORK/upper/usr/bin/same" | cut -c1-32)  bin/same|" \
    "$TREE/var/lib/dpkg/info/tool.md5sums" >"$WORK/again/var/lib/dpkg/info/tool.md5sums"
make_image oci-dir "$WORK/image-again" "$TAR" "$WORK/upper" "$WORK/again"
run scan --format json "oci:$WORK/image-again"
found "the newest record counts" changed-file usr/bin/same none

# Without lists nothing can be said of owners.
rm -rf "$TREE/var/lib/dpkg/info" "$TREE/var/lib/dpkg/diversions"
sed -i '/^Conffiles/,/^$/d' "$TREE/var/lib/dpkg/status"
pack
run scan --format json "$TAR"
is "no lists, no word on changes" "$(status_of changed-file)" NOT_EVALUATED
is "nor on owners" "$(status_of unowned-binary)" NOT_EVALUATED
expect_gap "which is a gap" note "database of packages does not list"
found "setuid is told all the same" setuid-file usr/bin/passwd "high -"

# Programs that no package owns, and how they are built.
if ! command -v gcc >/dev/null; then
    skip "programs of no package" "gcc is not installed"
elif ! grep -q "'elf'" "$ROOT/src/extract/meson.build"; then
    skip "programs of no package" "this build does not read programs"
else
    printf '#include <stdio.h>\nint main(int n, char **v) { char b[64]; %s }\n' \
        'return sprintf(b, "%s", v[0]) + n;' >"$WORK/program.c"
    rm -rf "$TREE"
    debian_root "$TREE" 12 bookworm
    mkdir -p "$TREE/usr/bin" "$TREE/opt/lib" "$TREE/usr/lib/node_modules/x"
    gcc -O1 -fPIE -pie -fstack-protector-all -Wl,-z,relro,-z,now "$WORK/program.c" \
        -o "$TREE/usr/bin/strong"
    gcc -O1 -no-pie -fno-stack-protector -Wl,-z,norelro,-z,execstack "$WORK/program.c" \
        -o "$TREE/usr/bin/weak" 2>"$WORK/gcc"
    cp "$TREE/usr/bin/weak" "$TREE/usr/bin/owned"
    for name in opt/lib/a.so opt/lib/b.so usr/lib/node_modules/x/c.node; do
        gcc -shared -fPIC -x c /dev/null -o "$TREE/$name"
    done
    list tool usr/bin/owned
    printf '0755 usr/bin/weak\n' >"$WORK/modes"
    : >"$WORK/capable"
    pack
    run scan --format json "$TAR"
    found "a program of no package" unowned-binary usr/bin/strong "medium -"
    found "its libraries, by their directory" unowned-binary opt/lib "low -"
    found "a program without protection" weak-binary usr/bin/weak "medium -"
    found "one that is well built" weak-binary usr/bin/strong none
    found "one of a package is the distribution's choice" weak-binary usr/bin/owned none
    is "what a package manager of a language put there is its own" "$(json "$OUT" \
        "sum('node_modules' in f['location']['path'] for f in d['findings'])")" 0
fi

# Alpine records modes and checksums.
rm -rf "$TREE"
mkdir -p "$TREE/lib/apk/db" "$TREE/bin" "$TREE/etc"
printf 'ID=alpine\nVERSION_ID=3.20.1\n' >"$TREE/etc/os-release"
for name in bbsuid busybox; do put bin/$name; done
put etc/motd
sum() { sha1sum "$TREE/$1" | cut -c1-40 | xxd -r -p | base64; }
cat >"$TREE/lib/apk/db/installed" <<EOF
P:busybox-suid
V:1.36.1-r29
A:x86_64
L:GPL-2.0-only
F:bin
R:bbsuid
a:0:0:4111
Z:Q1$(sum bin/bbsuid)
R:busybox
a:0:0:755
Z:Q1$(sum bin/busybox)
F:etc
R:motd
Z:Q1$(sum etc/motd)

EOF
put etc/motd changed
ln -s busybox "$TREE/bin/sh"
printf '4111 bin/bbsuid\n4755 bin/busybox\n' >"$WORK/modes"
: >"$WORK/capable"
pack
run scan --format json "$TAR"
found "apk: setuid as recorded" setuid-file bin/bbsuid "low busybox-suid"
found "apk: setuid beyond the record" setuid-file bin/busybox "high busybox-suid"
found "apk: what is below etc may change" changed-file etc/motd none
is "apk: checksums are compared" "$(json "$OUT" \
    "next(r['evaluated'] for r in d['results'] if r['check'] == 'changed-file')")" 2
found "a shell that is a link" attack-surface bin/sh "negligible busybox-suid"

# Licences.
is "without lists licences are not judged" "$(status_of licence)" NOT_APPLICABLE
run scan --format json --licence-deny 'GPL-*' --fail-on high "$TAR"
expect "a licence that is denied" 1
found "is a finding" GPL-2.0-only lib/apk/db/installed "high busybox-suid"
run scan --format json --licence-allow MIT "$TAR"
found "one that is not allowed too" GPL-2.0-only lib/apk/db/installed "medium busybox-suid"
run scan --format json --licence-allow 'GPLv2,MIT' "$TAR"
is "one that is allowed is not" "$(status_of licence)" PASS
run scan --licence-allow GLP "$TAR"
expect "a licence that there is not" 2
says "and it is named" "SPDX lists no licence 'GLP'"

# What a distribution made is as it should be.
DEBIAN=$(debian_tree) || { skip "a real Debian" "$DEBIAN"; done_testing; }
run scan --format json "$DEBIAN"
is "Debian: every setuid and setgid program is known" "$(json "$OUT" "sorted({f['severity'] \
for f in d['findings'] if f['id'] in ('setuid-file', 'setgid-file')})")" low
is "Debian: nothing was changed, nothing is unowned" "$(json "$OUT" "[f['location']['path'] \
for f in d['findings'] if f['id'] in ('changed-file', 'unowned-binary', 'world-writable')]")" ""
expect_json "Debian: thousands of files were compared" \
    "next(r['evaluated'] for r in d['results'] if r['check'] == 'changed-file') > 5000"
expect_json "Debian: most licences are known" "int(re.match(r'[0-9]+', next(r['evidence'] \
for r in d['results'] if r['check'] == 'licence')).group()) >= 50"
done_testing
