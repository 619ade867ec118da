#!/bin/bash
# The Debian package installs on a clean Debian 12 and 13, and what it installs works there.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"
for tool in mmdebstrap dpkg-shlibdeps; do
    command -v $tool >/dev/null || skip_all "$tool is not installed"
done
grep -q '^VERSION_ID="12"' /etc/os-release || skip_all "building for Debian 12 elsewhere takes too long"

if "$ROOT/tools/make-deb" >"$WORK/log" 2>&1; then
    ok "make deb"
else
    not_ok "make deb" "$(tail -n 20 "$WORK/log")"
    done_testing
fi
DEB=$(tail -n 1 "$WORK/log")

# What is done in the new system, with the answers left in /answers.
cat >"$WORK/try" <<'TRY'
apt-get install -y -q --no-install-recommends /bulwark.deb || exit
mkdir /answers
bulwark --version >/answers/version
bulwark scan / --format json >/answers/scan
echo $? >/answers/code
dpkg-query -W -f '.\n' | wc -l >/answers/packages
for file in bin/bulwark-runtime lib/systemd/system/bulwark-docker.socket \
    lib/systemd/system/bulwark-docker.service lib/systemd/system/bulwark-kubernetes.service \
    share/bulwark/seccomp.json share/bulwark/apparmor/bulwark-default \
    share/bulwark/policies/pod/host-path-not-listed.yaml share/bash-completion/completions/bulwark \
    share/man/man1/bulwark.1.gz share/man/man8/bulwark-runtime.8.gz \
    share/doc/bulwark/ENFORCEMENT.md share/doc/bulwark/examples/runtime/runtime.json; do
    [ -s /usr/$file ] || echo $file
done >/answers/missing
ldd /usr/bin/bulwark-runtime | grep 'not found' >>/answers/missing
bulwark policy test /usr/share/bulwark/policies/pod >/answers/examples 2>&1
echo $? >/answers/examples-code
mkdir -p /var/log/bulwark
apt-get purge -y -q bulwark
find /usr /var/lib /var/log -name '*bulwark*' >/answers/left
TRY

for suite in bookworm trixie; do
    mkdir "$WORK/$suite"
    # shellcheck disable=SC2016 # $1 is the hook's: the root of the new system
    if ! mmdebstrap --variant=minbase --format=null \
        --customize-hook="upload '$DEB' /bulwark.deb" --customize-hook="upload '$WORK/try' /try" \
        --customize-hook='chroot "$1" sh /try' \
        --customize-hook="sync-out /answers '$WORK/$suite'" \
        $suite "$WORK/none" >"$WORK/log" 2>&1; then
        if [ -e "$WORK/$suite/version" ] || grep -q '/bulwark.deb' "$WORK/log"; then
            not_ok "$suite: installs" "$(grep -v '^I:' "$WORK/log" | tail -n 20)"
        else
            skip "$suite" "mmdebstrap cannot make one: $(grep '^E:' "$WORK/log" | head -n 1)"
        fi
        continue
    fi
    ok "$suite: installs"
    is "$suite: runs" "$(sed 's/ .*//' "$WORK/$suite/version")" bulwark
    is "$suite: scans" "$(cat "$WORK/$suite/code")" 0
    is "$suite: finds every package" "$(tr -d ' ' <"$WORK/$suite/packages")" \
        "$($PYTHON "$TOOLS/json-value" "$WORK/$suite/scan" "d['subjects'][0]['packages']")"
    is "$suite: brings what belongs to the gates" "$(cat "$WORK/$suite/missing")" ""
    is "$suite: brings the policies with their examples" "$(cat "$WORK/$suite/examples-code")" 0
    is "$suite: leaves nothing when purged" "$(cat "$WORK/$suite/left")" ""
done
done_testing
