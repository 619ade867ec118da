#!/bin/bash
# The same danger, written as a Dockerfile, a compose file, the body of `docker create`, a manifest,
# a runtime spec or an image, is found by the same policy in each form that can say it; its safe
# twin passes.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

D=$WORK/documents
mkdir -p "$D"

# The name a form's file has, and how each form says that a container has nothing dangerous.
file_of() {
    case $1 in
    dockerfile) echo Dockerfile ;;
    compose) echo compose.yaml ;;
    manifest) echo pod.yaml ;;
    create) echo create.json ;;
    inspect) echo inspect.json ;;
    image) echo image.json ;;
    oci) echo config.json ;;
    esac
}

# check FORM POLICY: the document on standard input; leaves the report in $OUT.
check() {
    local dir
    dir=$(mktemp -d "$D/XXXXXX")
    cat >"$dir/$(file_of "$1")"
    run check --format json --only "$2" --no-ignore "$dir/$(file_of "$1")"
}

STATUS='lambda id: " ".join(sorted(set(r["status"] for r in d["results"] if r.get("policy", r.get("check")) == id)))'
FOUND='lambda id: any(f["kind"] == "policy" and f["policy"] == id and not f["waiver"] for f in d["findings"])'

# bad POLICY FORM WHAT: the document on standard input has the danger.
bad() {
    check "$2" "$1"
    if crashed; then not_ok "$1: $2: $3 (no crash)" "$(told)"
    elif [ "$(json "$OUT" "($FOUND)('$1')" 2>&1)" = True ]; then ok "$1: $2: $3"
    else not_ok "$1: $2: $3 is found" "$(json "$OUT" "($STATUS)('$1')" 2>&1)
$(told)"; fi
}

# good POLICY FORM WHAT: it has not, and the policy says so rather than nothing.
good() {
    check "$2" "$1"
    if crashed; then not_ok "$1: $2: $3 (no crash)" "$(told)"
    else is "$1: $2: $3 passes" "$(json "$OUT" "($STATUS)('$1')" 2>&1)" PASS; fi
}

# refused POLICY FORM WHAT: who reads it in production refuses it, and so do we: a blocking gap.
refused() {
    check "$2" "$1"
    expect "$1: $2: $3 is refused" 3
    expect_gap "$1: $2: $3: the gap says so" blocking 'refuses'
    is "$1: $2: $3 does not pass" "$(json "$OUT" "($STATUS)('$1')" 2>&1)" NOT_EVALUATED
}

# --- how each form writes a container ----------------------------------------------------------

IMAGE=registry.example/shop/web:1.4.2

# service [LINE...]: a compose file with one service.
service() {
    printf 'services:\n  web:\n    image: %s\n' "${WITH_IMAGE:-$IMAGE}"
    [ $# = 0 ] || printf '    %s\n' "$@"
}

# pod SPEC-LINES CONTAINER-LINES: a manifest; either may be empty.
pod() {
    printf 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n'
    [ -z "$1" ] || sed 's/^/  /' <<<"$1"
    printf '  containers:\n    - name: web\n      image: %s\n' "${WITH_IMAGE:-$IMAGE}"
    [ -z "$2" ] || sed 's/^/      /' <<<"$2"
}

# create [HOSTCONFIG [FIELDS]]: the body of POST /containers/create, from members of JSON.
create() { printf '{"Image": "%s"%s, "HostConfig": {%s}}\n' "${WITH_IMAGE:-$IMAGE}" "${2:+, $2}" "${1:-}"; }

# inspect [HOSTCONFIG [CONFIG]]: what `docker inspect` prints of a container.
inspect() {
    printf '[{"Id": "%064d", "Name": "/web", "State": {"Running": true}, "Config": {"Image": "%s"%s}, "HostConfig": {%s}, "Mounts": []}]\n' \
        7 "$IMAGE" "${2:+, $2}" "${1:-}"
}

# image [CONFIG]: an image's configuration.
image() { printf '{"os": "linux", "architecture": "amd64", "config": {%s}, "rootfs": {"type": "layers", "diff_ids": []}, "history": []}\n' "$1"; }

# spec CHANGES: a runtime spec that holds a container well, changed by a Python statement over s.
spec() {
    $PYTHON - "$1" <<'END'
import json, sys
kinds = ['pid', 'network', 'ipc', 'uts', 'mount', 'cgroup']
caps = ['CAP_NET_BIND_SERVICE']
s = {
    'ociVersion': '1.1.0',
    'process': {'args': ['/shop'], 'cwd': '/', 'user': {'uid': 10001, 'gid': 10001}, 'noNewPrivileges': True,
                'capabilities': {'bounding': caps, 'effective': caps, 'permitted': caps}},
    'root': {'path': 'rootfs', 'readonly': True},
    'mounts': [{'destination': '/proc', 'type': 'proc', 'source': 'proc', 'options': ['nosuid', 'noexec', 'nodev']}],
    'linux': {'namespaces': [{'type': kind} for kind in kinds],
              'resources': {'memory': {'limit': 268435456}, 'cpu': {'quota': 50000, 'period': 100000}, 'pids': {'limit': 200}},
              'seccomp': {'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [{'names': ['read'], 'action': 'SCMP_ACT_ALLOW'}]},
              'maskedPaths': ['/proc/kcore', '/proc/keys', '/proc/timer_list', '/proc/sched_debug', '/proc/scsi', '/sys/firmware'],
              'readonlyPaths': ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']},
}
def without(kind):
    s['linux']['namespaces'] = [n for n in s['linux']['namespaces'] if n['type'] != kind]
def bind(path):
    s['mounts'].append({'destination': '/data', 'type': 'bind', 'source': path, 'options': ['rbind', 'ro']})
exec(sys.argv[1])
print(json.dumps(s, indent=2))
END
}

# --- privileged --------------------------------------------------------------------------------

P='container-privileged'
service 'privileged: true' | bad $P compose "privileged"
service 'privileged: false' | good $P compose "not privileged"
create '"Privileged": true' | bad $P create "Privileged"
create '"Privileged": false' | good $P create "not Privileged"
create '"privileged": true' | bad $P create "the daemon does not look at the case of a name"
create | good $P create "Docker's default"
pod '' 'securityContext: {privileged: true}' | bad $P manifest "privileged"
pod '' 'securityContext: {privileged: false}' | good $P manifest "not privileged"
# What a YAML 1.2 reader takes for a word, Kubernetes reads as true (go-yaml v2).
for yes in yes Yes on ON True; do
    pod '' "securityContext: {privileged: $yes}" | bad $P manifest "privileged: $yes"
done
pod '' 'securityContext: {privileged: no}' | good $P manifest "privileged: no"
pod '' 'securityContext: {privileged: off}' | good $P manifest "privileged: off"
pod '' 'securityContext: {"privileged": true}' | bad $P manifest "a quoted key"
pod '' 'securityContext: {privileged: "true"}' | refused $P manifest 'privileged: "true"'
inspect '"Privileged": true' | bad $P inspect "Privileged"
inspect '"Privileged": false' | good $P inspect "not Privileged"
service 'privileged: "true"' | bad $P compose 'privileged: "true"'
service 'privileged: "false"' | good $P compose 'privileged: "false"'
spec '
every = ["CAP_" + c for c in "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE".split()]
for name in ("bounding", "effective", "permitted"):
    s["process"]["capabilities"][name] = every
s["linux"]["resources"]["devices"] = [{"allow": True, "access": "rwm"}]
del s["linux"]["seccomp"], s["linux"]["maskedPaths"], s["linux"]["readonlyPaths"]' >"$D/privileged.json"
bad $P oci "every capability and device" <"$D/privileged.json"
spec 'pass' | good $P oci "a held container"

pod '' 'securityContext: &c
  privileged: true' >"$D/anchored"
{ cat "$D/anchored"; printf '    - name: other\n      image: %s\n      securityContext: *c\n' "$IMAGE"; } >"$D/alias"
bad $P manifest "an anchor and its alias" <"$D/alias"
expect_json "$P: manifest: both containers are named" "all(any(name in str(f) for f in d['findings']) for name in ('web', 'other'))"
pod '' 'securityContext:
  <<: {privileged: true}
  readOnlyRootFilesystem: true' | bad $P manifest "a merge key"
pod '' 'securityContext:
  <<: {privileged: true}
  privileged: false' | good $P manifest "a merge key that is overridden"
service 'privileged: &p true' 'labels: {a: b}' | bad $P compose "an anchor"
cat >"$D/extension" <<END
x-base: &base
  privileged: true
services:
  web:
    <<: *base
    image: $IMAGE
END
bad $P compose "a merge key from an extension" <"$D/extension"
sed 's/    image/    privileged: false\n    image/' "$D/extension" | good $P compose "a merge key that is overridden"
cat <<END | bad $P manifest "the template of a Deployment in a list"
apiVersion: v1
kind: List
items:
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - {name: web, image: "$IMAGE", securityContext: {privileged: yes}}
END
cat <<END | bad $P manifest "an init container of a CronJob, in the second document"
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: report}
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          initContainers:
            - {name: setup, image: "$IMAGE", securityContext: {privileged: on}}
          containers:
            - {name: report, image: "$IMAGE"}
END

# --- namespaces of the host --------------------------------------------------------------------

P='host-namespaces'
service 'network_mode: host' | bad $P compose "the network"
service 'pid: host' | bad $P compose "the processes"
service 'ipc: host' | bad $P compose "the memory"
service 'network_mode: none' | good $P compose "no network"
create '"NetworkMode": "host"' | bad $P create "the network"
create '"PidMode": "host"' | bad $P create "the processes"
create '"IpcMode": "host"' | bad $P create "the memory"
create '"NetworkMode": "shop", "PidMode": "", "IpcMode": "private"' | good $P create "its own"
pod 'hostNetwork: true' '' | bad $P manifest "the network"
pod 'hostPID: yes' '' | bad $P manifest "the processes (yes)"
pod 'hostIPC: on' '' | bad $P manifest "the memory (on)"
pod 'hostNetwork: false' '' | good $P manifest "its own"
spec 'without("network")' | bad $P oci "the network"
spec 'without("pid")' | bad $P oci "the processes"
spec 'without("ipc")' | bad $P oci "the memory"
spec 'pass' | good $P oci "its own"

# --- directories of the host -------------------------------------------------------------------

P='host-path-volume'
service 'volumes: ["/etc:/host:ro"]' | bad $P compose "a bind mount, short"
service 'volumes:' '  - {type: bind, source: /etc, target: /host, read_only: true}' | bad $P compose "a bind mount, long"
{ service 'volumes: ["data:/data"]'; printf 'volumes:\n  data:\n'; } | good $P compose "a named volume"
create '"Binds": ["/etc:/host:ro"]' | bad $P create "Binds"
create '"Mounts": [{"Type": "bind", "Source": "/etc", "Target": "/host"}]' | bad $P create "Mounts"
create '"Binds": ["data:/data"], "Mounts": [{"Type": "volume", "Source": "d", "Target": "/d"}]' | good $P create "volumes"
pod 'volumes: [{name: etc, hostPath: {path: /etc}}]' 'volumeMounts: [{name: etc, mountPath: /host}]' | bad $P manifest "hostPath"
pod 'volumes: [{name: data, emptyDir: {}}]' 'volumeMounts: [{name: data, mountPath: /data}]' | good $P manifest "emptyDir"
spec 'bind("/etc")' | bad $P oci "a bind mount"
spec 'pass' | good $P oci "none"

# --- the socket of the engine ------------------------------------------------------------------

P='runtime-socket-mounted'
S=/var/run/docker.sock
service "volumes: [\"$S:$S\"]" | bad $P compose "a bind mount"
service 'volumes: ["/var/run:/host-run:ro"]' | bad $P compose "the directory that holds it"
service 'volumes: ["/srv/data:/data"]' | good $P compose "another directory"
create "\"Binds\": [\"$S:$S\"]" | bad $P create "Binds"
create "\"Mounts\": [{\"Type\": \"bind\", \"Source\": \"/run/containerd/containerd.sock\", \"Target\": \"/c\"}]" | bad $P create "containerd's"
create '"Binds": ["/srv/data:/data"]' | good $P create "another directory"
pod "volumes: [{name: sock, hostPath: {path: $S}}]" 'volumeMounts: [{name: sock, mountPath: /sock}]' | bad $P manifest "hostPath"
pod 'volumes: [{name: data, hostPath: {path: /srv/data}}]' 'volumeMounts: [{name: data, mountPath: /data}]' | good $P manifest "another directory"
spec "bind('$S')" | bad $P oci "a bind mount"
spec 'bind("/srv/data")' | good $P oci "another directory"

# --- capabilities ------------------------------------------------------------------------------

P='capabilities-added'
service 'cap_add: [SYS_ADMIN]' | bad $P compose "SYS_ADMIN"
service 'cap_add: [cap_sys_admin]' | bad $P compose "in lower case and with its prefix"
service 'cap_add: [NET_BIND_SERVICE]' | good $P compose "NET_BIND_SERVICE"
create '"CapAdd": ["SYS_ADMIN"]' | bad $P create "SYS_ADMIN"
create '"CapAdd": ["ALL"]' | bad $P create "ALL"
create '"CapAdd": ["NET_BIND_SERVICE"]' | good $P create "NET_BIND_SERVICE"
pod '' 'securityContext: {capabilities: {add: [SYS_ADMIN]}}' | bad $P manifest "SYS_ADMIN"
pod '' 'securityContext: {capabilities: {add: [NET_BIND_SERVICE]}}' | good $P manifest "NET_BIND_SERVICE"
spec 's["process"]["capabilities"]["bounding"].append("CAP_SYS_ADMIN")' | bad $P oci "SYS_ADMIN"
spec 'pass' | good $P oci "NET_BIND_SERVICE"

# --- root --------------------------------------------------------------------------------------

P='run-as-root-user'
printf 'FROM debian:12.5\nUSER root\n' | bad $P dockerfile "USER root"
printf 'FROM debian:12.5\nUSER 0:0\n' | bad $P dockerfile "USER 0:0"
printf 'FROM debian:12.5\nUSER 10001\nRUN true\nUSER 00\n' | bad $P dockerfile "the last USER is 00"
printf 'FROM debian:12.5 AS base\nUSER root\nFROM base\nRUN true\n' | bad $P dockerfile "of an earlier stage"
printf 'FROM debian:12.5\nARG WHO=root\nUSER $WHO\n' | bad $P dockerfile "from an argument's default"
printf 'FROM debian:12.5\nUSER 10001\n' | good $P dockerfile "USER 10001"
service 'user: "0:0"' | bad $P compose "user 0:0"
service 'user: root' | bad $P compose "user root"
service 'user: "10001"' | good $P compose "user 10001"
create '' '"User": "0"' | bad $P create "User 0"
create '' '"User": "root"' | bad $P create "User root"
create '' '"User": "10001:10001"' | good $P create "User 10001"
inspect '' '"User": ""' | bad $P inspect "no User"
inspect '' '"User": "10001"' | good $P inspect "User 10001"
image '"User": "root:root"' | bad $P image "User root"
image '' | bad $P image "no User"
image '"User": "10001"' | good $P image "User 10001"
pod '' 'securityContext: {runAsUser: 0}' | bad $P manifest "runAsUser 0"
pod 'securityContext: {runAsUser: 0}' '' | bad $P manifest "runAsUser 0 of the pod"
pod '' 'securityContext: {runAsUser: 10001}' | good $P manifest "runAsUser 10001"
spec 's["process"]["user"]["uid"] = 0' | bad $P oci "uid 0"
spec 'pass' | good $P oci "uid 10001"

# --- seccomp -----------------------------------------------------------------------------------

P='seccomp-unconfined'
service 'security_opt: ["seccomp:unconfined"]' | bad $P compose "unconfined"
service 'security_opt: ["seccomp=unconfined"]' | bad $P compose "unconfined, with an equals sign"
service | good $P compose "Docker's default"
create '"SecurityOpt": ["seccomp=unconfined"]' | bad $P create "unconfined"
create '"SecurityOpt": ["no-new-privileges"]' | good $P create "Docker's default"
pod '' 'securityContext: {seccompProfile: {type: Unconfined}}' | bad $P manifest "Unconfined"
pod 'securityContext: {seccompProfile: {type: Unconfined}}' '' | bad $P manifest "Unconfined for the pod"
pod '' 'securityContext: {seccompProfile: {type: RuntimeDefault}}' | good $P manifest "RuntimeDefault"
spec 'del s["linux"]["seccomp"]' | bad $P oci "no profile"
spec 'pass' | good $P oci "a profile"

# --- a writable root ---------------------------------------------------------------------------

P='root-filesystem-writable'
service | bad $P compose "Docker's default"
service 'read_only: true' | good $P compose "read-only"
create | bad $P create "Docker's default"
create '"ReadonlyRootfs": true' | good $P create "read-only"
pod '' '' | bad $P manifest "Kubernetes' default"
pod '' 'securityContext: {readOnlyRootFilesystem: "true"}' | refused $P manifest 'readOnlyRootFilesystem: "true"'
pod '' 'securityContext: {readOnlyRootFilesystem: yes}' | good $P manifest "read-only (yes)"
spec 'del s["root"]["readonly"]' | bad $P oci "writable"
spec 'pass' | good $P oci "read-only"

# --- limits ------------------------------------------------------------------------------------

P='memory-limit-missing'
service | bad $P compose "none"
service 'mem_limit: 256m' | good $P compose "mem_limit"
service 'deploy: {resources: {limits: {memory: 256m}}}' | good $P compose "deploy"
create '"Memory": 0' | bad $P create "none"
create '"Memory": 268435456' | good $P create "Memory"
pod '' '' | bad $P manifest "none"
pod '' 'resources: {limits: {memory: 256Mi}}' | good $P manifest "limits"
spec 'del s["linux"]["resources"]["memory"]' | bad $P oci "none"
spec 'pass' | good $P oci "limit"
P='cpu-limit-missing'
service | bad $P compose "none"
service 'cpus: 0.5' | good $P compose "cpus"
create | bad $P create "none"
create '"NanoCpus": 500000000' | good $P create "NanoCpus"
create '"CpuQuota": 50000, "CpuPeriod": 100000' | good $P create "CpuQuota"
pod '' '' | bad $P manifest "none"
pod '' 'resources: {limits: {cpu: 500m}}' | good $P manifest "limits"
spec 'del s["linux"]["resources"]["cpu"]' | bad $P oci "none"
spec 'pass' | good $P oci "quota"
P='container-pids-limit'
service | bad $P compose "none"
service 'pids_limit: 200' | good $P compose "pids_limit"
create '"PidsLimit": null' | bad $P create "none"
create '"PidsLimit": 200' | good $P create "PidsLimit"
spec 'del s["linux"]["resources"]["pids"]' | bad $P oci "none"
spec 'pass' | good $P oci "limit"

# --- the newest image --------------------------------------------------------------------------

P='image-tag-latest'
printf 'FROM debian\n' | bad $P dockerfile "no tag"
printf 'FROM debian:latest\n' | bad $P dockerfile "latest"
printf 'ARG TAG=latest\nFROM debian:$TAG\n' | bad $P dockerfile "latest, from an argument's default"
printf 'FROM debian:12.5 AS build\nFROM build\n' | good $P dockerfile "a version, and a stage"
printf 'FROM scratch\n' | good $P dockerfile "scratch"
printf 'FROM registry.example:5000/debian@sha256:%064d\n' 0 | good $P dockerfile "a digest"
for image in nginx nginx:latest registry.example:5000/nginx; do
    WITH_IMAGE=$image service | bad $P compose "$image"
    WITH_IMAGE=$image create | bad $P create "$image"
    WITH_IMAGE=$image pod '' '' | bad $P manifest "$image"
done
for image in nginx:1.27.0 registry.example:5000/nginx:1.27.0; do
    WITH_IMAGE=$image service | good $P compose "$image"
    WITH_IMAGE=$image create | good $P create "$image"
    WITH_IMAGE=$image pod '' '' | good $P manifest "$image"
done

# --- nobody answers for a form that has no words ------------------------------------------------

for P in container-privileged host-namespaces host-path-volume capabilities-added seccomp-unconfined root-filesystem-writable memory-limit-missing; do
    printf 'FROM debian:12.5\nUSER 10001\n' | check dockerfile $P
    is "$P: a Dockerfile cannot say it" "$(json "$OUT" "($STATUS)('$P')" 2>&1)" NOT_APPLICABLE
done
printf 'FROM debian:12.5\n' | check dockerfile run-as-root-user
is "run-as-root-user: the base image is not at hand" "$(json "$OUT" "($STATUS)('run-as-root-user')" 2>&1)" NOT_EVALUATED

done_testing
