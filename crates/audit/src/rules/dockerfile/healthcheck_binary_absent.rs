//! DF005 healthcheck-binary-absent.

use windlass_dockerfile::{Command, Healthcheck};

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// The health check runs a program that the image does not have.
    ///
    /// Known are the images of Debian, Ubuntu and Alpine, the `-slim` ones of languages, and distroless ones.
    ///
    /// ## Why
    /// The check fails each time, for want of the program: the container is unhealthy for ever.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// HEALTHCHECK --interval=15s --timeout=3s CMD curl -fsS http://127.0.0.1:8080/up
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*
    /// HEALTHCHECK --interval=15s --timeout=3s CMD curl -fsS http://127.0.0.1:8080/up
    /// ```
    pub(crate) static RULE = {
        id: "DF005", slug: "healthcheck-binary-absent", control: ServiceHealth, severity: P2,
        effort: 10,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    let Some(check) = stage.last(|command| matches!(command, Command::Healthcheck(Healthcheck::Check { .. }))) else {
        return findings.not_applicable();
    };
    let chain: Vec<StageContext<'_>> = std::iter::successors(Some(*stage), |stage| stage.parent()).collect();
    let Some(base) = chain.last().and_then(|stage| stage.base()) else { return };
    let tag = base.tag().unwrap_or_default();
    let lacks: &[&str] = match base.familiar_name().as_str() {
        name if name.starts_with("gcr.io/distroless/") => &["curl", "wget", "nc"],
        "debian" | "ubuntu" => &["curl", "wget", "nc"],
        _ if tag.contains("slim") => &["curl", "wget", "nc"],
        _ if tag.contains("alpine") => &["curl"],
        "alpine" => &["curl"],
        _ => return,
    };
    // What is installed, or copied from elsewhere, is there; other programs may bring it along.
    let brings = |name: &str| {
        let installs = |stage: &StageContext<'_>| {
            stage.installs().any(|(_, install)| {
                install.packages.iter().any(|word| word.has_variable || word.text.contains(name) || word.text.contains("netcat"))
            })
        };
        let copies = |stage: &StageContext<'_>| {
            stage.body().iter().any(|instruction| match &instruction.command {
                Command::Copy(copy) => {
                    copy.sources.iter().any(|source| source.text.contains(name)) || copy.destination.text.ends_with("bin/")
                }
                _ => false,
            })
        };
        chain.iter().any(|stage| installs(stage) || copies(stage))
    };
    for command in stage.dockerfile().commands(check) {
        let program = command.program();
        if lacks.contains(&program) && !brings(program) {
            findings
                .report(command.span(), format!("the image has no `{program}`, which its health check runs"))
                .severity(stage.grade(RULE.severity))
                .help(format!("install `{program}`, or check with a program that the image has"));
        }
    }
}
