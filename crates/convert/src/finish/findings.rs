//! What mounted files and scripts in commands say that holds in Docker and not in a cluster. They stay as they are; each finding names
//! the line.

use windlass_source::{Code, Diagnostic, Origin};

use crate::decide::Plan;

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

/// Looks through the words of entrypoints and commands, which may write a configuration. Names of services in them are changed elsewhere.
pub(super) fn in_commands(plan: &Plan<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for service in plan.services.iter().filter(|service| service.is_converted()) {
        let lines = [("entrypoint", &service.service.entrypoint), ("command", &service.service.command)];
        for (attribute, line) in lines.into_iter().filter_map(|(attribute, line)| Some((attribute, line.as_ref()?))) {
            for word in line.iter() {
                for finding in docker_addresses(word) {
                    let name = &service.service.name.value;
                    diagnostics.push(finding.diagnostic(&format!("the {attribute} of `{name}`")).label(word.span(), ""));
                }
            }
        }
    }
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
}
