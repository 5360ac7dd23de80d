//! `windlass init`: a commented `windlass.yaml` for the project. Every setting is commented out, so that the file alone changes nothing.

use std::fmt::Write as _;

use clap::{Arg, ArgAction, Args, CommandFactory as _};
use windlass_compose::Loaded;
use windlass_convert::{Conversion, Options};
use windlass_k8s::name::object_name;
use windlass_k8s::{Kind, Resource};
use windlass_source::{Code, Diagnostic, FileSystem as _};

use crate::args::{Cli, OutputArgs, ProjectArgs};
use crate::commands::convert::convert_loaded;
use crate::commands::{Outcome, Shell};
use crate::exit::Exit;
use crate::settings;

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Replace a `windlass.yaml` that is there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    pub(crate) project: ProjectArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// The commands whose settings are listed.
const SECTIONS: [&str; 3] = ["convert", "audit", "validate"];

/// Settings without a default that the project does not know either.
const EXAMPLES: [(&str, &str); 10] = [
    ("storage-class", "standard"),
    ("registry", "registry.example.com/team"),
    ("ingress-class", "nginx"),
    ("gateway", "gateway-system/public"),
    ("wait-image", "busybox:1.37"),
    ("secret-store", "vault"),
    ("min-score", "80"),
    ("environment", "prod"),
    ("ignore", "[CO010]"),
    ("severity", "{ CO010: P3 }"),
];

pub(crate) fn run(args: InitArgs, before: ProjectArgs, shell: &mut Shell) -> Outcome {
    let request = shell.request(args.project.after(before))?;
    let loaded = windlass_compose::load(&request, &shell.files);
    if shell.tell(&loaded.diagnostics, &loaded.sources) {
        return Ok(Exit::Invalid);
    }
    let path = loaded.directory.join(settings::NAME);
    let shown = path.strip_prefix(&shell.environment.directory).unwrap_or(&path).to_owned();
    if !args.force && shell.files.metadata(&path).is_some() {
        let told = Diagnostic::error(Code("cli::init"), format!("`{}` is there already", shown.display()));
        return Err(told.help("`--force` replaces it").into());
    }
    let conversion = convert_loaded(&loaded, &Options::default(), shell);
    shell.write_file(&shown, text(&loaded, &conversion).as_bytes())?;
    shell.say(&format!("wrote {}; every setting in it is commented out\n", shown.display()));
    Ok(Exit::Done)
}

fn text(loaded: &Loaded, conversion: &Conversion) -> String {
    let name = &loaded.project.name.value;
    let mut text = format!(
        "# Settings of Windlass for `{name}`: flags that the project always wants, a section for each command.\n\
         # Take the `#` before a setting away to set it. What stands there is the default, or what suits this project.\n\
         # A flag of the command line wins over this file. `windlass COMMAND --help` tells more.\n"
    );
    let mut command = Cli::command();
    command.build();
    for section in SECTIONS.iter().filter_map(|name| command.find_subcommand(name)) {
        let _ = writeln!(text, "\n{}:", section.get_name());
        let mut others = Vec::new();
        for flag in settings::flags(section) {
            let long = flag.get_long().unwrap_or_default();
            match value(flag, loaded, conversion) {
                Some(value) => {
                    let _ = writeln!(text, "  # {}\n  #{long}: {value}", help(flag));
                }
                None => others.push(long),
            }
        }
        if !others.is_empty() {
            let _ = writeln!(text, "  # There are also {}.", others.join(", "));
        }
    }
    text
}

/// The help of a flag on one line, with the values that it takes.
fn help(flag: &Arg) -> String {
    let help = flag.get_help().map(ToString::to_string).unwrap_or_default();
    let values: Vec<String> = flag.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    let is_switch = matches!(flag.get_action(), ArgAction::SetTrue);
    let values = if values.is_empty() || is_switch { String::new() } else { format!(" ({})", values.join(", ")) };
    format!("{}{values}", help.lines().next().unwrap_or_default())
}

/// A value that the flag takes, as YAML.
fn value(flag: &Arg, loaded: &Loaded, conversion: &Conversion) -> Option<String> {
    if matches!(flag.get_action(), ArgAction::SetTrue) {
        return Some("false".into());
    }
    let defaults: Vec<_> = flag.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
    if let [default] = &defaults[..] {
        return Some(default.clone());
    }
    let long = flag.get_long()?;
    let map = |entries: Vec<String>| (!entries.is_empty()).then(|| format!("{{ {} }}", entries.join(", ")));
    match long {
        "namespace" => Some(format!("{:?}", object_name(&loaded.project.name.value).replace('.', "-"))),
        "domain" => Some(format!("{}.example.com", object_name(&loaded.project.name.value))),
        "kube-version" => Some("1.36".into()),
        "replicas" => map(replicas(conversion)),
        "volume-size" => map(sizes(loaded, conversion)),
        "expose" => {
            let published = loaded.project.services.iter().filter(|service| !service.ports.is_empty());
            let rules: Vec<String> = published.map(|service| format!("\"{}=none\"", service.name.value)).collect();
            (!rules.is_empty()).then(|| format!("[{}]", rules.join(", ")))
        }
        _ => EXAMPLES.iter().find(|(name, _)| *name == long).map(|(_, example)| (*example).to_owned()),
    }
}

/// How many of each service the conversion makes.
fn replicas(conversion: &Conversion) -> Vec<String> {
    let count = |object: &windlass_k8s::ObjectRef| match &conversion.objects.get(object.kind, &object.name)?.resource {
        Resource::Deployment(value) => value.spec.as_ref()?.replicas,
        Resource::StatefulSet(value) => value.spec.as_ref()?.replicas,
        _ => None,
    };
    let services = conversion.report.services.iter();
    services.filter_map(|service| Some(format!("\"{}\": {}", service.name, count(service.workload.as_ref()?)?))).collect()
}

/// The sizes that the conversion gives to the volumes of the project.
fn sizes(loaded: &Loaded, conversion: &Conversion) -> Vec<String> {
    let size = |name: &str| {
        let object = conversion.objects.get(Kind::PersistentVolumeClaim, &object_name(name))?;
        let Resource::PersistentVolumeClaim(claim) = &object.resource else { return None };
        Some(claim.spec.as_ref()?.resources.as_ref()?.requests.as_ref()?.get("storage")?.0.clone())
    };
    let volumes = loaded.project.volumes.iter();
    volumes.filter_map(|volume| Some(format!("\"{}\": {}", volume.name.value, size(&volume.name)?))).collect()
}
