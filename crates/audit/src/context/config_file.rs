//! Configuration files of other software, and the services that mount them.
//!
//! A file is known by where it is mounted, else by its name. What it says is read by room `conf`.

use windlass_source::{FileId, Span};

use super::Context;
use super::service::ServiceContext;
use super::stack::StackContext;

/// What a configuration file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConfigKind {
    /// nginx: `nginx.conf`, `conf.d/*.conf`.
    Nginx,
    /// PHP: `php.ini` and the files of `conf.d`.
    PhpIni,
    /// A pool of php-fpm: `www.conf`.
    FpmPool,
    /// Redis and Valkey.
    Redis,
    /// MySQL and MariaDB: `my.cnf`, `*.cnf`.
    MyCnf,
    /// Prometheus: `prometheus.yml`.
    Prometheus,
    /// Variables: `.env`, `.env.example`.
    DotEnv,
    /// A pipeline: GitHub Actions, GitLab CI.
    Workflow,
}

impl ConfigKind {
    /// What `--target` and the catalogue call it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::PhpIni => "php",
            Self::FpmPool => "php-fpm",
            Self::Redis => "redis",
            Self::MyCnf => "mysql",
            Self::Prometheus => "prometheus",
            Self::DotEnv => "env",
            Self::Workflow => "ci",
        }
    }

    /// The kind of a file by its path: on the host, or in the container.
    pub(super) fn of_path(path: &str) -> Option<Self> {
        let path = path.to_ascii_lowercase();
        let name = path.rsplit('/').next().unwrap_or(&path);
        let within = |part: &str| path.split('/').rev().skip(1).any(|directory| directory.contains(part));
        let is_yaml = name.ends_with(".yml") || name.ends_with(".yaml");
        if name == ".env" || name.starts_with(".env.") || (name.ends_with(".env") && !name.starts_with('.')) {
            return Some(Self::DotEnv);
        }
        if is_yaml {
            let is_workflow = path.contains(".github/workflows/") || matches!(name, ".gitlab-ci.yml" | ".gitlab-ci.yaml");
            return match name.split('.').next() {
                _ if is_workflow => Some(Self::Workflow),
                Some("prometheus") => Some(Self::Prometheus),
                _ => None,
            };
        }
        if name.ends_with(".cnf") {
            return (name.contains("my") || within("mysql") || within("maria")).then_some(Self::MyCnf);
        }
        if name.ends_with(".ini") {
            return (name.contains("php") || name.contains("opcache") || within("php")).then_some(Self::PhpIni);
        }
        if !name.ends_with(".conf") && !name.ends_with(".conf.template") {
            return None;
        }
        if within("php-fpm") || name.contains("fpm") || name == "www.conf" {
            Some(Self::FpmPool)
        } else if name.starts_with("redis") || name.starts_with("valkey") || within("redis") {
            Some(Self::Redis)
        } else if name.contains("nginx") || within("nginx") {
            Some(Self::Nginx)
        } else {
            None
        }
    }
}

/// A configuration file that was read.
#[derive(Debug)]
pub(crate) struct ConfigFile {
    pub(crate) kind: ConfigKind,
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

    /// What it is for.
    pub fn kind(self) -> ConfigKind {
        self.entry().kind
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_paths() {
        for (path, kind) in [
            ("docker/nginx.conf", Some(ConfigKind::Nginx)),
            ("/etc/nginx/conf.d/default.conf", Some(ConfigKind::Nginx)),
            ("docker/php.ini", Some(ConfigKind::PhpIni)),
            ("/usr/local/etc/php/conf.d/shop.ini", Some(ConfigKind::PhpIni)),
            ("/usr/local/etc/php-fpm.d/www.conf", Some(ConfigKind::FpmPool)),
            ("docker/redis/redis.conf", Some(ConfigKind::Redis)),
            ("/etc/mysql/conf.d/tuning.cnf", Some(ConfigKind::MyCnf)),
            ("openssl.cnf", None),
            ("docker/monitoring/prometheus.yml", Some(ConfigKind::Prometheus)),
            (".env.example", Some(ConfigKind::DotEnv)),
            ("docker/app.env", Some(ConfigKind::DotEnv)),
            (".github/workflows/ci.yml", Some(ConfigKind::Workflow)),
            ("src/main.conf", None),
        ] {
            assert_eq!(ConfigKind::of_path(path), kind, "{path}");
        }
    }
}
