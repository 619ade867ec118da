#!/bin/bash
# Packages of languages against the advisories of their ecosystem, through the whole program. The
# advisories and the packages are made here; a type whose parser the program does not have is
# skipped.
. "$(dirname "$0")/lib.sh"

A=$WORK/advisories
R=$WORK/root
mkdir -p "$A" "$R/etc"
printf 'ID=debian\nVERSION_ID="12"\n' >"$R/etc/os-release"

# record FILE ECOSYSTEM NAME FIXED ID [ALIAS...]
record() {
    $PYTHON - "$A/$1.json" "${@:2}" <<'END'
import json, sys
path, ecosystem, name, fixed, ident, *aliases = sys.argv[1:]
events = [{'introduced': '0'}] + ([{'fixed': fixed}] if fixed else [])
json.dump({'id': ident, 'modified': '2024-01-01T00:00:00Z', 'aliases': aliases,
           'summary': 'made for a test',
           'affected': [{'package': {'ecosystem': ecosystem, 'name': name},
                         'ranges': [{'type': 'ECOSYSTEM', 'events': events}]}]},
          open(path, 'w'))
END
}
record npm1 npm lodash 4.17.21 GHSA-aaaa-aaaa-aaaa CVE-2021-0001
record npm2 npm lodash 4.17.20 NPM-1 CVE-2021-0001
record mal npm evil-package '' MAL-2024-1
record pypi PyPI jinja2 2.11.3 PYSEC-2021-1 CVE-2021-0002
record gem RubyGems rack 2.2.6.2 GHSA-bbbb-bbbb-bbbb CVE-2023-0003
record php Packagist vendor/name 5.4.20 GHSA-cccc-cccc-cccc CVE-2023-0004
record nuget NuGet Newtonsoft.Json 13.0.1 GHSA-dddd-dddd-dddd CVE-2024-0005
record maven Maven org.example:thing 1.4.1.Final GHSA-eeee-eeee-eeee CVE-2024-0006
record fine npm fine 1.0.0 GHSA-ffff-ffff-ffff
run db import "$A"
expect "the advisories" 0

npm() {
    mkdir -p "$R/app/node_modules/$1"
    printf '{"name":"%s","version":"%s"}' "$1" "$2" >"$R/app/node_modules/$1/package.json"
}
npm lodash 4.17.19
npm evil-package 1.0.0
npm fine 1.0.0
mkdir -p "$R/usr/local/lib/python3.11/site-packages/Jinja2-2.11.2.dist-info"
printf 'Metadata-Version: 2.1\nName: Jinja2\nVersion: 2.11.2\n' \
    >"$R/usr/local/lib/python3.11/site-packages/Jinja2-2.11.2.dist-info/METADATA"
mkdir -p "$R/usr/local/bundle/specifications"
printf 'Gem::Specification.new do |s|\n  s.name = "rack".freeze\n  s.version = "2.2.6"\nend\n' \
    >"$R/usr/local/bundle/specifications/rack-2.2.6.gemspec"
mkdir -p "$R/app/vendor/composer"
printf '{"packages":[{"name":"vendor/name","version":"v5.4.19"}]}' \
    >"$R/app/vendor/composer/installed.json"
printf '{"targets":{},"libraries":{"Newtonsoft.Json/12.0.3":{"type":"package"}}}' \
    >"$R/app/app.deps.json"
$PYTHON - "$R/app/thing.jar" <<'END'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as out:
    out.writestr('META-INF/maven/org.example/thing/pom.properties',
                 'groupId=org.example\nartifactId=thing\nversion=1.4.0.Final\n')
END

run facts "$R" --format json
TYPES=" $(json "$OUT" '" ".join(sorted({p["type"] for p in d["packages"]}))') "
run scan "$R" --format json
expect "a scan" '0|3'
FOUND=$(json "$OUT" 'sorted((f["package"]["type"], f["package"]["name"], f["id"], f["fixed_version"] or "-") for f in d["findings"])')

# wants TYPE LINE...: all findings of a type, where the program has a parser for it.
wants() {
    local type=$1
    shift
    case $TYPES in
    *" $type "*) is "$type" "$(grep "^$type	" <<<"$FOUND")" "$(printf '%s\n' "$@")" ;;
    *) skip "$type" "no parser of $type packages found the one that was laid out" ;;
    esac
}
T=$'\t'
wants npm "npm${T}evil-package${T}MAL-2024-1${T}-" "npm${T}lodash${T}CVE-2021-0001${T}4.17.21"
wants pypi "pypi${T}Jinja2${T}CVE-2021-0002${T}2.11.3"
wants gem "gem${T}rack${T}CVE-2023-0003${T}2.2.6.2"
wants composer "composer${T}vendor/name${T}CVE-2023-0004${T}5.4.20"
wants nuget "nuget${T}Newtonsoft.Json${T}CVE-2024-0005${T}13.0.1"
wants maven "maven${T}org.example:thing${T}CVE-2024-0006${T}1.4.1.Final"
if [[ $TYPES == *" npm "* ]]; then
    expect_json "malware is critical" \
        '[f["severity"] for f in d["findings"] if f["id"] == "MAL-2024-1"] == ["critical"]'
fi

# An ecosystem that the database does not have is a gap, and no pass.
rm -f "$BULWARK_DB"
rm "$A"/npm*.json "$A"/mal.json "$A"/fine.json
run db import "$A"
run scan "$R" --format json
if [[ $TYPES == *" npm "* ]]; then
    expect_gap "npm without advisories" note 'npm.*bulwark db update'
else
    skip "npm without advisories" "there is no parser of npm packages"
fi

# --- hard links ---------------------------------------------------------------------------------

# pnpm links packages from its store, whose names say nothing: where those come first in a layer, the
# names that say something are the links.
H=$WORK/linked
debian_root "$H" 12 bookworm
mkdir -p "$H/root/store" "$H/srv/node_modules/linked"
echo '{"name":"linked","version":"1.2.3"}' >"$H/root/store/0a1b"
ln "$H/root/store/0a1b" "$H/srv/node_modules/linked/package.json"
tar -C "$H" -cf "$WORK/linked.tar" root srv etc usr var
for option in '' '--scanners none'; do
    # shellcheck disable=SC2086 # words, or none
    names_of "$WORK/linked.tar" $option
    is "a package by a hard link ${option:-}" "$NAMES" linked
done

done_testing
