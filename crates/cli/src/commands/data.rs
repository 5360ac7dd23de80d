//! `windlass data`: a project in, the commands or Jobs that carry its volumes and datastores into the cluster and back out.

use clap::{Args, ValueEnum};
use windlass_convert::contents::Contents;
use windlass_emit::data::{Carriage, IMAGE, jobs, script};
use windlass_emit::layouts::{self, stream};

use crate::args::{OutputArgs, ProjectArgs};
use crate::commands::convert::{ConversionArgs, convert_by, namespace};
use crate::commands::project::{Converted, converted};
use crate::commands::{Outcome, Shell};
use crate::exit::Exit;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DataArgs {
    /// What carries it
    #[arg(long, value_name = "FORM", default_value = "commands", help_heading = "Content")]
    to: Form,
    /// Image with GNU tar and find
    #[arg(long, value_name = "IMAGE", default_value = IMAGE, help_heading = "Content")]
    image: String,
    /// Claim that holds the archives of Jobs; one is made unless given
    #[arg(long, value_name = "CLAIM", help_heading = "Content")]
    archives: Option<String>,
    /// Let Jobs empty a claim before they restore into it; commands are told when they run
    #[arg(long, help_heading = "Content")]
    replace: bool,
    #[command(flatten)]
    conversion: ConversionArgs,
    #[command(flatten)]
    pub(crate) project: ProjectArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A script for `sh`, with docker and kubectl; dumps of datastores too
    Commands,
    /// Suspended Jobs, with the claims
    Jobs,
}

const EXAMPLES: &str = "\
Examples:
  windlass data > data.sh
  sh data.sh from-docker && sh data.sh into-cluster
  windlass data --to jobs --archives backups | kubectl apply -f -
  kubectl patch job restore-db --patch '{\"spec\":{\"suspend\":false}}'";

pub(crate) fn run(args: DataArgs, before: ProjectArgs, shell: &mut Shell) -> Outcome {
    let Some(converted) = converted(args.conversion, args.project.after(before), shell)? else { return Ok(Exit::Invalid) };
    if converted.tell_errors(shell) {
        return Ok(Exit::Invalid);
    }
    let Converted { loaded, options, conversion } = &converted;
    let contents = convert_by(Contents::of, loaded, options, shell);
    let carriage = Carriage {
        project: &loaded.project.name.value,
        namespace: namespace(loaded, options),
        contents: &contents,
        objects: &conversion.objects,
        image: &args.image,
    };
    match args.to {
        Form::Commands => shell.print(script(&carriage).as_bytes())?,
        Form::Jobs => shell.print_all(stream(
            &jobs(&carriage, args.archives.as_deref(), args.replace),
            &loaded.sources,
            layouts::Options::default(),
        ))?,
    }
    let of = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let mut told = of(contents.volumes.len(), "volume");
    if args.to == Form::Commands {
        told = format!("{told}, {}", of(contents.stores.len(), "datastore"));
    }
    for (name, reason) in &contents.left {
        told.push_str(&format!("\nnot carried: `{name}`, since {reason}"));
    }
    shell.say(&format!("{told}\n"));
    Ok(Exit::Done)
}
