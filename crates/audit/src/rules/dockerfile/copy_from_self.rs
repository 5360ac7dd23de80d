//! DF042 copy-from-self.

use windlass_dockerfile::Command;

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `COPY --from` names the stage that it stands in.
    ///
    /// ## Why
    /// The build stops: a stage can't copy from itself.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim AS app
    /// COPY --from=app /a /b
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim AS build
    /// RUN true
    /// FROM debian:13-slim AS app
    /// COPY --from=build /a /b
    /// ```
    pub(crate) static RULE = {
        id: "DF042", slug: "copy-from-self", control: CopyInstructions, severity: P1,
        aliases: ["hadolint:DL3023", "trivy:DS-0006"],
        effort: 5,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    for instruction in stage.body() {
        let (Command::Copy(_), Some(from)) = (&instruction.command, instruction.flag_value("from")) else { continue };
        if stage.is_named(&from.text) || from.text == stage.index.to_string() {
            findings.report(from.span, format!("the stage copies from itself: `--from={}`", from.text)).help("name an earlier stage");
        }
    }
}
