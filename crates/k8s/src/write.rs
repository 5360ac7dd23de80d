//! Objects → text, in one canonical form: apiVersion, kind, metadata first, then the fields in Kubernetes' own order, `name` (and a
//! container's `image` and `command`) first in each. What says nothing is left out: null, `status`, `creationTimestamp`, and empty maps and
//! lists where they mean the same as none. Which files the texts go to is not here (room `emit`).
//!
//! The form is made as a [`tree`], in the one walk that takes the typed value apart; texts and checks are made of such trees.

use std::borrow::Cow;
use std::cell::Cell;

use serde::ser::{Serialize, Serializer};
use windlass_source::{Origin, SourceMap};
use windlass_yaml::{Node, Path, Remark, Style, Writer};

use crate::object::{Object, Origins};
use crate::resource::Resource;
#[cfg(doc)]
use crate::schema::Version;

mod fields;
mod tree;

/// A resource in canonical form, for any serialiser.
#[derive(Clone, Copy, Debug)]
pub struct Canonical<'a>(pub &'a Resource);

impl Serialize for Canonical<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        tree(self.0).serialize(serializer)
    }
}

/// Objects as a stream of YAML documents with `---` between them. With `provenance`, which holds the files that the origins point
/// into, each document and field says where it came from: `image: nginx:1.27 # compose.yaml:4`.
pub fn yaml<'a>(objects: impl IntoIterator<Item = &'a Object>, provenance: Option<&SourceMap>) -> String {
    documents(objects.into_iter().map(|object| (object, Cow::Owned(tree(&object.resource)))), provenance)
}

/// As [`yaml`], for one object whose [`tree`] is there already.
pub fn document(object: &Object, tree: &Node, provenance: Option<&SourceMap>) -> String {
    documents([(object, Cow::Borrowed(tree))], provenance)
}

fn documents<'a>(objects: impl IntoIterator<Item = (&'a Object, Cow<'a, Node>)>, provenance: Option<&SourceMap>) -> String {
    let Some(sources) = provenance else {
        return write_documents(objects, Writer::new(Style::Kubernetes), |_| {});
    };
    let current = Cell::new(None);
    let remarks = |path: &Path| current.get().and_then(|origins| remark(path, origins, sources));
    write_documents(objects, Writer::with_remarks(Style::Kubernetes, &remarks), |object| current.set(Some(&object.origins)))
}

fn write_documents<'a>(
    objects: impl IntoIterator<Item = (&'a Object, Cow<'a, Node>)>,
    mut writer: Writer<'_>,
    mut before: impl FnMut(&'a Object),
) -> String {
    for (object, tree) in objects {
        before(object);
        writer.node(&tree);
    }
    writer.finish()
}

/// The comment beside a field that has an origin of its own, unless what stands around it says the same.
fn remark(path: &Path, origins: &Origins, sources: &SourceMap) -> Option<Remark> {
    let text = place(origins.exact(path)?, sources)?;
    let around = path.parent().and_then(|parent| place(origins.get(&parent), sources));
    if around.is_some_and(|around| around == text) {
        return None;
    }
    Some(Remark::Beside(text))
}

/// `compose.yaml:4`, with the variables that made the value.
fn place(origin: &Origin, sources: &SourceMap) -> Option<String> {
    let span = origin.span()?;
    let mut text = format!("{}:{}", sources.file(span.file).name(), sources.position(span).line);
    for part in origin.parts() {
        // A name, so it can't end the comment.
        text.push_str(" ${");
        text.push_str(&part.variable);
        text.push('}');
    }
    Some(text)
}

/// The object as JSON on lines, indented by two spaces, with a line break at the end.
pub fn json(resource: &Resource) -> String {
    let mut text = serde_json::to_string_pretty(&Canonical(resource)).expect("keys are texts, and it is written to memory");
    text.push('\n');
    text
}

/// The object as JSON, for what changes it before it is written.
pub fn json_tree(resource: &Resource) -> serde_json::Value {
    serde_json::to_value(Canonical(resource)).expect("keys are texts, and it is written to memory")
}

/// The object as a tree in canonical form; no value of it was written anywhere.
pub fn tree(resource: &Resource) -> Node {
    typed_tree(resource).root
}

/// An object's [`tree`], with what its type says of it.
#[derive(Clone, Debug)]
pub struct TypedTree {
    /// The tree.
    pub root: Node,
    /// True when it has no field but those of the types of [`Version::TYPES`], and in each what its type allows.
    pub is_sound: bool,
}

/// As [`tree`].
pub fn typed_tree(resource: &Resource) -> TypedTree {
    let (root, are_quantities_sound) = tree::tree(resource).expect("the types of Kubernetes have no other shapes");
    TypedTree { root, is_sound: are_quantities_sound && !resource.kind().is_custom() }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::apps::v1::Deployment;
    use k8s_openapi::api::core::v1::ConfigMap;
    use k8s_openapi::api::networking::v1::NetworkPolicy;
    use serde_json::{Value, from_value, json};
    use windlass_source::{Part, Span, VariableSource};

    use super::*;
    use crate::Kind;
    use crate::resource::Custom;

    fn compact(resource: impl Into<Resource>) -> String {
        serde_json::to_string(&Canonical(&resource.into())).unwrap()
    }

    #[test]
    fn leading_fields_come_first_and_noise_is_left_out() {
        let deployment: Deployment = from_value(json!({
            "metadata": { "labels": { "a": "b" }, "annotations": {}, "namespace": "shop", "name": "web", "creationTimestamp": "2026-01-01T00:00:00Z" },
            "spec": {
                "selector": { "matchLabels": { "a": "b" }, "matchExpressions": [] },
                "strategy": {},
                "template": {
                    "metadata": { "labels": { "a": "b" } },
                    "spec": {
                        "containers": [{
                            "args": ["c"], "lifecycle": { "preStop": {} }, "command": ["a", ""], "env": [{ "value": "", "name": "A" }, { "name": "B" }],
                            "image": "nginx", "name": "web", "resources": { "limits": {}, "requests": {} },
                            "securityContext": { "capabilities": { "drop": [] } },
                            "volumeMounts": [{ "mountPath": "/tmp", "name": "tmp" }]
                        }],
                        "volumes": [{ "emptyDir": {}, "name": "tmp" }],
                        "topologySpreadConstraints": [{ "maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {} }]
                    }
                }
            },
            "status": { "replicas": 1 }
        }))
        .unwrap();
        assert_eq!(
            compact(deployment),
            concat!(
                r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"shop","labels":{"a":"b"}},"#,
                r#""spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"#,
                r#""containers":[{"name":"web","image":"nginx","command":["a",""],"args":["c"],"#,
                r#""env":[{"name":"A","value":""},{"name":"B"}],"volumeMounts":[{"name":"tmp","mountPath":"/tmp"}]}],"#,
                r#""topologySpreadConstraints":[{"labelSelector":{},"maxSkew":1,"topologyKey":"zone","whenUnsatisfiable":"ScheduleAnyway"}],"#,
                r#""volumes":[{"name":"tmp","emptyDir":{}}]}}}}"#,
            )
        );
    }

    #[test]
    fn metadata_comes_before_data() {
        let map: ConfigMap = from_value(json!({ "data": { "z": "1", "a": "" }, "binaryData": {}, "metadata": { "name": "c" } })).unwrap();
        assert_eq!(compact(map), r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{"a":"","z":"1"}}"#);
    }

    #[test]
    fn empty_selectors_and_rules_of_a_policy_stay() {
        let spec = r#"{"egress":[{}],"ingress":[],"podSelector":{},"policyTypes":["Ingress","Egress"]}"#;
        let policy: NetworkPolicy = from_value(json!({ "spec": serde_json::from_str::<Value>(spec).unwrap() })).unwrap();
        assert!(compact(policy).ends_with(&format!(r#""spec":{spec}}}"#)));
        let policy: NetworkPolicy = from_value(json!({ "spec": { "podSelector": { "matchLabels": {} } } })).unwrap();
        assert!(compact(policy).ends_with(r#""spec":{"podSelector":{}}}"#));
    }

    #[test]
    fn what_a_custom_kind_says_stays_in_its_order() {
        let Value::Object(body) = json!({ "spec": { "z": {}, "a": [], "n": null, "l": [null, {}] } }) else { unreachable!() };
        let route = Custom { kind: Kind::HttpRoute, metadata: Default::default(), body };
        assert_eq!(
            compact(route),
            r#"{"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute","metadata":{},"spec":{"z":{},"a":[],"l":[null,{}]}}"#
        );
    }

    #[test]
    fn yaml_says_where_each_field_came_from() {
        let mut sources = SourceMap::new();
        let text = "services:\n  web:\n    image: nginx:${TAG}\n    command: [a, b]\n    environment:\n      TEXT: |\n        x\n";
        let file = sources.add("compose.yaml", text);
        let at = |word: &str| {
            let start = text.find(word).unwrap();
            Span::new(file, start..start + word.len())
        };
        let deployment: Deployment = from_value(json!({
            "metadata": { "name": "web" },
            "spec": { "selector": {}, "template": { "spec": { "containers": [{
                "name": "web", "image": "nginx:1.27", "args": ["a", "yes"],
                "env": [{ "name": "TEXT", "value": "x\ny\n" }]
            }] } } }
        }))
        .unwrap();
        let mut object = Object::new(deployment, at("web"));
        let container = Resource::pod_spec_path(Kind::Deployment).unwrap().key("containers").index(0);
        object.origins.set(container.clone(), at("web"));
        let part = Part { range: 6..10, variable: "TAG".into(), source: VariableSource::Environment };
        object.origins.set(container.key("image"), Origin::at(at("nginx")).with_parts(vec![part]));
        object.origins.set(container.key("args"), at("command"));
        object.origins.set(container.key("args").index(1), at("b]"));
        object.origins.set(container.key("env").index(0).key("value"), at("TEXT"));
        let other = Object::new(ConfigMap::default(), Origin::DEFAULT);
        insta::assert_snapshot!(yaml([&object, &other], Some(&sources)), @r#"
        # compose.yaml:2
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
        spec:
          selector: {}
          template:
            spec:
              containers:
              - name: web
                image: nginx:1.27 # compose.yaml:3 ${TAG}
                args: # compose.yaml:4
                - a
                - "yes"
                env:
                - name: TEXT
                  value: | # compose.yaml:6
                    x
                    y
        ---
        apiVersion: v1
        kind: ConfigMap
        "#);

        let plain = yaml([&object, &other], None);
        assert!(!plain.contains('#') && plain.lines().count() + 1 == yaml([&object, &other], Some(&sources)).lines().count(), "{plain}");
    }
}
