//! Which fields of an object are templates, and what they hold: variables, names that follow the release, sizes and images.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use smol_str::SmolStr;
use windlass_k8s::{Kind, Resource, labels};

use super::objects::{self, Content, Part};
use super::template::Piece;
use super::values::{Setting, Values, expression, quoted};
use super::variables::{BINARY, Settled, Tree, Trees, stem};
use super::{Asked, Chart, ask};
use crate::layouts::manifests;

/// A quantity of Kubernetes.
const QUANTITY: &str = "^[0-9.]+([EPTGMk]i?|m)?$";

/// What the templates of all objects share.
pub(super) struct Contents<'a> {
    /// The chart's name.
    chart: &'a str,
    placeholders: bool,
    base: &'a Trees,
    settled: &'a Settled,
    asked: &'a BTreeMap<SmolStr, Asked>,
    namespace: Option<&'a str>,
    /// Objects whose names depend on values: the name of the template of the name, by the name.
    dynamic: BTreeMap<&'a str, (Kind, String)>,
    /// The expressions that such names depend on.
    inputs: BTreeMap<String, Inputs>,
    /// The names of Secrets stay, since something outside of the chart is bound to them.
    secrets_stay: bool,
}

/// What a name is made of.
#[derive(Default)]
struct Inputs {
    prefix: bool,
    stem: String,
    expressions: BTreeSet<String>,
}

/// What is collected while an object is walked.
struct Fields {
    contents: Vec<(String, Content)>,
    /// Expressions that decide its content.
    expressions: BTreeSet<String>,
}

impl<'a> Contents<'a> {
    pub(super) fn new(chart: &'a str, of: &Chart<'a>, base: &'a Trees, settled: &'a Settled, asked: &'a BTreeMap<SmolStr, Asked>) -> Self {
        let namespace = of.objects.iter().find_map(|object| object.metadata().namespace.as_deref());
        let secrets_stay = of.hidden.is_some();
        let has_templates: BTreeSet<_> = settled.templates.keys().map(|(key, _)| key).collect();
        let mut dynamic = BTreeMap::new();
        for (key, tree) in base {
            let depends = match key.0 {
                // A Job's pods are fixed once it is there, and its image and sizes are values.
                Kind::Job => true,
                Kind::Secret => !secrets_stay,
                _ => has_templates.contains(key),
            };
            if stem(&tree.reference).is_some() && depends {
                let template = format!("{chart}.name.{}", manifests::stem_of(key.0, &key.1));
                dynamic.insert(tree.reference.name.as_str(), (key.0, template));
            }
        }
        let placeholders = of.placeholders;
        Self { chart, placeholders, base, settled, asked, namespace, dynamic, inputs: BTreeMap::new(), secrets_stay }
    }

    /// The templates of names that depend on values: name and body.
    pub(super) fn names(&self) -> Vec<(String, String)> {
        let body = |inputs: &Inputs| {
            let prefix =
                if inputs.prefix { format!("{{{{ include {} . }}}}", quoted(&format!("{}.prefix", self.chart))) } else { String::new() };
            let list: Vec<&str> = inputs.expressions.iter().map(String::as_str).collect();
            format!("{prefix}{}-{{{{ include {} (list {}) }}}}", inputs.stem, quoted(&format!("{}.hash", self.chart)), list.join(" "))
        };
        self.inputs.iter().map(|(name, inputs)| (name.clone(), body(inputs))).collect()
    }

    /// An object as a template.
    pub(super) fn object(&mut self, key: &(Kind, SmolStr), tree: &Tree, values: &mut Values) -> String {
        let mut value = tree.value.clone();
        let mut fields = Fields { contents: Vec::new(), expressions: BTreeSet::new() };
        let mut end = String::new();
        match key.0 {
            Kind::Secret => self.secret(key, &mut value, &mut fields, values),
            Kind::PersistentVolumeClaim => end = self.claim(key, &mut value, &mut fields, values),
            kind if kind.is_workload() => {
                self.workload(key, &value, &mut fields, values);
                pull_secrets(kind, &mut value, &mut fields, values);
            }
            _ => {}
        }
        if let Some(own) = value.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
            own.insert("helm.sh/chart".to_owned(), Value::Null);
            fields.set("/metadata/labels/helm.sh~1chart", Content::Text(vec![Part::Name(self.include("chart", "."))]));
        }
        self.walk(key, &value, "", "", &mut fields);
        if let Some((_, template)) = self.dynamic.get(tree.reference.name.as_str()) {
            let stem = key.1.to_string();
            let mut expressions = fields.expressions;
            expressions.remove(&format!("(include {} .)", quoted(template)));
            self.inputs.insert(template.clone(), Inputs { prefix: self.follows_release(key.0), stem, expressions });
        }
        objects::write(value, &fields.contents, self.chart) + &end
    }

    fn include(&self, helper: &str, argument: &str) -> String {
        format!("include {} {argument}", quoted(&format!("{}.{helper}", self.chart)))
    }

    /// Names by which containers find each other stay.
    fn follows_release(&self, kind: Kind) -> bool {
        match kind {
            Kind::Secret | Kind::ExternalSecret | Kind::SealedSecret => !self.secrets_stay,
            Kind::Service | Kind::Stack | Kind::Namespace => false,
            kind => !kind.is_workload(),
        }
    }

    /// The name of an object of the chart, or of one that the cluster has.
    fn name_of(&self, kind: Kind, name: &str) -> Vec<Part> {
        if let Some((_, template)) = self.dynamic.get(name).filter(|(of, _)| *of == kind) {
            return vec![Part::Name(format!("include {} .", quoted(template)))];
        }
        let ours = self.base.values().any(|tree| tree.reference.kind == kind && tree.reference.name == name);
        if ours && self.follows_release(kind) {
            return vec![Part::Name(self.include("prefix", ".")), Part::Text(name.to_owned())];
        }
        vec![Part::Text(name.to_owned())]
    }

    /// Looks at every scalar. `parent` and the last key of the pointer say what a field is.
    fn walk(&self, key: &(Kind, SmolStr), value: &Value, pointer: &str, parent: &str, fields: &mut Fields) {
        if fields.is_set(pointer) {
            return;
        }
        let own = pointer.rsplit('/').next().unwrap_or_default();
        match value {
            Value::Object(map) => {
                for (name, value) in map {
                    let step = name.replace('~', "~0").replace('/', "~1");
                    self.walk(key, value, &format!("{pointer}/{step}"), own, fields);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    // An item is what its list is called.
                    self.walk(key, item, &format!("{pointer}/{index}"), own, fields);
                }
            }
            Value::Null => {}
            scalar => self.scalar(key, scalar, pointer, parent, fields),
        }
    }

    fn scalar(&self, key: &(Kind, SmolStr), value: &Value, pointer: &str, parent: &str, fields: &mut Fields) {
        let pieces = self.settled.templates.get(&(key.clone(), pointer.to_owned()));
        let Some(text) = value.as_str() else {
            if let Some([Piece::Variable(name, now)]) = pieces.map(Vec::as_slice)
                && let Some(asked) = self.asked.get(name)
            {
                let expression = ask(asked, now);
                fields.expressions.insert(expression.clone());
                fields.set(pointer, Content::Plain(self.include("text", &expression)));
            }
            return;
        };
        let own = pointer.rsplit('/').next().unwrap_or_default().replace("~1", "/");
        let parts = match own.as_str() {
            labels::INSTANCE => vec![Part::Value(".Release.Name".to_owned())],
            labels::MANAGED_BY => vec![Part::Value(".Release.Service".to_owned())],
            "namespace" | "kubernetes.io/metadata.name" if Some(text) == self.namespace => {
                vec![Part::Value(".Release.Namespace".to_owned())]
            }
            _ => match referred(key.0, parent, &own, pointer) {
                Some(kind) => self.name_of(kind, text),
                None => self.parts(text, pieces.map_or(&[], Vec::as_slice), pointer, fields),
            },
        };
        if let [Part::Text(_)] | [] = parts.as_slice() {
            return;
        }
        for part in &parts {
            if let Part::Name(name) = part
                && name.contains(".name.")
            {
                fields.expressions.insert(format!("({name})"));
            }
        }
        fields.set(pointer, Content::Text(parts));
    }

    /// A text with its variables, and the names in it that depend on values.
    fn parts(&self, text: &str, pieces: &[Piece], pointer: &str, fields: &mut Fields) -> Vec<Part> {
        let whole = [Piece::Text(text.to_owned())];
        let pieces = if pieces.is_empty() { &whole } else { pieces };
        let expanded = is_expanded(pointer);
        let mut parts = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => self.names_in(text, &mut parts),
                Piece::Variable(name, now) => match self.asked.get(name) {
                    Some(asked) => {
                        let expression = ask(asked, now);
                        fields.expressions.insert(expression.clone());
                        parts.push(Part::Value(self.include(if expanded { "literal" } else { "text" }, &expression)));
                    }
                    None => parts.push(Part::Text(now.clone())),
                },
            }
        }
        parts
    }

    fn names_in(&self, text: &str, parts: &mut Vec<Part>) {
        let found = self.dynamic.iter().filter_map(|(name, (_, template))| Some((text.find(name)?, *name, template)));
        // The longest of those that begin first.
        let Some((at, name, template)) = found.min_by_key(|(at, name, _)| (*at, usize::MAX - name.len())) else {
            if !text.is_empty() {
                parts.push(Part::Text(text.to_owned()));
            }
            return;
        };
        if at > 0 {
            parts.push(Part::Text(text[..at].to_owned()));
        }
        parts.push(Part::Name(format!("include {} .", quoted(template))));
        self.names_in(&text[at + name.len()..], parts);
    }

    /// The values of a Secret stand in `values.secret.yaml`.
    fn secret(&self, key: &(Kind, SmolStr), value: &mut Value, fields: &mut Fields, values: &mut Values) {
        let Some(data) = value.pointer("/data").and_then(Value::as_object) else { return };
        for (name, text) in data {
            let pointer = format!("/data/{}", name.replace('~', "~0").replace('/', "~1"));
            let text = text.as_str().unwrap_or_default();
            let pieces = self.settled.templates.get(&(key.clone(), pointer.clone())).map_or(&[][..], Vec::as_slice);
            let path = vec!["secrets".to_owned(), key.1.to_string(), name.clone()];
            let given = |path: &[String], value: String| {
                let list = format!("(list {value} {})", quoted(&path.join(".")));
                format!("({})", self.include("secret", &list))
            };
            let schema = json!({ "type": ["string", "number", "boolean"] });
            let mut add = |value: String, about: &str| {
                let value = if self.placeholders { format!("<value of {name}>") } else { value };
                values.add(Setting {
                    path: path.clone(),
                    value: value.into(),
                    about: about.to_owned(),
                    schema: schema.clone(),
                    is_secret: true,
                });
            };
            let (input, content) = match pieces {
                [Piece::Variable(variable, now)] if self.asked.contains_key(variable) => {
                    let asked = &self.asked[variable];
                    let value = ask(asked, now);
                    let text =
                        if asked.is_secret { given(&asked.path, value.clone()) } else { format!("({})", self.include("text", &value)) };
                    (value, format!("{text} | b64enc | quote"))
                }
                [] if text.starts_with(BINARY) => {
                    add(text[BINARY.len()..].to_owned(), "base64");
                    let value = expression(&path);
                    (value.clone(), format!("{} | quote", given(&path, value)))
                }
                [] => {
                    add(text.to_owned(), "");
                    let value = expression(&path);
                    (value.clone(), format!("{} | b64enc | quote", given(&path, value)))
                }
                pieces => {
                    let template: String = pieces.iter().map(|piece| self.composed(piece, fields)).collect();
                    add(template, "A template: it is filled in with the values that it names.");
                    let value = expression(&path);
                    (value.clone(), format!("tpl {} . | b64enc | quote", given(&path, value)))
                }
            };
            fields.expressions.insert(input);
            fields.set(&pointer, Content::Plain(content));
        }
    }

    /// A piece of a secret text that has variables in it.
    fn composed(&self, piece: &Piece, fields: &mut Fields) -> String {
        match piece {
            Piece::Text(text) => text.replace("{{", "{{ \"{{\" }}"),
            Piece::Variable(name, now) => match self.asked.get(name) {
                Some(asked) => {
                    let expression = ask(asked, now);
                    fields.expressions.insert(expression.clone());
                    let text = match asked.is_secret {
                        true => self.include("secret", &format!("(list {expression} {})", quoted(&asked.path.join(".")))),
                        false => self.include("text", &expression),
                    };
                    format!("{{{{ {text} }}}}")
                }
                None => now.clone(),
            },
        }
    }

    /// Size and class of a claim. Gives the lines at its end.
    fn claim(&self, key: &(Kind, SmolStr), value: &mut Value, fields: &mut Fields, values: &mut Values) -> String {
        let path = |last: &str| vec!["volumes".to_owned(), key.1.to_string(), last.to_owned()];
        let pointer = "/spec/resources/requests/storage";
        if let Some(size) = value.pointer(pointer).and_then(Value::as_str).filter(|_| self.is_literal(key, pointer)) {
            let schema = json!({ "type": "string", "pattern": QUANTITY });
            values.add(Setting { path: path("size"), value: size.into(), about: String::new(), schema, is_secret: false });
            fields.set(pointer, Content::Text(vec![Part::Value(expression(&path("size")))]));
        }
        if !self.is_literal(key, "/spec/storageClassName") {
            return String::new();
        }
        let class = value.pointer_mut("/spec").and_then(Value::as_object_mut).and_then(|spec| spec.shift_remove("storageClassName"));
        let about = "The cluster's default class where it is empty.".to_owned();
        let schema = json!({ "type": "string" });
        let class = class.unwrap_or_else(|| "".into());
        values.add(Setting { path: path("storageClass"), value: class, about, schema, is_secret: false });
        format!("  {{{{- with {} }}}}\n  storageClassName: {{{{ . | quote }}}}\n  {{{{- end }}}}\n", expression(&path("storageClass")))
    }

    fn is_literal(&self, key: &(Kind, SmolStr), pointer: &str) -> bool {
        let at = (key.clone(), pointer.to_owned());
        // Nothing of it or beneath it is a variable.
        self.settled.templates.range(at..).next().is_none_or(|((other, path), _)| other != key || !path.starts_with(pointer))
    }

    /// Replicas, images and resources.
    fn workload(&self, key: &(Kind, SmolStr), value: &Value, fields: &mut Fields, values: &mut Values) {
        let service = value.pointer("/metadata/labels").and_then(|map| map.get(labels::NAME)?.as_str()).unwrap_or(&key.1).to_owned();
        let mut add = |service: &str, name: &str, value: &Value, schema: Value, about: &str| -> Option<String> {
            let path = vec!["services".to_owned(), service.to_owned(), name.to_owned()];
            // Two containers of one name, in a Job and a Deployment: the first has the value.
            if values.iter().any(|setting| setting.path == path && setting.value != *value) {
                return None;
            }
            let text = expression(&path);
            if values.iter().all(|setting| setting.path != path) {
                values.add(Setting { path, value: value.clone(), about: about.to_owned(), schema, is_secret: false });
            }
            Some(text)
        };
        if let Some(replicas) = value.pointer("/spec/replicas").filter(|_| self.is_literal(key, "/spec/replicas"))
            && let Some(text) = add(&service, "replicas", replicas, json!({ "type": "integer", "minimum": 0 }), "")
        {
            fields.set("/spec/replicas", Content::Plain(text));
        }
        let Some(pod) = Resource::pod_spec_path(key.0) else { return };
        let pod = format!("/{}", pod.to_string().replace('.', "/"));
        let containers =
            |list: &str| value.pointer(&format!("{pod}/{list}")).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut images: Map<String, Value> = Map::new();
        for (index, container) in containers("containers").iter().enumerate() {
            let at = format!("{pod}/containers/{index}");
            let Some(name) = container["name"].as_str() else { continue };
            let image = format!("{at}/image");
            if self.is_literal(key, &image)
                && let Some(text) = add(name, "image", &container["image"], json!({ "type": "string", "minLength": 1 }), "")
            {
                fields.expressions.insert(text.clone());
                images.insert(container["image"].as_str().unwrap_or_default().to_owned(), text.as_str().into());
                fields.set(&image, Content::Text(vec![Part::Value(text)]));
            }
            let resources = format!("{at}/resources");
            if container.get("resources").is_some()
                && self.is_literal(key, &resources)
                && let Some(text) = add(name, "resources", &container["resources"], json!({ "type": "object" }), "")
            {
                fields.expressions.insert(text.clone());
                fields.set(&resources, Content::Tree(text));
            }
        }
        // What fills a volume from the image before the service starts is of the same image.
        for (index, container) in containers("initContainers").iter().enumerate() {
            if let Some(text) = container["image"].as_str().and_then(|image| images.get(image)?.as_str()) {
                fields.set(&format!("{pod}/initContainers/{index}/image"), Content::Text(vec![Part::Value(text.to_owned())]));
            }
        }
    }
}

impl Fields {
    fn set(&mut self, pointer: &str, content: Content) {
        self.contents.push((pointer.to_owned(), content));
    }

    fn is_set(&self, pointer: &str) -> bool {
        self.contents.iter().any(|(other, _)| other == pointer)
    }
}

/// Pods that name no Secret with the login to a registry take those of the values.
fn pull_secrets(kind: Kind, value: &mut Value, fields: &mut Fields, values: &mut Values) {
    const FIELD: &str = "imagePullSecrets";
    let Some(pod) = Resource::pod_spec_path(kind) else { return };
    let pod = format!("/{}", pod.to_string().replace('.', "/"));
    let Some(spec) = value.pointer_mut(&pod).and_then(Value::as_object_mut).filter(|spec| !spec.contains_key(FIELD)) else { return };
    spec.insert(FIELD.to_owned(), Value::Null);
    let path = vec![FIELD.to_owned()];
    let text = expression(&path);
    fields.expressions.insert(text.clone());
    fields.set(&format!("{pod}/{FIELD}"), Content::Optional(text));
    if values.iter().all(|setting| setting.path != path) {
        let name = json!({ "type": "object", "properties": { "name": { "type": "string" } }, "required": ["name"], "additionalProperties": false });
        let schema = json!({ "type": "array", "items": name });
        let about = "Secrets with the login to a registry, as `- name: NAME`; they have to be in the namespace.".to_owned();
        values.add(Setting { path, value: json!([]), about, schema, is_secret: false });
    }
}

/// The kind of the object that a field names.
fn referred(kind: Kind, parent: &str, own: &str, pointer: &str) -> Option<Kind> {
    match (parent, own) {
        ("metadata", "name") if pointer == "/metadata/name" => Some(kind),
        ("configMap" | "configMapKeyRef" | "configMapRef", "name") => Some(Kind::ConfigMap),
        ("secret" | "secretKeyRef" | "secretRef", "name") | ("secret", "secretName") | (_, "secretName") => Some(Kind::Secret),
        ("persistentVolumeClaim", "claimName") => Some(Kind::PersistentVolumeClaim),
        (_, "serviceAccountName") => Some(Kind::ServiceAccount),
        ("roleRef", "name") => Some(Kind::Role),
        (_, "name") if kind == Kind::RoleBinding && pointer.starts_with("/subjects/") => Some(Kind::ServiceAccount),
        _ => None,
    }
}

/// Kubernetes expands `$(NAME)` there.
fn is_expanded(pointer: &str) -> bool {
    let in_container = pointer.contains("/containers/") || pointer.contains("/initContainers/");
    in_container
        && ((pointer.contains("/env/") && pointer.ends_with("/value")) || pointer.contains("/command/") || pointer.contains("/args/"))
}
