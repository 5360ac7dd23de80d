//! A compose project in, Kubernetes objects and the fate of every attribute out.
//!
//! [`convert`] has three phases: *decide* (kinds, names, ports, who shares what), *attributes* (each fills the drafts and says
//! what became of it) and *finish* (objects from drafts, and what spans services). Pure: content of files is read through
//! [`windlass_source::FileSystem`] alone. Layouts of files are not here (room `emit`), nor forms of the report (room `report`).

mod attributes;
mod content;
pub mod contents;
mod convert;
pub mod cost;
mod decide;
mod draft;
mod expand;
mod fates;
mod finish;
mod layout;
mod options;
mod report;
pub mod support;
#[cfg(test)]
mod testing;
mod text;

pub use convert::{Conversion, convert, convert_objects, prepare};
pub use decide::{Input, arguments, hosts, is_private};
pub use options::{
    Defaults, Expose, ExposeDefault, ExposeRule, Exposure, HostPaths, KubeVersion, NetworkPolicies, Options, Security, SharedVolumes,
    TOOL_IMAGE, Wait,
};
pub use report::{AttributeEntry, Becomes, Fate, Inferred, Report, ServiceReport, Summary};
pub use windlass_k8s::ObjectRef;
