//! PodDisruptionBudgets, so that a drain of nodes takes one pod of a service at a time, and HorizontalPodAutoscalers.

use std::collections::BTreeSet;

use k8s_openapi::api::autoscaling::v2::{
    CrossVersionObjectReference, HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec, MetricSpec, MetricTarget, ResourceMetricSource,
};
use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use windlass_k8s::{Kind, Object, Objects};
use windlass_source::Diagnostic;

use super::add;
use super::workload::identity;
use crate::decide::chosen::Autoscaling;
use crate::decide::{Plan, ServicePlan, Sharing};
use crate::fates::{Fates, Place};

/// Percent of the requested CPU that a pod may use on average, where nobody says.
const DEFAULT_CPU: i32 = 70;

/// For several replicas, but not where a volume ties the pods to one node: that node's drain would never end.
pub(super) fn availability(plan: &Plan<'_>, objects: &mut Objects, fates: &mut Fates, diagnostics: &mut Vec<Diagnostic>) {
    let shared = plan.volumes.iter().filter(|volume| volume.sharing == Sharing::OneNode);
    let tied: BTreeSet<usize> = shared.flat_map(|volume| volume.uses.iter().map(|usage| plan.services[usage.service].pod)).collect();
    for service in plan.services.iter().filter(|service| service.owns_pod() && service.is_converted() && service.is_long_running()) {
        if let Some(wanted) = service.scaler() {
            let scaler = scaler(service, wanted, plan);
            let reference = scaler.reference();
            for (at, field) in &wanted.at {
                let place = Place::object(reference.clone(), &format!("spec.{field}"));
                fates.mapped(service.path("").join(at), [place]);
            }
            add(objects, scaler, diagnostics);
        }
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

/// As many pods as the load asks for. The numbers are shares of the requests, which every container has.
fn scaler(service: &ServicePlan<'_>, wanted: &Autoscaling, plan: &Plan<'_>) -> Object {
    let Autoscaling { min, max, cpu, memory, at: _ } = wanted;
    let cpu = cpu.or_else(|| memory.is_none().then_some(DEFAULT_CPU));
    let metric = |(name, percent): (&str, Option<i32>)| {
        let target = MetricTarget { type_: "Utilization".to_owned(), average_utilization: Some(percent?), ..MetricTarget::default() };
        let resource = ResourceMetricSource { name: name.to_owned(), target };
        Some(MetricSpec { type_: "Resource".to_owned(), resource: Some(resource), ..MetricSpec::default() })
    };
    let metrics: Vec<MetricSpec> = [("cpu", cpu), ("memory", *memory)].into_iter().filter_map(metric).collect();
    let spec = HorizontalPodAutoscalerSpec {
        max_replicas: *max,
        metrics: Some(metrics),
        min_replicas: Some(*min),
        scale_target_ref: CrossVersionObjectReference {
            api_version: Some("apps/v1".to_owned()),
            kind: service.kind.as_str().to_owned(),
            name: service.name.to_string(),
        },
        ..HorizontalPodAutoscalerSpec::default()
    };
    let metadata =
        ObjectMeta { name: Some(service.name.to_string()), labels: Some(identity(service, plan).labels()), ..ObjectMeta::default() };
    let value = HorizontalPodAutoscaler { metadata, spec, ..HorizontalPodAutoscaler::default() };
    Object::new(value, service.service.origin().clone())
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
