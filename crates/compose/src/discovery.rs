//! Which files make the project, where it lives, and with which variables it is read.

use std::path::{Path, PathBuf};

use windlass_source::{Code, Diagnostic, FileKind, VariableSource, normalize};

use crate::dotenv_files;
use crate::environment::Environment;
use crate::loader::{ComposeFile, Loader};
use crate::paths::join;
use crate::remote;
use windlass_yaml::{Node, Value};

const NO_FILE: Code = Code("compose::no-file");
const AMBIGUOUS: Code = Code("compose::several-files");
const PROJECT_NAME: Code = Code("compose::project-name");

/// The names that are looked for, the first wins.
pub const DEFAULT_FILES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
/// The files that are merged onto a default file beside them, the first wins.
pub const DEFAULT_OVERRIDES: [&str; 4] =
    ["compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"];

/// What is to be read.
#[derive(Debug)]
pub(crate) struct Selection {
    /// Absolute paths in merge order; `-` is standard input.
    pub(crate) files: Vec<PathBuf>,
    /// The project directory.
    pub(crate) directory: PathBuf,
    pub(crate) environment: Environment,
    /// Enabled profiles.
    pub(crate) profiles: Vec<String>,
    /// The name that a flag, the environment or the directory gives, and whether a `name:` in a file counts more.
    pub(crate) project_name: String,
    pub(crate) name_is_set: bool,
}

/// Finds the files. `None` after reporting why there are none.
pub(crate) fn discover(loader: &mut Loader<'_>) -> Option<Selection> {
    let request = loader.request;
    let here = normalize(&request.working_directory);
    let mut environment = Environment::from_process(&request.environment);
    environment.set("PWD", here.display().to_string(), VariableSource::Environment);

    let mut files: Vec<PathBuf> = Vec::with_capacity(request.files.len());
    for file in &request.files {
        if file != "-"
            && let Some(kind) = remote::kind(file)
        {
            loader.report(remote::refuse(kind, file, "-f", None));
            return None;
        }
        files.push(absolute(&here, file));
    }
    let chosen = request.project_directory.as_ref().map(|directory| join(&here, directory));
    let directory_of = |files: &[PathBuf]| -> PathBuf {
        let first = files.iter().find(|file| *file != Path::new("-"));
        chosen.clone().or_else(|| first.and_then(|file| file.parent()).map(Path::to_owned)).unwrap_or_else(|| here.clone())
    };

    add_env_files(loader, &directory_of(&files), &mut environment)?;
    if files.is_empty()
        && let Some(list) = environment.value("COMPOSE_FILE")
    {
        let separator =
            environment.value("COMPOSE_PATH_SEPARATOR").filter(|text| !text.is_empty()).unwrap_or(if cfg!(windows) { ";" } else { ":" });
        files = list.split(separator).map(|file| absolute(&here, file)).collect();
    }
    if files.is_empty() {
        files = default_files(loader, &directory_of(&files));
    }
    if files.is_empty() {
        let name = loader.display(&directory_of(&files));
        loader.report(
            Diagnostic::error(NO_FILE, format!("no compose file in `{name}` or a directory above it"))
                .because(format!("the names looked for are {}", DEFAULT_FILES.map(|name| format!("`{name}`")).join(", ")))
                .help(match &likely_files(loader, &directory_of(&files))[..] {
                    [] => "name the file: `-f FILE`".to_owned(),
                    likely => format!("name the file, as in {}", likely.join(" or ")),
                }),
        );
        return None;
    }
    let directory = directory_of(&files);
    if request.env_files.is_empty() {
        // The files may have been found elsewhere than where `.env` was looked for first.
        add_env_files(loader, &directory, &mut environment)?;
    }

    let profiles = if request.profiles.is_empty() {
        let list = environment.value("COMPOSE_PROFILES").unwrap_or_default();
        // Without any, the empty profile is on, as with docker compose.
        list.split(',').map(|profile| profile.trim().to_owned()).collect()
    } else {
        request.profiles.clone()
    };
    let (project_name, name_is_set) = given_name(loader, &environment, &directory)?;
    Some(Selection { files, directory, environment, profiles, project_name, name_is_set })
}

fn absolute(here: &Path, file: &str) -> PathBuf {
    if file == "-" { PathBuf::from("-") } else { normalize(&here.join(file)) }
}

/// Adds the variables of `--env-file`, of `COMPOSE_ENV_FILES`, or of `.env` in `directory`.
fn add_env_files(loader: &mut Loader<'_>, directory: &Path, environment: &mut Environment) -> Option<()> {
    let request = loader.request;
    let here = &request.working_directory;
    let variable = |name: &str| request.environment.get(name).map(String::as_str);
    let mut files: Vec<PathBuf> = request.env_files.iter().map(|file| join(here, file)).collect();
    if files.is_empty()
        && let Some(list) = variable("COMPOSE_ENV_FILES").filter(|list| !list.is_empty())
    {
        files = list.split(',').map(|file| join(here, file)).collect();
    }
    if files.is_empty() {
        if variable("COMPOSE_DISABLE_ENV_FILE").is_some_and(|value| matches!(value, "1" | "t" | "T" | "true" | "TRUE" | "True")) {
            return Some(());
        }
        let default = directory.join(".env");
        if loader.files.metadata(&default).is_some_and(|found| found.kind != FileKind::Directory) {
            files.push(default);
        }
    }
    let files: Vec<_> = files.into_iter().map(|file| (file, None)).collect();
    let found = dotenv_files::read(loader, &files, environment)?;
    environment.add(found);
    Some(())
}

/// Files beside which nobody has a default one: `-f docker-compose.production.yaml`.
fn likely_files(loader: &Loader<'_>, directory: &Path) -> Vec<String> {
    let is_likely = |name: &str| name.contains("compose") && (name.ends_with(".yml") || name.ends_with(".yaml"));
    let entries = loader.files.list(directory).unwrap_or_default();
    let mut names: Vec<String> = entries.into_iter().map(|entry| entry.name).filter(|name| is_likely(name)).collect();
    names.sort_unstable();
    names.iter().take(3).map(|name| format!("`-f {name}`")).collect()
}

/// The default file of `directory` or the nearest one above that has any, and the override beside it.
fn default_files(loader: &mut Loader<'_>, directory: &Path) -> Vec<PathBuf> {
    for directory in directory.ancestors() {
        let mut files = Vec::new();
        for (names, what) in [(&DEFAULT_FILES, "compose"), (&DEFAULT_OVERRIDES, "override")] {
            let found: Vec<PathBuf> =
                names.iter().map(|name| directory.join(name)).filter(|path| loader.files.metadata(path).is_some()).collect();
            let Some(first) = found.first() else { break };
            if found.len() > 1 {
                let others: Vec<_> = found[1..].iter().map(|path| format!("`{}`", loader.display(path))).collect();
                loader.report(
                    Diagnostic::warning(AMBIGUOUS, format!("several {what} files; `{}` is used", loader.display(first)))
                        .because(format!("not read: {}", others.join(", ")))
                        .help("remove them, or name the files with `-f`"),
                );
            }
            files.push(first.clone());
        }
        if !files.is_empty() {
            return files;
        }
    }
    Vec::new()
}

fn given_name(loader: &mut Loader<'_>, environment: &Environment, directory: &Path) -> Option<(String, bool)> {
    let flag = loader.request.project_name.as_deref().filter(|name| !name.is_empty());
    let variable = environment.value("COMPOSE_PROJECT_NAME").filter(|name| !name.is_empty());
    let Some((name, source)) = flag.map(|name| (name, "-p")).or(variable.map(|name| (name, "COMPOSE_PROJECT_NAME"))) else {
        let base = directory.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        return Some((normalize_name(&base), false));
    };
    if normalize_name(name) != name {
        loader.report(
            Diagnostic::error(PROJECT_NAME, format!("`{name}` of `{source}` is no project name"))
                .because("a project name has lower-case letters, digits, `-` and `_`, and starts with a letter or digit")
                .help(format!("try `{}`", normalize_name(name))),
        );
        return None;
    }
    Some((name.to_owned(), true))
}

/// What is left of a name in a project's name: lower case letters, digits, `-` and `_`, the last two not in front.
pub(crate) fn normalize_name(name: &str) -> String {
    let lower = name.to_lowercase();
    let kept: String = lower.chars().filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-')).collect();
    kept.trim_start_matches(['_', '-']).to_owned()
}

/// The project's name: what is set by flag or environment, else the last `name:` of the files, else the directory's.
pub(crate) fn project_name(loader: &mut Loader<'_>, selection: &Selection, files: &[ComposeFile]) -> String {
    if selection.name_is_set {
        return selection.project_name.clone();
    }
    let mut name = None;
    let mut first_document_names = false;
    for file in files {
        for (at, document) in file.documents.iter().enumerate() {
            let text = match document.get("name").map(|node| &node.value) {
                Some(Value::String(text)) => text.to_string(),
                Some(Value::Number(_) | Value::Bool(_)) => {
                    document.get("name").and_then(crate::model::text).unwrap_or_default().to_string()
                }
                _ => continue,
            };
            if !text.is_empty() {
                first_document_names |= at == 0;
                name = document.get("name").map(|node| Node { value: Value::String(text.into()), ..node.clone() });
            }
        }
    }
    let Some(mut node) = name else { return selection.project_name.clone() };
    if loader.request.options.interpolate {
        crate::passes::interpolate::interpolate(loader, &mut node, &selection.environment);
    }
    let mut text = node.as_str().unwrap_or_default().to_owned();
    if loader.request.options.normalize {
        text = normalize_name(&text);
    }
    if text.is_empty() && !first_document_names { selection.project_name.clone() } else { text }
}

/// Reports a project without a name.
pub(crate) fn unnamed(files: &[ComposeFile]) -> Diagnostic {
    let name = files.iter().rev().flat_map(|file| file.documents.iter().rev()).find_map(|document| document.get("name"));
    Diagnostic::error(PROJECT_NAME, "the project has no name")
        .at(name.and_then(Node::span))
        .because("the name of the directory, or what `name:` gives, has no letter or digit of a project name")
        .help("give one with `-p NAME` or `name: NAME`")
}
