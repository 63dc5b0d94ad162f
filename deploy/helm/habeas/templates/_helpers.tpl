{{/* Names: the release's, or both where they differ. */}}
{{- define "habeas.name" -}}
{{- if contains "habeas" .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-habeas" .Release.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "habeas.selector" -}}
app.kubernetes.io/name: habeas
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- with .build }}
habeas/build: {{ . | quote }}
{{- end }}
{{- with .connector }}
habeas/connector: {{ . | quote }}
{{- end }}
{{- end }}

{{- define "habeas.labels" -}}
{{ include "habeas.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | quote }}
{{- end }}

{{/* The image, or that of one build: by digest, else by tag. */}}
{{- define "habeas.image" -}}
{{- $repository := required "image.repository is required: where your registry has the image" .root.Values.image.repository }}
{{- $digest := .digest | default (ternary "" .root.Values.image.digest (not (empty .tag))) }}
{{- $tag := .tag | default .root.Values.image.tag }}
{{- if $digest }}{{ $repository }}@{{ $digest }}
{{- else if $tag }}{{ $repository }}:{{ $tag }}
{{- else }}{{ fail "image.digest (or image.tag) is required" }}{{ end }}
{{- end }}

{{- define "habeas.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (include "habeas.name" .) }}
{{- end }}

{{/* What every process needs to know. `prefix` is that of the ConfigMaps: bootstrap runs before the chart's own are there. */}}
{{- define "habeas.env" -}}
- {name: HABEAS_CONFIG, value: /etc/habeas/habeas.toml}
- {name: HABEAS_KEYS__MASTER_FILE, value: /run/habeas/master.key}
{{- if .root.Values.secrets.temporalTls }}
- {name: TEMPORAL_TLS_CLIENT_CERT_PATH, value: /run/temporal/tls.crt}
- {name: TEMPORAL_TLS_CLIENT_KEY_PATH, value: /run/temporal/tls.key}
- {name: TEMPORAL_TLS_SERVER_CA_CERT_PATH, value: /run/temporal/ca.crt}
{{- end }}
{{- end }}

{{- define "habeas.mounts" -}}
- {name: settings, mountPath: /etc/habeas/habeas.toml, subPath: habeas.toml, readOnly: true}
- {name: controllers, mountPath: /etc/habeas/controllers, readOnly: true}
{{- if or .root.Values.maps.files .root.Values.maps.existingConfigMap }}
- {name: maps, mountPath: /etc/habeas/maps, readOnly: true}
{{- end }}
- {name: key, mountPath: /run/habeas, readOnly: true}
- {name: tmp, mountPath: /tmp}
{{- if .root.Values.secrets.temporalTls }}
- {name: temporal-tls, mountPath: /run/temporal, readOnly: true}
{{- end }}
{{- if .root.Values.storage.existingClaim }}
- {name: storage, mountPath: /var/lib/habeas/storage}
{{- end }}
{{- end }}

{{- define "habeas.volumes" -}}
- name: settings
  configMap: {name: {{ .prefix }}-settings}
- name: controllers
  configMap: {name: {{ .root.Values.policies.existingConfigMap | default (printf "%s-controllers" .prefix) }}}
{{- if or .root.Values.maps.files .root.Values.maps.existingConfigMap }}
- name: maps
  configMap: {name: {{ .root.Values.maps.existingConfigMap | default (printf "%s-maps" .prefix) }}}
{{- end }}
- name: master-key
  secret: {secretName: {{ required "secrets.masterKey is required: an existing Secret with the key master.key" .root.Values.secrets.masterKey }}, defaultMode: 0440}
- name: key
  emptyDir: {medium: Memory, sizeLimit: 1Mi}
- name: tmp
  emptyDir: {}
{{- with .root.Values.secrets.temporalTls }}
- name: temporal-tls
  secret: {secretName: {{ . }}, defaultMode: 0440}
{{- end }}
{{- with .root.Values.storage.existingClaim }}
- name: storage
  persistentVolumeClaim: {claimName: {{ . }}}
{{- end }}
{{- end }}

{{- define "habeas.locked" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* A pod's spec: root, prefix, image, args, secret, role (its values), env, ports, probes. */}}
{{- define "habeas.pod" -}}
serviceAccountName: {{ .account }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - {name: {{ . }}}
  {{- end }}
{{- end }}
{{- with .root.Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
initContainers:
  # A mounted Secret belongs to root; the process takes a master key only from a file that nobody else may read.
  - name: key
    image: {{ .image }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    command: [sh, -c, "umask 077 && cp /run/secret/master.key /run/habeas/master.key"]
    securityContext:
      {{- include "habeas.locked" . | nindent 6 }}
    resources:
      requests: {cpu: 10m, memory: 16Mi}
      limits: {memory: 32Mi}
    volumeMounts:
      - {name: master-key, mountPath: /run/secret, readOnly: true}
      - {name: key, mountPath: /run/habeas}
containers:
  - name: habeas
    image: {{ .image }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    args: {{ .args | toJson }}
    env:
      {{- include "habeas.env" . | nindent 6 }}
      {{- with .env }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    envFrom:
      - secretRef: {name: {{ .secret }}}
      {{- with .ownSecret }}
      - secretRef: {name: {{ . }}}
      {{- end }}
    securityContext:
      {{- include "habeas.locked" . | nindent 6 }}
    resources:
      {{- toYaml .role.resources | nindent 6 }}
    {{- with .ports }}
    ports:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with .probes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    volumeMounts:
      {{- include "habeas.mounts" . | nindent 6 }}
volumes:
  {{- include "habeas.volumes" . | nindent 2 }}
{{- with .role.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .role.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .role.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Probes on a port; `host` where the process minds by which name it is asked. */}}
{{- define "habeas.probes" -}}
{{- $headers := ternary (list (dict "name" "Host" "value" .host)) nil (not (empty .host)) }}
{{- $alive := dict "path" "/healthz" "port" .port }}
{{- $ready := dict "path" "/readyz" "port" .port }}
{{- if $headers }}{{ $_ := set $alive "httpHeaders" $headers }}{{ $_ := set $ready "httpHeaders" $headers }}{{ end }}
startupProbe: {{ dict "httpGet" $alive "periodSeconds" 3 "failureThreshold" 40 | toJson }}
livenessProbe: {{ dict "httpGet" $alive "periodSeconds" 10 "timeoutSeconds" 5 "failureThreshold" 6 | toJson }}
readinessProbe: {{ dict "httpGet" $ready "periodSeconds" 10 "timeoutSeconds" 8 "failureThreshold" 3 | toJson }}
{{- end }}

{{/* A Deployment of workers: root, component, name, args, secret, role, image, replicas, env, build, connector. */}}
{{- define "habeas.workers" -}}
{{- $root := .root }}
{{- $scaled := ne (dig "autoscaling" "kind" "none" .role) "none" }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .name }}
  labels:
    {{- include "habeas.labels" . | nindent 4 }}
spec:
  {{- if not $scaled }}
  replicas: {{ .replicas }}
  {{- end }}
  revisionHistoryLimit: 3
  strategy:
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
  selector:
    matchLabels:
      {{- include "habeas.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "habeas.labels" . | nindent 8 }}
      annotations:
        checksum/settings: {{ include "habeas.settings" $root | sha256sum }}
        {{- with .role.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      # SIGTERM: what is under way has 20 seconds to finish.
      terminationGracePeriodSeconds: 40
      {{- $ports := list (dict "name" "health" "containerPort" 8480) }}
      {{- if $root.Values.metrics.port }}
      {{- $ports = append $ports (dict "name" "metrics" "containerPort" ($root.Values.metrics.port | int)) }}
      {{- end }}
      {{- $env := concat (list (dict "name" "HABEAS_HEALTH__HOST" "value" "0.0.0.0") (dict "name" "HABEAS_HEALTH__PORT" "value" "8480")) (.env | default list) }}
      {{- if $root.Values.metrics.port }}
      {{- $env = concat $env (list (dict "name" "HABEAS_METRICS_HOST" "value" "0.0.0.0") (dict "name" "HABEAS_METRICS_PORT" "value" (toString ($root.Values.metrics.port | int)))) }}
      {{- end }}
      {{- $env = concat $env (.role.env | default list) }}
      {{- $probes := include "habeas.probes" (dict "port" "health") | fromYaml }}
      {{- $account := include "habeas.serviceAccount" $root }}
      {{- include "habeas.pod" (merge (dict "prefix" (include "habeas.name" $root) "env" $env "ports" $ports "probes" $probes "account" $account) .) | nindent 6 }}
{{- end }}

{{- define "habeas.settings" -}}
{{ required "settings is required: the text of habeas.toml, without secrets" .Values.settings }}
{{ .Values.policies | toJson }}{{ .Values.maps | toJson }}
{{- end }}

{{/* What scales a Deployment of workers: root, name, role, queue, types, build. */}}
{{- define "habeas.scaling" -}}
{{- $auto := .role.autoscaling | default dict }}
{{- if eq ($auto.kind | default "none") "hpa" }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ .name }}
  labels:
    {{- include "habeas.labels" . | nindent 4 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ .name }}}
  minReplicas: {{ $auto.minReplicas | default 1 }}
  maxReplicas: {{ $auto.maxReplicas | default 4 }}
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: {{ $auto.targetCPU | default 70 }}}}
{{- else if eq ($auto.kind | default "none") "keda" }}
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: {{ .name }}
  labels:
    {{- include "habeas.labels" . | nindent 4 }}
spec:
  scaleTargetRef: {name: {{ .name }}}
  minReplicaCount: {{ $auto.minReplicas | default 1 }}
  maxReplicaCount: {{ $auto.maxReplicas | default 4 }}
  triggers:
    {{- $root := .root }}
    {{- $here := . }}
    {{- range .queues }}
    - type: temporal
      metadata:
        endpoint: {{ required "keda.endpoint is required with autoscaling.kind keda" $root.Values.keda.endpoint | quote }}
        namespace: {{ $root.Values.keda.namespace | quote }}
        taskQueue: {{ .queue | quote }}
        queueTypes: {{ .types | quote }}
        targetQueueSize: {{ $auto.targetBacklog | default 20 | quote }}
        {{- with $here.build }}
        workerDeploymentName: {{ $root.Values.versioning.deployment | quote }}
        workerDeploymentBuildId: {{ . | quote }}
        {{- end }}
      {{- with $root.Values.keda.authentication }}
      authenticationRef: {name: {{ . }}}
      {{- end }}
    {{- end }}
{{- end }}
{{- end }}

{{- define "habeas.budget" -}}
{{- $scaled := ne (dig "autoscaling" "kind" "none" .role) "none" }}
{{- if or $scaled (gt (int .replicas) 1) }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .name }}
  labels:
    {{- include "habeas.labels" . | nindent 4 }}
spec:
  maxUnavailable: {{ .root.Values.podDisruptionBudget.maxUnavailable }}
  selector:
    matchLabels:
      {{- include "habeas.selector" . | nindent 6 }}
{{- end }}
{{- end }}
