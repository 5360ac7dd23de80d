//! The kinds that Windlass writes and Kubernetes has not, each field broken in every way: what is known of them without a definition
//! says what a server with the whole definitions says, or that it does not know; and so does what is known with them. Verdicts are recorded in
//! `tests/validate/written/verdicts.tsv`; `WINDLASS_RECORD=1` asks a server again, with the definitions of `go.mod` there.
#![expect(clippy::disallowed_methods, reason = "reads and writes what is recorded")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use windlass_k8s::read;
use windlass_k8s::schema::{CustomKinds, Version};
use windlass_k8s::validity::{self, Status, Verdict};
use windlass_source::SourceMap;
use windlass_suite::mutations::{Mutation, mutations};
use windlass_suite::verdicts;
use windlass_testkit::{Cluster, workspace};
use windlass_yaml::Budget;

/// The definitions, each in the module that ships it.
const DEFINITIONS: [(&str, &str); 3] = [
    ("sigs.k8s.io/gateway-api", "config/crd/standard/gateway.networking.k8s.io_httproutes.yaml"),
    ("github.com/external-secrets/external-secrets", "config/crds/bases/external-secrets.io_externalsecrets.yaml"),
    ("github.com/bitnami-labs/sealed-secrets", "helm/sealed-secrets/crds/bitnami.com_sealedsecrets.yaml"),
];

fn directory() -> PathBuf {
    workspace().join("tests/validate/written")
}

fn cases() -> Vec<Mutation> {
    let text = fs::read_to_string(directory().join("objects.yaml")).expect("the objects");
    let of = |object: Value| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let name = format!("{} {}", text(&object["kind"]), text(&object["metadata"]["name"]));
        let all = mutations(&object).into_iter().chain([Mutation { name: "as it is".into(), manifest: object }]);
        all.map(|case| Mutation { name: format!("{name}: {}", case.name), ..case }).collect::<Vec<_>>()
    };
    verdicts::objects("objects.yaml", &text).into_iter().flat_map(of).collect()
}

fn judge(manifest: &Value, custom: &CustomKinds) -> Verdict {
    let text = manifest.to_string();
    let file = SourceMap::new().add("object", "");
    let read = read::read(file, &text, &Budget::default());
    let unread = Verdict { status: Status::Invalid, problems: Vec::new() };
    read.objects.first().map_or(unread, |object| validity::validate(object, Version::DEFAULT, custom))
}

/// The texts of the definitions; `fetch` says whether Go may fetch their modules. `None` where they are not there.
fn definitions(fetch: bool) -> Option<Vec<String>> {
    let texts = DEFINITIONS.iter().map(|(module, path)| {
        let mut go = Command::new("go");
        go.args(["mod", "download", "-json", module]).current_dir(directory());
        if !fetch {
            go.env("GOPROXY", "off");
        }
        let found: Value = serde_json::from_slice(&go.output().ok()?.stdout).ok()?;
        fs::read_to_string(Path::new(found["Dir"].as_str()?).join(path)).ok()
    });
    texts.collect()
}

fn record(cluster: &Cluster) {
    let client = cluster.client();
    cluster.create_namespace("written").expect("a namespace");
    for text in definitions(true).expect("there is Go, and it finds the modules") {
        for definition in verdicts::objects("definition.yaml", &text) {
            assert!(verdicts::define(client, &definition).expect("the API server answers"), "{}", definition["metadata"]["name"]);
        }
    }
    // Established and known to the whole server are not the same moment.
    std::thread::sleep(std::time::Duration::from_secs(3));
    let mut text = String::new();
    for case in cases() {
        let answer = verdicts::ask(client, &case.manifest, "written").expect("the API server answers");
        let _ = writeln!(text, "{}\t{}", case.name, answer.status);
    }
    fs::write(directory().join("verdicts.tsv"), text).expect("writable");
}

#[test]
fn what_windlass_writes_of_other_kinds_is_judged_without_their_definitions() {
    if std::env::var_os("WINDLASS_RECORD").is_some() {
        let Some(cluster) = Cluster::start(&[]).expect("the control plane starts") else { return };
        record(&cluster);
    }
    let (mut equal, mut unknown, mut wrong) = (0, 0, Vec::new());
    let none = CustomKinds::default();
    each(|case, is_accepted, status| match judge(&case.manifest, &none).status {
        Status::Skipped => {
            unknown += 1;
            // Known is all that Windlass writes itself.
            assert!(!case.name.ends_with("as it is"), "{}", case.name);
        }
        own if (own == Status::Valid) == is_accepted => equal += 1,
        own => wrong.push(format!("{}: the server said {status}, Windlass {own:?}", case.name)),
    });
    println!("{equal} verdicts are equal, of {unknown} objects nothing is said");
    assert!(equal > 200 && unknown * 4 < equal, "{equal} {unknown}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn with_their_definitions_they_are_judged_as_the_api_server_judged_them() {
    let Some(texts) = definitions(false) else { return println!("skipped: Go does not have the modules of tests/validate/written/go.mod") };
    let mut kinds = CustomKinds::default();
    for text in &texts {
        let file = SourceMap::new().add("definition", "");
        read::read(file, text, &Budget::default()).objects.iter().for_each(|manifest| kinds.add(manifest));
    }
    let (mut equal, mut wrong) = (0, Vec::new());
    each(|case, is_accepted, status| {
        let Verdict { status: own, problems } = judge(&case.manifest, &kinds);
        match (own == Status::Valid) == is_accepted && !problems.iter().any(|problem| problem.rule.info().id == "KV312") {
            true => equal += 1,
            false => wrong.push(format!("{}: the server said {status}, Windlass {own:?} {problems:?}", case.name)),
        }
    });
    println!("{equal} verdicts are equal");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each case with what the server said of it.
fn each(mut judge: impl FnMut(&Mutation, bool, &str)) {
    let recorded = fs::read_to_string(directory().join("verdicts.tsv")).expect("the verdicts");
    let cases = cases();
    assert_eq!(cases.len(), recorded.lines().count(), "the verdicts are those of other mutations; record them again");
    for (case, line) in cases.iter().zip(recorded.lines()) {
        let (name, status) = line.split_once('\t').expect("a name and a status");
        assert_eq!(name, case.name, "the verdicts are those of other mutations; record them again");
        judge(case, status.starts_with('2'), status);
    }
}
