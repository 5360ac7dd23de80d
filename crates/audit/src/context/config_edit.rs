//! Edits of configuration files, for repairs, and how much a finding in one matters.

use windlass_conf::ini::Section;
use windlass_conf::nginx::Directive;
use windlass_source::{Edit, Span};

use super::config_file::ConfigContext;
use crate::severity::{Grade, Severity};

impl<'a> ConfigContext<'a> {
    /// `severity`, one lower where only development uses the file.
    pub fn grade(self, severity: Severity) -> Grade {
        if self.is_production() {
            return severity.into();
        }
        let stack = self.services().next().map(|(service, _)| service.stack());
        let reason = match stack {
            Some(stack) => format!("only development uses it: {}", stack.environment().because),
            None => format!("`{}` is named for development", self.path()),
        };
        Grade::new(severity.lower(), reason)
    }

    /// An edit that adds lines of their own below the one that `anchor` ends on, indented as that begins. Where more stands on that
    /// line, the text goes right behind `anchor`.
    pub fn line_after(self, anchor: Span, text: &str) -> Edit {
        let source = self.text();
        let end = anchor.end as usize;
        let rest = source[end..].split('\n').next().unwrap_or_default().trim_end_matches('\r');
        if !(rest.trim().is_empty() || rest.trim_start().starts_with(['#', ';'])) {
            return Edit { span: Span { start: anchor.end, ..anchor }, replacement: format!(" {}", text.replace('\n', " ")) };
        }
        let line = source[..anchor.start as usize].rfind('\n').map_or(0, |at| at + 1);
        let indent: String = source[line..].chars().take_while(|letter| matches!(letter, ' ' | '\t')).collect();
        let at = end + rest.len();
        let replacement = text.split('\n').map(|line| format!("{}{indent}{line}", self.line_break())).collect();
        Edit { span: Span::new(anchor.file, at..at), replacement }
    }

    /// An edit that adds a directive at the end of a block of nginx's.
    pub fn add_directive(self, block: &Directive, text: &str) -> Option<Edit> {
        // After the last plain one: what comes behind blocks is easily overlooked.
        let children = block.children();
        let last = children.iter().rfind(|child| child.block.is_none()).or(children.last());
        match last {
            Some(last) => Some(self.line_after(last.span, text)),
            None => {
                let brace = block.block.as_ref()?.span.start + 1;
                Some(Edit { span: Span { start: brace, end: brace, ..block.span }, replacement: format!(" {text}") })
            }
        }
    }

    /// An edit that adds a setting at the end of a section, or of the file where it is empty.
    pub fn add_setting(self, section: Option<&Section>, text: &str) -> Edit {
        let anchor =
            section.and_then(|section| section.entries.last().map(|entry| entry.span).or(section.name.as_ref().map(|name| name.span)));
        match anchor {
            // The header's bracket stands behind its name.
            Some(anchor) if section.is_some_and(|section| section.entries.is_empty()) => {
                self.line_after(Span { end: anchor.end + 1, ..anchor }, text)
            }
            Some(anchor) => self.line_after(anchor, text),
            None => self.add_line(text),
        }
    }

    /// An edit that adds a line at the end of the file.
    pub fn add_line(self, text: &str) -> Edit {
        let source = self.text();
        let before = if source.is_empty() || source.ends_with('\n') { "" } else { self.line_break() };
        let span = Span::new(self.file_id(), source.len()..source.len());
        Edit { span, replacement: format!("{before}{text}{}", self.line_break()) }
    }

    /// An edit that removes the lines that a span stands on.
    pub fn remove_lines(self, span: Span) -> Edit {
        let source = self.text();
        let start = source[..span.start as usize].rfind('\n').map_or(0, |at| at + 1);
        let end = source[span.end as usize..].find('\n').map_or(source.len(), |at| span.end as usize + at + 1);
        Edit { span: Span::new(span.file, start..end), replacement: String::new() }
    }

    fn line_break(self) -> &'static str {
        if self.text().contains("\r\n") { "\r\n" } else { "\n" }
    }
}

/// An edit that puts a text in place of another.
pub fn replace(span: Span, text: impl Into<String>) -> Edit {
    Edit { span, replacement: text.into() }
}
