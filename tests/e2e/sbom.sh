#!/bin/bash
# Bills of materials: valid by the schemas, equal to the image in what is found, hostile ones.
. "$(dirname "$0")/lib.sh"

# --- an image: two layers of packages, one that is gone, a gap ---------------------------------

BASE=$WORK/base
TOP=$WORK/top
debian_root "$BASE" 11 bullseye
dpkg_entry openssl 1.1.1n-0+deb11u3 >"$BASE/var/lib/dpkg/status"
dpkg_entry libssl1.1 1.1.1n-0+deb11u3 'openssl' >>"$BASE/var/lib/dpkg/status"
dpkg_entry sudo 1.9.5p2-3 >>"$BASE/var/lib/dpkg/status"
dpkg_entry libpolkit 0:0.105-31+b1 'policykit-1 (0.105-31)' >>"$BASE/var/lib/dpkg/status"
dpkg_entry gone 1.0-1 >>"$BASE/var/lib/dpkg/status"
mkdir -p "$TOP/var/lib/dpkg"
dpkg_entry openssl 1.1.1n-0+deb11u3 >"$TOP/var/lib/dpkg/status"
dpkg_entry libssl1.1 1.1.1n-0+deb11u3 'openssl' >>"$TOP/var/lib/dpkg/status"
dpkg_entry sudo 1.9.5p2-3 >>"$TOP/var/lib/dpkg/status"
dpkg_entry libpolkit 0:0.105-31+b1 'policykit-1 (0.105-31)' >>"$TOP/var/lib/dpkg/status"
dpkg_entry liblzma5 5.6.0-0.2 'xz-utils' >>"$TOP/var/lib/dpkg/status"
printf 'Package: broken\nStatus: install ok installed\n\n' >>"$TOP/var/lib/dpkg/status"
make_image oci-tar "$WORK/image.tar" "$BASE" "$TOP"

if [ -d "$DATA/osv/Debian" ]; then
    run db import "$DATA/osv"
    expect "import of advisories" 0
else
    skip "import of advisories" "shared data is absent: the built-in ones serve"
fi

# What is found, with all that a finding says; gaps but those of the removed, which no bill lists.
FINDINGS='sorted(json.dumps({k: v for k, v in f.items() if k != "subject_index"}, sort_keys=True) for f in d["findings"] if f["kind"] == "vulnerability")'
GAPS='sorted(json.dumps(g, sort_keys=True) for g in d["gaps"])'

# same_findings NAME TARGET FORMAT [OPTION...]: a scan of the target's bill is a scan of the target.
same_findings() {
    local name=$1 target=$2 format=$3 bill=$WORK/bill.$3.json
    run scan "$target" --format json --scanners none --no-cache
    cp "$OUT" "$WORK/image.json"
    run sbom "$target" --format "$format" -o "$bill"
    expect "$name: $format is written" "0|3"
    run scan "$bill" --format json --scanners none
    expect "$name: $format is scanned" "0|3"
    json "$WORK/image.json" "$FINDINGS" >"$WORK/want"
    json "$OUT" "$FINDINGS" >"$WORK/got"
    same "$name: $format gives the same findings ($(json "$OUT" 'len(d["findings"])'))" "$WORK/want" "$WORK/got"
    is "$name: $format gives the same gaps" "$(json "$OUT" "$GAPS")" "$(json "$WORK/image.json" "$GAPS")"
    is "$name: $format gives the same subject" \
        "$(json "$OUT" '[(s["name"], s["digest"], s["platform"], s["layers"], s["distribution"], s["packages"]) for s in d["subjects"]]')" \
        "$(json "$WORK/image.json" '[(s["name"], s["digest"], s["platform"], s["layers"], s["distribution"], s["packages"]) for s in d["subjects"]]')"
}

same_findings "image" "$WORK/image.tar" cyclonedx
expect_json "and there are some" "len(d['findings']) > 0"
expect_json "told to be a bill of materials" "d['subjects'][0]['kind'] == 'sbom'"
run facts "$WORK/bill.cyclonedx.json" --format json
expect_json "packages are in the layers that brought them" \
    "sorted((p['name'], p['layer']['index']) for p in d['packages']) == [('liblzma5', 1), ('libpolkit', 0), ('libssl1.1', 0), ('openssl', 0), ('sudo', 0)]"
same_findings "image" "$WORK/image.tar" spdx
same_findings "filesystem" "$BASE" cyclonedx
same_findings "filesystem" "$BASE" spdx

# A bill that was scanned can be written again, and says the same.
run sbom "$WORK/bill.cyclonedx.json" -o "$WORK/again.json"
expect "a bill of a bill" "0|3"
is "has the same packages" \
    "$(json "$WORK/again.json" '[(c["name"], c.get("version"), c.get("properties")) for c in d["components"]]')" \
    "$(json "$WORK/bill.cyclonedx.json" '[(c["name"], c.get("version"), c.get("properties")) for c in d["components"]]')"

run scan "$WORK/image.tar" --format cyclonedx -o "$WORK/vulnerabilities.json" --scanners none
expect "scan --format cyclonedx" "0|3"
is "vulnerabilities refer to components" \
    "$(json "$WORK/vulnerabilities.json" 'sum(a["ref"] not in set(c["bom-ref"] for c in d["components"] if "bom-ref" in c) for v in d["vulnerabilities"] for a in v["affects"])')" 0
run sbom "$WORK/image.tar" --files -o "$WORK/files.cyclonedx.json"
expect "files in CycloneDX" "0|3"
holds "with SHA-256" grep -q '"alg": "SHA-256"' "$WORK/files.cyclonedx.json"
run sbom "$WORK/image.tar" --files --format spdx -o "$WORK/files.spdx.json"
expect "files in SPDX" "0|3"
SHA1=$(sha1sum <"$TOP/var/lib/dpkg/status" | cut -d' ' -f1)
holds "with SHA-1" grep -q "\"checksumValue\": \"$SHA1\"" "$WORK/files.spdx.json"

SOURCE_DATE_EPOCH=1700000000 run sbom "$WORK/image.tar" -o "$WORK/one.json"
SOURCE_DATE_EPOCH=1700000000 run sbom "$WORK/image.tar" -o "$WORK/two.json"
same "equal images have equal bills" "$WORK/one.json" "$WORK/two.json"

# --- the schemas -------------------------------------------------------------------------------

BILLS=("$WORK"/bill.*.json "$WORK"/files.*.json "$WORK"/vulnerabilities.json "$WORK/again.json"
    "$ROOT"/tests/golden/sbom/*.json)
# validate NAME SCHEMAS: by the schemas of a directory, or of the pinned package.
validate() {
    $PYTHON "$TOOLS/validate-sbom" --cache "$CACHE/sbom-schemas" "$2" "${BILLS[@]}" >"$WORK/validated" 2>&1
    case $? in
    0) ok "$1 ($(tail -1 "$WORK/validated"))" ;;
    77) skip "$1" "$(tail -1 "$WORK/validated")" ;;
    *) not_ok "$1" "$(cat "$WORK/validated")" ;;
    esac
}
if [ -d "$DATA/schemas" ]; then
    validate "all bills are valid by the schemas" "$DATA/schemas"
else
    skip "bills of SPDX are valid by their schema" "shared data is absent, and no package has the schema"
    validate "bills of CycloneDX are valid by the schemas" "$WORK/none"
fi

# --- bills of others ---------------------------------------------------------------------------

for bill in "$ROOT"/fuzz/corpus/sbom/foreign-*.json; do
    name=$(basename "$bill" .json)
    run facts "$bill" --format json
    expect "$name is read" 0
    expect_json "$name: what each package was built from" \
        "sorted((p['name'], p['source']['name'], p['source']['version']) for p in d['packages']) == [('bash', 'bash', '5.2.15-2'), ('liblzma5', 'xz-utils', '5.6.0-0.2'), ('libssl3', 'openssl', '3.0.11-1~deb12u2')]"
    expect_json "$name: the distribution" "d['subjects'][0]['distribution']['id'] == 'debian'"
    expect_gap "$name: what has no package URL is told" note "package URL"
done

# --- hostile ones ------------------------------------------------------------------------------

printf '{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [' >"$WORK/cut.json"
run scan "$WORK/cut.json" --format json
expect "a bill that is cut off" 3
printf '{"name": "x"}' >"$WORK/other.json"
run scan "$WORK/other.json" --format json
expect "JSON that is no bill" 3
expect_gap "and says so" blocking "neither CycloneDX nor SPDX"
$PYTHON - "$WORK/deep.json" <<'END'
import sys
open(sys.argv[1], "w").write('{"bomFormat":"CycloneDX","specVersion":"1.6","components":[' +
    '{"type":"library","name":"x","components":[' * 100000 + ']}' * 100000 + ']}')
END
run scan "$WORK/deep.json" --format json
expect "components within components" 3
expect_gap "are bounded" blocking "deeper than the limit of 64"
truncate -s 200M "$WORK/large.json"
printf '{' | dd of="$WORK/large.json" conv=notrunc status=none
run scan "$WORK/large.json" --format json
expect "a bill that is too large" 3
expect_gap "names the limit" blocking "limit of 134217728 bytes"
STDIN=$WORK/bill.spdx.json run scan sbom:- --format json --scanners none
expect "a bill from standard input" "0|3"
run sbom "$WORK/image.tar" "$WORK/image.tar"
expect "two targets" 2

done_testing
