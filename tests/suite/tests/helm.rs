//! `--to helm`, rendered by the real helm: with the chart's own values it gives the plain conversion, and with another value what
//! converting with that variable gives. `cargo xtask control-plane` builds helm; without it the tests say so and are skipped.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use windlass_compose::Loaded;
use windlass_convert::{Conversion, TOOL_IMAGE};
use windlass_emit::FileTree;
use windlass_emit::layouts::helm::{Chart, Form, Made, Variable, helm};
use windlass_k8s::{ContentHash, Objects};
use windlass_source::RealFileSystem;
use windlass_suite::accepted::accept;
use windlass_suite::conversion::Project;
use windlass_suite::projects::{Selection, cases, corpus};
use windlass_suite::rendered::{ByName, assert_golden, by_name, differences, name_of, output, run, write_tree};
use windlass_testkit::{Cluster, Component, shared};

/// The chart of a project.
fn chart(project: &Project, loaded: &Loaded, conversion: &Conversion) -> (Made, Vec<Variable>) {
    let value = |name: &str| loaded.environment.get(name).map(|variable| variable.value.to_string());
    let variables = Variable::of_tree(&loaded.tree, &loaded.sources, value);
    let made = helm(&Chart {
        project: &loaded.project.name,
        files: &project.files,
        objects: &conversion.objects,
        hidden: None,
        placeholders: false,
        variables: &variables,
        test_image: TOOL_IMAGE,
        convert: &|values| convert(project, values),
    });
    (made, variables)
}

fn convert(project: &Project, values: &BTreeMap<String, String>) -> Option<Objects> {
    let mut project = project.clone();
    project.environment.extend(values.clone());
    let files = RealFileSystem::new(&project.directory);
    let loaded = project.load(&files);
    loaded.is_ok().then(|| project.convert_loaded(&loaded, &files).objects)
}

/// What `helm template` makes of it, without hooks.
fn rendered(made: &Made, directory: &Path, set: &[String]) -> anyhow::Result<ByName> {
    let directory = directory.display().to_string();
    let secret = format!("{directory}/values.secret.yaml");
    let mut arguments = vec!["template", made.name.as_str(), &directory];
    if made.emitted.tree.get("values.secret.yaml").is_some() {
        arguments.extend(["-f", &secret]);
    }
    for set in set {
        arguments.extend(["--set-string", set]);
    }
    let objects = run(Component::Helm, &arguments)?.expect("helm is there");
    Ok(objects.into_iter().filter(|(_, object)| object.pointer("/metadata/annotations/helm.sh~1hook").is_none()).collect())
}

/// Takes away what `docs/outputs.md` says is not the same: hashes in names, and the labels that helm itself gives.
fn alike(objects: ByName, release: &str) -> ByName {
    let hashed = |object: &Value| {
        let name = object.pointer("/metadata/name")?.as_str()?;
        let is_hash = |text: &str| text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let (stem, hash) = name.rsplit_once('-')?;
        let ours = ContentHash::cut(name).is_some() || is_hash(hash);
        let kind = object.get("kind")?.as_str()?;
        (ours && matches!(kind, "ConfigMap" | "Secret" | "Job")).then(|| (name.to_owned(), format!("{stem}-HASH")))
    };
    let names: Vec<_> = objects.values().filter_map(hashed).collect();
    let mut alike = ByName::new();
    for mut object in objects.into_values().filter(|object| object["kind"] != "Namespace") {
        settle(&mut object, &names, release);
        if let Some(labels) = object.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
            labels.remove("helm.sh/chart");
        }
        alike.insert(name_of(&object), object);
    }
    alike
}

fn settle(value: &mut Value, names: &[(String, String)], release: &str) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match key.as_str() {
                    "app.kubernetes.io/instance" => *value = release.into(),
                    "app.kubernetes.io/managed-by" => *value = "helm".into(),
                    _ => settle(value, names, release),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| settle(item, names, release)),
        Value::String(text) => {
            for (name, plain) in names.iter().filter(|(name, _)| text.contains(name)).collect::<Vec<_>>() {
                *text = text.replace(name, plain);
            }
        }
        _ => {}
    }
}

/// What is compared, and what was wrong.
#[derive(Default)]
struct Outcome {
    charts: usize,
    objects: usize,
    values: usize,
    fixed: usize,
    /// The same of variables that are empty.
    empty_values: usize,
    empty_fixed: usize,
    unused: usize,
    /// Variables that were set, one at a time or all at once.
    set: usize,
    /// Why variables stay fixed.
    reasons: BTreeMap<String, usize>,
    /// A real API server, where there is one, and how many rendered objects it accepted.
    cluster: Option<Cluster>,
    accepted: usize,
    namespaces: usize,
    wrong: Vec<String>,
}

impl Outcome {
    /// Gives rendered objects to the API server.
    fn accept(&mut self, name: &str, objects: &ByName) {
        let Some(cluster) = &self.cluster else { return };
        self.namespaces += 1;
        let (accepted, refused) = accept(cluster, &format!("chart-{}", self.namespaces), objects.values()).expect("the API server answers");
        self.accepted += accepted;
        self.wrong.extend(refused.into_iter().map(|refusal| format!("{name}: {refusal}")));
    }
}

/// A value that a variable has nowhere, of its own form where only that is a value.
fn other(variable: &Variable, at: usize, made: &Made) -> String {
    let form = made.formed.get(&variable.name);
    if let Some((value, form)) = variable.value.as_deref().zip(form) {
        if let Form::Image(path) = form {
            return format!("other{at}.example/{path}{value}");
        }
        match value {
            "true" => return "false".to_owned(),
            "false" => return "true".to_owned(),
            path if path.starts_with(['/', '.', '~']) => return format!("{path}/other"),
            _ => {}
        }
        if let Ok(address) = value.parse::<std::net::Ipv4Addr>() {
            return format!("{}.0.{}.{}", address.octets()[0], at / 200, 20 + at % 200);
        }
        if let Some(end) = value.rfind(|letter: char| letter.is_ascii_digit()) {
            let start = value[..end].rfind(|letter: char| !letter.is_ascii_digit()).map_or(0, |at| at + 1);
            return format!("{}{}{}", &value[..start], 50_000 + at, &value[end + 1..]);
        }
    }
    match variable.value.as_deref() {
        Some(value) if value.parse::<u32>().is_ok() => (50_000 + at).to_string(),
        _ if form.is_some() => (50_000 + at).to_string(),
        _ => format!("other{at}"),
    }
}

fn compare(name: &str, project: &Project, one_by_one: bool, outcome: &mut Outcome) {
    let (loaded, conversion) = project.convert();
    if !loaded.is_ok() || conversion.objects.is_empty() {
        return;
    }
    let (made, variables) = chart(project, &loaded, &conversion);
    outcome.charts += 1;
    let is_empty =
        |name: &str| variables.iter().any(|variable| variable.name == name && variable.value.as_deref().is_none_or(str::is_empty));
    let (empty, fixed): (Vec<_>, Vec<_>) = made.fixed.iter().partition(|fixed| is_empty(&fixed.variable));
    let empty_values = made.values.keys().filter(|name| is_empty(name)).count();
    outcome.values += made.values.len() - empty_values;
    outcome.fixed += fixed.len();
    outcome.empty_values += empty_values;
    outcome.empty_fixed += empty.len();
    outcome.unused += variables.len() - made.values.len() - made.fixed.len();
    for fixed in fixed {
        let kind = fixed.because.split(['/', '.']).next().unwrap_or_default();
        *outcome.reasons.entry(kind.to_owned()).or_default() += 1;
    }
    let place = tempfile::tempdir().expect("a directory");
    write_tree(&made.emitted.tree, place.path()).expect("writable");
    let directory = place.path().display().to_string();
    if let Err(error) = output(Component::Helm, &["lint", "--strict", &directory]) {
        outcome.wrong.push(format!("{name}: {error}"));
    }
    let check = |what: &str, expected: &Objects, set: &[String], outcome: &mut Outcome| match rendered(&made, place.path(), set) {
        Ok(found) => {
            outcome.accept(&format!("{name}{what}"), &found);
            let expected = alike(by_name(expected), &made.name);
            outcome.objects += expected.len();
            let found = differences(&expected, &alike(found, &made.name));
            outcome.wrong.extend(found.into_iter().map(|difference| format!("{name}{what}: {difference}")));
        }
        Err(error) => outcome.wrong.push(format!("{name}{what}: {error}")),
    };
    check("", &conversion.objects, &[], outcome);
    let changes: Vec<(String, String, String)> = variables
        .iter()
        .enumerate()
        .filter_map(|(at, variable)| {
            let path = made.values.get(&variable.name)?.join(".");
            Some((variable.name.to_string(), path, other(variable, at, &made)))
        })
        .collect();
    let all: Vec<&[(String, String, String)]> = if one_by_one { changes.chunks(1).collect() } else { vec![&changes] };
    for changes in all.into_iter().filter(|changes| !changes.is_empty()) {
        let values = changes.iter().map(|(name, _, value)| (name.clone(), value.clone())).collect();
        let set: Vec<String> = changes.iter().map(|(_, path, value)| format!("{path}={value}")).collect();
        match convert(project, &values) {
            Some(expected) => {
                outcome.set += changes.len();
                check(&format!(" with {}", set.join(" ")), &expected, &set, outcome);
            }
            None => outcome.wrong.push(format!("{name} with {values:?}: does not load")),
        }
    }
}

#[test]
fn the_chart_of_an_example_is_the_golden_one() {
    let (_, project) = cases().into_iter().find(|(name, _)| name == "voting").expect("it is a case");
    let (loaded, conversion) = project.convert();
    assert_golden("helm-voting", &chart(&project, &loaded, &conversion).0.emitted.tree);
}

#[test]
fn an_image_that_decides_more_is_a_value_for_its_copies_in_other_registries() {
    let place = tempfile::tempdir().expect("a directory");
    let text = "services:\n  db:\n    image: ${DB_IMAGE:-postgres:17}\n    environment: { POSTGRES_PASSWORD: postgres }\n  \
                app:\n    image: acme/app:1\n    environment: { USER: '${APP_USER:-postgres}' }\n";
    let mut files = FileTree::default();
    files.add("compose.yaml", text);
    write_tree(&files, place.path()).expect("writable");
    let project = Project { directory: place.path().to_owned(), ..Project::default() };
    let (loaded, conversion) = project.convert();
    let made = chart(&project, &loaded, &conversion).0;
    assert_eq!(made.formed, BTreeMap::from([("DB_IMAGE".into(), Form::Image("library/"))]), "{:?}", made.fixed);
    if Component::Helm.is_there() {
        let mut outcome = Outcome::default();
        compare("copies", &project, true, &mut outcome);
        assert!(outcome.wrong.is_empty(), "{}", outcome.wrong.join("\n"));
        assert_eq!(outcome.set, 2);
    }
}

#[test]
fn secrets_for_registries_are_given_to_every_pod() {
    if !Component::Helm.is_there() {
        return;
    }
    let (_, project) = cases().into_iter().find(|(name, _)| name == "voting").expect("it is a case");
    let (loaded, conversion) = project.convert();
    let made = chart(&project, &loaded, &conversion).0;
    let place = tempfile::tempdir().expect("a directory");
    write_tree(&made.emitted.tree, place.path()).expect("writable");
    let pods = |set: &[String]| -> Vec<Value> {
        let found = rendered(&made, place.path(), set).expect("it renders");
        found.values().filter_map(|object| object.pointer("/spec/template/spec").cloned()).collect()
    };
    let before = pods(&[]);
    assert!(before.len() > 3 && before.iter().all(|pod| pod.get("imagePullSecrets").is_none()));
    for pod in pods(&["imagePullSecrets[0].name=registry".to_owned()]) {
        assert_eq!(pod["imagePullSecrets"], serde_json::json!([{ "name": "registry" }]));
    }
}

#[test]
fn charts_of_the_cases_give_the_plain_conversions() {
    if !Component::Helm.is_there() {
        return;
    }
    let mut outcome = Outcome::default();
    for (name, project) in cases() {
        compare(&name, &project, true, &mut outcome);
    }
    assert!(outcome.wrong.is_empty(), "{}", outcome.wrong.join("\n"));
    assert_eq!(outcome.charts, 10);
}

#[test]
fn charts_of_the_corpus_give_the_plain_conversions_with_every_value() {
    let Some(directory) = shared("corpus").filter(|_| Component::Helm.is_there()) else { return };
    let mut outcome = Outcome { cluster: Cluster::start(&[]).expect("the control plane starts"), ..Outcome::default() };
    for (name, project) in corpus(&directory, Selection::from_environment(Selection::Varied)) {
        compare(&name, &project, false, &mut outcome);
    }
    let Outcome { charts, objects, values, fixed, empty_values, empty_fixed, unused, set, accepted, ref reasons, ref wrong, .. } = outcome;
    let share = 100.0 * values as f64 / ((values + fixed) as f64).max(1.0);
    println!(
        "result: {charts} charts, {objects} objects rendered by helm, {accepted} of them accepted by the API server, `helm lint --strict` clean; {values} of {} variables that have a value and \
         reach an object became values of the chart ({share:.1} %), and {empty_values} of {} that are empty; the others decide structure; \
         {unused} reach no object; {set} set to other values; {} differences",
        values + fixed,
        empty_values + empty_fixed,
        wrong.len()
    );
    println!("{reasons:#?}");
    assert!(charts > 5);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(share >= 80.0, "{share:.1} % became values");
}
