//! Any project that loads: converted twice, the objects and the report are the same, and both can be written.

#![no_main]

use libfuzzer_sys::fuzz_target;
use windlass_convert::{Input, Options, convert};
use windlass_emit::layouts;
use windlass_fuzz::{check, loaded, project};

fuzz_target!(|bytes: &[u8]| {
    let Some((request, files)) = project(bytes) else { return };
    let loaded = loaded(&request, &files);
    if !loaded.is_ok() {
        return;
    }
    let options = Options::default();
    let input = Input {
        project: &loaded.project,
        tree: &loaded.tree,
        directory: &loaded.directory,
        files: &files,
        variable: &|name| loaded.environment.get(name).map(|variable| variable.value.clone()),
        options: &options,
    };
    let written = |_: u8| {
        let conversion = convert(&input);
        check(&conversion.diagnostics, &loaded.sources);
        let stream: String = layouts::stream(&conversion.objects, &loaded.sources, layouts::Options::default()).collect();
        let tree = layouts::tree(&conversion.objects, &loaded.sources, layouts::Options::default());
        assert!(!tree.tree.is_empty() || conversion.objects.is_empty());
        let summary = windlass_report::summary(&conversion.report, conversion.objects.len(), &loaded.sources, true);
        (stream, summary)
    };
    assert_eq!(written(1), written(2));
});
