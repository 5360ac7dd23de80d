//! `windlass schema`: the JSON Schema of a format.

use clap::{Args, CommandFactory as _, ValueEnum};

use crate::args::Cli;
use crate::commands::{Outcome, Shell};
use crate::exit::Exit;
use crate::settings;

#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// The format
    #[arg(value_name = "NAME")]
    name: Name,
}

/// A format with a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Name {
    /// What CPU, memory and storage cost, for `windlass cost`
    Prices,
    /// What a compose file decides about its conversion
    XWindlass,
    /// `windlass.yaml`
    Settings,
    /// A `Stack`, as the operator takes it
    Stack,
}

pub(crate) fn run(args: SchemaArgs, shell: &Shell) -> Outcome {
    let mut schema = match args.name {
        Name::Prices => windlass_convert::cost::prices_schema(),
        Name::XWindlass => windlass_compose::model::x_windlass_schema(),
        Name::Settings => settings::schema(Cli::command()),
        Name::Stack => windlass_crd::stack_schema(),
    };
    schema.push('\n');
    shell.print(schema.as_bytes())?;
    Ok(Exit::Done)
}
