//! `--to stack`: the project once more, converted as the operator does it, with every file noted that is read on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use windlass_compose::model::Service;
use windlass_compose::{Loaded, Request, load};
use windlass_convert::{Input, Options, Wait, convert, is_private};
use windlass_crd::v1alpha1::project_name;
use windlass_emit::layouts::{Carried, StackProject, Use, stack};
use windlass_images::credentials::is_secret_file;
use windlass_k8s::Objects;
use windlass_k8s::name::service_name;
use windlass_source::{Code, Diagnostic, DirEntry, FileSystem, Metadata, SourceMap, normalize};
use windlass_yaml::Node;

use crate::commands::convert::{ConversionArgs, namespace};
use crate::commands::{Shell, Stop};

/// Flags of conversion that a Stack has a place for, and those that the operator decides itself.
const CARRIED: [&str; 3] = ["namespace", "kube-version", "wait"];

/// Variables that the operator sets itself, or that would have it look for others.
const OWN: [&str; 4] = ["COMPOSE_DISABLE_ENV_FILE", "COMPOSE_ENV_FILES", PROJECT_NAME, "PWD"];

/// The project's name, where it differs from the Stack's.
const PROJECT_NAME: &str = "COMPOSE_PROJECT_NAME";

const FILE: Code = Code("cli::stack-file");

/// Bytes of all files above which an API server would refuse the Stack: 1 MiB, and room for the rest.
const MAX_FILES: usize = 1 << 20;

/// The Stack and what it needs.
pub(super) fn objects(request: &Request, loaded: &Loaded, options: &Options, shell: &Shell) -> Result<Objects, Stop> {
    let options = Options { wait: Wait::None, given: BTreeSet::from(["wait".to_owned()]), ..carried(loaded, options, shell) };
    let name = service_name(&loaded.project.name);
    let texts = texts(request, loaded, shell)?;
    let noted = Noted::new(&shell.files, loaded, &texts);
    let project_name = project_name(&name, Some(&loaded.project.name));
    let again = load(&as_operator(request, loaded, project_name, &noted), &noted);
    let errors: Vec<Diagnostic> = again.diagnostics.iter().filter(|told| told.is_error()).cloned().collect();
    if shell.tell(&errors, &again.sources) {
        return Err(Diagnostic::error(Code("cli::stack"), "a Stack of this project would not be one that can be read").into());
    }
    let read = noted.paths();
    let mut variables = variables(&again);
    if project_name != name {
        variables.insert(PROJECT_NAME.to_owned(), project_name.to_owned());
    }
    let conversion = convert(&Input {
        project: &again.project,
        tree: &again.tree,
        directory: &again.directory,
        files: &noted,
        variable: &|name| again.environment.get(name).map(|variable| variable.value.clone()),
        options: &options,
    });
    let secrets = || again.project.secrets.iter().map(|entry| &entry.value);
    let of_secrets: BTreeSet<PathBuf> = secrets().filter_map(|secret| Some(normalize(Path::new(secret.file.as_ref()?.as_str())))).collect();
    let dockerfiles: BTreeSet<PathBuf> = again.project.services.iter().filter_map(dockerfile).collect();
    let used = |path: &Path| match path {
        path if of_secrets.contains(path) => Use::Secret,
        path if read.contains(path) => Use::Read,
        path if dockerfiles.contains(path) => Use::Dockerfile,
        _ => Use::Mounted,
    };
    let files = noted.read.into_inner().unwrap_or_else(PoisonError::into_inner);
    let files = within(files, used, loaded, shell)?;
    let secret_variables = secrets().filter_map(|secret| Some(secret.environment.as_ref()?.value.clone())).collect();
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

/// The compose texts in merge order.
fn texts(request: &Request, loaded: &Loaded, shell: &Shell) -> Result<Vec<String>, Stop> {
    let content = |path: &PathBuf| match &request.standard_input {
        Some(input) if path == Path::new("-") => Ok(input.clone()),
        _ => shell.files.read(path, request.max_input).map_err(|error| {
            let told = Diagnostic::error(Code("cli::stack"), format!("`{}` can't be read again", path.display()));
            Stop::from(told.because(error.to_string()))
        }),
    };
    loaded.files.iter().map(|path| Ok(String::from_utf8_lossy(&content(path)?).into_owned())).collect()
}

/// The request that the operator makes: the variables are given, so a file of variables is read only where the project itself wants it.
fn as_operator(request: &Request, loaded: &Loaded, name: &str, noted: &Noted<'_>) -> Request {
    let mut environment: BTreeMap<String, String> =
        loaded.environment.iter().map(|(name, variable)| (name.to_owned(), variable.value.to_string())).collect();
    environment.remove("COMPOSE_ENV_FILES");
    environment.insert("COMPOSE_DISABLE_ENV_FILE".to_owned(), "true".to_owned());
    let mut request = Request {
        files: noted.texts.keys().map(|path| path.display().to_string()).collect(),
        standard_input: None,
        project_name: Some(name.to_owned()),
        project_directory: Some(loaded.directory.clone()),
        profiles: loaded.profiles.clone(),
        env_files: Vec::new(),
        environment,
        ..request.clone()
    };
    request.options.note_variables = true;
    request
}

/// The choices that the operator knows of; the others are told.
fn carried(loaded: &Loaded, options: &Options, shell: &Shell) -> Options {
    let mut lost = ConversionArgs::flags(&shell.given);
    lost.retain(|flag| !CARRIED.contains(&flag.as_str()));
    if !lost.is_empty() {
        let lost: Vec<String> = lost.iter().map(|flag| format!("`--{flag}`")).collect();
        let told = Diagnostic::warning(Code("cli::stack-flags"), format!("a Stack does not carry {}", lost.join(", ")));
        shell.tell(&[told.help("write it into the compose file below `x-windlass`")], &SourceMap::new());
    }
    let namespace = namespace(loaded, options).map(str::to_owned);
    Options { namespace, kube_version: options.kube_version, ..Options::default() }
}

/// The files by their path from the project's directory.
fn within(
    files: BTreeMap<PathBuf, Vec<u8>>,
    used: impl Fn(&Path) -> Use,
    loaded: &Loaded,
    shell: &Shell,
) -> Result<BTreeMap<String, Carried>, Stop> {
    let mut within = BTreeMap::new();
    for (path, content) in files {
        match path.strip_prefix(&loaded.directory) {
            Ok(below) => {
                let (below, used) = (below.to_string_lossy().replace('\\', "/"), used(&path));
                // A file that the project is read from is never run.
                let mode = shell.files.metadata(&path).filter(|_| used != Use::Read).map_or(0o644, |found| found.mode);
                let is_executable = mode & 0o111 != 0;
                let name = below.rsplit('/').next().unwrap_or(&below);
                if is_private(mode) && (used == Use::Secret || is_secret_file(name, &content)) {
                    let told = Diagnostic::warning(FILE, format!("the mode {mode:04o} of `{below}` is not carried in the Stack"));
                    let told = told.because("its files are readable for everybody, and some servers refuse such a key");
                    shell.tell(&[told.help("list it below `secrets:`, and mount it with `mode: 0400`")], &SourceMap::new());
                }
                within.insert(below, Carried { content, is_executable, used });
            }
            Err(_) => {
                let told = Diagnostic::warning(FILE, format!("`{}` is not carried in the Stack", path.display()));
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

/// The Dockerfile of a service that is built from a directory.
fn dockerfile(service: &Service) -> Option<PathBuf> {
    let build = service.build.as_ref()?;
    let name = build.dockerfile.as_ref().map_or("Dockerfile", |name| name.as_str());
    Some(normalize(&Path::new(build.context.as_ref()?.as_str()).join(name)))
}

/// The variables that the project looked up and that are set.
fn variables(again: &Loaded) -> BTreeMap<String, String> {
    let mut names = again.environment.noted();
    // A secret or config of `environment: NAME` is looked up by the conversion.
    let sections = ["secrets", "configs"].into_iter().flat_map(|section| entries(&again.tree, section));
    names.extend(sections.filter_map(|entry| Some(entry.get("environment")?.as_str()?.into())));
    names.retain(|name| !OWN.contains(&name.as_str()));
    names.into_iter().filter_map(|name| Some((name.to_string(), again.environment.value(&name)?.to_owned()))).collect()
}

fn entries<'a>(tree: &'a Node, section: &str) -> impl Iterator<Item = &'a Node> {
    tree.get(section).and_then(Node::as_map).into_iter().flat_map(|map| map.values())
}

/// A file system that notes what was read.
struct Noted<'f> {
    files: &'f dyn FileSystem,
    /// The compose texts under names of their own: who reads one under its old name, as `extends` may, wants it as a file beside them.
    texts: BTreeMap<PathBuf, Vec<u8>>,
    read: Mutex<BTreeMap<PathBuf, Vec<u8>>>,
}

impl<'f> Noted<'f> {
    fn new(files: &'f dyn FileSystem, loaded: &Loaded, texts: &[String]) -> Self {
        let path = |number: usize| loaded.directory.join(format!("compose text {number:03} of the Stack"));
        let texts = (1..).zip(texts).map(|(number, text)| (path(number), text.clone().into_bytes())).collect();
        Self { files, texts, read: Mutex::default() }
    }

    /// What was read so far.
    fn paths(&self) -> BTreeSet<PathBuf> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }
}

impl FileSystem for Noted<'_> {
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        if let Some(text) = self.texts.get(path) {
            return Ok(text.clone());
        }
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
