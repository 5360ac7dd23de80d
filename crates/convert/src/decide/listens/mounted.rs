//! The files of a place in a container, as far as mounts say what they are.

use std::collections::BTreeMap;
use std::path::Path as FilePath;

use windlass_compose::model::{FileMount, Mount, MountKind, Service};

use super::Server;
use crate::decide::Input;
use crate::decide::bind::{HostKind, Verdict};
use crate::decide::files::{File, Reader};
use crate::decide::mount::{clean_target, look_alone};

/// Texts by their path, and the paths of what is mounted and not known.
pub(super) struct Mounted {
    pub(super) files: BTreeMap<String, String>,
    pub(super) unknown: Vec<String>,
}

impl Mounted {
    /// What is at `place` and below it; `own` is what the image has there, which mounts hide.
    pub(super) fn of<const N: usize>(server: &Server<'_>, place: &str, own: [(&str, String); N]) -> Self {
        Self::at(server.service, server.input, server.reader, place, own)
    }

    fn at<const N: usize>(service: &Service, input: &Input<'_>, reader: &Reader<'_>, place: &str, own: [(&str, String); N]) -> Self {
        let mut mounted = Self { files: own.map(|(path, text)| (path.to_owned(), text)).into(), unknown: Vec::new() };
        let volumes = service.volumes.iter().map(|mount| (clean_target(&mount.target), Source::Mount(mount)));
        let configs = service.configs.iter().map(|mount| {
            let written = mount.target.as_ref().map(|target| target.as_str());
            (written.map_or_else(|| format!("/{}", mount.source.value), clean_target), Source::Config(mount))
        });
        let is_near = |target: &str| !target.is_empty() && (is_at_or_below(target, place) || is_at_or_below(place, target));
        let mut sources: Vec<(String, Source<'_>)> = volumes.chain(configs).filter(|(target, _)| is_near(target)).collect();
        // What is mounted deeper lies above.
        sources.sort_by_key(|(target, _)| target.len());
        for (target, source) in sources {
            mounted.files.retain(|path, _| !is_at_or_below(path, &target));
            match source.files(input, reader) {
                Some(files) => mounted.files.extend(files.into_iter().map(|(path, text)| (format!("{target}{path}"), text))),
                None => mounted.unknown.push(target),
            }
        }
        mounted
    }
}

/// The text that a service mounts at a path.
pub(in crate::decide) fn mounted_text(service: &Service, input: &Input<'_>, reader: &Reader<'_>, path: &str) -> Option<String> {
    Mounted::at(service, input, reader, path, []).files.remove(path)
}

pub(in crate::decide) fn is_at_or_below(path: &str, place: &str) -> bool {
    path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

enum Source<'s> {
    Mount(&'s Mount),
    Config(&'s FileMount),
}

impl Source<'_> {
    /// The texts with their paths from the target on, where they are known.
    fn files(&self, input: &Input<'_>, reader: &Reader<'_>) -> Option<Vec<(String, String)>> {
        match self {
            Self::Mount(mount) if mount.kind.value == MountKind::Bind => match look_alone(mount, reader) {
                Verdict::Is(HostKind::File(file)) => Some(texts(vec![file], true)),
                Verdict::Is(HostKind::Directory(files)) | Verdict::Claim(files, None) => Some(texts(files, false)),
                Verdict::Is(_) | Verdict::Claim(..) => None,
            },
            Self::Mount(_) => None,
            Self::Config(mount) => {
                let config = input.project.configs.get(mount.source.as_str())?;
                if let Some(content) = &config.content {
                    return Some(vec![(String::new(), content.to_string())]);
                }
                let file = reader.file(FilePath::new(config.file.as_ref()?.as_str())).ok()?;
                Some(texts(vec![file], true))
            }
        }
    }
}

fn texts(files: Vec<File>, is_target: bool) -> Vec<(String, String)> {
    let path = |file: &File| if is_target { String::new() } else { format!("/{}", file.path) };
    files.into_iter().filter_map(|file| Some((path(&file), String::from_utf8(file.content).ok()?))).collect()
}
