//! DF010 copy-from-unpinned.

use windlass_dockerfile::Command;
use windlass_images::Reference;

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `COPY --from` takes files from an image without a version.
    ///
    /// ## Why
    /// What is copied changes with the day of the build.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// COPY --from=composer:latest /usr/bin/composer /usr/bin/composer
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// COPY --from=composer:2.8 /usr/bin/composer /usr/bin/composer
    /// ```
    pub(crate) static RULE = {
        id: "DF010", slug: "copy-from-unpinned", control: PinnedVersions, severity: P2,
        effort: 5,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    let mut is_there = false;
    for instruction in stage.body() {
        let (Command::Copy(_), Some(from)) = (&instruction.command, instruction.flag_value("from")) else { continue };
        let is_stage =
            from.text.bytes().all(|byte| byte.is_ascii_digit()) || stage.dockerfile().stages().any(|other| other.is_named(&from.text));
        if is_stage || from.text.contains('$') || stage.is_named_context(&from.text) {
            continue;
        }
        let Ok(image) = Reference::parse(&from.text) else { continue };
        is_there = true;
        if image.is_latest() {
            findings
                .report(from.span, format!("`COPY --from={}` takes files from an image without a version", from.text))
                .severity(stage.grade(RULE.severity))
                .help("name a version: `NAME:1.2.3`");
        }
    }
    if !is_there {
        findings.not_applicable();
    }
}
