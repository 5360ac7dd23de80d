//! The flags that decide what becomes of the project and how it is written, as the rooms below take them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use windlass_convert as convert;
use windlass_emit::layouts;
use windlass_source::{Code, Diagnostic};

use crate::commands::Stop;

/// A value of a flag that stands for a value of a room below.
macro_rules! choices {
    ($(#[$doc:meta])* $name:ident => $target:path { $($(#[$about:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
        enum $name {
            $($(#[$about])* $variant,)+
        }

        impl From<$name> for $target {
            fn from(choice: $name) -> Self {
                match choice {
                    $($name::$variant => Self::$variant,)+
                }
            }
        }
    };
}

/// `--to`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Layout {
    /// Objects as they are
    Manifests,
    /// A base, and an overlay for each environment that has a compose file: `compose.prod.yaml` becomes `overlays/prod`
    Kustomize,
    /// A Stack for the operator, with its sources and the account that may apply it
    Stack,
    /// A chart whose values are the variables of the compose files, sizes and images
    Helm,
}
choices! {
    /// `--format`
    Format => layouts::Format { Yaml, Json }
}
choices! {
    /// `--split`
    Split => layouts::Split {
        /// A file an object
        Object,
        /// A file a service
        Service,
        /// One file
        None,
    }
}
choices! {
    /// `--provenance`
    Provenance => layouts::Provenance {
        /// Comments name the compose file and line
        Comments,
        None,
    }
}
/// `--secrets`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Secrets {
    /// Values in files under `secrets/`, which git ignores
    Files,
    /// Words that say what belongs there
    Placeholders,
    /// ExternalSecrets, whose values an operator takes from a store
    #[value(name = "external-secrets")]
    External,
    /// SealedSecrets, which the cluster alone can open
    Sealed,
}

/// What Secrets become before they are written.
pub(crate) enum SecretsAs {
    /// They stay what they are.
    Secrets,
    /// ExternalSecrets of this store.
    External(String),
    /// SealedSecrets for the controller with this certificate.
    Sealed(PathBuf),
}

choices! {
    /// `--wait`
    Wait => convert::Wait {
        /// Init containers wait
        Init,
        /// Nobody waits
        None,
    }
}
choices! {
    /// `--host-paths`
    HostPaths => convert::HostPaths {
        /// Leave them out
        Refuse,
        /// Mount them
        Allow,
    }
}
choices! {
    /// `--network-policies`
    NetworkPolicies => convert::NetworkPolicies {
        /// When the project has several networks or an internal one
        Auto,
        Always,
        Never,
    }
}
choices! {
    /// `--security`
    Security => convert::Security {
        /// As the project says, and what breaks nothing
        Preserve,
        /// The baseline Pod Security Standard
        Baseline,
        /// The restricted Pod Security Standard
        Restricted,
    }
}
choices! {
    /// `--defaults`
    Defaults => convert::Defaults {
        /// From the image catalogue, or inferred; each is reported
        Inferred,
        None,
    }
}
choices! {
    /// `--shared-volumes`
    SharedVolumes => convert::SharedVolumes {
        /// The pods run on one node
        Affinity,
        /// The claim asks for ReadWriteMany
        Rwx,
    }
}

// How the objects are written.
#[derive(Debug, Args)]
#[command(next_help_heading = "Layout")]
pub(crate) struct LayoutArgs {
    /// Kind of tree
    #[arg(long, value_name = "LAYOUT", default_value = "manifests")]
    pub(crate) to: Layout,
    /// Text form of the objects
    #[arg(long, value_name = "FORM", default_value = "yaml")]
    format: Format,
    /// Which objects share a file, with `-o`
    #[arg(long, value_name = "BY", default_value = "object")]
    split: Split,
    /// Whether the text says where it came from
    #[arg(long, value_name = "HOW", default_value = "none")]
    provenance: Provenance,
    #[command(flatten)]
    pub(crate) secrets: SecretArgs,
}

// What becomes of secret values.
#[derive(Debug, Args)]
#[command(next_help_heading = "Layout")]
pub(crate) struct SecretArgs {
    /// Where secret values go
    #[arg(long, value_name = "WHERE", default_value = "files")]
    secrets: Secrets,
    /// SecretStore of ExternalSecrets [default: windlass]
    #[arg(long, value_name = "NAME")]
    secret_store: Option<String>,
    /// Certificate that SealedSecrets are sealed with, as `kubeseal --fetch-cert` prints it
    #[arg(long, value_name = "FILE")]
    sealed_cert: Option<PathBuf>,
}

impl LayoutArgs {
    pub(crate) fn options(&self, directory: Option<&PathBuf>) -> Result<layouts::Options, Stop> {
        if matches!(self.to, Layout::Kustomize | Layout::Helm) && directory.is_none() {
            let told = Diagnostic::error(Code("cli::layout"), "this layout is a tree of files, which standard output can't hold");
            return Err(told.help("pass `-o DIR`").into());
        }
        let asks = [(self.format == Format::Json, "--format"), (self.split != Split::Object, "--split")];
        let provenance = (self.provenance == Provenance::Comments, "--provenance");
        if let Some((_, flag)) = asks.into_iter().chain([provenance]).find(|(is_asked, _)| *is_asked && self.to == Layout::Helm) {
            let told = Diagnostic::error(Code("cli::layout"), format!("`{flag}` does not go with `--to helm`"));
            return Err(told.because("a template is YAML, an object to a file").help(format!("leave out `{flag}`")).into());
        }
        if self.format == Format::Json && self.provenance == Provenance::Comments {
            let told = Diagnostic::error(Code("cli::provenance"), "JSON has no comments");
            return Err(told.help("leave out `--format json` or `--provenance comments`").into());
        }
        Ok(layouts::Options {
            format: self.format.into(),
            split: self.split.into(),
            provenance: self.provenance.into(),
            secrets: match self.secrets.secrets {
                Secrets::Placeholders => layouts::Secrets::Placeholders,
                Secrets::Files | Secrets::External | Secrets::Sealed => layouts::Secrets::Files,
            },
        })
    }
}

impl SecretArgs {
    /// True when values are left out.
    pub(crate) fn are_placeholders(&self) -> bool {
        self.secrets == Secrets::Placeholders
    }

    /// What Secrets become.
    pub(crate) fn form(&self) -> Result<SecretsAs, Stop> {
        match (self.secrets, &self.sealed_cert) {
            (Secrets::Files | Secrets::Placeholders, _) => Ok(SecretsAs::Secrets),
            (Secrets::External, _) => {
                Ok(SecretsAs::External(self.secret_store.clone().unwrap_or_else(|| windlass_emit::secrets::STORE.to_owned())))
            }
            (Secrets::Sealed, Some(certificate)) => Ok(SecretsAs::Sealed(certificate.clone())),
            (Secrets::Sealed, None) => {
                let told = Diagnostic::error(Code("cli::sealed-cert"), "`--secrets sealed` needs the certificate of the controller");
                Err(told.help("pass `--sealed-cert FILE`; `kubeseal --fetch-cert > FILE` gets it").into())
            }
        }
    }
}

// What becomes of the project.
#[derive(Debug, Args)]
#[command(next_help_heading = "Conversion")]
pub(crate) struct ConversionArgs {
    /// Namespace of every object
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
    /// Oldest Kubernetes that must accept the objects
    #[arg(long, value_name = "VERSION", default_value_t)]
    kube_version: convert::KubeVersion,
    /// Replicas of a service, may be given again
    #[arg(long, value_name = "SVC=N", value_parser = replicas)]
    replicas: Vec<(String, u32)>,
    /// Storage class of every claim
    #[arg(long, value_name = "CLASS")]
    storage_class: Option<String>,
    /// Size of a volume, such as `data=10Gi`; may be given again
    #[arg(long = "volume-size", value_name = "NAME=SIZE", value_parser = volume_size)]
    volume_sizes: Vec<(String, String)>,
    /// What can be reached from outside: `auto`, `none`, or SVC[:PORT]=ingress|gateway|nodeport|loadbalancer|none;
    /// may be given again [default: auto]
    #[arg(long, value_name = "RULE", value_parser = expose)]
    expose: Vec<ExposeChoice>,
    /// Domain that hosts of Ingresses and HTTPRoutes are below
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
    /// Class of Ingresses that name none
    #[arg(long, value_name = "CLASS")]
    ingress_class: Option<String>,
    /// Gateway that HTTPRoutes belong to
    #[arg(long, value_name = "[NAMESPACE/]NAME")]
    gateway: Option<String>,
    /// Registry of images that the project builds
    #[arg(long, value_name = "HOST/PATH")]
    registry: Option<String>,
    /// How a service waits for what it depends on
    #[arg(long, value_name = "HOW", default_value = "init")]
    wait: Wait,
    /// Image that waits for a port
    #[arg(long, value_name = "IMAGE")]
    wait_image: Option<String>,
    /// Image that waits for a Job
    #[arg(long, value_name = "IMAGE")]
    wait_kubectl_image: Option<String>,
    /// What happens to mounts of the host's own paths
    #[arg(long, value_name = "HOW", default_value = "refuse")]
    host_paths: HostPaths,
    /// When NetworkPolicies are written
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    network_policies: NetworkPolicies,
    /// How far containers are restricted
    #[arg(long, value_name = "HOW", default_value = "preserve")]
    security: Security,
    /// Where probes and resources come from that the project leaves open
    #[arg(long, value_name = "FROM", default_value = "inferred")]
    defaults: Defaults,
    /// How several pods share a volume
    #[arg(long, value_name = "HOW", default_value = "affinity")]
    shared_volumes: SharedVolumes,
    /// Make one workload of services that differ by a number in their names alone
    #[arg(long)]
    consolidate: bool,
    /// Directory outside the project whose files may be embedded; may be given again
    #[arg(long, value_name = "DIR")]
    allow_outside: Vec<PathBuf>,
}

impl ConversionArgs {
    /// The flags that decide about objects and are among those that were given, without their dashes.
    pub(crate) fn flags(given: &BTreeSet<String>) -> Vec<String> {
        let command = Self::augment_args(clap::Command::new(""));
        let arguments = command.get_arguments().filter(|argument| given.contains(&argument.get_id().as_str().replace('_', "-")));
        arguments.filter_map(|argument| argument.get_long().map(str::to_owned)).collect()
    }

    /// `given` are the flags that were given; what the project says of the same does not count.
    pub(crate) fn options(self, mut given: BTreeSet<String>) -> convert::Options {
        // Rules for single services leave what the project says of all others.
        if self.expose.iter().all(|choice| matches!(choice, ExposeChoice::Rule(_))) {
            given.remove("expose");
        }
        let mut expose = convert::Expose::default();
        for choice in self.expose {
            match choice {
                ExposeChoice::Default(default) => expose.default = default,
                ExposeChoice::Rule(rule) => expose.rules.push(rule),
            }
        }
        convert::Options {
            namespace: self.namespace,
            kube_version: self.kube_version,
            replicas: self.replicas.into_iter().collect(),
            storage_class: self.storage_class,
            volume_sizes: self.volume_sizes.into_iter().collect::<BTreeMap<_, _>>(),
            expose,
            domain: self.domain,
            registry: self.registry,
            wait: self.wait.into(),
            wait_image: self.wait_image,
            wait_kubectl_image: self.wait_kubectl_image,
            host_paths: self.host_paths.into(),
            network_policies: self.network_policies.into(),
            security: self.security.into(),
            defaults: self.defaults.into(),
            shared_volumes: self.shared_volumes.into(),
            allow_outside: self.allow_outside,
            ingress_class: self.ingress_class,
            gateway: self.gateway,
            consolidate: self.consolidate,
            given,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum ExposeChoice {
    Default(convert::ExposeDefault),
    Rule(convert::ExposeRule),
}

fn expose(text: &str) -> Result<ExposeChoice, String> {
    match text {
        "auto" => return Ok(ExposeChoice::Default(convert::ExposeDefault::Auto)),
        "none" => return Ok(ExposeChoice::Default(convert::ExposeDefault::None)),
        _ => {}
    }
    let (what, how) = pair(text, "`auto`, `none`, or a rule such as `web:80=ingress`")?;
    let (service, port) = match what.split_once(':') {
        Some((service, port)) => (service, Some(port.parse().ok().filter(|port| *port > 0).ok_or("a port is a number from 1 to 65535")?)),
        None => (what, None),
    };
    let how = match how {
        "ingress" => convert::Exposure::Ingress,
        "gateway" => convert::Exposure::Gateway,
        "nodeport" => convert::Exposure::NodePort,
        "loadbalancer" => convert::Exposure::LoadBalancer,
        "none" => convert::Exposure::None,
        _ => return Err("the right side is one of `ingress`, `gateway`, `nodeport`, `loadbalancer`, `none`".into()),
    };
    Ok(ExposeChoice::Rule(convert::ExposeRule { service: service.into(), port, how }))
}

fn replicas(text: &str) -> Result<(String, u32), String> {
    let (service, number) = pair(text, "a service and a number, such as `web=3`")?;
    let number = number.parse().map_err(|_| "the right side is a number from 0")?;
    Ok((service.into(), number))
}

fn volume_size(text: &str) -> Result<(String, String), String> {
    let (volume, size) = pair(text, "a volume and its size, such as `data=10Gi`")?;
    if windlass_k8s::quantity::Amount::parse(size).is_none_or(windlass_k8s::quantity::Amount::is_negative) {
        return Err(format!("`{size}` is not a Kubernetes quantity such as `10Gi`"));
    }
    Ok((volume.into(), size.into()))
}

fn pair<'a>(text: &'a str, expected: &str) -> Result<(&'a str, &'a str), String> {
    text.split_once('=').filter(|(left, right)| !left.is_empty() && !right.is_empty()).ok_or_else(|| format!("expected {expected}"))
}
