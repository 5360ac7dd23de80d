//! The definitions on a real API server: what it takes, what it refuses by itself, and with which words.

use serde_json::{Value, json};
use windlass_testkit::Cluster;

use super::harness::{stack, stacks};

#[test]
fn the_api_server_itself_refuses_what_no_stack_may_be() {
    let Some(cluster) = Cluster::start(&[]).expect("the control plane starts") else { return };
    let client = cluster.client();
    for definition in windlass_crd::DEFINITIONS {
        let created =
            client.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &windlass_crd::yaml(&(definition.definition)()));
        let created = created.expect("an answer");
        assert!(created.is_ok(), "{}", created.message());
    }
    let mut served = false;
    for _ in 0..400 {
        served = ["stacks", "stackpolicies"]
            .iter()
            .all(|name| client.get(&format!("/apis/windlass.dev/v1alpha1/{name}")).expect("an answer").is_ok());
        if served {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert!(served);
    cluster.create_namespace("one").expect("a namespace");
    let good = stack("good", "services: { web: { image: nginx } }");
    let check = |change: &dyn Fn(&mut Value), expected: &str| {
        let mut object = good.clone();
        change(&mut object);
        let answer = client.create(&stacks("one"), &object.to_string()).expect("an answer");
        assert!(!answer.is_ok() && answer.message().contains(expected), "{expected}: {}", answer.message());
    };
    check(
        &|object| drop(object["spec"].as_object_mut().map(|spec| spec.remove("serviceAccountName"))),
        "serviceAccountName: Required value",
    );
    check(
        &|object| drop(object["spec"].as_object_mut().map(|spec| spec.remove("compose"))),
        "exactly one of compose and composeFrom is set",
    );
    let key = json!([{ "configMapKeyRef": { "name": "a", "key": "b" } }]);
    check(&|object| object["spec"]["composeFrom"] = key.clone(), "exactly one of compose and composeFrom is set");
    let both = json!([{ "configMapRef": { "name": "a" }, "secretRef": { "name": "a" } }]);
    check(&|object| object["spec"]["filesFrom"] = both.clone(), "exactly one of configMapRef and secretRef is set");
    check(&|object| object["metadata"]["name"] = "a".repeat(53).into(), "at most 52 characters");
    check(&|object| object["metadata"]["name"] = "a.b".into(), "the name has no dot");
    check(&|object| object["spec"]["serviceAccountName"] = "system:masters".into(), "spec.serviceAccountName");
    check(&|object| object["spec"]["audit"] = json!({ "exemptions": [{ "rule": "CO024", "reason": "x" }] }), "reason");
    check(&|object| object["spec"]["compose"] = "a".repeat(262_145).into(), "Too long");
    check(&|object| object["spec"]["unknown"] = 1.into(), "unknown field");

    let created = client.create(&stacks("one"), &good.to_string()).expect("an answer");
    assert!(created.is_ok(), "{}", created.message());
    // Defaults are the schema's, so `kubectl get -o yaml` shows them.
    let spec = &created.body["spec"];
    assert_eq!(
        (&spec["audit"]["failOn"], &spec["rollout"]["onFailure"], &spec["volumes"]["onDelete"]),
        (&json!("P1"), &json!("Rollback"), &json!("Retain"))
    );
    assert_eq!(spec["suspend"], false);
    let policy = json!({
        "apiVersion": "windlass.dev/v1alpha1", "kind": "StackPolicy", "metadata": { "name": "strict" },
        "spec": { "namespaces": ["one"], "audit": { "mode": "Enforce", "failOn": "P2", "minScore": 80, "exemptions": { "rules": ["CO024"], "requireEnd": true } } },
    });
    let created = client.create("/apis/windlass.dev/v1alpha1/stackpolicies", &policy.to_string()).expect("an answer");
    assert!(created.is_ok(), "{}", created.message());
    let wrong = client
        .create("/apis/windlass.dev/v1alpha1/stackpolicies", &policy.to_string().replace("\"minScore\":80", "\"minScore\":101"))
        .expect("an answer");
    assert!(wrong.message().contains("minScore"), "{}", wrong.message());
}
