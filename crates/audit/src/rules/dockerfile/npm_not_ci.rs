//! DF030 npm-not-ci.

use windlass_dockerfile::Command;
use windlass_source::Edit;

use crate::context::{Manager, StageContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Dependencies are installed with `npm install` although a build wants what the lock file says.
    ///
    /// ## Why
    /// `npm install` may change the lock file and takes newer versions; `npm ci` installs what was tested, or fails.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM node:22-slim
    /// WORKDIR /app
    /// COPY package.json package-lock.json ./
    /// RUN npm install
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM node:22-slim
    /// WORKDIR /app
    /// COPY package.json package-lock.json ./
    /// RUN npm ci
    /// ```
    pub(crate) static RULE = {
        id: "DF030", slug: "npm-not-ci", control: PackageManagers, severity: P3,
        seed: "1.1",
        aliases: ["hadolint:DL3060"],
        effort: 5,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    let copies = |name: &str| {
        stage.body().iter().any(|instruction| match &instruction.command {
            Command::Copy(copy) | Command::Add(copy) => copy.sources.iter().any(|source| {
                source.text.contains(name) || matches!(source.text.as_str(), "." | "./" | "package*.json" | "./package*.json")
            }),
            _ => false,
        })
    };
    let has_lock = copies("package-lock.json") || copies("npm-shrinkwrap.json");
    let cleans = |program: &str| {
        stage.commands().any(|command| command.program() == program && command.arguments().iter().any(|word| word.text == "clean"))
    };
    let mut is_there = false;
    for (run, install) in stage.installs_with(&[Manager::Npm, Manager::Yarn]) {
        is_there = true;
        let is_local = install.packages.is_empty() && install.command.program() == "npm" && !install.command.has_flag(&["-g", "--global"]);
        if is_local && has_lock && stage.is_lock_there() {
            findings
                .report(install.command.span(), "`npm install` does not keep to the lock file")
                .severity(stage.grade(RULE.severity))
                .help("write `npm ci`")
                .fix("write `npm ci`", Edit { span: install.verb.span, replacement: "ci".to_owned() });
        }
        let mounts_cache = run.instruction.flag_value("mount").is_some_and(|mount| mount.text.contains("type=cache"));
        if install.manager == Manager::Yarn && stage.is_in_shipped_chain() && !mounts_cache && !cleans("yarn") {
            findings
                .report(install.command.span(), "the cache of `yarn` stays in the layer")
                .severity(stage.grade(RULE.severity))
                .help("end the command with `yarn cache clean`, or mount a cache");
        }
    }
    if !is_there {
        findings.not_applicable();
    }
}
