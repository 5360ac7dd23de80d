//! Configuration files of other software, and the services that mount them.
//!
//! A file is known by where it is mounted, else by its name, and by its text. What it says is read by room `conf`.

use std::sync::Arc;

use smol_str::SmolStr;
use windlass_compose::dotenv::Dotenv;
use windlass_conf::ini::{self, Dialect, Ini};
use windlass_conf::nginx::{self, Nginx};
use windlass_conf::prometheus::{self, Prometheus};
use windlass_conf::redis::{self, Redis};
use windlass_conf::workflow::{self, Workflow};
use windlass_conf::{Kind, Parsed};
use windlass_source::{Diagnostic, FileId, Span};

use super::Context;
use super::service::ServiceContext;
use super::stack::StackContext;

/// What a configuration file says.
#[derive(Debug)]
pub(crate) enum Content {
    Nginx(Nginx),
    Php(Ini),
    FpmPool(Ini),
    MySql(Ini),
    Redis(Redis),
    Prometheus(Prometheus),
    Workflow(Workflow),
    Environment,
}

impl Content {
    /// Reads a text; `None` when neither of its paths says that it is one of these. What can't be read of it stands in `diagnostics`.
    pub(super) fn read(target: Option<&str>, path: &str, file: FileId, text: &Arc<str>, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        // Where a file stands in the container says more than what it is called outside.
        let kind = target.and_then(|target| Kind::detect(target, text)).or_else(|| Kind::detect(path, text))?;
        let text = || Arc::clone(text);
        Some(match kind {
            Kind::Ini(dialect) => {
                let tree = value(ini::parse(file, text(), dialect), diagnostics);
                match dialect {
                    Dialect::Php => Self::Php(tree),
                    Dialect::PhpFpm => Self::FpmPool(tree),
                    Dialect::MySql => Self::MySql(tree),
                }
            }
            Kind::Nginx => Self::Nginx(value(nginx::parse(file, text()), diagnostics)),
            Kind::Redis => Self::Redis(value(redis::parse(file, text()), diagnostics)),
            Kind::Prometheus => Self::Prometheus(value(prometheus::parse(file, &text()), diagnostics)),
            Kind::Workflow(system) => Self::Workflow(value(workflow::parse(file, &text(), system), diagnostics)),
            Kind::Environment => Self::Environment,
        })
    }

    /// True when a file of this path may be one of these; its text decides. YAML is read only where pipelines and Prometheus are.
    pub(super) fn may_be(path: &str) -> bool {
        let path = path.to_ascii_lowercase();
        let name = path.rsplit('/').next().unwrap_or(&path);
        if name.ends_with(".yml") || name.ends_with(".yaml") {
            return path.contains("/workflows/") || name.contains("gitlab-ci") || name.contains("prometheus");
        }
        let known = [".conf", ".cnf", ".ini", ".env", ".nginx", ".vhost", ".template"];
        name.starts_with(".env") || known.iter().any(|end| name.ends_with(end)) || path.contains("/sites-")
    }
}

/// What was read of a text; what could not be is put aside.
fn value<T>(parsed: Parsed<T>, diagnostics: &mut Vec<Diagnostic>) -> T {
    diagnostics.extend(parsed.diagnostics.into_iter().filter(Diagnostic::is_error));
    parsed.value
}

/// A configuration file that was read.
#[derive(Debug)]
pub(crate) struct ConfigFile {
    pub(crate) content: Content,
    /// As people name it.
    pub(crate) path: String,
    pub(crate) file: FileId,
    pub(crate) uses: Vec<ConfigUse>,
}

/// A service that has the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigUse {
    /// The stack, by index.
    pub(crate) stack: usize,
    /// The service, by its place in the stack.
    pub(crate) service: usize,
    /// The path in the container.
    pub target: String,
    /// Where it is mounted or copied.
    pub span: Option<Span>,
    /// Copied into the image rather than mounted.
    pub is_copied: bool,
}

/// What a program is told: by its command, or by a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The value; empty where it has none.
    pub text: SmolStr,
    /// Where it is written.
    pub span: Option<Span>,
}

/// A configuration file as rules see it.
#[derive(Clone, Copy, Debug)]
pub struct ConfigContext<'a> {
    context: &'a Context,
    index: usize,
}

impl<'a> ConfigContext<'a> {
    pub(crate) fn new(context: &'a Context, index: usize) -> Self {
        Self { context, index }
    }

    fn entry(self) -> &'a ConfigFile {
        &self.context.configs[self.index]
    }

    /// All that is audited.
    pub fn context(self) -> &'a Context {
        self.context
    }

    /// nginx's directives: `nginx.conf`, `conf.d/*.conf`.
    pub fn nginx(self) -> Option<&'a Nginx> {
        if let Content::Nginx(tree) = &self.entry().content { Some(tree) } else { None }
    }

    /// PHP's settings: `php.ini` and the files of `conf.d`.
    pub fn php(self) -> Option<&'a Ini> {
        if let Content::Php(tree) = &self.entry().content { Some(tree) } else { None }
    }

    /// A pool of php-fpm: `www.conf`.
    pub fn fpm_pool(self) -> Option<&'a Ini> {
        if let Content::FpmPool(tree) = &self.entry().content { Some(tree) } else { None }
    }

    /// MySQL's and MariaDB's settings: `my.cnf`.
    pub fn mysql(self) -> Option<&'a Ini> {
        if let Content::MySql(tree) = &self.entry().content { Some(tree) } else { None }
    }

    /// Redis' and Valkey's settings.
    pub fn redis(self) -> Option<&'a Redis> {
        if let Content::Redis(tree) = &self.entry().content { Some(tree) } else { None }
    }

    /// What Prometheus scrapes.
    pub fn prometheus(self) -> Option<&'a Prometheus> {
        if let Content::Prometheus(tree) = &self.entry().content { Some(tree) } else { None }
    }

    /// A pipeline of GitHub or GitLab.
    pub fn workflow(self) -> Option<&'a Workflow> {
        if let Content::Workflow(tree) = &self.entry().content { Some(tree) } else { None }
    }

    /// Variables: `.env`, `.env.example`.
    pub fn is_environment(self) -> bool {
        matches!(self.entry().content, Content::Environment)
    }

    /// The variables of the file, as docker compose reads them without any from outside.
    pub fn variables(self) -> Dotenv {
        let mut variables = Dotenv::new();
        if self.is_environment() {
            variables.read(self.file_id(), self.text(), &|_| None);
        }
        variables
    }

    /// As people name it.
    pub fn path(self) -> &'a str {
        &self.entry().path
    }

    /// Its text in the source map.
    pub fn file_id(self) -> FileId {
        self.entry().file
    }

    /// Its text.
    pub fn text(self) -> &'a str {
        self.context.sources.file(self.entry().file).text()
    }

    /// Its first line, where something that it lacks is reported.
    pub fn start(self) -> Span {
        let end = self.text().find(['\r', '\n']).unwrap_or(self.text().len());
        Span::new(self.entry().file, 0..end)
    }

    /// The places where services get it from.
    pub fn uses(self) -> &'a [ConfigUse] {
        &self.entry().uses
    }

    /// The services that have it, each with where.
    pub fn services(self) -> impl Iterator<Item = (ServiceContext<'a>, &'a ConfigUse)> {
        let service = move |place: &ConfigUse| ServiceContext::new(StackContext::new(self.context, place.stack), place.service);
        self.uses().iter().map(move |place| (service(place), place))
    }

    /// A production stack has it; without any stack, nothing in its name says that it is for development.
    pub fn is_production(self) -> bool {
        let mut services = self.services().peekable();
        if services.peek().is_none() {
            let kind = super::Environment::of_path(self.path()).map(|environment| environment.kind);
            return kind != Some(super::EnvironmentKind::Development);
        }
        services.any(|(service, _)| service.is_production())
    }
}

impl<'a> ServiceContext<'a> {
    /// The configuration files that `tree` knows, each with its path in the container. Where one is mounted over another, the mount counts.
    pub(super) fn places<T: 'a>(self, tree: fn(ConfigContext<'a>) -> Option<&'a T>) -> Vec<(ConfigContext<'a>, &'a T, &'a str)> {
        let mut found: Vec<(ConfigContext<'a>, &'a T, &'a str, bool)> = Vec::new();
        for config in self.configs() {
            let Some(tree) = tree(config) else { continue };
            found.extend(self.places_of(config).map(|place| (config, tree, place.target.as_str(), place.is_copied)));
        }
        let mounted: Vec<&str> = found.iter().filter(|(.., is_copied)| !is_copied).map(|(_, _, target, _)| *target).collect();
        let counts = |target: &str, is_copied: bool| !is_copied || !mounted.contains(&target);
        found
            .iter()
            .filter(|(_, _, target, is_copied)| counts(target, *is_copied))
            .map(|(config, tree, target, _)| (*config, *tree, *target))
            .collect()
    }

    /// Where it has a file at this path.
    pub fn place_of(self, config: ConfigContext<'a>, target: &str) -> Option<&'a ConfigUse> {
        self.places_of(config).find(|place| place.target == target)
    }

    fn places_of(self, config: ConfigContext<'a>) -> impl Iterator<Item = &'a ConfigUse> {
        let is_same = move |service: ServiceContext<'a>| service.stack().index() == self.stack().index() && service.name() == self.name();
        config.services().filter(move |(service, _)| is_same(*service)).map(|(_, place)| place)
    }
}
