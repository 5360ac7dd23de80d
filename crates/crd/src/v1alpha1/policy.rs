//! `StackPolicy`: what no Stack can lower.

#![allow(unreachable_pub, reason = "the derive repeats each type in a place of its own")]

use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

use super::spec::{AuditMode, FailOn};

/// The least that the audit asks of Stacks. Of several policies for a namespace, the strictest of each setting holds.
#[derive(Clone, CustomResource, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[kube(
    group = "windlass.dev",
    version = "v1alpha1",
    kind = "StackPolicy",
    doc = "The least that the audit asks of Stacks. Of several policies for a namespace, the strictest of each setting holds.",
    derive = "PartialEq",
    plural = "stackpolicies",
    shortname = "stkpol",
    category = "windlass",
    printcolumn = r#"{"name":"Mode","type":"string","jsonPath":".spec.audit.mode"}"#,
    printcolumn = r#"{"name":"Fail on","type":"string","jsonPath":".spec.audit.failOn"}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#
)]
#[serde(rename_all = "camelCase")]
pub struct StackPolicySpec {
    /// Namespaces that it holds for. Default: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 256), inner(length(min = 1, max = 63)))]
    #[x_kube(merge_strategy = kube::core::ListMerge::Set)]
    pub namespaces: Vec<String>,
    /// Namespaces that it does not hold for, even when `namespaces` has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 256), inner(length(min = 1, max = 63)))]
    #[x_kube(merge_strategy = kube::core::ListMerge::Set)]
    pub except_namespaces: Vec<String>,
    /// What the audit asks at least.
    #[serde(default)]
    pub audit: AuditFloor,
}

/// What the audit asks at least.
#[derive(Clone, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditFloor {
    /// The weakest mode that a Stack may have: with `Enforce`, neither `Warn` nor `Off`. Default: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<AuditMode>,
    /// The least severity that is refused: with `P2`, P1 and P2 are, whatever the Stack says. Default: as the Stack says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fail_on: Option<FailOn>,
    /// The least score, 0 to 100. Default: as the Stack says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<i32>", range(min = 0, max = 100))]
    pub min_score: Option<u8>,
    /// Which exemptions of Stacks count. Default: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exemptions: Option<AllowedExemptions>,
}

/// Which exemptions count.
#[derive(Clone, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AllowedExemptions {
    /// Rules that a Stack may exempt, by identifier. Empty: none.
    #[serde(default)]
    #[schemars(length(max = 512), inner(length(min = 3, max = 64)))]
    #[x_kube(merge_strategy = kube::core::ListMerge::Set)]
    pub rules: Vec<String>,
    /// Whether an exemption must have an end.
    #[serde(default)]
    pub require_end: bool,
}

impl StackPolicySpec {
    /// Whether it holds for Stacks of a namespace.
    pub fn holds_for(&self, namespace: &str) -> bool {
        let named = |names: &[String]| names.iter().any(|name| name == namespace);
        (self.namespaces.is_empty() || named(&self.namespaces)) && !named(&self.except_namespaces)
    }
}
