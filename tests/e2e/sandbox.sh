#!/bin/bash
# The sandbox from outside: what the kernel says of the workers that parse an image's bytes, and
# what the program does to the system while it scans.
. "$(dirname "$0")/lib.sh"

S=$WORK/sandbox
mkdir -p "$S"
debian_root "$S/root" 12 bookworm
dpkg_entry a 1.0 >"$S/root/var/lib/dpkg/status"
tar -cf "$S/root.tar" -C "$S/root" .

# Something that takes seconds to parse: gigabytes of zeros in gzip members.
$PYTHON - "$S" <<'END'
import gzip, sys, tarfile
entry = tarfile.TarInfo('opt/zeros')
entry.size = 24 << 30
with open(sys.argv[1] + '/slow.tar.gz', 'wb') as out:
    out.write(gzip.compress(entry.tobuf(tarfile.GNU_FORMAT), mtime=0))
    zeros = gzip.compress(bytes(64 << 20), 9, mtime=0)
    for _ in range(384):
        out.write(zeros)
    out.write(gzip.compress(open(sys.argv[1] + '/root.tar', 'rb').read(), mtime=0))
END
make_image oci-dir "$S/slow" "rawblob:$S/slow.tar.gz"

# below PID: the processes it started, and theirs.
below() {
    local child
    for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do echo "$child"; below "$child"; done
}
# busiest PID...: the one with the most processor time.
busiest() {
    local pid
    for pid; do
        [ -r "/proc/$pid/stat" ] && echo "$(sed 's/.*) //' "/proc/$pid/stat" | awk '{print $12 + $13}') $pid"
    done | sort -n | tail -1 | cut -d' ' -f2
}
field() { awk -v k="$2:" '$1 == k {print $2}' "/proc/$1/status" 2>/dev/null; }

"$BULWARK" scan "$S/slow" --format json >"$OUT" 2>"$ERR" &
PID=$!
WORKER=
for _ in $(seq 40); do
    sleep 0.1
    WORKER=$(busiest $(below $PID))
    [ -n "$WORKER" ] && [ "$(sed 's/.*) //' "/proc/$WORKER/stat" | awk '{print $12 + $13}')" -gt 20 ] && break
done
if [ -z "$WORKER" ]; then
    not_ok "a worker is at work"
else
    ok "a worker is at work"
    kill -STOP "$WORKER"
    is "its system calls are filtered" "$(field "$WORKER" Seccomp)" 2
    is "it can gain no privilege" "$(field "$WORKER" NoNewPrivs)" 1
    is "it has no capability" "$(field "$WORKER" CapEff | tr -d 0)" ""
    is "none to be had" "$(field "$WORKER" CapPrm | tr -d 0)" ""
    is "no thread of it goes without" \
        "$(cat /proc/"$WORKER"/task/*/status | awk '$1 == "Seccomp:" {print $2}' | sort -u)" 2
    writable=
    inet=
    for fd in /proc/"$WORKER"/fd/*; do
        target=$(readlink "$fd")
        flags=$(awk '$1 == "flags:" {print $2}' "/proc/$WORKER/fdinfo/${fd##*/}")
        case $target in
        /dev/null | pipe:* | socket:* | anon_inode:* | /memfd:* | /dev/pts/* | "$OUT" | "$ERR") ;;
        *) [ $((8#$flags & 3)) = 0 ] || writable+="$target " ;;
        esac
        case $target in
        socket:*) inode=${target//[^0-9]/}
            grep -q " $inode " /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6 2>/dev/null &&
                inet+="$target " ;;
        esac
    done
    is "it holds no file open for writing" "$writable" ""
    is "it holds no network socket" "$inet" ""
    [ "$(readlink "/proc/$WORKER/fd/1")" = "$OUT" ] &&
        not_ok "the report's descriptor is not the worker's" || ok "the report's descriptor is not the worker's"
    kill -CONT "$WORKER"
    # A worker that dies is never silence.
    kill -KILL "$WORKER"
    wait $PID
    RC=$?
    COMMAND="bulwark scan (with its worker killed)"
    expect "a worker that dies is told" '3|4'
    says "and what it means" 'worker|killed|crash|died|ended'
    # shellcheck disable=SC2034
    if [ $RC = 3 ]; then expect_gap "as a blocking gap" blocking '.'; fi
fi
sleep 0.2
is "no process stays behind" "$(ps -eo args 2>/dev/null | grep -F "$S/slow" | grep -v grep)" ""

"$BULWARK" scan "$S/slow" >"$OUT" 2>"$ERR" &
PID=$!
sleep 1
KIDS=$(below $PID)
kill -KILL $PID 2>/dev/null
wait $PID 2>/dev/null
sleep 1
left=
for kid in $KIDS; do [ -d "/proc/$kid" ] && [ "$(field "$kid" State)" != Z ] && left+="$kid "; done
is "when the program is killed, its workers go too" "$left" ""
"$BULWARK" scan "$S/slow" >"$OUT" 2>"$ERR" &
PID=$!
sleep 1
KIDS=$(below $PID)
kill -INT $PID 2>/dev/null
kill -TERM $PID 2>/dev/null
wait $PID 2>/dev/null
RC=$?
holds "a termination signal ends the program (exit $RC)" [ "$RC" -ne 0 ]
sleep 1
left=
for kid in $KIDS; do [ -d "/proc/$kid" ] && [ "$(field "$kid" State)" != Z ] && left+="$kid "; done
is "and its workers" "$left" ""

# --- by strace ---------------------------------------------------------------------------------

TRACE=$S/trace
if ! command -v strace >/dev/null; then
    skip "system calls during a scan" "strace is not installed"
elif ! strace -f -o "$TRACE" true 2>/dev/null; then
    skip "system calls during a scan" "strace may not trace here"
else
    make_image oci-dir "$S/image" "$S/root.tar"
    for target in "$S/image" "$S/root" "$S/root.tar"; do
        name=$(basename "$target")
        # The leak check of a sanitizer cannot run under ptrace.
        ASAN_OPTIONS=detect_leaks=0 timeout 120 strace -f -qq -o "$TRACE" \
            "$BULWARK" scan "$target" --format json >"$OUT" 2>"$ERR"
        RC=$?
        COMMAND="bulwark scan $target (under strace)"
        expect "$name under strace" 0
        is "$name: no network" "$(grep -E 'socket\((AF_|PF_)?(INET|NETLINK|PACKET)|connect\(' "$TRACE" | head -3)" ""
        is "$name: nothing is opened for writing" "$(grep -E 'open(at)?2?\(.*O_(WRONLY|RDWR|CREAT|TRUNC)|(^|[ )])(mkdir|mkdirat|rename|unlink|unlinkat|symlink|link|linkat|mknod|chmod|chown|truncate)\(' "$TRACE" |
            grep -vE '"/dev/(null|tty)"|"/proc/(self|thread-self|[0-9]+)/|advisories|\.db|O_TMPFILE|ENOENT|EROFS|EACCES' | head -5)" ""
        is "$name: nothing is executed but the program" \
            "$(grep -E 'execve(at)?\(' "$TRACE" | grep -vcF "$BULWARK")" 0
        # After a worker is locked down it opens nothing and makes no socket.
        awk '{pid = $1}
            /seccomp\(SECCOMP_SET_MODE_FILTER|prctl\(PR_SET_SECCOMP/ && /= 0$/ {locked[pid] = 1; next}
            locked[pid] && /(open|openat|openat2|socket|connect|execve|fork|vfork|ptrace|mount|unlink|rename|mkdir)\(/ && !/= -1/ {print}
            locked[pid] && /SIGSYS/ {print}' "$TRACE" >"$S/after"
        is "$name: a locked worker opens nothing" "$(head -3 "$S/after")" ""
        holds "$name: a filter was set" grep -qE 'seccomp\(SECCOMP_SET_MODE_FILTER|prctl\(PR_SET_SECCOMP' "$TRACE"
        if grep -qE 'landlock_restrict_self\(.*= 0' "$TRACE"; then ok "$name: Landlock is on"
        elif grep -qE 'landlock_create_ruleset\(.*= -1 E(NOSYS|OPNOTSUPP)' "$TRACE"; then
            skip "$name: Landlock is on" "this kernel has no Landlock"
        else not_ok "$name: Landlock is on" "$(grep landlock "$TRACE" | head -5)"; fi
    done
fi
done_testing
