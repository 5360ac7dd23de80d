//! Manifests of Kubernetes: the objects, those that make pods, and their containers.

use std::ops::Deref;

use smol_str::{SmolStr, format_smolstr};
use windlass_k8s::read::Manifest;
use windlass_k8s::validation::{Finding as Relation, Object};
use windlass_k8s::view::{self, ContainerKind, Fields as _, Workload, text};
use windlass_source::{FileId, Span};
use windlass_yaml::Node;

use super::{Context, ObjectIndex};

/// An object as the context keeps it.
#[derive(Debug)]
pub(crate) struct ManifestEntry {
    pub(crate) file: FileId,
    pub(crate) manifest: Manifest,
    /// Looked at more often than anything else.
    pub(crate) kind: SmolStr,
    /// `Deployment/web`.
    pub(crate) reference: SmolStr,
}

impl ManifestEntry {
    pub(crate) fn new(file: FileId, manifest: Manifest) -> Self {
        let object = Object { file, root: &manifest.root };
        let reference = format_smolstr!("{}/{}", object.kind(), object.name());
        let kind = object.kind().into();
        Self { file, manifest, kind, reference }
    }

    pub(crate) fn object(&self) -> Object<'_> {
        Object { file: self.file, root: &self.manifest.root }
    }
}

/// An object.
#[derive(Clone, Copy, Debug)]
pub struct ObjectContext<'a> {
    context: &'a Context,
    index: usize,
}

/// An object that is a pod or makes pods; derefs to its view.
#[derive(Clone, Copy, Debug)]
pub struct WorkloadContext<'a> {
    object: ObjectContext<'a>,
    workload: Workload<'a>,
}

/// A container of such an object.
#[derive(Clone, Copy, Debug)]
pub struct ContainerContext<'a> {
    workload: WorkloadContext<'a>,
    container: view::Container<'a>,
}

impl<'a> ObjectContext<'a> {
    pub(super) fn new(context: &'a Context, index: usize) -> Self {
        Self { context, index }
    }

    fn entry(&self) -> &'a ManifestEntry {
        &self.context.manifests[self.index]
    }

    fn object(&self) -> Object<'a> {
        self.entry().object()
    }

    /// Its tree.
    pub fn root(&self) -> &'a Node {
        &self.entry().manifest.root
    }

    /// `kind`.
    pub fn kind(&self) -> &'a str {
        &self.entry().kind
    }

    /// `apiVersion`.
    pub fn api_version(&self) -> &'a str {
        self.object().api_version()
    }

    /// `metadata.name`, or the beginning of a name that the server makes.
    pub fn name(&self) -> &'a str {
        self.object().name()
    }

    /// The namespace that it stands in; `default` where it names none.
    pub fn namespace(&self) -> &'a str {
        self.object().namespace().unwrap_or("default")
    }

    /// `Deployment/web`.
    pub fn reference(&self) -> &'a SmolStr {
        &self.entry().reference
    }

    /// Where something is shown that is missing from the whole object: its name, or its first line.
    pub fn name_span(&self) -> Option<Span> {
        self.root().at(&["metadata", "name"]).and_then(Node::span).or(self.root().span())
    }

    /// The pods that it makes, if it makes any.
    pub fn workload(&self) -> Option<WorkloadContext<'a>> {
        Some(WorkloadContext { object: *self, workload: Workload::of(self.root())? })
    }

    /// The objects of the manifests by what they are to each other.
    pub fn others(&self) -> &'a ObjectIndex {
        self.context.object_index()
    }

    /// What does not fit the other objects, by one rule.
    pub fn relations(&self, rule: &'static str) -> impl Iterator<Item = &'a Relation> {
        self.others().relations(self.index).iter().filter(move |relation| relation.rule == rule)
    }
}

impl<'a> WorkloadContext<'a> {
    /// The object that makes the pods.
    pub fn object(&self) -> ObjectContext<'a> {
        self.object
    }

    /// Where something is shown that is missing from the pod: the key of its `spec`.
    pub fn pod_span(&self) -> Option<Span> {
        self.workload.template.as_map().and_then(|map| map.get_entry("spec")).and_then(|(key, _)| key.span).or(self.object.name_span())
    }

    /// Its containers, init containers first.
    pub fn containers(&self) -> impl Iterator<Item = ContainerContext<'a>> {
        let workload = *self;
        self.workload.containers().map(move |container| ContainerContext { workload, container })
    }
}

impl<'a> Deref for WorkloadContext<'a> {
    type Target = Workload<'a>;

    fn deref(&self) -> &Workload<'a> {
        &self.workload
    }
}

impl<'a> ContainerContext<'a> {
    /// The workload that it belongs to.
    pub fn workload(&self) -> WorkloadContext<'a> {
        self.workload
    }

    /// Its name.
    pub fn name(&self) -> &'a str {
        self.container.name()
    }

    /// Its fields.
    pub fn node(&self) -> &'a Node {
        self.container.node
    }

    /// Where something is shown that is missing from it: its name, or its first line.
    pub fn name_span(&self) -> Option<Span> {
        self.node().field("name").and_then(Node::span).or(self.node().span())
    }

    /// True for one of `containers` and for sidecars: it runs as long as its pod.
    pub fn is_long_running(&self) -> bool {
        matches!(self.container.kind, ContainerKind::Main | ContainerKind::Sidecar)
    }

    /// True when the pod never ends by itself and this container is one of those that do its work.
    pub fn serves(&self) -> bool {
        self.container.kind == ContainerKind::Main && !self.workload.runs_to_completion()
    }

    /// A setting of the security context: the container's own, else the pod's.
    pub fn security(&self, name: &str) -> Option<&'a Node> {
        let own = self.node().at(&["securityContext", name]);
        own.or_else(|| self.workload.pod.at(&["securityContext", name]))
    }

    /// `resources.LIST.NAME`.
    pub fn resource(&self, list: &str, name: &str) -> Option<&'a Node> {
        self.node().at(&["resources", list, name])
    }
}

impl<'a> ObjectContext<'a> {
    /// The rules of a Role or ClusterRole; none for other kinds.
    pub fn role_rules(&self) -> &'a [Node] {
        if matches!(self.kind(), "Role" | "ClusterRole") { self.root().items("rules") } else { &[] }
    }
}

impl<'a> WorkloadContext<'a> {
    /// The Services of the manifests that select its pods.
    pub fn services(&self) -> impl Iterator<Item = ObjectContext<'a>> {
        let (context, workload) = (self.object.context, self.workload);
        let candidates = workload.labels().flat_map(|(key, value)| self.object.others().services(self.object.namespace(), key, value));
        let mut candidates: Vec<usize> = candidates.collect();
        candidates.sort_unstable();
        candidates.dedup();
        let selects = move |service: &ObjectContext<'_>| {
            let selector = service.root().at(&["spec", "selector"]).and_then(Node::as_map);
            selector.is_some_and(|map| map.iter().all(|(key, value)| workload.label(&key.name) == text(value)))
        };
        candidates.into_iter().map(move |index| ObjectContext::new(context, index)).filter(selects)
    }

    /// The ServiceAccount that its pods run as, `Some(None)` where it is not among the manifests. `None` when the account has rights by a
    /// binding of the manifests: then its token is for something.
    pub fn account(&self) -> Option<Option<&'a Node>> {
        let name = self.pod.text("serviceAccountName").unwrap_or("default");
        let (context, others) = (self.object.context, self.object.others());
        if others.is_bound(self.object.namespace(), name) {
            return None;
        }
        let account = others.named(self.object.namespace(), "ServiceAccount", name);
        Some(account.map(|index| ObjectContext::new(context, index).root()))
    }
}

/// True when a list of a role's rule holds one of `names`; without names, when it holds anything.
pub fn lists(rule: &Node, list: &str, names: &[&str]) -> bool {
    let items = rule.items(list);
    if names.is_empty() { !items.is_empty() } else { items.iter().filter_map(text).any(|item| names.contains(&item)) }
}
