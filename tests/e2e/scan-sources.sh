#!/bin/bash
# A real Debian root, in every form that bulwark reads: all give what dpkg-query in it says.
. "$(dirname "$0")/lib.sh"

TREE=$(debian_tree) || skip_all "$TREE"
ROOTFS=$WORK/root
mkdir "$ROOTFS"
tar -xf "$TREE" -C "$ROOTFS" --exclude='./dev/*' 2>/dev/null

# What dpkg-query says, by the one inside where chroot is possible.
FORMAT='${db:Status-Status}\t${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\n'
if is_root; then
    chroot "$ROOTFS" dpkg-query -W -f "$FORMAT" >"$WORK/dpkg" 2>/dev/null
elif command -v dpkg-query >/dev/null; then
    dpkg-query --admindir="$ROOTFS/var/lib/dpkg" -W -f "$FORMAT" >"$WORK/dpkg"
else
    skip_all "neither root nor dpkg-query"
fi
grep -vE '^(config-files|not-installed)' "$WORK/dpkg" | cut -f2- | LC_ALL=C sort >"$WORK/want"
COUNT=$(wc -l <"$WORK/want")
holds "dpkg-query lists packages ($COUNT)" [ "$COUNT" -gt 50 ]
holds "one package is removed but configured" grep -q '^config-files.nano' "$WORK/dpkg"

# check NAME TARGET [OPTION...]
check() {
    local name=$1
    shift
    packages_of "$@" >"$WORK/got"
    expect "facts $name" 0
    same "$name: packages as dpkg-query has them" "$WORK/want" "$WORK/got"
    run scan "$@" --format json
    expect "scan $name" 0
    expect_json "scan $name counts them" "[s['packages'] for s in d['subjects']] == [$COUNT]"
    expect_json "scan $name knows the distribution" \
        "json.dumps(d['subjects'][0]['distribution']).find('debian') >= 0"
    expect_json "scan $name has no blocking gap" \
        "[g for g in d['gaps'] if g['class'] == 'blocking'] == []"
}

check "directory" "$ROOTFS"
run facts "$ROOTFS" --format json
json "$OUT" 'sorted(f for p in d["packages"] if p["name"] == "bash" for f in p["files"])' \
    >"$WORK/got"
while read -r path; do
    # dpkg lists folders too, and on a merged /usr links that stand for folders.
    [ -d "$ROOTFS$path" ] || echo "${path#/}"
done <"$ROOTFS/var/lib/dpkg/info/bash.list" | LC_ALL=C sort >"$WORK/files"
LC_ALL=C comm -23 "$WORK/files" <(LC_ALL=C sort "$WORK/got") >"$WORK/lost"
is "bash owns the files that dpkg lists" "$(cat "$WORK/lost")" ""
holds "and they are many" [ "$(wc -l <"$WORK/files")" -gt 5 ]

check "root filesystem tar" "$TREE"
STDIN=$WORK/tree.tar.gz
gzip -1 <"$TREE" >"$STDIN"
check "root filesystem tar.gz on standard input" -
unset STDIN
rm "$WORK/tree.tar.gz"

make_image docker-archive-old "$WORK/old.tar" "$TREE" --name test/debian:old
check "docker-archive, old layout" "$WORK/old.tar"
make_image docker-archive-new "$WORK/new.tar" "$TREE" --name test/debian:new
check "docker-archive, new layout" "$WORK/new.tar"
check "docker-archive, forced by prefix" "docker-archive:$WORK/new.tar"
make_image oci-dir "$WORK/oci" "$TREE" --level 1
check "OCI layout, directory, gzip" "$WORK/oci"
check "OCI layout, everything verified" "$WORK/oci" --verify full
tar -cf "$WORK/oci.tar" -C "$WORK/oci" .
check "OCI layout, tar" "$WORK/oci.tar"
rm -r "$WORK/oci.tar" "$WORK/oci"
if command -v zstd >/dev/null; then
    make_image oci-dir "$WORK/oci" "$TREE" --compress zstd --level 1
    check "OCI layout, directory, zstd" "$WORK/oci"
    rm -r "$WORK/oci"
else
    skip "OCI layout, directory, zstd" "zstd is not installed"
fi
mkdir -p "$WORK/small/var/lib" "$WORK/small/etc" "$WORK/small/usr/lib"
cp -r "$ROOTFS/var/lib/dpkg" "$WORK/small/var/lib/"
cp -d "$ROOTFS/etc/os-release" "$WORK/small/etc/"
cp "$ROOTFS/usr/lib/os-release" "$WORK/small/usr/lib/"
for how in xz none; do
    make_image oci-tar "$WORK/oci.tar" "$WORK/small" --compress $how --level 1
    check "OCI layout, tar, $how" "$WORK/oci.tar"
done

if start_dockerd docker; then
    docker load -qi "$WORK/old.tar" >/dev/null
    docker load -qi "$WORK/new.tar" >/dev/null
    docker import "$TREE" test/debian:imported >/dev/null
    [ "$(docker_driver)" = overlay2 ] || skip "overlay2" "the daemon uses $(docker_driver)"
    for tag in old new imported; do
        check "Docker daemon, $tag, $(docker_driver)" "docker:test/debian:$tag"
    done
    check "Docker daemon, a bare name" "test/debian:old"
    check "Docker daemon, by image ID" "docker:$(docker image inspect -f '{{.Id}}' test/debian:old)"
    # Whoever may not read the store gets the image through the API.
    chmod 666 "$WORK/docker/s"; chmod 755 "$WORK/docker"
    if command -v setpriv >/dev/null; then
        cat >"$WORK/as-nobody" <<END
#!/bin/sh
exec setpriv --reuid=65534 --regid=65534 --clear-groups "$BULWARK" "\$@"
END
        chmod 755 "$WORK/as-nobody"
        if setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$BULWARK"; then
            BULWARK=$WORK/as-nobody check "Docker daemon, as another user, from the API" \
                docker:test/debian:old
        else
            skip "Docker daemon, as another user, from the API" \
                "nobody may not execute $(basename "$BULWARK")"
        fi
    fi
    docker rmi -f test/debian:old test/debian:new test/debian:imported >/dev/null 2>&1
    run scan docker:test/debian:old
    expect "an image that the daemon does not have is wrong use" 2
    says "which names it" "test/debian:old"
else
    skip "Docker daemon, unix socket" "$DOCKER_REASON"
fi

# TLS on TCP: certificates made on the spot.
certificates() {
    cd "$1" || return 1
    openssl req -x509 -newkey rsa:2048 -nodes -keyout ca-key.pem -out ca.pem -days 2 \
        -subj /CN=test-ca || return 1
    local who
    for who in server client; do
        openssl req -newkey rsa:2048 -nodes -keyout $who-key.pem -out $who.csr -subj /CN=$who &&
            openssl x509 -req -in $who.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 2 \
                -extfile <(echo "subjectAltName=IP:127.0.0.1,DNS:localhost
extendedKeyUsage=${who}Auth") -out $who.pem || return 1
    done
    cp client.pem cert.pem && cp client-key.pem key.pem
}
mkdir "$WORK/tls"
if ! command -v openssl >/dev/null; then
    skip "Docker daemon, TCP with TLS" "openssl is not installed"
elif ! (certificates "$WORK/tls") >/dev/null 2>&1; then
    not_ok "certificates for the TLS test"
else
    PORT=$((20000 + RANDOM % 20000))
    if start_dockerd tls --host "tcp://127.0.0.1:$PORT" --tlsverify --tlscacert "$WORK/tls/ca.pem" \
        --tlscert "$WORK/tls/server.pem" --tlskey "$WORK/tls/server-key.pem"; then
        make_image docker-archive-old "$WORK/tiny.tar" "$WORK/small" --name test/tls:1
        docker load -qi "$WORK/tiny.tar" >/dev/null
        export DOCKER_HOST=tcp://127.0.0.1:$PORT DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=$WORK/tls
        check "Docker daemon, TCP with TLS" docker:test/tls:1
        mkdir "$WORK/other" && (certificates "$WORK/other") >/dev/null 2>&1
        cp "$WORK/tls/cert.pem" "$WORK/tls/key.pem" "$WORK/other/"
        DOCKER_CERT_PATH=$WORK/other run scan docker:test/tls:1
        expect "a daemon whose certificate nobody vouches for is refused" '2|4'
        unset DOCKER_TLS_VERIFY DOCKER_CERT_PATH
    else
        skip "Docker daemon, TCP with TLS" "$DOCKER_REASON"
    fi
fi

# Newer daemons keep images in containerd; there is no overlay2 directory to read then.
if start_dockerd containerd --feature containerd-snapshotter=true; then
    docker load -qi "$WORK/new.tar" >/dev/null
    check "Docker daemon with the containerd image store" docker:test/debian:new
else
    skip "Docker daemon with the containerd image store" "no such feature: $DOCKER_REASON"
fi

if start_dockerd vfs --storage-driver=vfs; then
    make_image docker-archive-old "$WORK/tiny.tar" "$WORK/small" --name test/vfs:1
    docker load -qi "$WORK/tiny.tar" >/dev/null
    check "Docker daemon with another storage driver" docker:test/vfs:1
else
    skip "Docker daemon with another storage driver" "$DOCKER_REASON"
fi
done_testing
