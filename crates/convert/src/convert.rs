//! The three phases: decide, attributes, finish.

use windlass_k8s::Objects;
use windlass_source::Diagnostic;

use crate::attributes;
use crate::decide::{Input, Plan};
use crate::draft::Draft;
use crate::expand::expand;
use crate::fates::Fates;
use crate::finish;
use crate::report::Report;

/// What a conversion gives.
#[derive(Debug, Default)]
pub struct Conversion {
    /// The objects.
    pub objects: Objects,
    /// What became of every attribute.
    pub report: Report,
    /// What there is to say beside the report.
    pub diagnostics: Vec<Diagnostic>,
}

/// Converts a project. Never fails: what can't be converted has its fate in the report and, where a person has to act, a
/// diagnostic.
pub fn convert(input: &Input<'_>) -> Conversion {
    let options = input.options.with(input.project.windlass.as_ref().map(|settings| &settings.value));
    let expanded = expand(input.project);
    let input = &Input { options: &options, project: expanded.as_ref().unwrap_or(input.project), ..*input };
    let mut diagnostics = Vec::new();
    let mut fates = Fates::default();
    let plan = Plan::new(input, &mut diagnostics);
    let mut drafts: Vec<Draft> = Vec::with_capacity(plan.services.len());
    for service in &plan.services {
        let mut draft = Draft::default();
        attributes::apply(service, &plan, &mut draft, &mut fates, &mut diagnostics);
        drafts.push(draft);
    }
    attributes::apply_project(&plan, &mut fates, &mut diagnostics);
    let (mut objects, layout) = finish::finish(&plan, drafts, &mut fates, &mut diagnostics);
    // The report needs the room.
    drop(plan);
    let report = fates.report(input.tree, &layout, &mut objects);
    Conversion { objects, report, diagnostics }
}
