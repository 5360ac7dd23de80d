//! Manifests beside kubeconform, whose schemas are made of the same OpenAPI document as our table; a Dockerfile beside hadolint; and the
//! example stack.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::{Map, Value, json};
use windlass_testkit::Component;

use super::{path, row};
use crate::measure::measure;
use crate::schemas;

/// The version that both know.
const KUBERNETES: &str = "v1.36.3";
/// The kinds of [`write`], as kubeconform names their schemas, with the definitions behind them.
const KINDS: [(&str, &str); 3] = [
    ("deployment-apps-v1", "io.k8s.api.apps.v1.Deployment"),
    ("service-v1", "io.k8s.api.core.v1.Service"),
    ("configmap-v1", "io.k8s.api.core.v1.ConfigMap"),
];
/// Objects that a file of [`write`] holds.
const PER_FILE: usize = 3;

const DOCKERFILE: &str = "\
FROM node:22-bookworm AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run build && npm prune --production

FROM node:22-bookworm-slim
RUN apt-get update && apt-get install -y curl
WORKDIR /app
COPY --from=build /app /app
EXPOSE 3000
CMD node server.js
";

/// Measures `windlass` beside the tools that there are.
pub(super) fn run(windlass: &Path, directory: &Path, alone: bool) -> anyhow::Result<()> {
    let tool = if alone { None } else { kubeconform(directory)? };
    for objects in [12, 12_000] {
        let manifests = directory.join(format!("manifests-{objects}"));
        let bytes = write(&manifests, objects / PER_FILE)?;
        println!("\n{objects} objects, {bytes} bytes");
        let runs = if objects > 1000 { 5 } else { 21 };
        let at = path(&manifests)?;
        let validate = row("windlass validate", measure(runs, 60, &[path(windlass)?, "validate", "-q", at]), &[], bytes);
        row("windlass audit", measure(runs, 60, &[path(windlass)?, "audit", "-q", "--fail-on", "never", at]), &[], bytes);
        if let (Some((kubeconform, schemas)), Some(validate)) = (&tool, validate) {
            let schemas = format!("{}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json", path(schemas)?);
            let command = [path(kubeconform)?, "-strict", "-n", "2", "-schema-location", &schemas, at];
            row("kubeconform -strict", measure(runs, 120, &command), &[("validate", validate)], bytes);
        }
    }

    let dockerfile = directory.join("Dockerfile");
    fs::write(&dockerfile, DOCKERFILE)?;
    println!("\na Dockerfile of {} lines, and the example stack", DOCKERFILE.lines().count());
    let at = path(&dockerfile)?;
    let audit = row("windlass audit", measure(21, 60, &[path(windlass)?, "audit", "-q", "--fail-on", "never", at]), &[], DOCKERFILE.len());
    let hadolint = if alone { None } else { windlass_testkit::hadolint()? };
    if let (Some(hadolint), Some(audit)) = (hadolint, audit) {
        let command = [path(&hadolint)?, "--no-fail", at];
        row("hadolint", measure(11, 60, &command), &[("audit", audit)], DOCKERFILE.len());
    }
    let shop = windlass_testkit::workspace().join("examples/shop");
    row("windlass audit shop", measure(21, 60, &[path(windlass)?, "audit", "-q", "--fail-on", "never", path(&shop)?]), &[], 0);
    Ok(())
}

/// Files with a Deployment, a Service and a ConfigMap each, as repositories have them. Returns their bytes.
fn write(directory: &Path, files: usize) -> anyhow::Result<usize> {
    fs::create_dir_all(directory)?;
    let mut bytes = 0;
    for number in 0..files {
        let mut text = String::new();
        write!(
            text,
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app{number}\n  namespace: team{team}\n  \
             labels: {{ app.kubernetes.io/name: app{number} }}\nspec:\n  replicas: 2\n  selector:\n    \
             matchLabels: {{ app.kubernetes.io/name: app{number} }}\n  template:\n    metadata:\n      \
             labels: {{ app.kubernetes.io/name: app{number} }}\n    spec:\n      serviceAccountName: app\n      containers:\n        \
             - name: app\n          image: registry.example.com/acme/app{number}:1.4.0\n          \
             ports: [{{ name: http, containerPort: 8080 }}]\n          envFrom: [{{ configMapRef: {{ name: app{number} }} }}]\n          \
             env:\n            - {{ name: LOG_LEVEL, value: info }}\n            - name: POD_IP\n              \
             valueFrom: {{ fieldRef: {{ fieldPath: status.podIP }} }}\n          readinessProbe:\n            \
             httpGet: {{ path: /ready, port: http }}\n            periodSeconds: 5\n          resources:\n            \
             requests: {{ cpu: 100m, memory: 128Mi }}\n            limits: {{ memory: 256Mi }}\n          \
             volumeMounts: [{{ name: tmp, mountPath: /tmp }}]\n      volumes: [{{ name: tmp, emptyDir: {{}} }}]\n---\n\
             apiVersion: v1\nkind: Service\nmetadata: {{ name: app{number}, namespace: team{team} }}\nspec:\n  \
             selector: {{ app.kubernetes.io/name: app{number} }}\n  ports: [{{ name: http, port: 80, targetPort: http }}]\n---\n\
             apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: app{number}, namespace: team{team} }}\ndata:\n  \
             DATABASE_HOST: db\n  FEATURE: \"on\"\n",
            team = number % 40,
        )?;
        bytes += text.len();
        fs::write(directory.join(format!("app{number:04}.yaml")), text)?;
    }
    Ok(bytes)
}

/// kubeconform, and the directory of its schemas; `None`, after saying so, where it can't be built.
fn kubeconform(directory: &Path) -> anyhow::Result<Option<(PathBuf, PathBuf)>> {
    let program = match Component::Kubeconform.build(None) {
        Ok(program) => program,
        Err(error) => {
            println!("skipped: {error}");
            return Ok(None);
        }
    };
    let schemas = directory.join("schemas");
    fs::create_dir_all(&schemas)?;
    let document = schemas::document(KUBERNETES)?;
    let definitions = document["definitions"].as_object().context("no definitions")?;
    for (name, definition) in KINDS {
        let schema = whole(&json!({ "$ref": format!("#/definitions/{definition}") }), definitions, &mut BTreeSet::new());
        fs::write(schemas.join(format!("{name}.json")), serde_json::to_vec(&schema)?)?;
    }
    Ok(Some((program, schemas)))
}

/// A schema without references, which knows no other fields than its own: the form that kubeconform is fastest with.
fn whole(schema: &Value, definitions: &Map<String, Value>, open: &mut BTreeSet<String>) -> Value {
    let Some(fields) = schema.as_object() else { return schema.clone() };
    if let Some(name) = fields.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix("#/definitions/")) {
        if name.ends_with("IntOrString") || name.ends_with("resource.Quantity") {
            return json!({ "type": ["string", "number"] });
        }
        if !open.insert(name.to_owned()) {
            return json!({ "type": "object" });
        }
        let whole = definitions.get(name).map_or_else(|| json!({}), |schema| whole(schema, definitions, open));
        open.remove(name);
        return whole;
    }
    let mut made = Map::new();
    for key in ["type", "required", "enum", "items", "properties", "additionalProperties"] {
        let Some(value) = fields.get(key) else { continue };
        let value = match (key, value.as_object()) {
            ("properties", Some(properties)) => {
                properties.iter().map(|(name, schema)| (name.clone(), whole(schema, definitions, open))).collect::<Map<_, _>>().into()
            }
            ("items" | "additionalProperties", Some(_)) => whole(value, definitions, open),
            _ => value.clone(),
        };
        made.insert(key.to_owned(), value);
    }
    if made.contains_key("properties") {
        made.insert("additionalProperties".to_owned(), false.into());
    }
    made.into()
}
