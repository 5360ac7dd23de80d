//! `Stack.spec`: what is asked for.

#![allow(unreachable_pub, reason = "the derive repeats each type in a place of its own")]

use std::collections::BTreeMap;

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windlass_k8s::name::{label_value, service_name};

use super::status::StackStatus;

/// A Docker Compose stack that is audited, applied, and kept as it is written.
#[derive(Clone, CustomResource, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[kube(
    group = "windlass.dev",
    version = "v1alpha1",
    kind = "Stack",
    namespaced,
    doc = "A Docker Compose stack that is audited, applied, and kept as it is written.",
    status = "StackStatus",
    derive = "PartialEq",
    shortname = "stk",
    category = "all",
    category = "windlass",
    selectable = ".spec.serviceAccountName",
    selectable = ".spec.suspend",
    printcolumn = r#"{"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type=='Ready')].status"}"#,
    printcolumn = r#"{"name":"Status","type":"string","jsonPath":".status.conditions[?(@.type=='Ready')].reason"}"#,
    printcolumn = r#"{"name":"Services","type":"string","jsonPath":".status.ready"}"#,
    printcolumn = r#"{"name":"Score","type":"integer","jsonPath":".status.audit.score"}"#,
    printcolumn = r#"{"name":"Revision","type":"string","jsonPath":".status.revision","priority":1}"#,
    printcolumn = r#"{"name":"Message","type":"string","jsonPath":".status.conditions[?(@.type=='Ready')].message","priority":1}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#,
    validation = ("self.metadata.name.size() <= 52", "the name has at most 52 characters: objects are named after it"),
    validation = ("!self.metadata.name.contains('.')", "the name has no dot: it is a label and the name of the project")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = ("has(self.compose) != has(self.composeFrom)", "exactly one of compose and composeFrom is set"))]
pub struct StackSpec {
    /// The compose file, as text: comments, tags and the difference of `yes` and `"yes"` stay. At most 262144 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 262_144))]
    pub compose: Option<String>,
    /// Compose files from ConfigMaps or Secrets of the Stack's namespace, merged in this order as `-f a -f b`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1, max = 16))]
    pub compose_from: Vec<ComposeSource>,
    /// Files of the project by path, relative to the compose file: those that configs, env_file and bind mounts name. Nothing else can
    /// be read; a Stack has no access to files of the operator.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 256, "additionalProperties" = { "type": "string", "maxLength": 1_048_576 }))]
    pub files: BTreeMap<String, String>,
    /// Further files: every key of a ConfigMap or Secret becomes one. A path that `files` has too is that of `files`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    pub files_from: Vec<FileSource>,
    /// Those of the files that are executable, by path: scripts that a service runs. The others have the mode 0644.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1024), inner(length(min = 1, max = 1024)))]
    pub executables: Vec<String>,
    /// Variables of `${…}`. Those of the operator's own environment are not seen. `COMPOSE_PROJECT_NAME` may give the project the name
    /// that the Stack is called after: `my_shop` in a Stack `my-shop`. Images that the project builds and labels have it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 1024, "additionalProperties" = { "type": "string", "maxLength": 131_072 }))]
    pub variables: BTreeMap<String, String>,
    /// Further variables: every key of a ConfigMap or Secret is one. A later source wins over an earlier one, `variables` over all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    pub variables_from: Vec<VariableSource>,
    /// Small changes without touching the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overrides: Option<Overrides>,
    /// Profiles that are on; `*` is every profile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 128)))]
    #[x_kube(merge_strategy = kube::core::ListMerge::Set)]
    pub profiles: Vec<String>,
    /// What the audit does.
    #[serde(default)]
    pub audit: Audit,
    /// How a change is rolled out.
    #[serde(default)]
    pub rollout: Rollout,
    /// What becomes of volumes.
    #[serde(default)]
    pub volumes: Volumes,
    /// The ServiceAccount of this namespace as which sources are read and objects are written. It must have the annotation
    /// `windlass.dev/stacks: allowed`: who may edit the account delegates it. There is no fallback.
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"))]
    pub service_account_name: String,
    /// Whether the stack runs.
    #[serde(default)]
    pub state: State,
    /// Nothing is written while this is true. Deletion goes on.
    #[serde(default)]
    pub suspend: bool,
    /// Whether objects are applied, or only tried.
    #[serde(default)]
    pub mode: Mode,
}

/// The name of a Stack's project: the given one where no Stack can have it and this one is called after it, else the Stack's.
pub fn project_name<'n>(stack: &'n str, given: Option<&'n str>) -> &'n str {
    given.filter(|given| given.contains('_') && label_value(given) == *given && stack_name(given) == stack).unwrap_or(stack)
}

/// The name of the Stack that a project is of, by the project's name or the label that holds it.
pub fn stack_name(project: &str) -> String {
    if project.contains('_') { service_name(project).into() } else { project.to_owned() }
}

/// Whether a stack runs.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum State {
    /// It does.
    #[default]
    Running,
    /// It has no pods; its volumes, addresses and configuration stay.
    Stopped,
}

/// Whether objects are applied.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum Mode {
    /// They are.
    #[default]
    Apply,
    /// The API server is asked what it would say, and nothing changes. The status tells the answer.
    DryRun,
}

/// A compose file in a ConfigMap or a Secret.
#[derive(Clone, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = ("has(self.configMapKeyRef) != has(self.secretKeyRef)", "exactly one of configMapKeyRef and secretKeyRef is set"))]
pub struct ComposeSource {
    /// A key of a ConfigMap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_map_key_ref: Option<KeyRef>,
    /// A key of a Secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_key_ref: Option<KeyRef>,
}

/// Files in a ConfigMap or a Secret.
#[derive(Clone, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = ("has(self.configMapRef) != has(self.secretRef)", "exactly one of configMapRef and secretRef is set"))]
pub struct FileSource {
    /// A ConfigMap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_map_ref: Option<ObjectName>,
    /// A Secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<ObjectName>,
    /// The directory of the project that the files are put into: `./conf`. Default: beside the compose file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    pub directory: Option<String>,
    /// Keys that become files of another name, and no others: a key has no space and no `/`. Default: every key, under its own name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1024))]
    pub items: Vec<FileItem>,
}

/// A key that becomes a file.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct FileItem {
    /// The key.
    #[schemars(length(min = 1, max = 253))]
    pub key: String,
    /// The path of the file, from the directory of its source.
    #[schemars(length(min = 1, max = 1024))]
    pub path: String,
}

/// Variables in a ConfigMap or a Secret.
#[derive(Clone, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = ("has(self.configMapRef) != has(self.secretRef)", "exactly one of configMapRef and secretRef is set"))]
pub struct VariableSource {
    /// A ConfigMap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_map_ref: Option<ObjectName>,
    /// A Secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<ObjectName>,
    /// Goes before every name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub prefix: Option<String>,
}

/// A key of an object in the Stack's namespace.
#[derive(Clone, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
pub struct KeyRef {
    /// The object's name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// The key.
    #[schemars(length(min = 1, max = 253))]
    pub key: String,
}

/// An object in the Stack's namespace.
#[derive(Clone, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
pub struct ObjectName {
    /// Its name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// Small changes without touching the text.
#[derive(Clone, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
pub struct Overrides {
    /// By the service's name in the compose file; a service that is not there is an error.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 200))]
    pub services: BTreeMap<String, ServiceOverride>,
}

/// Changes of a service.
#[derive(Clone, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
pub struct ServiceOverride {
    /// The image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    pub image: Option<String>,
    /// The number of pods, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10_000))]
    pub replicas: Option<i32>,
    /// Environment variables beside those of the text, and instead of those of the same name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 256, "additionalProperties" = { "type": "string", "maxLength": 131_072 }))]
    pub environment: BTreeMap<String, String>,
}

/// What the audit does. A `StackPolicy` may ask for more, never for less.
#[derive(Clone, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Audit {
    /// What follows from findings.
    #[serde(default)]
    pub mode: AuditMode,
    /// The least severity that is refused.
    #[serde(default)]
    pub fail_on: FailOn,
    /// The least score, 0 to 100, that is let through. Default: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<i32>", range(min = 0, max = 100))]
    pub min_score: Option<u8>,
    /// Findings that are accepted, each with its reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub exemptions: Vec<Exemption>,
}

/// What follows from findings.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum AuditMode {
    /// A Stack with findings at or above `failOn` is refused; what runs already goes on.
    #[default]
    Enforce,
    /// They are told, and nothing is refused.
    Warn,
    /// Nothing is audited.
    Off,
}

/// A least severity.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub enum FailOn {
    /// What loses data or opens the host or the stack.
    #[default]
    P1,
    /// And what will fail one day.
    P2,
    /// And what is untidy.
    P3,
    /// Nothing.
    Never,
}

/// A finding that is accepted.
#[derive(Clone, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
pub struct Exemption {
    /// The rule's identifier, such as `CO024`.
    #[schemars(length(min = 3, max = 64))]
    pub rule: String,
    /// The service that it is accepted for. Default: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub service: Option<String>,
    /// Why.
    #[schemars(length(min = 3, max = 1024))]
    pub reason: String,
    /// The last day, `2027-01-01` (UTC). Default: no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 10), regex(pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))]
    pub until: Option<String>,
}

/// How a change is rolled out.
#[derive(Clone, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rollout {
    /// The order of services, and backwards the order in which they stop.
    #[serde(default)]
    pub order: Order,
    /// Seconds that a service may go without progress before it counts as failed. Default: 600, or what its probes allow for a start
    /// where that is more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 86_400))]
    pub progress_deadline_seconds: Option<i32>,
    /// What happens to a service that failed.
    #[serde(default)]
    pub on_failure: OnFailure,
    /// Revisions that are kept to roll back to, beside those that a service runs.
    #[serde(default = "history_limit")]
    #[schemars(range(min = 1, max = 10))]
    pub history_limit: i32,
}

impl Default for Rollout {
    fn default() -> Self {
        Self { order: Order::default(), progress_deadline_seconds: None, on_failure: OnFailure::default(), history_limit: history_limit() }
    }
}

fn history_limit() -> i32 {
    3
}

/// The order of services.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum Order {
    /// A service is applied when what it depends on is as its condition says.
    #[default]
    DependsOn,
    /// All at once.
    Parallel,
}

/// What happens to a service that failed.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum OnFailure {
    /// It goes back to the revision in which it was healthy last, once. Data never goes back.
    #[default]
    Rollback,
    /// It stays as it is, and so do those that depend on it.
    Hold,
}

/// What becomes of volumes.
#[derive(Clone, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Volumes {
    /// When the Stack is deleted, or a volume leaves it.
    #[serde(default)]
    pub on_delete: OnDelete,
}

/// What becomes of a claim that nobody asks for any more.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum OnDelete {
    /// It stays; a Stack of the same name takes it again.
    #[default]
    Retain,
    /// It is deleted with its data.
    Delete,
}
