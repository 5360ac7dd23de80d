//! What the definitions promise, whatever types they are made from.

use serde_json::{Value, json};

use super::*;
use v1alpha1::{Stack, StackPolicy};

fn definition(definition: &Definition) -> Value {
    serde_json::to_value((definition.definition)()).unwrap()
}

/// The schema of a part of a Stack: `spec` or `status`.
fn schema(part: &str) -> Value {
    definition(&DEFINITIONS[0])["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"][part].clone()
}

/// Calls `each` for every schema below one, with its path.
fn walk(path: &str, schema: &Value, each: &mut dyn FnMut(&str, &Value)) {
    each(path, schema);
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        walk(&format!("{path}.{name}"), property, each);
    }
    for (field, mark) in [("items", "[]"), ("additionalProperties", "{}")] {
        if schema[field].is_object() {
            walk(&format!("{path}{mark}"), &schema[field], each);
        }
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "reads what is committed")]
fn the_committed_files_are_what_the_types_give() {
    for Definition { file, definition } in DEFINITIONS {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
        assert_eq!(std::fs::read_to_string(path).unwrap(), yaml(&definition()), "{file}: run `cargo xtask codegen`");
    }
}

#[test]
fn a_stack_has_one_stored_version_a_status_of_its_own_and_short_names() {
    let stack = definition(&DEFINITIONS[0]);
    let [version] = stack["spec"]["versions"].as_array().unwrap().as_slice() else { panic!("one version") };
    assert_eq!((&version["name"], &version["served"], &version["storage"]), (&json!("v1alpha1"), &json!(true), &json!(true)));
    // No `scale`: a Stack has many services, and the subresource one number.
    assert_eq!(version["subresources"], json!({ "status": {} }));
    assert_eq!(
        (&stack["spec"]["names"]["shortNames"], &stack["spec"]["names"]["categories"]),
        (&json!(["stk"]), &json!(["all", "windlass"]))
    );
}

#[test]
fn people_see_how_a_stack_is_and_can_select_it_by_its_account_and_suspension() {
    let stack = definition(&DEFINITIONS[0]);
    let version = &stack["spec"]["versions"][0];
    let columns = version["additionalPrinterColumns"].as_array().unwrap();
    let named = |is_wide: bool| -> Vec<&str> {
        let shown = columns.iter().filter(|column| column["priority"].as_i64().unwrap_or_default() == i64::from(is_wide));
        shown.filter_map(|column| column["name"].as_str()).collect()
    };
    assert_eq!(named(false), ["Ready", "Status", "Services", "Score", "Age"]);
    assert_eq!(named(true), ["Revision", "Message"]);
    assert_eq!(version["selectableFields"], json!([{ "jsonPath": ".spec.serviceAccountName" }, { "jsonPath": ".spec.suspend" }]));
    // Conditions say how it is; a phase would say it a second time.
    assert!(schema("status")["properties"].get("phase").is_none());
}

#[test]
fn every_text_list_and_map_that_people_write_has_a_limit() {
    let mut unlimited = Vec::new();
    walk("spec", &schema("spec"), &mut |path, schema| {
        let limit = match schema["type"].as_str() {
            Some("string") if schema["enum"].is_array() => return,
            Some("string") => "maxLength",
            Some("array") => "maxItems",
            Some("object") if schema["additionalProperties"].is_object() => "maxProperties",
            _ => return,
        };
        if !schema[limit].is_u64() {
            unlimited.push(format!("{path}: {limit}"));
        }
    });
    assert_eq!(unlimited, [""; 0]);
}

#[test]
fn lists_that_several_write_are_merged_by_key_and_no_reference_leaves_the_namespace() {
    let merged = |schema: &Value| (schema["x-kubernetes-list-type"].clone(), schema["x-kubernetes-list-map-keys"].clone());
    let (spec, status) = (schema("spec"), schema("status"));
    assert_eq!(merged(&status["properties"]["conditions"]), (json!("map"), json!(["type"])));
    assert_eq!(merged(&status["properties"]["services"]), (json!("map"), json!(["name"])));
    assert_eq!(merged(&spec["properties"]["profiles"]), (json!("set"), Value::Null));
    walk("spec", &spec, &mut |path, _| assert!(!path.ends_with(".namespace"), "{path}"));
}

/// A Stack with every field that there is.
fn full() -> Value {
    let condition = json!({
        "type": "Ready", "status": "True", "reason": "Ready", "message": "m", "observedGeneration": 1,
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    });
    let healthy = json!({ "revision": "r", "hash": "h" });
    json!({
        "apiVersion": "windlass.dev/v1alpha1", "kind": "Stack", "metadata": { "name": "shop" },
        "spec": {
            "compose": "services: {}",
            "composeFrom": [{ "configMapKeyRef": { "name": "a", "key": "b" }, "secretKeyRef": { "name": "a", "key": "b" } }],
            "files": { "a": "b" },
            "filesFrom": [{ "configMapRef": { "name": "a" }, "secretRef": { "name": "a" }, "directory": ".", "items": [{ "key": "a", "path": "b c" }] }],
            "executables": ["a"],
            "variables": { "A": "b" },
            "variablesFrom": [{ "configMapRef": { "name": "a" }, "secretRef": { "name": "a" }, "prefix": "P_" }],
            "overrides": { "services": { "web": { "image": "a", "replicas": 2, "environment": { "A": "b" } } } },
            "profiles": ["dev"],
            "audit": {
                "mode": "Warn", "failOn": "P2", "minScore": 80,
                "exemptions": [{ "rule": "CO024", "service": "web", "reason": "why", "until": "2027-01-01" }],
            },
            "rollout": { "order": "Parallel", "progressDeadlineSeconds": 60, "onFailure": "Hold", "historyLimit": 5 },
            "volumes": { "onDelete": "Delete" },
            "serviceAccountName": "deployer", "state": "Stopped", "suspend": true, "mode": "DryRun",
        },
        "status": {
            "observedGeneration": 1, "conditions": [condition], "ready": "1/1",
            "audit": {
                "score": 90, "p1": 0, "p2": 1, "p3": 2, "categories": [{ "name": "security", "score": 90 }],
                "findings": [{ "rule": "CO001", "severity": "P2", "service": "web", "message": "m", "place": "compose.yaml:1" }],
            },
            "services": [{ "name": "web", "kind": "Deployment", "object": "web", "ready": "1/1", "state": "Ready", "message": "m" }],
            "revision": "r", "lastHandledReconcileAt": "now",
            "history": [{ "revision": "r", "generation": 1, "outcome": "Healthy", "digest": "d", "keeps": ["ConfigMap/a"] }],
            "inventory": [{ "kind": "Deployment", "name": "web", "uid": "u", "hash": "h", "fields": "f" }],
            "memory": {
                "healthy": { "Deployment/web": healthy }, "completed": { "migrate": "h" },
                "fallbacks": { "Deployment/web": { "failed": "h", "to": healthy, "reason": "why" } },
                "recreating": [{ "object": "StatefulSet/db", "uid": "u" }], "stoppingSince": "2026-01-01T00:00:00Z",
            },
        },
    })
}

/// Takes out what a schema does not know, as the API server does.
fn pruned(value: &Value, schema: &Value) -> Value {
    match value {
        Value::Object(map) if schema["additionalProperties"].is_object() => {
            map.iter().map(|(key, value)| (key.clone(), pruned(value, &schema["additionalProperties"]))).collect()
        }
        Value::Object(map) => {
            let known = map.iter().filter_map(|(key, value)| Some((key.clone(), pruned(value, schema["properties"].get(key)?))));
            known.collect()
        }
        Value::Array(items) => items.iter().map(|item| pruned(item, &schema["items"])).collect(),
        plain => plain.clone(),
    }
}

#[test]
fn no_field_is_pruned_or_lost_on_the_way() {
    let full = full();
    let read: Stack = serde_json::from_value(full.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), full);
    for part in ["spec", "status"] {
        let schema = schema(part);
        assert_eq!(pruned(&full[part], &schema), full[part], "{part}");
        // A field that is added to the types is added above.
        walk(part, &schema, &mut |path, schema| {
            let pointer = path.replace("[]", ".0").replace('.', "/");
            let found = full.pointer(&format!("/{}", pointer.split("{}").next().unwrap_or_default()));
            assert!(found.is_some(), "{path}");
            let written = found.and_then(Value::as_object);
            for (name, _) in schema["properties"].as_object().into_iter().flatten().filter(|_| !path.contains("{}")) {
                assert!(written.is_some_and(|written| written.contains_key(name)), "{path}.{name}");
            }
        });
    }
}

#[test]
fn a_policy_holds_where_it_says() {
    let policy = |spec: Value| serde_json::from_value::<v1alpha1::StackPolicySpec>(spec).unwrap();
    assert!(policy(json!({})).holds_for("shop"));
    assert!(policy(json!({ "namespaces": ["shop"] })).holds_for("shop") && !policy(json!({ "namespaces": ["shop"] })).holds_for("other"));
    assert!(!policy(json!({ "namespaces": ["shop"], "exceptNamespaces": ["shop"] })).holds_for("shop"));
    assert_eq!(StackPolicy::crd().spec.scope, "Cluster");
}

#[test]
fn no_text_is_a_boolean_to_older_yaml() {
    assert_eq!(super::quoted("  - Off"), "  - 'Off'");
    assert_eq!(super::quoted("  type: off"), "  type: 'off'");
    assert_eq!(super::quoted("  description: it is switched on"), "  description: it is switched on");
    let text = super::yaml(&crate::v1alpha1::Stack::crd());
    assert!(text.contains("- 'Off'\n"), "{text}");
}
