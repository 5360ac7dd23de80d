//! JUnit XML: a suite for each file, a case for each object. A case fails by what is P1; what is less stands in its output.

use std::fmt::{self, Write as _};

use windlass_audit::Severity;
use windlass_audit::judgement::Remark;
use windlass_k8s::validation::{Broken, Resource};
use windlass_k8s::validity::Status;
use windlass_source::FileId;

use super::{ValidationFormat, ValidationReport, reference, unknown};
use crate::junit::escape;
use crate::place::location;

pub(super) const FORMAT: ValidationFormat = ValidationFormat { name: "junit", extensions: &["xml"], render };

/// An object with what is said of it, or a document that can't be read.
enum Case<'a> {
    Object(&'a Resource, Vec<&'a Remark<'a>>),
    Broken(&'a Broken),
}

impl Case<'_> {
    fn is_failure(&self) -> bool {
        matches!(self, Self::Object(_, remarks) if remarks.iter().any(|remark| fails(remark)))
    }

    fn is_skipped(&self) -> bool {
        matches!(self, Self::Object(resource, _) if resource.status == Status::Skipped) && !self.is_failure()
    }

    fn is_error(&self) -> bool {
        matches!(self, Self::Broken(_))
    }
}

fn fails(remark: &Remark<'_>) -> bool {
    remark.counts() && remark.severity == Severity::P1
}

fn render(report: &ValidationReport<'_>) -> String {
    let mut text = String::new();
    write(report, &mut text).expect("a text can be written to");
    text
}

fn write(report: &ValidationReport<'_>, text: &mut String) -> fmt::Result {
    let suites = suites(report);
    let count = |of: fn(&Case<'_>) -> bool| suites.iter().flat_map(|(_, cases)| cases).filter(|case| of(case)).count();
    let (all, failed, errors) = (count(|_| true), count(|case| case.is_failure()), count(|case| case.is_error()));
    writeln!(text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(text, "<testsuites name=\"windlass validate\" tests=\"{all}\" failures=\"{failed}\" errors=\"{errors}\">")?;
    for (file, cases) in &suites {
        let count = |of: fn(&Case<'_>) -> bool| cases.iter().filter(|case| of(case)).count();
        let name = escape(report.sources().file(*file).name());
        writeln!(
            text,
            "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"0\">",
            cases.len(),
            count(|case| case.is_failure()),
            count(|case| case.is_error()),
            count(|case| case.is_skipped())
        )?;
        for case in cases {
            self::case(case, &name, report, text)?;
        }
        writeln!(text, "  </testsuite>")?;
    }
    writeln!(text, "</testsuites>")
}

/// The cases of each file, in order.
fn suites<'a>(report: &ValidationReport<'a>) -> Vec<(FileId, Vec<Case<'a>>)> {
    let validation = report.validation;
    let mut cases: Vec<(FileId, usize, Case<'a>)> = Vec::with_capacity(validation.resources.len());
    let mut remarks = report.judgement.remarks.iter().peekable();
    for (index, resource) in validation.resources.iter().enumerate() {
        let own = std::iter::from_fn(|| remarks.next_if(|remark| remark.resource == Some(index))).collect();
        cases.push((resource.file, resource.manifest.document, Case::Object(resource, own)));
    }
    cases.extend(validation.broken.iter().map(|broken| (broken.file, broken.document, Case::Broken(broken))));
    cases.sort_by_key(|(file, document, _)| (*file, *document));
    let mut suites: Vec<(FileId, Vec<Case<'a>>)> = Vec::new();
    for (file, _, case) in cases {
        match suites.last_mut() {
            Some((last, cases)) if *last == file => cases.push(case),
            _ => suites.push((file, vec![case])),
        }
    }
    suites
}

fn case(case: &Case<'_>, class: &str, report: &ValidationReport<'_>, text: &mut String) -> fmt::Result {
    match case {
        Case::Broken(broken) => {
            let (message, code) = (escape(&broken.diagnostic.message), broken.diagnostic.code.0);
            let place = location(broken.diagnostic.span(), report.sources());
            writeln!(text, "    <testcase classname=\"{class}\" name=\"document {}\" time=\"0\">", broken.document)?;
            let place = format!("{}:{}:{}", escape(place.file), place.line, place.column);
            writeln!(text, "      <error type=\"{code}\" message=\"{message}\">{place}: {message}</error>")?;
        }
        Case::Object(resource, remarks) => {
            let name = escape(&format!("{} {}", resource.api_version(), reference(resource)));
            writeln!(text, "    <testcase classname=\"{class}\" name=\"{name}\" time=\"0\">")?;
            if case.is_skipped() {
                writeln!(text, "      <skipped message=\"{}\"/>", escape(&unknown(resource)))?;
            }
            for remark in remarks.iter().filter(|remark| fails(remark)) {
                let message = escape(&remark.message);
                writeln!(
                    text,
                    "      <failure type=\"{}\" message=\"{message}\">{}</failure>",
                    remark.rule,
                    escape(&told(remark, report))
                )?;
            }
            let rest: Vec<String> = remarks.iter().filter(|remark| !fails(remark)).map(|remark| told(remark, report)).collect();
            if !rest.is_empty() {
                writeln!(text, "      <system-out>{}</system-out>", escape(&rest.join("\n")))?;
            }
        }
    }
    writeln!(text, "    </testcase>")
}

/// `web.yaml:5:13: KV004: …`, with the remedy or why it does not count.
fn told(remark: &Remark<'_>, report: &ValidationReport<'_>) -> String {
    let place = location(remark.span, report.sources());
    let mut text = format!("{}:{}:{}: {}: {}", place.file, place.line, place.column, remark.rule, remark.message);
    let suppressed = remark.suppressed.as_ref().map(|entry| entry.told());
    for more in remark.help.map(str::to_owned).into_iter().chain(suppressed) {
        text.push_str(&format!("\n{more}"));
    }
    text
}
