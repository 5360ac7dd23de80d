//! `windlass convert`: a project in, Kubernetes objects and the fate of every attribute out.

mod as_stack;
mod chart;
mod environments;
mod options;

use std::collections::{BTreeMap, BTreeSet};
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

use clap::Args;
use windlass_compose::Loaded;
use windlass_convert::{Conversion, Input, Options, Summary, convert, convert_objects};
use windlass_emit::layouts::Provenance;
use windlass_emit::{Action, Plan, layouts};
use windlass_k8s::schema::Version;
use windlass_k8s::validation::{check_fit, check_object, check_objects};
use windlass_k8s::write::TypedTree;
use windlass_k8s::{Object, ObjectRef, Objects};
use windlass_report::{Format, ObjectEntry};
use windlass_source::{Code, Diagnostic, FileSystem as _, SourceMap, Span, normalize};
use windlass_yaml::Node;

use crate::args::{OutputArgs, ProjectArgs};
use crate::commands::convert::environments::Environments;
pub(crate) use crate::commands::convert::options::{ConversionArgs, SecretArgs};
use crate::commands::convert::options::{Layout, LayoutArgs, SecretsAs};
use crate::commands::{Outcome, Shell, Stop, reason};
use crate::exit::Exit;
use crate::transaction;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ConvertArgs {
    /// Write a tree of files into DIR; only files that Windlass wrote before are replaced or removed
    #[arg(short = 'o', long = "output", value_name = "DIR", help_heading = "Result")]
    directory: Option<PathBuf>,
    /// Write nothing into DIR, print what would change; exit 1 when something would
    #[arg(long, requires = "directory", help_heading = "Result")]
    check: bool,
    /// Replace files in DIR that were edited since Windlass wrote them
    #[arg(long, requires = "directory", help_heading = "Result")]
    force: bool,
    /// Write what became of every attribute; `.json`, `.md` or `.html`, may be given again
    #[arg(long = "report", value_name = "FILE", help_heading = "Result")]
    reports: Vec<PathBuf>,
    /// Exit 1 when an attribute is lost or refused
    #[arg(long, help_heading = "Result")]
    strict: bool,
    #[command(flatten)]
    layout: LayoutArgs,
    #[command(flatten)]
    conversion: ConversionArgs,
    #[command(flatten)]
    pub(crate) project: ProjectArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Bytes of the largest certificate.
const CERTIFICATE_LIMIT: u64 = 64 << 10;

const EXAMPLES: &str = "\
Examples:
  windlass convert | kubectl apply -f -
  windlass convert -o k8s && kubectl apply -R -f k8s
  windlass convert -f compose.yaml -f compose.prod.yaml -o k8s --report report.html
  windlass convert -o k8s --check           is k8s/ up to date?
  windlass convert --to stack --namespace shop | kubectl apply -f -
  windlass convert --to kustomize -o k8s && kubectl apply -k k8s/overlays/prod
  windlass convert --to helm -o chart && helm install shop chart -f chart/values.secret.yaml";

pub(crate) fn run(args: ConvertArgs, before: ProjectArgs, shell: &mut Shell) -> Outcome {
    let reports = report_formats(&args.reports)?;
    let layout = args.layout.options(args.directory.as_ref())?;
    let secrets = args.layout.secrets.form()?;
    let options = args.conversion.options(shell.given.clone());
    let request = shell.request(args.project.after(before))?;

    // Nothing is given back before the process ends: that would take a tenth of the time.
    let mut loaded = ManuallyDrop::new(windlass_compose::load(&request, &shell.files));
    let mut environments = Environments::default();
    if args.layout.to == Layout::Kustomize {
        environments = Environments::find(&request, &loaded, shell);
        if let Some(base) = environments.load_base(&request, &shell.files) {
            loaded = ManuallyDrop::new(base);
        }
    }
    if shell.tell(&loaded.diagnostics, &loaded.sources) {
        return Ok(Exit::Invalid);
    }
    let is_report_read = !shell.quiet || args.strict || !reports.is_empty() || layout.provenance != Provenance::None;
    let mut conversion = ManuallyDrop::new(convert_by(if is_report_read { convert } else { convert_objects }, &loaded, &options, shell));
    conversion.diagnostics.extend(no_service(&loaded));
    let invalid = shell.tell(&conversion.diagnostics, &loaded.sources);
    // What the API server would say of the objects, and whether they fit each other. It is told, and changes nothing.
    let version = Version::nearest(options.kube_version.minor);
    let is_plain_stream = !invalid && args.directory.is_none() && reports.is_empty() && args.layout.to == Layout::Manifests;
    if is_plain_stream && matches!(secrets, SecretsAs::Secrets) && layout.format == layouts::Format::Yaml {
        let (mut verdicts, printed) = print_checked(&conversion.objects, &loaded, layout, version, shell);
        if !is_report_read && !verdicts.is_empty() {
            // Only now somebody wants to see where fields came from.
            verdicts = check_objects(&convert_loaded(&loaded, &options, shell).objects, version);
        }
        shell.tell(&verdicts, &loaded.sources);
        printed?;
        return Ok(finish(&conversion, Exit::Done, (reports.is_empty(), args.strict), &loaded, shell));
    }
    // A chart is tried with other values, which is about Secrets as they are.
    let plain = (args.layout.to == Layout::Helm && !matches!(secrets, SecretsAs::Secrets)).then(|| conversion.objects.clone());
    if !invalid {
        hide(&mut conversion.objects, &loaded, &secrets, &options, shell)?;
    }
    let mut verdicts = check_objects(&conversion.objects, version);
    if !is_report_read && !invalid && !verdicts.is_empty() {
        conversion = ManuallyDrop::new(convert_loaded(&loaded, &options, shell));
        hide(&mut conversion.objects, &loaded, &secrets, &options, shell)?;
        verdicts = check_objects(&conversion.objects, version);
    }
    shell.tell(&verdicts, &loaded.sources);
    conversion.diagnostics.extend(verdicts);
    if !invalid && args.layout.to == Layout::Stack {
        conversion.objects = as_stack::objects(&request, &loaded, &options, shell)?;
        hide(&mut conversion.objects, &loaded, &secrets, &options, shell)?;
    }
    let exit = match args.directory {
        _ if invalid => {
            write_reports(&reports, &loaded, &conversion, &BTreeMap::new(), shell)?;
            return Ok(Exit::Invalid);
        }
        None => {
            // First, since nobody may read the stream to its end.
            write_reports(&reports, &loaded, &conversion, &BTreeMap::new(), shell)?;
            shell.print_all(layouts::stream(&conversion.objects, &loaded.sources, layout))?;
            Exit::Done
        }
        Some(directory) => {
            let emitted = match args.layout.to {
                Layout::Manifests | Layout::Stack => layouts::tree(&conversion.objects, &loaded.sources, layout),
                Layout::Kustomize => {
                    let told = [loaded.diagnostics.as_slice(), &conversion.diagnostics];
                    let others = environments.convert(&request, &options, &secrets, &told, shell)?;
                    let files = environments::names(&loaded, shell);
                    let base = layouts::Environment { name: "base", files: &files, objects: &conversion.objects, sources: &loaded.sources };
                    layouts::kustomize(base, &others.iter().map(environments::Converted::view).collect::<Vec<_>>(), layout)
                }
                Layout::Helm => {
                    let placeholders = layout.secrets == layouts::Secrets::Placeholders;
                    let source = chart::Source { request: &request, loaded: &loaded, options: &options, plain, placeholders };
                    chart::chart(source, &mut conversion, shell)
                }
            };
            let exit = write(&emitted, &directory, (args.check, args.force), shell)?;
            if exit == Exit::Invalid {
                return Ok(exit);
            }
            write_reports(&reports, &loaded, &conversion, &emitted.files, shell)?;
            exit
        }
    };
    Ok(finish(&conversion, exit, (reports.is_empty(), args.strict), &loaded, shell))
}

/// Prints the objects as they are, and gives what there is to say of them. Each becomes a tree but once, for the check and for the text.
fn print_checked(
    objects: &Objects,
    loaded: &Loaded,
    layout: layouts::Options,
    version: Version,
    shell: &Shell,
) -> (Vec<Diagnostic>, Result<(), Stop>) {
    let check = |object: &Object, tree: &TypedTree| check_object(object, tree, version);
    let mut verdicts = Vec::new();
    let pieces = layouts::checked_stream(objects, &loaded.sources, layout, || check_fit(objects), check);
    let printed = shell.print_all(pieces.map(|(text, told)| {
        verdicts.extend(told);
        text
    }));
    (verdicts, printed)
}

/// The summary, and what `--strict` makes of it.
fn finish(conversion: &Conversion, exit: Exit, (is_summed_up, is_strict): (bool, bool), loaded: &Loaded, shell: &Shell) -> Exit {
    let Conversion { objects, report, .. } = conversion;
    if is_summed_up || shell.verbose {
        shell.say(&windlass_report::summary(report, objects.len(), &loaded.sources, shell.verbose));
    }
    let Summary { lost, refused, .. } = report.summary();
    if is_strict && lost + refused > 0 {
        shell.say(&format!("--strict: {lost} lost, {refused} refused\n"));
        return exit.and(Exit::Findings);
    }
    exit
}

/// What becomes of a project that was loaded.
pub(crate) fn convert_loaded(loaded: &Loaded, options: &Options, shell: &Shell) -> Conversion {
    convert_by(convert, loaded, options, shell)
}

/// What a function of room `convert` makes of a project that was loaded.
pub(crate) fn convert_by<T>(convert: fn(&Input<'_>) -> T, loaded: &Loaded, options: &Options, shell: &Shell) -> T {
    convert(&Input {
        project: &loaded.project,
        tree: &loaded.tree,
        directory: &loaded.directory,
        files: &shell.files,
        variable: &|name| loaded.environment.get(name).map(|variable| variable.value.clone()),
        options,
    })
}

/// The namespace of the objects, where something says one.
pub(crate) fn namespace<'a>(loaded: &'a Loaded, options: &'a Options) -> Option<&'a str> {
    let written = loaded.project.windlass.as_ref().and_then(|settings| settings.namespace.as_ref());
    options.namespace.as_deref().or(written.map(|namespace| namespace.as_str()))
}

/// Puts Secrets into another form.
pub(crate) fn hide(objects: &mut Objects, loaded: &Loaded, secrets: &SecretsAs, options: &Options, shell: &Shell) -> Result<(), Stop> {
    let namespace = namespace(loaded, options);
    match secrets {
        SecretsAs::Secrets => {}
        SecretsAs::External(store) => windlass_emit::secrets::external(objects, store),
        SecretsAs::Sealed(path) => {
            let told = |reason: String| {
                let message = format!("`{}` can't be used to seal secrets", path.display());
                let told = Diagnostic::error(Code("cli::sealed-cert"), message).because(reason);
                Stop::from(told.help("`kubeseal --fetch-cert > FILE` gets the certificate of the controller"))
            };
            let Some(namespace) = namespace else {
                let told = Diagnostic::error(Code("cli::sealed-namespace"), "`--secrets sealed` needs the namespace");
                return Err(told.because("a secret is sealed for its name and namespace alone").help("pass `--namespace NAME`").into());
            };
            let full = shell.environment.directory.join(path);
            let bytes = shell.files.read(&full, CERTIFICATE_LIMIT).map_err(|error| told(reason(&error)))?;
            let text = String::from_utf8_lossy(&bytes);
            let certificate = windlass_emit::secrets::Certificate::parse(&text).map_err(|error| told(error.to_string()))?;
            windlass_emit::secrets::sealed(objects, &certificate, namespace);
        }
    }
    Ok(())
}

/// Writes the report files; `files` says which file holds which object.
fn write_reports(
    reports: &[(&Path, &Format)],
    loaded: &Loaded,
    conversion: &Conversion,
    files: &BTreeMap<ObjectRef, String>,
    shell: &Shell,
) -> Result<(), Stop> {
    if reports.is_empty() {
        return Ok(());
    }
    let objects: Vec<_> = conversion.objects.iter().map(|object| entry(object, files.get(&object.reference()).cloned())).collect();
    let diagnostics: Vec<_> = loaded.diagnostics.iter().chain(&conversion.diagnostics).cloned().collect();
    let told = windlass_report::Conversion {
        report: &conversion.report,
        objects: &objects,
        diagnostics: &diagnostics,
        sources: &loaded.sources,
        project: &loaded.project,
        made: &conversion.objects,
    };
    reports.iter().try_for_each(|(path, format)| shell.write_file(path, (format.render)(&told).as_bytes()))
}

/// Brings the directory up to date, or says what that would change.
fn write(emitted: &layouts::Emitted, directory: &Path, (check, force): (bool, bool), shell: &Shell) -> Outcome {
    let directory = &normalize(directory);
    let plan = match windlass_emit::plan(&emitted.tree, &shell.files, directory, force) {
        Ok(plan) => plan,
        Err(problems) => {
            shell.tell(&problems, &SourceMap::new());
            return Ok(Exit::Invalid);
        }
    };
    if check {
        let difference = windlass_emit::difference(&plan, &emitted.tree, directory);
        shell.print(difference.as_bytes())?;
        return Ok(if difference.is_empty() { Exit::Done } else { Exit::Findings });
    }
    shell.tell(&plan.diagnostics(directory), &SourceMap::new());
    transaction::write(&plan, &emitted.tree, directory).map_err(|failure| failed(&failure))?;
    shell.say(&written(&plan, directory));
    Ok(Exit::Done)
}

/// Says so when profiles switch every service off.
fn no_service(loaded: &Loaded) -> Option<Diagnostic> {
    if !loaded.project.services.is_empty() {
        return None;
    }
    let told = Diagnostic::warning(Code("convert::no-service"), "no service is enabled, so nothing is converted");
    let services = loaded.disabled.values();
    let profiles: BTreeSet<_> =
        services.filter_map(|service| service.get("profiles")?.as_sequence()).flatten().filter_map(Node::as_str).collect();
    let profiles: Vec<_> = profiles.into_iter().map(|profile| format!("`{profile}`")).collect();
    Some(if profiles.is_empty() {
        told.help("add a service under `services:`")
    } else {
        told.because(format!("the services belong to the profiles {}", profiles.join(", ")))
            .help("enable some with `--profile NAME`, or all with `--profile '*'`")
    })
}

fn failed(failure: &transaction::Failure) -> Stop {
    let message = format!("`{}` can't be written", failure.path.display());
    let diagnostic = Diagnostic::error(Code("cli::write"), message).because(reason(&failure.error));
    match &failure.stranded {
        None => diagnostic.because("nothing was changed").into(),
        Some(stage) => diagnostic.help(format!("some old files could not be put back; they are in `{}`", stage.display())).into(),
    }
}

fn written(plan: &Plan, directory: &Path) -> String {
    let count = |action| plan.steps.iter().filter(|step| step.action == action).count();
    let counts = [
        (count(Action::Create), "new"),
        (count(Action::Replace), "changed"),
        (count(Action::Remove), "removed"),
        (plan.unchanged, "as before"),
        (plan.edited.len(), "left alone"),
    ];
    let counts: Vec<_> = counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    format!("files in {}: {}\n", directory.display(), counts.join(", "))
}

fn entry(object: &Object, file: Option<String>) -> ObjectEntry {
    let mut sources: Vec<Span> = object.origin().span().into_iter().collect();
    for span in object.origins.iter().filter_map(|(_, origin)| origin.span()) {
        if !sources.iter().any(|known| known.file == span.file) {
            sources.push(span);
        }
    }
    ObjectEntry { api_version: object.resource.api_version(), object: object.reference(), file, sources }
}

/// Each report file with its format.
fn report_formats(paths: &[PathBuf]) -> Result<Vec<(&Path, &'static Format)>, Stop> {
    let format = |path: &PathBuf| path.extension().and_then(|extension| windlass_report::by_extension(extension.to_str()?));
    let one = |path| match format(path) {
        Some(format) => Ok((path.as_path(), format)),
        None => {
            let known: Vec<_> = windlass_report::FORMATS.iter().map(|format| format!("`.{}`", format.extension)).collect();
            let message = format!("no report has the extension of `{}`", path.display());
            Err(Diagnostic::error(Code("cli::report-format"), message).help(format!("end its name in {}", known.join(" or "))).into())
        }
    };
    paths.iter().map(one).collect()
}
