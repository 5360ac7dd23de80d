//! What a path of the host is: configuration, data, a source tree, or a part of the machine itself.

use std::path::{Path as FilePath, PathBuf};

use windlass_images::image::Role;
use windlass_source::{FileKind, Origin};

use super::files::{Absent, File, Reader};
use super::writes::files_write;

/// A path of the host that services mount.
#[derive(Debug)]
pub(crate) struct HostSource {
    pub(crate) path: PathBuf,
    pub(crate) is: HostKind,
    /// Where the first mount of it is written.
    pub(crate) origin: Origin,
}

impl HostSource {
    /// The files that are embedded as they are.
    pub(crate) fn files(&self) -> &[File] {
        match &self.is {
            HostKind::File(file) => std::slice::from_ref(file),
            HostKind::Directory(files) => files,
            HostKind::Claim(_) | HostKind::Machine | HostKind::Memory | HostKind::LeftOut(..) => &[],
        }
    }
}

/// What a path of the host becomes.
#[derive(Debug)]
pub(crate) enum HostKind {
    /// One file, embedded.
    File(File),
    /// Files of a directory, embedded.
    Directory(Vec<File>),
    /// A claim, by its place among the volumes.
    Claim(usize),
    /// A part of the machine.
    Machine,
    /// Memory that processes share.
    Memory,
    /// Nothing; why, and whether it is a directory.
    LeftOut(Absent, bool),
}

/// One mount of a path, as far as it decides what the path is.
#[derive(Clone, Debug)]
pub(super) struct HostUse {
    /// The service, by its place in the project.
    pub(super) service: usize,
    /// The mount, by its place among the service's.
    pub(super) mount: usize,
    pub(super) target: String,
    pub(super) read_only: bool,
    /// A missing directory is made.
    pub(super) may_create: bool,
    /// The service runs to its end, and only reads.
    pub(super) is_input: bool,
}

/// What a path is before it is known whether a claim is made.
pub(super) enum Verdict {
    Is(HostKind),
    /// A claim, filled with these files; why it is not filled with what is there.
    Claim(Vec<File>, Option<Absent>),
}

/// Looks at a path that is no part of an image.
pub(super) fn look(path: &FilePath, uses: &[HostUse], is_tree: bool, reader: &Reader<'_>) -> Verdict {
    if path == FilePath::new("/dev/shm") {
        return Verdict::Is(HostKind::Memory);
    }
    if !reader.is_inside(path) {
        return outside(path, uses);
    }
    let files = match reader.kind(path) {
        None => return missing(path, uses),
        Some(FileKind::Special) => return Verdict::Is(HostKind::LeftOut(Absent::Special, false)),
        Some(FileKind::File) => {
            return Verdict::Is(match reader.file(path) {
                Ok(file) => HostKind::File(file),
                Err(absent) => HostKind::LeftOut(absent, false),
            });
        }
        Some(FileKind::Directory) if reader.is_empty(path) => return Verdict::Claim(Vec::new(), None),
        Some(FileKind::Directory) => reader.directory(path),
    };
    let is_content = is_tree || uses.iter().all(|usage| usage.read_only || holds_configuration(&usage.target));
    match files {
        Ok(files) if is_content || is_input(&files, uses) => Verdict::Is(HostKind::Directory(files)),
        Ok(files) => Verdict::Claim(files, None),
        Err(absent) if is_content || matches!(absent, Absent::Outside(_)) => Verdict::Is(HostKind::LeftOut(absent, true)),
        Err(absent) => Verdict::Claim(Vec::new(), Some(absent)),
    }
}

/// True for what only tasks read, as migrations are: each run is to have the files of its own time.
fn is_input(files: &[File], uses: &[HostUse]) -> bool {
    uses.iter().all(|usage| usage.is_input && (usage.read_only || !files_write(files, &usage.target)))
}

/// Docker makes a directory of what is missing, whatever its name; what was meant as a file would be one in vain.
fn missing(path: &FilePath, uses: &[HostUse]) -> Verdict {
    let may_create = uses.iter().any(|usage| usage.may_create);
    if may_create && !is_file_name(path) && !uses.iter().any(|usage| is_file_name(FilePath::new(&usage.target))) {
        Verdict::Claim(Vec::new(), None)
    } else {
        Verdict::Is(HostKind::LeftOut(Absent::Missing, false))
    }
}

/// What lies elsewhere on the machine is judged by its name alone: the machine that converts need not be the one that runs.
fn outside(path: &FilePath, uses: &[HostUse]) -> Verdict {
    if is_machine(path) {
        return Verdict::Is(HostKind::Machine);
    }
    let private = [".ssh", ".aws", ".kube", ".docker", ".gnupg", ".config", ".npm", ".m2"];
    let is_private = path.components().any(|part| private.iter().any(|name| part.as_os_str() == *name));
    let is_file = is_file_name(path) || uses.iter().any(|usage| is_file_name(FilePath::new(&usage.target)));
    if is_private || is_file || !path.is_absolute() {
        return Verdict::Is(HostKind::LeftOut(Absent::Outside(path.to_owned()), !is_file));
    }
    Verdict::Claim(Vec::new(), Some(Absent::Outside(path.to_owned())))
}

/// Paths that belong to the machine or its container engine: nothing that a pod may have of its node.
fn is_machine(path: &FilePath) -> bool {
    const MACHINE: [&str; 19] = [
        "/bin",
        "/boot",
        "/dev",
        "/etc",
        "/lib",
        "/lib64",
        "/proc",
        "/run",
        "/sbin",
        "/sys",
        "/usr",
        "/var/cache",
        "/var/lib/containerd",
        "/var/lib/containers",
        "/var/lib/docker",
        "/var/lib/kubelet",
        "/var/log",
        "/var/run",
        "/tmp/.X11-unix",
    ];
    path == FilePath::new("/")
        || path == FilePath::new("/var")
        || path == FilePath::new("/var/lib")
        || path == FilePath::new("/home")
        // What lies in it is a user's, as in `/home`: `~/models` of whoever works as root.
        || path == FilePath::new("/root")
        || path.extension().is_some_and(|extension| extension == "sock")
        || MACHINE.iter().any(|machine| path.starts_with(machine))
}

/// Devices that every container has (OCI runtime specification, "Default Devices").
pub(crate) fn is_in_every_container(path: &FilePath) -> bool {
    ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"].iter().any(|device| path == FilePath::new(device))
}

/// True for what is named as files are: with an ending, or as some well-known ones without.
fn is_file_name(path: &FilePath) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
    if matches!(name, "Caddyfile" | "Dockerfile" | "Makefile" | "Procfile" | "Corefile" | "hosts" | "passwd" | "id_rsa" | "id_ed25519") {
        return true;
    }
    let Some((stem, ending)) = name.rsplit_once('.') else { return false };
    // `conf.d`, `.cache`, `v1.2`, `example.com` are directories.
    let directory = matches!(ending, "d" | "com" | "org" | "net" | "io" | "dev" | "local" | "app" | "git" | "lan" | "eu" | "de");
    let letters = ending.bytes().all(|byte| byte.is_ascii_alphanumeric()) && ending.bytes().any(|byte| byte.is_ascii_alphabetic());
    (!stem.is_empty() || matches!(ending, "env" | "htpasswd" | "npmrc" | "pgpass" | "netrc")) && letters && ending.len() <= 10 && !directory
}

/// Places where programs look for configuration and content, and write nothing.
fn holds_configuration(target: &str) -> bool {
    const PLACES: [&str; 27] = [
        "/docker-entrypoint-initdb.d",
        "/docker-entrypoint.d",
        "/etc/alertmanager",
        "/etc/alloy",
        "/etc/apache2",
        "/etc/clickhouse-server/config.d",
        "/etc/clickhouse-server/users.d",
        "/etc/envoy",
        "/etc/grafana/provisioning",
        "/etc/haproxy",
        "/etc/httpd",
        "/etc/loki",
        "/etc/mysql",
        "/etc/nginx",
        "/etc/otel",
        "/etc/prometheus",
        "/etc/promtail",
        "/etc/supervisor",
        "/etc/temporal/config",
        "/etc/vector",
        "/flyway/sql",
        "/opt/keycloak/data/import",
        "/usr/local/apache2/conf",
        "/usr/local/etc/haproxy",
        "/usr/local/etc/php",
        "/usr/share/logstash/config",
        "/usr/share/logstash/pipeline",
    ];
    PLACES.iter().any(|place| FilePath::new(target).starts_with(place))
}

/// True for a directory that programs are made of, by what lies in it.
pub(super) fn is_source_tree(path: &FilePath, reader: &Reader<'_>) -> bool {
    const MARKS: [&str; 22] = [
        "package.json",
        "composer.json",
        "requirements.txt",
        "pyproject.toml",
        "setup.py",
        "manage.py",
        "go.mod",
        "Gemfile",
        "Cargo.toml",
        "pom.xml",
        "build.gradle",
        "artisan",
        "mix.exs",
        "tsconfig.json",
        "Dockerfile",
        ".git",
        "Pipfile",
        "deno.json",
        "main.go",
        "index.php",
        "wp-config.php",
        "build.sbt",
    ];
    let names = reader.names(path);
    if names.iter().any(|name| MARKS.contains(&name.as_str()) || is_code(name)) {
        return true;
    }
    // One level further: `src/components/*.vue`.
    names.iter().take(50).any(|name| !name.contains('.') && reader.names(&path.join(name)).iter().any(|name| is_code(name)))
}

/// True for a file of a program, by its ending.
pub(super) fn is_code(name: &str) -> bool {
    const CODE: [&str; 17] =
        ["py", "js", "mjs", "ts", "jsx", "tsx", "php", "go", "rb", "java", "rs", "cs", "ex", "vue", "svelte", "kt", "scala"];
    name.rsplit_once('.').is_some_and(|(_, ending)| CODE.contains(&ending))
}

/// What does the work of a part of the machine in a cluster.
pub(crate) fn instead_of_machine(path: &FilePath, role: Option<Role>) -> &'static str {
    let is_engine = path.extension().is_some_and(|extension| extension == "sock") || path.starts_with("/var/lib/docker");
    match (is_engine, role) {
        (true, Some(Role::Proxy | Role::WebServer)) => "an ingress controller finds services by Ingress objects: `--expose`",
        (true, Some(Role::Agent | Role::Monitoring)) => "a node agent (DaemonSet) reads the kubelet and the container runtime",
        (true, Some(Role::Ci)) => "a runner with a Kubernetes executor starts pods",
        (true, Some(Role::Admin)) => "a dashboard takes a ServiceAccount and the Kubernetes API",
        (true, _) => "nodes have no Docker socket; programs take a ServiceAccount and the Kubernetes API",
        (false, _) if is_in_every_container(path) => "every container has this device in the same place",
        (false, Some(Role::Agent | Role::Monitoring)) => "the tool's own chart runs it as a DaemonSet with the access that it needs",
        (false, _) if path.starts_with("/etc/letsencrypt") || path.starts_with("/etc/ssl") => {
            "certificates come from a TLS Secret, by hand or by cert-manager"
        }
        (false, _) => "a pod has no part of its node's file system; keep what is needed in the project or in an image",
    }
}
