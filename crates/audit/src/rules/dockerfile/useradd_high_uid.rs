//! DF053 useradd-high-uid.

use windlass_source::{Edit, Span};

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `useradd` makes a user with a large number without `-l`.
    ///
    /// ## Why
    /// It also writes the log of last logins, a sparse file as long as the number: gigabytes in the layer.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN useradd -u 1000000 app
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN useradd -l -u 1000000 app
    /// ```
    pub(crate) static RULE = {
        id: "DF053", slug: "useradd-high-uid", control: Layers, severity: P3,
        aliases: ["hadolint:DL3046"],
        fix: Auto,
        effort: 2,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    for command in stage.commands().filter(|command| command.program() == "useradd") {
        let arguments = command.arguments();
        let number = arguments.iter().enumerate().find_map(|(at, word)| match word.text.as_str() {
            "-u" | "--uid" => arguments.get(at + 1).map(|word| word.text.as_str()),
            text => text.strip_prefix("--uid=").or_else(|| text.strip_prefix("-u").filter(|rest| !rest.is_empty())),
        });
        let is_high = number.is_some_and(|number| number.len() > 5 && number.bytes().all(|byte| byte.is_ascii_digit()));
        if !is_high || command.has_flag(&["-l", "--no-log-init"]) {
            continue;
        }
        let Some(program) = command.words.iter().find(|word| word.text.ends_with("useradd")) else { continue };
        findings
            .report(command.span(), "`useradd` with a large number writes a log as long as the number")
            .help("add `-l`")
            .fix("add `-l`", Edit { span: Span { start: program.span.end, ..program.span }, replacement: " -l".to_owned() });
    }
}
