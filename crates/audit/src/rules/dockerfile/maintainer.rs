//! DF071 maintainer.

use windlass_dockerfile::Command;
use windlass_source::Edit;

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `MAINTAINER` is used.
    ///
    /// ## Why
    /// It is deprecated; labels say the same, and tools read them.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// MAINTAINER Ann <ann@example.com>
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// LABEL org.opencontainers.image.authors="Ann <ann@example.com>"
    /// ```
    pub(crate) static RULE = {
        id: "DF071", slug: "maintainer", control: DockerfileSyntax, severity: P3,
        aliases: ["hadolint:DL4000", "checkov:CKV_DOCKER_6", "trivy:DS-0022", "buildkit:MaintainerDeprecated"],
        fix: Auto,
        effort: 2,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    for instruction in stage.body() {
        let Command::Maintainer(name) = &instruction.command else { continue };
        let plain = name.text.trim_matches('"').replace('"', "'");
        findings.report(instruction.span, "`MAINTAINER` is deprecated").help("write a label").fix(
            "write a label",
            Edit { span: instruction.span, replacement: format!("LABEL org.opencontainers.image.authors=\"{plain}\"") },
        );
    }
}
