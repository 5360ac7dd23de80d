//! DF061 stopsignal.

use windlass_dockerfile::Command;

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// The image ends its server with a signal that cuts requests off.
    ///
    /// nginx and php-fpm finish open requests on SIGQUIT; their own images say so.
    ///
    /// ## Why
    /// Each deployment ends requests half-way.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// CMD ["php-fpm"]
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// STOPSIGNAL SIGQUIT
    /// CMD ["php-fpm"]
    /// ```
    pub(crate) static RULE = {
        id: "DF061", slug: "stopsignal", control: Shutdown, severity: P3,
        seed: "8.3, 12.1",
        effort: 2,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    if !stage.is_shipped() {
        return findings.not_applicable();
    }
    let chain: Vec<StageContext<'_>> = std::iter::successors(Some(*stage), |stage| stage.parent()).collect();
    let signal = chain.iter().find_map(|stage| stage.last(|command| matches!(command, Command::StopSignal(_))));
    let process = stage.last(|command| matches!(command, Command::Cmd(_) | Command::Entrypoint(_)));
    let commands = process.map(|process| stage.dockerfile().commands(process)).unwrap_or_default();
    let server = commands.iter().map(|command| command.program()).find(|program| matches!(*program, "nginx" | "php-fpm"));
    if let Some(instruction) = signal {
        let Command::StopSignal(name) = &instruction.command else { return };
        let name = name.text.trim_start_matches("SIG");
        if matches!(name, "KILL" | "9") || (server.is_some() && matches!(name, "TERM" | "15" | "INT" | "2")) {
            findings
                .report(instruction.span, format!("`{name}` cuts off what the server is doing"))
                .help("write `STOPSIGNAL SIGQUIT` for nginx and php-fpm, leave it out for others");
        }
        return;
    }
    let is_own_image = chain
        .last()
        .and_then(|stage| stage.base())
        .is_none_or(|base| matches!(base.name(), "php" | "nginx" | "nginx-unprivileged" | "openresty"));
    if let (Some(server), Some(process), false) = (server, process, is_own_image) {
        findings
            .report(process.keyword.span, format!("`{server}` is ended with SIGTERM, which cuts requests off"))
            .help("add `STOPSIGNAL SIGQUIT`");
    }
}
