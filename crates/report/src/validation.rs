//! The verdicts of `windlass validate` in every format, one file each. What they are is in room `k8s`, how they are graded and
//! suppressed in room `audit`.

mod github;
mod gitlab;
mod html;
mod human;
mod json;
mod junit;
mod markdown;
mod sarif;

use windlass_audit::judgement::{Judgement, Remark};
use windlass_k8s::validation::{Input, Resource, Validation};
use windlass_k8s::validity::Status;
use windlass_source::SourceMap;

use crate::human::Style;

/// A finished validation, as its report tells it.
#[derive(Clone, Copy, Debug)]
pub struct ValidationReport<'a> {
    /// What was read.
    pub input: &'a Input,
    /// The verdicts.
    pub validation: &'a Validation,
    /// What is said of them.
    pub judgement: &'a Judgement<'a>,
    /// Reports for people show suppressed remarks too; those for programs always have them.
    pub show_suppressed: bool,
    /// How text for people looks.
    pub style: Style,
}

/// A format of the verdicts.
#[derive(Debug)]
pub struct ValidationFormat {
    /// What `--format` calls it.
    pub name: &'static str,
    /// Extensions of its files, without the dot; the first one is the usual.
    pub extensions: &'static [&'static str],
    /// The verdicts in this format, with a line break at the end.
    pub render: fn(&ValidationReport<'_>) -> String,
}

/// Every format of the verdicts; the first one is the default.
pub static FORMATS: [ValidationFormat; 8] =
    [human::FORMAT, json::FORMAT, sarif::FORMAT, junit::FORMAT, github::FORMAT, gitlab::FORMAT, markdown::FORMAT, html::FORMAT];

/// The format that `--format` calls so.
pub fn by_name(name: &str) -> Option<&'static ValidationFormat> {
    FORMATS.iter().find(|format| format.name == name)
}

/// The format of a file with this extension, whatever its case.
pub fn by_extension(extension: &str) -> Option<&'static ValidationFormat> {
    FORMATS.iter().find(|format| format.extensions.iter().any(|own| own.eq_ignore_ascii_case(extension)))
}

impl<'a> ValidationReport<'a> {
    fn sources(&self) -> &'a SourceMap {
        &self.input.sources
    }

    /// The remarks that reports for people show.
    fn shown(&self) -> impl Iterator<Item = &'a Remark<'a>> {
        let all = self.show_suppressed;
        self.judgement.remarks.iter().filter(move |remark| all || remark.counts())
    }

    fn resource(&self, remark: &Remark<'_>) -> Option<&'a Resource> {
        remark.resource.and_then(|index| self.validation.resources.get(index))
    }

    /// `Deployment/web: spec.replicas: …`: what is said, and of which object.
    fn message(&self, remark: &Remark<'_>) -> String {
        match self.resource(remark) {
            Some(resource) => format!("{}: {}", reference(resource), remark.message),
            None => remark.message.clone(),
        }
    }

    fn skipped(&self) -> impl Iterator<Item = &'a Resource> {
        self.validation.resources.iter().filter(|resource| resource.status == Status::Skipped)
    }

    /// `3 valid, 1 invalid in 2 files`.
    fn summary(&self) -> String {
        let validation = self.validation;
        let counts = [
            (validation.count(Status::Valid), "valid"),
            (validation.count(Status::Invalid), "invalid"),
            (validation.count(Status::Skipped), "skipped"),
            (validation.broken.len(), "unreadable"),
            (validation.others.len(), "no resource"),
            (self.judgement.suppressed(), "suppressed"),
        ];
        let counts: Vec<String> = counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        let counts = if counts.is_empty() { "nothing".to_owned() } else { counts.join(", ") };
        let files = self.input.files.len();
        format!("{counts} in {files} {}", if files == 1 { "file" } else { "files" })
    }
}

/// `Deployment/web`, or the kind alone.
fn reference(resource: &Resource) -> String {
    match resource.name() {
        "" => resource.kind().to_owned(),
        name => format!("{}/{name}", resource.kind()),
    }
}

/// `valid`, `invalid`, `skipped`.
fn status(status: Status) -> &'static str {
    match status {
        Status::Valid => "valid",
        Status::Invalid => "invalid",
        Status::Skipped => "skipped",
    }
}

/// `Deployment` and the like of a skipped object, as people are told.
fn unknown(resource: &Resource) -> String {
    format!("there is no definition of {} {}; `--crd` takes one", resource.api_version(), resource.kind())
}
