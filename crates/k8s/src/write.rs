//! Objects → text, in one canonical form: apiVersion, kind, metadata first, then the fields in Kubernetes' own order, `name` (and a
//! container's `image` and `command`) first in each. What says nothing is left out: null, `status`, `creationTimestamp`, and empty maps and
//! lists where they mean the same as none. Which files the texts go to is not here (room `emit`).
//!
//! The form is made while the typed value is serialised ([`Canonical`] stands between the value and the writer), without a second
//! tree.

use serde::ser::{Serialize, Serializer};

use crate::resource::Resource;

mod canonical;
mod probe;
mod refuse;

/// A resource in canonical form, for any serialiser.
#[derive(Clone, Copy, Debug)]
pub struct Canonical<'a>(pub &'a Resource);

impl Serialize for Canonical<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        canonical::serialize(self.0, serializer, None)
    }
}

/// The object as JSON on lines, indented by two spaces, with a line break at the end.
pub fn json(resource: &Resource) -> String {
    // Maps have text keys and the buffer is memory: nothing can fail.
    let mut text = serde_json::to_string_pretty(&Canonical(resource)).unwrap_or_default();
    text.push('\n');
    text
}

/// The object as a tree, for what changes it before it is written.
pub fn tree(resource: &Resource) -> serde_json::Value {
    serde_json::to_value(Canonical(resource)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::apps::v1::Deployment;
    use k8s_openapi::api::core::v1::ConfigMap;
    use k8s_openapi::api::networking::v1::NetworkPolicy;
    use serde_json::{Value, from_value, json};

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
}
