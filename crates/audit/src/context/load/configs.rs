//! Configuration files: those that services mount or images copy, and those that lie about.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use windlass_compose::model::MountKind;
use windlass_dockerfile::stages::CopyFrom;
use windlass_source::{FileKind, normalize};

use super::super::Context;
use super::super::config_file::{ConfigFile, ConfigUse, Content};
use super::super::repository::Reader;

/// Directories of containers that hold configuration of the programs that room `conf` knows.
const CONFIGURED: [&str; 7] = ["nginx", "/php", "mysql", "mariadb", "redis", "valkey", "prometheus"];
/// Files of a mounted directory above which no more are looked at.
const MAX_FILES: usize = 200;

/// Reads every configuration file that is mounted, copied, or among `found`.
pub(super) fn load(found: &[PathBuf], reader: &mut Reader<'_>, context: &mut Context) {
    let mut known: BTreeMap<PathBuf, Vec<ConfigUse>> = found.iter().map(|path| (path.clone(), Vec::new())).collect();
    for (path, place) in mounted(reader, context).into_iter().chain(copied(reader, context)) {
        known.entry(path).or_default().push(place);
    }
    for (path, uses) in known {
        let Some(file) = reader.read_input(&path) else { continue };
        let text = Arc::clone(reader.sources.file(file).text());
        let name = reader.display(&path);
        let target = uses.first().map(|place| place.target.as_str());
        let content = Content::read(target, &path.to_string_lossy(), file, &text, &mut context.not_understood);
        if let Some(content) = content {
            context.configs.push(ConfigFile { content, path: name, file, uses });
        }
    }
}

/// The files that services mount, directories opened.
fn mounted(reader: &Reader<'_>, context: &Context) -> Vec<(PathBuf, ConfigUse)> {
    let mut places = Vec::new();
    for (stack, loaded) in context.stacks.iter().enumerate() {
        for (service, model) in loaded.project.services.iter().enumerate() {
            let mut add = |source: &str, target: &str, span| {
                let source = normalize(&loaded.directory.join(source));
                let place = ConfigUse { stack, service, target: target.to_owned(), span, is_copied: false };
                open(&source, &place, reader, &mut places);
            };
            for mount in model.volumes.iter().filter(|mount| mount.kind.value == MountKind::Bind) {
                if let Some(source) = &mount.source {
                    add(&source.value, &mount.target.value, mount.span().or(source.span()));
                }
            }
            for mount in &model.configs {
                let file = loaded.project.configs.get(&mount.source.value).and_then(|config| config.file.as_ref());
                let target = mount.target.as_ref().map_or_else(|| format!("/{}", mount.source.value), |target| target.value.to_string());
                if let Some(file) = file {
                    add(&file.value, &target, mount.span().or(mount.source.span()));
                }
            }
            for file in &model.env_file {
                add(&file.path.value, ".env", file.path.span());
            }
        }
    }
    places
}

/// The files that the Dockerfiles of services copy from their contexts.
fn copied(reader: &Reader<'_>, context: &Context) -> Vec<(PathBuf, ConfigUse)> {
    let mut places = Vec::new();
    for (stack, loaded) in context.stacks.iter().enumerate() {
        for (service, facts) in loaded.facts.iter().enumerate() {
            let (Some(built), Some(index)) = (&facts.built, facts.dockerfile) else { continue };
            let directory = &context.dockerfiles[index].build_context;
            for copy in built.copies.iter().filter(|copy| copy.from == CopyFrom::Context) {
                for source in &copy.sources {
                    let path = normalize(&directory.join(source.trim_start_matches('/')));
                    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                    let is_file = reader.files.metadata(&path).is_some_and(|metadata| metadata.kind == FileKind::File);
                    let target = if copy.into_directory && is_file {
                        format!("{}/{name}", copy.destination.trim_end_matches('/'))
                    } else {
                        copy.destination.to_string()
                    };
                    // Whole trees hold sources; only what is copied by name is configuration.
                    if is_file && (Content::may_be(&target) || Content::may_be(&path.to_string_lossy())) {
                        places.push((path, ConfigUse { stack, service, target, span: Some(copy.span), is_copied: true }));
                    }
                }
            }
        }
    }
    places
}

/// A file, or the files of a directory one level deep.
fn open(source: &Path, place: &ConfigUse, reader: &Reader<'_>, places: &mut Vec<(PathBuf, ConfigUse)>) {
    match reader.files.metadata(source).map(|metadata| metadata.kind) {
        Some(FileKind::File) if is_yaml(source) || Content::may_be(&place.target) || Content::may_be(&source.to_string_lossy()) => {
            places.push((source.to_owned(), place.clone()));
        }
        Some(FileKind::File) => {}
        Some(FileKind::Directory) => {
            // A project mounted whole is no directory of configuration.
            if !CONFIGURED.iter().any(|part| place.target.contains(part)) {
                return;
            }
            for entry in reader.files.list(source).unwrap_or_default().into_iter().take(MAX_FILES) {
                if entry.metadata.is_some_and(|metadata| metadata.kind == FileKind::File) {
                    let target = format!("{}/{}", place.target.trim_end_matches('/'), entry.name);
                    places.push((source.join(&entry.name), ConfigUse { target, ..place.clone() }));
                }
            }
        }
        Some(FileKind::Special) | None => {}
    }
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml")
}
