//! Repairs: which edits are made, the texts afterwards, the difference.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use similar::TextDiff;
use windlass_source::{Applicability, DirEntry, Edit, FileId, FileSystem, Fix, Metadata, SourceMap, Span, normalize};

use crate::findings::Finding;

/// What repairs do to the files.
#[derive(Clone, Debug, Default)]
pub struct Repairs {
    /// The files that change, with their new texts, in the order of the source map.
    pub files: Vec<(FileId, String)>,
    /// The findings that are repaired, by index.
    pub repaired: Vec<usize>,
    /// The others, each with the reason.
    pub left: Vec<(usize, Left)>,
}

/// Why a finding is left as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// No rule knows how a machine would repair it.
    ByHand,
    /// A person has to look at the repair: `--unsafe`.
    Unsafe,
    /// Another repair changes the same place; the next run makes it.
    Overlap,
}

impl Left {
    /// The reason as a clause.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ByHand => "it has to be repaired by hand",
            Self::Unsafe => "a person has to look at the repair: use `--unsafe`",
            Self::Overlap => "another repair changes the same place: run again",
        }
    }
}

/// The repairs of the findings that count. With `suggested`, those too that a person should look at.
pub fn repair(findings: &[Finding], sources: &SourceMap, suggested: bool) -> Repairs {
    let mut repairs = Repairs::default();
    let mut edits: BTreeMap<FileId, Vec<Edit>> = BTreeMap::new();
    for (index, finding) in findings.iter().enumerate().filter(|(_, finding)| finding.counts()) {
        let allowed = |fix: &&Fix| suggested || fix.applicability == Applicability::Automatic;
        let Some(fix) = finding.fixes.iter().find(allowed) else {
            repairs.left.push((index, if finding.fixes.is_empty() { Left::ByHand } else { Left::Unsafe }));
            continue;
        };
        // What another finding asked for already is done once.
        let known = |edit: &Edit| edits.get(&edit.span.file).is_some_and(|list| list.contains(edit));
        let fresh: Vec<&Edit> = fix.edits.iter().filter(|edit| !known(edit)).collect();
        // Two lines that are added at one place follow each other; in YAML they might be the same key twice.
        let is_yaml = |edit: &Edit| [".yml", ".yaml"].iter().any(|end| sources.file(edit.span.file).name().ends_with(end));
        let both_add = |edit: &Edit, other: &Edit| edit.span == other.span && edit.span.range().is_empty() && !is_yaml(edit);
        let touches = |edit: &Edit, other: &Edit| overlap(edit, other) && !both_add(edit, other);
        let collides = |edit: &&Edit| edits.get(&edit.span.file).is_some_and(|list| list.iter().any(|other| touches(edit, other)));
        if fresh.iter().any(collides) {
            repairs.left.push((index, Left::Overlap));
            continue;
        }
        let fresh: Vec<Edit> = fresh.into_iter().cloned().collect();
        for edit in fresh {
            edits.entry(edit.span.file).or_default().push(edit);
        }
        repairs.repaired.push(index);
    }
    for (file, edits) in edits {
        if let Ok(text) = windlass_yaml::apply(sources.file(file).text(), &edits) {
            repairs.files.push((file, text));
        }
    }
    repairs
}

/// Two edits change the same bytes, or insert at one place.
fn overlap(a: &Edit, b: &Edit) -> bool {
    let (a, b) = (a.span, b.span);
    // What is put in at the end of a replaced text would have to know the new one.
    let follows = |one: Span, other: Span| one.start == one.end && one.start == other.end;
    (a.start < b.end && b.start < a.end) || a.start == b.start || follows(a, b) || follows(b, a)
}

/// The difference of a file, as `diff -u` writes it.
pub fn difference(name: &str, before: &str, after: &str) -> String {
    TextDiff::from_lines(before, after).unified_diff().context_radius(3).header(&format!("a/{name}"), &format!("b/{name}")).to_string()
}

/// Files as they are after repairs, over those that are there: what is repaired is audited again before anything is written.
pub struct Overlay<'f> {
    below: &'f dyn FileSystem,
    directory: PathBuf,
    written: BTreeMap<PathBuf, String>,
}

impl<'f> Overlay<'f> {
    /// Nothing changed yet. Names start at `directory`.
    pub fn new(below: &'f dyn FileSystem, directory: impl Into<PathBuf>) -> Self {
        Self { below, directory: directory.into(), written: BTreeMap::new() }
    }

    /// The new text of the file of this name.
    pub fn write(&mut self, name: &str, text: String) {
        self.written.insert(PathBuf::from(name), text);
    }

    /// The text of the file of this name, as it is now.
    pub fn text_of(&self, name: &str) -> Option<String> {
        let bytes = self.read(&self.directory.join(name), u64::MAX).ok()?;
        String::from_utf8(bytes).ok()
    }

    /// The files that changed, by name, in their order.
    pub fn written(&self) -> impl Iterator<Item = (&Path, &str)> {
        self.written.iter().map(|(name, text)| (name.as_path(), text.as_str()))
    }

    fn text(&self, path: &Path) -> Option<&str> {
        let path = normalize(&self.directory.join(path));
        let found = self.written.iter().find(|(name, _)| normalize(&self.directory.join(name)) == path);
        found.map(|(_, text)| text.as_str())
    }
}

impl FileSystem for Overlay<'_> {
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        match self.text(path) {
            Some(text) if text.len() as u64 > limit => Err(io::ErrorKind::FileTooLarge.into()),
            Some(text) => Ok(text.as_bytes().to_vec()),
            None => self.below.read(path, limit),
        }
    }

    fn metadata(&self, path: &Path) -> Option<Metadata> {
        self.below.metadata(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        self.below.list(path)
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        self.below.canonicalize(path)
    }
}
