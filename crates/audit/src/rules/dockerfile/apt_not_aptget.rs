//! DF020 apt-not-aptget.

use windlass_source::Edit;

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `apt` is used in a script.
    ///
    /// ## Why
    /// `apt` is for people: its output and options may change with every release, as it says itself.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN apt update && apt install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*
    /// ```
    pub(crate) static RULE = {
        id: "DF020", slug: "apt-not-aptget", control: PackageManagers, severity: P3,
        aliases: ["hadolint:DL3027", "checkov:CKV_DOCKER_9"],
        fix: Auto,
        effort: 2,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    for command in stage.commands().filter(|command| command.program() == "apt" && command.operands().next().is_some()) {
        let Some(word) = command.words.iter().find(|word| word.text == "apt") else { continue };
        // `apt-get` has no `list`, `search` and `show`.
        let has_same = command.operands().next().is_some_and(|verb| {
            matches!(
                verb.text.as_str(),
                "install" | "update" | "upgrade" | "full-upgrade" | "remove" | "purge" | "autoremove" | "clean" | "autoclean"
            )
        });
        findings
            .report(word.span, "`apt` is made for people, not for scripts")
            .help("write `apt-get`, or `apt-cache` to look things up")
            .fix("write `apt-get`", has_same.then(|| Edit { span: word.span, replacement: "apt-get".to_owned() }));
    }
}
