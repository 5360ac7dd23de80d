//! `windlass fix`: what the audit found, repaired where a machine can: a difference, or the files changed.

use std::path::{Path, PathBuf};

use clap::Args;
use windlass_audit::{Context, Request, Settings, audit, fix};

use crate::args::{OutputArgs, ProjectArgs};
use crate::commands::audit::{RuleArgs, StackArgs};
use crate::commands::{Outcome, Shell};
use crate::exit::Exit;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct FixArgs {
    /// Directories and files to look at
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Change the files
    #[arg(long)]
    apply: bool,
    /// Also make repairs that may change behaviour
    #[arg(long = "unsafe")]
    suggested: bool,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    stacks: StackArgs,
    #[command(flatten)]
    pub(crate) project: ProjectArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

const EXAMPLES: &str = "\
Examples:
  windlass fix                              what would change
  windlass fix --select DF016 --apply
  windlass fix --unsafe | git apply

Exit codes:
  0  done
  2  the command line, a configuration or an input is wrong
  3  something was not understood and so not repaired";

/// Each round makes the repairs that do not touch each other; more than this many rounds nobody needs.
const ROUNDS: usize = 10;

pub(crate) fn run(args: FixArgs, before: ProjectArgs, shell: &mut Shell) -> Outcome {
    let settings = args.rules.settings(Settings::unknown_names, shell)?;
    let request =
        Request { project: shell.request(args.project.after(before))?, paths: args.paths, environment: args.stacks.environment() };
    let mut files = fix::Overlay::new(&shell.files, shell.environment.directory.clone());
    let original = Context::load(&request, &files);
    shell.tell(original.not_understood(), original.sources());
    if original.is_missing_input() {
        return Ok(Exit::Invalid);
    }
    let mut repaired = 0;
    let mut round = 0;
    let (last, repairs) = loop {
        let context = Context::load(&request, &files);
        let found = audit(&context, &settings);
        let repairs = fix::repair(&found.findings, context.sources(), args.suggested);
        round += 1;
        if repairs.files.is_empty() || round > ROUNDS {
            break ((context, found), repairs);
        }
        repaired += repairs.repaired.len();
        for (file, text) in repairs.files {
            files.write(context.sources().file(file).name(), text);
        }
    };
    if args.apply {
        for (path, text) in files.written() {
            shell.write_file(path, text.as_bytes())?;
        }
    } else {
        let mut difference = String::new();
        for (path, text) in files.written() {
            let name = path.display().to_string();
            let before =
                original.sources().files().find(|(_, file)| Path::new(file.name()) == path).map(|(_, file)| file.text().to_string());
            difference.push_str(&fix::difference(&name, &before.unwrap_or_default(), text));
        }
        shell.print(difference.as_bytes())?;
    }
    let (context, found) = last;
    let mut told = String::new();
    for (index, left) in &repairs.left {
        let finding = &found.findings[*index];
        let place = finding.span.map_or_else(|| ".".to_owned(), |span| context.sources().locate(span));
        told.push_str(&format!("{place} {} {}: {}\n", finding.rule.id, finding.message, left.as_str()));
    }
    let done = if args.apply { "repaired" } else { "can be repaired" };
    shell.say(&format!("{told}{repaired} {done}, {} left\n", repairs.left.len()));
    Ok(if context.not_understood().is_empty() { Exit::Done } else { Exit::Partial })
}
