//! Whose rights a Stack has, what it may read, and what becomes of it when either is taken away.

use serde_json::{Value, json};

use super::harness::{ACCOUNT, Operator, USER, World, condition, deployment, image, stack, stacks};

const WEB: &str = "services: { web: { image: 'nginx:${TAG:?}', environment: { CANARY: '${CANARY:-unset}' } } }\n";

#[test]
fn a_stack_has_the_rights_of_its_account_and_no_others() {
    let Some(world) = World::start() else { return };
    world.namespace("one");
    let _operator = Operator::start(&world, &[]);
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
    let written = world.requests().into_iter().filter(|request| {
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
    let Some(world) = World::start() else { return };
    world.namespace("two");
    let _operator = Operator::start(&world, &["--secret-interval", "1"]);
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
