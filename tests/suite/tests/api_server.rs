//! What Windlass writes is accepted by a real API server: every object is created with strict field validation in a namespace of
//! its own and deleted again, and so would be the pods of every workload.
//!
//! `cargo xtask control-plane` builds the server; without it the test says so and is skipped. `cargo xtask conformance` runs it
//! over the whole corpus.

use std::fmt::Write as _;
use std::sync::Mutex;

use serde_json::{Value, json};
use windlass_emit::layouts;
use windlass_suite::conversion::Project;
use windlass_suite::projects::{Selection, cases, corpus};
use windlass_testkit::{Client, Cluster, shared};

/// What the API server said of one or more projects.
#[derive(Default)]
struct Verdict {
    projects: usize,
    accepted: usize,
    /// Pods that a workload's controller would make.
    pods: usize,
    /// Objects of kinds that only custom resource definitions bring.
    custom: usize,
    refused: Vec<String>,
}

impl Verdict {
    fn add(&mut self, other: Self) {
        self.projects += other.projects;
        self.accepted += other.accepted;
        self.pods += other.pods;
        self.custom += other.custom;
        self.refused.extend(other.refused);
    }
}

/// Creates what the project converts to, and deletes it. `None` when the project does not load: that is the loader's matter.
fn judge(cluster: &Cluster, namespace: &str, name: &str, project: &Project) -> anyhow::Result<Option<Verdict>> {
    let (loaded, conversion) = project.convert();
    if !loaded.is_ok() {
        return Ok(None);
    }
    let client = cluster.client();
    cluster.create_namespace(namespace)?;
    let emitted = layouts::tree(&conversion.objects, &loaded.sources, layouts::Options::default());
    let mut verdict = Verdict { projects: 1, ..Verdict::default() };
    let mut created = Vec::new();
    // Order matters as it does to `kubectl apply`: accounts come before what runs as them.
    for object in &conversion.objects {
        let reference = object.reference();
        let file = emitted.files.get(&reference).and_then(|path| emitted.tree.get(path)).expect("every object has its file");
        let text = String::from_utf8_lossy(&file.content);
        let Some(collection) = client.collection(object.kind().api_version(), object.kind().as_str(), namespace)? else {
            assert!(object.kind().is_custom(), "the API server does not know {reference}");
            verdict.custom += 1;
            continue;
        };
        let response = client.create(&collection, &text)?;
        if !response.is_ok() {
            verdict.refused.push(format!("{name}: {reference}: {}", response.message()));
            continue;
        }
        verdict.accepted += 1;
        created.push(format!("{collection}/{}", object.name()));
        if let Some(pod) = pod_of(&response.body) {
            let response = try_pod(client, namespace, &pod)?;
            match response.is_ok() {
                true => verdict.pods += 1,
                false => verdict.refused.push(format!("{name}: pod of {reference}: {}", response.message())),
            }
        }
    }
    for path in created.iter().rev() {
        let response = client.delete(path)?;
        if !response.is_ok() {
            verdict.refused.push(format!("{name}: deleting {path}: {}", response.message()));
        }
    }
    client.delete(&format!("/api/v1/namespaces/{namespace}"))?;
    Ok(Some(verdict))
}

/// The pod that the controller of a workload would make, its claims included.
fn pod_of(workload: &Value) -> Option<Value> {
    let spec = &workload["spec"];
    let template = [&spec["template"], &spec["jobTemplate"]["spec"]["template"]].into_iter().find(|template| template.is_object())?;
    let mut pod = template.clone();
    pod["apiVersion"] = json!("v1");
    pod["kind"] = json!("Pod");
    pod["metadata"]["name"] = workload["metadata"]["name"].clone();
    let claims = spec["volumeClaimTemplates"].as_array().into_iter().flatten().map(|claim| &claim["metadata"]["name"]);
    let volumes = claims.map(|name| json!({ "name": name, "persistentVolumeClaim": { "claimName": name } }));
    let volumes: Vec<Value> = volumes.chain(pod["spec"]["volumes"].as_array().into_iter().flatten().cloned()).collect();
    pod["spec"]["volumes"] = Value::Array(volumes);
    Some(pod)
}

/// Admission of a pod, which is another than that of its workload: a Deployment whose pods nobody admits is created all the same.
fn try_pod(client: &Client, namespace: &str, pod: &Value) -> anyhow::Result<windlass_testkit::Response> {
    // A runtime is the cluster's to have; the project only names it.
    if let Some(runtime) = pod["spec"]["runtimeClassName"].as_str() {
        let class = json!({ "apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": { "name": runtime }, "handler": "test" });
        let response = client.create("/apis/node.k8s.io/v1/runtimeclasses", &class.to_string())?;
        if !response.is_ok() && response.status != 409 {
            return Ok(response);
        }
    }
    let path = format!("/api/v1/namespaces/{namespace}/pods?fieldValidation=Strict&dryRun=All");
    client.request("POST", &path, Some(("application/json", &pod.to_string())))
}

fn judge_all(cluster: &Cluster, projects: Vec<(String, Project)>) -> Verdict {
    let threads = std::thread::available_parallelism().map_or(2, usize::from).min(8);
    let queue = Mutex::new(projects.into_iter().enumerate());
    let total = Mutex::new(Verdict::default());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().expect("no thread panics while it takes a project").next();
                    let Some((number, (name, project))) = next else { return };
                    let verdict = judge(cluster, &format!("project-{number}"), &name, &project);
                    if let Some(verdict) = verdict.expect("the API server answers") {
                        total.lock().expect("no thread panics while it adds").add(verdict);
                    }
                }
            });
        }
    });
    let mut total = total.into_inner().expect("no thread panicked");
    total.refused.sort();
    total
}

#[test]
fn every_object_of_the_cases_and_the_corpus_is_accepted_by_the_api_server() {
    let Some(cluster) = Cluster::start(&[]).expect("the control plane starts") else { return };
    let mut projects = cases();
    let mut least = projects.len();
    if let Some(directory) = shared("corpus") {
        let selection = Selection::from_environment(Selection::Wide);
        projects.extend(corpus(&directory, selection));
        least += 40;
    }
    let with_profiles = |(name, project): &(String, Project)| {
        let profiles = vec!["*".to_owned()];
        (format!("{name} --profile '*'"), Project { profiles, ..project.clone() })
    };
    let all_on: Vec<_> = projects.iter().filter(|(_, project)| project.profiles.is_empty()).map(with_profiles).collect();
    projects.extend(all_on);

    let Verdict { projects, accepted, pods, custom, refused } = judge_all(&cluster, projects);
    println!(
        "result: {projects} conversions, with the profiles of the project and with all: {accepted} objects and the pods of {pods} workloads \
         accepted, {} refused, {custom} objects of custom kinds not tried",
        refused.len()
    );
    let mut list = String::new();
    for refusal in &refused {
        let _ = writeln!(list, "{refusal}");
    }
    assert!(refused.is_empty(), "{} refused:\n{list}", refused.len());
    assert!(projects >= least, "only {projects} projects converted");
}
