//! Findings that somebody wants left out: comments, annotations, `x-windlass.ignore`, settings.
//!
//! In: findings and what is written. Out: each finding with why it does not count, and what is to be said of the suppressions
//! themselves: unused, expired, without the reason that P1 demands.

mod annotations;
mod comments;
mod extension;

use std::cell::Cell;

use windlass_source::{FileId, SourceMap, Span};
use windlass_yaml::Node;

use crate::context::Context;
use crate::findings::Finding;
use crate::severity::Severity;

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppressed {
    /// The reason that is given; empty: none.
    pub reason: String,
    /// The last day on which it holds, `2027-01-01`.
    pub until: Option<String>,
    /// The conversion mended it: nobody asked for it to be left out.
    pub is_repaired: bool,
}

impl Suppressed {
    /// The reason and the day, for people.
    pub fn told(&self) -> String {
        let until = self.until.as_deref().map(|until| format!(" (until {until})")).unwrap_or_default();
        format!("suppressed: {}{until}", self.reason)
    }
}

/// A suppression that is written somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// Rules by any of their names; a comment of another tool names that tool's.
    pub rules: Vec<String>,
    /// Why.
    pub reason: String,
    /// The last day on which it holds, `2027-01-01`.
    pub until: Option<String>,
    /// What it covers.
    pub covers: Covers,
    /// Where it is written; `None` on the command line.
    pub written: Option<Span>,
    /// Written for another tool: that it is unused says nothing.
    pub is_foreign: bool,
    pub(crate) used: Cell<bool>,
}

/// What a suppression covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Covers {
    /// Findings that begin within these bytes.
    Range(Span),
    /// All findings in a file.
    File(FileId),
    /// The findings of a stack, or of one of its services.
    Service(usize, Option<String>),
    /// Findings in files whose path fits the pattern (`*` is any text), of a service where one is named.
    Everywhere {
        /// Of the path as people name it; `None`: any.
        path: Option<String>,
        /// The service; `None`: any.
        service: Option<String>,
    },
}

impl Suppression {
    pub(crate) fn new(rules: Vec<String>, covers: Covers, written: impl Into<Option<Span>>) -> Self {
        let (reason, until, is_foreign) = (String::new(), None, false);
        Self { rules, reason, until, covers, written: written.into(), is_foreign, used: Cell::new(false) }
    }

    /// Takes `reason … until=2027-01-01` apart.
    pub(crate) fn because(mut self, text: &str) -> Self {
        let mut reason = Vec::new();
        for word in text.split_whitespace() {
            match word.strip_prefix("until=") {
                Some(day) => self.until = Some(day.trim_matches(',').to_owned()),
                None => reason.push(word),
            }
        }
        self.reason = reason.join(" ");
        self
    }

    fn fits(&self, subject: &Subject<'_>, sources: &SourceMap) -> bool {
        self.rules.iter().any(|name| (subject.is_named)(name))
            && match &self.covers {
                Covers::Range(range) => {
                    subject.span.is_some_and(|span| span.file == range.file && (range.start..=range.end).contains(&span.start))
                }
                Covers::File(file) => subject.span.is_some_and(|span| span.file == *file),
                Covers::Service(stack, service) => {
                    subject.stacks.contains(stack) && service.as_ref().is_none_or(|service| subject.service == Some(service.as_str()))
                }
                Covers::Everywhere { path, service } => {
                    let file = subject.span.map_or("", |span| sources.file(span.file).name());
                    path.as_ref().is_none_or(|pattern| matches(pattern, file))
                        && service.as_ref().is_none_or(|service| subject.service == Some(service.as_str()))
                }
            }
    }

    fn is_expired(&self, today: &str) -> bool {
        self.until.as_deref().is_some_and(|until| until < today)
    }
}

/// What a suppression is held against: a finding of `audit`, or a remark of `validate`.
pub(crate) struct Subject<'a> {
    /// Whether a name means its rule.
    pub(crate) is_named: &'a dyn Fn(&str) -> bool,
    pub(crate) span: Option<Span>,
    pub(crate) stacks: &'a [usize],
    pub(crate) service: Option<&'a str>,
    pub(crate) severity: Severity,
}

/// `text` fits `pattern`, in which `*` is any text, also of several directories.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            let rest = rest.trim_start_matches('*');
            (0..=text.len()).filter(|at| text.is_char_boundary(*at)).any(|at| matches(rest, &text[at..]))
        }),
    }
}

/// What is wrong with a suppression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It names a rule that ran, and nothing that it found.
    Unused,
    /// Its last day is over.
    Expired,
    /// It covers a P1 and gives no reason.
    NoReason,
}

impl Flaw {
    /// What is said of it, and what to do.
    pub(crate) fn told(self, suppression: &Suppression) -> (String, &'static str) {
        let names = suppression.rules.join(", ");
        match self {
            Self::Unused => (format!("nothing here is found by `{names}`"), "remove the suppression"),
            Self::Expired => {
                let until = suppression.until.as_deref().unwrap_or_default();
                (format!("the suppression of `{names}` ended on {until}"), "repair the finding, or set a later day")
            }
            Self::NoReason => (
                format!("the suppression of `{names}` gives no reason"),
                "write why after it: a P1 counts until somebody says why it need not",
            ),
        }
    }
}

/// The suppression of a text: `RULE[,…] [path=PATTERN] [service=NAME] reason [until=DAY]`; `None` without a rule.
pub fn of_text(text: &str) -> Option<Suppression> {
    let mut words = text.split_whitespace();
    let rules: Vec<String> = words.next()?.split(',').map(str::to_owned).collect();
    let (mut path, mut service, mut rest) = (None, None, Vec::new());
    for word in words {
        match word.split_once('=') {
            Some(("path", value)) => path = Some(value.to_owned()),
            Some(("service", value)) => service = Some(value.to_owned()),
            _ => rest.push(word),
        }
    }
    Some(Suppression::new(rules, Covers::Everywhere { path, service }, None).because(&rest.join(" ")))
}

/// Every suppression that the audited files hold.
pub(crate) fn written(context: &Context) -> Vec<Suppression> {
    let mut all = Vec::new();
    for (id, file) in context.sources().files() {
        comments::read(id, file.text(), Some(context), &mut all);
    }
    extension::read(context, &mut all);
    context.objects().for_each(|object| annotations::read(object.root(), &mut all));
    all
}

/// Every suppression that manifests and their files hold.
pub(crate) fn written_in_manifests<'a>(sources: &SourceMap, roots: impl Iterator<Item = &'a Node>) -> Vec<Suppression> {
    let mut all = Vec::new();
    for (id, file) in sources.files() {
        comments::read(id, file.text(), None, &mut all);
    }
    roots.for_each(|root| annotations::read(root, &mut all));
    all
}

/// Marks what is suppressed, and tells the flaws of suppressions, each with the index of its suppression. `today` is `2026-01-31`.
pub(crate) fn apply(suppressions: &[Suppression], findings: &mut [Finding], sources: &SourceMap, today: &str) -> Vec<(usize, Flaw)> {
    let mut flaws = Vec::new();
    for finding in findings.iter_mut() {
        let subject = Subject {
            is_named: &|name| finding.rule.is_named(name),
            span: finding.span,
            stacks: &finding.stacks,
            service: finding.service.as_deref(),
            severity: finding.grade.severity,
        };
        finding.suppressed = suppressed(&subject, suppressions, sources, today, &mut flaws);
    }
    with_unused(suppressions, flaws)
}

/// Why this one does not count, by the first suppression that holds; what is wrong with those that do not is noted.
pub(crate) fn suppressed(
    subject: &Subject<'_>,
    suppressions: &[Suppression],
    sources: &SourceMap,
    today: &str,
    flaws: &mut Vec<(usize, Flaw)>,
) -> Option<Suppressed> {
    for (index, suppression) in suppressions.iter().enumerate().filter(|(_, suppression)| suppression.fits(subject, sources)) {
        suppression.used.set(true);
        if suppression.is_expired(today) {
            flaws.push((index, Flaw::Expired));
        } else if subject.severity == Severity::P1 && suppression.reason.is_empty() && !suppression.is_foreign {
            flaws.push((index, Flaw::NoReason));
        } else {
            let (reason, until) = (suppression.reason.clone(), suppression.until.clone());
            return Some(Suppressed { reason, until, is_repaired: false });
        }
    }
    None
}

/// The flaws of suppressions that were held against everything, each once.
pub(crate) fn with_unused(suppressions: &[Suppression], mut flaws: Vec<(usize, Flaw)>) -> Vec<(usize, Flaw)> {
    let unused = suppressions.iter().enumerate().filter(|(_, suppression)| !suppression.used.get() && !suppression.is_foreign);
    flaws.extend(unused.map(|(index, _)| (index, Flaw::Unused)));
    flaws.sort_by_key(|(index, flaw)| (*index, *flaw as u8));
    flaws.dedup();
    flaws
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_paths() {
        assert!(matches("legacy/*", "legacy/a/b.yml") && matches("**/x.yml", "a/x.yml") && matches("a", "a"));
        assert!(!matches("legacy/*", "b/legacy/a") && !matches("*.yml", "a.yaml"));
    }

    #[test]
    fn a_reason_and_a_day_are_taken_apart() {
        let suppression = Suppression::new(vec!["DF001".into()], Covers::Everywhere { path: None, service: None }, None)
            .because("no daemon here until=2027-01-01");
        assert_eq!((suppression.reason.as_str(), suppression.until.as_deref()), ("no daemon here", Some("2027-01-01")));
        assert!(suppression.is_expired("2027-01-02") && !suppression.is_expired("2027-01-01"));
    }
}
