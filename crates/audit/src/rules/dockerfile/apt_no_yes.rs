//! DF019 apt-no-yes.

use windlass_dockerfile::Command;
use windlass_source::{Edit, Span};

use crate::context::{Connector, Manager, StageContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `apt-get install` asks before it installs.
    ///
    /// ## Why
    /// Nobody answers in a build: it stops there.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN apt-get update && apt-get install curl && rm -rf /var/lib/apt/lists/*
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*
    /// ```
    pub(crate) static RULE = {
        id: "DF019", slug: "apt-no-yes", control: PackageManagers, severity: P2,
        aliases: ["hadolint:DL3014", "trivy:DS-0021"],
        fix: Auto,
        effort: 2,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    let is_asked_never = stage.body().iter().any(|instruction| match &instruction.command {
        Command::Run(_) => stage
            .dockerfile()
            .commands(instruction)
            .iter()
            .any(|command| command.words.iter().any(|word| word.text.contains("APT::Get::Assume-Yes"))),
        _ => false,
    });
    if is_asked_never {
        return;
    }
    let mut is_there = false;
    for (_, install) in stage.installs_with(&[Manager::Apt]) {
        is_there = true;
        // `yes |` answers too.
        if install.command.connector == Connector::Pipe
            || install.command.has_flag(&["-y", "--yes", "--assume-yes", "-qq", "--quiet=2", "--force-yes"])
        {
            continue;
        }
        let after = Span { start: install.verb.span.end, ..install.verb.span };
        findings
            .report(install.command.span(), format!("`{} {}` without `-y`", install.command.program(), install.verb.text))
            .help("add `-y`")
            .fix("add `-y`", Edit { span: after, replacement: " -y".to_owned() });
    }
    if !is_there {
        findings.not_applicable();
    }
}
