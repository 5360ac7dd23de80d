//! Whose rights a Stack has, what it may read, and what becomes of it when either is taken away.

use serde_json::{Value, json};

use super::harness::{ACCOUNT, Operator, USER, World, condition, deployment, image, stack, stacks};

const WEB: &str = "services: { web: { image: 'nginx:${TAG:?}', environment: { CANARY: '${CANARY:-unset}' } } }\n";

#[test]
fn a_stack_has_the_rights_of_its_account_and_no_others() {
    let Some(world) = World::start("cluster") else { return };
    world.namespace("one");
    let _operator = Operator::everywhere(&world, &[]);
    let accounts = "/api/v1/namespaces/one/serviceaccounts";
    // An account that nobody lent to Stacks, and one that is not there.
    let plain = json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": "plain" } });
    world.create(accounts, &plain);
    for name in ["plain", "absent"] {
        let mut object = stack(name, WEB);
        object["spec"]["serviceAccountName"] = name.into();
        object["spec"]["variables"] = json!({ "TAG": "1" });
        world.create(&stacks("one"), &object);
        let refused = world.wait_for(&format!("{}/{name}", stacks("one")), "AccountNotAllowed");
        assert_eq!(condition(&refused, "Stalled")["status"], "True");
    }
    // Lent, but without a right: the API server says no, and nobody else is asked.
    world.patch(&format!("{accounts}/plain"), &json!({ "metadata": { "annotations": { "windlass.dev/stacks": "allowed" } } }));
    let refused = world.wait_for(&format!("{}/plain", stacks("one")), "Refused");
    let message = condition(&refused, "Ready")["message"].as_str().unwrap_or_default().to_owned();
    assert!(message.contains("system:serviceaccount:one:plain"), "{message}");
    assert!(!world.exists(&deployment("one", "web")));

    // Every object was written as an account, none as the operator.
    let written = world.requests("one").into_iter().filter(|request| {
        let resource = request["objectRef"]["resource"].as_str().unwrap_or_default();
        request["user"]["username"] == USER
            && request["verb"] == "patch"
            && !["stacks", "controllerrevisions", "events"].contains(&resource)
    });
    for request in written {
        assert!(
            request["impersonatedUser"]["username"].as_str().is_some_and(|user| user.starts_with("system:serviceaccount:one:")),
            "{request:#}"
        );
    }
}

#[test]
fn sources_are_read_again_when_they_change() {
    let Some(world) = World::shared() else { return };
    world.namespace("two");
    let _operator = Operator::start(world, "two", &["--secret-interval", "1"]);
    let path = format!("{}/web", stacks("two"));
    let maps = "/api/v1/namespaces/two/configmaps";
    let object = json!({
        "apiVersion": "windlass.dev/v1alpha1", "kind": "Stack", "metadata": { "name": "web" },
        "spec": {
            "composeFrom": [{ "configMapKeyRef": { "name": "compose", "key": "compose.yaml" } }],
            "variablesFrom": [{ "secretRef": { "name": "variables" } }],
            "serviceAccountName": ACCOUNT, "audit": { "mode": "Warn" },
        },
    });
    world.create(&stacks("two"), &object);
    world.wait_for(&path, "SourceNotFound");
    world.create(
        maps,
        &json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "compose" }, "data": { "compose.yaml": WEB } }),
    );
    let secret =
        |tag: &str| json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "variables" }, "stringData": { "TAG": tag } });
    world.create("/api/v1/namespaces/two/secrets", &secret("1.27"));
    world.wait_for(&path, "Ready");
    let web = world.get(&deployment("two", "web"));
    assert_eq!(image(&web), "nginx:1.27");
    // A variable of the operator's own process is none of a Stack's.
    assert!(!web.to_string().contains("of the operator"));

    world.patch("/api/v1/namespaces/two/secrets/variables", &secret("1.28"));
    world.wait("the Secret is read again", || image(&world.get(&deployment("two", "web"))) == "nginx:1.28");
    let other = WEB.replace("nginx", "caddy");
    world.patch(&format!("{maps}/compose"), &json!({ "data": { "compose.yaml": other } }));
    world.wait("the ConfigMap is read again", || image(&world.get(&deployment("two", "web"))) == "caddy:1.28");
    world.wait_for(&path, "Ready");

    // A source that goes stops nothing that runs.
    world.delete(&format!("{maps}/compose"));
    world.wait_for(&path, "SourceNotFound");
    assert_eq!(world.get(&deployment("two", "web"))["status"]["availableReplicas"], 1);

    // Suspended: nothing is written, whatever changes.
    world.create(
        maps,
        &json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "compose" }, "data": { "compose.yaml": WEB } }),
    );
    world.wait_for(&path, "Ready");
    world.patch(&path, &json!({ "spec": { "suspend": true } }));
    world.wait_for(&path, "Suspended");
    world.delete(&deployment("two", "web"));
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert!(!world.exists(&deployment("two", "web")));
    world.patch(&path, &json!({ "spec": { "suspend": false, "mode": "DryRun" } }));
    let tried = world.wait_for(&path, "DryRun");
    let message = condition(&tried, "Ready")["message"].clone();
    assert!(message.as_str().is_some_and(|message| message.starts_with("would create 1")), "{message}");
    assert!(!world.exists(&deployment("two", "web")));
    world.patch(&path, &json!({ "spec": { "mode": "Apply" } }));
    world.wait_for(&path, "Ready");
    assert_ne!(world.get(&deployment("two", "web")), Value::Null);
}

/// Marked values, in each place where a Stack may have one.
const HIDDEN: [&str; 3] = ["canary-of-a-variable", "canary-of-a-source", "canary-of-a-file"];

#[test]
fn no_secret_is_told_anywhere() {
    let Some(world) = World::shared() else { return };
    world.namespace("hidden");
    let operator = Operator::start(world, "hidden", &["--log-level", "debug"]);
    let secret =
        json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "variables" }, "stringData": { "DB_PASSWORD": HIDDEN[1] } });
    world.create("/api/v1/namespaces/hidden/secrets", &secret);
    let text = "\
services:
  db: { image: 'postgres:17', environment: { POSTGRES_PASSWORD: '${DB_PASSWORD}', API_TOKEN: '${TOKEN}' }, secrets: [key] }
  # The API server refuses the name of this port.
  web: { image: 'nginx:1.27', environment: { API_TOKEN: '${TOKEN}' }, ports: [{ target: 80, published: 8080, name: 'A_B-${TOKEN}' }] }
secrets: { key: { file: ./key } }
";
    let object = |text: &str| {
        let mut object = stack("hidden", text);
        object["spec"]["variables"] = json!({ "TOKEN": HIDDEN[0] });
        object["spec"]["variablesFrom"] = json!([{ "secretRef": { "name": "variables" } }]);
        object["spec"]["files"] = json!({ "./key": HIDDEN[2] });
        object["spec"]["audit"] = json!({});
        object
    };
    let path = format!("{}/hidden", stacks("hidden"));
    world.create(&stacks("hidden"), &object(&text.replace(", name: 'A_B-${TOKEN}'", "")));
    world.wait("db is there", || world.get("/apis/apps/v1/namespaces/hidden/deployments/db")["metadata"].is_object());
    world.wait_for(&path, "Ready");
    // What goes wrong is told without the values either: in the text, in an object, in the audit.
    for broken in
        [text.replace("image: 'postgres:17'", "imagee: '${DB_PASSWORD}'"), text.replace("'postgres:17'", "'postgres:17', privileged: true")]
    {
        world.patch(&path, &json!({ "spec": { "compose": broken } }));
        let generation = world.get(&path)["metadata"]["generation"].clone();
        world.wait("it is looked at", || world.get(&path)["status"]["observedGeneration"] == generation);
    }
    world.patch(&path, &json!({ "spec": { "compose": text.replace(", name: 'A_B-${TOKEN}'", ""), "rollout": { "progressDeadlineSeconds": 2 }, "overrides": { "services": { "web": { "image": "example/never-ready:1" } } } } }));
    world.wait_for(&path, "RolledBack");

    let mut told = vec![
        ("status", world.get(&path)["status"].to_string()),
        ("events", world.get("/apis/events.k8s.io/v1/namespaces/hidden/events").to_string()),
        ("metrics", operator.http("/metrics").expect("metrics")),
    ];
    let log = operator.log.clone();
    assert_eq!(operator.stop(), Some(0));
    told.push(("log", std::fs::read_to_string(log).expect("a log")));
    for (place, text) in &told {
        assert!(text.len() > 100, "{place}");
        for value in HIDDEN {
            assert!(!text.contains(value), "{value} stands in the {place}");
            let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, value);
            assert!(!text.contains(&encoded), "{value} stands in the {place}, in Base64");
        }
    }
    assert!(told[3].1.contains("hidden"), "the log is of this Stack");
}

#[test]
fn an_annotation_has_a_stack_and_its_sources_looked_at_now() {
    let Some(world) = World::shared() else { return };
    world.namespace("now");
    let _operator = Operator::start(world, "now", &[]);
    let secret =
        |tag: &str| json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "variables" }, "stringData": { "TAG": tag } });
    world.create("/api/v1/namespaces/now/secrets", &secret("1.27"));
    let mut object = stack("web", WEB);
    object["spec"]["variablesFrom"] = json!([{ "secretRef": { "name": "variables" } }]);
    world.create(&stacks("now"), &object);
    let path = format!("{}/web", stacks("now"));
    world.wait_for(&path, "Ready");
    // Secrets are not watched here, and the next look is minutes away.
    world.patch("/api/v1/namespaces/now/secrets/variables", &secret("1.28"));
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert_eq!(image(&world.get(&deployment("now", "web"))), "nginx:1.27");
    world.patch(&path, &json!({ "metadata": { "annotations": { "windlass.dev/reconcile-at": "today" } } }));
    world.wait("it is looked at", || image(&world.get(&deployment("now", "web"))) == "nginx:1.28");
    world.wait("the status says so", || world.get(&path)["status"]["lastHandledReconcileAt"] == "today");
}

#[test]
fn secrets_that_are_watched_are_read_and_put_right_at_once() {
    let Some(world) = World::shared() else { return };
    world.namespace("watched");
    let _operator = Operator::start(world, "watched", &["--watch-secrets"]);
    let secret =
        |tag: &str| json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "variables" }, "stringData": { "TAG": tag } });
    let secrets = "/api/v1/namespaces/watched/secrets";
    world.create(secrets, &secret("1.27"));
    let text = "services: { web: { image: 'nginx:${TAG}', environment: { API_TOKEN: abc }, secrets: [key] } }\nsecrets: { key: { file: ./key } }\n";
    let mut object = stack("web", text);
    object["spec"]["variablesFrom"] = json!([{ "secretRef": { "name": "variables" } }]);
    object["spec"]["files"] = json!({ "./key": "value" });
    world.create(&stacks("watched"), &object);
    let path = format!("{}/web", stacks("watched"));
    world.wait_for(&path, "Ready");
    world.patch(&format!("{secrets}/variables"), &secret("1.28"));
    world.wait("the Secret is read again", || image(&world.get(&deployment("watched", "web"))) == "nginx:1.28");
    world.wait_for(&path, "Ready");
    // One that the Stack made comes back when somebody deletes it.
    let made = world.get(&path)["status"]["inventory"].as_array().into_iter().flatten().find(|entry| entry["kind"] == "Secret").cloned();
    let made = format!("{secrets}/{}", made.expect("the Stack has a Secret")["name"].as_str().expect("a name"));
    let before = world.get(&made)["metadata"]["uid"].clone();
    world.delete(&made);
    world.wait("it is back", || world.exists(&made) && world.get(&made)["metadata"]["uid"] != before);
}
