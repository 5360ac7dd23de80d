//! DF043 copy-from-undefined.

use windlass_dockerfile::Command;

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `COPY --from` names a stage that does not come before.
    ///
    /// ## Why
    /// The build stops, or takes an image of that name from the registry.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// COPY --from=build /a /b
    /// FROM debian:13-slim AS build
    /// RUN true
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim AS build
    /// RUN true
    /// FROM debian:13-slim
    /// COPY --from=build /a /b
    /// ```
    pub(crate) static RULE = {
        id: "DF043", slug: "copy-from-undefined", control: CopyInstructions, severity: P1,
        aliases: ["hadolint:DL3022"],
        effort: 5,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    for instruction in stage.body() {
        let (Command::Copy(_), Some(from)) = (&instruction.command, instruction.flag_value("from")) else { continue };
        let number: Option<usize> = from.text.parse().ok();
        let later = stage.dockerfile().stages().find(|other| other.index > stage.index && other.is_named(&from.text));
        let earlier = stage.dockerfile().stages().any(|other| other.index < stage.index && other.is_named(&from.text));
        if number.is_some_and(|number| number > stage.index) || (later.is_some() && !earlier) {
            findings
                .report(from.span, format!("no stage before this one is called `{}`", from.text))
                .related(later.map(|stage| stage.from_span()), "it comes later")
                .help("put that stage before this one");
        }
    }
}
