{{/* The label that names the chart and its version. */}}
{{- define "voting.chart" -}}
{{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* What names begin with by which no container looks another up: the release, unless it is called as the chart is. */}}
{{- define "voting.prefix" -}}
{{ if ne .Release.Name .Chart.Name }}{{ .Release.Name }}-{{ end }}
{{- end }}

{{/* A value as text. Helm reads large numbers as floating point. */}}
{{- define "voting.text" -}}
{{- if kindIs "invalid" . -}}
{{- else if and (kindIs "float64" .) (eq . (floor .)) -}}
{{ printf "%.0f" . }}
{{- else -}}
{{ . }}
{{- end -}}
{{- end }}

{{/* A value as text in a field where Kubernetes expands $(NAME), which Compose does not. */}}
{{- define "voting.literal" -}}
{{ include "voting.text" . | replace "$(" "$$(" }}
{{- end }}

{{/* A text between the quotes of another one. */}}
{{- define "voting.inner" -}}
{{- $quoted := quote . -}}
{{ substr 1 (int (sub (len $quoted) 1)) $quoted }}
{{- end }}

{{/* The value of a Secret, which must be given: the value, and its name. */}}
{{- define "voting.secret" -}}
{{- if kindIs "invalid" (first .) -}}
{{ fail (printf "%s is not set; pass -f values.secret.yaml" (last .)) }}
{{- end -}}
{{ include "voting.text" (first .) }}
{{- end }}

{{/* The end of a name that changes with what it is the name of. */}}
{{- define "voting.hash" -}}
{{ toJson . | sha256sum | trunc 10 }}
{{- end }}

{{- define "voting.name.job-migrate" -}}
migrate-{{ include "voting.hash" (list (include "voting.name.secret-db-password" .) .Values.imagePullSecrets .Values.services.migrate.image .Values.services.migrate.resources) }}
{{- end }}

{{- define "voting.name.secret-db-password" -}}
{{ include "voting.prefix" . }}db-password-{{ include "voting.hash" (list (index .Values.secrets "db-password").db_password) }}
{{- end }}
