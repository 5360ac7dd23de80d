//! What a service is for, and how that is known.
//!
//! The image's entry in the catalogue decides; of language and operating system images, and of those that the project builds, the
//! command, the service's name and its ports do.

use windlass_compose::model::Service;
use windlass_images::Image;
use windlass_images::image::{Lifetime, Role as Catalogued};

/// What a service is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// An application or API that people or other services use; also what is not known.
    App,
    /// Works through a queue or a schedule; nobody sends it requests.
    Worker,
    /// Runs a command to its end.
    Job,
    /// Web server or proxy in front of others.
    Proxy,
    /// A database.
    Datastore,
    /// A store whose content can be made again.
    Cache,
    /// A message broker.
    Broker,
    /// A search engine.
    Search,
    /// Objects or files for other services.
    Storage,
    /// Metrics, logs and their dashboards; agents on the machine.
    Monitoring,
    /// A user interface that administers other services.
    Admin,
    /// Of use in development only: mail catchers, emulators.
    DevTool,
    /// Copies data away.
    Backup,
}

impl Role {
    /// A word for messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::App => "application",
            Self::Worker => "worker",
            Self::Job => "one-shot job",
            Self::Proxy => "proxy",
            Self::Datastore => "database",
            Self::Cache => "cache",
            Self::Broker => "message broker",
            Self::Search => "search engine",
            Self::Storage => "object store",
            Self::Monitoring => "monitoring",
            Self::Admin => "administration tool",
            Self::DevTool => "development tool",
            Self::Backup => "backup",
        }
    }

    /// Keeps data that other services rely on: database, cache, broker, search engine, object store.
    pub fn is_datastore(self) -> bool {
        matches!(self, Self::Datastore | Self::Cache | Self::Broker | Self::Search | Self::Storage)
    }
}

/// A role with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) role: Role,
    /// A clause: "its image is `mysql`".
    pub(crate) because: String,
}

/// Words in a command or in a service's name.
const WORKER: [&str; 20] = [
    "worker",
    "workers",
    "queue",
    "horizon",
    "sidekiq",
    "celery",
    "beat",
    "consumer",
    "scheduler",
    "schedule",
    "cron",
    "crond",
    "supercronic",
    "rqworker",
    "dramatiq",
    "resque",
    "bullmq",
    "messenger",
    "listener",
    "ofelia",
];
const JOB: [&str; 10] = ["migrate", "migration", "migrations", "migrator", "seed", "seeder", "init", "setup", "bootstrap", "chown"];
const BACKUP: [&str; 4] = ["backup", "backups", "mysqldump", "pgdump"];
const TEST: [&str; 6] = ["test", "tests", "phpunit", "pytest", "e2e", "cypress"];

/// The role of a service. `image` is the catalogue's entry of what it runs, `command` its words.
pub(super) fn known(service: &Service, image: Option<&Image>, command: &[&str]) -> Known {
    if let Some(image) = image.filter(|image| image.is_server_command(command) || starts_in_script(image, command))
        && let Some(role) = catalogued(image)
    {
        return Known { role, because: format!("its image is `{}`", image.name) };
    }
    let offers = !service.ports.is_empty() || !service.expose.is_empty();
    let words = || command.iter().flat_map(|word| words_of(word));
    let named = || words_of(&service.name.value);
    let tells = |known: &[&str], word: &str| known.contains(&word);
    let lists = [(Role::Backup, &BACKUP[..]), (Role::Worker, &WORKER[..]), (Role::Job, &JOB[..]), (Role::DevTool, &TEST[..])];
    if !offers {
        for (role, list) in lists {
            if let Some(word) = words().find(|word| tells(list, word)) {
                return Known { role, because: format!("its command says `{word}`") };
            }
        }
        for (role, list) in lists {
            if let Some(word) = named().find(|word| tells(list, word)) {
                return Known { role, because: format!("its name says `{word}`") };
            }
        }
        if image.is_some_and(|image| image.lifetime == Lifetime::OneShot) {
            return Known { role: Role::Job, because: "its image runs a command and ends".to_owned() };
        }
    }
    Known { role: Role::App, because: "nothing says that it is something else".to_owned() }
}

/// A script of a shell that starts one of the image's programs: `sh -c "redis-server --requirepass $PASSWORD"`.
fn starts_in_script(image: &Image, command: &[&str]) -> bool {
    let is_shell = command.first().is_some_and(|first| matches!(first.rsplit('/').next(), Some("sh" | "bash" | "ash" | "dash")));
    let mut words = command.iter().skip(1).flat_map(|word| word.split_whitespace());
    is_shell && words.any(|word| word.rsplit('/').next().is_some_and(|name| image.programs.iter().any(|known| known == name)))
}

/// The role of what an image runs; `None` where the image says nothing of that.
pub(super) fn catalogued(image: &Image) -> Option<Role> {
    Some(match image.role {
        Catalogued::Datastore => Role::Datastore,
        Catalogued::Cache => Role::Cache,
        Catalogued::Queue => Role::Broker,
        Catalogued::Search => Role::Search,
        Catalogued::Storage => Role::Storage,
        Catalogued::WebServer | Catalogued::Proxy => Role::Proxy,
        Catalogued::Monitoring | Catalogued::Agent => Role::Monitoring,
        Catalogued::Admin => Role::Admin,
        Catalogued::DevTool => Role::DevTool,
        Catalogued::Backup => Role::Backup,
        Catalogued::Mail | Catalogued::Ci | Catalogued::Identity | Catalogued::App => Role::App,
        Catalogued::Runtime | Catalogued::Base | Catalogued::Tool => return None,
    })
}

/// The words of a name or an argument: `queue:work` has two.
fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
}
