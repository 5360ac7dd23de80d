//! DF050 pointless-cmd.

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A `RUN` calls a program that makes no sense in a build: `ssh`, `vim`, `service`, `ps`.
    ///
    /// ## Why
    /// There are neither people nor services in a build; what it starts is gone when the layer is stored.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN service nginx start
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// CMD ["nginx", "-g", "daemon off;"]
    /// ```
    pub(crate) static RULE = {
        id: "DF050", slug: "pointless-cmd", control: ShellCommands, severity: P3,
        aliases: ["hadolint:DL3001"],
        effort: 5,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    const POINTLESS: [&str; 12] =
        ["free", "ifconfig", "kill", "mount", "ps", "reboot", "service", "shutdown", "ssh", "systemctl", "top", "vim"];
    for command in stage.commands() {
        let program = command.program();
        // Units are enabled by making a link, which stays.
        let makes_links = program == "systemctl"
            && command.operands().next().is_some_and(|word| matches!(word.text.as_str(), "enable" | "disable" | "mask"));
        if POINTLESS.contains(&program) && !makes_links {
            findings.report(command.span(), format!("`{program}` has nothing to do in a build")).help("leave it out, or start it in `CMD`");
        }
    }
}
