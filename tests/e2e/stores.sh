#!/bin/bash
# Images in the stores of containerd and Podman, read in place: the same packages come out as of the
# OCI layout that was loaded.
. "$(dirname "$0")/lib.sh"
is_root || skip_all "the stores of engines are root's"
unset CONTAINERD_ROOT CONTAINERS_STORAGE_CONF REGISTRY_AUTH_FILE

debian_root "$WORK/base" 12 bookworm
{ dpkg_entry base 1.0; dpkg_entry gone 2.0; } >"$WORK/base/var/lib/dpkg/status"
debian_root "$WORK/top" 12 bookworm
{ dpkg_entry base 1.1; dpkg_entry app 3.0; } >"$WORK/top/var/lib/dpkg/status"
# A third layer takes an os-release away that the second brought, so that whiteouts count.
mkdir -p "$WORK/last/etc"
: >"$WORK/last/etc/.wh.os-release"
ln -sfn ../usr/lib/os-release "$WORK/top/etc/os-release"
make_image oci-dir "$WORK/oci" "$WORK/base" "$WORK/top" "$WORK/last" --name docker.io/team/app:1
tar -cf "$WORK/oci.tar" -C "$WORK/oci" .
packages_of "oci:$WORK/oci" >"$WORK/want"
holds "the layout has packages" [ "$(wc -l <"$WORK/want")" = 2 ]
run scan "oci:$WORK/oci" --format json
DIGEST=$(json "$OUT" 'd["subjects"][0]["digest"]')
DIFF_IDS=$(json "$OUT" '" ".join(l["diff_id"] for l in d["subjects"][0]["layers"])')
CONFIG=$(json "$WORK/oci/blobs/sha256/${DIGEST#sha256:}" 'd["config"]["digest"]')

# check NAME TARGET
check() {
    packages_of "$2" >"$WORK/got"
    expect "$1" 0
    same "$1: the packages of the layout" "$WORK/want" "$WORK/got"
}

# --- containerd ---

wait_for() {
    for _ in $(seq 200); do "$@" >/dev/null 2>&1 && return 0; sleep 0.05; done
    return 1
}
CTR=(ctr -a "$WORK/containerd.sock")
if command -v containerd >/dev/null && command -v ctr >/dev/null; then
    cat >"$WORK/containerd.toml" <<END
version = 2
root = "$WORK/containerd"
state = "$WORK/containerd-state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "$WORK/containerd.sock"
END
    containerd -c "$WORK/containerd.toml" >"$WORK/containerd.log" 2>&1 &
    SERVICE_PIDS+=($!)
    wait_for "${CTR[@]}" version || CONTAINERD_REASON="containerd did not start: $(tail -1 "$WORK/containerd.log")"
else
    CONTAINERD_REASON="containerd is not installed"
fi
if [ -z "${CONTAINERD_REASON:-}" ]; then
    export CONTAINERD_ROOT=$WORK/containerd
    run scan containerd:app
    expect "an empty store" 2
    "${CTR[@]}" image import --no-unpack "$WORK/oci.tar" >/dev/null
    "${CTR[@]}" -n k8s.io image import --no-unpack "$WORK/oci.tar" >/dev/null
    # Names enough for a tree of pages of several levels.
    "${CTR[@]}" -n many image import --no-unpack "$WORK/oci.tar" >/dev/null
    for n in $(seq 60); do
        "${CTR[@]}" -n many image tag docker.io/team/app:1 \
            "docker.io/many/a-rather-long-name-so-that-pages-are-soon-full-$n:1" >/dev/null
    done
    check "containerd, by its name" containerd:docker.io/team/app:1
    check "containerd, by a short name" containerd:team/app:1
    check "containerd, in a namespace" containerd:k8s.io/docker.io/team/app:1
    check "containerd, a short name in a namespace" containerd:default/team/app:1
    check "containerd, one of many names" \
        containerd:many/docker.io/many/a-rather-long-name-so-that-pages-are-soon-full-60:1
    run scan containerd:team/app:1 --format json
    expect_json "containerd: the subject" \
        "[(s['source'], s['digest'], s['tags']) for s in d['subjects']] == [('containerd', '$DIGEST', ['docker.io/team/app:1'])]"
    make_image oci-dir "$WORK/another" "$WORK/base" --name docker.io/team/app:1
    tar -cf "$WORK/another.tar" -C "$WORK/another" .
    "${CTR[@]}" -n moby image import --no-unpack "$WORK/another.tar" >/dev/null
    run scan containerd:team/app:1
    expect "containerd: one name for two images" 2
    says "containerd: asks which" 'moby/docker.io/team/app:1'
    names_of containerd:moby/team/app:1
    is "containerd: the other one" "$NAMES" "base gone"
    run scan --all-local --format json
    expect "all local images" "0|3"
    expect_json "are those of containerd" \
        "len([s for s in d['subjects'] if s['name'].startswith('containerd:')]) >= 63"
    LAYER=$(json "$WORK/oci/blobs/sha256/${DIGEST#sha256:}" 'd["layers"][1]["digest"]')
    mv "$CONTAINERD_ROOT/io.containerd.content.v1.content/blobs/sha256/${LAYER#sha256:}" "$WORK/layer"
    run scan containerd:k8s.io/team/app:1 --no-cache --format json
    expect "containerd: a layer that was not kept" 3
    expect_gap "containerd: is a gap with its remedy" blocking 'discard_unpacked_layers.*registry:'
    mv "$WORK/layer" "$CONTAINERD_ROOT/io.containerd.content.v1.content/blobs/sha256/${LAYER#sha256:}"
    mkdir -p "$WORK/broken/io.containerd.metadata.v1.bolt"
    head -c 20000 "$CONTAINERD_ROOT/io.containerd.metadata.v1.bolt/meta.db" |
        tail -c +100 >"$WORK/broken/io.containerd.metadata.v1.bolt/meta.db"
    CONTAINERD_ROOT=$WORK/broken run scan containerd:team/app:1
    expect "containerd: a damaged database" 3
    export CONTAINERD_ROOT=$WORK/nowhere
    run scan containerd:team/app:1
    expect "containerd: no store" 2
else
    skip "containerd" "$CONTAINERD_REASON"
fi

# --- Podman ---

# podman_store NAME DRIVER: loads the image into a store of its own, and has bulwark look there.
podman_store() {
    cat >"$WORK/$1.conf" <<END
[storage]
driver = "$2"
runroot = "$WORK/$1-run"
graphroot = "$WORK/$1"
END
    export CONTAINERS_STORAGE_CONF=$WORK/$1.conf
    podman load -i "$WORK/oci.tar" >"$WORK/podman.log" 2>&1 && return 0
    skip "Podman, $2" "podman load failed: $(tail -1 "$WORK/podman.log")"
    return 1
}

if command -v podman >/dev/null; then
    export XDG_RUNTIME_DIR=$WORK/runtime
    mkdir -p "$XDG_RUNTIME_DIR"
    export CONTAINERS_STORAGE_CONF=$WORK/none.conf
    run scan podman:team/app:1
    expect "Podman: no store" 2
    if podman_store overlay overlay; then
        check "Podman, overlay, by its name" podman:docker.io/team/app:1
        check "Podman, overlay, by a short name" podman:team/app:1
        check "Podman, overlay, by identifier" "podman:${CONFIG:7:12}"
        check "Podman, overlay, by skopeo's prefix" containers-storage:team/app:1
        run scan podman:team/app:1 --format json
        expect_json "Podman: the subject" \
            "[(s['source'], s['digest'], s['platform']) for s in d['subjects']] == [('podman', '$CONFIG', 'linux/amd64')]"
        expect_json "Podman: the layers" \
            "' '.join(l['diff_id'] for l in d['subjects'][0]['layers']) == '$DIFF_IDS'"
        expect_json "Podman: no blocking gap" "[g for g in d['gaps'] if g['class'] == 'blocking'] == []"
        run scan podman:team/app:2
        expect "Podman: no such image" 2
        says "Podman: comes with the remedy" 'registry:team/app:2'
        run scan podman:team/app:1 --platform linux/s390x
        expect "Podman: another platform" 2
        run scan --all-local --format json
        expect_json "all local images are those of Podman too" \
            "'podman:docker.io/team/app:1' in [s['name'] for s in d['subjects']]"
        cp "$WORK/overlay/overlay/.has-mount-program" "$WORK/program" 2>/dev/null
        printf true >"$WORK/overlay/overlay/.has-mount-program"
        run scan podman:team/app:1 --no-cache --format json
        expect "Podman: a store of fuse-overlayfs" 3
        expect_gap "Podman: says what is not seen there" blocking 'fuse-overlayfs.*podman save'
        rm "$WORK/overlay/overlay/.has-mount-program"
        [ ! -e "$WORK/program" ] || cp "$WORK/program" "$WORK/overlay/overlay/.has-mount-program"
        CONFIG_FILE=$WORK/overlay/overlay-images/${CONFIG#sha256:}/=$(printf %s "$CONFIG" | base64 -w0)
        echo >>"$CONFIG_FILE"
        run scan podman:team/app:1
        expect "Podman: a configuration that was changed" 3
        truncate -s -1 "$CONFIG_FILE"
        mv "$WORK/overlay/overlay-layers/layers.json" "$WORK/layers.json"
        $PYTHON - "$WORK/layers.json" "$WORK/overlay/overlay-layers/layers.json" <<'END'
import json, sys
layers = json.load(open(sys.argv[1]))
for layer in layers:  # a circle
    layer.setdefault('parent', layers[-1]['id'])
json.dump(layers, open(sys.argv[2], 'w'))
END
        run scan podman:team/app:1
        expect "Podman: layers in a circle" 3
        mv "$WORK/layers.json" "$WORK/overlay/overlay-layers/layers.json"
        check "Podman: mended" podman:team/app:1
    fi
    podman_store vfs vfs && check "Podman, vfs" podman:team/app:1
else
    skip "Podman" "podman is not installed"
fi

done_testing
