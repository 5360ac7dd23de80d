//! The line of a file in which an attribute is written, without the credentials in it.

use std::collections::BTreeSet;
use std::ops::Range;

use windlass_convert::AttributeEntry;
use windlass_images::credentials;
use windlass_k8s::{Kind, Objects, Resource};
use windlass_source::{FileId, Origin, SourceMap, Span};
use windlass_yaml::Segment;

use crate::report::Conversion;

/// Characters of a line that are shown.
const WIDTH: usize = 160;
/// Shorter texts are no secrets of which a place could be told.
const LEAST: usize = 4;
/// What stands for a credential.
const HIDDEN: &str = "•••••";

/// A line in three parts, the middle one is the attribute.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    pub(super) before: String,
    pub(super) marked: String,
    pub(super) after: String,
}

/// The credentials of a project, which no page shows.
pub(super) struct Excerpts<'a> {
    sources: &'a SourceMap,
    /// Where they are written.
    spans: Vec<Span>,
    /// What is hidden wherever it stands, the longest first, since one may hold another. A password that is also a name of the project
    /// (`postgres`) is not among them: every other line would be hidden with it, and tell nothing less.
    secrets: Vec<String>,
}

impl<'a> Excerpts<'a> {
    pub(super) fn of(conversion: &Conversion<'a>) -> Self {
        let sources = conversion.sources;
        let is_hidden = |entry: &&AttributeEntry| entry.origin.span().is_some_and(|span| is_secret(entry, sources.slice(span)));
        let spans: Vec<Span> = conversion.report.attributes().filter(is_hidden).filter_map(|entry| entry.origin.span()).collect();
        let mut secrets: BTreeSet<String> = values(conversion.made).collect();
        secrets.extend(spans.iter().flat_map(|span| sources.slice(*span).lines()).map(|line| line.trim().to_owned()));
        let is_image = |entry: &&AttributeEntry| matches!(entry.path.segments().last(), Some(Segment::Key(key)) if key == "image");
        let images = conversion.report.attributes().filter(is_image).filter_map(|entry| entry.origin.span());
        let mut names: Vec<String> = images.map(|span| sources.slice(span).to_owned()).collect();
        names.extend(conversion.report.attributes().map(|entry| entry.path.to_string()));
        names.push(conversion.project.name.value.to_string());
        let is_name = |text: &String| names.iter().any(|name| name.contains(text.as_str()));
        let mut secrets: Vec<String> = secrets.into_iter().filter(|text| text.len() >= LEAST && !is_name(text)).collect();
        secrets.sort_by_key(|text| std::cmp::Reverse(text.len()));
        Self { sources, spans, secrets }
    }

    /// The line in which `span` begins.
    pub(super) fn line(&self, span: Span) -> Excerpt {
        let text: &str = self.sources.file(span.file).text();
        let start = span.range().start.min(text.len());
        let first = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let last = text[start..].find(['\n', '\r']).map_or(text.len(), |at| start + at);
        let end = span.range().end.clamp(start, last);
        let cut = |text: String, keep_end: bool| {
            let most = WIDTH / 3;
            let count = text.chars().count();
            match (count > most, keep_end) {
                (false, _) => text,
                (true, true) => std::iter::once('…').chain(text.chars().skip(count - most)).collect(),
                (true, false) => text.chars().take(most).chain(['…']).collect(),
            }
        };
        Excerpt {
            before: cut(self.shown(span.file, first..start).trim_start().to_owned(), true),
            marked: cut(self.shown(span.file, start..end), false),
            after: cut(self.shown(span.file, end..last).trim_end().to_owned(), false),
        }
    }

    /// A part of a text without credentials.
    fn shown(&self, file: FileId, range: Range<usize>) -> String {
        let text: &str = self.sources.file(file).text();
        let mut hidden: Vec<Range<usize>> = self
            .spans
            .iter()
            .filter(|span| span.file == file)
            .map(|span| span.range().start.max(range.start)..span.range().end.min(range.end))
            .filter(|part| part.start < part.end)
            .collect();
        hidden.sort_by_key(|part| part.start);
        let mut shown = String::new();
        let mut at = range.start;
        for part in hidden {
            if part.start >= at {
                shown.push_str(text.get(at..part.start).unwrap_or_default());
                shown.push_str(HIDDEN);
            }
            at = at.max(part.end);
        }
        shown.push_str(text.get(at..range.end).unwrap_or_default());
        for secret in &self.secrets {
            if shown.contains(secret.as_str()) {
                shown = shown.replace(secret.as_str(), HIDDEN);
            }
        }
        shown
    }
}

/// True when what an attribute says is for no page: it goes into a Secret, or looks as if it should.
fn is_secret(entry: &AttributeEntry, written: &str) -> bool {
    let segments = entry.path.segments();
    let name = segments.iter().rev().find_map(|segment| if let Segment::Key(key) = segment { Some(key.as_str()) } else { None });
    let name = name.unwrap_or_default();
    // The path of a file with a secret is none.
    let is_reference = matches!(segments.first(), Some(Segment::Key(top)) if top == "secrets" || top == "configs") && name != "content";
    let goes_into_secret = entry.becomes.iter().any(|becomes| becomes.object.kind == Kind::Secret);
    !is_reference && (goes_into_secret || credentials::variable(name, written, &Origin::DEFAULT, None).is_some())
}

/// The lines of all values in Secrets.
fn values(objects: &Objects) -> impl Iterator<Item = String> {
    let texts = objects.of_kind(Kind::Secret).flat_map(|object| {
        let Resource::Secret(secret) = &object.resource else { return Vec::new() };
        let data = secret.data.iter().flatten().map(|(_, value)| String::from_utf8_lossy(&value.0).into_owned());
        data.chain(secret.string_data.iter().flatten().map(|(_, value)| value.clone())).collect()
    });
    texts.flat_map(|text| text.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{converted, runsets};

    #[test]
    fn no_line_of_a_real_project_shows_a_credential() {
        let Some(corpus) = windlass_testkit::shared("corpus") else { return };
        let (mut checked, mut shown) = (0, Vec::new());
        for (directory, files) in runsets(&corpus) {
            let files: Vec<&str> = files.iter().map(String::as_str).collect();
            let (loaded, made) = converted(&directory, &files);
            let conversion = Conversion {
                report: &made.report,
                objects: &[],
                diagnostics: &[],
                sources: &loaded.sources,
                project: &loaded.project,
                made: &made.objects,
            };
            let excerpts = Excerpts::of(&conversion);
            let spans = made.report.attributes().filter_map(|entry| entry.origin.span());
            let lines: Vec<Excerpt> = spans.map(|span| excerpts.line(span)).collect();
            // What every project may say: words that are names as well.
            let is_word = |text: &str| text.chars().all(|character| character.is_ascii_lowercase() || matches!(character, '_' | '-' | ':'));
            for value in values(&made.objects).filter(|value| value.len() >= 8 && !is_word(value)) {
                checked += 1;
                let shows = |line: &&Excerpt| [&line.before, &line.marked, &line.after].iter().any(|part| part.contains(&value));
                if let Some(line) = lines.iter().find(shows) {
                    shown.push(format!("{} {value}: {line:?}", directory.display()));
                }
            }
        }
        assert!(checked > 1_000, "{checked} values");
        assert!(shown.is_empty(), "{} of {checked}: {shown:#?}", shown.len());
    }
}
