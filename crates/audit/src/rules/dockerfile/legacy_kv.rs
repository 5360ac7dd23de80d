//! DF078 legacy-kv.

use windlass_dockerfile::Command;
use windlass_source::Edit;

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `ENV NAME value` is written without `=`.
    ///
    /// ## Why
    /// The rest of the line is one value: two variables on one line become one.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// ENV MODE production
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// ENV MODE=production
    /// ```
    pub(crate) static RULE = {
        id: "DF078", slug: "legacy-kv", control: DockerfileSyntax, severity: P3,
        aliases: ["buildkit:LegacyKeyValueFormat"],
        fix: Auto,
        effort: 2,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    for instruction in stage.body() {
        let (Command::Env(pairs) | Command::Label(pairs)) = &instruction.command else { continue };
        for pair in pairs.iter().filter(|pair| pair.is_old_form) {
            let value = pair.value.text.as_str();
            let is_plain = !value.contains(['"', '\\', '\n']);
            let quoted = if value.contains([' ', '\t', '\'']) || value.is_empty() { format!("\"{value}\"") } else { value.to_owned() };
            let edit =
                is_plain.then(|| Edit { span: pair.name.span.to(pair.value.span), replacement: format!("{}={quoted}", pair.name.text) });
            findings
                .report(pair.name.span, format!("`{} {}` has no `=`", instruction.keyword.text, pair.name.text))
                .help(format!("write `{}=…`", pair.name.text))
                .fix("write `=`", edit);
        }
    }
}
