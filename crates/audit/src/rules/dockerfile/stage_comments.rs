//! DF083 stage-comments.

use crate::context::{DockerfileContext, StageContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A Dockerfile of several stages does not say what they are for.
    ///
    /// ## Why
    /// Who reads it has to find out from the commands; a comment or a name says it.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN true
    /// FROM debian:13-slim
    /// RUN true
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim AS build
    /// RUN true
    /// # What is shipped
    /// FROM debian:13-slim
    /// RUN true
    /// ```
    pub(crate) static RULE = {
        id: "DF083", slug: "stage-comments", control: Comments, severity: P3,
        seed: "18.1",
        aliases: ["buildkit:InvalidDefinitionDescription"],
        effort: 5,
        check: Dockerfile(check),
    }
}

fn check(dockerfile: &DockerfileContext<'_>, findings: &mut Findings<'_>) {
    let stages: Vec<StageContext<'_>> = dockerfile.stages().collect();
    if stages.len() < 2 {
        return findings.not_applicable();
    }
    let text = dockerfile.context().sources().file(dockerfile.file_id()).text();
    for stage in &stages[..stages.len() - 1] {
        let before = text[..stage.from_span().start as usize].trim_end().lines().next_back().unwrap_or_default();
        if stage.from.name.is_none() && !before.trim_start().starts_with('#') {
            findings.report(stage.from_span(), "the stage has neither a name nor a comment").help("name it: `FROM … AS build`");
        }
    }
}
