//! `include` → the services, networks, volumes, configs and secrets of other compose files, added to a document.
//!
//! An include is loaded as a project of its own: own directory, own `.env`, own merge of several files. What it brings must
//! not be there already, unless it is the same.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use smol_str::SmolStr;
use windlass_source::{Code, Diagnostic, FileKind, Span, normalize};
use windlass_yaml::{Map, Node, Value};

use crate::dotenv_files;
use crate::environment::Environment;
use crate::load::load_files;
use crate::loader::{Loader, Scope};
use crate::passes::interpolate::interpolate;
use crate::paths::{join, relative};
use crate::remote;

const INCLUDE: Code = Code("compose::include");
const CYCLE: Code = Code("compose::include-cycle");
const CONFLICT: Code = Code("compose::include-conflict");

/// Includes inside includes. Each level costs stack, so there is an end.
const MAX_DEPTH: usize = 100;

/// The sections that an include brings.
const SECTIONS: [&str; 5] = ["services", "volumes", "networks", "secrets", "configs"];

/// Takes `include` out of `tree`, a document of the file at `path`, and adds what it names.
pub(crate) fn include(loader: &mut Loader<'_>, tree: &mut Node, path: &Path, scope: &Scope) {
    let Some(map) = tree.as_map_mut() else { return };
    let Some((key, mut list)) = map.remove_entry("include") else { return };
    if loader.request.options.interpolate {
        // Once more than every other value, as docker compose does: `$$` needs four dollar signs here.
        let environment = Arc::clone(&scope.environment);
        interpolate(loader, &mut list, &environment);
    }
    let items = match list.value {
        Value::Null => return,
        Value::Sequence(items) => items,
        other => {
            let diagnostic = Diagnostic::error(INCLUDE, "`include` must be a list")
                .label(list.origin.span().or(key.span), format!("this is {}", other.kind()))
                .help("write `include: [FILE]`");
            loader.report(diagnostic);
            return;
        }
    };
    let mut scope = scope.clone();
    scope.stack.push(path.to_owned());
    for item in items {
        if let Some(entry) = read(loader, &item, key.span) {
            one(loader, map, entry, &scope);
        }
    }
}

/// One item of `include`.
struct Entry {
    /// The files; the first one decides the directory, the others are merged onto it.
    paths: Vec<(SmolStr, Option<Span>)>,
    project_directory: Option<SmolStr>,
    env_files: Vec<(SmolStr, Option<Span>)>,
    span: Option<Span>,
}

fn read(loader: &mut Loader<'_>, item: &Node, key: Option<Span>) -> Option<Entry> {
    let span = item.span().or(key);
    match &item.value {
        Value::String(path) => Some(Entry { paths: vec![(path.clone(), span)], project_directory: None, env_files: Vec::new(), span }),
        Value::Map(map) => {
            let project_directory = match map.get("project_directory") {
                Some(Node { value: Value::String(text), .. }) if !text.is_empty() => Some(text.clone()),
                Some(Node { value: Value::String(_) | Value::Null, .. }) | None => None,
                Some(other) => {
                    loader.report(wrong("project_directory", "text", other));
                    return None;
                }
            };
            Some(Entry { paths: texts(loader, map, "path")?, project_directory, env_files: texts(loader, map, "env_file")?, span })
        }
        other => {
            loader.report(
                Diagnostic::error(INCLUDE, "an item of `include` must be a file name or a map")
                    .label(span, format!("this is {}", other.kind())),
            );
            None
        }
    }
}

/// A text or a list of texts.
fn texts(loader: &mut Loader<'_>, map: &Map, key: &str) -> Option<Vec<(SmolStr, Option<Span>)>> {
    let Some(node) = map.get(key) else { return Some(Vec::new()) };
    let items = match &node.value {
        Value::Null => return Some(Vec::new()),
        Value::String(text) => return Some(vec![(text.clone(), node.span())]),
        Value::Sequence(items) => items,
        _ => {
            loader.report(wrong(key, "text or a list of texts", node));
            return None;
        }
    };
    let mut texts = Vec::with_capacity(items.len());
    for item in items {
        match &item.value {
            Value::String(text) => texts.push((text.clone(), item.span())),
            _ => {
                loader.report(wrong(key, "text or a list of texts", item));
                return None;
            }
        }
    }
    Some(texts)
}

fn wrong(key: &str, wanted: &str, node: &Node) -> Diagnostic {
    Diagnostic::error(INCLUDE, format!("`include.{key}` must be {wanted}")).label(node.span(), format!("this is {}", node.value.kind()))
}

fn one(loader: &mut Loader<'_>, target: &mut Map, entry: Entry, outer: &Scope) {
    let mut files: Vec<(PathBuf, Option<Span>)> = Vec::with_capacity(entry.paths.len());
    for (path, span) in &entry.paths {
        if let Some(kind) = remote::kind(path) {
            loader.report(remote::refuse(kind, path, "include", *span));
            return;
        }
        files.push((normalize(&outer.directory.join(path.as_str())), *span));
    }
    let Some((first, first_span)) = files.first().cloned() else {
        loader.report(Diagnostic::error(INCLUDE, "an item of `include` names no file").at(entry.span).help("add `path: FILE`"));
        return;
    };
    if outer.stack.contains(&first) {
        let diagnostic = cycle(loader, &outer.stack, &first, first_span);
        loader.report(diagnostic);
        return;
    }
    if outer.stack.len() > MAX_DEPTH {
        loader.report(
            Diagnostic::error(INCLUDE, format!("more than {MAX_DEPTH} files include each other"))
                .at(first_span)
                .help("include the last of them from the first file"),
        );
        return;
    }
    let directory = match &entry.project_directory {
        None => first.parent().unwrap_or(&first).to_owned(),
        Some(directory) => join(&outer.directory, directory),
    };
    let Some(environment) = environment(loader, &entry, &directory, outer) else { return };
    // A project directory that is not there counts as the one above it, as with docker compose.
    let is_directory = loader.files.metadata(&directory).is_some_and(|found| found.kind == FileKind::Directory);
    let base = if is_directory { directory.as_path() } else { directory.parent().unwrap_or(&directory) };
    let scope =
        Scope { prefix: relative(&outer.directory, base), directory, environment: Arc::new(environment), stack: outer.stack.clone() };
    let mut imported = load_files(loader, &files, &scope);
    let Some(imported) = imported.as_map_mut() else { return };
    for section in SECTIONS {
        if let Some(from) = imported.remove(section) {
            bring(loader, target, section, from, entry.span);
        }
    }
}

/// The variables of an include: the outer ones win over its own files, or over the `.env` beside it.
fn environment(loader: &mut Loader<'_>, entry: &Entry, directory: &Path, outer: &Scope) -> Option<Environment> {
    let mut environment = Environment::below(&outer.environment);
    let mut files = Vec::new();
    if entry.env_files.is_empty() {
        let default = directory.join(".env");
        if loader.files.metadata(&default).is_some_and(|found| found.kind != FileKind::Directory) {
            files.push((default, entry.span));
        }
    }
    for (file, span) in &entry.env_files {
        if file != "/dev/null" {
            files.push((normalize(&outer.directory.join(file.as_str())), *span));
        }
    }
    let variables = dotenv_files::read(loader, &files, &environment)?;
    environment.add(variables);
    Some(environment)
}

/// Adds a section of an include.
fn bring(loader: &mut Loader<'_>, target: &mut Map, section: &'static str, from: Node, span: Option<Span>) {
    let Value::Map(from) = from.value else { return };
    let into = target.get_or_insert_with(section, || Node::new(Map::new(), span.map_or(windlass_source::Origin::DEFAULT, Into::into)));
    let Some(into) = into.as_map_mut() else { return };
    for (key, value) in from {
        match into.get_entry(key.name()) {
            None => {
                into.insert(key, value);
            }
            Some((_, there)) if there.same_value(&value) => {}
            Some((there, _)) => {
                let noun = section.trim_end_matches('s');
                loader.report(
                    Diagnostic::error(CONFLICT, format!("{noun} `{}` comes by `include`, but is declared here too", key.name()))
                        .label(there.span, "declared here")
                        .label(key.span, "and in the included file")
                        .label(span, "included here")
                        .help("to change what an include brings, put the changes into a second file of `path: [FILE, CHANGES]`"),
                );
            }
        }
    }
}

fn cycle(loader: &Loader<'_>, stack: &[PathBuf], path: &Path, span: Option<Span>) -> Diagnostic {
    let start = stack.iter().position(|open| open == path).unwrap_or(0);
    let mut way: Vec<String> = stack[start..].iter().map(|open| loader.display(open)).collect();
    way.push(loader.display(path));
    if way.len() > 8 {
        let tail = way.len() - 3;
        way.splice(4..tail, ["…".to_owned()]);
    }
    Diagnostic::error(CYCLE, format!("`{}` includes itself: {}", loader.display(path), way.join(" → "))).at(span)
}
