//! What is written and what is told.

use super::shop::{services, shop};

/// Attributes that have no field of an object, or only one that is almost right.
const WITHOUT_COUNTERPART: &str = "a: { image: 'acme/a:1', mac_address: 02:42:ac:11:00:03, ulimits: { nofile: 1024 }, logging: { driver: syslog }, stop_signal: SIGQUIT, \
    cpuset: '0-1', blkio_config: { weight: 300 }, oom_score_adj: 500, runtime: kata, external_links: [x], develop: { watch: [{ path: ., action: rebuild }] } }";

#[test]
fn nothing_is_dropped_in_silence() {
    let result = services(WITHOUT_COUNTERPART).convert();
    for attribute in
        ["mac_address", "ulimits", "logging", "stop_signal", "cpuset", "blkio_config", "oom_score_adj", "external_links", "develop"]
    {
        let fates = result.fates(&format!("services.a.{attribute}"));
        assert!(!fates.is_empty() && fates.iter().all(|fate| !fate.starts_with("mapped") && fate.len() > 20), "{attribute}: {fates:?}");
    }
}

#[test]
fn every_message_has_a_line() {
    let result =
        services(&format!("{WITHOUT_COUNTERPART}, b: {{ image: 'acme/b:1', volumes: ['/var/run/docker.sock:/var/run/docker.sock'] }}"))
            .convert();
    let told = &result.conversion.diagnostics;
    assert!(!told.is_empty());
    assert!(told.iter().all(|diagnostic| diagnostic.span().is_some()), "{told:?}");
    assert!(result.conversion.report.attributes().all(|entry| entry.origin.is_written()));
}

#[test]
fn text_with_a_status_line_is_whole() {
    let text = "services: { a: { image: 'acme/a:1', configs: [c], environment: { TEXT: \"status: {}\\nmore\" } } }\nconfigs: { c: { content: \"status:\\n  - one\\nend: here\\n\" } }\n";
    let result = shop(text).convert();
    assert_eq!(result.variable("Deployment/a", "TEXT").as_deref(), Some("status: {}\nmore"));
    assert!(result.text().contains("end: here"));
}

#[test]
fn there_is_no_noise() {
    let result =
        services("a: { image: 'acme/a:1', ports: ['80:80'], volumes: [/data] }, b: { image: 'postgres:17', restart: always }").convert();
    let text = result.text();
    for noise in ["status:", "creationTimestamp", "strategy: {}", "resources: {}", "kompose", "null"] {
        assert!(!text.contains(noise), "{noise}:\n{text}");
    }
}

#[test]
fn every_container_has_what_reviewers_ask_for() {
    let result = services("web: { image: 'acme/web:1', ports: ['80:8080'], depends_on: { db: { condition: service_healthy } } }, db: { image: 'postgres:17' }").convert();
    for object in result.conversion.objects.iter().filter(|object| object.kind().is_workload()) {
        for container in object.resource.containers() {
            let security = container.security_context.as_ref();
            assert!(
                security.is_some_and(|context| context.seccomp_profile.is_some())
                    || result.pod(&object.reference().to_string(), "securityContext.seccompProfile").is_object()
            );
            assert!(container.resources.as_ref().is_some_and(|resources| resources.limits.is_some() && resources.requests.is_some()));
            assert!(container.readiness_probe.is_some() && container.liveness_probe.is_some() && container.startup_probe.is_some());
        }
        assert_eq!(result.pod(&object.reference().to_string(), "enableServiceLinks"), serde_json::json!(false));
    }
}
