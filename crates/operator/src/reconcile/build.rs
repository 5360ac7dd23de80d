//! A loaded project as the objects to apply. Pure, and the same functions as `windlass convert --wait none`: the objects differ in the
//! operator's own labels, annotations and ownerReferences alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use serde_json::Value;
use smol_str::SmolStr;
use windlass_compose::model::Condition;
use windlass_convert::{Conversion, Input, KubeVersion, Options, Report, Wait};
use windlass_crd::v1alpha1::{Stack, State};
use windlass_k8s::write::Canonical;
use windlass_k8s::{ContentHash, Kind, Object, ObjectRef, Resource};

use super::load::Project;

/// Everything that a Stack asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Desired {
    /// A hash of all objects, without the operator's marks: the same text gives the same revision in any Stack.
    pub revision: String,
    /// A hash of what is saved of it: see [`saved`].
    pub digest: String,
    /// The objects in canonical order.
    pub objects: BTreeMap<ObjectRef, Rendered>,
    /// The services by name.
    pub services: Vec<Service>,
}

/// A service and the object that runs it; several may share one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name in the compose file.
    pub name: SmolStr,
    /// Its workload.
    pub object: ObjectRef,
}

/// An object as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// JSON, with the operator's marks.
    pub body: Arc<str>,
    /// A hash of it, which it carries as an annotation.
    pub hash: String,
    /// Workloads that it waits for.
    pub needs: BTreeMap<ObjectRef, Need>,
    /// Seconds that a start takes that its probes still allow.
    pub start_seconds: i64,
}

/// What one Stack may be.
const SERVICES: usize = 200;
const OBJECTS: usize = 1000;
const PODS: usize = 5000;

/// What a workload waits for in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// It was started.
    Started,
    /// It was started and is healthy, or had a while to become so.
    Tried,
    /// It is healthy.
    Healthy,
    /// It ended as it should.
    Completed,
}

/// How `spec` has the project converted.
pub fn options(stack: &Stack, project: &Project, kube_version: KubeVersion) -> Options {
    let overrides = stack.spec.overrides.iter().flat_map(|overrides| &overrides.services);
    let replicas = overrides.filter_map(|(name, service)| Some((name.clone(), u32::try_from(service.replicas?).ok()?)));
    let services = project.loaded.project.services.iter().filter(|_| stack.spec.state == State::Stopped);
    let stopped = services.map(|service| (service.name.value.to_string(), 0));
    Options {
        // The objects belong to the Stack, so they stand in its namespace, whatever the project says.
        namespace: stack.metadata.namespace.clone(),
        kube_version,
        replicas: replicas.chain(stopped).collect(),
        wait: Wait::None,
        given: BTreeSet::from(["wait".to_owned()]),
        ..Options::default()
    }
}

/// Converts the project.
pub fn convert(project: &Project, options: &Options) -> Conversion {
    let loaded = &project.loaded;
    windlass_convert::convert(&Input {
        project: &loaded.project,
        tree: &loaded.tree,
        directory: &loaded.directory,
        files: &project.files,
        variable: &|name| loaded.environment.get(name).map(|variable| variable.value.clone()),
        options,
    })
}

/// The objects of a conversion as they are sent for this Stack.
pub fn render(stack: &Stack, project: &Project, conversion: &Conversion) -> Desired {
    let workloads = workloads(&conversion.report);
    let mut needs = needs(project, &workloads);
    let mut revision = ContentHash::new();
    let mut objects = BTreeMap::new();
    // What has no number of pods is not there at all.
    let is_running =
        |object: &&Object| stack.spec.state == State::Running || !matches!(object.kind(), Kind::DaemonSet | Kind::Job | Kind::CronJob);
    for object in conversion.objects.iter().filter(is_running) {
        let reference = object.reference();
        revision.part(text(&object.resource));
        let mut rendered = marked(object, stack);
        rendered.needs = needs.remove(&reference).unwrap_or_default();
        objects.insert(reference, rendered);
    }
    let digest = digest(&saved(&objects));
    let services = workloads.into_iter().map(|(name, object)| Service { name, object }).collect();
    Desired { revision: revision.finish().to_string(), digest, objects, services }
}

/// What is told of a Stack that is larger than one may be.
pub fn too_large(project: &Project, conversion: &Conversion) -> Option<String> {
    let pods = conversion.objects.iter().map(pods).sum::<i64>();
    let numbers = [
        ("services", project.loaded.project.services.len(), SERVICES),
        ("objects", conversion.objects.len(), OBJECTS),
        ("pods", usize::try_from(pods).unwrap_or(usize::MAX), PODS),
    ];
    let (what, number, limit) = numbers.into_iter().find(|(_, number, limit)| number > limit)?;
    Some(format!("the Stack has {number} {what}, more than {limit}: make several Stacks of it"))
}

/// The pods that an object asks for; what has none, or a number that is not its own to say, asks for none.
fn pods(object: &Object) -> i64 {
    let replicas = match &object.resource {
        Resource::Deployment(deployment) => deployment.spec.as_ref().map(|spec| spec.replicas),
        Resource::StatefulSet(set) => set.spec.as_ref().map(|spec| spec.replicas),
        _ => None,
    };
    replicas.map_or(0, |replicas| replicas.unwrap_or(1).into())
}

/// What is saved of a revision: its workloads, since claims, ConfigMaps and Secrets never go back.
pub fn saved(objects: &BTreeMap<ObjectRef, Rendered>) -> BTreeMap<String, String> {
    let workloads = objects.iter().filter(|(object, _)| object.kind.is_workload());
    workloads.map(|(object, rendered)| (object.to_string(), rendered.body.to_string())).collect()
}

/// A hash of what is saved.
pub fn digest(saved: &BTreeMap<String, String>) -> String {
    let mut hash = ContentHash::new();
    for (object, body) in saved {
        hash.part(object);
        hash.part(body);
    }
    hash.finish().to_string()
}

/// The workload of each service.
fn workloads(report: &Report) -> BTreeMap<SmolStr, ObjectRef> {
    report.services.iter().filter_map(|service| Some((service.name.clone(), service.workload.clone()?))).collect()
}

/// What each workload waits for; the strongest condition counts.
fn needs(project: &Project, workloads: &BTreeMap<SmolStr, ObjectRef>) -> BTreeMap<ObjectRef, BTreeMap<ObjectRef, Need>> {
    let mut needs: BTreeMap<ObjectRef, BTreeMap<ObjectRef, Need>> = BTreeMap::new();
    for service in &project.loaded.project.services {
        let Some(own) = workloads.get(&service.name.value) else { continue };
        // A Job may be started once, so it waits for a server; but the server may become ready by what that very Job does.
        let started = if own.kind == Kind::Job { Need::Tried } else { Need::Started };
        for entry in service.depends_on.iter() {
            // A service that shares the pod starts with it, and one that is not there is not waited for.
            let Some(other) = workloads.get(entry.name.as_str()).filter(|other| *other != own) else { continue };
            let need = match entry.value.condition.value {
                Condition::Started => started,
                Condition::Healthy => Need::Healthy,
                Condition::CompletedSuccessfully => Need::Completed,
            };
            let known = needs.entry(own.clone()).or_default().entry(other.clone()).or_insert(need);
            *known = need.max(*known);
        }
    }
    without_circles(needs)
}

/// Services that share pods can make workloads wait for each other; such waits are left out.
fn without_circles(needs: BTreeMap<ObjectRef, BTreeMap<ObjectRef, Need>>) -> BTreeMap<ObjectRef, BTreeMap<ObjectRef, Need>> {
    let mut kept: BTreeMap<ObjectRef, BTreeMap<ObjectRef, Need>> = BTreeMap::new();
    for (own, others) in needs {
        for (other, need) in others {
            if !reaches(&kept, &other, &own) {
                kept.entry(own.clone()).or_default().insert(other, need);
            }
        }
    }
    kept
}

fn reaches(needs: &BTreeMap<ObjectRef, BTreeMap<ObjectRef, Need>>, from: &ObjectRef, to: &ObjectRef) -> bool {
    let mut seen = BTreeSet::new();
    let mut pending = vec![from];
    while let Some(next) = pending.pop() {
        if next == to {
            return true;
        }
        if seen.insert(next) {
            pending.extend(needs.get(next).into_iter().flat_map(BTreeMap::keys));
        }
    }
    false
}

/// The object with the operator's marks.
fn marked(object: &Object, stack: &Stack) -> Rendered {
    let mut resource = object.resource.clone();
    mark(resource.metadata_mut(), object.kind(), stack);
    let mut hash = ContentHash::new();
    hash.part(text(&resource));
    let hash = hash.finish().to_string();
    let annotations = resource.metadata_mut().annotations.get_or_insert_default();
    annotations.insert(windlass_crd::HASH_ANNOTATION.to_owned(), hash.clone());
    Rendered { body: text(&resource).into(), hash, needs: BTreeMap::new(), start_seconds: start_seconds(&resource) }
}

fn mark(metadata: &mut ObjectMeta, kind: Kind, stack: &Stack) {
    let name = stack.metadata.name.clone().unwrap_or_default();
    let uid = stack.metadata.uid.clone().unwrap_or_default();
    let labels = metadata.labels.get_or_insert_default();
    labels.insert(windlass_crd::STACK_LABEL.to_owned(), name.clone());
    labels.insert(windlass_crd::STACK_UID_LABEL.to_owned(), uid.clone());
    // Garbage collection would take a claim, and the data with it, when the Stack goes.
    if kind != Kind::PersistentVolumeClaim {
        metadata.owner_references = Some(vec![OwnerReference {
            api_version: Kind::Stack.api_version().to_owned(),
            kind: Kind::Stack.as_str().to_owned(),
            name,
            uid,
            controller: Some(true),
            block_owner_deletion: None,
        }]);
    }
}

/// The canonical JSON.
fn text(resource: &Resource) -> String {
    // Typed values of our own have text keys and are written to memory: that can't fail.
    serde_json::to_string(&Canonical(resource)).unwrap_or_default()
}

/// How long the startup and readiness probes give the slowest container, in seconds.
fn start_seconds(resource: &Resource) -> i64 {
    let probes = resource.containers().iter().flat_map(|container| [&container.startup_probe, &container.readiness_probe]);
    let seconds = probes.flatten().map(|probe| {
        let number = |field: Option<i32>, default: i32| i64::from(field.unwrap_or(default));
        let each = number(probe.period_seconds, 10).max(number(probe.timeout_seconds, 1));
        number(probe.initial_delay_seconds, 0) + number(probe.failure_threshold, 3) * each
    });
    seconds.max().unwrap_or_default()
}

/// An object that was applied, without the operator's marks: what `windlass convert` prints.
pub fn without_marks(mut object: Value) -> Value {
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return object };
    metadata.shift_remove("ownerReferences");
    for (map, marks) in
        [("labels", &[windlass_crd::STACK_LABEL, windlass_crd::STACK_UID_LABEL][..]), ("annotations", &[windlass_crd::HASH_ANNOTATION])]
    {
        let Some(entries) = metadata.get_mut(map).and_then(Value::as_object_mut) else { continue };
        for mark in marks {
            entries.shift_remove(*mark);
        }
        if entries.is_empty() {
            metadata.shift_remove(map);
        }
    }
    object
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::load::{Sources, load};
    use super::*;

    fn desired(spec: Value) -> Desired {
        let mut spec = spec;
        spec["serviceAccountName"] = "deployer".into();
        let mut stack = Stack::new("shop", serde_json::from_value(spec).unwrap());
        (stack.metadata.namespace, stack.metadata.uid) = (Some("space".into()), Some("u-1".into()));
        let project = load(&stack, Sources::default());
        assert!(project.loaded.is_ok(), "{:?}", project.loaded.diagnostics);
        let conversion = convert(&project, &options(&stack, &project, KubeVersion::default()));
        render(&stack, &project, &conversion)
    }

    /// What is said of a Stack's size; nothing when it may be so large.
    fn size(compose: &str) -> String {
        let spec = json!({ "compose": compose, "serviceAccountName": "deployer" });
        let stack = Stack::new("shop", serde_json::from_value(spec).unwrap());
        let project = load(&stack, Sources::default());
        assert!(project.loaded.is_ok(), "{:?}", project.loaded.diagnostics);
        let conversion = convert(&project, &options(&stack, &project, KubeVersion::default()));
        too_large(&project, &conversion).unwrap_or_default()
    }

    #[test]
    fn a_stack_has_a_largest_number_of_services_and_objects() {
        let services = |number: usize| {
            let lines = (0..number).map(|number| format!("  s{number}: {{ image: a }}\n"));
            format!("services:\n{}", lines.collect::<String>())
        };
        assert_eq!(size(&services(SERVICES)), "");
        assert_eq!(size(&services(SERVICES + 1)), "the Stack has 201 services, more than 200: make several Stacks of it");
        let mounts: Vec<String> = (0..OBJECTS).map(|number| format!("v{number}:/v{number}")).collect();
        let volumes: String = (0..OBJECTS).map(|number| format!("  v{number}: {{}}\n")).collect();
        let claims = format!("services:\n  web: {{ image: a, volumes: ['{}'] }}\nvolumes:\n{volumes}", mounts.join("', '"));
        assert!(size(&claims).contains("objects, more than 1000"), "{}", size(&claims));
    }

    #[test]
    fn a_stack_asks_for_no_more_pods_than_a_limit() {
        let with =
            |replicas: usize| format!("services: {{ web: {{ image: a, deploy: {{ replicas: {replicas} }} }}, api: {{ image: a }} }}\n");
        assert_eq!(size(&with(PODS - 1)), "");
        assert_eq!(size(&with(PODS)), "the Stack has 5001 pods, more than 5000: make several Stacks of it");
    }

    #[test]
    fn a_stack_that_is_stopped_has_no_pods_and_keeps_the_rest() {
        let compose = "services:
  db: { image: 'redis:7', volumes: ['data:/data'], deploy: { replicas: 2 } }
  web: { image: 'nginx:1.27', ports: ['8080:80'] }
  agent: { image: a, deploy: { mode: global } }
volumes: { data: {} }
";
        let names = |spec: Value| desired(spec).objects.into_keys().map(|object| object.to_string()).collect::<Vec<_>>();
        let running = names(json!({ "compose": compose }));
        let stopped = names(json!({ "compose": compose, "state": "Stopped" }));
        let gone: Vec<_> = running.iter().filter(|object| !stopped.contains(object)).collect();
        assert_eq!(gone, ["DaemonSet/agent"]);
        for (object, rendered) in desired(json!({ "compose": compose, "state": "Stopped" })).objects {
            let body: Value = serde_json::from_str(&rendered.body).unwrap();
            let expected = if object.kind.is_workload() { json!(0) } else { Value::Null };
            assert_eq!(body["spec"]["replicas"], expected, "{object}");
        }
    }

    #[test]
    fn every_object_is_the_stacks_by_its_uid_and_no_text_says_otherwise() {
        let compose = "services:
  db:
    image: postgres:17
    environment: { POSTGRES_PASSWORD: example }
    volumes: [data:/var/lib/postgresql/data]
    labels: { windlass.dev/stack: other, windlass.dev/stack-uid: other }
    deploy: { labels: { windlass.dev/stack-uid: other, windlass.dev/hash: other } }
volumes: { data: { labels: { windlass.dev/stack-uid: other } } }
";
        let desired = desired(json!({ "compose": compose }));
        assert!(desired.objects.len() > 2, "{:?}", desired.objects.keys());
        for (object, rendered) in &desired.objects {
            let metadata = serde_json::from_str::<Value>(&rendered.body).unwrap()["metadata"].take();
            assert_eq!((&metadata["labels"]["windlass.dev/stack"], &metadata["namespace"]), (&json!("shop"), &json!("space")), "{object}");
            assert_eq!(metadata["labels"]["windlass.dev/stack-uid"], "u-1", "{object}");
            assert_eq!(metadata["annotations"]["windlass.dev/hash"], rendered.hash.as_str(), "{object}");
            let owners = match object.kind {
                // The garbage collector would take it, and the data with it.
                Kind::PersistentVolumeClaim => Value::Null,
                _ => json!([{ "apiVersion": "windlass.dev/v1alpha1", "kind": "Stack", "name": "shop", "uid": "u-1", "controller": true }]),
            };
            assert_eq!(metadata["ownerReferences"], owners, "{object}");
        }
    }

    #[test]
    fn the_number_of_pods_can_be_overridden_even_to_none() {
        let number = |replicas: i32| {
            let overrides = json!({ "services": { "web": { "replicas": replicas } } });
            let desired = desired(json!({ "compose": "services: { web: { image: nginx, scale: 2 } }", "overrides": overrides }));
            let web = &desired.objects[&ObjectRef::new(Kind::Deployment, "web")];
            serde_json::from_str::<Value>(&web.body).unwrap()["spec"]["replicas"].take()
        };
        assert_eq!((number(3), number(0)), (json!(3), json!(0)));
    }

    #[test]
    fn a_start_may_take_what_the_probes_allow() {
        let seconds = |check: &str| {
            let compose = format!("services: {{ web: {{ image: acme/web, healthcheck: {{ test: [CMD, check]{check} }} }} }}");
            desired(json!({ "compose": compose })).objects[&ObjectRef::new(Kind::Deployment, "web")].start_seconds
        };
        let (slow, usual) = (seconds(", start_period: 2000s"), seconds(""));
        assert!(slow >= 2000 && usual < 2000, "{slow} {usual}");
    }
}
