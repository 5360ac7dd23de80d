//! The operator as the chart installs it: with the rights of the rendered roles and no others, the environment of the rendered Deployment, and
//! the rendered webhook, on a real control plane with controllers, scheduler and kwok.
#![expect(clippy::disallowed_methods, reason = "tests start processes and read the audit log")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use windlass_suite::rendered::{ByName, run};
use windlass_testkit::{Client, Cluster, Component, Setup, workspace};

/// Holds the arguments of the process that is the operator.
const ARGUMENTS: &str = "WINDLASS_TEST_OPERATOR";
/// Who the operator is in a cluster.
const USER: &str = "system:serviceaccount:windlass-system:windlass";
/// How long anything may take; idle, all of it is a matter of seconds.
const PATIENCE: Duration = Duration::from_secs(180);

const STACKS: &str = "/apis/windlass.dev/v1alpha1/namespaces/shop/stacks";
const WEBHOOK: &str = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/windlass-windlass-system";

/// The operator itself, when [`Operator`] starts this test in a process of its own; nothing otherwise.
#[test]
fn the_process_of_the_operator() {
    let Some(arguments) = std::env::var_os(ARGUMENTS) else { return };
    let arguments = arguments.to_string_lossy().into_owned();
    let words = std::iter::once("windlass-operator").chain(arguments.split(' '));
    let cli = <windlass_operator::args::Cli as clap::Parser>::parse_from(words);
    let code = windlass_operator::run(cli);
    std::process::exit(if code == std::process::ExitCode::SUCCESS { 0 } else { 1 });
}

/// A control plane in which the chart is installed, as far as there are no pods of the operator.
struct World {
    cluster: Cluster,
    client: Client,
    chart: ByName,
    /// Of the webhook.
    port: u16,
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

impl World {
    /// `None` where the programs are absent.
    fn start() -> Option<Self> {
        let chart = workspace().join("charts/windlass").display().to_string();
        let words = ["template", "windlass", &chart, "--namespace", "windlass-system", "--set", "watchNamespace=shop"];
        let chart = run(Component::Helm, &words).expect("helm renders")?;
        let extra = [Component::ControllerManager, Component::Scheduler, Component::Kwok];
        let cluster = Cluster::start_with(Setup { extra: &extra, users: &[USER], audit: true }).expect("the control plane starts")?;
        let client = cluster.client().clone();
        let world = Self { cluster, client, chart, port: free_port() };
        for definition in windlass_crd::DEFINITIONS {
            let text = windlass_crd::yaml(&(definition.definition)());
            world.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &text);
        }
        world.wait("the definitions are served", || world.get("/apis/windlass.dev/v1alpha1/stackpolicies")["items"].is_array());
        for namespace in ["windlass-system", "shop"] {
            world.cluster.create_namespace(namespace).expect("a namespace");
        }
        let capacity = json!({ "cpu": "64", "memory": "512Gi", "pods": "500" });
        let node = json!({
            "apiVersion": "v1", "kind": "Node", "metadata": { "name": "node-1", "labels": { "kubernetes.io/hostname": "node-1" } },
            "status": { "capacity": capacity, "allocatable": capacity },
        });
        world.create("/api/v1/nodes", &node.to_string());
        world.install();
        world.account();
        Some(world)
    }

    /// Creates what the chart renders beside its pods; the webhook is reached at this machine.
    fn install(&self) {
        for object in self.chart.values() {
            let mut object = object.clone();
            let (kind, api_version) = (object["kind"].as_str().expect("a kind"), object["apiVersion"].as_str().expect("a version"));
            if matches!(kind, "Deployment" | "Service" | "NetworkPolicy") {
                continue;
            }
            let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
            let collection = self.client.collection(api_version, kind, namespace).expect("an answer").expect("a known kind");
            if kind == "ValidatingWebhookConfiguration" {
                object["webhooks"][0]["clientConfig"] = json!({ "url": format!("https://localhost:{}/stacks", self.port) });
            }
            self.create(&collection, &object.to_string());
        }
    }

    /// The account that Stacks of tests name.
    fn account(&self) {
        let metadata = json!({ "name": "deployer", "annotations": { "windlass.dev/stacks": "allowed" } });
        let account = json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata });
        self.create("/api/v1/namespaces/shop/serviceaccounts", &account.to_string());
        let verbs = ["get", "create", "patch", "delete"];
        let rules = json!([
            { "apiGroups": [""], "resources": ["services", "configmaps", "secrets"], "verbs": verbs },
            { "apiGroups": ["apps"], "resources": ["deployments"], "verbs": verbs },
        ]);
        let rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/shop";
        let of = |kind: &str| json!({ "apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": { "name": "deployer" } });
        let mut role = of("Role");
        role["rules"] = rules;
        self.create(&format!("{rbac}/roles"), &role.to_string());
        let mut binding = of("RoleBinding");
        binding["roleRef"] = json!({ "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "deployer" });
        binding["subjects"] = json!([{ "kind": "ServiceAccount", "name": "deployer", "namespace": "shop" }]);
        self.create(&format!("{rbac}/rolebindings"), &binding.to_string());
    }

    fn get(&self, path: &str) -> Value {
        self.client.get(path).expect("an answer").body
    }

    fn exists(&self, path: &str) -> bool {
        self.client.get(path).expect("an answer").is_ok()
    }

    fn create(&self, collection: &str, text: &str) {
        let response = self.client.create(collection, text).expect("an answer");
        assert!(response.is_ok(), "{collection}: {}", response.message());
    }

    /// Creates or patches a Stack; the refusal, if there is one.
    fn write(&self, name: &str, compose: &str, image: &str) -> Option<String> {
        let spec = json!({
            "compose": compose, "serviceAccountName": "deployer", "variables": { "IMAGE": image }, "rollout": { "historyLimit": 1 },
        });
        let path = format!("{STACKS}/{name}");
        let response = if self.exists(&path) {
            self.client.request("PATCH", &path, Some(("application/merge-patch+json", &json!({ "spec": spec }).to_string())))
        } else {
            let object = json!({ "apiVersion": "windlass.dev/v1alpha1", "kind": "Stack", "metadata": { "name": name }, "spec": spec });
            self.client.create(STACKS, &object.to_string())
        };
        let response = response.expect("an answer");
        (!response.is_ok()).then(|| response.message())
    }

    /// Changes an object by a merge patch.
    fn patch(&self, path: &str, patch: &Value) {
        let response = self.client.request("PATCH", path, Some(("application/merge-patch+json", &patch.to_string()))).expect("an answer");
        assert!(response.is_ok(), "{path}: {}", response.message());
    }

    fn delete(&self, path: &str) {
        assert!(self.client.delete(path).expect("an answer").is_ok(), "{path}");
    }

    fn wait(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let start = Instant::now();
        while !holds() {
            assert!(start.elapsed() < PATIENCE, "{what}: not after {PATIENCE:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until a condition of a Stack is so, for its current generation.
    fn wait_for(&self, name: &str, kind: &str, status: &str) -> Value {
        let path = format!("{STACKS}/{name}");
        let mut last = Value::Null;
        self.wait(&format!("{name} is {kind}={status}"), || {
            let stack = self.get(&path);
            let is_current = stack["status"]["observedGeneration"] == stack["metadata"]["generation"];
            let conditions = stack["status"]["conditions"].as_array().into_iter().flatten();
            last = conditions.into_iter().find(|condition| condition["type"] == kind).cloned().unwrap_or_default();
            is_current && last["status"] == status
        });
        last
    }

    /// Starts the operator with the environment of the rendered Deployment.
    fn operator(&self) -> Operator {
        let operator = self.replica("replica-1", self.port);
        self.wait("the webhook has its authority", || self.get(WEBHOOK)["webhooks"][0]["clientConfig"]["caBundle"].is_string());
        operator
    }

    /// A replica of this name, whose webhook has this port.
    fn replica(&self, name: &str, webhook: u16) -> Operator {
        let deployment = &self.chart["Deployment windlass-system/windlass"]["spec"]["template"]["spec"]["containers"][0];
        let mut environment: BTreeMap<String, String> = BTreeMap::new();
        for variable in deployment["env"].as_array().expect("variables") {
            let key = variable["name"].as_str().expect("a name").to_owned();
            environment.insert(key, variable["value"].as_str().unwrap_or(name).to_owned());
        }
        environment.insert("WINDLASS_WEBHOOK_SERVICE".to_owned(), "localhost".to_owned());
        environment.insert("WINDLASS_WEBHOOK_ADDRESS".to_owned(), format!("127.0.0.1:{webhook}"));
        let port = free_port();
        environment.insert("WINDLASS_HTTP_ADDRESS".to_owned(), format!("127.0.0.1:{port}"));
        let words: Vec<&str> = deployment["args"].as_array().expect("arguments").iter().filter_map(Value::as_str).collect();
        // `KUBECONFIG` is a list with `:` between, which the name of the user has.
        let kubeconfig = self.cluster.kubeconfig().with_file_name(format!("kubeconfig-{name}"));
        fs::copy(self.cluster.kubeconfig_of(USER), &kubeconfig).expect("a kubeconfig");
        let log = fs::File::create(self.cluster.audit_log().with_file_name(format!("{name}.log"))).expect("a log");
        let child = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "the_process_of_the_operator", "--nocapture"])
            .envs(environment)
            .env(ARGUMENTS, words.join(" "))
            .env("KUBECONFIG", kubeconfig)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the operator starts");
        let mut operator = Operator { child, port };
        self.wait("the operator is ready", || {
            assert!(matches!(operator.child.try_wait(), Ok(None)), "the operator ended, see its log");
            operator.is_ready()
        });
        operator
    }

    /// The requests of the operator so far, for itself and as an account.
    fn requests(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.cluster.audit_log()).expect("an audit log");
        let all = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        all.filter(|request| request["user"]["username"] == USER).collect()
    }
}

/// The operator as a process.
struct Operator {
    child: Child,
    port: u16,
}

impl Operator {
    /// What it answers, with the head; nothing while it does not.
    fn http(&self, path: &str) -> String {
        use std::io::{Read as _, Write as _};
        let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", self.port)) else { return String::new() };
        let mut text = String::new();
        let asked = stream.write_all(format!("GET {path} HTTP/1.0\r\nhost: x\r\n\r\n").as_bytes());
        if asked.is_ok() && stream.read_to_string(&mut text).is_ok() { text } else { String::new() }
    }

    fn is_ready(&self) -> bool {
        self.http("/readyz").contains(" 200 ")
    }

    fn metric(&self, name: &str) -> Option<f64> {
        self.http("/metrics").lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

const WEB: &str = "services:\n  web:\n    image: ${IMAGE}\n    expose: [80]\n";
const PRIVILEGED: &str = "services:\n  web:\n    image: ${IMAGE}\n    privileged: true\n";
const DEPLOYMENT: &str = "/apis/apps/v1/namespaces/shop/deployments/web";

#[test]
fn what_the_caches_the_webhook_and_its_certificate_do_is_measured() {
    let Some(world) = World::start() else { return };
    let operator = world.operator();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").as_secs_f64();
    let days = operator.metric("windlass_webhook_certificate_expires_seconds").map(|ends| (ends - now) / 86_400.0);
    assert!(days.is_some_and(|days| days > 6.0 && days < 7.1), "{days:?}");
    assert_eq!(operator.metric("windlass_objects"), Some(0.0));
    assert_eq!(world.write("shop", WEB, "nginx:1.27"), None);
    assert!(operator.metric("windlass_webhook_reviews_total") >= Some(1.0));
    world.wait("it leads", || operator.metric("windlass_leader") == Some(1.0));
    world.wait("its objects are counted", || operator.metric("windlass_objects") == Some(2.0));
}

#[test]
fn a_power_is_refused_when_it_is_written_and_without_the_webhook_before_it_is_applied() {
    let Some(world) = World::start() else { return };
    let operator = world.operator();
    let refusal = world.write("shop", PRIVILEGED, "nginx:1.27").expect("P1 is refused");
    assert!(refusal.contains("CO017 compose.yaml:4: `web` runs privileged"), "{refusal}");
    assert!(!world.exists(&format!("{STACKS}/shop")));
    let refusal = world.write("shop", "services: { web: { imagee: nginx } }\n", "").expect("what Compose refuses is refused");
    assert!(refusal.contains("compose.yaml:1:"), "{refusal}");

    assert_eq!(world.write("shop", WEB, "nginx:1.27"), None);
    world.wait_for("shop", "Ready", "True");
    assert!(world.write("shop", PRIVILEGED, "nginx:1.28").is_some());
    // Neither suspension nor deletion needs the webhook, nor an operator.
    drop(operator);
    for suspend in [true, false] {
        world.patch(&format!("{STACKS}/shop"), &json!({ "spec": { "suspend": suspend } }));
    }
    let unanswered = world.write("other", WEB, "nginx:1.27").expect("nobody answers");
    assert!(unanswered.contains("failed calling webhook"), "{unanswered}");

    // Without the webhook the gate says the same, and what runs goes on.
    world.delete(WEBHOOK);
    world.wait("the webhook is forgotten", || world.write("shop", PRIVILEGED, "nginx:1.28").is_none());
    world.create(
        WEBHOOK.rsplit_once('/').expect("a collection").0,
        &json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
            "metadata": { "name": "windlass-windlass-system" },
            "webhooks": [{
                "name": "stacks.windlass.dev", "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Ignore",
                "clientConfig": { "url": "https://localhost:1/stacks" },
                "rules": [{ "apiGroups": ["windlass.dev"], "apiVersions": ["v1alpha1"], "operations": ["CREATE"], "resources": ["stacks"] }],
            }],
        })
        .to_string(),
    );
    let _operator = world.operator();
    let refused = world.wait_for("shop", "Audited", "False");
    assert!(refused["message"].as_str().is_some_and(|message| message.contains("CO017 compose.yaml:4")), "{refused}");
    let running = world.get(DEPLOYMENT);
    assert_eq!(running["spec"]["template"]["spec"]["containers"][0]["image"], "nginx:1.27");
    assert_eq!(world.write("shop", WEB, "nginx:1.28"), None);
    world.wait("the repaired text is rolled out", || {
        world.get(DEPLOYMENT)["spec"]["template"]["spec"]["containers"][0]["image"] == "nginx:1.28"
    });
}

#[test]
fn a_replica_that_does_not_lead_answers_the_webhook_too() {
    let Some(world) = World::start() else { return };
    let leader = world.operator();
    let port = free_port();
    let standby = world.replica("replica-2", port);
    let mut webhooks = world.get(WEBHOOK)["webhooks"].clone();
    webhooks[0]["clientConfig"]["url"] = format!("https://localhost:{port}/stacks").into();
    world.patch(WEBHOOK, &json!({ "webhooks": webhooks }));
    // Nobody else answers, and it will not lead before the Lease is over.
    drop(leader);
    let refusal = || world.write("shop", PRIVILEGED, "nginx:1.27").unwrap_or_default();
    world.wait("it answers", || refusal().contains("CO017 compose.yaml:4"));
    let lease = world.get("/apis/coordination.k8s.io/v1/namespaces/windlass-system/leases/windlass");
    assert_eq!(lease["spec"]["holderIdentity"], "replica-1", "{lease:#}");
    assert_eq!(world.write("shop", WEB, "nginx:1.27"), None);
    assert!(!world.exists(DEPLOYMENT), "it answers and writes nothing");
    // In its time it leads.
    world.wait_for("shop", "Ready", "True");
    drop(standby);
}

/// A group, a resource with its subresource, and a verb.
type Right = (String, String, String);

#[test]
fn the_operator_needs_every_rule_of_its_roles_and_no_other() {
    let Some(world) = World::start() else { return };
    drop(world.operator());
    // An authority that can't be read is made anew by the next replica.
    world.patch("/api/v1/namespaces/windlass-system/secrets/windlass-webhook-ca", &json!({ "data": { "ca.key": "bm8=" } }));
    let operator = world.operator();
    // Two services in order: they are stopped in order too, which takes a finalizer.
    let ordered = format!("{WEB}    depends_on: [api]\n  api: {{ image: nginx:1.27, expose: [80] }}\n");
    for image in ["nginx:1.25", "nginx:1.26", "nginx:1.27", "nginx:1.28"] {
        assert_eq!(world.write("shop", &ordered, image), None);
        world.wait("the image is rolled out", || world.get(DEPLOYMENT)["spec"]["template"]["spec"]["containers"][0]["image"] == image);
        world.wait_for("shop", "Ready", "True");
    }
    world.delete(&format!("{STACKS}/shop"));
    world.wait("the Stack is gone", || !world.exists(&format!("{STACKS}/shop")));
    // A watch is written down when it ends.
    drop(operator);
    std::thread::sleep(Duration::from_secs(2));

    let requests = world.requests();
    let forbidden: Vec<_> =
        requests.iter().filter(|request| request["responseStatus"]["code"] == 403).map(|request| &request["requestURI"]).collect();
    assert!(forbidden.is_empty(), "{forbidden:?}");
    let mut used: BTreeSet<Right> = BTreeSet::new();
    for request in &requests {
        let (target, text) = (&request["objectRef"], |value: &Value| value.as_str().unwrap_or_default().to_owned());
        if !request["impersonatedUser"].is_null() {
            used.insert((String::new(), "serviceaccounts".to_owned(), "impersonate".to_owned()));
            continue;
        }
        let resource = match target["subresource"].as_str() {
            Some(subresource) => format!("{}/{subresource}", text(&target["resource"])),
            None => text(&target["resource"]),
        };
        let right = |verb: String| (text(&target["apiGroup"]), resource.clone(), verb);
        // Applying what is not there asks for both.
        if request["verb"] == "patch" && request["responseStatus"]["code"] == 201 {
            used.insert(right("create".to_owned()));
        }
        used.insert(right(text(&request["verb"])));
    }
    let mut idle = Vec::new();
    for (name, role) in
        world.chart.iter().filter(|(name, _)| name.contains("Role ") && !name.ends_with("-view") && !name.ends_with("-edit"))
    {
        for rule in role["rules"].as_array().into_iter().flatten() {
            let words =
                |field: &str| rule[field].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>();
            for (resource, verb) in
                words("resources").iter().flat_map(|resource| words("verbs").into_iter().map(move |verb| (resource, verb)))
            {
                let right = (words("apiGroups").join(""), resource.clone(), verb);
                // Events are counted up when they repeat, which these do not.
                if !used.contains(&right) && right != ("events.k8s.io".to_owned(), "events".to_owned(), "patch".to_owned()) {
                    idle.push(format!("{name}: {} {} {}", right.0, right.1, right.2));
                }
            }
        }
    }
    assert!(idle.is_empty(), "{idle:#?}");
    println!("result: {} requests, none forbidden, {} rights used", requests.len(), used.len());
}

/// Runs the commands of `docs/operator.md`, "Tutorial", in their order, but for those that make the cluster as it is already.
#[test]
fn the_tutorial_does_what_it_says() {
    let Some(kubectl) = Component::Kubectl.find().expect("the versions are known") else {
        println!("skipped: there is no kubectl");
        return;
    };
    let Some(world) = World::start() else { return };
    let _operator = world.operator();
    let text = fs::read_to_string(workspace().join("docs/operator.md")).expect("the document");
    let tutorial = text.split("\n## ").find(|section| section.starts_with("Tutorial")).expect("a tutorial");
    let blocks: Vec<(&str, &str)> = tutorial.split("```").skip(1).step_by(2).filter_map(|block| block.split_once('\n')).collect();
    let place = tempfile::tempdir().expect("a temporary directory");
    let tools = kubectl.parent().expect("a directory").display().to_string();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut ran = 0;
    for (language, block) in blocks {
        if language == "yaml" {
            fs::write(place.path().join("shop.yaml"), block).expect("writable");
            continue;
        }
        for command in block.lines().filter_map(|line| line.strip_prefix("$ ")) {
            if command.starts_with("helm") || command.starts_with("kubectl create namespace") {
                continue;
            }
            let output = Command::new("sh")
                .args(["-c", command])
                .current_dir(&place)
                .env("PATH", format!("{tools}:{path}"))
                .env("KUBECONFIG", world.cluster.kubeconfig())
                .output()
                .expect("a shell");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let is_refused = command.contains("privileged");
            assert_eq!(output.status.success(), !is_refused, "{command}: {said}");
            assert!(!is_refused || said.contains("CO017 compose.yaml:4"), "{command}: {said}");
            ran += 1;
        }
    }
    println!("result: {ran} commands");
    assert!(ran >= 8, "{ran}");
    assert!(!world.exists(DEPLOYMENT));
}
