{{/* The name of the release's objects. A Service's is a DNS-1035 label of at most 63 characters. */}}
{{- define "windlass.name" -}}
{{- if contains "windlass" .Release.Name }}{{ .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}{{ printf "%s-windlass" .Release.Name | trunc 52 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* A name of the whole cluster: two releases in two namespaces do not share it. */}}
{{- define "windlass.clusterName" -}}
{{- printf "%s-%s" (include "windlass.name" .) .Release.Namespace | trunc 253 }}
{{- end }}

{{- define "windlass.account" -}}
{{- if .Values.serviceAccount.create }}{{ default (include "windlass.name" .) .Values.serviceAccount.name }}
{{- else }}{{ required "serviceAccount.name is needed when serviceAccount.create is false" .Values.serviceAccount.name }}{{ end }}
{{- end }}

{{- define "windlass.watchNamespace" -}}
{{- default .Release.Namespace .Values.watchNamespace }}
{{- end }}

{{/* `true`, or nothing. */}}
{{- define "windlass.watchSecrets" -}}
{{- if kindIs "bool" .Values.watchSecrets }}{{ if .Values.watchSecrets }}true{{ end }}
{{- else if eq .Values.scope "namespace" }}true{{ end }}
{{- end }}

{{- define "windlass.selector" -}}
app.kubernetes.io/name: windlass-operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "windlass.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "windlass.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: windlass
{{- end }}

{{- define "windlass.subject" -}}
- kind: ServiceAccount
  name: {{ include "windlass.account" . }}
  namespace: {{ .Release.Namespace }}
{{- end }}
