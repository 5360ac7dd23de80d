//! DF037 recursive-chown-layer.

use windlass_dockerfile::Command;

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Files are copied and then given another owner or mode by `chown -R` or `chmod -R`.
    ///
    /// ## Why
    /// The layer of the `RUN` holds all of them once more.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// COPY app/ /srv/app/
    /// RUN chown -R 1000:1000 /srv/app
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// COPY --chown=1000:1000 app/ /srv/app/
    /// ```
    pub(crate) static RULE = {
        id: "DF037", slug: "recursive-chown-layer", control: Layers, severity: P3,
        effort: 5,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    if !stage.is_in_shipped_chain() {
        return findings.not_applicable();
    }
    let clean = |path: &str| path.trim_end_matches('/').trim_start_matches("./").to_owned();
    let mut copied: Vec<String> = Vec::new();
    let mut workdir = String::new();
    for instruction in stage.body() {
        match &instruction.command {
            Command::Workdir(directory) => workdir = clean(&directory.text),
            Command::Copy(copy) if instruction.flag("chown").is_none() => {
                let destination = clean(&copy.destination.text);
                copied.push(if destination == "." || destination.is_empty() { workdir.clone() } else { destination });
            }
            Command::Run(_) => {
                let commands = stage.dockerfile().commands(instruction).iter();
                for command in
                    commands.filter(|command| matches!(command.program(), "chown" | "chmod") && command.has_flag(&["-R", "--recursive"]))
                {
                    let targets = command.operands().skip(1).map(|word| clean(&word.text));
                    let mut targets = targets.map(|path| if path == "." { workdir.clone() } else { path });
                    let holds = |path: &str| {
                        !path.is_empty() && copied.iter().any(|copied| copied == path || copied.starts_with(&format!("{path}/")))
                    };
                    if targets.any(|path| holds(&path)) {
                        let program = command.program();
                        findings
                            .report(command.span(), format!("`{program} -R` stores what was copied a second time"))
                            .help(format!("write `COPY --{program}=…`"));
                    }
                }
            }
            _ => {}
        }
    }
}
