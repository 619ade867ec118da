# shellcheck shell=bash
# What the end-to-end tests share: TAP output, running the program, images, a Docker daemon.
#
# A test script sources this file, prints one line a check with ok, is, expect ... and ends with
# `done_testing`. BULWARK names the binary (default: build/bulwark); all else lives in a temporary
# directory that goes away at the end. Nothing here needs the network but debian_tree.

set -u
# The last command of a pipe runs in the script's own shell, so that its checks count.
shopt -s lastpipe
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BULWARK=$(realpath -m "${BULWARK:-$ROOT/build/bulwark}")
# shellcheck disable=SC2034 # used by the scripts that source this
DATA=$(realpath -m "$ROOT/../shared/data")
CACHE=$ROOT/tests/.cache
TOOLS=$ROOT/tests/tools
# A system Python starts faster than a version manager's shim.
PYTHON=/usr/bin/python3
[ -x $PYTHON ] || PYTHON=$(command -v python3)
WORK=$(mktemp -d "${TMPDIR:-/tmp}/bulwark-e2e.XXXXXX")
chmod 755 "$WORK"
TEST_COUNT=0
TEST_FAILED=0
SERVICE_PIDS=()

# The person's own database and daemon have no say in a test.
export HOME=$WORK/home XDG_DATA_HOME=$WORK/data XDG_CACHE_HOME=$WORK/cache
export XDG_CONFIG_HOME=$WORK/config BULWARK_DB=$WORK/data/bulwark/advisories.db
mkdir -p "$HOME" "$XDG_DATA_HOME" "$XDG_CACHE_HOME" "$XDG_CONFIG_HOME"
unset DOCKER_HOST DOCKER_TLS_VERIFY DOCKER_CERT_PATH DOCKER_CONTEXT BULWARK_ADVISORIES BULWARK_KEV BULWARK_EPSS NO_COLOR
export LC_ALL=C.UTF-8
export PYTHONDONTWRITEBYTECODE=1

cleanup() {
    local pid
    for pid in "${SERVICE_PIDS[@]}"; do
        kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
    done
    awk -v w="$WORK/" 'index($2, w) == 1 {print $2}' /proc/mounts | sort -r |
        while read -r mount; do umount -l "$mount" 2>/dev/null; done
    chmod -R u+rwx "$WORK" 2>/dev/null
    rm -rf "$WORK"
}
trap cleanup EXIT
trap 'exit 129' HUP INT TERM

# --- TAP ---------------------------------------------------------------------------------------

diag() { sed 's/^/# /' >&2; }

# ok NAME: the check passed.
ok() { TEST_COUNT=$((TEST_COUNT + 1)); echo "ok $TEST_COUNT - $1"; }

# not_ok NAME [TEXT]: it did not.
not_ok() {
    TEST_COUNT=$((TEST_COUNT + 1)); TEST_FAILED=$((TEST_FAILED + 1))
    echo "not ok $TEST_COUNT - $1"
    [ $# -lt 2 ] || printf '%s\n' "$2" | head -40 | diag
}

# skip NAME REASON
skip() { TEST_COUNT=$((TEST_COUNT + 1)); echo "ok $TEST_COUNT - $1 # SKIP $2"; }

# skip_all REASON: ends the script.
skip_all() { echo "1..0 # SKIP $1"; exit 0; }

done_testing() { echo "1..$TEST_COUNT"; [ "$TEST_FAILED" = 0 ]; exit; }

# is NAME GOT WANTED
is() {
    if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "got:    $2
wanted: $3"; fi
}

# same NAME WANTED-FILE GOT-FILE: equal and not empty.
same() {
    if [ ! -s "$2" ]; then not_ok "$1" "nothing to compare with in $2"
    elif cmp -s "$2" "$3"; then ok "$1"
    else not_ok "$1" "$(diff "$2" "$3" | head -20)"; fi
}

# holds NAME COMMAND...: the command succeeds.
holds() { local name=$1; shift; if "$@"; then ok "$name"; else not_ok "$name" "failed: $*"; fi; }

need() {
    local tool
    for tool; do command -v "$tool" >/dev/null || skip_all "$tool is not installed"; done
}

[ -x "$BULWARK" ] || { echo "Bail out! $BULWARK is not there: run make"; exit 1; }
[ -n "$PYTHON" ] || skip_all "python3 is not installed"

# Compiled with AddressSanitizer: its shadow memory makes limits on memory meaningless.
sanitized() { grep -qa __asan_init "$BULWARK"; }
is_root() { [ "$(id -u)" = 0 ]; }

# --- running the program -----------------------------------------------------------------------

OUT=$WORK/out
ERR=$WORK/err
RC=0

# run ARG...: runs the program: $OUT, $ERR, $RC. Standard input is /dev/null or what STDIN names.
# LIMIT seconds are a generous bound on what must not hang, no measure of speed.
run() {
    timeout -k 5 "${LIMIT:-120}" "$BULWARK" "$@" <"${STDIN:-/dev/null}" >"$OUT" 2>"$ERR"
    RC=$?
    COMMAND="bulwark $*"
}

# Whether the last run crashed, hung, or was caught by a sanitizer.
crashed() {
    [ "$RC" -ge 124 ] || grep -qaE 'AddressSanitizer|LeakSanitizer|runtime error:|Assertion' "$ERR"
}

told() {
    echo "command: $COMMAND"
    echo "exit code: $RC"
    echo "stderr:"; head -c 1500 "$ERR"
    echo "gaps:"; json "$OUT" '[(g["class"], g["where"], g["what"], g["why"]) for g in d["gaps"]][:8]' 2>&1
    echo "stdout:"; head -c 1500 "$OUT"
}

# expect NAME CODES: the last run ended with one of CODES ("0" or "0|3"), and did not crash.
expect() {
    if crashed; then not_ok "$1 (no crash)" "$(told)"
    elif [[ $RC =~ ^($2)$ ]]; then ok "$1"
    else not_ok "$1: exit $2" "$(told)"; fi
}

# says NAME REGEX: standard error, or the report, has it (case does not matter).
says() {
    if grep -qaiE -- "$2" "$ERR" "$OUT"; then ok "$1"
    else not_ok "$1: says /$2/" "$(told)"; fi
}

# quiet_about NAME REGEX
quiet_about() {
    if grep -qaiE -- "$2" "$ERR" "$OUT"; then not_ok "$1: does not say /$2/" "$(told)"
    else ok "$1"; fi
}

# json FILE EXPRESSION: prints the value of a Python expression over the document d; a list line by
# line, a tuple as words with tabs between them.
json() { $PYTHON "$TOOLS/json-value" "$1" "$2"; }

# expect_json NAME EXPRESSION: true of the JSON on standard output.
expect_json() {
    local got
    got=$(json "$OUT" "$2" 2>&1)
    if [ "$got" = True ]; then ok "$1"; else not_ok "$1: $2" "got: $got
$(told)"; fi
}

# A gap of a class (a regular expression too) whose text has a regular expression, as a Python expression over d.
GAP='lambda c, r: any(re.fullmatch(c, g["class"]) and re.search(r, " ".join(map(str, g.values())), re.I) for g in d["gaps"])'

# expect_gap NAME CLASS REGEX
expect_gap() { expect_json "$1" "($GAP)('$2', r'''$3''')"; }

# packages_of TARGET [OPTION...]: what bulwark finds, as sorted lines "name version arch source
# source-version" with tabs. To be called without a pipe, so that $RC stays.
packages_of() {
    run facts "$@" --format json
    json "$OUT" '[(p["name"], p["version"], p["arch"], p["source"]["name"], p["source"]["version"]) for p in d["packages"]]' |
        LC_ALL=C sort
}

# names_of TARGET [OPTION...]: sets NAMES to the names of the packages.
names_of() {
    run facts "$@" --format json
    NAMES=$(json "$OUT" '" ".join(sorted(p["name"] for p in d["packages"]))' 2>&1)
}

# --- images ------------------------------------------------------------------------------------

make_image() { $PYTHON "$TOOLS/make-image" "$@"; }
make_tar() { $PYTHON "$TOOLS/make-tar" "$@"; }

# dpkg_entry NAME VERSION [SOURCE-LINE]: a stanza of var/lib/dpkg/status.
dpkg_entry() {
    printf 'Package: %s\nStatus: install ok installed\nPriority: optional\nSection: misc\n' "$1"
    printf 'Maintainer: Nobody <nobody@example.org>\nArchitecture: amd64\n'
    [ -z "${3:-}" ] || printf 'Source: %s\n' "$3"
    printf 'Version: %s\nDescription: made for a test\n nothing\n\n' "$2"
}

# debian_os VERSION CODENAME: the content of an os-release.
debian_os() {
    printf 'PRETTY_NAME="Debian GNU/Linux %s (%s)"\nNAME="Debian GNU/Linux"\n' "$1" "$2"
    printf 'VERSION_ID="%s"\nVERSION="%s (%s)"\nVERSION_CODENAME=%s\nID=debian\n' "$1" "$1" "$2" "$2"
}

# debian_root DIR VERSION CODENAME: a root with an os-release and an empty package database, to
# which dpkg_entry lines are appended at DIR/var/lib/dpkg/status.
debian_root() {
    mkdir -p "$1/etc" "$1/usr/lib" "$1/var/lib/dpkg/info"
    debian_os "$2" "$3" >"$1/usr/lib/os-release"
    ln -sf ../usr/lib/os-release "$1/etc/os-release"
    : >"$1/var/lib/dpkg/status"
}

# debian_tree: prints the path of a tar of a real Debian root, made by mmdebstrap once and kept in
# the cache. Fails with the reason on standard output.
debian_tree() {
    local suite=${BULWARK_TEST_SUITE:-bookworm} mode=auto tar
    tar=$CACHE/debian-$suite.tar
    [ -s "$tar" ] && { echo "$tar"; return 0; }
    command -v mmdebstrap >/dev/null || { echo "mmdebstrap is not installed"; return 1; }
    is_root || mode=unshare
    mkdir -p "$CACHE"
    # A removed package whose configuration stays, and one on hold: the two states people meet.
    if ! flock "$CACHE" timeout 400 mmdebstrap --quiet --mode=$mode --variant=minbase \
        --include=nano,ca-certificates \
        --customize-hook='chroot "$1" dpkg --remove nano' \
        --customize-hook='echo sed hold | chroot "$1" dpkg --set-selections' \
        "$suite" "$tar.part" ${BULWARK_TEST_MIRROR:+"$BULWARK_TEST_MIRROR"} --format=tar \
        >"$WORK/mmdebstrap.log" 2>&1
    then
        rm -f "$tar.part"
        echo "mmdebstrap failed: $(grep -m1 '^E:' "$WORK/mmdebstrap.log")"
        return 1
    fi
    mv "$tar.part" "$tar" && echo "$tar"
}

# --- a Docker daemon of our own ----------------------------------------------------------------

# start_dockerd NAME [OPTION...]: starts one in $WORK/NAME and exports DOCKER_HOST. Fails with the
# reason in $DOCKER_REASON.
start_dockerd() {
    local dir=$WORK/$1 tries pid
    shift
    DOCKER_REASON=
    is_root || DOCKER_REASON="a Docker daemon needs root"
    command -v dockerd >/dev/null || DOCKER_REASON="dockerd is not installed"
    command -v docker >/dev/null || DOCKER_REASON="the docker client is not installed"
    [ -z "$DOCKER_REASON" ] || return 1
    mkdir -p "$dir"
    echo '{}' >"$dir/config.json"
    dockerd --config-file "$dir/config.json" --data-root "$dir/data" --exec-root "$dir/exec" \
        --pidfile "$dir/pid" --host "unix://$dir/s" --bridge=none --iptables=false "$@" \
        >"$dir/log" 2>&1 &
    pid=$!
    SERVICE_PIDS+=("$pid")
    export DOCKER_HOST=unix://$dir/s
    for tries in $(seq 120); do
        docker version >/dev/null 2>&1 && return 0
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.25
    done
    DOCKER_REASON="dockerd did not start ($tries): $(grep -iE 'failed|error|unknown' "$dir/log" | tail -n 1)"
    return 1
}

docker_driver() { docker info --format '{{.Driver}}' 2>/dev/null; }
