//! Kinds, replicas, resources, updates, placement.

use serde_json::json;
use windlass_k8s::Kind;

use super::shop::{services, shop};

#[test]
fn replicas_are_as_many_as_are_written() {
    let text = "none: { image: 'acme/a:1', deploy: { replicas: 0 } }, five: { image: 'acme/a:1', deploy: { replicas: 5 } }, three: { image: 'acme/a:1', scale: 3 }, db: { image: 'postgres:17' }";
    let result = services(text).convert();
    assert_eq!(result.field("Deployment/none", "spec.replicas"), json!(0));
    assert_eq!(result.field("Deployment/five", "spec.replicas"), json!(5));
    assert_eq!(result.field("Deployment/three", "spec.replicas"), json!(3));
    // A database is not copied because there could be two.
    let replicas = result.field("StatefulSet/db", "spec.replicas");
    assert!(replicas.is_null() || replicas == 1);
}

#[test]
fn a_service_on_each_node_is_a_whole_daemon_set() {
    let result =
        services("agent: { image: 'acme/agent:1', deploy: { mode: global, replicas: 3, update_config: { parallelism: 2 } } }").convert();
    let spec = result.field("DaemonSet/agent", "spec");
    assert!(spec["replicas"].is_null() && spec["strategy"].is_null());
    let labels = &spec["template"]["metadata"]["labels"];
    let selector = spec["selector"]["matchLabels"].as_object().expect("a selector");
    assert!(!selector.is_empty() && selector.iter().all(|(key, value)| labels[key] == *value));
}

#[test]
fn what_ends_is_a_job_and_what_is_restarted_is_none() {
    let text = "once: { image: 'acme/a:1', command: [import], restart: 'no' }, job: { image: 'acme/a:1', deploy: { mode: replicated-job, restart_policy: { max_attempts: 4 } } }, \
                stopped: { image: 'acme/a:1', restart: unless-stopped }, failing: { image: 'acme/a:1', restart: 'on-failure:3' }, silent: { image: 'acme/a:1' }";
    let result = services(text).convert();
    let jobs: Vec<String> = result.names(Some(Kind::Job));
    assert_eq!(jobs.len(), 2, "{jobs:?}");
    assert_eq!(result.field("Job/job-*", "spec.backoffLimit"), json!(4));
    assert_eq!(result.names(Some(Kind::Deployment)), ["Deployment/failing", "Deployment/silent", "Deployment/stopped"]);
    for name in result.names(Some(Kind::Deployment)) {
        let policy = result.pod(&name, "restartPolicy");
        assert!(policy.is_null() || policy == "Always", "{name}: {policy}");
    }
}

#[test]
fn limits_and_reservations_are_those_that_are_written() {
    let text = "a: { image: 'acme/a:1', deploy: { resources: { limits: { cpus: '0.5', memory: 256M }, reservations: { cpus: '0.25', memory: 128M } } } }, \
                b: { image: 'acme/b:1', cpus: 1.5, mem_limit: 1g, mem_reservation: 512m }, c: { image: 'acme/c:1', deploy: { resources: { limits: { memory: 64M } } } }";
    let result = services(text).convert();
    let resources = |name: &str| result.container(&format!("Deployment/{name}"), "resources");
    assert_eq!(resources("a"), json!({ "limits": { "cpu": "500m", "memory": "256Mi" }, "requests": { "cpu": "250m", "memory": "128Mi" } }));
    assert_eq!(
        (&resources("b")["limits"]["cpu"], &resources("b")["limits"]["memory"], &resources("b")["requests"]["memory"]),
        (&json!("1500m"), &json!("1Gi"), &json!("512Mi"))
    );
    assert_eq!(resources("c")["limits"]["memory"], json!("64Mi"));
}

#[test]
fn devices_are_in_requests_and_limits_and_all_of_them_is_a_question() {
    let text = "two: { image: 'acme/m:1', deploy: { resources: { reservations: { devices: [{ driver: nvidia, count: 2, capabilities: [gpu] }] } } } }, all: { image: 'acme/m:1', gpus: all }";
    let result = services(text).convert();
    for side in ["requests", "limits"] {
        assert_eq!(result.container("Deployment/two", &format!("resources.{side}"))["nvidia.com/gpu"], json!("2"));
        assert!(result.container("Deployment/all", &format!("resources.{side}"))["nvidia.com/gpu"].is_null());
    }
    assert!(result.fates("services.all.gpus")[0].starts_with("refused: "));
}

#[test]
fn an_update_is_rolling_or_it_recreates() {
    let text = "services:\n  a: { image: 'acme/a:1', volumes: ['data:/data'], deploy: { replicas: 2, update_config: { parallelism: 1, order: start-first } } }\n  \
                b: { image: 'acme/b:1', deploy: { replicas: 4, update_config: { parallelism: 2, order: stop-first } } }\nvolumes: { data: }\n";
    let result = shop(text).convert();
    for name in result.names(Some(Kind::Deployment)) {
        let strategy = result.field(&name, "spec.strategy");
        assert!(strategy["type"] != "Recreate" || strategy["rollingUpdate"].is_null(), "{name}: {strategy}");
    }
    assert_eq!(result.field("Deployment/b", "spec.strategy.rollingUpdate"), json!({ "maxSurge": 0, "maxUnavailable": 2 }));
    for name in result.names(Some(Kind::StatefulSet)) {
        assert!(result.field(&name, "spec.updateStrategy.rollingUpdate.partition").is_null(), "{name}");
    }
}

#[test]
fn pods_run_on_any_machine_unless_it_is_written() {
    let result = services("a: { image: 'acme/a:1' }, b: { image: 'acme/b:1', platform: linux/arm64 }").convert();
    assert!(result.pod("Deployment/a", "nodeSelector").is_null() && result.pod("Deployment/a", "affinity").is_null());
    assert_eq!(result.pod("Deployment/b", "nodeSelector")["kubernetes.io/arch"], json!("arm64"));
}

#[test]
fn constraints_are_requirements_that_kubernetes_knows() {
    let text = "a: { image: 'acme/a:1', deploy: { placement: { constraints: ['node.labels.disk==ssd', 'node.hostname != node-1', 'node.platform.os == linux', 'engine.labels.x == y'] } } }";
    let result = services(text).convert();
    let terms = result.pod("Deployment/a", "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms");
    let requirements = terms[0]["matchExpressions"].as_array().expect("requirements");
    for requirement in requirements {
        assert!(["In", "NotIn", "Exists", "DoesNotExist"].contains(&requirement["operator"].as_str().unwrap_or_default()), "{requirement}");
        assert!(requirement["key"].as_str().is_some_and(|key| !key.is_empty()), "{requirement}");
    }
    assert!(terms.to_string().contains("kubernetes.io/hostname"), "{terms}");
}

#[test]
fn a_mode_of_endpoints_opens_no_port_of_the_node() {
    let result = services("a: { image: 'acme/a:1', expose: ['80'], deploy: { endpoint_mode: vip } }, b: { image: 'acme/b:1', expose: ['80'], deploy: { endpoint_mode: dnsrr } }").convert();
    assert!(!result.text().contains("NodePort"));
    assert_eq!(result.field("Service/b", "spec.clusterIP"), json!("None"));
    assert_ne!(result.field("Service/a", "spec.clusterIP"), json!("None"));
}

#[test]
fn an_autoscaler_targets_what_there_is_and_leaves_the_number_to_itself() {
    let text = "web: { image: 'acme/web:1', deploy: { replicas: 2 }, labels: { kompose.hpa.replicas.min: 2, kompose.hpa.replicas.max: 5, kompose.hpa.cpu: 80 } }, \
                db: { image: 'postgres:17', x-windlass: { autoscale: { max: 3 } } }";
    let result = services(text).convert();
    for name in result.names(Some(Kind::HorizontalPodAutoscaler)) {
        let target = result.field(&name, "spec.scaleTargetRef");
        let target = format!("{}/{}", target["kind"].as_str().unwrap_or_default(), target["name"].as_str().unwrap_or_default());
        assert!(result.field(&target, "spec.replicas").is_null(), "{target}");
        assert!(result.container(&target, "resources.requests.cpu").is_string(), "{target}");
    }
    assert_eq!(result.field("HorizontalPodAutoscaler/web", "spec.maxReplicas"), json!(5));
}

#[test]
fn namespaces_of_the_host_are_kept() {
    let result = services("a: { image: 'acme/a:1', pid: host, ipc: host, network_mode: host }").convert();
    for field in ["hostPID", "hostIPC", "hostNetwork"] {
        assert_eq!(result.pod("Deployment/a", field), json!(true), "{field}");
    }
}
