#!/bin/bash
# No secret is found where there is none: a plain Debian root, plain Node and Python trees from their
# registries. One that is planted in each is found, masked, and nowhere in the output.
. "$(dirname "$0")/lib.sh"

# A token with a valid checksum, in parts: a published one that was revoked long ago.
PLANTED="gh""p_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mL""q17"

# secrets: the secrets of the last run, a line each.
secrets() {
    json "$OUT" '[(f["id"], f["location"]["path"], f["location"].get("line")) for f in d["findings"] if f["kind"] == "secret"]'
}

# clean NAME TREE: nothing is found in the tree, and then what is planted there.
clean() {
    run scan --scanners secret --format json "$2"
    expect "$1: scanned" 0
    is "$1: no secret is found" "$(secrets)" ""
    mkdir -p "$2/srv/app"
    printf 'first\ntoken = "%s"\n' "$PLANTED" >"$2/srv/app/settings"
    run scan --scanners secret --format json "$2"
    is "$1: a planted one is found" "$(secrets)" "github-pat	srv/app/settings	2"
    quiet_about "$1: its value is nowhere in the output" "${PLANTED#????}"
    rm -r "$2/srv/app"
}

# debian: the tree of the other tests.
if tar=$(debian_tree); then
    mkdir "$WORK/debian"
    tar -C "$WORK/debian" --exclude='./dev/*' -xf "$tar" 2>/dev/null
    clean "Debian" "$WORK/debian"
else
    skip "Debian" "$tar"
fi

# node: packages with what they depend on, as `npm install` lays them out.
node_tree() {
    [ -d "$CACHE/node/node_modules" ] && return
    command -v npm >/dev/null || { echo "npm is not installed"; return 1; }
    mkdir -p "$CACHE/node.part"
    echo '{"name": "plain", "version": "1.0.0", "private": true}' >"$CACHE/node.part/package.json"
    (cd "$CACHE/node.part" && timeout 300 npm install --no-audit --no-fund --ignore-scripts \
        express react react-dom typescript jsonwebtoken pg mongoose) >"$WORK/npm.log" 2>&1 ||
        { rm -rf "$CACHE/node.part"; echo "npm could not install: $(grep -m1 -i error "$WORK/npm.log")"; return 1; }
    mv "$CACHE/node.part" "$CACHE/node"
}

# python: wheels, unpacked where pip puts them.
python_tree() {
    local wheel
    [ -d "$CACHE/python/usr" ] && return
    python3 -m pip --version >/dev/null 2>&1 || { echo "pip is not installed"; return 1; }
    timeout 300 python3 -m pip download -q -d "$WORK/wheels" --only-binary :all: requests \
        cryptography django boto3 botocore flask sqlalchemy paramiko pyjwt >"$WORK/pip.log" 2>&1 ||
        { echo "pip could not download: $(grep -m1 -i error "$WORK/pip.log")"; return 1; }
    mkdir -p "$CACHE/python.part/usr/lib/python3/dist-packages"
    for wheel in "$WORK"/wheels/*.whl; do
        $PYTHON -m zipfile -e "$wheel" "$CACHE/python.part/usr/lib/python3/dist-packages" || return 1
    done
    mv "$CACHE/python.part" "$CACHE/python"
}

if reason=$(node_tree); then
    mkdir "$WORK/node"
    cp -r "$CACHE/node" "$WORK/node/app"
    clean "Node" "$WORK/node"
else
    skip "Node" "$reason"
fi

if reason=$(python_tree); then
    cp -r "$CACHE/python" "$WORK/python"
    clean "Python" "$WORK/python"
else
    skip "Python" "$reason"
fi

done_testing
