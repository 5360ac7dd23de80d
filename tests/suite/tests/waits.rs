//! What pods wait with, run as real processes: each ends once what it waits for is there, and not before.
//!
//! The commands are those of converted projects, word by word, run by the programs that their images hold: BusyBox and kubectl,
//! which `cargo xtask control-plane` builds.
#![expect(clippy::disallowed_methods, reason = "a test that starts processes")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::Container;
use serde_json::{Value, json};
use windlass_convert::Conversion;
use windlass_k8s::Kind;
use windlass_source::MemoryFileSystem;
use windlass_suite::conversion::Project;
use windlass_suite::invariants::written;
use windlass_suite::sandbox::{self, quoted};
use windlass_testkit::{Cluster, Component, busybox};

fn convert(text: &str) -> Conversion {
    let mut files = MemoryFileSystem::new();
    files.insert("/srv/shop/compose.yaml", text, 0o644);
    let project = Project { directory: "/srv/shop".into(), ..Project::default() };
    let loaded = project.load(&files);
    assert!(loaded.is_ok(), "{:?}", loaded.diagnostics);
    project.convert_loaded(&loaded, &files)
}

/// The first init container of a workload.
fn wait_of(conversion: &Conversion, workload: &str) -> Container {
    let object = conversion.objects.iter().find(|object| object.kind().is_workload() && object.name() == workload).expect("it runs");
    object.resource.init_containers().first().expect("it waits").clone()
}

/// Runs the command of a wait as its user where nothing is there at first; `then` makes it come. Gives what the script printed.
fn run(name: &str, busybox: &Path, wait: &Container, hosts: &str, then: &str) -> String {
    let directory = sandbox::directory(name);
    let user = wait.security_context.as_ref().and_then(|context| context.run_as_user).expect("a wait has a user");
    fs::write(directory.join("hosts"), hosts).expect("writable");
    let mut script = format!("cd {}\nip link set lo up\nmount --bind hosts /etc/hosts\nmkdir bin\n", quoted(&directory.to_string_lossy()));
    // What a pod has: only the image's own programs.
    let _ = writeln!(
        script,
        "cp {} bin/busybox && for program in sh nc grep sleep; do ln -s busybox bin/$program; done",
        quoted(&busybox.to_string_lossy())
    );
    let _ = writeln!(script, "as=; [ \"$(id -u)\" = 0 ] && as='setpriv --reuid {user} --regid {user} --clear-groups --no-new-privs'");
    let words = wait.command.iter().flatten().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
    let _ = writeln!(script, "$as env PATH=$PWD/bin {words} >log 2>&1 &\nwait=$!\nsleep 5");
    script.push_str("if kill -0 $wait 2>/dev/null; then echo waits; else echo ended too soon; fi\n");
    script.push_str(then);
    script.push_str(
        "\nfor try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do\n  kill -0 $wait 2>/dev/null || break\n  sleep 1\ndone\n",
    );
    script.push_str("if kill -0 $wait 2>/dev/null; then echo still waits; else wait $wait; echo ended with $?; fi\ncat log\n");
    let path = directory.join("script");
    fs::write(&path, script).expect("writable");
    let output = sandbox::command(&path).output().expect("setpriv runs");
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

const HEALTHY: &str = "services:\n  app: { image: acme/app:1, expose: ['80'], depends_on: { db: { condition: service_healthy } } }\n";

#[test]
fn a_wait_for_a_service_ends_once_its_port_answers() {
    let Some(busybox) = busybox() else { return };
    if let Some(reason) = sandbox::missing(&["mount", "setpriv"]) {
        return println!("skipped: {reason}");
    }
    let wait = wait_of(&convert(&format!("{HEALTHY}  db: {{ image: 'postgres:17' }}\n")), "app");
    let listen = "./bin/nc -l -p 5432 >/dev/null 2>&1 &";
    let late = run("opens-late", &busybox, &wait, "127.0.0.1 db\n", listen);
    assert!(late.starts_with("waits\nended with 0\nwaiting for db:5432\n"), "{late}");
    let never = run("opens-never", &busybox, &wait, "127.0.0.1 db\n", "");
    assert!(never.starts_with("waits\nstill waits\n"), "{never}");
    // Another port is not the one that is waited for, and a name that does not resolve yet is no reason to give up.
    let other = run(
        "opens-with-its-name",
        &busybox,
        &wait,
        "",
        "./bin/nc -l -p 5433 & sleep 4; echo 127.0.0.1 db >>hosts; sleep 4; ./bin/nc -l -p 5432 &",
    );
    assert!(other.starts_with("waits\nended with 0\n"), "{other}");
}

#[test]
fn a_job_waits_for_what_must_have_started_until_its_port_answers_but_not_for_ever() {
    let Some(busybox) = busybox() else { return };
    if let Some(reason) = sandbox::missing(&["mount", "setpriv"]) {
        return println!("skipped: {reason}");
    }
    let text = "services:\n  init: { image: acme/init:1, restart: 'no', depends_on: [db] }\n  db: { image: 'postgres:17' }\n";
    let conversion = convert(text);
    let job = conversion.objects.of_kind(Kind::Job).next().expect("a Job").name();
    let mut wait = wait_of(&conversion, job);
    let late = run("starts-late", &busybox, &wait, "127.0.0.1 db\n", "./bin/nc -l -p 5432 >/dev/null 2>&1 &");
    assert!(late.starts_with("waits\nended with 0\nwaiting for db:5432\n"), "{late}");
    // Nobody waits here for as long.
    for word in wait.command.iter_mut().flatten() {
        assert!(word.matches("150").count() == usize::from(word.contains("nc ")), "{word}");
        *word = word.replace("150", "3");
    }
    let never = run("starts-never", &busybox, &wait, "127.0.0.1 db\n", "");
    assert!(never.starts_with("waits\nended with 0\n"), "{never}");
}

#[test]
fn a_wait_for_a_name_ends_once_it_resolves() {
    let Some(busybox) = busybox() else { return };
    if let Some(reason) = sandbox::missing(&["mount", "setpriv"]) {
        return println!("skipped: {reason}");
    }
    let wait = wait_of(&convert(&format!("{HEALTHY}  db: {{ image: 'acme/db:1', healthcheck: {{ test: [CMD, 'true'] }} }}\n")), "app");
    assert!(!wait.command.iter().flatten().any(|word| word.parse::<u16>().is_ok()), "{:?} names a port", wait.command);
    let late = run("resolves-late", &busybox, &wait, "", "echo 127.0.0.1 db >>hosts");
    assert!(late.starts_with("waits\nended with 0\nwaiting for db\n"), "{late}");
    let never = run("resolves-never", &busybox, &wait, "127.0.0.1 other\n", "");
    assert!(never.starts_with("waits\nstill waits\n"), "{never}");
}

/// A running program that ends with the test.
struct Running(Child);

impl Running {
    fn start(program: &Path, arguments: &[String], kubeconfig: &Path) -> Self {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(program).args(arguments);
        command.env("KUBECONFIG", kubeconfig).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        Self(command.spawn().expect("setpriv runs"))
    }

    /// Whether it succeeded, once it ends within `seconds`.
    fn ended(&mut self, seconds: u64) -> Option<bool> {
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(seconds) {
            if let Some(status) = self.0.try_wait().expect("it was started") {
                return Some(status.success());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        None
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn a_wait_for_a_job_ends_once_it_is_complete_and_may_see_nothing_else() {
    let Some(kubectl) = Component::Kubectl.find().expect("it has a version") else {
        return println!("skipped: {}", Component::Kubectl.remedy());
    };
    let Some(cluster) = Cluster::start(&[]).expect("the control plane starts") else { return };
    let client = cluster.client();
    cluster.create_namespace("shop").expect("a namespace");
    let conversion = convert(
        "services:\n  app: { image: acme/app:1, expose: ['80'], depends_on: { migrate: { condition: service_completed_successfully } } }\n  \
         migrate: { image: acme/app:1, command: migrate }\n",
    );
    let wait = wait_of(&conversion, "app");
    let create = |kind: Kind| {
        for object in conversion.objects.of_kind(kind) {
            let collection = client.collection(kind.api_version(), kind.as_str(), "shop").expect("an answer").expect("a known kind");
            let response = client.create(&collection, &written(object).to_string()).expect("an answer");
            assert!(response.is_ok(), "{}: {}", object.reference(), response.message());
        }
    };
    for kind in [Kind::ServiceAccount, Kind::Role, Kind::RoleBinding] {
        create(kind);
    }

    // As the pod does it: with the token of its account.
    let account = conversion.objects.of_kind(Kind::ServiceAccount).next().expect("an account").name();
    let request = json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {} });
    let token =
        client.create(&format!("/api/v1/namespaces/shop/serviceaccounts/{account}/token"), &request.to_string()).expect("an answer");
    let mut kubeconfig: Value = serde_json::from_str(&fs::read_to_string(cluster.kubeconfig()).expect("a kubeconfig")).expect("JSON");
    kubeconfig["users"][0]["user"]["token"] = token.body["status"]["token"].clone();
    kubeconfig["contexts"][0]["context"]["namespace"] = json!("shop");
    let path = sandbox::directory("kubectl").join("kubeconfig");
    fs::write(&path, kubeconfig.to_string()).expect("writable");

    let words = wait.command.clone().unwrap_or_default();
    let (program, arguments) = words.split_first().expect("a command");
    assert_eq!(program, "kubectl");
    let start = |arguments: &[String]| Running::start(&kubectl, arguments, &path);

    // A Job that is not there yet ends the container; the kubelet starts it again.
    assert_eq!(start(arguments).ended(60), Some(false));
    create(Kind::Job);
    let mut waiting = start(arguments);
    assert_eq!(waiting.ended(5), None, "it does not wait for the Job");
    let job = conversion.objects.of_kind(Kind::Job).next().expect("a Job").name();
    let now = "2026-01-01T00:00:00Z";
    let condition = |kind: &str| json!({ "type": kind, "status": "True", "lastTransitionTime": now, "lastProbeTime": now });
    let status = json!({ "status": {
        "startTime": now, "completionTime": now, "succeeded": 1, "conditions": [condition("SuccessCriteriaMet"), condition("Complete")],
    } });
    let patch = Some(("application/merge-patch+json", status.to_string()));
    let patch = patch.as_ref().map(|(kind, text)| (*kind, text.as_str()));
    let response = client.request("PATCH", &format!("/apis/batch/v1/namespaces/shop/jobs/{job}/status"), patch).expect("an answer");
    assert!(response.is_ok(), "{}", response.message());
    assert_eq!(waiting.ended(60), Some(true), "it does not see that the Job is complete");

    // Its right is to this one Job.
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(start(&words(&format!("get job {job}"))).ended(60), Some(true));
    for forbidden in ["get jobs", "get job other", "get secrets", "get pods", "delete job"] {
        let forbidden = if forbidden == "delete job" { format!("delete job {job}") } else { forbidden.to_owned() };
        assert_eq!(start(&words(&forbidden)).ended(60), Some(false), "may `kubectl {forbidden}`");
    }
}
