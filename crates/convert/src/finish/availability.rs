//! PodDisruptionBudgets: a drain of nodes takes one pod of a service at a time.

use std::collections::BTreeSet;

use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use windlass_k8s::{Kind, Object, Objects};
use windlass_source::Diagnostic;

use super::add;
use super::workload::identity;
use crate::decide::{Plan, Sharing};

/// For several replicas, but not where a volume ties the pods to one node: that node's drain would never end.
pub(super) fn availability(plan: &Plan<'_>, objects: &mut Objects, diagnostics: &mut Vec<Diagnostic>) {
    let shared = plan.volumes.iter().filter(|volume| volume.sharing == Sharing::OneNode);
    let tied: BTreeSet<usize> = shared.flat_map(|volume| volume.uses.iter().map(|usage| plan.services[usage.service].pod)).collect();
    for service in plan.services.iter().filter(|service| service.owns_pod() && service.is_converted() && service.is_long_running()) {
        if service.replicas < 2 || service.kind == Kind::DaemonSet || tied.contains(&service.index) {
            continue;
        }
        let identity = identity(service, plan);
        let spec = PodDisruptionBudgetSpec {
            max_unavailable: Some(IntOrString::Int(1)),
            selector: Some(LabelSelector { match_labels: Some(identity.selector()), match_expressions: None }),
            ..PodDisruptionBudgetSpec::default()
        };
        let metadata = ObjectMeta { name: Some(service.name.to_string()), labels: Some(identity.labels()), ..ObjectMeta::default() };
        let budget = PodDisruptionBudget { metadata, spec: Some(spec), ..PodDisruptionBudget::default() };
        add(objects, Object::new(budget, service.service.origin().clone()), diagnostics);
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::project;

    #[test]
    fn several_pods_are_spread_and_drained_one_by_one() {
        let outcome = project("services: { web: { image: acme/web:1, scale: 3 } }").convert();
        assert_eq!(outcome.field("PodDisruptionBudget/web", "spec.maxUnavailable"), "1\n");
        assert_eq!(outcome.pod("Deployment/web", "topologySpreadConstraints[0].whenUnsatisfiable"), "ScheduleAnyway\n");
    }

    #[test]
    fn one_pod_or_pods_that_a_volume_ties_to_a_node_have_no_budget() {
        for text in [
            "services: { web: { image: acme/web:1 } }",
            "services: { web: { image: acme/web:1, scale: 2, volumes: ['data:/data'] } }\nvolumes: { data: {} }",
            "services: { web: { image: acme/web:1, deploy: { mode: global } } }",
        ] {
            let outcome = project(text).convert();
            assert!(!outcome.names().iter().any(|name| name.starts_with("PodDisruptionBudget/")), "{text}");
        }
    }
}
