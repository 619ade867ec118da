#!/bin/bash
# The chart and the plain manifests: they agree, and what bulwark says of others holds for its own.
# Rendering needs helm, in PATH or in $BULWARK_PEERS; an API server is the business of guard-kubernetes.sh.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

PLAIN=$ROOT/packaging/kubernetes
HELM=$(PATH="${BULWARK_PEERS:-/nonexistent}:$CACHE:$PATH" command -v helm)

# own NAME FILE...: nothing is denied, and nothing is left unexamined.
own() {
    local name=$1
    shift
    run check --no-cache --no-ignore --profile hosting,restricted,cis-docker --fail-on deny,gap --format json "$@"
    expect "$name" 0
}

own "the plain manifests pass" "$PLAIN/bulwark.yaml"
expect_json "the Deployment was among what was judged" "d['verdict'] and d['score']['evaluated'] >= 10"
own "the registration by URL passes" "$PLAIN/webhooks-url.yaml"
own "the static pod passes, but for what its annotations say" "$PLAIN/static-pod.yaml"
own "the image's Dockerfile passes" "$ROOT/packaging/Dockerfile"

if [ -z "$HELM" ]; then
    skip "the plain manifests are what the chart gives" "no helm in PATH or BULWARK_PEERS"
    done_testing
fi

export HELM
if "$PLAIN/generate" "$WORK" >"$WORK/generate.log" 2>&1; then
    same "the plain manifests are what the chart gives" "$PLAIN/bulwark.yaml" "$WORK/bulwark.yaml"
    same "the registration by URL, too" "$PLAIN/webhooks-url.yaml" "$WORK/webhooks-url.yaml"
else
    not_ok "the plain manifests are what the chart gives" "$(cat "$WORK/generate.log")"
fi

# render FILE OPTION...: the chart with other values.
render() {
    local out=$1
    shift
    "$HELM" template mine "$ROOT/charts/bulwark" --namespace guard --kube-version 1.34.0 "$@" >"$out" 2>"$out.log"
}

cat >"$WORK/values.yaml" <<'YAML'
image: {repository: registry.example.org/bulwark, digest: "sha256:0000000000000000000000000000000000000000000000000000000000000000"}
profiles: [restricted, cis-docker]
policiesFromCluster: false
auditInterval: "0"
mutate: false
policies:
  own.yaml: |
    apiVersion: v1
    kind: List
config:
  except: [image-digest-missing]
paramKinds: [{apiGroups: [example.org], resources: [limits]}]
excludedNamespaces: [kube-system, storage]
YAML
render "$WORK/other.yaml" -f "$WORK/values.yaml" && ok "the chart takes every value" ||
    not_ok "the chart takes every value" "$(cat "$WORK/other.yaml.log")"
own "so set, it passes, too" "$WORK/other.yaml"
is "without an audit it may list nothing but namespaces" \
    "$(grep -c 'verbs: \[list\]' "$WORK/other.yaml")" 0
is "without mutation there is one registration" \
    "$(grep -c '^kind: .*WebhookConfiguration' "$WORK/other.yaml")" 1
is "a further namespace is left alone" "$(grep -c -- '- storage$' "$WORK/other.yaml")" 1

"$HELM" lint "$ROOT/charts/bulwark" >"$WORK/lint.log" 2>&1 && ok "helm lint" || not_ok "helm lint" "$(cat "$WORK/lint.log")"
done_testing
