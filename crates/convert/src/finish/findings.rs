//! What mounted files, variables and commands say that holds in Docker and not in a cluster. It stays as it is; each finding names the
//! line.

use windlass_source::{Code, Diagnostic, Origin};

use crate::decide::{Left, Plan, ServicePlan, arguments};

/// Looks through every file that services get.
pub(super) fn in_files(plan: &Plan<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for source in &plan.sources {
        let is_directory = source.files().len() != 1 || !source.path.ends_with(&source.files()[0].path);
        for file in source.files() {
            let path = if is_directory { source.path.join(&file.path) } else { source.path.clone() };
            let path = path.strip_prefix(plan.input.directory).unwrap_or(&path).display().to_string();
            in_content(&path, &file.content, &source.origin, plan, diagnostics);
        }
    }
    for config in plan.configs.iter().filter(|config| config.is_used) {
        if let Some(content) = config.content() {
            in_content(&config.key, content, &config.origin, plan, diagnostics);
        }
    }
}

/// Looks through variables, and the words of entrypoints and commands, which may write a configuration. What a service is called otherwise
/// in the cluster is changed elsewhere.
pub(super) fn in_services(plan: &Plan<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for service in plan.services.iter().filter(|service| service.is_converted()) {
        let variables = plan.reach.has_differences().then_some(&service.service.environment);
        for entry in variables.into_iter().flatten() {
            if let Some(value) = &entry.value {
                let place = || format!("`{}` of `{}`", entry.name.value, service.service.name.value);
                let found = left(&entry.name, value, place, service, plan);
                diagnostics.extend(found.map(|found| found.origin(&value.origin, "")));
            }
        }
        let lines = [("entrypoint", &service.service.entrypoint), ("command", &service.service.command)];
        for (attribute, line) in lines.into_iter().filter_map(|(attribute, line)| Some((attribute, line.as_ref()?))) {
            let place = || format!("the {attribute} of `{}`", service.service.name.value);
            for (flag, word) in arguments(line) {
                for finding in docker_addresses(word) {
                    diagnostics.push(finding.diagnostic(&place()).label(word.span(), ""));
                }
                diagnostics.extend(left(flag, word, place, service, plan).map(|found| found.label(word.span(), "")));
            }
        }
    }
}

/// A name of another service that does not lead to it in the cluster. `variable` is what holds the text, or the flag before it.
fn left(variable: &str, text: &str, place: impl Fn() -> String, service: &ServicePlan<'_>, plan: &Plan<'_>) -> Option<Diagnostic> {
    Some(match plan.reach.left_in(variable, text, service, &plan.services)? {
        Left::Outside { name, target } => {
            let target = &plan.services[target].name;
            let message = format!("{}: no pod has the name `{name}` in the cluster", place());
            Diagnostic::warning(Code("convert::docker-address"), message)
                .because("no Service can have dots in its name, and browsers, issuers and certificates may see this one, so it stays")
                .help(format!("let it resolve to the published address of `{target}`, or write `{target}` where services alone read it"))
        }
        Left::Address { address, target } => no_address(&place(), address, target, service.pod == plan.services[target].pod, plan),
        Left::Contested { name, leads, target } => {
            let (leads, target) = (&plan.services[leads].name, &plan.services[target].name);
            let message = format!("{}: `{name}` leads to `{leads}` in the cluster, not to `{target}`", place());
            Diagnostic::warning(Code("convert::shared-name"), message)
                .because("a name leads to one service for all, and nothing says that it stands for a host here, where it would be changed")
                .help(format!("write `{target}` where it does"))
        }
        Left::Renamed { name, label } => {
            let message = format!("{}: `{name}` is called `{label}` in the cluster", place());
            Diagnostic::note(Code("convert::renamed"), message)
                .because("it stays, since nothing says that it stands for a host here")
                .help(format!("write `{label}` where it does; docker compose knows the service by that name too with an alias"))
        }
    })
}

/// A fixed address of a service, which no pod has. `is_own` where a server itself is told it.
fn no_address(place: &str, address: &str, target: usize, is_own: bool, plan: &Plan<'_>) -> Diagnostic {
    let target = &plan.services[target].name;
    Diagnostic::warning(Code("convert::docker-address"), format!("{place}: no pod has the address `{address}` in the cluster"))
        .because("the cluster gives each pod an address of its own, and another one at each start")
        .help(match is_own {
            true => format!("write `0.0.0.0` where it listens, and `{target}` where others call it"),
            false => format!("write `{target}`, the name of its Service"),
        })
}

/// An address that only Docker has.
struct DockerAddress {
    what: &'static str,
    because: &'static str,
    help: &'static str,
}

impl DockerAddress {
    /// `place` begins the message.
    fn diagnostic(&self, place: &str) -> Diagnostic {
        Diagnostic::warning(Code("convert::docker-address"), format!("{place}: {}", self.what)).because(self.because).help(self.help)
    }
}

fn docker_addresses(text: &str) -> impl Iterator<Item = DockerAddress> {
    let dns = DockerAddress {
        what: "`127.0.0.11` is Docker's DNS server",
        because: "a pod has the cluster's DNS server, whose address differs from cluster to cluster",
        help: "leave `resolver` out, so that names are resolved at the start, or name `kube-dns.kube-system.svc.cluster.local`",
    };
    let host = DockerAddress {
        what: "`host.docker.internal` is the machine that runs Docker",
        because: "a cluster has no such host",
        help: "run the other program as a service, or write an address that the nodes can reach",
    };
    [("127.0.0.11", dns), ("host.docker.internal", host)].into_iter().filter(|(word, _)| text.contains(word)).map(|(_, address)| address)
}

fn in_content(name: &str, content: &[u8], origin: &Origin, plan: &Plan<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let Ok(text) = std::str::from_utf8(content) else { return };
    for (index, line) in text.lines().enumerate() {
        let line_number = index + 1;
        if line.trim_start().starts_with(['#', ';']) {
            continue;
        }
        for address in docker_addresses(line) {
            diagnostics.push(address.diagnostic(&format!("`{name}`, line {line_number}")).label(origin.span(), "mounted here"));
        }
        if let Some((address, target)) = plan.reach.address_in(line) {
            let place = format!("`{name}`, line {line_number}");
            diagnostics.push(no_address(&place, address, target, false, plan).label(origin.span(), "mounted here"));
        }
        if let Some((name_in_project, label)) = plan.reach.renamed_in(line) {
            diagnostics.push(
                Diagnostic::warning(
                    Code("convert::docker-address"),
                    format!("`{name}`, line {line_number}: `{name_in_project}` is called `{label}` in the cluster"),
                )
                .label(origin.span(), "mounted here")
                .because("names of Services are DNS labels, and mounted files are never changed")
                .help(format!("write `{label}`; docker compose knows the service by that name too with `networks: default: aliases`")),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::project;

    #[test]
    fn a_command_that_writes_a_configuration_with_the_dns_server_of_docker_is_found() {
        let outcome = project(
            "services: { web: { image: 'nginx:1.27', entrypoint: [sh, -c, \"echo 'resolver 127.0.0.11;' > /etc/nginx/conf.d/a.conf; nginx\"] } }",
        )
        .convert();
        let found: Vec<String> = outcome.diagnostics().into_iter().filter(|line| line.starts_with("convert::docker-address")).collect();
        assert_eq!(found, ["convert::docker-address: the entrypoint of `web`: `127.0.0.11` is Docker's DNS server"]);
    }

    #[test]
    fn what_may_still_mean_a_service_by_its_old_name_is_told_and_a_database_is_none() {
        let outcome = project(
            "services: { my_db: { image: 'acme/db:1', environment: { NODE: my_db } }, \
             app: { image: acme/app:1, command: [serve, my_db], environment: { \
             CACHE: my_db, TEXT: 'first my_db, then go', POSTGRES_DB: my_db, DIR: /data/my_db, URL: 'postgres://my_db@my_db/my_db', \
             DSN: 'host=my_db dbname=my_db' } } }",
        )
        .convert();
        let found: Vec<String> = outcome.diagnostics().into_iter().filter(|line| line.starts_with("convert::renamed")).collect();
        assert_eq!(
            found,
            [
                "convert::renamed: `my_db` is called `my-db` in the cluster",
                "convert::renamed: `CACHE` of `app`: `my_db` is called `my-db` in the cluster",
                "convert::renamed: `TEXT` of `app`: `my_db` is called `my-db` in the cluster",
                "convert::renamed: the command of `app`: `my_db` is called `my-db` in the cluster",
            ]
        );
    }

    #[test]
    fn who_calls_another_by_a_name_with_dots_hears_what_has_to_resolve_it() {
        let outcome = project(
            "services: { auth: { image: acme/auth:1, networks: { default: { aliases: [auth.example.com] } }, \
             environment: { KC_HOSTNAME: 'https://auth.example.com' } }, \
             web: { image: acme/web:1, environment: { ISSUER: 'https://auth.example.com/realms/a', DOMAIN: auth.example.com } } }",
        )
        .convert();
        let found: Vec<String> = outcome.diagnostics().into_iter().filter(|line| line.starts_with("convert::docker-address")).collect();
        assert_eq!(found, ["convert::docker-address: `ISSUER` of `web`: no pod has the name `auth.example.com` in the cluster"]);
        insta::assert_snapshot!(outcome.fates("services.auth.networks"), @"services.auth.networks.default.aliases: approximated (no Service can be called `auth.example.com`: pods reach it where it resolves to the published address)");
        assert!(outcome.names().iter().all(|name| !name.contains("auth-example-com")), "{:?}", outcome.names());
    }
}
