//! Parses a file and nothing else: what `cargo xtask bench` compares loading with.
#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a program of its own")]

use windlass_source::SourceMap;
use windlass_yaml::{Budget, parse};

fn main() -> std::io::Result<()> {
    let path = std::env::args().nth(1).unwrap_or_default();
    let text = std::fs::read_to_string(&path)?;
    let mut sources = SourceMap::new();
    let file = sources.add(path, text.as_str());
    let parsed = parse(file, &text, &Budget::default());
    println!("{} documents, {} diagnostics", parsed.documents.len(), parsed.diagnostics.len());
    // As the command line does: the process ends before the tree is taken apart.
    std::process::exit(i32::from(!parsed.is_ok()))
}
