//! KW064 deprecated-api.

use windlass_k8s::schema::removed;
use windlass_k8s::view::Fields as _;
use windlass_yaml::Node;

use crate::context::ObjectContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// An object uses a version of an API that Kubernetes has removed.
    ///
    /// ## Why
    /// A cluster of today refuses it, and an upgrade of the cluster breaks the next deployment.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: policy/v1beta1
    /// kind: PodDisruptionBudget
    /// metadata: { name: web }
    /// spec: { minAvailable: 1, selector: { matchLabels: { app: web } } }
    /// ```
    /// ## Use instead
    /// ```yaml k8s/web.yaml
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata: { name: web }
    /// spec: { minAvailable: 1, selector: { matchLabels: { app: web } } }
    /// ```
    pub(crate) static RULE = {
        id: "KW064", slug: "deprecated-api", control: Updates, severity: P1,
        aliases: ["kube-linter:no-extensions-v1beta", "kube-score:stable-version", "kyverno:check-deprecated-apis", "trivy:KSV-0107", "datree:18–19", "datree:90–94", "datree:106–111"],
        effort: 30,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    let Some(gone) = removed(object.api_version(), object.kind()) else { return };
    let message = format!("{} was removed from Kubernetes 1.{}", object.api_version(), gone.since);
    let finding = findings.report(object.root().field("apiVersion").and_then(Node::span), format!("`{}`: {message}", object.reference()));
    match gone.instead {
        Some(instead) => finding.help(format!("write `apiVersion: {instead}`")),
        None => finding.help("nothing replaces it"),
    };
}
