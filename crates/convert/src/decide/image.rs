//! What is known of a service's image.

use std::borrow::Cow;
use std::collections::BTreeMap;

use smol_str::SmolStr;
use windlass_compose::model::{Project, Service};
use windlass_dockerfile::stages::Accounts;
use windlass_images::image::{Lifetime, Role, Shell, User, split_wrappers};
use windlass_images::{Image, Reference, catalogue};

use super::Input;
use super::built::{Built, BuiltCheck, ExposedPorts};
use super::files::Reader;
use super::listens::{Server, is_at_or_below};
use super::script;

/// The user and group `nonroot` of images without a system: no image has files of it that it would open to others.
pub(crate) const NOBODY: i64 = 65532;

/// The image that a service runs, and what the catalogue and its Dockerfile say of it.
#[derive(Debug)]
pub(crate) struct ImageFacts {
    /// What goes into the container: the written name, or the one of the image that is built.
    pub(crate) name: SmolStr,
    pub(crate) reference: Option<Reference>,
    /// The catalogue's entry, of the base image where the project builds it, with its ports and checks where the command and
    /// the environment put them.
    entry: Option<Cow<'static, Image>>,
    /// The container runs the entry's server.
    is_entrys_server: bool,
    /// The project builds it.
    pub(crate) is_built: bool,
    /// What its Dockerfile says.
    built: Option<Built>,
    /// Why its Dockerfile is not known.
    pub(crate) unread: Option<String>,
    /// The container runs what the image is for: its command and entrypoint are the image's own, or still start the same server.
    pub(crate) runs_own_command: bool,
}

impl ImageFacts {
    pub(super) fn of(service: &Service, input: &Input<'_>, reader: &Reader<'_>) -> Self {
        let is_built = service.build.is_some();
        let name = compose_name(service, input.project);
        let name = match &input.options.registry {
            Some(registry) if is_built => SmolStr::from(format!("{}/{name}", registry.trim_end_matches('/'))),
            _ => name,
        };
        let reference = Reference::parse(&name).ok();
        let (built, unread) = match service.build.as_ref().map(|build| Built::read(build, service, input, reader)) {
            Some(Ok(built)) => (Some(built), None),
            Some(Err(reason)) => (None, Some(reason)),
            None => (None, None),
        };
        let base = built.as_ref().and_then(Built::base).and_then(|base| Reference::parse(base).ok());
        let known_by = if is_built { base.as_ref() } else { reference.as_ref() };
        let entry = known_by.and_then(catalogue::find);
        let mut words: Vec<&str> = service.command.iter().flat_map(|command| command.iter()).map(|word| word.as_str()).collect();
        // A shell that ends in the server of the image is that server, and so is the image's own script that is given the server.
        let last: Option<Vec<&str>> = script::of(service).filter(|_| !is_built).map(|script| in_script(script::last_command(script)));
        let by_script = last.filter(|last| {
            let starts_server = |entry: &'static Image| !last.is_empty() && !last[0].starts_with('-') && entry.is_server_command(last);
            entry.is_some_and(starts_server)
        });
        let line = script::line(service);
        let by_entrypoint = entry.filter(|_| !is_built).and_then(|entry| started_by_entrypoint(service, entry, &line));
        let is_by_script = by_script.is_some() || by_entrypoint.is_some();
        words = by_script.or(by_entrypoint).unwrap_or(words);
        // The words that decide which program runs, as far as they are not the known image's own.
        let process = built.as_ref().and_then(Built::process);
        // Compose takes the `CMD` of an image away where the project writes an entrypoint, so only the whole line is the image's own.
        let keeps_entrypoint = service.entrypoint.is_none() || process.as_ref().is_some_and(|process| starts_the_same(process, &line));
        if service.entrypoint.is_some() && keeps_entrypoint {
            words.clear();
        }
        let has_entrypoint = service.entrypoint.is_some() || built.as_ref().is_some_and(Built::has_entrypoint);
        let lacks_command = built.as_ref().is_some_and(Built::lacks_command);
        let is_entrys_server = entry.is_some_and(|entry| match (&process, words.is_empty()) {
            _ if is_by_script => true,
            _ if !keeps_entrypoint => false,
            (None, _) => entry.is_server_command(&words),
            // A script as entrypoint hands over to the command; another program does not.
            (Some(process), true) => !process.is_empty() && !lacks_command && entry.is_server_command(process),
            (Some(_), false) => !has_entrypoint && entry.is_server_command(&words),
        });
        let is_entrys_server = is_entrys_server && built.as_ref().is_none_or(|built| keeps_ports(built, entry));
        let runs_own_command = is_by_script || (keeps_entrypoint && (is_entrys_server || words.is_empty()));
        let all_words = if words.is_empty() { process.unwrap_or_default() } else { words };
        let variable = |name: &str| match service.environment.get(name) {
            Some(value) => value.as_ref().map(|value| value.value.as_str()),
            None => built.as_ref().and_then(|built| built.variable(name)),
        };
        let entry = entry.map(|entry| entry.configured(&all_words, variable));
        let moved = entry.as_deref().filter(|_| is_entrys_server).and_then(|image| {
            let listen = Server { service, image, words: &all_words, variable: &variable, input, reader }.moved_to()?;
            Some(image.listening_at(listen.port, listen.as_known))
        });
        let entry = moved.map(Cow::Owned).or(entry);
        Self { name, reference, entry, is_entrys_server, is_built, built, unread, runs_own_command }
    }

    /// What its Dockerfile says, while the container runs what that starts: ports and checks hold only then.
    fn built_server(&self) -> Option<&Built> {
        self.built.as_ref().filter(|_| self.runs_own_command)
    }

    /// The Dockerfile that says what is copied into the image.
    pub(super) fn copied(&self) -> Option<&Built> {
        self.built.as_ref()
    }

    /// The ports that its Dockerfile exposes.
    pub(crate) fn exposed(&self) -> ExposedPorts {
        self.built_server().map(Built::ports).unwrap_or_default()
    }

    /// The health check of its Dockerfile.
    pub(crate) fn healthcheck(&self) -> Option<BuiltCheck> {
        self.built_server().and_then(Built::check)
    }

    /// Its Dockerfile says what its health check is, or that it has none: what the catalogue knows of the base image does not count.
    pub(crate) fn decides_health(&self) -> bool {
        self.built_server().is_some_and(Built::decides_health)
    }

    /// The user as which its process runs, where a number is known.
    pub(crate) fn user(&self) -> Option<User> {
        match self.built.as_ref().and_then(Built::user) {
            Some(user) => Some(User { uid: self.uid(user)?, gid: self.group().unwrap_or(0), starts_as_root: false, direct: true }),
            // Another program than the base image's server stays the user that it starts as.
            None => self.entry()?.user.filter(|user| !self.is_built || self.is_entrys_server || !user.starts_as_root),
        }
    }

    /// The group of that user, where it is known.
    pub(crate) fn group(&self) -> Option<i64> {
        match self.built.as_ref().and_then(Built::user) {
            Some(user) => match user_and_group(user) {
                (_, Some(group)) => self.group_number(group),
                (name, None) => self.primary_group(self.user_number(name)?),
            },
            None => self.user().map(|user| user.gid),
        }
    }

    /// The group that a user of the built image has where nobody says one (Dockerfile reference, "USER").
    fn primary_group(&self, uid: i64) -> Option<i64> {
        let made = self.built.as_ref().map(Built::accounts);
        let name = made.and_then(|made| made.users.iter().find(|(_, number)| i64::from(**number) == uid)).map(|(name, _)| name);
        match (made.zip(name), self.entry()) {
            (Some((made, name)), _) => self.group_number(made.primary.get(name)?),
            (None, _) if uid == 0 => Some(0),
            (None, entry) => entry.filter(|entry| entry.accounts.values().any(|number| i64::from(*number) == uid)).map(|_| uid),
        }
    }

    /// The number of a user, by its name too where the Dockerfile makes the user or the catalogue knows it.
    pub(crate) fn user_number(&self, user: &str) -> Option<i64> {
        self.number(user, |accounts| &accounts.users)
    }

    /// The number of the user in `USER[:GROUP]`.
    pub(crate) fn uid(&self, user: &str) -> Option<i64> {
        self.user_number(user_and_group(user).0)
    }

    /// As [`user_number`](Self::user_number), of a group.
    pub(crate) fn group_number(&self, group: &str) -> Option<i64> {
        self.number(group, |accounts| &accounts.groups)
    }

    fn number(&self, name: &str, made: fn(&Accounts) -> &BTreeMap<SmolStr, u32>) -> Option<i64> {
        let made = || self.built.as_ref().and_then(|built| made(built.accounts()).get(name).copied());
        let known = || self.entry().and_then(|image| image.accounts.get(name).copied());
        // `root` is the one name whose number is the same in every image.
        if name == "root" { Some(0) } else { id(name).or_else(|| made().or_else(known).map(i64::from)) }
    }

    /// Its containers start as root where nobody says another user, whatever they become then.
    pub(crate) fn starts_as_root(&self) -> bool {
        match self.built.as_ref().and_then(Built::user) {
            Some(user) => self.uid(user) == Some(0),
            None => self.entry().and_then(|image| image.user).is_some_and(|user| user.uid == 0 || user.starts_as_root),
        }
    }

    /// Its Dockerfile names a user of whom nothing is known but that it is not root.
    pub(crate) fn is_some_plain_user(&self) -> bool {
        let user = self.built.as_ref().and_then(Built::user).filter(|_| self.user().is_none());
        user.is_some_and(|user| user.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_'))
    }

    /// The group that its volumes should belong to.
    pub(crate) fn volume_group(&self) -> Option<i64> {
        match self.built.as_ref().and_then(Built::user) {
            // A process has the group of its volumes whoever runs it, so any will do where none is known.
            Some(user) if self.is_some_plain_user() => {
                let own = user_and_group(user).1.and_then(|group| self.group_number(group)).filter(|group| *group != 0);
                Some(own.or_else(|| self.entry().and_then(Image::volume_group)).unwrap_or(NOBODY))
            }
            // Whatever the group of a lone number is, a group of that number harms nobody.
            Some(_) => self.user().map(|user| if user.gid == 0 { user.uid } else { user.gid }).filter(|group| *group != 0),
            None => {
                let entry = self.entry()?;
                // Who a built image runs as is not known where the entry's user is not its own.
                entry.volume_group().filter(|_| self.user().is_some() || (entry.user.is_none() && !self.is_built))
            }
        }
    }

    /// The signal that it asks to be stopped with.
    pub(crate) fn stop_signal(&self) -> Option<&str> {
        let written = self.built.as_ref().and_then(Built::stop_signal);
        written.or_else(|| self.entry().and_then(|image| image.stop.signal.as_deref()))
    }

    /// The paths that its Dockerfile declares as volumes.
    pub(crate) fn declared_volumes(&self) -> impl Iterator<Item = &str> {
        self.built.iter().flat_map(Built::volumes)
    }

    /// Why its build would stop: `Dockerfile:3: there is no instruction`.
    pub(crate) fn build_fault(&self) -> Option<&str> {
        self.built.as_ref()?.fault.as_deref()
    }

    /// The entry where it speaks of the whole image, not of one that something else is built on.
    pub(crate) fn documented(&self) -> Option<&Image> {
        self.entry().filter(|_| !self.is_built || self.is_entrys_server)
    }

    /// The entry, whatever the container runs: paths, user, shell, credentials.
    pub(crate) fn entry(&self) -> Option<&Image> {
        self.entry.as_deref()
    }

    /// The entry while the container runs what the image is for: ports and probes hold only then.
    pub(crate) fn server(&self) -> Option<&Image> {
        self.entry().filter(|_| self.is_entrys_server)
    }

    pub(crate) fn is_server(&self) -> bool {
        self.server().is_some_and(Image::is_server)
            || self.built_server().is_some_and(|built| !built.ports().offered.is_empty() || built.check().is_some())
    }

    pub(crate) fn is_stateful(&self) -> bool {
        self.server().is_some_and(|image| image.stateful)
    }

    pub(crate) fn role(&self) -> Option<Role> {
        self.server().map(|image| image.role)
    }

    pub(crate) fn lifetime(&self) -> Option<Lifetime> {
        self.documented().map(|image| image.lifetime)
    }

    /// It carries the changes of a schema to a database, and ends.
    pub(crate) fn is_schema_migration(&self) -> bool {
        self.documented().is_some_and(|image| image.name == "schema-migration")
    }

    /// The best shell that is known to be in the image.
    pub(crate) fn shell(&self) -> Option<Shell> {
        if self.built.as_ref().is_some_and(|built| built.is_from_scratch() && !built.runs_scripts()) {
            return Some(Shell::None);
        }
        self.entry().and_then(|image| image.shell)
    }
}

/// The image of a service as docker compose calls it.
pub(crate) fn compose_name(service: &Service, project: &Project) -> SmolStr {
    match &service.image {
        Some(image) if !image.value.is_empty() => image.value.clone(),
        // The name that it gives to what it builds; an empty one comes of a variable that is not set.
        _ => SmolStr::from(format!("{}-{}", project.name.value, service.name.value)),
    }
}

/// The largest uid and gid that Kubernetes takes (`k8s.io/kubernetes/pkg/apis/core/validation`).
const LARGEST_ID: i64 = i32::MAX as i64;

/// The number that a text is.
fn id(text: &str) -> Option<i64> {
    text.parse().ok().filter(|id| (0..=LARGEST_ID).contains(id))
}

/// The parts of `USER[:GROUP]`, each a name or a number.
pub(crate) fn user_and_group(text: &str) -> (&str, Option<&str>) {
    text.split_once(':').map_or((text, None), |(user, group)| (user, Some(group)))
}

/// The words of a command in a script, without quotes and continued lines.
fn in_script(command: &str) -> Vec<&str> {
    command.split_whitespace().map(|word| word.trim_matches(['"', '\''])).filter(|word| !word.is_empty() && *word != "\\").collect()
}

/// True unless the Dockerfile names ports without the entry's main one: then the server's configuration is another.
fn keeps_ports(built: &Built, entry: Option<&Image>) -> bool {
    let exposed = built.ports().offered;
    let main = entry.and_then(|entry| entry.ports.first()).map(|port| port.port);
    exposed.is_empty() || main.is_none_or(|main| exposed.iter().any(|(number, _)| *number == main))
}

/// The words of the image's server in a line that begins with an entrypoint of the project's own, which starts that server as the image's does:
/// `tini -- /docker-entrypoint.sh`, `wait-for-it db:5432 -- redis-server --port 1`. A script that is called an entrypoint and that nobody mounts
/// is in the image, so it is the image's.
fn started_by_entrypoint<'w>(service: &Service, entry: &Image, line: &[&'w str]) -> Option<Vec<&'w str>> {
    service.entrypoint.as_ref()?;
    let (wrappers, words) = split_wrappers(line);
    let by_script = || wrappers.last().filter(|script| script.contains("entrypoint") && !is_mounted(service, script)).is_some();
    let is_server = match words.first() {
        None => by_script(),
        Some(option) if option.starts_with('-') => by_script() && entry.is_server_command(words),
        Some(program) => !is_mounted(service, program) && entry.is_server_command(words),
    };
    is_server.then(|| words.to_vec())
}

/// True for lines that start the same program, or the same script that is called an entrypoint with the same words, whatever wraps it.
fn starts_the_same(process: &[&str], line: &[&str]) -> bool {
    let program = |line: &[&str]| {
        let (wrappers, words) = split_wrappers(line);
        let script = wrappers.last().filter(|script| script.contains("entrypoint"));
        (script.map(|script| script::program(script).to_owned()), words.join(" "))
    };
    let started = program(process);
    started != (None, String::new()) && started == program(line)
}

/// True for a program whose file may be one that the service mounts.
fn is_mounted(service: &Service, program: &str) -> bool {
    let mounts = service.volumes.iter().map(|mount| mount.target.as_str());
    let mut targets = mounts.chain(service.configs.iter().filter_map(|config| config.target.as_ref()).map(|target| target.as_str()));
    // Where a name without a path is looked for, and where the container runs, is not known.
    if program.starts_with('/') {
        targets.any(|target| is_at_or_below(program, target.trim_end_matches('/')))
    } else {
        let name = script::program(program);
        targets.any(|target| script::program(target) == name)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::project;

    /// The port that the readiness probe of `it` asks, and the kind.
    fn served(service: &str) -> (String, String) {
        let outcome = project(&format!("services: {{ it: {{ {service} }} }}")).file("e.sh", "exec app\n").convert();
        let kind = outcome.conversion.report.services[0].workload.as_ref().map(|workload| workload.kind.as_str()).unwrap_or_default();
        (kind.to_owned(), outcome.pod(&format!("{kind}/it"), "containers[0].readinessProbe.tcpSocket.port").trim_end().to_owned())
    }

    #[test]
    fn an_entrypoint_that_starts_what_the_image_starts_keeps_what_is_known_of_it() {
        for entrypoint in [
            "'/usr/bin/tini --  /docker-entrypoint.sh'",
            "'/usr/bin/tini -- wait-for-it elasticsearch:9200 --  /docker-entrypoint.sh'",
            "'sh -c \"tini -- /docker-entrypoint.sh\"'",
            "/docker-entrypoint.sh",
            "[gosu, graylog, /docker-entrypoint.sh]",
            "[env, A=b, /docker-entrypoint.sh], command: [server]",
        ] {
            let service = format!("image: 'graylog/graylog:6.1', ports: ['5044:5044', '9000:9000'], entrypoint: {entrypoint}");
            assert_eq!(served(&service).1, "9000", "{entrypoint}");
        }
        let server = ("StatefulSet".to_owned(), "6380".to_owned());
        for line in [
            "entrypoint: [redis-server, --port, '6380']",
            "entrypoint: [tini, --], command: [redis-server, --port, '6380']",
            "entrypoint: [docker-entrypoint.sh], command: [--port, '6380']",
            "entrypoint: [dumb-init, sh, -c, 'exec redis-server --port 6380']",
            "command: [gosu, redis, redis-server, --port, '6380']",
            "entrypoint: ./wait-for-it.sh db:5432 -- docker-entrypoint.sh redis-server --port 6380",
        ] {
            assert_eq!(served(&format!("image: 'redis:7', {line}")), server, "{line}");
        }
    }

    #[test]
    fn an_entrypoint_of_the_projects_own_is_not_the_images() {
        for line in [
            "entrypoint: /docker-entrypoint.sh, volumes: ['./e.sh:/docker-entrypoint.sh:ro']",
            "entrypoint: docker-entrypoint.sh, volumes: ['./e.sh:/usr/local/bin/docker-entrypoint.sh:ro']",
            "entrypoint: /usr/local/bin/redis-server, volumes: ['./e.sh:/usr/local/bin/redis-server:ro']",
            "entrypoint: /app/start.sh",
            "entrypoint: [tini, --, redis-cli, ping]",
            "entrypoint: [wait-for-it, 'db:5432']",
            "entrypoint: [sh, -c, 'redis-cli ping; app']",
        ] {
            assert_eq!(served(&format!("image: 'redis:7', {line}")).0, "Deployment", "{line}");
        }
    }

    #[test]
    fn an_entrypoint_that_repeats_the_dockerfiles_keeps_its_ports() {
        let ports = |service: &str| {
            let file = "FROM acme/base\nEXPOSE 7070\nENTRYPOINT [\"tini\", \"--\", \"/entrypoint.sh\"]\nCMD [\"serve\", \"-x\"]\n";
            let outcome = project(&format!("services: {{ it: {{ build: app, {service} }} }}")).file("app/Dockerfile", file).convert();
            outcome.field("Service/it", "spec.ports").contains("7070")
        };
        assert!(ports("entrypoint: /entrypoint.sh, command: [serve, -x]"));
        assert!(ports("entrypoint: [dumb-init, --, /entrypoint.sh, serve, -x]"));
        // Without the command, the script is given nothing.
        assert!(!ports("entrypoint: /entrypoint.sh"));
        assert!(!ports("entrypoint: /entrypoint.sh, command: [work]"));
    }
}
