//! The Dockerfiles: those that services build and those that lie about, each read once.

use std::path::{Path, PathBuf};

use smol_str::SmolStr;
use windlass_compose::model::{Build, Service};
use windlass_dockerfile::{IgnoreFile, parse};
use windlass_source::{FileId, normalize};

use super::super::Context;
use super::super::dockerfile::{DockerfileEntry, scripts};
use super::super::environment::{Environment, EnvironmentKind};
use super::super::repository::Reader;
use super::Request;

/// A service that builds a Dockerfile: stack, service, Dockerfile, each by index.
pub(super) struct BuildOf {
    pub(super) stack: usize,
    pub(super) service: usize,
    pub(super) dockerfile: usize,
}

/// True for the names that Dockerfiles have: `Dockerfile`, `Dockerfile.dev`, `app.Dockerfile`, `Containerfile`.
pub(super) fn is_dockerfile(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    if name.ends_with(".dockerignore") || [".md", ".j2", ".tmpl", ".template", ".erb"].iter().any(|end| name.ends_with(end)) {
        return false;
    }
    ["dockerfile", "containerfile"].iter().any(|known| {
        let begins = name.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']));
        begins || name.strip_suffix(known).is_some_and(|rest| rest.ends_with('.'))
    })
}

/// Reads the Dockerfiles that services build, then those of `found` that are not among them.
pub(super) fn load(found: &[PathBuf], reader: &mut Reader<'_>, context: &mut Context) -> Vec<BuildOf> {
    let mut builds = Vec::new();
    let mut entries: Vec<(PathBuf, DockerfileEntry)> = Vec::new();
    for (stack, loaded) in context.stacks.iter().enumerate() {
        for (at, service) in loaded.project.services.iter().enumerate() {
            let Some(build) = &service.build else { continue };
            let Some((path, build_context)) = place(build, &loaded.directory) else { continue };
            let known = entries.iter().position(|(other, entry)| *other == path && entry.build_context == build_context);
            let dockerfile = known.or_else(|| {
                entries.push((path.clone(), read(&path, build_context, reader)?));
                Some(entries.len() - 1)
            });
            let Some(dockerfile) = dockerfile else { continue };
            builds.push(BuildOf { stack, service: at, dockerfile });
            let entry = &mut entries[dockerfile].1;
            entry.used_by.push((stack, at));
            let target = target(service, entry);
            if let Some(target) = target.filter(|target| !entry.targets.contains(target)) {
                entry.targets.push(target);
            }
        }
    }
    for path in found {
        if entries.iter().any(|(known, _)| known == path) {
            continue;
        }
        let directory = path.parent().unwrap_or(Path::new("")).to_owned();
        if let Some(entry) = read(path, directory, reader) {
            entries.push((path.clone(), entry));
        }
    }
    for (_, entry) in &mut entries {
        if entry.targets.is_empty() {
            entry.targets.extend(entry.dockerfile.stages().len().checked_sub(1));
        }
    }
    context.dockerfiles = entries.into_iter().map(|(_, entry)| entry).collect();
    builds
}

/// The Dockerfile of a build and its context; `None` for inline ones and contexts that are addresses.
fn place(build: &Build, directory: &Path) -> Option<(PathBuf, PathBuf)> {
    if build.dockerfile_inline.is_some() {
        return None;
    }
    let context = build.context.as_ref().map_or(".", |context| context.value.as_str());
    if context.contains("://") || context.starts_with("git@") {
        return None;
    }
    let context = normalize(&directory.join(context));
    let name = build.dockerfile.as_ref().map_or("Dockerfile", |name| name.value.as_str());
    Some((normalize(&context.join(name)), context))
}

fn read(path: &Path, build_context: PathBuf, reader: &mut Reader<'_>) -> Option<DockerfileEntry> {
    let file = reader.read_input(path)?;
    let dockerfile = parse(file, reader.sources.file(file).text().clone()).dockerfile;
    // BuildKit looks beside the Dockerfile first, then in the context.
    let own = PathBuf::from(format!("{}.dockerignore", path.display()));
    let ignore: Option<FileId> = reader.read(&own).or_else(|| reader.read(&build_context.join(".dockerignore")));
    let ignore = ignore.map(|file| (file, IgnoreFile::parse(file, reader.sources.file(file).text()).0));
    Some(DockerfileEntry {
        path: reader.display(path),
        file,
        scripts: scripts(&dockerfile),
        dockerfile,
        build_context,
        ignore,
        environment: Environment { kind: EnvironmentKind::Production, because: String::new() },
        used_by: Vec::new(),
        targets: Vec::new(),
    })
}

/// The stage that a service asks for.
fn target(service: &Service, entry: &DockerfileEntry) -> Option<usize> {
    let name: Option<&SmolStr> = service.build.as_ref()?.target.as_ref().map(|target| &target.value);
    let stages = entry.dockerfile.stages();
    match name.filter(|name| !name.is_empty()) {
        Some(name) => stages.iter().rposition(|stage| stage.is_named(name)),
        None => stages.len().checked_sub(1),
    }
}

/// Production when a production stack builds it; without any stack, what its path says.
pub(super) fn decide_environments(request: &Request, context: &mut Context) {
    for entry in &mut context.dockerfiles {
        let stacks = entry.used_by.iter().map(|(stack, _)| &context.stacks[*stack]);
        let users: Vec<_> = stacks.map(|stack| (stack.name.as_str(), stack.environment.kind)).collect();
        let production = users.iter().find(|(_, kind)| *kind == EnvironmentKind::Production);
        entry.environment = match (request.environment, production.or(users.first())) {
            (Some(kind), _) => Environment::chosen(kind),
            (None, Some((stack, kind))) => Environment { kind: *kind, because: format!("`{stack}` builds it") },
            (None, None) => Environment::of_path(&entry.path).unwrap_or_else(|| Environment {
                kind: EnvironmentKind::Production,
                because: "nothing says that it is for development".to_owned(),
            }),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dockerfiles_are_known_by_name() {
        for path in ["Dockerfile", "a/Dockerfile.dev", "app.Dockerfile", "Containerfile", "dockerfile-prod"] {
            assert!(is_dockerfile(path), "{path}");
        }
        for path in ["Dockerfile.dockerignore", "dockerfile.md", "Dockerfiles/x", "Dockerfile.j2", "dockerfiles"] {
            assert!(!is_dockerfile(path), "{path}");
        }
    }
}
