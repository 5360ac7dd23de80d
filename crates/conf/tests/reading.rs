//! What holds of every text, tried on arbitrary ones and on those of the corpus.

// The corpus comes from the disk.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a test that reads its cases, and says what it skips")]

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use windlass_conf::ini::Dialect;
use windlass_conf::workflow::System;
use windlass_conf::{Concrete, Kind, ini, nginx, prometheus, redis, workflow};
use windlass_source::{Diagnostic, FileId, SourceMap, Span};

/// The pieces stand side by side and give the text again; every place lies in the text.
fn check(text: &str, concrete: &Concrete, diagnostics: &[Diagnostic], spans: impl Iterator<Item = Span>) {
    assert_eq!(concrete.write(), text);
    let mut end = 0;
    for piece in concrete.pieces() {
        assert_eq!(piece.span.range().start, end, "pieces stand side by side");
        end = piece.span.range().end;
    }
    assert_eq!(end, text.len());
    let labels = diagnostics.iter().flat_map(|diagnostic| &diagnostic.labels).map(|label| label.span);
    for span in spans.chain(labels) {
        assert!(text.get(span.range()).is_some(), "{span:?} is a part of the text");
    }
}

/// Reads a text as one kind; the number of errors.
fn read(file: FileId, text: &str, kind: Kind) -> usize {
    let diagnostics = match kind {
        Kind::Nginx => {
            let parsed = nginx::parse(file, text);
            let words = parsed.value.all().flat_map(|directive| directive.arguments.iter().chain([&directive.name]).map(|word| word.span));
            check(text, &parsed.value.concrete, &parsed.diagnostics, words.chain(parsed.value.all().map(|directive| directive.span)));
            for target in parsed.value.targets() {
                assert_eq!(text.get(target.host.span.range()), Some(target.host.as_str()));
            }
            for server in parsed.value.servers() {
                server.listens();
                for location in server.locations() {
                    assert!(text.get(location.span().range()).is_some());
                    location.refuses();
                }
                for path in ["/", "/.env", "/api/a", "/uploads/a.php"] {
                    server.locate(path);
                }
            }
            parsed.diagnostics
        }
        Kind::Ini(dialect) => {
            let parsed = ini::parse(file, text, dialect);
            check(
                text,
                &parsed.value.concrete,
                &parsed.diagnostics,
                parsed.value.entries().flat_map(|entry| [entry.span, entry.key.span, entry.value_span()]),
            );
            parsed.diagnostics
        }
        Kind::Redis => {
            let parsed = redis::parse(file, text);
            let words = parsed.value.directives.iter().flat_map(|line| line.arguments.iter().chain([&line.name]).map(|word| word.span));
            check(text, &parsed.value.concrete, &parsed.diagnostics, words);
            parsed.diagnostics
        }
        Kind::Prometheus => prometheus::parse(file, text).diagnostics,
        Kind::Workflow(system) => {
            let parsed = workflow::parse(file, text, system);
            let uses = parsed.value.jobs.iter().flat_map(|job| job.steps.iter().filter_map(|step| step.uses.as_ref()).chain(&job.uses));
            for place in uses.filter_map(|uses| uses.reference.as_ref()) {
                assert!(text.get(place.span.range()).is_some(), "{place:?}");
            }
            parsed.diagnostics
        }
        Kind::Environment => Vec::new(),
    };
    diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count()
}

const KINDS: [Kind; 8] = [
    Kind::Nginx,
    Kind::Ini(Dialect::Php),
    Kind::Ini(Dialect::PhpFpm),
    Kind::Ini(Dialect::MySql),
    Kind::Redis,
    Kind::Prometheus,
    Kind::Workflow(System::GitHub),
    Kind::Workflow(System::GitLab),
];

fn read_every_way(text: &str) {
    let file = SourceMap::new().add("x", "");
    for kind in KINDS {
        read(file, text, kind);
    }
    for path in ["a.conf", "redis.conf", "php.ini", "my.cnf", "prometheus.yml", ".github/workflows/a.yml"] {
        Kind::detect(path, text);
    }
}

/// Words that configuration files are made of, so that arbitrary ones reach far.
fn configuration() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "server",
        "location",
        "~",
        "~*",
        "^~",
        "=",
        "/",
        "/\\.",
        "(a|b)*",
        "(?!",
        "deny all",
        "proxy_pass http://",
        "upstream a {",
        "app:9000",
        "listen 443 ssl",
        "content_by_lua_block",
        "--[[",
        "]]",
        "{",
        "}",
        ";",
        "#",
        "\"",
        "'",
        "\\",
        "$",
        "${",
        " ",
        " ",
        "\n",
        "\n",
        "\r\n",
        "\t",
        "[",
        "]",
        "[mysqld]",
        "!include",
        "!includedir a",
        "key",
        "a=b",
        "key = ",
        "\\x4",
        "save",
        "include",
        "jobs:",
        "\n  a:",
        "\n    steps: [{uses: a@b}]",
        "uses: 'a\\\"@b'",
        "scrape_configs:",
        "- ",
        "é",
        "\u{85}",
        "\u{feff}",
        "64M",
        "-1",
    ]);
    prop::collection::vec(word, 0..60).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read_every_way(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn arbitrary_configuration_is_read(text in configuration()) {
        read_every_way(&text);
    }

    #[test]
    fn arbitrary_patterns_are_read(pattern in r"[ab/.\\()\[\]{},0-9?!:*+|^$-]{0,40}", path in "/[ab/.]{0,20}") {
        let text = format!("server {{ location ~ '{}' {{ }} }}", pattern.replace('\'', ""));
        let nginx = nginx::parse(SourceMap::new().add("x", ""), text).value;
        for server in nginx.servers() {
            server.locate(&path);
        }
    }
}

#[test]
fn long_texts_take_no_long_time() {
    let many = 20_000;
    for text in [
        "a {".repeat(many),
        "a ".repeat(many),
        "a;".repeat(many),
        "\"a\" ".repeat(many),
        "x_by_lua_block { [[ ".repeat(many),
        "a = \"".repeat(many),
        "a = \"\n".repeat(many),
        "[a\n".repeat(many),
        "'\\".repeat(many),
        format!("server {{ {} }}", "location ~ a* { } ".repeat(many / 10)),
        format!("server {{ {}", "location /a { ".repeat(many)),
    ] {
        let begin = std::time::Instant::now();
        read_every_way(&text);
        assert!(begin.elapsed().as_secs() < 5, "{}", &text[..20]);
    }
}

#[test]
fn the_corpus_is_read_and_written_back() {
    let shared =
        std::env::var_os("WINDLASS_SHARED").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let corpus = shared.join("corpus");
    let mut files = Vec::new();
    collect(&corpus, &mut files);
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples"), &mut files);
    let mut found = std::collections::BTreeMap::<Kind, (usize, Vec<String>)>::new();
    for path in &files {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        let path = path.to_string_lossy();
        let Some(kind) = Kind::detect(&path, &text) else { continue };
        let (count, refused) = found.entry(kind).or_default();
        *count += 1;
        if read(SourceMap::new().add("x", ""), &text, kind) > 0 {
            refused.push(path.into_owned());
        }
    }
    println!("{found:#?}");
    if !corpus.is_dir() {
        println!("skipped: {} is absent, the examples were read alone", corpus.display());
        return;
    }
    let (count, refused) = found.values().fold((0, 0), |(count, refused), (more, others)| (count + more, refused + others.len()));
    assert!(count > 50 && refused * 50 < count, "{refused} of {count} refused");
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => collect(&path, files),
            false => files.push(path),
        }
    }
}
