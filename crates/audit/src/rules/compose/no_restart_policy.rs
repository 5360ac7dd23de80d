//! CO015 no-restart-policy.

use windlass_compose::model::Restart;

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A service that runs on is not started again when it ends.
    ///
    /// `restart: "no"` that is written out is accepted. Swarm starts every task again unless `deploy.restart_policy` says otherwise.
    ///
    /// ## Why
    /// After a crash, or after a restart of the machine, the service is gone until somebody notices.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     restart: unless-stopped
    /// ```
    pub(crate) static RULE = {
        id: "CO015", slug: "no-restart-policy", control: RestartPolicy, severity: P2,
        seed: "2.2, 17.1",
        aliases: ["kics:restart_policy_on_failure_not_set_to_5", "docker-bench:5.15"],
        fix: Auto,
        effort: 1,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if !service.is_long_running() || service.stack().is_swarm() {
        return findings.not_applicable();
    }
    if service.restart.as_ref().is_some_and(|restart| restart.value == Restart::No) {
        return findings.exempt("`restart: no` is written out");
    }
    let in_deploy = service.deploy.as_ref().is_some_and(|deploy| deploy.restart_policy.is_some());
    if service.restart.is_some() || in_deploy {
        return;
    }
    findings
        .report(service.key_span(), format!("`{}` is not started again when it ends", service.name()))
        .severity(service.grade(RULE.severity))
        .help("add `restart: unless-stopped`")
        .fix("start it again", service.insert("restart", "unless-stopped"));
}
