#!/bin/bash
# Which layers came from the base image, and the secrets of an image: in its configuration, in a
# file that a later layer deleted, in base64, in an archive. What a secret is worth is written
# nowhere.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

B=$WORK/made
mkdir -p "$B/os/srv" "$B/runtime/var/lib/dpkg/status.d" "$B/app/var/lib/dpkg/status.d" "$B/app/srv" "$B/other/opt"
export BULWARK_CACHE=$WORK/kept/cache.db

# token WORD: a GitHub token of the right form and checksum, another for each word.
token() {
    $PYTHON - "$1" <<'END'
import hashlib, sys, zlib
letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
body = ''.join(letters[b % 62] for b in hashlib.sha256(sys.argv[1].encode()).digest()[:30])
crc, check = zlib.crc32(body.encode()), ''
for _ in range(6):
    check = letters[crc % 62] + check
    crc //= 62
print('ghp_' + body + check)
END
}
declare -A TOKEN
WORDS="env label history cmd health annotation base app deleted encoded zipped"
for word in $WORDS; do TOKEN[$word]=$(token "$word"); done

# The built-in set knows policykit-1 and glibc (the base's) and apache2 (the application's).
debian_root "$B/os" 11 bullseye
dpkg_entry policykit-1 0.105-20 >"$B/os/var/lib/dpkg/status"
echo "token = ${TOKEN[base]}" >"$B/os/srv/base.conf"
echo "token = ${TOKEN[deleted]}" >"$B/os/srv/deleted.conf"
dpkg_entry libc6 2.31-1 glibc >"$B/runtime/var/lib/dpkg/status.d/libc6"
dpkg_entry apache2 2.4.46-4 >"$B/app/var/lib/dpkg/status.d/apache2"
echo "token = ${TOKEN[app]}" >"$B/app/srv/app.conf"
printf 'token = %s' "${TOKEN[encoded]}" | base64 -w0 >"$B/app/srv/encoded.txt"
: >"$B/app/srv/.wh.deleted.conf"
$PYTHON - "$B/app/srv/bundle.zip" "${TOKEN[zipped]}" <<'END'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as out:
    out.writestr('conf/inner.env', 'GITHUB_TOKEN=%s\n' % sys.argv[2] + 'x=1\n' * 200)
END
echo nothing >"$B/other/opt/file"
for layer in os runtime app other; do
    tar --sort=name --mtime=@1700000000 -C "$B/$layer" -cf "$B/$layer.tar" .
done

# config LABELS LAYER...: the configuration of an image of these layers; a base of two.
config() {
    $PYTHON - "${TOKEN[env]}" "${TOKEN[label]}" "${TOKEN[history]}" "${TOKEN[cmd]}" "${TOKEN[health]}" "$@" <<'END'
import hashlib, json, sys
env, label, history, cmd, health, labels, *layers = sys.argv[1:]
diff_ids = ['sha256:' + hashlib.sha256(open(path, 'rb').read()).hexdigest() for path in layers]
steps = [{'created_by': '/bin/sh -c #(nop) ADD file:os in / '},
         {'created_by': 'RUN install runtime'},
         {'created_by': '/bin/sh -c #(nop)  CMD ["bash"]', 'empty_layer': True},
         {'created_by': 'ARG TOKEN=' + history, 'empty_layer': True},
         {'created_by': 'COPY app / # buildkit'},
         {'created_by': 'CMD ["app"]', 'empty_layer': True}]
print(json.dumps({'architecture': 'amd64', 'os': 'linux', 'created': '2023-11-14T22:13:20Z',
                  'config': {'Env': ['PATH=/bin', 'GITHUB_TOKEN=' + env],
                             'Cmd': ['app', '--token=' + cmd],
                             'Healthcheck': {'Test': ['CMD', 'check', health]},
                             'Labels': dict({'token': 'password is ' + label}, **json.loads(labels))},
                  'rootfs': {'type': 'layers', 'diff_ids': diff_ids}, 'history': steps}))
END
}
THREE=("$B/os.tar" "$B/runtime.tar" "$B/app.tar")
config '{}' "${THREE[@]}" >"$B/config"
config '{"org.opencontainers.image.base.name": "docker.io/library/runtime:1", "org.opencontainers.image.base.digest": "sha256:abcd"}' \
    "${THREE[@]}" >"$B/config-labels"
make_image oci-dir "$B/image" --document "config=$B/config" "${THREE[@]}"
make_image oci-dir "$B/labelled" --document "config=$B/config-labels" "${THREE[@]}"
make_image docker-archive-old "$B/image.tar" --document "config=$B/config" "${THREE[@]}"
make_image oci-dir "$B/base" "$B/os.tar" "$B/runtime.tar"
make_image oci-dir "$B/lowest" "$B/os.tar"
make_image oci-dir "$B/stranger" "$B/other.tar"
# The same with the base as an annotation of the manifest.
$PYTHON - "$B/image" "$B/manifest" "${TOKEN[annotation]}" <<'END'
import json, sys
root, target, token = sys.argv[1:]
digest = json.load(open(root + '/index.json'))['manifests'][0]['digest'].split(':')[1]
manifest = json.load(open('%s/blobs/sha256/%s' % (root, digest)))
manifest['annotations'] = {'org.opencontainers.image.base.name': 'docker.io/library/annotated:1',
                           'org.example.note': 'token ' + token}
json.dump(manifest, open(target, 'w'))
END
make_image oci-dir "$B/annotated" --document "config=$B/config" --document "manifest=$B/manifest" "${THREE[@]}"

# --- which layers are the base's ---------------------------------------------------------------

BASE='(b["how"], b["layers"], b["name"] or "-") if (b := d["subjects"][0]["base"]) else "none"'
base_is() { is "$1" "$(json "$OUT" "$BASE")" "$2"; }
T=$'\t'
scan() { run scan --format json "$@"; }
scan "oci:$B/image"
expect "an image" 0
base_is "the history tells" "history${T}2${T}-"
expect_json "each finding says whether it is the base's" \
    "{f['package']['name']: f['in_base'] for f in d['findings'] if f['kind'] == 'vulnerability'} == {'policykit-1': True, 'libc6': True, 'apache2': False}"
expect_json "and so do secrets" \
    "{f['location']['path']: f['in_base'] for f in d['findings'] if f['kind'] == 'secret' and f['location']['path']} == {'srv/base.conf': True, 'srv/deleted.conf': True, 'srv/app.conf': False, 'srv/encoded.txt': False, 'srv/bundle.zip': False}"
expect_json "the configuration is no layer's" \
    "not any(f['in_base'] for f in d['findings'] if not f['location']['path'])"
ALL=$(json "$OUT" 'len(d["findings"])')
OF_BASE=$(json "$OUT" 'sum(f["in_base"] for f in d["findings"])')
scan "docker-archive:$B/image.tar"
base_is "the history tells, docker-archive" "history${T}2${T}-"
scan "oci:$B/labelled"
base_is "labels give the name" "annotation${T}2${T}docker.io/library/runtime:1"
expect_json "and the digest" "d['subjects'][0]['base']['digest'] == 'sha256:abcd'"
scan "oci:$B/annotated"
base_is "annotations give the name" "annotation${T}2${T}docker.io/library/annotated:1"
scan --base "oci:$B/base" "oci:$B/image"
expect "--base" 0
base_is "--base" "given${T}2${T}oci:$B/base"
scan --base "oci:$B/lowest" "oci:$B/image"
base_is "--base: what was given goes before the history" "given${T}1${T}oci:$B/lowest"
expect_json "--base: of that layer alone" \
    "{f['package']['name']: f['in_base'] for f in d['findings'] if f['kind'] == 'vulnerability'} == {'policykit-1': True, 'libc6': False, 'apache2': False}"
scan --base "oci:$B/stranger" "oci:$B/image"
expect "--base of another image" '0|3'
base_is "--base of another image is not believed" "history${T}2${T}-"
scan --base "oci:$B/absent" "oci:$B/image"
expect "--base that is not there" '2|3|4'

hides() { # NAME IS-BASE HIDDEN: all findings are of one kind, and the others are counted
    expect "$1" 0
    expect_json "$1: those alone" "all(f['in_base'] == $2 for f in d['findings']) and len(d['findings']) == $ALL - $3"
    expect_json "$1: the others are counted" "d['verdict']['hidden_base'] == $3"
}
scan --exclude-base "oci:$B/image"
hides "--exclude-base" False "$OF_BASE"
scan --only-base "oci:$B/image"
hides "--only-base" True $((ALL - OF_BASE))
run scan --exclude-base "oci:$B/image"
says "people are told how many are hidden" "$OF_BASE .*base"
scan --fail-on 'vulnerability&base' "oci:$B/image"
expect "--fail-on base" 1
scan --fail-on 'vulnerability&base' --exclude-base "oci:$B/image"
expect "--fail-on base, of what is left" 0
scan --exclude-base "rootfs:$B/os"
expect_json "a root filesystem has no base" "d['subjects'][0]['base'] is None and d['verdict']['hidden_base'] == 0 and len(d['findings']) > 0"

# --- secrets -----------------------------------------------------------------------------------

scan "oci:$B/image"
expect_json "a secret of a file that a later layer deleted, and both layers" \
    "[(f['location']['layer']['index'], f['deleted_in']['index']) for f in d['findings'] if f['location']['path'] == 'srv/deleted.conf'] == [(0, 2)]"
expect_json "no other is deleted" "sum('deleted_in' in f for f in d['findings']) == 1"
expect_json "a secret in base64" \
    "[f['encoded'] for f in d['findings'] if f['location']['path'] == 'srv/encoded.txt'] == [True]"
expect_json "a secret in an archive" \
    "[f['location']['inner'] for f in d['findings'] if f['location']['path'] == 'srv/bundle.zip'] == ['conf/inner.env']"
CONFIG='" ".join(sorted(f["location"]["inner"] for f in d["findings"] if f["kind"] == "secret" and not f["location"]["path"]))'
is "secrets of the configuration" "$(json "$OUT" "$CONFIG")" "Cmd 2 Env GITHUB_TOKEN Healthcheck 3 History 4 Label token"
expect_json "all are masked" \
    "all('*' in f['match'] and len(f['match']) < 200 for f in d['findings'] if f['kind'] == 'secret')"
scan "oci:$B/annotated"
expect_json "and of the manifest" "'Annotation org.example.note' in [f['location']['inner'] for f in d['findings'] if f['kind'] == 'secret' and not f['location']['path']]"
scan --fail-on deleted "oci:$B/image"
expect "--fail-on deleted" 1

# nowhere NAME FILE...: no secret stands there, neither as it is nor in base64.
nowhere() {
    local name=$1 word found=""
    shift
    for word in $WORDS; do
        ! grep -raqF -e "${TOKEN[$word]}" -e "${TOKEN[$word]:8:24}" "$@" || found+=" $word"
    done
    ! grep -raqF "$(head -c 40 "$B/app/srv/encoded.txt" | tail -c 28)" "$@" || found+=" base64"
    is "$name" "$found" ""
}
holds "the search for them works" grep -raqF "${TOKEN[env]}" "$B/config"
run scan --format nothing "oci:$B/image"
FORMS=$(sed -n 's/.*there is //p' "$ERR" | head -n 1 | tr -d ,)
holds "there are many forms" [ "$(wc -w <<<"$FORMS")" -gt 8 ]
mkdir -p "$WORK/forms"
printf '{{#subjects}}{{name}} {{#layers}}{{created_by}} {{/layers}}{{/subjects}}{{#findings}}{{id}} {{match}} {{title}}\n{{/findings}}' >"$WORK/list"
for target in "oci:$B/annotated" "docker-archive:$B/image.tar"; do
    for form in $FORMS; do
        [ "$form" != template ] || form="template --template $WORK/list"
        # shellcheck disable=SC2086 # two words for the template
        run scan --no-cache --verbose --format $form "$target"
        expect "${target%%:*}: ${form%% *}" '0|3'
        holds "${target%%:*}: ${form%% *}: it says something" test -s "$OUT"
        nowhere "${target%%:*}: ${form%% *}: no secret" "$OUT" "$ERR"
    done
    run scan --verbose --explain github-pat "$target"
    nowhere "${target%%:*}: --explain: no secret" "$OUT" "$ERR"
    run facts --verbose --format json "$target"
    nowhere "${target%%:*}: facts: no secret" "$OUT" "$ERR"
    run sbom --verbose "$target"
    nowhere "${target%%:*}: sbom: no secret" "$OUT" "$ERR"
    run diff --verbose --format json "oci:$B/base" "$target"
    expect "${target%%:*}: diff" 0
    nowhere "${target%%:*}: diff: no secret" "$OUT" "$ERR"
    run diff --verbose --format json --scanners none "oci:$B/base" "$target"
    nowhere "${target%%:*}: diff that looks for none: no secret" "$OUT" "$ERR"
done
holds "there is a cache" test -s "$BULWARK_CACHE"
nowhere "the cache: no secret" "$(dirname "$BULWARK_CACHE")"
scan "oci:$B/image"
is "as many findings from the cache" "$(json "$OUT" 'len(d["findings"])')" "$ALL"
base_is "the base from the cache is not that of another manifest" "history${T}2${T}-"
nowhere "from the cache: no secret" "$OUT" "$ERR"
done_testing
