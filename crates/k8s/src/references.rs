//! Whether the objects fit each other: what one names, another is. Whether the API server accepts an object alone is not here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::core::v1::{ConfigMap, Container, Secret};
use k8s_openapi::api::rbac::v1::{Role, RoleBinding};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde_json::Value;
use windlass_yaml::Path;

use crate::kind::Kind;
use crate::object::{Object, ObjectRef};
use crate::objects::Objects;
use crate::resource::Resource;

mod network;
mod pod;
mod waits;

/// A reference that leads nowhere, or a name that stands twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dangling {
    /// The object that refers.
    pub object: ObjectRef,
    /// The field that refers.
    pub path: Path,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// No such object, here or declared external.
    MissingObject(ObjectRef),
    /// The ConfigMap or Secret has no such key.
    MissingKey(ObjectRef, String),
    /// The selector matches no pod template.
    NoPods,
    /// A workload's selector does not match its own pods.
    OtherPods,
    /// The pods or the Service have no such port.
    MissingPort(String),
    /// The pod has no such volume.
    MissingVolume(String),
    /// No container mounts the volume.
    UnmountedVolume(String),
    /// The name, port or path stands twice where it must stand once.
    Duplicate(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingObject(object) => write!(formatter, "no object `{object}`"),
            Self::MissingKey(object, key) => write!(formatter, "`{object}` has no key `{key}`"),
            Self::NoPods => formatter.write_str("the selector matches no pods"),
            Self::OtherPods => formatter.write_str("the selector does not match the pods of the template"),
            Self::MissingPort(port) => write!(formatter, "no port `{port}`"),
            Self::MissingVolume(name) => write!(formatter, "the pod has no volume `{name}`"),
            Self::UnmountedVolume(name) => write!(formatter, "no container mounts the volume `{name}`"),
            Self::Duplicate(what) => write!(formatter, "`{what}` stands twice"),
        }
    }
}

impl fmt::Display for Dangling {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}: {}", self.object, self.path, self.problem)
    }
}

/// Everything in `objects` that refers to nothing, in the order of the objects.
pub fn check_references(objects: &Objects) -> Vec<Dangling> {
    let mut context = Context::new(objects);
    for object in objects {
        context.object = Some(object);
        match &object.resource {
            Resource::Service(service) => network::check_service(service, &mut context),
            Resource::Ingress(ingress) => network::check_ingress(ingress, &mut context),
            Resource::NetworkPolicy(policy) => network::check_policy(policy, &mut context),
            Resource::PodDisruptionBudget(budget) => network::check_budget(budget, &mut context),
            Resource::HorizontalPodAutoscaler(scaler) => check_scaler(scaler, &mut context),
            Resource::Role(role) => check_role(role, &mut context),
            Resource::RoleBinding(binding) => check_binding(binding, &mut context),
            Resource::StatefulSet(set) => {
                if let Some(service) = set.spec.as_ref().and_then(|spec| spec.service_name.as_deref()) {
                    context.require(Kind::Service, service, || spec_path().key("serviceName"));
                }
            }
            Resource::Custom(custom) if custom.kind == Kind::HttpRoute => network::check_route(custom, &mut context),
            _ => {}
        }
        if let Some(template) = object.resource.pod_template() {
            pod::check(object, template, &mut context);
            waits::check(object, &mut context);
        }
    }
    context.found
}

/// A field of an object, on the way to which no text is made until somebody asks: of what fits, nobody does.
#[derive(Clone, Default)]
struct Place {
    base: Path,
    steps: [Option<Step>; Place::MOST],
    count: usize,
}

#[derive(Clone, Copy)]
enum Step {
    Key(&'static str),
    Index(usize),
}

impl Place {
    /// Steps behind the base: `containers[0].env[1].valueFrom.secretKeyRef.name`, and one to spare.
    const MOST: usize = 8;

    fn at(base: Path) -> Self {
        Self { base, ..Self::default() }
    }

    fn key(&self, key: &'static str) -> Self {
        self.then(Step::Key(key))
    }

    fn index(&self, index: usize) -> Self {
        self.then(Step::Index(index))
    }

    fn then(&self, step: Step) -> Self {
        let mut place = self.clone();
        if place.count == Self::MOST {
            place = Self::at(place.path());
        }
        place.steps[place.count] = Some(step);
        place.count += 1;
        place
    }

    fn path(&self) -> Path {
        self.steps.iter().flatten().fold(self.base.clone(), |path, step| match step {
            Step::Key(key) => path.key(key),
            Step::Index(index) => path.index(*index),
        })
    }
}

/// What the checks look things up in, and what they have found.
struct Context<'a> {
    objects: &'a Objects,
    pods: Vec<Pods<'a>>,
    /// Which of `pods` have a label, so that a selector looks at few of ten thousand.
    by_label: BTreeMap<(&'a str, &'a str), Vec<usize>>,
    /// Secrets that a controller makes from another object.
    made_secrets: BTreeMap<&'a str, &'a Object>,
    object: Option<&'a Object>,
    found: Vec<Dangling>,
}

/// The pods of one workload.
struct Pods<'a> {
    labels: &'a BTreeMap<String, String>,
    resource: &'a Resource,
}

impl<'a> Pods<'a> {
    /// The containers that run beside each other: init containers only when they stay (`restartPolicy: Always`).
    fn running(&self) -> impl Iterator<Item = &'a Container> + use<'a> {
        let stays = |container: &&Container| container.restart_policy.as_deref() == Some("Always");
        self.resource.containers().iter().chain(self.resource.init_containers().iter().filter(stays))
    }
}

impl<'a> Context<'a> {
    fn new(objects: &'a Objects) -> Self {
        let mut context =
            Self { objects, pods: Vec::new(), by_label: BTreeMap::new(), made_secrets: BTreeMap::new(), object: None, found: Vec::new() };
        for object in objects.workloads() {
            let template = object.resource.pod_template();
            let Some(labels) = template.and_then(|template| template.metadata.as_ref()?.labels.as_ref()) else { continue };
            for (key, value) in labels {
                context.by_label.entry((key, value)).or_default().push(context.pods.len());
            }
            context.pods.push(Pods { labels, resource: &object.resource });
        }
        for kind in [Kind::ExternalSecret, Kind::SealedSecret] {
            for object in objects.of_kind(kind) {
                let Resource::Custom(custom) = &object.resource else { continue };
                let target = custom.body.get("spec").and_then(|spec| spec.pointer("/target/name")).and_then(Value::as_str);
                context.made_secrets.insert(target.unwrap_or_else(|| object.name()), object);
            }
        }
        context
    }

    fn report(&mut self, path: Place, problem: Problem) {
        if let Some(object) = self.object {
            self.found.push(Dangling { object: object.reference(), path: path.path(), problem });
        }
    }

    fn exists(&self, kind: Kind, name: &str) -> bool {
        self.objects.contains(kind, name)
            || self.objects.is_external(&ObjectRef::new(kind, name))
            || (kind == Kind::Secret && self.made_secrets.contains_key(name))
    }

    /// Reports when there is no such object; true when there is one.
    fn require(&mut self, kind: Kind, name: &str, path: impl FnOnce() -> Place) -> bool {
        let exists = self.exists(kind, name);
        if !exists {
            self.report(path(), Problem::MissingObject(ObjectRef::new(kind, name)));
        }
        exists
    }

    /// Reports when a ConfigMap or Secret has no such key. Keys of objects that are made elsewhere are not known.
    fn require_key(&mut self, kind: Kind, name: &str, key: &str, path: impl FnOnce() -> Place) {
        let has_key = match kind {
            Kind::ConfigMap => self.objects.typed::<ConfigMap>(name).is_none_or(|map| {
                map.data.as_ref().is_some_and(|data| data.contains_key(key))
                    || map.binary_data.as_ref().is_some_and(|data| data.contains_key(key))
            }),
            Kind::Secret => self.objects.typed::<Secret>(name).is_none_or(|secret| {
                secret.data.as_ref().is_some_and(|data| data.contains_key(key))
                    || secret.string_data.as_ref().is_some_and(|data| data.contains_key(key))
            }),
            _ => true,
        };
        if !has_key {
            self.report(path(), Problem::MissingKey(ObjectRef::new(kind, name), key.to_owned()));
        }
    }

    /// The pods that have all of these labels, as they are asked for: most questions end at the first.
    fn with_labels<'b>(&'b self, labels: &'b BTreeMap<String, String>) -> impl Iterator<Item = &'b Pods<'a>> {
        let lists = labels.iter().map(|(key, value)| self.by_label.get(&(key.as_str(), value.as_str())));
        let fewest = lists.map(|list| list.map_or(&[][..], Vec::as_slice)).min_by_key(|list| list.len());
        let all = if fewest.is_none() { 0..self.pods.len() } else { 0..0 };
        let candidates = all.chain(fewest.unwrap_or_default().iter().copied()).map(|pods| &self.pods[pods]);
        candidates.filter(|pods| crate::labels::selects(labels, pods.labels))
    }

    /// True when a selector matches any pods; an empty selector matches all.
    fn selects_any(&self, selector: &LabelSelector) -> bool {
        const NONE: &BTreeMap<String, String> = &BTreeMap::new();
        self.with_labels(selector.match_labels.as_ref().unwrap_or(NONE)).any(|pods| matches(selector, pods.labels))
    }
}

/// True when the labels satisfy a selector.
fn matches(selector: &LabelSelector, labels: &BTreeMap<String, String>) -> bool {
    selector.match_labels.as_ref().is_none_or(|wanted| crate::labels::selects(wanted, labels))
        && selector.match_expressions.iter().flatten().all(|expression| {
            let value = labels.get(&expression.key);
            let is_listed = value.is_some_and(|value| expression.values.iter().flatten().any(|listed| listed == value));
            match expression.operator.as_str() {
                "In" => is_listed,
                "NotIn" => !is_listed,
                "Exists" => value.is_some(),
                "DoesNotExist" => value.is_none(),
                _ => false,
            }
        })
}

/// `spec`.
fn spec_path() -> Place {
    Place::default().key("spec")
}

/// A path of literal steps under `from`.
fn steps(from: &Place, keys: &[&'static str]) -> Place {
    keys.iter().fold(from.clone(), |path, key| path.key(key))
}

/// Reports each value that came before.
fn unique<T: Ord + fmt::Display>(seen: &mut BTreeSet<T>, value: T, path: impl FnOnce() -> Place, context: &mut Context<'_>) {
    if let Some(earlier) = seen.replace(value) {
        context.report(path(), Problem::Duplicate(earlier.to_string()));
    }
}

fn check_scaler(scaler: &HorizontalPodAutoscaler, context: &mut Context<'_>) {
    let target = &scaler.spec.scale_target_ref;
    if let Some(kind) = Kind::parse(&target.kind) {
        context.require(kind, &target.name, || spec_path().key("scaleTargetRef"));
    }
}

fn check_role(role: &Role, context: &mut Context<'_>) {
    for (at, rule) in role.rules.iter().flatten().enumerate() {
        let path = Place::default().key("rules").index(at).key("resourceNames");
        // `jobs/status` is a part of `jobs`.
        let resources = rule.resources.iter().flatten().filter_map(|resource| resource.split('/').next());
        let kinds: BTreeSet<Kind> = resources.filter_map(kind_of_resource).collect();
        for kind in kinds {
            for (name_at, name) in rule.resource_names.iter().flatten().enumerate() {
                context.require(kind, name, || path.index(name_at));
            }
        }
    }
}

/// The kind behind a resource's plural name.
fn kind_of_resource(plural: &str) -> Option<Kind> {
    Kind::ALL.into_iter().filter(|kind| !kind.is_custom()).find(|kind| {
        let name = kind.as_str().to_ascii_lowercase();
        match name.strip_suffix('y') {
            Some(stem) => plural.strip_suffix("ies") == Some(stem),
            None if name.ends_with('s') => plural.strip_suffix("es") == Some(&name),
            None => plural.strip_suffix('s') == Some(&name),
        }
    })
}

fn check_binding(binding: &RoleBinding, context: &mut Context<'_>) {
    if let Some(kind) = Kind::parse(&binding.role_ref.kind) {
        context.require(kind, &binding.role_ref.name, || Place::default().key("roleRef").key("name"));
    }
    let namespace = binding.metadata.namespace.as_deref();
    for (at, subject) in binding.subjects.iter().flatten().enumerate() {
        let is_here = subject.namespace.is_none() || namespace.is_none() || subject.namespace.as_deref() == namespace;
        if subject.kind == "ServiceAccount" && is_here {
            context.require(Kind::ServiceAccount, &subject.name, || Place::default().key("subjects").index(at).key("name"));
        }
    }
}

#[cfg(test)]
mod tests;
