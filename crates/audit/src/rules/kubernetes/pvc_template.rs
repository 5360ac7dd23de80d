//! KW067 pvc-template.

use windlass_k8s::view::{Fields as _, text};
use windlass_yaml::Node;

use crate::context::ObjectContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A claim names no storage class.
    ///
    /// The default class of the cluster then decides, which is what makes manifests fit several clusters. The rule runs when it is named.
    ///
    /// ## Why
    /// The default of another cluster may be slow, or delete the data with the claim.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: v1
    /// kind: PersistentVolumeClaim
    /// metadata: { name: data }
    /// spec:
    ///   accessModes: [ReadWriteOnce]
    ///   resources: { requests: { storage: 10Gi } }
    /// ```
    /// ## Use instead
    /// ```yaml k8s/web.yaml
    /// apiVersion: v1
    /// kind: PersistentVolumeClaim
    /// metadata: { name: data }
    /// spec:
    ///   accessModes: [ReadWriteOnce]
    ///   storageClassName: retained
    ///   resources: { requests: { storage: 10Gi } }
    /// ```
    pub(crate) static RULE = {
        id: "KW067", slug: "pvc-template", control: DatastoreVolumes, severity: P3,
        seed: "4.1",
        aliases: ["kubesec:VolumeClaim*", "kyverno:require-storageclass", "kyverno:enforce-readwriteonce-pod"],
        optional: true,
        effort: 10,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    let claims = match object.kind() {
        "PersistentVolumeClaim" => std::slice::from_ref(object.root()),
        "StatefulSet" => object.root().field("spec").map(|spec| spec.items("volumeClaimTemplates")).unwrap_or_default(),
        _ => return findings.not_applicable(),
    };
    for claim in claims {
        let Some(spec) = claim.field("spec") else { continue };
        let name = claim.at(&["metadata", "name"]);
        let place = name.or(Some(spec)).and_then(Node::span);
        let name = name.and_then(text).unwrap_or_default();
        if spec.at(&["resources", "requests", "storage"]).is_none() {
            findings.report(place, format!("the claim `{name}` asks for no storage")).help("add `resources.requests.storage`");
        } else if spec.items("accessModes").is_empty() {
            findings.report(place, format!("the claim `{name}` has no access mode")).help("add `accessModes: [ReadWriteOncePod]`");
        } else if spec.get("storageClassName").is_none() {
            findings.report(place, format!("the claim `{name}` names no storage class")).help("add `storageClassName`");
        }
    }
}
