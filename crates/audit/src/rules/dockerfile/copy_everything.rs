//! DF040 copy-everything.

use windlass_dockerfile::Command;

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `COPY . .` puts everything of the context into the image that is shipped.
    ///
    /// ## Why
    /// Tests, documentation, scripts, and whatever lies about on the machine that builds go along; and any change of any file makes the layer anew.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM python:3.13-slim
    /// COPY . /app
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM python:3.13-slim
    /// COPY app/ /app/
    /// ```
    pub(crate) static RULE = {
        id: "DF040", slug: "copy-everything", control: BuildContext, severity: P3,
        seed: "1.1, 6.2",
        aliases: ["hadolint:DL3067"],
        effort: 15,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    if !stage.is_shipped() || !stage.dockerfile().is_production() {
        return findings.not_applicable();
    }
    if let Some(instruction) = stage.copy_of_everything() {
        findings
            .report(instruction.span, "everything of the context is copied into the image that is shipped")
            .help("copy what the application runs on, or build in a stage of its own");
    }
    for instruction in stage.body() {
        let (Command::Copy(copy), Some(_)) = (&instruction.command, instruction.flag("from")) else { continue };
        if copy.sources.iter().any(|source| source.text == "/") {
            findings
                .report(instruction.span, "the whole file system of a stage is copied")
                .help("copy what is needed, or build `FROM` that stage");
        }
    }
}
