//! The findings that count as GitLab's code quality report.

use super::{AuditFormat, AuditReport};
use crate::gitlab::{Issue, issue, report as text_of};

pub(super) const FORMAT: AuditFormat = AuditFormat { name: "gitlab", extensions: &[], render };

fn render(report: &AuditReport<'_>) -> String {
    let issues = report.shown().filter(|finding| finding.counts()).map(|finding| {
        let rule = finding.rule;
        let description = format!("{} {}: {}", rule.id, rule.slug, finding.message);
        issue(rule.id, finding.grade.severity, finding.span, report.sources(), &finding.fingerprint, description)
    });
    text_of(&issues.collect::<Vec<Issue<'_>>>())
}
