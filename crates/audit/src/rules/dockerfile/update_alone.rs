//! DF018 update-alone.

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `apt-get update` stands in a `RUN` that installs nothing.
    ///
    /// ## Why
    /// Its layer is cached: a later `RUN` installs from lists of long ago, and fails or gets old packages.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN apt-get update
    /// RUN apt-get install -y --no-install-recommends curl
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*
    /// ```
    pub(crate) static RULE = {
        id: "DF018", slug: "update-alone", control: PackageManagers, severity: P2,
        aliases: ["checkov:CKV_DOCKER_5", "trivy:DS-0017", "dockle:CIS-DI-0007", "docker-bench:4.7"],
        effort: 5,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    let mut is_there = false;
    for run in stage.runs() {
        let is = |verb: &str| {
            run.commands.iter().find(|command| {
                matches!(command.program(), "apt-get" | "apt") && command.operands().next().is_some_and(|word| word.text == verb)
            })
        };
        let Some(update) = is("update") else { continue };
        is_there = true;
        // Scripts and other managers that read the lists use them too.
        let uses =
            ["install", "upgrade", "dist-upgrade", "full-upgrade", "build-dep", "source", "download"].iter().any(|verb| is(verb).is_some());
        let is_alone =
            run.commands.iter().all(|command| matches!(command.program(), "apt-get" | "apt" | "rm" | "set" | "echo" | "sed" | ""));
        if !uses && is_alone {
            findings.report(update.span(), "`apt-get update` stands alone in its `RUN`").help("put `apt-get install` into the same `RUN`");
        }
    }
    if !is_there {
        findings.not_applicable();
    }
}
