//! What people and other controllers do to Stacks, their objects, their rights and their namespace.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::harness::{ACCOUNT, Operator, World, condition, deployment, image, stack, stacks};

const WEB: &str = "services: { web: { image: 'nginx:1.27', ports: ['8080:80'] } }\n";
const ORDERED: &str = "services: { web: { image: 'nginx:1.27', depends_on: [api] }, api: { image: 'example/api:1' } }\n";

/// Changes of one object that were done.
fn done(world: &World, namespace: &str, object: &str) -> usize {
    world.changes(namespace).iter().filter(|(_, name, code)| name == object && *code < 300).count()
}

/// What a Stack says of itself.
fn message(stack: &Value) -> String {
    condition(stack, "Ready")["message"].as_str().unwrap_or_default().to_owned()
}

fn pods(world: &World, namespace: &str, service: &str) -> Vec<Value> {
    let list = world.get(&format!("/api/v1/namespaces/{namespace}/pods"))["items"].clone();
    let items = list.as_array().cloned().unwrap_or_default();
    items.into_iter().filter(|pod| pod["metadata"]["labels"]["app.kubernetes.io/name"] == service).collect()
}

#[test]
fn a_spec_that_goes_to_and_fro_ends_where_it_ends() {
    let Some(world) = World::shared() else { return };
    let texts = ["1.27", "1.28"].map(|tag| ORDERED.replace("nginx:1.27", &format!("nginx:{tag}")));
    let (_operator, path) = world.with_stack("flip", "web", &texts[0], &[]);
    let uid = |world: &World| pods(world, "flip", "api").iter().map(|pod| pod["metadata"]["uid"].clone()).collect::<Vec<_>>();
    let before = uid(world);
    assert_eq!(before.len(), 1);
    for turn in 1..=40 {
        world.patch(&path, &json!({ "spec": { "compose": texts[turn % 2] } }));
        std::thread::sleep(Duration::from_millis(50));
    }
    world.wait_for(&path, "Ready");
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(image(&world.get(&deployment("flip", "web"))), "nginx:1.27");
    assert_eq!(uid(world), before, "a service that did not change keeps its pods");
    let (web, api) = (done(world, "flip", "deployments/web"), done(world, "flip", "deployments/api"));
    println!("result: 40 turns of the spec, {web} of the service that changes, {api} of the one that does not");
    assert!(web <= 41 && api == 1, "{web} {api}");
}

#[test]
fn without_finalizer_and_operator_the_objects_go_and_the_data_stays() {
    let Some(world) = World::shared() else { return };
    world.namespace("torn");
    let operator = Operator::start(world, "torn", &[]);
    let path = format!("{}/shop", stacks("torn"));
    let text = "services: { web: { image: 'nginx:1.27', depends_on: [db] }, db: { image: 'redis:7', volumes: ['data:/data'] } }\nvolumes: { data: {} }\n";
    world.create(&stacks("torn"), &stack("shop", text));
    let claims = "/api/v1/namespaces/torn/persistentvolumeclaims";
    world.wait("the claim is there", || world.get(claims)["items"].as_array().is_some_and(|items| items.len() == 1));
    world.wait("it has a finalizer", || world.get(&path)["metadata"]["finalizers"].is_array());
    assert_eq!(operator.stop(), Some(0));
    world.delete(&path);
    assert!(world.get(&path)["metadata"]["deletionTimestamp"].is_string(), "the finalizer holds it");
    world.patch(&path, &json!({ "metadata": { "finalizers": null } }));
    world.wait("the Stack is gone", || !world.exists(&path));
    for kind in ["deployments", "statefulsets", "controllerrevisions"] {
        let list = format!("/apis/apps/v1/namespaces/torn/{kind}");
        world.wait_or(kind, || world.get(&list)["items"] == json!([]), || format!("{:#}", world.get(&list)));
    }
    assert_eq!(world.get(claims)["items"].as_array().map(Vec::len), Some(1));
    assert!(world.get(claims)["items"][0]["metadata"]["deletionTimestamp"].is_null());
}

#[test]
fn who_changes_an_object_again_and_again_is_let_be_and_told() {
    let Some(world) = World::shared() else { return };
    let (_operator, path) = world.with_stack("fight", "web", WEB, &[]);
    let before = done(world, "fight", "deployments/web");
    let start = Instant::now();
    let mut number = 2;
    while start.elapsed() < Duration::from_secs(8) {
        world.patch(&deployment("fight", "web"), &json!({ "spec": { "replicas": number } }));
        number = 5 - number;
        std::thread::sleep(Duration::from_millis(100));
    }
    let repairs = done(world, "fight", "deployments/web") - before;
    println!("result: {repairs} repairs against eighty changes");
    assert!((5..=7).contains(&repairs), "{repairs}");
    let told = world.wait_for(&path, "Refused");
    assert!(message(&told).contains("somebody else changes it again and again"), "{told:#}");
}

#[test]
fn of_two_stacks_that_want_one_name_one_has_it() {
    let Some(world) = World::shared() else { return };
    world.namespace("twins");
    let _operator = Operator::start(world, "twins", &[]);
    for name in ["one", "two"] {
        world.create(&stacks("twins"), &stack(name, WEB));
    }
    let reason = |name: &str| {
        condition(&world.get(&format!("{}/{name}", stacks("twins"))), "Ready")["reason"].as_str().unwrap_or_default().to_owned()
    };
    world.wait("one has it", || {
        let mut reasons = ["one", "two"].map(reason);
        reasons.sort();
        reasons == ["NameCollision", "Ready"]
    });
    let owner = || world.get(&deployment("twins", "web"))["metadata"]["ownerReferences"].clone();
    let first = owner();
    let before = done(world, "twins", "deployments/web");
    std::thread::sleep(Duration::from_secs(5));
    assert_eq!((owner(), done(world, "twins", "deployments/web")), (first.clone(), before));
    // When its owner goes, the other takes it.
    let (winner, loser) = if first[0]["name"] == "one" { ("one", "two") } else { ("two", "one") };
    world.delete(&format!("{}/{winner}", stacks("twins")));
    world.wait_for(&format!("{}/{loser}", stacks("twins")), "Ready");
}

#[test]
fn a_quota_is_named_and_what_it_kept_away_comes_when_it_is_raised() {
    let Some(world) = World::shared() else { return };
    world.namespace("quota");
    let _operator = Operator::start(world, "quota", &[]);
    let quotas = "/api/v1/namespaces/quota/resourcequotas";
    let quota = |name: &str, hard: Value| json!({ "apiVersion": "v1", "kind": "ResourceQuota", "metadata": { "name": name }, "spec": { "hard": hard } });
    world.create(quotas, &quota("few", json!({ "count/services": "0" })));
    world.wait("it is counted", || world.get(&format!("{quotas}/few"))["status"]["hard"].is_object());
    let path = format!("{}/web", stacks("quota"));
    world.create(&stacks("quota"), &stack("web", WEB));
    let refused = world.wait_for(&path, "Refused");
    assert!(message(&refused).contains("exceeded quota: few"), "{}", message(&refused));
    assert_eq!(world.get(&deployment("quota", "web"))["spec"]["replicas"], 1, "the rest is applied");
    world.delete(&format!("{quotas}/few"));
    world.wait_for(&path, "Ready");

    // A quota of pods is met by the controllers alone; what they say is told.
    world.create(quotas, &quota("small", json!({ "pods": "1" })));
    world.wait("it is counted", || world.get(&format!("{quotas}/small"))["status"]["used"]["pods"] == "1");
    world.patch(&path, &json!({ "spec": { "overrides": { "services": { "web": { "replicas": 2 } } } } }));
    world.wait_or("the quota is named", || message(&world.get(&path)).contains("exceeded quota: small"), || message(&world.get(&path)));
    world.delete(&format!("{quotas}/small"));
    world.wait_for(&path, "Ready");
}

#[test]
fn a_namespace_that_ends_is_not_held_up() {
    // The rights of an operator of one namespace would go with it.
    let Some(world) = World::start("cluster") else { return };
    world.namespace("ending");
    let _operator = Operator::everywhere(&world, &[]);
    let path = format!("{}/shop", stacks("ending"));
    world.create(&stacks("ending"), &stack("shop", ORDERED));
    world.wait_for(&path, "Ready");
    assert!(world.get(&path)["metadata"]["finalizers"].is_array());
    let before = world.changes("ending").len();
    world.delete("/api/v1/namespaces/ending");
    world.wait_or(
        "it is gone",
        || !world.exists("/api/v1/namespaces/ending"),
        || format!("{:#}\n{:#}", world.get("/api/v1/namespaces/ending"), world.get(&path)),
    );
    let tried = world.changes("ending").len() - before;
    println!("result: {tried} changes while a namespace ended");
    assert!(tried < 30, "{:#?}", &world.changes("ending")[before..]);
}

#[test]
fn large_and_hostile_texts_are_answered_and_hold_up_nobody() {
    let Some(world) = World::shared() else { return };
    world.namespace("texts");
    let _operator = Operator::start(world, "texts", &[]);
    let comment = "# a line of a large file, with nothing in it for anybody to read\n";
    let large = format!("{}{WEB}", comment.repeat((262_000 - WEB.len()) / comment.len()));
    world.create(&stacks("texts"), &stack("large", &large));
    let anchors: String =
        (1..30).map(|number| format!("x-{number}: &a{number} [{}]\n", vec![format!("*a{}", number - 1); 9].join(", "))).collect();
    let hostile = [
        ("aliases", format!("x-0: &a0 [x, x]\n{anchors}services: {{ web: {{ image: a, command: *a29 }} }}\n")),
        ("nested", format!("services: {{ web: {{ image: a, x-deep: {}{} }} }}\n", "[".repeat(20_000), "]".repeat(20_000))),
        ("doubled", "services: { api: { image: a, image: b } }\n".to_owned()),
        ("merged", "services: { api: &api { image: a, <<: *api } }\n".to_owned()),
    ];
    let start = Instant::now();
    for (name, text) in &hostile {
        world.create(&stacks("texts"), &stack(name, text));
    }
    for (name, _) in &hostile {
        let told = world.wait_for(&format!("{}/{name}", stacks("texts")), "Invalid");
        assert!(message(&told).contains("compose.yaml:"), "{name}: {}", message(&told));
    }
    world.wait_for(&format!("{}/large", stacks("texts")), "Ready");
    println!("result: four hostile texts and a large one after {:.1} s", start.elapsed().as_secs_f64());
    let too_large = stack("larger", &format!("{}{large}", comment.repeat(10)));
    let answer = world.client.create(&stacks("texts"), &too_large.to_string()).expect("an answer");
    assert!(answer.message().contains("Too long: may not be more than 262144"), "{}", answer.message());
}

#[test]
fn health_that_comes_and_goes_is_no_failure() {
    let Some(world) = World::shared() else { return };
    world.namespace("flaps");
    let _operator = Operator::start(world, "flaps", &[]);
    let path = format!("{}/web", stacks("flaps"));
    let mut object = stack("web", WEB);
    object["spec"]["rollout"] = json!({ "progressDeadlineSeconds": 3 });
    world.create(&stacks("flaps"), &object);
    let ready = world.wait_for(&path, "Ready");
    let since = condition(&ready, "Ready")["lastTransitionTime"].clone();
    let pod = pods(world, "flaps", "web").remove(0);
    let pod = format!("/api/v1/namespaces/flaps/pods/{}/status", pod["metadata"]["name"].as_str().expect("a name"));
    for turn in 0..12 {
        let is_ready = if turn % 2 == 0 { "False" } else { "True" };
        let conditions = ["Initialized", "ContainersReady", "Ready", "PodScheduled"]
            .map(|kind| json!({ "type": kind, "status": if kind == "Ready" { is_ready } else { "True" } }));
        world.patch(&pod, &json!({ "status": { "conditions": conditions } }));
        std::thread::sleep(Duration::from_millis(700));
    }
    let after = world.wait_for(&path, "Ready");
    assert_eq!(condition(&after, "Ready")["lastTransitionTime"], since);
    assert_eq!(condition(&after, "RolledBack"), Value::Null);
    assert_eq!(done(world, "flaps", "deployments/web"), 1);
    assert!(done(world, "flaps", "stacks/status/web") <= 4, "{:#?}", world.changes("flaps"));
}

#[test]
fn a_right_that_is_taken_away_and_given_back() {
    let Some(world) = World::shared() else { return };
    let text = "services: { web: { image: 'nginx:1.27' }, mail: { image: 'example/mail:1' } }\n";
    let (_operator, path) = world.with_stack("rights", "shop", text, &[]);
    let role = format!("/apis/rbac.authorization.k8s.io/v1/namespaces/rights/roles/{ACCOUNT}");
    let rules = world.get(&role)["rules"].clone();
    let without: Vec<Value> = rules.as_array().expect("rules").iter().filter(|rule| rule["apiGroups"][0] != "apps").cloned().collect();
    world.patch(&role, &json!({ "rules": without }));
    std::thread::sleep(Duration::from_millis(500));
    world.patch(&path, &json!({ "spec": { "compose": "services: { web: { image: 'nginx:1.28', ports: ['8080:80'] } }\n" } }));
    let refused = world.wait_for(&path, "Refused");
    assert!(message(&refused).contains("cannot patch resource \"deployments\""), "{}", message(&refused));
    // The rest goes on, nothing is removed, and nobody else does it.
    assert!(world.exists("/api/v1/namespaces/rights/services/web"));
    assert!(world.exists(&deployment("rights", "mail")));
    assert_eq!(image(&world.get(&deployment("rights", "web"))), "nginx:1.27");
    world.patch(&role, &json!({ "rules": rules }));
    world.wait_for(&path, "Ready");
    world.wait("mail is gone", || !world.exists(&deployment("rights", "mail")));
    assert_eq!(image(&world.get(&deployment("rights", "web"))), "nginx:1.28");
}

#[test]
fn who_may_only_write_stacks_gains_no_power_over_the_host() {
    let Some(world) = World::shared() else { return };
    world.namespace("deputy");
    let _operator = Operator::start(world, "deputy", &[]);
    let powers = [
        ("privileged", "privileged: true"),
        ("network", "network_mode: host"),
        ("processes", "pid: host"),
        ("ipc", "ipc: host"),
        ("capability", "cap_add: [SYS_ADMIN]"),
        ("seccomp", "security_opt: ['seccomp:unconfined']"),
        ("apparmor", "security_opt: ['apparmor:unconfined']"),
    ];
    let write = |name: &str, text: String| {
        let mut object = stack(name, &text);
        object["spec"]["audit"] = json!({});
        world.create(&stacks("deputy"), &object);
    };
    for (name, power) in powers {
        write(name, format!("services: {{ {name}: {{ image: 'nginx:1.27', {power} }} }}\n"));
    }
    // What is left out of the objects is no power: the socket and the files of the host.
    write(
        "socket",
        "services: { socket: { image: 'nginx:1.27', volumes: ['/var/run/docker.sock:/var/run/docker.sock', '/etc:/host'] } }\n".to_owned(),
    );
    // Marks of the operator, on what is not the Stack's.
    let labels = "labels: { windlass.dev/stack-uid: other, windlass.dev/stack: other, app.kubernetes.io/managed-by: other }";
    write("marks", format!("services: {{ marks: {{ image: 'nginx:1.27', {labels}, deploy: {{ {labels} }} }} }}\n"));
    // Another's Secret, in another namespace.
    write("secret", "services: { secret: { image: 'nginx:1.27', env_file: [../../kube-system/token] } }\n".to_owned());

    for (name, _) in powers {
        world.wait_for(&format!("{}/{name}", stacks("deputy")), "AuditRefused");
        assert!(!world.exists(&deployment("deputy", name)), "{name}");
    }
    world.wait_for(&format!("{}/secret", stacks("deputy")), "Invalid");
    for name in ["socket", "marks"] {
        let path = format!("{}/{name}", stacks("deputy"));
        let reason = || condition(&world.get(&path), "Ready")["reason"].as_str().unwrap_or_default().to_owned();
        world.wait_or(name, || ["Ready", "AuditRefused"].contains(&reason().as_str()), || format!("{:#}", world.get(&path)["status"]));
        if !world.exists(&deployment("deputy", name)) {
            continue;
        }
        let applied = world.get(&deployment("deputy", name));
        assert!(!applied["spec"]["template"]["spec"].to_string().contains("hostPath"), "{applied:#}");
        assert_eq!(applied["metadata"]["labels"]["windlass.dev/stack"], name);
        assert_eq!(applied["metadata"]["labels"]["windlass.dev/stack-uid"], world.get(&path)["metadata"]["uid"]);
    }
    // Nothing was written but as the account, in the Stack's own namespace.
    let account = format!("system:serviceaccount:deputy:{ACCOUNT}");
    for request in world.requests("deputy") {
        let resource = request["objectRef"]["resource"].as_str().unwrap_or_default();
        if request["user"]["username"] != super::harness::USER || request["verb"] != "patch" || resource != "deployments" {
            continue;
        }
        assert_eq!(request["impersonatedUser"]["username"], account.as_str());
    }
}

#[test]
fn an_object_that_only_claims_to_be_a_stacks_is_left_alone() {
    let Some(world) = World::shared() else { return };
    let (operator, path) = world.with_stack("spoof", "web", WEB, &["--resync-interval", "2", "--no-policies"]);
    let ready = world.get(&path);
    let owner = json!([{ "apiVersion": "windlass.dev/v1alpha1", "kind": "Stack", "name": "web", "uid": ready["metadata"]["uid"], "controller": true }]);
    let maps = "/api/v1/namespaces/spoof/configmaps";
    let map = |name: &str, metadata: Value| {
        let mut object = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": { "a": "b" } });
        object["metadata"]["name"] = name.into();
        object
    };
    // Owned on paper; and marked with a label that is not this Stack's.
    world.create(maps, &map("owned", json!({ "ownerReferences": owner })));
    world.create(maps, &map("marked", json!({ "labels": { "windlass.dev/stack": "web", "windlass.dev/stack-uid": "other" } })));
    std::thread::sleep(Duration::from_secs(3));
    let looks = || operator.metric("windlass_reconciles_total{result=\"Done\"}").unwrap_or_default();
    let (before, changes) = (looks(), world.changes("spoof").len());
    std::thread::sleep(Duration::from_secs(6));
    assert!(looks() - before <= 5.0, "{} looks in six seconds", looks() - before);
    assert_eq!(world.changes("spoof").len(), changes);
    for name in ["owned", "marked"] {
        let found = world.get(&format!("{maps}/{name}"));
        assert_eq!((&found["data"]["a"], &found["metadata"]["deletionTimestamp"]), (&json!("b"), &Value::Null));
        assert!(!world.get(&path)["status"]["inventory"].to_string().contains(name));
    }
}

#[test]
fn a_stack_that_is_deleted_without_its_objects_leaves_them_as_they_are() {
    let Some(world) = World::shared() else { return };
    let (_operator, path) = world.with_stack("orphan", "shop", ORDERED, &[]);
    let before = ["web", "api"].map(|name| world.get(&deployment("orphan", name))["metadata"]["uid"].clone());
    let running = pods(world, "orphan", "web")[0]["metadata"]["uid"].clone();
    let answer = world.client.request("DELETE", &format!("{path}?propagationPolicy=Orphan"), None).expect("an answer");
    assert!(answer.is_ok(), "{}", answer.message());
    world.wait_or("the Stack is gone", || !world.exists(&path), || format!("{:#}", world.get(&path)));
    std::thread::sleep(Duration::from_secs(2));
    for (name, uid) in ["web", "api"].iter().zip(before) {
        let found = world.get(&deployment("orphan", name));
        assert_eq!((&found["metadata"]["uid"], &found["metadata"]["deletionTimestamp"]), (&uid, &Value::Null), "{name}");
        assert_eq!(found["metadata"]["ownerReferences"], Value::Null, "{name}");
    }
    assert_eq!(pods(world, "orphan", "web")[0]["metadata"]["uid"], running);
}

#[test]
fn a_stack_that_is_stopped_has_no_pods_and_starts_again_with_its_data() {
    let Some(world) = World::shared() else { return };
    world.namespace("stopped");
    let _operator = Operator::start(world, "stopped", &[]);
    let path = format!("{}/shop", stacks("stopped"));
    let text = "services:\n  web: { image: 'nginx:1.27', ports: ['8080:80'], volumes: ['data:/data'] }\n  agent: { image: 'example/agent:1', deploy: { mode: global } }\nvolumes: { data: {} }\n";
    world.create(&stacks("stopped"), &stack("shop", text));
    let claims = "/api/v1/namespaces/stopped/persistentvolumeclaims";
    world.wait("the claim is there", || world.get(claims)["items"].as_array().is_some_and(|items| items.len() == 1));
    let claim = world.get(claims)["items"][0]["metadata"]["uid"].clone();
    world.wait("the daemon is there", || world.exists("/apis/apps/v1/namespaces/stopped/daemonsets/agent"));
    world.patch(&path, &json!({ "spec": { "state": "Stopped" } }));
    world.wait_for(&path, "Ready");
    world.wait("no pod is left", || world.get("/api/v1/namespaces/stopped/pods")["items"] == json!([]));
    assert_eq!(world.get(claims)["items"][0]["metadata"]["uid"], claim);
    assert!(world.exists("/api/v1/namespaces/stopped/services/web"));
    world.patch(&path, &json!({ "spec": { "state": "Running" } }));
    world.wait("the pods are back", || !pods(world, "stopped", "web").is_empty() && !pods(world, "stopped", "agent").is_empty());
    assert_eq!(world.get(claims)["items"][0]["metadata"]["uid"], claim);
}

#[test]
fn a_claim_grows_and_one_that_would_shrink_stays_and_is_told() {
    let Some(world) = World::shared() else { return };
    world.namespace("claims");
    let _operator = Operator::start(world, "claims", &[]);
    let class = json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": { "name": "growing" },
        "provisioner": "example.com/none", "allowVolumeExpansion": true,
    });
    world.create("/apis/storage.k8s.io/v1/storageclasses", &class);
    let text = |size: &str| {
        format!(
            "services: {{ web: {{ image: 'nginx:1.27', volumes: ['data:/data'] }} }}\nvolumes: {{ data: {{ x-windlass: {{ storage_class: growing, size: {size} }} }} }}\n"
        )
    };
    let path = format!("{}/shop", stacks("claims"));
    world.create(&stacks("claims"), &stack("shop", &text("2Gi")));
    let claim = "/api/v1/namespaces/claims/persistentvolumeclaims/data";
    world.wait("the claim is there", || world.exists(claim));
    let volume = json!({
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": { "name": "growing" },
        "spec": {
            "capacity": { "storage": "2Gi" }, "hostPath": { "path": "/growing" }, "storageClassName": "growing",
            "accessModes": ["ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany"], "claimRef": { "namespace": "claims", "name": "data" },
        },
    });
    world.create("/api/v1/persistentvolumes", &volume);
    world.wait("it is bound", || world.get(claim)["status"]["phase"] == "Bound");
    let uid = world.get(claim)["metadata"]["uid"].clone();
    world.patch(&path, &json!({ "spec": { "compose": text("3Gi") } }));
    world.wait("it grows", || world.get(claim)["spec"]["resources"]["requests"]["storage"] == "3Gi");
    world.patch(&path, &json!({ "spec": { "compose": text("1Gi") } }));
    let told = world.wait_for(&path, "Immutable");
    assert_eq!(condition(&told, "Stalled")["status"], "True");
    assert!(message(&told).contains("PersistentVolumeClaim/data"), "{}", message(&told));
    let after = world.get(claim);
    assert_eq!((&after["metadata"]["uid"], &after["spec"]["resources"]["requests"]["storage"]), (&uid, &json!("3Gi")));
}

#[test]
fn why_a_service_is_not_ready_is_told_as_its_pods_say_it() {
    let Some(world) = World::shared() else { return };
    world.namespace("why");
    let _operator = Operator::start(world, "why", &[]);
    let path = format!("{}/shop", stacks("why"));
    let mut object = stack("shop", "services: { web: { image: 'example/never-ready:1' } }\n");
    object["spec"]["rollout"] = json!({ "progressDeadlineSeconds": 20 });
    world.create(&stacks("why"), &object);
    world.wait("its pod is there", || pods(world, "why", "web").len() == 1);
    let pod = pods(world, "why", "web").remove(0);
    let (name, container) = (pod["metadata"]["name"].as_str().expect("a name"), &pod["spec"]["containers"][0]["name"]);
    let waiting = json!({ "waiting": { "reason": "ImagePullBackOff", "message": "Back-off pulling image" } });
    let status = json!({ "containerStatuses": [{
        "name": container, "image": "a", "imageID": "", "ready": false, "restartCount": 0, "state": waiting,
    }] });
    world.patch(&format!("/api/v1/namespaces/why/pods/{name}/status"), &json!({ "status": status }));
    let told = || {
        let stack = world.get(&path);
        let service = &stack["status"]["services"][0];
        format!("{} {}", message(&stack), service["message"].as_str().unwrap_or_default())
    };
    world.wait_or("it is told", || told().matches("ImagePullBackOff: Back-off pulling image").count() == 2, told);
    let failed = world.wait_for(&path, "Failed");
    assert!(
        message(&failed).contains("no progress for 20 s: 0 of 1 pods are ready: container web: ImagePullBackOff"),
        "{}",
        message(&failed)
    );
}

#[test]
fn an_autoscaler_takes_the_pods_over_as_they_are_and_gives_them_back() {
    let Some(world) = World::shared() else { return };
    let text = |how: &str| format!("services: {{ web: {{ image: 'nginx:1.27', x-windlass: {{ {how} }} }} }}\n");
    let (operator, path) = world.with_stack("scale", "shop", &text("replicas: 3"), &[]);
    let replicas = || world.get(&deployment("scale", "web"))["spec"]["replicas"].as_i64().unwrap_or_default();
    assert_eq!(replicas(), 3);
    let scaler = "/apis/autoscaling/v2/namespaces/scale/horizontalpodautoscalers/web";
    world.patch(&path, &json!({ "spec": { "compose": text("autoscale: { min: 2, max: 6, cpu: 60 }") } }));
    let mut seen = std::collections::BTreeSet::new();
    world.wait("the autoscaler is there", || {
        seen.insert(replicas());
        world.exists(scaler)
    });
    for _ in 0..40 {
        seen.insert(replicas());
        std::thread::sleep(Duration::from_millis(25));
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [3], "the pods stay as they are");
    // What the autoscaler says is no drift.
    let scale = format!("{}/scale", deployment("scale", "web"));
    world.patch(&scale, &json!({ "spec": { "replicas": 5 } }));
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!((replicas(), operator.metric("windlass_drift_repairs_total")), (5, Some(0.0)));
    // Without it the text says again how many there are.
    world.patch(&path, &json!({ "spec": { "compose": text("replicas: 2") } }));
    world.wait("the number is that of the text", || replicas() == 2);
    world.wait_for(&path, "Ready");
    world.wait("the autoscaler is gone", || !world.exists(scaler));
}
