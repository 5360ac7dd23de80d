//! DF060 shell-form.

use windlass_dockerfile::{Command, CommandLine};
use windlass_source::Edit;

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `CMD` or `ENTRYPOINT` is written as text: a shell starts the process.
    ///
    /// Text that needs a shell (variables, `&&`, pipes) is no fault where it ends in `exec`.
    ///
    /// ## Why
    /// The shell is process 1 and passes no signals on: the container is killed after ten seconds instead of ending.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// CMD /app --serve
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// CMD ["/app", "--serve"]
    /// ```
    pub(crate) static RULE = {
        id: "DF060", slug: "shell-form", control: ProcessModel, severity: P2,
        seed: "12.1",
        aliases: ["hadolint:DL3025", "buildkit:JSONArgsRecommended"],
        fix: Auto,
        effort: 2,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    if !stage.is_in_shipped_chain() {
        return findings.not_applicable();
    }
    for instruction in stage.body() {
        let (Command::Cmd(CommandLine::Shell(text)) | Command::Entrypoint(CommandLine::Shell(text))) = &instruction.command else {
            continue;
        };
        let commands = stage.dockerfile().commands(instruction);
        if text.text.trim().is_empty() || commands.iter().any(|command| command.words.first().is_some_and(|word| word.text == "exec")) {
            continue;
        }
        let is_simple = match commands {
            [command] => {
                command.assignments.is_empty()
                    && command.redirections.is_empty()
                    && !command.words.iter().any(|word| word.has_variable || word.text.contains(['*', '~', '"', '\\']))
            }
            _ => false,
        };
        let words = commands.iter().flat_map(|command| &command.words).map(|word| format!("\"{}\"", word.text));
        let exec = is_simple.then(|| Edit { span: text.span, replacement: format!("[{}]", words.collect::<Vec<_>>().join(", ")) });
        let keyword = instruction.keyword.text.to_ascii_uppercase();
        findings
            .report(instruction.span, format!("`{keyword}` is started by a shell, which passes no signals on"))
            .severity(stage.grade(RULE.severity))
            .help(format!("write it as a list of words: `{keyword} [\"program\", \"argument\"]`"))
            .fix("write it as a list", exec);
    }
}
