#!/bin/bash
# What policies of pods and Kubernetes objects mend by themselves: in a manifest, a template, a
# compose file; nothing that is there for a reason, and all else stays as it was written.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

D=$WORK/fix
mkdir -p "$D/have" "$D/want"

cat >"$D/have/cron.yaml" <<'YAML'
apiVersion: batch/v1beta1
kind: CronJob
metadata:
  name: tidy
spec:
  schedule: "5 4 * * *" # when nobody looks
  jobTemplate:
    spec:
      template:
        spec:
          serviceAccount: tidy
          containers:
            - name: tidy
              image: registry.example/tidy:1
            - name: sweep
              image: registry.example/sweep:1
              securityContext:
                allowPrivilegeEscalation: true
                capabilities:
                  drop: [ALL]
            - name: agent
              image: registry.example/agent:1
              securityContext:
                privileged: true
YAML
cat >"$D/want/cron.yaml" <<'YAML'
apiVersion: batch/v1
kind: CronJob
metadata:
  name: tidy
spec:
  schedule: "5 4 * * *" # when nobody looks
  jobTemplate:
    spec:
      template:
        spec:
          serviceAccountName: tidy
          securityContext:
            seccompProfile:
              type: RuntimeDefault
          containers:
            - name: tidy
              securityContext:
                allowPrivilegeEscalation: false
              image: registry.example/tidy:1
            - name: sweep
              image: registry.example/sweep:1
              securityContext:
                allowPrivilegeEscalation: true
                capabilities:
                  drop: [ALL]
            - name: agent
              image: registry.example/agent:1
              securityContext:
                privileged: true
YAML
cat >"$D/have/compose.yaml" <<'YAML'
services:
  web:
    image: registry.example/web:1
  db:
    image: registry.example/db:1
    security_opt: ["label=level:s0:c1"]
YAML
cat >"$D/want/compose.yaml" <<'YAML'
services:
  web:
    image: registry.example/web:1
    security_opt:
      - no-new-privileges:true
  db:
    image: registry.example/db:1
    security_opt: ["label=level:s0:c1"]
YAML

for file in cron.yaml compose.yaml; do
    run check --no-cache --no-ignore --fix --yes "$D/have/$file"
    expect "$file is mended, or what cannot be is told" '0|1'
    same "$file is as wanted" "$D/want/$file" "$D/have/$file"
    cp "$D/have/$file" "$D/once"
    run check --no-cache --no-ignore --fix --yes "$D/have/$file"
    same "$file is mended once" "$D/once" "$D/have/$file"
done

run check --no-cache --no-ignore --format json "$D/have/cron.yaml"
for id in api-version-removed service-account-deprecated-field; do
    expect_json "no more $id" "not [f for f in d['findings'] if f['policy'] == '$id']"
done

done_testing
