//! The kinds that Windlass writes, in the order in which they are applied.

use std::fmt;

/// A kind of object. The order is that of application: what others refer to comes first, and a policy is there before the
/// pods that it restricts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each variant is the API's own name")]
pub enum Kind {
    Namespace,
    ServiceAccount,
    Role,
    RoleBinding,
    NetworkPolicy,
    ConfigMap,
    Secret,
    ExternalSecret,
    SealedSecret,
    PersistentVolumeClaim,
    Service,
    DaemonSet,
    StatefulSet,
    Deployment,
    Job,
    CronJob,
    PodDisruptionBudget,
    HorizontalPodAutoscaler,
    Ingress,
    HttpRoute,
    Stack,
}

impl Kind {
    /// Every kind in the order of application.
    pub const ALL: [Self; 21] = [
        Self::Namespace,
        Self::ServiceAccount,
        Self::Role,
        Self::RoleBinding,
        Self::NetworkPolicy,
        Self::ConfigMap,
        Self::Secret,
        Self::ExternalSecret,
        Self::SealedSecret,
        Self::PersistentVolumeClaim,
        Self::Service,
        Self::DaemonSet,
        Self::StatefulSet,
        Self::Deployment,
        Self::Job,
        Self::CronJob,
        Self::PodDisruptionBudget,
        Self::HorizontalPodAutoscaler,
        Self::Ingress,
        Self::HttpRoute,
        Self::Stack,
    ];

    /// The name as `kind:` has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Namespace => "Namespace",
            Self::ServiceAccount => "ServiceAccount",
            Self::Role => "Role",
            Self::RoleBinding => "RoleBinding",
            Self::NetworkPolicy => "NetworkPolicy",
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
            Self::ExternalSecret => "ExternalSecret",
            Self::SealedSecret => "SealedSecret",
            Self::PersistentVolumeClaim => "PersistentVolumeClaim",
            Self::Service => "Service",
            Self::DaemonSet => "DaemonSet",
            Self::StatefulSet => "StatefulSet",
            Self::Deployment => "Deployment",
            Self::Job => "Job",
            Self::CronJob => "CronJob",
            Self::PodDisruptionBudget => "PodDisruptionBudget",
            Self::HorizontalPodAutoscaler => "HorizontalPodAutoscaler",
            Self::Ingress => "Ingress",
            Self::HttpRoute => "HTTPRoute",
            Self::Stack => "Stack",
        }
    }

    /// The group and version as `apiVersion:` has them.
    pub const fn api_version(self) -> &'static str {
        match self {
            Self::Namespace | Self::ServiceAccount | Self::ConfigMap | Self::Secret | Self::PersistentVolumeClaim | Self::Service => "v1",
            Self::Role | Self::RoleBinding => "rbac.authorization.k8s.io/v1",
            Self::NetworkPolicy | Self::Ingress => "networking.k8s.io/v1",
            Self::DaemonSet | Self::StatefulSet | Self::Deployment => "apps/v1",
            Self::Job | Self::CronJob => "batch/v1",
            Self::PodDisruptionBudget => "policy/v1",
            Self::HorizontalPodAutoscaler => "autoscaling/v2",
            Self::ExternalSecret => "external-secrets.io/v1",
            Self::SealedSecret => "bitnami.com/v1alpha1",
            Self::HttpRoute => "gateway.networking.k8s.io/v1",
            Self::Stack => "windlass.dev/v1alpha1",
        }
    }

    /// The name in paths of the API: `networkpolicies`.
    pub fn plural(self) -> String {
        let name = self.as_str().to_ascii_lowercase();
        match name.strip_suffix('y') {
            Some(stem) => format!("{stem}ies"),
            None if name.ends_with('s') => format!("{name}es"),
            None => format!("{name}s"),
        }
    }

    /// The kind with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// True for the kinds that run pods.
    pub const fn is_workload(self) -> bool {
        matches!(self, Self::DaemonSet | Self::StatefulSet | Self::Deployment | Self::Job | Self::CronJob)
    }

    /// True for the kinds whose schema is a custom resource definition rather than Kubernetes itself.
    pub const fn is_custom(self) -> bool {
        matches!(self, Self::ExternalSecret | Self::SealedSecret | Self::HttpRoute | Self::Stack)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_their_names_in_the_api() {
        let names: Vec<String> = [Kind::NetworkPolicy, Kind::Ingress, Kind::Deployment, Kind::HttpRoute].map(Kind::plural).into();
        assert_eq!(names, ["networkpolicies", "ingresses", "deployments", "httproutes"]);
    }

    #[test]
    fn the_list_of_kinds_is_complete_and_in_order() {
        assert!(Kind::ALL.is_sorted());
        assert_eq!(Kind::ALL.last().map(|kind| *kind as usize), Some(Kind::ALL.len() - 1));
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Some(kind));
        }
    }
}
