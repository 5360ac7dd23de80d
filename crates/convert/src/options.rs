//! What a person can decide about a conversion. Each field is a flag of `windlass convert`. How the objects are written out is not here (room `emit`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use windlass_compose::model::{self, ProjectSettings};

/// The image of small helpers that wait and copy, unless [`Options::wait_image`] names another.
pub const TOOL_IMAGE: &str = "busybox:1.37";

/// The choices of one conversion; [`Default`] is what the command line does without flags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `--namespace`: written into every object; `None` leaves it out.
    pub namespace: Option<String>,
    /// `--kube-version`: the oldest cluster that must accept the objects.
    pub kube_version: KubeVersion,
    /// `--replicas SVC=N`, by service.
    pub replicas: BTreeMap<String, u32>,
    /// `--storage-class` of every claim; `None` leaves it to the cluster.
    pub storage_class: Option<String>,
    /// `--volume-size NAME=SIZE`: Kubernetes quantities (`10Gi`) by the volume's name in the project.
    pub volume_sizes: BTreeMap<String, String>,
    /// `--expose`.
    pub expose: Expose,
    /// `--domain`: hosts of Ingresses and HTTPRoutes are below it.
    pub domain: Option<String>,
    /// `--registry`: goes before the names of images that the project builds.
    pub registry: Option<String>,
    /// `--wait`.
    pub wait: Wait,
    /// `--wait-image`: waits for a port; `None` is Windlass's default.
    pub wait_image: Option<String>,
    /// `--wait-kubectl-image`: waits for a Job; `None` is `registry.k8s.io/kubectl` of [`kube_version`](Self::kube_version).
    pub wait_kubectl_image: Option<String>,
    /// `--host-paths`.
    pub host_paths: HostPaths,
    /// `--network-policies`.
    pub network_policies: NetworkPolicies,
    /// `--security`.
    pub security: Security,
    /// `--defaults`.
    pub defaults: Defaults,
    /// `--shared-volumes`.
    pub shared_volumes: SharedVolumes,
    /// `--allow-outside`: directories outside the project whose files may be embedded.
    pub allow_outside: Vec<PathBuf>,
    /// `--consolidate`: alike services whose names differ by a number become one.
    pub consolidate: bool,
    /// Class of Ingresses that name none; `None` leaves it to the cluster.
    pub ingress_class: Option<String>,
    /// Gateway that HTTPRoutes belong to: `NAME` or `NAMESPACE/NAME`.
    pub gateway: Option<String>,
    /// The flags that were given, without their dashes: what the project says of the same does not count. Those of texts need
    /// not be named: one that is there was given.
    pub given: BTreeSet<String>,
}

impl Options {
    /// True when a flag was given, so that it wins over what the project says.
    pub fn is_given(&self, flag: &str) -> bool {
        self.given.contains(flag)
    }

    /// These choices with those of the project's `x-windlass`, where no flag was given.
    pub(crate) fn with(&self, settings: Option<&ProjectSettings>) -> Self {
        let mut options = self.clone();
        let Some(settings) = settings else { return options };
        let ProjectSettings {
            namespace,
            // That of a volume wins over it (`decide::volume`).
            storage_class: _,
            expose,
            domain,
            ingress_class,
            gateway,
            registry,
            wait,
            wait_image,
            wait_kubectl_image,
            network_policies,
            security,
            defaults,
            shared_volumes,
            consolidate,
            ignore: _,
            extensions: _,
        } = settings;
        let texts = [
            (namespace, &mut options.namespace),
            (domain, &mut options.domain),
            (ingress_class, &mut options.ingress_class),
            (gateway, &mut options.gateway),
            (registry, &mut options.registry),
            (wait_image, &mut options.wait_image),
            (wait_kubectl_image, &mut options.wait_kubectl_image),
        ];
        for (written, option) in texts {
            *option = option.take().or_else(|| written.as_ref().map(|written| written.to_string()));
        }
        if let Some(expose) = expose.as_ref().filter(|_| !self.is_given("expose")) {
            options.expose.default = match expose.value {
                model::ExposeDefault::Auto => ExposeDefault::Auto,
                model::ExposeDefault::None => ExposeDefault::None,
            };
        }
        if let Some(wait) = wait.as_ref().filter(|_| !self.is_given("wait")) {
            options.wait = wait.value.into();
        }
        if let Some(policies) = network_policies.as_ref().filter(|_| !self.is_given("network-policies")) {
            options.network_policies = match policies.value {
                model::NetworkPolicies::Auto => NetworkPolicies::Auto,
                model::NetworkPolicies::Always => NetworkPolicies::Always,
                model::NetworkPolicies::Never => NetworkPolicies::Never,
            };
        }
        if let Some(security) = security.as_ref().filter(|_| !self.is_given("security")) {
            options.security = security.value.into();
        }
        if let Some(defaults) = defaults.as_ref().filter(|_| !self.is_given("defaults")) {
            options.defaults = match defaults.value {
                model::Defaults::Inferred => Defaults::Inferred,
                model::Defaults::None => Defaults::None,
            };
        }
        if let Some(shared) = shared_volumes.as_ref().filter(|_| !self.is_given("shared-volumes")) {
            options.shared_volumes = shared.value.into();
        }
        if let Some(consolidate) = consolidate.as_ref().filter(|_| !self.is_given("consolidate")) {
            options.consolidate = consolidate.value;
        }
        options
    }
}

impl From<model::Wait> for Wait {
    fn from(wait: model::Wait) -> Self {
        match wait {
            model::Wait::Init => Self::Init,
            model::Wait::None => Self::None,
        }
    }
}

impl From<model::Security> for Security {
    fn from(security: model::Security) -> Self {
        match security {
            model::Security::Preserve => Self::Preserve,
            model::Security::Baseline => Self::Baseline,
            model::Security::Restricted => Self::Restricted,
        }
    }
}

impl From<model::SharedVolumes> for SharedVolumes {
    fn from(shared: model::SharedVolumes) -> Self {
        match shared {
            model::SharedVolumes::Affinity => Self::Affinity,
            model::SharedVolumes::Rwx => Self::Rwx,
        }
    }
}

impl From<model::Exposure> for Exposure {
    fn from(how: model::Exposure) -> Self {
        match how {
            model::Exposure::Ingress => Self::Ingress,
            model::Exposure::Gateway => Self::Gateway,
            model::Exposure::NodePort => Self::NodePort,
            model::Exposure::LoadBalancer => Self::LoadBalancer,
            model::Exposure::None => Self::None,
        }
    }
}

/// A Kubernetes minor version: `1.36`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KubeVersion {
    /// 1, so far.
    pub major: u32,
    /// 36 for `v1.36.2`.
    pub minor: u32,
}

impl Default for KubeVersion {
    /// The version whose API Windlass is built against.
    fn default() -> Self {
        Self { major: 1, minor: 36 }
    }
}

impl fmt::Display for KubeVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for KubeVersion {
    type Err = String;

    /// `1.36`, `v1.36` or `v1.36.2`.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.strip_prefix('v').unwrap_or(text).splitn(3, '.');
        let mut number = || parts.next().and_then(|part| part.parse().ok());
        match (number(), number()) {
            (Some(major), Some(minor)) => Ok(Self { major, minor }),
            _ => Err(format!("`{text}` is not a Kubernetes version such as `{}`", Self::default())),
        }
    }
}

/// Which published ports can be reached from outside the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expose {
    /// What holds where no rule does.
    pub default: ExposeDefault,
    /// What holds for single services and ports; a later rule wins, one with a port over one without.
    pub rules: Vec<ExposeRule>,
}

/// What holds for published ports that no [`ExposeRule`] names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExposeDefault {
    /// Host ports 80 and 443 are the stack's front door; all others stay inside.
    #[default]
    Auto,
    /// All stay inside.
    None,
}

/// `SVC[:PORT]=HOW`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExposeRule {
    /// The service's name in the project.
    pub service: String,
    /// The container port; `None` for all that are published.
    pub port: Option<u16>,
    /// By what.
    pub how: Exposure,
}

/// How a port is made reachable from outside the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// An Ingress.
    Ingress,
    /// An HTTPRoute of the Gateway API.
    Gateway,
    /// A Service of type NodePort.
    NodePort,
    /// A Service of type LoadBalancer.
    LoadBalancer,
    /// Not at all.
    None,
}

/// Who makes a service wait for what it depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wait {
    /// Init containers.
    #[default]
    Init,
    /// Nobody here: whoever applies the objects does it in order.
    None,
}

/// What happens to mounts of the host's own paths, such as `/var/run/docker.sock`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HostPaths {
    /// They are left out and reported.
    #[default]
    Refuse,
    /// They become `hostPath` volumes.
    Allow,
}

/// When NetworkPolicies are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NetworkPolicies {
    /// When the project has several networks or an internal one.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How far containers are restricted beyond what the project says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Security {
    /// By what breaks nothing.
    #[default]
    Preserve,
    /// To the baseline Pod Security Standard.
    Baseline,
    /// To the restricted Pod Security Standard.
    Restricted,
}

/// Whether what the project leaves open (probes, resources) is filled in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Defaults {
    /// From the image catalogue and by inference; each value is reported.
    #[default]
    Inferred,
    /// It stays open.
    None,
}

/// How several pods share a volume.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SharedVolumes {
    /// They run on one node.
    #[default]
    Affinity,
    /// The claim asks for ReadWriteMany.
    Rwx,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kubernetes_version_is_read_with_or_without_v_and_patch() {
        for text in ["1.36", "v1.36", "v1.36.2"] {
            assert_eq!(text.parse(), Ok(KubeVersion { major: 1, minor: 36 }), "{text}");
        }
        for text in ["", "1", "one.two", "1.x"] {
            assert!(text.parse::<KubeVersion>().is_err(), "{text}");
        }
    }
}
