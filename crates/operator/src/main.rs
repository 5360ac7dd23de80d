//! The `windlass-operator` command. What it does is in the library.

use std::process::ExitCode;

use clap::Parser as _;
use windlass_operator::args::Cli;

fn main() -> ExitCode {
    windlass_operator::run(Cli::parse())
}
