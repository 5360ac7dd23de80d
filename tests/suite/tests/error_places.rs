//! Where errors stand: of every odd case that docker compose refuses, some error of ours stands at what its message names.
//!
//! The message names an attribute by its path, a service, a word or a line; the place of that is looked up in the files of the
//! case. A message that names nothing, and a place that is better elsewhere, is listed in `tests/conformance/error-places.txt`
//! with the place itself. The verdicts lie beside the repository (`recorded`).
#![allow(clippy::unwrap_used, reason = "a test; its failures are panics")]

use std::ops::Range;
use std::path::Path;

use serde_json::Value;
use windlass_compose::load;
use windlass_source::{Diagnostic, FileId, FileSystem, SourceMap, Span};
use windlass_suite::recorded::{each, listed, odd, records, shared};
use windlass_yaml::{Budget, Key, Node, Value as Yaml};

/// What a message points at.
#[derive(Debug)]
enum Target {
    /// The attribute at one of these paths, its key included.
    Paths(Vec<Vec<String>>),
    /// One of these keys in the map at a path.
    Keys(Vec<String>, Vec<String>),
    /// A line of a file, or of any file.
    Line(Option<String>, u32),
    /// A text, wherever it stands.
    Text(String),
}

/// The target of a message; `None` when it names nothing.
fn target(message: &str) -> Option<Target> {
    let message = message.strip_suffix(": invalid compose project").unwrap_or(message);
    let quoted = |mark: char| message.split(mark).skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    if let Some(rest) = message.strip_prefix("validating ") {
        let (_, rest) = rest.split_once(": ")?;
        let (path, rest) = rest.split_once(' ')?;
        if rest.starts_with("additional properties ") {
            return Some(Target::Keys(segments(path), quoted('\'')));
        }
        return one(path);
    }
    if let Some(rest) = message.strip_prefix("error while interpolating ") {
        return one(rest.split(": ").next()?);
    }
    if let Some(rest) = message.strip_prefix("decoding failed due to the following error(s): '") {
        let path = segments(rest.split('\'').next()?);
        // A path of numbers alone starts at `include`.
        return (path[0] != "0").then_some(Target::Paths(vec![path]));
    }
    for prefix in ["invalid interpolation format for ", "cannot override ", "service ports ", "service volume ", "service device "] {
        if let Some(rest) = message.strip_prefix(prefix) {
            return one(rest.split(' ').next()?.trim_end_matches('.'));
        }
    }
    if let Some(rest) = message.strip_prefix("non-string key in ") {
        let (path, key) = rest.split_once(": ")?;
        return Some(Target::Keys(segments(path), vec![key.replace("<nil>", "~")]));
    }
    if let Some(at) = message.find("line ").filter(|_| message.contains("yaml: ") || message.starts_with("failed to ")) {
        let number: String = message[at + 5..].chars().take_while(char::is_ascii_digit).collect();
        let file = message.strip_prefix("failed to ").and_then(|rest| rest.split_once("$DIR/")?.1.split(": ").next());
        return Some(Target::Line(file.map(str::to_owned), number.parse().ok()?));
    }
    if let Some(name) = message.strip_prefix("service ").and_then(|rest| rest.trim_start_matches('"').split(['"', ' ']).next()) {
        let attributes: &[(&str, &[&str])] = &[
            ("depends on undefined", &DEPENDENCIES),
            ("undefined network", &["networks"]),
            ("undefined volume", &["volumes"]),
            ("undefined config", &["configs"]),
            ("undefined secret", &["secrets"]),
            ("undefined model", &["models"]),
            ("undefined build secret", &["build"]),
            ("additional contexts", &["build"]),
            ("dockerfile_inline", &["build"]),
        ];
        let found = attributes.iter().find(|(words, _)| message.contains(words));
        return Some(Target::Paths(found.map_or_else(
            || vec![path(name, &[])],
            |(_, attributes)| attributes.iter().map(|attribute| path(name, &[attribute])).collect(),
        )));
    }
    for prefix in ["invalid containerPort: ", "invalid hostPort: ", "invalid IP address: ", "invalid spec: ", "invalid proto: "] {
        if let Some(rest) = message.strip_prefix(prefix) {
            return (!rest.is_empty()).then(|| Target::Text(rest.split(": ").next().unwrap_or_default().to_owned()));
        }
    }
    if let Some(services) = message.strip_prefix("dependency cycle detected: ") {
        let names = services.split(" -> ");
        return Some(Target::Paths(names.flat_map(|name| DEPENDENCIES.map(|attribute| path(name, &[attribute]))).collect()));
    }
    if let Some(name) = message.strip_prefix("Circular reference: ").and_then(|rest| rest.split(' ').next()) {
        return Some(Target::Paths(vec![path(name, &["extends"])]));
    }
    for prefix in ["env file $DIR/", "label file $DIR/", "open $DIR/"] {
        if let Some(name) = message.strip_prefix(prefix).and_then(|rest| rest.split([':', '\n']).next()) {
            return Some(Target::Text(name.trim_end_matches(" not found").to_owned()));
        }
    }
    for (prefix, section) in [("cannot extend service \"", "services"), ("secret \"", "secrets")] {
        if let Some(rest) = message.strip_prefix(prefix) {
            return Some(Target::Paths(vec![vec![section.to_owned(), rest.split('"').next()?.to_owned()]]));
        }
    }
    let path = message.split([':', ' ']).next()?;
    let sections = ["services", "networks", "volumes", "configs", "secrets", "models", "include", "`include`"];
    sections.iter().any(|section| path == *section || path.starts_with(&format!("{section}."))).then(|| Target::Paths(vec![segments(path)]))
}

fn one(path: &str) -> Option<Target> {
    Some(Target::Paths(vec![segments(path)]))
}

/// The attributes that make one service depend on another.
const DEPENDENCIES: [&str; 6] = ["depends_on", "links", "volumes_from", "network_mode", "ipc", "pid"];

fn path(service: &str, below: &[&str]) -> Vec<String> {
    ["services", service].iter().chain(below).map(|part| (*part).to_owned()).collect()
}

/// `services[web].ports.[0]` and `services.web.ports.0` as `services`, `web`, `ports`, `0`.
fn segments(path: &str) -> Vec<String> {
    path.split(['.', '[']).map(|part| part.trim_end_matches(']').trim_matches('`').to_owned()).filter(|part| !part.is_empty()).collect()
}

/// A file of the case, parsed.
struct File {
    name: String,
    text: String,
    documents: Vec<Node>,
}

impl Target {
    /// The bytes of the file that it points at; several where the file has the attribute several times.
    fn find(&self, file: &File) -> Vec<Range<usize>> {
        match self {
            Self::Paths(paths) => {
                let found = file.documents.iter().flat_map(|root| paths.iter().flat_map(|path| at(None, root, path)));
                found.map(|(key, node)| whole(key, node)).collect()
            }
            Self::Keys(path, names) => {
                let maps = file.documents.iter().flat_map(|root| at(None, root, path)).filter_map(|(_, node)| node.as_map());
                maps.flat_map(|map| names.iter().filter_map(|name| map.get_entry(name))).map(|(key, node)| whole(Some(key), node)).collect()
            }
            Self::Line(name, line) => {
                if name.as_ref().is_some_and(|name| *name != file.name) {
                    return Vec::new();
                }
                let mut start = 0;
                let lines = file.text.split_inclusive('\n').map(|text| {
                    start += text.len();
                    start - text.len()..start
                });
                lines.skip(*line as usize - 1).take(1).collect()
            }
            Self::Text(text) => file.text.match_indices(text.as_str()).map(|(at, found)| at..at + found.len()).collect(),
        }
    }
}

fn whole(key: Option<&Key>, node: &Node) -> Range<usize> {
    let value = node.span().unwrap().range();
    key.and_then(|key| key.span).map_or(value.clone(), |key| key.start as usize..value.end.max(key.end as usize))
}

/// What stands at a path. A name may have dots in it.
fn at<'t>(key: Option<&'t Key>, node: &'t Node, path: &[String]) -> Vec<(Option<&'t Key>, &'t Node)> {
    if path.is_empty() {
        return vec![(key, node)];
    }
    match &node.value {
        Yaml::Map(map) => (1..=path.len())
            .filter_map(|length| Some((map.get_entry(&path[..length].join("."))?, length)))
            .flat_map(|((key, node), length)| at(Some(key), node, &path[length..]))
            .collect(),
        Yaml::Sequence(items) => match path[0].parse::<usize>() {
            Ok(index) => items.get(index).into_iter().flat_map(|item| at(key, item, &path[1..])).collect(),
            // A variable in the list form.
            Err(_) => items
                .iter()
                .filter(|item| item.as_str().is_some_and(|text| text.split('=').next() == Some(&path[0])))
                .map(|item| (None, item))
                .collect(),
        },
        _ => Vec::new(),
    }
}

fn files(case: &Value) -> Vec<File> {
    let (system, _, place) = odd(case);
    let names = case["files"].as_object().unwrap().keys();
    names
        .filter_map(|name| {
            let text = String::from_utf8(system.read(&place.join(name), u64::MAX).ok()?).ok()?;
            let mut map = SourceMap::new();
            let file: FileId = map.add(name.as_str(), text.as_str());
            let documents = windlass_yaml::parse(file, &text, &Budget::default()).documents;
            Some(File { name: name.clone(), text, documents: documents.into_iter().map(|document| document.root).collect() })
        })
        .collect()
}

/// What is wrong with the place of a case's errors.
fn judge(case: &Value, listed: Option<&String>) -> Option<String> {
    let id = case["id"].as_str().unwrap();
    let (system, request, _) = odd(case);
    let loaded = load(&request, &system);
    let errors: Vec<&Diagnostic> = loaded.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).collect();
    let place = |error: &&Diagnostic| error.span().map_or("nowhere".to_owned(), |span| loaded.sources.locate(span));
    let places: Vec<String> = errors.iter().map(place).collect();
    let message = case["error"].as_str().unwrap_or_default();
    let told = || format!("{id}: {} # {message} # {}", places.join(" "), errors.first().map_or("", |error| &error.message));
    if let Some(listed) = listed {
        let expected = listed.split(' ').next().unwrap_or_default();
        return (!places.iter().any(|place| place == expected)).then(told);
    }
    let Some(target) = target(message) else { return Some(told()) };
    let found = |file: &File, span: Span| {
        let is_file = Path::new(loaded.sources.file(span.file).name()) == Path::new(&file.name);
        is_file && target.find(file).iter().any(|range| range.start <= span.start as usize && span.start as usize <= range.end)
    };
    let files = files(case);
    let hit = errors.iter().filter_map(|error| error.span()).any(|span| files.iter().any(|file| found(file, span)));
    (!hit).then(told)
}

#[test]
fn errors_stand_at_what_docker_composes_message_names() {
    let Some(shared) = shared() else { return };
    let cases = records(&shared.join("oracle/compose-odd"));
    let refused: Vec<_> = cases.iter().filter(|case| case["rc"] != 0).collect();
    let known = listed("error-places.txt");
    let wrong = each(&refused, |case| judge(case, known.get(case["id"].as_str().unwrap())));
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), refused.len(), wrong.join("\n"));
}
