//! What `validate` says, with settings and suppressions applied: each problem of an object's own verdict, and what does not fit the
//! other objects, as a [`Remark`] with a severity. The verdicts are room `k8s`'s; a suppression changes none.

use windlass_k8s::validation::{Finding, Input, RELATIONS, Validation};
use windlass_k8s::validity::{self, Problem};
use windlass_source::Span;

use crate::baseline::{Fingerprints, in_the_baseline};
use crate::rule::{Check, is_prefix_of};
use crate::rules;
use crate::settings::Settings;
use crate::severity::Severity;
use crate::suppress::{self, Flaw, Subject, Suppressed, Suppression};

/// Where a remark comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The API server refuses the object.
    Refusal,
    /// The API server accepts it and warns.
    Warning,
    /// It does not fit the other objects.
    Relation,
    /// A suppression that is of no use.
    Suppression,
}

/// One thing that is said of an object, or of a suppression.
#[derive(Clone, Debug)]
pub struct Remark<'a> {
    /// The object, by its index; `None` for a suppression.
    pub resource: Option<usize>,
    /// Where it comes from.
    pub source: Source,
    /// The rule's id.
    pub rule: &'static str,
    /// How much it matters. What is refused, or does not work, is P1; the rest P2.
    pub severity: Severity,
    /// The field; empty where none is named.
    pub path: &'a str,
    /// What is wrong.
    pub message: String,
    /// Where.
    pub span: Option<Span>,
    /// Another place that belongs to it.
    pub related: Option<Span>,
    /// What to do.
    pub help: Option<&'a str>,
    /// The same for the same defect whatever stands above it in the file.
    pub fingerprint: String,
    /// Why it does not count.
    pub suppressed: Option<Suppressed>,
}

impl Remark<'_> {
    /// True unless something suppresses it.
    pub fn counts(&self) -> bool {
        self.suppressed.is_none()
    }
}

/// The remarks in the order of objects, those on suppressions last.
#[derive(Clone, Debug, Default)]
pub struct Judgement<'a> {
    /// All of them, suppressed ones too.
    pub remarks: Vec<Remark<'a>>,
}

impl Judgement<'_> {
    /// How many of a severity count.
    pub fn count(&self, severity: Severity) -> usize {
        self.remarks.iter().filter(|remark| remark.counts() && remark.severity == severity).count()
    }

    /// How many are suppressed.
    pub fn suppressed(&self) -> usize {
        self.remarks.iter().filter(|remark| !remark.counts()).count()
    }
}

/// Applies settings and suppressions to a validation.
pub fn judge<'a>(input: &'a Input, validation: &'a Validation, settings: &Settings) -> Judgement<'a> {
    let roots = validation.resources.iter().map(|resource| &resource.manifest.root);
    let written = suppress::written_in_manifests(&input.sources, roots);
    let suppressions: Vec<Suppression> = settings.suppressions.iter().cloned().chain(written).collect();
    let mut fingerprints = Fingerprints::new(&input.sources);
    let mut flaws = Vec::new();
    let mut remarks = Vec::new();
    for (index, resource) in validation.resources.iter().enumerate() {
        let problems = resource.problems.iter().map(|problem| of_problem(index, problem));
        for mut remark in problems.chain(resource.findings.iter().map(|finding| of_relation(index, finding))) {
            let is_named = |name: &str| is_named(remark.rule, name);
            if !settings.tells(is_named) {
                continue;
            }
            remark.severity = settings.severity_by(is_named).unwrap_or(remark.severity);
            let subject = Subject { is_named: &is_named, span: remark.span, stacks: &[], service: None, severity: remark.severity };
            let suppressed = suppress::suppressed(&subject, &suppressions, &input.sources, &settings.today, &mut flaws);
            remark.suppressed = suppressed;
            remark.fingerprint = fingerprints.next(remark.rule, remark.span, resource.name(), &remark.message);
            if remark.counts() && settings.baseline.contains(&remark.fingerprint) {
                remark.suppressed = Some(in_the_baseline());
            }
            remarks.push(remark);
        }
    }
    let flaws = suppress::with_unused(&suppressions, flaws);
    remarks.extend(flaws.into_iter().filter_map(|(index, flaw)| of_flaw(&suppressions[index], flaw, settings)));
    Judgement { remarks }
}

/// The names in the settings that mean no rule of `validate` and none of the audit.
pub fn unknown_names(settings: &Settings) -> Vec<&str> {
    settings.names().filter(|name| !is_known(name) && rules::named(name).next().is_none()).collect()
}

/// True when a name means a rule of `validate`.
pub(crate) fn is_known(name: &str) -> bool {
    ids().any(|id| is_named(id, name))
}

/// What a rule of `validate` finds, in a few words.
pub fn title(id: &str) -> &'static str {
    let of_flaws = rules::all().iter().filter(|rule| matches!(rule.check, Check::Suppression(_))).map(|rule| (rule.id, rule.slug));
    titles().chain(of_flaws).find(|(own, _)| *own == id).map_or("", |(_, title)| title)
}

/// Every rule of `validate` with what it finds.
pub fn titles() -> impl Iterator<Item = (&'static str, &'static str)> {
    validity::rules().map(|rule| (rule.id, rule.title)).chain(RELATIONS)
}

fn ids() -> impl Iterator<Item = &'static str> {
    titles().map(|(id, _)| id)
}

/// True when `name` means the rule with this id: as with [`Rule::is_named`](crate::Rule::is_named).
fn is_named(id: &str, name: &str) -> bool {
    id.eq_ignore_ascii_case(name) || is_prefix_of(name, id) || rules::all().iter().any(|rule| rule.id == id && rule.is_named(name))
}

fn of_problem(resource: usize, problem: &Problem) -> Remark<'_> {
    let (source, severity) = if problem.is_warning { (Source::Warning, Severity::P2) } else { (Source::Refusal, Severity::P1) };
    Remark {
        resource: Some(resource),
        source,
        rule: problem.rule.info().id,
        severity,
        path: &problem.path,
        message: problem.message.clone(),
        span: problem.span,
        related: None,
        help: problem.help.as_deref(),
        fingerprint: String::new(),
        suppressed: None,
    }
}

fn of_relation(resource: usize, finding: &Finding) -> Remark<'_> {
    Remark {
        resource: Some(resource),
        source: Source::Relation,
        rule: finding.rule,
        severity: if finding.is_error { Severity::P1 } else { Severity::P2 },
        path: &finding.path,
        message: finding.message.clone(),
        span: finding.span,
        related: finding.related,
        help: None,
        fingerprint: String::new(),
        suppressed: None,
    }
}

fn of_flaw(suppression: &Suppression, flaw: Flaw, settings: &Settings) -> Option<Remark<'static>> {
    // What names a rule of the audit is the audit's affair, and so is one that did not run.
    let ran = |name: &String| ids().any(|id| is_named(id, name) && settings.tells(|other| is_named(id, other)));
    if flaw == Flaw::Unused && !suppression.rules.iter().all(ran) {
        return None;
    }
    let rule = rules::all().iter().find(|rule| matches!(rule.check, Check::Suppression(of) if of == flaw))?;
    let is_named = |name: &str| rule.is_named(name);
    let (message, help) = flaw.told(suppression);
    settings.tells(is_named).then(|| Remark {
        resource: None,
        source: Source::Suppression,
        rule: rule.id,
        severity: settings.severity_by(is_named).unwrap_or(rule.severity),
        path: "",
        message,
        span: suppression.written,
        related: None,
        help: Some(help),
        fingerprint: String::new(),
        suppressed: None,
    })
}
