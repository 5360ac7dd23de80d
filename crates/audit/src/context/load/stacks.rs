//! Which compose files form a stack, and the stacks loaded.
//!
//! In each directory: the default file with its override is one stack. Every other compose file is a stack of its own when it loads
//! alone, else on top of the default file; half of a stack on top of the first file near it that makes it whole. A file that others
//! include or extend is part of those.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use smol_str::SmolStr;
use windlass_compose::model::Project;
use windlass_compose::{DEFAULT_FILES, DEFAULT_OVERRIDES, Loaded, Request as ProjectRequest, load_into};
use windlass_source::{Diagnostic, FileId, FileSystem, Span};
use windlass_yaml::{Budget, Map, Node, parse};

use super::super::Context;
use super::super::environment::{Environment, EnvironmentKind};
use super::super::stack::Stack;
use super::Request;

/// Files that half of a stack is tried on.
const MAX_BASES: usize = 6;

/// Kinds of gaps that are left open one after the other.
const MAX_GAPS: usize = 4;

/// True for the names that compose files have: `compose.yaml`, `docker-compose.prod.yml`, `compose-dev.yml`, `prod.compose.yaml`.
pub(super) fn is_compose_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let Some(stem) = name.strip_suffix(".yml").or_else(|| name.strip_suffix(".yaml")) else { return false };
    let stem = stem.strip_prefix("docker-").unwrap_or(stem);
    let begins = stem.strip_prefix("compose").is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']));
    // What Rancher 1 read beside a compose file, with attributes of its own.
    if stem == "rancher-compose" {
        return false;
    }
    begins || [".compose", "-compose", "_compose"].iter().any(|end| stem.ends_with(end))
}

/// Loads the stacks that `compose` (absolute paths, sorted) forms, or the one that the request names.
pub(super) fn load(request: &Request, compose: &[PathBuf], files: &dyn FileSystem, context: &mut Context) {
    if !request.project.files.is_empty() {
        let loaded = one(&request.project, &[], files, context);
        keep(request, loaded, context);
        return;
    }
    let mut directories: BTreeMap<&Path, Vec<&PathBuf>> = BTreeMap::new();
    for path in compose {
        directories.entry(path.parent().unwrap_or(Path::new(""))).or_default().push(path);
    }
    for (directory, here) in &directories {
        let above = directory.parent().and_then(|above| directories.get(above)).and_then(|above| default_of(above));
        directory_of(request, here, above, files, context);
    }
}

impl Context {
    /// The stacks that the compose files of one directory form, and nothing beside them. The default file with its override comes first.
    pub fn of_directory(project: &ProjectRequest, directory: &Path, files: &dyn FileSystem) -> Self {
        let names = files.list(directory).unwrap_or_default().into_iter().map(|entry| entry.name).filter(|name| is_compose_file(name));
        let mut compose: Vec<PathBuf> = names.map(|name| directory.join(name)).collect();
        compose.sort();
        let mut context = Self::default();
        let project = ProjectRequest { files: Vec::new(), ..project.clone() };
        let request = Request { project, ..Request::new(directory) };
        directory_of(&request, &compose.iter().collect::<Vec<_>>(), None, files, &mut context);
        keep_written(&mut context);
        context
    }
}

/// The file of a directory that Compose takes by itself.
fn default_of<'p>(here: &[&'p PathBuf]) -> Option<&'p PathBuf> {
    named(here, &DEFAULT_FILES)
}

/// The first of these names that is there.
fn named<'p>(here: &[&'p PathBuf], names: &[&str]) -> Option<&'p PathBuf> {
    let path = |name: &&str| here.iter().find(|path| path.file_name().is_some_and(|own| own == *name));
    names.iter().find_map(path).copied()
}

/// The stacks of one directory. `above` is the default file of the directory above.
fn directory_of(request: &Request, here: &[&PathBuf], above: Option<&PathBuf>, files: &dyn FileSystem, context: &mut Context) {
    let default = default_of(here);
    let over = default.and_then(|_| named(here, &DEFAULT_OVERRIDES));
    let base: Vec<PathBuf> = default.into_iter().chain(over).cloned().collect();
    if !base.is_empty() {
        let loaded = one(&request.project, &base, files, context);
        keep(request, loaded, context);
    }
    for path in here.iter().filter(|path| !base.contains(path)) {
        let mut attempt = one(&request.project, std::slice::from_ref(*path), files, context);
        let with = |base: &PathBuf| [base.clone(), PathBuf::clone(path)];
        if let Some(default) = default.filter(|_| !attempt.loaded.is_ok()) {
            give_back(attempt, context);
            attempt = one(&request.project, &with(default), files, context);
        }
        // Half of a stack, whose services get their images from another file.
        let others = here.iter().copied().filter(|other| other != path && Some(*other) != default);
        for other in above.into_iter().chain(others).take(MAX_BASES) {
            if attempt.loaded.is_ok() || !attempt.is_half() {
                break;
            }
            attempt = one_of(&request.project, &with(other), files, attempt, context);
        }
        keep(request, attempt, context);
    }
}

/// The stack of `files` when that loads, else what there was.
fn one_of(project: &ProjectRequest, files: &[PathBuf], system: &dyn FileSystem, before: Attempt, context: &mut Context) -> Attempt {
    let Attempt { mut loaded, unset } = before;
    context.sources = std::mem::take(&mut loaded.sources);
    let mut tried = one(project, files, system, context);
    if tried.loaded.is_ok() {
        return tried;
    }
    loaded.sources = std::mem::take(&mut tried.loaded.sources);
    Attempt { loaded, unset }
}

/// A stack as it was loaded at last, and the variables that nobody sets.
struct Attempt {
    loaded: Loaded,
    unset: Vec<(SmolStr, Option<Span>)>,
}

impl Attempt {
    /// A service has neither an image nor a build.
    fn is_half(&self) -> bool {
        self.loaded.diagnostics.iter().any(|diagnostic| diagnostic.code.0 == "compose::missing-attribute")
    }
}

/// Loads some files; when Compose would refuse them for something that can be left open, a second time without that. Rules report it.
fn one(project: &ProjectRequest, files: &[PathBuf], system: &dyn FileSystem, context: &mut Context) -> Attempt {
    let mut request = project.clone();
    if !files.is_empty() {
        request.files = files.iter().map(|path| path.display().to_string()).collect();
        // `-` of the flags is no file of a directory.
        request.standard_input = None;
    }
    // Services of every profile are audited.
    if request.profiles.is_empty() {
        request.profiles = vec!["*".to_owned()];
    }
    let mut loaded = load_into(&request, system, std::mem::take(&mut context.sources));
    let unset: Vec<_> = loaded.diagnostics.iter().filter_map(unset_variable).collect();
    // Each kind of gap hides the next.
    for _ in 0..MAX_GAPS {
        if loaded.is_ok() || !leave_open(&mut request, &loaded.diagnostics) {
            break;
        }
        let sources = loaded.sources;
        loaded = load_into(&request, system, sources);
    }
    Attempt { loaded, unset }
}

/// The variable that a warning says is not set, and where.
pub(super) fn unset_variable(diagnostic: &Diagnostic) -> Option<(SmolStr, Option<Span>)> {
    let name = diagnostic.message.split('`').nth(1).filter(|_| diagnostic.code.0 == "compose::unset-variable")?;
    Some((name.into(), diagnostic.labels.first().map(|label| label.span)))
}

/// Changes the request so that the errors do not come again. False when there is one of another kind.
fn leave_open(request: &mut ProjectRequest, diagnostics: &[Diagnostic]) -> bool {
    let before = (request.options, request.environment.len());
    for error in diagnostics.iter().filter(|diagnostic| diagnostic.is_error()) {
        match error.code.0 {
            // `${NAME:?}` is how a project says that somebody has to give a value. A digit is text, a number, a port and a tag.
            "compose::missing-variable" => {
                let Some(name) = error.message.split('`').nth(1) else { return false };
                request.environment.insert(name.to_owned(), "1".to_owned());
            }
            "compose::cannot-read" if error.message.starts_with("the env_file") => request.options.resolve_environment = false,
            "compose::undefined-reference" | "compose::depends-on-cycle" | "compose::duplicate" => {
                request.options.check_consistency = false
            }
            // Half of a mount or port may be a variable: `${DATA}:/data`.
            "compose::invalid-value" => {
                for (name, _) in diagnostics.iter().filter_map(unset_variable) {
                    request.environment.entry(name.to_string()).or_insert_with(|| "1".to_owned());
                }
            }
            _ => return false,
        }
    }
    (request.options, request.environment.len()) != before
}

fn give_back(attempt: Attempt, context: &mut Context) {
    context.sources = attempt.loaded.sources;
}

/// Keeps every compose file as it is written: for edits, and for what loading leaves out.
pub(super) fn keep_written(context: &mut Context) {
    let own = |id: FileId| context.stacks.iter().any(|stack| stack.file_ids.contains(&id));
    let is_yaml = |name: &str| name.ends_with(".yml") || name.ends_with(".yaml");
    let files = context.sources.files().filter(|(id, file)| is_yaml(file.name()) || own(*id));
    let root =
        |id: FileId, text: &str| parse(id, text, &Budget::default()).documents.into_iter().next().map(|document| (id, document.root));
    context.written = files.filter_map(|(id, file)| root(id, file.text())).collect();
    leave_parts_out(context);
}

/// Takes out the stacks of files that others include or extend, and what could not be read of those: they are audited as part of the others.
fn leave_parts_out(context: &mut Context) {
    let mut parts: Vec<PathBuf> = Vec::new();
    for (id, root) in &context.written {
        let directory = Path::new(context.sources.file(*id).name()).parent().unwrap_or(Path::new(""));
        parts.extend(parts_of(root).map(|part| windlass_source::normalize(&directory.join(part))));
    }
    let is_part = |name: &str| parts.iter().any(|part| part == Path::new(name));
    let is_default = |name: &str| DEFAULT_FILES.iter().any(|default| name.rsplit('/').next() == Some(default));
    context.stacks.retain(|stack| stack.files.len() > 1 || is_default(&stack.name) || !is_part(&stack.name));
    let sources = &context.sources;
    let is_own = |diagnostic: &Diagnostic| {
        let name = diagnostic.labels.first().map_or("", |label| sources.file(label.span.file).name());
        is_default(name) || !is_part(name)
    };
    // Files that include each other in a circle are all parts, and the first word about one is about the whole.
    let first = context.not_understood.first().filter(|_| context.stacks.is_empty()).cloned();
    context.not_understood.retain(is_own);
    if context.not_understood.is_empty() {
        context.not_understood.extend(first);
    }
}

/// The files that a compose file includes or extends.
fn parts_of(root: &Node) -> impl Iterator<Item = &str> {
    fn texts(node: &Node) -> Vec<&str> {
        node.as_str().map_or_else(|| node.as_sequence().unwrap_or_default().iter().filter_map(Node::as_str).collect(), |text| vec![text])
    }
    let includes = root.get("include").and_then(Node::as_sequence).unwrap_or_default().iter();
    let included = includes.flat_map(|item| item.get("path").map_or_else(|| texts(item), texts));
    let services = root.get("services").and_then(Node::as_map).into_iter().flat_map(Map::values);
    let extended = services.filter_map(|service| service.get("extends")?.get("file")?.as_str());
    included.chain(extended)
}

/// Keeps a stack that loads; of one that does not, the reasons.
fn keep(request: &Request, Attempt { loaded, unset }: Attempt, context: &mut Context) {
    let is_ok = loaded.is_ok();
    let Loaded { project, tree, directory, files, sources, diagnostics, .. } = loaded;
    context.sources = sources;
    if !is_ok {
        context.not_understood.extend(diagnostics.into_iter().filter(windlass_source::Diagnostic::is_error));
        return;
    }
    let base = windlass_source::normalize(&request.project.working_directory);
    add(&base, Read { project, tree, directory, files: &files, unset }, context);
}

/// A project that was read without errors.
pub(super) struct Read<'f> {
    pub(super) project: Project,
    pub(super) tree: Node,
    pub(super) directory: PathBuf,
    pub(super) files: &'f [PathBuf],
    pub(super) unset: Vec<(SmolStr, Option<Span>)>,
}

/// Adds a stack whose texts the context has. `base` is the directory that people's names of files begin in.
pub(super) fn add(base: &Path, Read { project, tree, directory, files, unset }: Read<'_>, context: &mut Context) {
    let display = |path: &PathBuf| path.strip_prefix(base).unwrap_or(path).display().to_string();
    let names: Vec<String> = files.iter().map(|path| if path == Path::new("-") { "<stdin>".to_owned() } else { display(path) }).collect();
    let id = |name: &String| context.sources.files().find(|(_, file)| file.name() == name).map(|(id, _)| id);
    let file_ids: Vec<FileId> = names.iter().filter_map(id).collect();
    // A default file is known by its own name, not by that of its override.
    let own = if names.len() == 2 && DEFAULT_OVERRIDES.iter().any(|over| names[1].ends_with(over)) { names.first() } else { names.last() };
    context.stacks.push(Stack {
        name: own.cloned().unwrap_or_default(),
        files: names,
        file_ids,
        directory,
        project,
        tree,
        unset,
        // Decided once the services are known.
        environment: Environment { kind: EnvironmentKind::Production, because: String::new() },
        facts: Vec::new(),
        whole: OnceLock::new(),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compose_files_are_known_by_name() {
        for path in ["compose.yaml", "a/docker-compose.prod.yml", "docker-compose-dev.yml", "prod.compose.yaml", "Docker-Compose.yml"] {
            assert!(is_compose_file(path), "{path}");
        }
        for path in ["compose.json", "composer.yml", "values.yaml", "docker.yml", "decompose.yml"] {
            assert!(!is_compose_file(path), "{path}");
        }
    }
}
