//! `Stack.status`: what the operator answers, and what it has to remember.

#![allow(unreachable_pub, reason = "the derive repeats each type in a place of its own")]

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The types of conditions.
pub mod condition {
    /// Everything is applied and healthy. The summary.
    pub const READY: &str = "Ready";
    /// Work is under way.
    pub const RECONCILING: &str = "Reconciling";
    /// Nothing more happens until somebody changes something.
    pub const STALLED: &str = "Stalled";
    /// The audit lets it through.
    pub const AUDITED: &str = "Audited";
    /// Some service runs an earlier revision, since the one asked for failed.
    pub const ROLLED_BACK: &str = "RolledBack";
}

/// How a Stack is.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StackStatus {
    /// The generation of the spec that all of this is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// `Ready`, `Reconciling`, `Stalled`, `Audited`, `RolledBack`, as the API conventions and kstatus want them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = kube::core::ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// Services that are ready, of all: `2/3`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub ready: String,
    /// What the audit says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<AuditStatus>,
    /// How each service is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = kube::core::ListMerge::Map(vec!["name".into()]))]
    pub services: Vec<ServiceStatus>,
    /// The revision that is asked for: a hash of everything rendered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// The value of `windlass.dev/reconcile-at` that was obeyed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// The revisions so far, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<HistoryEntry>,
    /// The objects that were applied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inventory: Vec<InventoryEntry>,
    /// What the operator must not forget when it is restarted.
    #[serde(default)]
    pub memory: Memory,
}

/// What the audit says.
#[derive(Clone, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
pub struct AuditStatus {
    /// 0 to 100.
    pub score: i32,
    /// Findings that lose data or open the host or the stack.
    pub p1: i32,
    /// Findings that will be trouble one day.
    pub p2: i32,
    /// Untidiness.
    pub p3: i32,
    /// The score of each category.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<CategoryScore>,
    /// The worst findings, at most 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<AuditFinding>,
}

/// The score of a category.
#[derive(Clone, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
pub struct CategoryScore {
    /// The category.
    pub name: String,
    /// 0 to 100.
    pub score: i32,
}

/// A finding.
#[derive(Clone, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
pub struct AuditFinding {
    /// The rule.
    pub rule: String,
    /// `P1`, `P2` or `P3`.
    pub severity: String,
    /// The service, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// What is wrong.
    pub message: String,
    /// File and line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// How a service is.
#[derive(Clone, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
pub struct ServiceStatus {
    /// Its name in the compose file.
    pub name: String,
    /// The kind of its object.
    pub kind: String,
    /// The name of its object.
    pub object: String,
    /// Pods that are ready, of those wanted: `3/3`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub ready: String,
    /// What it does.
    pub state: ServiceState,
    /// Why, where there is something to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What a service does.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum ServiceState {
    /// It waits for what it depends on, or for its turn.
    #[default]
    Pending,
    /// It is applied, and not healthy yet.
    Progressing,
    /// It is healthy.
    Ready,
    /// It ended as it should.
    Completed,
    /// It made no progress in time, or ended badly.
    Failed,
    /// It runs an earlier revision, since the one asked for failed.
    RolledBack,
}

/// An object that was applied.
#[derive(Clone, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
pub struct InventoryEntry {
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// A hash of what was applied.
    pub hash: String,
    /// A hash of the fields that are then owned: it changes when somebody else writes one of them.
    pub fields: String,
}

/// A revision that was rolled out.
#[derive(Clone, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
pub struct HistoryEntry {
    /// The revision. The ControllerRevision that holds its objects is named after it.
    pub revision: String,
    /// The generation that asked for it first.
    pub generation: i64,
    /// What became of it.
    #[serde(default)]
    pub outcome: Outcome,
    /// A hash of what the ControllerRevision holds: one that was changed since is not gone back to.
    #[serde(default)]
    pub digest: String,
    /// ConfigMaps and Secrets that it uses, `ConfigMap/name`: they are kept as long as it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keeps: Vec<String>,
}

/// What became of a revision.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum Outcome {
    /// It is rolled out.
    #[default]
    Progressing,
    /// Every service became healthy.
    Healthy,
    /// Some service did not.
    Failed,
    /// A newer one came before it was done.
    Superseded,
}

/// What the operator must not forget when it is restarted. Written before anything that takes several steps.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Memory {
    /// The revision in which each workload was healthy last, by `Deployment/web`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub healthy: BTreeMap<String, Healthy>,
    /// Workloads that failed, and what they went back to, by `Deployment/web`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fallbacks: BTreeMap<String, Fallback>,
    /// Jobs that are done, by name, with the hash of what ran: they are not run again when they are gone.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub completed: BTreeMap<String, String>,
    /// Objects that are deleted to be made anew.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recreating: Vec<Recreation>,
    /// When the Stack began to stop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopping_since: Option<Time>,
}

/// A workload as it was healthy.
#[derive(Clone, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
pub struct Healthy {
    /// The revision that it belongs to.
    pub revision: String,
    /// The hash of the object.
    pub hash: String,
}

/// A workload that failed.
#[derive(Clone, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
pub struct Fallback {
    /// The hash of the object that failed. Another one is tried again.
    pub failed: String,
    /// What it went back to; none when there was nothing, so it stays as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Healthy>,
    /// Why it failed.
    pub reason: String,
}

/// An object that is deleted to be made anew, since a field of it can't be changed.
#[derive(Clone, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
pub struct Recreation {
    /// `StatefulSet/db`.
    pub object: String,
    /// The uid of the one to delete.
    pub uid: String,
}
