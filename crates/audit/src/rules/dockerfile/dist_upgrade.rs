//! DF027 dist-upgrade.

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// The whole distribution is upgraded in a `RUN`.
    ///
    /// ## Why
    /// What a base image is made of changes with the day of the build. The maintainers of the base image upgrade it; take a newer one.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN apt-get update && apt-get dist-upgrade -y && rm -rf /var/lib/apt/lists/*
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13.1-slim
    /// RUN true
    /// ```
    pub(crate) static RULE = {
        id: "DF027", slug: "dist-upgrade", control: PackageManagers, severity: P3,
        aliases: ["hadolint:DL3035", "trivy:DS-0024", "dockle:DKL-DI-0003"],
        effort: 5,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    for command in stage.commands() {
        let verb = command.operands().next().map(|word| word.text.as_str()).unwrap_or_default();
        let upgrades = match command.program() {
            "apt-get" | "apt" => matches!(verb, "dist-upgrade" | "full-upgrade"),
            "zypper" => matches!(verb, "dist-upgrade" | "dup"),
            "do-release-upgrade" => true,
            _ => false,
        };
        if upgrades {
            findings
                .report(command.span(), format!("`{} {verb}` changes the distribution with the day of the build", command.program()))
                .help("take a newer base image instead");
        }
    }
}
