#!/bin/bash
# Hostile content in what is scanned: each parser meets what was made to break it. No crash, no
# hang, bounded memory, and a gap that names the limit wherever something was left out.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

LIMIT=60 # seconds; generous for a slow machine under a sanitizer
H=$WORK/hostile
mkdir -p "$H"
# A sanitizer makes everything ten times slower; limits that are counts are met on the release build.
SCALE=1
! sanitized || SCALE=10
LIMIT_WORDS='limit|at most|more than|deeper than|depth of|larger|over [0-9]|too (many|deep|large|long)'

# gen FILE CODE: Python that writes to `out`, with n as the scale.
gen() {
    mkdir -p "$(dirname "$H/$1")"
    $PYTHON -c "import sys
n = $SCALE
with open(sys.argv[1], 'w') as out:
$(sed 's/^/    /' <<<"$2")" "$H/$1"
}

# scan_of DIR [OPTION...]: a source tree; RC, OUT.
scan_of() { run scan --format json --no-cache --locks "rootfs:$H/$1" "${@:2}"; }

# survives NAME: a report was written, and nothing crashed or hung.
survives() {
    expect "$1" '0|3'
    expect_json "$1: a report" "'gaps' in d and len(d['subjects']) == 1"
}

# limited NAME REGEX: a gap names the file and the limit.
limited() { expect_gap "$1: a gap names the limit" 'blocking|note' "(?s)(?=.*$2)(?=.*($LIMIT_WORDS))"; }

# all_or_limited NAME COUNT REGEX: everything is listed, or a blocking gap names the limit.
all_or_limited() {
    expect_json "$1: all $2, or a gap names the limit" \
        "d['subjects'][0]['packages'] >= $2 or ($GAP)('blocking', r'''(?s)(?=.*$3)(?=.*($LIMIT_WORDS))''')"
}

# within MEBIBYTES NAME COMMAND...: peak memory of all processes, outside of sanitizers.
within() {
    local most=$1 name=$2 got
    shift 2
    if sanitized; then skip "$name: memory" "the build is sanitized"; return; fi
    got=$($PYTHON "$TOOLS/measure" --memory --quiet timeout "$LIMIT" "$@" </dev/null |
        $PYTHON -c 'import json, sys; print(json.load(sys.stdin)["pss_peak"] >> 20)')
    if [ "$got" -le "$most" ]; then ok "$name: memory within $most MiB"
    else not_ok "$name: memory within $most MiB" "took $got MiB"; fi
}
within_scan() { within "$1" "$2" "$BULWARK" scan --no-cache --locks "rootfs:$H/$3" "${@:4}"; }

# --- JSON --------------------------------------------------------------------------------------

mkdir -p "$H/gigabyte/app"
printf '{"lockfileVersion":3,"packages":{"' >"$H/gigabyte/app/package-lock.json"
truncate -s 1G "$H/gigabyte/app/package-lock.json"
scan_of gigabyte --scanners none
survives "1 GiB in a line of JSON"
limited "1 GiB in a line of JSON" 'package-lock.json'
within_scan 100 "1 GiB in a line of JSON" gigabyte --scanners none

gen nested/app/package-lock.json '
part = "{\"a\":" * 20 + "{\"version\":\"1.0.0\"}" + "}" * 20
out.write("{\"lockfileVersion\":3,\"packages\":{\"node_modules/real\":{\"version\":\"1.2.3\"}")
for i in range(60000000 // n // 160):
    out.write(",\"%d\":%s" % (i, part))
out.write("}}")'
scan_of nested --scanners none
survives "60 MB of nested JSON"
all_or_limited "60 MB of nested JSON" 1 'package-lock.json'
within_scan 600 "60 MB of nested JSON" nested --scanners none

gen deep-json/app/package-lock.json 'out.write("[" * (20000000 // n))'
scan_of deep-json --scanners none
survives "JSON a million levels deep"
expect_gap "JSON a million levels deep: a gap names the file" blocking 'package-lock.json'
gen deep-packages/app/package-lock.json '
out.write("{\"lockfileVersion\":1")
for i in range(100000):
    out.write(",\"dependencies\":{\"a%d\":{\"version\":\"1.0.0\"" % i)
out.write("}}" * 100000 + "}")'
scan_of deep-packages --scanners none
survives "packages below packages, 100,000 levels deep"
limited "packages below packages" 'package-lock.json'

# --- TOML, XML, YAML ---------------------------------------------------------------------------

gen deep-toml/app/Cargo.lock 'out.write("x = " + "[" * (10000000 // n))'
gen deep-toml/tables/Cargo.lock 'out.write("[" + ".".join(["a"] * (1000000 // n)) + "]\n")'
gen deep-toml/inline/Cargo.lock 'out.write("x = " + "{a=" * (1000000 // n))'
scan_of deep-toml --scanners none
survives "deep TOML"
for where in app tables inline; do
    expect_gap "deep TOML: a gap names $where" blocking "$where/Cargo.lock"
done
limited "deep TOML" 'Cargo.lock'

gen deep-xml/app/a.csproj 'out.write("<a>" * (5000000 // n))'
gen entities/app/a.csproj '
out.write("<!DOCTYPE a [<!ENTITY e0 \"lol\">")
for i in range(1, 40):
    out.write("<!ENTITY e%d \"%s\">" % (i, "&e%d;" % (i - 1) * 10))
out.write("]><Project>&e39;</Project>")'
scan_of deep-xml --scanners none
survives "deep XML"
limited "deep XML" 'a.csproj'
scan_of entities --scanners none
survives "entities that grow tenfold forty times"
expect_gap "entities that grow: a gap names the file" blocking 'a.csproj'

gen aliases/app/pnpm-lock.yaml '
out.write("lockfileVersion: \"9.0\"\npackages:\n  a0: &a0 {resolution: x}\n")
for i in range(1, 60):
    out.write("  a%d: &a%d [*a%d, *a%d]\n" % (i, i, i - 1, i - 1))'
gen aliases/deep/pnpm-lock.yaml 'out.write("[" * (2000000 // n))'
gen aliases/self/pnpm-lock.yaml 'out.write("packages: &a\n  b: *a\n")'
scan_of aliases --scanners none
survives "YAML aliases that double at each level"
expect_gap "YAML aliases: a gap names the file" 'blocking|note' 'app/pnpm-lock.yaml'
expect_gap "deep YAML: a gap names the file" blocking 'deep/pnpm-lock.yaml'
within_scan 100 "YAML aliases" aliases --scanners none

# --- lists that are long, and files that name each other ---------------------------------------

COUNT=$((500000 / SCALE))
gen cargo/app/Cargo.lock "
out.write('version = 3\n')
for i in range($COUNT):
    out.write('[[package]]\nname = \"p%d\"\nversion = \"1.0.0\"\nsource = \"registry+https://a\"\n' % i)"
gen npm/app/package-lock.json "
out.write('{\"lockfileVersion\":3,\"packages\":{\"\":{}')
for i in range($COUNT):
    out.write(',\"node_modules/p%d\":{\"version\":\"1.0.0\"}' % i)
out.write('}}')"
for lock in cargo npm; do
    scan_of $lock --scanners none
    survives "$lock: a lock file of $COUNT"
    all_or_limited "$lock: a lock file of $COUNT" $COUNT 'lock'
    within_scan 400 "$lock: a lock file of $COUNT" $lock --scanners none
done

mkdir -p "$H/cycle/one" "$H/cycle/two"
printf -- '-r requirements.txt\nflask==1.0\n' >"$H/cycle/one/requirements.txt"
printf -- '-r requirements-dev.txt\ndjango==2.0\n' >"$H/cycle/two/requirements.txt"
printf -- '-r requirements.txt\njinja2==2.11.2\n-c requirements-dev.txt\n' >"$H/cycle/two/requirements-dev.txt"
run facts --format json --locks "rootfs:$H/cycle"
survives "requirements that include each other"
expect_json "requirements that include each other: what they name is listed once" \
    "sorted(p['name'] for p in d['packages'] if p['name'] in ('flask', 'django')) == ['django', 'flask']"

# --- archives in archives ----------------------------------------------------------------------

mkdir -p "$H/bomb/srv" "$H/russian/srv"
$PYTHON - "$H" "$SCALE" <<'END'
import io, sys, zipfile
root, scale = sys.argv[1], int(sys.argv[2])



def archive(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED, compresslevel=6) as jar:
        for name, content in members:
            with jar.open(name, 'w', force_zip64=True) as member:
                if isinstance(content, int):
                    for _ in range(content):
                        member.write(b'a=b\n' * (1 << 18))
                else:
                    member.write(content)
    return out.getvalue()


bomb = archive([('META-INF/maven/g/a/pom.properties', 600 // scale), ('META-INF/MANIFEST.MF', 20),
                ('inner.jar', 40)])
war = archive([('WEB-INF/lib/bomb%d.jar' % i, bomb) for i in range(4)])
open(root + '/bomb/srv/app.war', 'wb').write(war)
doll = archive([('META-INF/maven/g/a/pom.properties', b'groupId=g\nartifactId=a\nversion=1\n')])
for level in range(12):
    doll = archive([('WEB-INF/lib/level%d.jar' % level, doll)])
open(root + '/russian/srv/app.war', 'wb').write(doll)
END
scan_of bomb --max-archive-size 16M
survives "a zip bomb in a JAR in a WAR"
limited "a zip bomb in a JAR in a WAR" 'app.war'
within_scan 200 "a zip bomb in a JAR in a WAR" bomb --max-archive-size 16M
scan_of russian
survives "a JAR in a JAR, twelve times"
limited "a JAR in a JAR, twelve times" 'app.war'

# --- secrets -----------------------------------------------------------------------------------

PLANTED='ghp_'$($PYTHON -c 'import zlib
body = "".join("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[(i * 37 + i * i * 11 + 5) % 62] for i in range(30))
crc = zlib.crc32(body.encode()); digits = ""
for _ in range(6):
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[crc % 62] + digits; crc //= 62
print(body + digits)')
gen keywords/srv/line.conf '
part = "api_key = password: secret token aws_secret_access_key=\"AKIA ghp_ xoxb- eyJ -----BEGIN "
for i in range(100000000 // n // len(part)):
    out.write(part)
out.write("\n'"$PLANTED"'\n")'
gen base64/srv/line.txt '
import base64, random
random.seed(1)
part = base64.b64encode(random.randbytes(3000000)).decode()
for i in range(50000000 // n // len(part) + 1):
    out.write(part)
out.write("\n'"$PLANTED"'\n")'
gen letters/srv/line.txt '
out.write("a" * (50000000 // n))
out.write("\n'"$PLANTED"'\n")'
for line in keywords base64 letters; do
    scan_of $line --scanners secret
    survives "secrets: a line of $line"
    expect_json "secrets: a line of $line: what follows is found, or a gap names the limit" \
        "any(f['kind'] == 'secret' and 'github' in f['id'] for f in d['findings']) or ($GAP)('blocking|note', r'''(?s)(?=.*srv/line)(?=.*($LIMIT_WORDS))''')"
    within_scan 150 "secrets: a line of $line" $line --scanners secret
done

# --- ELF ---------------------------------------------------------------------------------------

mkdir -p "$H/elf/usr/bin"
$PYTHON - "$H/elf/usr/bin" "$(command -v bash)" <<'END'
import struct, sys
root, real = sys.argv[1], open(sys.argv[2], 'rb').read()
most = {2: 0xffff, 4: 0xffffffff, 8: 0xffffffffffffffff}
fields = {'type': (16, 2), 'machine': (18, 2), 'phoff': (32, 8), 'shoff': (40, 8), 'ehsize': (52, 2),
          'phentsize': (54, 2), 'phnum': (56, 2), 'shentsize': (58, 2), 'shnum': (60, 2), 'shstrndx': (62, 2)}


def put(name, data):
    open('%s/%s' % (root, name), 'wb').write(data)


for name, (at, size) in fields.items():
    for value in {0, 1, most[size], most[size] // 2, len(real) - 1, len(real)}:
        data = bytearray(real)
        data[at:at + size] = (value & most[size]).to_bytes(size, 'little')
        put('%s-%x' % (name, value), data)
put('class32', real[:4] + b'\1' + real[5:])
put('big', real[:5] + b'\2' + real[6:])
put('header', real[:64])
put('magic', b'\x7fELF')
phoff, phnum = struct.unpack_from('<Q', real, 32)[0], struct.unpack_from('<H', real, 56)[0]
data = bytearray(real)
for i in range(phnum):
    data[phoff + i * 56 + 8:phoff + i * 56 + 48] = b'\xff' * 40
put('segments', data)
END
chmod 4755 "$H/elf/usr/bin/"*
scan_of elf
survives "programs with insane numbers"

# --- an SBOM -----------------------------------------------------------------------------------

COUNT=$((600000 / SCALE))
gen sbom.json "
out.write('{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.5\",\"components\":[')
for i in range($COUNT):
    out.write('%s{\"type\":\"library\",\"name\":\"p%d\",\"version\":\"1\",\"purl\":\"pkg:npm/p%d@1\"}' % (',' if i else '', i, i))
out.write(']}')"
run scan --format json --no-cache "$H/sbom.json"
survives "an SBOM of $COUNT components"
all_or_limited "an SBOM of $COUNT components" $COUNT 'sbom|component'
within 800 "an SBOM of $COUNT components" "$BULWARK" scan --no-cache "$H/sbom.json"

done_testing
