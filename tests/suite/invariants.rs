//! What holds of every conversion, whatever the project. Each check returns what is wrong, so that a test can list it all.

use std::collections::BTreeSet;

use serde_json::Value;
use windlass_compose::Loaded;
use windlass_convert::Conversion;
use windlass_k8s::{Kind, Object, check_references, write};
use windlass_yaml::{Node, Path, Segment, Trail, Value as YamlValue};

/// Everything that is wrong with a conversion.
pub fn violations(loaded: &Loaded, conversion: &Conversion) -> Vec<String> {
    let mut found = Vec::new();
    found.extend(check_references(&conversion.objects).into_iter().map(|dangling| dangling.to_string()));
    report_is_complete(loaded, conversion, &mut found);
    containers_are_complete(conversion, &mut found);
    secrets_are_kept(conversion, &mut found);
    found
}

/// An object as it is written.
pub fn written(object: &Object) -> Value {
    write::json_tree(&object.resource)
}

/// One entry for each leaf that was written, each with a fate; every place that it went to exists.
fn report_is_complete(loaded: &Loaded, conversion: &Conversion, found: &mut Vec<String>) {
    let mut leaves = Vec::new();
    written_leaves(&loaded.tree, &mut Trail::default(), &mut leaves);
    let leaves: BTreeSet<String> = leaves.into_iter().collect();
    let mut reported = BTreeSet::new();
    for entry in conversion.report.attributes() {
        let path = entry.path.to_string();
        if entry.message.contains("not considered") {
            found.push(format!("{path}: no fate"));
        }
        if !reported.insert(path.clone()) {
            found.push(format!("{path}: reported twice"));
        }
        for place in &entry.becomes {
            match conversion.objects.get(place.object.kind, &place.object.name) {
                None => found.push(format!("{path}: becomes {place}, but there is no such object")),
                Some(object) if lookup(&written(object), &place.path).is_none() => {
                    found.push(format!("{path}: becomes {place}, but there is no such field"))
                }
                Some(_) => {}
            }
        }
    }
    found.extend(leaves.difference(&reported).map(|path| format!("{path}: not in the report")));
    found.extend(reported.difference(&leaves).map(|path| format!("{path}: reported, but not written")));
    for service in &conversion.report.services {
        for inferred in &service.inferred {
            let object = conversion.objects.get(inferred.object.kind, &inferred.object.name);
            if object.is_none_or(|object| lookup(&written(object), &inferred.path).is_none()) {
                found.push(format!("{}: inferred {} {}, but there is no such field", service.name, inferred.object, inferred.path));
            }
        }
    }
}

/// The value at a path.
pub fn lookup<'a>(value: &'a Value, path: &Path) -> Option<&'a Value> {
    path.segments().into_iter().try_fold(value, |value, segment| match segment {
        Segment::Key(key) => value.get(key.as_str()),
        Segment::Index(index) => value.get(index),
    })
}

fn written_leaves(node: &Node, path: &mut Trail, leaves: &mut Vec<String>) {
    let is_scalar = |node: &Node| !matches!(node.value, YamlValue::Map(_) | YamlValue::Sequence(_));
    match &node.value {
        YamlValue::Map(map) if !map.is_empty() => {
            for (key, value) in map.iter() {
                path.push_key(key.as_str());
                written_leaves(value, path, leaves);
                path.pop();
            }
        }
        YamlValue::Sequence(items) if !items.iter().all(is_scalar) => {
            for (index, item) in items.iter().enumerate() {
                path.push_index(index);
                written_leaves(item, path, leaves);
                path.pop();
            }
        }
        _ => {
            let words = node.as_sequence().unwrap_or_default();
            if node.origin.is_written() || words.iter().any(|word| word.origin.is_written()) {
                leaves.push(path.as_str().to_owned());
            }
        }
    }
}

/// Every long-running container has three probes, or the report says why not; every container has requests and limits; jobs
/// have no probes.
fn containers_are_complete(conversion: &Conversion, found: &mut Vec<String>) {
    let excused = |name: &str, codes: &[&str]| {
        let services = conversion.report.services.iter();
        let service = services.clone().find(|service| windlass_k8s::name::service_name(&service.name) == name);
        service.is_some_and(|service| {
            let disabled = service
                .attributes
                .iter()
                .any(|entry| entry.path.to_string().contains(".healthcheck") && entry.message.starts_with("no probes"));
            disabled
                || conversion
                    .diagnostics
                    .iter()
                    .any(|diagnostic| codes.contains(&diagnostic.code.0) && diagnostic.message.contains(&format!("`{}`", service.name)))
        })
    };
    for object in conversion.objects.iter().filter(|object| object.kind().is_workload()) {
        let runs_on = !matches!(object.kind(), Kind::Job | Kind::CronJob);
        for container in object.resource.containers() {
            let probes = [&container.startup_probe, &container.readiness_probe, &container.liveness_probe];
            let count = probes.iter().filter(|probe| probe.is_some()).count();
            if runs_on && count == 0 && !excused(&container.name, &["convert::no-probe"]) {
                found.push(format!("{} {}: no probes, and nothing says why", object.reference(), container.name));
            }
            if runs_on && (1..3).contains(&count) && !excused(&container.name, &["convert::no-liveness"]) {
                found.push(format!("{} {}: {count} of three probes", object.reference(), container.name));
            }
            if !runs_on && count > 0 {
                found.push(format!("{} {}: a job with probes", object.reference(), container.name));
            }
        }
        for container in object.resource.containers().iter().chain(object.resource.init_containers()) {
            let resources = container.resources.as_ref();
            let has = |side: Option<&std::collections::BTreeMap<String, _>>| {
                side.is_some_and(|side: &std::collections::BTreeMap<String, k8s_quantity::Quantity>| {
                    ["cpu", "memory"].iter().all(|name| side.contains_key(*name))
                })
            };
            if !has(resources.and_then(|resources| resources.requests.as_ref()))
                || !has(resources.and_then(|resources| resources.limits.as_ref()))
            {
                found.push(format!("{} {}: without requests or limits", object.reference(), container.name));
            }
        }
    }
}

use k8s_openapi::apimachinery::pkg::api::resource as k8s_quantity;

/// No value of a Secret stands in another object, in the report or in a diagnostic.
fn secrets_are_kept(conversion: &Conversion, found: &mut Vec<String>) {
    let secrets = conversion.objects.all::<k8s_openapi::api::core::v1::Secret>();
    let values: BTreeSet<String> = secrets
        .flat_map(|secret| {
            secret.data.iter().flatten().map(|(_, value)| String::from_utf8_lossy(&value.0).trim().to_owned()).collect::<Vec<_>>()
        })
        .filter(|value| value.len() >= 12)
        .collect();
    for object in conversion.objects.iter().filter(|object| object.kind() != Kind::Secret) {
        let text = written(object).to_string();
        found.extend(
            values
                .iter()
                .filter(|value| text.contains(value.as_str()))
                .map(|_| format!("{}: holds the value of a secret", object.reference())),
        );
    }
    let told = conversion
        .report
        .attributes()
        .map(|entry| &entry.message)
        .chain(conversion.diagnostics.iter().map(|diagnostic| &diagnostic.message));
    for message in told {
        found.extend(
            values.iter().filter(|value| message.contains(value.as_str())).map(|_| "a message holds the value of a secret".to_owned()),
        );
    }
}
