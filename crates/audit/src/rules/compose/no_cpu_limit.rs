//! CO011 no-cpu-limit.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A service may use every processor of the machine.
    ///
    /// ## Why
    /// One busy container slows all others down, and the machine with them.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     deploy:
    ///       resources:
    ///         limits:
    ///           memory: 512M
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     deploy:
    ///       resources:
    ///         limits:
    ///           cpus: "1"
    ///           memory: 512M
    /// ```
    pub(crate) static RULE = {
        id: "CO011", slug: "no-cpu-limit", control: ResourceLimits, severity: P2,
        seed: "2.2, 5.1, 12.1, 17.1",
        aliases: ["kics:cpus_not_limited", "compose-lint:CL-0026", "docker-bench:5.12"],
        effort: 10,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if service.cpu_limit().is_some() {
        return;
    }
    let help = service.usual_limits().map_or(String::new(), |usual| format!("; `{}` is a start for this image", cores(&usual.cpu)));
    findings
        .report(service.key_span(), format!("`{}` has no processor limit", service.name()))
        .severity(service.grade(RULE.severity))
        .help(format!("set `deploy.resources.limits.cpus`{help}"));
}

/// `250m` as Compose writes it.
fn cores(quantity: &str) -> String {
    let milli = quantity.strip_suffix('m').and_then(|milli| milli.parse::<f64>().ok());
    milli.map_or_else(|| quantity.to_owned(), |milli| (milli / 1000.0).to_string())
}
