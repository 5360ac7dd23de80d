//! `services.*`: the attributes of a service. Each has its rule beside it; those with a form of their own have a file.

use smol_str::SmolStr;
use windlass_source::{Origin, Spanned};
use windlass_yaml::Node;

use crate::model::ai_model::{MODELS, ServiceModel};
use crate::model::blkio_config::{BLKIO_CONFIG, BlkioConfig};
use crate::model::build::{BUILD, Build};
use crate::model::by_name::ByName;
use crate::model::command::{COMMAND, CommandLine};
use crate::model::credential_spec::{CREDENTIAL_SPEC, CredentialSpec};
use crate::model::depends_on::{DEPENDS_ON, Dependency};
use crate::model::deploy::{DEPLOY, Deploy};
use crate::model::develop::{DEVELOP, Develop};
use crate::model::device::{DEVICES, Device};
use crate::model::device_request::{DeviceRequest, GPUS};
use crate::model::env_file::{ENV_FILE, EnvFile};
use crate::model::environment::{ENVIRONMENT, Environment};
use crate::model::extends::EXTENDS;
use crate::model::extra_hosts::{EXTRA_HOSTS, ExtraHosts};
use crate::model::file_mount::{CONFIG_MOUNTS, FileMount, SECRET_MOUNTS};
use crate::model::healthcheck::{HEALTHCHECK, Healthcheck};
use crate::model::hook::{HOOKS, Hook};
use crate::model::label::{LABELS, Labels};
use crate::model::logging::{LOGGING, Logging};
use crate::model::long::list_of_one;
use crate::model::mount::{MOUNTS, Mount};
use crate::model::namespace::{Cgroup, Namespace, NetworkMode};
use crate::model::paths;
use crate::model::port::{PORTS, Port};
use crate::model::provider::{PROVIDER, Provider};
use crate::model::pull_policy::{PULL_POLICY, PullPolicy};
use crate::model::quantity::{Bytes, Duration};
use crate::model::read::text;
use crate::model::record::record;
use crate::model::restart::Restart;
use crate::model::rule::{BOOL, BOOL_OR_TEXT, COUNT, Cast, DISTINCT_TEXTS, FLAG, INT_OR_TEXT, Kinds, Merge, NUMBER_OR_TEXT, Rule, TEXT};
use crate::model::service_network::{SERVICE_NETWORKS, ServiceNetwork};
use crate::model::table::{NAMED_TEXT_OR_TEXTS, NAMED_TEXTS, TABLE};
use crate::model::ulimit::{ULIMITS, Ulimit};
use crate::model::windlass::{SERVICE_SETTINGS, ServiceSettings};

record! {
    /// A service. An attribute that is not set is `None` or empty.
    pub struct Service as SERVICE.moved(MOVED) + {
        /// Its name, with the place of its key.
        name: Spanned<SmolStr>,
    } {
        /// The image to run.
        image: Option<Spanned<SmolStr>> = TEXT,
        /// Published ports.
        ports: Vec<Spanned<Port>> = PORTS,
        /// How to build the image.
        build: Option<Spanned<Box<Build>>> = BUILD,
        /// What is mounted.
        volumes: Vec<Spanned<Mount>> = MOUNTS,
        /// Environment variables; `None`: taken from the shell, and not set when the shell has none.
        environment: Environment = ENVIRONMENT,
        /// Files of environment variables.
        env_file: Vec<Spanned<EnvFile>> = ENV_FILE,
        /// What it waits for.
        depends_on: ByName<Spanned<Dependency>> = DEPENDS_ON,
        /// Networks; `None`: with nothing of its own.
        networks: ByName<Option<Spanned<ServiceNetwork>>> = SERVICE_NETWORKS,
        /// The words that replace the image's CMD; empty: clears it.
        command: Option<Spanned<CommandLine>> = COMMAND,
        /// The words that replace the image's ENTRYPOINT; empty: clears it.
        entrypoint: Option<Spanned<CommandLine>> = COMMAND,
        /// What happens when it ends.
        restart: Option<Spanned<Restart>> = TEXT,
        /// How the engine learns that it works.
        healthcheck: Option<Spanned<Healthcheck>> = Rule::object(&HEALTHCHECK),
        /// How many, where and how; from Swarm.
        deploy: Option<Spanned<Box<Deploy>>> = Rule::object(&DEPLOY).or(Kinds::NULL),
        /// Labels of the container.
        labels: Labels = LABELS,
        /// The name of the container. Compose wants two characters or more.
        container_name: Option<Spanned<SmolStr>> =
            TEXT.text_like(is_container_name, "two or more letters, digits, `_`, `.` or `-`"),
        /// Profiles in which it takes part; empty: in all.
        profiles: Vec<Spanned<SmolStr>> = NAMED_TEXTS,
        /// Secrets, mounted as files.
        secrets: Vec<Spanned<FileMount>> = SECRET_MOUNTS,
        /// Configs, mounted as files.
        configs: Vec<Spanned<FileMount>> = CONFIG_MOUNTS,
        /// Ports for other services, `80`, `80-90` or `80/udp`.
        expose: Vec<Spanned<SmolStr>> = Rule::list(&INT_OR_TEXT).distinct().same_by(|item| text(&item.value)),
        /// Lines of /etc/hosts.
        extra_hosts: ExtraHosts = EXTRA_HOSTS,
        /// The host's name within the container.
        hostname: Option<Spanned<SmolStr>> = TEXT,
        /// Its domain.
        domainname: Option<Spanned<SmolStr>> = TEXT,
        /// The user, `1000`, `1000:1000` or a name.
        user: Option<Spanned<SmolStr>> = TEXT,
        /// The working directory.
        working_dir: Option<Spanned<SmolStr>> = TEXT,
        /// What the project decides about its conversion.
        windlass ["x-windlass"]: Option<Spanned<Box<ServiceSettings>>> = Rule::object(&SERVICE_SETTINGS),
        /// Where its output goes.
        logging: Option<Spanned<Logging>> = LOGGING,
        /// Capabilities beside the engine's defaults.
        cap_add: Vec<Spanned<SmolStr>> = NAMED_TEXTS,
        /// Capabilities taken away.
        cap_drop: Vec<Spanned<SmolStr>> = NAMED_TEXTS,
        /// Security labels and profiles.
        security_opt: Vec<Spanned<SmolStr>> = DISTINCT_TEXTS,
        /// All capabilities and devices.
        privileged: Option<Spanned<bool>> = FLAG,
        /// Root file system without writing.
        read_only: Option<Spanned<bool>> = FLAG,
        /// Directories in memory, `path[:options]`.
        tmpfs: Vec<Spanned<SmolStr>> = NAMED_TEXT_OR_TEXTS,
        /// An init process reaps children.
        init: Option<Spanned<bool>> = FLAG,
        /// A terminal.
        tty: Option<Spanned<bool>> = FLAG,
        /// Standard input stays open.
        stdin_open: Option<Spanned<bool>> = FLAG,
        /// The signal that ends it.
        stop_signal: Option<Spanned<SmolStr>> = TEXT,
        /// The time from that signal to SIGKILL.
        stop_grace_period: Option<Spanned<Duration>> = TEXT,
        /// Limits of processes.
        ulimits: ByName<Spanned<Ulimit>> = ULIMITS,
        /// Kernel parameters.
        sysctls: Labels = TABLE,
        /// The number of containers.
        scale: Option<Spanned<i64>> = COUNT,
        /// Processors, in cores.
        cpus: Option<Spanned<f64>> = NUMBER_OR_TEXT.cast(Cast::Float),
        /// Memory that it may use, in bytes.
        mem_limit: Option<Spanned<Bytes>> = NUMBER_OR_TEXT,
        /// Memory that it should have, in bytes.
        mem_reservation: Option<Spanned<Bytes>> = INT_OR_TEXT,
        /// Memory and swap together, in bytes; -1: no limit.
        memswap_limit: Option<Spanned<Bytes>> = NUMBER_OR_TEXT,
        /// Inclination to swap, in percent.
        mem_swappiness: Option<Spanned<Bytes>> = INT_OR_TEXT,
        /// Size of /dev/shm, in bytes.
        shm_size: Option<Spanned<Bytes>> = NUMBER_OR_TEXT,
        /// Number of processes; -1: no limit.
        pids_limit: Option<Spanned<i64>> = NUMBER_OR_TEXT.cast(Cast::Int),
        /// Processors that it may use, `0-3,5`.
        cpuset: Option<Spanned<SmolStr>> = TEXT,
        /// Relative weight.
        cpu_shares: Option<Spanned<i64>> = NUMBER_OR_TEXT.cast(Cast::Int),
        /// Microseconds of processor time a period.
        cpu_quota: Option<Spanned<i64>> = NUMBER_OR_TEXT.cast(Cast::Int),
        /// Length of a period in microseconds.
        cpu_period: Option<Spanned<i64>> = NUMBER_OR_TEXT.cast(Cast::Int),
        /// Real-time period in microseconds.
        cpu_rt_period: Option<Spanned<i64>> = NUMBER_OR_TEXT.cast(Cast::Int),
        /// Real-time runtime in microseconds.
        cpu_rt_runtime: Option<Spanned<i64>> = NUMBER_OR_TEXT.cast(Cast::Int),
        /// Number of processors (Windows).
        cpu_count: Option<Spanned<i64>> = COUNT.range(0, i64::MAX),
        /// Share of the processors in percent (Windows).
        cpu_percent: Option<Spanned<f64>> = INT_OR_TEXT.range(0, 100).cast(Cast::Float),
        /// Limits of block devices.
        blkio_config: Option<Spanned<Box<BlkioConfig>>> = Rule::object(&BLKIO_CONFIG),
        /// Never ended for want of memory.
        oom_kill_disable: Option<Spanned<bool>> = FLAG,
        /// Inclination to be ended for want of memory, -1000 to 1000.
        oom_score_adj: Option<Spanned<i64>> = COUNT.range(-1000, 1000),
        /// How it is networked, when not by `networks`.
        network_mode: Option<Spanned<NetworkMode>> = TEXT,
        /// Whose processes it sees.
        pid: Option<Spanned<Namespace>> = TEXT.or(Kinds::NULL),
        /// Whose shared memory it sees.
        ipc: Option<Spanned<Namespace>> = TEXT,
        /// Whose host name it has.
        uts: Option<Spanned<Namespace>> = TEXT,
        /// Whose user ids it has.
        userns_mode: Option<Spanned<Namespace>> = TEXT,
        /// Whose cgroup it sees.
        cgroup: Option<Spanned<Cgroup>> = TEXT.words(Cgroup::WORDS),
        /// The cgroup above its own.
        cgroup_parent: Option<Spanned<SmolStr>> = TEXT,
        /// Groups beside the user's own, by number or name.
        group_add: Vec<Spanned<SmolStr>> = Rule::list(&NUMBER_OR_TEXT).distinct(),
        /// Devices of the host.
        devices: Vec<Spanned<Device>> = DEVICES,
        /// Rules of the device cgroup.
        device_cgroup_rules: Vec<Spanned<SmolStr>> = DISTINCT_TEXTS,
        /// Graphics processors.
        gpus: Vec<Spanned<DeviceRequest>> = GPUS,
        /// Name servers.
        dns: Vec<Spanned<SmolStr>> = NAMED_TEXT_OR_TEXTS.long_form(list_of_one),
        /// Options of the resolver.
        dns_opt: Vec<Spanned<SmolStr>> = NAMED_TEXTS.merged(Merge::Sequence),
        /// Domains in which names are looked up.
        dns_search: Vec<Spanned<SmolStr>> = NAMED_TEXT_OR_TEXTS,
        /// Services under other names, `service[:alias]`.
        links: Vec<Spanned<SmolStr>> = NAMED_TEXTS,
        /// Containers outside the project, `container[:alias]`.
        external_links: Vec<Spanned<SmolStr>> = DISTINCT_TEXTS,
        /// Annotations of the container.
        annotations: Labels = LABELS,
        /// Files of labels.
        label_file: Vec<Spanned<SmolStr>> = LABEL_FILES,
        /// False: its output is not shown by `up`.
        attach: Option<Spanned<bool>> = BOOL_OR_TEXT,
        /// `os[/arch[/variant]]`.
        platform: Option<Spanned<SmolStr>> = TEXT,
        /// When the image is pulled.
        pull_policy: Option<Spanned<PullPolicy>> = PULL_POLICY,
        /// The age at which `pull_policy: refresh` pulls; in the schema, without effect in docker compose.
        pull_refresh_after: Option<Spanned<SmolStr>> = TEXT,
        /// The container runtime.
        runtime: Option<Spanned<SmolStr>> = TEXT,
        /// How containers are isolated (Windows).
        isolation: Option<Spanned<SmolStr>> = TEXT,
        /// Credentials of a managed service account (Windows).
        credential_spec: Option<Spanned<CredentialSpec>> = Rule::object(&CREDENTIAL_SPEC),
        /// The address of its network card.
        mac_address: Option<Spanned<SmolStr>> = TEXT,
        /// Language models that it uses; `None`: with nothing of its own.
        models: ByName<Option<Spanned<ServiceModel>>> = MODELS,
        /// Commands after its start.
        post_start: Vec<Spanned<Hook>> = HOOKS,
        /// Commands before its end.
        pre_stop: Vec<Spanned<Hook>> = HOOKS,
        /// Who runs it instead of Compose.
        provider: Option<Spanned<Provider>> = Rule::object(&PROVIDER),
        /// What happens when its files change.
        develop: Option<Spanned<Box<Develop>>> = Rule::object(&DEVELOP).or(Kinds::NULL),
        /// Options of the storage driver.
        storage_opt: Labels = Rule::any_map(),
        /// The engine's socket, with the user's credentials.
        use_api_socket: Option<Spanned<bool>> = BOOL,
        /// Mounts of other services or containers, `[container:]name[:ro]`.
        volumes_from: Vec<Spanned<SmolStr>> = DISTINCT_TEXTS,
        /// What it started from; gone after loading.
        extends: Option<Spanned<Node>> = EXTENDS,
    }
}

/// What has taken the place of attributes of earlier versions.
const MOVED: &[(&str, &str)] = &[
    ("cpu_rt_quota", "`cpu_rt_runtime`"),
    ("dockerfile", "`build.dockerfile`"),
    ("log_driver", "`logging.driver`"),
    ("log_opt", "`logging.options`"),
    ("memory", "`mem_limit` or `deploy.resources.limits.memory`"),
    ("net", "`network_mode`"),
    ("replicas", "`scale` or `deploy.replicas`"),
    ("resources", "`deploy.resources`"),
    ("restart_policy", "`restart` or `deploy.restart_policy`"),
    ("volume_driver", "`driver` of the volume at the top of the file"),
];

/// A path, or a list of them.
const LABEL_FILES: Rule = {
    const ITEM: Rule = TEXT.path(paths::local);
    Rule::list(&ITEM).or(Kinds::TEXT).merged(Merge::Sequence).long_form(list_of_one)
};

/// True when a part of `name` could name a container, which is all that Compose asks for.
fn is_container_name(name: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    name.as_bytes().windows(2).any(|pair| pair[0].is_ascii_alphanumeric() && inner(pair[1]))
}

impl Service {
    /// Where its name is written.
    pub fn origin(&self) -> &Origin {
        &self.name.origin
    }
}

#[cfg(test)]
mod tests {
    use crate::model::case::web;

    #[test]
    fn what_compose_does_not_know_is_refused() {
        let cases: &[(&[&str], &str)] = &[
            (&["enviroment: {}"], "service `web` has no attribute `enviroment` @ enviroment"),
            (&["image: 1"], "`image` of service `web` must be text @ 1"),
            (&["image:"], "`image` of service `web` must be text @ "),
            (&["container_name: a"], "`container_name` of service `web` must be two or more letters, digits, `_`, `.` or `-` @ a"),
            (&["cpu_percent: 101"], "`cpu_percent` of service `web` must be from 0 to 100 @ 101"),
            (&["init: '1'"], "`init` of service `web` must be `true` or `false` @ '1'"),
            (&["scale: 1.5"], "`scale` of service `web` must be a whole number @ 1.5"),
            (&["hostname: 2001-01-01"], "`hostname` of service `web` must be text @ 2001-01-01"),
            (&["x-own: { a: [] }\nscale: '2'"], "{x-own: {a: []}, scale: 2}"),
        ];
        for (files, expected) in cases {
            assert_eq!(web(files), *expected, "{files:?}");
        }
    }

    #[test]
    fn nothing_in_a_later_file_changes_nothing() {
        assert_eq!(
            web(&["hostname: a\ndns: 1.1.1.1", "hostname:\ndns: [2.2.2.2, 1.1.1.1]"]),
            r#"{hostname: "a", dns: ["1.1.1.1", "2.2.2.2"]}"#
        );
    }
}
