//! Repairs: which edits are made, the texts afterwards, the difference.

use std::collections::BTreeMap;

use similar::TextDiff;
use windlass_source::{Applicability, Edit, FileId, Fix, SourceMap};

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
        let collides = |edit: &&Edit| edits.get(&edit.span.file).is_some_and(|list| list.iter().any(|other| overlap(edit, other)));
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
    (a.start < b.end && b.start < a.end) || (a.start == b.start) || (a.start == a.end && a.start == b.end)
}

/// The difference that repairs make, as `diff -u` writes it.
pub fn difference(repairs: &Repairs, sources: &SourceMap) -> String {
    let mut out = String::new();
    for (file, text) in &repairs.files {
        let source = sources.file(*file);
        let name = source.name();
        let diff = TextDiff::from_lines(source.text().as_ref(), text.as_str());
        out.push_str(&diff.unified_diff().context_radius(3).header(&format!("a/{name}"), &format!("b/{name}")).to_string());
    }
    out
}
