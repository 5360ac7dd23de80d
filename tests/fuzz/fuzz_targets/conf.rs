//! Any bytes, as every kind of configuration file: no panic, no hang, and the pieces of the tree are the text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use windlass_conf::ini::Dialect;
use windlass_conf::workflow::System;
use windlass_conf::{Kind, ini, nginx, prometheus, redis, workflow};
use windlass_source::{Diagnostic, SourceMap};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let file = SourceMap::new().add("fuzz", "");
    let check = |diagnostics: &[Diagnostic]| {
        for label in diagnostics.iter().flat_map(|diagnostic| &diagnostic.labels) {
            assert!(text.get(label.span.range()).is_some(), "{label:?}");
        }
    };
    let parsed = nginx::parse(file, &*text);
    assert_eq!(parsed.value.concrete.write(), text);
    check(&parsed.diagnostics);
    for target in parsed.value.targets() {
        assert_eq!(text.get(target.host.span.range()), Some(target.host.as_str()));
    }
    for server in parsed.value.servers() {
        server.listens();
        server.locations().iter().for_each(|location| {
            location.refuses();
        });
        server.locate("/uploads/.a/b.php");
    }
    for dialect in [Dialect::Php, Dialect::PhpFpm, Dialect::MySql] {
        let parsed = ini::parse(file, &*text, dialect);
        assert_eq!(parsed.value.concrete.write(), text);
        check(&parsed.diagnostics);
    }
    let parsed = redis::parse(file, &*text);
    assert_eq!(parsed.value.concrete.write(), text);
    check(&parsed.diagnostics);
    prometheus::parse(file, &text);
    for system in [System::GitHub, System::GitLab] {
        for job in workflow::parse(file, &text, system).value.jobs {
            for uses in job.steps.iter().filter_map(|step| step.uses.as_ref()).chain(&job.uses) {
                assert!(uses.reference.as_ref().is_none_or(|reference| text.get(reference.span.range()).is_some()));
            }
        }
    }
    for name in ["a.conf", "redis.conf", "php.ini", "my.cnf", "prometheus.yml"] {
        Kind::detect(name, &text);
    }
});
