//! JUnit XML, as Jenkins and GitLab read it: a suite for each category, a case for each control that passes and for each finding.

use std::fmt::{self, Write as _};

use windlass_audit::score::State;
use windlass_audit::{Category, Control, Finding};

use super::{AuditFormat, AuditReport};
use crate::junit::escape;
use crate::place::location;

pub(super) const FORMAT: AuditFormat = AuditFormat { name: "junit", extensions: &["xml"], render };

fn render(report: &AuditReport<'_>) -> String {
    let mut text = String::new();
    write(report, &mut text).expect("a text can be written to");
    text
}

fn write(report: &AuditReport<'_>, text: &mut String) -> fmt::Result {
    let suites: Vec<(Category, Vec<Case<'_>>)> = Category::ALL.iter().map(|category| (*category, cases(*category, report))).collect();
    let all = || suites.iter().flat_map(|(_, cases)| cases);
    let failed = all().filter(|case| case.is_failure()).count();
    writeln!(text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(text, "<testsuites name=\"windlass audit\" tests=\"{}\" failures=\"{failed}\" errors=\"0\">", all().count())?;
    for (category, cases) in suites.iter().filter(|(_, cases)| !cases.is_empty()) {
        let failed = cases.iter().filter(|case| case.is_failure()).count();
        let skipped = cases.iter().filter(|case| case.is_skipped()).count();
        let name = escape(category.as_str());
        let count = cases.len();
        writeln!(
            text,
            "  <testsuite name=\"{name}\" tests=\"{count}\" failures=\"{failed}\" errors=\"0\" skipped=\"{skipped}\" time=\"0\">"
        )?;
        for case in cases {
            case.write(report, text)?;
        }
        writeln!(text, "  </testsuite>")?;
    }
    writeln!(text, "</testsuites>")
}

/// A control without findings, or a finding.
enum Case<'a> {
    Passed(Control),
    Found(&'a Finding),
}

/// The cases of a category: its controls in order.
fn cases<'a>(category: Category, report: &AuditReport<'a>) -> Vec<Case<'a>> {
    let mut cases = Vec::new();
    for entry in report.audit.total.controls.iter().filter(|entry| entry.control.category() == category) {
        let mut found = report.audit.findings.iter().filter(|finding| finding.rule.control == entry.control).peekable();
        match (found.peek().is_some(), entry.state) {
            (true, _) => cases.extend(found.map(Case::Found)),
            (false, State::Exempt) => {}
            (false, _) => cases.push(Case::Passed(entry.control)),
        }
    }
    cases
}

impl Case<'_> {
    fn is_failure(&self) -> bool {
        matches!(self, Self::Found(finding) if finding.counts())
    }

    fn is_skipped(&self) -> bool {
        matches!(self, Self::Found(finding) if !finding.counts())
    }

    fn write(&self, report: &AuditReport<'_>, text: &mut String) -> fmt::Result {
        let finding = match self {
            Self::Passed(control) => {
                let name = control.as_str();
                return writeln!(text, "    <testcase classname=\"windlass.{name}\" name=\"{name}\" time=\"0\"/>");
            }
            Self::Found(finding) => finding,
        };
        let place = location(finding.span, report.sources());
        let (file, rule) = (escape(place.file), finding.rule);
        let name = format!("{} {} {file}:{}:{}", rule.id, rule.slug, place.line, place.column);
        writeln!(text, "    <testcase classname=\"windlass.{}\" name=\"{name}\" time=\"0\">", rule.control.as_str())?;
        let message = escape(&finding.message);
        if let Some(suppressed) = &finding.suppressed {
            writeln!(text, "      <skipped message=\"{message}: {}\"/>", escape(&suppressed.reason))?;
        } else {
            let severity = finding.grade.severity;
            writeln!(text, "      <failure type=\"{severity}\" message=\"{message}\">{file}:{}:{}: {message}", place.line, place.column)?;
            for line in finding.grade.because.iter().chain(&finding.notes).chain(&finding.help) {
                writeln!(text, "{}", escape(line))?;
            }
            writeln!(text, "</failure>")?;
        }
        writeln!(text, "    </testcase>")
    }
}
