//! KW054 pdb-policy.

use windlass_k8s::view::Fields as _;

use crate::context::ObjectContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A PodDisruptionBudget says nothing, or keeps pods that can't run anyway.
    ///
    /// It says nothing without `minAvailable` and `maxUnavailable`. `unhealthyPodEvictionPolicy: AlwaysAllow` lets go what is not ready; where the policy is written at all, somebody has decided.
    ///
    /// ## Why
    /// A pod that crashes again and again then holds up the drain of its node.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata: { name: web }
    /// spec:
    ///   maxUnavailable: 1
    ///   selector: { matchLabels: { app: web } }
    /// ```
    /// ## Use instead
    /// ```yaml k8s/web.yaml
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata: { name: web }
    /// spec:
    ///   maxUnavailable: 1
    ///   unhealthyPodEvictionPolicy: AlwaysAllow
    ///   selector: { matchLabels: { app: web } }
    /// ```
    pub(crate) static RULE = {
        id: "KW054", slug: "pdb-policy", control: Updates, severity: P3,
        aliases: ["kube-score:poddisruptionbudget-has-policy", "kube-linter:pdb-unhealthy-pod-eviction-policy"],
        effort: 2,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    let Some(spec) = object.root().field("spec").filter(|_| object.kind() == "PodDisruptionBudget") else {
        return findings.not_applicable();
    };
    if spec.field("minAvailable").is_none() && spec.field("maxUnavailable").is_none() {
        let message = format!("`{}` says not how many pods may go", object.reference());
        findings.report(object.name_span(), message).help("add `maxUnavailable: 1`");
    } else if spec.field("unhealthyPodEvictionPolicy").is_none() {
        let message = format!("`{}` keeps pods that are not ready", object.reference());
        findings.report(object.name_span(), message).help("add `unhealthyPodEvictionPolicy: AlwaysAllow`");
    }
}
