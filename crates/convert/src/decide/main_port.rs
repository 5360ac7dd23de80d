//! On which of its TCP ports a service is tried when it matters whether it works, and led to where nobody says another.

use std::collections::BTreeSet;

use windlass_images::image::Protocol;

use super::hosts::flag;
use super::port::{SaidBy, expand};
use super::{ServicePlan, Transport};

/// The port, with who says it.
pub(super) struct MainPort {
    pub(super) number: u16,
    /// Something of the project does: the ports of the service, its command, or whoever calls it.
    pub(super) is_said: bool,
}

/// Where something listens only while somebody develops, if at all: JDWP, debugpy, what Xdebug calls, the inspector of Node.js, the reloaders
/// of Nuxt and LiveReload.
const OF_DEVELOPMENT: [u16; 6] = [5005, 5678, 9003, 9229, 24678, 35729];

/// Variables in which programs look for the port that they serve on.
const SAY_PORT: [&str; 22] = [
    "PORT",
    "SERVER_PORT",
    "HTTP_PORT",
    "APP_PORT",
    "WEB_PORT",
    "LISTEN_PORT",
    "SERVICE_PORT",
    "ASPNETCORE_HTTP_PORTS",
    "ASPNETCORE_URLS",
    "FLASK_RUN_PORT",
    "MICRONAUT_SERVER_PORT",
    "NITRO_PORT",
    "NUXT_PORT",
    "QUARKUS_HTTP_PORT",
    "ROCKET_PORT",
    "UVICORN_PORT",
    "ADDR",
    "BIND",
    "BIND_ADDR",
    "HTTP_ADDR",
    "LISTEN_ADDR",
    "JAVA_TOOL_OPTIONS",
];

/// Parts of flags whose port is not that of what a program is for.
const OF_OTHERS: [&str; 9] = ["metric", "prometheus", "prof", "debug", "inspect", "jdwp", "admin", "management", "health"];

/// The main port: the image's, unless its configuration has moved it or its documentation says of none that it surely is open; else one that
/// the service writes, published ones before exposed ones; else one that its image names or others call. Of several, one that its command or
/// a variable says, and none of a debugger.
pub(super) fn of(plan: &ServicePlan<'_>, called: Option<&BTreeSet<u16>>) -> Option<MainPort> {
    let said_by = |number: u16| plan.port_position(number, Transport::Tcp).and_then(|at| plan.ports.get(at)).map(|port| port.said_by);
    let is_written = |number: &u16| said_by(*number) == Some(SaidBy::Service);
    let is_called = |number: &u16| called.is_some_and(|called| called.contains(number));
    let server = plan.image.server();
    let is_unchecked = server.is_some_and(|image| image.health.readiness.is_none());
    let known = server.and_then(|image| image.ports.iter().find(|port| port.protocol == Protocol::Tcp)).map(|port| port.port);
    let known = known.filter(|number| !plan.is_moved && said_by(*number).is_some());
    if let Some(number) = known.filter(|number| !is_unchecked || is_written(number)) {
        return Some(MainPort { number, is_said: is_written(&number) || is_called(&number) });
    }
    let candidates = written(plan, is_written);
    let candidates = if candidates.is_empty() { unwritten(plan, known, is_called) } else { candidates };
    let first = *candidates.first()?;
    let is_question = is_unchecked || candidates.iter().any(|number| *number != first);
    let told = if is_question { told(plan) } else { BTreeSet::new() };
    let number = candidates.into_iter().min_by_key(|number| (OF_DEVELOPMENT.contains(number), !told.contains(number)))?;
    Some(MainPort { number, is_said: is_written(&number) || is_called(&number) || told.contains(&number) })
}

/// The ports that the service writes: the published ones, the first of each that it exposes, or else those that its labels say.
fn written(plan: &ServicePlan<'_>, is_written: impl Fn(&u16) -> bool) -> Vec<u16> {
    let published = plan.service.ports.iter().filter_map(|port| u16::try_from(port.target.value).ok());
    let exposed = plan.service.expose.iter().filter_map(|text| Some(expand(text).first()?.0));
    let written: Vec<u16> = published.chain(exposed).filter(&is_written).collect();
    if written.is_empty() { of_tcp(plan, SaidBy::Service).collect() } else { written }
}

/// Those that only the image or a caller says. A port that a Dockerfile exposes and nobody calls may be what was copied with it.
fn unwritten(plan: &ServicePlan<'_>, known: Option<u16>, is_called: impl Fn(&u16) -> bool) -> Vec<u16> {
    let of_image = || known.into_iter().chain(of_tcp(plan, SaidBy::Image));
    let both: Vec<u16> = of_image().filter(is_called).collect();
    if !both.is_empty() {
        return both;
    }
    let called: Vec<u16> = of_tcp(plan, SaidBy::Caller).collect();
    if called.len() == 1 { called } else { of_image().chain(called).collect() }
}

fn of_tcp(plan: &ServicePlan<'_>, said_by: SaidBy) -> impl Iterator<Item = u16> {
    plan.ports.iter().filter(move |port| port.transport == Transport::Tcp && port.said_by == said_by).map(|port| port.number)
}

/// The numbers by which a command or a variable may say where the service listens.
fn told(plan: &ServicePlan<'_>) -> BTreeSet<u16> {
    let service = plan.service;
    let mut numbers = BTreeSet::new();
    let variables = service.environment.iter().filter(|entry| SAY_PORT.contains(&entry.name.as_str()));
    for value in variables.filter_map(|entry| entry.value.as_ref()) {
        note(value.split_whitespace(), &mut numbers);
    }
    for line in [&service.entrypoint, &service.command].into_iter().flatten() {
        note(line.iter().flat_map(|word| word.split_whitespace()), &mut numbers);
    }
    numbers
}

fn note<'t>(words: impl Iterator<Item = &'t str>, numbers: &mut BTreeSet<u16>) {
    let is_of_others = |text: &str| OF_OTHERS.iter().any(|part| text.contains(part));
    let mut before = "";
    for word in words {
        let found = word.split([',', ';', '=', '"', '\'']).filter_map(listening);
        if !is_of_others(flag(before)) && !is_of_others(word) {
            numbers.extend(found);
        }
        before = word;
    }
}

/// The port of an address on which a server listens for all: `8000`, `:8000`, `0.0.0.0:8000`, `http://+:8000`. Without a certificate nothing
/// listens at `https://+:443`.
fn listening(address: &str) -> Option<u16> {
    if address.starts_with("https:") {
        return None;
    }
    let (host, port) = address.rsplit_once(':').unwrap_or(("", address));
    let host = host.rsplit('/').next().unwrap_or_default();
    matches!(host, "" | "0.0.0.0" | "*" | "+" | "[::]" | "::").then_some(())?;
    port.trim_end_matches('/').parse().ok().filter(|port| *port > 0)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Case, project};

    fn tried(case: Case) -> String {
        case.convert().pod("Deployment/web", "containers[0].readinessProbe.tcpSocket.port").trim_end().to_owned()
    }

    fn web(service: &str) -> Case {
        project(&format!("services: {{ web: {{ image: 'acme/web:1', {service} }} }}"))
    }

    #[test]
    fn the_port_that_is_tried_is_the_first_that_is_written_not_the_lowest() {
        assert_eq!(tried(web("expose: ['8000', '2525']")), "8000");
        assert_eq!(tried(web("expose: ['25'], ports: [{ target: 8080, protocol: tcp }, { target: 8081, protocol: tcp }]")), "8080");
        assert_eq!(tried(web("ports: [{ target: 53, protocol: udp }, { target: 9000, protocol: tcp }]")), "9000");
    }

    #[test]
    fn of_several_ports_the_one_that_the_command_or_a_variable_says_is_tried() {
        let ports = "ports: ['1514:1514', '8000:8000']";
        for says in [
            "command: uvicorn main:app --port 8000",
            "command: [gunicorn, '--bind=0.0.0.0:8000', app]",
            "entrypoint: [sh, -c, 'exec python manage.py runserver 0.0.0.0:8000']",
            "command: java -Dserver.port=8000 -jar app.jar",
            "environment: { PORT: '8000' }",
            "environment: { ASPNETCORE_URLS: 'http://+:8000' }",
        ] {
            assert_eq!(tried(web(&format!("{ports}, {says}"))), "8000", "{says}");
        }
        for says in [
            "command: serve --metrics-port 8000",
            "command: serve --admin.port=8000",
            "command: serve --upstream api:8000",
            "command: serve 127.0.0.1:8000",
            "environment: { METRICS_PORT: '8000' }",
        ] {
            assert_eq!(tried(web(&format!("{ports}, {says}"))), "1514", "{says}");
        }
    }

    #[test]
    fn a_debuggers_port_is_tried_only_where_there_is_no_other() {
        assert_eq!(tried(web("ports: ['5005:5005', '8080:8080']")), "8080");
        assert_eq!(tried(web("ports: ['5678:5678', '8080:8080'], command: python -m debugpy --listen 0.0.0.0:5678 app.py")), "8080");
        assert_eq!(tried(web("ports: ['9003:9003', '24678:24678', '80:80']")), "80");
        assert_eq!(tried(web("ports: ['9229:9229']")), "9229");
    }

    #[test]
    fn a_port_that_is_called_is_tried_before_one_that_a_dockerfile_exposes() {
        let built = |calls: &str| {
            let app = format!("app: {{ image: 'acme/app:1', environment: {{ A: '{calls}' }} }}");
            project(&format!("services: {{ web: {{ build: . }}, {app} }}"))
                .file("Dockerfile", "FROM scratch\nEXPOSE 8080 9090\nCMD [\"/web\"]\n")
        };
        assert_eq!(tried(built("http://web")), "8080");
        assert_eq!(tried(built("http://web:9090")), "9090");
        assert_eq!(tried(built("http://web:8888")), "8888");
        assert_eq!(tried(built("http://web:8888 http://web:9090")), "9090");
        assert_eq!(tried(built("http://web:8888 http://web:9999")), "8080");
    }
}
