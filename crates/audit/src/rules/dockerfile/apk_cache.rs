//! DF023 apk-cache.

use windlass_source::{Edit, Span};

use crate::context::{Manager, ShellCommand, StageContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `apk add` keeps its index in the image.
    ///
    /// ## Why
    /// The index is megabytes that no container reads, and old the day after.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM alpine:3.22
    /// RUN apk add curl
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM alpine:3.22
    /// RUN apk add --no-cache curl
    /// ```
    pub(crate) static RULE = {
        id: "DF023", slug: "apk-cache", control: PackageCaches, severity: P3,
        seed: "12.1",
        aliases: ["hadolint:DL3019", "trivy:DS-0025", "dockle:DKL-DI-0004"],
        fix: Auto,
        effort: 2,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    let mut is_there = false;
    for (run, install) in stage.installs_with(&[Manager::Apk]) {
        is_there = true;
        let removes = |command: &ShellCommand| {
            command.program() == "rm" && command.arguments().iter().any(|word| word.text.contains("/var/cache/apk"))
        };
        let is_mounted = run.instruction.flags.iter().any(|flag| flag.value.as_ref().is_some_and(|value| value.text.contains("apk")));
        if is_mounted || install.command.has_flag(&["--no-cache"]) || run.commands.iter().any(removes) {
            continue;
        }
        let after = Span { start: install.verb.span.end, ..install.verb.span };
        findings
            .report(install.command.span(), "`apk add` keeps its index in the image")
            .help("add `--no-cache`")
            .fix("add `--no-cache`", Edit { span: after, replacement: " --no-cache".to_owned() });
    }
    if !is_there {
        findings.not_applicable();
    }
}
