{{- define "bulwark.labels" -}}
app.kubernetes.io/name: bulwark
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: admission-webhook
{{- end }}

{{- define "bulwark.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* What both webhooks have in common. caBundle is left out: the webhook writes it. */}}
{{- define "bulwark.webhook" -}}
admissionReviewVersions: [v1]
sideEffects: None
matchPolicy: Equivalent
failurePolicy: {{ .Values.failurePolicy }}
timeoutSeconds: {{ .Values.timeoutSeconds }}
namespaceSelector:
  matchExpressions:
    - key: kubernetes.io/metadata.name
      operator: NotIn
      values:
        - {{ .Release.Namespace }}
        {{- range .Values.excludedNamespaces }}
        - {{ . }}
        {{- end }}
matchConditions:
  # The control plane and the nodes go on while the webhook does not: the API server makes its own
  # roles at start, the kubelet mirrors static pods, everybody holds leases and writes events.
  - name: not-the-api-server
    expression: request.userInfo.username != "system:apiserver"
  - name: not-a-node
    expression: '!("system:nodes" in request.userInfo.groups)'
  - name: not-a-lease
    expression: '!(request.resource.group == "coordination.k8s.io" && request.resource.resource == "leases")'
  - name: not-an-event
    expression: '!(request.resource.group in ["", "events.k8s.io"] && request.resource.resource == "events")'
{{- end }}
