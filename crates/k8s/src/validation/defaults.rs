//! What the API server fills in before policies look at an object: the fields of workloads and Services that policies ask for.

use std::sync::Arc;

use cel::objects::{Key, Map};

use super::Object;
use crate::cel::{Value, object as map_of, plain};

/// An object with its defaults.
pub(super) fn object(object: &Object<'_>) -> Value {
    let mut value = plain(object.root);
    let namespace = object.namespace().unwrap_or("default");
    at(&mut value, &["metadata"], |metadata| fill(metadata, "namespace", || namespace.into()));
    let path: &[&str] = match object.kind() {
        "Pod" => &["spec"],
        "CronJob" => &["spec", "jobTemplate", "spec", "template", "spec"],
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "ReplicationController" | "Job" => &["spec", "template", "spec"],
        "PersistentVolumeClaim" => {
            at(&mut value, &["spec"], |spec| fill(spec, "volumeMode", || "Filesystem".into()));
            return value;
        }
        "Secret" => {
            fill(&mut value, "type", || "Opaque".into());
            return value;
        }
        "StorageClass" => {
            fill_null(&mut value, "reclaimPolicy", || "Delete".into());
            fill_null(&mut value, "volumeBindingMode", || "Immediate".into());
            return value;
        }
        "Service" => {
            at(&mut value, &["spec"], service);
            return value;
        }
        "RoleBinding" | "ClusterRoleBinding" => {
            at(&mut value, &["roleRef"], |role| fill(role, "apiGroup", || "rbac.authorization.k8s.io".into()));
            return value;
        }
        _ => return value,
    };
    if matches!(object.kind(), "Deployment" | "StatefulSet" | "ReplicaSet" | "ReplicationController") {
        at(&mut value, &["spec"], |spec| fill(spec, "replicas", || Value::Int(1)));
    }
    if object.kind() == "Deployment" {
        at(&mut value, &["spec"], |spec| {
            fill(spec, "revisionHistoryLimit", || Value::Int(10));
            fill(spec, "progressDeadlineSeconds", || Value::Int(600));
            fill(spec, "strategy", empty);
        });
        at(&mut value, &["spec", "strategy"], |strategy| fill(strategy, "type", || "RollingUpdate".into()));
    }
    if object.kind() == "StatefulSet" {
        at(&mut value, &["spec"], |spec| {
            fill(spec, "podManagementPolicy", || "OrderedReady".into());
            each(spec, "volumeClaimTemplates", |claim| at(claim, &["spec"], |spec| fill(spec, "volumeMode", || "Filesystem".into())));
        });
    }
    if object.kind() == "Job" {
        at(&mut value, &["spec"], job);
    }
    at(&mut value, path, pod);
    value
}

fn pod(spec: &mut Value) {
    fill(spec, "restartPolicy", || "Always".into());
    fill(spec, "terminationGracePeriodSeconds", || Value::Int(30));
    fill(spec, "dnsPolicy", || "ClusterFirst".into());
    fill(spec, "schedulerName", || "default-scheduler".into());
    fill(spec, "securityContext", empty);
    fill(spec, "enableServiceLinks", || true.into());
    each(spec, "volumes", volume);
    for list in ["initContainers", "containers"] {
        each(spec, list, |container| {
            fill(container, "resources", empty);
            fill(container, "terminationMessagePath", || "/dev/termination-log".into());
            fill(container, "terminationMessagePolicy", || "File".into());
            let image = match get(container, "image") {
                Some(Value::String(image)) => image.to_string(),
                _ => String::new(),
            };
            let name = image.rsplit('/').next().unwrap_or_default();
            let is_moving = !image.contains('@') && (!name.contains(':') || name.ends_with(":latest"));
            fill(container, "imagePullPolicy", || if is_moving { "Always" } else { "IfNotPresent" }.into());
            each(container, "ports", |port| fill(port, "protocol", || "TCP".into()));
            each(container, "env", |variable| at(variable, &["valueFrom", "fieldRef"], field_reference));
            for name in ["startupProbe", "readinessProbe", "livenessProbe"] {
                at(container, &[name], probe);
            }
            for name in ["postStart", "preStop"] {
                at(container, &["lifecycle", name, "httpGet"], |get| fill(get, "scheme", || "HTTP".into()));
            }
        });
    }
}

fn probe(probe: &mut Value) {
    for (name, number) in [("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)] {
        fill(probe, name, || Value::Int(number));
    }
    at(probe, &["httpGet"], |get| fill(get, "scheme", || "HTTP".into()));
    at(probe, &["httpGet"], |get| fill(get, "path", || "/".into()));
}

fn volume(volume: &mut Value) {
    for source in ["configMap", "secret", "downwardAPI", "projected"] {
        at(volume, &[source], |source| fill(source, "defaultMode", || Value::Int(0o644)));
    }
    at(volume, &["downwardAPI"], fields);
    at(volume, &["projected"], |projected| {
        each(projected, "sources", |source| {
            at(source, &["serviceAccountToken"], |token| fill(token, "expirationSeconds", || Value::Int(3600)));
            at(source, &["downwardAPI"], fields);
        });
    });
}

fn fields(source: &mut Value) {
    each(source, "items", |item| at(item, &["fieldRef"], field_reference));
}

fn field_reference(reference: &mut Value) {
    fill(reference, "apiVersion", || "v1".into());
}

fn job(spec: &mut Value) {
    // Without either, one pod has to end well.
    if get(spec, "completions").is_none() && get(spec, "parallelism").is_none() {
        fill(spec, "completions", || Value::Int(1));
    }
    fill(spec, "parallelism", || Value::Int(1));
    fill(spec, "completionMode", || "NonIndexed".into());
}

fn service(spec: &mut Value) {
    fill(spec, "type", || "ClusterIP".into());
    fill(spec, "sessionAffinity", || "None".into());
    each(spec, "ports", |port| {
        fill(port, "protocol", || "TCP".into());
        if let Some(number) = get(port, "port").cloned() {
            fill(port, "targetPort", || number);
        }
    });
}

fn empty() -> Value {
    map_of([])
}

fn key(name: &str) -> Key {
    Key::String(Arc::new(name.to_owned()))
}

fn get<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    match value {
        Value::Map(Map { map }) => map.get(&key(name)),
        _ => None,
    }
}

/// Sets a field that is not there. To the server, null is not, and an empty text where it keeps a text as such.
fn fill(value: &mut Value, name: &str, default: impl FnOnce() -> Value) {
    if matches!(get(value, name), Some(Value::String(text)) if text.is_empty()) {
        at(value, &[name], |value| *value = Value::Null);
    }
    fill_null(value, name, default);
}

/// The same of a field where an empty text is one: the server keeps a pointer.
fn fill_null(value: &mut Value, name: &str, default: impl FnOnce() -> Value) {
    if matches!(get(value, name), None | Some(Value::Null))
        && let Value::Map(Map { map }) = value
    {
        Arc::make_mut(map).insert(key(name), default());
    }
}

/// Changes the value at a path, if it is there.
fn at(value: &mut Value, path: &[&str], change: impl FnOnce(&mut Value)) {
    let [first, rest @ ..] = path else { return change(value) };
    if let Value::Map(Map { map }) = value
        && let Some(inner) = Arc::make_mut(map).get_mut(&key(first))
    {
        at(inner, rest, change);
    }
}

/// Changes each element of a list.
fn each(value: &mut Value, list: &str, change: impl Fn(&mut Value)) {
    at(value, &[list], |value| {
        if let Value::List(items) = value {
            Arc::make_mut(items).iter_mut().for_each(change);
        }
    });
}
