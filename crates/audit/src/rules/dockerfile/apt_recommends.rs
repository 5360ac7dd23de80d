//! DF016 apt-recommends.

use windlass_source::{Edit, Span};

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `apt-get install` takes recommended packages too.
    ///
    /// ## Why
    /// Recommended packages are for people at a machine. In an image they are megabytes, and programs that an attacker may find useful.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*
    /// ```
    pub(crate) static RULE = {
        id: "DF016", slug: "apt-recommends", control: PackageCaches, severity: P3,
        seed: "1.1",
        aliases: ["hadolint:DL3015", "trivy:DS-0029"],
        fix: Auto,
        effort: 2,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    let mut installs = stage.commands().filter(|command| command.is("apt-get", "install") || command.is("apt", "install")).peekable();
    if installs.peek().is_none() {
        return findings.not_applicable();
    }
    for command in installs {
        let is_off = command.arguments().iter().any(|word| word.text.contains("Install-Recommends"));
        if is_off || command.has_flag(&["--no-install-recommends"]) {
            continue;
        }
        let Some(install) = command.operands().next() else { continue };
        let after = Span { start: install.span.end, ..install.span };
        findings
            .report(command.span(), "`apt-get install` also takes recommended packages")
            .help("add `--no-install-recommends`")
            .fix("add `--no-install-recommends`", Edit { span: after, replacement: " --no-install-recommends".to_owned() });
    }
}
