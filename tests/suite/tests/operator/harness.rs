//! A control plane with the definitions installed, the operator on it, and a namespace in which an account may be used.

use std::fs;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use windlass_testkit::{Client, Cluster, Component, Setup};

/// Holds the arguments of the process that is the operator.
pub(crate) const ARGUMENTS: &str = "WINDLASS_TEST_OPERATOR";

/// Who the operator is.
pub(crate) const USER: &str = "windlass-operator";
/// The account that Stacks of tests name.
pub(crate) const ACCOUNT: &str = "deployer";

/// How long anything may take; idle, all of it is a matter of seconds.
const PATIENCE: Duration = Duration::from_secs(120);

/// A control plane with an operator.
pub(crate) struct World {
    pub(crate) cluster: Cluster,
    pub(crate) client: Client,
}

impl World {
    /// `None` where the programs are absent.
    pub(crate) fn start() -> Option<Self> {
        let extra = [Component::ControllerManager, Component::Scheduler, Component::Kwok];
        let setup = Setup { extra: &extra, users: &[USER], audit: true };
        let cluster = Cluster::start_with(setup).expect("the control plane starts")?;
        let client = cluster.client().clone();
        let world = Self { cluster, client };
        for definition in windlass_crd::DEFINITIONS {
            let text = windlass_crd::yaml(&(definition.definition)());
            world.create_text("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &text);
        }
        world.wait("the definitions are served", || world.get("/apis/windlass.dev/v1alpha1/stackpolicies")["items"].is_array());
        world.cluster.create_namespace("windlass-system").expect("a namespace");
        world.rights();
        let capacity = json!({ "cpu": "64", "memory": "512Gi", "pods": "500" });
        let node = json!({
            "apiVersion": "v1", "kind": "Node", "metadata": { "name": "node-1", "labels": { "kubernetes.io/hostname": "node-1" } },
            "status": { "capacity": capacity, "allocatable": capacity },
        });
        world.create("/api/v1/nodes", &node);
        Some(world)
    }

    /// What the operator may do itself: everything else it does as an account of a Stack.
    fn rights(&self) {
        let rule =
            |group: &str, resources: &[&str], verbs: &[&str]| json!({ "apiGroups": [group], "resources": resources, "verbs": verbs });
        let watch = &["list", "watch"];
        let rules = json!([
            rule("windlass.dev", &["stacks"], &["get", "list", "watch", "patch"]),
            rule("windlass.dev", &["stacks/status"], &["patch"]),
            rule("windlass.dev", &["stackpolicies"], watch),
            rule("apps", &["controllerrevisions"], &["get", "create", "patch", "delete"]),
            rule("apps", &["deployments", "statefulsets", "daemonsets"], watch),
            rule("batch", &["jobs", "cronjobs"], watch),
            rule("", &["configmaps", "persistentvolumeclaims", "services", "serviceaccounts"], watch),
            rule("", &["serviceaccounts"], &["impersonate"]),
            rule("rbac.authorization.k8s.io", &["roles", "rolebindings"], watch),
            rule("networking.k8s.io", &["networkpolicies", "ingresses"], watch),
            rule("policy", &["poddisruptionbudgets"], watch),
            rule("autoscaling", &["horizontalpodautoscalers"], watch),
            rule("events.k8s.io", &["events"], &["create", "patch"]),
            rule("coordination.k8s.io", &["leases"], &["get", "create", "update"]),
        ]);
        let rbac = "/apis/rbac.authorization.k8s.io/v1";
        let role =
            json!({ "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": { "name": USER }, "rules": rules });
        self.create(&format!("{rbac}/clusterroles"), &role);
        let binding = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": { "name": USER },
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": USER },
            "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": USER }],
        });
        self.create(&format!("{rbac}/clusterrolebindings"), &binding);
    }

    /// A namespace with an account that Stacks may name and that may write what they become.
    pub(crate) fn namespace(&self, name: &str) {
        self.cluster.create_namespace(name).expect("a namespace");
        let account = json!({
            "apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": { "name": ACCOUNT, "annotations": { "windlass.dev/stacks": "allowed" } },
        });
        self.create(&format!("/api/v1/namespaces/{name}/serviceaccounts"), &account);
        let verbs = ["get", "create", "patch", "delete"];
        let rule = |group: &str, resources: &[&str]| json!({ "apiGroups": [group], "resources": resources, "verbs": verbs });
        let rules = json!([
            rule("", &["configmaps", "secrets", "services", "serviceaccounts", "persistentvolumeclaims"]),
            rule("apps", &["deployments", "statefulsets", "daemonsets"]),
            rule("batch", &["jobs", "cronjobs"]),
            rule("networking.k8s.io", &["networkpolicies", "ingresses"]),
            rule("policy", &["poddisruptionbudgets"]),
            rule("autoscaling", &["horizontalpodautoscalers"]),
            // Only for StatefulSets that go back: their controller waits for a broken pod for ever.
            json!({ "apiGroups": [""], "resources": ["pods"], "verbs": ["list", "delete"] }),
        ]);
        let rbac = format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{name}");
        let role = json!({ "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": { "name": ACCOUNT }, "rules": rules });
        self.create(&format!("{rbac}/roles"), &role);
        let binding = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": { "name": ACCOUNT },
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": ACCOUNT },
            "subjects": [{ "kind": "ServiceAccount", "name": ACCOUNT, "namespace": name }],
        });
        self.create(&format!("{rbac}/rolebindings"), &binding);
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        self.client.get(path).expect("an answer").body
    }

    pub(crate) fn exists(&self, path: &str) -> bool {
        self.client.get(path).expect("an answer").is_ok()
    }

    pub(crate) fn create(&self, collection: &str, object: &Value) {
        self.create_text(collection, &object.to_string());
    }

    fn create_text(&self, collection: &str, text: &str) {
        let response = self.client.create(collection, text).expect("an answer");
        assert!(response.is_ok(), "{collection}: {}", response.message());
    }

    /// Changes an object by a merge patch.
    pub(crate) fn patch(&self, path: &str, patch: &Value) {
        let response = self.client.request("PATCH", path, Some(("application/merge-patch+json", &patch.to_string()))).expect("an answer");
        assert!(response.is_ok(), "{path}: {}", response.message());
    }

    pub(crate) fn delete(&self, path: &str) {
        assert!(self.client.delete(path).expect("an answer").is_ok(), "{path}");
    }

    /// Waits until something holds.
    pub(crate) fn wait(&self, what: &str, holds: impl FnMut() -> bool) {
        self.wait_or(what, holds, String::new);
    }

    pub(crate) fn wait_or(&self, what: &str, mut holds: impl FnMut() -> bool, otherwise: impl Fn() -> String) {
        let start = Instant::now();
        while !holds() {
            assert!(start.elapsed() < PATIENCE, "{what}: not after {PATIENCE:?}\n{}", otherwise());
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Waits until the condition `Ready` of a Stack has a reason, for its current generation.
    pub(crate) fn wait_for(&self, stack: &str, reason: &str) -> Value {
        let current = || {
            let found = self.get(stack);
            let is_current = found["status"]["observedGeneration"] == found["metadata"]["generation"];
            (is_current && condition(&found, "Ready")["reason"] == reason).then_some(found)
        };
        self.wait_or(&format!("{stack} is {reason}"), || current().is_some(), || format!("{:#}", self.get(stack)["status"]));
        current().unwrap_or_else(|| self.get(stack))
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.cluster.audit_log()).expect("an audit log");
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}

/// A condition of an object.
pub(crate) fn condition(object: &Value, kind: &str) -> Value {
    let conditions = object["status"]["conditions"].as_array();
    conditions.into_iter().flatten().find(|condition| condition["type"] == kind).cloned().unwrap_or_default()
}

/// A Stack as an object.
pub(crate) fn stack(name: &str, compose: &str) -> Value {
    json!({
        "apiVersion": "windlass.dev/v1alpha1", "kind": "Stack", "metadata": { "name": name },
        "spec": { "compose": compose, "serviceAccountName": ACCOUNT, "audit": { "mode": "Warn" } },
    })
}

/// The path of Stacks.
pub(crate) fn stacks(namespace: &str) -> String {
    format!("/apis/windlass.dev/v1alpha1/namespaces/{namespace}/stacks")
}

/// The path of a Deployment.
pub(crate) fn deployment(namespace: &str, name: &str) -> String {
    format!("/apis/apps/v1/namespaces/{namespace}/deployments/{name}")
}

/// The image of the first container of a workload.
pub(crate) fn image(workload: &Value) -> &str {
    workload["spec"]["template"]["spec"]["containers"][0]["image"].as_str().unwrap_or_default()
}

/// The operator as a process.
pub(crate) struct Operator {
    child: Child,
    port: u16,
}

impl Operator {
    /// Starts it, and waits until its caches are filled.
    pub(crate) fn start(world: &World, arguments: &[&str]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
        let mut words = vec!["run".to_owned(), "--http-address".to_owned(), format!("127.0.0.1:{port}")];
        words.extend(arguments.iter().map(|word| (*word).to_owned()));
        let log = world.cluster.audit_log().with_file_name(format!("operator-{port}.log"));
        let child = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "the_process_of_the_operator", "--nocapture"])
            .env(ARGUMENTS, words.join(" "))
            .env("KUBECONFIG", world.cluster.kubeconfig_of(USER))
            // No variable of the operator may be seen by a Stack.
            .env("CANARY", "of the operator")
            .stdout(Stdio::null())
            .stderr(fs::File::create(log).expect("a log"))
            .spawn()
            .expect("the operator starts");
        let operator = Self { child, port };
        world.wait("the operator is ready", || operator.http("/readyz").is_some_and(|text| text == "ok"));
        operator
    }

    /// What it answers, when it says 200.
    pub(crate) fn http(&self, path: &str) -> Option<String> {
        use std::io::{Read as _, Write as _};
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.write_all(format!("GET {path} HTTP/1.0\r\nhost: x\r\n\r\n").as_bytes()).ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        let (head, body) = text.split_once("\r\n\r\n")?;
        head.lines().next()?.contains(" 200 ").then(|| body.to_owned())
    }

    /// A metric's value.
    pub(crate) fn metric(&self, name: &str) -> Option<f64> {
        let text = self.http("/metrics")?;
        text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
    }

    /// Ends it without any warning.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it is there");
        self.child.wait().expect("it ends");
    }

    /// SIGTERM; the exit code.
    pub(crate) fn stop(mut self) -> Option<i32> {
        kill(Pid::from_raw(i32::try_from(self.child.id()).expect("a process id")), Signal::SIGTERM).expect("it is there");
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
