//! DF046 workdir-relative.

use windlass_dockerfile::Command;

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `WORKDIR` is relative.
    ///
    /// ## Why
    /// Where it leads depends on what stands above it, and in the end on the base image.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// WORKDIR app
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// WORKDIR /app
    /// ```
    pub(crate) static RULE = {
        id: "DF046", slug: "workdir-relative", control: WorkingDirectory, severity: P2,
        aliases: ["hadolint:DL3000", "checkov:CKV_DOCKER_10", "trivy:DS-0009", "buildkit:WorkdirRelativePath"],
        effort: 2,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    for instruction in stage.body() {
        let Command::Workdir(directory) = &instruction.command else { continue };
        let text = directory.text.trim_matches(['"', '\'']);
        let is_absolute = text.starts_with(['/', '\\', '$']) || text.get(1..2) == Some(":");
        if !is_absolute {
            findings.report(directory.span, format!("`WORKDIR {text}` is relative")).help("write the absolute path");
        }
    }
}
