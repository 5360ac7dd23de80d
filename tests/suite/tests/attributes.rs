//! The documented cases of attributes (`crates/convert/src/attributes/*.md`) are true and complete: each project converts to what
//! its case shows, and there is a case for every attribute that Compose has.
//!
//! `WINDLASS_UPDATE=1 cargo test -p windlass-suite --test attributes` rewrites what the cases show; read it before you commit it.
#![expect(clippy::disallowed_methods, reason = "tests read and write the documents")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use serde_json::Value;
use windlass_compose::model::{attribute, attributes};
use windlass_convert::{AttributeEntry, Becomes, ObjectRef, support};
use windlass_source::{MemoryFileSystem, SourceMap};
use windlass_suite::conversion::Project;
use windlass_suite::invariants::{lookup, violations, written};
use windlass_testkit::workspace;
use windlass_yaml::{Budget, Node, Path, Segment, Value as YamlValue, parse};

const DIRECTORY: &str = "/srv/shop";

/// What a case has to show.
fn outcome(case: &support::Case) -> Result<String, String> {
    let mut files = MemoryFileSystem::new();
    for (path, text) in &case.files {
        files.insert(std::path::Path::new(DIRECTORY).join(path), *text, 0o644);
    }
    let project = Project { directory: DIRECTORY.into(), profiles: vec!["*".to_owned()], ..Project::default() };
    let loaded = project.load(&files);
    if !loaded.is_ok() {
        return Err(format!("does not load: {:?}", loaded.diagnostics));
    }
    let conversion = project.convert_loaded(&loaded, &files);
    let wrong = violations(&loaded, &conversion);
    if !wrong.is_empty() {
        return Err(wrong.join("\n"));
    }
    let entries: Vec<&AttributeEntry> = conversion.report.attributes().filter(|entry| case.covers(&entry.path)).collect();
    let mut text = String::from("\n");
    let shown = fields(entries.iter().flat_map(|entry| &entry.becomes), &conversion);
    if !shown.is_empty() {
        let _ = write!(text, "\n```yaml\n{}\n```\n", shown.join("\n"));
    }
    // Neighbours with one fate share a line.
    let same = |one: &&AttributeEntry, other: &&AttributeEntry| {
        (one.fate, &one.becomes, &one.message) == (other.fate, &other.becomes, &other.message)
    };
    for (index, together) in entries.chunk_by(same).enumerate() {
        text.push_str(if index == 0 { "\n- " } else { "- " });
        for (index, entry) in together.iter().enumerate() {
            let _ = write!(text, "{}`{}`", if index == 0 { "" } else { ", " }, entry.path);
        }
        let entry = together[0];
        let _ = write!(text, ": {}", entry.fate.as_str());
        for (index, place) in entry.becomes.iter().enumerate() {
            let _ = write!(text, "{} `{place}`", if index == 0 { " →" } else { "," });
        }
        let _ = writeln!(text, "{}{}", if entry.message.is_empty() { "" } else { ": " }, entry.message);
    }
    Ok(text)
}

/// The fields as YAML, those of one object together, after a line that says where they start.
fn fields<'a>(places: impl Iterator<Item = &'a Becomes>, conversion: &windlass_convert::Conversion) -> Vec<String> {
    let mut objects: Vec<(&ObjectRef, Vec<Path>)> = Vec::new();
    for Becomes { object, path } in places {
        match objects.iter_mut().find(|(known, _)| *known == object) {
            Some((_, paths)) => paths.push(path.clone()),
            None => objects.push((object, vec![path.clone()])),
        }
    }
    let mut shown = Vec::new();
    for (reference, mut paths) in objects {
        let object = conversion.objects.get(reference.kind, &reference.name).expect("every place that the report names exists");
        let mut value = written(object);
        let volumes: Vec<Path> = paths.iter().filter_map(|path| volume_of(&value, path)).collect();
        paths.extend(volumes);
        let mut paths: Vec<_> = paths.iter().map(Path::segments).collect();
        paths.sort();
        paths.dedup();
        if let Some(metadata) = value["metadata"].as_object_mut() {
            metadata.remove("labels");
        }
        let first = paths.first().map_or(&[][..], Vec::as_slice);
        let mut length = paths.iter().fold(first.len(), |length, path| common(length, first, path));
        // A field is shown with its name, an item of a list as such.
        if paths.iter().any(|path| path.len() == length) {
            length = length.saturating_sub(1);
        }
        if matches!(first.get(length), Some(Segment::Index(_))) {
            length = length.saturating_sub(1);
        }
        let start: Path = first[..length].iter().collect();
        let place = if length == 0 { reference.to_string() } else { format!("{reference} {start}") };
        let pruned = prune(&value, &paths.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let found = start.segments().iter().fold(&pruned, |value, segment| match segment {
            Segment::Key(key) => &value[key.as_str()],
            // What is not shown is not in the pruned list.
            Segment::Index(_) => &value[0],
        });
        shown.push(format!("# {place}\n{}", windlass_yaml::to_string(found).expect("values can be written").trim_end()));
    }
    shown
}

/// The volume of a pod that a mount is of.
fn volume_of(workload: &Value, mount: &Path) -> Option<Path> {
    let steps = mount.segments();
    let [above @ .., Segment::Key(containers), Segment::Index(_), Segment::Key(mounts), Segment::Index(_)] = steps.as_slice() else {
        return None;
    };
    if mounts != "volumeMounts" || !matches!(containers.as_str(), "containers" | "initContainers") {
        return None;
    }
    let above: Path = above.iter().collect();
    let name = &lookup(workload, mount)?["name"];
    let index = lookup(workload, &above)?["volumes"].as_array()?.iter().position(|volume| volume["name"] == *name)?;
    Some(above.key("volumes").index(index))
}

fn common(length: usize, one: &[Segment], other: &[Segment]) -> usize {
    one.iter().zip(other).take(length).take_while(|(one, other)| one == other).count()
}

/// The value with what is at or beneath `paths` alone.
fn prune(value: &Value, paths: &[&[Segment]]) -> Value {
    if paths.iter().any(|path| path.is_empty()) {
        return value.clone();
    }
    let beneath = |step: &Segment| -> Vec<&[Segment]> {
        paths.iter().filter_map(|path| path.split_first()).filter(|(first, _)| *first == step).map(|(_, rest)| rest).collect()
    };
    match value {
        Value::Object(map) => {
            let kept = map.iter().filter_map(|(key, value)| {
                let paths = beneath(&Segment::Key(key.as_str().into()));
                (!paths.is_empty()).then(|| (key.clone(), prune(value, &paths)))
            });
            Value::Object(kept.collect())
        }
        Value::Array(items) => {
            let name = [Segment::Key("name".into())];
            let kept = items.iter().enumerate().filter_map(|(index, item)| {
                let mut paths = beneath(&Segment::Index(index));
                if paths.is_empty() {
                    return None;
                }
                paths.push(&name);
                Some(prune(item, &paths))
            });
            Value::Array(kept.collect())
        }
        scalar => scalar.clone(),
    }
}

#[test]
fn every_documented_case_becomes_what_it_shows() {
    let update = std::env::var_os("WINDLASS_UPDATE").is_some();
    let mut wrong = String::new();
    for document in support::documents() {
        let mut text = document.preamble.to_owned();
        for case in &document.cases {
            let name = format!("{} {}", document.file, case.input.lines().next().unwrap_or_default());
            let outcome = outcome(case).unwrap_or_else(|reason| {
                let _ = writeln!(wrong, "{name}: {reason}");
                case.outcome.trim_end().to_owned() + "\n"
            });
            if !update && outcome.trim() != case.outcome.trim() {
                let _ = writeln!(wrong, "{name}: becomes{outcome}");
            }
            text += &format!("{}{outcome}\n", case.input.trim_end());
        }
        if update {
            let path = workspace().join("crates/convert/src/attributes").join(document.file);
            fs::write(path, text.trim_end().to_owned() + "\n").expect("writable");
        }
    }
    assert!(wrong.is_empty(), "not as documented (WINDLASS_UPDATE=1 rewrites):\n{wrong}");
}

#[test]
fn every_attribute_has_a_case_with_its_own_heading() {
    let mut shown = BTreeSet::new();
    for case in support::documents().iter().flat_map(|document| &document.cases) {
        for (_, text) in case.files.iter().filter(|(path, _)| path.ends_with("compose.yaml")) {
            let mut sources = SourceMap::new();
            let id = sources.add("compose.yaml", *text);
            let parsed = parse(id, text, &Budget::default());
            let root = parsed.documents.into_iter().next().expect("a case has a document").root;
            names(&root, &Path::root(), &mut |path| {
                if case.covers(path) {
                    shown.insert(attribute(path));
                }
            });
        }
    }
    let missing: Vec<String> = attributes().into_iter().filter(|name| !shown.contains(name)).collect();
    assert!(missing.is_empty(), "no case in crates/convert/src/attributes/*.md shows:\n{}", missing.join("\n"));
}

fn names(node: &Node, path: &Path, visit: &mut impl FnMut(&Path)) {
    visit(path);
    match &node.value {
        YamlValue::Map(map) => {
            for (key, value) in map.iter() {
                names(value, &path.key(key.name()), visit);
            }
        }
        YamlValue::Sequence(items) => {
            for (index, item) in items.iter().enumerate() {
                names(item, &path.index(index), visit);
            }
        }
        _ => {}
    }
}

#[test]
fn every_document_beside_the_code_is_read() {
    let folder = workspace().join("crates/convert/src/attributes");
    let entries = fs::read_dir(folder).expect("the folder exists").flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let on_disk: BTreeSet<String> = entries.filter(|name| name.ends_with(".md")).collect();
    let listed: BTreeSet<String> = support::documents().iter().map(|document| document.file.to_owned()).collect();
    assert_eq!(on_disk, listed);
}
