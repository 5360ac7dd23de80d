//! What the operator applies is what `windlass convert --wait none` prints, but for the operator's own marks.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use windlass_convert::{KubeVersion, Options, Wait};
use windlass_crd::v1alpha1::{Stack, StackSpec};
use windlass_k8s::write::Canonical;
use windlass_operator::reconcile::build::{convert, options, render, without_marks};
use windlass_operator::reconcile::load::{Sources, load};
use windlass_suite::conversion::Project;
use windlass_suite::projects::{Selection, cases, corpus};
use windlass_testkit::shared;

/// A project that is larger is not put into a Stack.
const FILES: usize = 400;

/// The project as a Stack: the files that are merged as its text, all others beside it.
fn stack(project: &Project) -> Option<(Stack, Sources)> {
    let root = &project.directory;
    let mut spec = StackSpec { profiles: project.profiles.clone(), service_account_name: "deployer".into(), ..StackSpec::default() };
    spec.variables = project.environment.clone();
    let mut sources = Sources::default();
    for file in &project.files {
        // The Stack's texts stand in the project's own directory.
        if Path::new(file).components().count() != 1 {
            return None;
        }
        sources.compose.push(fs::read_to_string(root.join(file)).ok()?);
    }
    let mut pending = vec![root.clone()];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                pending.push(path);
            } else if let Ok(content) = fs::read(&path) {
                let name = path.strip_prefix(root).ok()?.to_str()?.to_owned();
                sources.files.push((name, content));
            }
        }
        if sources.files.len() > FILES {
            return None;
        }
    }
    let mut stack = Stack::new("sample", spec);
    stack.metadata.namespace = Some("space".into());
    stack.metadata.uid = Some("4a4d2a3c".into());
    Some((stack, sources))
}

/// The objects of `windlass convert -p sample --namespace space --wait none` in the project's directory.
fn printed(project: &Project) -> Option<Vec<String>> {
    let options = Options {
        namespace: Some("space".into()),
        wait: Wait::None,
        given: BTreeSet::from(["wait".to_owned(), "namespace".to_owned()]),
        ..Options::default()
    };
    let project = Project { options, ..project.clone() };
    let files = windlass_source::RealFileSystem::new(&project.directory);
    let mut request = windlass_compose::Request::new(&project.directory);
    request.files.clone_from(&project.files);
    request.profiles.clone_from(&project.profiles);
    request.environment.clone_from(&project.environment);
    request.project_name = Some("sample".into());
    let loaded = windlass_compose::load(&request, &files);
    let conversion = project.convert_loaded(&loaded, &files);
    let text = |object: &windlass_k8s::Object| serde_json::to_string(&Canonical(&object.resource)).expect("an object is written");
    loaded.is_ok().then(|| conversion.objects.iter().map(text).collect())
}

#[test]
fn the_operator_applies_what_the_command_line_prints() {
    let mut projects = cases();
    if let Some(directory) = shared("corpus") {
        projects.extend(corpus(&directory, Selection::from_environment(Selection::Varied)));
    }
    let mut compared = 0;
    for (name, project) in projects {
        if project.files.is_empty() || !project.env_files.is_empty() {
            continue;
        }
        let (Some((stack, sources)), Some(printed)) = (stack(&project), printed(&project)) else { continue };
        let loaded = load(&stack, sources);
        assert!(loaded.loaded.is_ok(), "{name}: {:#?}", loaded.loaded.diagnostics);
        let conversion = convert(&loaded, &options(&stack, &loaded, KubeVersion::default()));
        let desired = render(&stack, &loaded, &conversion);
        let applied: Vec<String> =
            desired.objects.values().map(|object| without_marks(serde_json::from_str(&object.body).expect("JSON")).to_string()).collect();
        assert_eq!(applied, printed, "{name}");
        compared += applied.len();
    }
    println!("{compared} objects are the same");
    assert!(compared > 20, "only {compared} objects were compared");
}
