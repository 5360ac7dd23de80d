//! DF056 no-cache-mount.

use crate::context::{DockerfileContext, Manager, Run, ShellCommand};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Dependencies are installed without a cache that builds share.
    ///
    /// ## Why
    /// Each build downloads all of them again.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM node:22-slim
    /// COPY package.json package-lock.json ./
    /// RUN npm ci
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM node:22-slim
    /// COPY package.json package-lock.json ./
    /// RUN --mount=type=cache,target=/root/.npm npm ci
    /// ```
    pub(crate) static RULE = {
        id: "DF056", slug: "no-cache-mount", control: BuildCache, severity: P3,
        seed: "1.1, 6.3",
        effort: 10,
        check: Dockerfile(check),
    }
}

fn check(dockerfile: &DockerfileContext<'_>, findings: &mut Findings<'_>) {
    let managers = [Manager::Npm, Manager::Yarn, Manager::Pip, Manager::Composer];
    let installs: Vec<(Run<'_>, ShellCommand)> = dockerfile
        .stages()
        .flat_map(|stage| stage.runs())
        .flat_map(|run| run.commands.iter().map(move |command| (run, command.clone())))
        .filter(|(_, command)| {
            let by_manager = command
                .install()
                .is_some_and(|install| managers.contains(&install.manager) && !install.command.has_flag(&["-g", "--global"]));
            let verb = command.operands().next().map(|word| word.text.as_str()).unwrap_or_default();
            by_manager
                || matches!(
                    (command.program(), verb),
                    ("npm", "ci") | ("go", "mod") | ("bundle", "install") | ("cargo", "build") | ("poetry", "install") | ("uv", "sync")
                )
        })
        .collect();
    if installs.is_empty() {
        return findings.not_applicable();
    }
    let mounts = |run: &Run<'_>| {
        run.instruction
            .flags
            .iter()
            .any(|flag| flag.name.text == "mount" && flag.value.as_ref().is_some_and(|value| value.text.contains("type=cache")))
    };
    if let Some((_, command)) = installs.iter().find(|(run, _)| !mounts(run)) {
        let target = match command.program() {
            "npm" => "/root/.npm",
            "yarn" => "/usr/local/share/.cache/yarn",
            "composer" => "/root/.composer/cache",
            "go" => "/go/pkg/mod",
            "cargo" => "/usr/local/cargo/registry",
            _ => "/root/.cache",
        };
        findings
            .report(command.span(), format!("`{}` downloads everything again in each build", command.program()))
            .help(format!("write `RUN --mount=type=cache,target={target} …`"));
    }
}
