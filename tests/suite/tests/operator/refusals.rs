//! What is not applied, and that what runs goes on meanwhile.

use serde_json::json;

use super::harness::{Operator, World, condition, deployment, image, stack, stacks};

const WEB: &str = "services: { web: { image: 'nginx:1.27', ports: ['8080:80'] } }\n";

#[test]
fn the_gate_refuses_a_power_over_the_host_while_the_old_revision_runs_on() {
    let Some(world) = World::shared() else { return };
    world.namespace("gate");
    let operator = Operator::start(world, "gate", &[]);
    let path = format!("{}/web", stacks("gate"));
    let mut object = stack("web", WEB);
    object["spec"]["audit"] = json!({});
    world.create(&stacks("gate"), &object);
    let ready = world.wait_for(&path, "Ready");
    assert_eq!(condition(&ready, "Audited")["status"], "True");
    assert_eq!(ready["status"]["audit"]["p1"], 0, "{:#}", ready["status"]["audit"]);

    let privileged = WEB.replace("nginx:1.27'", "nginx:1.28', privileged: true");
    world.patch(&path, &json!({ "spec": { "compose": privileged } }));
    let refused = world.wait_for(&path, "AuditRefused");
    let audited = condition(&refused, "Audited");
    assert_eq!(audited["status"], "False");
    let message = audited["message"].as_str().unwrap_or_default();
    assert!(message.contains("privileged") && message.contains("compose.yaml:1"), "{message}");
    let rule = message.split(' ').next().unwrap_or_default().to_owned();
    let web = world.get(&deployment("gate", "web"));
    assert_eq!((image(&web), &web["status"]["availableReplicas"]), ("nginx:1.27", &json!(1)));
    assert_eq!(operator.metric("windlass_audit_refusals_total"), Some(1.0));

    // What runs is kept as it was applied, from what was saved of it.
    world.patch(&deployment("gate", "web"), &json!({ "spec": { "replicas": 3 } }));
    world.wait("the old revision is put right", || world.get(&deployment("gate", "web"))["spec"]["replicas"] == 1);
    world.delete(&deployment("gate", "web"));
    world.wait("it is back", || world.get(&deployment("gate", "web"))["status"]["availableReplicas"] == 1);
    assert_eq!(image(&world.get(&deployment("gate", "web"))), "nginx:1.27");
    assert_eq!(operator.metric("windlass_rollbacks_total"), Some(0.0));

    // Text that is no compose file is told with its place.
    world.patch(&path, &json!({ "spec": { "compose": "services: { web: { imagine: nginx } }\n" } }));
    let invalid = world.wait_for(&path, "Invalid");
    let message = condition(&invalid, "Ready")["message"].as_str().unwrap_or_default().to_owned();
    assert!(message.contains("compose.yaml:1:20") && message.contains("imagine"), "{message}");
    assert_eq!(image(&world.get(&deployment("gate", "web"))), "nginx:1.27");

    // Somebody answers for it, unless the cluster does not let them.
    let rules: Vec<_> =
        refused["status"]["audit"]["findings"].as_array().into_iter().flatten().filter(|finding| finding["severity"] == "P1").collect();
    let exemptions: Vec<_> = rules.iter().map(|finding| json!({ "rule": finding["rule"], "reason": "it measures the hardware" })).collect();
    assert!(rules.iter().any(|finding| finding["rule"] == rule.as_str()), "{rule}: {rules:#?}");
    let policy = json!({
        "apiVersion": "windlass.dev/v1alpha1", "kind": "StackPolicy", "metadata": { "name": "strict" },
        "spec": { "namespaces": ["gate"], "audit": { "exemptions": { "rules": [] } } },
    });
    world.create("/apis/windlass.dev/v1alpha1/stackpolicies", &policy);
    world.patch(&path, &json!({ "spec": { "compose": privileged, "audit": { "exemptions": exemptions } } }));
    world.wait_for(&path, "AuditRefused");
    world.delete("/apis/windlass.dev/v1alpha1/stackpolicies/strict");
    world.wait_for(&path, "Ready");
    assert_eq!(image(&world.get(&deployment("gate", "web"))), "nginx:1.28");
}

#[test]
fn what_stands_in_the_way_is_told_and_never_written_into() {
    let Some(world) = World::shared() else { return };
    world.namespace("way");
    let _operator = Operator::start(world, "way", &[]);
    let path = format!("{}/web", stacks("way"));
    let services = "/api/v1/namespaces/way/services";
    let other = json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "web" }, "spec": { "ports": [{ "port": 1 }] } });
    world.create(services, &other);
    world.create(&stacks("way"), &stack("web", WEB));
    let collision = world.wait_for(&path, "NameCollision");
    let message = condition(&collision, "Ready")["message"].as_str().unwrap_or_default().to_owned();
    assert!(message.contains("Service/web"), "{message}");
    assert_eq!(world.get(&format!("{services}/web"))["spec"]["ports"][0]["port"], 1);
    // It comes right by itself when the other goes.
    world.delete(&format!("{services}/web"));
    world.wait_for(&path, "Ready");
    assert_eq!(world.get(&format!("{services}/web"))["metadata"]["labels"]["windlass.dev/stack"], "web");

    // Another kind for the same service: the new one is there before the old one goes.
    let global = "services: { web: { image: 'nginx:1.27', ports: ['8080:80'], deploy: { mode: global } } }\n";
    world.patch(&path, &json!({ "spec": { "compose": global } }));
    world.wait_for(&path, "Ready");
    world.wait("the Deployment is gone", || !world.exists(&deployment("way", "web")));
    assert_eq!(world.get("/apis/apps/v1/namespaces/way/daemonsets/web")["status"]["numberReady"], 1);

    // A claim can't become another one; it is told, and the data stays.
    let with_data = |class: &str| {
        format!(
            "services: {{ db: {{ image: 'redis:7', volumes: ['data:/data'] }} }}\nvolumes: {{ data: {{ x-windlass: {{ storage_class: {class} }} }} }}\n"
        )
    };
    let claim = "/api/v1/namespaces/way/persistentvolumeclaims/data";
    world.patch(&path, &json!({ "spec": { "compose": with_data("one") } }));
    world.wait("the claim is there", || world.exists(claim));
    let uid = world.get(claim)["metadata"]["uid"].clone();
    world.patch(&path, &json!({ "spec": { "compose": with_data("two") } }));
    world.wait_for(&path, "Immutable");
    assert_eq!(world.get(claim)["metadata"]["uid"], uid);
    assert_eq!(world.get(claim)["spec"]["storageClassName"], "one");
}

#[test]
fn a_kind_that_the_cluster_has_not_is_told_and_the_rest_runs() {
    let Some(world) = World::shared() else { return };
    world.namespace("kinds");
    let _operator = Operator::start(world, "kinds", &[]);
    let path = format!("{}/web", stacks("kinds"));
    let text = "services: { web: { image: 'nginx:1.27', ports: ['80:80'], x-windlass: { expose: gateway, domain: a.example.com, gateway: infra/public } } }\n";
    world.create(&stacks("kinds"), &stack("web", text));
    let told = world.wait_for(&path, "Refused");
    let message = condition(&told, "Ready")["message"].as_str().unwrap_or_default().to_owned();
    assert!(
        message.contains("HTTPRoute/web") && message.contains("the cluster may have no HTTPRoute of gateway.networking.k8s.io/v1"),
        "{message}"
    );
    world.wait("the rest runs", || world.get(&deployment("kinds", "web"))["status"]["availableReplicas"] == 1);
    // Without it, it is ready.
    world.patch(&path, &json!({ "spec": { "compose": WEB } }));
    world.wait_for(&path, "Ready");
}

#[test]
fn what_can_not_change_is_made_anew_and_nothing_else() {
    let Some(world) = World::shared() else { return };
    world.namespace("anew");
    let _operator = Operator::start(world, "anew", &[]);
    let path = format!("{}/shop", stacks("anew"));
    // Whether a Service has an address, and the name of the Service of a StatefulSet, can't change once they are there. A service without
    // ports has a Service without an address, for its name.
    let text = |ports: &str| {
        format!(
            "services:\n  web: {{ image: 'example/web:1'{ports} }}\n  db: {{ image: 'redis:7', x-windlass: {{ kind: statefulset }}, expose: ['6379'] }}\n"
        )
    };
    world.create(&stacks("anew"), &stack("shop", &text("")));
    world.wait_for(&path, "Ready");
    let uid = |path: &str| world.get(path)["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
    let (service, set) = ("/api/v1/namespaces/anew/services/web", "/apis/apps/v1/namespaces/anew/statefulsets/db");
    let pod = "/api/v1/namespaces/anew/pods/db-0";
    let before = [uid(service), uid(set), uid(pod), uid(&deployment("anew", "web"))];
    assert!(before.iter().all(|uid| !uid.is_empty()), "{before:?}");
    assert_eq!(world.get(service)["spec"]["clusterIP"], "None");
    world.patch(&path, &json!({ "spec": { "compose": text(", expose: ['80']") } }));
    world.wait_for(&path, "Ready");
    world.wait("it has an address", || world.get(service)["spec"]["clusterIP"].as_str().is_some_and(|address| address.starts_with("10.")));
    let with_address = uid(service);
    assert_ne!(with_address, before[0]);
    world.wait_for(&path, "Ready");
    world.patch(&path, &json!({ "spec": { "compose": text("") } }));
    world.wait("it has none", || world.get(service)["spec"]["clusterIP"] == "None");
    assert_ne!(uid(service), with_address);
    world.wait_for(&path, "Ready");
    assert_eq!([uid(set), uid(pod), uid(&deployment("anew", "web"))], before[1..]);

    // Somebody made the StatefulSet with another Service; its pods stay when it is made anew.
    world.patch(&path, &json!({ "spec": { "suspend": true } }));
    world.wait_for(&path, "Suspended");
    let mut other = world.get(set);
    let answer = world.client.request("DELETE", &format!("{set}?propagationPolicy=Orphan"), None).expect("an answer");
    assert!(answer.is_ok(), "{}", answer.message());
    world.wait("it is gone", || !world.exists(set));
    other["spec"]["serviceName"] = "other".into();
    other["spec"]["podManagementPolicy"] = "Parallel".into();
    for field in ["uid", "resourceVersion", "creationTimestamp", "managedFields", "generation"] {
        other["metadata"].as_object_mut().expect("metadata").remove(field);
    }
    other.as_object_mut().expect("an object").remove("status");
    world.create("/apis/apps/v1/namespaces/anew/statefulsets", &other);
    let made = uid(set);
    world.patch(&path, &json!({ "spec": { "suspend": false } }));
    world.wait("it is made anew", || world.exists(set) && uid(set) != made && world.get(set)["spec"]["serviceName"] != "other");
    world.wait_for(&path, "Ready");
    assert_eq!(uid(pod), before[2], "the pod stays");
}
