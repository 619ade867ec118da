#!/bin/bash
# Known vulnerabilities of hand-made roots: exact advisories, fixed versions, CVEs and severities.
. "$(dirname "$0")/lib.sh"

[ -d "$DATA/osv" ] || skip_all "shared data is absent"
R=$WORK/root

KEV=()
[ ! -d "$DATA/kev" ] || KEV=(--kev "$DATA/kev/known_exploited_vulnerabilities.json")
# The database, once, with the exploited ones marked.
run db import "$DATA/osv" "${KEV[@]}"
expect "import of seven ecosystems" 0
run db status --format json
expect "db status" 0
expect_json "27,875 records, of which some are errata without security matter" \
    "d['records'] + d['left_out'] == 27875 and d['left_out'] > 0"
RECORDS=$(json "$OUT" 'd["records"]')
expect_json "seven ecosystems" "len(d['ecosystems']) == 7"
expect_json "the newest record's time" "bool(re.match(r'20\d\d-\d\d-\d\dT', d['newest']))"
cp "$OUT" "$WORK/status1"
run db import "$DATA/osv" "${KEV[@]}"
expect "import of the same again" 0
run db status --format json
is "changes nothing" "$(json "$OUT" '(d["records"], d["newest"], d.get("digest"))')" \
    "$(json "$WORK/status1" '(d["records"], d["newest"], d.get("digest"))')"

# found: what the last scan found, as osv-expect prints it.
FOUND='sorted(set((f["advisory"]["id"], f["package"]["%s"]%s, f["fixed_version"], ",".join(f["advisory"]["cves"])) for f in d["findings"]))'
found_source() { json "$OUT" "$(printf "$FOUND" source '["name"]')"; }
found_name() { json "$OUT" "$(printf "$FOUND" name '')"; }
ids() { json "$OUT" '" ".join(sorted(set(f["id"] for f in d["findings"])))'; }

# --- Debian: by source package -----------------------------------------------------------------

cat >"$WORK/debian11" <<'END'
openssl	1.1.1n-0+deb11u3
sudo	1.9.5p2-3
policykit-1	0.105-31
linux	5.10.46-1
curl	7.74.0-1.3+deb11u1
expat	2.2.10-2
zlib	1:1.2.11.dfsg-2
redis	5:6.0.15-1
bind9	1:9.16.15-1
glibc	2.31-13+deb11u2
git	1:2.30.2-1
vim	2:8.2.2434-3+deb11u1
END
debian_root "$R" 11 bullseye
while IFS=$'\t' read -r name version; do
    # A binary package of another name and version: only the source decides.
    dpkg_entry "lib$name-bin" "99:9" "$name ($version)"
done <"$WORK/debian11" >"$R/var/lib/dpkg/status"
run scan "$R" --format json
expect "Debian 11" 0
found_source >"$WORK/got"
if command -v dpkg >/dev/null; then
    $PYTHON "$TOOLS/osv-expect" "$DATA/osv/Debian/all.zip" Debian:11 dpkg <"$WORK/debian11" >"$WORK/want"
    same "Debian 11: exactly the advisories whose ranges hold ($(wc -l <"$WORK/want"))" \
        "$WORK/want" "$WORK/got"
else
    skip "Debian 11: exactly the advisories whose ranges hold" "dpkg is not installed"
fi
holds "Debian 11: DSA-5343-1 with its fix and CVEs" grep -qxF \
    $'DSA-5343-1\topenssl\t1.1.1n-0+deb11u4\tCVE-2022-2097,CVE-2022-4304,CVE-2022-4450,CVE-2023-0215,CVE-2023-0286' "$WORK/got"
expect_json "the binary package is the one that is told" \
    "all(f['package']['name'] == 'lib' + f['package']['source']['name'] + '-bin' for f in d['findings'])"
expect_json "each finding is told once" \
    "len(d['findings']) == len(set((f['id'], f['package']['name']) for f in d['findings'])) > 0"
expect_json "fingerprints differ" \
    "len(d['findings']) == len(set(f['fingerprint'] for f in d['findings']))"
expect_json "every finding says where" "all('var/lib/dpkg' in json.dumps(f['location']) for f in d['findings'])"
expect_json "package URLs" "all(f['package']['purl'].startswith('pkg:deb/debian/lib') for f in d['findings'])"
expect_json "polkit: severity from another source of the same CVE, where Debian gives none" \
    "[f['severity'] for f in d['findings'] if f['package']['source']['name'] == 'policykit-1' and 'CVE-2021-4034' in f['advisory']['cves']] == ['high']"
if [ -d "$DATA/kev" ]; then
    expect_json "the exploited are marked, and they alone" \
        "set(c for f in d['findings'] if f['advisory']['kev'] for c in f['advisory']['cves'] if c in ('CVE-2021-4034', 'CVE-2022-0847')) == {'CVE-2021-4034', 'CVE-2022-0847'} and not any(f['advisory']['kev'] for f in d['findings'] if f['id'] == 'DSA-5343-1')"
else
    skip "the exploited are marked" "shared data is absent"
fi
expect_json "the database is told" \
    "d['database']['records'] == $RECORDS and d['database']['newest'] is not None"
json "$OUT" 'sorted(f["fingerprint"] for f in d["findings"])' >"$WORK/prints"
make_image oci-dir "$WORK/oci" "$R"
run scan "$WORK/oci" --format json
json "$OUT" 'sorted(f["fingerprint"] for f in d["findings"])' >"$WORK/got"
same "the same findings, by fingerprint, from an image" "$WORK/prints" "$WORK/got"
rm -rf "$WORK/oci"

{ dpkg_entry openssl 1.1.1n-0+deb11u4; dpkg_entry sudo 1.9.5p2-3+deb11u1
  dpkg_entry policykit-1 99; dpkg_entry redis 5:7.0-1; } >"$R/var/lib/dpkg/status"
run scan "$R" --format json
expect "Debian 11, all fixed" 0
is "fixed versions give no finding" "$(ids)" ""
expect_json "and the check passes" \
    "[r['status'].upper() for r in d['results'] if r['check'] == 'vulnerability'] == ['PASS']"
{ dpkg_entry openssl 1.1.1n-0+deb11u3 "other-source (1)"
  dpkg_entry libssl1.1 9 openssl; dpkg_entry other 1 "openssl (1.1.1n-0+deb11u4)"; } \
    >"$R/var/lib/dpkg/status"
run scan "$R" --format json
is "the name of a binary package is not that of a source" "$(ids)" ""
{ dpkg_entry openssl 1.1.1n-0+deb11u3 | sed 's/^Status:.*/Status: deinstall ok config-files/'
  dpkg_entry sudo 1.9.5p2-3 | sed 's/^Status:.*/Status: hold ok installed/'; } >"$R/var/lib/dpkg/status"
run scan "$R" --format json
is "what is removed is not vulnerable, what is on hold is" "$(ids)" "DSA-5321-1"

printf 'sudo\t1.8.27-1+deb10u2\nopenssl\t1.1.1d-0\napache2\t2.4.38-3\n' >"$WORK/debian10"
debian_os 10 buster >"$R/usr/lib/os-release"
while IFS=$'\t' read -r name version; do dpkg_entry "$name" "$version"; done <"$WORK/debian10" \
    >"$R/var/lib/dpkg/status"
run scan "$R" --format json
expect "Debian 10" 0
found_source >"$WORK/got"
if command -v dpkg >/dev/null; then
    $PYTHON "$TOOLS/osv-expect" "$DATA/osv/Debian/all.zip" Debian:10 dpkg <"$WORK/debian10" >"$WORK/want"
    same "Debian 10: exactly the advisories whose ranges hold ($(wc -l <"$WORK/want"))" \
        "$WORK/want" "$WORK/got"
else
    skip "Debian 10: exactly the advisories whose ranges hold" "dpkg is not installed"
fi
holds "Debian 10: DSA-4839-1" grep -qxF $'DSA-4839-1\tsudo\t1.8.27-1+deb10u3\tCVE-2021-3156' "$WORK/got"
printf 'ID=debian\nPRETTY_NAME="Debian GNU/Linux trixie/sid"\nVERSION_CODENAME=trixie\n' \
    >"$R/usr/lib/os-release"
run scan "$R" --format json
expect "Debian testing" '0|3'
expect_gap "a release without advisories is a gap" 'note|blocking' 'advisor|release|Debian'
debian_os 6 squeeze >"$R/usr/lib/os-release"
run scan "$R" --format json
expect_gap "so is one that is too old for the database" 'note|blocking' 'advisor|release|Debian'

# --- Alpine ------------------------------------------------------------------------------------

apk() { printf 'P:%s\nV:%s\nA:x86_64\no:%s\nL:MIT\n\n' "$1" "$2" "$3"; }
alpine_root() {
    rm -rf "$R"; mkdir -p "$R/etc" "$R/lib/apk/db"
    printf 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=%s\n' "$1" >"$R/etc/os-release"
    cat >"$R/lib/apk/db/installed"
}
{ apk musl 1.1.23-r1 musl; apk musl-utils 1.1.23-r1 musl; apk libcrypto1.1 1.1.1d-r2 openssl
  apk busybox 1.30.0-r0 busybox; } | alpine_root 3.11.5
run scan "$R" --format json
expect "Alpine 3.11" 0
is "Alpine 3.11: by origin" "$(ids)" \
    "ALPINE-CVE-2019-14697 ALPINE-CVE-2019-1551 ALPINE-CVE-2019-5747"
expect_json "musl: both packages of the origin, with the fix" \
    "sorted((f['package']['name'], f['fixed_version']) for f in d['findings'] if f['id'] == 'ALPINE-CVE-2019-14697') == [('musl', '1.1.23-r2'), ('musl-utils', '1.1.23-r2')]"
expect_json "package URLs" "all(f['package']['purl'].startswith('pkg:apk/alpine/') for f in d['findings'])"
{ apk musl 1.1.23-r2 musl; apk libcrypto1.1 1.1.1d-r3 openssl; apk busybox 1.31.1-r9 busybox; } |
    alpine_root 3.11.5
run scan "$R" --format json
is "Alpine 3.11: fixed versions give no finding" "$(ids)" ""
apk musl 1.1.20-r4 musl | alpine_root 3.9.6
run scan "$R" --format json
expect_json "Alpine 3.9 has its own fixed version" \
    "[(f['id'], f['fixed_version']) for f in d['findings']] == [('ALPINE-CVE-2019-14697', '1.1.20-r5')]"
apk musl 1.1.20-r5 musl | alpine_root 3.9.6
run scan "$R" --format json
is "Alpine 3.9, fixed there and not in 3.11" "$(ids)" ""
apk musl 1.1.20-r4 musl | alpine_root 3.99.0
run scan "$R" --format json
expect_gap "an Alpine without advisories is a gap" 'note|blocking' 'advisor|release|Alpine'

# --- AlmaLinux ---------------------------------------------------------------------------------

rpm_root() { # ID VERSION: standard input is the list of make-rpmdb
    rm -rf "$R"; mkdir -p "$R/etc" "$R/var/lib/rpm"
    printf 'NAME="%s"\nID="%s"\nID_LIKE="rhel centos fedora"\nVERSION_ID="%s"\n' "$1" "$1" "$2" \
        >"$R/etc/os-release"
    $PYTHON "$TOOLS/make-rpmdb" "$R/var/lib/rpm/rpmdb.sqlite"
}
cat >"$WORK/alma8" <<'END'
polkit	0.115-13.el8_5.1
polkit-libs	0.115-13.el8_5.1
libwebp	1.0.0-5.el8
freetype	2.9.1-4.el8
bash	4.4.19-1.el8
openssl	1:1.1.1g-15.el8_3
git	2.31.1-2.el8
END
while IFS=$'\t' read -r name version; do
    printf '%s\t%s\tx86_64\t%s.src.rpm\n' "$name" "$version" "$name-${version#*:}"
done <"$WORK/alma8" | rpm_root almalinux 8.8
run scan "$R" --format json
expect "AlmaLinux 8" 0
found_name >"$WORK/got"
if command -v rpm >/dev/null; then
    $PYTHON "$TOOLS/osv-expect" "$DATA/osv/AlmaLinux/all.zip" AlmaLinux:8 rpm <"$WORK/alma8" >"$WORK/want"
    same "AlmaLinux 8: exactly the advisories whose ranges hold ($(wc -l <"$WORK/want"))" \
        "$WORK/want" "$WORK/got"
else
    skip "AlmaLinux 8: exactly the advisories whose ranges hold" "rpm is not installed"
fi
expect_json "AlmaLinux: severity by the vendor's word, CVE and mark" \
    "[(f['severity'], f['fixed_version'], f['advisory']['cves']) for f in d['findings'] if f['id'] == 'ALSA-2022:0267' and f['package']['name'] == 'polkit'] == [('high', '0.115-13.el8_5.2', ['CVE-2021-4034'])]"
expect_json "errata that are no security matter are left out" \
    "not any(f['id'].startswith(('ALBA', 'ALEA')) for f in d['findings'])"
expect_json "package URLs" "all(f['package']['purl'].startswith('pkg:rpm/almalinux/') for f in d['findings'])"
printf 'polkit\t0.115-13.el8_5.2\tx86_64\tpolkit-0.115-13.el8_5.2.src.rpm\n' | rpm_root almalinux 8.8
run scan "$R" --format json
expect_json "a fixed version gives no finding of these" \
    "not {'ALSA-2022:0267', 'ALSA-2022:1546'} & set(f['id'] for f in d['findings'])"
# A package of a module is judged by the advisories of its own stream alone.
printf 'nodejs\t1:16.20.2-1.module_el8.8.0+3653+c77a731f\tx86_64\tnodejs-16.20.2-1.src.rpm\tnodejs:16:8080020231016:c77a731f\n' |
    rpm_root almalinux 8.8
run scan "$R" --format json
expect_json "module nodejs:16: its own advisory" \
    "[f['fixed_version'] for f in d['findings'] if f['id'] == 'ALSA-2023:5850'] == ['1:16.20.2-3.module_el8.8.0+3653+c77a731f']"
expect_json "module nodejs:16: none of streams 18 and 20" \
    "not {'ALSA-2023:5869', 'ALSA-2023:7205'} & set(f['id'] for f in d['findings'])"

# --- who has no advisories ---------------------------------------------------------------------

printf 'bash\t5.2-1.fc39\tx86_64\tbash-5.2-1.fc39.src.rpm\n' | rpm_root fedora 39
run scan "$R" --format json
expect "a distribution without advisories" '0|3'
expect_gap "is a gap" 'note|blocking' 'fedora|advisor'
expect_json "and no PASS" \
    "[r['status'].upper() for r in d['results'] if r['check'] == 'vulnerability'] == ['NOT_EVALUATED']"
printf 'bash\t5.2-1\tx86_64\tbash-5.2-1.src.rpm\n' | rpm_root unknownix 1
run scan "$R" --format json
expect "a distribution nobody knows" '0|3'
expect_gap "is a gap" 'note|blocking' 'unknownix|distribution'
run scan "$R" --format json --fail-on gap
expect "--fail-on gap makes it the verdict" 1

# --- severities and exit codes -----------------------------------------------------------------

printf 'polkit\t0.115-13.el8_5.1\tx86_64\tpolkit-0.115-13.el8_5.1.src.rpm\n' | rpm_root almalinux 8.8
run scan "$R"; expect "findings alone do not fail" 0
run scan "$R" --fail-on high; expect "--fail-on high with a high one" 1
run scan "$R" --fail-on critical; expect "--fail-on critical without one" 0
run scan "$R" --fail-on low; expect "--fail-on low" 1
debian_root "$R" 11 bullseye
rm -rf "$R/var/lib/rpm" "$R/etc/os-release"; ln -s ../usr/lib/os-release "$R/etc/os-release"
# An advisory that nobody rated: UNKNOWN counts as a failure.
dpkg_entry redis 5:6.0.16-1+deb11u1 >"$R/var/lib/dpkg/status"
run scan "$R" --format json
is "an advisory that nobody rated" "$(json "$OUT" '[(f["id"], f["severity"]) for f in d["findings"]]')" \
    $'DSA-5081-1\tunknown'
run scan "$R" --fail-on critical; expect "--fail-on critical counts UNKNOWN" 1
run scan "$R" --fail-on critical --unknown pass; expect "unless told otherwise" 0
run scan "$R" --fail-on kev; expect "--fail-on kev" "$([ -d "$DATA/kev" ] && echo 1 || echo 0)"

# --- db compare --------------------------------------------------------------------------------

compare() { run db compare "$1" "$2" "$4"; is "compare $1: $2 $3 $4" "$(cat "$OUT")" "$3"; }
compare Debian 1.0~rc1-1 '<' 1.0-1
compare Debian 1:0.1 '>' 9.9
compare Debian 1.0-1 '=' 1.0-1
compare Alpine 1.2.3-r10 '>' 1.2.3-r9
compare Alpine 1.2_rc1 '<' 1.2
compare AlmaLinux 1.0~rc1-1 '<' 1.0-1
compare AlmaLinux 2:1.0-1 '>' 3.0-1
printf '1.0 2.0\n2.0 1.0\n1.0 1.0\n' >"$WORK/pairs"
STDIN=$WORK/pairs run db compare Debian
is "pairs from standard input, a line each" "$(tr '\n' ' ' <"$OUT")" "< > = "
for order in debian:Debian alpine:Alpine redhat:Red\ Hat maven:Maven pypi:PyPI packagist:Packagist \
    rubygems:RubyGems nuget:NuGet cran:CRAN hackage:Hackage pub:Pub semver:npm; do
    for file in "$DATA/versions/${order%:*}"*.txt; do
        [ -e "$file" ] || continue
        grep -vE "^ *(#|//|$)" "$file" | awk '{print $1, $3}' >"$WORK/pairs"
        grep -vE "^ *(#|//|$)" "$file" | awk '{print $2}' >"$WORK/want"
        STDIN=$WORK/pairs run db compare "${order#*:}"
        same "$(basename "$file"): $(wc -l <"$WORK/want") lines as stated" "$WORK/want" "$OUT"
    done
done
run db compare Nowhere 1 2
expect "an ecosystem nobody knows is wrong use" 2

# --- the database as a file --------------------------------------------------------------------

mkdir "$WORK/bad-zip"
head -c 5000 "$DATA/osv/Debian/all.zip" >"$WORK/bad-zip/all.zip"
run db import "$WORK/bad-zip/all.zip"
expect "a zip that is cut off" '2|3|4'
run db status --format json
is "leaves the database as it was" "$(json "$OUT" 'd["records"]')" "$RECORDS"
run db import "$WORK/nothing-here"
expect "a directory that is not there" 2
run db export "$WORK/export"
if [ "$RC" = 0 ]; then
    ok "db export"
    XDG_DATA_HOME=$WORK/data2 XDG_CACHE_HOME=$WORK/cache2 BULWARK_DB=$WORK/data2/db run db import "$WORK/export"
    expect "what was exported can be imported elsewhere" 0
    XDG_DATA_HOME=$WORK/data2 XDG_CACHE_HOME=$WORK/cache2 BULWARK_DB=$WORK/data2/db run db status --format json
    is "and has the same records" "$(json "$OUT" 'd["records"]')" "$RECORDS"
else
    not_ok "db export" "$(told)"
fi
# A reader during an import, and an import killed half-way: the old one is whole.
"$BULWARK" db import "$DATA/osv" >/dev/null 2>&1 &
pid=$!
sleep 0.4
run scan "$R" --format json
expect "a scan during an import" 0
expect_json "sees a whole database" "d['database']['records'] == $RECORDS"
kill -9 $pid 2>/dev/null
wait $pid 2>/dev/null
run db status --format json
is "an import that is killed leaves the old one" "$(json "$OUT" 'd["records"]')" "$RECORDS"
run db import "$DATA/osv"
expect "and the next one works" 0
done_testing
