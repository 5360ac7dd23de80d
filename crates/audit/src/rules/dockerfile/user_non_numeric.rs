//! DF007 user-non-numeric.

use windlass_dockerfile::Command;

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `USER` is a name.
    ///
    /// ## Why
    /// Kubernetes cannot see that a name is not root: with `runAsNonRoot` the container does not start.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// USER www-data
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// USER 33:33
    /// ```
    pub(crate) static RULE = {
        id: "DF007", slug: "user-non-numeric", control: KubernetesReadiness, severity: P3,
        aliases: ["hadolint:DL3066"],
        effort: 5,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    if !stage.is_shipped() {
        return findings.not_applicable();
    }
    let Some(instruction) = stage.last(|command| matches!(command, Command::User(_))) else { return findings.not_applicable() };
    let Command::User(user) = &instruction.command else { return };
    let name = user.text.split(':').next().unwrap_or_default();
    if name.contains('$') || name.bytes().all(|byte| byte.is_ascii_digit()) || name == "root" {
        return;
    }
    findings
        .report(user.span, format!("`USER {}` is a name, which Kubernetes cannot tell from root", user.text))
        .help("write the numbers of the user and its group");
}
