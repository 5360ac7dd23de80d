//! DF044 copy-relative.

use windlass_dockerfile::Command;

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `COPY` goes to a relative path, and no `WORKDIR` says where that starts.
    ///
    /// ## Why
    /// Where the files end up depends on the base image, which may change that.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// COPY app.conf app.conf
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// WORKDIR /srv
    /// COPY app.conf app.conf
    /// ```
    pub(crate) static RULE = {
        id: "DF044", slug: "copy-relative", control: CopyInstructions, severity: P3,
        aliases: ["hadolint:DL3045"],
        effort: 2,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    let mut is_set = std::iter::successors(stage.parent(), |stage| stage.parent())
        .any(|stage| stage.last(|command| matches!(command, Command::Workdir(_))).is_some());
    for instruction in stage.body() {
        match &instruction.command {
            Command::Workdir(_) => is_set = true,
            Command::Copy(copy) if !is_set => {
                let to = copy.destination.text.trim_matches(['"', '\'']);
                let is_absolute = to.starts_with(['/', '\\', '$', '{', '}']) || to.get(1..2) == Some(":");
                if !is_absolute {
                    findings
                        .report(copy.destination.span, format!("`{to}` is relative, and no `WORKDIR` says to what"))
                        .help("write an absolute path, or `WORKDIR` before it");
                }
            }
            _ => {}
        }
    }
}
