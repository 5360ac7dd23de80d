//! DF028 pip-unpinned-cache.

use windlass_dockerfile::Command;
use windlass_source::{Edit, Span};

use crate::context::{Install, Manager, StageContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `pip install` names packages without a version, or keeps its cache in the image.
    ///
    /// ## Why
    /// Without versions a new release changes the image without a change in the repository; the cache is megabytes that nobody reads again.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM python:3.13-slim
    /// RUN pip install flask
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM python:3.13-slim
    /// RUN pip install --no-cache-dir flask==3.1.1
    /// ```
    pub(crate) static RULE = {
        id: "DF028", slug: "pip-unpinned-cache", control: PinnedVersions, severity: P3,
        aliases: ["hadolint:DL3013", "hadolint:DL3042"],
        effort: 10,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    let mut is_there = false;
    let is_cache_off = stage.body().iter().any(|instruction| match &instruction.command {
        Command::Env(pairs) => pairs.iter().any(|pair| pair.name.text == "PIP_NO_CACHE_DIR"),
        _ => false,
    });
    for (run, install) in stage.installs_with(&[Manager::Pip]) {
        is_there = true;
        let unpinned = install.unpinned();
        if !unpinned.is_empty() {
            findings
                .report(install.command.span(), format!("{} without a version", Install::names(&unpinned)))
                .severity(stage.grade(RULE.severity))
                .help("write `NAME==VERSION`, or list them in a file: `pip install -r requirements.txt`");
        }
        let mounts_cache = run.instruction.flag_value("mount").is_some_and(|mount| mount.text.contains("type=cache"));
        let is_set = install.command.assignments.iter().any(|word| word.text.starts_with("PIP_NO_CACHE_DIR"));
        if !is_cache_off && !mounts_cache && !is_set && !install.command.has_flag(&["--no-cache-dir"]) {
            let after = Span { start: install.verb.span.end, ..install.verb.span };
            findings
                .report(install.command.span(), "`pip install` keeps its cache in the image")
                .severity(stage.grade(RULE.severity))
                .help("add `--no-cache-dir`")
                .fix("add `--no-cache-dir`", Edit { span: after, replacement: " --no-cache-dir".to_owned() });
        }
    }
    if !is_there {
        findings.not_applicable();
    }
}
