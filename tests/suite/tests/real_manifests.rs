//! Manifests of real repositories (`../shared/corpus/manifests`): Windlass says of each object what the API server said when it was
//! created for real. Its verdicts are recorded in `tests/validate/real_manifests.tsv`; `WINDLASS_RECORD=1` asks a server again. The
//! definitions among them are installed first. Prints each difference.
#![expect(clippy::disallowed_methods, reason = "reads and writes what is recorded")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use windlass_k8s::read::{self, Manifest};
use windlass_k8s::schema::{CustomKinds, Version};
use windlass_k8s::validation::{self, Request};
use windlass_k8s::validity::{self, Status, Verdict};
use windlass_source::{RealFileSystem, SourceMap};
use windlass_suite::verdicts::{self, ask_as_written, paths, without_indices};
use windlass_testkit::{Cluster, shared, workspace};
use windlass_yaml::Budget;

/// What only the cluster that was asked knows, in its words.
const OF_THE_CLUSTER: [(&str, &str); 2] =
    [("422 spec.ipFamilies[", "it has no IPv6"), ("422 spec.clusterIPs", "the range of its addresses")];

/// An object of a file.
struct Case {
    /// Its document, and its number in a `List`.
    name: String,
    manifest: Manifest,
    /// As a server takes it.
    text: String,
    json: Value,
}

/// The objects of a text, one document at a time: a server takes no streams.
fn cases(text: &str) -> Vec<Case> {
    let mut documents = vec![String::new()];
    for line in text.lines() {
        if line.starts_with("---") && !documents.last().is_some_and(String::is_empty) {
            documents.push(String::new());
        }
        let last = documents.last_mut().expect("there is one");
        last.push_str(line);
        last.push('\n');
    }
    let mut all = Vec::new();
    for (number, text) in documents.iter().enumerate() {
        let file = SourceMap::new().add("document", "");
        let read = read::read(file, text, &Budget::default());
        let objects = verdicts::objects("document", text);
        for (manifest, json) in read.objects.into_iter().zip(objects) {
            let (name, text) = match manifest.item {
                Some(item) => (format!("{number}.{item}"), json.to_string()),
                None => (number.to_string(), text.clone()),
            };
            all.push(Case { name, manifest, text, json });
        }
    }
    all
}

/// Every file with its objects.
fn files(directory: &Path) -> Vec<(String, Vec<Case>)> {
    let input = validation::load(&Request { paths: vec![directory.to_owned()], standard_input: None }, &RealFileSystem::new(directory));
    let mut all = Vec::new();
    for file in &input.files {
        let source = input.sources.file(*file);
        let cases = cases(source.text());
        if !cases.is_empty() {
            let name = Path::new(source.name()).strip_prefix(directory).unwrap_or(Path::new(source.name())).display().to_string();
            all.push((name, cases));
        }
    }
    all
}

fn is_definition(case: &Case) -> bool {
    case.json["kind"] == "CustomResourceDefinition" && case.json["apiVersion"] == "apiextensions.k8s.io/v1"
}

/// The first definition of each name that a server takes.
fn definitions(files: &[(String, Vec<Case>)], mut takes: impl FnMut(&str, &Case) -> bool) -> Vec<&Case> {
    let mut names = BTreeSet::new();
    let all = files.iter().flat_map(|(file, cases)| cases.iter().map(move |case| (file.as_str(), case)));
    let mut taken = Vec::new();
    for (file, case) in all.filter(|(_, case)| is_definition(case)) {
        let name = case.json["metadata"]["name"].as_str().unwrap_or_default();
        if !names.contains(name) && takes(file, case) {
            names.insert(name);
            taken.push(case);
        }
    }
    taken
}

fn path() -> PathBuf {
    workspace().join("tests/validate/real_manifests.tsv")
}

fn record(cluster: &Cluster, files: &[(String, Vec<Case>)]) {
    let client = cluster.client();
    let mut answers: BTreeMap<(&str, &str), String> = BTreeMap::new();
    let mut namespaces = BTreeSet::from(["default".to_owned()]);
    cluster.create_namespace("real").expect("a namespace");
    let mut ask = |case: &Case| {
        let namespace = case.json["metadata"]["namespace"].as_str().unwrap_or_default();
        if !namespace.is_empty() && namespaces.insert(namespace.to_owned()) {
            // A name that is none stays one.
            let _ = cluster.create_namespace(namespace);
        }
        if case.json["kind"] == "Pod" {
            // What its namespace would have.
            let account = case.json["spec"]["serviceAccountName"].as_str().unwrap_or("default");
            let account = json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": account } }).to_string();
            let namespace = if namespace.is_empty() { "real" } else { namespace };
            let _ = client.create(&format!("/api/v1/namespaces/{namespace}/serviceaccounts"), &account);
        }
        let answer = ask_as_written(client, &case.json, &case.text, "real").expect("the API server answers");
        if (200..300).contains(&answer.status) {
            return String::new();
        }
        let paths: Vec<String> = paths(&answer.message).into_iter().collect();
        format!("{}\t{}", answer.status, paths.join(" "))
    };
    // As they stand alone, before any of them is there.
    for (file, cases) in files {
        for case in cases.iter().filter(|case| is_definition(case)) {
            answers.insert((file, &case.name), ask(case));
        }
    }
    definitions(files, |file, case| {
        answers.get(&(file, case.name.as_str())).is_some_and(String::is_empty) && verdicts::define(client, &case.json).expect("an answer")
    });
    std::thread::sleep(std::time::Duration::from_secs(5));
    let mut text = String::new();
    for (file, cases) in files {
        let _ = writeln!(text, "{file}\t{}", cases.len());
        for case in cases {
            let answer = answers.entry((file, &case.name)).or_insert_with(|| ask(case));
            if !answer.is_empty() {
                let _ = writeln!(text, "\t{}\t{answer}", case.name);
            }
        }
    }
    fs::write(path(), text).expect("writable");
}

#[test]
fn manifests_of_real_repositories_are_judged_as_the_api_server_judged_them() {
    let Some(directory) = shared("corpus/manifests") else { return };
    let files = files(&directory.canonicalize().expect("it exists"));
    if std::env::var_os("WINDLASS_RECORD").is_some() {
        let Some(cluster) = Cluster::start(&[]).expect("the control plane starts") else { return };
        record(&cluster, &files);
    }
    let text = fs::read_to_string(path()).expect("the verdicts");
    let mut counts = BTreeMap::new();
    let mut refused: BTreeMap<(&str, &str), (u16, &str)> = BTreeMap::new();
    let mut file = "";
    for line in text.lines() {
        let words: Vec<&str> = line.split('\t').collect();
        match words.as_slice() {
            ["", name, status, paths] => drop(refused.insert((file, name), (status.parse().expect("a status"), paths))),
            [name, count] => {
                file = name;
                counts.insert(file, count.parse::<usize>().expect("a count"));
            }
            _ => panic!("{line}"),
        }
    }
    let mut custom = CustomKinds::default();
    let accepted = |file: &str, case: &Case| !refused.contains_key(&(file, case.name.as_str()));
    definitions(&files, accepted).iter().for_each(|case| custom.add(&case.manifest));

    let mut table = BTreeMap::<&str, usize>::new();
    let mut differences = Vec::new();
    for (file, cases) in &files {
        assert_eq!(counts.get(file.as_str()), Some(&cases.len()), "{file}: other objects were recorded");
        for case in cases {
            let Verdict { status: own, problems } = validity::validate(&case.manifest, Version::DEFAULT, &custom);
            let (status, fields) = refused.get(&(file, case.name.as_str())).copied().unwrap_or((201, ""));
            let what = match (status, own) {
                // Admission, a name that is taken, the server's own troubles.
                (403 | 409 | 500.., _) => "only the cluster knows",
                (404, Status::Skipped) => "of unknown kinds",
                // Known as far as Windlass writes it; this server has no definition.
                (404, Status::Valid) if case.json["kind"] == "HTTPRoute" => "of unknown kinds",
                (200..300, Status::Valid) => "accepted, valid",
                (200..300, _) | (_, Status::Valid | Status::Skipped) => {
                    let problems: Vec<_> = problems.iter().filter(|problem| !problem.is_warning).map(|problem| &problem.message).collect();
                    differences.push(format!("{file} {}: the server said {status} {fields}, Windlass {own:?} {problems:?}", case.name));
                    "different"
                }
                (_, Status::Invalid) => {
                    let own: BTreeSet<String> =
                        problems.iter().flat_map(|problem| [problem.path.clone(), without_indices(&problem.path)]).collect();
                    let is_same = fields.split(' ').filter(|path| !path.is_empty()).all(|path| own.contains(path));
                    if !is_same {
                        println!("{file} {}: the server named {fields}, Windlass {own:?}", case.name);
                    }
                    if is_same { "refused, invalid, the same fields" } else { "refused, invalid, other fields" }
                }
            };
            *table.entry(what).or_default() += 1;
        }
    }
    differences.iter().for_each(|difference| println!("{difference}"));
    table.iter().for_each(|(what, count)| println!("{count:>5}  {what}"));
    let reason = |difference: &&String| OF_THE_CLUSTER.iter().find(|(known, _)| difference.contains(known)).map(|(_, reason)| reason);
    let unexplained: Vec<_> = differences.iter().filter(|difference| reason(difference).is_none()).collect();
    assert!(table.values().sum::<usize>() > 2000);
    assert!(unexplained.is_empty(), "{unexplained:#?}");
}
