//! Manifests that the API server accepts, each field broken in every way: `windlass validate` says what the server said. Its verdicts
//! are recorded in `tests/validate/verdicts`, so that no server is needed; `WINDLASS_RECORD=` asks one again,
//! `WINDLASS_RECORD=service` about the manifests whose names begin so.
#![expect(clippy::disallowed_methods, reason = "reads and writes what is recorded")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::Value;
use windlass_k8s::read;
use windlass_k8s::schema::{CustomKinds, Version};
use windlass_k8s::validity::{self, Status};
use windlass_source::SourceMap;
use windlass_suite::mutations::{Mutation, mutations};
use windlass_suite::verdicts::{self, paths};
use windlass_testkit::{Client, Cluster, workspace};
use windlass_yaml::Budget;

fn directory() -> PathBuf {
    workspace().join("tests/validate")
}

/// The accepted manifests, by `kind-name`.
fn accepted() -> BTreeMap<String, Value> {
    let text = fs::read_to_string(directory().join("accepted.yaml")).expect("the manifests");
    let objects = verdicts::objects("accepted.yaml", &text);
    let name = |object: &Value| {
        format!(
            "{}-{}",
            object["kind"].as_str().unwrap_or_default().to_lowercase(),
            object["metadata"]["name"].as_str().unwrap_or_default()
        )
    };
    objects.into_iter().map(|object| (name(&object), object)).collect()
}

/// A manifest as it is, and everything that it becomes.
fn cases(object: &Value) -> Vec<Mutation> {
    let mut all = vec![Mutation { name: "as it is".into(), manifest: object.clone() }];
    all.extend(mutations(object));
    all
}

/// The definition of the custom kind among them.
fn definition() -> String {
    fs::read_to_string(directory().join("definition.yaml")).expect("the definition")
}

fn custom_kinds() -> CustomKinds {
    let text = definition();
    let file = SourceMap::new().add("definition.yaml", text.as_str());
    let mut kinds = CustomKinds::default();
    read::read(file, &text, &Budget::default()).objects.iter().for_each(|manifest| kinds.add(manifest));
    kinds
}

fn judge(manifest: &Value, custom: &CustomKinds) -> validity::Verdict {
    let text = manifest.to_string();
    let mut sources = SourceMap::new();
    let file = sources.add("mutation", text.as_str());
    let read = read::read(file, &text, &Budget::default());
    // Without `kind` there is no object; nothing accepts that either.
    match read.objects.first() {
        Some(object) => validity::validate(object, Version::DEFAULT, custom),
        None => validity::Verdict { status: Status::Invalid, problems: Vec::new() },
    }
}

/// Asks the server again about the manifests whose names begin so.
fn record(client: &Client, prefix: &str) {
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    assert!(client.create(definitions, &definition()).expect("the API server answers").is_ok());
    let deadline = Instant::now() + Duration::from_secs(30);
    while !client.get("/apis/test.windlass.dev/v1").is_ok_and(|answer| answer.is_ok()) {
        assert!(Instant::now() < deadline, "the custom kind is not served");
        std::thread::sleep(Duration::from_millis(200));
    }
    // Served and known to the whole server are not the same moment.
    std::thread::sleep(Duration::from_secs(3));
    for (name, object) in accepted().into_iter().filter(|(name, _)| name.starts_with(prefix)) {
        let mut text = String::new();
        for case in cases(&object) {
            let answer = verdicts::ask(client, &case.manifest, "mutations").expect("the API server answers");
            let found: Vec<String> = paths(&answer.message).into_iter().collect();
            let _ = writeln!(text, "{}\t{}\t{}", case.name, answer.status, found.join(" "));
        }
        fs::write(directory().join(format!("verdicts/{name}.tsv")), text).expect("writable");
    }
}

#[test]
fn broken_fields_are_judged_as_the_api_server_judged_them() {
    if let Some(prefix) = std::env::var_os("WINDLASS_RECORD") {
        let Some(cluster) = Cluster::start(&[]).expect("the control plane starts") else { return };
        cluster.create_namespace("mutations").expect("a namespace");
        record(cluster.client(), prefix.to_str().unwrap_or_default());
    }
    let custom = custom_kinds();
    let (mut cases_seen, mut equal, mut refused, mut same_paths) = (0, 0, 0, 0);
    let mut differences = Vec::new();
    for (name, object) in accepted() {
        let recorded = fs::read_to_string(directory().join(format!("verdicts/{name}.tsv"))).expect("the verdicts");
        let mut lines = recorded.lines();
        for case in cases(&object) {
            let line = lines.next().unwrap_or_default();
            let mut words = line.split('\t');
            assert_eq!(words.next(), Some(case.name.as_str()), "{name}: the verdicts are those of other mutations; record them again");
            let status: u16 = words.next().and_then(|status| status.parse().ok()).expect("a status");
            // What only the cluster knows: 403 is admission, 409 a name that is taken.
            if matches!(status, 403 | 409) {
                continue;
            }
            cases_seen += 1;
            let verdict = judge(&case.manifest, &custom);
            let is_accepted = (200..300).contains(&status);
            if is_accepted != (verdict.status == Status::Valid) {
                differences.push(format!("{name}: {}: the server said {status}, Windlass {:?}", case.name, verdict.problems));
                continue;
            }
            equal += 1;
            let expected: BTreeSet<&str> = words.next().unwrap_or_default().split(' ').filter(|path| !path.is_empty()).collect();
            if !is_accepted && !expected.is_empty() {
                refused += 1;
                let ours: BTreeSet<String> = verdict.problems.iter().flat_map(|problem| paths(&problem.message)).collect();
                let is_same = expected.iter().all(|path| ours.contains(*path));
                same_paths += usize::from(is_same);
                if !is_same && std::env::var_os("WINDLASS_PATHS").is_some() {
                    println!("{name}: {}: {expected:?} is not {ours:?}", case.name);
                }
            }
        }
    }
    for difference in &differences {
        println!("{difference}");
    }
    println!("{equal} of {cases_seen} verdicts are equal; of {refused} refusals that name fields, {same_paths} name the same");
    assert!(cases_seen >= 2000);
    assert!(equal * 100 >= cases_seen * 99, "{} differ", differences.len());
    assert!(same_paths * 100 >= refused * 95);
}
