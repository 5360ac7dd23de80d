//! `--server`: every object as the cluster's own dry run judges it, added to the verdicts.

use std::collections::{BTreeMap, BTreeSet};

use windlass_k8s::validation::{Answer, Resource, Validation, answered};
use windlass_k8s::view::{Fields as _, text};
use windlass_source::{Code, Diagnostic};
use windlass_yaml::{Style, node_to_string};

use crate::cluster::{Cluster, DryRun, MANAGER, Reference};
use crate::commands::Stop;

/// Asks the cluster about each object. Gives what could not be asked, as warnings.
pub(super) fn ask(validation: &mut Validation, cluster: &Cluster) -> Result<Vec<Diagnostic>, Stop> {
    let resources = &validation.resources;
    let names: BTreeSet<&str> = resources.iter().map(Resource::name).collect();
    let defined: BTreeSet<(&str, &str)> = resources.iter().filter_map(defined).collect();
    let answers = cluster.each(resources, |resource| {
        let reference =
            Reference { api_version: resource.api_version(), kind: resource.kind(), namespace: resource.namespace(), name: name(resource) };
        let manifest = node_to_string(&resource.manifest.root, Style::Kubernetes);
        Ok(match cluster.dry_run(reference, &manifest, MANAGER)? {
            DryRun::Answered { status, body, warnings } => Answer::read(status, &body, warnings, |name| names.contains(name)),
            DryRun::UnknownKind => unknown(resource, &defined),
        })
    });
    let answers = answers.into_iter().collect::<Result<Vec<_>, Stop>>()?;
    let mut undecided = BTreeMap::<&str, (usize, usize)>::new();
    for (at, answer) in answers.iter().enumerate() {
        if let Answer::Undecided(reason) = answer {
            undecided.entry(reason).or_insert((at, 0)).1 += 1;
        }
    }
    let told = undecided.into_iter().map(|(reason, (first, count))| {
        let resource = &resources[first];
        let others = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
        let message = format!("the cluster could not judge {}/{}{others}", resource.kind(), resource.name());
        let help = "what a manifest needs has to be there before the server can try it; its own verdict stands";
        Diagnostic::warning(Code("validate::undecided"), message).because(reason).help(help)
    });
    let told = told.collect();
    answered(validation, &answers);
    Ok(told)
}

/// The name itself, not the beginning of one that the server makes.
fn name(resource: &Resource) -> &str {
    resource.manifest.root.at(&["metadata", "name"]).and_then(text).unwrap_or_default()
}

/// The group and kind that a definition brings.
fn defined(resource: &Resource) -> Option<(&str, &str)> {
    let spec = resource.manifest.root.field("spec").filter(|_| resource.kind() == "CustomResourceDefinition")?;
    Some((spec.text("group")?, spec.at(&["names", "kind"]).and_then(text)?))
}

/// Of a kind that the cluster does not serve.
fn unknown(resource: &Resource, defined: &BTreeSet<(&str, &str)>) -> Answer {
    let (api_version, kind) = (resource.api_version(), resource.kind());
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    if defined.contains(&(group, kind)) {
        return Answer::Undecided(format!("the definition of {kind} is not there yet"));
    }
    // kubectl's words; the server says no more than "404".
    Answer::Refused { causes: vec![("kind".into(), format!("no matches for kind {kind:?} in version {api_version:?}"))] }
}
