//! Manifests among the files: YAML that says `apiVersion` and `kind`. Templates of charts and patches of kustomizations are parts of
//! manifests, and are left out.

use std::path::PathBuf;
use std::sync::Arc;

use windlass_k8s::read::{self, Manifest};
use windlass_k8s::view::Fields as _;
use windlass_yaml::Budget;

use super::super::Context;
use super::super::manifest::ManifestEntry;
use super::super::repository::Reader;

/// True for a file that may hold manifests, by its name.
pub(super) fn may_be(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    [".yaml", ".yml"].iter().any(|end| name.ends_with(end))
        && !name.starts_with("values")
        && !name.starts_with("kustomization.")
        && name != "Chart.yaml"
}

/// Reads the manifests of those files.
pub(super) fn load(found: &[PathBuf], reader: &mut Reader<'_>, context: &mut Context) {
    for path in found {
        let Some(file) = reader.read_input(path) else { continue };
        let text = Arc::clone(reader.sources.file(file).text());
        let says = |key: &str| text.lines().any(|line| line.trim_start_matches(['-', ' ', '{']).starts_with(key));
        // Most YAML of a repository is something else.
        if !says("apiVersion:") || !says("kind:") || is_template(reader.sources.file(file).name(), &text) {
            continue;
        }
        let read = read::read(file, &text, &Budget::default());
        context.not_understood.extend(read.broken.into_iter().map(|(_, diagnostic)| diagnostic));
        context.manifests.extend(read.objects.into_iter().filter(is_whole).map(|manifest| ManifestEntry::new(file, manifest)));
    }
}

/// True for a template of a chart or of another generator: `{{` begins a line or a value. Within a text it is the text's own.
fn is_template(name: &str, text: &str) -> bool {
    let begins = |line: &str| line.trim_start().starts_with("{{") || line.contains(": {{") || line.contains("- {{");
    text.contains("{{") && (name.split('/').any(|part| part == "templates") || text.lines().any(begins))
}

/// False for a patch: it names an object and what to change in it.
fn is_whole(manifest: &Manifest) -> bool {
    let root = &manifest.root;
    match root.text("kind") {
        Some("Deployment" | "StatefulSet" | "DaemonSet") => root.at(&["spec", "selector"]).is_some(),
        Some("Job" | "CronJob") => root.at(&["spec"]).is_some_and(|spec| spec.get("template").is_some() || spec.get("schedule").is_some()),
        _ => root.field("apiVersion").is_some(),
    }
}
