//! Files that hold a key or a password by where they lie and what is said of them, and those that nobody but their reader may read: a
//! ConfigMap is for everybody, and servers refuse a key of mode 0644.

use std::path::{Path as FilePath, PathBuf};

use windlass_compose::model::Service;
use windlass_images::credentials::is_key_file_name;

use super::user;
use crate::decide::{Becoming, File, HostKind, MountPlan, Plan, ServicePlan};

/// Who may read a file that is private where it lies, or that its reader wants to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::attributes) enum Privacy {
    /// Everybody: nothing is known that says otherwise, or not who reads it.
    None,
    /// Root by this mode, and the pod's group where the reader is not root.
    Mode(i32),
    /// Its reader alone, who has to own it.
    Owned,
}

/// The mode of a key of which only its reader says that it has to be private.
const PRIVATE: i32 = 0o400;

/// How a file at `path` of the container is kept from others; `mode` is that of the file where it lies, if only its owner may read it.
pub(in crate::attributes) fn privacy(path: &str, mode: Option<i32>, service: &ServicePlan<'_>) -> Privacy {
    let is_named = |option: &str| names_of(path, service.service).any(|name| name.eq_ignore_ascii_case(option));
    let name = path.rsplit('/').next().unwrap_or_default();
    // `mongod` before 5.0 and others want that nobody else may read it, whoever owns it. PostgreSQL, and `ssh` of a file that is not its
    // user's, take one of root that a group may read.
    let is_mongo_key = is_named("keyFile");
    let is_owned = is_mongo_key || (mode.is_some() && matches!(name, ".pgpass" | ".erlang.cookie"));
    let Some(mode) = mode.or_else(|| (is_mongo_key || is_named("ssl_key_file")).then_some(PRIVATE)) else { return Privacy::None };
    match user(service).0 {
        Some(0) => Privacy::Mode(mode),
        Some(_) if is_owned => Privacy::Owned,
        Some(_) => Privacy::Mode(mode),
        // A mode of 0644 is refused whoever reads it.
        None if is_mongo_key || path.starts_with("/root/") => Privacy::Mode(mode),
        None => Privacy::None,
    }
}

/// What became of the mode of a key that only its owner may read.
pub(super) fn kept(path: &str, mode: i32, service: &ServicePlan<'_>) -> Option<String> {
    match privacy(path, Some(mode), service) {
        Privacy::Mode(mode) => Some(format!("its mode of {mode:04o} is kept")),
        Privacy::None => Some(format!(
            "everybody may read it there, though its mode is {mode:04o}: nobody knows as whom the container runs; `user` says it"
        )),
        Privacy::Owned => None,
    }
}

/// Where the files of a mount are: in the container, and in the project.
pub(super) struct Places {
    target: String,
    is_file: bool,
    source: PathBuf,
    /// The service speaks of them.
    is_named: bool,
    /// They are copied into a claim, where they keep their modes.
    pub(super) in_claim: bool,
}

impl Places {
    pub(super) fn of(mount: Option<&MountPlan<'_>>, service: &ServicePlan<'_>, plan: &Plan<'_>) -> Self {
        let source = mount.and_then(|mount| mount.mount.source.as_ref()).map(|source| FilePath::new(source.as_str()));
        let is_file = |source: usize| matches!(plan.sources[source].is, HostKind::File(_));
        Self {
            target: mount.map(|mount| mount.target.clone()).unwrap_or_default(),
            is_named: mount.is_some_and(|mount| texts(service.service).any(|(_, text)| text.contains(&mount.target))),
            is_file: mount.is_some_and(|mount| matches!(mount.becomes, Becoming::Host(source) if is_file(source))),
            source: source.map(|path| path.strip_prefix(plan.input.directory).unwrap_or(path).to_owned()).unwrap_or_default(),
            in_claim: mount.is_some_and(|mount| matches!(mount.becomes, Becoming::Volume(_))),
        }
    }

    /// The path of a file in the container.
    pub(super) fn of_file(&self, file: &File) -> String {
        if self.is_file { self.target.clone() } else { format!("{}/{}", self.target, file.path) }
    }

    /// True for a file that is called a secret: it lies in a directory of secrets, or a variable or option says that it holds one.
    pub(super) fn is_secret(&self, place: &str, file: &File, service: &ServicePlan<'_>) -> bool {
        let is_name = |part: &std::ffi::OsStr| part == "secrets" || part == ".secrets";
        let is_in = |path: &FilePath| path.parent().is_some_and(|parent| parent.iter().any(is_name));
        let in_project = if self.is_file { self.source.clone() } else { self.source.join(&file.path) };
        is_in(FilePath::new(place)) || is_in(&in_project) || (self.is_named && names_of(place, service.service).any(is_key_file_name))
    }
}

/// The words of a service's commands, and the values of its variables, with the names of these.
fn texts(service: &Service) -> impl Iterator<Item = (Option<&str>, &str)> {
    let lines = [&service.entrypoint, &service.command].into_iter().flatten().flat_map(|line| line.iter());
    let values = service.environment.iter().filter_map(|entry| Some((Some(entry.name.as_str()), entry.value.as_ref()?.as_str())));
    lines.map(|word| (None, word.as_str())).chain(values)
}

/// What a service calls the file at a path of its container: its variables whose value is that path, and the options before it
/// (`--keyFile /a`, `ssl_key_file=/a`), in commands and in variables that hold such.
fn names_of<'s>(path: &'s str, service: &'s Service) -> impl Iterator<Item = &'s str> {
    // Most texts don't name it, and a long one is not taken apart for nothing.
    let is_there = texts(service).any(|(_, text)| text.contains(path));
    let texts = || is_there.then(|| texts(service)).into_iter().flatten();
    let variables = texts().filter(move |(_, value)| *value == path).filter_map(|(name, _)| name);
    variables.chain(options(texts().map(|(_, text)| text), path))
}

/// The options whose value is `path`, in a line of words that may be scripts.
fn options<'s>(line: impl Iterator<Item = &'s str>, path: &'s str) -> impl Iterator<Item = &'s str> {
    let mut before = "";
    line.flat_map(str::split_whitespace).filter_map(move |word| {
        let word = word.trim_matches(['"', '\'', ';', ')', '(']);
        let option = std::mem::replace(&mut before, word);
        let option = if word == path {
            Some(option).filter(|option| option.starts_with('-'))
        } else {
            word.strip_suffix(path).and_then(|start| start.strip_suffix('='))
        };
        option.map(|option| option.trim_start_matches('-'))
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::{Case, Outcome, project};

    fn with_key(service: &str, path: &str, mode: u32) -> Outcome {
        key(service, path, mode).convert()
    }

    fn key(service: &str, path: &str, mode: u32) -> Case {
        let case = project(&format!("services: {{ it: {{ {service} }} }}"));
        case.files(|files| files.insert(format!("/project/{path}"), "c29tZWtleQ==\n", mode))
    }

    #[test]
    fn a_key_that_only_its_owner_may_read_stays_private() {
        let outcome = with_key(
            "image: 'postgres:16', command: [-c, ssl=on, -c, ssl_key_file=/k/server.key], environment: { POSTGRES_PASSWORD: x }, \
             volumes: ['./server.key:/k/server.key:ro']",
            "server.key",
            0o600,
        );
        assert_eq!(outcome.pod("StatefulSet/it", "volumes[0].secret.items[0].mode"), "384\n");
        assert_eq!(outcome.pod("StatefulSet/it", "securityContext.fsGroup"), "999\n");
        let outcome = with_key("image: acme/it, volumes: ['./id_rsa:/root/.ssh/id_rsa:ro']", "id_rsa", 0o600);
        assert_eq!(outcome.pod("Deployment/it", "volumes[0].secret.items[0].mode"), "384\n");
        assert_eq!(outcome.pod("Deployment/it", "securityContext.fsGroup"), "null\n");
    }

    #[test]
    fn a_private_file_is_read_by_everybody_where_nobody_knows_who_reads_it() {
        let outcome = with_key("image: acme/it, volumes: ['./app.key:/certs/app.key:ro']", "app.key", 0o600);
        assert_eq!(outcome.pod("Deployment/it", "volumes[0].secret.items"), "null\n");
        assert!(outcome.fates("services.it.volumes").contains("nobody knows as whom the container runs"));
        let outcome = with_key("image: acme/it, user: '1000', volumes: ['./app.key:/certs/app.key:ro']", "app.key", 0o600);
        assert_eq!(outcome.pod("Deployment/it", "volumes[0].secret.items[0].mode"), "384\n");
        assert_eq!(outcome.pod("Deployment/it", "securityContext.fsGroup"), "1000\n");
        assert!(outcome.fates("services.it.volumes").contains("its mode of 0600 is kept"), "{}", outcome.fates("services.it.volumes"));
        // A umask makes it private, and processes that are not root read it.
        let outcome = with_key("image: 'nginx:1.27', volumes: ['./a.conf:/etc/nginx/conf.d/a.conf:ro']", "a.conf", 0o600);
        assert_eq!(outcome.pod("Deployment/it", "volumes[0].configMap.items"), "null\n");
    }

    #[test]
    fn the_key_of_a_replica_set_belongs_to_the_server() {
        let service = "image: 'mongo:7', command: mongod --replSet rs0 --keyFile /etc/mongo/key, ";
        for outcome in [
            with_key(&format!("{service} volumes: ['./k:/etc/mongo/key:ro']"), "k", 0o644),
            project(&format!(
                "services: {{ it: {{ {service} secrets: [{{ source: k, target: /etc/mongo/key }}] }} }}\nsecrets: {{ k: {{ file: ./k }} }}"
            ))
            .file("k", "c29tZWtleQ==\n")
            .convert(),
        ] {
            assert!(!outcome.names().iter().any(|name| name.starts_with("ConfigMap/")), "{:?}", outcome.names());
            let container = outcome.pod("StatefulSet/it", "initContainers[0]");
            assert!(container.contains("chmod 0400") && container.contains("runAsUser: 999"), "{container}");
            assert_eq!(outcome.pod("StatefulSet/it", "containers[0].volumeMounts[0].mountPath"), "/etc/mongo/key\n");
            assert_eq!(outcome.pod("StatefulSet/it", "containers[0].volumeMounts[0].name"), "owned-etc-mongo-key\n");
        }
    }

    #[test]
    fn a_secret_of_the_project_keeps_the_mode_of_its_file() {
        let outcome = project(
            "services: { it: { image: 'postgres:16', secrets: [tls], environment: { POSTGRES_PASSWORD: x } } }\nsecrets: { tls: { file: ./tls } }",
        )
        .files(|files| files.insert("/project/tls", "x", 0o400))
        .convert();
        assert_eq!(outcome.pod("StatefulSet/it", "volumes[0].secret.defaultMode"), "256\n");
        assert_eq!(outcome.pod("StatefulSet/it", "securityContext.fsGroup"), "999\n");
    }

    #[test]
    fn a_claim_is_filled_with_files_as_private_as_they_are() {
        let outcome = project("services: { it: { image: 'traefik:3', volumes: ['./acme:/acme'] } }")
            .files(|files| files.insert("/project/acme/acme.json", "{}", 0o600))
            .convert();
        let name = outcome.names().into_iter().find(|name| name.ends_with("/it") && !name.starts_with("Service/")).unwrap_or_default();
        let volumes = outcome.pod(&name, "volumes");
        assert!(volumes.contains("mode: 384"), "{volumes}");
    }

    #[test]
    fn what_is_called_a_secret_is_no_config_map() {
        for (service, path) in [
            ("image: acme/it, volumes: ['./secrets:/run/secrets:ro']", "secrets/a"),
            ("image: acme/it, volumes: ['./a:/run/secrets/a:ro']", "a"),
            ("image: acme/it, volumes: ['./secrets/a:/etc/a:ro']", "secrets/a"),
            ("image: acme/it, volumes: ['./a:/etc/a:ro'], environment: { DB_PASSWORD_FILE: /etc/a }", "a"),
            ("image: acme/it, volumes: ['./a:/a:ro'], command: --authrpc.jwtsecret=/a", "a"),
            ("image: acme/it, volumes: ['./a:/a:ro'], environment: { EXTRA_FLAGS: '--x y --keyFile /a' }", "a"),
            ("image: acme/it, volumes: ['./jwt.hex:/a:ro']", "jwt.hex"),
        ] {
            let names = with_key(service, path, 0o644).names();
            assert!(names.iter().any(|name| name.starts_with("Secret/")), "{service}: {names:?}");
            assert!(!names.iter().any(|name| name.starts_with("ConfigMap/")), "{service}: {names:?}");
        }
        for service in [
            "image: acme/it, volumes: ['./a:/etc/a:ro'], environment: { CONFIG_FILE: /etc/a }",
            "image: acme/it, volumes: ['./a:/etc/a:ro'], command: --config /etc/a",
        ] {
            let names = with_key(service, "a", 0o644).names();
            assert!(names.iter().any(|name| name.starts_with("ConfigMap/")), "{service}: {names:?}");
        }
    }
}
