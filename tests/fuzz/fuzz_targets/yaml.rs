//! Any bytes: no panic, both readers agree, places lie inside the text, and what was read survives being written.

#![no_main]

use libfuzzer_sys::fuzz_target;
use windlass_source::SourceMap;
use windlass_yaml::{Budget, Style, decode, node_to_string, parse, parse_with_comments};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = decode(bytes) else { return };
    let file = SourceMap::new().add("fuzz", "");
    let budget = Budget::default();
    let parsed = parse(file, &text, &budget);
    let mut general = parse_with_comments(file, &text, &budget);
    for document in &mut general.documents {
        document.comments.clear();
    }
    assert_eq!(format!("{parsed:?}"), format!("{general:?}"), "the two readers differ");
    for label in parsed.diagnostics.iter().flat_map(|diagnostic| &diagnostic.labels) {
        assert!(text.get(label.span.range()).is_some(), "{label:?}");
    }
    if !parsed.is_ok() {
        return;
    }
    for document in &parsed.documents {
        let written = node_to_string(&document.root, Style::Kubernetes);
        let again = parse(file, &written, &budget);
        assert!(again.is_ok(), "{written:?}: {:?}", again.diagnostics);
        assert_eq!(node_to_string(&again.documents[0].root, Style::Kubernetes), written);
    }
});
