//! The audit: rules run over a context, suppressions applied, scores counted. Pure.

use windlass_source::{Diagnostic, in_parallel};

use crate::baseline;
use crate::context::{
    ConfigContext, ContainerContext, Context, EnvironmentKind, ObjectContext, ServiceContext, StackContext, WorkloadContext,
};
use crate::findings::{Finding, Findings, Outcome, Target, Verdict};
use crate::judgement;
use crate::rule::{Check, ConfigCheck, Rule};
use crate::rules;
use crate::score::{self, Score};
use crate::settings::Settings;
use crate::severity::{Grade, Severity};
use crate::suppress::{self, Flaw, Suppression};

/// What was found.
#[derive(Debug, Default)]
pub struct Audit {
    /// Findings in the order of files and places; what several stacks share stands once. Suppressed ones are among them.
    pub findings: Vec<Finding>,
    /// Each stack with its score, in the order of the context.
    pub stacks: Vec<StackResult>,
    /// Each control counted once over all files.
    pub total: Score,
    /// What need not be as a rule wants it, with the reason.
    pub exemptions: Vec<Exemption>,
    /// What could not be read, and so was not checked.
    pub not_understood: Vec<Diagnostic>,
    /// The rules that files can't answer, with the reason.
    pub not_run: Vec<(&'static Rule, &'static str)>,
    /// How many files were checked: compose files, Dockerfiles, configuration files.
    pub files: usize,
}

/// A stack's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackResult {
    /// The file that it is named after.
    pub name: String,
    /// Its files in merge order.
    pub files: Vec<String>,
    /// Development or production.
    pub environment: EnvironmentKind,
    /// How that is known.
    pub because: String,
    /// Its findings, and those of the repository as a whole.
    pub score: Score,
}

/// A target that a rule excuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exemption {
    /// The rule's id.
    pub rule: &'static str,
    /// The stacks that it belongs to.
    pub stacks: Vec<usize>,
    /// The reason.
    pub reason: String,
}

impl Audit {
    /// The lowest score of the stacks; without any, that of all files together.
    pub fn score(&self) -> Option<u32> {
        self.stacks.iter().filter_map(|stack| stack.score.overall).min().or(self.total.overall)
    }

    /// How many findings of a severity count.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.counts() && finding.grade.severity == severity).count()
    }
}

/// Runs the rules that the settings select.
pub fn audit(context: &Context, settings: &Settings) -> Audit {
    let (mut findings, mut outcomes) = run(context, |rule| settings.runs(rule));
    for finding in &mut findings {
        if let Some(severity) = settings.severity_of(finding.rule) {
            finding.grade = Grade::new(severity, "the settings say so");
        }
    }
    let suppressions: Vec<Suppression> = settings.suppressions.iter().cloned().chain(suppress::written(context)).collect();
    let flaws = suppress::apply(&suppressions, &mut findings, context.sources(), &settings.today);
    for (index, flaw) in flaws {
        tell(&suppressions[index], flaw, settings, &mut findings, &mut outcomes);
    }
    baseline::fingerprint(&mut findings, context.sources());
    baseline::apply(&settings.baseline, &mut findings);

    let scores = score::by_stack(&outcomes, &findings, settings.profile, context.stacks().count());
    let of = |(stack, score): (StackContext<'_>, Score)| StackResult {
        name: stack.name().to_owned(),
        files: stack.files().to_vec(),
        environment: stack.environment().kind,
        because: stack.environment().because.clone(),
        score,
    };
    Audit {
        stacks: context.stacks().zip(scores).map(of).collect(),
        total: score::score(&outcomes, &findings, settings.profile),
        exemptions: outcomes.iter().filter_map(Outcome::exemption).collect(),
        findings: merged(findings, context),
        not_understood: context.not_understood().to_vec(),
        not_run: rules::all().iter().filter(|rule| settings.runs(rule)).filter_map(|rule| Some((*rule, rule.not_run()?))).collect(),
        files: context.checked_files(),
    }
}

/// Runs the rules that are wanted, in the order of ids.
pub(crate) fn run(context: &Context, is_wanted: impl Fn(&Rule) -> bool) -> (Vec<Finding>, Vec<Outcome>) {
    let wanted: Vec<&'static Rule> = rules::all().iter().copied().filter(|rule| is_wanted(rule)).collect();
    let pods = Pods::of(context);
    let targets = context.objects().count() + context.services().count() + context.dockerfiles().count();
    let ran = in_parallel(&wanted, if targets < FEW { usize::MAX } else { 0 }, |rule| run_one(rule, context, &pods));
    // A finding is large, and there are many: no list of them is made that grows.
    let number = |count: fn(&(Vec<Finding>, Vec<Outcome>)) -> usize| ran.iter().map(count).sum();
    let mut findings = Vec::with_capacity(number(|(found, _)| found.len()));
    let mut outcomes = Vec::with_capacity(number(|(_, told)| told.len()));
    for (found, told) in ran {
        let before = findings.len();
        findings.extend(found);
        let moved = |findings: std::ops::Range<usize>| findings.start + before..findings.end + before;
        outcomes.extend(told.into_iter().map(|outcome| Outcome { findings: moved(outcome.findings.clone()), ..outcome }));
    }
    (findings, outcomes)
}

/// Targets below which one thread runs all rules: starting another takes longer.
const FEW: usize = 100;

/// What makes pods, and its containers: most rules on manifests ask for them.
struct Pods<'a> {
    workloads: Vec<WorkloadContext<'a>>,
    containers: Vec<ContainerContext<'a>>,
}

impl<'a> Pods<'a> {
    fn of(context: &'a Context) -> Self {
        let workloads: Vec<_> = context.objects().filter_map(|object| object.workload()).collect();
        Self { containers: workloads.iter().flat_map(WorkloadContext::containers).collect(), workloads }
    }
}

/// Runs a rule on each of its targets.
fn run_one(rule: &'static Rule, context: &Context, pods: &Pods<'_>) -> (Vec<Finding>, Vec<Outcome>) {
    let (mut findings, mut outcomes) = (Vec::new(), Vec::new());
    let mut on = |target: Target, check: &dyn Fn(&mut Findings<'_>)| {
        let mut sink = Findings::new(rule, &target);
        check(&mut sink);
        let outcome = sink.finish(&mut findings);
        if outcome.says_something() {
            outcomes.push(outcome);
        }
    };
    let of_stack = |stack: StackContext<'_>| Target { stacks: vec![stack.index()], ..Target::default() };
    match rule.check {
        Check::Dockerfile(check) => context.dockerfiles().for_each(|dockerfile| {
            on(Target::of_services(dockerfile.services()), &|sink| check(&dockerfile, sink));
        }),
        Check::Stage(check) => context.dockerfiles().for_each(|dockerfile| {
            let target = Target::of_services(dockerfile.services());
            dockerfile.stages().for_each(|stage| on(target.clone(), &|sink| check(&stage, sink)));
        }),
        Check::Service(check) => context.services().for_each(|service| {
            let target = Target { service: Some(service.name().into()), ..of_stack(service.stack()) };
            on(target, &|sink| check(&service, sink));
        }),
        Check::Stack(check) => context.stacks().for_each(|stack| on(of_stack(stack), &|sink| check(&stack, sink))),
        Check::Nginx(check) => each(context, &mut on, ConfigContext::nginx, check),
        Check::Php(check) => each(context, &mut on, ConfigContext::php, check),
        Check::FpmPool(check) => each(context, &mut on, ConfigContext::fpm_pool, check),
        Check::MySql(check) => each(context, &mut on, ConfigContext::mysql, check),
        Check::Redis(check) => each(context, &mut on, ConfigContext::redis, check),
        Check::Prometheus(check) => each(context, &mut on, ConfigContext::prometheus, check),
        Check::Workflow(check) => each(context, &mut on, ConfigContext::workflow, check),
        Check::Environment(check) => context.configs().filter(|config| config.is_environment()).for_each(|config| {
            on(Target::of_config(config), &|sink| check(&config, sink));
        }),
        Check::Object(check) => context.objects().for_each(|object| on(Target::of_object(object), &|sink| check(&object, sink))),
        Check::Workload(check) => pods.workloads.iter().for_each(|workload| {
            on(Target::of_object(workload.object()), &|sink| check(workload, sink));
        }),
        Check::Container(check) => pods.containers.iter().for_each(|container| {
            on(Target::of_object(container.workload().object()), &|sink| check(container, sink));
        }),
        Check::Repository(check) => on(Target { is_repository: true, ..Target::default() }, &|sink| check(context, sink)),
        // Told when suppressions are applied, and as not run.
        Check::Suppression(_) | Check::NotRun(_) => {}
    }
    (findings, outcomes)
}

/// Runs a check on each configuration file that `tree` knows.
fn each<'a, T: 'a>(
    context: &'a Context,
    on: &mut impl FnMut(Target, &dyn Fn(&mut Findings<'_>)),
    tree: fn(ConfigContext<'a>) -> Option<&'a T>,
    check: ConfigCheck<T>,
) {
    for config in context.configs() {
        if let Some(tree) = tree(config) {
            on(Target::of_config(config), &|sink| check(&config, tree, sink));
        }
    }
}

/// Reports a flaw of a suppression, where its rule runs and the suppressed one did.
fn tell(suppression: &Suppression, flaw: Flaw, settings: &Settings, findings: &mut Vec<Finding>, outcomes: &mut Vec<Outcome>) {
    let about = |rule: &&&'static Rule| matches!(rule.check, Check::Suppression(of) if of == flaw);
    let Some(rule) = rules::all().iter().find(about).filter(|rule| settings.runs(rule)) else { return };
    let named = |rule: &&&Rule| suppression.rules.iter().any(|name| rule.is_named(name));
    let all_ran = rules::all().iter().filter(named).all(|rule| settings.runs(rule));
    // One for `validate` is of use there.
    let is_for_validate = || suppression.rules.iter().any(|name| rules::named(name).next().is_none() && judgement::is_known(name));
    if flaw == Flaw::Unused && (!all_ran || is_for_validate()) {
        return;
    }
    let target = Target { is_repository: true, ..Target::default() };
    let mut sink = Findings::new(rule, &target);
    let (message, help) = flaw.told(suppression);
    sink.report(suppression.written, message).help(help);
    outcomes.push(sink.finish(findings));
}

/// What several stacks share, once: with the worst severity, and suppressed only when it is in all of them.
pub(crate) fn merged(mut findings: Vec<Finding>, context: &Context) -> Vec<Finding> {
    findings.sort_by_cached_key(|finding| (finding.span, finding.rule.id, finding.message.clone()));
    findings.dedup_by(|finding, known| {
        if (finding.span, finding.rule.id, &finding.message) != (known.span, known.rule.id, &known.message) {
            return false;
        }
        let stacks: Vec<usize> = finding.stacks.iter().copied().filter(|stack| !known.stacks.contains(stack)).collect();
        let replaces = (finding.suppressed.is_some(), finding.grade.severity) < (known.suppressed.is_some(), known.grade.severity);
        if replaces {
            std::mem::swap(finding, known);
            std::mem::swap(&mut finding.stacks, &mut known.stacks);
            std::mem::swap(&mut finding.fingerprint, &mut known.fingerprint);
        }
        known.stacks.extend(stacks);
        true
    });
    let name = |finding: &Finding| finding.span.map_or("", |span| context.sources().file(span.file).name()).to_owned();
    findings.sort_by_cached_key(|finding| (name(finding), finding.span.map(|span| span.start), finding.rule.id));
    findings
}

impl Target {
    fn of_services<'a>(services: impl Iterator<Item = ServiceContext<'a>>) -> Self {
        let mut stacks: Vec<usize> = services.map(|service| service.stack().index()).collect();
        stacks.sort_unstable();
        stacks.dedup();
        Self { stacks, ..Self::default() }
    }
}

impl Target {
    fn of_object(object: ObjectContext<'_>) -> Self {
        Self { object: Some(object.reference().clone()), ..Self::default() }
    }

    fn of_config(config: ConfigContext<'_>) -> Self {
        let is_repository = config.workflow().is_some();
        Self { is_repository, ..Self::of_services(config.services().map(|(service, _)| service)) }
    }
}

impl Outcome {
    /// False when the rule does not speak of its target, which most rules say of most objects.
    fn says_something(&self) -> bool {
        self.verdict != Verdict::NotApplicable || !self.findings.is_empty()
    }

    fn exemption(&self) -> Option<Exemption> {
        let Verdict::Exempt(reason) = &self.verdict else { return None };
        Some(Exemption { rule: self.rule.id, stacks: self.stacks.clone(), reason: reason.clone() })
    }
}
