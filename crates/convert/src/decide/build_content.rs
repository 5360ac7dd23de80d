//! What of a build's context stands in the image, and where: by the copies that its Dockerfile makes ([`Built`]), from other
//! stages too, and by what `.dockerignore` keeps from them.

use std::cell::Cell;
use std::path::{Path as FilePath, PathBuf};
use std::rc::Rc;

use windlass_compose::model::Build;
use windlass_source::{FileKind, normalize};

use super::Input;
use super::bind::is_code;
use super::built::{Built, context};
use super::copies::{Copy, copies};
use super::files::Reader;

/// Files and directories that are looked at for one mount.
const MOST_FILES: usize = 1000;
/// Directories within each other that are looked into.
const MOST_DEEP: usize = 8;

/// The context of a build and what of it ends up in the image.
#[derive(Clone, Debug)]
pub(crate) struct BuildContent<'p> {
    /// The context's directory, absolute.
    pub(crate) context: PathBuf,
    /// What the Dockerfile says, where it could be read.
    pub(crate) built: Option<&'p Built>,
    copies: Rc<[Copy]>,
}

impl<'p> BuildContent<'p> {
    /// `None` for a context that is no directory of this machine.
    pub(super) fn of(build: &Build, built: Option<&'p Built>, input: &Input<'_>, reader: &Reader<'_>) -> Option<Self> {
        let context = context(build)?;
        let copies = built.map(|built| copies(&context, build, built, input, reader));
        Some(Self { copies: copies.unwrap_or_default(), context, built })
    }

    /// Its Dockerfile could be read.
    pub(crate) fn is_known(&self) -> bool {
        self.built.is_some()
    }

    /// True when the path is the context, lies in it or holds it.
    pub(crate) fn touches(&self, path: &FilePath) -> bool {
        path.starts_with(&self.context) || self.context.starts_with(path)
    }

    /// Where a directory of the machine stands in the image: where all of it is copied to, or at `target` if most of the program is
    /// copied there piece by piece: an image leaves out what it does not run. A file that is copied alone says nothing of the others. `left` bounds how many files are looked at in all.
    pub(crate) fn place_of(&self, path: &FilePath, target: &str, reader: &Reader<'_>, left: &Cell<usize>) -> Option<String> {
        if !self.touches(path) {
            return None;
        }
        let wanted = FilePath::new(target);
        let whole = if self.stands_at(path, wanted) { Some(target.to_owned()) } else { self.copied_whole(path) };
        if let Some(place) = whole {
            // What is copied whole may be ignored but for a few files.
            let is_there = || {
                let found = self.find(path, None, reader, left);
                found.there > 0 || found.lacking == 0
            };
            return (self.built.is_some_and(Built::sees_all) || is_there()).then_some(place);
        }
        let is_begun = self.copies.iter().any(|copy| FilePath::new(&copy.target).starts_with(wanted));
        let found = is_begun.then(|| self.find(path, Some(wanted), reader, left))?;
        (found.there > found.lacking).then(|| target.to_owned())
    }

    /// Where a path of the machine stands in the image; the last copy wins.
    fn copied_whole(&self, path: &FilePath) -> Option<String> {
        let relative = path.strip_prefix(&self.context).ok().filter(|relative| !self.is_ignored(relative))?;
        self.copies.iter().rev().find_map(|copy| {
            let below = relative.strip_prefix(&copy.source).ok()?;
            let below = below.to_string_lossy();
            Some(if below.is_empty() { copy.target.clone() } else { format!("{}/{below}", copy.target.trim_end_matches('/')) })
        })
    }

    /// A path of the machine stands at this place of the image.
    fn stands_at(&self, path: &FilePath, place: &FilePath) -> bool {
        let Ok(relative) = path.strip_prefix(&self.context) else { return false };
        let is_copied = self.copies.iter().any(|copy| {
            let below = relative.strip_prefix(&copy.source).ok();
            below.is_some_and(|below| place.strip_prefix(&copy.target).is_ok_and(|place| place == below))
        });
        is_copied && !self.is_ignored(relative)
    }

    /// Looks for what programs are made of beneath a directory: at its place below `target`, or anywhere in the image.
    fn find(&self, path: &FilePath, target: Option<&FilePath>, reader: &Reader<'_>, left: &Cell<usize>) -> Found {
        let mut found = Found { there: 0, lacking: 0, left: MOST_FILES.min(left.get()) };
        let before = found.left;
        self.find_below(path, target, 0, reader, &mut found);
        left.set(left.get() - (before - found.left));
        found
    }

    fn find_below(&self, path: &FilePath, target: Option<&FilePath>, depth: usize, reader: &Reader<'_>, found: &mut Found) {
        // Of what is copied whole, one file that is not ignored tells enough.
        let is_decided = |found: &Found| found.left == 0 || (target.is_none() && found.there > 0);
        for (name, kind) in reader.entries(path) {
            if is_decided(found) {
                return;
            }
            found.left -= 1;
            if is_beside_the_program(&name) {
                continue;
            }
            let path = path.join(&name);
            let place = target.map(|target| target.join(&name));
            let is_there = || match &place {
                Some(place) => self.stands_at(&path, place),
                None => path.strip_prefix(&self.context).is_ok_and(|relative| !self.is_ignored(relative)),
            };
            match kind {
                Some(FileKind::Directory) if depth < MOST_DEEP => self.find_below(&path, place.as_deref(), depth + 1, reader, found),
                Some(FileKind::File) if is_code(&name) || name.ends_with(".html") => {
                    if is_there() {
                        found.there += 1;
                    } else {
                        found.lacking += 1;
                    }
                }
                _ => {}
            }
        }
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

/// What is found of the files that programs are made of.
struct Found {
    /// How many are in the image.
    there: usize,
    /// How many are not.
    lacking: usize,
    /// Files and directories that may still be looked at.
    left: usize,
}

/// True for what a program runs without: what is made of it, what tests it, what its tools are told.
fn is_beside_the_program(name: &str) -> bool {
    const NAMES: [&str; 25] = [
        "__pycache__",
        "__tests__",
        "build",
        "conftest.py",
        "coverage",
        "cypress",
        "dist",
        "doc",
        "docs",
        "e2e",
        "example",
        "examples",
        "Gruntfile.js",
        "gulpfile.js",
        "node_modules",
        "out",
        "scripts",
        "spec",
        "specs",
        "target",
        "test",
        "tests",
        "tmp",
        "vendor",
        "venv",
    ];
    const MARKS: [&str; 3] = [".config.", ".test.", ".spec."];
    name.starts_with('.') || name.ends_with("_test.go") || NAMES.contains(&name) || MARKS.iter().any(|mark| name.contains(mark))
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

    /// What `web` mounts at `/app` for `.:/app`, by the name of the volume; `null` where its image has the files.
    fn mounted(dockerfile: &str, files: &[&str]) -> String {
        let mut case = project("services: { web: { build: ., restart: always, volumes: ['.:/app'] } }").file("Dockerfile", dockerfile);
        for name in files {
            case = case.file(name, "x");
        }
        case.convert().pod("Deployment/web", "containers[0].volumeMounts[0].name").trim_end().to_owned()
    }

    const NODE: &str = "FROM node:20\nWORKDIR /app\n";

    #[test]
    fn a_file_that_is_copied_alone_says_nothing_of_the_others() {
        for copies in [
            "COPY package.json .",
            "COPY package*.json ./",
            "COPY package.json package-lock.json ./",
            "COPY ./package.json /app",
            "COPY --chown=1:1 package.json ./",
            "COPY src/util.js src/",
            "COPY --from=other /x /app",
            "COPY lib lib\nCOPY package.json .",
        ] {
            let files = ["package.json", "package-lock.json", "index.js", "src/util.js", "lib/a.js"];
            assert_eq!(mounted(&format!("{NODE}{copies}"), &files), "files-app", "{copies}");
        }
    }

    #[test]
    fn a_program_that_is_copied_piece_by_piece_is_there() {
        let files = ["package.json", "index.js", "src/util.js", "tests/index.test.js", "jest.config.js", "README.md"];
        for copies in [
            "COPY . .",
            "COPY ./ /app/",
            "COPY package.json index.js ./\nCOPY src ./src",
            "COPY *.js ./\nCOPY src/ src",
            "COPY src/*.js src/\nCOPY index.js .",
            "COPY --parents index.js src /app/",
        ] {
            assert_eq!(mounted(&format!("{NODE}{copies}"), &files), "null", "{copies}");
        }
        // Elsewhere in the image is not there.
        assert_eq!(mounted(&format!("{NODE}COPY index.js .\nCOPY src /src"), &files), "files-app");
        // What only a build needs stays behind.
        let files = ["composer.json", "app/a.php", "routes/web.php", "assets/app.js", "Dockerfile.dev"];
        assert_eq!(mounted("FROM php\nCOPY app /app/app\nCOPY routes /app/routes", &files), "null");
    }

    #[test]
    fn what_a_stage_has_of_the_context_is_copied_on() {
        let files = ["package.json", "index.js", "public/a.js"];
        let build = "FROM node AS build\nWORKDIR /src\nCOPY . .\nRUN npm ci\n";
        for (copies, expected) in [
            ("FROM node\nCOPY --from=build /src /app", "null"),
            ("FROM node\nWORKDIR /app\nCOPY --from=build /src/index.js .\nCOPY --from=0 src/public ./public", "null"),
            ("FROM node\nCOPY --from=build /src /app\nCOPY --from=build /src /tmp/old", "null"),
            ("FROM build AS more\nFROM node\nCOPY --from=more / /\nCOPY --from=more /src /app", "null"),
            ("FROM node\nCOPY --from=build /src/dist /app/dist", "files-app"),
            ("FROM node\nCOPY --from=build /src/public /app/public", "files-app"),
            ("FROM node AS a\nCOPY --from=b / /\nFROM node AS b\nCOPY --from=a / /\nFROM node\nCOPY --from=b / /app", "files-app"),
        ] {
            assert_eq!(mounted(&format!("{build}{copies}"), &files), expected, "{copies}");
        }
        // Each stage doubles what the one before has.
        let doubled: String = (1..60)
            .map(|stage| format!("FROM node AS s{stage}\nCOPY --from={} / /a\nCOPY --from={} / /b\n", stage - 1, stage - 1))
            .collect();
        assert_eq!(mounted(&format!("{build}{doubled}"), &files), "files-app");
    }

    #[test]
    fn a_context_of_which_the_builder_sees_the_package_alone_brings_no_program() {
        let all = "FROM node\nWORKDIR /app\nCOPY . .";
        let mounted = |ignored: &str| {
            let case = project("services: { web: { build: ., restart: always, volumes: ['.:/app'] } }").file("Dockerfile", all);
            let case = case.file("package.json", "{}").file("src/index.js", "1").file(".dockerignore", ignored);
            case.convert().pod("Deployment/web", "containers[0].volumeMounts[0].name").trim_end().to_owned()
        };
        assert_eq!(mounted("*\n!package.json"), "files-app");
        assert_eq!(mounted("*\n!src/**"), "null");
        assert_eq!(mounted("*.md\nnode_modules"), "null");
    }

    #[test]
    fn files_are_copied_from_no_image_that_lacks_them() {
        let outcome = project(
            "services:
  django: { build: { context: ., dockerfile: django.Dockerfile }, restart: always, volumes: ['.:/app'] }
  node: { build: { context: ., dockerfile: node.Dockerfile }, restart: always, volumes: ['.:/app', /app/node_modules] }",
        )
        .file("django.Dockerfile", "FROM python:3.12-slim\nWORKDIR /app\nCOPY ./compose/start /start\n")
        .file("node.Dockerfile", "FROM node:20\nWORKDIR /app\nCOPY ./package.json /app\nRUN npm install")
        .file("manage.py", "x")
        .file("package.json", "{}")
        .file("compose/start", "x")
        .convert();
        for service in ["django", "node"] {
            let workload = format!("Deployment/{service}");
            assert!(!outcome.pod(&workload, "initContainers").contains("copy-files"), "{}", outcome.pod(&workload, "initContainers"));
            assert!(outcome.pod(&workload, "volumes").contains("manage.py"), "{}", outcome.pod(&workload, "volumes"));
        }
    }

    #[test]
    fn an_image_without_a_shell_gives_its_files_to_no_other() {
        let case = |base: &str| shown(&format!("FROM node AS build\nCOPY . /src\nFROM {base}\nCOPY --from=build /src /app"), "", "public");
        assert_eq!(place(case("node")), "/app/public/.");
        assert_eq!(place(case("scratch")), "null");
        assert_eq!(place(case("gcr.io/distroless/nodejs20")), "null");
    }
}
