#!/bin/bash
# Images of several platforms, indexes within indexes, attestations, several images in an archive.
. "$(dirname "$0")/lib.sh"

P=$WORK/platforms
for arch in amd64 arm64 armv7 armv6; do
    debian_root "$P/$arch" 12 bookworm
    dpkg_entry "for-$arch" 1.0 >"$P/$arch/var/lib/dpkg/status"
done
mkdir -p "$P/top/opt"
echo more >"$P/top/opt/more"
ALL=(--image linux/arm64/v8 "$P/arm64" "$P/top" --image linux/arm/v7 "$P/armv7"
    --image linux/arm/v6 "$P/armv6" --image linux/amd64 "$P/amd64")

case $(uname -m) in x86_64) OWN=for-amd64 ;; aarch64) OWN=for-arm64 ;; *) OWN= ;; esac

# has NAME WANT TARGET [OPTION...]
has() {
    names_of "${@:3}"
    is "$1" "$NAMES" "$2"
    expect "$1" 0
}
for form in oci-dir oci-tar docker-archive-new; do
    T=$P/$form
    make_image $form "$T" "${ALL[@]}"
    if [ $form != docker-archive-new ]; then
        [ -z "$OWN" ] || has "$form: this machine's platform" $OWN "$T"
        has "$form: --platform linux/amd64" for-amd64 "$T" --platform linux/amd64
        has "$form: --platform linux/arm64" for-arm64 "$T" --platform linux/arm64
        has "$form: --platform linux/arm64/v8" for-arm64 "$T" --platform linux/arm64/v8
        has "$form: --platform linux/arm/v6" for-armv6 "$T" --platform linux/arm/v6
        has "$form: --platform linux/arm/v7" for-armv7 "$T" --platform linux/arm/v7
        run scan "$T" --platform linux/riscv64
        expect "$form: a platform that it has not" '2|3'
        says "$form: a platform that it has not is named, with those it has" 'riscv64.*arm64|arm64.*riscv64'
    fi
done
make_image oci-dir "$P/nested" "${ALL[@]}" --nested-index --name test/app:2
has "an index in an index" for-arm64 "$P/nested" --platform linux/arm64
make_image oci-dir "$P/attested" --image linux/amd64 "$P/amd64" --image linux/arm64 "$P/arm64" --attestation
has "attestations are no images" for-amd64 "$P/attested" --platform linux/amd64
has "attestations are no images (arm64)" for-arm64 "$P/attested" --platform linux/arm64
run scan "$P/attested" --platform linux/amd64 --format json
expect_json "one subject" "len(d['subjects']) == 1"
expect_json "with its platform" "d['subjects'][0]['platform'] == 'linux/amd64'"
expect_json "with its digest" "bool(re.fullmatch('sha256:[0-9a-f]{64}', d['subjects'][0]['digest']))"
make_image oci-dir "$P/foreign" --image linux/s390x "$P/arm64"
run scan "$P/foreign" --format json
expect "an image for another machine only" '0|2|3'
has "an image for another machine, asked for" for-arm64 "$P/foreign" --platform linux/s390x
make_image oci-dir "$P/single" "$P/amd64" --platform linux/amd64
run facts "$P/single" --platform linux/arm64 --format json
expect "--platform against an image of one other platform" '2|3'

for first in '' --documents-first; do
    make_image oci-tar "$P/order.tar" "$P/amd64" "$P/top" $first
    has "OCI tar ${first:-layers first}" for-amd64 "$P/order.tar" --platform linux/amd64
    STDIN=$P/order.tar has "OCI tar ${first:-layers first}, on standard input" for-amd64 - --platform linux/amd64
    make_image oci-tar "$P/order.tar" "$P/amd64" "$P/top" $first --gzip
    has "OCI tar.gz ${first:-layers first}" for-amd64 "$P/order.tar" --platform linux/amd64
    make_image docker-archive-old "$P/order.tar" "$P/amd64" "$P/top" $first
    has "docker-archive, old, ${first:-layers first}" for-amd64 "$P/order.tar"
    STDIN=$P/order.tar has "docker-archive, old, ${first:-layers first}, on standard input" for-amd64 -
    make_image docker-archive-new "$P/order.tar" "$P/amd64" "$P/top" $first --gzip
    has "docker-archive.gz, new, ${first:-layers first}" for-amd64 "$P/order.tar"
    STDIN=$P/order.tar has "docker-archive.gz, new, ${first:-layers first}, on standard input" for-amd64 -
done
make_image oci-dir "$P/mixed" "$P/amd64" "$P/top" "$P/arm64" --compress "gzip,none,$(command -v zstd >/dev/null && echo zstd || echo xz)"
has "layers of several compressions" for-arm64 "$P/mixed"
make_image docker-archive-old "$P/packed.tar" "$P/amd64" "$P/top" --compress gzip
has "docker-archive with compressed layers" for-amd64 "$P/packed.tar"
cp -r "$P/single" "$P/linked"
(cd "$P/linked/blobs" && mv sha256 real && ln -s real sha256)
run scan "$P/linked"
expect "an OCI layout whose folder is a link within" '0|3'

# Several images in one archive.
make_image docker-archive-old "$P/two.tar" --image linux/amd64 "$P/amd64" --image linux/amd64 "$P/arm64"
run scan "$P/two.tar" --format json
expect "two images in a docker-archive" '0|2|3'
if [ "$RC" = 0 ]; then
    expect_json "are two subjects, or a gap says which was left out" "len(d['subjects']) == 2 or len(d['gaps']) > 0"
else says "are told" 'images|two|2|which'; fi

# Digests and names that a report states.
make_image oci-dir "$P/named" "$P/amd64" "$P/top" --name registry.example/app:1.2
WANT=$($PYTHON -c 'import json, sys; print(json.load(open(sys.argv[1]))["manifests"][0]["digest"])' "$P/named/index.json")
run scan "$P/named" --format json
expect_json "the subject's digest is the manifest's" "d['subjects'][0]['digest'] == '$WANT'"
expect_json "layers have digests and the steps that made them" \
    "[(bool(l['digest']), l['created_by']) for l in d['subjects'][0]['layers']] == [(True, 'COPY layer0 / # test'), (True, 'COPY layer1 / # test')]"
make_image docker-archive-old "$P/named.tar" "$P/amd64" "$P/top" --name registry.example/app:1.2
run scan "$P/named.tar" --format json
expect_json "a docker-archive's tags" "'registry.example/app:1.2' in d['subjects'][0]['tags']"
expect_json "its digest is that of its configuration" \
    "bool(re.fullmatch('sha256:[0-9a-f]{64}', d['subjects'][0]['digest']))"
done_testing
