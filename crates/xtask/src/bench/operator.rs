//! `cargo xtask bench operator`: the operator with many Stacks on a real control plane, beside a loader that sends the same writes with no
//! logic at all.
//!
//! Each Stack has two Deployments and their Services, without pods, so that what is measured is the operator and the API server and not
//! kwok. The loader is the floor: it creates each Stack, writes its revision, its objects and twice its status, over 16 connections, with the
//! bodies that the operator itself had sent. Both are done when the controllers have seen every Deployment.

use std::collections::BTreeMap;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use windlass_testkit::{Client, Cluster, Component, Setup};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Number of Stacks.
    #[arg(long, default_value_t = 1000)]
    stacks: usize,
    /// The operator's program; built for speed where it is not named.
    #[arg(long)]
    program: Option<std::path::PathBuf>,
}

/// Requests that are under way at once.
const CONNECTIONS: usize = 16;
/// Drifts that are measured, and a third of the reviews.
const SAMPLES: usize = 100;
const NAMESPACE: &str = "bench";
const STACKS: &str = "/apis/windlass.dev/v1alpha1/namespaces/bench/stacks";
const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/bench/deployments";
const SERVICES: &str = "/api/v1/namespaces/bench/services";
const REVISIONS: &str = "/apis/apps/v1/namespaces/bench/controllerrevisions";
const WEBHOOK: &str = "bench-webhook";
const PATIENCE: Duration = Duration::from_secs(900);

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let program = match &arguments.program {
        Some(program) => program.clone(),
        None => {
            super::build(&["--package", "windlass-operator", "--bins"])?;
            windlass_testkit::workspace().join("target/release/windlass-operator")
        }
    };
    let number = arguments.stacks;
    let Some(cluster) = control_plane()? else { return Ok(()) };
    println!("{number} Stacks of two Deployments and two Services, on {} processors", std::thread::available_parallelism()?);
    let (ours, bodies) = of_the_operator(&cluster, &program, number)?;
    drop(cluster);
    let Some(cluster) = control_plane()? else { return Ok(()) };
    let floor = of_the_loader(&cluster, &bodies, number)?;
    println!(
        "  the same writes with no logic: {:.1} s; the operator has {:.0} % of its rate",
        floor.as_secs_f64(),
        100.0 * floor.as_secs_f64() / ours.as_secs_f64()
    );
    Ok(())
}

/// A control plane with the definitions, a namespace, and an account that may be used.
fn control_plane() -> anyhow::Result<Option<Cluster>> {
    let setup = Setup { extra: &[Component::ControllerManager], ..Setup::default() };
    let Some(cluster) = Cluster::start_with(setup)? else { return Ok(None) };
    let client = cluster.client();
    for definition in windlass_crd::DEFINITIONS {
        create(client, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &windlass_crd::yaml(&(definition.definition)()))?;
    }
    wait("the definitions", || {
        Ok(["stacks", "stackpolicies"]
            .iter()
            .all(|kind| client.get(&format!("/apis/windlass.dev/v1alpha1/{kind}")).is_ok_and(|found| found.is_ok())))
    })?;
    cluster.create_namespace(NAMESPACE)?;
    cluster.create_namespace("windlass-system")?;
    let account = json!({
        "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": "deployer", "annotations": { "windlass.dev/stacks": "allowed" } },
    });
    create(client, "/api/v1/namespaces/bench/serviceaccounts", &account.to_string())?;
    let rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/bench";
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": { "name": "deployer" },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit" },
        "subjects": [{ "kind": "ServiceAccount", "name": "deployer", "namespace": NAMESPACE }],
    });
    create(client, &format!("{rbac}/rolebindings"), &binding.to_string())?;
    // The rights of `edit` are gathered by a controller.
    wait("the rights of the account", || {
        Ok(client.get("/apis/rbac.authorization.k8s.io/v1/clusterroles/edit")?.body["rules"]
            .as_array()
            .is_some_and(|rules| rules.len() > 5))
    })?;
    Ok(Some(cluster))
}

fn create(client: &Client, collection: &str, text: &str) -> anyhow::Result<Value> {
    let response = client.create(collection, text)?;
    ensure!(response.is_ok(), "{collection}: {}", response.message());
    Ok(response.body)
}

fn wait(what: &str, mut holds: impl FnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let start = Instant::now();
    while !holds()? {
        ensure!(start.elapsed() < PATIENCE, "{what}: not after {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn name(number: usize) -> String {
    format!("s{number:05}")
}

fn stack(name: &str) -> Value {
    let compose = format!(
        "services:\n  {name}-web: {{ image: 'nginx:1.27', expose: ['80'], deploy: {{ replicas: 0 }} }}\n  {name}-api: {{ image: 'example/api:1', expose: ['8000'], deploy: {{ replicas: 0 }} }}\n"
    );
    json!({
        "apiVersion": "windlass.dev/v1alpha1", "kind": "Stack", "metadata": { "name": name },
        "spec": { "compose": compose, "serviceAccountName": "deployer" },
    })
}

/// Does something for every number, over several connections.
fn each(number: usize, act: impl Fn(usize) -> anyhow::Result<()> + Sync) -> anyhow::Result<()> {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        if at >= number {
                            return Ok(());
                        }
                        act(at)?;
                    }
                })
            })
            .collect();
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(|_| bail!("a worker panicked")))
    })
}

/// The operator as a process.
struct Operator {
    child: Child,
    port: u16,
    webhook: u16,
}

impl Operator {
    fn start(cluster: &Cluster, program: &Path) -> anyhow::Result<Self> {
        let free = || -> anyhow::Result<u16> { Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port()) };
        let (port, webhook) = (free()?, free()?);
        let log = cluster.kubeconfig().with_file_name(format!("operator-{port}.log"));
        let child = Command::new(program)
            .args(["run", "--watch-namespace", NAMESPACE, "--http-address", &format!("127.0.0.1:{port}"), "--log-level", "warn"])
            .args([
                "--webhook-service",
                "localhost",
                "--webhook-address",
                &format!("127.0.0.1:{webhook}"),
                "--webhook-configuration",
                WEBHOOK,
            ])
            .env("KUBECONFIG", cluster.kubeconfig())
            .stdout(Stdio::null())
            .stderr(fs::File::create(log)?)
            .spawn()
            .with_context(|| format!("can't start {}", program.display()))?;
        Ok(Self { child, port, webhook })
    }

    fn http(&self, path: &str) -> Option<String> {
        use std::io::{Read as _, Write as _};
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.write_all(format!("GET {path} HTTP/1.0\r\nhost: x\r\n\r\n").as_bytes()).ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        let (head, body) = text.split_once("\r\n\r\n")?;
        head.lines().next()?.contains(" 200 ").then(|| body.to_owned())
    }

    /// The sum of a metric over its labels.
    fn metric(&self, name: &str, label: &str) -> f64 {
        let text = self.http("/metrics").unwrap_or_default();
        let lines = text.lines().filter(|line| line.starts_with(name) && line.contains(label));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }

    /// Requests that change something, by method and kind.
    fn writes(&self) -> BTreeMap<String, f64> {
        let mut writes = BTreeMap::new();
        for line in self.http("/metrics").unwrap_or_default().lines() {
            let Some(line) = line.strip_prefix("windlass_api_requests_total{method=\"") else { continue };
            let mut parts = line.split('"');
            let (Some(method), Some(resource)) = (parts.next(), parts.nth(1)) else { continue };
            if let Some(count) = line.rsplit(' ').next().and_then(|count| count.parse::<f64>().ok()).filter(|_| method != "GET") {
                *writes.entry(format!("{method} {resource}")).or_default() += count;
            }
        }
        writes
    }

    /// Seconds of a processor so far: user and system, of hundredths as the kernel counts them.
    fn cpu(&self) -> anyhow::Result<f64> {
        let text = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields = text.rsplit(") ").next().context("no fields")?.split(' ').skip(11).take(2);
        Ok(fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0)
    }

    fn is_synced(&self, stacks: usize) -> bool {
        self.metric("windlass_stacks ", "") >= stacks as f64
            && self.metric("windlass_reconciles_total{", "Done") >= stacks as f64
            && self.metric("windlass_stacks_not_ready ", "") == 0.0
    }

    /// A line of `/proc/PID/status` in MiB.
    fn memory(&self, line: &str) -> anyhow::Result<f64> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = text.lines().find_map(|found| found.strip_prefix(line)).context("no such line")?;
        Ok(line.trim_matches(|letter: char| !letter.is_ascii_digit()).parse::<f64>()? / 1024.0)
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Measures the operator: how long it takes, and what it sends for one Stack.
fn of_the_operator(cluster: &Cluster, program: &Path, number: usize) -> anyhow::Result<(Duration, Vec<Value>)> {
    let client = cluster.client();
    let operator = Operator::start(cluster, program)?;
    wait("the caches", || Ok(operator.http("/livez").is_some()))?;
    std::thread::sleep(Duration::from_secs(1));
    let idle = operator.memory("VmRSS:")?;
    let start = Instant::now();
    each(number, |at| create(client, STACKS, &stack(&name(at)).to_string()).map(drop))?;
    wait("every Stack is ready", || Ok(operator.is_synced(number) && all_are_ready(client, number)?))?;
    let took = start.elapsed();
    let cpu = operator.cpu()?;
    println!("  all ready after {:.1} s, {:.0} Stacks a second", took.as_secs_f64(), number as f64 / took.as_secs_f64());
    // What is told later is told.
    std::thread::sleep(Duration::from_secs(15));
    let writes = operator.writes();
    let each: Vec<String> = writes.iter().map(|(what, count)| format!("{:.2} {what}", count / number as f64)).collect();
    println!("  {:.1} writes a Stack: {}", writes.values().sum::<f64>() / number as f64, each.join(", "));
    let events = client.get("/apis/events.k8s.io/v1/namespaces/bench/events")?.body["items"]
        .as_array()
        .map_or(0, |events| events.iter().filter(|event| event["reportingController"] == "windlass-operator").count());
    println!("  and {:.2} events, which the loader does not write", events as f64 / number as f64);
    println!("  {:.1} ms of a processor a Stack", cpu * 1e3 / number as f64);
    println!(
        "  resident memory: {idle:.1} MiB idle, {:.1} MiB at the peak, {:.1} MiB after it, of which {:.1} MiB are the program's file",
        operator.memory("VmHWM:")?,
        operator.memory("VmRSS:")?,
        operator.memory("RssFile:")?
    );
    let bodies = bodies(client)?;
    drift(client, number)?;
    webhook(client, &operator)?;
    println!("  resident memory at the peak, in the end: {:.1} MiB", operator.memory("VmHWM:")?);

    drop(operator);
    let start = Instant::now();
    let operator = Operator::start(cluster, program)?;
    wait("every Stack was looked at", || Ok(operator.is_synced(number)))?;
    let synced = start.elapsed();
    std::thread::sleep(Duration::from_secs(12));
    println!(
        "  after a restart: synced in {:.1} s, {:.0} writes, {:.1} MiB at the peak",
        synced.as_secs_f64(),
        operator.writes().values().sum::<f64>().abs(),
        operator.memory("VmHWM:")?
    );
    Ok((took, bodies))
}

fn all_are_ready(client: &Client, number: usize) -> anyhow::Result<bool> {
    let stacks = client.get(STACKS)?.body;
    let is_ready = |stack: &&Value| {
        let conditions = stack["status"]["conditions"].as_array().into_iter().flatten();
        conditions.into_iter().any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
    };
    Ok(stacks["items"].as_array().into_iter().flatten().filter(is_ready).count() == number)
}

/// The time until a change by hand is put right.
fn drift(client: &Client, number: usize) -> anyhow::Result<()> {
    let mut times = Vec::new();
    for at in (0..number).step_by((number / SAMPLES).max(1)) {
        let path = format!("{DEPLOYMENTS}/{}-web", name(at));
        let patch = json!({ "spec": { "minReadySeconds": 0, "replicas": 1 } }).to_string();
        let start = Instant::now();
        let changed = client.request("PATCH", &path, Some(("application/merge-patch+json", &patch)))?;
        ensure!(changed.is_ok(), "{}", changed.message());
        while client.get(&path)?.body["spec"]["replicas"] != 0 {
            ensure!(start.elapsed() < PATIENCE, "{path} is not put right");
            std::thread::sleep(Duration::from_millis(2));
        }
        times.push(start.elapsed());
    }
    times.sort();
    println!("  a drift is put right: {}", quantiles(&times));
    Ok(())
}

fn quantiles(times: &[Duration]) -> String {
    let at = |part: usize| times[(times.len() * part / 100).min(times.len() - 1)].as_secs_f64() * 1e3;
    format!("p50 {:.1} ms, p99 {:.1} ms, {} times", at(50), at(99), times.len())
}

/// The time of reviews of a Stack of 100 KB: from sending one to having the answer over a connection that is kept, as the API server asks,
/// and what the webhook adds to a request of somebody who writes such a Stack.
fn webhook(client: &Client, operator: &Operator) -> anyhow::Result<()> {
    let mut large = stack("large");
    let line = "# a comment as people write them into the compose files of their projects\n";
    let service = |number: usize| {
        format!(
            "  s{number}:\n    image: example/s{number}:1.{number}\n    environment: {{ LEVEL: info, NAME: s{number} }}\n    expose: ['8080']\n    deploy: {{ replicas: 0 }}\n"
        )
    };
    let mut text = String::from("services:\n");
    (0..40).for_each(|number| text.push_str(&service(number)));
    text.push_str(&line.repeat((100_000 - text.len()) / line.len()));
    large["spec"]["compose"] = text.into();
    let path = format!("{STACKS}?dryRun=All");
    let ask = || client.request("POST", &path, Some(("application/json", &large.to_string())));
    ask()?;
    let without = times(|| ask().map(|answer| answer.is_ok()))?;

    let configuration = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "metadata": { "name": WEBHOOK },
        "webhooks": [{
            "name": "stacks.windlass.dev", "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Fail",
            "clientConfig": { "url": format!("https://localhost:{}/stacks", operator.webhook) },
            "rules": [{ "apiGroups": ["windlass.dev"], "apiVersions": ["v1alpha1"], "operations": ["CREATE"], "resources": ["stacks"] }],
        }],
    });
    let collection = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
    create(client, collection, &configuration.to_string())?;
    wait("the webhook answers", || Ok(ask()?.is_ok()))?;
    let with = times(|| ask().map(|answer| answer.is_ok()))?;

    let configuration = client.get(&format!("{collection}/{WEBHOOK}"))?.body;
    let bundle = configuration["webhooks"][0]["clientConfig"]["caBundle"].as_str().context("no caBundle")?;
    let bundle = String::from_utf8(STANDARD.decode(bundle)?)?;
    let direct = Client::new(&format!("https://localhost:{}", operator.webhook), &bundle, "")?;
    let review = json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": { "uid": "u", "operation": "CREATE", "namespace": NAMESPACE, "object": large },
    })
    .to_string();
    let review = || {
        let answer = direct.request("POST", "/stacks", Some(("application/json", &review)))?;
        Ok(answer.body["response"]["allowed"] == true)
    };
    review()?;
    let before = operator.cpu()?;
    let reviews = times(review)?;
    let cpu = (operator.cpu()? - before) * 1e3 / reviews.len() as f64;
    println!("  reviews of {} KB: {}, {cpu:.1} ms of a processor each", large.to_string().len() / 1000, quantiles(&reviews));
    println!("  the request of who writes it: {} without the webhook, {} with it", quantiles(&without), quantiles(&with));
    let deleted = client.delete(&format!("{collection}/{WEBHOOK}"))?;
    ensure!(deleted.is_ok(), "{}", deleted.message());
    Ok(())
}

/// The times of what must go well, in order.
fn times(act: impl Fn() -> anyhow::Result<bool>) -> anyhow::Result<Vec<Duration>> {
    let mut times = Vec::new();
    for _ in 0..SAMPLES * 3 {
        let start = Instant::now();
        ensure!(act()?, "a request was refused");
        times.push(start.elapsed());
    }
    times.sort();
    Ok(times)
}

/// What was written for the first Stack, without what only the API server sets; the Stack itself last.
fn bodies(client: &Client) -> anyhow::Result<Vec<Value>> {
    let own = name(0);
    let mut found = Vec::new();
    let revisions = client.get(&format!("{REVISIONS}?labelSelector=windlass.dev%2Fstack%3D{own}"))?.body;
    found.extend(revisions["items"].as_array().into_iter().flatten().cloned().map(|mut object| {
        object["apiVersion"] = "apps/v1".into();
        object["kind"] = "ControllerRevision".into();
        object
    }));
    for (collection, service) in [DEPLOYMENTS, SERVICES].iter().flat_map(|collection| ["web", "api"].map(|service| (collection, service))) {
        found.push(client.get(&format!("{collection}/{own}-{service}"))?.body);
    }
    found.push(client.get(&format!("{STACKS}/{own}"))?.body);
    ensure!(found.len() == 6, "{} objects", found.len());
    for object in &mut found {
        let metadata = object["metadata"].as_object_mut().context("metadata")?;
        metadata.retain(|field, _| ["name", "namespace", "labels", "annotations", "ownerReferences"].contains(&field.as_str()));
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.retain(|key, _| !key.starts_with("deployment.kubernetes.io"));
        }
        let object = object.as_object_mut().context("an object")?;
        if object["kind"] != "Stack" {
            object.remove("status");
        }
        if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
            spec.retain(|field, _| !field.starts_with("clusterIP"));
        }
    }
    Ok(found)
}

/// Measures the loader.
fn of_the_loader(cluster: &Cluster, bodies: &[Value], number: usize) -> anyhow::Result<Duration> {
    let client = cluster.client();
    let (of_the_stack, objects) = bodies.split_last().context("bodies")?;
    let old_uid = objects[0]["metadata"]["ownerReferences"][0]["uid"].as_str().context("an owner")?.to_owned();
    let texts: Vec<(String, String)> = objects
        .iter()
        .map(|object| {
            let collection = match object["kind"].as_str() {
                Some("ControllerRevision") => REVISIONS,
                Some("Deployment") => DEPLOYMENTS,
                _ => SERVICES,
            };
            (format!("{collection}/{}", object["metadata"]["name"].as_str().unwrap_or_default()), object.to_string())
        })
        .collect();
    let status = of_the_stack["status"].to_string();
    let own = name(0);
    let start = Instant::now();
    each(number, |at| {
        let name = name(at);
        let made = create(client, STACKS, &stack(&name).to_string())?;
        let uid = made["metadata"]["uid"].as_str().context("a uid")?;
        let patch = |path: &str, kind: &str, text: &str| -> anyhow::Result<()> {
            let answer = client.request("PATCH", path, Some((kind, text)))?;
            ensure!(answer.is_ok(), "{path}: {}", answer.message());
            Ok(())
        };
        let status = status.replace(&own, &name);
        let say = || patch(&format!("{STACKS}/{name}/status"), "application/merge-patch+json", &format!("{{\"status\":{status}}}"));
        say()?;
        for (path, text) in &texts {
            let path = format!("{}?fieldManager=windlass-operator&force=true&fieldValidation=Strict", path.replace(&own, &name));
            patch(&path, "application/apply-patch+yaml", &text.replace(&own, &name).replace(&old_uid, uid))?;
        }
        // Another status, or nothing would be written.
        let status = status.replace("\"ready\":\"2/2\"", "\"ready\":\"1/2\"");
        patch(&format!("{STACKS}/{name}/status"), "application/merge-patch+json", &format!("{{\"status\":{status}}}"))
    })?;
    let written = start.elapsed();
    wait("the controllers saw every Deployment", || {
        let newest = (number.saturating_sub(CONNECTIONS)..number)
            .flat_map(|at| ["web", "api"].map(|service| format!("{DEPLOYMENTS}/{}-{service}", name(at))));
        for path in newest {
            if client.get(&path)?.body["status"]["observedGeneration"].is_null() {
                return Ok(false);
            }
        }
        let all = client.get(DEPLOYMENTS)?.body;
        Ok(all["items"].as_array().into_iter().flatten().all(|object| !object["status"]["observedGeneration"].is_null()))
    })?;
    println!("  the loader: {:.1} s until everything is written", written.as_secs_f64());
    Ok(start.elapsed())
}
