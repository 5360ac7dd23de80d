//! `docs/operator.md`, "Reasons", has every reason of a condition and no other: each is reached here, and none that is not in the table.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use windlass_testkit::workspace;

use super::harness::{Operator, World, stack, stacks};
use super::proxy::{Asked, Fate, Proxy};

/// Bytes of the longest message.
const LONGEST: usize = 1024;

/// Condition and reason.
type Reason = (String, String);

/// The rows of the table.
fn table() -> BTreeSet<Reason> {
    let text = std::fs::read_to_string(workspace().join("docs/operator.md")).expect("the document");
    let section = text.split("\n## ").find(|section| section.starts_with("Reasons")).expect("reasons");
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    let cells = rows.filter_map(|row| {
        let (condition, rest) = row.split_once("` | `")?;
        let (reason, _) = rest.split_once("` |")?;
        Some((condition.to_owned(), reason.to_owned()))
    });
    cells.collect()
}

/// What the Stacks of a namespace say now, `Reconciling` and `Stalled` apart: they repeat the reason of `Ready`.
fn told(world: &World, namespace: &str) -> BTreeSet<Reason> {
    let list = world.get(&stacks(namespace));
    let mut reasons = BTreeSet::new();
    for stack in list["items"].as_array().into_iter().flatten() {
        for condition in stack["status"]["conditions"].as_array().into_iter().flatten() {
            let text = |field: &str| condition[field].as_str().unwrap_or_default().to_owned();
            assert!(text("message").len() <= LONGEST, "{condition:#}");
            if !["Reconciling", "Stalled"].contains(&text("type").as_str()) {
                reasons.insert((text("type"), text("reason")));
            }
        }
    }
    reasons
}

#[test]
fn every_reason_is_in_the_document_and_reached() {
    let Some(world) = World::shared() else { return };
    world.namespace("reasons");
    let proxy = Proxy::start(&world.cluster);
    proxy.rule(|asked: &Asked| if asked.path.contains("/deployments/failing") { Fate::Answer(500, 0) } else { Fate::Pass });
    let _operator = Operator::behind(world, &proxy, "reasons", &[]);
    let core = |plural: &str| format!("/api/v1/namespaces/reasons/{plural}");
    let write = |name: &str, text: &str, change: &dyn Fn(&mut Value)| {
        let mut object = stack(name, text);
        object["spec"]["rollout"] = json!({ "progressDeadlineSeconds": 3 });
        change(&mut object);
        world.create(&stacks("reasons"), &object);
    };
    let web = |name: &str| format!("services: {{ {name}: {{ image: 'nginx:1.27' }} }}\n");
    let account = json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": "poor", "annotations": { "windlass.dev/stacks": "allowed" } } });
    world.create(&core("serviceaccounts"), &account);
    let service = json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "taken" }, "spec": { "ports": [{ "port": 1 }] } });
    world.create(&core("services"), &service);
    let binary = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "binary" }, "binaryData": { "a": "//8=" } });
    world.create(&core("configmaps"), &binary);

    let from = |name: &str| json!([{ "configMapKeyRef": { "name": name, "key": "a" } }]);
    let without_text = |object: &mut Value, name: &str| {
        object["spec"].as_object_mut().expect("a spec").remove("compose");
        object["spec"]["composeFrom"] = from(name);
    };
    write("plain", &web("plain"), &|_| {});
    write("ordered", "services: { last: { image: 'nginx:1.27', depends_on: [first] }, first: { image: 'nginx:1.27' } }\n", &|_| {});
    write("back", &web("back"), &|_| {});
    write("failing", &web("failing"), &|_| {});
    write("never", "services: { never: { image: 'example/never-ready:1' } }\n", &|_| {});
    write("taken", &web("taken"), &|_| {});
    let claim = |class: &str| {
        format!(
            "services: {{ claim: {{ image: 'nginx:1.27', volumes: ['fixed:/a'] }} }}\nvolumes: {{ fixed: {{ x-windlass: {{ storage_class: {class} }} }} }}\n"
        )
    };
    write("claim", &claim("one"), &|object| object["spec"]["rollout"]["progressDeadlineSeconds"] = 600.into());
    write("poor", &web("poor"), &|object| object["spec"]["serviceAccountName"] = "poor".into());
    write("absent", &web("absent"), &|object| object["spec"]["serviceAccountName"] = "absent".into());
    write("nowhere", "x", &|object| without_text(object, "nowhere"));
    write("binary", "x", &|object| without_text(object, "binary"));
    write("secret", "x", &|object| {
        without_text(object, "binary");
        object["spec"]["serviceAccountName"] = "poor".into();
    });
    write("invalid", "services: { web: { imagee: a } }\n", &|_| {});
    write("power", "services: { power: { image: 'nginx:1.27', privileged: true } }\n", &|object| object["spec"]["audit"] = json!({}));
    write("unjudged", &web("unjudged"), &|object| object["spec"]["audit"] = json!({ "mode": "Off" }));
    write("tried", &web("tried"), &|object| object["spec"]["mode"] = "DryRun".into());
    write("asleep", &web("asleep"), &|object| object["spec"]["suspend"] = true.into());

    let path = |name: &str| format!("{}/{name}", stacks("reasons"));
    for name in ["plain", "ordered", "back"] {
        world.wait_for(&path(name), "Ready");
    }
    world.wait("the claim is there", || world.exists(&core("persistentvolumeclaims/fixed")));
    world.patch(&path("claim"), &json!({ "spec": { "compose": claim("two") } }));
    world.patch(&path("back"), &json!({ "spec": { "compose": web("back").replace("nginx:1.27", "example/never-ready:1") } }));
    let pod_of = |service: &str| {
        let pods = world.get(&core("pods"))["items"].clone();
        let its = |pod: &&Value| pod["metadata"]["labels"]["app.kubernetes.io/name"] == service;
        let name = pods.as_array().into_iter().flatten().find(its).expect("a pod")["metadata"]["name"].clone();
        core(&format!("pods/{}", name.as_str().expect("a name")))
    };
    // A pod that was ready and is not.
    let sick =
        json!({ "status": { "conditions": [{ "type": "Ready", "status": "False" }, { "type": "PodScheduled", "status": "True" }] } });
    world.patch(&format!("{}/status", pod_of("plain")), &sick);
    // One that does not end, so that the end of its Stack is seen.
    let held = pod_of("last");
    world.patch(&held, &json!({ "metadata": { "finalizers": ["example.com/hold"] } }));
    world.delete(&path("ordered"));

    let expected = table();
    assert!(expected.len() > 15, "{expected:?}");
    let mut reached = told(world, "reasons");
    let mut is_repaired = false;
    world.wait_or(
        "every reason is reached",
        || {
            reached.extend(told(world, "reasons"));
            // What was gone back from is asked for no longer.
            if !is_repaired && reached.contains(&("Ready".to_owned(), "RolledBack".to_owned())) {
                world.patch(&path("back"), &json!({ "spec": { "compose": web("back") } }));
                is_repaired = true;
            }
            expected.is_subset(&reached)
        },
        || format!("{:#?}", expected.difference(&told(world, "reasons")).collect::<Vec<_>>()),
    );
    world.patch(&held, &json!({ "metadata": { "finalizers": null } }));
    world.wait("it ends", || !world.exists(&path("ordered")));
    reached.extend(told(world, "reasons"));
    let unknown: Vec<_> = reached.difference(&expected).collect();
    assert!(unknown.is_empty(), "not in the document: {unknown:?}");
    println!("result: {} reasons", reached.len());
}
