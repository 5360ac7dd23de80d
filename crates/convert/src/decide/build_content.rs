//! What a Dockerfile copies from its context into the image: where a directory of the project stands in an image that is
//! built from it. Only COPY, ADD, WORKDIR and FROM are looked at; nothing is run.

use std::path::{Path as FilePath, PathBuf};

use windlass_compose::model::Build;
use windlass_source::{FileKind, normalize};

use super::files::Reader;

/// The context of a build and what of it ends up in the image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BuildContent {
    /// The context's directory, absolute.
    pub(crate) context: PathBuf,
    /// The Dockerfile could be read.
    pub(crate) is_known: bool,
    copies: Vec<Copy>,
    /// The directory in which the image's command runs.
    pub(crate) working_directory: String,
}

/// One path of the context and where it stands in the image.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Copy {
    /// Relative to the context; empty for all of it.
    source: PathBuf,
    target: String,
}

impl BuildContent {
    /// `None` for a context that is no directory of this machine.
    pub(super) fn of(build: &Build, reader: &Reader<'_>) -> Option<Self> {
        let context = build.context.as_ref().map_or(".", |context| context.as_str());
        if context.contains("://") || context.starts_with("git@") {
            return None;
        }
        let context = normalize(FilePath::new(context));
        let text = match &build.dockerfile_inline {
            Some(text) => Some(text.value.to_string()),
            None => {
                let name = build.dockerfile.as_ref().map_or("Dockerfile", |name| name.as_str());
                reader.dockerfile(&normalize(&context.join(name)))
            }
        };
        let mut content = Self { context, ..Self::default() };
        if let Some(text) = text {
            content.is_known = true;
            let stage = build.target.as_ref().map(|target| target.as_str());
            content.read(&text, stage, &|path| reader.kind(path) == Some(FileKind::Directory));
        }
        Some(content)
    }

    fn read(&mut self, text: &str, target: Option<&str>, is_directory: &dyn Fn(&FilePath) -> bool) {
        let mut stages: Vec<(String, Vec<Copy>, String)> = Vec::new();
        for line in instructions(text) {
            let (instruction, rest) = line.split_once(char::is_whitespace).unwrap_or((&line, ""));
            match instruction.to_ascii_uppercase().as_str() {
                "FROM" => {
                    if target.is_some_and(|target| stages.last().is_some_and(|(name, ..)| name.eq_ignore_ascii_case(target))) {
                        break;
                    }
                    let words: Vec<&str> = rest.split_whitespace().filter(|word| !word.starts_with("--")).collect();
                    let base = words.first().copied().unwrap_or_default();
                    let name = if words.len() > 2 { words[2] } else { "" };
                    let inherited = stages.iter().rev().find(|(stage, ..)| stage.eq_ignore_ascii_case(base) && !stage.is_empty());
                    let (copies, directory) =
                        inherited.map_or((Vec::new(), "/".to_owned()), |(_, copies, at)| (copies.clone(), at.clone()));
                    stages.push((name.to_owned(), copies, directory));
                }
                "WORKDIR" => {
                    if let Some((_, _, directory)) = stages.last_mut() {
                        *directory = in_image(directory, rest.trim().trim_matches('"'));
                    }
                }
                "COPY" | "ADD" => {
                    if let Some((_, copies, directory)) = stages.last_mut() {
                        self.copy(rest, directory, copies, is_directory);
                    }
                }
                _ => {}
            }
        }
        if let Some((_, copies, directory)) = stages.pop() {
            self.copies = copies;
            self.working_directory = directory;
        }
    }

    fn copy(&self, rest: &str, directory: &str, copies: &mut Vec<Copy>, is_directory: &dyn Fn(&FilePath) -> bool) {
        let rest = rest.trim();
        let mut words: Vec<String> = match serde_json::from_str::<Vec<String>>(rest) {
            Ok(words) => words,
            Err(_) => rest.split_whitespace().map(str::to_owned).collect(),
        };
        if words.iter().any(|word| word.starts_with("--from=")) {
            return;
        }
        words.retain(|word| !word.starts_with("--"));
        let Some(target) = words.pop() else { return };
        let several = words.len() > 1;
        for source in words {
            // Variables, patterns and addresses name no directory.
            if source.contains(['*', '?', '$', '[']) || source.contains("://") {
                continue;
            }
            let source = normalize(FilePath::new(source.trim_start_matches('/')));
            let source = if source == FilePath::new(".") { PathBuf::new() } else { source };
            let mut target = in_image(directory, &target);
            if !is_directory(&self.context.join(&source)) && (several || target.ends_with('/')) {
                let name = source.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                target = in_image(&target, &name);
            }
            copies.push(Copy { source, target: target.trim_end_matches('/').to_owned() });
        }
    }

    /// True when the path is the context, lies in it or holds it.
    pub(crate) fn touches(&self, path: &FilePath) -> bool {
        path.starts_with(&self.context) || self.context.starts_with(path)
    }

    /// Something is copied to the path in the image or beneath it.
    pub(crate) fn has_below(&self, target: &str) -> bool {
        self.copies.iter().any(|copy| FilePath::new(&copy.target).starts_with(target))
    }

    /// Where a path of the machine stands in the image; the last copy wins.
    pub(crate) fn place_of(&self, path: &FilePath) -> Option<String> {
        let relative = path.strip_prefix(&self.context).ok()?;
        self.copies.iter().rev().find_map(|copy| {
            let below = relative.strip_prefix(&copy.source).ok()?;
            let below = below.to_string_lossy();
            Some(if below.is_empty() { copy.target.clone() } else { format!("{}/{below}", copy.target) })
        })
    }

    /// The path of the machine whose content stands at a path of the image.
    pub(crate) fn source_of(&self, target: &str) -> Option<PathBuf> {
        self.copies.iter().rev().find_map(|copy| {
            let below = FilePath::new(target).strip_prefix(&copy.target).ok()?;
            Some(normalize(&self.context.join(&copy.source).join(below)))
        })
    }
}

/// A path of an instruction as the image has it. A `/` at the end stays: it says "into".
fn in_image(directory: &str, path: &str) -> String {
    let joined = FilePath::new(directory).join(path);
    let mut clean = normalize(&joined).to_string_lossy().into_owned();
    if (path.ends_with('/') || path == "." || path.ends_with("/.")) && !clean.ends_with('/') {
        clean.push('/');
    }
    clean
}

/// Instructions without comments, continued lines joined.
fn instructions(text: &str) -> Vec<String> {
    let mut instructions = Vec::new();
    let mut pending = String::new();
    for line in text.lines() {
        let line = line.trim();
        if line.starts_with('#') || (line.is_empty() && pending.is_empty()) {
            continue;
        }
        match line.strip_suffix('\\') {
            Some(start) => {
                pending.push_str(start);
                pending.push(' ');
            }
            None => {
                pending.push_str(line);
                instructions.push(std::mem::take(&mut pending));
            }
        }
    }
    if !pending.is_empty() {
        instructions.push(pending);
    }
    instructions
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(text: &str, stage: Option<&str>) -> BuildContent {
        let mut content = BuildContent { context: "/project".into(), is_known: true, ..BuildContent::default() };
        content.read(text, stage, &|path| path.extension().is_none());
        content
    }

    fn place(content: &BuildContent, path: &str) -> String {
        content.place_of(FilePath::new(path)).unwrap_or_else(|| "nowhere".to_owned())
    }

    #[test]
    fn copies_are_followed_through_directories_and_stages() {
        let text = "FROM node AS build\nWORKDIR /src\nCOPY . .\nFROM node:20 AS base\nWORKDIR /app\nCOPY package.json ./\n\
                    COPY --from=build /src/dist ./dist\nFROM base\nWORKDIR public\n# no\nCOPY --chown=a:b \\\n  assets \\\n  /srv/assets/\nADD [\"img\", \"img\"]\nCOPY *.txt /x/";
        let last = content(text, None);
        assert_eq!(place(&last, "/project/package.json"), "/app/package.json");
        assert_eq!(place(&last, "/project/assets/css"), "/srv/assets/css");
        assert_eq!(place(&last, "/project/img"), "/app/public/img");
        assert_eq!(place(&last, "/project/src"), "nowhere");
        assert_eq!(last.working_directory, "/app/public");
        assert_eq!(last.source_of("/srv/assets/css/a").unwrap(), FilePath::new("/project/assets/css/a"));
        let build = content(text, Some("build"));
        assert_eq!(place(&build, "/project/src/a"), "/src/src/a");
        assert_eq!(place(&build, "/project"), "/src");
        assert_eq!(build.source_of("/src/static").unwrap(), FilePath::new("/project/static"));
        assert!(last.has_below("/srv") && !last.has_below("/srv/x"));
    }
}
