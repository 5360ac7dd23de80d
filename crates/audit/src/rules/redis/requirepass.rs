//! RD008 requirepass.

use crate::context::{Reach, ServiceContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A Redis that is reached from outside asks for no password.
    ///
    /// One that only the stack's own network and this machine reach is excused.
    ///
    /// ## Why
    /// Robots find an open Redis within hours. They read it, erase it, and take the machine over by way of its files and modules.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   redis:
    ///     image: redis:8
    ///     ports:
    ///       - "6379:6379"
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   redis:
    ///     image: redis:8
    ///     command: redis-server --requirepass ${REDIS_PASSWORD:?}
    ///     ports:
    ///       - "6379:6379"
    /// ```
    pub(crate) static RULE = {
        id: "RD008", slug: "requirepass", control: DatastoreAccess, severity: P1,
        effort: 15,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if !service.runs_redis() {
        return findings.not_applicable();
    }
    if service.redis_has_password() {
        return;
    }
    if service.redis_reach() != Reach::Public {
        return findings.exempt("only the stack's own network and this machine reach it");
    }
    let port = service.ports.iter().find(|port| port.target.value == 6379).and_then(|port| port.span());
    findings
        .report(port.or(service.key_span()), format!("service `{}` is reached from outside and asks for no password", service.name()))
        .severity(service.grade(RULE.severity))
        .help("take the port away, bind it to 127.0.0.1, or set `requirepass`");
}
