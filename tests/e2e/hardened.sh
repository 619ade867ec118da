#!/bin/bash
# What the policies ask for can be had all at once: an application that is written as they want has
# no finding of any of them, and not because they looked away.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

D=$WORK/shop
mkdir -p "$D/k8s" "$D/compose"
DIGEST=sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef

cat >"$D/k8s/shop.yaml" <<YAML
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce: restricted
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: shop, namespace: shop}
spec:
  hard: {limits.memory: 8Gi}
---
apiVersion: v1
kind: LimitRange
metadata: {name: shop, namespace: shop}
spec:
  limits:
    - type: Container
      default: {memory: 256Mi}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector:
    matchLabels: {app.kubernetes.io/name: web}
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        - namespaceSelector:
            matchLabels: {kubernetes.io/metadata.name: ingress}
      ports: [{port: 8080}]
  egress:
    - to:
        - podSelector:
            matchLabels: {app.kubernetes.io/name: db}
      ports: [{port: 5432}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: shop}
automountServiceAccountToken: false
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web, namespace: shop}
data:
  log-level: info
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 3
  strategy:
    rollingUpdate: {maxUnavailable: 1}
  selector:
    matchLabels: {app.kubernetes.io/name: web}
  template:
    metadata:
      labels: {app.kubernetes.io/name: web}
    spec:
      serviceAccountName: web
      automountServiceAccountToken: false
      hostUsers: false
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: {app.kubernetes.io/name: web}
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        runAsGroup: 10001
        fsGroup: 10001
        seccompProfile: {type: RuntimeDefault}
        appArmorProfile: {type: RuntimeDefault}
      containers:
        - name: web
          image: registry.example/shop/web:1.4.2@$DIGEST
          env:
            - name: LOG_LEVEL
              valueFrom:
                configMapKeyRef: {name: web, key: log-level}
            - name: DB_PASSWORD_FILE
              value: /run/secrets/db/password
          ports:
            - name: http
              containerPort: 8080
          livenessProbe:
            httpGet: {path: /live, port: http}
          readinessProbe:
            httpGet: {path: /ready, port: http}
          resources:
            requests: {cpu: 100m, memory: 64Mi}
            limits: {cpu: "1", memory: 256Mi, ephemeral-storage: 64Mi}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          volumeMounts:
            - {name: tmp, mountPath: /tmp}
            - {name: db, mountPath: /run/secrets/db, readOnly: true}
      volumes:
        - name: tmp
          emptyDir: {sizeLimit: 16Mi}
        - name: db
          secret: {secretName: db}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app.kubernetes.io/name: web}
  ports:
    - {name: http, port: 80, targetPort: http}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  tls:
    - hosts: [shop.example]
      secretName: shop-tls
  rules:
    - host: shop.example
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service: {name: web, port: {name: http}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {app.kubernetes.io/name: web}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 3
  maxReplicas: 9
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: web, namespace: shop}
rules:
  - apiGroups: [""]
    resources: [configmaps]
    resourceNames: [web]
    verbs: [get, watch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: web}
subjects:
  - {kind: ServiceAccount, name: web, namespace: shop}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: tidy, namespace: shop}
spec:
  schedule: "5 4 * * *"
  concurrencyPolicy: Forbid
  jobTemplate:
    spec:
      ttlSecondsAfterFinished: 3600
      template:
        metadata:
          labels: {app.kubernetes.io/name: tidy}
        spec:
          restartPolicy: Never
          serviceAccountName: web
          automountServiceAccountToken: false
          hostUsers: false
          securityContext:
            runAsNonRoot: true
            runAsUser: 10001
            runAsGroup: 10001
            seccompProfile: {type: RuntimeDefault}
            appArmorProfile: {type: RuntimeDefault}
          containers:
            - name: tidy
              image: registry.example/shop/tidy:1.4.2@$DIGEST
              resources:
                requests: {cpu: 100m, memory: 64Mi}
                limits: {cpu: "1", memory: 256Mi, ephemeral-storage: 64Mi}
              securityContext:
                allowPrivilegeEscalation: false
                readOnlyRootFilesystem: true
                capabilities:
                  drop: [ALL]
YAML

cat >"$D/compose/compose.yaml" <<YAML
name: shop
services:
  web:
    image: registry.example/shop/web:1.4.2@$DIGEST
    user: "10001:10001"
    read_only: true
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    pids_limit: 100
    cpus: 0.5
    mem_limit: 256m
    memswap_limit: 256m
    restart: on-failure:5
    healthcheck:
      test: [CMD, /app/web, --check]
    ports: ["127.0.0.1:8080:8080"]
    networks: [front]
    tmpfs: ["/tmp:noexec,nosuid,nodev,size=16m"]
    environment:
      DB_PASSWORD_FILE: /run/secrets/db
    secrets: [db]
    logging:
      driver: json-file
      options: {max-size: 10m, max-file: "3"}
networks:
  front: {}
secrets:
  db:
    external: true
YAML

# FORM PROFILE LEAST: no finding, no gap, and at least so many policies that pass.
hardened() {
    run check --no-cache --no-ignore --format json --profile "$2" "$D/$1"
    expect "$1, $2" 0
    expect_json "$1, $2: no finding" "not [(f['policy'], f['match']) for f in d['findings']]"
    expect_json "$1, $2: no gap" "not d['gaps']"
    expect_json "$1, $2: at least $3 policies pass" \
        "sum(r['status'] == 'PASS' for r in d['results']) >= $3"
}

hardened k8s hosting,strict 150
hardened k8s hosting 130
hardened k8s restricted 19
hardened k8s baseline 12
hardened k8s cis-docker 35
hardened compose hosting,strict 80
hardened compose hosting 70

done_testing
