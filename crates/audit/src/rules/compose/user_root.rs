//! CO024 user-root.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::severity::{Grade, Severity};

declare_rule! {
    /// A service is told to run as root.
    ///
    /// In a stack for development it is P3: there it is how files of the working copy stay writable. So it is for a job that
    /// prepares files.
    ///
    /// ## Why
    /// Who breaks into a process of root owns all that the container has, and is one kernel defect away from the host.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     user: root
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     user: "1000:1000"
    /// ```
    pub(crate) static RULE = {
        id: "CO024", slug: "user-root", control: EnvironmentSeparation, severity: P2,
        seed: "1.2",
        aliases: ["compose-lint:CL-0018"],
        effort: 15,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let Some(user) = &service.user else { return };
    let name = user.value.split(':').next().unwrap_or_default();
    if !matches!(name, "root" | "0") {
        return;
    }
    let grade = if !service.is_production() {
        Grade::new(Severity::P3, format!("accepted in development: {}", service.stack().environment().because))
    } else if service.is_long_running() {
        Grade::from(Severity::P2)
    } else {
        Grade::new(Severity::P3, "it runs for a moment only")
    };
    findings
        .report(user.span(), format!("service `{}` runs as root", service.name()))
        .severity(grade)
        .help("name a user of the image, or leave `user` out when the image switches to one");
}
