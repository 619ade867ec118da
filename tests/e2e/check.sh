#!/bin/bash
# Documents judged by policies, through the whole program: what is found and recognised, exit codes, waivers,
# gaps, other files that a document asks for.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

D=$WORK/docs
mkdir -p "$D/k8s" "$D/shop" "$D/.git" "$D/node_modules/x"

cat >"$D/k8s/web.yaml" <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
        - name: web
          image: example.org/web:1.0
          securityContext:
            privileged: yes
YAML
cat >"$D/Dockerfile" <<'TEXT'
FROM debian:latest
RUN apt-get update && apt-get install -y curl
CMD ["/bin/true"]
TEXT
cat >"$D/shop/compose.yaml" <<'YAML'
include:
  - more/other.yaml
services:
  web:
    image: example.org/web:${VERSION:-1.0}
    env_file: web.env
    privileged: true
YAML
mkdir -p "$D/shop/more"
printf 'services:\n  db:\n    image: example.org/db:1\n    pid: host\n' >"$D/shop/more/other.yaml"
echo 'A=b' >"$D/shop/web.env"
cp "$D/k8s/web.yaml" "$D/.git/hidden.yaml"
cp "$D/k8s/web.yaml" "$D/node_modules/x/hidden.yaml"
echo '{"name": "not-a-document"}' >"$D/package.json"

check() { run check --format json --no-cache "$@"; }
PATHS='str(sorted(set(f["location"]["path"] for f in d["findings"])))'
has() { expect_json "$1" "any(f['policy'] == '$2' and f['location']['path'] == '$3' for f in d['findings'])"; }

# --- what is found -------------------------------------------------------------------------------

check "$D"
expect "a directory with denied things" 1
is "documents are found, tools' own directories are not looked into" "$(json "$OUT" "$PATHS")" \
    "['$D/Dockerfile', '$D/k8s/web.yaml', '$D/shop/compose.yaml', '$D/shop/more/other.yaml']"
has "a template's privileged container" container-privileged "$D/k8s/web.yaml"
has "the same policy in a compose file" container-privileged "$D/shop/compose.yaml"
has "what a compose file includes has its own place" host-namespaces "$D/shop/more/other.yaml"
has "latest in a Dockerfile" image-tag-latest "$D/Dockerfile"
expect_json "the value has its line and column" \
    "any(f['policy'] == 'container-privileged' and f['location'].get('line') == 16 and f['location'].get('column') == 25 for f in d['findings'])"
expect_json "a finding of a policy has its members" \
    "all(f['kind'] == 'policy' and f['policy'] == f['id'] and f['object'] and f['action'] in ('Deny', 'Warn', 'Audit') for f in d['findings'])"
expect_json "every selected policy has a result" "len(set(r['check'] for r in d['results'])) == len(d['results']) > 50"

check "$D/k8s/web.yaml"
expect "one file" 1
has "by the path as it was given" container-privileged "$D/k8s/web.yaml"
pushd "$D" >/dev/null || exit
check .
has "a relative path stays one" container-privileged k8s/web.yaml
popd >/dev/null || exit
STDIN=$D/k8s/web.yaml check -
expect "standard input" 1
has "standard input: its place is -" container-privileged -

# --- what is not read is said --------------------------------------------------------------------

check "$D/package.json"
expect "a file that is no document" 3
expect_json "it is a blocking gap" "[g['class'] for g in d['gaps']] == ['blocking']"
check "$D/nothing.yaml"
expect "a path that is not there" 2
mkdir "$D/empty"
check "$D/empty"
expect "an empty directory" 0
expect_json "it is a note" "[g['class'] for g in d['gaps']] == ['note']"
head -c 4096 /dev/urandom >"$D/empty/Dockerfile"
check "$D/empty"
expect "a binary file named Dockerfile" 3
rm "$D/empty/Dockerfile"
printf 'a: &a [*a]\n' >"$D/empty/cycle.yaml"
printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: a, name: b}\n' >"$D/empty/twice.yaml"
check "$D/empty"
expect "an anchor in a cycle, a key that stands twice" 3
ln -s ../../k8s/web.yaml "$D/empty/link.yaml"
rm "$D/empty/cycle.yaml" "$D/empty/twice.yaml"
check "$D/empty"
expect_json "symbolic links are not followed, and that is said" "any('symbolic' in g['what'] for g in d['gaps'])"
printf 'include:\n  - ../../../etc/passwd\nservices:\n  a:\n    image: a:1\n' >"$D/empty/compose.yaml"
check "$D/empty"
expect_json "nothing outside of the tree is read" "any('outside' in g['why'] for g in d['gaps'])"
rm -r "$D/empty"

# --- choices -------------------------------------------------------------------------------------

check --only container-privileged "$D"
is "one policy by its id" "$(json "$OUT" "str(sorted(set(f['policy'] for f in d['findings'])))")" "['container-privileged']"
check --only KSV-0017 "$D"
is "the same by another tool's id" "$(json "$OUT" "str(sorted(set(f['policy'] for f in d['findings'])))")" "['container-privileged']"
check --only no-such-policy "$D"
expect "a policy that is not there" 2
check --skip container-privileged "$D"
expect_json "all but one" "all(f['policy'] != 'container-privileged' for f in d['findings'])"
check --profile nonsense "$D"
expect "a profile that is not there" 2
check --only container-privileged --fail-on none "$D"
expect "--fail-on none" 0
check --no-builtin "$D"
expect "no policies at all" 2

# --- own policies --------------------------------------------------------------------------------

mkdir "$WORK/own"
cat >"$WORK/own/team.yaml" <<'YAML'
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: team-label
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules:
      - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}
  validations:
    - expression: "has(object.metadata.labels) && 'team' in object.metadata.labels"
      message: every deployment names its team
YAML
check --no-builtin --policy "$WORK/own" "$D"
expect "a policy of one's own" 1
has "finds" team-label "$D/k8s/web.yaml"
sed -i 's/has(object/has(objct/' "$WORK/own/team.yaml"
check --no-builtin --policy "$WORK/own" "$D"
expect "a policy that does not compile" 4
says "names file, line and the word that was meant" "team.yaml:11:.*object"

# --- waivers -------------------------------------------------------------------------------------

sed -i 's/^  namespace: shop/&\n  annotations:\n    bulwark.dev\/ignore: "container-privileged; reason=a driver; owner=ops; until=2999-12-31"/' "$D/k8s/web.yaml"
check --only container-privileged "$D/k8s"
expect "waived by an annotation" 0
expect_json "with reason and owner" \
    "[(f['waiver']['reason'], f['waiver']['owner']) for f in d['findings']] == [('a driver', 'ops')]"
sed -i 's/2999/2020/' "$D/k8s/web.yaml"
check --only container-privileged "$D/k8s"
expect "an expired annotation" 1
sed -i '1i # hadolint ignore=DL3007' "$D/Dockerfile"
check --only image-tag-latest "$D/Dockerfile"
expect "waived by hadolint's comment" 0
cat >"$WORK/ignore.yaml" <<'YAML'
- id: KSV-0017
  reason: by another tool's id
  kind: policy
YAML
check --only container-privileged --ignore-file "$WORK/ignore.yaml" "$D"
expect "waived by a file" 0

# Several objects that leave the same open make one gap, that names each policy once.
mkdir "$D/patches"
for name in a b c; do
    cat >"$D/patches/$name.yaml" <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: {name: $name}
spec: {template: {spec: {hostPID: true}}}
YAML
done
check --only host-namespaces,container-privileged "$D/patches"
expect_json "a patch is judged by what it says" "len(d['findings']) == 3"
expect_json "what it leaves out is in doubt, told once" \
    "[g['what'] for g in d['gaps'] if 'laid over' in g['why']] == ['policy container-privileged']"

# --- forms ---------------------------------------------------------------------------------------

for form in table html markdown sarif junit gitlab github csv; do
    run check --format $form "$D/k8s"
    expect "--format $form" 1
    holds "--format $form writes something" test -s "$OUT"
done
run check "$D/k8s"
says "the table names the policy" "container-privileged"
says "and the place" "web.yaml:18"
run check --explain container-privileged "$D/k8s"
says "--explain tells what decided" "privileged"

done_testing
