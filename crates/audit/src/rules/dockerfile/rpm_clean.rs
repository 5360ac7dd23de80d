//! DF024 rpm-clean.

use windlass_source::{Edit, Span};

use crate::context::{Manager, ShellCommand, StageContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `yum`, `dnf` or `zypper` leaves its cache in the layer.
    ///
    /// ## Why
    /// Metadata and packages of the manager are tens of megabytes that no container reads.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM rockylinux:9
    /// RUN dnf install -y nginx-1.20.1
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM rockylinux:9
    /// RUN dnf install -y nginx-1.20.1 && dnf clean all
    /// ```
    pub(crate) static RULE = {
        id: "DF024", slug: "rpm-clean", control: PackageCaches, severity: P3,
        seed: "12.1",
        aliases: [
            "hadolint:DL3032", "hadolint:DL3036", "hadolint:DL3040", "trivy:DS-0015",
            "trivy:DS-0019", "trivy:DS-0020", "trivy:DS-0027",
        ],
        fix: Auto,
        effort: 2,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    let mut is_there = false;
    for run in stage.runs() {
        let rpm = |manager: Manager| matches!(manager, Manager::Yum | Manager::Dnf | Manager::Zypper);
        let Some(install) = run.commands.iter().filter_map(ShellCommand::install).find(|install| rpm(install.manager)) else { continue };
        is_there = true;
        let cleans = |command: &ShellCommand| {
            let words = || command.arguments().iter();
            let by_manager = matches!(command.program(), "yum" | "dnf" | "microdnf" | "tdnf" | "zypper")
                && words().any(|word| matches!(word.text.as_str(), "clean" | "cc"));
            let by_hand = command.program() == "rm"
                && words().any(|word| {
                    ["/var/cache/yum", "/var/cache/dnf", "/var/cache/libdnf5", "/var/cache/zypp"]
                        .iter()
                        .any(|path| word.text.contains(path))
                        || word.text.starts_with("/var/cache/*")
                });
            by_manager || by_hand
        };
        let is_mounted =
            run.instruction.flags.iter().any(|flag| flag.value.as_ref().is_some_and(|value| value.text.contains("/var/cache")));
        if is_mounted || run.commands.iter().any(cleans) {
            continue;
        }
        let program = install.command.program();
        let clean = if program == "zypper" { " && zypper clean".to_owned() } else { format!(" && {program} clean all") };
        let last = run.commands.last().and_then(ShellCommand::span).filter(|_| run.instruction.heredocs.is_empty());
        findings
            .report(install.command.span(), format!("the cache of `{program}` stays in the layer"))
            .help(format!("end the command with `{}`", clean.trim_start_matches(" && ")))
            .fix("clean the cache", last.map(|span| Edit { span: Span { start: span.end, ..span }, replacement: clean }));
    }
    if !is_there {
        findings.not_applicable();
    }
}
