//! Manifests that the API server has, and every change of a field that makes another valid one: `windlass validate --against` says of the
//! update what the server said. Updates are applied on the server's side. Its verdicts are recorded in `tests/validate/updates`;
//! `WINDLASS_RECORD=` asks a server again, `WINDLASS_RECORD=service` about the manifests whose names begin so.
#![expect(clippy::disallowed_methods, reason = "reads and writes what is recorded")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use windlass_k8s::schema::Version;
use windlass_k8s::validation::{self, Input};
use windlass_k8s::validity::Status;
use windlass_suite::mutations::mutations;
use windlass_suite::verdicts;
use windlass_testkit::{Client, Cluster, workspace};

fn directory() -> PathBuf {
    workspace().join("tests/validate")
}

/// The manifests of Kubernetes' own kinds that the server accepts, by `kind-name`.
fn accepted() -> BTreeMap<String, Value> {
    let all = fs::read_to_string(directory().join("accepted.yaml")).expect("the manifests");
    let text = |object: &Value, path: &str| object.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let objects = verdicts::objects("accepted.yaml", &all);
    let own = objects.into_iter().filter(|object| !text(object, "/apiVersion").contains("windlass"));
    own.map(|object| (format!("{}-{}", text(&object, "/kind").to_lowercase(), text(&object, "/metadata/name")), object)).collect()
}

/// What Windlass says of an update: nothing when the new manifest is none that could be created. Field and end of the message.
fn judge(old: &Value, new: &Value) -> Option<BTreeSet<(String, String)>> {
    let input = |object: &Value| {
        let mut input = Input::default();
        let file = input.sources.add("object.yaml", object.to_string());
        input.files.push(file);
        input
    };
    let mut validation = validation::validate(&input(new), &Input::default(), Version::DEFAULT);
    validation::against(&mut validation, &input(old));
    let resource = validation.resources.first().filter(|resource| resource.status == Status::Valid)?;
    let updates = resource.findings.iter().filter(|finding| finding.rule == "KV314");
    Some(updates.map(|finding| (finding.path.clone(), end(&finding.message))).collect())
}

/// A message without the value that it shows before, or the difference that it shows after its first line.
fn end(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    line.rsplit(": ").next().unwrap_or_default().to_owned()
}

/// The updates of a manifest, by what was done.
fn cases(object: &Value) -> Vec<(String, Value)> {
    let same = |value: &Value, field: &str| value["metadata"][field] == object["metadata"][field];
    let is_same_object = |new: &Value| {
        same(new, "name")
            && same(new, "namespace")
            && same(new, "generateName")
            && new["kind"] == object["kind"]
            && new["apiVersion"] == object["apiVersion"]
    };
    let all = mutations(object).into_iter().filter(|case| {
        // What applying makes of null is a matter of who owns what is in the field.
        !case.name.ends_with("= null") && is_same_object(&case.manifest) && judge(object, &case.manifest).is_some()
    });
    all.map(|case| (case.name, case.manifest)).collect()
}

fn record(cluster: &Cluster, prefix: &str) {
    let client = cluster.client();
    for (number, (name, object)) in accepted().into_iter().filter(|(name, _)| name.starts_with(prefix)).enumerate() {
        // One each, since a LimitRange changes the pods beside it.
        let namespace = format!("updates-{number}");
        cluster.create_namespace(&namespace).expect("a namespace");
        let mut text = String::new();
        let first = apply(client, &object, &namespace, "").expect("the API server answers");
        assert!(first.0 < 300, "{name}: {first:?}");
        for (case, manifest) in cases(&object) {
            let (status, causes) = apply(client, &manifest, &namespace, "&dryRun=All").expect("the API server answers");
            let _ = writeln!(text, "{case}\t{status}\t{}", causes.join("\t"));
        }
        fs::create_dir_all(directory().join("updates")).expect("writable");
        fs::write(directory().join(format!("updates/{name}.tsv")), text).expect("writable");
    }
}

/// Applies an object. Gives the status and the causes of a refusal, `field: end of the message`.
fn apply(client: &Client, object: &Value, namespace: &str, more: &str) -> anyhow::Result<(u16, Vec<String>)> {
    let text = |path: &str| object.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let collection = client.collection(text("/apiVersion"), text("/kind"), namespace)?.unwrap_or_default();
    let path = format!("{collection}/{}?fieldManager=test&force=true&fieldValidation=Strict{more}", text("/metadata/name"));
    let answer = client.request("PATCH", &path, Some(("application/apply-patch+yaml", &object.to_string())))?;
    let causes = answer.body["details"]["causes"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok((answer.status, causes.iter().map(|cause| format!("{}: {}", text(&cause["field"]), end(&text(&cause["message"])))).collect()))
}

#[test]
fn updates_are_judged_as_the_api_server_judged_them() {
    if let Some(prefix) = std::env::var_os("WINDLASS_RECORD") {
        let Some(cluster) = Cluster::start(&[]).expect("the control plane starts") else { return };
        record(&cluster, prefix.to_str().unwrap_or_default());
    }
    let (mut seen, mut equal, mut refused, mut same, mut words, mut other) = (0, 0, 0, 0, 0, 0);
    let mut differences = Vec::new();
    for (name, object) in accepted() {
        let recorded = fs::read_to_string(directory().join(format!("updates/{name}.tsv"))).expect("the verdicts");
        let recorded: BTreeMap<&str, &str> = recorded.lines().filter_map(|line| line.split_once('\t')).collect();
        for (case, manifest) in cases(&object) {
            let verdict = recorded.get(case.as_str()).unwrap_or_else(|| panic!("{name}: {case} is not recorded"));
            let mut parts = verdict.split('\t');
            let status: u16 = parts.next().and_then(|status| status.parse().ok()).expect("a status");
            // What applying says before the server validates: a key of a list twice, a field that is not in the schema.
            if !matches!(status, 200 | 201 | 422) {
                other += 1;
                continue;
            }
            seen += 1;
            let own = judge(&object, &manifest).expect("a valid one");
            if (status == 422) == own.is_empty() {
                differences.push(format!("{name}: {case}: the server said {verdict}, Windlass {own:?}"));
                continue;
            }
            equal += 1;
            if status == 422 {
                refused += 1;
                let causes: BTreeSet<(&str, &str)> = parts.filter_map(|cause| cause.split_once(": ")).collect();
                let is_same = causes.iter().all(|(field, _)| own.iter().any(|(own, _)| own == field));
                let in_its_words =
                    causes.iter().all(|(field, end)| own.iter().any(|own| (own.0.as_str(), own.1.as_str()) == (*field, *end)));
                same += usize::from(is_same);
                words += usize::from(in_its_words);
                if !in_its_words && std::env::var_os("WINDLASS_PATHS").is_some() {
                    println!("{name}: {case}: {causes:?} is not {own:?}");
                }
            }
        }
    }
    differences.iter().for_each(|difference| println!("{difference}"));
    println!(
        "{equal} of {seen} verdicts on updates are equal, {other} are of another kind; of {refused} refusals {same} name the same fields, {words} in the same words"
    );
    assert!(seen >= 500, "{seen}");
    assert!(differences.is_empty(), "{} differ", differences.len());
    assert!(same * 100 >= refused * 95 && words * 100 >= refused * 90);
}
