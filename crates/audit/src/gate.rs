//! The gate of the operator: may a Stack be applied?
//!
//! In: a loaded project, the objects that it was converted to, the Stack's settings and the floors of the cluster. Out: a [`Verdict`].
//! One function for the webhook and for the reconciliation, so that both say the same. Nothing here knows a cluster.
//!
//! The rules run over the project and over the objects. What the conversion mended (a probe or a limit that it filled in, a credential
//! that it moved to a Secret, a path of the host that it left out) is *repaired*: told, not counted. Rules that need a repository around the
//! project do not run. So what is left to refuse is what the objects would really do.

mod grades;
mod repairs;
mod workloads;

use std::collections::BTreeMap;
use std::path::Path;

use smol_str::SmolStr;
use windlass_compose::Loaded;
use windlass_k8s::Objects;
use windlass_k8s::name::service_name;
use windlass_source::{FileSystem, Span};

use self::workloads::Workloads;
use crate::audit;
use crate::context::Context;
use crate::findings::Finding;
use crate::rule::{Check, Rule};
use crate::rules;
use crate::score::{Profile, Score, score};
use crate::severity::{Grade, Severity};
use crate::suppress::{self, Covers, Suppression};

/// What the gate looks at.
pub struct Input<'a> {
    /// The project, without errors. It becomes a part of what is audited, of which there is one then.
    pub loaded: Loaded,
    /// What it was converted to.
    pub objects: &'a Objects,
    /// The working directory that it was loaded in.
    pub directory: &'a Path,
    /// Where mounted configuration is read from.
    pub files: &'a dyn FileSystem,
    /// What the Stack asks for.
    pub settings: &'a Settings,
    /// What the cluster demands of every Stack that they apply to.
    pub floors: &'a [Floor],
    /// The day by which exemptions end, `2026-01-31`.
    pub today: &'a str,
}

/// What a Stack asks of its audit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// What a finding above the limit does.
    pub mode: Mode,
    /// The limit.
    pub fail_on: FailOn,
    /// The least score, 0 to 100; `None`: any.
    pub min_score: Option<u32>,
    /// What need not be as a rule wants it.
    pub exemptions: Vec<Exemption>,
    /// The restricted Pod Security Standard was asked for: what does not meet it counts in full.
    pub is_restricted: bool,
}

/// What a finding above the limit does. The first is the strictest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// The Stack is refused.
    #[default]
    Enforce,
    /// It is told.
    Warn,
    /// Nothing: no rule runs.
    Off,
}

/// From which severity on a finding refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailOn {
    /// From this one on.
    At(Severity),
    /// None does.
    Never,
}

impl Default for FailOn {
    fn default() -> Self {
        Self::At(Severity::P1)
    }
}

impl FailOn {
    fn refuses(self, severity: Severity) -> bool {
        matches!(self, Self::At(limit) if severity <= limit)
    }

    /// The stricter of the two.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::At(one), Self::At(two)) => Self::At(one.max(two)),
            (Self::At(one), Self::Never) | (Self::Never, Self::At(one)) => Self::At(one),
            (Self::Never, Self::Never) => Self::Never,
        }
    }
}

/// A finding that somebody answers for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exemption {
    /// The rule: its id, its slug, another tool's id, or a prefix of ids.
    pub rule: String,
    /// The service; `None`: all.
    pub service: Option<String>,
    /// Why; a P1 without a reason counts.
    pub reason: String,
    /// The last day on which it holds, `2027-01-01`; `None`: for ever.
    pub until: Option<String>,
}

/// What a cluster demands: no Stack can ask for less.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Floor {
    /// How people call it: the name of the StackPolicy.
    pub name: String,
    /// At least this strict.
    pub mode: Option<Mode>,
    /// At least this limit.
    pub fail_on: Option<FailOn>,
    /// At least this score.
    pub min_score: Option<u32>,
    /// The rules that a Stack may be exempt from, by any of their names; `None`: all.
    pub exemptible: Option<Vec<String>>,
    /// Exemptions must have a last day.
    pub needs_end: bool,
}

/// What the gate says.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Every finding, the worst first, then in the order of places. What is repaired or exempt is among them.
    pub findings: Vec<Judged>,
    /// Why the Stack is refused beside its findings: a score below the least.
    pub score_refusal: Option<String>,
    /// The scores, of what counts.
    pub score: Score,
    /// What is said of exemptions that do not hold: ended, without a reason, not allowed.
    pub notes: Vec<String>,
    /// The settings that held, after the floors.
    pub mode: Mode,
}

/// A finding with what becomes of it.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The rule.
    pub rule: &'static Rule,
    /// How much it matters in the cluster, and why so.
    pub grade: Grade,
    /// What is wrong, on one line.
    pub message: String,
    /// What to do.
    pub help: Vec<String>,
    /// Where.
    pub place: Option<Place>,
    /// The service.
    pub service: Option<SmolStr>,
    /// The object, `Deployment/web`.
    pub object: Option<String>,
    /// What becomes of it.
    pub standing: Standing,
}

/// A place in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file as people name it.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
}

/// What becomes of a finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// The Stack is refused for it.
    Refused,
    /// It counts, and is told.
    Warned,
    /// The objects do not have it, for this reason.
    Repaired(String),
    /// Somebody answers for it, for this reason.
    Exempt(String),
}

impl Verdict {
    /// True when the Stack may not be applied.
    pub fn is_refused(&self) -> bool {
        self.score_refusal.is_some() || self.refused().next().is_some()
    }

    /// The findings that the Stack is refused for.
    pub fn refused(&self) -> impl Iterator<Item = &Judged> {
        self.findings.iter().filter(|finding| finding.standing == Standing::Refused)
    }

    /// How many findings of a severity count.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.counts() && finding.grade.severity == severity).count()
    }

    /// The same, where the Stack is refused for nothing: what was refused is told. For an update that changes nothing in the cluster, see
    /// [`is_same_rendering`].
    #[must_use]
    pub fn admitted(mut self) -> Self {
        for finding in self.findings.iter_mut().filter(|finding| finding.standing == Standing::Refused) {
            finding.standing = Standing::Warned;
        }
        self.notes.extend(self.score_refusal.take());
        self
    }
}

impl Judged {
    /// True unless it is repaired or exempt.
    pub fn counts(&self) -> bool {
        matches!(self.standing, Standing::Refused | Standing::Warned)
    }
}

/// Judges a Stack.
pub fn gate(input: Input<'_>) -> Verdict {
    let Input { loaded, objects, directory, files, settings, floors, today } = input;
    let effective = Effective::new(settings, floors);
    if effective.mode == Mode::Off {
        return Verdict { mode: Mode::Off, ..Verdict::default() };
    }
    let context = Context::of_conversion(loaded, objects, directory, files);
    let (mut findings, outcomes) = audit::run(&context, |rule| !rule.is_optional && applies(rule));
    let workloads = Workloads::of(&context);
    name_services(&mut findings, &context, &workloads);
    grades::adapt(&mut findings, &context, &workloads, settings.is_restricted);

    let mut notes = Vec::new();
    let exemptions = effective.exemptions(settings, &context, &mut notes);
    for (index, flaw) in suppress::apply(&exemptions, &mut findings, context.sources(), today) {
        notes.extend(flaw_of(&exemptions[index], flaw));
    }
    repairs::mark(&mut findings, &context, &workloads);

    let score = score(&outcomes, &findings, Profile::DEFAULT);
    let score_refusal = effective.score_refusal(&score);
    let mut judged: Vec<Judged> = audit::merged(findings, &context).into_iter().map(|finding| effective.judge(finding, &context)).collect();
    leave_echoes_out(&mut judged);
    judged.sort_by_key(|finding| finding.grade.severity);
    Verdict { findings: judged, score_refusal, score, notes, mode: effective.mode }
}

/// True when two renderings are the same objects: an update between them changes nothing in the cluster and is never refused.
pub fn is_same_rendering(old: &Objects, new: &Objects) -> bool {
    old.len() == new.len() && old.iter().zip(new).all(|(old, new)| old.resource == new.resource)
}

/// Rules that look at what a Stack does not have, a Dockerfile, a pipeline, a guide, do not run.
fn applies(rule: &Rule) -> bool {
    match rule.check {
        Check::Dockerfile(_)
        | Check::Stage(_)
        | Check::Workflow(_)
        | Check::Environment(_)
        | Check::Repository(_)
        | Check::Suppression(_)
        | Check::NotRun(_) => false,
        Check::Service(_)
        | Check::Stack(_)
        | Check::Nginx(_)
        | Check::Php(_)
        | Check::FpmPool(_)
        | Check::MySql(_)
        | Check::Redis(_)
        | Check::Prometheus(_)
        | Check::Object(_)
        | Check::Workload(_)
        | Check::Container(_) => true,
    }
}

/// Says which service a finding on an object is about: the one that its pods run, or of several the one whose text it stands in. So an
/// exemption for a service covers it.
fn name_services(findings: &mut [Finding], context: &Context, workloads: &Workloads<'_>) {
    let mut keys: Vec<(Span, &SmolStr)> =
        grades::services(context).filter_map(|service| Some((service.name.span()?, &service.name.value))).collect();
    keys.sort_unstable();
    let by_name: BTreeMap<SmolStr, &SmolStr> = keys.iter().map(|(_, name)| (service_name(name), *name)).collect();
    for finding in findings.iter_mut().filter(|finding| finding.object.is_some() && finding.service.is_none()) {
        let containers = workloads.containers_of(finding.object.as_deref().unwrap_or_default());
        let mut running = containers.iter().filter_map(|name| by_name.get(*name).copied());
        finding.service = match (running.next(), running.next(), finding.span) {
            (Some(only), None, _) => Some(only.clone()),
            (Some(_), Some(_), Some(span)) => {
                let after = keys.partition_point(|(key, _)| (key.file, key.start) <= (span.file, span.start));
                keys[..after].last().filter(|(key, _)| key.file == span.file).map(|(_, name)| SmolStr::clone(name))
            }
            _ => None,
        };
    }
}

/// Takes out what an object has where a finding of the project says it already: the same control on the same line, no less severe. What is
/// repaired in the project and is in an object all the same stays.
fn leave_echoes_out(judged: &mut Vec<Judged>) {
    let line = |finding: &Judged| finding.place.as_ref().map(|place| (place.file.clone(), place.line, finding.rule.control));
    let of_project = judged.iter().filter(|finding| finding.object.is_none() && !matches!(finding.standing, Standing::Repaired(_)));
    let mut said: BTreeMap<_, Severity> = BTreeMap::new();
    for (line, severity) in of_project.filter_map(|finding| Some((line(finding)?, finding.grade.severity))) {
        let worst = said.entry(line).or_insert(severity);
        *worst = severity.min(*worst);
    }
    let is_echo = |finding: &Judged| line(finding).and_then(|line| said.get(&line)).is_some_and(|said| *said <= finding.grade.severity);
    judged.retain(|finding| finding.object.is_none() || !is_echo(finding));
}

fn flaw_of(exemption: &Suppression, flaw: suppress::Flaw) -> Option<String> {
    let names = exemption.rules.join(", ");
    match flaw {
        // The finding may come back with the next change.
        suppress::Flaw::Unused => None,
        suppress::Flaw::Expired => {
            Some(format!("the exemption from `{names}` ended on {}", exemption.until.as_deref().unwrap_or_default()))
        }
        suppress::Flaw::NoReason => Some(format!("the exemption from `{names}` gives no reason, which P1 demands")),
    }
}

/// The Stack's settings and the floors together.
struct Effective<'a> {
    mode: Mode,
    fail_on: FailOn,
    min_score: Option<u32>,
    floors: &'a [Floor],
}

impl<'a> Effective<'a> {
    fn new(settings: &Settings, floors: &'a [Floor]) -> Self {
        let mut effective = Self { mode: settings.mode, fail_on: settings.fail_on, min_score: settings.min_score, floors };
        for floor in floors {
            effective.mode = floor.mode.map_or(effective.mode, |mode| effective.mode.min(mode));
            effective.fail_on = floor.fail_on.map_or(effective.fail_on, |fail_on| effective.fail_on.and(fail_on));
            effective.min_score = effective.min_score.max(floor.min_score);
        }
        effective
    }

    /// What the Stack and its texts exempt, as far as every floor lets it.
    fn exemptions(&self, settings: &Settings, context: &Context, notes: &mut Vec<String>) -> Vec<Suppression> {
        let of_settings = settings.exemptions.iter().map(|exemption| {
            let covers = Covers::Everywhere { path: None, service: exemption.service.clone() };
            let mut made = Suppression::new(vec![exemption.rule.clone()], covers, None);
            made.reason.clone_from(&exemption.reason);
            made.until.clone_from(&exemption.until);
            made
        });
        let mut all: Vec<Suppression> = of_settings.chain(suppress::written(context)).collect();
        for exemption in &mut all {
            let has_end = exemption.until.is_some();
            exemption.rules.retain(|name| match self.floors.iter().find_map(|floor| floor.objection(name, has_end)) {
                None => true,
                Some(objection) => {
                    notes.push(objection);
                    false
                }
            });
        }
        all.retain(|exemption| !exemption.rules.is_empty());
        all
    }

    fn score_refusal(&self, score: &Score) -> Option<String> {
        let (least, overall) = (self.min_score?, score.overall?);
        (self.mode == Mode::Enforce && overall < least).then(|| format!("the score is {overall}, and {least} is demanded"))
    }

    fn judge(&self, finding: Finding, context: &Context) -> Judged {
        let standing = match finding.suppressed {
            Some(suppressed) if suppressed.is_repaired => Standing::Repaired(suppressed.reason),
            Some(suppressed) => Standing::Exempt(suppressed.reason),
            None if self.mode == Mode::Enforce && self.fail_on.refuses(finding.grade.severity) => Standing::Refused,
            None => Standing::Warned,
        };
        let place = finding.span.map(|span| {
            let (file, position) = (context.sources().file(span.file), context.sources().position(span));
            Place { file: file.name().to_owned(), line: position.line, column: position.column }
        });
        let Finding { rule, grade, message, help, service, object, .. } = finding;
        Judged { rule, grade, message, help, place, service, object: object.map(Into::into), standing }
    }
}

impl Floor {
    /// Why a Stack can't be exempt from every rule that `name` means.
    fn objection(&self, name: &str, has_end: bool) -> Option<String> {
        let may = |rule: &Rule| self.exemptible.as_ref().is_none_or(|names| names.iter().any(|allowed| rule.is_named(allowed)));
        if !rules::named(name).all(may) {
            return Some(format!("the policy `{}` lets no Stack be exempt from `{name}`", self.name));
        }
        (self.needs_end && !has_end).then(|| format!("the policy `{}` wants a last day of the exemption from `{name}`", self.name))
    }
}
