//! Bytes to a project in memory, the same way for every target that loads one; and what holds for every diagnostic.

use windlass_compose::{Loaded, Options, Request, load};
use windlass_source::{Diagnostic, MemoryFileSystem, SourceMap};

/// What parts the files from each other: no UTF-8 text has this byte.
pub const SEPARATOR: u8 = 0xff;
/// The files that the parts become, in order. What is not there is not a file.
pub const FILES: [&str; 6] = ["compose.yaml", "compose.override.yaml", ".env", "included.yaml", "app.env", "sub/compose.yaml"];

/// A project from bytes: the first byte switches passes off, one bit each, and the rest are the [`FILES`].
pub fn project(bytes: &[u8]) -> Option<(Request, MemoryFileSystem)> {
    let (&switches, rest) = bytes.split_first()?;
    let mut files = MemoryFileSystem::new();
    for (name, content) in FILES.iter().zip(rest.split(|&byte| byte == SEPARATOR)) {
        files.insert(format!("/srv/project/{name}"), content, 0o644);
    }
    let mut request = Request::new("/srv/project");
    let on = |bit: u8| switches & (1 << bit) == 0;
    request.options = Options {
        interpolate: on(0),
        resolve_paths: on(1),
        normalize: on(2),
        check_consistency: on(3),
        resolve_environment: on(4),
        select: on(5),
        typed: true,
        note_variables: false,
    };
    if !on(6) {
        request.profiles = vec!["*".into()];
    }
    request.environment =
        [("HOME", "/home/user"), ("TAG", "1.2"), ("EMPTY", ""), ("PORT", "8080")].map(|(name, value)| (name.into(), value.into())).into();
    Some((request, files))
}

/// Loads it, and checks what is to be checked of every load.
pub fn loaded(request: &Request, files: &MemoryFileSystem) -> Loaded {
    let loaded = load(request, files);
    check(&loaded.diagnostics, &loaded.sources);
    loaded
}

/// Every place lies in its text, between characters, and every message says something.
pub fn check(diagnostics: &[Diagnostic], sources: &SourceMap) {
    for diagnostic in diagnostics {
        assert!(!diagnostic.message.is_empty());
        for label in &diagnostic.labels {
            let text = sources.file(label.span.file).text();
            assert!(text.get(label.span.range()).is_some(), "{diagnostic:?}");
        }
    }
}
