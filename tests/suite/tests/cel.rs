//! Rules in CEL, of a definition and of admission policies: Windlass says of each object what the API server said. Its verdicts are
//! recorded in `tests/validate/cel/verdicts.json`; `WINDLASS_RECORD=1` asks one again.
#![expect(clippy::disallowed_methods, reason = "reads and writes what is recorded")]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use windlass_k8s::schema::Version;
use windlass_k8s::validation::{Input, validate};
use windlass_k8s::validity::Status;
use windlass_suite::verdicts;
use windlass_testkit::{Client, Cluster, workspace};

const NAMESPACE: &str = "policies";

fn text(file: &str) -> String {
    fs::read_to_string(directory().join(file)).expect("the manifests")
}

fn directory() -> PathBuf {
    workspace().join("tests/validate/cel")
}

fn key(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("default").to_owned();
    format!("{}/{}/{}", text(&object["kind"]), text(&object["metadata"]["namespace"]), text(&object["metadata"]["name"]))
}

/// Asks a server about every object.
fn record(client: &Client) {
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    let answer = client.create(definitions, &text("definitions.yaml")).expect("the API server answers");
    assert!(answer.is_ok(), "{}", answer.message());
    let deadline = Instant::now() + Duration::from_secs(30);
    while !client.get("/apis/cel.windlass.dev/v1").is_ok_and(|answer| answer.is_ok()) {
        assert!(Instant::now() < deadline, "the custom kind is not served");
        std::thread::sleep(Duration::from_millis(200));
    }
    for object in verdicts::objects("policies.yaml", &text("policies.yaml")) {
        let (api_version, kind) = (object["apiVersion"].as_str().unwrap_or_default(), object["kind"].as_str().unwrap_or_default());
        let collection = client.collection(api_version, kind, NAMESPACE).expect("an answer").expect("a known kind");
        let answer = client.create(&collection, &object.to_string()).expect("the API server answers");
        assert!(answer.is_ok(), "{}", answer.message());
    }
    // A policy is in force some time after it was accepted.
    std::thread::sleep(Duration::from_secs(10));
    let mut verdicts = BTreeMap::new();
    for object in verdicts::objects("objects.yaml", &text("objects.yaml")) {
        let answer = verdicts::ask(client, &object, "default").expect("the API server answers");
        verdicts.insert(key(&object), json!({ "status": answer.status, "message": answer.message }));
    }
    let recorded = serde_json::to_string_pretty(&verdicts).expect("it is JSON");
    fs::write(directory().join("verdicts.json"), recorded + "\n").expect("writable");
}

#[test]
fn rules_hold_and_fail_as_they_do_on_the_api_server() {
    if std::env::var_os("WINDLASS_RECORD").is_some() {
        let Some(cluster) = Cluster::start(&[]).expect("the control plane starts") else { return };
        cluster.create_namespace(NAMESPACE).expect("a namespace");
        record(cluster.client());
    }
    let recorded: BTreeMap<String, Value> = serde_json::from_str(&text("verdicts.json")).expect("the verdicts");
    let mut input = Input::default();
    let mut definitions = Input::default();
    let file = definitions.sources.add("definitions.yaml", text("definitions.yaml"));
    definitions.files.push(file);
    let file = input.sources.add("all.yaml", format!("{}---\n{}", text("policies.yaml"), text("objects.yaml")));
    input.files.push(file);
    let validation = validate(&input, &definitions, Version::DEFAULT);
    let mut seen = 0;
    let mut differences = Vec::new();
    for resource in &validation.resources {
        let name = format!("{}/{}/{}", resource.kind(), resource.namespace().unwrap_or("default"), resource.name());
        let Some(verdict) = recorded.get(&name) else { continue };
        seen += 1;
        let server = verdict["message"].as_str().unwrap_or_default();
        let problems = resource.problems.iter().filter(|problem| !problem.is_warning).map(|problem| problem.message.as_str());
        let denials = resource.findings.iter().filter(|finding| finding.is_error).map(|finding| finding.message.as_str());
        let ours: Vec<&str> = problems.chain(denials).collect();
        let is_accepted = verdict["status"].as_u64().is_some_and(|status| (200..300).contains(&status));
        // The server names the first denial of a policy; ours tell all of them.
        let is_told = if server.contains("denied request") {
            ours.iter().any(|own| server.contains(own))
        } else {
            ours.iter().all(|own| server.contains(own))
        };
        if is_accepted != ours.is_empty() || !is_told || resource.status == Status::Skipped {
            differences.push(format!("{name}\n  server:   {server}\n  windlass: {ours:?}"));
        }
    }
    assert_eq!(seen, recorded.len(), "every object has its verdict");
    assert!(differences.is_empty(), "{} of {seen} differ:\n{}", differences.len(), differences.join("\n"));
}
