#!/bin/bash
# Images from a real registry: the same packages come out as of the OCI layout that was pushed;
# logins of every kind, TLS, mirrors, and networks that break.
. "$(dirname "$0")/lib.sh"
need docker-registry skopeo openssl
unset REGISTRY_AUTH_FILE DOCKER_CONFIG XDG_RUNTIME_DIR http_proxy https_proxy all_proxy
unset HTTP_PROXY HTTPS_PROXY ALL_PROXY
export OTEL_TRACES_EXPORTER=none TMPDIR=$WORK/tmp
mkdir -p "$TMPDIR"
DATA_DIR=$WORK/registry

free_port() { $PYTHON -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# wait_for COMMAND...: until it succeeds, ten seconds at most.
wait_for() {
    for _ in $(seq 200); do "$@" 2>/dev/null && return 0; sleep 0.05; done
    return 1
}
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1"); }

# start_registry NAME [YAML]: serves $DATA_DIR; sets AT to its HOST:PORT and REGISTRY_PID.
start_registry() {
    local port
    port=$(free_port)
    AT=127.0.0.1:$port
    { printf 'version: 0.1\nlog: {level: error}\nstorage:\n  filesystem: {rootdirectory: %s}\n' "$DATA_DIR"
      printf 'http:\n  addr: %s\n' "$AT"
      printf '%b' "${2:-}"; } >"$WORK/$1.yml"
    docker-registry serve "$WORK/$1.yml" >"$WORK/$1.log" 2>&1 &
    SERVICE_PIDS+=($!)
    wait_for listens "$port" || { tail -3 "$WORK/$1.log" | diag; skip_all "docker-registry did not start"; }
}

# start_proxy NAME UPSTREAM [OPTION...]: sets AT and LOG.
start_proxy() {
    local name=$1 upstream=$2
    shift 2
    LOG=$WORK/$name.log
    : >"$LOG"
    $PYTHON "$TOOLS/registry-proxy" "$upstream" "$WORK/$name.port" "$LOG" "$@" 2>"$WORK/$name.err" &
    SERVICE_PIDS+=($!)
    wait_for test -s "$WORK/$name.port"
    AT=127.0.0.1:$(cat "$WORK/$name.port")
}

push() {
    skopeo --insecure-policy copy -q --all --preserve-digests --dest-tls-verify=false \
        "oci:$WORK/$1" "docker://$2" >"$WORK/push.log" 2>&1 || not_ok "pushing $1" "$(cat "$WORK/push.log")"
}

# login FILE HOST USER PASSWORD
login() {
    mkdir -p "$(dirname "$1")"
    printf '{"auths":{"%s":{"auth":"%s"}}}' "$2" "$(printf '%s' "$3:$4" | base64 -w0)" >"$1"
}

# same_as_layout NAME REFERENCE [OPTION...]
same_as_layout() {
    local name=$1 reference=$2
    shift 2
    packages_of "registry:$reference" "$@" >"$WORK/got"
    expect "$name" 0
    same "$name: the packages of the layout" "$WORK/want" "$WORK/got"
}

# --- images ---

debian_root "$WORK/base" 12 bookworm
{ dpkg_entry base 1.0; dpkg_entry gone 2.0; } >"$WORK/base/var/lib/dpkg/status"
head -c 3000000 /dev/urandom >"$WORK/base/noise"
debian_root "$WORK/top" 12 bookworm
{ dpkg_entry base 1.1; dpkg_entry app 3.0; } >"$WORK/top/var/lib/dpkg/status"
debian_root "$WORK/arm" 12 bookworm
dpkg_entry arm-only 1.0 >"$WORK/arm/var/lib/dpkg/status"
make_image oci-dir "$WORK/oci" "$WORK/base" "$WORK/top" --platform linux/amd64 --nested-index \
    --image linux/arm64 "$WORK/arm"
make_image oci-dir "$WORK/other" "$WORK/base" "$WORK/top" --platform linux/amd64 --compress zstd,none
packages_of "oci:$WORK/oci" --platform linux/amd64 >"$WORK/want"
holds "the layout has packages" [ "$(wc -l <"$WORK/want")" = 2 ]
run scan "oci:$WORK/oci" --platform linux/amd64 --format json
DIGEST=$(json "$OUT" 'd["subjects"][0]["digest"]')
LAYERS=$(json "$OUT" '" ".join(l["digest"] for l in d["subjects"][0]["layers"])')
INDEX=$(json "$WORK/oci/index.json" 'd["manifests"][0]["digest"]')

start_registry plain
PLAIN=$AT
push oci "$PLAIN/team/app:1"
push oci "$PLAIN/public/app:1"
push oci "$PLAIN/library/app:1"
push other "$PLAIN/team/other:1"
# Without the cache: what was seen once would not be fetched again.
P=(--platform linux/amd64 --no-cache)

# --- what is pulled ---

same_as_layout "by tag, from http at the loopback" "$PLAIN/team/app:1" "${P[@]}"
same_as_layout "by digest of the manifest" "$PLAIN/team/app@$DIGEST" "${P[@]}"
same_as_layout "by tag and digest" "$PLAIN/team/app:1@$INDEX" "${P[@]}"
same_as_layout "zstd and uncompressed layers" "$PLAIN/team/other:1" "${P[@]}"
same_as_layout "everything verified" "$PLAIN/team/app:1" "${P[@]}" --verify full
run scan "registry:$PLAIN/team/app:1" "${P[@]}" --format json
expect "scan" 0
expect_json "the subject is the image of that platform" \
    "[(s['source'], s['digest'], s['platform']) for s in d['subjects']] == [('registry', '$DIGEST', 'linux/amd64')]"
expect_json "with its name" "d['subjects'][0]['tags'] == ['$PLAIN/team/app:1']"
expect_json "and its layers" "' '.join(l['digest'] for l in d['subjects'][0]['layers']) == '$LAYERS'"
names_of "registry:$PLAIN/team/app:1" --platform linux/arm64 --no-cache
is "another platform" "$NAMES" arm-only
is "no temporary file stays behind" \
    "$(find "$XDG_CACHE_HOME" "$TMPDIR" -type f ! -name 'cache.db*' | wc -l)" 0

start_proxy through "$PLAIN"
same_as_layout "through a proxy that counts" "$AT/team/app:1" "${P[@]}"
is "two documents, a configuration, two layers: nothing of other platforms" "$(grep -c ' /v2/' "$LOG")" 5
: >"$LOG"
push oci "$PLAIN/team/again:1"
run scan "registry:$AT/team/app:1" --platform linux/amd64
expect "a scan that fills the cache" 0
: >"$LOG"
run scan "registry:$AT/team/again:1" --platform linux/amd64 --format json
expect "what the cache knows" 0
is "is not fetched again: two documents and a configuration" "$(grep -c ' /v2/' "$LOG")" 3
expect_json "and tells the same" "d['subjects'][0]['packages'] == 2"
expect_json "under its own name" "d['subjects'][0]['tags'] == ['$AT/team/again:1']"
make_image oci-dir "$WORK/grown" "$WORK/base" "$WORK/arm" --platform linux/amd64
push grown "$PLAIN/team/grown:1"
: >"$LOG"
run scan "registry:$AT/team/grown:1" --platform linux/amd64 --format json
expect "a layer that the cache knows below one that it does not" 0
is "is not fetched" "$(grep -c "${LAYERS%% *}" "$LOG")" 0
expect_json "and read all the same" "d['subjects'][0]['packages'] == 1"
: >"$LOG"
run scan "registry:$AT/team/app:1" "${P[@]}" --max-layer-size 2M
expect "a layer over the limit" 3
says "is a gap that names the option" "max-layer-size"
is "and is not fetched" "$(grep -c "${LAYERS%% *}" "$LOG")" 0

# --- what is not there, and what is not what it claims ---

run scan "registry:$PLAIN/team/app:2" "${P[@]}"
expect "a tag that is not there" 2
says "is named" 'has no team/app'
run scan "registry:$PLAIN/team/app:1" --platform linux/s390x
expect "a platform that is not there" 2
says "lists those that are" 'linux/arm64'
run scan "registry:https://$PLAIN/team/app:1"
expect "a URL is wrong use" 2
run scan "registry:127.0.0.1:1/team/app:1"
expect "nobody listens" "2|4"
run scan "docker:app:1"
says "a missing daemon comes with the remedy" 'registry:app:1'

blob_file() { echo "$DATA_DIR/docker/registry/v2/blobs/sha256/${1:7:2}/${1:7}/data"; }
TOP=$(blob_file "${LAYERS##* }")
cp "$TOP" "$WORK/kept"
printf 'X' | dd of="$TOP" bs=1 seek=200 conv=notrunc status=none
run scan "registry:$PLAIN/team/app:1" "${P[@]}" --format json
expect "a changed layer" 3
expect_gap "is a blocking gap with both digests" blocking "sha256:[0-9a-f]{64}.*promises ${LAYERS##* }"
head -c -10 "$WORK/kept" >"$TOP"
run scan "registry:$PLAIN/team/app:1" "${P[@]}" --format json
expect "a layer that is cut off" 3
expect_gap "is a blocking gap with both sizes" blocking 'bytes where its descriptor says'
rm "$TOP"
run scan "registry:$PLAIN/team/app:1" "${P[@]}" --format json
expect "a layer that is not there" 3
expect_gap "is a blocking gap" blocking 'has no team/app'
expect_json "and the others are read" "d['subjects'][0]['packages'] == 2"
cp "$WORK/kept" "$TOP"
MANIFEST=$(blob_file "$DIGEST")
cp "$MANIFEST" "$WORK/kept"
sed -i 's/"size"/ "size"/' "$MANIFEST"
run scan "registry:$PLAIN/team/app:1" "${P[@]}" --format json
expect "a changed manifest" 3
expect_gap "is told with both digests" blocking "known by $DIGEST but its bytes have"
cp "$WORK/kept" "$MANIFEST"

# --- networks ---

start_proxy cutting "$PLAIN" --cut 1200000
same_as_layout "blobs that break off" "$AT/team/app:1" "${P[@]}"
holds "go on where they broke" grep -q '^206 .*range=bytes=1200000-' "$LOG"
start_proxy restarting "$PLAIN" --cut 1200000 --no-range
same_as_layout "a server without ranges" "$AT/team/app:1" "${P[@]}"
start_proxy flaky "$PLAIN" --first 503,429/1,502
same_as_layout "503, 429 with Retry-After, 502" "$AT/team/app:1" "${P[@]}"
start_proxy limited "$PLAIN" --always 429
run scan "registry:$AT/team/app:1" "${P[@]}"
expect "a rate limit" 4
says "is told with its remedy" 'rate limit of .*remaining: 0;w=21600.*docker login'
is "and not asked again in vain" "$(wc -l <"$LOG")" 1
start_proxy down "$PLAIN" --always 503
run scan "registry:$AT/team/app:1" "${P[@]}" --timeout 2s
expect "the time limit ends the attempts" "3"
says "which is told" 'timeout'

# --- mirrors of docker.io ---

same_as_layout "a mirror of docker.io" app:1 "${P[@]}" --registry-mirror "http://$PLAIN"
run scan registry:app:1 "${P[@]}" --registry-mirror "http://127.0.0.1:1" --registry-mirror "http://$PLAIN" \
    --format json
expect "a mirror that is down, and the next" 0
expect_json "the name is docker.io's" "d['subjects'][0]['tags'] == ['docker.io/library/app:1']"
run scan registry:app:1 --registry-mirror "$PLAIN"
expect "a mirror that is no URL" 2

# --- logins ---

if command -v htpasswd >/dev/null; then
    htpasswd -Bbn joe secret >"$WORK/htpasswd" 2>/dev/null
    start_registry basic "auth:\n  htpasswd: {realm: here, path: $WORK/htpasswd}\n"
    BASIC=$AT
    run scan "registry:$BASIC/team/app:1" "${P[@]}"
    expect "Basic, without a login" 4
    says "names the remedy" "docker login $BASIC"
    login "$HOME/.docker/config.json" "$BASIC" joe wrong
    run scan "registry:$BASIC/team/app:1" "${P[@]}"
    expect "Basic, with a wrong password" 4
    says "names the file" 'refuses the login .*\.docker/config\.json'
    quiet_about "and no password" 'wrong'
    login "$HOME/.docker/config.json" "$BASIC" joe secret
    same_as_layout "Basic, Docker's config.json" "$BASIC/team/app:1" "${P[@]}"
    rm "$HOME/.docker/config.json"
    login "$XDG_CONFIG_HOME/containers/auth.json" "$BASIC/team" joe secret
    same_as_layout "Basic, Podman's auth.json, for a namespace" "$BASIC/team/app:1" "${P[@]}"
    rm "$XDG_CONFIG_HOME/containers/auth.json"
    login "$WORK/auth.json" "$BASIC" joe secret
    REGISTRY_AUTH_FILE=$WORK/auth.json same_as_layout "Basic, REGISTRY_AUTH_FILE" "$BASIC/team/app:1" "${P[@]}"

    mkdir -p "$WORK/bin"
    cat >"$WORK/bin/docker-credential-test" <<'END'
#!/bin/sh
read -r host
[ "$1" = get ] || exit 1
[ "$host" = "$HELPER_HOST" ] || { echo "credentials not found in native keychain"; exit 1; }
printf '{"ServerURL":"%s","Username":"joe","Secret":"secret"}' "$host"
END
    chmod 755 "$WORK/bin/docker-credential-test"
    export HELPER_HOST=$BASIC
    PATH_BEFORE=$PATH
    PATH=$WORK/bin:$PATH
    printf '{"credHelpers":{"%s":"test"}}' "$BASIC" >"$HOME/.docker/config.json"
    same_as_layout "Basic, a credential helper" "$BASIC/team/app:1" "${P[@]}"
    printf '{"credsStore":"test"}' >"$HOME/.docker/config.json"
    same_as_layout "Basic, the credentials store" "$BASIC/team/app:1" "${P[@]}"
    HELPER_HOST=elsewhere run scan "registry:$BASIC/team/app:1" "${P[@]}"
    expect "a helper that knows no such host" 4
    says "is as no login" "docker login $BASIC"
    printf '{"credsStore":"../../bin/sh"}' >"$HOME/.docker/config.json"
    run scan "registry:$BASIC/team/app:1" "${P[@]}"
    expect "a helper that is a path" 2
    PATH=$PATH_BEFORE
    printf '{"auths":' >"$HOME/.docker/config.json"
    run scan "registry:$BASIC/team/app:1" "${P[@]}"
    expect "a broken config.json" "3|4"
    says "is named" 'config\.json'

    start_proxy redirecting "$BASIC" --redirect
    login "$HOME/.docker/config.json" "$AT" joe secret
    run scan "registry:$AT/team/app:1" "${P[@]}"
    holds "authorization goes to the registry" grep -q '^307 .*authorization=yes' "$LOG"
    holds "and not to where it redirects" grep -q '/elsewhere/.*authorization=no' "$LOG"
    holds "never" sh -c "! grep -q '/elsewhere/.*authorization=yes' '$LOG'"
    rm "$HOME/.docker/config.json"
else
    skip "Basic authorization" "htpasswd is not installed"
fi

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=tokens -keyout "$WORK/token.key" \
    -out "$WORK/token.crt" >/dev/null 2>&1
$PYTHON "$TOOLS/token-server" "$WORK/token.crt" "$WORK/token.key" "$WORK/token.port" "$WORK/tokens.log" \
    2>"$WORK/token.err" &
SERVICE_PIDS+=($!)
wait_for test -s "$WORK/token.port"
start_registry with-token "auth:\n  token:\n    realm: http://127.0.0.1:$(cat "$WORK/token.port")/token\n    service: the-registry\n    issuer: token-server\n    rootcertbundle: $WORK/token.crt\n"
same_as_layout "a token, without a login" "$AT/public/app:1" "${P[@]}"
run scan "registry:$AT/team/app:1" "${P[@]}"
expect "a token that is not enough" 4
says "names the remedy" "docker login $AT"
login "$HOME/.docker/config.json" "$AT" joe secret
: >"$WORK/tokens.log"
same_as_layout "a token for a login" "$AT/team/app:1" "${P[@]}"
is "is asked for once" "$(cat "$WORK/tokens.log")" "GET joe team/app"
printf '{"auths":{"%s":{"identitytoken":"refresh-me"}}}' "$AT" >"$HOME/.docker/config.json"
: >"$WORK/tokens.log"
same_as_layout "a token for an identity token" "$AT/team/app:1" "${P[@]}"
is "is asked for by POST" "$(cat "$WORK/tokens.log")" "POST refreshed team/app"
login "$HOME/.docker/config.json" "$AT" joe wrong
run scan "registry:$AT/public/app:1" "${P[@]}"
expect "a token server that refuses the login" 4
says "is told" "refuses the login"
rm "$HOME/.docker/config.json"

# --- TLS ---

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=own authority" -keyout "$WORK/ca.key" \
    -out "$WORK/ca.crt" >/dev/null 2>&1
openssl req -newkey rsa:2048 -nodes -subj /CN=127.0.0.1 -keyout "$WORK/tls.key" -out "$WORK/tls.csr" \
    >/dev/null 2>&1
printf 'subjectAltName=IP:127.0.0.1\n' >"$WORK/tls.ext"
openssl x509 -req -in "$WORK/tls.csr" -CA "$WORK/ca.crt" -CAkey "$WORK/ca.key" -CAcreateserial -days 2 \
    -extfile "$WORK/tls.ext" -out "$WORK/tls.crt" >/dev/null 2>&1
start_registry tls "  tls: {certificate: $WORK/tls.crt, key: $WORK/tls.key}\n"
run scan "registry:$AT/team/app:1" "${P[@]}"
expect "an unknown authority" 4
says "is told" 'certificate'
same_as_layout "an own authority" "$AT/team/app:1" "${P[@]}" --registry-ca "$WORK/ca.crt"
same_as_layout "any certificate, where that is asked for" "$AT/team/app:1" "${P[@]}" --insecure-registry "$AT"
run scan "registry:$AT/team/app:1" "${P[@]}" --insecure-registry 127.0.0.1:1
expect "but for another registry" 4

done_testing
