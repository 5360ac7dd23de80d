//! Whether a compose file beside the default one is a project of its own, or lies on that: a production override that names an image loads
//! alone as well, and is nothing without what it overrides.

use std::collections::BTreeSet;

use windlass_compose::model::{Project, Service};
use windlass_source::{Code, Diagnostic};

/// What a compose file is beside the default one, each with its reason, a clause.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// A project of its own.
    Alone(String),
    /// It changes the default file.
    Upon(String),
}

impl Standing {
    /// What was chosen for the stack of `files`, and why.
    pub(super) fn told(self, files: &[String]) -> Diagnostic {
        let name = files.last().map_or("", String::as_str);
        let (chosen, because) = match self {
            Self::Alone(because) => (format!("`{name}` is a project of its own"), because),
            Self::Upon(because) => (format!("`{name}` lies on `{}`", files.first().map_or("", String::as_str)), because),
        };
        Diagnostic::note(Code("convert::environment"), chosen).because(because)
    }
}

/// What a file that loads alone is. It is a project of its own when it has a service of its own, or says again at least half of what
/// the default file (called `name`) says of the services that both have.
pub(super) fn standing(file: &Project, default: &Project, name: &str) -> Standing {
    let base = |service: &Service| default.service(&service.name);
    if let Some(own) = file.services.iter().find(|service| base(service).is_none()) {
        return Standing::Alone(format!("it has the service `{}`, which `{name}` lacks", own.name.value));
    }
    let (mut there, mut again) = (0, 0);
    for (service, base) in file.services.iter().filter_map(|service| Some((service, base(service)?))) {
        let (says, said) = (said(service), said(base));
        there += said.len();
        again += said.intersection(&says).count();
    }
    let what = format!("of {there} variables, ports, mounts and dependencies that its services have in `{name}`, it says {again} again");
    if again > 0 && again * 2 >= there { Standing::Alone(what) } else { Standing::Upon(what) }
}

/// What is said of a service that it can't do without: the names of variables, ports, mounts and dependencies. Values differ between
/// environments.
fn said(service: &Service) -> BTreeSet<(&'static str, String)> {
    let variables = service.environment.iter().map(|variable| ("variable", variable.name.to_string()));
    let files = service.env_file.iter().map(|file| ("file of variables", file.path.to_string()));
    let ports = service.ports.iter().map(|port| ("port", port.target.value.to_string()));
    let exposed = service.expose.iter().map(|port| ("port", port.value.to_string()));
    let mounts = service.volumes.iter().map(|mount| ("mount", mount.target.value.to_string()));
    let given = service.configs.iter().chain(&service.secrets).map(|file| ("mount", file.source.value.to_string()));
    let dependencies = service.depends_on.iter().map(|dependency| ("dependency", dependency.name.to_string()));
    variables.chain(files).chain(ports).chain(exposed).chain(mounts).chain(given).chain(dependencies).collect()
}

#[cfg(test)]
mod tests {
    use windlass_compose::{Request, load};
    use windlass_source::MemoryFileSystem;

    use super::*;

    const DEFAULT: &str = "services:
  web: { image: acme/web, environment: { DATABASE_URL: 'postgres://db/x', MODE: dev }, ports: ['80:8080'], depends_on: [db] }
  db: { image: 'postgres:17', environment: { POSTGRES_PASSWORD: a }, volumes: ['data:/var/lib/postgresql/data'] }
volumes: { data: {} }";

    /// True when a file with these services is a project of its own.
    fn is_alone(services: &str) -> bool {
        let project = |text: &str| {
            let files = MemoryFileSystem::new().with_file("/project/compose.yaml", text);
            load(&Request::new("/project"), &files).project
        };
        let file = project(&format!("services: {{ {services} }}\nvolumes: {{ data: {{}} }}"));
        assert!(!file.services.is_empty(), "{services}");
        matches!(standing(&file, &project(DEFAULT), "compose.yaml"), Standing::Alone(_))
    }

    #[test]
    fn a_file_that_leaves_out_what_the_default_says_lies_on_it() {
        for services in [
            "web: { image: 'registry.example.com/acme/web:1.0', restart: always }",
            "web: { build: { context: ., target: prod }, environment: { APP_SECRET: a } }",
            "web: { image: a, environment: { MODE: prod } }, db: { image: 'postgres:17', deploy: { resources: { limits: { memory: 1G } } } }",
        ] {
            assert!(!is_alone(services), "{services}");
        }
    }

    #[test]
    fn a_file_that_says_it_all_is_a_project_of_its_own() {
        for services in [
            "web: { image: acme/web, environment: { DATABASE_URL: 'postgres://other/x', MODE: prod }, ports: ['443:8080'] }",
            "web: { image: acme/web, environment: { DATABASE_URL: a }, ports: ['443:8080'] }, tests: { image: acme/tests }",
            "db: { image: 'postgres:17', environment: { POSTGRES_PASSWORD: b } }",
            "worker: { image: acme/web }",
        ] {
            assert!(is_alone(services), "{services}");
        }
    }
}
