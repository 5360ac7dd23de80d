//! The operator is behind: what it hears of Stacks is old. It deletes nothing that is asked for by now, and applies nothing that is no longer.

use std::time::Duration;

use serde_json::{Value, json};

use super::harness::{Operator, World, deployment, image, stack, stacks};
use super::proxy::{Asked, Fate, Proxy, Words};

const WEB: &str = "services: { web: { image: 'nginx:1.27' } }\n";
const WEB_AND_MAIL: &str = "services: { web: { image: 'nginx:1.27' }, mail: { image: 'example/mail:1' } }\n";
const ORDERED: &str = "services: { web: { image: 'nginx:1.27', depends_on: [api] }, api: { image: 'example/api:1' } }\n";

/// Long enough for the operator to do what it should not.
const WHILE: Duration = Duration::from_secs(3);

fn uid(world: &World, path: &str) -> String {
    world.get(path)["metadata"]["uid"].as_str().expect("it is there").to_owned()
}

/// Serves lists of Stacks as they were.
fn as_of(version: String) -> impl Fn(&Asked) -> Fate + Send + Sync {
    move |asked: &Asked| {
        if !asked.path.contains("/stacks?") || asked.is_watch() || asked.method != "GET" {
            return Fate::Pass;
        }
        let (path, _) = asked.path.split_once('?').expect("a query");
        Fate::Instead(format!("{path}?limit=500&resourceVersion={version}&resourceVersionMatch=Exact"))
    }
}

#[test]
fn what_is_asked_for_again_is_not_deleted_by_who_has_not_heard_it() {
    let Some(world) = World::shared() else { return };
    world.namespace("behind");
    let proxy = Proxy::start(&world.cluster);
    let _operator = Operator::behind(world, &proxy, "behind", &[]);
    let path = format!("{}/shop", stacks("behind"));
    world.create(&stacks("behind"), &stack("shop", WEB_AND_MAIL));
    world.wait_for(&path, "Ready");
    let mail = deployment("behind", "mail");
    let before = uid(world, &mail);

    proxy.words(Words::Hold("stacks", 0));
    world.patch(&path, &json!({ "spec": { "compose": WEB } }));
    world.patch(&path, &json!({ "spec": { "compose": WEB_AND_MAIL.replace("nginx:1.27", "nginx:1.28") } }));
    // It hears that mail is to go, and not yet that it is to stay.
    proxy.words(Words::Hold("stacks", 1));
    std::thread::sleep(WHILE);
    assert_eq!(uid(world, &mail), before);
    proxy.words(Words::Pass);
    world.wait_for(&path, "Ready");
    assert_eq!(uid(world, &mail), before);
    assert_eq!(image(&world.get(&deployment("behind", "web"))), "nginx:1.28");
    assert!(world.changes("behind").iter().all(|(verb, object, _)| verb != "delete" || object.starts_with("controllerrevisions")));
}

#[test]
fn after_a_restart_into_an_older_world_nothing_goes_back() {
    let Some(world) = World::shared() else { return };
    let (operator, path) = world.with_stack("older", "shop", WEB, &[]);
    let old = world.get(&path);
    world.patch(&path, &json!({ "spec": { "compose": WEB.replace("nginx:1.27", "nginx:1.28") } }));
    world.wait_for(&path, "Ready");
    assert_eq!(operator.stop(), Some(0));

    let proxy = Proxy::start(&world.cluster);
    proxy.rule(as_of(old["metadata"]["resourceVersion"].as_str().expect("a version").to_owned()));
    proxy.words(Words::Hold("stacks", 0));
    let before = world.changes("older").len();
    let operator = Operator::behind(world, &proxy, "older", &[]);
    std::thread::sleep(WHILE);
    assert_eq!(image(&world.get(&deployment("older", "web"))), "nginx:1.28");
    let done: Vec<_> = world.changes("older")[before..].iter().filter(|(_, _, code)| *code < 300).cloned().collect();
    assert_eq!(done, [], "an older spec was applied");
    proxy.words(Words::Pass);
    let now = world.wait_for(&path, "Ready");
    assert_eq!(now["status"]["observedGeneration"], 2);
    assert_eq!(image(&world.get(&deployment("older", "web"))), "nginx:1.28");
    assert_eq!(operator.stop(), Some(0));
}

#[test]
fn the_end_of_an_earlier_stack_is_not_that_of_its_successor() {
    let Some(world) = World::shared() else { return };
    let (operator, path) = world.with_stack("heir", "shop", ORDERED, &[]);
    assert_eq!(operator.stop(), Some(0));
    // It has a finalizer, so it stays until an operator is there.
    world.delete(&path);
    let leaving = world.get(&path);
    assert!(leaving["metadata"]["deletionTimestamp"].is_string());
    let operator = Operator::start(world, "heir", &[]);
    world.wait("the first is gone", || !world.exists(&path));
    world.create(&stacks("heir"), &stack("shop", ORDERED));
    let heir = world.wait_for(&path, "Ready");
    assert_eq!(operator.stop(), Some(0));

    let proxy = Proxy::start(&world.cluster);
    proxy.rule(as_of(leaving["metadata"]["resourceVersion"].as_str().expect("a version").to_owned()));
    proxy.words(Words::Hold("stacks", 0));
    let objects = ["web", "api"].map(|name| deployment("heir", name));
    let before = objects.each_ref().map(|object| uid(world, object));
    let _operator = Operator::behind(world, &proxy, "heir", &[]);
    std::thread::sleep(WHILE);
    assert_eq!(objects.each_ref().map(|object| uid(world, object)), before);
    let now = world.get(&path);
    assert_eq!((&now["metadata"]["uid"], &now["metadata"]["finalizers"]), (&heir["metadata"]["uid"], &heir["metadata"]["finalizers"]));
    proxy.words(Words::Pass);
    world.wait_for(&path, "Ready");
    assert_eq!(objects.each_ref().map(|object| uid(world, object)), before);
}

#[test]
fn a_stack_that_is_made_again_unseen_has_objects_of_its_own() {
    let Some(world) = World::shared() else { return };
    world.namespace("again");
    let proxy = Proxy::start(&world.cluster);
    let _operator = Operator::behind(world, &proxy, "again", &[]);
    let path = format!("{}/shop", stacks("again"));
    world.create(&stacks("again"), &stack("shop", WEB_AND_MAIL));
    let first = world.wait_for(&path, "Ready");
    proxy.words(Words::Hold("stacks", 0));
    world.delete(&path);
    world.wait("it is gone", || !world.exists(&path));
    world.create(&stacks("again"), &stack("shop", WEB));
    std::thread::sleep(Duration::from_secs(1));
    proxy.words(Words::Pass);
    let second = world.wait_for(&path, "Ready");
    assert_ne!(first["metadata"]["uid"], second["metadata"]["uid"]);
    world.wait("what the first had is gone", || !world.exists(&deployment("again", "mail")));
    let of_the_first = |kind: &str| -> Vec<Value> {
        let list = world.get(&format!("/apis/apps/v1/namespaces/again/{kind}"))["items"].clone();
        let items = list.as_array().cloned().unwrap_or_default();
        items.into_iter().filter(|object| object["metadata"]["labels"]["windlass.dev/stack-uid"] == first["metadata"]["uid"]).collect()
    };
    for kind in ["deployments", "controllerrevisions"] {
        world.wait(kind, || of_the_first(kind).is_empty());
    }
    world.wait_for(&path, "Ready");
    let web = world.get(&deployment("again", "web"));
    assert_eq!(web["metadata"]["ownerReferences"][0]["uid"], second["metadata"]["uid"]);
}

#[test]
fn what_is_heard_twice_is_done_once() {
    let Some(world) = World::shared() else { return };
    world.namespace("echo");
    let proxy = Proxy::start(&world.cluster);
    proxy.words(Words::Twice);
    let _operator = Operator::behind(world, &proxy, "echo", &[]);
    let path = format!("{}/shop", stacks("echo"));
    world.create(&stacks("echo"), &stack("shop", WEB_AND_MAIL));
    world.wait_for(&path, "Ready");
    world.patch(&deployment("echo", "web"), &json!({ "spec": { "replicas": 3 } }));
    world.wait("the drift is repaired", || world.get(&deployment("echo", "web"))["spec"]["replicas"] == 1);
    std::thread::sleep(WHILE);
    let of = |object: &str| world.changes("echo").iter().filter(|(_, name, _)| name == object).count();
    assert_eq!((of("deployments/web"), of("deployments/mail")), (2, 1), "{:#?}", world.changes("echo"));
}
