//! The cases of `tests/conformance/compose`: each is loaded, and its project or its errors compared with what is stored there.
//! The form of the files stands in `tests/conformance/README.md`. With `WINDLASS_BLESS=1` the places of errors are written anew.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test that reads its cases; its failures are panics")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use windlass_compose::{Request, load, words};
use windlass_source::{MemoryFileSystem, normalize};

const DIRECTORY: &str = "/srv/project";

struct Case {
    title: String,
    sections: Vec<Section>,
}

/// A line that starts with `@`, and the lines after it.
struct Section {
    kind: String,
    rest: String,
    body: Vec<String>,
}

impl Section {
    /// The lines without the empty ones before the next case.
    fn text(&self) -> String {
        let end = self.body.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
        self.body[..end].iter().fold(String::new(), |text, line| text + line + "\n")
    }
}

#[derive(PartialEq)]
enum Outcome {
    Accepted(Value),
    Refused(String),
}

fn parse(text: &str) -> (Vec<String>, Vec<Case>) {
    let (mut prose, mut cases) = (Vec::new(), Vec::<Case>::new());
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("===") {
            cases.push(Case { title: title.trim().to_owned(), sections: Vec::new() });
        } else if let Some(case) = cases.last_mut() {
            if let Some(head) = line.strip_prefix('@') {
                let (kind, rest) = head.split_once(' ').unwrap_or((head, ""));
                case.sections.push(Section { kind: kind.to_owned(), rest: rest.to_owned(), body: Vec::new() });
            } else if let Some(section) = case.sections.last_mut() {
                section.body.push(line.to_owned());
            }
        } else {
            prose.push(line.to_owned());
        }
    }
    (prose, cases)
}

fn print(prose: &[String], cases: &[Case]) -> String {
    let mut text = prose.join("\n");
    for Case { title, sections } in cases {
        text.truncate(text.trim_end().len());
        write!(text, "\n\n=== {title}\n").unwrap();
        for Section { kind, rest, body } in sections {
            let space = if rest.is_empty() { "" } else { " " };
            writeln!(text, "@{kind}{space}{rest}").unwrap();
            for line in body {
                writeln!(text, "{line}").unwrap();
            }
        }
    }
    format!("{}\n", text.trim())
}

fn run(case: &Case) -> Outcome {
    let mut files = MemoryFileSystem::new();
    files.insert_directory(DIRECTORY);
    let mut request = Request::new(DIRECTORY);
    request.environment.insert("HOME".to_owned(), "/home/user".to_owned());
    for section in &case.sections {
        match section.kind.as_str() {
            "file" => files.insert(normalize(&Path::new(DIRECTORY).join(&section.rest)), section.text(), 0o644),
            "env" => match section.rest.split_once('=') {
                Some((name, value)) => drop(request.environment.insert(name.to_owned(), value.to_owned())),
                None => drop(request.environment.remove(&section.rest)),
            },
            "args" => arguments(&section.rest, &mut request),
            "config" | "error" | "ours" => {}
            other => panic!("{}: unknown section `@{other}`", case.title),
        }
    }
    let loaded = load(&request, &files);
    if loaded.is_ok() {
        return Outcome::Accepted(serde_json::from_str(&windlass_compose::config::json(&loaded)).unwrap());
    }
    let errors = loaded.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).map(|error| {
        let place = error.span().map_or(String::new(), |span| format!(" {}", loaded.sources.locate(span)));
        format!("{}{}\n", error.code, place.replace(&format!("{DIRECTORY}/"), ""))
    });
    Outcome::Refused(errors.collect())
}

fn arguments(text: &str, request: &mut Request) {
    let mut words = words::split(text).unwrap().words.into_iter().map(|word| word.value);
    while let Some(flag) = words.next() {
        let value = words.next().unwrap();
        match flag.as_str() {
            "-f" => request.files.push(value),
            "-p" => request.project_name = Some(value),
            "--project-directory" => request.project_directory = Some(PathBuf::from(value)),
            "--profile" => request.profiles.push(value),
            "--env-file" => request.env_files.push(value),
            other => panic!("unknown flag `{other}`"),
        }
    }
}

fn stored(case: &Case) -> Option<Outcome> {
    let section = case.sections.iter().find(|section| matches!(section.kind.as_str(), "config" | "error"))?;
    Some(match section.kind.as_str() {
        "config" => Outcome::Accepted(serde_json::from_str(&section.text()).unwrap()),
        _ => Outcome::Refused(section.text()),
    })
}

/// The first difference of two values, with its path.
fn difference(path: &str, stored: &Value, found: &Value) -> Option<String> {
    match (stored, found) {
        (Value::Object(stored), Value::Object(found)) => {
            let keys: std::collections::BTreeSet<_> = stored.keys().chain(found.keys()).collect();
            keys.into_iter().find_map(|key| {
                let (one, two) = (stored.get(key), found.get(key));
                let path = format!("{path}.{key}");
                match (one, two) {
                    (Some(one), Some(two)) => difference(&path, one, two),
                    (one, _) => Some(format!("{path} is only in {}", if one.is_some() { "the stored project" } else { "ours" })),
                }
            })
        }
        (Value::Array(stored), Value::Array(found)) if stored.len() == found.len() => {
            let mut pairs = stored.iter().zip(found).enumerate();
            pairs.find_map(|(index, (one, two))| difference(&format!("{path}[{index}]"), one, two))
        }
        _ => (stored != found).then(|| format!("{path}: stored {stored}, ours {found}")),
    }
}

#[test]
fn every_case_has_the_stored_verdict() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/compose");
    let bless = std::env::var_os("WINDLASS_BLESS").is_some();
    let mut paths: Vec<_> = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let (mut count, mut wrong) = (0, Vec::new());
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let (prose, mut cases) = parse(&text);
        let area = path.file_stem().unwrap().to_string_lossy().into_owned();
        for case in &mut cases {
            count += 1;
            let outcome = run(case);
            let place = format!("{area}: {}", case.title);
            match (stored(case), outcome) {
                (Some(Outcome::Accepted(stored)), Outcome::Accepted(found)) => {
                    wrong.extend(difference("", &stored, &found).map(|difference| format!("{place}: {difference}")));
                }
                (Some(Outcome::Refused(stored)), Outcome::Refused(found)) if stored != found => {
                    if bless && let Some(section) = case.sections.iter_mut().find(|section| section.kind == "error") {
                        section.body = found.lines().map(str::to_owned).collect();
                    } else {
                        wrong.push(format!("{place}:\n  stored {}\n  ours   {}", stored.trim_end(), found.trim_end()));
                    }
                }
                (Some(Outcome::Refused(_)), Outcome::Refused(_)) => {}
                (Some(Outcome::Refused(_)), Outcome::Accepted(_)) => wrong.push(format!("{place}: has to be refused")),
                (Some(Outcome::Accepted(_)), Outcome::Refused(found)) => wrong.push(format!("{place}: refused: {}", found.trim_end())),
                (None, _) => wrong.push(format!("{place}: no verdict is stored; see tests/conformance/README.md")),
            }
        }
        let printed = print(&prose, &cases);
        if bless && printed != text {
            fs::write(&path, printed).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{} of {count} cases differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 300, "only {count} cases were found");
}
