//! An audit's report in every format, one file each. What was found is in room `audit`.

mod github;
mod gitlab;
mod html;
mod human;
mod json;
mod junit;
mod markdown;
mod sarif;

use windlass_audit::{Audit, Context, Finding, Severity};
use windlass_source::SourceMap;

use crate::human::Style;

/// A finished audit, as its report tells it.
#[derive(Clone, Copy, Debug)]
pub struct AuditReport<'a> {
    /// What was found.
    pub audit: &'a Audit,
    /// What was audited.
    pub context: &'a Context,
    /// Reports for people show suppressed findings too; those for programs always have them.
    pub show_suppressed: bool,
    /// How text for people looks.
    pub style: Style,
}

/// A format of an audit's report.
#[derive(Debug)]
pub struct AuditFormat {
    /// What `--format` calls it.
    pub name: &'static str,
    /// Extensions of its files, without the dot; the first one is the usual.
    pub extensions: &'static [&'static str],
    /// The report in this format, with a line break at its end.
    pub render: fn(&AuditReport<'_>) -> String,
}

/// Every format of an audit's report; the first one is the default.
pub static FORMATS: [AuditFormat; 8] =
    [human::FORMAT, json::FORMAT, sarif::FORMAT, junit::FORMAT, github::FORMAT, gitlab::FORMAT, markdown::FORMAT, html::FORMAT];

/// The format that `--format` calls so.
pub fn by_name(name: &str) -> Option<&'static AuditFormat> {
    FORMATS.iter().find(|format| format.name == name)
}

/// The format of a file with this extension, whatever its case.
pub fn by_extension(extension: &str) -> Option<&'static AuditFormat> {
    FORMATS.iter().find(|format| format.extensions.iter().any(|own| own.eq_ignore_ascii_case(extension)))
}

impl<'a> AuditReport<'a> {
    fn sources(&self) -> &'a SourceMap {
        self.context.sources()
    }

    /// The findings that reports for people show.
    fn shown(&self) -> impl Iterator<Item = &'a Finding> {
        let all = self.show_suppressed;
        self.audit.findings.iter().filter(move |finding| all || finding.counts())
    }

    /// What is told without being a finding: an id, and a sentence without its end.
    fn notes(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let is_compose_only = self.context.stacks().next().is_some() && self.context.objects().next().is_none();
        is_compose_only.then_some(("K8S000", "there are no manifests of Kubernetes yet; `windlass convert` makes them")).into_iter()
    }

    /// The first stack of a finding.
    fn stack(&self, finding: &Finding) -> Option<&'a str> {
        finding.stacks.first().and_then(|index| self.audit.stacks.get(*index)).map(|stack| stack.name.as_str())
    }

    fn suppressed(&self) -> usize {
        self.audit.findings.iter().filter(|finding| !finding.counts()).count()
    }

    fn counts(&self) -> [usize; 3] {
        Severity::ALL.map(|severity| self.audit.count(severity))
    }
}
