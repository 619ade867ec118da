#!/bin/bash
# The Docker guard with bulwark-runtime behind it: what the runtime mends, the guard lets through with a
# warning; what neither mends is refused once; what the guard cannot see, the runtime refuses.
. "$(dirname "$0")/lib.sh"
is_root || skip_all "a Docker daemon needs root"
need docker dockerd runc
BUSYBOX=$(command -v busybox) || skip_all "busybox-static is not installed"
ldd "$BUSYBOX" >/dev/null 2>&1 && skip_all "busybox is linked dynamically"
RUNTIME=$(dirname "$BULWARK")/bulwark-runtime
[ -x "$RUNTIME" ] || skip_all "bulwark-runtime is not built"
PLUGIN=bulwark-together-$$
SPEC=/etc/docker/plugins/$PLUGIN.spec
mkdir -p /etc/docker/plugins "$WORK/log" "$WORK/policies"
echo "unix://$WORK/guard.sock" >"$SPEC"
leave() { rm -f "$SPEC"; cleanup; }
trap leave EXIT

# --- the two gates -------------------------------------------------------------------------------

cat >"$WORK/runtime.json" <<JSON
{"gate": {"except": ["host-path-volume"]}, "set": "$WORK/paths.set",
 "log": {"path": "$WORK/log/runtime.log"}}
JSON
cat >"$WORK/paths.yaml" <<'YAML'
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: not-etc
spec:
  matchConstraints:
    resourceRules:
      - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
  validations:
    - expression: >-
        !has(object.spec.volumes) || object.spec.volumes.all(v, !has(v.hostPath) || v.hostPath.path != '/etc')
      message: mounts /etc
YAML
chmod 644 "$WORK/runtime.json"
"$BULWARK" policy compile "$WORK/paths.yaml" -o "$WORK/paths.set" 2>/dev/null || skip_all "the site's policy does not compile"
# The guard asks the daemon for its default runtime, and knows it by this name.
cat >"$WORK/bulwark-runtime" <<SH
#!/bin/sh
exec $RUNTIME --bulwark-config $WORK/runtime.json "\$@"
SH
chmod 755 "$WORK/bulwark-runtime"
"$BULWARK" guard docker --socket "$WORK/guard.sock" --docker-host "unix://$WORK/docker/s" \
    --except host-path-volume --policy "$WORK/paths.yaml" --log "$WORK/log/docker.log" 2>"$WORK/guard.err" &
SERVICE_PIDS+=("$!")
start_dockerd docker --add-runtime "bulwark=$WORK/bulwark-runtime" --default-runtime bulwark \
    --authorization-plugin "$PLUGIN" || skip_all "$DOCKER_REASON"
mkdir -p "$WORK/root/bin" "$WORK/root/proc" "$WORK/root/h"
cp "$BUSYBOX" "$WORK/root/bin/busybox"
for name in sh cat grep; do ln -s busybox "$WORK/root/bin/$name"; done
tar -C "$WORK/root" -c . | docker import - box:1 >/dev/null || skip_all "docker import failed"
for _ in $(seq 100); do
    grep -q "policies are in force" "$WORK/guard.err" && [ "$(grep -c "in force" "$WORK/guard.err")" -ge 2 ] && break
    sleep 0.1
done

run_box() { timeout 60 docker run --rm --network none "$@" >"$OUT" 2>"$ERR" </dev/null; RC=$?; COMMAND="docker run $*"; }
started() { if [ $RC = 0 ]; then ok "$1"; else not_ok "$1" "$(cat "$ERR")"; fi; }
refused_by() { # NAME WHO POLICY
    if [ $RC = 125 ] && grep -qE "$2" "$ERR" && grep -qF "[$3]" "$ERR"; then ok "$1"; else not_ok "$1" "$(cat "$ERR" "$OUT")"; fi
}

# --- what comes of it ----------------------------------------------------------------------------

run_box box:1 cat /proc/1/status
started "an ordinary container runs"
run_box --security-opt seccomp=unconfined box:1 grep Seccomp: /proc/1/status
started "what the runtime mends passes the guard"
says "and is mended" '^Seccomp:[[:space:]]*2'
if grep seccomp-unconfined "$WORK/log/docker.log" | grep -q '"weight":"warn"'; then ok "with a warning in the guard's log"
else not_ok "with a warning in the guard's log" "$(tail -n 3 "$WORK/log/docker.log")"; fi
run_box --privileged box:1 true
refused_by "what nobody mends is refused by the guard" "authorization denied by plugin $PLUGIN" container-privileged
run_box -v /etc:/h box:1 true
refused_by "as is a path that the site forbids" "authorization denied by plugin $PLUGIN" not-etc
ln -s /etc "$WORK/link"
run_box -v "$WORK/link:/h" box:1 true
refused_by "by a link the guard lets it pass, and the runtime does not" "OCI runtime create failed.*denied|is denied for" not-etc
if grep -q "authorization denied" "$ERR"; then not_ok "it was the runtime" "$(cat "$ERR")"; else ok "it was the runtime"; fi
for gate in docker runtime; do
    "$BULWARK" guard log "$WORK/log/$gate.log" >"$OUT" 2>&1
    is "the log of $gate verifies" $? 0
done
done_testing
