//! The example stacks are applied to a real control plane with controllers, scheduler and kwok: every workload becomes ready, every
//! Service has endpoints, every claim binds, nothing stays pending.
//!
//! kwok plays the kubelet and runs nothing; that waits and probes hold is for `waits.rs` and `probes.rs`.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use windlass_convert::Conversion;
use windlass_k8s::{Kind, Object};
use windlass_suite::invariants::written;
use windlass_suite::projects::cases;
use windlass_testkit::{Client, Cluster, Component};

/// How long all stacks together may take to settle; on an idle machine it is some 10 s.
const PATIENCE: Duration = Duration::from_secs(240);

const NODES: usize = 4;

/// A stack in its namespace.
struct Stack {
    name: String,
    namespace: String,
    conversion: Conversion,
}

impl Stack {
    fn path(&self, client: &Client, object: &Object) -> String {
        let kind = object.kind();
        let collection = client.collection(kind.api_version(), kind.as_str(), &self.namespace).expect("an answer").expect("a known kind");
        format!("{collection}/{}", object.name())
    }
}

#[test]
fn every_example_becomes_ready_and_nothing_stays_pending() {
    let extra = [Component::ControllerManager, Component::Scheduler, Component::Kwok];
    let Some(cluster) = Cluster::start(&extra).expect("the control plane starts") else { return };
    let client = cluster.client();
    let stacks: Vec<Stack> = cases()
        .into_iter()
        .map(|(name, project)| {
            let (loaded, conversion) = project.convert();
            assert!(loaded.is_ok(), "{name}: {:?}", loaded.diagnostics);
            Stack { namespace: format!("stack-{name}"), name, conversion }
        })
        .collect();

    for node in 0..NODES {
        create(client, "/api/v1/nodes", &self::node(&format!("node-{node}"), &stacks));
    }
    for stack in &stacks {
        cluster.create_namespace(&stack.namespace).expect("a namespace");
        volumes(client, stack);
        for object in stack.conversion.objects.iter().filter(|object| !object.kind().is_custom()) {
            let path = stack.path(client, object);
            let collection = path.rsplit_once('/').map_or("", |(collection, _)| collection);
            create(client, collection, &written(object));
        }
    }
    let start = Instant::now();
    loop {
        let left: Vec<String> = stacks.iter().flat_map(|stack| unsettled(client, stack)).collect();
        if left.is_empty() {
            break;
        }
        assert!(start.elapsed() < PATIENCE, "after {:?}:\n{}", start.elapsed(), left.join("\n"));
        std::thread::sleep(Duration::from_millis(500));
    }
    println!("{} stacks are ready after {:.1} s", stacks.len(), start.elapsed().as_secs_f64());
}

fn create(client: &Client, collection: &str, object: &Value) {
    let response = client.create(collection, &object.to_string()).expect("an answer");
    assert!(response.is_ok(), "{collection}: {}", response.message());
}

/// A node with the labels that clusters give, and those by which the stacks choose nodes.
fn node(name: &str, stacks: &[Stack]) -> Value {
    let capacity = json!({ "cpu": "64", "memory": "512Gi", "pods": "110" });
    let mut labels = json!({ "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64" });
    for workload in stacks.iter().flat_map(|stack| stack.conversion.objects.iter()).filter(|object| object.kind().is_workload()) {
        let workload = written(workload);
        let terms = &workload["spec"]["template"]["spec"]["affinity"]["nodeAffinity"];
        let terms = terms["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"].as_array().into_iter().flatten();
        for wanted in terms.flat_map(|term| term["matchExpressions"].as_array().into_iter().flatten()) {
            if let (Some(key), "In", Some(value)) =
                (wanted["key"].as_str(), wanted["operator"].as_str().unwrap_or_default(), wanted["values"].get(0))
            {
                labels[key] = value.clone();
            } else if let (Some(key), Some("Exists")) = (wanted["key"].as_str(), wanted["operator"].as_str()) {
                labels[key] = json!("");
            }
        }
    }
    json!({ "apiVersion": "v1", "kind": "Node", "metadata": { "name": name, "labels": labels }, "status": { "capacity": capacity, "allocatable": capacity } })
}

/// A volume for each claim, which a provisioner would make.
fn volumes(client: &Client, stack: &Stack) {
    let mut claims: Vec<(String, Value)> = Vec::new();
    for object in stack.conversion.objects.iter() {
        let value = written(object);
        match object.kind() {
            Kind::PersistentVolumeClaim => claims.push((object.name().to_owned(), value["spec"].clone())),
            Kind::StatefulSet => {
                let replicas = value["spec"]["replicas"].as_u64().unwrap_or(1);
                for template in value["spec"]["volumeClaimTemplates"].as_array().into_iter().flatten() {
                    let name = template["metadata"]["name"].as_str().unwrap_or_default();
                    claims.extend((0..replicas).map(|replica| (format!("{name}-{}-{replica}", object.name()), template["spec"].clone())));
                }
            }
            _ => {}
        }
    }
    for (claim, spec) in claims {
        let volume = json!({
            "apiVersion": "v1", "kind": "PersistentVolume", "metadata": { "name": format!("{}-{claim}", stack.namespace) },
            "spec": {
                "capacity": { "storage": "1Ti" }, "hostPath": { "path": "/data" }, "storageClassName": spec["storageClassName"].as_str().unwrap_or_default(),
                "accessModes": ["ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany"],
                "claimRef": { "namespace": stack.namespace, "name": claim },
            },
        });
        create(client, "/api/v1/persistentvolumes", &volume);
    }
}

/// What is not as it should be yet.
fn unsettled(client: &Client, stack: &Stack) -> Vec<String> {
    let mut left = Vec::new();
    let list = |kind: &str, group: &str| -> Vec<Value> {
        let path = format!("{group}/namespaces/{}/{kind}", stack.namespace);
        client.get(&path).expect("an answer").body["items"].as_array().cloned().unwrap_or_default()
    };
    let mut say = |what: String, how: &Value| left.push(format!("{}: {what}: {how}", stack.name));
    for object in stack.conversion.objects.iter() {
        let current = || client.get(&stack.path(client, object)).expect("an answer").body;
        let reference = object.reference();
        match object.kind() {
            Kind::Deployment | Kind::StatefulSet => {
                let current = current();
                let (wanted, status) = (current["spec"]["replicas"].as_u64().unwrap_or(1), &current["status"]);
                let field = if object.kind() == Kind::Deployment { "availableReplicas" } else { "readyReplicas" };
                if status[field].as_u64().unwrap_or(0) != wanted {
                    say(format!("{reference} has not {wanted} ready pods"), status);
                }
            }
            Kind::DaemonSet => {
                let status = current()["status"].clone();
                if status["numberReady"] != json!(NODES) {
                    say(format!("{reference} does not run on {NODES} nodes"), &status);
                }
            }
            Kind::Job => {
                let status = current()["status"].clone();
                if status["succeeded"].as_u64().unwrap_or(0) == 0 {
                    say(format!("{reference} is not complete"), &status);
                }
            }
            Kind::PersistentVolumeClaim => {
                let status = current()["status"].clone();
                if status["phase"] != "Bound" {
                    say(format!("{reference} is not bound"), &status);
                }
            }
            _ => {}
        }
    }
    let reached: BTreeSet<String> = list("endpointslices", "/apis/discovery.k8s.io/v1")
        .iter()
        .filter(|slice| slice["endpoints"].as_array().into_iter().flatten().any(|endpoint| endpoint["conditions"]["ready"] == true))
        .filter_map(|slice| slice["metadata"]["labels"]["kubernetes.io/service-name"].as_str().map(str::to_owned))
        .collect();
    for service in stack.conversion.objects.of_kind(Kind::Service) {
        if !reached.contains(service.name()) && !leads_to_nothing(stack, service) {
            say(format!("{} has no endpoint", service.reference()), &Value::Null);
        }
    }
    for pod in list("pods", "/api/v1") {
        if pod["status"]["phase"] == "Pending" {
            say(format!("pod {} is pending", pod["metadata"]["name"]), &pod["status"]["conditions"]);
        }
    }
    left
}

/// True when nothing is meant to run behind a Service: its workload has no replicas, as the project says.
fn leads_to_nothing(stack: &Stack, service: &Object) -> bool {
    let selector = written(service)["spec"]["selector"].clone();
    let workloads = stack.conversion.objects.iter().filter(|object| object.kind().is_workload()).map(written);
    let chosen = workloads.filter(|workload| {
        let labels = &workload["spec"]["template"]["metadata"]["labels"];
        selector.as_object().is_some_and(|selector| selector.iter().all(|(key, value)| labels[key] == *value))
    });
    let replicas: Vec<Value> = chosen.map(|workload| workload["spec"]["replicas"].clone()).collect();
    !replicas.is_empty() && replicas.iter().all(|replicas| *replicas == 0)
}
