//! `windlass completions` and `windlass man`: what a shell and a reader of manual pages want to know of the command line.

use std::path::PathBuf;

use clap::{Args, Command, CommandFactory as _};
use clap_complete::Shell as Kind;
use windlass_source::{Code, Diagnostic, closest};

use crate::args::Cli;
use crate::commands::{Outcome, Shell, Stop};
use crate::exit::Exit;

#[derive(Debug, Args)]
#[command(after_help = COMPLETIONS)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Kind,
}

const COMPLETIONS: &str = "\
Examples:
  windlass completions bash > ~/.local/share/bash-completion/completions/windlass
  windlass completions zsh > ~/.zfunc/_windlass
  windlass completions fish > ~/.config/fish/completions/windlass.fish";

#[derive(Debug, Args)]
#[command(after_help = MAN)]
pub(crate) struct ManArgs {
    /// The command that the page is about; `windlass` itself unless given
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
    /// Write every page into DIR, which has to be there
    #[arg(short = 'o', long = "output", value_name = "DIR", conflicts_with = "command")]
    directory: Option<PathBuf>,
}

const MAN: &str = "\
Examples:
  windlass man convert | man -l -
  windlass man -o ~/.local/share/man/man1";

pub(crate) fn completions(args: CompletionsArgs, shell: &Shell) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "windlass", &mut script);
    shell.print(&script)?;
    Ok(Exit::Done)
}

pub(crate) fn man(args: ManArgs, shell: &Shell) -> Outcome {
    let mut command = Cli::command();
    command.build();
    let all: Vec<Command> = std::iter::once(command.clone()).chain(command.get_subcommands().map(named)).collect();
    if let Some(directory) = &args.directory {
        for command in all.into_iter().filter(|command| command.get_name() != "windlass-help") {
            let path = directory.join(format!("{}.1", command.get_name()));
            shell.write_file(&path, &page(command)?)?;
        }
        return Ok(Exit::Done);
    }
    let name = args.command.map_or_else(|| "windlass".to_owned(), |name| format!("windlass-{name}"));
    let names: Vec<String> = all.iter().map(|command| command.get_name().trim_start_matches("windlass-").to_owned()).collect();
    let Some(command) = all.into_iter().find(|command| command.get_name() == name) else {
        let wanted = name.trim_start_matches("windlass-");
        let close = closest(wanted, names.iter().map(String::as_str));
        let told = Diagnostic::error(Code("cli::unknown-name"), format!("there is no command `{wanted}`"));
        return Err(told
            .help(close.map_or_else(|| "`windlass --help` lists them".to_owned(), |name| format!("did you mean `{name}`?")))
            .into());
    };
    shell.print(&page(command)?)?;
    Ok(Exit::Done)
}

/// A subcommand under the name that its page has: `windlass-convert`.
fn named(command: &Command) -> Command {
    let name = format!("windlass-{}", command.get_name());
    let shown = format!("windlass {}", command.get_name());
    command.clone().name(name).bin_name(shown)
}

fn page(command: Command) -> Result<Vec<u8>, Stop> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut page)
        .map_err(|error| Diagnostic::error(Code("cli::write"), "the manual page can't be written").because(error.to_string()))?;
    Ok(page)
}
