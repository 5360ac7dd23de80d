//! DF055 consecutive-run.

use windlass_dockerfile::Command;

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Several `RUN` follow each other.
    ///
    /// ## Why
    /// Each is a layer; what one removes is still in the layers below.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN mkdir /a
    /// RUN mkdir /b
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN mkdir /a && mkdir /b
    /// ```
    pub(crate) static RULE = {
        id: "DF055", slug: "consecutive-run", control: Layers, severity: P3,
        seed: "1.1, 6.2, 12.1",
        aliases: ["hadolint:DL3059"],
        effort: 5,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    if !stage.is_in_shipped_chain() {
        return findings.not_applicable();
    }
    for (index, instruction) in stage.body().iter().enumerate() {
        let Some(before) = stage.before(index) else { continue };
        let both = [before, instruction].iter().all(|one| matches!(one.command, Command::Run(_)));
        // Heredocs and flags (`--mount`, `--network`) are reasons to part them, and so are many commands.
        let is_plain = [before, instruction]
            .iter()
            .all(|one| one.flags.is_empty() && one.heredocs.is_empty() && stage.dockerfile().commands(one).len() <= 2);
        if both && is_plain {
            findings
                .report(instruction.span, "this `RUN` follows another one")
                .related(before.keyword.span, "which is here")
                .help("join them with `&&`");
        }
    }
}
