//! Any text: no panic, and every place lies inside it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use windlass_compose::dotenv::Dotenv;
use windlass_compose::template::Variable;
use windlass_source::{SourceMap, VariableSource};

fuzz_target!(|text: &str| {
    let file = SourceMap::new().add(".env", text);
    let outside = |name: &str| (name == "OUT").then_some(Variable { value: "side", source: VariableSource::Environment });
    let mut dotenv = Dotenv::new();
    dotenv.read(file, text, &outside);
    // A second file sees the variables of the first.
    dotenv.read(file, text, &outside);
    for (_, entry) in dotenv.iter() {
        assert!(text.get(entry.key.range()).is_some(), "{entry:?}");
        assert!(entry.value.span().is_none_or(|span| text.get(span.range()).is_some()), "{entry:?}");
    }
    for unset in &dotenv.unset {
        assert!(unset.span().is_none_or(|span| text.get(span.range()).is_some()), "{unset:?}");
    }
    for problem in &dotenv.problems {
        assert!(text.get(problem.span.range()).is_some(), "{problem:?}");
        assert!(!problem.to_string().is_empty());
    }
});
