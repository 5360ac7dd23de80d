//! What the audit says of a Stack. One function for the gate and for the webhook; what its findings mean is in room `audit`.

use std::collections::BTreeMap;
use std::path::Path;

use k8s_openapi::jiff::{Timestamp, tz::TimeZone};
use windlass_audit::gate::{self, Floor, Judged, Verdict};
use windlass_audit::{Severity, gate::gate as audit};
use windlass_compose::model::Security;
use windlass_convert::Conversion;
use windlass_crd::v1alpha1::{AuditFinding, AuditMode, AuditStatus, CategoryScore, FailOn, Stack, StackPolicySpec};

use super::load::{DIRECTORY, Project};

/// Findings that a status names.
const FINDINGS: usize = 20;

/// Judges a Stack's project and the objects that it became. `today` as [`today`] gives it.
pub fn judge(
    stack: &Stack,
    project: Project,
    conversion: &Conversion,
    policies: &BTreeMap<String, StackPolicySpec>,
    today: &str,
) -> Verdict {
    let namespace = stack.metadata.namespace.as_deref().unwrap_or_default();
    let floors: Vec<Floor> =
        policies.iter().filter(|(_, policy)| policy.holds_for(namespace)).map(|(name, policy)| floor(name, policy)).collect();
    let settings = settings(stack, &project);
    let Project { loaded, files } = project;
    audit(gate::Input {
        loaded,
        objects: &conversion.objects,
        directory: Path::new(DIRECTORY),
        files: &files,
        settings: &settings,
        floors: &floors,
        today,
    })
}

/// The day by which exemptions end, in UTC: `2027-01-31`.
pub fn today() -> String {
    Timestamp::now().to_zoned(TimeZone::UTC).date().to_string()
}

fn settings(stack: &Stack, project: &Project) -> gate::Settings {
    let asked = &stack.spec.audit;
    let security = project.loaded.project.windlass.as_ref().and_then(|settings| settings.security.as_ref());
    let exemptions = asked.exemptions.iter().map(|exemption| gate::Exemption {
        rule: exemption.rule.clone(),
        service: exemption.service.clone(),
        reason: exemption.reason.clone(),
        until: exemption.until.clone(),
    });
    gate::Settings {
        mode: mode(asked.mode),
        fail_on: fail_on(asked.fail_on),
        min_score: asked.min_score.map(u32::from),
        exemptions: exemptions.collect(),
        is_restricted: security.is_some_and(|security| security.value == Security::Restricted),
    }
}

fn floor(name: &str, policy: &StackPolicySpec) -> Floor {
    let asked = &policy.audit;
    Floor {
        name: name.to_owned(),
        mode: asked.mode.map(mode),
        fail_on: asked.fail_on.map(fail_on),
        min_score: asked.min_score.map(u32::from),
        exemptible: asked.exemptions.as_ref().map(|allowed| allowed.rules.clone()),
        needs_end: asked.exemptions.as_ref().is_some_and(|allowed| allowed.require_end),
    }
}

fn mode(mode: AuditMode) -> gate::Mode {
    match mode {
        AuditMode::Enforce => gate::Mode::Enforce,
        AuditMode::Warn => gate::Mode::Warn,
        AuditMode::Off => gate::Mode::Off,
    }
}

fn fail_on(limit: FailOn) -> gate::FailOn {
    match limit {
        FailOn::P1 => gate::FailOn::At(Severity::P1),
        FailOn::P2 => gate::FailOn::At(Severity::P2),
        FailOn::P3 => gate::FailOn::At(Severity::P3),
        FailOn::Never => gate::FailOn::Never,
    }
}

/// The verdict as the status has it; none when nothing was audited.
pub fn status(verdict: &Verdict) -> Option<AuditStatus> {
    if verdict.mode == gate::Mode::Off {
        return None;
    }
    let number = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    let score = |score: u32| i32::try_from(score).unwrap_or_default();
    let categories = verdict
        .score
        .categories
        .iter()
        .map(|category| CategoryScore { name: category.category.as_str().to_owned(), score: score(category.score) });
    let findings = verdict.findings.iter().filter(|finding| finding.counts()).take(FINDINGS).map(|finding| AuditFinding {
        rule: finding.rule.id.to_owned(),
        severity: finding.grade.severity.to_string(),
        service: finding.service.as_ref().map(ToString::to_string),
        message: finding.message.clone(),
        place: place(finding),
    });
    Some(AuditStatus {
        score: score(verdict.score.overall.unwrap_or(100)),
        p1: number(verdict.count(Severity::P1)),
        p2: number(verdict.count(Severity::P2)),
        p3: number(verdict.count(Severity::P3)),
        categories: categories.collect(),
        findings: findings.collect(),
    })
}

fn place(finding: &Judged) -> Option<String> {
    finding.place.as_ref().map(|place| format!("{}:{}", place.file, place.line))
}

/// Why a Stack is refused: each finding with rule, place and remedy.
pub fn refusal(verdict: &Verdict) -> Option<String> {
    let told = verdict.refused().map(|finding| {
        let place = place(finding).map(|place| format!("{place}: ")).unwrap_or_default();
        let help = finding.help.first().map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{} {place}{}{help}", finding.rule.id, finding.message)
    });
    let told: Vec<String> = told.chain(verdict.score_refusal.clone()).collect();
    (!told.is_empty()).then(|| told.join("; "))
}
