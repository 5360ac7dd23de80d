//! PodDisruptionBudgets.

use windlass_yaml::Node;

use super::findings::{Findings, Place, show};
use super::{selector, workload};
use crate::view::Fields as _;

pub(super) fn check<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    let Some(spec) = root.field("spec") else { return };
    if spec.field("minAvailable").is_some() && spec.field("maxUnavailable").is_some() {
        findings.invalid_value(116, spec, show(spec), "minAvailable and maxUnavailable cannot be both set");
    }
    for name in ["minAvailable", "maxUnavailable"] {
        workload::int_or_percent(spec, name, findings);
        workload::at_most_all(spec, name, findings);
    }
    if let Some(pods) = spec.field("selector") {
        selector::check(pods, findings);
    }
    if spec.text("unhealthyPodEvictionPolicy").is_some_and(|policy| !matches!(policy, "AlwaysAllow" | "IfHealthyBudget")) {
        findings.unsupported(303, Place::field(spec, "unhealthyPodEvictionPolicy"), &["AlwaysAllow", "IfHealthyBudget"]);
    }
}
