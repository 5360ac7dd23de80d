//! CO010 depends-cycle.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Services wait for each other in a circle.
    ///
    /// ## Why
    /// Compose refuses the stack: none of them can start first.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     depends_on: [worker]
    ///   worker:
    ///     image: acme/worker:1.4
    ///     depends_on: [app]
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///   worker:
    ///     image: acme/worker:1.4
    ///     depends_on: [app]
    /// ```
    pub(crate) static RULE = {
        id: "CO010", slug: "depends-cycle", control: StartOrder, severity: P1,
        effort: 15,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if service.depends_on.is_empty() {
        return findings.not_applicable();
    }
    if !service.waits_for(*service) {
        return;
    }
    // Each circle once, at its first service by name.
    let first = service.dependencies().find(|other| other.name() == service.name() || other.waits_for(*service));
    let Some(other) = first else { return };
    let is_first =
        service.stack().services().filter(|one| one.waits_for(*service) && service.waits_for(*one)).all(|one| one.name() >= service.name());
    if !is_first {
        return;
    }
    let place = service.depends_on.entry(other.name()).and_then(|entry| entry.name.span().or(entry.value.span()));
    findings
        .report(
            place.or(service.attribute_span("depends_on")),
            format!("`{}` waits for `{}`, which waits for it", service.name(), other.name()),
        )
        .help("let one of them start without the other, and try again until it is there");
}
