//! DF048 workdir-system.

use windlass_dockerfile::Command;

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `WORKDIR` is a directory of the system.
    ///
    /// ## Why
    /// What the application writes there replaces parts of the system, or is lost.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// WORKDIR /etc
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// WORKDIR /srv/app
    /// ```
    pub(crate) static RULE = {
        id: "DF048", slug: "workdir-system", control: ImageContent, severity: P2,
        aliases: ["trivy:DS-0030", "dockle:DKL-DI-0002"],
        effort: 5,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    const SYSTEM: [&str; 11] = ["/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/root", "/sbin", "/sys", "/usr"];
    for instruction in stage.body().iter().filter(|_| stage.is_in_shipped_chain()) {
        let Command::Workdir(directory) = &instruction.command else { continue };
        let path = directory.text.trim_end_matches('/');
        let is_kernel = ["/proc/", "/sys/", "/dev/"].iter().any(|start| path.starts_with(start));
        if (SYSTEM.contains(&path) && path != "/root") || is_kernel {
            findings
                .report(directory.span, format!("`WORKDIR {}` is a directory of the system", directory.text))
                .help("take a directory of your own: `/srv/app`");
        }
    }
}
