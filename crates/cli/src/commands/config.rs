//! `windlass config`: the merged project, or what is asked of it.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use windlass_compose::config::{self, DeclaredVariable};
use windlass_compose::{Loaded, Options};
use windlass_source::{Code, Diagnostic};

use crate::args::{OutputArgs, ProjectArgs};
use crate::commands::{Outcome, Shell, Stop};
use crate::exit::Exit;

#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// Text form of the project
    #[arg(long, value_name = "FORM", help_heading = "Result")]
    format: Option<Format>,
    /// Write into FILE instead of standard output
    #[arg(short = 'o', long = "output", value_name = "FILE", help_heading = "Result")]
    file: Option<PathBuf>,
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    steps: StepArgs,
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

// Something else than the project. Of several the first in this order is printed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Instead of the project, one a line")]
#[expect(clippy::struct_excessive_bools, reason = "flags of docker compose, each on its own")]
struct ListArgs {
    /// Names of the enabled services
    #[arg(long)]
    services: bool,
    /// Names of the volumes in use
    #[arg(long)]
    volumes: bool,
    /// Names of the networks in use
    #[arg(long)]
    networks: bool,
    /// Language models in use
    #[arg(long)]
    models: bool,
    /// Hash by which docker compose notices a change, of these services; `*` is every service
    #[arg(long, value_name = "SERVICE,…", value_delimiter = ',')]
    hash: Vec<String>,
    /// Profiles that services name
    // `profiles` is the id of `--profile`.
    #[arg(long = "profiles", id = "profile_names")]
    profiles: bool,
    /// Images of the enabled services
    #[arg(long)]
    images: bool,
    /// Variables that the files name, with their defaults
    #[arg(long)]
    variables: bool,
    /// Variables that the project is read with
    #[arg(long)]
    environment: bool,
}

// Steps that are left out.
#[derive(Debug, Args)]
#[command(next_help_heading = "Steps")]
#[expect(clippy::struct_excessive_bools, reason = "flags of docker compose, each on its own")]
struct StepArgs {
    /// Keep `${VARIABLES}`; profiles and checks are left out too
    #[arg(long)]
    no_interpolate: bool,
    /// Keep relative paths
    #[arg(long)]
    no_path_resolution: bool,
    /// Add nothing that Compose implies
    #[arg(long)]
    no_normalize: bool,
    /// Don't check what services refer to
    #[arg(long)]
    no_consistency: bool,
    /// Don't read `env_file` and `label_file`
    #[arg(long)]
    no_env_resolution: bool,
}

pub(crate) fn run(args: ConfigArgs, before: ProjectArgs, shell: &mut Shell) -> Outcome {
    let mut request = shell.request(args.project.after(before))?;
    let StepArgs { no_interpolate, no_path_resolution, no_normalize, no_consistency, no_env_resolution } = args.steps;
    request.options = Options {
        interpolate: !no_interpolate && !args.list.variables,
        resolve_paths: !no_path_resolution,
        normalize: !no_normalize,
        check_consistency: !no_consistency,
        resolve_environment: !no_env_resolution,
        select: true,
        typed: false,
        note_variables: false,
    };
    let loaded = windlass_compose::load(&request, &shell.files);
    if shell.tell(&loaded.diagnostics, &loaded.sources) {
        return Ok(Exit::Invalid);
    }
    if shell.quiet {
        // The process ends now; giving a large project back piece by piece takes a tenth of the whole run.
        std::mem::forget(loaded);
        return Ok(Exit::Done);
    }
    let json = args.format == Some(Format::Json);
    let text = match list(&args.list, args.format, &loaded)? {
        Some(text) => text,
        None if !request.options.interpolate && json => config::raw_json(&loaded) + "\n",
        None if !request.options.interpolate => config::raw_yaml(&loaded),
        None if json => config::json(&loaded) + "\n",
        None => config::yaml(&loaded),
    };
    // As above.
    std::mem::forget(loaded);
    match args.file {
        Some(path) => shell.write_file(&path, text.as_bytes())?,
        None => shell.print(text.as_bytes())?,
    }
    Ok(Exit::Done)
}

/// The list that is asked for, as text.
fn list(list: &ListArgs, format: Option<Format>, loaded: &Loaded) -> Result<Option<String>, Stop> {
    let ListArgs { services, volumes, networks, models, hash, profiles, images, variables, environment } = list;
    Ok(Some(if *services {
        lines(config::services(loaded))
    } else if *volumes {
        lines(config::volumes(loaded))
    } else if *networks {
        lines(config::networks(loaded))
    } else if *models {
        lines(config::models(loaded))
    } else if !hash.is_empty() {
        hashes(hash, loaded)?
    } else if *profiles {
        lines(config::profiles(loaded))
    } else if *images {
        lines(config::images(loaded))
    } else if *variables {
        match format {
            Some(Format::Json) => config::variables_json(loaded) + "\n",
            Some(Format::Yaml) => config::variables_yaml(loaded),
            None => table(&config::variables(loaded)),
        }
    } else if *environment {
        lines(config::environment(loaded))
    } else {
        return Ok(None);
    }))
}

fn lines<T: AsRef<str>>(lines: Vec<T>) -> String {
    lines.iter().fold(String::new(), |text, line| text + line.as_ref() + "\n")
}

fn hashes(wanted: &[String], loaded: &Loaded) -> Result<String, Stop> {
    let mut names: Vec<&str> = if wanted == ["*"] { config::services(loaded) } else { wanted.iter().map(String::as_str).collect() };
    names.sort_unstable();
    let mut text = String::new();
    for name in names {
        let Some(hash) = config::hash(loaded, name) else {
            let known = config::services(loaded).join(", ");
            return Err(Diagnostic::error(Code("cli::service"), format!("there is no service `{name}`"))
                .help(format!("the enabled services are {known}"))
                .into());
        };
        let _ = writeln!(text, "{name} {hash}");
    }
    Ok(text)
}

/// Columns of at least 20 characters, with three spaces between.
fn table(variables: &[DeclaredVariable]) -> String {
    let mut rows = vec![["NAME", "REQUIRED", "DEFAULT VALUE", "ALTERNATE VALUE"]];
    for variable in variables {
        let required = if variable.required { "true" } else { "false" };
        rows.push([variable.name.as_str(), required, variable.default.as_str(), variable.alternate.as_str()]);
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count() + 3).max().unwrap_or(0).max(20);
    let widths = [width(0), width(1), width(2)];
    let mut text = String::new();
    for [name, required, default, alternate] in rows {
        let line = format!("{name:0$}{required:1$}{default:2$}{alternate}", widths[0], widths[1], widths[2]);
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
