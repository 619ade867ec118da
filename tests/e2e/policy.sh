#!/bin/bash
# The verbs of `bulwark policy`: what they print, what they refuse, and a compiled set in another's place.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

D=$WORK/policies
mkdir -p "$D/web"

cat >"$D/web/replicas.yaml" <<'YAML'
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: replicas
  annotations:
    bulwark.dev/title: Few replicas
    bulwark.dev/severity: low
    bulwark.dev/remedy: Ask for fewer
    bulwark.dev/aliases: T-1
    bulwark.dev/profiles: mine
spec:
  paramKind: {apiVersion: v1, kind: ConfigMap}
  matchConstraints:
    resourceRules:
      - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}
  validations:
    - expression: object.spec.replicas <= int(params.data.max)
      messageExpression: "'more than ' + params.data.max"
YAML
cat >"$D/web/replicas.examples.yaml" <<'YAML'
- as: manifest
  with: |
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: limits}
    data: {max: "3"}
    ---
    apiVersion: admissionregistration.k8s.io/v1
    kind: ValidatingAdmissionPolicyBinding
    metadata: {name: replicas}
    spec:
      policyName: replicas
      validationActions: [Deny]
      paramRef: {name: limits, parameterNotFoundAction: Deny}
  pass: |
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: a}
    spec: {replicas: 3, selector: {}, template: {spec: {containers: [{name: a, image: a}]}}}
  fail: |
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: a}
    spec: {replicas: 4, selector: {}, template: {spec: {containers: [{name: a, image: a}]}}}
YAML

# --- list, explain -------------------------------------------------------------------------------

run policy list --format json
expect "the library is listed" 0
expect_json "with what each is" \
    "len(d['policies']) > 150 and all(p['id'] and p['title'] and p['remedy'] and p['profiles'] for p in d['policies'])"
run policy list --profile restricted --resource pods --format json
expect_json "by profile and by what is looked at" \
    "len(d['policies']) > 10 and all('restricted' in p['profiles'] and 'pods' in p['resources'] for p in d['policies'])"
run policy list --policy "$D"
expect "one's own" 0
says "in a table" 'replicas +low +Warn +Few replicas'
run policy list --profile restrictd
expect "a profile that is not there" 2
says "and the nearest that is" "did you mean 'restricted'"
run policy explain KSV-0017
expect "by another tool's name" 0
says "the policy it means" '^container-privileged: '
run policy explain --policy "$D" replicas --format json
expect_json "with its expressions" \
    "d['policies'][0]['parts'][0]['expression'] == 'object.spec.replicas <= int(params.data.max)' and d['policies'][0]['parts'][0]['line'] == 17"

# --- test ----------------------------------------------------------------------------------------

run policy test --strict "$D"
expect "examples that hold" 0
says "are counted" '^# 4 passed, 0 failed, 0 skipped'
sed -i 's/replicas: 3,/replicas: 5,/' "$D/web/replicas.examples.yaml"
run policy test "$D"
expect "an example that does not" 1
says "is told with the reason" 'wanted PASS, got FAIL: more than 3'
run policy test "$D/web/replicas.yaml"
expect "no suites" 2

mkdir "$WORK/none"
run policy list --policy "$WORK/none"
expect "a place without policies" 2
says "is told" 'there is no policy at'

# --- lint, compile -------------------------------------------------------------------------------

run policy lint "$D/web/replicas.yaml"
expect "a policy that is understood" 0
sed 's/params.data.max)$/params.data.max) \&\& objct.x/' "$D/web/replicas.yaml" >"$WORK/bad.yaml"
run policy lint "$WORK/bad.yaml"
expect "one that is not" 1
says "is told with its place" "bad.yaml:17:67: policy replicas: undeclared reference to 'objct'"
run policy compile "$D" -o "$WORK/set"
expect "a set is written" 0
run policy explain --policy "$WORK/set" T-1
expect "and taken in place of the files" 0
truncate -s -8 "$WORK/set"
run policy list --policy "$WORK/set"
expect "one that is cut short is refused" 2
says "with the reason" 'no compiled set of policies, or a damaged one'

# --- eval ----------------------------------------------------------------------------------------

run policy eval 'xs.filter(x, x > 1).map(x, x * 2)' --bind 'xs=[1,2,3]'
expect "an expression" 0
is "its value is JSON" "$(cat "$OUT")" '[4,6]'
STDIN=$WORK/object.json
echo '{"a": {"b": 1}}' >"$STDIN"
run policy eval 'object.a.b + 1' --bind object=-
unset STDIN
is "a value from standard input" "$(cat "$OUT")" 2
run policy eval '1 / 0'
expect "an error of evaluation" 1
run policy eval 'size(1)'
expect "an error of the expression" 1
run policy eval --bind x=y x
expect "a value that is no JSON" 2

done_testing
