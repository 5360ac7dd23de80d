//! What is known of one image. Values only: entries are read and matched in [`crate::catalogue`].
//!
//! Fields that an entry leaves out are unknown, not absent: an empty list of ports says nothing, `shell` is an `Option` for the same reason.

mod configured;
mod part;
mod wrappers;

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::dump::Dump;

pub use part::Part;
use wrappers::program;
pub use wrappers::{is_own_script, shell_options, split_wrappers};

/// What an image's documentation says of it, for the tag and repository that was asked for.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// The entry's name in the catalogue: `postgres`.
    #[serde(skip)]
    pub name: &'static str,
    /// How sure the match is.
    #[serde(skip)]
    pub known_by: KnownBy,
    /// Address or name of the image's own documentation, which these facts can be checked against.
    pub documentation: String,
    /// What the image is for.
    pub role: Role,
    /// Whether its process stays or ends.
    #[serde(default)]
    pub lifetime: Lifetime,
    /// Keeps data that must outlive the container.
    #[serde(default)]
    pub stateful: bool,
    /// Members of a cluster find each other by name before they are ready, so their Service publishes addresses that are not ready.
    #[serde(default)]
    pub clustered: bool,
    /// With several replicas each member has data of its own, so each may have a claim of its own. Two copies of a plain database must not.
    #[serde(default)]
    pub members_own_data: bool,
    /// Ports that the default configuration listens on; the first is the main one.
    #[serde(default)]
    pub ports: Vec<Port>,
    /// What moves a port, and the port that it moves, in the order of precedence: an environment variable (`PGPORT`), an option (`--port`), or the
    /// beginning of a word (`port=`); see [`Image::configured`].
    #[serde(default)]
    pub port_settings: Vec<(String, u16)>,
    /// What moves the directory of the data, in the order of precedence: an environment variable (`PGDATA`) or an option (`--datadir`). It names the
    /// directory itself, in which the server bears no `lost+found`; see [`Image::configured`].
    #[serde(default)]
    pub data_settings: Vec<String>,
    /// The image itself declares a `HEALTHCHECK`, which Kubernetes ignores.
    #[serde(default)]
    pub healthcheck: bool,
    /// Checks of the default configuration.
    #[serde(default)]
    pub health: Health,
    /// The user that the server's process ends as.
    pub user: Option<User>,
    /// Users that the image has beside root, with their number, which is also that of the group of this name.
    #[serde(default)]
    pub accounts: BTreeMap<String, u32>,
    /// The group that volumes should belong to, where it is not the user's; see [`Image::volume_group`].
    pub fs_group: Option<i64>,
    /// Directories, other than `volumes`, that must be writable when the root file system is read-only. The image has nothing there that an empty directory
    /// would hide, or fills it at the start.
    #[serde(default)]
    pub writable: Vec<String>,
    /// Paths that the image declares as volumes, keeps its state at, or has content at that Docker copies into a new volume.
    #[serde(default)]
    pub volumes: Vec<Volume>,
    /// The best shell in the image.
    pub shell: Option<Shell>,
    /// What a small production needs.
    pub resources: Resources,
    /// Environment variables that hold secrets.
    #[serde(default)]
    pub credentials: Vec<String>,
    /// What a variable of `credentials` ends in when it names a file instead: `_FILE`.
    pub file_suffix: Option<String>,
    /// Environment variables that hold host names, addresses or URLs of other services.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// How the server is stopped, where Docker's defaults (SIGTERM, 10 s) don't fit.
    #[serde(default)]
    pub stop: Stop,
    /// Capabilities that the image needs when all others are dropped, without `CAP_`.
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// Its programs gain privileges when they start (file capabilities, setuid), so `allowPrivilegeEscalation: false` breaks it.
    #[serde(default)]
    pub gains_privileges: bool,
    /// What a person must know before it runs in a cluster, one sentence each.
    #[serde(default)]
    pub notes: Vec<String>,
    /// First words of a `command` with which the container still is this image's server, one (`redis-server`) or several (`npm start`) each: of a
    /// program with subcommands those that serve (`kong start`); see [`Image::is_server_command`].
    #[serde(default)]
    pub programs: Vec<String>,
    /// What it may be instead, where the command or a variable chooses; see [`Image::configured`].
    #[serde(default)]
    pub parts: Vec<Part>,
    /// How its content is dumped.
    pub dump: Option<Dump>,
}

/// How an image was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KnownBy {
    /// By its repository or a mirror of it: every fact holds.
    #[default]
    Repository,
    /// By its last path component alone (`acme/postgres`): only what follows from the software is kept (role, ports, data, credentials, resources), with a
    /// TCP check; user, shell, paths to write and capabilities are unknown.
    Name,
}

/// What an image is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A database, or a store that others coordinate through.
    Datastore,
    /// A store whose content can be made again.
    Cache,
    /// A message broker.
    Queue,
    /// A search engine.
    Search,
    /// Objects or files for other services.
    Storage,
    /// Serves files, or an application's pages.
    WebServer,
    /// Passes requests on to other services.
    Proxy,
    /// A language or application server that runs somebody's code.
    Runtime,
    /// Metrics, logs, traces and their dashboards.
    Monitoring,
    /// Watches or steers the machine that it runs on; in a cluster a DaemonSet, or nothing.
    Agent,
    /// Sends or receives mail.
    Mail,
    /// Builds, tests, or keeps sources and artefacts.
    Ci,
    /// Accounts, sign-on and secrets.
    Identity,
    /// A user interface to administer other services.
    Admin,
    /// Of use in development only: mail catchers, emulators, test browsers.
    DevTool,
    /// Copies data away on a schedule.
    Backup,
    /// A command that is run and ends.
    Tool,
    /// An operating system's base, which says nothing of what runs in it.
    Base,
    /// An application that people use.
    App,
}

/// Whether an image's process stays or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lifetime {
    /// Runs until it is stopped; `restart: "no"` doesn't make it a job.
    Server,
    /// Runs a command to its end.
    OneShot,
    /// Depends on the command: language and operating system images.
    #[default]
    Command,
}

/// A port that the default configuration listens on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Port {
    /// A name fit for a Service: at most 15 lower-case letters, digits and dashes.
    pub name: String,
    /// The number.
    pub port: u16,
    /// The transport.
    #[serde(default)]
    pub protocol: Protocol,
    /// What is spoken, as a Service's `appProtocol`: `http`, `https`, `grpc`, `kubernetes.io/h2c`. None for what Kubernetes has no name for.
    pub app: Option<String>,
}

/// A port's transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// TCP.
    #[default]
    Tcp,
    /// UDP.
    Udp,
}

/// The checks of an image. A missing liveness check is advice: the server ends by itself when it is broken, or a restart would do harm.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Health {
    /// May requests come?
    pub readiness: Option<Probe>,
    /// Must it be restarted?
    pub liveness: Option<Probe>,
    /// Has it started? Only for servers whose start takes long; others take the readiness check.
    pub startup: Option<Probe>,
}

/// One check and its timing.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "ProbeFields")]
pub struct Probe {
    /// What is asked.
    pub check: Check,
    /// Seconds between two checks.
    pub period: u32,
    /// Seconds after which an unanswered check has failed.
    pub timeout: u32,
    /// Failures in a row that count.
    pub failures: u32,
}

/// What a check asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// An HTTP request that is answered with 200 to 399.
    Http(Http),
    /// A connection to this port.
    Tcp(u16),
    /// A command of exactly these words, no shell, that ends with 0.
    Exec(Vec<String>),
    /// A script for `sh -c` that ends with 0; secrets come from the container's own environment.
    Shell(String),
    /// The gRPC health service on this port.
    Grpc(u16),
}

/// An HTTP check.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Path and query.
    pub path: String,
    /// The port.
    pub port: u16,
    /// TLS, without verification of the certificate.
    #[serde(default)]
    pub tls: bool,
    /// The `Host` header, where the server minds it.
    pub host: Option<String>,
}

/// A probe as an entry writes it: one check beside its timing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProbeFields {
    http: Option<Http>,
    tcp: Option<u16>,
    exec: Option<Vec<String>>,
    shell: Option<String>,
    grpc: Option<u16>,
    #[serde(default = "default_period")]
    period: u32,
    #[serde(default = "default_timeout")]
    timeout: u32,
    #[serde(default = "default_failures")]
    failures: u32,
}

fn default_period() -> u32 {
    10
}

fn default_timeout() -> u32 {
    5
}

fn default_failures() -> u32 {
    3
}

impl TryFrom<ProbeFields> for Probe {
    type Error = String;

    fn try_from(fields: ProbeFields) -> Result<Self, Self::Error> {
        let ProbeFields { http, tcp, exec, shell, grpc, period, timeout, failures } = fields;
        let checks = [http.map(Check::Http), tcp.map(Check::Tcp), exec.map(Check::Exec), shell.map(Check::Shell), grpc.map(Check::Grpc)];
        let mut checks = checks.into_iter().flatten();
        match (checks.next(), checks.next()) {
            (Some(check), None) => Ok(Self { check, period, timeout, failures }),
            _ => Err("a probe has exactly one of http, tcp, exec, shell and grpc".to_owned()),
        }
    }
}

/// The user that a server's process ends as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// User id.
    pub uid: i64,
    /// Group id.
    pub gid: i64,
    /// The container starts as root and then becomes this user: with `runAsNonRoot` it does not start, unless it is `direct`.
    #[serde(default)]
    pub starts_as_root: bool,
    /// The container may as well be started as this user (`runAsUser`), by its documentation; it then can't change the owner of files.
    #[serde(default)]
    pub direct: bool,
}

/// A path of an image that a volume may stand at.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// Absolute path in the container.
    pub path: String,
    /// A claim's size where nobody says one, as a Kubernetes quantity. None: no state is kept here.
    pub size: Option<String>,
    /// The image declares it (`VOLUME`), so Docker makes an anonymous volume when nothing is mounted.
    #[serde(default)]
    pub declared: bool,
    /// The image has files here that Docker copies into a new named volume.
    #[serde(default)]
    pub content: bool,
    /// The server refuses a directory with `lost+found`, so a claim is mounted by a `subPath`.
    #[serde(default)]
    pub sub_path: bool,
}

/// The best shell in an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shell {
    /// `/bin/sh` only (dash or busybox): no `/dev/tcp`.
    Sh,
    /// `bash` and `sh`.
    Bash,
    /// None: only the server's own programs can be run.
    None,
}

/// What a small production needs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resources {
    /// What the scheduler sets aside.
    pub requests: Amounts,
    /// What may be used at most.
    pub limits: Amounts,
    /// The least memory by the documentation; a limit below it doesn't work.
    pub min_memory: Option<String>,
}

/// Processor and memory as Kubernetes quantities.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amounts {
    /// Processor: `250m`, `1`.
    pub cpu: String,
    /// Memory: `512Mi`.
    pub memory: String,
}

/// How a server is stopped.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// The image's own `STOPSIGNAL`, which Kubernetes sends too.
    pub signal: Option<String>,
    /// Seconds that an orderly stop may take.
    pub grace: Option<u32>,
}

impl Image {
    /// Whether a `restart: "no"` or a missing port doesn't make it a job.
    pub fn is_server(&self) -> bool {
        self.lifetime == Lifetime::Server
    }

    /// The group that volumes should belong to: `fs_group`, else the user's group unless that is root's.
    pub fn volume_group(&self) -> Option<i64> {
        self.fs_group.or_else(|| self.user.map(|user| user.gid).filter(|gid| *gid != 0))
    }

    /// What is known of a mount at `path`, which may end in a slash.
    pub fn volume_at(&self, path: &str) -> Option<&Volume> {
        let path = path.trim_end_matches('/');
        self.volumes.iter().find(|volume| volume.path == path)
    }

    /// Whether a `command` with these words leaves the container this image's server: options only, or one of `programs` first
    /// (`redis-server --appendonly yes`). What wraps them is passed over ([`split_wrappers`]). No words are the image's own command; a script
    /// alone starts what it likes, unless it has the name that the image's own has (`docker-entrypoint.sh`).
    /// After options, `migrate` is what another program of the image does (`-c kratos.yml migrate sql`).
    pub fn is_server_command<S: AsRef<str>>(&self, words: &[S]) -> bool {
        let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
        let (wrappers, words) = split_wrappers(&words);
        let words = without_paths(words);
        match words.first() {
            None => wrappers.last().is_none_or(|script| is_own_script(program(script))),
            Some(_) if words.contains(&"--stop-after-init") => false,
            Some(first) if first.starts_with('-') => !words.contains(&"migrate"),
            Some(_) => self.servers().any(|known| self.is_program(known, &words)),
        }
    }

    /// Whether the words begin with the known ones. A program that is known with subcommands too (`solr` and `solr start`) serves alone, with
    /// options or with one of those; another subcommand does something and ends.
    fn is_program(&self, known: &str, words: &[&str]) -> bool {
        let mut rest = words.iter();
        if !known.split(' ').all(|word| rest.next() == Some(&word)) {
            return false;
        }
        let has_subcommands =
            || self.servers().any(|other| other.strip_prefix(known).is_some_and(|subcommand| subcommand.starts_with(' ')));
        rest.next().is_none_or(|next| next.starts_with('-')) || !has_subcommands()
    }

    /// The first words of all commands that serve.
    fn servers(&self) -> impl Iterator<Item = &str> {
        self.programs.iter().map(String::as_str).chain(self.parts.iter().flat_map(Part::programs))
    }
}

/// The words with programs by their names alone. An option stays whole, whatever path its value is.
fn without_paths<'w>(words: &[&'w str]) -> Vec<&'w str> {
    words.iter().map(|word| if word.starts_with('-') { word } else { program(word) }).collect()
}
