#!/bin/bash
# The admission webhook before a real kube-apiserver with etcd: what is admitted, denied, warned of and changed,
# what the cluster's own policies say here and there, and that nothing passes while processes are killed and
# certificates change. Needs etcd and kube-apiserver (in PATH, in $BULWARK_PEERS or in tests/.cache).
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

PATH=${BULWARK_PEERS:-/nonexistent}:$CACHE:$PATH:/usr/local/bin
need etcd kube-apiserver openssl curl
export KUBE_SERVER KUBE_TOKEN=admin-token
KUBE=$WORK/kube
mkdir -p "$KUBE"

kube() { $PYTHON "$TOOLS/kube-client" "$@"; }
free_ports() {
    $PYTHON -c 'import socket,sys
all = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in all: s.bind(("127.0.0.1", 0))
print(*[s.getsockname()[1] for s in all])' "$1"
}
# within SECONDS COMMAND...: it succeeds sooner or later.
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.2
    done
}

# --- the cluster ---------------------------------------------------------------------------------

read -r ETCD ETCD_PEER API HOOK HOOK2 <<<"$(free_ports 5)"
KUBE_SERVER=https://127.0.0.1:$API
HOOK_URL=https://127.0.0.1:$HOOK

openssl genrsa -out "$KUBE/sa.key" 2048 2>/dev/null
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=clients -days 2 \
    -keyout "$KUBE/clients.key" -out "$KUBE/clients.crt" 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /O=system:masters/CN=operator \
    -keyout "$KUBE/operator.key" -out "$KUBE/operator.csr" 2>/dev/null
openssl x509 -req -in "$KUBE/operator.csr" -CA "$KUBE/clients.crt" -CAkey "$KUBE/clients.key" -CAcreateserial \
    -days 2 -out "$KUBE/operator.crt" 2>/dev/null
printf 'admin-token,admin,admin,system:masters\njane-token,jane,jane,dev\n' >"$KUBE/tokens.csv"
etcd --data-dir "$KUBE/etcd" --listen-client-urls "http://127.0.0.1:$ETCD" \
    --advertise-client-urls "http://127.0.0.1:$ETCD" --listen-peer-urls "http://127.0.0.1:$ETCD_PEER" \
    --initial-advertise-peer-urls "http://127.0.0.1:$ETCD_PEER" \
    --initial-cluster "default=http://127.0.0.1:$ETCD_PEER" >"$KUBE/etcd.log" 2>&1 &
SERVICE_PIDS+=("$!")
start_apiserver() {
    kube-apiserver --etcd-servers="http://127.0.0.1:$ETCD" --secure-port="$API" --bind-address=127.0.0.1 \
        --cert-dir="$KUBE/certs" --service-account-key-file="$KUBE/sa.key" \
        --service-account-signing-key-file="$KUBE/sa.key" --service-account-issuer=https://localhost \
        --token-auth-file="$KUBE/tokens.csv" --client-ca-file="$KUBE/clients.crt" --authorization-mode=RBAC --service-cluster-ip-range=10.0.0.0/24 \
        --allow-privileged=true --disable-admission-plugins=ServiceAccount >>"$KUBE/apiserver.log" 2>&1 &
    APISERVER=$!
    SERVICE_PIDS+=("$APISERVER")
}
start_apiserver
ready() { curl -sk --max-time 5 -H "Authorization: Bearer $KUBE_TOKEN" "$KUBE_SERVER/readyz" | grep -qx ok; }
within 60 ready || skip_all "kube-apiserver does not start here: $(tail -1 "$KUBE/apiserver.log" | cut -c1-200)"

kube apply - <<'YAML'
apiVersion: v1
kind: Namespace
metadata:
  name: bulwark
---
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    tier: web
---
apiVersion: v1
kind: Namespace
metadata:
  name: strict
---
apiVersion: v1
kind: Namespace
metadata:
  name: native
  labels:
    tier: web
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: jane
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: User, name: jane, apiGroup: rbac.authorization.k8s.io}]
YAML

KUBE_DRY_RUN=1 kube apply "$ROOT/packaging/kubernetes/bulwark.yaml" 2>"$KUBE/manifests.err"
is "the API server takes the manifests" "$(cat "$KUBE/manifests.err")" ""

# The rights that the manifests give, and no other.
awk -v RS='---\n' '/kind: (ServiceAccount|ClusterRole|ClusterRoleBinding|Role|RoleBinding|Secret)\n/ {print "---"; print}' \
    "$ROOT/packaging/kubernetes/bulwark.yaml" | kube apply -
echo '{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"expirationSeconds":7200}}' |
    kube POST /api/v1/namespaces/bulwark/serviceaccounts/bulwark/token - | tail -n +2 >"$KUBE/token.json"
json "$KUBE/token.json" 'd["status"]["token"]' >"$KUBE/token"
cat >"$KUBE/kubeconfig" <<YAML
apiVersion: v1
kind: Config
current-context: test
clusters: [{name: c, cluster: {server: "$KUBE_SERVER", certificate-authority: certs/apiserver.crt}}]
users: [{name: u, user: {tokenFile: token}}]
contexts: [{name: test, context: {cluster: c, user: u}}]
YAML

# pod NAME NAMESPACE SECURITY-CONTEXT [POD-FIELDS]: a manifest.
pod() {
    printf '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s","namespace":"%s","labels":{"app":"%s"}},"spec":{%s"containers":[{"name":"c","image":"registry.example/c:1","securityContext":%s}]}}' \
        "$1" "$2" "$1" "${4:-}" "$3"
}
# create NAME NAMESPACE SECURITY-CONTEXT [POD-FIELDS [QUERY]]: the answer, its status on the first line.
create() { pod "$1" "$2" "$3" "${4:-}" | kube POST "/api/v1/namespaces/$2/pods?${5:-}" - 2>&1; }
first_line() { head -1 <<<"$1"; }
has() { if grep -qE -- "$2" <<<"$3"; then ok "$1"; else not_ok "$1: /$2/" "$3"; fi; }
PRIVILEGED='{"privileged":true}'

is "a pod that nobody judges yet" "$(first_line "$(create old shop "$PRIVILEGED")")" 201

# --- the webhook ---------------------------------------------------------------------------------

cat >"$KUBE/config.yaml" <<'YAML'
profiles: [baseline]
mutate: [harden]
scopes:
  - namespaces: [strict]
    profiles: [restricted]
exceptions:
  - id: [container-privileged]
    namespaces: [shop]
    names: [agent-*]
    reason: reads the devices of the node
    owner: ops
    expires: 2999-12-31
  - id: [container-privileged]
    namespaces: [shop]
    names: [late-*]
    reason: until it is rewritten
    owner: ops
    expires: 2020-01-31
YAML

# start_guard NUMBER PORT OPTION...: sets GUARD_PID.
start_guard() {
    local number=$1 port=$2
    shift 2
    "$BULWARK" guard kubernetes --listen "127.0.0.1:$port" --tls-dir "$KUBE/tls$number" --tls-name 127.0.0.1 \
        --kubeconfig "$KUBE/kubeconfig" --config "$KUBE/config.yaml" --policies-from-cluster \
        --log "$KUBE/log$number.jsonl" "$@" 2>>"$KUBE/guard$number.log" &
    GUARD_PID=$!
    SERVICE_PIDS+=("$GUARD_PID")
}
readyz() { curl -sk --max-time 2 "https://127.0.0.1:$1/readyz" | grep -qx ok; }
registration() { kube GET /apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/bulwark | tail -n +2; }
bundle() { registration >"$KUBE/registration.json" && json "$KUBE/registration.json" 'd["webhooks"][0]["clientConfig"].get("caBundle", "")' | base64 -d; }
registered() { [ "$(bundle)" = "$(cat "$KUBE/tls1/ca.pem")" ]; }

sed "s/127.0.0.1:8443/127.0.0.1:$HOOK/; s/^\( *\)- kube-system/&\n\1- native/" \
    "$ROOT/packaging/kubernetes/webhooks-url.yaml" >"$KUBE/webhooks.yaml"
kube apply "$KUBE/webhooks.yaml"
is "while the webhook is not there nothing passes" "$(first_line "$(create early shop '{}')")" 500

start_guard 1 "$HOOK" --register bulwark --tls-secret bulwark/bulwark-tls --audit-interval 5s --audit-skip kube-system
# A second replica at the same moment: the Secret is empty, and one of them fills it.
start_guard 2 "$HOOK2" --tls-secret bulwark/bulwark-tls --audit-interval 0
SECOND=$GUARD_PID
holds "the webhook becomes ready" within 30 readyz "$HOOK"
holds "its authority is registered" within 20 registered

run guard kubernetes --kubeconfig "$KUBE/none" --tls-dir "$KUBE/tls0"
expect "a kubeconfig that is not there is an error at once" 2
run guard kubernetes --register bulwark --tls-dir "$KUBE/tls0"
expect "a registration without a cluster, too" 2
says "names the option" 'kubeconfig'

# --- decisions -----------------------------------------------------------------------------------

is "what is fine is admitted" "$(first_line "$(create fine shop '{}')")" 201
ANSWER=$(create bad shop "$PRIVILEGED")
is "what is forbidden is denied" "$(first_line "$ANSWER")" 403
has "with the policy" 'container-privileged' "$ANSWER"
has "and who denied it" 'admission webhook .*validate.bulwark.dev.* denied the request' "$ANSWER"
is "and is not there" "$(first_line "$(kube GET /api/v1/namespaces/shop/pods/bad)")" 404
printf '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"shop"},"spec":{"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},"spec":{"hostNetwork":true,"containers":[{"name":"c","image":"registry.example/c:1"}]}}}}' >"$KUBE/web.json"
has "a workload is denied before its pods" '^403' "$(kube POST /apis/apps/v1/namespaces/shop/deployments "$KUBE/web.json")"
is "an exception lets pass" "$(first_line "$(create agent-1 shop "$PRIVILEGED")")" 201
is "for whom it is" "$(first_line "$(create agent-1 strict "$PRIVILEGED")")" 403
is "until its last day" "$(first_line "$(create late-1 shop "$PRIVILEGED")")" 403
is "a dry run is denied, too" "$(first_line "$(create dry shop "$PRIVILEGED" "" dryRun=All)")" 403
is "and one that is fine leaves nothing" "$(first_line "$(create dry shop '{}' "" dryRun=All)"; first_line "$(kube GET /api/v1/namespaces/shop/pods/dry)")" "201
404"
is "a namespace with another choice" "$(first_line "$(create root strict '{}' '"hostPID":true,')")" 403
ROOTLESS='{"runAsNonRoot":true,"runAsUser":1000,"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]},"seccompProfile":{"type":"RuntimeDefault"}}'
is "has its own rules" "$(first_line "$(create rootful strict '{}')")" 403
is "and what they allow" "$(first_line "$(create rootless strict "$ROOTLESS")")" 201
kube GET /api/v1/namespaces/shop/pods/fine | tail -n +2 >"$KUBE/fine.json"
is "a pod is mended" "$(json "$KUBE/fine.json" '(d["spec"]["securityContext"].get("seccompProfile", {}).get("type"), d["spec"]["containers"][0]["securityContext"].get("allowPrivilegeEscalation"))')" "RuntimeDefault	False"
has "a later container is judged" '^403' "$(printf '{"spec":{"ephemeralContainers":[{"name":"debug","image":"registry.example/c:1","securityContext":{"privileged":true}}]}}' >"$KUBE/debug.json"
    curl -sk -o "$KUBE/debug.out" -w '%{http_code}\n' -X PATCH -H "Authorization: Bearer $KUBE_TOKEN" -H 'Content-Type: application/strategic-merge-patch+json' --data-binary @"$KUBE/debug.json" "$KUBE_SERVER/api/v1/namespaces/shop/pods/fine/ephemeralcontainers")"
is "leases, events and the system's namespace are left alone" "$(
    printf '{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"l","namespace":"shop"}}' | kube POST /apis/coordination.k8s.io/v1/namespaces/shop/leases - | head -1
    create system kube-system "$PRIVILEGED" | head -1)" "201
201"

# --- the cluster's own policies ------------------------------------------------------------------

kube apply - <<'YAML'
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: team-label
spec:
  matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [pods]}]}
  matchConditions: [{name: not-load, expression: "!has(object.metadata.labels) || !('load' in object.metadata.labels)"}]
  variables: [{name: app, expression: "object.metadata.?labels['app'].orValue('none')"}]
  validations: [{expression: "!variables.app.startsWith('x-')", messageExpression: "'app ' + variables.app + ' is not of this team'"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: team-label
spec: {policyName: team-label, validationActions: [Deny]}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: limits
  namespace: bulwark
data: {images: "registry.example/"}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: web-only
spec:
  matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
  validations: [{expression: "namespaceObject.metadata.?labels['tier'].orValue('') != 'web' || object.spec.?dnsPolicy.orValue('') != 'None'", message: "no own DNS in the web tier"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: web-only
spec: {policyName: web-only, validationActions: [Deny], matchResources: {namespaceSelector: {matchLabels: {tier: web}}}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: short-grace
spec:
  matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
  validations: [{expression: "object.spec.?terminationGracePeriodSeconds.orValue(30) <= 300", message: "waits too long"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: short-grace
spec: {policyName: short-grace, validationActions: [Warn]}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: not-bound
spec:
  matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
  validations: [{expression: "false", message: "nobody bound this"}]
YAML

# review POD-FILE NAMESPACE: what the webhook itself says: "true", or "false MESSAGE", and warnings.
review() {
    $PYTHON - "$1" "$2" >"$KUBE/review.json" <<'PYTHON'
import json, sys
pod = json.load(open(sys.argv[1]))
pod["metadata"]["namespace"] = sys.argv[2]
print(json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
    "uid": "1", "kind": {"group": "", "version": "v1", "kind": "Pod"},
    "resource": {"group": "", "version": "v1", "resource": "pods"}, "namespace": sys.argv[2],
    "name": pod["metadata"]["name"], "operation": "CREATE", "object": pod,
    "userInfo": {"username": "admin", "groups": ["system:masters", "system:authenticated"]}}}))
PYTHON
    curl -sS --cacert "$KUBE/tls1/ca.pem" -H 'Content-Type: application/json' --data-binary @"$KUBE/review.json" \
        "$HOOK_URL/validate" >"$KUBE/answer.json" 2>"$KUBE/answer.err" || cat "$KUBE/answer.err"
    json "$KUBE/answer.json" '(d["response"]["allowed"], d["response"].get("status", {}).get("message", ""), d["response"].get("warnings", ""))'
}
in_force() {
    pod x-one native '{}' >"$KUBE/one.json"
    review "$KUBE/one.json" native | grep -q 'is not of this team'
}
holds "a policy of the cluster is in force soon" within 15 in_force
there_too() { [ "$(kube POST "/api/v1/namespaces/native/pods?dryRun=All" "$KUBE/one.json" | head -1)" = 422 ]; }
within 15 there_too || diag <<<"the API server has not taken up its policy"

# The API server alone judges in the namespace native; the webhook is asked about the same pod.
parity() {
    local name=$1 there here
    there=$(kube POST "/api/v1/namespaces/native/pods?dryRun=All" "$KUBE/parity.json" 2>&1)
    here=$(review "$KUBE/parity.json" native)
    if [ "$(first_line "$there")" = 201 ]; then there_says=True; else there_says=False; fi
    is "$name: the webhook says what the API server says" "$(head -1 <<<"$here" | cut -f1)" "$there_says"
    [ -z "${2:-}" ] || { has "$name, the API server" "$2" "$there"; has "$name, the webhook" "$2" "$here"; }
}
pod x-one native '{}' >"$KUBE/parity.json"; parity "a condition with a variable" 'app x-one is not of this team'
pod one native '{}' >"$KUBE/parity.json"; parity "the same, passing"
pod one native '{}' '"dnsPolicy":"None","dnsConfig":{"nameservers":["10.0.0.1"]},' >"$KUBE/parity.json"; parity "labels of the namespace" 'no own DNS in the web tier'
pod one native '{}' '"terminationGracePeriodSeconds":900,' >"$KUBE/parity.json"; parity "a warning" 'waits too long'
has "a warning reaches who asked" '^warning: .*waits too long' "$(create slow shop '{}' '"terminationGracePeriodSeconds":900,')"

# Parameters: their kind is the site's, and so is the right to list it.
kube apply - <<'YAML'
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: own-registry
spec:
  paramKind: {apiVersion: v1, kind: ConfigMap}
  matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
  validations: [{expression: "object.spec.containers.all(c, c.image.startsWith(params.data.images))", messageExpression: "'images come from ' + params.data.images"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: own-registry
spec:
  policyName: own-registry
  validationActions: [Deny]
  paramRef: {name: limits, namespace: bulwark, parameterNotFoundAction: Deny}
YAML
limits() {
    kube apply - <<YAML
apiVersion: v1
kind: ConfigMap
metadata:
  name: limits
  namespace: bulwark
data: {images: "$1"}
YAML
}
left_out() { grep -q 'left out: ValidatingAdmissionPolicy own-registry: its parameters' "$KUBE/guard1.log"; }
holds "a policy whose parameters may not be listed is left out, and that is said" within 15 left_out
pod one native '{}' >"$KUBE/parity.json"
is "it denies nobody for that" "$(review "$KUBE/parity.json" native | head -1 | cut -f1)" True
kube apply - <<'YAML'
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: bulwark-params
rules: [{apiGroups: [""], resources: [configmaps], verbs: [list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: bulwark-params
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: bulwark-params}
subjects: [{kind: ServiceAccount, name: bulwark, namespace: bulwark}]
YAML
limits elsewhere.example/
denies() { review "$KUBE/parity.json" native | grep -q "images come from $1"; }
allows() { review "$KUBE/parity.json" native | grep -q ^True; }
holds "with the right it is in force" within 20 denies elsewhere.example/
within 10 sh -c "! $PYTHON '$TOOLS/kube-client' POST '/api/v1/namespaces/native/pods?dryRun=All' '$KUBE/parity.json'"
parity "a parameter" 'images come from elsewhere.example/'
limits registry.example/
holds "another parameter is taken up" within 20 allows

# An object of a namespace that is a moment old: its labels are waited for, not guessed.
kube apply - <<'YAML'
apiVersion: v1
kind: Namespace
metadata:
  name: fresh
  labels:
    tier: web
YAML
ANSWER=$(create one fresh '{}' '"dnsPolicy":"None","dnsConfig":{"nameservers":["10.0.0.1"]},')
has "labels of a new namespace are known" 'no own DNS in the web tier' "$ANSWER"
is "and nothing is denied for want of them" "$(first_line "$(create two fresh '{}')")" 201

# --- what runs already ---------------------------------------------------------------------------

metrics() { curl -sk "$HOOK_URL/metrics"; }
audited() { metrics | grep -qE '^bulwark_audit_denied\{policy="container-privileged"\} [1-9]'; }
holds "an audit finds the pod that was there before, as a metric" within 30 audited
audit_logged() { grep -q '"gate":"kubernetes-audit".*"name":"old"' "$KUBE/log1.jsonl"; }
holds "and in the log" within 10 audit_logged
has "when the cluster was last heard of is a metric" '^bulwark_cluster_read_timestamp_seconds [1-9]' "$(metrics)"
run guard kubernetes --audit-once --kubeconfig "$KUBE/kubeconfig" --config "$KUBE/config.yaml" --policies-from-cluster
expect "audit on demand: something would be denied" 1
says "names it" 'DENIED +Pod shop/old'
quiet_about "keeps to exceptions" 'DENIED +Pod shop/agent-1'
run guard kubernetes --audit-once --kubeconfig "$KUBE/kubeconfig" --config "$KUBE/config.yaml" --format json
is "as JSON, an object a line" "$(grep -c '^{"gate":"kubernetes-audit".*}$' "$OUT"; tail -1 "$OUT" | cut -c1-12)" "$(grep -c '"gate"' "$OUT")
{\"summary\":{"
cat >"$KUBE/inline" <<YAML
apiVersion: v1
kind: Config
current-context: test
clusters: [{name: c, cluster: {server: "$KUBE_SERVER", certificate-authority-data: $(base64 -w0 "$KUBE/certs/apiserver.crt")}}]
users: [{name: u, user: {client-certificate-data: $(base64 -w0 "$KUBE/operator.crt"), client-key-data: $(base64 -w0 "$KUBE/operator.key")}}]
contexts: [{name: test, context: {cluster: c, user: u}}]
YAML
run guard kubernetes --audit-once --kubeconfig "$KUBE/inline"
expect "as a person with a certificate in the kubeconfig" 1
sed "s/certificate-authority-data: [^}]*/certificate-authority: clients.crt/" "$KUBE/inline" >"$KUBE/stranger"
run guard kubernetes --audit-once --kubeconfig "$KUBE/stranger"
expect "an API server of another authority is not spoken to" 4
run guard log "$KUBE/log1.jsonl"
expect "the log that webhook and audit share is intact" 0

# --- two replicas, one authority -----------------------------------------------------------------

holds "another replica becomes ready" within 30 readyz "$HOOK2"
same "both have the Secret's authority" "$KUBE/tls1/ca.pem" "$KUBE/tls2/ca.pem"
vouches() { openssl verify -CAfile "$KUBE/tls1/ca.pem" "$KUBE/tls2/tls.crt" >/dev/null; }
holds "which vouches for the other's own certificate" vouches
has "each has a key of its own" '^1$' "$(cmp -s "$KUBE/tls1/tls.key" "$KUBE/tls2/tls.key"; echo $?)"
kill "$SECOND"; wait "$SECOND" 2>/dev/null

# --- under load ----------------------------------------------------------------------------------

forbidden_pods() {
    kube GET "/api/v1/namespaces/shop/pods?labelSelector=load%3Dyes" | tail -n +2 >"$KUBE/load-pods.json"
    json "$KUBE/load-pods.json" 'sum(1 for p in d["items"] if p["spec"]["containers"][0]["securityContext"].get("privileged"))'
}
servers() { ps -eo pid=,ppid=,args= | awk -v g="$1" '$2 == g {print $1}'; }
FIRST=$(pgrep -of -- "guard kubernetes --listen 127.0.0.1:$HOOK ")

kube load 12 shop >"$KUBE/load.json" &
LOAD=$!
for _ in 1 2 3; do
    sleep 1.5
    # The server is a child of the process that does nothing but start servers.
    for child in $(servers "$FIRST"); do for server in $(servers "$child"); do kill -9 "$server"; done; done
done
sleep 1
kill -9 "$FIRST"
wait "$FIRST" 2>/dev/null
sleep 1
start_guard 1 "$HOOK" --register bulwark --tls-secret bulwark/bulwark-tls --audit-interval 0
wait "$LOAD"
LOAD_SAYS=$(cat "$KUBE/load.json")
echo "# killed under load: $LOAD_SAYS"
is "while servers and supervisor are killed, nothing that is forbidden gets in" "$(forbidden_pods)" 0
is "nobody was told otherwise" "$(json "$KUBE/load.json" 'd["forbidden_created"]')" 0
is "what was forbidden was denied, and work went on" "$(json "$KUBE/load.json" 'd["forbidden_denied"] > 20 and d["fine_created"] > 20')" True
holds "and it is ready again" within 30 readyz "$HOOK"
has "servers were replaced" 'another server has taken its place' "$(cat "$KUBE/guard1.log")"

# --- another authority under load ----------------------------------------------------------------

kill "$GUARD_PID"; wait "$GUARD_PID" 2>/dev/null
# One that is at two thirds of its life in 8 seconds, and at its end in 40.
mkdir -p "$KUBE/ca"; : >"$KUBE/ca/index"; echo 01 >"$KUBE/ca/serial"
cat >"$KUBE/ca/conf" <<CONF
[ca]
default_ca = c
[c]
database = $KUBE/ca/index
serial = $KUBE/ca/serial
new_certs_dir = $KUBE/ca
default_md = sha256
policy = p
x509_extensions = x
[p]
commonName = supplied
[x]
basicConstraints = critical,CA:true,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
CONF
rm -rf "$KUBE/tls1"; mkdir -m 700 "$KUBE/tls1"
openssl ecparam -name prime256v1 -genkey -noout -out "$KUBE/tls1/ca.key" 2>/dev/null
openssl req -new -key "$KUBE/tls1/ca.key" -subj '/CN=aging' -out "$KUBE/ca/csr" 2>/dev/null
stamp() { date -u -d "@$(($(date +%s) + $1))" +%Y%m%d%H%M%SZ; }
openssl ca -batch -config "$KUBE/ca/conf" -selfsign -keyfile "$KUBE/tls1/ca.key" -in "$KUBE/ca/csr" -notext \
    -startdate "$(stamp -56)" -enddate "$(stamp 40)" -out "$KUBE/tls1/ca.pem" 2>"$KUBE/ca/log" ||
    not_ok "openssl makes an authority" "$(cat "$KUBE/ca/log")"
chmod 600 "$KUBE/tls1/"*
OLD=$(cat "$KUBE/tls1/ca.pem")
start_guard 1 "$HOOK" --register bulwark --audit-interval 0
holds "it starts with an authority that ages" within 20 registered
served() { openssl s_client -connect "127.0.0.1:$HOOK" </dev/null 2>/dev/null | openssl x509 -noout -fingerprint; }
BEFORE=$(served)
kube load 25 shop >"$KUBE/load.json"
echo "# another authority under load: $(cat "$KUBE/load.json")"
has "the bundle follows" '^[2-9]' "$(bundle | grep -c BEGIN)"
holds "with the old one in it" grep -qF "$(sed -n 2p <<<"$OLD")" <(bundle)
is "another certificate is served" "$([ "$(served)" = "$BEFORE" ] && echo same || echo another)" another
is "no request failed meanwhile" "$(json "$KUBE/load.json" '(d["fine_failed"], d["forbidden_failed"], d["forbidden_created"])')" "0	0	0"
is "and none passed unjudged" "$(forbidden_pods)" 0

# --- the rights ----------------------------------------------------------------------------------

# Parameters of policies are the site's to grant (paramKinds of the chart).
quiet_about_log() {
    local found
    found=$(grep -iE -- "$2" "$KUBE"/guard*.log | grep -v configmaps)
    if [ -n "$found" ]; then not_ok "$1" "$found"; else ok "$1"; fi
}
quiet_about_log "the manifests give every right that is needed" 'not allowed to'

# --- faults around it ----------------------------------------------------------------------------

agent() { pgrep -f "^bulwark guard kubernetes agent --listen 127.0.0.1:$HOOK "; }
kill -9 "$(agent)"
holds "an agent that is killed is replaced" within 10 agent
kill "$APISERVER"; wait "$APISERVER" 2>/dev/null
sleep 2
has "without an API server the webhook answers" '^True' "$(review "$KUBE/parity.json" native)"
start_apiserver
holds "the API server comes back" within 60 ready
limits nowhere.example/
holds "and what changes then is taken up" within 60 denies nowhere.example/
limits registry.example/

has "no server crashed by itself" '^0$' "$(grep -c 'ended by signal \(6\|11\)' "$KUBE/guard1.log")"
quiet_about_log "no process was caught by a sanitizer" 'AddressSanitizer|LeakSanitizer|runtime error:|Assertion'
done_testing
