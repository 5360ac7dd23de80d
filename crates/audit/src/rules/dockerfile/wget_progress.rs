//! DF052 wget-progress.

use windlass_source::{Edit, Span};

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `wget` draws its progress into the build log.
    ///
    /// ## Why
    /// Thousands of lines of dots hide what matters.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN wget https://example.com/a.tar.gz
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN wget --progress=dot:giga https://example.com/a.tar.gz
    /// ```
    pub(crate) static RULE = {
        id: "DF052", slug: "wget-progress", control: PackageCaches, severity: P3,
        aliases: ["hadolint:DL3047"],
        fix: Auto,
        effort: 2,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    let mut is_there = false;
    for command in stage.commands().filter(|command| command.program() == "wget" && !command.arguments().is_empty()) {
        is_there = true;
        let is_quiet =
            command.has_flag(&["-q", "--quiet", "--progress", "-nv", "--no-verbose", "-o", "--output-file", "-a", "--append-output"])
                || command.arguments().iter().any(|word| word.text.starts_with("-nv"));
        if is_quiet {
            continue;
        }
        let Some(program) = command.words.iter().find(|word| word.text.ends_with("wget")) else { continue };
        findings.report(command.span(), "`wget` draws its progress into the build log").help("add `--progress=dot:giga`, or `-q`").fix(
            "add `--progress=dot:giga`",
            Edit { span: Span { start: program.span.end, ..program.span }, replacement: " --progress=dot:giga".to_owned() },
        );
    }
    if !is_there {
        findings.not_applicable();
    }
}
