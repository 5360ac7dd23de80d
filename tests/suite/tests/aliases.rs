//! The rules under kube-linter's and kube-score's names report what those tools' documentation says that they report:
//! `tests/audit/aliases.yaml`, a case each.
#![expect(clippy::disallowed_methods, reason = "reads the cases")]

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};
use windlass_audit::{Context, Request, Settings, audit, rules};
use windlass_source::MemoryFileSystem;
use windlass_testkit::workspace;

/// What a case says of the objects.
const PARTS: [(&str, &[&str]); 4] = [
    ("metadata", &["metadata"]),
    ("spec", &["spec"]),
    ("pod", &["spec", "template", "spec"]),
    ("container", &["spec", "template", "spec", "containers", "0"]),
];

/// A Deployment with nothing to report.
fn deployment() -> Value {
    let probe = |path: &str, seconds: u32| json!({ "httpGet": { "path": path, "port": "http" }, "periodSeconds": seconds, "timeoutSeconds": 2, "failureThreshold": 3 });
    let amounts = json!({ "cpu": "100m", "memory": "64Mi", "ephemeral-storage": "64Mi" });
    let container = json!({
        "name": "web", "image": "registry.example.com/web:1.2.3", "ports": [{ "name": "http", "containerPort": 8080 }],
        "readinessProbe": probe("/ready", 5), "livenessProbe": probe("/live", 20),
        "resources": { "requests": amounts, "limits": amounts },
        "securityContext": {
            "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsNonRoot": true, "runAsUser": 20000, "runAsGroup": 20000,
            "capabilities": { "drop": ["ALL"] },
        },
    });
    let spread = json!([{ "maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": { "matchLabels": { "app": "web" } } }]);
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web" },
        "spec": {
            "replicas": 3, "selector": { "matchLabels": { "app": "web" } },
            "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxUnavailable": 1, "maxSurge": 1 } },
            "template": { "metadata": { "labels": { "app": "web" } }, "spec": {
                "serviceAccountName": "web", "automountServiceAccountToken": false, "topologySpreadConstraints": spread,
                "securityContext": { "runAsNonRoot": true, "runAsUser": 20000, "seccompProfile": { "type": "RuntimeDefault" } },
                "containers": [container],
            } },
        },
    })
}

/// Lays a value over another one; `null` takes away.
fn lay(over: &mut Value, value: &Value) {
    match (over, value) {
        (Value::Object(map), Value::Object(more)) => {
            for (key, value) in more {
                match value {
                    Value::Null => drop(map.remove(key)),
                    _ => lay(map.entry(key).or_insert(Value::Null), value),
                }
            }
        }
        (over, value) => over.clone_from(value),
    }
}

fn objects(case: &Value) -> Vec<Value> {
    if let Some(only) = case["only"].as_array() {
        return only.clone();
    }
    let mut deployment = deployment();
    for (part, path) in PARTS {
        let place = path.iter().fold(&mut deployment, |value, step| match step.parse::<usize>() {
            Ok(at) => &mut value[at],
            Err(_) => &mut value[*step],
        });
        if !case[part].is_null() {
            lay(place, &case[part]);
        }
    }
    std::iter::once(deployment).chain(case["with"].as_array().into_iter().flatten().cloned()).collect()
}

/// What the rules of that name find.
fn found(check: &str, case: &Value) -> Vec<String> {
    let mut files = MemoryFileSystem::new();
    let texts: Vec<String> = objects(case).iter().map(|object| serde_yaml::to_string(object).expect("YAML")).collect();
    files.insert("/srv/app/all.yaml", texts.join("---\n"), 0o644);
    let context = Context::load(&Request::new("/srv/app"), &files);
    assert!(context.not_understood().is_empty(), "{check}: {:?}", context.not_understood());
    let settings = Settings { select: vec![check.to_owned()], today: "2026-01-31".to_owned(), ..Settings::default() };
    audit(&context, &settings).findings.iter().map(|finding| format!("{} {}", finding.rule.id, finding.message)).collect()
}

#[test]
fn rules_find_what_the_tools_documentation_says_that_their_namesakes_find() {
    let path = workspace().join("tests/audit/aliases.yaml");
    let cases: Vec<Value> = serde_yaml::from_str(&fs::read_to_string(path).expect("the cases")).expect("YAML");
    let aliases: BTreeSet<&str> = rules::all().iter().flat_map(|rule| rule.aliases.iter().copied()).collect();
    let (mut ran, mut wrong, mut without_rule) = (BTreeSet::new(), Vec::new(), Vec::new());
    for case in &cases {
        let check = case["check"].as_str().expect("a check");
        if !aliases.contains(check) {
            without_rule.push(check);
            continue;
        }
        ran.insert(check);
        let says = case["says"].as_str().expect("what it says");
        let about = case["about"].as_str().unwrap_or_default();
        let found = |objects: &Value| found(check, objects).into_iter().filter(|message| message.contains(about)).collect::<Vec<_>>();
        if found(&case["fires"]).is_empty() {
            wrong.push(format!("{check}: {says}: nothing is found"));
        }
        let more = found(&case["silent"]);
        if !more.is_empty() {
            wrong.push(format!("{check}: {says}: found where it is not: {more:?}"));
        }
    }
    let of_both = |alias: &&&str| alias.starts_with("kube-linter:") || alias.starts_with("kube-score:");
    let without_case: Vec<_> = aliases.iter().filter(of_both).filter(|alias| !ran.contains(**alias)).collect();
    println!("{} checks; no rule has the name of {without_rule:?}; no case for {without_case:?}", ran.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(ran.len() > 50 && without_case.is_empty(), "{without_case:?}");
}
