//! healthcheck → startup, readiness and liveness probes.
//!
//! Docker leaves an unhealthy container running and Kubernetes restarts it, so liveness stands behind a startup probe with a
//! generous budget, is three times as patient as readiness, and never asks for other services.

mod check;
mod inferred;

use k8s_openapi::api::core::v1::Probe;
use windlass_compose::model::{Duration, Healthcheck, Test};
use windlass_source::{Code, Diagnostic, Spanned};
use windlass_yaml::Path;

use super::Sink;
use crate::decide::chosen::{Asks, ChosenProbe};
use crate::decide::{Plan, ServicePlan, Transport};
use crate::fates::Place;
use check::{Check, Handler};

/// Seconds that a container has to start before liveness counts, at the least.
const START_BUDGET: i64 = 300;

/// Times of the three probes, in seconds.
#[derive(Clone, Copy, Debug)]
struct Times {
    interval: i32,
    timeout: i32,
    retries: i32,
    /// How long failures are borne after the start.
    start_budget: i64,
    start_interval: i32,
}

pub(super) fn healthcheck(healthcheck: Option<&Spanned<Healthcheck>>, service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) {
    if healthcheck.is_some_and(|check| check.is_disabled()) {
        sink.fates.mapped_with(sink.at("healthcheck"), [], "no probes, as it says");
        return;
    }
    if !service.is_long_running() {
        if healthcheck.is_some() {
            sink.fates.lost(sink.at("healthcheck"), "a job has no probes: it is healthy when it completes");
        }
        return;
    }
    let times = healthcheck.map(|check| Times::of(check));
    let written = healthcheck.and_then(|healthcheck| {
        let test = healthcheck.test.as_ref()?;
        let check = check::recognise(test, service, plan);
        if check.is_none() && spells_credential(test, service, plan) {
            sink.diagnostics.push(
                Diagnostic::warning(
                    Code("convert::credential"),
                    format!("the health check of `{}` is left out: it spells out a credential", service.service.name.value),
                )
                .label(test.span(), "")
                .because("probes are plain text, and no shell is known to be in the image that could read it from a variable")
                .help("write `[\"CMD-SHELL\", \"…\"]`, with the credential in a variable of the service"),
            );
        } else if check.is_none() && test.value != Test::Inherit {
            sink.diagnostics.push(
                Diagnostic::warning(Code("convert::healthcheck"), "this health check has no command")
                    .label(test.span(), "")
                    .because("docker compose passes it on, and the engine runs nothing")
                    .help("write `[\"CMD\", …]`, `[\"CMD-SHELL\", \"…\"]` or a text"),
            );
        }
        check
    });
    let has_check = written.is_some();
    let is_changed = written.as_ref().is_some_and(|check| check.own.is_changed);
    match (written, times) {
        (None, times) if inferred::from_dockerfile(times, service, plan, sink) => {}
        (Some(check), Some(times)) => apply(&check, times, service, sink),
        (None, times) => inferred::infer(times, service, plan, sink),
        (Some(_), None) => {}
    }
    if let Some(healthcheck) = healthcheck {
        fates(healthcheck, service, sink);
    }
    if healthcheck.and_then(|check| check.test.as_ref()).is_some_and(|test| spells_credential(test, service, plan)) {
        let path = sink.at("healthcheck.test");
        if has_check {
            sink.fates.explain(&path, "a shell reads the credentials in it from variables");
        } else {
            sink.fates.refused(path, "it spells out a credential, and probes are plain text");
        }
    }
    if is_changed {
        let handlers = handlers(service, sink);
        let message = "asks 127.0.0.1 in place of the service's own name, which leads to pods that are ready already";
        sink.fates.approximated(sink.at("healthcheck.test"), handlers, message);
    }
}

/// The port on which a service answers when it is ready, by what somebody says of its health: the one that its check asks, if others reach it.
pub(crate) fn asked_port(service: &ServicePlan<'_>, plan: &Plan<'_>) -> Option<u16> {
    let chosen = match &service.chosen.probes[1] {
        Some(ChosenProbe::Check(wish)) => wish.asks.as_ref(),
        _ => None,
    };
    let written = service.service.healthcheck.as_ref();
    let asked = match (chosen, written) {
        (Some(Asks::Tcp(port)), _) => Some(*port),
        (Some(Asks::Http(_, port)), _) => *port,
        (Some(Asks::Exec(_)), _) => None,
        (None, Some(check)) if check.is_disabled() => None,
        (None, written) => {
            let test = written.and_then(|check| check.test.as_ref()).filter(|test| test.value != Test::Inherit);
            match test {
                Some(test) => check::asked_port(test, service, plan),
                None => service.image.healthcheck().and_then(|known| check::asked_port(known.check.test.as_ref()?, service, plan)),
            }
        }
    };
    asked.filter(|port| service.port_position(*port, Transport::Tcp).is_some())
}

/// True for a test with a credential in it.
fn spells_credential(test: &Test, service: &ServicePlan<'_>, plan: &Plan<'_>) -> bool {
    let spelled = &plan.spelled[service.index];
    match test {
        Test::Exec(words) => spelled.are_in(words),
        Test::Shell(script) => spelled.are_in([script]),
        Test::None | Test::Inherit | Test::Other(_) => false,
    }
}

impl Times {
    fn of(check: &Healthcheck) -> Self {
        // The engine takes 0 for "not said".
        let or = |duration: Duration, default: i64| if duration.nanoseconds() <= 0 { default } else { duration.seconds_ceil().max(1) };
        let interval = or(check.interval(), 30);
        let retries = if check.retries() == 0 { 3 } else { i64::try_from(check.retries()).unwrap_or(i64::MAX) };
        let start_period = check.start_period().seconds_ceil().max(0);
        // Without a start period the engine checks at the interval; a start is noticed sooner here.
        let start_interval =
            if start_period > 0 || check.start_interval.is_some() { or(check.start_interval(), 5) } else { interval.min(10) };
        Self {
            interval: small(interval),
            timeout: small(or(check.timeout(), 30)),
            retries: small(retries),
            start_budget: start_period.saturating_add(retries.saturating_mul(interval)).max(START_BUDGET),
            start_interval: small(start_interval),
        }
    }

    fn startup_failures(self) -> i32 {
        small(self.start_budget.saturating_add(i64::from(self.start_interval) - 1) / i64::from(self.start_interval))
    }
}

fn small(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX).max(1)
}

/// Fills the three probes from a written check.
fn apply(check: &Check, times: Times, service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    let Times { interval, timeout, retries, start_interval, .. } = times;
    if let Some(name) = &check.own.hostname {
        let because = "its health check asks it by this name, which leads to the pod itself so, ready or not";
        sink.fates.inferred(service.index, Place::pod(service.index, "hostname"), name.as_str(), because, "hostname");
        sink.draft.pod.hostname = Some(name.to_string());
    }
    let container = &mut sink.draft.container;
    container.readiness_probe = Some(probe(&check.handler, interval, timeout, retries));
    // A failing neighbour must not restart this container.
    let own = if check.asks_others { service.sure_port().map(Handler::Tcp) } else { Some(check.handler.clone()) };
    if let Some(own) = own {
        container.startup_probe = Some(probe(&own, start_interval, timeout, times.startup_failures()));
        container.liveness_probe = Some(probe(&own, interval, timeout, retries.saturating_mul(3)));
    } else {
        sink.diagnostics.push(
            Diagnostic::note(Code("convert::no-liveness"), format!("`{}` has no liveness probe", service.service.name.value))
                .label(service.service.healthcheck.as_ref().and_then(|check| check.span()), "this check asks for other services")
                .because("when they fail, restarting this container would not help, and it offers no port to try instead")
                .help("add `expose:` with a port that it listens on"),
        );
    }
}

fn probe(handler: &Handler, period: i32, timeout: i32, failures: i32) -> Probe {
    let mut probe = handler.probe();
    probe.period_seconds = Some(period);
    probe.timeout_seconds = Some(timeout);
    probe.failure_threshold = Some(failures);
    probe
}

/// The fields of a health check, each with the probes' fields that it went into.
fn fates(healthcheck: &Spanned<Healthcheck>, service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    if !sink.fates.are_kept() {
        return;
    }
    let Healthcheck { test, interval, timeout, retries, start_period, start_interval, disable, extensions } = &healthcheck.value;
    let probes = probes(sink);
    let places = |field: &str, only: &[&str]| {
        let found = probes.iter().filter(|(name, probe)| probe.is_some() && only.contains(name));
        found.map(|(name, _)| Place::container_at(service.index, Path::root().key(name).key(field))).collect::<Vec<_>>()
    };
    let steady = ["readinessProbe", "livenessProbe"];
    let all = ["readinessProbe", "livenessProbe", "startupProbe"];
    let handlers = handlers(service, sink);
    let rows = [
        ("test", test.is_some(), handlers),
        ("interval", interval.is_some(), places("periodSeconds", &steady)),
        ("timeout", timeout.is_some(), places("timeoutSeconds", &all)),
        ("retries", retries.is_some(), places("failureThreshold", &steady)),
        ("start_period", start_period.is_some(), places("failureThreshold", &["startupProbe"])),
        ("start_interval", start_interval.is_some(), places("periodSeconds", &["startupProbe"])),
    ];
    let whole = sink.at("healthcheck");
    for (field, is_written, places) in rows {
        if !is_written {
            continue;
        }
        let path = whole.key(field);
        if places.is_empty() {
            sink.fates.lost(path, "there is no check that it could belong to");
        } else {
            sink.fates.mapped(path, places);
        }
    }
    if disable.is_some() {
        sink.fates.mapped_with(sink.at("healthcheck.disable"), [], "the check is on");
    }
    for extension in extensions {
        sink.fates.mapped_with(sink.under("healthcheck", &extension.name), [], "an extension has no meaning of its own");
    }
}

/// The probes that there are, by name.
fn probes<'a>(sink: &'a Sink<'_>) -> [(&'static str, Option<&'a Probe>); 3] {
    let container = &sink.draft.container;
    [
        ("readinessProbe", container.readiness_probe.as_ref()),
        ("livenessProbe", container.liveness_probe.as_ref()),
        ("startupProbe", container.startup_probe.as_ref()),
    ]
}

/// Where the probes hold their checks.
fn handlers(service: &ServicePlan<'_>, sink: &Sink<'_>) -> Vec<Place> {
    let kinds = probes(sink).into_iter().filter_map(|(name, probe)| Some((name, kind(probe?)?)));
    kinds.map(|(name, kind)| Place::container_at(service.index, Path::root().key(name).key(kind))).collect()
}

/// The field of a probe that holds its check.
fn kind(probe: &Probe) -> Option<&'static str> {
    let Probe { exec, grpc, http_get, tcp_socket, .. } = probe;
    [("exec", exec.is_some()), ("grpc", grpc.is_some()), ("httpGet", http_get.is_some()), ("tcpSocket", tcp_socket.is_some())]
        .into_iter()
        .find_map(|(name, is_set)| is_set.then_some(name))
}

#[cfg(test)]
mod tests {
    use crate::testing::project;

    #[test]
    fn one_check_becomes_three_probes_with_dockers_times() {
        let outcome = project(
            "services: { web: { image: acme/web:1, expose: ['8080'], healthcheck: { test: [CMD, curl, -f, 'http://localhost:8080/up'], interval: 10s, \
             start_period: 40s } } }",
        )
        .convert();
        for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
            assert_eq!(outcome.pod("Deployment/web", &format!("containers[0].{probe}.httpGet.path")), "/up\n");
            assert_eq!(outcome.pod("Deployment/web", &format!("containers[0].{probe}.timeoutSeconds")), "30\n");
        }
        let number = |field: &str| outcome.pod("Deployment/web", &format!("containers[0].{field}")).trim_end().to_owned();
        assert_eq!([number("readinessProbe.periodSeconds"), number("readinessProbe.failureThreshold")], ["10", "3"]);
        assert_eq!([number("livenessProbe.periodSeconds"), number("livenessProbe.failureThreshold")], ["10", "9"]);
        assert_eq!([number("startupProbe.periodSeconds"), number("startupProbe.failureThreshold")], ["5", "60"]);
        insta::assert_snapshot!(outcome.fates("services.web.healthcheck"), @"
        services.web.healthcheck.test: mapped → Deployment/web spec.template.spec.containers[0].readinessProbe.httpGet, Deployment/web spec.template.spec.containers[0].livenessProbe.httpGet, Deployment/web spec.template.spec.containers[0].startupProbe.httpGet
        services.web.healthcheck.interval: mapped → Deployment/web spec.template.spec.containers[0].readinessProbe.periodSeconds, Deployment/web spec.template.spec.containers[0].livenessProbe.periodSeconds
        services.web.healthcheck.start_period: mapped → Deployment/web spec.template.spec.containers[0].startupProbe.failureThreshold
        ");
    }

    #[test]
    fn a_long_start_is_waited_for() {
        let outcome = project(
            "services: { web: { image: acme/web:1, healthcheck: { test: [CMD, check], interval: 60s, retries: 10, start_period: 600s, start_interval: 10s } } }",
        )
        .convert();
        let number = |field: &str| outcome.pod("Deployment/web", &format!("containers[0].startupProbe.{field}")).trim_end().to_owned();
        assert_eq!([number("periodSeconds"), number("failureThreshold")], ["10", "120"]);
    }

    #[test]
    fn a_check_that_is_switched_off_gives_no_probes() {
        for check in ["{ disable: true }", "{ test: [NONE] }"] {
            let outcome = project(&format!("services: {{ db: {{ image: postgres:17, healthcheck: {check} }} }}")).convert();
            assert_eq!(outcome.pod("StatefulSet/db", "containers[0].readinessProbe"), "null\n");
            assert!(
                outcome.fates("services.db.healthcheck").ends_with("mapped (no probes, as it says)"),
                "{}",
                outcome.fates("services.db")
            );
        }
    }

    #[test]
    fn a_header_with_a_credential_is_read_from_a_secret_and_others_are_plain() {
        let probe = |image: &str, header: &str| {
            let test = format!("[CMD, curl, -f, -H, '{header}', 'http://localhost/']");
            let text = format!("services: {{ web: {{ image: '{image}', expose: ['80'], healthcheck: {{ test: {test} }} }} }}");
            let outcome = project(&text).convert();
            ["exec", "httpGet"].map(|kind| outcome.pod("Deployment/web", &format!("containers[0].readinessProbe.{kind}")))
        };
        let [exec, http] = probe("nginx:1.27", "Authorization: Bearer tok-9f8e7d6c5b4a");
        assert!(exec.contains("Bearer ''\"${WINDLASS_SECRET}\" ") && http == "null\n", "{exec}{http}");
        // An image that has a client has a shell.
        let [exec, http] = probe("acme/web:1", "X-Api-Key: k-9f8e7d6c5b4a");
        assert!(exec.contains("X-Api-Key: ''\"${WINDLASS_SECRET}\" ") && http == "null\n", "{exec}{http}");
        let [exec, http] = probe("acme/web:1", "Accept: text/html");
        assert!(exec == "null\n" && http.contains("value: text/html"), "{exec}{http}");
    }

    #[test]
    fn a_job_has_no_probes() {
        let outcome =
            project("services: { load: { image: acme/a:1, deploy: { mode: replicated-job }, healthcheck: { test: [CMD, a] } } }").convert();
        let job = outcome.names().into_iter().find(|name| name.starts_with("Job/")).unwrap_or_default();
        assert_eq!(outcome.pod(&job, "containers[0].livenessProbe"), "null\n");
        assert!(outcome.fates("services.load.healthcheck.test").contains("lost"));
    }

    #[test]
    fn a_check_without_a_command_takes_what_the_image_is_known_for_at_its_own_times() {
        let outcome = project("services: { cache: { image: redis:8, healthcheck: { interval: 7s } } }").convert();
        assert_eq!(outcome.pod("StatefulSet/cache", "containers[0].readinessProbe.periodSeconds"), "7\n");
    }

    #[test]
    fn a_check_of_other_services_without_a_port_of_its_own_gives_no_liveness() {
        let outcome =
            project("services: { web: { image: acme/web:1, healthcheck: { test: nc -z db 5432 } }, db: { image: acme/db:1 } }").convert();
        assert_eq!(outcome.pod("Deployment/web", "containers[0].livenessProbe"), "null\n");
        assert!(outcome.diagnostics().contains(&"convert::no-liveness: `web` has no liveness probe".to_owned()));
        // A directory of a path is no host.
        let test = "[CMD-SHELL, 'test -f /config/db/ready']";
        let text = format!("services: {{ web: {{ image: acme/web:1, healthcheck: {{ test: {test} }} }}, db: {{ image: acme/db:1 }} }}");
        assert_ne!(project(&text).convert().pod("Deployment/web", "containers[0].livenessProbe"), "null\n");
    }
}
