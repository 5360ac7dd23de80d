//! DF069 unsigned-packages.

use crate::context::{ShellWord, StageContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Packages are installed without a check of their signature.
    ///
    /// ## Why
    /// Anybody between the build and the mirror can put something else into the image.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN apt-get install -y --allow-unauthenticated curl
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN apt-get install -y curl
    /// ```
    pub(crate) static RULE = {
        id: "DF069", slug: "unsigned-packages", control: PackageTrust, severity: P1,
        aliases: [
            "checkov:CKV2_DOCKER_7", "checkov:CKV2_DOCKER_8", "checkov:CKV2_DOCKER_9", "checkov:CKV2_DOCKER_10",
            "checkov:CKV2_DOCKER_11",
        ],
        effort: 10,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    for command in stage.commands() {
        let flags: &[&str] = match command.program() {
            "apt-get" | "apt" | "aptitude" => &["--allow-unauthenticated", "--force-yes", "--allow-insecure-repositories"],
            "apk" => &["--allow-untrusted"],
            "yum" | "dnf" | "microdnf" | "tdnf" => &["--nogpgcheck", "--no-gpgchecks"],
            "rpm" => &["--nosignature", "--nodigest", "--noverify"],
            "zypper" => &["--no-gpg-checks", "--gpg-auto-import-keys"],
            _ => &[],
        };
        if let Some(word) = command.flag(flags).filter(|_| !flags.is_empty()) {
            findings
                .report(word.span, format!("`{}` lets packages in that nobody signed", word.text))
                .severity(stage.grade(RULE.severity))
                .help("add the repository's key instead");
        }
        let trusts = |word: &&ShellWord| word.text.contains("[trusted=yes]") || word.text.contains(" trusted=yes");
        if let Some(word) = command.arguments().iter().find(trusts) {
            findings
                .report(word.span, "`trusted=yes` lets packages in that nobody signed")
                .severity(stage.grade(RULE.severity))
                .help("add the repository's key instead");
        }
    }
}
