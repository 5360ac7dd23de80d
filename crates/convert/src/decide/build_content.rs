//! What of a build's context stands in the image, and where: by the copies that its Dockerfile makes ([`Built`]) and by what
//! `.dockerignore` keeps from them. Copies between stages are not followed.

use std::path::{Path as FilePath, PathBuf};

use windlass_compose::model::Build;
use windlass_dockerfile::stages::{Copied, CopyFrom};
use windlass_source::{FileKind, normalize};

use super::built::{Built, context};
use super::files::Reader;

/// The context of a build and what of it ends up in the image.
#[derive(Clone, Debug)]
pub(crate) struct BuildContent<'p> {
    /// The context's directory, absolute.
    pub(crate) context: PathBuf,
    /// What the Dockerfile says, where it could be read.
    pub(crate) built: Option<&'p Built>,
    copies: Vec<Copy>,
}

/// One path of the context and where it stands in the image.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Copy {
    /// Relative to the context; empty for all of it.
    source: PathBuf,
    target: String,
}

impl<'p> BuildContent<'p> {
    /// `None` for a context that is no directory of this machine.
    pub(super) fn of(build: &Build, built: Option<&'p Built>, reader: &Reader<'_>) -> Option<Self> {
        let mut content = Self { context: context(build)?, built, copies: Vec::new() };
        for copied in built.into_iter().flat_map(Built::copies).filter(|copied| copied.from == CopyFrom::Context) {
            content.copy(copied, &|path| reader.kind(path) == Some(FileKind::Directory));
        }
        Some(content)
    }

    fn copy(&mut self, copied: &Copied, is_directory: &dyn Fn(&FilePath) -> bool) {
        for source in &copied.sources {
            // Patterns and addresses name no single path; archives are unpacked.
            let is_unpacked = copied.is_add && [".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz"].iter().any(|end| source.ends_with(end));
            if source.contains(['*', '?', '[']) || source.contains("://") || is_unpacked {
                continue;
            }
            let source = normalize(FilePath::new(source.trim_start_matches('/')));
            let source = if source == FilePath::new(".") { PathBuf::new() } else { source };
            let is_directory = is_directory(&self.context.join(&source));
            let mut target = PathBuf::from(copied.destination.as_str());
            if copied.parents {
                target.push(&source);
            } else if let Some(name) = source.file_name().filter(|_| !is_directory && copied.into_directory) {
                target.push(name);
            }
            self.copies.push(Copy { source, target: target.to_string_lossy().into_owned() });
        }
    }

    /// Its Dockerfile could be read.
    pub(crate) fn is_known(&self) -> bool {
        self.built.is_some()
    }

    /// True when the path is the context, lies in it or holds it.
    pub(crate) fn touches(&self, path: &FilePath) -> bool {
        path.starts_with(&self.context) || self.context.starts_with(path)
    }

    /// Something is copied to the path in the image or beneath it.
    pub(crate) fn has_below(&self, target: &str) -> bool {
        self.copies.iter().any(|copy| FilePath::new(&copy.target).starts_with(target) && !self.is_ignored(&copy.source))
    }

    /// Where a path of the machine stands in the image; the last copy wins.
    pub(crate) fn place_of(&self, path: &FilePath) -> Option<String> {
        let relative = path.strip_prefix(&self.context).ok().filter(|relative| !self.is_ignored(relative))?;
        self.copies.iter().rev().find_map(|copy| {
            let below = relative.strip_prefix(&copy.source).ok()?;
            let below = below.to_string_lossy();
            Some(if below.is_empty() { copy.target.clone() } else { format!("{}/{below}", copy.target.trim_end_matches('/')) })
        })
    }

    /// The path of the machine whose content stands at a path of the image.
    pub(crate) fn source_of(&self, target: &str) -> Option<PathBuf> {
        self.copies.iter().rev().find_map(|copy| {
            let below = FilePath::new(target).strip_prefix(&copy.target).ok()?;
            let relative = normalize(&copy.source.join(below));
            (!self.is_ignored(&relative)).then(|| normalize(&self.context.join(relative)))
        })
    }

    fn is_ignored(&self, relative: &FilePath) -> bool {
        let path = relative.to_string_lossy();
        !path.is_empty() && self.built.is_some_and(|built| built.is_ignored(&path))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Case, project};

    /// Where `show` gets its files from in the image of `app`.
    fn place(case: Case) -> String {
        let outcome = case.convert();
        outcome.pod("Deployment/show", "initContainers[0].command[2]").trim_end().to_owned()
    }

    /// `app` is built from the project, `show` shows its files at `path`.
    fn shown(dockerfile: &str, target: &str, path: &str) -> Case {
        project(&format!(
            "services:\n  app: {{ build: {{ context: ., target: '{target}' }} }}\n  \
             show: {{ image: acme/show:1, volumes: ['./{path}:/mnt/a:ro'] }}"
        ))
        .file("Dockerfile", dockerfile)
        .file(&format!("{path}/main.go"), "package main")
    }

    const STAGES: &str = "FROM node AS build\nWORKDIR /src\nCOPY . .\nFROM node:20 AS base\nWORKDIR /app\nCOPY package.json ./\n\
        COPY --from=build /src/dist ./dist\nFROM base\nWORKDIR public\n# no\nARG A=assets\nCOPY --chown=a:b \\\n  $A \\\n  /srv/assets/\n\
        ADD [\"img\", \"img\"]\nCOPY *.txt /x/";

    #[test]
    fn copies_are_followed_through_directories_stages_and_arguments() {
        for (path, target, expected) in [
            ("assets/css", "", "/srv/assets/css/."),
            ("img", "", "/app/public/img/."),
            ("img/small", "", "/app/public/img/small/."),
            ("src", "build", "/src/src/."),
            ("src", "", "null"),
        ] {
            assert_eq!(place(shown(STAGES, target, path)), expected, "{path} of {target:?}");
        }
    }

    #[test]
    fn what_dockerignore_names_is_in_no_image() {
        let all = "FROM node\nWORKDIR /app\nCOPY . .";
        assert_eq!(place(shown(all, "", "public")), "/app/public/.");
        for (name, ignored) in [(".dockerignore", "public"), ("Dockerfile.dockerignore", "*"), (".dockerignore", "**/public\n!src")] {
            assert_eq!(place(shown(all, "", "public").file(name, ignored)), "null", "{name}: {ignored}");
        }
        // The file beside the Dockerfile counts alone.
        let case = shown(all, "", "public").file(".dockerignore", "public").file("Dockerfile.dockerignore", "docs");
        assert_eq!(place(case), "/app/public/.");
    }

    #[test]
    fn a_dockerfile_outside_of_project_and_context_is_not_read() {
        let case = || {
            project(
                "services:\n  app: { build: { context: ., dockerfile: ../Dockerfile } }\n  \
                 show: { image: acme/show:1, volumes: ['./public:/mnt/a:ro'] }",
            )
            .file("public/main.go", "package main")
            .file("/Dockerfile", "FROM node\nCOPY . /app")
        };
        assert_eq!(place(case()), "null");
        let allowed = case().options(|options| options.allow_outside = vec!["/".into()]);
        assert_eq!(place(allowed), "/app/public/.");
    }
}
