//! The `windlass` command: arguments and files in, files, reports and an exit code out. What it does is in the other rooms.

mod args;
mod commands;
mod environment;
mod exit;
mod transaction;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Cli, Command};
use crate::commands::{Shell, config, convert};
use crate::environment::Environment;

fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => run(cli),
        Err(error) => {
            // Help and version go to standard output, which may be closed.
            let _ = error.print();
            ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
        }
    }
}

fn run(cli: Cli) -> ExitCode {
    let output = match &cli.command {
        Command::Config(args) => args.output,
        Command::Convert(args) => args.output,
    };
    let mut shell = Shell::new(Environment::of_process(), output.after(cli.output));
    let outcome = match cli.command {
        Command::Config(args) => config::run(*args, cli.project, &mut shell),
        Command::Convert(args) => convert::run(*args, cli.project, &mut shell),
    };
    outcome.unwrap_or_else(|stop| shell.stop(stop)).into()
}
