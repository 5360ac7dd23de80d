//! Whether a server listens elsewhere than its image is known for.

use std::collections::BTreeSet;
use std::path::Path as FilePath;

use windlass_compose::model::MountKind;
use windlass_images::image::KnownBy;

use super::bind::{HostKind, Verdict};
use super::files::{Absent, File, Reader};
use super::mount::{clean_target, look_alone};
use super::port::SaidBy;
use super::{Input, ServicePlan, Transport, peer};

/// True when a service names TCP ports, none of them is one that its image is known for, and something says that the server was moved
/// there: then checks of the known ports say nothing. A port that only `ports` names is one more beside the known ones.
pub(super) fn is_moved(plan: &ServicePlan<'_>, input: &Input<'_>, reader: &Reader<'_>) -> bool {
    let Some(known) = plan.image.server() else { return false };
    let is_known = |number: u16| known.ports.iter().any(|port| port.port == number);
    let written =
        || plan.ports.iter().filter(|port| port.transport == Transport::Tcp && port.said_by == SaidBy::Service).map(|port| port.number);
    if written().next().is_none() || written().any(is_known) {
        return false;
    }
    // What others build has settings of its own, of which nothing is seen here.
    let is_as_known = known.known_by == KnownBy::Repository && !plan.image.is_built;
    !is_as_known || written().map(|number| number.to_string()).any(|number| is_set(&number, plan, input, reader))
}

/// The one port by which others call a service that names none, where a file that it is given says that port and none says one that its
/// image is known for.
pub(super) fn where_called(plan: &ServicePlan<'_>, called: &BTreeSet<u16>, input: &Input<'_>, reader: &Reader<'_>) -> Option<u16> {
    let known = plan.image.server().filter(|image| image.known_by == KnownBy::Repository && !plan.image.is_built)?;
    let port = called.first().copied().filter(|_| called.len() == 1 && plan.ports.iter().all(|port| port.said_by != SaidBy::Service))?;
    let is_known = known.ports.is_empty() || known.ports.iter().any(|known| known.port == port);
    let files_say = |number: u16, unread: bool| {
        let number = number.to_string();
        let mut configs = plan.service.configs.iter();
        configs.any(|mount| config_says(&mount.source, &number, unread, input, reader)) || binds_say(&number, unread, plan, reader)
    };
    (!is_known && files_say(port, false) && !known.ports.iter().any(|known| files_say(known.port, true))).then_some(port)
}

/// True when something that the service is given says the number, or can't be read.
fn is_set(number: &str, plan: &ServicePlan<'_>, input: &Input<'_>, reader: &Reader<'_>) -> bool {
    let service = plan.service;
    let variables = service.environment.iter().filter_map(|entry| Some(entry.value.as_ref()?.as_str()));
    let words = [&service.command, &service.entrypoint].into_iter().flatten().flat_map(|line| line.iter()).map(|word| word.as_str());
    let labels = service.labels.iter().map(|label| label.value.as_str());
    variables.chain(words).chain(labels).chain(peer::checks(plan)).any(|text| says(text, number))
        || service.configs.iter().any(|mount| config_says(&mount.source, number, true, input, reader))
        || binds_say(number, true, plan, reader)
}

/// `unread` is what is said of a file that can't be read.
fn config_says(key: &str, number: &str, unread: bool, input: &Input<'_>, reader: &Reader<'_>) -> bool {
    let Some(config) = input.project.configs.get(key) else { return false };
    if let Some(content) = &config.content {
        return says(content, number);
    }
    let file = config.file.as_ref().and_then(|file| reader.file(FilePath::new(file.as_str())).ok());
    file.map_or(unread, |file| file_says(&file, number))
}

fn binds_say(number: &str, unread: bool, plan: &ServicePlan<'_>, reader: &Reader<'_>) -> bool {
    plan.service.volumes.iter().filter(|mount| mount.kind.value == MountKind::Bind).any(|mount| {
        let known = || plan.image.entry().and_then(|image| image.volume_at(&clean_target(&mount.target)));
        match look_alone(mount, reader) {
            Verdict::Is(HostKind::File(file)) => file_says(&file, number),
            Verdict::Is(HostKind::Directory(files)) | Verdict::Claim(files, None) => files.iter().any(|file| file_says(file, number)),
            // A directory of data is no settings, however much is in it.
            Verdict::Claim(_, Some(_)) => unread && known().is_none_or(|known| known.size.is_none()),
            Verdict::Is(HostKind::LeftOut(absent, _)) => unread && absent != Absent::Special,
            Verdict::Is(HostKind::Claim(_) | HostKind::Machine | HostKind::Memory) => false,
        }
    })
}

fn file_says(file: &File, number: &str) -> bool {
    std::str::from_utf8(&file.content).is_ok_and(|text| says(text, number))
}

/// True for a text with this number in it, not as a part of a longer one.
fn says(text: &str, number: &str) -> bool {
    let is_digit = |character: Option<char>| character.is_some_and(|character| character.is_ascii_digit());
    text.match_indices(number)
        .any(|(at, _)| !is_digit(text[..at].chars().next_back()) && !is_digit(text[at + number.len()..].chars().next()))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Case, project};

    fn web(service: &str) -> Case {
        project(&format!("services: {{ web: {{ {service}, ports: ['8080:8080'] }} }}\nconfigs: {{ conf: {{ content: 'listen 8080;' }} }}"))
    }

    /// What is asked whether it is ready.
    fn port(case: Case) -> String {
        let outcome = case.convert();
        let workload = outcome.names().into_iter().find(|name| name.ends_with("Deployment/web") || name.ends_with("Set/web"));
        let of = |kind: &str| outcome.pod(workload.as_deref().expect("a workload"), &format!("containers[0].readinessProbe.{kind}.port"));
        format!("{}{}", of("httpGet"), of("tcpSocket")).replace("null\n", "").trim_end().to_owned()
    }

    #[test]
    fn a_port_that_is_published_beside_the_known_ones_is_not_the_one_that_is_asked() {
        let synapse = "services: { web: { image: 'matrixdotorg/synapse:latest', ports: ['8448:8448/tcp'], volumes: ['./files:/data'] } }";
        let outcome = project(synapse).convert();
        for probe in ["readinessProbe.httpGet", "livenessProbe.tcpSocket", "startupProbe.tcpSocket"] {
            assert_eq!(outcome.pod("StatefulSet/web", &format!("containers[0].{probe}.port")), "8008\n", "{probe}");
        }
        assert_eq!(port(web("image: 'nginx:1.27'")), "80");
        assert_eq!(port(web("image: 'nginx:1.27', environment: { LIMIT: '18080' }")), "80");
        assert_eq!(
            port(web("image: 'nginx:1.27', volumes: ['./site.conf:/etc/nginx/conf.d/site.conf:ro']").file("site.conf", "listen 80;")),
            "80"
        );
    }

    #[test]
    fn a_server_that_something_moves_to_the_published_port_is_asked_there() {
        let moved = [
            web("image: 'nginx:1.27', environment: { LISTEN: '0.0.0.0:8080' }"),
            web("image: 'caddy:2', command: 'caddy file-server --listen :8080'"),
            web("image: 'nginx:1.27', labels: { traefik.http.services.web.loadbalancer.server.port: '8080' }"),
            web("image: 'nginx:1.27', configs: [{ source: conf, target: /etc/nginx/conf.d/default.conf }]"),
            web("image: 'nginx:1.27', volumes: ['./site.conf:/etc/nginx/conf.d/site.conf:ro']").file("site.conf", "listen 8080;"),
            web("image: 'nginx:1.27', volumes: ['./conf:/etc/nginx/conf.d']").file("conf/site.conf", "listen 8080;"),
            // Nobody knows what is in it.
            web("image: 'nginx:1.27', volumes: ['./site.conf:/etc/nginx/conf.d/site.conf:ro']"),
            web("image: 'nginx:1.27', volumes: ['/srv/conf:/etc/nginx/conf.d']"),
            web("image: 'acme/nginx:1'"),
        ];
        for (at, case) in moved.into_iter().enumerate() {
            assert_eq!(port(case), "8080", "the case {at}");
        }
    }

    #[test]
    fn a_server_is_asked_where_all_call_it_if_its_configuration_says_that_port() {
        let grafana = |calls: &str, file: &str, more: &str| {
            let text = format!(
                "services: {{ web: {{ image: 'grafana/grafana:11', volumes: ['./grafana.ini:/etc/grafana/grafana.ini:ro']{more} }}, \
                 app: {{ image: 'acme/app:1', environment: {{ A: '{calls}' }} }} }}"
            );
            port(project(&text).file("grafana.ini", file))
        };
        let moved = "[server]\nhttp_port = 4000";
        assert_eq!(grafana("http://web:4000", moved, ""), "4000");
        assert_eq!(grafana("http://web:4000", "[server]\nhttp_port = 3000", ""), "3000");
        assert_eq!(grafana("http://web:4000", "; nothing", ""), "3000");
        assert_eq!(grafana("http://web", moved, ""), "3000");
        assert_eq!(grafana("http://web:4000 http://web:3000", moved, ""), "3000");
        assert_eq!(grafana("http://web:4000", moved, ", ports: ['3000:3000']"), "3000");
    }
}
