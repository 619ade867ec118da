#!/bin/bash
# What changed from one image to another: findings, packages, files, configuration.
. "$(dirname "$0")/lib.sh"
need jq

A=$WORK/a B=$WORK/b
for root in "$A" "$B"; do
    debian_root "$root" 11 bullseye
    mkdir -p "$root/opt"
    echo same >"$root/opt/same"
    echo one >"$root/opt/changed"
    touch -d '2020-01-01' "$root/opt/"*
done
# The built-in set knows CVE-2021-4034 (policykit-1) and CVE-2023-4911 (glibc).
{ dpkg_entry sudo 1.8.27-1; dpkg_entry gone 1.0; dpkg_entry libc6 2.31-1 glibc; } >"$A/var/lib/dpkg/status"
{ dpkg_entry policykit-1 0.105-20; dpkg_entry added 1.0; dpkg_entry libc6 2.31-13+deb11u7 glibc; } >"$B/var/lib/dpkg/status"
echo two >"$B/opt/changed"
echo new >"$B/opt/new"
rm "$B/opt/same"; echo same >"$B/opt/same"

run diff --format json "rootfs:$A" "rootfs:$B"; expect "two roots" 0
changes() { json "$OUT" "' '.join(sorted(c['change'] + ':' + c['$2'] for c in d['$1'] if c['change'] != 'same'))"; }
is "packages" "$(changes packages name)" "changed:libc6 gone:gone gone:sudo new:added new:policykit-1"
is "files" "$(changes files path)" "changed:opt/changed changed:var/lib/dpkg/status new:opt/new"
expect_json "findings: one is new, one is fixed" \
    "('CVE-2021-4034' in [f['id'] for f in d['findings'] if f['change'] == 'new'] or any(f['change'] == 'new' and f['package'] == 'policykit-1' for f in d['findings'])) and any(f['change'] == 'gone' and f['package'] == 'libc6' for f in d['findings'])"
run diff "rootfs:$A" "rootfs:$B"; expect "for people" 0
holds "names what is new" grep -qE '^new .*policykit-1' "$OUT"
holds "names what was fixed" grep -qE '^fixed .*libc6' "$OUT"
holds "names both versions" grep -qE '^changed .*libc6 2.31-1 (→|->) 2.31-13' "$OUT"
run diff --fail-on any "rootfs:$A" "rootfs:$B"; expect "--fail-on: something is new" 1
run diff --fail-on any "rootfs:$B" "rootfs:$B"; expect "--fail-on: nothing is new" 0
expect_same() { run diff --format json "$1" "$2"; expect "$3" 0; }
expect_same "rootfs:$A" "rootfs:$A" "a root with itself"
expect_json "does not differ" "not d['packages'] and not d['files'] and not d['settings']"
expect_json "and has its findings" "len(d['findings']) > 0 and all(f['change'] == 'same' for f in d['findings'])"
run diff "$A"; expect "one target is wrong use" 2
run diff --format xml "$A" "$B"; expect "an unknown format is wrong use" 2

# --- configuration ---
config() {
    printf '{"architecture":"amd64","os":"linux","config":{"User":"%s","Env":["PATH=/bin","%s"],' "$1" "$2"
    printf '"Cmd":["sh"],"Labels":{"a":"b"}},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]},"history":[]}' \
        "$(sha256sum "$WORK/root.tar" | cut -d' ' -f1)"
}
tar -C "$A" -cf "$WORK/root.tar" .
config root MODE=debug >"$WORK/c1"
config app LEVEL=1 >"$WORK/c2"
make_image oci-dir "$WORK/i1" --document "config=$WORK/c1" "$WORK/root.tar"
make_image oci-dir "$WORK/i2" --document "config=$WORK/c2" "$WORK/root.tar"
run diff --format json "oci:$WORK/i1" "oci:$WORK/i2"; expect "two images" 0
is "settings" "$(changes settings name)" "changed:User gone:Env MODE new:Env LEVEL"
done_testing
