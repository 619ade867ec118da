#!/bin/bash
# The runtime wrapper under real engines: what policy forbids does not start, and the reason stands
# where the engine shows it; what is allowed starts with its limits, and the kernel enforces them.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

RUNTIME=${BULWARK_RUNTIME:-$(dirname "$BULWARK")/bulwark-runtime}
[ -x "$RUNTIME" ] || skip_all "$RUNTIME is not there"
RUNC=$(command -v runc) || skip_all "runc is not installed"
need cc docker dockerd
is_root || skip_all "containers of a Docker daemon need root"

# --- what it is linked with --------------------------------------------------------------------

if sanitized; then
    skip "it is linked with the C library and yyjson" "the build has the sanitizers"
else
    readelf -d "$RUNTIME" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
        grep -vE '^(libc|libm|libyyjson)\.so\.[0-9]+$' >"$OUT"
    is "it is linked with the C library and yyjson" "$(cat "$OUT")" ""
fi

# --- by itself, with a runtime that only says what it was told ---------------------------------

S=$WORK/self
mkdir -p "$S/bundle/rootfs"
(cd "$S/bundle" && "$RUNC" spec)
cp "$S/bundle/config.json" "$S/spec.json"
cat >"$S/echo" <<'SH'
#!/bin/sh
echo "ran $*"
SH
chmod 755 "$S/echo"
printf '{"runtime": "%s"}' "$S/echo" >"$S/runtime.json"
chmod 644 "$S/runtime.json"

# wrapped ARG...: the wrapper with the configuration $CONFIG: $OUT, $ERR, $RC.
CONFIG=$S/runtime.json
wrapped() {
    timeout -k 5 60 "$RUNTIME" --bulwark-config "$CONFIG" "$@" <"${STDIN:-/dev/null}" >"$OUT" 2>"$ERR"
    RC=$?
    COMMAND="bulwark-runtime $*"
}

# spec EXPRESSION: writes the bundle's specification with a change made by Python to d.
spec() {
    $PYTHON -c 'import json, sys
d = json.load(open(sys.argv[1]))
exec(sys.argv[3])
json.dump(d, open(sys.argv[2], "w"))' "$S/spec.json" "$S/bundle/config.json" "$1"
}

spec pass
wrapped --root "$S/state" create --bundle "$S/bundle" x
expect "an ordinary specification is created" 0
is "the runtime is given what the engine gave" "$(cat "$OUT")" "ran --root $S/state create --bundle $S/bundle x"
is "it has a limit of processes then" "$(json "$S/bundle/config.json" 'd["linux"]["resources"]["pids"]["limit"]')" 512
is "and its system calls are filtered" "$(json "$S/bundle/config.json" 'd["linux"]["seccomp"]["defaultAction"]')" SCMP_ACT_ERRNO
is "nothing is left beside it" "$(ls -A "$S/bundle")" "config.json
rootfs"

spec 'd["linux"]["namespaces"] = [n for n in d["linux"]["namespaces"] if n["type"] != "pid"]'
cp "$S/bundle/config.json" "$S/before.json"
wrapped --log "$S/log.json" --log-format json create --bundle "$S/bundle" x
expect "one that shares the host's processes is not" 1
says "the reason stands on standard error" 'denied.*|host-namespaces'
is "and in the log, as runc writes it" \
    "$(json "$S/log.json" '(d["level"], "host-namespaces" in d["msg"], len(d["time"]))')" "error	True	20"
is "the runtime was not executed" "$(cat "$OUT")" ""
same "and the specification is left alone" "$S/before.json" "$S/bundle/config.json"
wrapped --log "$S/log.txt" create --bundle "$S/bundle" x
holds "without a format the log is text" grep -q 'level=error msg=".*host-namespaces' "$S/log.txt"

spec 'd["mounts"].append({"destination": "/x", "type": "bind", "source": "/proc/self/root/etc", "options": ["rbind"]})'
wrapped create --bundle "$S/bundle" x
expect "a source by a link that leads each process somewhere else is refused" 1
spec 'd["mounts"].append({"destination": "/x", "type": "bind", "source": "/proc/self/root/etc", "options": ["rbind"]})
d["mounts"][-1]["source"] = "missing"'
wrapped create --bundle "$S/bundle" x
expect "and one that is not there" 1

spec 'd["root"]["path"] = "other"'
ln -s / "$S/bundle/other"
wrapped create --bundle "$S/bundle" x
expect "a root file system that is a link to the host's is refused" 1
says "by policy" oci-root-of-host
rm "$S/bundle/other"

# What could be read in two ways
sed 's/"noNewPrivileges"/"NoNewPrivileges"/' "$S/spec.json" >"$S/bundle/config.json"
wrapped create --bundle "$S/bundle" x
expect "a key that runc takes and crun does not is refused" 1
says "and named" 'NoNewPrivileges'
sed 's/"root": {/"mounts": [], "root": {/' "$S/spec.json" >"$S/bundle/config.json"
wrapped create --bundle "$S/bundle" x
expect "a key that stands twice is refused" 1
says "and named" 'mounts: the key stands twice'
echo '{' >"$S/bundle/config.json"
wrapped create --bundle "$S/bundle" x
expect "what is no JSON is refused" 1
rm "$S/bundle/config.json"
ln -s "$S/spec.json" "$S/bundle/config.json"
wrapped create --bundle "$S/bundle" x
expect "a link in the place of the specification is refused" 1
rm "$S/bundle/config.json"
wrapped create --bundle "$S/bundle" x
expect "a bundle without one is refused" 1

# Verbs
spec pass
for verb in "state x" "kill x KILL" "delete --force x" "list" "features" "ps x" "start x" "--version"; do
    # shellcheck disable=SC2086 # words
    wrapped $verb
    is "$verb is executed" "$RC $(cat "$OUT")" "0 ran $verb"
done
for verb in "mounts add x" "create --bun $S/bundle x" "create -b$S/bundle x" "--unknown run x"; do
    # shellcheck disable=SC2086 # words
    wrapped $verb
    is "${verb%% /*} is refused" "$RC $(cat "$OUT")" "1 "
done

# Processes and limits come in files, of which runc reads the first value alone
spec pass
mkdir -p "$S/state/x"
printf '{"config": {"labels": ["a=b", "bundle=%s"]}}' "$S/bundle" >"$S/state/x/state.json"
process() { json "$S/bundle/config.json" "json.dumps(dict(d['process'], $1))" >"$S/process.json"; }
process 'args=["/probe"]'
cat >"$S/echo-process" <<'SH'
#!/bin/sh
while [ "$1" != --process ]; do shift; done
echo "$2"; cat "$2"
SH
chmod 755 "$S/echo-process"
printf '{"runtime": "%s"}' "$S/echo-process" >"$S/process-runtime.json"
CONFIG=$S/process-runtime.json
wrapped --root "$S/state" exec --process "$S/process.json" x
expect "a process of the container's kind is started" 0
is "the runtime reads the bytes that were judged, not the file again" "$(head -n 1 "$OUT" | grep -c '^/proc/self/fd/')" 1
is "unchanged where there is nothing to mend" "$(sed 1d "$OUT")" "$(cat "$S/process.json")"
CONFIG=$S/runtime.json
process 'capabilities={"bounding": ["CAP_SYS_ADMIN"]}'
wrapped --root "$S/state" exec --process "$S/process.json" x
expect "one with more capabilities is not" 1
wrapped --root "$S/state" exec --cap CAP_SYS_ADMIN x sh
expect "nor where the command line adds them" 1
says "with the reason" capabilities-added
wrapped --root "$S/state" exec x sh
expect "an ordinary command is" 0
process 'args=["/probe"]'
printf '},{"op":"replace","path":"/process","value":{"args":["x"]}' >>"$S/process.json"
wrapped --root "$S/state" exec --process "$S/process.json" x
expect "what stands behind the process is refused" 1
wrapped --root "$S/state" exec x/../x sh
expect "a name that is a path is refused" 1
wrapped --root "$S/state" exec y sh
expect "a container that is not known is refused" 1
echo '{"pids": {"limit": 0}}, "x": {}' >"$S/resources.json"
wrapped --root "$S/state" update --resources "$S/resources.json" x
expect "what stands behind limits is refused" 1
echo '{"Pids": {"limit": -1}}' >"$S/resources.json"
wrapped --root "$S/state" update --resources "$S/resources.json" x
expect "limits whose names are read in two ways are refused" 1
wrapped --root "$S/state" update --pids-limit=-1 x
expect "a limit is not lifted by a flag" 1
wrapped --root "$S/state" update --pids-limit=99 x
expect "but changed" 0

# A configuration that is wrong stops what starts, and nothing else
CONFIG=$S/broken.json
printf '{"runtime": "%s", "hardn": {}}' "$S/echo" >"$CONFIG"
wrapped create --bundle "$S/bundle" x
expect "with a slip of the pen in the configuration nothing is created" 1
says "and it is named" '"hardn" is not known'
wrapped delete --force x
is "but containers can be removed" "$RC $(cat "$OUT")" "0 ran delete --force x"
printf '{"runtime": "%s", "gate": {"profiles": ["basline"]}}' "$S/echo" >"$CONFIG"
wrapped create --bundle "$S/bundle" x
expect "nor with a profile that is none" 1
says "the nearest is named" baseline
printf '{"runtime": "%s"}' "$S/echo" >"$CONFIG"
chmod 666 "$CONFIG"
wrapped create --bundle "$S/bundle" x
expect "nor with one that anybody may change" 1
printf '{"runtime": "%s"}' "$RUNTIME" >"$CONFIG"
chmod 644 "$CONFIG"
wrapped state x
expect "it does not execute itself for ever" 1
CONFIG=$S/missing.json
wrapped create --bundle "$S/bundle" x
expect "nor where the configuration that is named is missing" 1

# In the place of runc itself (packaging/runtime/divert-runc) it executes what was put aside
mkdir "$S/put"
cp "$RUNTIME" "$S/put/runc"
cp "$S/echo" "$S/put/runc.real"
echo '{}' >"$S/empty.json"
chmod 644 "$S/empty.json"
is "put in the place of runc it executes runc.real" \
    "$("$S/put/runc" --bulwark-config "$S/empty.json" state x 2>&1)" "ran state x"

# The site's own policies, compiled by the other program
cat >"$S/site.yaml" <<'YAML'
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: no-shells}
spec:
  matchConstraints:
    resourceRules:
      - {apiGroups: [bulwark.dev], apiVersions: [v1], operations: [CREATE], resources: [ociruntimespecs]}
  validations:
    - expression: "!object.process.args.exists(a, a == 'sh')"
      message: a shell is started
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: {name: mark}
spec:
  matchConstraints:
    resourceRules:
      - {apiGroups: [bulwark.dev], apiVersions: [v1], operations: [CREATE], resources: [ociruntimespecs]}
  failurePolicy: Fail
  reinvocationPolicy: Never
  mutations:
    - patchType: JSONPatch
      jsonPatch:
        expression: "[JSONPatch{op: 'add', path: '/annotations', value: {'org.example.seen': 'yes'}}]"
YAML
run policy compile "$S/site.yaml" --output "$S/site.policies"
expect "the site's policies compile" 0
CONFIG=$S/site.json
printf '{"runtime": "%s", "set": "%s"}' "$S/echo" "$S/site.policies" >"$CONFIG"
wrapped create --bundle "$S/bundle" x
expect "and judge here" 1
says "with their message" 'a shell is started.*no-shells'
spec 'd["process"]["args"] = ["/probe"]'
wrapped create --bundle "$S/bundle" x
expect "what they allow is created" 0
is "and changed as they want" "$(json "$S/bundle/config.json" 'd["annotations"]')" "{'org.example.seen': 'yes'}"
head -c 1000 "$S/site.policies" >"$S/cut.policies"
printf '{"runtime": "%s", "set": "%s"}' "$S/echo" "$S/cut.policies" >"$CONFIG"
wrapped create --bundle "$S/bundle" x
expect "a damaged set allows nothing" 1

# Kubernetes: what is for a namespace is for its containers alone
CONFIG=$S/scoped.json
printf '{"runtime": "%s", "gate": {"scopes": [{"namespaces": ["kube-system"], "profiles": ["off"]}]}}' "$S/echo" >"$CONFIG"
K8S=$S/io.containerd.runtime.v2.task/k8s.io/x
MOBY=$S/io.containerd.runtime.v2.task/moby/x
mkdir -p "$K8S/rootfs" "$MOBY/rootfs"
spec 'd["linux"]["namespaces"] = []; d["annotations"] = {"io.kubernetes.cri.sandbox-namespace": "kube-system"}'
cp "$S/bundle/config.json" "$K8S"
cp "$S/bundle/config.json" "$MOBY"
wrapped create --bundle "$K8S" x
expect "a scope is for containers of its namespace" 0
wrapped create --bundle "$MOBY" x
expect "and not for what only says that it is of it" 1
sed -i 's/kube-system/shop/' "$K8S/config.json"
wrapped create --bundle "$K8S" x
expect "nor for another namespace" 1

# As a hook it can only veto
CONFIG=$S/runtime.json
spec pass
cp "$S/bundle/config.json" "$S/before.json"
printf '{"ociVersion": "1.0.2", "id": "x", "status": "creating", "pid": 1, "bundle": "%s"}' "$S/bundle" >"$S/state.json"
STDIN=$S/state.json wrapped hook
expect "a hook that finds no system call filter says no" 1
says "with the reason" seccomp-unconfined
spec 'd["linux"]["seccomp"] = {"defaultAction": "SCMP_ACT_ERRNO", "architectures": [], "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"}]}'
cp "$S/bundle/config.json" "$S/before.json"
STDIN=$S/state.json wrapped hook
expect "and yes to what is fine" 0
same "it changes nothing" "$S/before.json" "$S/bundle/config.json"
is "and starts nothing" "$(cat "$OUT")" ""
STDIN=$S/before.json wrapped hook
expect "a state that names no bundle is a no" 1
CONFIG=$S/example.json
cp "$ROOT/packaging/runtime/runtime.json" "$CONFIG"
chmod 644 "$CONFIG"
STDIN=$S/state.json wrapped hook
expect "the configuration that is shipped as an example is one" 0

# Decisions are written down
CONFIG=$S/logged.json
printf '{"runtime": "%s", "log": {"path": "%s", "required": true}}' "$S/echo" "$S/decisions.log" >"$CONFIG"
spec pass
wrapped create --bundle "$S/bundle" x
cp "$S/bundle/config.json" "$S/given.json"
spec 'd["linux"]["namespaces"] = []'
wrapped create --bundle "$S/bundle" y
for n in 1 2 3 4 5 6; do "$RUNTIME" --bulwark-config "$CONFIG" create --bundle "$S/bundle" "p$n" >/dev/null 2>&1 & done
wait
is "each decision is a line" "$($PYTHON -c 'import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
print(len(lines), [line["sequence"] for line in lines] == list(range(1, len(lines) + 1)),
      all(a["hash"] == b["previous"] for a, b in zip(lines, lines[1:])))
print([(line["container"], line["verb"], line["verdict"]) for line in lines[:2]])' "$S/decisions.log")" \
    "8 True True
[('x', 'create', 'allow'), ('y', 'create', 'deny')]"
is "with what was mended" "$(head -n 1 "$S/decisions.log" | json /dev/stdin '"/linux/resources/pids" in d["mended"]')" True
is "and the digest of what the runtime was given" "$(head -n 1 "$S/decisions.log" | json /dev/stdin 'd["digest"]')" \
    "$(b2sum -l 256 "$S/given.json" | cut -d' ' -f1)"
run guard log "$S/decisions.log"
expect "and nobody has changed the log" 0
printf '{"runtime": "%s", "log": {"path": "%s", "required": true}}' "$S/echo" "$S/nowhere/decisions.log" >"$CONFIG"
spec pass
wrapped create --bundle "$S/bundle" x
expect "where it cannot be written down nothing is created" 1
printf '{"runtime": "%s", "log": {"path": "%s"}}' "$S/echo" "$S/nowhere/decisions.log" >"$CONFIG"
wrapped create --bundle "$S/bundle" x
expect "unless the site does without" 0

# --- images ------------------------------------------------------------------------------------

mkdir -p "$WORK/root/tmp" "$WORK/root/run" "$WORK/root/etc" "$WORK/root/proc" "$WORK/root/dev" "$WORK/root/sys"
cc -O2 -static -D_GNU_SOURCE -o "$WORK/root/probe" "$TOOLS/escape-probe.c" 2>"$WORK/cc.log" ||
    skip_all "a static program cannot be built: $(head -n 1 "$WORK/cc.log")"
cp "$WORK/root/probe" "$WORK/root/setuid"
chmod 4755 "$WORK/root/setuid"
tar -C "$WORK/root" --owner=0 --group=0 -cf "$WORK/root.tar" .

# --- Docker ------------------------------------------------------------------------------------

# Specifications are kept as they come from the engine and as they go to runc.
K=$WORK/kept
mkdir -p "$K"
for stage in before after; do
    next=$RUNC
    [ $stage = after ] || next="$RUNTIME --bulwark-config $WORK/runtime.json"
    cat >"$WORK/$stage" <<SH
#!/bin/sh
bundle= value= create=
for word; do
    [ "\$value" != bundle ] || bundle=\$word
    value=
    case \$word in --bundle) value=bundle;; create) create=1;; esac
done
[ -z "\$create" ] || [ -z "\$bundle" ] || cp "\$bundle/config.json" $K/$stage.json
exec $next "\$@"
SH
    chmod 755 "$WORK/$stage"
done

# configure MEMBERS: what the wrapper goes by from the next container on.
configure() {
    printf '{"runtime": "%s"%s}' "$WORK/after" "${1:+, $1}" >"$WORK/runtime.new"
    chmod 644 "$WORK/runtime.new"
    mv "$WORK/runtime.new" "$WORK/runtime.json"
}
configure

# A daemon that another test (or the machine) left with the name is none of ours.
if ! start_dockerd docker --add-runtime "bulwark=$WORK/before" --default-runtime bulwark; then
    skip "the wrapper under Docker" "$DOCKER_REASON"
    done_testing
fi
docker import "$WORK/root.tar" probe:1 >/dev/null || skip_all "docker import failed"

# container ARG...: docker run: $OUT, $ERR, $RC.
container() {
    local network="--network none"
    case " $* " in *" --network "*) network=;; esac
    # shellcheck disable=SC2086 # two words, or none
    timeout -k 5 120 docker run --rm $network "$@" >"$OUT" 2>"$ERR" </dev/null
    RC=$?
    COMMAND="docker run $*"
}

# allowed NAME OUTPUT ARG...; denied NAME POLICY ARG...
allowed() {
    local name=$1 output=$2
    shift 2
    container "$@"
    is "$name" "$RC $(cat "$OUT")$(grep -o 'denied.*' "$ERR")" "0 $output"
}
denied() {
    local name=$1 policy=$2
    shift 2
    container "$@"
    if [ "$RC" = 125 ] && grep -q "is denied for" "$ERR" && grep -qE "\[$policy\]" "$ERR"; then ok "$name"
    else not_ok "$name" "$(told)"; fi
}

allowed "an ordinary container runs" 0 probe:1 /probe whoami
SECCOMP=$(docker info --format '{{.SecurityOptions}}' | grep -c seccomp)
json "$K/before.json" d >/dev/null
cat >"$WORK/changes.py" <<'PY'
import json, sys
def flat(value, path=""):
    if isinstance(value, dict):
        for key, member in value.items():
            yield from flat(member, path + "/" + key)
        yield path, {}
    else:
        yield path, value
before, after = (dict((p, json.dumps(v)) for p, v in flat(json.load(open(name)))) for name in sys.argv[1:])
for path in sorted(before.keys() | after.keys()):
    if before.get(path) != after.get(path) and not path.startswith("/linux/seccomp"):
        print(path)
PY
is "and is unchanged but for the hardening" "$($PYTHON "$WORK/changes.py" "$K/before.json" "$K/after.json" |
    grep -v '^/linux/\(maskedPaths\|readonlyPaths\)$')" "/linux/resources/pids
/linux/resources/pids/limit"
holds "what the engine masks stays masked" "$PYTHON" -c 'import json, sys
a, b = (json.load(open(p))["linux"] for p in sys.argv[1:])
for k in "maskedPaths", "readonlyPaths": assert set(a[k]) <= set(b[k])' "$K/before.json" "$K/after.json"
[ "$SECCOMP" = 0 ] || is "its profile is the engine's" \
    "$(json "$K/after.json" 'd["linux"]["seccomp"] == json.load(open("'"$K"'/before.json"))["linux"]["seccomp"]')" True

denied "a privileged container does not start" container-privileged --privileged probe:1 /probe whoami
denied "nor one with the host's processes" host-namespaces --pid host probe:1 /probe whoami
denied "nor with its network" host-namespaces --network host probe:1 /probe whoami
denied "nor with its shared memory" host-namespaces --ipc host probe:1 /probe whoami
denied "nor with CAP_SYS_ADMIN" capabilities-added --cap-add SYS_ADMIN probe:1 /probe whoami
denied "nor with every capability" capabilities-added --cap-add ALL probe:1 /probe whoami
denied "nor with a directory of the host" host-path-volume -v /etc:/x probe:1 /probe whoami
denied "nor with the host's kernel log" container-device-dangerous --device /dev/kmsg probe:1 /probe whoami
denied "nor with a rule for all devices" container-device-rules --device-cgroup-rule 'a *:* rwm' probe:1 /probe whoami
DISK=$(find /dev -maxdepth 1 -type b | sort | head -n 1)
if [ -n "$DISK" ]; then
    denied "nor with a disk by the name of a harmless device" container-devices --device "$DISK:/dev/full" probe:1 /probe whoami
    denied "nor with a rule for one, which mknod would make" container-device-rules \
        --device-cgroup-rule "b $((0x$(stat -c %t "$DISK"))):$((0x$(stat -c %T "$DISK"))) rwm" probe:1 /probe whoami
else
    skip "nor with a disk by the name of a harmless device" "the host has none"
fi
docker run -d --name other --network none probe:1 /probe sleep >/dev/null
OTHER=$WORK/docker/data/containers/$(docker inspect -f '{{.Id}}' other)
denied "nor with what the engine keeps of another, in the place of its own" host-path-volume \
    -v "$OTHER:/dev/shm" probe:1 /probe write /dev/shm/made
denied "nor with a file of it" host-path-volume -v "$OTHER/config.v2.json:/etc/hosts" probe:1 /probe whoami
docker rm -f other >/dev/null
is "and nothing of them is left" "$(docker ps -aq | wc -l)" 0

# An exception by the name that Docker has for a container
configure '"gate": {"exceptions": [{"id": ["host-namespaces"], "names": ["agent"], "reason": "it watches", "owner": "ops", "expires": "2999-12-31"}]}'
allowed "an exception is for a container that is called so" 0 --name agent --pid host probe:1 /probe whoami
denied "and for no other" host-namespaces --name agent2 --pid host probe:1 /probe whoami
configure

allowed "where Docker is told to unmask the kernel it stays masked" 0 --security-opt systempaths=unconfined probe:1 /probe whoami
is "since the paths were put back" "$(json "$K/after.json" '"/proc/kcore" in d["linux"]["maskedPaths"]')" True
allowed "and to filter no system calls, they are filtered" 0 --security-opt seccomp=unconfined probe:1 /probe whoami
is "by our profile" "$(json "$K/after.json" 'd["linux"]["seccomp"]["defaultAction"]')" SCMP_ACT_ERRNO
echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["acct"], "action": "SCMP_ACT_ERRNO"}]}' >"$WORK/open.json"
if [ "$SECCOMP" = 0 ]; then
    skip "a profile that allows what it does not name is none" "this daemon has no seccomp"
else
    denied "a profile that allows what it does not name is none" seccomp-unconfined \
        --security-opt "seccomp=$WORK/open.json" probe:1 /probe whoami
fi
configure '"harden": {"seccomp": false}'
denied "unless the site wants to be asked" seccomp-unconfined --security-opt seccomp=unconfined probe:1 /probe whoami

# Mounts of the host by links. The site allows paths, but not all.
configure '"gate": {"except": ["host-path-volume"], "policies": ["host-path-system"]}'
mkdir -p "$WORK/data/fine"
ln -s /etc "$WORK/data/link"
ln -s fine "$WORK/data/other"
ln -s "$WORK/data/link" "$WORK/data/twice"
allowed "a path that the site allows is mounted" 0 -v "$WORK/data/fine:/x" probe:1 /probe whoami
denied "one that it forbids is not" host-path-system -v /etc:/x probe:1 /probe whoami
denied "nor through a link" host-path-system -v "$WORK/data/link:/x" probe:1 /probe whoami
denied "nor through a link to a link" host-path-system -v "$WORK/data/twice:/x" probe:1 /probe whoami
denied "nor through one on the way" host-path-system -v "$WORK/data/link/ssl:/x" probe:1 /probe whoami
docker volume create --driver local -o type=none -o o=bind -o "device=$WORK/data/link" bound >/dev/null
container -v bound:/x probe:1 /probe whoami
expect "a volume that binds the host is mounted by the daemon, before any runtime" '0|125'
allowed "a link to what is allowed is mounted" 0 -v "$WORK/data/other:/x" probe:1 /probe whoami
is "and runc is told where it leads, so that it cannot be turned round" \
    "$(json "$K/after.json" '[m["source"] for m in d["mounts"] if m["destination"] == "/x"][0]')" "$WORK/data/fine"
configure

# Processes in a container that runs
docker run -d --name web --network none probe:1 /probe sleep >/dev/null
is "a process is started in a container" "$(docker exec web /probe whoami 2>&1)" 0
docker exec --privileged web /probe whoami >"$OUT" 2>"$ERR"
RC=$? COMMAND="docker exec --privileged"
holds "a privileged one is not" [ $RC != 0 ]
says "and the reason is told" 'is denied for.*|capabilities-added'
configure '"gate": {"profiles": ["restricted"]}'
is "a policy that came later stops no process of its kind" "$(docker exec web /probe whoami 2>&1)" 0
configure '"harden": {"no-new-privileges": true, "drop-capabilities": ["KILL"]}'
is "what the site takes from containers it takes from their processes" \
    "$(docker exec -u 1000 web /probe setuid 2>&1)" 1000
configure
# Where it is depends on the version of cgroups, and on whether systemd manages them.
PIDS=$(find /sys/fs/cgroup -path "*$(docker inspect -f '{{.Id}}' web)*" -name pids.max -print -quit)
is "the limit of processes is there" "$(cat "$PIDS")" 512
docker update --pids-limit -1 web >/dev/null 2>&1
is "and is not lifted afterwards" "$(cat "$PIDS")" 512
docker update --pids-limit 100 web >/dev/null 2>&1
is "but lowered" "$(cat "$PIDS")" 100
docker rm -f web >/dev/null

# A fork bomb, of at most 3000 children
container probe:1 /probe forks 3000
expect "a fork bomb runs" 0
holds "and stops at the limit" [ "$(cat "$OUT")" -gt 400 -a "$(cat "$OUT")" -lt 513 ]
is "while the host goes on" "$(timeout 20 docker version -f x)" x

# What the kernel answers: without more than the defaults, and with all steps
allowed "by default a raw socket is there" "done" probe:1 /probe raw-socket
allowed "and root by setuid" 0 -u 1000 probe:1 /probe setuid
allowed "and the root file system is written to" "done" probe:1 /probe write /made
container probe:1 /probe mount
is "nothing is mounted" "$(cat "$OUT")" EPERM
container probe:1 /probe keyctl
is "the kernel's keyrings are closed" "$(cat "$OUT")" EPERM
configure '"harden": {"read-only-root": true, "no-new-privileges": true, "drop-capabilities": ["CHOWN", "SETUID", "SETGID", "KILL"]}'
container probe:1 /probe raw-socket
is "with all steps there is no raw socket" "$(cat "$OUT")" EPERM
container -u 1000 probe:1 /probe setuid
is "no root by setuid" "$(cat "$OUT")" 1000
container probe:1 /probe write /made
is "the root file system is read-only" "$(cat "$OUT")" EROFS
allowed "there is room at /tmp" "done" probe:1 /probe write /tmp/made
allowed "and at /run" "done" probe:1 /probe write /run/made
container probe:1 /probe mount
is "nothing is mounted either" "$(cat "$OUT")" EPERM
configure

# Ordinary use
printf 'FROM probe:1\nRUN ["/probe", "write", "/made"]\n' >"$WORK/Dockerfile"
DOCKER_BUILDKIT=0 docker build -q -t made:1 -f "$WORK/Dockerfile" "$WORK/data/fine" >"$OUT" 2>&1
is "images are built" "$(docker run --rm --network none made:1 /probe write /made 2>&1)" "done"
docker volume create kept >/dev/null
allowed "volumes hold what is written" "done" -v kept:/v probe:1 /probe write /v/made
docker run -d --name web --network none --restart always probe:1 /probe sleep >/dev/null
docker stop -t 0 web >/dev/null 2>&1 && docker start web >/dev/null 2>&1
is "containers are stopped and started" "$(docker inspect -f '{{.State.Running}}' web)" true
docker pause web >/dev/null 2>&1 && docker unpause web >/dev/null 2>&1
is "paused and go on" "$(docker inspect -f '{{.State.Running}}' web)" true
docker cp "$WORK/Dockerfile" web:/Dockerfile >/dev/null 2>&1
holds "files are copied" docker cp web:/Dockerfile "$WORK/copied"
echo '{' >"$WORK/runtime.json"
docker exec web /probe whoami >"$OUT" 2>"$ERR"
RC=$? COMMAND="docker exec"
holds "with a broken configuration nothing starts" [ $RC != 0 ]
docker rm -f web >/dev/null 2>&1
is "and everything is removed" "$(docker ps -aq | wc -l)" 0
configure

# --- Podman, with runc and with crun -----------------------------------------------------------

if ! command -v podman >/dev/null; then
    skip "the wrapper under Podman" "podman is not installed"
    done_testing
fi
P=$WORK/podman
mkdir -p "$P"
# podmans ARG...: with its own store, and nothing of the machine's configuration.
podmans() {
    timeout -k 5 120 podman --root "$P/root" --runroot "$P/run" --storage-driver vfs --cgroup-manager cgroupfs \
        --events-backend none --runtime "$WORK/podman-runtime" "$@" >"$OUT" 2>"$ERR" </dev/null
    RC=$?
    COMMAND="podman $*"
}
for engine in runc crun; do
    command -v $engine >/dev/null || { skip "the wrapper in front of $engine" "$engine is not installed"; continue; }
    # Podman keeps the container's own files below --runroot, which a specification does not tell.
    printf '{"runtime": "%s", "gate": {"except": ["host-path-volume"]}}' "$(command -v $engine)" >"$P/$engine.json"
    chmod 644 "$P/$engine.json"
    printf '#!/bin/sh\nexec %s --bulwark-config %s "$@"\n' "$RUNTIME" "$P/$engine.json" >"$WORK/podman-runtime"
    chmod 755 "$WORK/podman-runtime"
    podmans import "$WORK/root.tar" probe:1
    podmans run --rm --network none --pid host probe:1 /probe whoami
    holds "Podman starts nothing with the host's processes ($engine)" [ $RC != 0 ]
    says "and shows the reason ($engine)" 'is denied for.*|host-namespaces'
    podmans run --rm --network none --privileged probe:1 /probe whoami
    holds "nor a privileged container ($engine)" [ $RC != 0 ]
    says "and shows the reason ($engine)" 'container-privileged'
    # Podman's own limits of files are over those of some machines.
    podmans run --rm --network none --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 --pids-limit 0 probe:1 /probe forks 1500
    if [ $RC != 0 ] && ! grep -q "is denied for" "$ERR"; then
        skip "the wrapper under Podman with $engine" "podman does not run here: $(tail -n 1 "$ERR")"
        continue
    fi
    podmans run -d --name web --network none --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 probe:1 /probe sleep
    podmans exec web /probe whoami
    is "a process is started in a container of Podman ($engine)" "$RC $(cat "$OUT")" "0 0"
    podmans exec --privileged web /probe whoami
    holds "and no privileged one ($engine)" [ $RC != 0 ]
    says "with the reason ($engine)" 'capabilities-added'
    podmans rm -f -t 0 web
    # As a hook, where the runtime is the engine's own
    mkdir -p "$P/hooks"
    cat >"$P/hooks/bulwark.json" <<JSON
{"version": "1.0.0", "hook": {"path": "$RUNTIME", "args": ["bulwark-runtime", "--bulwark-config", "$P/$engine.json", "hook"]},
 "when": {"always": true}, "stages": ["createRuntime"]}
JSON
    hooked() {
        timeout -k 5 120 podman --root "$P/root" --runroot "$P/run" --storage-driver vfs --cgroup-manager cgroupfs \
            --events-backend none --runtime "$(command -v $engine)" --hooks-dir "$P/hooks" run --rm --network none \
            --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 "$@" >"$OUT" 2>"$ERR" </dev/null
        RC=$?
        COMMAND="podman with a hook $*"
    }
    hooked probe:1 /probe whoami
    is "with the hook an ordinary container runs ($engine)" "$RC $(cat "$OUT")" "0 0"
    hooked --pid host probe:1 /probe whoami
    holds "and none with the host's processes ($engine)" [ $RC != 0 ]
    says "Podman shows the hook's reason ($engine)" 'host-namespaces'
    podmans run --rm --network none --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 --pids-limit 0 probe:1 /probe forks 1500
    holds "an ordinary container runs, and a fork bomb stops at the limit ($engine)" \
        [ "$RC" = 0 -a "$(cat "$OUT")" -gt 400 -a "$(cat "$OUT")" -lt 513 ]
done

done_testing
