//! DF057 cache-order.

use windlass_dockerfile::{Command, Instruction};

use crate::context::{ShellCommand, StageContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// All sources are copied before dependencies are installed.
    ///
    /// ## Why
    /// Any change of any file installs all dependencies again.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM node:22-slim
    /// WORKDIR /app
    /// COPY . .
    /// RUN npm ci
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM node:22-slim
    /// WORKDIR /app
    /// COPY package.json package-lock.json ./
    /// RUN npm ci
    /// COPY . .
    /// ```
    pub(crate) static RULE = {
        id: "DF057", slug: "cache-order", control: BuildCache, severity: P3,
        seed: "6.2",
        effort: 5,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    let mut everything: Option<&Instruction> = None;
    for instruction in stage.body() {
        match &instruction.command {
            Command::Copy(_) | Command::Add(_) if stage.copy_of_everything() == Some(instruction) => {
                everything = everything.or(Some(instruction))
            }
            Command::Run(_) => {
                let Some(copied) = everything else { continue };
                let installs = |command: &&ShellCommand| {
                    let verb = command.operands().next().map(|word| word.text.as_str()).unwrap_or_default();
                    match command.program() {
                        "npm" | "pnpm" => {
                            matches!(verb, "ci" | "install" | "i")
                                && command.operands().count() == 1
                                && !command.has_flag(&["-g", "--global"])
                        }
                        "yarn" => command.operands().next().is_none() || verb == "install",
                        "composer" => verb == "install",
                        "bundle" | "poetry" => verb == "install",
                        "pip" | "pip3" => command.has_flag(&["-r", "--requirement"]),
                        "go" => verb == "mod",
                        _ => false,
                    }
                };
                let before = stage.body().iter().take_while(|other| other.span.start < copied.span.start);
                let was_installed = before.flat_map(|other| stage.dockerfile().commands(other)).any(|command| installs(&command));
                if let Some(command) = stage.dockerfile().commands(instruction).iter().find(installs).filter(|_| !was_installed) {
                    findings
                        .report(command.span(), format!("`{}` runs again after any change of any file", command.program()))
                        .related(copied.span, "everything is copied before it")
                        .help("copy the lists of dependencies first, install, and then copy the rest");
                    return;
                }
            }
            _ => {}
        }
    }
}
