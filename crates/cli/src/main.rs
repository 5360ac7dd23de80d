//! The `windlass` command: arguments and files in, files, reports and an exit code out. What it does is in the other rooms.

mod args;
mod cluster;
mod commands;
mod environment;
mod exit;
mod settings;
mod transaction;

use std::collections::BTreeSet;
use std::process::ExitCode;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _};
use windlass_source::beforehand;

use crate::args::{Cli, Command};
use crate::commands::{Shell, audit, config, convert, cost, crd, data, diff, fix, graph, home, init, rules, schema, shells, validate};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::settings::Settings;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // The second thread starts, and begins, while the command line is read.
    if std::env::args_os().any(|argument| argument == "convert") {
        beforehand(windlass_convert::prepare);
    }
    match Cli::command().try_get_matches().and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, given(&matches)))) {
        Ok((cli, given)) => run(cli, given),
        Err(error) => refused(error),
    }
}

/// Help, the version, or what is wrong with the command line.
fn refused(error: clap::Error) -> ExitCode {
    // Help and version go to standard output, which may be closed.
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// The flags of the subcommand that were given, without their dashes. A group of flags has an id as well, and no value of its own.
fn given(matches: &ArgMatches) -> BTreeSet<String> {
    let Some((_, matches)) = matches.subcommand() else { return BTreeSet::new() };
    let is_given = |id: &&clap::Id| matches.value_source(id.as_str()) == Some(ValueSource::CommandLine);
    matches.ids().filter(is_given).map(|id| id.as_str().replace('_', "-")).collect()
}

fn run(mut cli: Cli, mut given: BTreeSet<String>) -> ExitCode {
    let (name, project, output) = cli.shared();
    let mut shell = Shell::new(Environment::of_process(), output);
    match Settings::load(&project, &shell) {
        Ok(None) => {}
        Ok(Some(settings)) => match settings.apply(Cli::command(), name) {
            Ok((command, set)) => match command.try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches)) {
                Ok(with_settings) => {
                    cli = with_settings;
                    given.extend(set);
                }
                Err(error) => return refused(error),
            },
            Err(wrong) => {
                shell.tell(&wrong, &settings.sources);
                return Exit::Invalid.into();
            }
        },
        Err(wrong) => {
            let (diagnostic, sources) = *wrong;
            shell.tell(&[diagnostic], &sources);
            return Exit::Invalid.into();
        }
    }
    shell.given = given;
    let outcome = match cli.command {
        None => home::run(cli.project, &mut shell),
        Some(Command::Audit(args)) => audit::run(*args, cli.project, &mut shell),
        Some(Command::Completions(args)) => shells::completions(args, &shell),
        Some(Command::Config(args)) => config::run(*args, cli.project, &mut shell),
        Some(Command::Convert(args)) => convert::run(*args, cli.project, &mut shell),
        Some(Command::Cost(args)) => cost::run(*args, cli.project, &mut shell),
        Some(Command::Crd(_)) => crd::run(&shell),
        Some(Command::Data(args)) => data::run(*args, cli.project, &mut shell),
        Some(Command::Diff(args)) => diff::run(*args, cli.project, &mut shell),
        Some(Command::Explain(args)) => rules::tell(*args, &mut shell),
        Some(Command::Fix(args)) => fix::run(*args, cli.project, &mut shell),
        Some(Command::Graph(args)) => graph::run(*args, cli.project, &mut shell),
        Some(Command::Init(args)) => init::run(*args, cli.project, &mut shell),
        Some(Command::Man(args)) => shells::man(args, &shell),
        Some(Command::Rules(args)) => rules::list(*args, &mut shell),
        Some(Command::Schema(args)) => schema::run(args, &shell),
        Some(Command::Validate(args)) => validate::run(*args, &mut shell),
    };
    outcome.unwrap_or_else(|stop| shell.stop(stop)).into()
}
