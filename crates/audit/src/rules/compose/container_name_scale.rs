//! CO068 container-name-scale.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Services that are copies of one another have fixed container names.
    ///
    /// ## Why
    /// `--scale` and `replicas` are refused for a service with a `container_name`, so capacity is added by copying the service.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app1:
    ///     image: acme/app:1.4
    ///     container_name: acme_app1
    ///   app2:
    ///     image: acme/app:1.4
    ///     container_name: acme_app2
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     deploy:
    ///       replicas: 2
    /// ```
    pub(crate) static RULE = {
        id: "CO068", slug: "container-name-scale", control: Scaling, severity: P2,
        seed: "8.1",
        fix: Auto,
        effort: 5,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if service.container_name.is_none() {
        return findings.not_applicable();
    }
    let base = |name: &str| name.trim_end_matches(|letter: char| letter.is_ascii_digit()).trim_end_matches(['-', '_']).to_owned();
    let image = |service: &ServiceContext<'_>| service.model().image.as_ref().map(|image| image.value.clone());
    let own = base(service.name());
    let is_copy = |other: &ServiceContext<'_>| {
        let built = |service: &ServiceContext<'_>| service.dockerfile().map(|dockerfile| dockerfile.path().to_owned());
        other.name() != service.name()
            && base(other.name()) == own
            && image(other) == image(service)
            && built(other) == built(service)
            && other.words() == service.words()
    };
    let is_numbered = own != service.name();
    let copy = service.stack().services().find(|other| is_numbered && is_copy(other));
    let count = service.replicas();
    let message = match copy {
        _ if count > 1 => format!("`{}` is to run {count} times under one name", service.name()),
        Some(other) => format!("`{}` and `{}` are copies by hand, with fixed names", service.name(), other.name()),
        None => return,
    };
    findings
        .report(service.attribute_span("container_name"), message)
        .severity(service.grade(RULE.severity))
        .help("make them one service with `deploy.replicas`, without `container_name`")
        .fix("leave `container_name` out", service.remove("container_name"));
}
