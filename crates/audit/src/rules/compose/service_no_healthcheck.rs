//! CO001 service-no-healthcheck.

use crate::context::{Role, ServiceContext};
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::severity::{Grade, Severity};

declare_rule! {
    /// A service that runs on has no health check.
    ///
    /// P1 for applications, P2 for datastores and what else others rely on, P3 for development tools; one lower in development, save for
    /// tools, and for images that may bring a check that nobody here knows of. A proxy is excused when it waits for a service that has
    /// one. P3 also where the image itself has one: nothing in the project says so, and Kubernetes does not run it.
    ///
    /// The repair is the check that the catalogue knows for the image, over its default port.
    ///
    /// ## Why
    /// Without one, `depends_on` can wait only for the start, and a hung process serves errors until somebody looks.
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
    ///     healthcheck:
    ///       test: [CMD, wget, -qO, /dev/null, "http://127.0.0.1:8080/up"]
    ///       interval: 30s
    ///       timeout: 5s
    ///       start_period: 60s
    ///       retries: 3
    /// ```
    pub(crate) static RULE = {
        id: "CO001", slug: "service-no-healthcheck", control: ServiceHealth, severity: P1,
        seed: "2.2, 5.1, 5.2, 7.1, 7.3, 11.1, 11.2, 19.1",
        aliases: ["kics:healthcheck_not_set", "docker-bench:5.27"],
        fix: Suggest,
        effort: 10,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if !service.is_long_running() {
        return findings.not_applicable();
    }
    // A check that is switched off is CO002's affair.
    if service.healthcheck.is_some() || service.dockerfile_checks_health() {
        return;
    }
    if service.role() == Role::Proxy
        && let Some(behind) = service.dependencies().find(|other| other.role() == Role::App)
    {
        // Whether that one has a check is reported there.
        return findings.exempt(format!("it is a proxy, and shows what `{}` is", behind.name()));
    }
    let grade = match service.role() {
        _ if service.has_healthcheck() => Grade::new(Severity::P3, "its image brings one, which Kubernetes does not run"),
        Role::DevTool | Role::Admin => Grade::new(Severity::P3, format!("it is of use to people only: {}", service.role_reason())),
        role if role != Role::App => Grade::new(Severity::P2, format!("its role is {}: {}", role.as_str(), service.role_reason())),
        _ if service.is_production() && !service.is_image_known() => {
            Grade::new(Severity::P2, "its image may bring one: it is not in the catalogue, and not built here")
        }
        _ => service.grade(Severity::P1),
    };
    findings
        .report(service.key_span(), format!("service `{}` has no health check", service.name()))
        .severity(grade)
        .help("add `healthcheck:`, or `HEALTHCHECK` to its Dockerfile")
        .suggest("check what its image's documentation says", service.known_check().and_then(|yaml| service.insert("healthcheck", &yaml)));
}
