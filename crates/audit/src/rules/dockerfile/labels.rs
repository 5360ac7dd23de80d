//! DF072 labels.

use windlass_dockerfile::{Command, Pair};

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A label has a key or a value that the OCI image specification does not allow.
    ///
    /// That labels are missing is not reported: few tools read them.
    ///
    /// ## Why
    /// Tools that read labels pass over it.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// LABEL Org.Title=app
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// LABEL org.opencontainers.image.title=app
    /// ```
    pub(crate) static RULE = {
        id: "DF072", slug: "labels", control: ImageLabels, severity: P3,
        aliases: [
            "hadolint:DL3048", "hadolint:DL3049", "hadolint:DL3050", "hadolint:DL3051",
            "hadolint:DL3052", "hadolint:DL3053", "hadolint:DL3054", "hadolint:DL3055",
            "hadolint:DL3056", "hadolint:DL3058",
        ],
        effort: 5,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    for instruction in stage.body() {
        let Command::Label(pairs) = &instruction.command else { continue };
        for Pair { name, value, .. } in pairs {
            let key = name.text.trim_matches('"');
            let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'_' | b'/');
            let ends = |edge: Option<u8>| edge.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
            let is_valid = key.contains('$')
                || (key.bytes().all(is_letter) && ends(key.bytes().next()) && ends(key.bytes().last()) && !key.contains(".."));
            if !is_valid {
                findings.report(name.span, format!("`{key}` is no key of a label")).help("write small letters, digits, `.` and `-`");
            } else if key.starts_with("org.opencontainers.image.") && value.text.trim_matches('"').is_empty() {
                findings.report(name.span, format!("`{key}` is empty")).help("give it a value, or leave it out");
            }
        }
    }
}
