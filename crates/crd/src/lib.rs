//! The custom resources of Windlass: what a person writes in a `Stack` or a `StackPolicy`, what the operator answers in its status, and
//! the definitions that an API server needs. What becomes of a Stack is not here (`operator`).

pub mod v1alpha1;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt as _;

/// A definition and the file that it stands in.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// From the root of the repository.
    pub file: &'static str,
    /// The definition.
    pub definition: fn() -> CustomResourceDefinition,
}

/// Every definition.
pub const DEFINITIONS: [Definition; 2] = [
    Definition { file: "crds/windlass.dev_stacks.yaml", definition: v1alpha1::Stack::crd },
    Definition { file: "crds/windlass.dev_stackpolicies.yaml", definition: v1alpha1::StackPolicy::crd },
];

/// Label of every object that a Stack brought: the Stack's name.
pub const STACK_LABEL: &str = "windlass.dev/stack";
/// Label of every object that a Stack brought: the Stack's uid, so that a Stack of the same name does not take its objects for its own.
pub const STACK_UID_LABEL: &str = "windlass.dev/stack-uid";
/// Annotation of every object that a Stack brought: a hash of what was applied.
pub const HASH_ANNOTATION: &str = "windlass.dev/hash";
/// Annotation of a ServiceAccount, with the value [`ALLOWED`]: Stacks of its namespace may name it.
pub const ACCOUNT_ANNOTATION: &str = "windlass.dev/stacks";
/// The value of [`ACCOUNT_ANNOTATION`].
pub const ALLOWED: &str = "allowed";
/// Annotation of a Stack: any new value has it looked at now, its sources included. The status repeats the value.
pub const RECONCILE_ANNOTATION: &str = "windlass.dev/reconcile-at";
/// The finalizer of Stacks that are stopped in order.
pub const FINALIZER: &str = "windlass.dev/stop-in-order";
/// The one field manager of everything that the operator applies.
pub const FIELD_MANAGER: &str = "windlass-operator";

/// A definition as YAML, as it stands in `crds/`.
pub fn yaml(definition: &CustomResourceDefinition) -> String {
    // A definition is plain data with text keys; it has a YAML form.
    let text = serde_yaml::to_string(definition).unwrap_or_default();
    text.lines().map(|line| quoted(line) + "\n").collect()
}

/// A line whose value older YAML takes for a boolean, as Kubernetes' own tools do, with the value in quotes.
fn quoted(line: &str) -> String {
    let value = line.rsplit([' ', ':']).next().unwrap_or_default();
    let is_alone = [": ", "- "].iter().any(|before| line.strip_suffix(value).is_some_and(|start| start.ends_with(before)));
    let is_boolean = ["on", "off", "yes", "no", "y", "n"].contains(&value.to_ascii_lowercase().as_str());
    if is_alone && is_boolean { format!("{}'{value}'", &line[..line.len() - value.len()]) } else { line.to_owned() }
}

/// Every definition as one stream, as `windlass crd` prints it.
pub fn all_yaml() -> String {
    DEFINITIONS.map(|definition| yaml(&(definition.definition)())).join("---\n")
}

/// The JSON Schema of a Stack, for editors.
pub fn stack_schema() -> String {
    let definition = v1alpha1::Stack::crd();
    let version = definition.spec.versions.into_iter().next();
    let schema = version.and_then(|version| version.schema).and_then(|schema| schema.open_api_v3_schema);
    let mut schema = serde_json::to_value(schema).unwrap_or_default();
    if let Some(root) = schema.as_object_mut() {
        root.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
        root.insert("title".into(), "Stack".into());
        if let Some(properties) = root.get_mut("properties").and_then(|value| value.as_object_mut()) {
            properties.remove("status");
            properties.insert("apiVersion".into(), serde_json::json!({ "const": "windlass.dev/v1alpha1" }));
            properties.insert("kind".into(), serde_json::json!({ "const": "Stack" }));
            properties.insert("metadata".into(), serde_json::json!({ "type": "object" }));
        }
        root.insert("required".into(), serde_json::json!(["apiVersion", "kind", "metadata", "spec"]));
    }
    serde_json::to_string_pretty(&schema).unwrap_or_default()
}

#[cfg(test)]
mod tests;
