//! DF079 empty-continuation.

use windlass_source::{Edit, Span};

use crate::context::DockerfileContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// An instruction that goes over several lines has an empty line in it.
    ///
    /// ## Why
    /// Docker will refuse that in a future release; people read the line as the instruction's end.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN true \
    ///
    ///     && true
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN true \
    ///     && true
    /// ```
    pub(crate) static RULE = {
        id: "DF079", slug: "empty-continuation", control: DockerfileSyntax, severity: P3,
        aliases: ["buildkit:NoEmptyContinuation"],
        fix: Auto,
        effort: 2,
        check: Dockerfile(check),
    }
}

fn check(dockerfile: &DockerfileContext<'_>, findings: &mut Findings<'_>) {
    for instruction in &dockerfile.tree().instructions {
        let end = instruction.heredocs.first().map_or(instruction.span.end, |heredoc| heredoc.body.start);
        let text = dockerfile.tree().slice(Span { end, ..instruction.span });
        let mut at = 0;
        let mut lines = text.split_inclusive('\n').peekable();
        while let Some(line) = lines.next() {
            let start = at;
            at += line.len();
            if start > 0 && line.trim().is_empty() && lines.peek().is_some() {
                let span = instruction.span.slice(start..at);
                findings
                    .report(span, "an empty line in the middle of an instruction")
                    .help("remove it")
                    .fix("remove the line", Edit { span, replacement: String::new() });
            }
        }
    }
}
