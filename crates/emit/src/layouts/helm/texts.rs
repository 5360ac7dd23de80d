//! The files of a chart that are much the same for every project: `Chart.yaml`, `_helpers.tpl`, `NOTES.txt`, the test.

use std::fmt::Write as _;

use serde_json::{Value, json};
use windlass_k8s::{Kind, Objects};

use super::values::quoted;
use crate::layouts::helm::Chart;

/// What is no part of a packaged chart.
pub(super) const HELM_IGNORE: &str = ".git\n.gitignore\n.windlass.json\nvalues.secret.yaml\n";
/// What git must not carry.
pub(super) const GIT_IGNORE: &str = "# Secret values, written by Windlass: not for git.\n/values.secret.yaml\n";

pub(super) fn chart_yaml(name: &str, chart: &Chart<'_>) -> String {
    let body = json!({
        "apiVersion": "v2",
        "name": name,
        "description": format!("{}, from {}", chart.project, chart.files.join(" and ")).replace(char::is_control, " "),
        "type": "application",
        "version": "0.1.0",
    });
    windlass_yaml::to_string(&body).expect("the keys are texts")
}

/// `names` are the templates of names that depend on values: their names and bodies.
pub(super) fn helpers(chart: &str, names: &[(String, String)]) -> String {
    let mut text = HELPERS.replace("CHART", chart);
    for (name, body) in names {
        let _ = write!(text, "\n{{{{- define {} -}}}}\n{body}\n{{{{- end }}}}\n", quoted(name));
    }
    text
}

const HELPERS: &str = r#"{{/* The label that names the chart and its version. */}}
{{- define "CHART.chart" -}}
{{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* What names begin with by which no container looks another up: the release, unless it is called as the chart is. */}}
{{- define "CHART.prefix" -}}
{{ if ne .Release.Name .Chart.Name }}{{ .Release.Name }}-{{ end }}
{{- end }}

{{/* A value as text. Helm reads large numbers as floating point. */}}
{{- define "CHART.text" -}}
{{- if kindIs "invalid" . -}}
{{- else if and (kindIs "float64" .) (eq . (floor .)) -}}
{{ printf "%.0f" . }}
{{- else -}}
{{ . }}
{{- end -}}
{{- end }}

{{/* A value as text in a field where Kubernetes expands $(NAME), which Compose does not. */}}
{{- define "CHART.literal" -}}
{{ include "CHART.text" . | replace "$(" "$$(" }}
{{- end }}

{{/* A text between the quotes of another one. */}}
{{- define "CHART.inner" -}}
{{- $quoted := quote . -}}
{{ substr 1 (int (sub (len $quoted) 1)) $quoted }}
{{- end }}

{{/* The value of a Secret, which must be given: the value, and its name. */}}
{{- define "CHART.secret" -}}
{{- if kindIs "invalid" (first .) -}}
{{ fail (printf "%s is not set; pass -f values.secret.yaml" (last .)) }}
{{- end -}}
{{ include "CHART.text" (first .) }}
{{- end }}

{{/* The end of a name that changes with what it is the name of. */}}
{{- define "CHART.hash" -}}
{{ toJson . | sha256sum | trunc 10 }}
{{- end }}
"#;

/// What `helm install` prints.
pub(super) fn notes(objects: &Objects, has_secrets: bool) -> String {
    let mut text = String::from("{{ .Chart.Name }} is installed as {{ .Release.Name }} in the namespace {{ .Release.Namespace }}.\n\n");
    text.push_str("See whether its pods are ready:\n\n  kubectl get pods -n {{ .Release.Namespace }} -l app.kubernetes.io/instance={{ .Release.Name }}\n");
    let mut outside = Vec::new();
    let mut inside = Vec::new();
    for tree in objects.iter().map(|object| windlass_k8s::write::json_tree(&object.resource)) {
        let at = |pointer: &str| tree.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let name = at("/metadata/name");
        match (at("/kind"), at("/spec/type"), at("/spec/clusterIP")) {
            ("Service", "LoadBalancer" | "NodePort", _) => {
                outside.push(format!("  kubectl get service {name} -n {{{{ .Release.Namespace }}}}\n"));
            }
            ("Service", "" | "ClusterIP", "") => {
                if let Some(port) = tree.pointer("/spec/ports/0/port").and_then(Value::as_u64) {
                    // Only root may listen below 1024.
                    let here = if port < 1024 { format!("{}:{port}", 8000 + port) } else { port.to_string() };
                    inside.push(format!("  kubectl port-forward service/{name} {here} -n {{{{ .Release.Namespace }}}}\n"));
                }
            }
            ("Ingress", ..) => {
                let rules = tree.pointer("/spec/rules").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
                let hosts = rules.iter().filter_map(|rule| rule.get("host")?.as_str());
                let scheme = if tree.pointer("/spec/tls").is_some() { "https" } else { "http" };
                outside.extend(hosts.map(|host| format!("  {scheme}://{host}\n")));
            }
            _ => {}
        }
    }
    for (title, lines) in [("From outside, it is reached at:", outside), ("From here, its services are reached by:", inside)] {
        if !lines.is_empty() {
            let _ = write!(text, "\n{title}\n\n{}", lines.concat());
        }
    }
    text.push_str("\nTry whether its ports answer:\n\n  helm test {{ .Release.Name }} -n {{ .Release.Namespace }}\n");
    if has_secrets {
        text.push_str(
            "\nThe values of its Secrets stand in values.secret.yaml, which belongs in no repository. Pass it again with every upgrade.\n",
        );
    }
    text
}

/// A pod that tries the TCP ports of the Services; `None` when there are none.
pub(super) fn test(objects: &Objects, image: &str) -> Option<String> {
    let mut targets = Vec::new();
    let mut labels = serde_json::Map::new();
    for object in objects.iter() {
        let tree = windlass_k8s::write::json_tree(&object.resource);
        if object.kind() == Kind::Service {
            let ports = tree.pointer("/spec/ports").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let of_pods = tree.pointer("/spec/clusterIP").is_some() || tree.pointer("/spec/externalName").is_some();
            let tcp = ports.iter().filter(|port| !of_pods && port["protocol"].as_str().is_none_or(|protocol| protocol == "TCP"));
            targets.extend(tcp.filter_map(|port| Some(format!("{}:{}", object.name(), port["port"].as_u64()?))));
        }
        // The pod is a member of every network, so that policies let it through.
        let template = object.resource.pod_template().and_then(|template| template.metadata.as_ref()?.labels.as_ref());
        let networks = template.into_iter().flatten().filter(|(key, _)| key.starts_with("windlass.dev/network-"));
        labels.extend(networks.map(|(key, value)| (key.clone(), value.as_str().into())));
    }
    if targets.is_empty() {
        return None;
    }
    targets.sort();
    targets.dedup();
    let script =
        "for target in \"$@\"; do nc -z -w 5 \"${target%:*}\" \"${target##*:}\" || { echo \"$target does not answer\"; exit 1; }; done";
    let mut args = vec![json!("test")];
    args.extend(targets.into_iter().map(Value::from));
    let body = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "windlassName",
            "labels": labels,
            "annotations": { "helm.sh/hook": "test", "helm.sh/hook-delete-policy": "before-hook-creation,hook-succeeded" },
        },
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": false,
            "enableServiceLinks": false,
            "containers": [{
                "name": "test",
                "image": image,
                "command": ["sh", "-c", script],
                "args": args,
                "resources": { "requests": { "cpu": "10m", "memory": "16Mi" }, "limits": { "cpu": "100m", "memory": "16Mi" } },
                "securityContext": {
                    "allowPrivilegeEscalation": false,
                    "capabilities": { "drop": ["ALL"] },
                    "readOnlyRootFilesystem": true,
                    "runAsNonRoot": true,
                    "runAsUser": 65532,
                    "runAsGroup": 65532,
                    "seccompProfile": { "type": "RuntimeDefault" },
                },
            }],
        },
    });
    let text = windlass_yaml::to_string(&body).expect("the keys are texts");
    Some(text.replace("windlassName", "\"{{ .Release.Name | trunc 58 | trimSuffix \"-\" }}-test\""))
}
