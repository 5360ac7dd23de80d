//! DF017 apt-lists-kept.

use windlass_source::{Edit, Span};

use crate::context::{ShellCommand, StageContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// The lists of `apt-get update` stay in the layer.
    ///
    /// A cache mount of `/var/lib/apt` keeps them out of it.
    ///
    /// ## Why
    /// They are tens of megabytes that no container reads, and old the day after.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN apt-get update && apt-get install -y --no-install-recommends curl
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*
    /// ```
    pub(crate) static RULE = {
        id: "DF017", slug: "apt-lists-kept", control: PackageCaches, severity: P3,
        seed: "1.1, 6.2, 12.1",
        aliases: ["hadolint:DL3009", "dockle:DKL-DI-0005"],
        fix: Auto,
        effort: 2,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    let mut is_there = false;
    for run in stage.runs().filter(|_| stage.is_in_shipped_chain()) {
        let mut updates = run.commands.iter().filter(|command| command.is("apt-get", "update") || command.is("apt", "update"));
        let Some(update) = updates.next() else { continue };
        is_there = true;
        let removes =
            |command: &ShellCommand| command.program() == "rm" && command.arguments().iter().any(|word| word.text.contains("/var/lib/apt"));
        let is_mounted =
            run.instruction.flags.iter().any(|flag| flag.value.as_ref().is_some_and(|value| value.text.contains("/var/lib/apt")));
        if is_mounted || run.commands.iter().any(removes) {
            continue;
        }
        let last = run.commands.last().and_then(ShellCommand::span);
        let end = last.filter(|_| run.instruction.heredocs.is_empty()).map(|span| Span { start: span.end, ..span });
        findings
            .report(update.span(), "the package lists of `apt-get update` stay in the layer")
            .help("end the command with `&& rm -rf /var/lib/apt/lists/*`")
            .fix("remove the lists", end.map(|span| Edit { span, replacement: " && rm -rf /var/lib/apt/lists/*".to_owned() }));
    }
    if !is_there {
        findings.not_applicable();
    }
}
