//! Any bytes: no panic, no hang, and the pieces of the tree are the text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use windlass_dockerfile::stages::Build;
use windlass_dockerfile::{IgnoreFile, parse, shell};
use windlass_source::SourceMap;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let file = SourceMap::new().add("fuzz", "");
    let parsed = parse(file, &*text);
    assert_eq!(parsed.dockerfile.write(), text);
    for label in parsed.diagnostics.iter().flat_map(|diagnostic| &diagnostic.labels) {
        assert!(text.get(label.span.range()).is_some(), "{label:?}");
    }
    let _ = parsed.dockerfile.image(&Build { target: None, arguments: &|_| None });
    let _ = shell::expand(&text, parsed.dockerfile.escape, &|name| Some(name.into()));
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    IgnoreFile::parse(file, rest).0.is_ignored(first);
});
