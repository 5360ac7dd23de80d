//! Probes and waits.

use serde_json::{Value, json};
use windlass_k8s::Kind;

use super::shop::services;

const PROBES: [&str; 3] = ["startupProbe", "readinessProbe", "livenessProbe"];

#[test]
fn words_of_a_check_are_words_and_a_shell_line_has_its_shell() {
    let text = "a: { image: 'acme/a:1', healthcheck: { test: [CMD, check, '--host', 'my host'] } }, \
                b: { image: 'acme/b:1', healthcheck: { test: [CMD-SHELL, 'check | grep ok || exit 1'] } }, \
                c: { image: 'acme/c:1', healthcheck: { test: 'check && check-again' } }";
    let result = services(text).convert();
    for probe in PROBES {
        let command = |name: &str| result.container(&format!("Deployment/{name}"), &format!("{probe}.exec.command"));
        assert_eq!(command("a"), json!(["check", "--host", "my host"]));
        assert_eq!(command("b"), json!(["sh", "-c", "check | grep ok || exit 1"]));
        assert_eq!(command("c"), json!(["sh", "-c", "check && check-again"]));
    }
}

#[test]
fn a_check_that_is_off_is_off() {
    let text = "a: { image: 'redis:7', healthcheck: { disable: true } }, b: { image: 'redis:7', healthcheck: { test: [NONE] } }, \
                c: { image: 'redis:7', healthcheck: { test: NONE } }";
    let result = services(text).convert();
    for workload in
        result.conversion.objects.iter().filter(|object| object.kind().is_workload()).map(|object| object.reference().to_string())
    {
        if !workload.ends_with("/c") {
            assert!(PROBES.iter().all(|probe| result.container(&workload, probe).is_null()), "{workload}");
        }
    }
}

#[test]
fn times_that_are_left_out_are_dockers() {
    let result = services("a: { image: 'acme/a:1', healthcheck: { test: [CMD, check] } }").convert();
    let readiness = result.container("Deployment/a", "readinessProbe");
    assert_eq!((&readiness["periodSeconds"], &readiness["timeoutSeconds"]), (&json!(30), &json!(30)));
    // Three failures are what Kubernetes takes too.
    assert!(readiness["failureThreshold"].is_null() || readiness["failureThreshold"] == 3);
}

#[test]
fn times_below_a_second_are_a_second() {
    let result =
        services("a: { image: 'acme/a:1', healthcheck: { test: [CMD, check], interval: 500ms, timeout: 100ms, start_period: 1500ms } }")
            .convert();
    for probe in PROBES {
        let probe = result.container("Deployment/a", probe);
        assert!(probe["timeoutSeconds"].is_null() || probe["timeoutSeconds"] == 1, "{probe}");
        assert!(probe["periodSeconds"].as_u64().is_some_and(|seconds| seconds >= 1), "{probe}");
    }
}

#[test]
fn one_check_is_three_probes_and_a_slow_start_is_no_reason_to_restart() {
    let result =
        services("a: { image: 'acme/a:1', healthcheck: { test: [CMD, check], interval: 10s, retries: 3, start_period: 2m } }").convert();
    for probe in PROBES {
        assert!(result.container("Deployment/a", &format!("{probe}.exec")).is_object(), "{probe}");
        assert!(result.container("Deployment/a", &format!("{probe}.initialDelaySeconds")).is_null(), "{probe}");
    }
    let startup = result.container("Deployment/a", "startupProbe");
    let budget = startup["periodSeconds"].as_u64().unwrap_or(10) * startup["failureThreshold"].as_u64().unwrap_or(3);
    assert!(budget >= 300, "{startup}");
    let failures = |probe: &str| result.container("Deployment/a", probe)["failureThreshold"].as_u64().unwrap_or(3);
    assert_eq!(failures("livenessProbe"), 3 * failures("readinessProbe"));
}

#[test]
fn a_request_keeps_its_host_its_scheme_and_its_path() {
    let text = "a: { image: 'acme/a:1', expose: ['8443'], healthcheck: { test: [CMD, curl, -fk, 'https://localhost:8443/up?deep=1'] } }";
    let request = services(text).convert().container("Deployment/a", "readinessProbe.httpGet");
    assert_eq!((&request["scheme"], &request["path"], &request["port"]), (&json!("HTTPS"), &json!("/up?deep=1"), &json!(8443)));
    assert_eq!(request["httpHeaders"], json!([{ "name": "Host", "value": "localhost" }]));
}

#[test]
fn a_check_of_the_dockerfile_counts() {
    let result = services("a: { build: ., image: 'acme/a:1' }");
    let result = result.file("Dockerfile", "FROM node:22\nEXPOSE 3000\nHEALTHCHECK --interval=7s CMD [\"node\", \"check.js\"]\n").convert();
    assert_eq!(result.container("Deployment/a", "readinessProbe.exec.command"), json!(["node", "check.js"]));
    assert_eq!(result.container("Deployment/a", "readinessProbe.periodSeconds"), json!(7));
}

#[test]
fn each_condition_of_a_dependency_is_waited_for_in_its_own_way() {
    let text = "app: { image: 'acme/app:1', depends_on: { cache: { condition: service_started }, db: { condition: service_healthy }, \
                migrate: { condition: service_completed_successfully } } }, cache: { image: 'redis:7' }, db: { image: 'postgres:17' }, \
                migrate: { image: 'acme/app:1', command: [migrate] }";
    let result = services(text).convert();
    let waits = result.pod("Deployment/app", "initContainers");
    let waits: Vec<&Value> = waits.as_array().into_iter().flatten().collect();
    assert_eq!(waits.len(), 2, "{waits:?}");
    assert!(waits[0]["command"].to_string().contains("5432") && waits[1]["command"].to_string().contains("job/migrate-"), "{waits:?}");
    // What waits for a Job may see that Job and nothing else; nobody else gets a token.
    assert_eq!(result.names(Some(Kind::Role)).len(), 1);
    let rules = result.field("Role/app-wait", "rules");
    assert!(rules[0]["resourceNames"][0].as_str().is_some_and(|name| name.starts_with("migrate-")) && rules[1].is_null(), "{rules}");
    for workload in result.conversion.objects.iter().filter(|object| object.kind().is_workload()) {
        let reference = workload.reference().to_string();
        assert_eq!(result.pod(&reference, "automountServiceAccountToken"), json!(false), "{reference}");
    }
    assert!(result.fates("services.app.depends_on").iter().all(|fate| fate.starts_with("mapped")));
}

#[test]
fn a_dependency_that_is_not_required_takes_nothing_away() {
    let text =
        "app: { image: 'acme/app:1', depends_on: { db: { condition: service_healthy, required: false } } }, db: { image: 'postgres:17' }";
    let result = services(text).convert();
    assert!(result.names(None).contains(&"StatefulSet/db".to_owned()) && result.names(None).contains(&"Deployment/app".to_owned()));
}
