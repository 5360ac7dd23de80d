//! Manifests, definitions and what is there already, in one stream each: no panic, places inside the texts, a verdict that is the same
//! for the same objects however they are written.

#![no_main]

use libfuzzer_sys::fuzz_target;
use windlass_fuzz::SEPARATOR;
use windlass_k8s::read::read;
use windlass_k8s::schema::{CustomKinds, Version};
use windlass_k8s::validation::{Answer, Input, Validation, against, answered, validate};
use windlass_k8s::validity;
use windlass_source::{SourceMap, Span};
use windlass_yaml::{Budget, Style, node_to_string};

fuzz_target!(|bytes: &[u8]| {
    let Some((&version, rest)) = bytes.split_first() else { return };
    let mut parts = rest.splitn(4, |&byte| byte == SEPARATOR).map(|part| String::from_utf8_lossy(part).into_owned());
    let mut input = Input::default();
    let mut definitions = Input::default();
    let mut there = Input::default();
    for input in [&mut input, &mut definitions, &mut there] {
        let file = input.sources.add("all.yaml", parts.next().unwrap_or_default());
        input.files.push(file);
    }
    let version = Version::nearest(33 + u32::from(version % 5));
    let mut validation = validate(&input, &definitions, version);
    against(&mut validation, &there);
    let answers: Vec<Answer> = validation
        .resources
        .iter()
        .enumerate()
        .map(|(at, _)| Answer::read(if at % 2 == 0 { 422 } else { 201 }, &parts.next().unwrap_or_default(), vec!["a.b: c".into()], |_| false))
        .collect();
    let before: Vec<_> = validation.resources.iter().map(|resource| (resource.status, resource.problems.len())).collect();
    let count = validation.resources.len();
    answered(&mut validation, &answers);
    places(&input, &validation);

    // A tree and the text that it becomes are the same object.
    let custom = CustomKinds::default();
    for (resource, _) in validation.resources.iter().zip(before).take(count) {
        if !resource.manifest.duplicate_keys.is_empty() {
            continue;
        }
        let text = node_to_string(&resource.manifest.root, Style::Kubernetes);
        let file = SourceMap::new().add("again.yaml", "");
        let again = read(file, &text, &Budget::default());
        assert!(again.broken.is_empty(), "{text}: {:?}", again.broken);
        let [again] = again.objects.as_slice() else { continue };
        let (one, other) = (validity::validate(&resource.manifest, version, &custom), validity::validate(again, version, &custom));
        let words = |verdict: &validity::Verdict| verdict.problems.iter().map(|problem| problem.message.clone()).collect::<Vec<_>>();
        assert_eq!((one.status, words(&one)), (other.status, words(&other)), "{text}");
    }
});

fn places(input: &Input, validation: &Validation) {
    let holds = |span: Option<Span>| {
        let Some(span) = span else { return };
        assert!(input.sources.file(span.file).text().get(span.range()).is_some(), "{span:?}");
    };
    for resource in &validation.resources {
        for problem in &resource.problems {
            assert!(!problem.message.is_empty());
            holds(problem.span);
        }
        for finding in &resource.findings {
            holds(finding.span);
        }
    }
}
