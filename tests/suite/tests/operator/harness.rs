//! A control plane with the definitions and the chart's roles, operators with exactly these rights, and namespaces in which an account may
//! be used.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use windlass_suite::rendered::{ByName, run};
use windlass_testkit::{Client, Cluster, Component, Setup, workspace};

use super::proxy::Proxy;

/// Holds the arguments of the process that is the operator.
pub(crate) const ARGUMENTS: &str = "WINDLASS_TEST_OPERATOR";

/// Who the operator is.
pub(crate) const USER: &str = "system:serviceaccount:windlass-system:windlass";
/// The account that Stacks of tests name.
pub(crate) const ACCOUNT: &str = "deployer";

/// How long anything may take; idle, all of it is a matter of seconds.
const PATIENCE: Duration = Duration::from_secs(120);
/// The namespace that the chart is rendered for, which stands for that of each test.
const WATCHED: &str = "watched-namespace";
const RBAC: &str = "rbac.authorization.k8s.io/v1";

/// A control plane with what the chart renders of rights.
pub(crate) struct World {
    pub(crate) cluster: Cluster,
    pub(crate) client: Client,
    chart: ByName,
}

impl World {
    /// The one that tests share, each with a namespace and an operator of its own. `None` where the programs are absent.
    pub(crate) fn shared() -> Option<&'static Self> {
        static WORLD: OnceLock<Option<World>> = OnceLock::new();
        WORLD.get_or_init(|| Self::start("namespace")).as_ref()
    }

    /// One of its own, for what concerns the whole cluster; `scope` as in the chart.
    pub(crate) fn start(scope: &str) -> Option<Self> {
        let chart = workspace().join("charts/windlass").display().to_string();
        let (scope, watched) = (format!("scope={scope}"), format!("watchNamespace={WATCHED}"));
        let words = ["template", "windlass", &chart, "--namespace", "windlass-system", "--set", &scope, "--set", &watched];
        let chart = run(Component::Helm, &words).expect("helm renders")?;
        let extra = [Component::ControllerManager, Component::Scheduler, Component::Kwok];
        let setup = Setup { extra: &extra, users: &[USER], audit: true };
        let cluster = Cluster::start_with(setup).expect("the control plane starts")?;
        let client = cluster.client().clone();
        let world = Self { cluster, client, chart };
        for definition in windlass_crd::DEFINITIONS {
            let text = windlass_crd::yaml(&(definition.definition)());
            world.create_text("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &text);
        }
        world.wait("the definitions are served", || world.get("/apis/windlass.dev/v1alpha1/stackpolicies")["items"].is_array());
        world.cluster.create_namespace("windlass-system").expect("a namespace");
        world.rights(|object| object["metadata"]["namespace"] != WATCHED, None);
        let capacity = json!({ "cpu": "640", "memory": "5120Gi", "pods": "5000" });
        let node = json!({
            "apiVersion": "v1", "kind": "Node", "metadata": { "name": "node-1", "labels": { "kubernetes.io/hostname": "node-1" } },
            "status": { "capacity": capacity, "allocatable": capacity },
        });
        world.create("/api/v1/nodes", &node);
        Some(world)
    }

    /// Creates the roles of the chart that are meant, as they are or in another namespace.
    fn rights(&self, is_meant: impl Fn(&Value) -> bool, namespace: Option<&str>) {
        let is_right = |object: &&Value| object["apiVersion"] == RBAC;
        for object in self.chart.values().filter(is_right).filter(|object| is_meant(object)) {
            let mut object = object.clone();
            if let Some(namespace) = namespace {
                object["metadata"]["namespace"] = namespace.into();
            }
            let kind = object["kind"].as_str().expect("a kind").to_owned();
            let of = object["metadata"]["namespace"].as_str().unwrap_or_default().to_owned();
            let collection = self.client.collection(RBAC, &kind, &of).expect("an answer").expect("a known kind");
            self.create(&collection, &object);
        }
    }

    /// A namespace with an operator's rights in it, and an account that Stacks may name and that may write what they become.
    pub(crate) fn namespace(&self, name: &str) {
        self.cluster.create_namespace(name).expect("a namespace");
        self.rights(|object| object["metadata"]["namespace"] == WATCHED, Some(name));
        // Each test elects a leader of its own.
        self.rights(|object| object["metadata"]["namespace"] == "windlass-system", Some(name));
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
            rule("gateway.networking.k8s.io", &["httproutes"]),
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

    /// A namespace with an operator, and a Stack in it that has become ready: the operator, and the Stack's path.
    pub(crate) fn with_stack(&self, namespace: &str, name: &str, compose: &str, arguments: &[&str]) -> (Operator, String) {
        self.namespace(namespace);
        let operator = Operator::start(self, namespace, arguments);
        let path = format!("{}/{name}", stacks(namespace));
        self.create(&stacks(namespace), &stack(name, compose));
        self.wait_for(&path, "Ready");
        (operator, path)
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
        self.wait_or(&format!("{stack} is {reason}"), || current().is_some(), || self.account_of(stack));
        current().unwrap_or_else(|| self.get(stack))
    }

    /// What a Stack says of itself, and the last words of operators about its namespace.
    fn account_of(&self, stack: &str) -> String {
        let mut status = self.get(stack)["status"].take();
        if let Some(status) = status.as_object_mut() {
            status.remove("audit");
            status.remove("inventory");
        }
        let namespace = stack.split('/').skip_while(|segment| *segment != "namespaces").nth(1).unwrap_or_default();
        let mut told = Vec::new();
        for file in fs::read_dir(self.cluster.audit_log().parent().expect("a directory")).expect("it is there").flatten() {
            if file.file_name().to_string_lossy().starts_with("operator-") {
                let log = fs::read_to_string(file.path()).unwrap_or_default();
                let is_of = log.contains(&format!("\"namespace\":\"{namespace}\""));
                told.extend(log.lines().filter(|_| is_of).map(str::to_owned));
            }
        }
        let last = told.len().saturating_sub(40);
        format!("{status}\n{}", told[last..].join("\n"))
    }

    /// The requests in a namespace so far, in the order in which they were answered.
    pub(crate) fn requests(&self, namespace: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.cluster.audit_log()).expect("an audit log");
        let place = format!("/namespaces/{namespace}/");
        let all = text.lines().filter(|line| line.contains(&place)).filter_map(|line| serde_json::from_str(line).ok());
        all.filter(|request: &Value| request["objectRef"]["namespace"] == namespace).collect()
    }

    /// Those of them that the operator made to change Stacks, their history and their objects: method, object, and the answer's code.
    pub(crate) fn changes(&self, namespace: &str) -> Vec<(String, String, u64)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let is_change = |request: &Value| {
            let (verb, resource) = (text(&request["verb"]), text(&request["objectRef"]["resource"]));
            request["user"]["username"] == USER
                && ["create", "update", "patch", "delete"].contains(&verb.as_str())
                && !["events", "leases"].contains(&resource.as_str())
        };
        let requests = self.requests(namespace).into_iter().filter(is_change);
        requests
            .map(|request| {
                let object = &request["objectRef"];
                let subresource = object["subresource"].as_str().map(|name| format!("/{name}")).unwrap_or_default();
                let name = format!("{}{subresource}/{}", text(&object["resource"]), text(&object["name"]));
                (text(&request["verb"]), name, request["responseStatus"]["code"].as_u64().unwrap_or_default())
            })
            .collect()
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
    /// What it logs.
    pub(crate) log: PathBuf,
}

impl Operator {
    /// Starts it for a namespace, and waits until its caches are filled.
    pub(crate) fn start(world: &World, namespace: &str, arguments: &[&str]) -> Self {
        let watch = ["--watch-namespace", namespace, "--lease-namespace", namespace, "--lease-name", "windlass"];
        let operator = Self::launch(world, None, &[&watch, arguments].concat());
        world.wait("the operator is ready", || operator.is_ready());
        operator
    }

    /// The same behind a proxy, which may end it.
    pub(crate) fn behind(world: &World, proxy: &Proxy, namespace: &str, arguments: &[&str]) -> Self {
        let operator = Self::blind(world, proxy, namespace, arguments);
        world.wait("the operator is ready", || operator.is_ready() || proxy.has_killed());
        operator
    }

    /// The same without waiting for anything.
    pub(crate) fn blind(world: &World, proxy: &Proxy, namespace: &str, arguments: &[&str]) -> Self {
        let watch = ["--watch-namespace", namespace, "--lease-namespace", namespace, "--lease-name", "windlass"];
        let operator = Self::launch(world, Some(proxy), &[&watch, arguments].concat());
        proxy.victim(operator.child.id());
        operator
    }

    /// Starts it for all namespaces, and waits until its caches are filled.
    pub(crate) fn everywhere(world: &World, arguments: &[&str]) -> Self {
        let operator = Self::launch(world, None, &[&["--lease-name", "windlass"], arguments].concat());
        world.wait("the operator is ready", || operator.is_ready());
        operator
    }

    fn launch(world: &World, proxy: Option<&Proxy>, arguments: &[&str]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
        let mut words = vec!["run".to_owned(), "--http-address".to_owned(), format!("127.0.0.1:{port}")];
        words.extend(arguments.iter().map(|word| (*word).to_owned()));
        let file = |name: &str| world.cluster.audit_log().with_file_name(format!("operator-{port}.{name}"));
        // `KUBECONFIG` is a list with `:` between, which the name of the user has.
        let (kubeconfig, log) = (file("kubeconfig"), file("log"));
        let text = fs::read_to_string(world.cluster.kubeconfig_of(USER)).expect("a kubeconfig");
        let mut config: Value = serde_json::from_str(&text).expect("JSON");
        if let Some(proxy) = proxy {
            config["clusters"][0]["cluster"] = json!({ "server": proxy.url() });
        }
        fs::write(&kubeconfig, config.to_string()).expect("a kubeconfig");
        let this = std::env::current_exe().expect("this test");
        // It ends with the thread of its test, also when that is killed.
        let mut command = match windlass_testkit::setpriv() {
            Some(setpriv) => {
                let mut command = Command::new(setpriv);
                command.args(["--pdeathsig", "KILL", "--"]).arg(this);
                command
            }
            None => Command::new(this),
        };
        let child = command
            .args(["--exact", "the_process_of_the_operator", "--nocapture"])
            .env(ARGUMENTS, words.join(" "))
            .env("KUBECONFIG", kubeconfig)
            // No variable of the operator may be seen by a Stack.
            .env("CANARY", "of the operator")
            .stdout(Stdio::null())
            .stderr(fs::File::create(&log).expect("a log"))
            .spawn()
            .expect("the operator starts");
        Self { child, port, log }
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.http("/readyz").is_some_and(|text| text == "ok")
    }

    /// What it answers, when it says 200.
    pub(crate) fn http(&self, path: &str) -> Option<String> {
        use std::io::{Read as _, Write as _};
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
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

    /// The most memory that it had, in bytes.
    pub(crate) fn peak_memory(&self) -> f64 {
        let text = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it is there");
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a line");
        line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number") * 1024.0
    }

    /// The exit code, when it has ended.
    pub(crate) fn ended(&mut self) -> Option<i32> {
        let status = self.child.try_wait().expect("it is ours")?;
        Some(status.code().unwrap_or(-1))
    }

    /// Ends it without any warning.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it is there");
        self.child.wait().expect("it ends");
    }

    /// SIGTERM; the exit code.
    pub(crate) fn stop(mut self) -> Option<i32> {
        self.signal(Signal::SIGTERM);
        self.child.wait().expect("it ends").code()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).expect("a process id")), signal).expect("it is there");
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
