//! Compose files in, one canonical project out: the passes in the order that Compose defines. No I/O but through the
//! file system that is passed in; nothing here knows Kubernetes.

use std::path::PathBuf;
use std::sync::Arc;

use windlass_source::{Code, Diagnostic, FileSystem, Origin, SourceMap, Span};
use windlass_yaml::{Map, Node};

use crate::discovery::{self, Selection};
use crate::environment::Environment;
use crate::loader::{ComposeFile, Loader, Scope, values};
use crate::model::{self, Project};
use crate::passes::consistency;
use crate::passes::env_files::resolve_env_files;
use crate::passes::extends::extends;
use crate::passes::include::include;
use crate::passes::interpolate::{VARIABLE_FAULTS, interpolate_document};
use crate::passes::merge::merge;
use crate::passes::normalize::normalize;
use crate::passes::parse::parse;
use crate::passes::profiles;
use crate::passes::reset;
use crate::passes::unused::remove_unused;
use crate::passes::validate::validate;
use crate::request::{Options, Request};

const EMPTY_FILE: Code = Code("compose::empty-file");
const OBSOLETE: Code = Code("compose::obsolete-attribute");

/// What became of a request. Nothing in it is to be relied on when [`is_ok`](Loaded::is_ok) is false, except the diagnostics.
#[derive(Debug)]
pub struct Loaded {
    /// The typed project: its enabled services and what they use. Empty without [`Options::typed`].
    pub project: Project,
    /// The same as a tree, in canonical form: what `windlass config` prints.
    pub tree: Node,
    /// Services that profiles switch off, canonical.
    pub disabled: Map,
    /// The variables that the project was read with.
    pub environment: Environment,
    /// The profiles that are on, by flag or variable.
    pub profiles: Vec<String>,
    /// The project directory, absolute.
    pub directory: PathBuf,
    /// The files that were merged, in order; `-` is standard input.
    pub files: Vec<PathBuf>,
    /// Every text that was read.
    pub sources: SourceMap,
    /// What was found wrong, in the order of the passes; nothing twice.
    pub diagnostics: Vec<Diagnostic>,
}

impl Loaded {
    /// True when docker compose would accept the project.
    pub fn is_ok(&self) -> bool {
        !self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Loads a project as `docker compose config` does (docker compose 2.40, Compose specification).
///
/// Never fails: what is wrong becomes a diagnostic, and later passes are left out when an earlier one found an error.
pub fn load(request: &Request, files: &dyn FileSystem) -> Loaded {
    load_into(request, files, SourceMap::new())
}

/// As [`load`], with its texts added to those of earlier loads, so that spans of several projects stand in one map. A file of the
/// same name that is in the map already is not read again: all loads of a map have one working directory.
pub fn load_into(request: &Request, files: &dyn FileSystem, sources: SourceMap) -> Loaded {
    let mut loader = Loader::new(request, files, sources);
    let mut loaded = Loaded {
        project: Project::default(),
        tree: Node::default_value(Map::new()),
        disabled: Map::new(),
        environment: Environment::from_process(&request.environment),
        profiles: Vec::new(),
        directory: request.working_directory.clone(),
        files: Vec::new(),
        sources: SourceMap::new(),
        diagnostics: Vec::new(),
    };
    if let Some(selection) = discovery::discover(&mut loader) {
        run(&mut loader, selection, &mut loaded);
    }
    let Loader { sources, diagnostics, .. } = loader;
    loaded.sources = sources;
    loaded.diagnostics = without_repetition(diagnostics);
    loaded
}

fn run(loader: &mut Loader<'_>, mut selection: Selection, loaded: &mut Loaded) {
    let mut options = loader.request.options;
    if !options.interpolate {
        // Variables may stand anywhere, so nothing can be looked up by its value.
        options = Options { select: false, check_consistency: false, resolve_environment: false, ..options };
    }
    loaded.directory.clone_from(&selection.directory);
    loaded.files.clone_from(&selection.files);
    loaded.profiles = selection.profiles.iter().filter(|profile| !profile.is_empty()).cloned().collect();

    let files: Vec<ComposeFile> = selection.files.iter().filter_map(|path| parse(loader, path, None)).collect();
    let name = discovery::project_name(loader, &selection, &files);
    selection.environment.set("COMPOSE_PROJECT_NAME", name.as_str(), windlass_source::VariableSource::Environment);
    if options.note_variables {
        selection.environment.note();
    }
    let environment = Arc::new(selection.environment);
    loaded.environment = (*environment).clone();
    let scope = Scope {
        directory: selection.directory.clone(),
        prefix: selection.directory.clone(),
        environment: Arc::clone(&environment),
        stack: Vec::new(),
    };
    let unnamed = name.is_empty().then(|| discovery::unnamed(&files));
    let first = files.first().map(|file| Span::new(file.file, 0..0));

    let mut tree = merge_files(loader, files, &scope, options.resolve_paths);
    if loader.errors() == 0 && tree.as_map().is_none_or(Map::is_empty) {
        loader.report(Diagnostic::error(EMPTY_FILE, "the compose file is empty").at(first).help("start with `services:`"));
    }
    if let Some(diagnostic) = unnamed {
        loader.report(diagnostic);
    }
    if loader.errors() == 0 {
        if options.normalize {
            // Without interpolation, docker compose takes no variable from anywhere.
            let nothing = Environment::default();
            normalize(&mut tree, &name, if options.interpolate { &environment } else { &nothing });
        }
        if let Some(root) = tree.as_map_mut() {
            let origin = root.get("name").map_or(Origin::DEFAULT, |node| node.origin.clone());
            root.insert("name", Node::new(name, origin));
        }
        if options.select {
            loaded.disabled = profiles::select(&mut tree, &selection.profiles);
        }
        if options.check_consistency {
            consistency::check(loader, &mut tree, &loaded.disabled);
        }
        if options.resolve_environment && loader.errors() == 0 {
            resolve_env_files(loader, &mut tree, &environment, &selection.directory);
        }
        if options.select {
            remove_unused(&mut tree);
        }
    }
    // After an error the tree may lack its canonical form, and what reading says of it would only repeat or mislead.
    if loader.errors() == 0 && options.interpolate {
        if options.typed {
            loaded.project = model::read(&tree, &mut loader.diagnostics);
        } else {
            model::try_read(&tree, &mut loader.diagnostics);
        }
        // Services that are off have to be readable too.
        if !loaded.disabled.is_empty() {
            let off: Map = [("services", Node::default_value(loaded.disabled.clone()))].into_iter().collect();
            model::try_read(&Node::default_value(off), &mut loader.diagnostics);
        }
    }
    loaded.tree = tree;
}

/// The documents of the files of one scope, merged in order, with defaults and resolved paths.
fn merge_files(loader: &mut Loader<'_>, files: Vec<ComposeFile>, scope: &Scope, resolve_paths: bool) -> Node {
    let mut whole = Node::default_value(Map::new());
    let before = loader.errors();
    for file in files {
        for document in file.documents {
            // Merging looks at what was merged before, which must not be too much too often.
            let place = document.span();
            if whole.as_map().is_some_and(|map| !map.is_empty()) && loader.count_values(values(&whole) / 2, place).is_none() {
                return whole;
            }
            merge_document(loader, &mut whole, document, &file.path, scope);
        }
    }
    if loader.errors() > before {
        return whole;
    }
    model::defaults(&mut whole, loader.request.options.interpolate, &mut loader.made_left, &mut loader.diagnostics);
    validate(loader, &whole);
    if resolve_paths {
        model::resolve_paths(&mut whole, &scope.prefix, loader.request.home(), &mut loader.diagnostics);
    }
    whole
}

fn merge_document(loader: &mut Loader<'_>, whole: &mut Node, mut document: Node, path: &std::path::Path, scope: &Scope) {
    let resets = reset::collect(loader, &mut document);
    if loader.request.options.interpolate {
        interpolate_document(loader, &mut document, &scope.environment);
        model::cast(&mut document, &mut loader.diagnostics);
    }
    // A wrong variable or number is told; what is wrong elsewhere can still be told too.
    let before = loader.errors();
    extends(loader, &mut document, path, &resets, scope);
    resets.apply(whole, &mut loader.diagnostics);
    include(loader, &mut document, path, scope);
    if loader.errors() > before {
        // What is missing now would be reported as missing.
        return;
    }
    merge(loader, whole, document, true);
    if let Some((key, version)) = whole.as_map_mut().and_then(|map| map.remove_entry("version")) {
        loader.report(Diagnostic::warning(OBSOLETE, "`version` is obsolete and ignored").at(key.span.or(version.span())).help("remove it"));
    }
}

/// Loads the files of an `include`.
pub(crate) fn load_files(loader: &mut Loader<'_>, paths: &[(PathBuf, Option<Span>)], scope: &Scope) -> Node {
    let files: Vec<ComposeFile> = paths.iter().filter_map(|(path, span)| parse(loader, path, *span)).collect();
    merge_files(loader, files, scope, true)
}

/// The same finding twice, as when two services extend one broken service, is told once; and a value with a fault of YAML or of
/// its variables in it is not also told to be of the wrong kind.
fn without_repetition(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut seen = std::collections::BTreeSet::new();
    let is_fault = |found: &Diagnostic| found.is_error() && (found.code.0.starts_with("yaml::") || VARIABLE_FAULTS.contains(&found.code));
    // A hundred are as many as one text may have.
    let faults: Vec<Span> = diagnostics.iter().filter(|found| is_fault(found)).filter_map(Diagnostic::span).take(100).collect();
    let is_around_fault = |found: &Diagnostic| {
        let span = found.span().filter(|_| !is_fault(found));
        span.is_some_and(|span| faults.iter().any(|fault| span.to(*fault) == span && span.file == fault.file))
    };
    diagnostics.retain(|found| !is_around_fault(found) && seen.insert((found.code, found.span(), found.message.clone())));
    diagnostics
}
