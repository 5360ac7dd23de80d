//! `--to stack`: the project once more, converted as the operator does it, with every file noted that is read on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use windlass_compose::{Loaded, Request, config, load};
use windlass_convert::{Input, Options, Wait, convert};
use windlass_emit::layouts::{Carried, StackProject, Use, stack};
use windlass_k8s::Objects;
use windlass_k8s::name::service_name;
use windlass_source::{Code, Diagnostic, DirEntry, FileSystem, Metadata, SourceMap, normalize};
use windlass_yaml::Node;

use crate::commands::convert::ConversionArgs;
use crate::commands::{Shell, Stop};

/// Flags of conversion that a Stack has a place for, and those that the operator decides itself.
const CARRIED: [&str; 3] = ["namespace", "kube-version", "wait"];

/// Bytes of all files above which an API server would refuse the Stack: 1 MiB, and room for the rest.
const MAX_FILES: usize = 1 << 20;

/// The Stack and what it needs.
pub(super) fn objects(request: &Request, loaded: &Loaded, options: &Options, shell: &Shell) -> Result<Objects, Stop> {
    let noted = Noted { files: &shell.files, read: Mutex::default() };
    let again = load(request, &noted);
    let read: BTreeSet<PathBuf> = noted.paths();
    let options = Options { wait: Wait::None, given: BTreeSet::from(["wait".to_owned()]), ..carried(options, shell) };
    let conversion = convert(&Input {
        project: &again.project,
        tree: &again.tree,
        directory: &again.directory,
        files: &noted,
        variable: &|name| again.environment.get(name).map(|variable| variable.value.clone()),
        options: &options,
    });
    let mut files = noted.read.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut texts = Vec::new();
    for path in &loaded.files {
        let content = match files.remove(&normalize(path)) {
            Some(content) => content,
            None => request.standard_input.clone().unwrap_or_default(),
        };
        texts.push(String::from_utf8_lossy(&content).into_owned());
    }
    let secrets = || loaded.project.secrets.iter().map(|entry| &entry.value);
    let of_secrets: BTreeSet<PathBuf> = secrets().filter_map(|secret| Some(normalize(Path::new(secret.file.as_ref()?.as_str())))).collect();
    let used = |path: &Path| match path {
        path if of_secrets.contains(path) => Use::Secret,
        path if read.contains(path) => Use::Read,
        _ => Use::Mounted,
    };
    let files = within(files, used, request, loaded, shell)?;
    let variables = variables(request, loaded, shell);
    let secret_variables = secrets().filter_map(|secret| Some(secret.environment.as_ref()?.value.clone())).collect();
    let name = service_name(&loaded.project.name);
    let project = StackProject {
        name: &name,
        namespace: options.namespace.as_deref(),
        texts: &texts,
        files: &files,
        variables: &variables,
        secret_variables: &secret_variables,
        profiles: &loaded.profiles,
        objects: &conversion.objects,
    };
    let (objects, told) = stack(&project);
    shell.tell(&told, &SourceMap::new());
    Ok(objects)
}

/// The choices that the operator knows of; the others are told.
fn carried(options: &Options, shell: &Shell) -> Options {
    let mut lost = ConversionArgs::flags(&shell.given);
    lost.retain(|flag| !CARRIED.contains(&flag.as_str()));
    if !lost.is_empty() {
        let lost: Vec<String> = lost.iter().map(|flag| format!("`--{flag}`")).collect();
        let told = Diagnostic::warning(Code("cli::stack-flags"), format!("a Stack does not carry {}", lost.join(", ")));
        shell.tell(&[told.help("write it into the compose file below `x-windlass`")], &SourceMap::new());
    }
    Options { namespace: options.namespace.clone(), kube_version: options.kube_version, ..Options::default() }
}

/// The files by their path from the project's directory. Those of variables are not needed: the values stand in the Stack.
fn within(
    files: BTreeMap<PathBuf, Vec<u8>>,
    used: impl Fn(&Path) -> Use,
    request: &Request,
    loaded: &Loaded,
    shell: &Shell,
) -> Result<BTreeMap<String, Carried>, Stop> {
    let of_variables: Vec<PathBuf> = match request.env_files.as_slice() {
        [] => vec![normalize(&loaded.directory.join(".env"))],
        named => named.iter().map(|file| normalize(&request.working_directory.join(file))).collect(),
    };
    let mut within = BTreeMap::new();
    for (path, content) in files.into_iter().filter(|(path, _)| !of_variables.contains(path) || is_env_file(loaded, path)) {
        match path.strip_prefix(&loaded.directory) {
            Ok(below) => {
                within.insert(below.to_string_lossy().replace('\\', "/"), Carried { content, used: used(&path) });
            }
            Err(_) => {
                let told = Diagnostic::warning(Code("cli::stack-file"), format!("`{}` is not carried in the Stack", path.display()));
                shell.tell(&[told.because("it stands outside of the project's directory")], &SourceMap::new());
            }
        }
    }
    let size: usize = within.values().map(|file| file.content.len()).sum();
    if size > MAX_FILES {
        let told = Diagnostic::error(Code("cli::stack-size"), format!("the project reads {} KiB of files", size >> 10));
        let told = told.because("an API server keeps objects of at most 1.5 MiB");
        return Err(told.help("put large files into images or volumes, or convert without `--to stack`").into());
    }
    Ok(within)
}

/// A service's `env_file` names it.
fn is_env_file(loaded: &Loaded, path: &Path) -> bool {
    let files = loaded.project.services.iter().flat_map(|service| &service.env_file);
    files.into_iter().any(|file| normalize(&loaded.directory.join(file.path.value.as_str())) == path)
}

/// The variables that the project asks for and that are set.
fn variables(request: &Request, loaded: &Loaded, shell: &Shell) -> BTreeMap<String, String> {
    let mut raw = request.clone();
    raw.options.interpolate = false;
    raw.options.resolve_environment = false;
    let raw = load(&raw, &shell.files);
    let mut names: BTreeSet<String> = config::variables(&raw).into_iter().map(|declared| declared.name.to_string()).collect();
    // `environment: [NAME]` takes it from outside, and so does a secret or config of `environment: NAME`.
    for service in entries(&raw.tree, "services") {
        names.extend(
            service.get("environment").and_then(Node::as_map).into_iter().flat_map(|map| {
                map.iter().filter(|(_, value)| value.is_null()).map(|(key, _)| key.as_str().to_owned()).collect::<Vec<_>>()
            }),
        );
    }
    let sections = ["secrets", "configs"].into_iter().flat_map(|section| entries(&loaded.tree, section));
    names.extend(sections.filter_map(|entry| Some(entry.get("environment")?.as_str()?.to_owned())));
    names.retain(|name| !name.starts_with("COMPOSE_"));
    names.into_iter().filter_map(|name| loaded.environment.get(&name).map(|variable| (name.clone(), variable.value.to_string()))).collect()
}

fn entries<'a>(tree: &'a Node, section: &str) -> impl Iterator<Item = &'a Node> {
    tree.get(section).and_then(Node::as_map).into_iter().flat_map(|map| map.values())
}

/// A file system that notes what was read.
struct Noted<'f> {
    files: &'f dyn FileSystem,
    read: Mutex<BTreeMap<PathBuf, Vec<u8>>>,
}

impl Noted<'_> {
    /// What was read so far.
    fn paths(&self) -> BTreeSet<PathBuf> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }
}

impl FileSystem for Noted<'_> {
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let content = self.files.read(path, limit)?;
        self.read.lock().unwrap_or_else(PoisonError::into_inner).insert(normalize(path), content.clone());
        Ok(content)
    }

    fn metadata(&self, path: &Path) -> Option<Metadata> {
        self.files.metadata(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        self.files.list(path)
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        self.files.canonicalize(path)
    }
}
