//! Any project: no panic, places lie inside the texts, and what was accepted can be printed, is valid YAML and says the same again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use windlass_compose::config;
use windlass_fuzz::{loaded, project};
use windlass_source::SourceMap;
use windlass_yaml::{Budget, parse};

fuzz_target!(|bytes: &[u8]| {
    let Some((request, files)) = project(bytes) else { return };
    let loaded = loaded(&request, &files);
    if !loaded.is_ok() {
        return;
    }
    let yaml = config::yaml(&loaded);
    let file = SourceMap::new().add("config", "");
    let parsed = parse(file, &yaml, &Budget::default());
    assert!(parsed.is_ok(), "{:?}\n{yaml}", parsed.diagnostics);
    assert!(!config::json(&loaded).is_empty());
    for service in config::services(&loaded) {
        assert!(config::hash(&loaded, service).is_some(), "{service}");
    }
    config::variables(&loaded);
});
