//! `windlass diff`: a project and manifests or a cluster in, what applying the conversion would change out.

mod cluster;

use std::path::PathBuf;

use clap::Args;
use windlass_emit::{Before, Comparison, compare, compare_trees};
use windlass_k8s::read::read;
use windlass_k8s::validation::{self, Request};
use windlass_source::{Code, Diagnostic, SourceMap};
use windlass_yaml::Budget;

use crate::args::{OutputArgs, ProjectArgs};
use crate::cluster::{Cluster, ClusterArgs};
use crate::commands::convert::{ConversionArgs, SecretArgs, hide};
use crate::commands::project::{Converted, converted};
use crate::commands::{Outcome, Shell, read_standard_input};
use crate::exit::Exit;

/// The most bytes of standard input.
const LIMIT: u64 = 64 << 20;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DiffArgs {
    /// What to compare with: a directory or a file of manifests, `-` for standard input, or `cluster` for that of the kubeconfig
    #[arg(long, value_name = "DIR", help_heading = "Comparison")]
    against: Option<PathBuf>,
    #[command(flatten)]
    cluster: ClusterArgs,
    #[command(flatten)]
    secrets: SecretArgs,
    #[command(flatten)]
    conversion: ConversionArgs,
    #[command(flatten)]
    pub(crate) project: ProjectArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

const EXAMPLES: &str = "\
Examples:
  windlass diff --against k8s
  windlass diff --against k8s --replicas web=6
  windlass diff --against cluster --namespace shop
  kustomize build k8s/overlays/prod | windlass diff -f compose.yaml -f compose.prod.yaml --against -

Exit codes:
  0  applying the conversion would change nothing
  1  objects differ, are new, or are no longer made
  2  the command line, a configuration or an input is wrong
  3  something in DIR was not understood and so not compared: a chart; or the cluster does not tell something";

pub(crate) fn run(args: DiffArgs, before: ProjectArgs, shell: &mut Shell) -> Outcome {
    let Some(against) = args.against else {
        let told = Diagnostic::error(Code("cli::against"), "nothing says what to compare with");
        return Err(told.help("pass `--against DIR`, or write `diff: { against: DIR }` into `windlass.yaml`").into());
    };
    let secrets = args.secrets.form()?;
    let has_values = !args.secrets.are_placeholders();
    let standard_input = if against.as_os_str() == "-" { Some(read_standard_input(LIMIT)?) } else { None };
    let Some(mut converted) = converted(args.conversion, args.project.after(before), shell)? else { return Ok(Exit::Invalid) };
    if converted.tell_errors(shell) {
        return Ok(Exit::Invalid);
    }
    let Converted { loaded, options, conversion } = &mut converted;
    hide(&mut conversion.objects, loaded, &secrets, options, shell)?;

    if against.as_os_str() == "cluster" {
        let cluster = Cluster::connect(&args.cluster)?;
        let sides = cluster::look(&cluster, &loaded.project.name.value, &conversion.objects)?;
        shell.tell(&sides.told, &SourceMap::new());
        let is_partial = sides.told.iter().any(|told| told.code.0 != cluster::REFUSED);
        return told(&compare_trees(sides.before, sides.after, has_values), is_partial, shell);
    }
    let input = validation::load(&Request { paths: vec![against], standard_input }, &shell.files);
    let mut wrong = input.diagnostics.clone();
    let mut manifests = Vec::new();
    for file in &input.files {
        let source = input.sources.file(*file);
        let found = read(*file, source.text(), &Budget::default());
        wrong.extend(found.broken.into_iter().map(|(_, diagnostic)| diagnostic));
        manifests.extend(found.objects.into_iter().map(|manifest| Before { file: source.name().to_owned(), root: manifest.root }));
    }
    if shell.tell(&wrong, &input.sources) {
        return Ok(Exit::Invalid);
    }
    let comparison = compare(manifests, &conversion.objects, has_values);
    shell.tell(&comparison.diagnostics, &input.sources);
    told(&comparison, !input.diagnostics.is_empty(), shell)
}

/// Prints what differs.
fn told(comparison: &Comparison, is_partial: bool, shell: &Shell) -> Outcome {
    shell.print(comparison.text.as_bytes())?;
    shell.say(&summary(comparison));
    let exit = if comparison.is_empty() { Exit::Done } else { Exit::Findings };
    Ok(if is_partial { exit.and(Exit::Partial) } else { exit })
}

fn summary(comparison: &Comparison) -> String {
    let Comparison { changed, new, gone, same, .. } = comparison;
    let counts = [(changed, "changed"), (new, "new"), (gone, "no longer made"), (same, "the same")];
    let counts: Vec<String> = counts.iter().filter(|(count, _)| **count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    format!("objects: {}\n", if counts.is_empty() { "none".to_owned() } else { counts.join(", ") })
}
