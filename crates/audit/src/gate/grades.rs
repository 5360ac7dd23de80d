//! How much findings matter in a cluster, where that is not what rule and file say.
//!
//! A gate is for those who share the cluster: P1 is a power over the node or over others. What a stack does to itself alone (no health
//! check, debugging in production) is P2 there: its people are told, and it runs. `windlass audit` goes on saying P1.

use std::collections::BTreeSet;

use windlass_compose::model::Service;

use super::workloads::Workloads;
use crate::context::Context;
use crate::control::Control;
use crate::findings::Finding;
use crate::rule::Check;
use crate::severity::{Grade, Severity};

/// What a finding of P1 is to others than the stack.
enum Concern {
    /// It keeps a power over the node, the API or other stacks.
    Power,
    /// It matters as far as others reach the service.
    Reach,
    /// Root in a container: a step towards the node, and what most images are.
    Root,
    /// The stack alone.
    Own,
}

fn concern(finding: &Finding) -> Concern {
    match finding.rule.control {
        Control::HostAccess | Control::Capabilities | Control::RuntimeHardening | Control::Rbac | Control::NetworkIsolation => {
            Concern::Power
        }
        // Snippets of an Ingress run in the proxy of everybody; a web server's own settings do not.
        Control::WebServerSecurity if matches!(finding.rule.check, Check::Object(_)) => Concern::Power,
        Control::DatastoreVolumes | Control::DatastoreAccess => Concern::Reach,
        Control::ImageUser => Concern::Root,
        _ => Concern::Own,
    }
}

/// Lowers what is no power over others. `is_restricted`: the restricted Pod Security Standard was asked for, which root does not meet.
pub(super) fn adapt(findings: &mut [Finding], context: &Context, workloads: &Workloads<'_>, is_restricted: bool) {
    let reached = services(context).filter(|service| workloads.is_reached_from_outside(service));
    let reached: BTreeSet<&str> = reached.map(|service| service.name.value.as_str()).collect();
    for finding in findings.iter_mut().filter(|finding| finding.grade.severity == Severity::P1) {
        let is_reached = || finding.service.as_ref().is_none_or(|service| reached.contains(service.as_str()));
        let because = match concern(finding) {
            Concern::Power => continue,
            Concern::Reach if is_reached() => continue,
            Concern::Reach => "nothing outside the stack reaches the service",
            Concern::Root if is_restricted => continue,
            Concern::Root => "most images run as root; `security: restricted` makes it P1",
            Concern::Own => "it harms this stack alone",
        };
        finding.grade = Grade::new(Severity::P2, because);
    }
}

/// The services of the project.
pub(super) fn services(context: &Context) -> impl Iterator<Item = &Service> {
    context.stacks().flat_map(|stack| &stack.project().services)
}
