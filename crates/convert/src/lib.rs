//! A compose project in, Kubernetes objects and the fate of every attribute out.

mod options;
mod report;

pub use options::{
    Defaults, Expose, ExposeDefault, ExposeRule, Exposure, HostPaths, KubeVersion, NetworkPolicies, Options, Security, SharedVolumes, Wait,
};
pub use report::{AttributeEntry, Becomes, Fate, Inferred, Report, ServiceReport, Summary};
