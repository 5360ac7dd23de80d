//! Versions of APIs that Kubernetes has removed, and what stands in their place. Source: Kubernetes documentation, "Deprecated API
//! migration guide".

/// What became of an API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removed {
    /// The minor version that no longer serves it.
    pub since: u8,
    /// The `apiVersion` to write instead; `None` where nothing replaces it.
    pub instead: Option<&'static str>,
}

const fn by(since: u8, instead: &'static str) -> Removed {
    Removed { since, instead: Some(instead) }
}

/// The fate of an API that no version of the table serves; `None` for any other.
pub fn removed(api_version: &str, kind: &str) -> Option<Removed> {
    Some(match (api_version, kind) {
        ("extensions/v1beta1", "Ingress") | ("networking.k8s.io/v1beta1", "Ingress" | "IngressClass") => by(22, "networking.k8s.io/v1"),
        ("extensions/v1beta1", "NetworkPolicy") => by(16, "networking.k8s.io/v1"),
        ("extensions/v1beta1" | "policy/v1beta1", "PodSecurityPolicy") => Removed { since: 25, instead: None },
        ("extensions/v1beta1" | "apps/v1beta1" | "apps/v1beta2", "Deployment" | "DaemonSet" | "ReplicaSet" | "StatefulSet") => {
            by(16, "apps/v1")
        }
        ("batch/v1beta1", "CronJob") => by(25, "batch/v1"),
        ("batch/v2alpha1", "CronJob") => by(21, "batch/v1"),
        ("policy/v1beta1", "PodDisruptionBudget") => by(25, "policy/v1"),
        ("autoscaling/v2beta1", "HorizontalPodAutoscaler") => by(25, "autoscaling/v2"),
        ("autoscaling/v2beta2", "HorizontalPodAutoscaler") => by(26, "autoscaling/v2"),
        ("rbac.authorization.k8s.io/v1beta1" | "rbac.authorization.k8s.io/v1alpha1", _) => by(22, "rbac.authorization.k8s.io/v1"),
        ("apiextensions.k8s.io/v1beta1", _) => by(22, "apiextensions.k8s.io/v1"),
        ("apiregistration.k8s.io/v1beta1", _) => by(22, "apiregistration.k8s.io/v1"),
        ("admissionregistration.k8s.io/v1beta1", "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration") => {
            by(22, "admissionregistration.k8s.io/v1")
        }
        ("storage.k8s.io/v1beta1", "CSIStorageCapacity") => by(27, "storage.k8s.io/v1"),
        ("storage.k8s.io/v1beta1", "StorageClass" | "CSIDriver" | "CSINode" | "VolumeAttachment") => by(22, "storage.k8s.io/v1"),
        ("scheduling.k8s.io/v1beta1" | "scheduling.k8s.io/v1alpha1", "PriorityClass") => by(22, "scheduling.k8s.io/v1"),
        ("coordination.k8s.io/v1beta1", "Lease") => by(22, "coordination.k8s.io/v1"),
        ("certificates.k8s.io/v1beta1", "CertificateSigningRequest") => by(22, "certificates.k8s.io/v1"),
        ("discovery.k8s.io/v1beta1", "EndpointSlice") => by(25, "discovery.k8s.io/v1"),
        ("events.k8s.io/v1beta1", "Event") => by(25, "events.k8s.io/v1"),
        ("node.k8s.io/v1beta1", "RuntimeClass") => by(25, "node.k8s.io/v1"),
        ("flowcontrol.apiserver.k8s.io/v1beta1", _) => by(26, "flowcontrol.apiserver.k8s.io/v1"),
        ("flowcontrol.apiserver.k8s.io/v1beta2", _) => by(29, "flowcontrol.apiserver.k8s.io/v1"),
        ("flowcontrol.apiserver.k8s.io/v1beta3", _) => by(32, "flowcontrol.apiserver.k8s.io/v1"),
        _ => return None,
    })
}
