//! CO067 container-name.

use crate::context::ServiceContext;
use crate::context::StackContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Two services ask for the same `container_name`.
    ///
    /// ## Why
    /// The engine refuses the second container. A name that is no name (other than letters, digits, `_`, `.`, `-`) is refused when the
    /// file is read.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     container_name: acme
    ///   worker:
    ///     image: acme/worker:1.4
    ///     container_name: acme
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     container_name: acme-app
    ///   worker:
    ///     image: acme/worker:1.4
    ///     container_name: acme-worker
    /// ```
    pub(crate) static RULE = {
        id: "CO067", slug: "container-name", control: ComposeSyntax, severity: P1,
        aliases: ["dclint:no-duplicate-container-names", "dclint:service-container-name-regex"],
        effort: 2,
        check: Stack(check),
    }
}

fn check(stack: &StackContext<'_>, findings: &mut Findings<'_>) {
    let named: Vec<ServiceContext<'_>> = stack.services().filter(|service| service.container_name.is_some()).collect();
    if named.is_empty() {
        return findings.not_applicable();
    }
    for (at, service) in named.iter().enumerate() {
        let name = |service: &ServiceContext<'_>| service.container_name.as_ref().map(|name| name.value.clone());
        let Some(other) = named[..at].iter().find(|other| name(other) == name(service)) else { continue };
        findings
            .report(service.attribute_span("container_name"), format!("`{}` has the container name of `{}`", service.name(), other.name()))
            .related(other.attribute_span("container_name"), "the other one")
            .help("leave `container_name` out: Compose makes names that are unique");
    }
}
