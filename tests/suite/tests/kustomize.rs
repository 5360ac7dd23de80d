//! `--to kustomize`, rendered by the real kustomize: the base is the plain conversion, and each overlay that of its environment.
//! `cargo xtask control-plane` builds kustomize; without it the tests say so and are skipped.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use windlass_audit::Context;
use windlass_compose::{Loaded, Request};
use windlass_convert::Conversion;
use windlass_emit::layouts::{self, Environment};
use windlass_source::RealFileSystem;
use windlass_suite::accepted::accept;
use windlass_suite::conversion::Project;
use windlass_suite::projects::{Selection, corpus};
use windlass_suite::rendered::{assert_golden, by_name, differences, kustomize, write_tree};
use windlass_testkit::{Cluster, Component, shared, workspace};

/// How many environments were compared, and what was wrong.
#[derive(Default)]
struct Outcome {
    bases: usize,
    overlays: usize,
    patches: usize,
    /// A real API server, where there is one, and how many rendered objects it accepted.
    cluster: Option<Cluster>,
    accepted: usize,
    wrong: Vec<String>,
}

/// Renders the stacks of a directory and compares each with its conversion.
fn compare(directory: &Path, outcome: &mut Outcome) -> anyhow::Result<()> {
    let files = RealFileSystem::new(directory);
    let context = Context::of_directory(&Request::new(directory), directory, &files);
    let mut environments: Vec<(String, Vec<String>, Loaded, Conversion)> = Vec::new();
    for stack in context.stacks() {
        let files = stack.files().to_vec();
        let project = Project { directory: directory.to_owned(), files: files.clone(), ..Project::default() };
        let (loaded, conversion) = project.convert();
        if loaded.is_ok() {
            let name = format!("{}-{}", environments.len(), layouts::overlay_name(files.last().map_or("", String::as_str)));
            environments.push((name, files, loaded, conversion));
        }
    }
    let views: Vec<Environment<'_>> = environments
        .iter()
        .map(|(name, files, loaded, conversion)| Environment { name, files, objects: &conversion.objects, sources: &loaded.sources })
        .collect();
    let Some((base, overlays)) = views.split_first().filter(|(base, _)| !base.objects.is_empty()) else { return Ok(()) };
    let emitted = layouts::kustomize(*base, overlays, layouts::Options::default());
    let place = tempfile::tempdir()?;
    write_tree(&emitted.tree, place.path())?;
    outcome.patches += emitted.tree.iter().filter(|(path, _)| path.contains("/patches/")).count();
    for (at, environment) in views.iter().enumerate() {
        let overlay = if at == 0 { "base".to_owned() } else { format!("overlays/{}", environment.name) };
        *(if at == 0 { &mut outcome.bases } else { &mut outcome.overlays }) += 1;
        let told = |what: String| format!("{} {overlay} {:?}: {what}", directory.display(), environment.files);
        // kustomize refuses what makes nothing.
        if environment.objects.is_empty() {
            continue;
        }
        match kustomize(&place.path().join(&overlay)) {
            Ok(Some(found)) => {
                outcome.wrong.extend(differences(&by_name(environment.objects), &found).into_iter().map(told));
                if let Some(cluster) = &outcome.cluster {
                    let namespace = format!("tree-{}", outcome.bases + outcome.overlays);
                    let (accepted, refused) = accept(cluster, &namespace, found.values())?;
                    outcome.accepted += accepted;
                    outcome.wrong.extend(refused.into_iter().map(told));
                }
            }
            Ok(None) => {}
            Err(error) => outcome.wrong.push(told(error.to_string())),
        }
    }
    Ok(())
}

fn compare_all(directories: &[PathBuf], cluster: Option<Cluster>) -> Outcome {
    let mut outcome = Outcome { cluster, ..Outcome::default() };
    for directory in directories {
        compare(directory, &mut outcome).expect("trees can be written and tools started");
    }
    outcome
}

#[test]
fn the_overlays_of_an_example_are_the_golden_ones() {
    let convert = |name: &str, files: &[&str]| {
        let files: Vec<String> = files.iter().map(|file| (*file).to_owned()).collect();
        let project = Project { directory: workspace().join("examples/shop"), files: files.clone(), ..Project::default() };
        let (loaded, conversion) = project.convert();
        (name.to_owned(), files, loaded, conversion)
    };
    let all = [
        convert("base", &["docker-compose.yml"]),
        convert("override", &["docker-compose.yml", "docker-compose.override.yml"]),
        convert("prod", &["docker-compose.prod.yml"]),
    ];
    let views = all.each_ref().map(|(name, files, loaded, conversion)| Environment {
        name,
        files,
        objects: &conversion.objects,
        sources: &loaded.sources,
    });
    let emitted = layouts::kustomize(views[0], &views[1..], layouts::Options::default());
    assert_golden("kustomize-shop", &emitted.tree);
}

#[test]
fn overlays_of_the_examples_give_the_conversions_of_their_environments() {
    if !Component::Kustomize.is_there() {
        return;
    }
    let examples = ["shop", "guestbook", "voting", "wordpress"].map(|name| workspace().join("examples").join(name));
    let outcome = compare_all(&examples, None);
    assert_eq!(outcome.wrong, [""; 0]);
    assert_eq!((outcome.bases, outcome.overlays), (4, 5));
}

#[test]
fn overlays_of_the_corpus_give_the_conversions_of_their_environments() {
    if !Component::Kustomize.is_there() {
        return;
    }
    let Some(directory) = shared("corpus") else { return };
    let projects = corpus(&directory, Selection::from_environment(Selection::Varied));
    let directories: BTreeSet<PathBuf> = projects.into_iter().map(|(_, project)| project.directory).collect();
    let outcome = compare_all(&directories.into_iter().collect::<Vec<_>>(), Cluster::start(&[]).expect("the control plane starts"));
    println!(
        "result: {} bases and {} overlays ({} patches) rendered by kustomize, {} objects accepted by the API server, {} differences from the plain manifests",
        outcome.bases,
        outcome.overlays,
        outcome.patches,
        outcome.accepted,
        outcome.wrong.len()
    );
    assert!(outcome.bases > 5);
    assert!(outcome.wrong.is_empty(), "{}", outcome.wrong.join("\n"));
}
