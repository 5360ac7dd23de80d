//! The tables of `docs/from-kompose.md` are true: each label, and what to write instead of it, give the field that its row names.
#![expect(clippy::disallowed_methods, reason = "reads the document and runs the binary")]

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// A row of a table that names what comes out.
struct Row<'a> {
    line: &'a str,
    /// Code spans of each cell.
    kompose: Vec<&'a str>,
    instead: Vec<&'a str>,
    becomes: &'a str,
    /// The last cell starts with `no`.
    is_absent: bool,
}

fn document() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/from-kompose.md")).expect("readable")
}

/// The text between backticks.
fn spans(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// The rows of three cells beneath a heading.
fn rows<'a>(document: &'a str, heading: &str) -> Vec<Row<'a>> {
    let section = document.split("\n## ").find(|section| section.starts_with(heading)).expect("the heading exists");
    let cells = section.lines().filter(|line| line.starts_with("| `")).map(|line| (line, line.split(" | ").collect::<Vec<_>>()));
    let rows = cells.filter(|(_, cells)| cells.len() == 3).map(|(line, cells)| Row {
        line,
        kompose: spans(cells[0]),
        instead: spans(cells[1]),
        becomes: spans(cells[2])[0],
        is_absent: cells[2].starts_with("no "),
    });
    rows.collect()
}

/// The document's project with more keys of its service.
fn project(document: &str, service: &[String]) -> String {
    let project = document.split("```").nth(1).and_then(|block| block.strip_prefix("yaml\n")).expect("a project in YAML");
    let added: String = service.iter().map(|key| format!("    {key}\n")).collect();
    project.replace("    restart: always\n", &format!("    restart: always\n{added}"))
}

/// The objects of a conversion, as JSON.
fn objects(compose: &str, flags: &[&str]) -> Vec<Value> {
    let directory = tempfile::tempdir().expect("a temporary directory");
    fs::write(directory.path().join("compose.yaml"), compose).expect("writable");
    fs::write(directory.path().join("Dockerfile"), "FROM nginx:1.27\n").expect("writable");
    let mut windlass = Command::new(env!("CARGO_BIN_EXE_windlass"));
    windlass.current_dir(&directory).env_clear().args(["convert", "-q"]).args(flags.iter().flat_map(|flag| flag.split(' ')));
    if !flags.iter().any(|flag| flag.starts_with("--format")) {
        windlass.args(["--format", "json"]);
    }
    let output = windlass.output().expect("windlass runs");
    assert!(output.status.success(), "{flags:?}\n{compose}\n{}", String::from_utf8_lossy(&output.stderr));
    let stream = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Value>();
    let objects = stream.map(|value| value.expect("JSON")).flat_map(|value| match value {
        Value::Object(ref map) if map.get("kind").is_some_and(|kind| kind == "List") => {
            value["items"].as_array().cloned().unwrap_or_default()
        }
        value => vec![value],
    });
    objects.collect()
}

/// Whether an object has a field whose path ends so and, where a value is named, holds it: `Deployment/web ports[0].hostPort: 80`.
fn shows(objects: &[Value], wanted: &str) -> bool {
    let (place, value) = wanted.split_once(": ").map_or((wanted, None), |(place, value)| (place, Some(value)));
    let (object, field) = match place.split_once(' ') {
        Some((object, field)) => (Some(object), field),
        None if place.contains('/') => (Some(place), ""),
        None => (None, place),
    };
    objects.iter().any(|found| {
        let name = format!("{}/{}", found["kind"].as_str().unwrap_or_default(), found["metadata"]["name"].as_str().unwrap_or_default());
        object.is_none_or(|object| object == name) && (field.is_empty() || has(found, "", field, value))
    })
}

fn has(node: &Value, path: &str, field: &str, wanted: Option<&str>) -> bool {
    let is_here = path == field || path.strip_suffix(field).is_some_and(|above| above.ends_with('.'));
    let text = node.as_str().map_or_else(|| node.to_string(), str::to_owned);
    if is_here && wanted.is_none_or(|wanted| wanted == text) {
        return true;
    }
    match node {
        Value::Object(map) => map.iter().any(|(key, value)| has(value, &format!("{path}.{key}"), field, wanted)),
        Value::Array(items) => items.iter().enumerate().any(|(index, value)| has(value, &format!("{path}[{index}]"), field, wanted)),
        _ => false,
    }
}

/// Keys of a service and flags, apart.
fn written<'a>(instead: &[&'a str]) -> (Vec<String>, Vec<&'a str>) {
    let (flags, keys): (Vec<&str>, Vec<&str>) = instead.iter().partition(|span| span.starts_with("--"));
    (keys.into_iter().map(str::to_owned).collect(), flags)
}

#[test]
fn each_label_and_its_counterpart_give_what_the_table_says() {
    let document = document();
    let rows = rows(&document, "Labels of a service");
    assert!(rows.len() > 30, "{}", rows.len());
    let mut wrong = Vec::new();
    let mut expect = |is_right: bool, what: &str, row: &Row<'_>| {
        if !is_right {
            wrong.push(format!("{what}: {}", row.line));
        }
    };
    for row in rows {
        let labels: Vec<String> = [vec!["labels:".to_owned()], row.kompose.iter().map(|label| format!("  {label}")).collect()].concat();
        let (keys, flags) = written(&row.instead);
        let of_label = objects(&project(&document, &labels), &[]);
        expect(shows(&of_label, row.becomes) != row.is_absent, "by the label", &row);
        if !row.instead.is_empty() {
            expect(shows(&objects(&project(&document, &keys), &flags), row.becomes) != row.is_absent, "instead", &row);
        }
        let without = objects(&project(&document, &[]), &[]);
        let is_default = shows(&without, row.becomes) != row.is_absent;
        expect(is_default == row.line.contains("as without it"), "with or without the label", &row);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_flag_has_a_counterpart_that_does_it() {
    let document = document();
    let rows = rows(&document, "Flags of `kompose convert`");
    assert!(rows.len() > 5, "{}", rows.len());
    for row in rows {
        let (keys, flags) = written(&row.instead);
        assert!(shows(&objects(&project(&document, &keys), &flags), row.becomes), "{}", row.line);
    }
}

#[test]
fn labels_without_a_counterpart_are_lost_with_the_reason() {
    let document = document();
    let section = document.split("\n## ").find(|section| section.starts_with("Labels of a service")).expect("exists");
    let rows: Vec<&str> = section.lines().filter(|line| line.starts_with("| `") && line.split(" | ").count() == 2).collect();
    assert_eq!(rows.len(), 3);
    for row in rows {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let label = spans(row)[0];
        fs::write(directory.path().join("compose.yaml"), project(&document, &["labels:".to_owned(), format!("  {label}")]))
            .expect("writable");
        let mut windlass = Command::new(env!("CARGO_BIN_EXE_windlass"));
        let output = windlass.current_dir(&directory).env_clear().args(["convert", "--strict"]).output().expect("windlass runs");
        assert_eq!(output.status.code(), Some(1), "{row}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(label.split(':').next().unwrap_or(label)), "{row}");
    }
}
