//! KW074 quota.

use crate::context::ObjectContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A namespace has neither a ResourceQuota nor a LimitRange among the manifests.
    ///
    /// ## Why
    /// One workload in it can take what all others of the cluster need.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata:
    ///   name: shop
    /// ```
    /// ## Use instead
    /// ```yaml k8s/web.yaml
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata:
    ///   name: shop
    /// ---
    /// apiVersion: v1
    /// kind: ResourceQuota
    /// metadata: { name: shop, namespace: shop }
    /// spec: { hard: { requests.memory: 8Gi } }
    /// ```
    pub(crate) static RULE = {
        id: "KW074", slug: "quota", control: ResourceLimits, severity: P3,
        seed: "21",
        aliases: ["trivy:KSV-0039", "trivy:0040", "kyverno:add-ns-quota"],
        effort: 20,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    if object.kind() != "Namespace" || object.name().starts_with("kube-") {
        return findings.not_applicable();
    }
    let has = |kind: &str| object.others().has_any(object.name(), kind);
    if !has("ResourceQuota") && !has("LimitRange") {
        let message = format!("the namespace `{}` has neither a ResourceQuota nor a LimitRange", object.name());
        findings.report(object.name_span(), message).help("add a ResourceQuota with what it may ask for");
    }
}
