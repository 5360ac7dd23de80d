//! DF025 rpm-no-yes.

use windlass_source::{Edit, Span};

use crate::context::{Connector, Manager, StageContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `yum`, `dnf` or `zypper` asks before it installs.
    ///
    /// ## Why
    /// Nobody answers in a build: it stops there.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM rockylinux:9
    /// RUN dnf install nginx-1.20.1 && dnf clean all
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM rockylinux:9
    /// RUN dnf install -y nginx-1.20.1 && dnf clean all
    /// ```
    pub(crate) static RULE = {
        id: "DF025", slug: "rpm-no-yes", control: PackageManagers, severity: P2,
        aliases: ["hadolint:DL3030", "hadolint:DL3034", "hadolint:DL3038"],
        fix: Auto,
        effort: 2,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    let mut is_there = false;
    for (_, install) in stage.installs_with(&[Manager::Yum, Manager::Dnf, Manager::Zypper]) {
        is_there = true;
        // `yes |` answers too.
        if install.command.connector == Connector::Pipe
            || install.command.has_flag(&["-y", "--assumeyes", "--non-interactive", "-n", "--no-confirm", "--nogpgcheck=yes"])
        {
            continue;
        }
        let after = Span { start: install.verb.span.end, ..install.verb.span };
        findings
            .report(install.command.span(), format!("`{} {}` without `-y`", install.command.program(), install.verb.text))
            .help("add `-y`")
            .fix("add `-y`", Edit { span: after, replacement: " -y".to_owned() });
    }
    if !is_there {
        findings.not_applicable();
    }
}
