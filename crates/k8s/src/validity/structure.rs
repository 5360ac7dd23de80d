//! Decoding: a tree against the types of the table, as the API server decodes JSON strictly.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use windlass_source::Diagnostic;
use windlass_yaml::{Node, Number, Value};

use super::findings::{Findings, Place};
use super::format;
use crate::schema::{Base, Struct, Type, Wrap, structure, type_index};
use crate::view::{self, Fields as _};

/// Keys that stand twice; the server names the key and its line.
pub(super) fn duplicate_keys(diagnostics: &[Diagnostic], findings: &mut Findings<'_>) {
    for diagnostic in diagnostics {
        // Its message is ours: "key `image` stands twice in one map".
        let key = diagnostic.message.split('`').nth(1).unwrap_or_default();
        findings.whole(5, diagnostic.span(), format!("yaml: key {key:?} already set in map"));
    }
}

/// Checks the object against its type.
pub(super) fn check<'a>(root: &'a Node, type_index: u16, findings: &mut Findings<'a>) {
    let mut walk = Walk { findings, path: Vec::new(), owner: structure(type_index).short_name };
    walk.value(root, Type::of_struct(type_index));
}

/// Checks the metadata of an object of a custom kind, which have the type that all have.
pub(super) fn metadata<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    let (Some(metadata), Some(index)) = (root.field("metadata"), type_index("meta.v1.ObjectMeta")) else { return };
    let mut walk = Walk { findings, path: vec!["metadata"], owner: "ObjectMeta" };
    walk.value(metadata, Type::of_struct(index));
}

/// That what the types call required is there. For kinds without checks of their own: the server's validation knows better.
pub(super) fn required<'a>(node: &'a Node, kind: &'static Struct, findings: &mut Findings<'a>) {
    for field in kind.fields(findings.version) {
        match node.field(field.name) {
            None if field.is_required => findings.required(301, Place::field(node, field.name), ""),
            None => {}
            // What the server writes itself.
            Some(_) if matches!(field.name, "metadata" | "status") => {}
            Some(value) => {
                let Base::Struct(index) = field.kind.base() else { continue };
                match (field.kind.wrap, &value.value) {
                    (None, Value::Map(_)) => required(value, structure(index), findings),
                    (Some(Wrap::List), Value::Sequence(items)) => items.iter().for_each(|item| required(item, structure(index), findings)),
                    _ => {}
                }
            }
        }
    }
}

struct Walk<'w, 'a> {
    findings: &'w mut Findings<'a>,
    /// The fields on the way, as Go's decoder counts them: neither indices nor keys of maps.
    path: Vec<&'static str>,
    /// The type that the field stands in.
    owner: &'static str,
}

impl<'a> Walk<'_, 'a> {
    fn value(&mut self, node: &'a Node, kind: Type) {
        if node.is_null() {
            return;
        }
        match (kind.wrap, kind.base(), &node.value) {
            (Some(Wrap::List), _, Value::Sequence(items)) => items.iter().for_each(|item| self.value(item, kind.element())),
            (Some(Wrap::Map), _, Value::Map(map)) => map.values().for_each(|value| self.value(value, kind.element())),
            (None, Base::Struct(index), Value::Map(_)) => self.fields(node, structure(index)),
            (None, Base::Any, _) | (None, Base::Text, Value::String(_) | Value::Timestamp(_)) | (None, Base::Bool, Value::Bool(_)) => {}
            (None, Base::Int32 | Base::Int64, Value::Number(_)) => {
                let fits = |value: i64| kind.base() == Base::Int64 || i32::try_from(value).is_ok();
                if !view::int(node).is_some_and(fits) {
                    self.mismatch(node, &format!("number {}", super::findings::show(node)), kind);
                }
            }
            (None, Base::Number, Value::Number(_)) => {}
            (None, Base::Bytes, Value::String(text)) => {
                if let Some(offset) = base64_fault(text) {
                    self.findings.decoding(
                        131,
                        node,
                        format!("illegal base64 data at input byte {offset}"),
                        Some("`stringData` takes plain text".into()),
                    );
                }
            }
            (None, Base::Quantity, Value::Map(_) | Value::Sequence(_) | Value::Bool(_) | Value::Timestamp(_)) => {
                self.findings.decoding(47, node, format::NOT_A_QUANTITY, None);
            }
            (None, Base::Quantity, _) => {
                let text = view::quantity(node).unwrap_or_default();
                if let Some(message) = format::quantity(&text) {
                    self.findings.decoding(47, node, message, quantity_help(&text));
                }
            }
            (None, Base::IntOrString, Value::String(_) | Value::Timestamp(_)) => {}
            (None, Base::IntOrString, _) => {
                if view::int(node).is_none_or(|value| i32::try_from(value).is_err()) {
                    let message = format!("json: cannot unmarshal {} into Go value of type int32", json_kind(node));
                    self.findings.decoding(4, node, message, None);
                }
            }
            (None, Base::Time | Base::MicroTime, Value::String(text) | Value::Timestamp(text)) => {
                if !format::is_time(text) {
                    let message = format!("parsing time {text:?} as \"2006-01-02T15:04:05Z07:00\": cannot parse");
                    self.findings.decoding(4, node, message, None);
                }
            }
            (None, Base::Time | Base::MicroTime, _) => {
                let message = format!("json: cannot unmarshal {} into Go value of type string", json_kind(node));
                self.findings.decoding(4, node, message, None);
            }
            _ => self.mismatch(node, json_kind(node), kind),
        }
    }

    fn fields(&mut self, node: &'a Node, kind: &'static Struct) {
        let Some(map) = node.as_map() else { return };
        let owner = std::mem::replace(&mut self.owner, kind.short_name);
        for (key, value) in map.iter() {
            match kind.field(key.as_str(), self.findings.version) {
                Some(field) => {
                    let embedded = embedded(self.owner, field.name);
                    self.path.extend(embedded);
                    self.path.push(field.name);
                    self.value(value, field.kind);
                    self.path.truncate(self.path.len() - 1 - usize::from(embedded.is_some()));
                }
                None => self.unknown(value, key, kind),
            }
        }
        self.owner = owner;
    }

    fn unknown(&mut self, value: &'a Node, key: &windlass_yaml::Key, kind: &'static Struct) {
        let nearest = kind
            .fields(self.findings.version)
            .map(|field| (strsim::damerau_levenshtein(&field.name.to_ascii_lowercase(), &key.name().to_ascii_lowercase()), field.name))
            .min()
            .filter(|(distance, name)| *distance <= 1 + name.len() / 5);
        let help = nearest.map(|(_, name)| format!("did you mean `{name}`?"));
        self.findings.unknown_field(value, key.span, help);
    }

    fn mismatch(&mut self, node: &'a Node, found: &str, kind: Type) {
        let (owner, path) = (self.owner, self.path.join("."));
        let message = match path.as_str() {
            "" => format!("json: cannot unmarshal {found} into Go value of type {}", kind.go_name()),
            path => format!("json: cannot unmarshal {found} into Go struct field {owner}.{path} of type {}", kind.go_name()),
        };
        let help = match (kind.wrap, kind.base(), &node.value) {
            (None, Base::Text, Value::Number(_) | Value::Bool(_)) => Some("put quotes round it: this field takes text"),
            (None, Base::Int32 | Base::Int64, Value::String(text)) if text.parse::<i64>().is_ok() => {
                Some("write it without quotes: this field takes a number")
            }
            (None, Base::Bool, Value::String(text)) if matches!(text.as_str(), "true" | "false") => {
                Some("write it without quotes: this field takes a truth value")
            }
            (Some(Wrap::List), _, _) => Some("write a list: `[…]`, or lines that begin with `- `"),
            _ => None,
        };
        self.findings.decoding(4, Place::from(node), message, help.map(str::to_owned));
    }
}

/// The structure inside the owner's that a field belongs to: Go's decoder names it, though JSON does not show it.
fn embedded(owner: &str, field: &str) -> Option<&'static str> {
    Some(match (owner, field) {
        ("Probe", "exec" | "httpGet" | "tcpSocket" | "grpc") => "ProbeHandler",
        ("IngressRule", "http") => "IngressRuleValue",
        ("Volume", field) if field != "name" => "VolumeSource",
        (
            "ConfigMapVolumeSource"
            | "ConfigMapKeySelector"
            | "ConfigMapEnvSource"
            | "ConfigMapProjection"
            | "SecretKeySelector"
            | "SecretEnvSource"
            | "SecretProjection",
            "name",
        ) => "LocalObjectReference",
        ("PersistentVolumeSpec", "nfs" | "hostPath" | "csi" | "local" | "iscsi" | "rbd" | "cephfs" | "fc" | "azureDisk" | "azureFile") => {
            "PersistentVolumeSource"
        }
        _ => return None,
    })
}

/// What Go's decoder calls a value.
fn json_kind(node: &Node) -> &'static str {
    match node.value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(Number::Int(_) | Number::UInt(_) | Number::Float(_)) => "number",
        Value::String(_) | Value::Timestamp(_) => "string",
        Value::Sequence(_) => "array",
        Value::Map(_) => "object",
    }
}

/// The first byte that Go's base64 reader refuses; it skips line breaks.
fn base64_fault(text: &str) -> Option<usize> {
    let joined;
    let bytes = if text.contains(['\n', '\r']) {
        joined = text.replace(['\n', '\r'], "");
        joined.as_bytes()
    } else {
        text.as_bytes()
    };
    STANDARD.decode(bytes).err()?;
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let digits = bytes.iter().take_while(|byte| is_digit(byte)).count();
    Some(digits)
}

fn quantity_help(text: &str) -> Option<String> {
    let end = text.find(|character: char| !character.is_ascii_digit() && character != '.')?;
    let (number, suffix) = text.split_at(end);
    let suffix = match suffix.trim().trim_end_matches(['b', 'B']) {
        "k" | "K" | "Ki" | "ki" => "Ki",
        "m" | "M" | "Mi" | "mi" => "Mi",
        "g" | "G" | "Gi" | "gi" => "Gi",
        "t" | "T" | "Ti" | "ti" => "Ti",
        _ => return None,
    };
    Some(format!("write `{number}{suffix}`"))
}
