//! Manifests of Kubernetes: the objects, those that make pods, and their containers.

use std::ops::Deref;

use smol_str::{SmolStr, format_smolstr};
use windlass_images::{Image, Reference, catalogue};
use windlass_k8s::read::Manifest;
use windlass_k8s::validation::{Finding as Relation, Object};
use windlass_k8s::validity::selector_matches;
use windlass_k8s::view::{self, ContainerKind, Fields as _, Workload, text};
use windlass_source::{FileId, Span};
use windlass_yaml::Node;

use super::object_index::selector;
use super::{Context, ObjectIndex, Role, role};

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

    /// The object of a kind and name in its namespace.
    pub fn neighbour(&self, kind: &str, name: &str) -> Option<Self> {
        self.others().named(self.namespace(), kind, name).map(|index| Self::new(self.context, index))
    }

    /// Other Services of its namespace with the same selector, those that stand before it in its directory: variants of a stack stand in
    /// directories of their own.
    pub fn twins(&self) -> impl Iterator<Item = Self> {
        let (context, own) = (self.context, self.index);
        let directory = |index: usize| {
            let name = context.sources().file(context.manifests[index].file).name();
            name.rsplit_once('/').map_or("", |(directory, _)| directory)
        };
        let selector = selector(self.kind(), self.root()).filter(|_| self.kind() == "Service");
        let same = selector.map(|selector| self.others().with_selector(self.namespace(), selector)).unwrap_or_default();
        let before = same.iter().copied().take_while(move |index| *index < own);
        before.filter(move |index| directory(*index) == directory(own)).map(move |index| Self::new(context, index))
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

    /// The image that it runs, where its name is one.
    pub fn image(&self) -> Option<Reference> {
        Reference::parse(self.node().text("image")?).ok()
    }

    /// What the catalogue knows of that image.
    pub fn image_entry(&self) -> Option<&'static Image> {
        catalogue::find(&self.image()?)
    }

    /// What its image is for; `None` where the image does not say, or something else is started in it.
    pub fn role(&self) -> Option<Role> {
        let image = self.image_entry()?;
        let words = |list: &str| self.node().items(list).iter().filter_map(text);
        let command: Vec<&str> = words("command").chain(words("args")).collect();
        image.is_server_command(&command).then(|| role::catalogued(image))?
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
        self.selected_by("Service")
    }

    /// The objects of a kind, `Service`, `NetworkPolicy` or `PodDisruptionBudget`, that select its pods.
    pub fn selected_by(&self, kind: &'static str) -> impl Iterator<Item = ObjectContext<'a>> {
        let (context, workload) = (self.object.context, self.workload);
        let (others, namespace) = (self.object.others(), self.object.namespace());
        let mut candidates: Vec<usize> = others.selecting(kind, namespace, "", "").collect();
        candidates.extend(workload.labels().flat_map(|(key, value)| others.selecting(kind, namespace, key, value)));
        candidates.sort_unstable();
        candidates.dedup();
        let labels = workload.template.at(&["metadata", "labels"]);
        let selects = move |object: &ObjectContext<'_>| match (kind, selector(kind, object.root())) {
            ("Service", Some(selector)) => selector
                .as_map()
                .is_some_and(|map| !map.is_empty() && map.iter().all(|(key, value)| workload.label(key.name()) == text(value))),
            ("Service", None) => false,
            (_, Some(selector)) => selector_matches(selector, labels),
            // A policy without a selector holds for all pods.
            (_, None) => kind == "NetworkPolicy",
        };
        candidates.into_iter().map(move |index| ObjectContext::new(context, index)).filter(selects)
    }

    /// The autoscaler of the manifests that counts its pods.
    pub fn autoscaler(&self) -> Option<ObjectContext<'a>> {
        let index = self.object.others().scaling(self.object.namespace(), self.object.kind(), self.object.name())?;
        Some(ObjectContext::new(self.object.context, index))
    }

    /// How many pods there are at least: what its autoscaler keeps, else what it asks for. `None` for kinds without replicas.
    pub fn least_replicas(&self) -> Option<i64> {
        let asked = self.workload.replicas()?;
        let kept = |scaler: ObjectContext<'a>| scaler.root().field("spec").and_then(|spec| spec.int("minReplicas")).unwrap_or(1);
        Some(self.autoscaler().map_or(asked, kept))
    }

    /// True when its pods have a claim, or run a datastore: two of them are not twice the same.
    pub fn keeps_data(&self) -> bool {
        let claims = self.object.root().field("spec").is_some_and(|spec| !spec.items("volumeClaimTemplates").is_empty());
        let is_claim = |volume: &Node| volume.field("persistentVolumeClaim").is_some() || volume.field("hostPath").is_some();
        claims
            || self.pod.items("volumes").iter().any(is_claim)
            || self.containers().any(|container| container.role().is_some_and(Role::is_datastore))
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
