//! A stack from nothing to ready, changed, broken, repaired, deleted and made again.

use serde_json::{Value, json};

use super::harness::{ACCOUNT, Operator, World, condition, deployment, image, stack, stacks};

const SHOP: &str = "\
services:
  db:
    image: postgres:17
    environment: { POSTGRES_PASSWORD: example }
    volumes: [data:/var/lib/postgresql/data]
    healthcheck: { test: [CMD, pg_isready] }
  web:
    image: nginx:${TAG}
    ports: ['8080:80']
    depends_on: { db: { condition: service_healthy } }
    healthcheck: { test: [CMD, curl, -f, 'http://localhost/'], interval: 1s, timeout: 1s, retries: 1, start_period: 1s }
  mail:
    image: axllent/mailpit:v1.20
volumes: { data: {} }
";

/// The parts of a request of the audit log that matter here, in order: verb, resource, name.
fn story(world: &World, namespace: &str) -> Vec<(String, String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut requests = world.requests(namespace);
    requests.sort_by_key(|request| text(&request["stageTimestamp"]));
    requests
        .iter()
        .map(|request| {
            let object = &request["objectRef"];
            let subresource = object["subresource"].as_str().map(|name| format!("/{name}")).unwrap_or_default();
            (text(&request["user"]["username"]), text(&request["verb"]), text(&object["resource"]) + &subresource, text(&object["name"]))
        })
        .collect()
}

#[test]
fn a_stack_lives_from_nothing_to_nothing() {
    let Some(world) = World::shared() else { return };
    world.namespace("shop");
    let operator = Operator::start(world, "shop", &[]);
    let path = format!("{}/shop", stacks("shop"));
    let mut shop = stack("shop", SHOP);
    shop["spec"]["variables"] = json!({ "TAG": "1.27" });
    shop["spec"]["rollout"] = json!({ "progressDeadlineSeconds": 4 });
    world.create(&stacks("shop"), &shop);
    claims(world);

    // Ready, and in order.
    let ready = world.wait_for(&path, "Ready");
    assert_eq!(ready["status"]["ready"], "3/3");
    let story = self::story(world, "shop");
    let account = format!("system:serviceaccount:shop:{ACCOUNT}");
    let first = |resource: &str, name: &str| {
        let applied = |entry: &&(String, String, String, String)| entry.1 == "patch" && entry.2 == resource && entry.3 == name;
        story.iter().position(|entry| applied(&entry)).unwrap_or_else(|| panic!("{resource} {name} was never applied: {story:#?}"))
    };
    let database = if world.exists(&deployment("shop", "db")) { "deployments" } else { "statefulsets" };
    let (db, web) = (first(database, "db"), first("deployments", "web"));
    let between = &story[db..web];
    assert!(
        between.iter().any(|entry| entry.2 == format!("{database}/status") && entry.3 == "db"),
        "web came before db was looked at: {between:#?}"
    );
    let (user, ..) = &story[web];
    assert!(user == super::harness::USER || *user == account, "{user}");
    let claim = "/api/v1/namespaces/shop/persistentvolumeclaims";
    assert_eq!(world.get(claim)["items"].as_array().map(Vec::len), Some(1), "{}", world.get(claim));

    // Another image rolls.
    world.patch(&path, &json!({ "spec": { "variables": { "TAG": "1.28" } } }));
    world.wait_for(&path, "Ready");
    assert_eq!(image(&world.get(&deployment("shop", "web"))), "nginx:1.28");

    // A bad image goes back by itself; the rest stays as it is.
    world.patch(&path, &json!({ "spec": { "overrides": { "services": { "web": { "image": "example/never-ready:1" } } } } }));
    let back = world.wait_for(&path, "RolledBack");
    assert_eq!(condition(&back, "RolledBack")["status"], "True");
    assert_eq!(condition(&back, "Stalled")["status"], "True");
    world.wait("web runs what it ran", || {
        let web = world.get(&deployment("shop", "web"));
        image(&web) == "nginx:1.28" && web["status"]["availableReplicas"] == 1 && web["status"]["replicas"] == 1
    });

    // So does a StatefulSet, whose controller would wait for its broken pod for ever.
    world.patch(&path, &json!({ "spec": { "overrides": { "services": { "web": null, "db": { "image": "example/never-ready:2" } } } } }));
    world.wait_for(&path, "RolledBack");
    let set = "/apis/apps/v1/namespaces/shop/statefulsets/db";
    world.wait("db runs what it ran", || {
        let db = world.get(set);
        image(&db) == "postgres:17"
            && db["status"]["readyReplicas"] == 1
            && db["status"]["updateRevision"] == db["status"]["currentRevision"]
    });

    // The same again, put right.
    world.patch(&path, &json!({ "spec": { "overrides": null } }));
    let ready = world.wait_for(&path, "Ready");
    assert_eq!(condition(&ready, "RolledBack")["status"], "False");

    // A service that is no longer there is pruned.
    let (without, _) = SHOP.split_once("  mail:").expect("mail is the last service");
    world.patch(&path, &json!({ "spec": { "compose": format!("{without}volumes: {{ data: {{}} }}\n") } }));
    world.wait("mail is gone", || !world.exists(&deployment("shop", "mail")));
    world.wait_for(&path, "Ready");

    // What others change or delete is put right.
    world.patch(
        &deployment("shop", "web"),
        &json!({ "spec": { "template": { "spec": { "terminationGracePeriodSeconds": 7 } }, "replicas": 4 } }),
    );
    world.wait("the replicas are put right", || world.get(&deployment("shop", "web"))["spec"]["replicas"] == 1);
    world.delete("/api/v1/namespaces/shop/services/web");
    world.wait("the service is back", || world.exists("/api/v1/namespaces/shop/services/web"));
    world.wait_for(&path, "Ready");

    // With the Stack goes everything but the data; made again, it takes the data.
    let uid = |world: &World| world.get(claim)["items"][0]["metadata"]["uid"].clone();
    let before = uid(world);
    assert!(before.is_string());
    world.delete(&path);
    world.wait_or("the stack is gone", || !world.exists(&path), || format!("{:#}", world.get(&path)));
    for kind in ["deployments", "statefulsets", "controllerrevisions"] {
        let list = format!("/apis/apps/v1/namespaces/shop/{kind}");
        world.wait_or(kind, || world.get(&list)["items"] == json!([]), || format!("{:#}", world.get(&list)));
    }
    assert_eq!(uid(world), before);
    let names: Vec<String> =
        self::story(world, "shop").iter().filter(|entry| entry.1 == "delete").map(|entry| format!("{} {}", entry.2, entry.3)).collect();
    let at = |name: &str| names.iter().rposition(|entry| entry == name).unwrap_or_else(|| panic!("{name}: {names:#?}"));
    assert!(at("deployments web") < at(&format!("{database} db")), "{names:#?}");

    world.create(&stacks("shop"), &shop);
    let again = world.wait_for(&path, "Ready");
    assert_eq!(uid(world), before);
    assert_eq!(world.get(claim)["items"][0]["metadata"]["labels"]["windlass.dev/stack-uid"], again["metadata"]["uid"]);
    assert_eq!(operator.stop(), Some(0));
}

/// A volume for the claim of `db`, which a provisioner would make.
fn claims(world: &World) {
    let claims = "/api/v1/namespaces/shop/persistentvolumeclaims";
    world.wait("the claim is there", || world.get(claims)["items"].as_array().is_some_and(|items| !items.is_empty()));
    let claim = &world.get(claims)["items"][0];
    let volume = json!({
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": { "name": "data" },
        "spec": {
            "capacity": { "storage": "1Ti" }, "hostPath": { "path": "/data" },
            "storageClassName": claim["spec"]["storageClassName"].as_str().unwrap_or_default(),
            "accessModes": ["ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany"],
            "claimRef": { "namespace": "shop", "name": claim["metadata"]["name"] },
        },
    });
    world.create("/api/v1/persistentvolumes", &volume);
}
