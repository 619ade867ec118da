#!/bin/bash
# bulwark run and bulwark network: what a real dockerd and Podman make of them, and what the kernel
# then refuses to a real program.
. "$(dirname "$0")/lib.sh"
unset CONTAINERS_CONF CONTAINERS_STORAGE_CONF XDG_RUNTIME_DIR
DENIED='operation not permitted'

# line NAME REGEX: the last run printed a line like it on standard output.
line() {
    if grep -qiE -- "$2" "$OUT"; then ok "$1"; else not_ok "$1: /$2/" "$(told)"; fi
}

# --- without an engine ---

# The program, where neither docker nor podman is found, in a directory that no policy knows.
alone() {
    env -C "$WORK" PATH="$WORK/nothing" "$BULWARK" "$@" >"$OUT" 2>"$ERR"
    # shellcheck disable=SC2034 # for lib.sh
    RC=$? COMMAND="bulwark $*"
}

alone run --explain --user 1000 -p 8080:80 -v ./data:/data shop/web:1 serve "--port=80"
expect "explained without an engine" 0
line "the engine" '^docker run$'
line "a flag" '^  --cap-drop ALL$'
line "what was made stricter" "^  --publish 127\.0\.0\.1:8080:80$"
line "a path of the host" "^  --volume $WORK/data:/data:ro$"
line "the image and the command" '^  shop/web:1 serve --port=80$'
line "says that no engine answers" 'no engine answers'
line "each flag says what it is good for" 'powers of root are gone'
# shellcheck disable=SC2016 # a shell in the container expands it
alone run --dry-run --user 1000 -it -e 'A=b c' shop/web:1 sh -c 'echo $HOME'
expect "a command without an engine" 0
line "flags in one word, quoted for a shell" \
    "^docker run .*--interactive --tty --env 'A=b c' shop/web:1 sh -c 'echo .HOME'\$"
line "the network is made before" '^docker network create .*enable_icc=false.* bulwark$'
alone run --dry-run --engine podman --user 1000 shop/web:1
line "of Podman" '^podman run '
alone run shop/web:1
expect "no engine to start with" 2
says "says what is missing" 'no container engine answers'
alone run
expect "no image" 2
alone run --privileged shop/web:1
expect "an option that is none of ours" 2
says "says where it can be added" '--dry-run'
alone run --allow rot shop/web:1
expect "a point that is none" 2
says "names those that are" 'writable-root'
alone run --dry-run --user 0 --allow root,writable-root,capabilities,new-privileges,engine-seccomp,unlimited,host-paths \
    shop/web:1
expect "everything that can be allowed" 0
says "each is told" 'loosened: host-paths'
for profile in restricted cis-docker; do
    alone run --dry-run --user 1000:1000 --profile "$profile" registry.example/shop/web:1.4.2
    expect "the defaults pass the profile $profile" 0
done
alone run --dry-run --user 0 shop/web:1
expect "root by name" 2
says "says what to allow" 'allow root'
alone run --explain --user 1000 -v /var/run/docker.sock:/s shop/web:1
expect "what is denied is told" 1
line "the socket of the engine" '\[runtime-socket-mounted\]'
alone run --seccomp-profile
expect "the seccomp profile" 0
same "is the one that is installed" "$ROOT/packaging/seccomp/bulwark.json" "$OUT"
alone network create --explain --internal shop
expect "a network explained" 0
line "without traffic between containers" 'enable_icc=false'
alone network create
expect "a network without a name" 2

if command -v apparmor_parser >/dev/null; then
    holds "the AppArmor profile can be read" \
        apparmor_parser --skip-kernel-load --skip-cache "$ROOT/packaging/apparmor/bulwark-default"
else
    skip "the AppArmor profile" "apparmor_parser is not installed"
fi

# --- images ---

is_root || { skip "with an engine" "engines need root"; done_testing; }
command -v gcc >/dev/null || { skip "with an engine" "gcc is not installed"; done_testing; }
mkdir -p "$WORK/root/tmp" "$WORK/root/run" "$WORK/root/data"
chmod 1777 "$WORK/root/tmp" "$WORK/root/data"
gcc -static -O1 -o "$WORK/root/probe" "$ROOT/tests/e2e/run-probe.c" 2>"$WORK/gcc" ||
    { skip "with an engine" "no static program can be made: $(head -1 "$WORK/gcc")"; done_testing; }
BUSYBOX=$(command -v busybox)
if [ -n "$BUSYBOX" ] && ! ldd "$BUSYBOX" >/dev/null 2>&1; then
    mkdir -p "$WORK/root/bin"
    cp "$BUSYBOX" "$WORK/root/bin/busybox"
    for name in sh id touch cat sleep grep; do ln -s busybox "$WORK/root/bin/$name"; done
else
    skip "with an engine" "there is no static busybox"
    done_testing
fi
tar -C "$WORK/root" -c . >"$WORK/image.tar"

# common ENGINE OPTION...: what is the same with both engines; the options go to every start.
common() {
    local engine=$1
    shift
    local start=(run --engine "$engine" --rm "$@")
    run "${start[@]}" --network none plain:1 id
    expect "$engine: an image that starts as root" 2
    says "$engine: says what to do" '--user 65532:65532'
    run "${start[@]}" --network none --user 1000:1000 plain:1 sh -c 'id; exit 7'
    expect "$engine: the exit code is the program's" 7
    line "$engine: as the user that was named" '^uid=1000.* gid=1000'
    # shellcheck disable=SC2016 # of the shell in the container
    run "${start[@]}" --network none user:1 sh -c 'sh -c "kill -9 \$\$"; exit $?'
    is "$engine: the exit code after a signal" "$RC" 137
    STDIN=$WORK/stdin
    echo spoken >"$STDIN"
    run "${start[@]}" --network none -i user:1 cat
    unset STDIN
    is "$engine: standard input and output are the engine's" "$(cat "$OUT")" spoken

    run "${start[@]}" --network none user:1 sh -c \
        'touch /x; touch /tmp/x && echo tmp-is-writable; cat /bin/busybox >/tmp/b; chmod 755 /tmp/b 2>&1; /tmp/b id; cat /proc/self/status'
    says "$engine: no write to the root" "/x: read-only file system"
    line "$engine: /tmp can be written" 'tmp-is-writable'
    says "$engine: nothing in /tmp is executed" '/tmp/b: permission denied'
    line "$engine: no capability" '^CapBnd:.0000000000000000$'
    line "$engine: no new privileges" '^NoNewPrivs:.1$'
    line "$engine: a filter of system calls" '^Seccomp:.2$'

    run "${start[@]}" --network none user:1 /probe mount keyctl io_uring unshare clone raw packet vsock setuid
    for word in mount keyctl io_uring unshare clone raw setuid; do
        line "$engine: no $word" "^$word: $DENIED"
    done
    line "$engine: no packet socket" '^packet: address family not supported'
    line "$engine: no vsock" '^vsock: address family not supported'
    # As root, allowed: the filter does not depend on who asks.
    run "${start[@]}" --network none --allow root plain:1 /probe mount keyctl io_uring
    for word in mount keyctl io_uring; do line "$engine: no $word for root" "^$word: $DENIED"; done
    says "$engine: what is loosened is said" 'loosened: root'

    run "${start[@]}" --network none --pids-limit 100 user:1 /probe fork
    expect_forks "$engine: a fork bomb ends at the limit" 100
    run "${start[@]}" --network none user:1 /probe fork
    expect_forks "$engine: a fork bomb ends at the default" 512

    mkdir -p "$WORK/shared"
    chmod 777 "$WORK/shared"
    run "${start[@]}" --network none -v "$WORK/shared:/data" user:1 touch /data/x
    says "$engine: a directory of the host is read-only" '/data/x: read-only file system'
    run "${start[@]}" --network none -v "$WORK/shared:/data:rw" user:1 touch /data/x
    expect "$engine: unless it is wanted otherwise, which policies deny" 1
    holds "$engine: so nothing ran" [ ! -e "$WORK/shared/x" ]
    run "${start[@]}" --network none --allow host-paths -v "$WORK/shared:/data:rw" user:1 touch /data/x
    expect "$engine: and allowed" 0
    holds "$engine: it can be written" [ -e "$WORK/shared/x" ]
    rm -f "$WORK/shared/x"
    run "${start[@]}" --network host user:1 id
    expect "$engine: the network of the host is denied" 1
    says "$engine: by its policy" 'host-namespaces'
    run "${start[@]}" --network host --force user:1 id
    expect "$engine: unless it is forced" 0
}

# expect_forks NAME LIMIT: some, and fewer than the limit.
expect_forks() {
    local forked
    forked=$(sed -n 's/^forked: //p' "$OUT")
    if [ "${forked:-0}" -gt 10 ] && [ "$forked" -lt "$2" ]; then ok "$1"; else not_ok "$1" "forked: $forked
$(told)"; fi
}

# --- Docker, with bridges in a network namespace of its own ---

NS=bulwark-run-$$
# shellcheck disable=SC2317 # of the trap
end_namespace() { ip netns del "$NS" 2>/dev/null; }
trap 'cleanup; end_namespace' EXIT
BRIDGES=
if ip netns add "$NS" 2>/dev/null && ip -n "$NS" link set lo up &&
    [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ] && command -v iptables >/dev/null; then
    BRIDGES=yes
    # Only its network differs: `ip netns exec` would hide the control groups, too.
    dockerd() { exec nsenter --net="/run/netns/$NS" "$(type -P dockerd)" "$@"; }
fi
POOL=(--bip 10.213.0.1/24 --default-address-pool "base=10.214.0.0/16,size=24")
if [ -n "$BRIDGES" ] && start_dockerd bridged --bridge= --iptables=true "${POOL[@]}"; then
    :
else
    BRIDGES=
    unset -f dockerd
    start_dockerd plain || true
fi

# inspected EXPRESSION: of what docker says of the container web.
inspected() { docker inspect web >"$WORK/web.json" && json "$WORK/web.json" "$1"; }

with_docker() {
    docker import - plain:1 <"$WORK/image.tar" >/dev/null
    docker import -c 'USER 1000:1000' - user:1 <"$WORK/image.tar" >/dev/null
    # What the probe asks for can be had, where nothing forbids it.
    docker run --rm --network none --security-opt seccomp=unconfined --cap-add SYS_ADMIN plain:1 \
        /probe mount keyctl unknown >"$OUT"
    line "a mount works without protection" '^mount: done'
    line "keyctl works without protection" '^keyctl: done'
    line "an unknown call" '^unknown: function not implemented'
    common docker
    run run --engine docker --rm --network none user:1 touch /run/x
    expect "/run can be written" 0

    run run --engine docker -d --name web --network none -p 8080:80 --hostname box --label a=b \
        --cap-add CAP_NET_BIND_SERVICE user:1 sleep 100
    expect "detached" 0
    is "what the engine printed" "$(docker inspect -f '{{.Id}}' web)" "$(cat "$OUT")"
    is "the container is as it was planned" "$(inspected \
        '(lambda h: (h["ReadonlyRootfs"], h["CapDrop"], h["CapAdd"], h["PidsLimit"], h["Memory"], h["MemorySwap"], h["NanoCpus"], h["IpcMode"], h["CgroupnsMode"], h["Init"], h["RestartPolicy"], h["LogConfig"]["Config"], sorted(h["Tmpfs"]), h["PortBindings"]["80/tcp"][0]["HostIp"]))(d[0]["HostConfig"])' |
        tr '\t' ' ')" \
        "True ['ALL'] ['CAP_NET_BIND_SERVICE'] 512 536870912 536870912 1000000000 private private True {'Name': 'on-failure', 'MaximumRetryCount': 5} {'max-file': '3', 'max-size': '10m'} ['/run', '/tmp'] 127.0.0.1"
    is "with our seccomp profile" "$(inspected \
        'any(o.startswith("seccomp=") and "rseq_slice_yield" not in o and "io_uring_setup" in o for o in d[0]["HostConfig"]["SecurityOpt"])')" True
    is "with labels" "$(inspected 'sorted(d[0]["Config"]["Labels"].items())' | tr '\t\n' '  ')" \
        "a b bulwark.dev/run hardened "
    docker rm -f web >/dev/null

    cat >"$WORK/own.yaml" <<END
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: no-user-image}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: ["v1"], resources: ["pods"], operations: ["*"]}]
  validations:
    - expression: object.spec.containers.all(c, c.image != "user:1")
      message: this image is not to be run
END
    run run --engine docker --rm --network none --policy "$WORK/own.yaml" user:1 id
    expect "a policy of one's own" 1
    says "is told" 'denied: this image is not to be run \[no-user-image\]'
    run run --engine docker --rm --network none --policy "$WORK/own.yaml" --user 5 plain:1 id
    expect "and lets others pass" 0
    run run --engine docker --rm --network none missing.invalid/none:1 id
    expect "an image that cannot be had" 4
    run run --engine docker --rm --network none --pull never missing.invalid/none:1 id
    expect "an image that is not to be fetched" 2
    says "is not started unseen" 'no image missing.invalid/none:1'
}

# address CONTAINER NETWORK
address() { docker inspect -f "{{(index .NetworkSettings.Networks \"$2\").IPAddress}}" "$1"; }

# between NETWORK: whether one container of it reaches another.
between() {
    docker run -d --name "server-$1" --network "$1" user:1 /probe serve 8000 >/dev/null
    sleep 1
    docker run --rm --network "$1" user:1 /probe reach "$(address "server-$1" "$1")" 8000
}

with_bridges() {
    is "the default network: everybody reaches everybody" "$(between bridge)" "reach: done"
    run network create --engine docker shop
    expect "a network" 0
    is "its containers do not reach each other" "$(between shop)" "reach: no answer"
    is "nor does one of another network" \
        "$(docker run --rm user:1 /probe reach "$(address server-shop shop)" 8000)" "reach: no answer"
    run network create --engine docker --icc --internal db
    expect "a network for those that belong together" 0
    is "they reach each other" "$(between db)" "reach: done"
    run network list --engine docker
    line "networks are listed" ' shop '
    is "only those" "$(grep -c bridge "$OUT")" 2
    run network inspect --engine docker shop
    line "a network is looked at" '"bulwark.dev/network": "isolated"'

    run run --engine docker -d --name web -p 8080:8000 user:1 /probe serve 8000
    expect "without a network" 0
    is "it is in ours, made for it" "$(docker network inspect -f '{{index .Labels "bulwark.dev/network"}}' bulwark)" isolated
    run run --engine docker --rm user:1 /probe reach "$(address web bulwark)" 8000
    line "and none reaches it" '^reach: no answer'
    quiet_about "the network is there the second time" 'network'
    is "its port is this machine's" "$(docker port web 8000/tcp)" 127.0.0.1:8080
    docker rm -f web server-shop >/dev/null
    docker network rm bulwark >/dev/null
    docker network create bulwark >/dev/null
    run run --engine docker --rm user:1 id
    says "a network of that name that somebody else made" 'bulwark was not made by bulwark'
    run network rm --engine docker shop
    expect "a network is removed" 0
    run network rm --engine docker db
    expect "one in use is not" 1
    docker rm -f server-db server-bridge >/dev/null
}

if docker version >/dev/null 2>&1; then with_docker; else skip "Docker" "$DOCKER_REASON"; fi
if [ -n "$BRIDGES" ] && docker version >/dev/null 2>&1; then
    with_bridges
else
    skip "networks" "no bridges can be had: ${DOCKER_REASON:-no network namespace, br_netfilter or iptables}"
fi

# --- Podman ---

# podman_works RUNTIME: whether it starts anything here with that runtime.
podman_works() {
    cat >"$WORK/containers.conf" <<END
[engine]
runtime = "$1"
END
    podman run --rm --network none --ulimit nproc=4000:4000 --ulimit nofile=1000:1000 localhost/plain:1 \
        /bin/id >/dev/null 2>"$WORK/podman.log"
}

with_podman() {
    mkdir -p "$WORK/podman"
    printf '[storage]\ndriver = "vfs"\ngraphroot = "%s"\nrunroot = "%s"\n' "$WORK/podman/root" \
        "$WORK/podman/run" >"$WORK/storage.conf"
    export CONTAINERS_STORAGE_CONF=$WORK/storage.conf CONTAINERS_CONF=$WORK/containers.conf
    : >"$CONTAINERS_CONF"
    { podman import - localhost/plain:1 <"$WORK/image.tar" &&
        podman import -c 'USER 1000:1000' - localhost/user:1 <"$WORK/image.tar"; } \
        >/dev/null 2>"$WORK/podman.log" ||
        { skip "Podman" "it imports nothing here: $(tail -1 "$WORK/podman.log")"; return; }
    podman_works crun || podman_works runc ||
        { skip "Podman" "it starts nothing here: $(tail -1 "$WORK/podman.log")"; return; }
    podman tag localhost/plain:1 plain:1
    podman tag localhost/user:1 user:1
    # Without CAP_SYS_RESOURCE its own default of nproc is more than may be set.
    common podman --ulimit nproc=4000:4000
    run network create --engine podman --explain shop
    line "podman: says what it cannot do" 'podman cannot keep the containers of one network apart'
}
if command -v podman >/dev/null; then with_podman; else skip "Podman" "it is not installed"; fi
done_testing
