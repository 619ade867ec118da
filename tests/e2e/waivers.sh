#!/bin/bash
# What somebody decided on findings, through the whole program: ignore files, VEX documents, and
# the options that order findings, fail on them and explain one.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

R=$WORK/root
V=$WORK/waivers
HERE=$WORK/here
mkdir -p "$V" "$HERE"
debian_root "$R" 11 bullseye
mkdir -p "$R/srv/conf"
# The built-in set knows CVE-2021-4034 (policykit-1), CVE-2021-40438 (apache2), CVE-2023-4911 (glibc).
{ dpkg_entry policykit-1 0.105-20; dpkg_entry apache2 2.4.46-4; dpkg_entry libc6 2.31-1 glibc; } >"$R/var/lib/dpkg/status"
# A token of the right form and checksum, made here so that none stands in this file.
$PYTHON - >"$R/srv/conf/app.env" <<'END'
import zlib
letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
body = ''.join(letters[(i * 37 + i * i * 11 + 5) % 62] for i in range(30))
crc, check = zlib.crc32(body.encode()), ''
for _ in range(6):
    check = letters[crc % 62] + check
    crc //= 62
print('GITHUB_TOKEN=ghp_' + body + check)
END

# scan [OPTION...]: in a directory where default ignore files may be.
scan() { pushd "$HERE" >/dev/null || exit; run scan --format json --no-cache "$@" "rootfs:$R"; popd >/dev/null || exit; }
WAIVED='" ".join(sorted(f["id"] for f in d["findings"] if f["waiver"]))'
waived_are() { is "$1" "$(json "$OUT" "$WAIVED")" "$2"; }

scan
expect "without waivers" 0
expect_json "three vulnerabilities and a secret are found, and none is waived" \
    "{'CVE-2021-4034', 'CVE-2021-40438', 'CVE-2023-4911'} <= set(f['id'] for f in d['findings']) and any(f['kind'] == 'secret' for f in d['findings']) and d['verdict']['waived'] == 0"
SECRET=$(json "$OUT" '[f["id"] for f in d["findings"] if f["kind"] == "secret"][0]')
PRINT=$(json "$OUT" '[f["fingerprint"] for f in d["findings"] if f["id"] == "CVE-2021-40438"][0]')
ALL=$(json "$OUT" 'len(d["findings"])')

# --- an ignore file of our own -----------------------------------------------------------------

cat >"$V/good.yaml" <<END
- id: CVE-2021-4034
  reason: pkexec is not setuid here
  owner: platform team
  expires: 2999-12-31
  packages: ['pkg:deb/debian/policykit-1']
- id: $PRINT
  reason: by its fingerprint
- id: $SECRET
  reason: a token for tests
  paths: ['srv/**/*.env']
  kind: secret
- id: CVE-2023-4911
  reason: of another package
  packages: [libc6-dev]
END
scan --ignore-file "$V/good.yaml"
expect "an ignore file" 0
waived_are "an ignore file: what it names is waived" "CVE-2021-4034 CVE-2021-40438 $SECRET"
expect_json "an ignore file: waived findings stay in the report" "len(d['findings']) == $ALL and d['verdict']['waived'] == 3"
expect_json "an ignore file: who, why, where and until when" \
    "[(w['reason'], w['owner'], w['line'], w['expires'][:4]) for f in d['findings'] for w in [f['waiver']] if f['id'] == 'CVE-2021-4034'] == [('pkexec is not setuid here', 'platform team', 1, '3000')] or [w['expires'][:10] for f in d['findings'] for w in [f['waiver']] if f['id'] == 'CVE-2021-4034'] == ['2999-12-31']"
scan --ignore-file "$V/good.yaml" --fail-on secret
expect "a waived finding fails nothing" 0
scan --fail-on secret
expect "without the waiver it does" 1
scan --ignore-file "$V/good.yaml" --fail-on high
expect "what is not waived does" 1

cat >"$V/old.yaml" <<'END'
- id: CVE-2021-4034
  reason: until the next release
  expires: 2021-06-30
- id: CVE-2000-0001
  reason: of nothing that is here
  expires: 2021-06-30
END
scan --ignore-file "$V/old.yaml" --fail-on critical,high
expect "an expired waiver waives nothing" 1
waived_are "an expired waiver waives nothing" ""
expect_gap "an expired waiver is noted" note 'old.yaml line 1.*CVE-2021-4034.*2021-06-30'
expect_json "an expired waiver of nothing is not" "'CVE-2000-0001' not in json.dumps(d['gaps'])"
scan --ignore-file "$V/old.yaml" --ignore-file "$V/good.yaml"
waived_are "of two files each waives" "CVE-2021-4034 CVE-2021-40438 $SECRET"

# --- files that are read without being named ---------------------------------------------------

printf '# why\nCVE-2021-4034 exp:2999-01-01\n' >"$HERE/.trivyignore"
scan
waived_are ".trivyignore of the current directory" "CVE-2021-4034"
printf -- '- id: CVE-2021-40438\n  reason: nobody logs in\n' >"$HERE/.bulwarkignore.yaml"
scan
waived_are "and .bulwarkignore.yaml beside it" "CVE-2021-4034 CVE-2021-40438"
printf -- '- id: CVE-2023-4911\n  reason: of a file that is named\n' >"$V/named.yaml"
scan --ignore-file "$V/named.yaml"
waived_are "and one that is named beside them" "CVE-2021-4034 CVE-2021-40438 CVE-2023-4911"
scan --no-ignore
waived_are "--no-ignore reads neither" ""
scan --no-ignore --ignore-file "$V/good.yaml"
waived_are "but what is named" "CVE-2021-4034 CVE-2021-40438 $SECRET"
rm "$HERE"/.*ignore*

# --- VEX ---------------------------------------------------------------------------------------

cat >"$V/openvex.json" <<'END'
{"@context": "https://openvex.dev/ns/v0.2.0", "author": "vendor", "statements": [
 {"vulnerability": {"name": "CVE-2021-4034"}, "products": [{"@id": "pkg:deb/debian/policykit-1"}],
  "status": "not_affected", "justification": "vulnerable_code_not_present"},
 {"vulnerability": {"name": "CVE-2021-40438"}, "products": [{"@id": "pkg:deb/debian/apache2"}], "status": "affected"}]}
END
scan --vex "$V/openvex.json" --fail-on any
expect "OpenVEX" 1
waived_are "OpenVEX: not_affected waives, affected does not" "CVE-2021-4034"
expect_json "OpenVEX: status, justification, author" \
    "[(f['waiver']['status'], f['waiver']['justification'], f['waiver']['owner']) for f in d['findings'] if f['waiver']] == [('not_affected', 'vulnerable_code_not_present', 'vendor')]"
cat >"$V/cyclonedx.json" <<'END'
{"bomFormat": "CycloneDX", "specVersion": "1.5",
 "components": [{"bom-ref": "s", "type": "library", "name": "apache2", "purl": "pkg:deb/debian/apache2@2.4.46-4"},
                {"bom-ref": "c", "type": "library", "name": "libc6", "purl": "pkg:deb/debian/libc6@2.36-9"}],
 "vulnerabilities": [
  {"id": "CVE-2021-40438", "analysis": {"state": "resolved", "detail": "patched here"}, "affects": [{"ref": "s"}]},
  {"id": "CVE-2023-4911", "analysis": {"state": "not_affected"}, "affects": [{"ref": "c"}]},
  {"id": "CVE-2021-4034", "analysis": {"state": "in_triage"}, "affects": [{"ref": "pkg:deb/debian/policykit-1"}]}]}
END
scan --vex "$V/cyclonedx.json"
waived_are "CycloneDX: of this version and state alone" "CVE-2021-40438"
cat >"$V/csaf.json" <<'END'
{"document": {"csaf_version": "2.0"}, "product_tree": {"branches": [{"branches": [{"product": {"product_id": "P",
  "product_identification_helper": {"purl": "pkg:deb/debian/libc6"}}}]}]},
 "vulnerabilities": [{"cve": "CVE-2023-4911", "product_status": {"known_not_affected": ["P"]},
  "flags": [{"label": "vulnerable_code_not_in_execute_path"}]},
  {"cve": "CVE-2021-4034", "product_status": {"known_affected": ["P"]}}]}
END
scan --vex "$V/csaf.json"
waived_are "CSAF" "CVE-2023-4911"
scan --vex "$V/csaf.json" --vex "$V/openvex.json" --vex "$V/cyclonedx.json" --format table
expect "all three in one run" 0
says "people are told how many are waived" '3 .*waived|waived.*3'

# --- files that are not understood -------------------------------------------------------------

malformed() { # NAME FILE CONTENT REGEX
    printf '%b' "$3" >"$V/$2"
    scan --ignore-file "$V/$2"
    expect "malformed: $1" '2|4'
    holds "malformed: $1: the file and the place are named" grep -qE "$2.*$4" "$ERR"
    holds "malformed: $1: no report is written" test ! -s "$OUT"
}
malformed "a date that is none" date.yaml '- id: CVE-1\n  reason: x\n  expires: someday\n' 'line 3'
malformed "an unknown member" member.yaml '- id: CVE-1\n  reason: x\n- id: CVE-2\n  reason: y\n  pakages: [z]\n' 'line 5.*pakages'
malformed "no reason" reason.yaml '- id: CVE-1\n  reason: x\n- id: CVE-2\n' 'line 3.*reason'
malformed "a list of nothing" nothing.yaml '- id: CVE-1\n  reason: x\n  paths: []\n' 'line 3.*empty'
malformed "no YAML" broken.yaml '- id: [CVE-1\n  reason: x\n' 'line [0-9]'
malformed "two ids in a line" lines 'CVE-1\nCVE-2 CVE-3\n' 'line 2'
malformed "JSON that is cut off" cut.json '{"@context": "https://openvex.dev/ns/v0.2.0",\n"statements": [' '(line|byte|offset|position) [0-9]|end'
malformed "JSON of another kind" other.json '{"a": 1}' 'OpenVEX'
scan --ignore-file "$V/absent.yaml"
expect "a file that is not there" '2|4'
says "a file that is not there is named" 'absent.yaml'

# --- order, conditions, one finding alone ------------------------------------------------------

for key in risk severity epss cvss name; do
    scan --sort $key
    expect "--sort $key" 0
done
scan --sort risk
expect_json "--sort risk: the highest first" \
    "(lambda r: len(r) > 2 and r == sorted(r, reverse=True))([f['risk'] for f in d['findings'] if f.get('risk') is not None])"
scan --sort name
expect_json "--sort name: by name" "(lambda n: n == sorted(n))([f['package']['name'] for f in d['findings'] if f['kind'] == 'vulnerability'])"
scan --sort beauty
expect "--sort by what is no key" 2
TOP=$($BULWARK scan --format json --no-cache --sort risk "rootfs:$R" 2>/dev/null | json /dev/stdin 'max(f["risk"] for f in d["findings"] if f.get("risk") is not None)')
fails_on() { scan --fail-on "$1"; expect "--fail-on '$1'" "$2"; }
fails_on "risk>=$TOP" 1
fails_on "risk>$TOP" 0
fails_on "risk >= 101" '0|2'
fails_on secret 1
fails_on licence 0
fails_on 'high&fixable' 1
fails_on 'vulnerability&!fixable' 0
fails_on 'vulnerability&kev' 1
fails_on 'secret&kev' 0
fails_on 'deleted' 0
fails_on 'cvss>=7&secret' 0
fails_on 'epss>0.5&' 2
fails_on 'beauty' 2
says "--fail-on: what there is is named" 'critical.*kev'

cd "$HERE" || exit
run scan --no-cache --explain CVE-2021-4034 "rootfs:$R"
expect "--explain" 0
says "--explain: the package and its version" 'policykit-1 0\.105-20'
says "--explain: the package URL" 'pkg:deb/debian/policykit-1@0\.105-20'
says "--explain: where it was found" 'var/lib/dpkg/status'
says "--explain: the sources" '^sources? '
says "--explain: the fix" '^fix .*update policykit-1 to 0\.105-'
quiet_about "--explain: and of nothing else" 'libc6'
run scan --no-cache --explain CVE-2021-4034 --ignore-file "$V/good.yaml" "rootfs:$R"
says "--explain: a waiver" 'waived .*pkexec is not setuid'
run scan --no-cache --explain "$SECRET" "rootfs:$R"
says "--explain: a secret, by its rule" 'srv/conf/app.env, line 1'
quiet_about "--explain: never the secret" "$(sed 's/.*=//' "$R/srv/conf/app.env")"
run scan --no-cache --explain CVE-1999-0001 "rootfs:$R"
says "--explain: the name of no finding" 'CVE-1999-0001.*no finding'

make_image oci-dir "$WORK/image" "$R"
run scan --no-cache --explain CVE-2021-4034 "oci:$WORK/image"
expect "--explain: of an image" 0
mkdir -p "$WORK/upper/opt"
make_image oci-dir "$WORK/image2" "$R" "$WORK/upper"
run scan --no-cache --explain CVE-2021-4034 "oci:$WORK/image2"
says "--explain: the layer" '^layer +1 of 2'
done_testing
