//! What holds for any manifests: the fuzz target `validate` and `crates/k8s/tests/robust.rs` ask for it.

use windlass_k8s::read::read;
use windlass_k8s::schema::{CustomKinds, Version};
use windlass_k8s::validation::{Answer, Input, Validation, against, answered, validate};
use windlass_k8s::validity::{self, Verdict};
use windlass_source::{SourceMap, Span};
use windlass_yaml::{Budget, Style, node_to_string};

/// No panic, places inside the text, and the same verdict on an object that is written anew. Each text is a stream: what is judged, the
/// definitions beside it, what is there already.
pub(crate) fn check(version: Version, [text, definitions, there]: [String; 3], answer: &str) {
    let input = |text: String| {
        let mut input = Input::default();
        let file = input.sources.add("all.yaml", text);
        input.files.push(file);
        input
    };
    let (judged, definitions, there) = (input(text), input(definitions), input(there));
    let mut validation = validate(&judged, &definitions, version);
    let custom = custom_kinds(&[&definitions, &judged]);
    same_when_written(&validation, version, &custom);
    against(&mut validation, &there);
    let statuses = [422, 201, 400, 403];
    let answers =
        (0..validation.resources.len()).map(|at| Answer::read(statuses[at % 4], answer, vec![answer.to_owned()], |_| at % 3 == 0));
    let answers: Vec<Answer> = answers.collect();
    answered(&mut validation, &answers);
    places(&judged, &validation);
}

fn custom_kinds(inputs: &[&Input]) -> CustomKinds {
    let mut kinds = CustomKinds::default();
    for input in inputs {
        let file = input.files[0];
        read(file, input.sources.file(file).text(), &Budget::default()).objects.iter().for_each(|manifest| kinds.add(manifest));
    }
    kinds
}

fn same_when_written(validation: &Validation, version: Version, custom: &CustomKinds) {
    let words = |verdict: &Verdict| verdict.problems.iter().map(|problem| problem.message.clone()).collect::<Vec<_>>();
    for resource in validation.resources.iter().filter(|resource| resource.manifest.duplicate_keys.is_empty()) {
        let text = node_to_string(&resource.manifest.root, Style::Kubernetes);
        let file = SourceMap::new().add("again.yaml", "");
        let again = read(file, &text, &Budget::default());
        assert!(again.broken.is_empty(), "{text}: {:?}", again.broken);
        let [again] = again.objects.as_slice() else { panic!("{} objects in {text}", again.objects.len()) };
        let (one, other) = (validity::validate(&resource.manifest, version, custom), validity::validate(again, version, custom));
        assert_eq!((one.status, words(&one)), (other.status, words(&other)), "{text}");
    }
}

fn places(input: &Input, validation: &Validation) {
    let holds = |span: Option<Span>| {
        let Some(span) = span else { return };
        assert!(input.sources.file(span.file).text().get(span.range()).is_some(), "{span:?}");
    };
    for broken in &validation.broken {
        broken.diagnostic.labels.iter().for_each(|label| holds(Some(label.span)));
    }
    for resource in &validation.resources {
        for problem in &resource.problems {
            assert!(!problem.message.is_empty());
            holds(problem.span);
        }
        resource.findings.iter().for_each(|finding| holds(finding.span));
    }
}
