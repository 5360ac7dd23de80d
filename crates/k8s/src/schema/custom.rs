//! Kinds that custom resource definitions bring: their schemas as they were written, and the rules in them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use windlass_source::SourceMap;
use windlass_yaml::{Budget, Node, Value};

use crate::cel::{Expression, Failure};
use crate::read::{Manifest, read};
use crate::view::{Fields as _, text};

/// The kinds of some definitions, by `apiVersion` and name.
#[derive(Clone, Debug, Default)]
pub struct CustomKinds {
    kinds: BTreeMap<(String, String), CustomKind>,
}

/// A kind that a definition brings.
#[derive(Clone, Debug)]
pub struct CustomKind {
    /// `openAPIV3Schema`.
    pub schema: Node,
    /// False for kinds of the whole cluster.
    pub is_namespaced: bool,
    /// The expressions of its rules, each read once.
    pub(crate) expressions: Expressions,
}

/// Expressions by their texts.
pub(crate) type Expressions = BTreeMap<String, Result<Expression, Failure>>;

impl CustomKinds {
    /// Adds what a manifest defines, if it is a definition. Versions that are not served are left out.
    pub fn add(&mut self, manifest: &Manifest) {
        let root = &manifest.root;
        let is_definition = root.text("kind") == Some("CustomResourceDefinition")
            && root.text("apiVersion").is_some_and(|version| version.starts_with("apiextensions.k8s.io/"));
        let Some(spec) = root.field("spec").filter(|_| is_definition) else { return };
        let (Some(group), Some(kind)) = (spec.text("group"), spec.at(&["names"]).and_then(|names| names.text("kind"))) else { return };
        let is_namespaced = spec.text("scope") == Some("Namespaced");
        for version in spec.items("versions") {
            let (Some(name), Some(schema)) = (version.text("name"), version.at(&["schema", "openAPIV3Schema"])) else { continue };
            if version.flag("served") == Some(false) {
                continue;
            }
            let mut expressions = Expressions::new();
            collect(schema, &mut expressions);
            self.kinds
                .insert((format!("{group}/{name}"), kind.to_owned()), CustomKind { schema: schema.clone(), is_namespaced, expressions });
        }
    }

    /// The kind of that name.
    pub fn get(&self, api_version: &str, kind: &str) -> Option<&CustomKind> {
        // There are few, and most runs have none.
        if self.kinds.is_empty() {
            return None;
        }
        self.kinds.get(&(api_version.to_owned(), kind.to_owned()))
    }
}

/// What is known of a kind that Windlass writes and Kubernetes has not: a part of its schema, as in `written.yaml`.
pub(crate) fn written(api_version: &str, kind: &str) -> Option<&'static CustomKind> {
    static WRITTEN: LazyLock<CustomKinds> = LazyLock::new(|| {
        let text = include_str!("written.yaml");
        let file = SourceMap::new().add("written.yaml", "");
        let mut kinds = CustomKinds::default();
        read(file, text, &Budget::default()).objects.iter().for_each(|manifest| kinds.add(manifest));
        kinds
    });
    WRITTEN.get(api_version, kind)
}

/// Reads the expressions of every rule in a schema.
fn collect(schema: &Node, expressions: &mut Expressions) {
    match &schema.value {
        Value::Map(map) => {
            for rule in schema.items("x-kubernetes-validations") {
                for source in ["rule", "messageExpression"].iter().filter_map(|field| rule.text(field)) {
                    expressions.entry(source.to_owned()).or_insert_with(|| Expression::parse(source));
                }
            }
            map.iter().filter(|(key, _)| key.as_str() != "default").for_each(|(_, inner)| collect(inner, expressions));
        }
        Value::Sequence(items) => items.iter().filter(|item| text(item).is_none()).for_each(|item| collect(item, expressions)),
        _ => {}
    }
}
