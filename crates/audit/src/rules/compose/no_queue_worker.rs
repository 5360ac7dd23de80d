//! CO077 no-queue-worker.

use crate::context::{Role, ServiceContext, StackContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// An application puts work into a queue, and no service of the stack takes it out.
    ///
    /// ## Why
    /// Mails are not sent, reports not made; the queue grows until the store is full.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     environment:
    ///       QUEUE_CONNECTION: redis
    ///   redis:
    ///     image: redis:8
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     environment:
    ///       QUEUE_CONNECTION: redis
    ///   worker:
    ///     image: acme/app:1.4
    ///     command: php artisan queue:work
    ///   redis:
    ///     image: redis:8
    /// ```
    pub(crate) static RULE = {
        id: "CO077", slug: "no-queue-worker", control: BackgroundWork, severity: P2,
        seed: "2.3, 12.2, 22.2",
        effort: 20,
        check: Stack(check),
    }
}

fn check(stack: &StackContext<'_>, findings: &mut Findings<'_>) {
    let queues = |service: &ServiceContext<'_>| {
        let laravel =
            service.variable("QUEUE_CONNECTION").filter(|value| !matches!(value.value.as_str(), "sync" | "null" | "deferred" | ""));
        laravel.map(|value| (value, "QUEUE_CONNECTION"))
    };
    let Some((service, (value, name))) = stack.services().find_map(|service| Some((service, queues(&service)?))) else {
        return findings.not_applicable();
    };
    let works = |service: &ServiceContext<'_>| {
        let text = service.command_text();
        service.role() == Role::Worker || ["queue:work", "queue:listen", "horizon", "supervisor"].iter().any(|word| text.contains(word))
    };
    if stack.services().any(|service| works(&service)) || service.has_own_supervisor() {
        return;
    }
    findings
        .report(
            value.span().or(service.key_span()),
            format!("`{name}` of `{}` is `{}`, and nothing works through the queue", service.name(), value.value),
        )
        .severity(stack.grade(RULE.severity))
        .help("add a service of the same image: `command: php artisan queue:work --tries=3 --max-time=3600`");
}
