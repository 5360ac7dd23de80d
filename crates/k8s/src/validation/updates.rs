//! What an update can't change: each object beside the one of the same kind and name that is there already, in the API server's words.
//!
//! Fields that either side leaves out count as their defaults. Rules of custom kinds on the former state are not looked at.

use std::collections::{BTreeMap, BTreeSet};

use cel::objects::{Key, Map};
use std::sync::Arc;

use windlass_yaml::Node;

use super::relations::{Finding, finding};
use super::{Object, defaults};
use crate::cel::Value;
use crate::quantity::Amount;
use crate::validity::show;

/// A field that stays as it is, and how the server says so.
struct Fixed {
    path: &'static [&'static str],
    words: Words,
}

enum Words {
    /// `Invalid value: VALUE: TEXT`.
    Invalid(&'static str),
    /// `Forbidden: TEXT`.
    Forbidden(&'static str),
}

const IMMUTABLE: Words = Words::Invalid("field is immutable");
const STATEFUL_SET: &str = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', \
    'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
const POD: &str = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,\
    `spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` \
    (allow it to be set to 1 if it was previously negative)";
const CLAIM: &str = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
const MARKED: &str = "field is immutable when `immutable` is set";

macro_rules! fixed {
    ($($($part:literal).+ => $words:expr),* $(,)?) => { &[$(Fixed { path: &[$($part),+], words: $words }),*] };
}

/// The fields of a kind that an update can't change, each by itself.
fn fixed(kind: &str) -> &'static [Fixed] {
    match kind {
        "Deployment" | "ReplicaSet" | "DaemonSet" => fixed!["spec"."selector" => IMMUTABLE],
        "Job" => fixed![
            "spec"."selector" => IMMUTABLE, "spec"."template" => IMMUTABLE, "spec"."completionMode" => IMMUTABLE,
            "spec"."podFailurePolicy" => IMMUTABLE, "spec"."backoffLimitPerIndex" => IMMUTABLE, "spec"."managedBy" => IMMUTABLE,
            "spec"."successPolicy" => IMMUTABLE,
        ],
        "RoleBinding" | "ClusterRoleBinding" => fixed!["roleRef" => Words::Invalid("cannot change roleRef")],
        "Secret" => fixed!["type" => IMMUTABLE],
        "StorageClass" => fixed![
            "parameters" => IMMUTABLE, "provisioner" => IMMUTABLE, "reclaimPolicy" => IMMUTABLE, "volumeBindingMode" => IMMUTABLE,
        ],
        "PriorityClass" => fixed![
            "value" => Words::Forbidden("may not be changed in an update."), "preemptionPolicy" => IMMUTABLE,
        ],
        "IngressClass" => fixed!["spec"."controller" => IMMUTABLE],
        "RuntimeClass" => fixed!["handler" => IMMUTABLE],
        "EndpointSlice" => fixed!["addressType" => IMMUTABLE],
        "CustomResourceDefinition" => fixed!["spec"."scope" => IMMUTABLE],
        "PersistentVolume" => fixed!["spec"."volumeMode" => IMMUTABLE],
        _ => &[],
    }
}

/// The fields of a kind that an update may change, where all others are fixed together.
fn free(kind: &str) -> Option<(&'static [&'static str], &'static str)> {
    match kind {
        "StatefulSet" => Some((
            &[
                "replicas",
                "ordinals",
                "template",
                "updateStrategy",
                "revisionHistoryLimit",
                "persistentVolumeClaimRetentionPolicy",
                "minReadySeconds",
            ],
            STATEFUL_SET,
        )),
        "Pod" => Some((&["containers", "initContainers", "activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds"], POD)),
        "PersistentVolumeClaim" => Some((&["resources", "volumeAttributesClassName"], CLAIM)),
        _ => None,
    }
}

/// What the update of each object would change and can't, in their order. Objects that are not there yet have nothing to change.
pub(super) fn check(objects: &[Object<'_>], there: &[Object<'_>]) -> Vec<Vec<Finding>> {
    let key = |object: &Object<'_>| {
        let group = object.api_version().split_once('/').map_or("", |(group, _)| group);
        [group, object.kind(), object.namespace().unwrap_or("default"), object.name()].map(str::to_owned)
    };
    let there: BTreeMap<_, &Object<'_>> = there.iter().map(|object| (key(object), object)).collect();
    let of = |object: &Object<'_>| there.get(&key(object)).map(|old| update(old, object)).unwrap_or_default();
    objects.iter().map(of).collect()
}

fn update(old: &Object<'_>, new: &Object<'_>) -> Vec<Finding> {
    let (before, after) = (defaults::object(old), defaults::object(new));
    let mut findings = Vec::new();
    let mut tell = |path: &[&str], words: &Words| {
        let node = nearest(new.root, path);
        let path = path.join(".");
        let message = match words {
            Words::Invalid(text) => {
                format!("{path}: Invalid value: {}: {text}", node.filter(|(_, found)| *found).map_or("null".into(), |(node, _)| show(node)))
            }
            Words::Forbidden(text) => format!("{path}: Forbidden: {text}"),
        };
        findings.push(finding("KV314", true, path, node.map(|(node, _)| node), message));
    };
    for Fixed { path, words } in fixed(new.kind()) {
        if get(&before, path).filter(says_something) != get(&after, path).filter(says_something) {
            tell(path, words);
        }
    }
    if let Some((names, words)) = free(new.kind()) {
        // A source that the new claim leaves out is kept.
        let kept = ["dataSource", "dataSourceRef"].into_iter().filter(|name| get(&after, &["spec", name]).is_none());
        let names: Vec<&str> = names.iter().copied().chain(kept).collect();
        if without(&before, &names) != without(&after, &names) {
            tell(&["spec"], &Words::Forbidden(words));
        }
    }
    match new.kind() {
        "Pod" => {
            let fixed = |value: &Value, list: &str| get(value, &["spec", list]).map(|list| each_without(list, "image"));
            if ["containers", "initContainers"].iter().any(|list| fixed(&before, list) != fixed(&after, list)) {
                tell(&["spec"], &Words::Forbidden(POD));
            }
            const DEADLINE: [&str; 2] = ["spec", "activeDeadlineSeconds"];
            match (get(&before, &DEADLINE), get(&after, &DEADLINE)) {
                (Some(Value::Int(before)), Some(Value::Int(after))) if after > before => {
                    tell(&DEADLINE, &Words::Invalid("must be less than or equal to previous value"));
                }
                (Some(Value::Int(_)), None) => tell(&DEADLINE, &Words::Invalid("must not update from a positive integer to nil value")),
                _ => {}
            }
        }
        "PersistentVolumeClaim" => {
            let size = |value: &Value| get(value, &["spec", "resources", "requests", "storage"]).and_then(amount);
            if let (Some(before), Some(after)) = (size(&before), size(&after))
                && after < before
            {
                tell(&["spec", "resources", "requests", "storage"], &Words::Forbidden("field can not be less than status.capacity"));
            }
        }
        "PersistentVolume" => {
            const OWN: [&str; 9] = [
                "capacity",
                "accessModes",
                "claimRef",
                "persistentVolumeReclaimPolicy",
                "storageClassName",
                "mountOptions",
                "volumeMode",
                "nodeAffinity",
                "volumeAttributesClassName",
            ];
            if without(&before, &OWN) != without(&after, &OWN) {
                let words = Words::Forbidden("spec.persistentvolumesource is immutable after creation");
                tell(&["spec", "persistentvolumesource"], &words);
            }
        }
        "Job" => {
            // An Indexed Job may grow and shrink with its parallelism.
            const COMPLETIONS: [&str; 2] = ["spec", "completions"];
            let is_indexed = text(&after, &["spec", "completionMode"]) == Some("Indexed");
            let is_elastic = is_indexed && get(&after, &COMPLETIONS) == get(&after, &["spec", "parallelism"]);
            if get(&before, &COMPLETIONS) != get(&after, &COMPLETIONS) && !is_elastic {
                const IN_TANDEM: Words = Words::Invalid("can only be modified in tandem with spec.parallelism");
                tell(&COMPLETIONS, if is_indexed { &IN_TANDEM } else { &IMMUTABLE });
            }
        }
        "ResourceQuota" => {
            let scopes = |value: &Value| match get(value, &["spec", "scopes"]) {
                Some(Value::List(items)) => items.iter().map(|scope| format!("{scope:?}")).collect(),
                _ => BTreeSet::new(),
            };
            if scopes(&before) != scopes(&after) {
                tell(&["spec", "scopes"], &IMMUTABLE);
            }
        }
        "Service" => service(&before, &after, &mut tell),
        "ConfigMap" | "Secret" if get(&before, &["immutable"]) == Some(&Value::Bool(true)) => {
            for field in ["immutable", "data", "binaryData", "stringData"] {
                if get(&before, &[field]) != get(&after, &[field]) {
                    tell(&[field], &Words::Forbidden(MARKED));
                }
            }
        }
        _ => {}
    }
    findings
}

fn service(before: &Value, after: &Value, tell: &mut impl FnMut(&[&str], &Words)) {
    const KEPT: Words = Words::Invalid("may not change once set");
    let has_address = |value: &Value| text(value, &["spec", "type"]) != Some("ExternalName");
    if !has_address(before) || !has_address(after) {
        return;
    }
    // An address that the new object leaves out is kept; one that the old one leaves out was given by the server.
    let address = |value: &Value| text(value, &["spec", "clusterIP"]).filter(|address| !address.is_empty()).map(str::to_owned);
    if let Some(new) = address(after) {
        let old = address(before);
        if old.as_ref().map_or(new == "None", |old| *old != new) {
            tell(&["spec", "clusterIP"], &KEPT);
        }
    }
    let class = |value: &Value| get(value, &["spec", "loadBalancerClass"]).cloned();
    let is_balancer = |value: &Value| text(value, &["spec", "type"]) == Some("LoadBalancer");
    if is_balancer(before) && is_balancer(after) && class(before) != class(after) {
        tell(&["spec", "loadBalancerClass"], &KEPT);
    }
}

/// The node at a path, or the last one that is there on the way; true when it is the one.
fn nearest<'n>(root: &'n Node, path: &[&str]) -> Option<(&'n Node, bool)> {
    let mut node = root;
    for name in path {
        match node.get(name) {
            Some(inner) => node = inner,
            None => return Some((node, false)),
        }
    }
    Some((node, true))
}

fn get<'v>(value: &'v Value, path: &[&str]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, name| match value {
        Value::Map(Map { map }) => map.get(&Key::String(Arc::new((*name).to_owned()))).filter(|value| **value != Value::Null),
        _ => None,
    })
}

fn text<'v>(value: &'v Value, path: &[&str]) -> Option<&'v str> {
    match get(value, path) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

/// False for what the server drops: null, and an empty list.
fn says_something(value: &&Value) -> bool {
    !matches!(value, Value::Null) && !matches!(value, Value::List(items) if items.is_empty())
}

fn amount(value: &Value) -> Option<Amount> {
    match value {
        Value::String(text) => Amount::parse(text),
        Value::Int(number) => Some(Amount::whole(*number)),
        Value::Float(number) => Amount::parse(&number.to_string()),
        _ => None,
    }
}

/// The `spec` without some of its fields.
fn without(value: &Value, names: &[&str]) -> Value {
    let mut spec = get(value, &["spec"]).cloned().unwrap_or(Value::Null);
    if let Value::Map(Map { map }) = &mut spec {
        let map = Arc::make_mut(map);
        for name in names {
            map.remove(&Key::String(Arc::new((*name).to_owned())));
        }
    }
    spec
}

/// A list of maps, each without a field.
fn each_without(list: &Value, name: &str) -> Value {
    let Value::List(items) = list else { return list.clone() };
    let strip = |item: &Value| match item {
        Value::Map(Map { map }) => {
            let mut map = (**map).clone();
            map.remove(&Key::String(Arc::new(name.to_owned())));
            // The policy follows the image's tag where it is left out.
            map.remove(&Key::String(Arc::new("imagePullPolicy".to_owned())));
            Value::from(map)
        }
        other => other.clone(),
    };
    items.iter().map(strip).collect::<Vec<_>>().into()
}

#[cfg(test)]
mod tests {
    use crate::schema::Version;
    use crate::validation::{Input, against, validate};

    #[track_caller]
    fn check(old: &str, new: &str, expected: &[&str]) {
        let input = |text: &str| {
            let mut input = Input::default();
            let file = input.sources.add("a.yaml", text);
            input.files.push(file);
            input
        };
        let mut validation = validate(&input(new), &Input::default(), Version::DEFAULT);
        against(&mut validation, &input(old));
        let told: Vec<&str> =
            validation.resources.iter().flat_map(|resource| &resource.findings).map(|finding| finding.message.as_str()).collect();
        assert_eq!(told, expected, "{old} -> {new}");
    }

    #[test]
    fn selectors_claims_and_templates_stay() {
        let deployment = |labels: &str, replicas: u8| {
            format!(
                "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: a}}, spec: {{replicas: {replicas}, selector: {{matchLabels: {labels}}}, template: {{metadata: {{labels: {labels}}}, spec: {{containers: [{{name: a, image: b}}]}}}}}}}}"
            )
        };
        check(&deployment("{a: b}", 1), &deployment("{a: b}", 3), &[]);
        check(
            &deployment("{a: b}", 1),
            &deployment("{a: c}", 1),
            &["spec.selector: Invalid value: {\"matchLabels\":{\"a\":\"c\"}}: field is immutable"],
        );
        let set = |rest: &str| {
            format!(
                "{{apiVersion: apps/v1, kind: StatefulSet, metadata: {{name: a}}, spec: {{selector: {{matchLabels: {{a: b}}}}, template: {{metadata: {{labels: {{a: b}}}}, spec: {{containers: [{{name: a, image: b}}]}}}}{rest}}}}}"
            )
        };
        check(&set(""), &set(", podManagementPolicy: OrderedReady, replicas: 3"), &[]);
        let words = format!("spec: Forbidden: {}", super::STATEFUL_SET);
        check(&set(""), &set(", serviceName: a"), &[&words]);
        let job = |image: &str| {
            format!(
                "{{apiVersion: batch/v1, kind: Job, metadata: {{name: a}}, spec: {{template: {{spec: {{restartPolicy: Never, containers: [{{name: a, image: {image}}}]}}}}}}}}"
            )
        };
        check(&job("b:1"), &job("b:1"), &[]);
        let told = "spec.template: Invalid value: {\"spec\":{\"restartPolicy\":\"Never\",\"containers\":[{\"name\":\"a\",\"image\":\"b:2\"}]}}: field is immutable";
        check(&job("b:1"), &job("b:2"), &[told]);
    }

    #[test]
    fn addresses_classes_and_what_is_marked_stay() {
        let service =
            |rest: &str| format!("{{apiVersion: v1, kind: Service, metadata: {{name: a}}, spec: {{ports: [{{port: 80}}]{rest}}}}}");
        check(&service(", clusterIP: None"), &service(""), &[]);
        check(&service(""), &service(", clusterIP: None"), &["spec.clusterIP: Invalid value: \"None\": may not change once set"]);
        let claim = |size: &str, class: &str| {
            format!(
                "{{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {{name: a}}, spec: {{accessModes: [ReadWriteOnce], storageClassName: {class}, resources: {{requests: {{storage: {size}}}}}}}}}"
            )
        };
        check(&claim("1Gi", "a"), &claim("2Gi", "a"), &[]);
        check(
            &claim("2Gi", "a"),
            &claim("1Gi", "a"),
            &["spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"],
        );
        check(&claim("1Gi", "a"), &claim("1Gi", "b"), &[&format!("spec: Forbidden: {}", super::CLAIM)]);
        let map =
            |value: &str| format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: a}}, immutable: true, data: {{a: {value}}}}}");
        check(&map("b"), &map("c"), &["data: Forbidden: field is immutable when `immutable` is set"]);
        let binding = |role: &str| {
            format!(
                "{{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {{name: a}}, roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {role}}}}}"
            )
        };
        let told = "roleRef: Invalid value: {\"apiGroup\":\"rbac.authorization.k8s.io\",\"kind\":\"ClusterRole\",\"name\":\"edit\"}: cannot change roleRef";
        check(&binding("view"), &binding("edit"), &[told]);
        check(&binding("view"), &map("c"), &[]);
    }
}
