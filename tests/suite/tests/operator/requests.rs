//! How many requests the operator needs, counted in the API server's audit log.

use std::time::Duration;

use serde_json::{Value, json};

use super::harness::{Operator, USER, World, deployment};

/// Four objects: two Deployments and their Services.
const SMALL: &str = "\
services:
  web: { image: 'nginx:1.27', ports: ['8080:80'], depends_on: [api] }
  api: { image: 'example/api:1', expose: ['8000'] }
";

/// What was answered with 403 to the operator, or to an account that it acts as.
fn forbidden(world: &World) -> Vec<Value> {
    world
        .requests("small")
        .into_iter()
        .filter(|request| request["user"]["username"] == USER && request["responseStatus"]["code"] == 403)
        .collect()
}

#[test]
fn an_install_needs_eight_requests_a_drift_one_and_nothing_none() {
    let Some(world) = World::shared() else { return };
    let (operator, path) = world.with_stack("small", "small", SMALL, &["--resync-interval", "2"]);
    let ready = world.get(&path);
    assert_eq!(ready["status"]["inventory"].as_array().map(Vec::len), Some(4), "{:#}", ready["status"]["inventory"]);
    // What is only told now and then has been told.
    std::thread::sleep(Duration::from_secs(12));
    let install = world.changes("small");
    println!("an install of four objects: {} requests", install.len());
    assert!(install.len() <= 8, "{install:#?}");

    // Unchanged: neither looks without a reason nor a restart cost anything.
    std::thread::sleep(Duration::from_secs(5));
    assert_eq!(world.changes("small").len(), install.len(), "{:#?}", world.changes("small"));
    assert_eq!(operator.stop(), Some(0));
    let operator = Operator::start(world, "small", &["--resync-interval", "2"]);
    std::thread::sleep(Duration::from_secs(4));
    assert_eq!(world.changes("small").len(), install.len(), "{:#?}", world.changes("small"));

    world.patch(&deployment("small", "web"), &json!({ "spec": { "minReadySeconds": 1, "replicas": 3 } }));
    world.wait("the drift is repaired", || world.get(&deployment("small", "web"))["spec"]["replicas"] == 1);
    world.wait("it is counted", || operator.metric("windlass_drift_repairs_total") == Some(1.0));
    std::thread::sleep(Duration::from_secs(12));
    let drift = &world.changes("small")[install.len()..];
    assert!(matches!(drift, [(verb, object, 200)] if verb == "patch" && object == "deployments/web"), "{drift:#?}");
    assert_eq!(forbidden(world), Vec::<Value>::new());
    assert_eq!(operator.stop(), Some(0));
}

#[test]
fn pods_that_a_drift_made_before_the_start_are_never_told() {
    let Some(world) = World::shared() else { return };
    let (operator, _) = world.with_stack("more", "more", SMALL, &[]);
    std::thread::sleep(Duration::from_secs(12));
    assert_eq!(operator.stop(), Some(0));

    // The pods are there when the operator looks: for a moment the Stack is ready with more than it asked for.
    world.patch(&deployment("more", "web"), &json!({ "spec": { "replicas": 3 } }));
    world.wait("three pods run", || world.get(&deployment("more", "web"))["status"]["availableReplicas"] == 3);
    let before = world.changes("more").len();
    let operator = Operator::start(world, "more", &[]);
    world.wait("one pod runs", || world.get(&deployment("more", "web"))["status"]["availableReplicas"] == 1);
    std::thread::sleep(Duration::from_secs(12));
    let drift = &world.changes("more")[before..];
    assert!(matches!(drift, [(verb, object, 200)] if verb == "patch" && object == "deployments/web"), "{drift:#?}");
    assert_eq!(operator.stop(), Some(0));
}
