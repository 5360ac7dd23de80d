//! DF054 pipefail.

use windlass_dockerfile::{Command, Word};

use crate::context::{Connector, ShellCommand, StageContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A `RUN` has a pipe, and only its last command can fail the build.
    ///
    /// A pipe from `echo`, `printf` or `yes` is passed over: they do not fail. Also reported: a link from `sh` to another shell, which `SHELL` does without changing the image.
    ///
    /// ## Why
    /// A download that fails gives an empty file, and the build goes on.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN curl -fsSL https://example.com/key | gpg --dearmor > /key
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// SHELL ["/bin/bash", "-o", "pipefail", "-c"]
    /// RUN curl -fsSL https://example.com/key | gpg --dearmor > /key
    /// ```
    pub(crate) static RULE = {
        id: "DF054", slug: "pipefail", control: ShellCommands, severity: P2,
        aliases: ["hadolint:DL4005", "hadolint:DL4006"],
        effort: 5,
        check: Stage(check),
    }
}

/// What these write is on its way when they end; `yes` even fails as soon as nobody reads it.
const NEVER_FAIL: [&str; 3] = ["echo", "printf", "yes"];

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    let chain: Vec<StageContext<'_>> = std::iter::successors(stage.parent(), |stage| stage.parent()).collect();
    let sets = |words: &[Word]| {
        words.iter().any(|word| word.text.contains("pipefail"))
            || words.first().is_some_and(|word| word.text.contains("pwsh") || word.text.contains("powershell") || word.text.contains("cmd"))
    };
    let inherited = chain
        .iter()
        .any(|stage| stage.body().iter().any(|instruction| matches!(&instruction.command, Command::Shell(words) if sets(words))));
    let mut is_set = inherited;
    for instruction in stage.body() {
        if let Command::Shell(words) = &instruction.command {
            is_set = sets(words);
        }
        if !matches!(instruction.command, Command::Run(_)) {
            continue;
        }
        let commands = stage.dockerfile().commands(instruction);
        let links =
            |command: &&ShellCommand| command.program() == "ln" && command.arguments().last().is_some_and(|word| word.text == "/bin/sh");
        if let Some(link) = commands.iter().find(links) {
            findings.report(link.span(), "`/bin/sh` is replaced by another shell").help("write `SHELL [\"/bin/bash\", \"-c\"]`");
        }
        let sets_itself = commands.iter().any(|command| command.words.iter().any(|word| word.text.contains("pipefail")));
        let pipe = commands.windows(2).find(|pair| pair[1].connector == Connector::Pipe && !NEVER_FAIL.contains(&pair[0].program()));
        if let Some([_, pipe]) = pipe.filter(|_| !is_set && !sets_itself) {
            findings
                .report(pipe.span(), "the build does not see when a command before the pipe fails")
                .severity(stage.grade(RULE.severity))
                .help("write `SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]` before it; for Alpine `/bin/ash -eo pipefail`");
        }
    }
}
