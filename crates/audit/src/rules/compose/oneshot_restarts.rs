//! CO016 oneshot-restarts.

use windlass_compose::model::Restart;

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A service whose command ends is started again for ever.
    ///
    /// ## Why
    /// The container runs its command, ends, and is started anew at once: a backup or migration in a loop.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   backup:
    ///     image: acme/app:1.4
    ///     command: php artisan backup:run
    ///     restart: unless-stopped
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   backup:
    ///     image: acme/app:1.4
    ///     command: php artisan backup:run
    ///     restart: "no"
    /// ```
    pub(crate) static RULE = {
        id: "CO016", slug: "oneshot-restarts", control: BackgroundWork, severity: P2,
        effort: 10,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let Some(because) = service.ends() else { return findings.not_applicable() };
    let Some(restart) = service.restart.as_ref().filter(|restart| matches!(restart.value, Restart::Always | Restart::UnlessStopped)) else {
        return;
    };
    findings
        .report(restart.span().or(service.key_span()), format!("`{}` ends and is started again for ever", service.name()))
        .because(because)
        .severity(service.grade(RULE.severity))
        .help("use `restart: \"no\"` or `on-failure`, and let a schedule start it");
}
