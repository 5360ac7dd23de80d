//! What rules say: the builder that a check writes to, and the finding that comes out.

use smol_str::SmolStr;
use windlass_source::{Applicability, Edit, Fix, Label, Span};

use crate::rule::Rule;
use crate::severity::{Grade, Severity};
use crate::suppress::Suppressed;

/// One finding: what, where, why, remedy.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule that found it.
    pub rule: &'static Rule,
    /// How much it matters here, and why so.
    pub grade: Grade,
    /// What is wrong, on one line: lower case, no full stop, backticks round literals.
    pub message: String,
    /// Where; `None`: the project as a whole, as when a file is missing.
    pub span: Option<Span>,
    /// Other places that belong to it.
    pub related: Vec<Label>,
    /// Why it matters here, beside the rule's own reason.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Vec<String>,
    /// Repairs by machine.
    pub fixes: Vec<Fix>,
    /// The stacks that it belongs to, by index; empty: none, or the repository as a whole.
    pub stacks: Vec<usize>,
    /// The service.
    pub service: Option<SmolStr>,
    /// The Kubernetes object, `Deployment/web`.
    pub object: Option<SmolStr>,
    /// The same for the same defect whatever stands above it in the file; for baselines.
    pub fingerprint: String,
    /// Why it does not count.
    pub suppressed: Option<Suppressed>,
}

impl Finding {
    /// The severity that the context decides, with its reason.
    pub fn severity(&mut self, grade: impl Into<Grade>) -> &mut Self {
        self.grade = grade.into();
        self
    }

    /// What to do, as an imperative. May be called again.
    pub fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help.push(help.into());
        self
    }

    /// Why it matters here, where the rule's own reason does not say it.
    pub fn because(&mut self, note: impl Into<String>) -> &mut Self {
        self.notes.push(note.into());
        self
    }

    /// Another place that belongs to it, and what stands there.
    pub fn related(&mut self, span: impl Into<Option<Span>>, message: impl Into<String>) -> &mut Self {
        if let Some(span) = span.into() {
            self.related.push(Label { span, message: message.into() });
        }
        self
    }

    /// A certain repair: one edit, nothing to invent. `None` adds nothing.
    pub fn fix(&mut self, title: impl Into<String>, edit: impl Into<Option<Edit>>) -> &mut Self {
        self.repair(title, edit.into(), Applicability::Automatic)
    }

    /// A repair that a person must look at.
    pub fn suggest(&mut self, title: impl Into<String>, edit: impl Into<Option<Edit>>) -> &mut Self {
        self.repair(title, edit.into(), Applicability::Suggested)
    }

    fn repair(&mut self, title: impl Into<String>, edit: Option<Edit>, applicability: Applicability) -> &mut Self {
        if let Some(edit) = edit {
            self.fixes.push(Fix { title: title.into(), edits: vec![edit], applicability });
        }
        self
    }

    /// `auto`, `suggest` or `no`: what `fix` can do about this finding.
    pub fn fixable(&self) -> &'static str {
        match self.fixes.iter().map(|fix| fix.applicability).min() {
            Some(Applicability::Automatic) => "auto",
            Some(Applicability::Suggested) => "suggest",
            None => "no",
        }
    }

    /// True unless something suppresses it.
    pub fn counts(&self) -> bool {
        self.suppressed.is_none()
    }
}

/// What a check writes to. Without a call, the target passes.
#[derive(Debug)]
pub struct Findings<'t> {
    rule: &'static Rule,
    target: &'t Target,
    found: Vec<Finding>,
    verdict: Verdict,
}

/// What one check looks at, for the accounts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Target {
    /// The stacks that it belongs to.
    pub(crate) stacks: Vec<usize>,
    pub(crate) service: Option<SmolStr>,
    /// `Deployment/web`.
    pub(crate) object: Option<SmolStr>,
    /// It is the repository as a whole, which every stack is part of.
    pub(crate) is_repository: bool,
}

/// What a check found of its target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is as it should be, unless something was reported.
    Applies,
    /// The rule does not speak of it.
    NotApplicable,
    /// It is not as it should be, and need not be, for this reason.
    Exempt(String),
}

/// What became of one rule on one target.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) rule: &'static Rule,
    pub(crate) stacks: Vec<usize>,
    pub(crate) is_of_repository: bool,
    pub(crate) verdict: Verdict,
    /// The findings, by index.
    pub(crate) findings: std::ops::Range<usize>,
}

impl<'t> Findings<'t> {
    pub(crate) fn new(rule: &'static Rule, target: &'t Target) -> Self {
        Self { rule, target, found: Vec::new(), verdict: Verdict::Applies }
    }

    /// Reports a defect at a place; `None` is the project as a whole. Something that is missing is reported at its parent's key.
    pub fn report(&mut self, span: impl Into<Option<Span>>, message: impl Into<String>) -> &mut Finding {
        self.found.push(Finding {
            rule: self.rule,
            grade: self.rule.severity.into(),
            message: message.into(),
            span: span.into(),
            related: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
            fixes: Vec::new(),
            stacks: self.target.stacks.clone(),
            service: self.target.service.clone(),
            object: self.target.object.clone(),
            fingerprint: String::new(),
            suppressed: None,
        });
        self.found.last_mut().expect("one was just added")
    }

    /// The rule does not speak of this target: it counts neither as passed nor as failed.
    pub fn not_applicable(&mut self) {
        self.verdict = Verdict::NotApplicable;
    }

    /// The target is not as the rule wants it, and need not be, for this reason: it counts neither as passed nor as failed.
    pub fn exempt(&mut self, reason: impl Into<String>) {
        self.verdict = Verdict::Exempt(reason.into());
    }

    /// The severity of the rule where the context changes nothing.
    pub fn severity(&self) -> Severity {
        self.rule.severity
    }

    /// Moves what was found to `findings` and tells the outcome.
    pub(crate) fn finish(self, findings: &mut Vec<Finding>) -> Outcome {
        let start = findings.len();
        findings.extend(self.found);
        Outcome {
            rule: self.rule,
            stacks: self.target.stacks.clone(),
            is_of_repository: self.target.is_repository,
            verdict: self.verdict,
            findings: start..findings.len(),
        }
    }
}
