//! `--against cluster`: each object as the cluster has it, beside what it would be after applying the conversion, which the server's own
//! dry run says; and the objects of the stack that the conversion no longer makes. Nothing is changed.

use std::collections::BTreeSet;

use windlass_emit::{Before, remove_dropped};
use windlass_k8s::labels::{INSTANCE, MANAGED_BY, MANAGER, PART_OF};
use windlass_k8s::name::label_value;
use windlass_k8s::view::{Fields as _, text};
use windlass_k8s::{ContentHash, Kind, Object, Objects, write};
use windlass_source::{Code, Diagnostic};
use windlass_yaml::{Node, Style, node_to_string};

use crate::cluster::{self, Cluster, DryRun, Reference, json};
use crate::commands::Stop;

/// Where `kubectl apply` keeps what it applied.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The server would not take an object as it is; the comparison is whole all the same.
pub(super) const REFUSED: &str = "diff::refused";

/// Both sides.
#[derive(Default)]
pub(super) struct Sides {
    pub(super) before: Vec<Before>,
    pub(super) after: Vec<Node>,
    pub(super) told: Vec<Diagnostic>,
}

/// Asks the cluster about each object, then for those of the project that are left.
pub(super) fn look(cluster: &Cluster, project: &str, objects: &Objects) -> Result<Sides, Stop> {
    let list: Vec<&Object> = objects.iter().collect();
    let mut sides = Sides::default();
    for answer in cluster.each(&list, |object| one(cluster, object)) {
        let (before, after, told) = answer?;
        sides.before.extend(before);
        sides.after.push(after);
        sides.told.extend(told);
    }
    let made: BTreeSet<(Kind, &str)> = list.iter().map(|object| (object.kind(), object.name())).collect();
    let namespaces: BTreeSet<Option<&str>> = list.iter().map(|object| object.metadata().namespace.as_deref()).collect();
    let asked: Vec<(Kind, Option<&str>)> = Kind::ALL
        .into_iter()
        .filter(|kind| !matches!(kind, Kind::Namespace | Kind::Stack))
        .flat_map(|kind| namespaces.iter().map(move |namespace| (kind, *namespace)))
        .collect();
    let project = label_value(project);
    let selector = format!("{PART_OF}={project},{INSTANCE}={project},{MANAGED_BY}={MANAGER}");
    let answers = cluster.each(&asked, |(kind, namespace)| {
        cluster.list(Reference { api_version: kind.api_version(), kind: kind.as_str(), namespace: *namespace, name: "" }, &selector)
    });
    for ((kind, namespace), answer) in asked.iter().zip(answers) {
        let found = match answer {
            Ok(body) => json(&body),
            Err(Stop::Told(why)) => {
                let mut why = *why;
                why.severity = windlass_source::Severity::Warning;
                sides.told.push(why);
                continue;
            }
            Err(stop) => return Err(stop),
        };
        let gone = found.items("items").iter().filter(|item| {
            let name = item.at(&["metadata", "name"]).and_then(text).unwrap_or_default();
            !made.contains(&(*kind, name)) && !is_of_a_workload(item, *kind, name, objects)
        });
        for item in gone {
            let mut root = item.clone();
            // Elements of a list don't say what they are.
            if let Some(map) = root.as_map_mut() {
                map.insert("apiVersion", Node::default_value(kind.api_version()));
                map.insert("kind", Node::default_value(kind.as_str()));
            }
            in_namespace(&mut root, *namespace);
            sides.before.push(Before { file: "the cluster".to_owned(), root });
        }
    }
    Ok(sides)
}

type One = (Option<Before>, Node, Option<Diagnostic>);

/// An object before and after.
fn one(cluster: &Cluster, object: &Object) -> Result<One, Stop> {
    let wanted = write::tree(&object.resource);
    let namespace = object.metadata().namespace.as_deref();
    let kind = object.kind();
    let reference = Reference { api_version: kind.api_version(), kind: kind.as_str(), namespace, name: object.name() };
    let text_of = || node_to_string(&wanted, Style::Kubernetes);
    let Some(body) = cluster.get(reference)? else {
        // What the server fills in, so that it can stand beside what had the name with another hash.
        let mut made =
            match ContentHash::cut(object.name()).map(|_| cluster.dry_run(reference, &text_of(), cluster::MANAGER)).transpose()? {
                Some(DryRun::Answered { status: 201, body, .. }) => json(&body),
                _ => return Ok((None, wanted, None)),
            };
        in_namespace(&mut made, namespace);
        return Ok((None, made, None));
    };
    let mut live = json(&body);
    let manager = manager(&live).unwrap_or(cluster::MANAGER).to_owned();
    let (mut after, told) = match cluster.dry_run(reference, &text_of(), &manager)? {
        DryRun::Answered { status: 200 | 201, body, .. } => (json(&body), None),
        DryRun::Answered { status, body, .. } => {
            let why = json(&body).text("message").map_or_else(|| format!("status {status}"), str::to_owned);
            let told = Diagnostic::warning(Code(REFUSED), format!("the cluster would refuse {}", object.reference()))
                .because(why)
                .help("what can't be changed has to be deleted before it is applied again");
            (wanted.clone(), Some(told))
        }
        DryRun::UnknownKind => (wanted.clone(), None),
    };
    if let Some(last) = live.at(&["metadata", "annotations", LAST_APPLIED]).and_then(text).map(json) {
        remove_dropped(&mut after, &last, &wanted);
    }
    in_namespace(&mut live, namespace);
    in_namespace(&mut after, namespace);
    Ok((Some(Before { file: "the cluster".to_owned(), root: live }), after, told))
}

/// Who applied the object with server-side apply: as them, what they no longer want goes.
fn manager(live: &Node) -> Option<&str> {
    let fields = live.at(&["metadata"])?.items("managedFields");
    let mut applied = fields.iter().filter(|entry| entry.text("operation") == Some("Apply") && entry.field("subresource").is_none());
    applied.next_back()?.text("manager")
}

/// The namespace as the conversion says it: not at all where it leaves it to the context.
fn in_namespace(root: &mut Node, wanted: Option<&str>) {
    if wanted.is_none()
        && let Some(metadata) = root.get_mut("metadata").and_then(Node::as_map_mut)
    {
        metadata.remove("namespace");
    }
}

/// Something that a controller made for a workload: a Job of a CronJob, a claim of a StatefulSet's member.
fn is_of_a_workload(item: &Node, kind: Kind, name: &str, objects: &Objects) -> bool {
    let owners = item.at(&["metadata"]).map(|metadata| metadata.items("ownerReferences")).unwrap_or_default();
    let is_owned = owners.iter().any(|owner| owner.text("kind").and_then(Kind::parse).is_some_and(Kind::is_workload));
    let is_members = || {
        objects.of_kind(Kind::StatefulSet).any(|set| {
            let root = write::tree(&set.resource);
            let templates = root.at(&["spec"]).map(|spec| spec.items("volumeClaimTemplates")).unwrap_or_default();
            templates.iter().filter_map(|template| template.at(&["metadata", "name"]).and_then(text)).any(|template| {
                let rest = name.strip_prefix(&format!("{template}-{}-", set.name()));
                rest.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
            })
        })
    };
    is_owned || (kind == Kind::PersistentVolumeClaim && is_members())
}
