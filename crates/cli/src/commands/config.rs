//! `windlass config`: the merged project.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use windlass_compose::config;

use crate::args::{OutputArgs, ProjectArgs};
use crate::commands::{Outcome, Shell};
use crate::exit::Exit;

/// Print the merged project, as `docker compose config` does
///
/// With `--quiet`, nothing is printed: the exit code says whether the project is right.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// Text form of the project
    #[arg(long, value_name = "FORM", default_value = "yaml", help_heading = "Result")]
    format: Format,
    /// Write into FILE instead of standard output
    #[arg(short = 'o', long = "output", value_name = "FILE", help_heading = "Result")]
    file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) project: ProjectArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Yaml,
    Json,
}

pub(crate) fn run(args: ConfigArgs, before: ProjectArgs, shell: &mut Shell) -> Outcome {
    let request = shell.request(args.project.after(before))?;
    let loaded = windlass_compose::load(&request, &shell.files);
    if shell.tell(&loaded.diagnostics, &loaded.sources) {
        return Ok(Exit::Invalid);
    }
    let text = match args.format {
        _ if shell.quiet => return Ok(Exit::Done),
        Format::Yaml => config::yaml(&loaded),
        Format::Json => config::json(&loaded) + "\n",
    };
    match args.file {
        Some(path) => shell.write_file(&path, text.as_bytes())?,
        None => shell.print(text.as_bytes())?,
    }
    Ok(Exit::Done)
}
