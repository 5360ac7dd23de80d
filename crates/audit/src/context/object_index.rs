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
    /// Services by namespace, and by the first label of their selectors with its value.
    services: BTreeMap<[SmolStr; 3], Vec<usize>>,
    /// Accounts that have rights, by namespace and name; a subject without namespace may be of any.
    bound: BTreeSet<[SmolStr; 2]>,
    relations: Vec<Vec<Finding>>,
}

impl ObjectIndex {
    pub(crate) fn new(entries: &[ManifestEntry]) -> Self {
        let objects: Vec<Object<'_>> = entries.iter().map(ManifestEntry::object).collect();
        let mut index = Self { relations: relations(&objects), ..Self::default() };
        for (at, object) in objects.iter().enumerate() {
            let namespace = object.namespace().unwrap_or("default");
            index.by_name.entry([namespace, object.kind(), object.name()].map(SmolStr::from)).or_insert(at);
            match object.kind() {
                "Service" => {
                    let selector = object.root.at(&["spec", "selector"]).and_then(Node::as_map);
                    if let Some((key, value)) = selector.and_then(|map| map.iter().next()) {
                        let place = [namespace, &key.name, text(value).unwrap_or_default()].map(SmolStr::from);
                        index.services.entry(place).or_default().push(at);
                    }
                }
                "RoleBinding" | "ClusterRoleBinding" => {
                    for subject in object.root.items("subjects").iter().filter(|subject| subject.text("kind") == Some("ServiceAccount")) {
                        let namespace = subject.text("namespace").unwrap_or_default();
                        index.bound.insert([namespace, subject.text("name").unwrap_or_default()].map(SmolStr::from));
                    }
                }
                _ => {}
            }
        }
        index
    }

    /// The object of a kind and name in a namespace.
    pub(crate) fn named(&self, namespace: &str, kind: &str, name: &str) -> Option<usize> {
        self.by_name.get(&[namespace, kind, name].map(SmolStr::from)).copied()
    }

    /// Services of a namespace whose selectors begin with this label.
    pub(crate) fn services(&self, namespace: &str, key: &str, value: &str) -> impl Iterator<Item = usize> {
        self.services.get(&[namespace, key, value].map(SmolStr::from)).into_iter().flatten().copied()
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
