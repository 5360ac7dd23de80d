//! One Kubernetes object as a typed value. Where its fields came from is not here (`object.rs`).

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, StatefulSet};
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::core::v1::{
    ConfigMap, Container, Namespace, PersistentVolumeClaim, PodSpec, PodTemplateSpec, Secret, Service, ServiceAccount,
};
use k8s_openapi::api::networking::v1::{Ingress, NetworkPolicy};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::rbac::v1::{Role, RoleBinding};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};
use windlass_yaml::Path;

use crate::kind::Kind;

/// An object of a kind that Kubernetes itself does not define. Its values are written as they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Custom {
    /// The kind, which also gives the apiVersion.
    pub kind: Kind,
    /// Name, labels, annotations.
    pub metadata: ObjectMeta,
    /// Everything beside apiVersion, kind and metadata, in the order to write: `spec` and the like.
    pub body: Map<String, Value>,
}

/// A typed value that can stand in a [`Resource`].
pub trait Typed: Sized + 'static {
    /// Its kind.
    const KIND: Kind;
    /// The value, if the resource is of this type.
    fn from_resource(resource: &Resource) -> Option<&Self>;
    /// The value, if the resource is of this type.
    fn from_resource_mut(resource: &mut Resource) -> Option<&mut Self>;
}

macro_rules! resources {
    ($($kind:ident),+ $(,)?) => {
        /// Any object that Windlass writes.
        #[derive(Clone, Debug, PartialEq)]
        #[allow(missing_docs, reason = "each variant is the API's own name")]
        pub enum Resource {
            $($kind(Box<$kind>),)+
            /// A kind of a custom resource definition.
            Custom(Box<Custom>),
        }

        impl Resource {
            /// The kind.
            pub fn kind(&self) -> Kind {
                match self {
                    $(Self::$kind(_) => Kind::$kind,)+
                    Self::Custom(custom) => custom.kind,
                }
            }

            /// Name, labels, annotations.
            pub fn metadata(&self) -> &ObjectMeta {
                match self {
                    $(Self::$kind(value) => &value.metadata,)+
                    Self::Custom(custom) => &custom.metadata,
                }
            }

            /// Name, labels, annotations.
            pub fn metadata_mut(&mut self) -> &mut ObjectMeta {
                match self {
                    $(Self::$kind(value) => &mut value.metadata,)+
                    Self::Custom(custom) => &mut custom.metadata,
                }
            }
        }

        impl<'de> Deserialize<'de> for Resource {
            /// By `kind` and `apiVersion`, which must be one of [`Kind`]'s. Fields that the type does not know are left out.
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let mut fields = Map::deserialize(deserializer)?;
                let name = fields.get("kind").and_then(Value::as_str).unwrap_or_default();
                let kind = Kind::parse(name).ok_or_else(|| D::Error::custom(format!("no kind `{name}`")))?;
                let version = fields.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
                if version != kind.api_version() {
                    return Err(D::Error::custom(format!("`{version}` is not `{}`", kind.api_version())));
                }
                match kind {
                    $(Kind::$kind => serde_json::from_value(Value::Object(fields)).map(Self::$kind),)+
                    Kind::ExternalSecret | Kind::SealedSecret | Kind::HttpRoute | Kind::Stack => {
                        let metadata = fields.shift_remove("metadata").unwrap_or_else(|| Value::Object(Map::new()));
                        fields.retain(|key, _| key != "apiVersion" && key != "kind");
                        serde_json::from_value(metadata)
                            .map(|metadata| Self::Custom(Box::new(Custom { kind, metadata, body: fields })))
                    }
                }
                .map_err(D::Error::custom)
            }
        }

        impl Serialize for Resource {
            /// Every field that is set, in Kubernetes' own order.
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$kind(value) => value.serialize(serializer),)+
                    Self::Custom(custom) => custom.serialize(serializer),
                }
            }
        }

        $(
            impl Typed for $kind {
                const KIND: Kind = Kind::$kind;

                fn from_resource(resource: &Resource) -> Option<&Self> {
                    match resource {
                        Resource::$kind(value) => Some(value),
                        _ => None,
                    }
                }

                fn from_resource_mut(resource: &mut Resource) -> Option<&mut Self> {
                    match resource {
                        Resource::$kind(value) => Some(value),
                        _ => None,
                    }
                }
            }

            impl From<$kind> for Resource {
                fn from(value: $kind) -> Self {
                    Self::$kind(Box::new(value))
                }
            }
        )+
    };
}

resources![
    Namespace,
    ServiceAccount,
    Role,
    RoleBinding,
    NetworkPolicy,
    ConfigMap,
    Secret,
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
];

impl Serialize for Custom {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3 + self.body.len()))?;
        map.serialize_entry("apiVersion", self.kind.api_version())?;
        map.serialize_entry("kind", self.kind.as_str())?;
        map.serialize_entry("metadata", &self.metadata)?;
        for (key, value) in &self.body {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl From<Custom> for Resource {
    fn from(custom: Custom) -> Self {
        Self::Custom(Box::new(custom))
    }
}

impl Resource {
    /// The name; empty when it has none yet.
    pub fn name(&self) -> &str {
        self.metadata().name.as_deref().unwrap_or_default()
    }

    /// The group and version.
    pub fn api_version(&self) -> &'static str {
        self.kind().api_version()
    }

    /// The typed value, if the resource is of this type.
    pub fn get<T: Typed>(&self) -> Option<&T> {
        T::from_resource(self)
    }

    /// The typed value, if the resource is of this type.
    pub fn get_mut<T: Typed>(&mut self) -> Option<&mut T> {
        T::from_resource_mut(self)
    }

    /// The pod template of a workload.
    pub fn pod_template(&self) -> Option<&PodTemplateSpec> {
        match self {
            Self::DaemonSet(value) => value.spec.as_ref().map(|spec| &spec.template),
            Self::StatefulSet(value) => value.spec.as_ref().map(|spec| &spec.template),
            Self::Deployment(value) => value.spec.as_ref().map(|spec| &spec.template),
            Self::Job(value) => value.spec.as_ref().map(|spec| &spec.template),
            Self::CronJob(value) => value.spec.job_template.spec.as_ref().map(|spec| &spec.template),
            _ => None,
        }
    }

    /// The pod template of a workload.
    pub fn pod_template_mut(&mut self) -> Option<&mut PodTemplateSpec> {
        match self {
            Self::DaemonSet(value) => value.spec.as_mut().map(|spec| &mut spec.template),
            Self::StatefulSet(value) => value.spec.as_mut().map(|spec| &mut spec.template),
            Self::Deployment(value) => value.spec.as_mut().map(|spec| &mut spec.template),
            Self::Job(value) => value.spec.as_mut().map(|spec| &mut spec.template),
            Self::CronJob(value) => value.spec.job_template.spec.as_mut().map(|spec| &mut spec.template),
            _ => None,
        }
    }

    /// The pods' spec of a workload.
    pub fn pod_spec(&self) -> Option<&PodSpec> {
        self.pod_template()?.spec.as_ref()
    }

    /// The pods' spec of a workload.
    pub fn pod_spec_mut(&mut self) -> Option<&mut PodSpec> {
        self.pod_template_mut()?.spec.as_mut()
    }

    /// The containers of a workload, without the init containers; empty for other kinds.
    pub fn containers(&self) -> &[Container] {
        self.pod_spec().map_or(&[], |spec| &spec.containers)
    }

    /// The init containers of a workload; empty for other kinds.
    pub fn init_containers(&self) -> &[Container] {
        self.pod_spec().and_then(|spec| spec.init_containers.as_deref()).unwrap_or_default()
    }

    /// The container with this name, init containers included.
    pub fn container(&self, name: &str) -> Option<&Container> {
        self.containers().iter().chain(self.init_containers()).find(|container| container.name == name)
    }

    /// The container with this name, init containers included.
    pub fn container_mut(&mut self, name: &str) -> Option<&mut Container> {
        let spec = self.pod_spec_mut()?;
        spec.containers.iter_mut().chain(spec.init_containers.iter_mut().flatten()).find(|container| container.name == name)
    }

    /// Where the pods' spec stands in an object of `kind`: `spec.template.spec`, one level deeper for a CronJob.
    pub fn pod_spec_path(kind: Kind) -> Option<Path> {
        match kind {
            Kind::CronJob => Some(Path::known("spec.jobTemplate.spec.template.spec")),
            kind if kind.is_workload() => Some(Path::known("spec.template.spec")),
            _ => None,
        }
    }

    /// Where the pod template's labels and annotations stand in an object of `kind`.
    pub fn pod_metadata_path(kind: Kind) -> Option<Path> {
        Some(Self::pod_spec_path(kind)?.parent()?.key("metadata"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same<T: Typed + k8s_openapi::Resource + Into<Resource> + Default>() {
        assert_eq!(<T as Typed>::KIND.as_str(), <T as k8s_openapi::Resource>::KIND);
        assert_eq!(<T as Typed>::KIND.api_version(), T::API_VERSION);
        let mut resource: Resource = T::default().into();
        assert_eq!(resource.kind(), <T as Typed>::KIND);
        assert!(resource.get::<T>().is_some() && resource.get_mut::<T>().is_some());
    }

    #[test]
    fn kinds_and_api_versions_are_those_of_the_typed_values() {
        same::<Namespace>();
        same::<ServiceAccount>();
        same::<Role>();
        same::<RoleBinding>();
        same::<NetworkPolicy>();
        same::<ConfigMap>();
        same::<Secret>();
        same::<PersistentVolumeClaim>();
        same::<Service>();
        same::<DaemonSet>();
        same::<StatefulSet>();
        same::<Deployment>();
        same::<Job>();
        same::<CronJob>();
        same::<PodDisruptionBudget>();
        same::<HorizontalPodAutoscaler>();
        same::<Ingress>();
    }

    #[test]
    fn the_pod_spec_of_a_cron_job_is_one_level_deeper() {
        let path = |kind| Resource::pod_spec_path(kind).map(|path| path.to_string());
        assert_eq!(path(Kind::Deployment).as_deref(), Some("spec.template.spec"));
        assert_eq!(path(Kind::CronJob).as_deref(), Some("spec.jobTemplate.spec.template.spec"));
        assert_eq!(path(Kind::Service), None);
    }
}
