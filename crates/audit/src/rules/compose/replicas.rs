//! CO070 replicas.

use windlass_compose::model::DeployMode;

use crate::context::{Role, ServiceContext, StackContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A swarm stack runs its application once.
    ///
    /// ## Why
    /// Each deployment and each failed node is an outage.
    ///
    /// ## Example
    /// ```yaml docker-compose.swarm.yml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     ports:
    ///       - "80:80"
    /// ```
    /// ## Use instead
    /// ```yaml docker-compose.swarm.yml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     ports:
    ///       - "80:80"
    ///     deploy:
    ///       replicas: 2
    /// ```
    pub(crate) static RULE = {
        id: "CO070", slug: "replicas", control: Scaling, severity: P2,
        seed: "2.3, 8.1, 8.2",
        effort: 10,
        check: Stack(check),
    }
}

fn check(stack: &StackContext<'_>, findings: &mut Findings<'_>) {
    if !stack.is_swarm() || !stack.is_production() {
        return findings.not_applicable();
    }
    let serves = |service: &ServiceContext<'_>| matches!(service.role(), Role::App | Role::Proxy);
    let is_global = |service: &ServiceContext<'_>| {
        service.deploy.as_ref().and_then(|deploy| deploy.mode.as_ref()).is_some_and(|mode| mode.value == DeployMode::Global)
    };
    let single: Vec<_> = stack.services().filter(serves).filter(|service| service.replicas() <= 1 && !is_global(service)).collect();
    if stack.services().any(|service| serves(&service) && service.replicas() > 1) {
        return;
    }
    let Some(first) = single.first() else { return findings.not_applicable() };
    findings.report(first.key_span(), "everything that serves requests runs once").help("set `deploy.replicas` of what keeps no state");
}
