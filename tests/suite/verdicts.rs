//! What a real API server says of a manifest, and the fields that its messages name.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use windlass_k8s::read;
use windlass_source::SourceMap;
use windlass_testkit::Client;
use windlass_yaml::{Budget, Node, Number};

/// An answer of the API server.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status; 404 for a kind that it does not know.
    pub status: u16,
    /// Why it refuses; empty when it accepts.
    pub message: String,
}

/// Kinds that would act on the objects after them, or that stay for a while after they are deleted: these are tried only.
const TRIED: [&str; 13] = [
    "APIService",
    "CustomResourceDefinition",
    "FlowSchema",
    "LimitRange",
    "MutatingWebhookConfiguration",
    "Namespace",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "PriorityLevelConfiguration",
    "ResourceQuota",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
];

/// Creates an object for real, in a namespace unless it names one, and deletes it.
///
/// # Errors
/// When no answer comes.
pub fn ask(client: &Client, manifest: &Value, namespace: &str) -> anyhow::Result<Answer> {
    ask_as_written(client, manifest, &manifest.to_string(), namespace)
}

/// As [`ask`], of a manifest as somebody wrote it.
///
/// # Errors
/// When no answer comes.
pub fn ask_as_written(client: &Client, manifest: &Value, text: &str, namespace: &str) -> anyhow::Result<Answer> {
    let written = text;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (api_version, kind) = (text(&manifest["apiVersion"]), text(&manifest["kind"]));
    let unknown = Answer { status: 404, message: "the server could not find the requested resource".into() };
    let is_name =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/' | b'-'));
    if !is_name(&api_version) || !is_name(&kind) {
        return Ok(unknown);
    }
    let own = text(&manifest["metadata"]["namespace"]);
    let namespace = if is_name(&own) { &own } else { namespace };
    let Some(collection) = client.collection(&api_version, &kind, namespace)? else { return Ok(unknown) };
    let dry_run = if TRIED.contains(&kind.as_str()) { "&dryRun=All" } else { "" };
    let path = format!("{collection}?fieldValidation=Strict{dry_run}");
    let response = client.request("POST", &path, Some(("application/yaml", written)))?;
    if response.is_ok() && dry_run.is_empty() {
        client.delete(&format!("{collection}/{}", percent(&text(&response.body["metadata"]["name"]))))?;
    }
    let message = if response.is_ok() { String::new() } else { response.message() };
    Ok(Answer { status: response.status, message })
}

/// Installs a custom resource definition and waits until its kind is served; false when the server refuses it.
///
/// # Errors
/// When no answer comes, or the kind is not served in time.
pub fn define(client: &Client, definition: &Value) -> anyhow::Result<bool> {
    let collection = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    if !client.create(collection, &definition.to_string())?.is_ok() {
        return Ok(false);
    }
    let path = format!("{collection}/{}", definition["metadata"]["name"].as_str().unwrap_or_default());
    for _ in 0..100 {
        let found = client.get(&path)?;
        let conditions = found.body["status"]["conditions"].as_array().cloned().unwrap_or_default();
        if conditions.iter().any(|condition| condition["type"] == "Established" && condition["status"] == "True") {
            return Ok(true);
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    anyhow::bail!("{path} is not established")
}

/// A name as a part of a path.
fn percent(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    name.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// The objects of a text, as JSON.
pub fn objects(name: &str, text: &str) -> Vec<Value> {
    let mut sources = SourceMap::new();
    let file = sources.add(name, text);
    let read = read::read(file, text, &Budget::default());
    read.objects.iter().map(|manifest| json(&manifest.root)).collect()
}

fn json(node: &Node) -> Value {
    match &node.value {
        windlass_yaml::Value::Null => Value::Null,
        windlass_yaml::Value::Bool(value) => json!(value),
        windlass_yaml::Value::Number(Number::Int(value)) => json!(value),
        windlass_yaml::Value::Number(Number::UInt(value)) => json!(value),
        windlass_yaml::Value::Number(Number::Float(value)) => json!(value),
        windlass_yaml::Value::String(text) | windlass_yaml::Value::Timestamp(text) => json!(text.as_str()),
        windlass_yaml::Value::Sequence(items) => items.iter().map(json).collect(),
        windlass_yaml::Value::Map(map) => {
            Value::Object(map.iter().map(|(key, value)| (key.as_str().to_owned(), json(value))).collect::<Map<_, _>>())
        }
    }
}

/// Paths that the API server's message names; decoding leaves indices out.
pub fn paths(message: &str) -> BTreeSet<String> {
    const KINDS: [&str; 8] =
        ["Required value", "Invalid value", "Unsupported value", "Duplicate value", "Not found", "Forbidden", "Too long", "Too many"];
    if let Some((_, rest)) = message.split_once("unknown field \"") {
        return rest.split('"').next().map(str::to_owned).into_iter().collect();
    }
    if let Some((_, rest)) = message.split_once("Go struct field ") {
        let field = rest.split(' ').next().unwrap_or_default();
        return field.split_once('.').map(|(_, path)| path.to_owned()).into_iter().collect();
    }
    let mut found = BTreeSet::new();
    for kind in KINDS {
        for (at, _) in message.match_indices(&format!(": {kind}")) {
            let before = &message[..at];
            // A key may have spaces: `data[my key]`.
            let start = before.rfind(": ").map_or(0, |at| at + 2).max(before.rfind(", ").map_or(0, |at| at + 2));
            let path = &before[start..];
            // Several errors stand in brackets; `[]` is the path of the whole object.
            found.insert(if path == "[]" { path } else { path.trim_start_matches('[') }.to_owned());
        }
    }
    found
}

/// A path without what stands in brackets.
pub fn without_indices(path: &str) -> String {
    let mut plain = String::new();
    let mut depth = 0;
    for character in path.chars() {
        match character {
            '[' => depth += 1,
            ']' => depth -= 1,
            character if depth == 0 => plain.push(character),
            _ => {}
        }
    }
    plain
}
