//! Any text: no panic, parts in order inside the result, errors inside the text, and text without `$` unchanged.

#![no_main]

use std::borrow::Cow;

use libfuzzer_sys::fuzz_target;
use windlass_compose::template::{Variable, interpolate, variables};
use windlass_source::VariableSource;

fuzz_target!(|text: &str| {
    let lookup = |name: &str| {
        let value = match name {
            "A" => "a$B",
            "B" => "b",
            "EMPTY" => "",
            "LONG" => "long long long long long long long long long long",
            _ => return None,
        };
        Some(Variable { value, source: VariableSource::Environment })
    };
    for declared in variables(text) {
        assert!(!declared.name.is_empty());
    }
    match interpolate(text, &lookup) {
        Ok(done) => {
            if !text.contains('$') {
                assert!(matches!(done.text, Cow::Borrowed(same) if same == text));
            }
            let mut at = 0;
            for part in &done.parts {
                assert!(part.range.start >= at && part.range.end >= part.range.start, "{part:?}");
                at = part.range.end;
                assert!(done.text.get(part.range.start as usize..at as usize).is_some(), "{part:?}");
            }
            for unset in &done.unset {
                assert!(text.get(unset.range.clone()).is_some(), "{unset:?}");
            }
        }
        Err(errors) => {
            assert!(!errors.is_empty());
            for error in errors {
                assert!(text.get(error.range.clone()).is_some(), "{error:?}");
                assert!(!error.to_string().is_empty());
            }
        }
    }
});
