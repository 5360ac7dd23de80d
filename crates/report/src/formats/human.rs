//! Diagnostics as a compiler shows them: code, message, `file:line:column`, the source line underlined, why, remedy, repair.

use std::borrow::Cow;
use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Element, Group, Level, Origin, Patch, Renderer, Snippet};
use windlass_source::{Diagnostic, FileId, Fix, Label, Severity, SourceFile, SourceMap, Span};

/// How the text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// With ANSI colours.
    pub color: bool,
    /// Columns of the terminal; longer source lines are cut around what is underlined.
    pub width: usize,
}

impl Default for Style {
    /// Plain text, 140 columns.
    fn default() -> Self {
        Self { color: false, width: 140 }
    }
}

/// Labels of one file this many bytes apart are shown as two excerpts.
const MAX_EXCERPT: usize = 64 * 1024;
/// Of a line longer than this, in bytes, only the position is shown.
const MAX_LINE: usize = 16 * 1024;
/// Of a span over more lines, the first ones are underlined.
const MAX_SPAN_LINES: usize = 12;

/// The diagnostic as text, with a line break at its end.
pub fn render(diagnostic: &Diagnostic, sources: &SourceMap, style: &Style) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let mut main = Group::with_title(level.primary_title(diagnostic.message.as_str()).id(diagnostic.code.0));
    let mut unplaced = Vec::new();
    for excerpt in excerpts(&diagnostic.labels, sources) {
        main = main.element(excerpt.element(sources));
        if excerpt.text(sources).is_none() {
            unplaced.extend(excerpt.labels.iter().map(|label| label.message.as_str()).filter(|message| !message.is_empty()));
        }
    }
    let notes = unplaced.into_iter().chain(diagnostic.notes.iter().map(String::as_str)).map(|note| Level::NOTE.message(note));
    main = main.elements(notes.chain(diagnostic.help.iter().map(|help| Level::HELP.message(help.as_str()))));
    let groups: Vec<_> = std::iter::once(main).chain(diagnostic.fixes.iter().map(|fix| repair(fix, sources))).collect();
    let renderer = if style.color { Renderer::styled().hyperlink(false) } else { Renderer::plain() };
    let mut text = renderer.term_width(style.width).render(&groups);
    text.push('\n');
    text
}

/// Labels that are shown together: one file, near each other.
struct Excerpt<'a> {
    file: FileId,
    /// Whole lines.
    range: Range<usize>,
    labels: Vec<&'a Label>,
    /// The diagnostic's first label is among them.
    primary: bool,
}

/// The labels in their order, those of one place in one excerpt. The primary one comes first.
fn excerpts<'a>(labels: &'a [Label], sources: &SourceMap) -> Vec<Excerpt<'a>> {
    let mut excerpts: Vec<Excerpt<'a>> = Vec::new();
    for (at, label) in labels.iter().enumerate() {
        let range = lines_around(sources.file(label.span.file), label.span.range());
        let near = excerpts.iter_mut().find_map(|excerpt| {
            let all = excerpt.range.start.min(range.start)..excerpt.range.end.max(range.end);
            (excerpt.file == label.span.file && all.len() <= MAX_EXCERPT).then_some((excerpt, all))
        });
        match near {
            Some((excerpt, all)) => {
                excerpt.range = all;
                excerpt.labels.push(label);
            }
            None => excerpts.push(Excerpt { file: label.span.file, range, labels: vec![label], primary: at == 0 }),
        }
    }
    excerpts
}

impl<'a> Excerpt<'a> {
    /// The source lines; `None` when one is too long to be shown.
    fn text(&self, sources: &'a SourceMap) -> Option<&'a str> {
        let text = &sources.file(self.file).text()[self.range.clone()];
        (text.len() <= MAX_EXCERPT && text.split('\n').all(|line| line.len() <= MAX_LINE)).then_some(text)
    }

    fn element(&self, sources: &'a SourceMap) -> Element<'a> {
        let file = sources.file(self.file);
        let Some(text) = self.text(sources) else {
            let position = sources.position(self.labels[0].span);
            return Origin::path(printable(file.name())).line(position.line as usize).char_column(position.column as usize).into();
        };
        let annotations = self.labels.iter().enumerate().map(|(at, label)| {
            let kind = if self.primary && at == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
            annotation(label, kind, self.range.start, text)
        });
        let line = file.position(offset(self.range.start)).line as usize;
        Snippet::source(text).path(printable(file.name())).line_start(line).annotations(annotations).into()
    }
}

/// A file's name without the characters that steer a terminal.
fn printable(name: &str) -> Cow<'_, str> {
    if name.chars().any(char::is_control) { name.replace(char::is_control, "\u{fffd}").into() } else { name.into() }
}

fn annotation<'a>(label: &'a Label, kind: AnnotationKind, start: usize, text: &str) -> Annotation<'a> {
    let range = within(text, label.span.start as usize..label.span.end as usize, start);
    let message = Some(label.message.as_str()).filter(|message| !message.is_empty());
    kind.span(first_lines(text, range)).label(message)
}

/// A repair as a patch of each file that it changes.
fn repair<'a>(fix: &'a Fix, sources: &'a SourceMap) -> Group<'a> {
    let mut files: Vec<FileId> = Vec::new();
    for edit in &fix.edits {
        if !files.contains(&edit.span.file) {
            files.push(edit.span.file);
        }
    }
    let snippets = files.into_iter().filter_map(|id| patch(id, fix, sources));
    Group::with_title(Level::HELP.secondary_title(fix.title.as_str())).elements(snippets)
}

/// `None` when the change is too wide to be shown; its title says what it does.
fn patch<'a>(id: FileId, fix: &'a Fix, sources: &'a SourceMap) -> Option<Snippet<'a, Patch<'a>>> {
    let file = sources.file(id);
    let mut edits: Vec<_> = fix.edits.iter().filter(|edit| edit.span.file == id).collect();
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let all = edits.iter().map(|edit| edit.span).reduce(Span::to)?;
    let range = lines_around(file, all.range());
    if range.len() > MAX_LINE {
        return None;
    }
    let text = &file.text()[range.clone()];
    let line = file.position(offset(range.start)).line as usize;
    let patches = edits.into_iter().map(|edit| Patch::new(within(text, edit.span.range(), range.start), edit.replacement.as_str()));
    Some(Snippet::source(text).path(printable(file.name())).line_start(line).patches(patches))
}

/// The bytes of all lines that `range` touches, without a byte-order mark and without the last line break.
fn lines_around(file: &SourceFile, range: Range<usize>) -> Range<usize> {
    let text = file.text();
    let range = within(text, range, 0);
    let start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let start = if start == 0 && text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { start };
    let last = if range.end > range.start && text[..range.end].ends_with('\n') { range.end - 1 } else { range.end };
    let end = text[last..].find('\n').map_or(text.len(), |at| last + at);
    start..end.max(start)
}

/// `range` of a file as bytes of `text`, which starts at `start`; ends are moved to characters that exist.
fn within(text: &str, range: Range<usize>, start: usize) -> Range<usize> {
    let from = text.floor_char_boundary(range.start.saturating_sub(start).min(text.len()));
    let to = text.ceil_char_boundary(range.end.saturating_sub(start).min(text.len()));
    from..to.max(from)
}

/// The part of `range` on its first lines, without a line break at its end.
fn first_lines(text: &str, range: Range<usize>) -> Range<usize> {
    let shown = text[range.clone()].match_indices('\n').nth(MAX_SPAN_LINES - 1).map_or(range.len(), |(at, _)| at);
    let kept = text[range.start..range.start + shown].trim_end_matches(['\n', '\r']).len();
    range.start..range.start + kept
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;
    use proptest::prelude::*;
    use windlass_source::{Applicability, Code, Edit};

    const UNKNOWN: Code = Code("compose::unknown-attribute");

    fn plain(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
        render(diagnostic, sources, &Style::default())
    }

    /// The span of `word` in a new file.
    fn file(sources: &mut SourceMap, name: &str, text: &str, word: &str) -> Span {
        let id = sources.add(name, text);
        let start = text.find(word).expect("the word is in the text");
        Span::new(id, start..start + word.len())
    }

    #[test]
    fn a_diagnostic_shows_place_reason_and_remedy() {
        let mut sources = SourceMap::new();
        let span = file(&mut sources, "compose.prod.yaml", "services:\n  web:\n    enviroment:\n      A: b\n", "enviroment");
        let diagnostic = Diagnostic::error(UNKNOWN, "service `web` has no attribute `enviroment`")
            .label(span, "did you mean `environment`?")
            .help("attributes of your own start with `x-`");
        assert_snapshot!(plain(&diagnostic, &sources));
    }

    #[test]
    fn labels_in_two_files_and_far_apart() {
        let mut sources = SourceMap::new();
        let filler = "  # filler\n".repeat(10_000);
        let first = file(&mut sources, "compose.yaml", &format!("services:\n  web:\n    image: a\n{filler}  web:\n"), "web");
        let text = sources.file(first.file).text().clone();
        let again = text.rfind("web").expect("it is there twice");
        let other = file(&mut sources, "override.yaml", "services:\n\tweb: {image: é, scale: 2}\n", "scale");
        let diagnostic = Diagnostic::warning(Code("compose::conflict"), "`web` is written three times")
            .label(Span::new(first.file, again..again + 3), "the last one counts")
            .label(first, "first here")
            .label(other, "and scaled here")
            .because("later keys win");
        assert_snapshot!(plain(&diagnostic, &sources));
    }

    #[test]
    fn a_diagnostic_without_a_place() {
        let diagnostic = Diagnostic::error(Code("cli::no-file"), "no compose file found").help("name one with `-f`");
        assert_snapshot!(plain(&diagnostic, &SourceMap::new()));
    }

    #[test]
    fn a_repair_is_shown_as_a_patch() {
        let mut sources = SourceMap::new();
        let span = file(&mut sources, "compose.yaml", "services:\n  web:\n    enviroment:\n      A: b\n", "enviroment");
        let diagnostic = Diagnostic::error(UNKNOWN, "service `web` has no attribute `enviroment`").at(span).fix(Fix {
            title: "write `environment`".into(),
            edits: vec![Edit { span, replacement: "environment".into() }],
            applicability: Applicability::Automatic,
        });
        assert_snapshot!(plain(&diagnostic, &sources));
    }

    #[test]
    fn long_lines_are_cut_and_longer_ones_left_out() {
        let mut sources = SourceMap::new();
        let line = |length: usize| format!("\u{feff}# {}\nkey: {} word {}\n", "é", "x".repeat(length), "y".repeat(length));
        let long = file(&mut sources, "long.yaml", &line(1000), "word");
        assert_snapshot!("long_line", plain(&Diagnostic::error(UNKNOWN, "too long").label(long, "here"), &sources));
        let huge = file(&mut sources, "huge.yaml", &line(100_000), "word");
        assert_snapshot!("huge_line", plain(&Diagnostic::error(UNKNOWN, "too long").label(huge, "here"), &sources));
    }

    #[test]
    fn a_long_block_is_underlined_at_its_start() {
        let mut sources = SourceMap::new();
        let text = format!("services:\n{}", "  - a\n".repeat(40));
        let id = sources.add("compose.yaml", text.as_str());
        let text = plain(&Diagnostic::error(UNKNOWN, "a list").at(Span::new(id, 10..text.len())), &sources);
        assert!(text.lines().count() < 20, "{text}");
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        let mut sources = SourceMap::new();
        let span = file(&mut sources, "a\u{1b}[31m.yaml", "key: \u{1b}[31mred\u{7}\n", "red");
        let text = plain(&Diagnostic::error(UNKNOWN, "odd \u{1b}]0;title\u{7}").at(span), &sources);
        assert!(!text.contains('\u{1b}') && !text.contains('\u{7}'), "{text:?}");
    }

    #[test]
    fn colour_is_a_choice() {
        let text = render(&Diagnostic::error(UNKNOWN, "red"), &SourceMap::new(), &Style { color: true, width: 80 });
        assert!(text.contains("\u{1b}["), "{text:?}");
    }

    proptest! {
        #[test]
        fn any_text_and_span_can_be_shown(text in "[a\té\r\n\u{feff}\u{200d}漢{} ]{0,60}", spans in prop::collection::vec((0usize..90, 0usize..90), 0..4), fix in any::<bool>()) {
            let mut sources = SourceMap::new();
            let id = sources.add("file", text.as_str());
            let mut diagnostic = Diagnostic::error(UNKNOWN, "message");
            for (start, end) in &spans {
                diagnostic = diagnostic.label(Span::new(id, *start..*end), "label");
            }
            if fix && let Some((start, end)) = spans.first() {
                let edits = vec![Edit { span: Span::new(id, *start..*end), replacement: "new\n".into() }];
                diagnostic = diagnostic.fix(Fix { title: "repair".into(), edits, applicability: Applicability::Suggested });
            }
            let shown = plain(&diagnostic, &sources);
            if let Some(span) = diagnostic.span() {
                // Beside a second label, the place after the last line break counts as the line before.
                let line = if spans.len() == 1 { sources.position(span).line.to_string() } else { String::new() };
                prop_assert!(shown.contains(&format!("file:{line}")), "{line} is not in {shown}");
            }
        }
    }
}
