//! DF062 many-processes.

use windlass_dockerfile::Command;

use crate::context::{ShellCommand, StageContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Several programs run in one container, under a supervisor.
    ///
    /// ## Why
    /// When one of them fails the container goes on; their logs are mixed, and each is scaled only with the others.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// CMD ["supervisord", "-n"]
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// CMD ["/app"]
    /// ```
    pub(crate) static RULE = {
        id: "DF062", slug: "many-processes", control: ProcessModel, severity: P3,
        seed: "12.1",
        effort: 120,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    if !stage.is_shipped() {
        return findings.not_applicable();
    }
    let Some(process) = stage.last(|command| matches!(command, Command::Cmd(_) | Command::Entrypoint(_))) else { return };
    let supervisors = ["supervisord", "runsvdir", "monit", "circusd", "s6-svscan"];
    let of =
        |command: &&ShellCommand| command.words.iter().any(|word| supervisors.contains(&word.text.rsplit('/').next().unwrap_or_default()));
    if let Some(command) = stage.dockerfile().commands(process).iter().find(of) {
        findings.report(command.span(), "a supervisor runs several programs in one container").help("run each in a container of its own");
    }
}
