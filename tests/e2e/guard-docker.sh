#!/bin/bash
# `bulwark guard docker` before a real Docker daemon. Each known way around an authorization plugin
# is sent to two daemons, byte for byte the same: one without a plugin does it, which shows that the
# test is about something; the guarded one refuses. And what people do with Docker all day works.
. "$(dirname "$0")/lib.sh"
is_root || skip_all "a Docker daemon needs root"
need docker dockerd openssl
BUSYBOX=$(command -v busybox) || skip_all "busybox-static is not installed"
ldd "$BUSYBOX" >/dev/null 2>&1 && skip_all "busybox is linked dynamically"
# Docker's discovery looks in fixed places alone: a name of our own keeps out of everybody's way.
PLUGIN=bulwark-test-$$
SPEC=/etc/docker/plugins/$PLUGIN.spec
SOCKET=$WORK/guard.sock
LOG=$WORK/evidence/docker.log
mkdir -p /etc/docker/plugins "$WORK/evidence" "$WORK/policies"
echo "unix://$SOCKET" >"$SPEC"
# The swarm that is tried below leaves a bridge behind.
BRIDGE=/sys/class/net/docker_gwbridge
[ ! -e $BRIDGE ] || BRIDGE=
leave() {
    rm -f "$SPEC"
    stop_containers
    docker -H "unix://$NAKED" swarm leave --force >/dev/null 2>&1
    cleanup
    [ -z "$BRIDGE" ] || ! command -v ip >/dev/null || ip link delete docker_gwbridge 2>/dev/null
}
trap leave EXIT

# --- the guard -----------------------------------------------------------------------------------

# start_guard [OPTION...]
start_guard() {
    "$BULWARK" guard docker --socket "$SOCKET" --docker-host "unix://$WORK/guarded/s" \
        --policy "$WORK/policies" --log "$LOG" "$@" >>"$WORK/guard.err" 2>&1 &
    GUARD=$!
    SERVICE_PIDS+=("$GUARD")
    for _ in $(seq 200); do
        [ -S "$SOCKET" ] && "$TOOLS/docker-raw" "$SOCKET" POST /Plugin.Activate </dev/null \
            >"$WORK/activate" 2>/dev/null && return 0
        kill -0 "$GUARD" 2>/dev/null || break
        sleep 0.05
    done
    diag <"$WORK/guard.err"
    return 1
}

stop_guard() { kill "$GUARD"; wait "$GUARD" 2>/dev/null; }

# said TEXT: waits until the guard has said so on standard error, since the last mark.
mark() { touch "$WORK/guard.err"; MARK=$(wc -l <"$WORK/guard.err"); }
said() {
    for _ in $(seq 100); do
        tail -n +"$((MARK + 1))" "$WORK/guard.err" | grep -qE "$1" && return 0
        sleep 0.05
    done
    return 1
}

# --- requests ------------------------------------------------------------------------------------

NAKED=$WORK/naked/s
GUARDED=$WORK/guarded/s
JSON='Content-Type: application/json'

# send DAEMON [--chunked] METHOD PATH [HEADER...] <BODY: sets $STATUS and $ANSWER.
send() {
    local daemon=$1 how=()
    shift
    [ "$1" != --chunked ] || { how=(--chunked); shift; }
    ANSWER=$("$TOOLS/docker-raw" "${how[@]}" "$daemon" "$@")
    STATUS=${ANSWER%% *}
}

# bypass NAME [--chunked] METHOD PATH [HEADER...] <BODY: done without a plugin, denied with one.
bypass() {
    local name=$1
    shift
    cat >"$WORK/body"
    send "$NAKED" "$@" <"$WORK/body"
    if [[ $ANSWER = 400*"client version"*"too old"* ]]; then
        skip "$name" "this daemon does not speak that version"
        return
    fi
    if [[ $STATUS != 2?? && $STATUS != 101 ]]; then
        not_ok "$name: done without a plugin" "$ANSWER"
        return
    fi
    send "$GUARDED" "$@" <"$WORK/body"
    if [[ $STATUS = 403 && $ANSWER = *"authorization denied by plugin $PLUGIN"* ]]; then
        ok "$name"
    else
        not_ok "$name: denied" "$ANSWER"
    fi
}

# Nothing hangs for ever; what a function starts sees to that itself.
limited() { if declare -F "$1" >/dev/null; then "$@"; else timeout 60 "$@"; fi; }

# refused NAME COMMAND...: denied by the plugin; $WORK/said has the words.
refused() {
    local name=$1
    shift
    if limited "$@" >"$WORK/said" 2>&1 || ! grep -q "denied by plugin $PLUGIN" "$WORK/said"; then
        not_ok "$name" "$(cat "$WORK/said")"
    else
        ok "$name"
    fi
}

# works NAME COMMAND...: $WORK/said has what it printed.
works() {
    local name=$1
    shift
    if limited "$@" >"$WORK/said" 2>&1; then ok "$name"; else not_ok "$name" "$(cat "$WORK/said")"; fi
}

# prints NAME WANTED COMMAND...
prints() {
    local name=$1 wanted=$2
    shift 2
    is "$name" "$(limited "$@" 2>&1)" "$wanted"
}

stop_containers() {
    local daemon
    for daemon in "$NAKED" "$GUARDED"; do
        [ -S "$daemon" ] || continue
        docker -H "unix://$daemon" ps -q | xargs -r timeout 20 docker -H "unix://$daemon" kill
    done >/dev/null 2>&1
}

# --- two daemons, of one image, one volume of all of the host and one container that mounts it ---

mkdir -p "$WORK/box/bin" "$WORK/box/www" "$WORK/box/tmp"
cp "$BUSYBOX" "$WORK/box/bin/busybox"
for tool in sh sleep ls cat echo true wget httpd touch id; do ln -s busybox "$WORK/box/bin/$tool"; done
echo hello >"$WORK/box/www/index.html"
tar -cf "$WORK/box.tar" -C "$WORK/box" .

furnish() {
    docker import --change 'CMD ["true"]' "$WORK/box.tar" test/box:1 >/dev/null
    docker volume create --opt type=none --opt o=bind --opt device=/ whole-host >/dev/null
    docker create --name lender --network none -v /:/host test/box:1 sleep 600 >/dev/null
    docker create --name peeker --network none --pid host test/box:1 sleep 600 >/dev/null
    docker create --name victim --network none test/box:1 sleep 600 >/dev/null
    docker run -d --name runner --network none test/box:1 sleep 600 >/dev/null
}

certificates() {
    local who
    mkdir "$1"
    cd "$1" || return 1
    openssl req -x509 -newkey rsa:2048 -nodes -keyout ca-key.pem -out ca.pem -days 2 \
        -subj /CN=test-ca || return 1
    for who in server alice mallory; do
        openssl req -newkey rsa:2048 -nodes -keyout $who-key.pem -out $who.csr -subj /CN=$who &&
            openssl x509 -req -in $who.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 2 \
                -extfile <(echo 'subjectAltName=IP:127.0.0.1') -out $who.pem || return 1
    done
}
(certificates "$WORK/tls") >"$WORK/tls.log" 2>&1 || not_ok "certificates" "$(cat "$WORK/tls.log")"
PORT=$((20000 + RANDOM % 20000))

start_dockerd naked || skip_all "$DOCKER_REASON"
furnish
cat >"$WORK/policies/users.yaml" <<'END'
# Who has a certificate, and is not alice, may not exec. Who comes by the Unix socket has no name.
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: exec-by-alice
  annotations:
    bulwark.dev/title: exec is for alice
    bulwark.dev/severity: high
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules:
    - apiGroups: [bulwark.dev]
      apiVersions: [v1]
      operations: [CREATE]
      resources: [dockerrequests]
  matchConditions:
  - name: exec
    expression: object.route == 'exec/create'
  validations:
  - expression: request.userInfo.username in ['', 'alice'] || 'exec' in request.userInfo.groups
    messageExpression: "'exec is not for ' + request.userInfo.username"
END
mark
start_guard --warn-only || { not_ok "the guard starts"; done_testing; }
is "it says what it is for" "$(cat "$WORK/activate")" '200 {"Implements":["authz"]}'
holds "it says where it listens" said "listening on $SOCKET"
holds "and how many policies it has" said "[0-9]+ policies are in force"
start_dockerd guarded --authorization-plugin "$PLUGIN" --host "tcp://127.0.0.1:$PORT" --tlsverify \
    --tlscacert "$WORK/tls/ca.pem" --tlscert "$WORK/tls/server.pem" \
    --tlskey "$WORK/tls/server-key.pem" || { not_ok "a guarded daemon" "$DOCKER_REASON"; done_testing; }
works "with --warn-only what would be denied is done" furnish
is "a volume of all of the host is there" \
    "$(docker volume inspect -f '{{.Options.device}}' whole-host)" /
holds "and it was recorded as a warning" grep -q '"weight":"warn"' "$LOG"
stop_guard
start_guard || { not_ok "the guard starts again"; done_testing; }

# --- known ways around ----------------------------------------------------------------------------

bypass "privileged" POST /v1.41/containers/create "$JSON" \
    <<<'{"Image":"test/box:1","HostConfig":{"Privileged":true}}'
bypass "keys in lower case" POST /v1.41/containers/create "$JSON" \
    <<<'{"image":"test/box:1","hostconfig":{"privileged":true}}'
bypass "a key that folds only in Unicode" POST /v1.41/containers/create "$JSON" \
    <<<'{"Image":"test/box:1","Ho\u017ftConfig":{"Privileged":true}}'
bypass "the same as bytes" POST /v1.41/containers/create "$JSON" \
    <<<'{"Image":"test/box:1","HoſtConfig":{"Privileged":true}}'
bypass "duplicate keys that are merged" POST /v1.41/containers/create "$JSON" \
    <<<'{"Image":"test/box:1","hostconfig":{"Privileged":true},"HostConfig":{"Init":true}}'
bypass "duplicate keys of which the last one counts" POST /v1.41/containers/create "$JSON" \
    <<<'{"Image":"test/box:1","HostConfig":{"Privileged":false,"privileged":true}}'
for type in 'Application/JSON' 'application/json; charset=utf-8' 'APPLICATION/JSON;a=b' \
    ' application/json ' 'application/json;'; do
    bypass "content type '$type'" POST /v1.41/containers/create "Content-Type:$type" \
        <<<'{"Image":"test/box:1","HostConfig":{"Privileged":true}}'
done
bypass "two content types" POST /v1.41/containers/create "$JSON" 'Content-Type: text/plain' \
    <<<'{"Image":"test/box:1","HostConfig":{"Privileged":true}}'
bypass "an encoded path" POST /v1.41/containers/%63reate "$JSON" \
    <<<'{"Image":"test/box:1","HostConfig":{"Privileged":true}}'
bypass "an odd version" POST /v1.41.0/containers/create "$JSON" \
    <<<'{"Image":"test/box:1","HostConfig":{"Privileged":true}}'
bypass "no version" POST /containers/create "$JSON" \
    <<<'{"Image":"test/box:1","HostConfig":{"Privileged":true}}'
bypass "an old version" POST /v1.18/containers/create "$JSON" \
    <<<'{"Image":"test/box:1","HostConfig":{"Privileged":true}}'
bypass "an encoded slash" POST /v1.41%2Fcontainers%2Fcreate "$JSON" \
    <<<'{"Image":"test/box:1","HostConfig":{"Privileged":true}}'
bypass "a URI with a host" POST http://elsewhere/v1.41/containers/create "$JSON" \
    <<<'{"Image":"test/box:1","HostConfig":{"Privileged":true}}'
bypass "what is HostConfig's, beside it" POST /v1.41/containers/create "$JSON" \
    <<<'{"Image":"test/box:1","Privileged":true}'
bypass "two lists, whose elements are mixed" POST /v1.41/containers/create "$JSON" \
    <<<'{"Image":"test/box:1","HostConfig":{"Binds":["/:/host"],"binds":[null]}}'
bypass "start with a body, under an old version" POST /v1.22/containers/victim/start "$JSON" \
    <<<'{"Binds":["/:/host"],"NetworkMode":"none"}'
bypass "a chunked body" --chunked POST /v1.41/containers/create "$JSON" \
    <<<'{"Image":"test/box:1","HostConfig":{"Privileged":true}}'
bypass "a body that the plugin is not shown" POST /v1.41/containers/create "$JSON" \
    < <(printf '{"Image":"test/box:1","Env":["A=%01100000d"],"HostConfig":{"Privileged":true}}' 0)
bypass "the same in chunks" --chunked POST /v1.41/containers/create "$JSON" \
    < <(printf '{"Image":"test/box:1","Env":["A=%01100000d"],"HostConfig":{"Privileged":true}}' 0)
bypass "the host as a bind mount" POST /v1.41/containers/create "$JSON" \
    <<<'{"Image":"test/box:1","HostConfig":{"Binds":["/:/host"]}}'
bypass "the host as a mount" POST /v1.41/containers/create "$JSON" \
    <<<'{"Image":"test/box:1","HostConfig":{"Mounts":[{"Type":"bind","Source":"/","Target":"/host"}]}}'
bypass "the daemon's socket" POST /v1.41/containers/create "$JSON" \
    <<<"{\"Image\":\"test/box:1\",\"HostConfig\":{\"Binds\":[\"$NAKED:/s\"]}}"
ln -s / "$WORK/harmless"
bypass "the host through a symbolic link" POST /v1.41/containers/create "$JSON" \
    <<<"{\"Image\":\"test/box:1\",\"HostConfig\":{\"Binds\":[\"$WORK/harmless:/data\"]}}"
bypass "a volume that is all of the host" POST /v1.41/containers/create "$JSON" \
    <<<'{"Image":"test/box:1","HostConfig":{"Binds":["whole-host:/data"]}}'
bypass "the same as a mount" POST /v1.41/containers/create "$JSON" \
    <<<'{"Image":"test/box:1","HostConfig":{"Mounts":[{"Type":"volume","Source":"whole-host","Target":"/data"}]}}'
bypass "a volume's driver options within a mount" POST /v1.41/containers/create "$JSON" \
    <<<'{"Image":"test/box:1","HostConfig":{"Mounts":[{"Type":"volume","Source":"new","Target":"/data",
        "VolumeOptions":{"DriverConfig":{"Name":"local","Options":{"type":"none","o":"bind","device":"/"}}}}]}}'
bypass "a volume that is the kernel's" POST /v1.41/containers/create "$JSON" \
    <<<'{"Image":"test/box:1","HostConfig":{"Mounts":[{"Type":"volume","Source":"proc","Target":"/data",
        "VolumeOptions":{"DriverConfig":{"Options":{"type":"proc","device":"proc"}}}}]}}'
bypass "a volume made of a directory" POST /v1.41/volumes/create "$JSON" \
    <<<'{"Name":"etc","DriverOpts":{"type":"none","o":"bind","device":"/etc"}}'
bypass "an overlay of directories of the host" POST /v1.41/volumes/create "$JSON" \
    <<<'{"Name":"layers","DriverOpts":{"type":"overlay","device":"overlay","o":"lowerdir+=/etc,lowerdir+=/root"}}'
bypass "the volumes of a container with all of the host" POST /v1.41/containers/create "$JSON" \
    <<<'{"Image":"test/box:1","HostConfig":{"VolumesFrom":["lender"]}}'
bypass "host network" POST /v1.41/containers/create "$JSON" \
    <<<'{"Image":"test/box:1","HostConfig":{"NetworkMode":"host"}}'
bypass "host processes" POST /v1.41/containers/create "$JSON" \
    <<<'{"Image":"test/box:1","HostConfig":{"PidMode":"host"}}'
bypass "host processes, by way of a container" POST /v1.41/containers/create "$JSON" \
    <<<'{"Image":"test/box:1","HostConfig":{"PidMode":"container:peeker"}}'
bypass "host IPC" POST /v1.41/containers/create "$JSON" \
    <<<'{"Image":"test/box:1","HostConfig":{"IpcMode":"host"}}'
bypass "another runtime" POST /v1.41/containers/create "$JSON" \
    <<<'{"Image":"test/box:1","HostConfig":{"Runtime":"io.containerd.runc.v2"}}'
bypass "a start of what was made before the guard" POST /v1.41/containers/lender/start </dev/null
# Between the guard's answer and the start another container could take the name that was judged.
bypass "the name of a container made before the guard" \
    POST '/v1.41/containers/peeker/rename?name=another' </dev/null
HEX=$(docker -H "unix://$GUARDED" inspect -f '{{slice .Id 0 12}}' peeker)
docker -H "unix://$NAKED" create --name "$HEX" --network none test/box:1 true >/dev/null
docker -H "unix://$GUARDED" create --name "$HEX" --network none test/box:1 true >/dev/null
bypass "a name that is the beginning of another's id" POST "/v1.41/containers/$HEX/start" </dev/null
docker -H "unix://$GUARDED" rm "$HEX" >/dev/null
bypass "a device" POST /v1.41/containers/create "$JSON" \
    <<<'{"Image":"test/box:1","HostConfig":{"Devices":[{"PathOnHost":"/dev/mem","PathInContainer":"/dev/x","CgroupPermissions":"rwm"}]}}'
bypass "no seccomp" POST /v1.41/containers/create "$JSON" \
    <<<'{"Image":"test/box:1","HostConfig":{"SecurityOpt":["seccomp=unconfined"]}}'
bypass "seccomp that allows what it does not name" POST /v1.41/containers/create "$JSON" \
    <<<'{"Image":"test/box:1","HostConfig":{"SecurityOpt":["seccomp= {\"defaultAction\":\"SCMP_ACT_ALLOW\"}"]}}'
bypass "no SELinux" POST /v1.41/containers/create "$JSON" \
    <<<'{"Image":"test/box:1","HostConfig":{"SecurityOpt":["disable"]}}'
bypass "a list of paths that covers less" POST /v1.41/containers/create "$JSON" \
    <<<'{"Image":"test/box:1","HostConfig":{"ReadonlyPaths":["/proc/bus"]}}'
bypass "another runtime than the default" POST /v1.41/containers/create "$JSON" \
    <<<'{"Image":"test/box:1","HostConfig":{"Runtime":"runc"}}'
bypass "a capability" POST /v1.41/containers/create "$JSON" \
    <<<'{"Image":"test/box:1","HostConfig":{"CapAdd":["SYS_ADMIN"]}}'
bypass "exec, privileged" POST /v1.41/containers/runner/exec "$JSON" \
    <<<'{"Cmd":["true"],"Privileged":true}'
bypass "exec, privileged, in lower case" POST /v1.41/containers/runner/exec "$JSON" \
    <<<'{"cmd":["true"],"privileged":true}'
mkdir -p "$WORK/plugin/rootfs"
cat >"$WORK/plugin/config.json" <<'END'
{"description":"", "documentation":"", "entrypoint":["/x"], "network":{"type":"host"},
 "interface":{"types":["docker.volumedriver/1.0"], "socket":"x.sock"},
 "linux":{"capabilities":["CAP_SYS_ADMIN"], "allowAllDevices":true}}
END
tar -cf "$WORK/plugin.tar" -C "$WORK/plugin" .
bypass "a plugin of one's own" POST '/v1.41/plugins/create?name=mine' \
    'Content-Type: application/x-tar' <"$WORK/plugin.tar"
bypass "a plugin is taken away" DELETE /v1.41/plugins/mine </dev/null
mkdir "$WORK/context"
echo 'FROM test/box:1' >"$WORK/context/Dockerfile"
tar -cf "$WORK/context.tar" -C "$WORK/context" .
bypass "a build in the host's network" POST '/v1.41/build?networkmode=host' \
    'Content-Type: application/x-tar' <"$WORK/context.tar"
LINK=$(find /sys/class/net -mindepth 1 -maxdepth 1 -printf '%f\n' | grep -vxE 'lo|br-.*|veth.*' | head -n 1)
if [ -n "$LINK" ]; then
    bypass "a network on the host's own link" POST /v1.41/networks/create "$JSON" \
        <<<"{\"Name\":\"wire\",\"Driver\":\"macvlan\",\"Options\":{\"parent\":\"$LINK\"}}"
else
    skip "a network on the host's own link" "the host has none"
fi
bypass "a swarm" POST /v1.41/swarm/init "$JSON" \
    <<<'{"ListenAddr":"127.0.0.1:'$((PORT + 1))'","AdvertiseAddr":"127.0.0.1"}'
bypass "the tokens of a swarm" GET /v1.41/swarm </dev/null
bypass "a service with all of the host" POST /v1.41/services/create "$JSON" \
    <<<'{"Name":"svc","Mode":{"Replicated":{"Replicas":0}},"TaskTemplate":{"ContainerSpec":{"Image":"test/box:1",
        "Mounts":[{"Type":"bind","Source":"/","Target":"/host"}]}}}'
# What the daemon would take in no case, and no plugin may let pass either.
for body in '{"Image":"test/box:1"}{"HostConfig":{}}' '[]' '' 'null' '{"HostConfig":'; do
    send "$GUARDED" POST /v1.41/containers/create "$JSON" <<<"$body"
    holds "a body that is not one: '$body'" [ "$STATUS" = 403 -o "$STATUS" = 400 ]
done
refused "a refusal comes to the person" docker run --rm --privileged --network none test/box:1 true
holds "with the policy's id" grep -q 'container-privileged' "$WORK/said"
is "nothing of all this was made" "$(docker ps -aq | wc -l)" 4

# --- ordinary use ---------------------------------------------------------------------------------

export DOCKER_HOST=unix://$GUARDED
prints "run" hello docker run --rm --network none test/box:1 echo hello
prints "exec" hello docker exec runner echo hello
works "logs" docker logs runner
works "cp into a container" docker cp "$WORK/box.tar" runner:/tmp/box.tar
works "cp out of a container" docker cp runner:/tmp/box.tar "$WORK/back.tar"
same "and it is the same" "$WORK/box.tar" "$WORK/back.tar"
mkdir "$WORK/build"
printf 'FROM test/box:1\nRUN echo built >/built\nCMD ["cat", "/built"]\n' >"$WORK/build/Dockerfile"
DOCKER_BUILDKIT=0 works "build" docker build --network none -t test/built:1 "$WORK/build"
prints "run what was built" built docker run --rm --network none test/built:1
works "commit" docker commit runner test/committed:1
works "save" docker save -o "$WORK/saved.tar" test/committed:1
works "rmi" docker rmi test/committed:1
works "load" docker load -i "$WORK/saved.tar"
works "tag" docker tag test/committed:1 test/other:1
works "images" docker images
works "volume create" docker volume create data
prints "a volume" kept docker run --rm --network none -v data:/data test/box:1 \
    sh -c 'echo kept >/data/x && cat /data/x'
works "volume rm" docker volume rm data
works "tmpfs" docker run --rm --network none --tmpfs /scratch test/box:1 touch /scratch/x
works "limits" docker run --rm --network none -m 64m --pids-limit 50 --cpus 1 test/box:1 true
works "hardened" docker run --rm --network none --read-only --cap-drop ALL \
    --security-opt no-new-privileges --user 1000:1000 test/box:1 id
works "network create" docker network create shelf
docker network create wall >/dev/null
works "create on a network" docker create --name shelved --network shelf test/box:1
works "network connect" docker network connect wall shelved
works "network disconnect" docker network disconnect wall shelved
works "rm -f" docker rm -f shelved
works "network rm" docker network rm shelf wall
works "stats" docker stats --no-stream runner
works "top" docker top runner
works "events" docker events --since 1m --until 0s
works "inspect" docker inspect runner
works "diff" docker diff runner
works "export" docker export -o "$WORK/export.tar" runner
works "pause" docker pause runner
works "unpause" docker unpause runner
works "rename" docker rename runner runner2
works "update" docker update --memory 64m --memory-swap 64m runner2
works "restart" docker restart -t 0 runner2
works "stop" docker stop -t 0 runner2
works "rm" docker rm runner2
works "prune" docker container prune -f --filter label=none
works "info" docker info
works "system df" docker system df

if command -v docker-compose >/dev/null; then
    mkdir "$WORK/shop"
    cat >"$WORK/shop/docker-compose.yml" <<'END'
version: "2.4"
services:
  web:
    image: test/box:1
    command: ["httpd", "-f", "-p", "8080", "-h", "/www"]
    healthcheck:
      test: ["CMD", "wget", "-q", "-O", "/tmp/x", "http://127.0.0.1:8080/"]
      interval: 1s
      timeout: 2s
      retries: 20
    volumes: ["data:/data"]
  client:
    image: test/box:1
    container_name: shop-client
    command: ["sh", "-c", "wget -q -O - http://web:8080/ && sleep 600"]
    depends_on:
      web: {condition: service_healthy}
volumes:
  data: {}
END
    COMPOSE=(docker-compose -p shop -f "$WORK/shop/docker-compose.yml")
    works "compose up, one service healthy before the other starts" \
        "${COMPOSE[@]}" up -d
    for _ in $(seq 50); do
        docker logs shop-client 2>/dev/null | grep -q hello && break
        sleep 0.1
    done
    prints "the services speak with each other" hello docker logs shop-client
    works "compose ps" "${COMPOSE[@]}" ps
    works "compose down" "${COMPOSE[@]}" down -v -t 0
else
    skip "compose" "docker-compose is not installed"
fi

# BuildKit: what is built passes by a plugin unseen, so that it is allowed or refused as a whole.
BUILDKIT=(env DOCKER_BUILDKIT=1 /usr/bin/docker build --network none -t test/buildkit:1 "$WORK/build")
if DOCKER_HOST=unix://$NAKED "${BUILDKIT[@]}" >"$WORK/said" 2>&1; then
    BUILDKIT_RUNS=yes
    works "BuildKit" "${BUILDKIT[@]}"
    prints "run what BuildKit built" built docker run --rm --network none test/buildkit:1
else
    skip "BuildKit" "it does not run here: $(tail -1 "$WORK/said")"
fi

# --- systemd --------------------------------------------------------------------------------------

if command -v systemd-analyze >/dev/null; then
    mkdir "$WORK/units"
    cp "$ROOT/packaging/systemd/bulwark-docker.socket" "$WORK/units/"
    for unit in bulwark-docker.service bulwark-kubernetes.service; do
        sed "s,@BINDIR@/bulwark,$BULWARK," "$ROOT/packaging/systemd/$unit.in" >"$WORK/units/$unit"
    done
    (cd "$WORK/units" && systemd-analyze verify --man=no ./*.socket ./*.service) >"$WORK/said" 2>&1
    is "systemd has nothing to say against the units" "$(grep bulwark "$WORK/said")" ""
else
    skip "systemd's word on the units" "systemd-analyze is not installed"
fi
if command -v systemd-socket-activate >/dev/null; then
    systemd-socket-activate -l "$WORK/handed.sock" "$BULWARK" guard docker -q \
        --docker-host "unix://$GUARDED" 2>"$WORK/handed.err" &
    SERVICE_PIDS+=($!)
    for _ in $(seq 100); do [ -S "$WORK/handed.sock" ] && break; sleep 0.05; done
    is "a socket that systemd holds is taken" \
        "$("$TOOLS/docker-raw" "$WORK/handed.sock" POST /Plugin.Activate </dev/null)" \
        '200 {"Implements":["authz"]}'
    kill $! && wait $! 2>/dev/null
    holds "and is left to it" [ -S "$WORK/handed.sock" ]
else
    skip "a socket that systemd holds" "systemd-socket-activate is not installed"
fi

# --- users ----------------------------------------------------------------------------------------

docker run -d --name runner3 --network none test/box:1 sleep 600 >/dev/null
by() {
    local who=$1
    shift
    timeout 60 docker -H "tcp://127.0.0.1:$PORT" --tlsverify --tlscacert "$WORK/tls/ca.pem" \
        --tlscert "$WORK/tls/$who.pem" --tlskey "$WORK/tls/$who-key.pem" "$@"
}
prints "alice may exec" hello by alice exec runner3 echo hello
refused "mallory may not" by mallory exec runner3 echo hello
holds "and is told so" grep -q 'exec is not for mallory' "$WORK/said"
works "mallory may look" by mallory ps
holds "the log has the users' names" grep -q '"user":"mallory"' "$LOG"

stop_guard
cat >"$WORK/config.yaml" <<'END'
profiles: [baseline]
userGroups:
  mallory: [exec]
exceptions:
  - id: [container-privileged, apparmor-unconfined, seccomp-unconfined]
    names: [tolerated]
    reason: the test wants one
    owner: test
    expires: 2999-12-31
END
start_guard --config "$WORK/config.yaml" --log-reads --runtime-gate yes || not_ok "the guard starts with a configuration"
prints "in a group that may, mallory may" hello by mallory exec runner3 echo hello
works "what an exception is for is done" docker create --privileged --network none --name tolerated test/box:1
holds "with its reason in the log" grep -q '"exception":"the test wants one' "$LOG"
works "and may be looked at" docker inspect tolerated
works "what a runtime gate mends is let through to it" \
    docker create --network none --security-opt seccomp=unconfined test/box:1
refused "what it does not is not" docker create --network none --cap-add SYS_ADMIN test/box:1
refused "and nothing else is" docker create --privileged --network none --name tolerated2 test/box:1
holds "reading is recorded where it is wanted" grep -q '"method":"GET"' "$LOG"
if [ -n "${BUILDKIT_RUNS:-}" ]; then
    stop_guard
    start_guard --profile restricted || not_ok "the guard starts with another profile"
    "${BUILDKIT[@]}" >"$WORK/said" 2>&1
    holds "BuildKit is refused as a whole where that is wanted" grep -q 'received 403' "$WORK/said"
    # The client keeps the reason to itself.
    send "$GUARDED" POST /v1.41/session 'Connection: Upgrade' 'Upgrade: h2c' </dev/null
    holds "with the way out" grep -q "^403.*docker-buildkit-refused" <<<"$ANSWER"
fi
stop_guard
start_guard --no-library || not_ok "the guard starts without the library"
send "$GUARDED" POST /v1.41/containers/create "$JSON" \
    < <(printf '{"Image":"test/box:1","Env":["A=%01100000d"]}' 0)
holds "what nobody was shown is refused without the library, too" [ "$STATUS" = 403 ]
works "and its policies are gone" docker create --network none --pid host test/box:1
stop_guard
start_guard || not_ok "the guard starts again"

# --- reload ---------------------------------------------------------------------------------------

no_names() {
    sed -e 's/exec-by-alice/no-names/' -e "s/object.route == 'exec.create'/object.route == 'containers\/rename'/" \
        -e "s/- expression: request.*/- expression: \"false\"/" -e "s/messageExpression:.*/message: names stay/" \
        "$WORK/policies/users.yaml"
}
works "a rename is allowed" docker rename runner3 runner4
mark
no_names >"$WORK/policies/names.yaml"
kill -HUP "$GUARD"
holds "SIGHUP loads anew" said 'policies'
refused "and a rename is not any more" docker rename runner4 runner3
mark
sed -e 's/exec-by-alice/broken/' -e 's/- expression: request/- expression: no.such.thing + request/' \
    "$WORK/policies/users.yaml" >"$WORK/policies/broken.yaml"
kill -HUP "$GUARD"
holds "a policy that does not load is told" said 'broken.yaml'
refused "the old policies stay in force" docker rename runner4 runner3
works "for what they allow, too" docker exec runner4 true
mark
rm "$WORK/policies/broken.yaml" "$WORK/policies/names.yaml"
kill -HUP "$GUARD"
holds "mended, they load" said 'policies'
works "and a rename is allowed again" docker rename runner4 runner3

# --- the end of processes ---------------------------------------------------------------------------

# The processes below the guard, the youngest first.
children_of() { pgrep -P "$1" | while read -r pid; do children_of "$pid"; echo "$pid"; done; }
for round in 1 2 3; do
    children_of "$GUARD" | head -n 1 | xargs -r kill -9
    sleep 0.2 # a question under way would be asked again without its body, and refused
    prints "a server that is killed is replaced ($round)" hello docker run --rm --network none test/box:1 echo hello
done
refused "and its successor refuses" docker run --rm --privileged --network none test/box:1 true
CHILDREN=$(children_of "$GUARD")
kill -9 "$GUARD"
wait "$GUARD" 2>/dev/null
for _ in $(seq 50); do
    # shellcheck disable=SC2086 # they are words
    kill -0 $CHILDREN 2>/dev/null || break
    sleep 0.1
done
# shellcheck disable=SC2086
holds "without its supervisor no server goes on" [ -z "$(ps -o pid= -p ${CHILDREN//$'\n'/,} 2>/dev/null)" ]
# The daemon tries for half a minute before it gives up: meanwhile nothing passes.
(timeout 60 docker create --network none test/box:1 true >"$WORK/down" 2>&1; echo "$?" >"$WORK/down.rc") &
DOWN=$!
sleep 2
holds "nothing passes while the guard is down" [ ! -e "$WORK/down.rc" ]
start_guard || not_ok "the guard starts after a kill"
wait "$DOWN"
is "a request that waited is decided once the guard is back" "$(cat "$WORK/down.rc")" 0
works "and all goes on" docker ps
stop_guard
"$TOOLS/docker-raw" "$GUARDED" POST /v1.41/containers/create "$JSON" \
    <<<'{"Image":"test/box:1"}' >"$WORK/refused" 2>&1 &
REFUSED=$!

# --- the log ----------------------------------------------------------------------------------------

run guard log "$LOG"
expect "the log verifies" 0
sed '3s/"verdict":"[a-z]*"/"verdict":"allow "/' "$LOG" >"$WORK/forged.log"
run guard log "$WORK/forged.log"
expect "a line that was changed shows" 1

wait "$REFUSED"
holds "a daemon without its guard refuses in the end" grep -q "^500.*plugin $PLUGIN failed" "$WORK/refused"
mkdir "$WORK/small"
if mount -t tmpfs -o size=256k tmpfs "$WORK/small"; then
    chmod 755 "$WORK/small"
    mkdir "$WORK/small/log"
    LOG=$WORK/small/log/docker.log
    start_guard --log-required || not_ok "the guard starts with a log that is required"
    prints "while there is room" hello docker run --rm --network none test/box:1 echo hello
    cat /dev/zero >"$WORK/small/full" 2>/dev/null
    # What is left of the last page takes a few records.
    for _ in $(seq 30); do
        docker create --network none test/box:1 true >/dev/null 2>&1 || break
    done
    refused "a full disk" docker create --network none test/box:1 true
    holds "is the reason" grep -qiE 'log|space' "$WORK/said"
    rm "$WORK/small/full"
    works "until there is room again" docker create --network none test/box:1 true
    run guard log "$LOG"
    expect "and the log verifies" 0
else
    skip "a full disk" "no tmpfs can be mounted"
    start_guard # the containers that are left would not be stopped without
fi

done_testing
