//! The commands that a service runs: its own, and its health check's.

use smol_str::SmolStr;
use windlass_compose::model::{Condition, DeployMode, Test};
use windlass_images::image::Check;
use windlass_source::{Span, Spanned};

use super::role::Role;
use super::script::{self, ShellCommand};
use super::service::ServiceContext;

/// Programs that do one thing and end.
const ONE_SHOT: [&str; 28] = [
    "alembic",
    "cat",
    "echo",
    "env",
    "ls",
    "tar",
    "true",
    "certbot",
    "chmod",
    "chown",
    "cp",
    "createdb",
    "flyway",
    "liquibase",
    "mc",
    "mkdir",
    "mongodump",
    "mongorestore",
    "mongoimport",
    "mysqldump",
    "mariadb-dump",
    "openssl",
    "pg_dump",
    "pg_dumpall",
    "pg_restore",
    "psql",
    "rm",
    "dbmate",
];

/// Words of a command of a language's tool that do one thing and end: `php artisan migrate`, `rails db:migrate`.
const ONE_SHOT_TASKS: [&str; 18] = [
    "migrate",
    "migrate:fresh",
    "migration:run",
    "migrations:migrate",
    "doctrine:migrations:migrate",
    "db:migrate",
    "db:seed",
    "db:create",
    "db:setup",
    "db:prepare",
    "backup:run",
    "backup:clean",
    "collectstatic",
    "loaddata",
    "config:cache",
    "route:cache",
    "key:generate",
    "storage:link",
];

/// What keeps a script running.
const LOOPS: [&str; 10] = ["watch", "while ", "until ", "for (", "for((", "sleep infinity", "tail -f", "cron", "supercronic", "wait"];

impl<'a> ServiceContext<'a> {
    /// The commands that its container runs, its own or its Dockerfile's; those of `sh -c` taken apart. None: the image's, unknown.
    pub fn commands(self) -> Vec<ShellCommand> {
        let Some(span) = self.attribute_span("command") else { return Vec::new() };
        script::words(self.words().iter().map(|word| (word.clone(), span)))
    }

    /// The commands of its own health check, each at its place.
    pub fn health_commands(self) -> Vec<ShellCommand> {
        match self.own_healthcheck().and_then(|check| check.test.as_ref()).map(|test| &test.value) {
            Some(Test::Exec(words)) => {
                let place = |word: &Spanned<SmolStr>| Some((word.value.clone(), word.span().or_else(|| self.key_span())?));
                script::words(words.iter().filter_map(place))
            }
            Some(Test::Shell(text)) => text.span().map(|span| script::text(&text.value, span)).unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    /// Where the commands of its health check are written, to find a text in them.
    pub fn health_span(self) -> Option<Span> {
        match &self.own_healthcheck()?.test.as_ref()?.value {
            Test::Exec(words) => Some(words.first()?.span()?.to(words.last()?.span()?)),
            Test::Shell(text) => text.span(),
            _ => None,
        }
    }

    /// A health check for what its image runs, as YAML of the attribute; from the catalogue, as far as Compose can say it.
    pub fn known_check(self) -> Option<String> {
        let image = self.image().filter(|_| self.is_image_known() && self.model().build.is_none())?;
        let probe = image.health.readiness.as_ref().or(image.health.liveness.as_ref())?;
        let words: Vec<&str> = match &probe.check {
            Check::Exec(words) => std::iter::once("CMD").chain(words.iter().map(String::as_str)).collect(),
            Check::Shell(script) => vec!["CMD-SHELL", script],
            // Which program could ask, nobody knows.
            Check::Http(_) | Check::Tcp(_) | Check::Grpc(_) => return None,
        };
        // Compose takes one dollar sign for a variable of its own.
        let quoted: Vec<String> = words.iter().map(|word| format!("'{}'", word.replace('$', "$$").replace('\'', "''"))).collect();
        Some(format!(
            "test: [{}]\ninterval: {}s\ntimeout: {}s\nretries: {}\nstart_period: 30s",
            quoted.join(", "),
            probe.period,
            probe.timeout,
            probe.failures
        ))
    }

    /// Why its container ends by itself, as a clause; `None` where it runs on or nothing is known.
    pub fn ends(self) -> Option<String> {
        if let Some(other) = self.dependents().find(|other| self.is_awaited_by(*other)) {
            return Some(format!("`{}` waits for its end", other.name()));
        }
        let mode = self.model().deploy.as_ref().and_then(|deploy| deploy.mode.as_ref()).map(|mode| &mode.value);
        if matches!(mode, Some(DeployMode::ReplicatedJob | DeployMode::GlobalJob)) {
            return Some("its mode is a job's".to_owned());
        }
        let is_tool = self.image().is_some_and(|image| image.role == windlass_images::image::Role::DevTool);
        if self.role() == Role::DevTool && !is_tool {
            return Some(format!("it runs tests: {}", self.role_reason()));
        }
        let service = self.model();
        let is_bare = self.image().is_some_and(|image| image.role == windlass_images::image::Role::Base);
        let stays = service.build.is_some() || [&service.tty, &service.stdin_open].into_iter().flatten().any(|flag| flag.value);
        if is_bare && self.words().is_empty() && !stays {
            return Some("its image starts a shell, which ends at once".to_owned());
        }
        let text = self.command_text();
        if LOOPS.iter().any(|word| text.contains(word)) {
            return None;
        }
        let commands = self.commands();
        let last = commands.last()?;
        let task = last.operands().map(|word| word.text.as_str()).find(|word| ONE_SHOT_TASKS.contains(word));
        let runs_tasks =
            ["php", "python", "python3", "npm", "npx", "yarn", "pnpm", "rails", "rake", "bundle", "bin/rails", "console", "artisan"];
        let task = task.filter(|_| runs_tasks.contains(&last.program()));
        let program = Some(last.program()).filter(|program| ONE_SHOT.contains(program));
        let what = task.or(program)?;
        matches!(self.role(), Role::Job | Role::Backup | Role::Worker | Role::App).then(|| format!("its command ends after `{what}`"))
    }

    /// `other` starts when this one has ended well.
    fn is_awaited_by(self, other: ServiceContext<'_>) -> bool {
        let entry = other.model().depends_on.get(self.name());
        entry.is_some_and(|dependency| dependency.condition.value == Condition::CompletedSuccessfully)
    }
}
