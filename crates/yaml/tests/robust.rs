//! Any input ends soon, without a panic, and both readers make the same of it.

// Helpers outside of `#[test]` functions unwrap too, and the cases come from the disk.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test: its failures are panics, and it reads the corpus"
)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use windlass_source::SourceMap;
use windlass_yaml::{Budget, Parsed, decode, parse, parse_with_comments};

/// Comments make the general reader work; without them, the quick one comes first.
fn check(text: &str) -> Result<Parsed, String> {
    let file = SourceMap::new().add("t", "");
    let start = Instant::now();
    let parsed = parse(file, text, &Budget::default());
    let took = start.elapsed();
    let mut general = parse_with_comments(file, text, &Budget::default());
    general.documents.iter_mut().for_each(|document| document.comments.clear());
    if format!("{parsed:?}") != format!("{general:?}") {
        return Err(format!("{text:?}\nquick:   {parsed:?}\ngeneral: {general:?}"));
    }
    for diagnostic in &parsed.diagnostics {
        for label in &diagnostic.labels {
            if text.get(label.span.range()).is_none() {
                return Err(format!("{text:?}: {diagnostic:?}"));
            }
        }
    }
    if took > Duration::from_secs(1) { Err(format!("{took:?} for {} bytes", text.len())) } else { Ok(parsed) }
}

fn yaml_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            yaml_files(&path, found);
        } else if path.extension().is_some_and(|end| end == "yaml" || end == "yml") {
            found.push(path);
        }
    }
}

#[test]
fn both_readers_agree_on_the_corpus() {
    let shared = std::env::var_os("WINDLASS_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let mut paths = Vec::new();
    yaml_files(&shared, &mut paths);
    if paths.is_empty() {
        eprintln!("skipped: no files in {}", shared.display());
    }
    for path in paths {
        let bytes = std::fs::read(&path).unwrap();
        if let Ok(text) = decode(&bytes) {
            check(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
    }
}

/// Found by `tests/fuzz`.
#[test]
fn what_the_fuzzer_found_stays_mended() {
    const FOUND: &[&str] = &["services:\n  a:\n    '<<': {tty: true \n  } image: i\n"];
    for text in FOUND {
        check(text).unwrap();
    }
}

const SEED: &str = "# a stack\nservices:\n  web: &web\n    image: \"nginx:1.27\"\n    ports: ['80:80', 443]\n    command: >-\n      a\n      b\n\n      c\n    labels: {a: b, c: [d, e], f: \"g\\n\"}\n    text: |+\n      x\n        y\n\n    list:\n    - a: 1\n      b:\n      - - x\n        - y\n    -\n  db:\n    <<: *web\n    n: ~\n---\nkind: List # end\nitems: [*web]\n";

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        " ", "  ", "\n", "\n  ", "\n    ", "\n- ", "- ", "-", ": ", ":", "a", "b: ", "a: ", "'", "\"", "\\n", "\\", "#", " # c", "|",
        "|\n", ">-\n", "|+\n", "[", "]", "{", "}", ",", ", ", "&a ", "*a", "*a ", "!t ", "!!str ", "? ", "---\n", "\n---", "...\n", "%",
        "<<: ", "~", "1", "\t", "\r\n", "\r", "é", "\u{feff}", "\u{85}", "\u{2028}", "\u{0}", "@", "`", "=", "-1", "\n\n",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, max_shrink_iters: 1000, ..ProptestConfig::default() })]

    #[test]
    fn both_readers_agree_on_pieces_of_yaml(text in pieces()) {
        check(&text).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn both_readers_agree_on_damaged_yaml(edits in prop::collection::vec((0..SEED.len(), 0_usize..6, pieces()), 1..4)) {
        let mut text = SEED.to_owned();
        for (at, length, piece) in edits {
            let at = at.min(text.len());
            let end = (at + length).min(text.len());
            if text.is_char_boundary(at) && text.is_char_boundary(end) {
                text.replace_range(at..end, &piece);
            }
        }
        check(&text).map_err(TestCaseError::fail)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 20, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_end_soon(bytes in prop::collection::vec(any::<u8>(), 0..65_536)) {
        if let Ok(text) = decode(&bytes) {
            check(&text).map_err(TestCaseError::fail)?;
        }
        check(&String::from_utf8_lossy(&bytes)).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn one_piece_many_times_ends_soon(piece in pieces(), other in pieces()) {
        if !piece.is_empty() {
            check(&piece.repeat(20_000 / piece.len())).map_err(TestCaseError::fail)?;
            check(&(other + &piece.repeat(8000 / piece.len()))).map_err(TestCaseError::fail)?;
        }
    }
}
