//! Whether something is for development or for production, and how that is known.
//!
//! In this order: what the command line says; a word in a file's name; what the framework is told (`APP_ENV`); signs of development in
//! the services. Without any sign it counts as production, since that is where a finding matters.

use std::path::Path;

use windlass_compose::model::{MountKind, Project};

use super::role::Role;
use super::service::ServiceFacts;

/// Development or production, with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Which.
    pub kind: EnvironmentKind,
    /// How it is known, as a clause: "`APP_ENV` of service `app` is `local`".
    pub because: String,
}

/// Development or production.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EnvironmentKind {
    /// On a person's machine, or in tests.
    Development,
    /// Where people use it; staging too.
    Production,
}

impl EnvironmentKind {
    /// `dev` or `prod`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Development => "dev",
            Self::Production => "prod",
        }
    }

    /// What a variable tells a framework: `APP_ENV=local`. `None` for other variables and values.
    pub fn of_variable(name: &str, value: &str) -> Option<Self> {
        VARIABLES.contains(&name).then(|| kind_of(value)).flatten()
    }
}

/// The reason where there is none.
const ASSUMED: &str = "nothing says that it is for development";

/// Words in names of files and directories.
const DEVELOPMENT: [&str; 14] = [
    "dev",
    "devel",
    "develop",
    "development",
    "local",
    "test",
    "tests",
    "testing",
    "debug",
    "e2e",
    "sandbox",
    "devcontainer",
    "demo",
    "dusk",
];
const PRODUCTION: [&str; 11] =
    ["prod", "production", "live", "staging", "stage", "release", "swarm", "scale", "deploy", "preprod", "server"];

/// Variables that tell a framework where it runs.
const VARIABLES: [&str; 13] = [
    "APP_ENV",
    "NODE_ENV",
    "RAILS_ENV",
    "RACK_ENV",
    "FLASK_ENV",
    "DJANGO_ENV",
    "ASPNETCORE_ENVIRONMENT",
    "DOTNET_ENVIRONMENT",
    "GO_ENV",
    "MIX_ENV",
    "ENVIRONMENT",
    "SPRING_PROFILES_ACTIVE",
    "APP_ENVIRONMENT",
];

impl Environment {
    /// Nothing says what it is for, so it counts as production.
    pub fn is_assumed(&self) -> bool {
        self.because == ASSUMED
    }

    /// The command line says so.
    pub(super) fn chosen(kind: EnvironmentKind) -> Self {
        Self { kind, because: "`--environment` says so".to_owned() }
    }

    /// The words of a path below the directory that is audited; the name counts before its directories.
    pub(super) fn of_path(path: &str) -> Option<Self> {
        path.rsplit('/').find_map(|part| {
            part.split(|letter: char| !letter.is_ascii_alphanumeric()).find_map(|word| {
                let kind = kind_of(word)?;
                Some(Self { kind, because: format!("`{path}` is named so") })
            })
        })
    }

    /// A stack, by its files (as people name them) and what is in them.
    pub(super) fn of_stack(files: &[String], project: &Project, facts: &[ServiceFacts]) -> Self {
        let name = |file: &String| Path::new(file).file_name().and_then(|name| name.to_str()).map(str::to_owned);
        // The last file is the one that makes the stack special.
        if let Some(found) = files.iter().rev().filter_map(name).find_map(|name| Self::of_path(&name)) {
            return found;
        }
        Self::of_variables(project)
            .or_else(|| Self::of_services(project, facts))
            .or_else(|| files.iter().rev().find_map(|file| Self::of_path(file)))
            .unwrap_or_else(|| Self { kind: EnvironmentKind::Production, because: ASSUMED.to_owned() })
    }

    fn of_variables(project: &Project) -> Option<Self> {
        let mut found: [Vec<String>; 2] = [Vec::new(), Vec::new()];
        for service in &project.services {
            for variable in VARIABLES {
                let Some(value) = service.environment.get(variable).and_then(Option::as_ref) else { continue };
                let Some(kind) = kind_of(value) else { continue };
                let because = format!("`{variable}` of service `{}` is `{}`", service.name.value, value.value);
                found[usize::from(kind == EnvironmentKind::Production)].push(because);
            }
        }
        // One service may be told something else than the others; in doubt it is where a finding matters.
        let [development, production] = found;
        let (kind, of_kind) = if production.len() >= development.len() {
            (EnvironmentKind::Production, production)
        } else {
            (EnvironmentKind::Development, development)
        };
        of_kind.into_iter().next().map(|because| Self { kind, because })
    }

    /// A development tool, or sources that are mounted over what an image was built from.
    fn of_services(project: &Project, facts: &[ServiceFacts]) -> Option<Self> {
        let development = |because: String| Some(Self { kind: EnvironmentKind::Development, because });
        for (service, facts) in project.services.iter().zip(facts) {
            if facts.role.role == Role::DevTool {
                return development(format!("service `{}` is a development tool", service.name.value));
            }
            let context = service.build.as_ref().and_then(|build| build.context.as_ref());
            let writable = service.volumes.iter().filter(|mount| !mount.read_only.as_ref().is_some_and(|flag| flag.value));
            let mounted = writable.filter(|mount| mount.kind.value == MountKind::Bind).filter_map(|mount| mount.source.as_ref());
            if mounted.into_iter().any(|source| context.is_some_and(|context| context.value == source.value)) {
                return development(format!("service `{}` mounts the sources that its image is built from", service.name.value));
            }
        }
        None
    }
}

fn kind_of(word: &str) -> Option<EnvironmentKind> {
    let is = |words: &[&str]| words.iter().any(|known| known.eq_ignore_ascii_case(word));
    if is(&DEVELOPMENT) {
        Some(EnvironmentKind::Development)
    } else if is(&PRODUCTION) {
        Some(EnvironmentKind::Production)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_tell() {
        let kind = |path: &str| Environment::of_path(path).map(|environment| environment.kind);
        assert_eq!(kind("docker-compose.dev.yml"), Some(EnvironmentKind::Development));
        assert_eq!(kind("docker-compose.prod.yml"), Some(EnvironmentKind::Production));
        assert_eq!(kind("dev-docker/Dockerfile"), Some(EnvironmentKind::Development));
        assert_eq!(kind("dev/compose.staging.yaml"), Some(EnvironmentKind::Production));
        assert_eq!(kind("device/compose.yaml"), None);
    }
}
