//! CO028 sensitive-mount.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::severity::{Grade, Severity};

declare_rule! {
    /// A directory of the host that holds its system, its secrets or its people's files is mounted.
    ///
    /// Writable it is P1 where that means root, read-only P2. Less for agents that look after the machine, and for files that belong to
    /// one program. What tells nobody anything is left alone read-only: time zone, names, public certificates.
    ///
    /// ## Why
    /// The walls between container and host end there: keys and passwords can be read, programs and schedules of root written.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     volumes:
    ///       - /etc:/host/etc
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     volumes:
    ///       - /etc/localtime:/etc/localtime:ro
    /// ```
    pub(crate) static RULE = {
        id: "CO028", slug: "sensitive-mount", control: HostAccess, severity: P1,
        aliases: ["kics:volume_has_sensitive_host_directory", "compose-lint:CL-0013", "compose-lint:CL-0025", "docker-bench:5.6"],
        effort: 30,
        check: Service(check),
    }
}

/// Trees in which writing means root of the host, and reading its secrets.
const SYSTEM: [&str; 6] = ["/etc", "/root", "/boot", "/proc", "/var/lib/docker", "/var/lib/containerd"];
/// Trees whose programs root runs; reading them tells nothing.
const PROGRAMS: [&str; 8] =
    ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/bin", "/sbin", "/lib/modules", "/usr/lib/modules"];
/// What holds one of those; what lies below is mostly one program's own.
const HOLDERS: [&str; 6] = ["/var/lib", "/var", "/usr", "/usr/lib", "/lib", "/lib64"];
/// Trees that show the machine and its people.
const STATE: [&str; 4] = ["/sys", "/dev", "/run", "/var/run"];
/// Files and trees that may be read.
const HARMLESS: [&str; 19] = [
    "/etc/localtime",
    "/etc/timezone",
    "/etc/os-release",
    "/etc/hostname",
    "/etc/hosts",
    "/etc/resolv.conf",
    "/etc/machine-id",
    "/etc/ssl/certs",
    "/etc/pki/tls/certs",
    "/etc/pki/ca-trust",
    "/etc/ca-certificates",
    "/usr/share/zoneinfo",
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/sys/fs/cgroup",
    "/sys/devices/system/cpu",
];
/// Directories in people's homes.
const KEYS: [&str; 5] = [".ssh", ".docker", ".aws", ".kube", ".gnupg"];

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    for mount in &service.volumes {
        let Some(path) = service.host_path(&mount.value) else { continue };
        let is_writable = !mount.value.read_only.as_ref().is_some_and(|flag| flag.value);
        let Some((severity, what, because)) = judge(&path, is_writable) else { continue };
        let grade = match because {
            Some(because) => Grade::new(severity, because),
            None => service.grade_on_host(severity),
        };
        findings
            .report(
                mount.value.source.as_ref().and_then(|source| source.span()).or(mount.span()),
                format!("`{}` {} `{path}` of the host: {what}", service.name(), if is_writable { "can write to" } else { "can read" }),
            )
            .severity(grade)
            .help("leave it out, or mount only the file that is needed, read-only");
    }
}

/// How bad it is that a path of the host is mounted, what is there, and why it counts less than it might.
fn judge(path: &str, is_writable: bool) -> Option<(Severity, &'static str, Option<&'static str>)> {
    let is_in = |tree: &&str| path.strip_prefix(*tree).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let system = if is_writable { Severity::P1 } else { Severity::P2 };
    if HARMLESS.iter().any(is_in) {
        let clock = path == "/etc/localtime" || path == "/etc/timezone";
        return (is_writable && clock).then_some((Severity::P3, "the machine's time zone", Some("it is one small file")));
    }
    if path == "/" {
        return Some((Severity::P1, "everything", None));
    }
    if path.split('/').any(|part| KEYS.contains(&part)) {
        return Some((system, "somebody's keys", None));
    }
    if SYSTEM.contains(&path) {
        return Some((system, "the system's own files", None));
    }
    if ["/etc/passwd", "/etc/group"].contains(&path) && !is_writable {
        return Some((Severity::P3, "the names of users", Some("it has no passwords, and can't be written")));
    }
    let secrets = ["/etc/shadow", "/etc/sudoers", "/etc/ssh", "/etc/cron.d", "/etc/passwd", "/etc/group", "/proc", "/boot"];
    if secrets.iter().any(is_in) || PROGRAMS.iter().any(is_in) && is_writable {
        return Some((system, "the system's own files", None));
    }
    if SYSTEM.iter().any(is_in) {
        let severity = if is_writable { Severity::P2 } else { Severity::P3 };
        return Some((severity, "configuration or data of the system", Some("it is a part that belongs to one program")));
    }
    if HOLDERS.contains(&path) && is_writable {
        return Some((Severity::P1, "the system's own files", None));
    }
    if path == "/home" || path.strip_prefix("/home/").is_some_and(|rest| !rest.contains('/')) {
        return Some((system, "people's files", None));
    }
    if path == "/dev/shm" {
        return Some((Severity::P3, "shared memory", Some("`shm_size` gives the container more of its own")));
    }
    // The engine's socket, and what holds it, is CO027's affair.
    let is_state = STATE.iter().any(is_in) && !ServiceContext::holds_engine(path);
    is_state.then_some((Severity::P2, "the state of the machine", None))
}
