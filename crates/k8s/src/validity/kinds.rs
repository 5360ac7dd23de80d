//! Which checks a kind has.

use windlass_yaml::Node;

use super::findings::{Findings, Place};
use super::{
    admission, autoscaling, batch, config, crd, format, ingress, metadata, network_policy, pod, policy, quota, rbac, scheduling, service,
    storage, structure, workload,
};
use crate::schema::{KindInfo, kinds, removed, structure as table_type};
use crate::view::Fields as _;

/// The form of an object's name.
type NameForm = fn(&str) -> Vec<String>;

/// An object without `apiVersion` or `kind`, which has no path to be sent to.
pub(super) fn unnamed<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    for name in ["apiVersion", "kind"] {
        match root.field(name) {
            None => findings.required(6, Place::field(root, name), &format!("`{name}` says where the object is sent to")),
            Some(node) if node.as_str().is_none() => findings.invalid(6, node, "must be text"),
            Some(_) => {}
        }
    }
}

/// A kind that no API server of this version serves.
pub(super) fn not_served<'a>(root: &'a Node, api_version: &str, kind: &str, findings: &mut Findings<'a>) {
    let version = findings.version;
    let message = "the server could not find the requested resource";
    if let Some(gone) = removed(api_version, kind) {
        let help = match gone.instead {
            Some(instead) => format!("Kubernetes 1.{} removed it; write `apiVersion: {instead}`", gone.since),
            None => format!("Kubernetes 1.{} removed it, and nothing replaces it", gone.since),
        };
        return findings.decoding(7, Place::field(root, "apiVersion"), message, Some(help));
    }
    if let Some(other) = kinds(version).filter(|known| known.kind == kind).last() {
        let help = format!("Kubernetes {version} has it as `apiVersion: {}`", other.api_version);
        return findings.decoding(7, Place::field(root, "apiVersion"), message, Some(help));
    }
    let nearest = kinds(version)
        .map(|known| (strsim::damerau_levenshtein(known.kind, kind), known.kind))
        .min()
        .filter(|(distance, name)| *distance <= 1 + name.len() / 5);
    let help = nearest.map(|(_, name)| format!("did you mean `{name}`?"));
    findings.decoding(9, Place::field(root, "kind"), message, help);
}

/// Validation of an object of a known kind.
pub(super) fn check<'a>(root: &'a Node, info: &KindInfo, findings: &mut Findings<'a>) {
    if let Some(form) = name_form(info, findings) {
        metadata::check(root, form, info.is_namespaced, findings);
    }
    match (info.group(), info.kind) {
        ("", "Pod") => pod::check_pod(root, findings),
        ("", "Namespace") => metadata::pod_security(root, findings),
        ("", "PodTemplate") => workload::pod_template(root, findings),
        ("", "ReplicationController") => workload::replication_controller(root, findings),
        ("apps", "Deployment") => workload::deployment(root, findings),
        ("apps", "StatefulSet") => workload::stateful_set(root, findings),
        ("apps", "DaemonSet") => workload::daemon_set(root, findings),
        ("apps", "ReplicaSet") => workload::replica_set(root, findings),
        ("batch", "Job") => batch::job(root, findings),
        ("batch", "CronJob") => batch::cron_job(root, findings),
        ("", "Service") => service::check(root, findings),
        ("", "Endpoints") => service::endpoints(root, findings),
        ("discovery.k8s.io", "EndpointSlice") => service::endpoint_slice(root, findings),
        ("networking.k8s.io", "Ingress") => ingress::check(root, findings),
        ("networking.k8s.io", "IngressClass") => ingress::class(root, findings),
        ("networking.k8s.io", "NetworkPolicy") => network_policy::check(root, findings),
        ("", "ConfigMap") => config::config_map(root, findings),
        ("", "Secret") => config::secret(root, findings),
        ("", "PersistentVolumeClaim") => storage::claim(root, findings),
        ("", "PersistentVolume") => storage::volume(root, findings),
        ("storage.k8s.io", "StorageClass") => storage::class(root, findings),
        ("autoscaling", "HorizontalPodAutoscaler") => autoscaling::check(root, info.api_version, findings),
        ("policy", "PodDisruptionBudget") => policy::check(root, findings),
        ("rbac.authorization.k8s.io", kind) => rbac::check(root, kind, findings),
        ("", "ResourceQuota") => quota::resource_quota(root, findings),
        ("", "LimitRange") => quota::limit_range(root, findings),
        ("scheduling.k8s.io", "PriorityClass") => scheduling::priority_class(root, findings),
        ("node.k8s.io", "RuntimeClass") => scheduling::runtime_class(root, findings),
        ("admissionregistration.k8s.io", kind) => admission::check(root, kind, findings),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => crd::check(root, findings),
        _ => structure::required(root, table_type(info.type_index), findings),
    }
}

/// The form of the names of a kind; `None` for kinds that are asked and never kept.
fn name_form(info: &KindInfo, findings: &Findings<'_>) -> Option<NameForm> {
    Some(match (info.group(), info.kind) {
        ("", "Service") if findings.version.minor() >= 36 => format::relaxed_service_name,
        ("", "Service") => format::label_1035,
        ("", "Namespace") => format::label,
        ("apps", "StatefulSet") => format::label,
        ("batch", "CronJob") => cron_job_name,
        // Budgets take any name that can stand in a path, as roles do.
        ("rbac.authorization.k8s.io", _) | ("policy", "PodDisruptionBudget") => rbac::name,
        (_, kind) if kind.ends_with("Review") => return None,
        _ => format::subdomain,
    })
}

/// A CronJob leaves its Jobs eleven characters of a label.
fn cron_job_name(text: &str) -> Vec<String> {
    let long = (text.len() > 52).then(|| "must be no more than 52 characters".to_owned());
    format::subdomain(text).into_iter().chain(long).collect()
}
