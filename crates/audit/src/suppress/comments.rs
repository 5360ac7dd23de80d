//! Suppressions in comments: Windlass's own, and those that other tools read.

use windlass_source::{FileId, Span};

use super::{Covers, Suppression};
use crate::context::Context;

/// What begins a suppression in a comment.
const MARKERS: [&str; 4] = ["windlass:", "hadolint ", "checkov:skip=", "trivy:ignore:"];

/// Reads the comments of a file. A comment behind something covers its line; one on a line of its own covers the next line that is no
/// comment, in a Dockerfile the instruction that begins there.
pub(super) fn read(file: FileId, text: &str, context: Option<&Context>, all: &mut Vec<Suppression>) {
    // Nearly every file has none.
    if !MARKERS.iter().any(|marker| text.contains(marker)) {
        return;
    }
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let begin = start;
        start += line.len();
        let Some(hash) = comment_of(line) else { continue };
        let comment = line[hash..].trim_start_matches(['#', ';', ' ', '\t']).trim_end();
        let written = Span::new(file, begin + hash..begin + line.trim_end().len());
        let is_alone = line[..hash].trim().is_empty();
        let covered = if is_alone { next_line(text, start) } else { (begin, start) };
        let range =
            context.and_then(|context| instruction_at(file, covered.0, context)).unwrap_or_else(|| Span::new(file, covered.0..covered.1));
        all.extend(one(comment, file, range, written));
    }
}

fn one(comment: &str, file: FileId, range: Span, written: Span) -> Option<Suppression> {
    let names = |list: &str| list.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect::<Vec<_>>();
    let foreign = |rules: Vec<String>, covers: Covers| Suppression { is_foreign: true, ..Suppression::new(rules, covers, written) };
    if let Some(rest) = comment.strip_prefix("windlass:") {
        let (list, reason) = rest.trim_start().strip_prefix("ignore[")?.split_once(']')?;
        return Some(Suppression::new(names(list), Covers::Range(range), written).because(reason));
    }
    if let Some(rest) = comment.strip_prefix("hadolint ") {
        let (covers, rest) = match rest.trim_start().strip_prefix("global ") {
            Some(rest) => (Covers::File(file), rest),
            None => (Covers::Range(range), rest),
        };
        let list = rest.trim_start().strip_prefix("ignore=")?;
        let (list, reason) = list.split_once([' ', '#']).unwrap_or((list, ""));
        return Some(foreign(names(list), covers).because(reason.trim_start_matches('#')));
    }
    if let Some(rest) = comment.strip_prefix("checkov:skip=") {
        let (name, reason) = rest.split_once(':').unwrap_or((rest, ""));
        return Some(foreign(names(name), Covers::File(file)).because(reason));
    }
    let rest = comment.strip_prefix("trivy:ignore:")?;
    let name = rest.split_whitespace().next()?;
    // `AVD-DS-0002` is the longer name of `DS-0002`.
    Some(foreign(names(name.strip_prefix("AVD-").unwrap_or(name)), Covers::Range(range)))
}

/// Where a line's comment begins: at its first `#` or `;` that follows a space or nothing, and leads to a marker.
fn comment_of(line: &str) -> Option<usize> {
    line.char_indices()
        .filter(|(at, letter)| matches!(letter, '#' | ';') && line[..*at].chars().next_back().is_none_or(char::is_whitespace))
        .map(|(at, _)| at)
        .find(|at| MARKERS.iter().any(|marker| line[*at + 1..].trim_start_matches(['#', ' ', '\t']).starts_with(marker)))
}

/// The next line that is neither empty nor a comment.
fn next_line(text: &str, mut at: usize) -> (usize, usize) {
    for line in text[at..].split_inclusive('\n') {
        let content = line.trim();
        if !content.is_empty() && !content.starts_with('#') {
            return (at, at + line.len());
        }
        at += line.len();
    }
    (text.len(), text.len())
}

fn instruction_at(file: FileId, at: usize, context: &Context) -> Option<Span> {
    let dockerfile = context.dockerfiles().find(|dockerfile| dockerfile.file_id() == file)?;
    let holds = |span: &Span| span.range().contains(&at);
    dockerfile.tree().instructions.iter().map(|instruction| instruction.span).find(holds)
}
