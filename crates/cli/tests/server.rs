//! `validate --server` as a person at a shell meets it: the binary, the real kubectl, a real API server.
#![expect(clippy::disallowed_methods, reason = "runs the binary")]

#[path = "server/programs.rs"]
mod programs;

use std::fs;
use std::path::Path;
use std::process::Command;

use programs::programs;

use serde_json::{Value, json};
use windlass_testkit::{Cluster, Component, Setup};

struct Said {
    code: Option<i32>,
    report: Value,
    told: String,
}

/// Runs `validate --server` on a text. `home` is an empty directory, `path` has the programs.
fn validate(home: &Path, path: &Path, kubeconfig: &Path, flags: &[&str], text: &str) -> Said {
    fs::write(home.join("all.yaml"), text).expect("writable");
    let mut command = Command::new(env!("CARGO_BIN_EXE_windlass"));
    command.args(["validate", "all.yaml", "--server", "--format", "json"]).args(flags).current_dir(home).env_clear();
    command.env("HOME", home).env("PATH", path).env("KUBECONFIG", kubeconfig);
    let output = command.output().expect("the binary runs");
    Said {
        code: output.status.code(),
        report: serde_json::from_slice(&output.stdout).unwrap_or_default(),
        told: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl Said {
    /// Status and messages of each object.
    fn verdicts(&self) -> Vec<(String, String, Vec<String>)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let resources = self.report["resources"].as_array().expect("a report");
        let of = |resource: &Value| {
            let errors = ["errors", "warnings"].iter().flat_map(|list| resource[list].as_array().cloned().unwrap_or_default());
            let errors = errors.map(|error| format!("{} {}:{}", text(&error["rule"]), error["location"]["line"], text(&error["message"])));
            (text(&resource["name"]), text(&resource["status"]), errors.collect())
        };
        resources.iter().map(of).collect()
    }
}

const THING: &str = "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: things.test.windlass.dev }
spec:
  group: test.windlass.dev
  scope: Namespaced
  names: { kind: Thing, plural: things }
  versions:
  - name: v1
    served: true
    storage: true
    schema: { openAPIV3Schema: { type: object, properties: { spec: { type: object, properties: { size: { type: integer, maximum: 3 } } } } } }
";

fn web(selector: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: web }}\nspec:\n  selector: {{ matchLabels: {{ app: {selector} }} }}\n  \
         template:\n    metadata: {{ labels: {{ app: {selector} }} }}\n    spec: {{ containers: [{{ name: web, image: nginx:1 }}] }}\n"
    )
}

#[test]
fn objects_are_judged_by_the_clusters_own_dry_run() {
    let Some(kubectl) = Component::Kubectl.find().expect("a version").filter(|_| Component::Kubectl.is_there()) else { return };
    let setup = Setup { users: &["nobody"], ..Setup::default() };
    let Some(cluster) = Cluster::start_with(setup).expect("the control plane starts") else { return };
    cluster.create_namespace("one").expect("a namespace");
    let home = tempfile::tempdir().expect("a temporary directory");
    let path = programs(home.path(), Some(&kubectl));
    let run = |flags: &[&str], text: &str| validate(home.path(), &path, &cluster.kubeconfig(), flags, text);
    let create = |collection: &str, text: &str| {
        let answer = cluster.client().create(collection, text).expect("the API server answers");
        assert!(answer.is_ok(), "{}", answer.message());
    };
    create("/apis/apps/v1/namespaces/one/deployments", &web("web"));
    let quota =
        json!({ "apiVersion": "v1", "kind": "ResourceQuota", "metadata": { "name": "none" }, "spec": { "hard": { "configmaps": "0" } } });
    create("/api/v1/namespaces/one/resourcequotas", &quota.to_string());

    // Of an update the server says what can't change; a namespace that comes with the input is not there yet; a kind is not served.
    let input = format!(
        "{}---\napiVersion: v1\nkind: Namespace\nmetadata: {{ name: two }}\n---\napiVersion: v1\nkind: Secret\nmetadata: {{ name: key, namespace: two }}\n\
         ---\napiVersion: example.com/v1\nkind: Other\nmetadata: {{ name: other, namespace: one }}\n",
        web("wob").replace("name: web }", "name: web, namespace: one }"),
    );
    let said = run(&[], &input);
    assert_eq!(said.code, Some(1), "{}", said.told);
    let verdicts = said.verdicts();
    let [web_, two, key, other] = verdicts.as_slice() else { panic!("{verdicts:?}") };
    assert_eq!(web_.1, "invalid");
    assert!(web_.2[0].starts_with("KV315 5:spec.selector: Invalid value:") && web_.2[0].ends_with("field is immutable"), "{web_:?}");
    assert_eq!((two.1.as_str(), key.1.as_str(), other.1.as_str()), ("valid", "valid", "invalid"));
    assert_eq!(other.2, ["KV315 19:no matches for kind \"Other\" in version \"example.com/v1\""]);
    assert!(said.told.contains("could not judge Secret/key") && said.told.contains("namespaces \"two\" not found"), "{}", said.told);
    // The dry run left nothing behind.
    assert_eq!(cluster.client().get("/api/v1/namespaces/two").expect("an answer").status, 404);

    // Only what could not be tried: 3.
    let later = "{apiVersion: v1, kind: Namespace, metadata: {name: two}}\n---\n{apiVersion: v1, kind: Secret, metadata: {name: key, namespace: two}}\n";
    let said = run(&[], later);
    assert_eq!(said.code, Some(3), "{}", said.told);
    assert_eq!(run(&["--allow-partial"], later).code, Some(0));

    // Kinds that only the cluster knows are judged by it, and then nothing is skipped.
    create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", THING);
    let is_served = || cluster.client().get("/apis/test.windlass.dev/v1").is_ok_and(|answer| answer.is_ok());
    while !is_served() {
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    std::thread::sleep(std::time::Duration::from_secs(2));
    let things = "{apiVersion: test.windlass.dev/v1, kind: Thing, metadata: {name: good}, spec: {size: 2}}\n---\n\
                  {apiVersion: test.windlass.dev/v1, kind: Thing, metadata: {name: large}, spec: {size: 9}}\n---\n\
                  {apiVersion: test.windlass.dev/v1, kind: Thing, metadata: {name: odd}, spec: {sise: 1}}\n";
    let said = run(&[], things);
    let expected = [
        ("good", "valid", vec![]),
        ("large", "invalid", vec!["KV315 3:spec.size: Invalid value: 9: spec.size in body should be less than or equal to 3"]),
        ("odd", "invalid", vec!["KV315 5:strict decoding error: unknown field \"spec.sise\""]),
    ];
    let expected = expected.map(|(name, status, told)| (name.to_owned(), status.to_owned(), told.into_iter().map(str::to_owned).collect()));
    assert_eq!(said.verdicts(), expected);

    // Without a right the server's opinion is not known; without login there is none to ask.
    let kubeconfig = cluster.kubeconfig_of("nobody");
    let said = validate(home.path(), &path, &kubeconfig, &[], later);
    assert_eq!(said.code, Some(3));
    assert!(said.told.contains("cannot create resource \"namespaces\""), "{}", said.told);
    let stranger = home.path().join("stranger");
    let text = fs::read_to_string(&kubeconfig).expect("a kubeconfig");
    let token = text.split("\"token\":\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a token");
    fs::write(&stranger, text.replace(token, "wrong")).expect("writable");
    let said = validate(home.path(), &path, &stranger, &[], later);
    assert_eq!(said.code, Some(2));
    assert!(said.told.contains("log in again"), "{}", said.told);
}

#[test]
fn what_is_missing_to_ask_a_cluster_is_told() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let object = "{apiVersion: v1, kind: ConfigMap, metadata: {name: web}}\n";
    let nowhere = home.path().join("nowhere");
    let said = validate(home.path(), &programs(home.path(), None), &nowhere, &[], object);
    assert_eq!(said.code, Some(2));
    assert!(said.told.contains("there is no `kubectl` in `PATH`"), "{}", said.told);

    let Some(kubectl) = Component::Kubectl.find().expect("a version").filter(|_| Component::Kubectl.is_there()) else { return };
    let path = programs(home.path(), Some(&kubectl));
    let said = validate(home.path(), &path, &nowhere, &["--context", "production"], object);
    assert_eq!(said.code, Some(2));
    assert!(said.told.contains("context \"production\" does not exist"), "{}", said.told);
    let said = validate(home.path(), &path, &nowhere, &[], object);
    assert_eq!(said.code, Some(2));
    assert!(said.told.contains("kubectl knows of no cluster"), "{}", said.told);
}
