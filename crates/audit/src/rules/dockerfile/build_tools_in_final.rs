//! DF015 build-tools-in-final.

use crate::context::{Install, Manager, ShellCommand, StageContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Tools that only a build needs are installed in the image that is shipped.
    ///
    /// What the same `RUN` removes again is left alone.
    ///
    /// ## Why
    /// They are megabytes that no container runs, and of use to an attacker.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN apt-get update && apt-get install -y --no-install-recommends git gcc && rm -rf /var/lib/apt/lists/*
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim AS build
    /// RUN apt-get update && apt-get install -y --no-install-recommends git gcc && rm -rf /var/lib/apt/lists/*
    /// FROM debian:13-slim
    /// COPY --from=build /app /app
    /// ```
    pub(crate) static RULE = {
        id: "DF015", slug: "build-tools-in-final", control: ImageSize, severity: P3,
        seed: "6.2, 6.3",
        aliases: ["dockle:CIS-DI-0003", "docker-bench:4.3"],
        effort: 30,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    const TOOLS: [&str; 16] = [
        "autoconf",
        "automake",
        "build-base",
        "build-essential",
        "clang",
        "cmake",
        "composer",
        "g++",
        "gcc",
        "git",
        "libc-dev",
        "make",
        "npm",
        "pkg-config",
        "pkgconf",
        "python3-dev",
    ];
    if !stage.is_in_shipped_chain() || !stage.dockerfile().is_production() {
        return findings.not_applicable();
    }
    let is_tool = |name: &str| {
        let name = name.split(['=', '~', '<', '>']).next().unwrap_or_default();
        TOOLS.contains(&name) || name.ends_with("-dev") || name.ends_with("-devel")
    };
    for (run, install) in stage.installs_with(&[Manager::Apt, Manager::Apk, Manager::Yum, Manager::Dnf, Manager::Zypper]) {
        let removes = |command: &ShellCommand| {
            let removing = ["del", "purge", "remove", "autoremove", "erase"];
            command.operands().next().is_some_and(|word| removing.contains(&word.text.as_str()))
        };
        if run.commands.iter().any(removes) {
            continue;
        }
        let tools: Vec<_> = install.packages.iter().copied().filter(|word| is_tool(&word.text)).collect();
        if !tools.is_empty() {
            findings
                .report(tools[0].span.to(tools[tools.len() - 1].span), format!("{} in the image that is shipped", Install::names(&tools)))
                .help("install them in a build stage, or remove them in the same `RUN`");
        }
    }
}
