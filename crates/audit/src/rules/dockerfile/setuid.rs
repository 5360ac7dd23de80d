//! DF084 setuid.

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A file of the image is made setuid.
    ///
    /// What files the base image has so is not known without it.
    ///
    /// ## Why
    /// Whoever runs such a file is its owner meanwhile, mostly root. One mistake in it gives a process of the container what `USER` took away.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// COPY tool /usr/local/bin/tool
    /// RUN chmod 4755 /usr/local/bin/tool
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// COPY tool /usr/local/bin/tool
    /// RUN chmod 0755 /usr/local/bin/tool
    /// ```
    pub(crate) static RULE = {
        id: "DF084", slug: "setuid", control: ImageContent, severity: P3,
        aliases: ["dockle:CIS-DI-0008", "docker-bench:4.8"],
        effort: 10,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    if !stage.is_in_shipped_chain() {
        return findings.not_applicable();
    }
    for command in stage.commands().filter(|command| command.program() == "chmod") {
        if let Some(mode) = command.operands().next().filter(|mode| sets_user(&mode.text)) {
            findings
                .report(mode.span, format!("`chmod {}` lets everybody run a file as its owner", mode.text))
                .help("leave the setuid bit away");
        }
    }
}

/// The mode gives the setuid bit: `4755`, `06755`, `u+s`, `+s`.
fn sets_user(mode: &str) -> bool {
    let digits = mode.trim_start_matches('0');
    let by_number = digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_digit()) && matches!(digits.as_bytes()[0], b'4'..=b'7');
    let by_letter = |change: &str| {
        let (who, what) = change.split_once(['+', '=']).unwrap_or_default();
        what.contains('s') && (who.is_empty() || who.contains(['u', 'a']))
    };
    by_number || mode.split(',').any(by_letter)
}
