//! KW056 hpa-min.

use windlass_k8s::view::Fields as _;
use windlass_yaml::Node;

use crate::context::ObjectContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// An autoscaler goes down to one pod, or can't scale.
    ///
    /// ## Why
    /// In a quiet hour one pod is left, and its node is a single point of failure. With `maxReplicas` equal to `minReplicas` the autoscaler does nothing.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: web }
    /// spec:
    ///   scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
    ///   minReplicas: 1
    ///   maxReplicas: 6
    /// ```
    /// ## Use instead
    /// ```yaml k8s/web.yaml
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: web }
    /// spec:
    ///   scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
    ///   minReplicas: 2
    ///   maxReplicas: 6
    /// ```
    pub(crate) static RULE = {
        id: "KW056", slug: "hpa-min", control: Scaling, severity: P3,
        seed: "17.3",
        aliases: ["kube-linter:hpa-minimum-three-replicas", "kube-score:horizontalpodautoscaler-replicas", "polaris:hpaMinAvailability", "polaris:hpaMaxAvailability", "datree:13", "datree:14"],
        effort: 2,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    let Some(spec) = object.root().field("spec").filter(|_| object.kind() == "HorizontalPodAutoscaler") else {
        return findings.not_applicable();
    };
    let (least, most) = (spec.int("minReplicas").unwrap_or(1), spec.int("maxReplicas"));
    let place = spec.field("minReplicas").and_then(Node::span).or(object.name_span());
    if least < 2 {
        findings.report(place, format!("`{}` goes down to {least}", object.reference())).help("set `minReplicas: 2`");
    } else if most == Some(least) {
        findings.report(place, format!("`{}` can only have {least} pods", object.reference())).help("raise `maxReplicas`");
    }
}
