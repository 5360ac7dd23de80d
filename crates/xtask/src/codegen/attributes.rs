//! `docs/attributes.md`: every attribute that Compose has, with its fate, from the cases beside the attributes' code.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use windlass_compose::model::{attribute, attributes};
use windlass_convert::Fate;
use windlass_convert::support::{Case, Document, documents};
use windlass_yaml::Path;

/// What the cases show of one attribute.
#[derive(Default, PartialEq, Eq)]
struct Row {
    /// Where: document and case.
    shown: Option<(usize, usize)>,
    /// The fates that it meets, each with its first message; an empty one when a value met it without a message.
    fates: BTreeMap<Fate, &'static str>,
    places: Vec<String>,
}

pub(super) fn text() -> String {
    let documents = documents();
    let rows = rows(&documents);
    let mut text = String::from(
        "<!-- Made by `cargo xtask codegen` from crates/convert/src/attributes/*.md; edit the cases there. -->\n\n\
         # What becomes of each attribute\n\n\
         *Mapped*: it means the same in the cluster. *Approximated*: it works, but differs. *Lost*: there is no counterpart.\n\
         *Refused*: it would give something broken or unsafe. *Loaded*: it is merged into the project before that is converted.\n\
         Each attribute leads to a case: a compose file and what it becomes. A conversion's own report (`--report`) says the same of each\n\
         value that your file has, with its line.\n",
    );
    for (index, document) in documents.iter().enumerate() {
        let _ = write!(text, "\n## {}\n\n| attribute | fate | becomes | how, why |\n|---|---|---|---|\n", document.title);
        let here: Vec<_> = rows.iter().filter(|(_, row)| row.shown.is_some_and(|(shown, _)| shown == index)).collect();
        // Neighbours of which the same is to be said share a line.
        for together in here.chunk_by(|(_, one), (_, other)| one == other) {
            let Some((_, row)) = together.first() else { continue };
            let names: Vec<String> = together.iter().map(|(name, _)| format!("`{name}`")).collect();
            let anchor = row.shown.and_then(|(_, case)| document.cases.get(case)).map(Case::anchor).unwrap_or_default();
            let _ = writeln!(
                text,
                "| [{}](../crates/convert/src/attributes/{}#{anchor}) | {} | {} | {} |",
                names.join(", "),
                document.file,
                fates(row),
                row.places.join(", "),
                remarks(row).replace('|', "\\|"),
            );
        }
    }
    text
}

/// Every attribute in the order of the model, then those that only cases know (`x-*`).
fn rows(documents: &[Document]) -> Vec<(String, Row)> {
    let mut rows: Vec<(String, Row)> = attributes().into_iter().map(|name| (name, Row::default())).collect();
    let cases = documents
        .iter()
        .enumerate()
        .flat_map(|(document, content)| content.cases.iter().enumerate().map(move |(case, content)| ((document, case), content)));
    for (place, case) in cases.clone() {
        for entry in case.entries() {
            let fate = Fate::ALL.into_iter().find(|fate| fate.as_str() == entry.fate);
            for path in entry.paths {
                let name = attribute(&Path::parse(path));
                let at = rows.iter().position(|(known, _)| *known == name).unwrap_or_else(|| {
                    rows.push((name, Row::default()));
                    rows.len() - 1
                });
                let row = &mut rows[at].1;
                row.shown.get_or_insert(place);
                if let Some(fate) = fate {
                    let message = row.fates.entry(fate).or_insert(entry.message);
                    *message = if entry.message.is_empty() { "" } else { message };
                }
                for place in entry.places.iter().map(|place| general(place)) {
                    if !row.places.contains(&place) {
                        row.places.push(place);
                    }
                }
            }
        }
    }
    // What the loader takes away has no value left to report on.
    for (name, row) in rows.iter_mut().filter(|(_, row)| row.shown.is_none()) {
        let path = Path::parse(name);
        row.shown = cases.clone().find(|(_, case)| case.covers(&path)).map(|(place, _)| place);
    }
    rows
}

fn fates(row: &Row) -> String {
    if row.fates.is_empty() {
        return "loaded".to_owned();
    }
    row.fates.keys().map(|fate| fate.as_str()).collect::<Vec<_>>().join(", ")
}

fn remarks(row: &Row) -> String {
    let told = row.fates.iter().filter(|(_, message)| !message.is_empty());
    let several = row.fates.len() > 1;
    let told = told.map(|(fate, message)| if several { format!("{}: {message}", fate.as_str()) } else { (*message).to_owned() });
    told.collect::<Vec<_>>().join("; ")
}

/// `Deployment/web spec.template.spec.containers[0].image` as `` container `image` ``.
fn general(place: &str) -> String {
    let (object, path) = place.split_once(' ').unwrap_or((place, ""));
    let kind = object.split('/').next().unwrap_or(object);
    let mut path: String = path.split_inclusive('[').map(|part| part.trim_start_matches(|digit: char| digit.is_ascii_digit())).collect();
    // Keys that the user chose.
    for map in ["annotations", "labels", "data", "nodeSelector"] {
        let end = path.split(['.', '[']).scan(0, |end, step| {
            *end += step.len() + 1;
            Some((step, *end - 1))
        });
        if let Some(end) = end.filter(|(step, _)| *step == map).map(|(_, end)| end).next() {
            path.truncate(end);
        }
    }
    if !matches!(kind, "Deployment" | "StatefulSet" | "DaemonSet" | "Job" | "CronJob") {
        return if path.is_empty() { kind.to_owned() } else { format!("{kind} `{path}`") };
    }
    let pod = path.strip_prefix("spec.jobTemplate.").unwrap_or(&path).strip_prefix("spec.template.");
    match pod.map(|pod| (pod, pod.strip_prefix("spec.containers[]."))) {
        Some((_, Some(container))) => format!("container `{container}`"),
        Some((pod, None)) => format!("pod `{}`", pod.strip_prefix("spec.").unwrap_or(pod)),
        None => format!("workload `{path}`"),
    }
}
