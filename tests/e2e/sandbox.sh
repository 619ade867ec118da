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
    # shellcheck disable=SC2046 # a word a process
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
    if ! ls "/proc/$WORKER/fd" >/dev/null 2>&1; then
        skip "what it holds open" "it cannot be looked into, which is as it should be, but by root"
    else
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
    fi
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
# left: processes of this test that are still there, after they had time to go.
left() {
    local tries
    echo "$S/slow" >"$S/pattern" # a file, so that grep does not find itself
    for tries in 1 2 3 4 5 6 7 8 9 10; do
        LEFT=$(grep -alF -f "$S/pattern" /proc/[0-9]*/cmdline 2>/dev/null | head -3)
        [ -n "$LEFT" ] || return 0
        sleep 0.5
    done
}
left
is "no process stays behind" "$LEFT" ""

"$BULWARK" scan "$S/slow" >"$OUT" 2>"$ERR" &
PID=$!
sleep 1
kill -KILL $PID 2>/dev/null
wait $PID 2>/dev/null
left
is "when the program is killed, its workers go too" "$LEFT" ""
"$BULWARK" scan "$S/slow" >"$OUT" 2>"$ERR" &
PID=$!
sleep 1
kill -INT $PID 2>/dev/null
kill -TERM $PID 2>/dev/null
wait $PID 2>/dev/null
RC=$?
holds "a termination signal ends the program (exit $RC)" [ "$RC" -ne 0 ]
left
is "and its workers" "$LEFT" ""

# --- by strace ---------------------------------------------------------------------------------

# A file a process, so that no call is told in two halves.
T=$S/trace
mkdir "$T"
if ! command -v strace >/dev/null; then
    skip "system calls during a scan" "strace is not installed"
elif ! strace -ff -o "$T/t" true 2>/dev/null; then
    skip "system calls during a scan" "strace may not trace here"
else
    make_image oci-dir "$S/image" "$S/root.tar"
    for target in "$S/image" "$S/root" "$S/root.tar"; do
        name=$(basename "$target")
        rm -f "$T"/*
        # The leak check of a sanitizer cannot run under ptrace.
        ASAN_OPTIONS=detect_leaks=0 timeout 120 strace -ff -qq -o "$T/t" \
            "$BULWARK" scan --no-cache "$target" --format json >"$OUT" 2>"$ERR"
        RC=$?
        COMMAND="bulwark scan $target (under strace)"
        expect "$name under strace" 0
        is "$name: no network" \
            "$(grep -hE 'socket\((AF_|PF_)?(INET|NETLINK|PACKET)|connect\(' "$T"/* | head -3)" ""
        is "$name: nothing is opened for writing" "$(grep -hE 'open(at)?2?\(.*O_(WRONLY|RDWR|CREAT|TRUNC)|(^| )(mkdir|mkdirat|rename|renameat2?|unlink|unlinkat|symlink|link|linkat|mknod|chmod|fchmod|chown|fchown|truncate|ftruncate)\(' "$T"/* |
            grep -vE '"/dev/(null|tty)"|"/proc/(self|thread-self|[0-9]+)/|= -1 E' | head -5)" ""
        is "$name: nothing is executed but the program" \
            "$(grep -hE 'execve(at)?\(' "$T"/* | grep -vF "$BULWARK" | head -3)" ""
        # After a process is locked down it opens nothing and makes nothing.
        locked=0
        : >"$S/after"
        for file in "$T"/*; do
            grep -qE '(seccomp\(SECCOMP_SET_MODE_FILTER|prctl\(PR_SET_SECCOMP).* = 0' "$file" || continue
            locked=$((locked + 1))
            awk '/(seccomp\(SECCOMP_SET_MODE_FILTER|prctl\(PR_SET_SECCOMP).* = 0/ {on = 1; next}
                on && /^(open|openat|openat2|socket|connect|execve|fork|vfork|ptrace|mount|unlink|unlinkat|rename|renameat2|mkdir|mkdirat)\(/ && !/= -1/
                on && /SIGSYS/' "$file" >>"$S/after"
            if grep -qE 'landlock_restrict_self\(.* = 0' "$file"; then
                ok "$name: Landlock is on in worker $locked"
            elif grep -qE 'landlock_create_ruleset\(.* = -1 E(NOSYS|OPNOTSUPP)' "$file"; then
                skip "$name: Landlock is on in worker $locked" "this kernel has no Landlock"
            else not_ok "$name: Landlock is on in worker $locked" "$(grep landlock "$file" | head -5)"; fi
        done
        holds "$name: there are locked workers ($locked)" [ "$locked" -gt 0 ]
        is "$name: a locked worker opens nothing" "$(head -3 "$S/after")" ""
    done
fi
done_testing
