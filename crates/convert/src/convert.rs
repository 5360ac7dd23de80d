//! The three phases: decide, attributes, finish.

use windlass_k8s::Objects;
use windlass_source::{Diagnostic, in_parallel};

use crate::attributes;
use crate::decide::{Input, Plan};
use crate::draft::Draft;
use crate::expand::expand;
use crate::fates::Fates;
use crate::finish;
use crate::layout::Layout;
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

/// Fewer services are worked on faster than a second thread is there.
pub(crate) const WORTH_A_THREAD: usize = 40;

/// Makes the tables that every conversion looks into. It may be done beside the loading of the project; a conversion does it otherwise.
pub fn prepare() {
    windlass_k8s::schema::prepare();
}

/// Converts a project. Never fails: what can't be converted has its fate in the report and, where a person has to act, a
/// diagnostic.
pub fn convert(input: &Input<'_>) -> Conversion {
    let (mut conversion, fates, layout) = convert_with(input, true);
    conversion.report = fates.report(input.tree, &layout, &mut conversion.objects);
    conversion
}

/// As [`convert`], for those who ask for objects alone: the report stays empty, and the objects don't know where their fields came
/// from.
pub fn convert_objects(input: &Input<'_>) -> Conversion {
    convert_with(input, false).0
}

fn convert_with(input: &Input<'_>, are_fates_kept: bool) -> (Conversion, Fates, Layout) {
    let options = input.options.with(input.project.windlass.as_ref().map(|settings| &settings.value));
    let expanded = expand(input.project);
    let input = &Input { options: &options, project: expanded.as_ref().unwrap_or(input.project), ..*input };
    let mut diagnostics = Vec::new();
    let plan = Plan::new(input, &mut diagnostics);
    let applied = in_parallel(&plan.services, WORTH_A_THREAD, |service| {
        // A draft is large, and is moved from list to list.
        let (mut draft, mut fates, mut diagnostics) = (Box::<Draft>::default(), Fates::new(are_fates_kept), Vec::new());
        attributes::apply(service, &plan, &mut draft, &mut fates, &mut diagnostics);
        (draft, fates, diagnostics)
    });
    let (mut drafts, mut decided) = (Vec::with_capacity(plan.services.len()), Vec::with_capacity(plan.services.len()));
    for (draft, own, told) in applied {
        drafts.push(Some(draft));
        decided.push(own);
        diagnostics.extend(told);
    }
    let mut fates = Fates::new(are_fates_kept);
    fates.add(decided);
    attributes::apply_project(&plan, &mut fates, &mut diagnostics);
    let (objects, layout) = finish::finish(&plan, drafts, &mut fates, &mut diagnostics);
    (Conversion { objects, report: Report::default(), diagnostics }, fates, layout)
}

#[cfg(test)]
mod tests {
    use crate::testing::project;

    fn service(number: usize) -> String {
        format!("  app{number}:\n    image: acme/app:1\n    expose: ['80']\n    environment: {{ A_TOKEN: secret-of-{number} }}\n")
    }

    #[test]
    fn a_service_among_many_becomes_what_it_becomes_alone() {
        let services: String = (0..8 * super::WORTH_A_THREAD).map(service).collect();
        let all = project(&format!("services:\n{services}")).convert();
        for number in [0, 7, 8, 2 * super::WORTH_A_THREAD, 255, 256, 8 * super::WORTH_A_THREAD - 1] {
            let alone = project(&format!("services:\n{}", service(number))).convert();
            let workload = format!("Deployment/app{number}");
            assert_eq!(all.yaml(&workload), alone.yaml(&workload));
            let path = format!("services.app{number}.");
            assert_eq!(all.fates(&path), alone.fates(&path));
        }
    }
}
