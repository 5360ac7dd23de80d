//! DF049 sudo.

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `sudo` is used.
    ///
    /// ## Why
    /// A build is root already; in the image `sudo` is a way to become root again.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN sudo true
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN true
    /// ```
    pub(crate) static RULE = {
        id: "DF049", slug: "sudo", control: ImageContent, severity: P2,
        aliases: ["hadolint:DL3004", "checkov:CKV2_DOCKER_1", "trivy:DS-0010", "dockle:DKL-DI-0001"],
        effort: 5,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    for command in stage.commands() {
        if let Some(word) = command.words.first().filter(|word| word.text == "sudo" && !word.is_quoted) {
            findings.report(word.span, "`sudo` in a `RUN`").help("leave it out: `RUN` is root until `USER` says otherwise");
        }
    }
}
