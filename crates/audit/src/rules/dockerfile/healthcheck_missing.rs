//! DF001 healthcheck-missing.

use windlass_dockerfile::Command;

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::severity::{Grade, Severity};

declare_rule! {
    /// The image has no `HEALTHCHECK`.
    ///
    /// A `healthcheck` of every service that runs the image compensates: then it is P3.
    ///
    /// ## Why
    /// The engine sees that a process is there, not that it works. A hung server stays in service until somebody looks.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM alpine:3.22
    /// COPY app /app
    /// CMD ["/app"]
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM alpine:3.22
    /// COPY app /app
    /// HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 CMD wget -qO /dev/null http://127.0.0.1:8080/up
    /// CMD ["/app"]
    /// ```
    pub(crate) static RULE = {
        id: "DF001", slug: "healthcheck-missing", control: ServiceHealth, severity: P1,
        seed: "1.1, 7.3, 11.1, 12.1, 19.1, 22.1",
        aliases: ["hadolint:DL3057", "checkov:CKV_DOCKER_2", "trivy:DS-0026", "dockle:CIS-DI-0006", "docker-bench:4.6"],
        effort: 10,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    let services: Vec<_> = stage.dockerfile().services().collect();
    let only_jobs = !services.is_empty() && services.iter().all(|service| !service.is_long_running());
    if !stage.is_shipped() || only_jobs {
        return findings.not_applicable();
    }
    let has_check = |stage: &StageContext<'_>| stage.last(|command| matches!(command, Command::Healthcheck(_))).is_some();
    let mut below = Some(*stage);
    while let Some(stage) = below {
        if has_check(&stage) || stage.base_image().is_some_and(|image| image.healthcheck) {
            return;
        }
        below = stage.parent();
    }
    let grade = if !services.is_empty() && services.iter().all(|service| service.own_healthcheck().is_some()) {
        Grade::new(Severity::P3, "every service that runs the image has a `healthcheck`")
    } else {
        stage.grade(findings.severity())
    };
    let end = stage.last(|command| matches!(command, Command::Cmd(_) | Command::Entrypoint(_)));
    findings
        .report(end.map_or(stage.from_span(), |instruction| instruction.keyword.span), "the image has no health check")
        .severity(grade)
        .help("add before it: `HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 CMD …`");
}
