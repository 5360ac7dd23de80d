//! Probes for a service that says nothing about its health: the image catalogue, then the first TCP port, then the state of
//! its own process, then none.

use k8s_openapi::api::core::v1::Probe;
use windlass_images::image::{self, Shell};
use windlass_source::{Code, Diagnostic};

use super::check::{Handler, recognise};
use super::{Times, apply, probe, small};
use crate::attributes::Sink;
use crate::decide::{Plan, ServicePlan};
use crate::fates::Place;
use crate::options::Defaults;

/// Ends with 0 while the container's own process is there and neither a zombie nor stopped. Nothing but a shell is needed.
const PROCESS_IS_ALIVE: &str = "while read -r key state rest; do if [ \"$key\" = State: ]; then case $state in Z|T|t|X) exit 1;; *) exit 0;; esac; fi; done </proc/1/status; exit 1";

/// What the probes ask, and how we know.
struct Guess {
    readiness: Probe,
    liveness: Probe,
    startup: Probe,
    because: String,
}

pub(super) fn infer(times: Option<Times>, service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) {
    // A check whose command is the image's keeps its own times, and is somebody's wish; only pure guesses can be switched off.
    if plan.input.options.defaults == Defaults::None && times.is_none() {
        return;
    }
    let Some(mut guess) = from_catalogue(service).or_else(|| from_port(service, plan)).or_else(|| from_process(service)) else {
        sink.diagnostics.push(
            Diagnostic::note(Code("convert::no-probe"), format!("`{}` has no probes", service.service.name.value))
                .label(service.service.name.span(), "")
                .because("it has no health check, names no port that is surely its own, and what its image holds is not known")
                .help("add a `healthcheck:`, or `expose:` with a port that it listens on"),
        );
        return;
    };
    if let Some(times) = times {
        set(&mut guess.readiness, times.interval, times.timeout, times.retries);
        set(&mut guess.liveness, times.interval, times.timeout, times.retries.saturating_mul(3));
        set(&mut guess.startup, times.start_interval, times.timeout, times.startup_failures());
    }
    let Guess { readiness, liveness, startup, because } = guess;
    for (field, probe) in [("readinessProbe", &readiness), ("livenessProbe", &liveness), ("startupProbe", &startup)] {
        // The typed values are ours and always serialise.
        let value = serde_json::to_value(probe).unwrap_or_default();
        sink.fates.inferred(service.index, Place::container(service.index, field), value, because.clone(), "healthcheck");
    }
    let container = &mut sink.draft.container;
    container.readiness_probe = Some(readiness);
    container.liveness_probe = Some(liveness);
    container.startup_probe = Some(startup);
}

/// Probes from the `HEALTHCHECK` of the image's Dockerfile, at the times that the project writes or else at its own; false
/// without one.
pub(super) fn from_dockerfile(times: Option<Times>, service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) -> bool {
    let Some(known) = service.image.healthcheck() else { return false };
    let Some(check) = known.check.test.as_ref().and_then(|test| recognise(test, service, plan)) else { return false };
    apply(&check, times.unwrap_or_else(|| Times::of(&known.check)), service, sink);
    let because = format!("the Dockerfile's HEALTHCHECK at {}", known.place);
    let container = &sink.draft.container;
    let probes = [
        ("readinessProbe", &container.readiness_probe),
        ("livenessProbe", &container.liveness_probe),
        ("startupProbe", &container.startup_probe),
    ];
    for (field, probe) in probes {
        let Some(probe) = probe else { continue };
        let value = serde_json::to_value(probe).unwrap_or_default();
        sink.fates.inferred(service.index, Place::container(service.index, field), value, because.clone(), "healthcheck");
    }
    true
}

fn set(probe: &mut Probe, period: i32, timeout: i32, failures: i32) {
    probe.period_seconds = Some(period);
    probe.timeout_seconds = Some(timeout);
    probe.failure_threshold = Some(failures);
}

fn from_catalogue(service: &ServicePlan<'_>) -> Option<Guess> {
    let image = service.image.server().filter(|_| !service.image.decides_health())?;
    let readiness = image.health.readiness.as_ref()?;
    let asks_port = matches!(readiness.check, image::Check::Http(_) | image::Check::Tcp(_) | image::Check::Grpc(_));
    if asks_port && service.is_moved {
        return None;
    }
    let startup = image.health.startup.as_ref().unwrap_or(readiness);
    let first = handler(&readiness.check);
    let budget = i64::from(startup.period).saturating_mul(i64::from(startup.failures)).max(super::START_BUDGET);
    let failures = small(budget / i64::from(startup.period.max(1)));
    let liveness = match &image.health.liveness {
        Some(liveness) => from_probe(liveness, liveness.failures),
        // The catalogue advises against its readiness check here; an open port is the mildest sign of life. Where a program is asked, no port
        // is known to be the server's: what the program reads may have moved it.
        None => {
            let mild = service.main_port().filter(|_| asks_port).map_or_else(|| first.clone(), Handler::Tcp);
            probe(&mild, whole(readiness.period), whole(readiness.timeout), whole(readiness.failures.saturating_mul(3)))
        }
    };
    Some(Guess {
        readiness: from_probe(readiness, readiness.failures),
        liveness,
        startup: probe(&handler(&startup.check), whole(startup.period), whole(startup.timeout), failures),
        because: format!("the check that the documentation of `{}` gives", image.name),
    })
}

fn whole(number: u32) -> i32 {
    small(i64::from(number))
}

fn from_probe(known: &image::Probe, failures: u32) -> Probe {
    probe(&handler(&known.check), whole(known.period), whole(known.timeout), whole(failures))
}

fn handler(check: &image::Check) -> Handler {
    match check {
        image::Check::Http(http) => {
            Handler::Http { path: http.path.clone(), port: http.port, tls: http.tls, host: http.host.clone(), headers: Vec::new() }
        }
        image::Check::Tcp(port) => Handler::Tcp(*port),
        image::Check::Grpc(port) => Handler::Grpc { port: *port, service: None },
        image::Check::Exec(words) => Handler::Exec(words.clone()),
        image::Check::Shell(script) => Handler::Exec(vec!["sh".to_owned(), "-c".to_owned(), script.clone()]),
    }
}

/// The same check three times, at the times that Docker would take.
fn repeated(handler: &Handler, because: String) -> Guess {
    Guess {
        readiness: probe(handler, 10, 5, 3),
        liveness: probe(handler, 10, 5, 9),
        startup: probe(handler, 10, 5, small(super::START_BUDGET / 10)),
        because,
    }
}

fn from_port(service: &ServicePlan<'_>, plan: &Plan<'_>) -> Option<Guess> {
    // Whoever owns a pod names the ports of all its members, so another may be the one that listens.
    if service.owns_pod() && plan.pod_members(service.index).nth(1).is_some() {
        return None;
    }
    let port = service.sure_port()?;
    Some(repeated(&Handler::Tcp(port), format!("no health check is known; port {port} is one that the service offers")))
}

fn from_process(service: &ServicePlan<'_>) -> Option<Guess> {
    let has_shell = matches!(service.image.shell(), Some(Shell::Sh | Shell::Bash));
    // With an init process, process 1 is not the service's own.
    let shares_processes = service.service.init.as_ref().is_some_and(|init| init.value) || !service.owns_pod();
    if !has_shell || shares_processes {
        return None;
    }
    let handler = Handler::Exec(vec!["sh".to_owned(), "-c".to_owned(), PROCESS_IS_ALIVE.to_owned()]);
    // The image's documentation, which gives no check, may be all that says a port.
    let what = match service.main_port().filter(|_| service.sure_port().is_none()) {
        Some(port) => format!("the image's documentation alone, which gives no check, says that port {port} is open"),
        None => "no health check or port is known".to_owned(),
    };
    let because = format!("{what}; the container's own process is there and not stopped");
    Some(repeated(&handler, because))
}

#[cfg(test)]
mod tests {
    use crate::options::Defaults;
    use crate::testing::{Outcome, project};

    fn web(service: &str) -> Outcome {
        project(&format!("services: {{ web: {{ {service} }} }}")).convert()
    }

    #[test]
    fn the_catalogue_knows_how_to_ask_a_server() {
        let outcome = web("image: 'redis:8'");
        insta::assert_snapshot!(outcome.pod("StatefulSet/web", "containers[0].readinessProbe"), @r#"
        exec:
          command:
          - sh
          - -c
          - redis-cli ping 2>&1 | grep -qE "PONG|NOAUTH"
        failureThreshold: 3
        periodSeconds: 10
        timeoutSeconds: 5
        "#);
        let guesses = outcome.inferred();
        assert!(
            guesses.contains("containers[0].livenessProbe = {") && guesses.contains("the documentation of `redis` gives; healthcheck)"),
            "{guesses}"
        );
    }

    #[test]
    fn a_server_that_a_program_asks_is_not_restarted_for_a_port_that_it_may_have_moved() {
        let outcome = web(
            "image: 'gitlab/gitlab-ce:17.5.0-ce.0', environment: { GITLAB_OMNIBUS_CONFIG: \"external_url 'http://git.local:8929'\" }, \
             ports: ['8929:8929', '2224:22']",
        );
        let probe = |name: &str| outcome.pod("StatefulSet/web", &format!("containers[0].{name}"));
        assert_eq!(probe("livenessProbe.exec"), probe("readinessProbe.exec"));
        assert_eq!([probe("readinessProbe.failureThreshold"), probe("livenessProbe.failureThreshold")], ["5\n", "15\n"]);
    }

    #[test]
    fn another_command_than_the_images_is_not_asked_what_the_image_is() {
        let outcome = web("image: 'php:8.3-fpm', command: [php, artisan, 'queue:work']");
        assert_eq!(outcome.pod("Deployment/web", "containers[0].readinessProbe.tcpSocket"), "null\n");
        insta::assert_snapshot!(outcome.pod("Deployment/web", "containers[0].livenessProbe"), @r#"
        exec:
          command:
          - sh
          - -c
          - 'while read -r key state rest; do if [ "$key" = State: ]; then case $state in Z|T|t|X) exit 1;; *) exit 0;; esac; fi; done </proc/1/status; exit 1'
        failureThreshold: 9
        periodSeconds: 10
        timeoutSeconds: 5
        "#);
    }

    #[test]
    fn without_a_check_the_port_that_the_service_names_is_tried() {
        let outcome = web("image: 'acme/web:1', expose: ['8080']");
        insta::assert_snapshot!(outcome.pod("Deployment/web", "containers[0].startupProbe"), @"
        failureThreshold: 30
        periodSeconds: 10
        tcpSocket:
          port: 8080
        timeoutSeconds: 5
        ");
        assert!(outcome.inferred().contains("port 8080 is one that the service offers; healthcheck)"), "{}", outcome.inferred());
    }

    #[test]
    fn a_port_that_only_an_image_without_a_check_is_known_for_is_no_reason_to_restart_it() {
        let asked = |service: &str| {
            let outcome = web(service);
            let kind = if outcome.names().contains(&"StatefulSet/web".to_owned()) { "StatefulSet/web" } else { "Deployment/web" };
            let probe = |field: &str| outcome.pod(kind, &format!("containers[0].livenessProbe.{field}"));
            let has_process = probe("exec.command[2]").contains("/proc/1/status");
            if has_process { "process".to_owned() } else { probe("tcpSocket.port").trim_end().to_owned() }
        };
        for service in [
            "image: 'grafana/promtail:2.9.2', command: '-config.file=/etc/promtail/config.yml'",
            "image: grafana/alloy",
            "image: 'fluent/fluentd:v1.17'",
            "image: koenkk/zigbee2mqtt",
        ] {
            assert_eq!(asked(service), "process", "{service}");
        }
        // No shell is in it.
        assert_eq!(asked("image: 'fluent/fluent-bit:3'"), "null");
        // What the project says is another matter.
        assert_eq!(asked("image: 'fluent/fluent-bit:3', ports: ['24224:24224']"), "24224");
        assert_eq!(asked("image: chrislusf/seaweedfs, command: volume -mserver=master:9333"), "8080");
        assert_eq!(asked("image: chrislusf/seaweedfs, command: volume -mserver=master:9333 -port=8081"), "8081");
        assert_eq!(asked("image: chrislusf/seaweedfs, command: 'filer -master=master:9333', ports: ['8888:8888']"), "8888");
        assert_eq!(asked("image: koenkk/zigbee2mqtt, environment: { A: 'http://web:8080' }"), "8080");
        // So is what its Dockerfile says.
        let built = |dockerfile: &str| {
            let case = project("services: { web: { build: ., restart: always } }").file("Dockerfile", dockerfile);
            case.convert().pod("Deployment/web", "containers[0].livenessProbe.tcpSocket.port").trim_end().to_owned()
        };
        assert_eq!(built("FROM mcr.microsoft.com/dotnet/aspnet:8.0\nEXPOSE 80\nENTRYPOINT [\"dotnet\", \"Api.dll\"]"), "80");
        let reasons = web("image: 'grafana/promtail:2.9.2'").inferred();
        assert!(reasons.contains("which gives no check, says that port 9080 is open"), "{reasons}");
    }

    #[test]
    fn what_is_set_up_by_hand_is_ready_for_that() {
        let outcome = web("image: adguard/adguardhome, ports: ['3000:3000', '53:53', '80:80']");
        let command = |probe: &str| outcome.pod("StatefulSet/web", &format!("containers[0].{probe}.exec.command[2]"));
        assert!(command("readinessProbe").contains("3000"), "{}", command("readinessProbe"));
        assert_eq!(command("livenessProbe"), command("readinessProbe"));
    }

    #[test]
    fn a_service_of_which_nothing_is_known_has_no_probes_and_that_is_said() {
        let outcome = web("image: 'acme/web:1'");
        assert_eq!(outcome.pod("Deployment/web", "containers[0].readinessProbe"), "null\n");
        assert_eq!(outcome.diagnostics(), ["convert::no-probe: `web` has no probes"]);
    }

    #[test]
    fn the_ports_of_a_pods_owner_may_be_anothers_and_say_nothing() {
        let outcome = project(
            "services: { app: { image: acme/app:1, network_mode: 'service:vpn' }, \
             vpn: { image: acme/vpn:1, ports: [{ target: 8080, published: '8080', protocol: tcp }] } }",
        )
        .convert();
        assert_eq!(outcome.pod("Deployment/vpn", "containers[0].readinessProbe"), "null\n");
        assert!(outcome.diagnostics().contains(&"convert::no-probe: `vpn` has no probes".to_owned()));
    }

    #[test]
    fn defaults_none_fills_in_nothing() {
        let outcome = project("services: { db: { image: postgres:17 } }").options(|options| options.defaults = Defaults::None).convert();
        assert_eq!(outcome.pod("StatefulSet/db", "containers[0].readinessProbe"), "null\n");
        assert_eq!(outcome.pod("StatefulSet/db", "containers[0].resources"), "null\n");
    }
}
