//! `windlass validate`: manifests in, what the API server would say of them out.

mod against;
mod server;

use std::path::{Path, PathBuf};

use clap::Args;
use windlass_audit::{baseline, judgement};
use windlass_k8s::schema::Version;
use windlass_k8s::validation::{self, Input, Request, Validation};
use windlass_k8s::validity::Status;
use windlass_report::validation::{FORMATS, ValidationFormat, ValidationReport, by_extension, by_name};
use windlass_source::{Code, Diagnostic};

use crate::args::{OutputArgs, ProjectArgs};
use crate::cluster::{Cluster, ClusterArgs};
use crate::commands::audit::{FailOn, RuleArgs};
use crate::commands::{Outcome, Shell, Stop, read_standard_input};
use crate::exit::Exit;

/// The most bytes of standard input.
const LIMIT: u64 = 64 << 20;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ValidateArgs {
    /// Files and directories of manifests
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Version of Kubernetes that judges: 1.33 to 1.37
    #[arg(long, value_name = "VERSION", default_value_t = Version::DEFAULT, help_heading = "Checks")]
    kube_version: Version,
    /// File or directory of custom resource definitions; may be given again. Those among the manifests count too
    #[arg(long = "crd", value_name = "PATH", help_heading = "Checks")]
    definitions: Vec<PathBuf>,
    /// Skip objects of kinds that nobody described, without exit code 3
    #[arg(long, help_heading = "Checks")]
    ignore_missing_schemas: bool,
    /// Say too what the update of objects can't change: those of a directory, or of the same paths at a commit of git
    #[arg(long, value_name = "DIR|GITREF", help_heading = "Checks")]
    against: Option<String>,
    /// Ask a cluster too: a dry run of every object, which changes nothing. Needs `kubectl` and its kubeconfig
    #[arg(long, help_heading = "Cluster")]
    server: bool,
    #[command(flatten)]
    cluster: ClusterArgs,
    #[command(flatten)]
    rules: RuleArgs,
    /// Form of the verdicts on standard output
    #[arg(long, value_name = "FORMAT", default_value = FORMATS[0].name, value_parser = FORMATS.iter().map(|format| format.name).collect::<Vec<_>>(), help_heading = "Report")]
    format: String,
    /// Write the verdicts into a file too, their form by the extension; may be given again
    #[arg(long = "output", value_name = "FILE", help_heading = "Report")]
    outputs: Vec<PathBuf>,
    /// Write what is found to this file, for `--baseline`
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    write_baseline: Option<PathBuf>,
    /// Show suppressed findings too
    #[arg(long, help_heading = "Report")]
    show_suppressed: bool,
    /// Exit 1 when something is at least this severe: what is refused or can't work is P1, what the server warns of P2
    #[arg(long, value_name = "SEVERITY", default_value = "P1", ignore_case = true, help_heading = "Gate")]
    fail_on: FailOn,
    /// Exit 0 although something was not understood and so not checked
    #[arg(long, help_heading = "Gate")]
    allow_partial: bool,
    #[command(flatten)]
    pub(crate) project: ProjectArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

const EXAMPLES: &str = "\
Examples:
  windlass validate k8s
  windlass convert | windlass validate -
  helm template chart | windlass validate --kube-version 1.34 -
  windlass validate k8s --format json
  windlass validate k8s --format github --output validation.sarif --output validation.xml
  windlass validate k8s --fail-on P2 --ignore KW048
  windlass validate k8s --against origin/main
  windlass validate k8s --server --context staging

Exit codes:
  0  every object would be accepted, and nothing is at or above --fail-on
  1  an object would be refused, or something is at or above --fail-on
  2  the command line or an input is wrong: a document can't be read, a named file holds no object
  3  something was not checked: an object of an unknown kind, a chart, what the cluster can't try yet";

pub(crate) fn run(args: ValidateArgs, shell: &mut Shell) -> Outcome {
    let outputs = args.outputs.iter().map(|path| Ok((path.as_path(), format_of(path)?))).collect::<Result<Vec<_>, Stop>>()?;
    let format = by_name(&args.format).unwrap_or(&FORMATS[0]);
    let paths = if args.paths.is_empty() { vec![PathBuf::from(".")] } else { args.paths };
    let standard_input = if paths.iter().any(|path| path.as_os_str() == "-") { Some(read_standard_input(LIMIT)?) } else { None };
    let settings = args.rules.settings(judgement::unknown_names, shell)?;
    let there = args.against.as_deref().map(|argument| against::load(argument, &paths, shell)).transpose()?;
    let input = validation::load(&Request { paths, standard_input }, &shell.files);
    let mut definitions = validation::load(&Request { paths: args.definitions, standard_input: None }, &shell.files);
    if input.files.iter().any(|file| input.sources.file(*file).text().contains("windlass.dev/v1alpha1")) {
        let file = definitions.sources.add("windlass crd", windlass_crd::all_yaml());
        // First, so that a definition that was given wins.
        definitions.files.insert(0, file);
    }
    let cluster = args.server.then(|| Cluster::connect(&args.cluster)).transpose()?;
    let version = match cluster.as_ref().and_then(Cluster::minor) {
        Some(minor) if !shell.given.contains("kube-version") => Version::nearest(minor),
        _ => args.kube_version,
    };
    let mut validation = validation::validate(&input, &definitions, version);
    if let Some(there) = &there {
        validation::against(&mut validation, there);
    }

    let undecided = cluster.map(|cluster| server::ask(&mut validation, &cluster)).transpose()?.unwrap_or_default();

    let mut told = input.diagnostics.clone();
    told.extend(undecided.iter().cloned());
    told.extend(without_object(&input, &validation));
    // A repository may have hundreds of kustomizations.
    let shown = if shell.verbose { input.notes.len() } else { 3 };
    told.extend(input.notes.iter().take(shown).cloned());
    if input.notes.len() > shown {
        let message = format!("there are {} more kustomizations", input.notes.len() - shown);
        told.push(Diagnostic::note(Code("validate::kustomization"), message).help("`--verbose` names them"));
    }
    told.extend(definitions.diagnostics);
    let is_wrong = shell.tell(&told, &input.sources);
    if validation.resources.is_empty() && validation.broken.is_empty() && !is_wrong {
        let told = Diagnostic::error(Code("cli::nothing-to-validate"), "there is no manifest to validate");
        return Err(told.because("no file was found that holds an object").help("name a file or a directory").into());
    }
    let judgement = judgement::judge(&input, &validation, &settings);
    if let Some(path) = &args.write_baseline {
        shell.write_file(path, baseline::write_remarks(&judgement.remarks).as_bytes())?;
    }
    let report = ValidationReport {
        input: &input,
        validation: &validation,
        judgement: &judgement,
        show_suppressed: args.show_suppressed,
        style: shell.result_style(),
    };
    for (path, format) in outputs {
        // A file has no colours.
        let plain = ValidationReport { style: windlass_report::human::Style::default(), ..report };
        shell.write_file(path, (format.render)(&plain).as_bytes())?;
    }
    shell.print((format.render)(&report).as_bytes())?;

    let mut exit = Exit::Done;
    if judgement.remarks.iter().any(|remark| remark.counts() && args.fail_on.is_reached_by(remark.severity)) {
        exit = exit.and(Exit::Findings);
    }
    if is_wrong || !validation.broken.is_empty() {
        exit = exit.and(Exit::Invalid);
    }
    let is_partial =
        (validation.count(Status::Skipped) > 0 && !args.ignore_missing_schemas) || !input.diagnostics.is_empty() || !undecided.is_empty();
    if is_partial && !args.allow_partial {
        exit = exit.and(Exit::Partial);
    }
    // The process ends now; giving thousands of trees back piece by piece takes longer than checking them.
    std::mem::forget(judgement);
    std::mem::forget((input, validation));
    Ok(exit)
}

/// Files that were named and hold no object.
fn without_object(input: &Input, validation: &Validation) -> Vec<Diagnostic> {
    let holds = |file| {
        validation.resources.iter().any(|resource| resource.file == file) || validation.broken.iter().any(|broken| broken.file == file)
    };
    let empty = input.named.iter().filter(|file| !holds(**file));
    let told = |name: &str| Diagnostic::error(Code("validate::no-object"), format!("`{name}` holds no Kubernetes object"));
    empty.map(|file| told(input.sources.file(*file).name()).help("an object has `apiVersion` and `kind`")).collect()
}

fn format_of(path: &Path) -> Result<&'static ValidationFormat, Stop> {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    by_extension(extension).ok_or_else(|| {
        let known: Vec<_> = FORMATS.iter().flat_map(|format| format.extensions).map(|own| format!("`.{own}`")).collect();
        Diagnostic::error(Code("cli::argument"), format!("no report has the form of `{}`", path.display()))
            .help(format!("end its name in {}", known.join(", ")))
            .into()
    })
}
