//! Version v1alpha1: `Stack` and `StackPolicy`.

mod policy;
mod spec;
mod status;

pub use policy::{AllowedExemptions, AuditFloor, StackPolicy, StackPolicySpec};
pub use spec::{
    Audit, AuditMode, ComposeSource, Exemption, FailOn, FileItem, FileSource, KeyRef, Mode, ObjectName, OnDelete, OnFailure, Order,
    Overrides, Rollout, ServiceOverride, Stack, StackSpec, State, VariableSource, Volumes, project_name, stack_name,
};
pub use status::{
    AuditFinding, AuditStatus, CategoryScore, Fallback, Healthy, HistoryEntry, InventoryEntry, Memory, Outcome, Recreation, ServiceState,
    ServiceStatus, StackStatus, condition,
};
