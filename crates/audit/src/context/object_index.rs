//! The objects of the manifests by what rules ask of them: which Services select a label, who is bound to a role, what an object lacks.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;
use windlass_k8s::validation::{Finding, Object, relations};
use windlass_k8s::view::{Fields as _, text};
use windlass_yaml::Node;

use super::manifest::ManifestEntry;

/// Objects by number, in the order of the context.
#[derive(Debug, Default)]
pub struct ObjectIndex {
    /// By namespace, kind and name.
    by_name: BTreeMap<[SmolStr; 3], usize>,
    /// What selects pods, by kind and namespace, and by the label of its selector, with its value, that the fewest others name; without
    /// one, by two empty texts.
    selecting: BTreeMap<[SmolStr; 4], Vec<usize>>,
    /// Services by their whole selector, behind the namespace.
    by_selector: BTreeMap<String, Vec<usize>>,
    /// Autoscalers by the namespace, kind and name of what they scale.
    scaling: BTreeMap<[SmolStr; 3], usize>,
    /// Accounts that have rights, by namespace and name; a subject without namespace may be of any.
    bound: BTreeSet<[SmolStr; 2]>,
    relations: Vec<Vec<Finding>>,
}

/// The selector of an object that selects pods: of a Service a map of labels, else a selector with expressions.
pub(crate) fn selector<'a>(kind: &str, root: &'a Node) -> Option<&'a Node> {
    let spec = root.field("spec")?;
    spec.field(if kind == "NetworkPolicy" { "podSelector" } else { "selector" })
}

/// How many selectors of a kind and namespace name a label with its value.
type Uses<'a> = BTreeMap<[&'a str; 4], usize>;

/// The labels with their values that an object's selector wants; of kinds that select no pods, and of expressions, none.
fn wanted<'a>(kind: &str, root: &'a Node) -> impl Iterator<Item = (&'a str, &'a str)> {
    let labels = match kind {
        "Service" => selector(kind, root),
        "NetworkPolicy" | "PodDisruptionBudget" => selector(kind, root).and_then(|selector| selector.field("matchLabels")),
        _ => None,
    };
    let labels = labels.and_then(Node::as_map).into_iter().flat_map(|map| map.iter());
    labels.map(|(key, value)| (key.as_str(), text(value).unwrap_or_default()))
}

impl ObjectIndex {
    pub(crate) fn new(entries: &[ManifestEntry]) -> Self {
        let objects: Vec<Object<'_>> = entries.iter().map(ManifestEntry::object).collect();
        let mut index = Self { relations: relations(&objects), ..Self::default() };
        let mut uses = Uses::new();
        for (entry, object) in entries.iter().zip(&objects) {
            for (key, value) in wanted(&entry.kind, object.root) {
                *uses.entry([&entry.kind, object.namespace().unwrap_or("default"), key, value]).or_default() += 1;
            }
        }
        for (at, (entry, object)) in entries.iter().zip(&objects).enumerate() {
            index.add(at, &entry.kind, *object, &uses);
        }
        index
    }

    fn add(&mut self, at: usize, kind: &str, object: Object<'_>, uses: &Uses<'_>) {
        let namespace = object.namespace().unwrap_or("default");
        self.by_name.entry([namespace, kind, object.name()].map(SmolStr::from)).or_insert(at);
        match kind {
            "Service" | "NetworkPolicy" | "PodDisruptionBudget" => {
                let rarest = wanted(kind, object.root).min_by_key(|(key, value)| uses.get(&[kind, namespace, key, value]));
                let (key, value) = rarest.unwrap_or_default();
                self.selecting.entry([kind, namespace, key, value].map(SmolStr::from)).or_default().push(at);
                if let Some(labels) = selector(kind, object.root).filter(|_| kind == "Service") {
                    self.by_selector.entry(written(namespace, labels)).or_default().push(at);
                }
            }
            "HorizontalPodAutoscaler" => {
                let target = object.root.at(&["spec", "scaleTargetRef"]);
                let part = |name: &str| target.and_then(|target| target.text(name)).unwrap_or_default();
                self.scaling.entry([namespace, part("kind"), part("name")].map(SmolStr::from)).or_insert(at);
            }
            "RoleBinding" | "ClusterRoleBinding" => {
                for subject in object.root.items("subjects").iter().filter(|subject| subject.text("kind") == Some("ServiceAccount")) {
                    let namespace = subject.text("namespace").unwrap_or_default();
                    self.bound.insert([namespace, subject.text("name").unwrap_or_default()].map(SmolStr::from));
                }
            }
            _ => {}
        }
    }

    /// The object of a kind and name in a namespace.
    pub(crate) fn named(&self, namespace: &str, kind: &str, name: &str) -> Option<usize> {
        self.by_name.get(&[namespace, kind, name].map(SmolStr::from)).copied()
    }

    /// True when a namespace has an object of the kind.
    pub fn has_any(&self, namespace: &str, kind: &str) -> bool {
        let next = self.by_name.range([namespace, kind, ""].map(SmolStr::from)..).next();
        next.is_some_and(|([of, other, _], _)| of == namespace && other == kind)
    }

    /// Objects of a kind and namespace that are kept under this label of their selectors; with two empty texts, those that name none.
    pub(crate) fn selecting(&self, kind: &str, namespace: &str, key: &str, value: &str) -> impl Iterator<Item = usize> {
        self.selecting.get(&[kind, namespace, key, value].map(SmolStr::from)).into_iter().flatten().copied()
    }

    /// The Services of a namespace with exactly this selector.
    pub(crate) fn with_selector(&self, namespace: &str, selector: &Node) -> &[usize] {
        self.by_selector.get(&written(namespace, selector)).map(Vec::as_slice).unwrap_or_default()
    }

    /// The autoscaler of an object.
    pub(crate) fn scaling(&self, namespace: &str, kind: &str, name: &str) -> Option<usize> {
        self.scaling.get(&[namespace, kind, name].map(SmolStr::from)).copied()
    }

    /// True when a binding gives rights to an account.
    pub(crate) fn is_bound(&self, namespace: &str, account: &str) -> bool {
        ["", namespace].iter().any(|namespace| self.bound.contains(&[*namespace, account].map(SmolStr::from)))
    }

    /// What does not fit, of an object.
    pub(crate) fn relations(&self, object: usize) -> &[Finding] {
        self.relations.get(object).map(Vec::as_slice).unwrap_or_default()
    }
}

/// A map of labels as a text that is the same for the same labels; no name of a namespace or a label has a space.
fn written(namespace: &str, labels: &Node) -> String {
    let mut labels: Vec<String> = labels
        .as_map()
        .into_iter()
        .flat_map(|map| map.iter())
        .map(|(key, value)| format!("{}={}", key.as_str(), text(value).unwrap_or_default()))
        .collect();
    labels.sort_unstable();
    format!("{namespace} {}", labels.join(" "))
}
