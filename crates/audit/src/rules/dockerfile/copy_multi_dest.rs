//! DF041 copy-multi-dest.

use windlass_dockerfile::Command;
use windlass_source::{Edit, Span};

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `COPY` of several sources goes to a path that does not end in `/`.
    ///
    /// ## Why
    /// The build stops: several files fit only into a directory.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// COPY a.txt b.txt /data
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// COPY a.txt b.txt /data/
    /// ```
    pub(crate) static RULE = {
        id: "DF041", slug: "copy-multi-dest", control: CopyInstructions, severity: P1,
        aliases: ["hadolint:DL3021", "trivy:DS-0011"],
        fix: Auto,
        effort: 2,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    for instruction in stage.body() {
        let (Command::Copy(copy) | Command::Add(copy)) = &instruction.command else { continue };
        let to = &copy.destination;
        if copy.sources.len() < 2 || to.text.ends_with('/') || matches!(to.text.as_str(), "." | "..") || to.text.contains(['$', '{', '}']) {
            continue;
        }
        let end = Span { start: to.span.end, ..to.span };
        let edit = (!copy.is_array && !to.text.ends_with(['"', '\''])).then(|| Edit { span: end, replacement: "/".to_owned() });
        findings
            .report(to.span, format!("several files are copied to `{}`, which is no directory", to.text))
            .help("end it in `/`")
            .fix("add `/`", edit);
    }
}
