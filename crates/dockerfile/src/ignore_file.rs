//! `.dockerignore`: which files of a context a build does not see.
//!
//! Lines are read as moby's `patternmatcher/ignorefile` does and matched as BuildKit does when it walks a context: each pattern
//! is asked about every directory on the way, the last one that matches decides.

mod glob;

use windlass_source::{Code, Diagnostic, FileId, Span, clean};

use glob::Glob;

const PATTERN: Code = Code("dockerfile::ignore-pattern");

/// The patterns of a `.dockerignore`.
#[derive(Clone, Debug, Default)]
pub struct IgnoreFile {
    patterns: Vec<Pattern>,
}

#[derive(Clone, Debug)]
struct Pattern {
    glob: Glob,
    /// Begins with `!`: what it matches is seen after all.
    is_exception: bool,
    span: Span,
}

/// True when a source of `COPY` that is a pattern names this path; one that Go's `filepath.Match` refuses names nothing.
pub fn is_matched(pattern: &str, path: &str) -> bool {
    Glob::parse(pattern).is_some_and(|glob| glob.matches(path))
}

impl IgnoreFile {
    /// Reads a text. A pattern that moby refuses is left out, with a diagnostic.
    pub fn parse(file: FileId, text: &str) -> (Self, Vec<Diagnostic>) {
        let mut patterns = Vec::new();
        let mut diagnostics = Vec::new();
        let mut start = 0;
        for (index, raw) in text.split_inclusive('\n').enumerate() {
            let at = start;
            start += raw.len();
            let raw = raw.strip_suffix('\n').unwrap_or(raw);
            let line = if index == 0 { raw.strip_prefix('\u{feff}').unwrap_or(raw) } else { raw };
            let trimmed = line.trim();
            if line.starts_with('#') || trimmed.is_empty() {
                continue;
            }
            let begin = at + (raw.len() - raw.trim_start_matches('\u{feff}').trim_start().len());
            let span = Span::new(file, begin..begin + trimmed.len());
            let (is_exception, body) = trimmed.strip_prefix('!').map_or((false, trimmed), |rest| (true, rest.trim()));
            let mut clean = if body.is_empty() { String::new() } else { clean(body) };
            if clean.len() > 1 && clean.starts_with('/') {
                clean = clean[1..].into();
            }
            // moby cleans the exception as a whole once more, which leaves nothing of `!/`.
            let is_empty = clean.is_empty() || (is_exception && clean == "/");
            match (is_empty, Glob::parse(&clean)) {
                (false, Some(glob)) => patterns.push(Pattern { glob, is_exception, span }),
                _ => diagnostics.push(
                    Diagnostic::error(PATTERN, format!("`{trimmed}` is no pattern"))
                        .at(span)
                        .because("the builder refuses the file")
                        .help("close `[`, and write a path after `!`"),
                ),
            }
        }
        (Self { patterns }, diagnostics)
    }

    /// True when the builder does not see the file or directory at `path`: relative to the context, `/` between names.
    pub fn is_ignored(&self, path: &str) -> bool {
        self.decide(path).0
    }

    /// The place of the pattern that decides about `path`; `None` when none matches.
    pub fn decided_by(&self, path: &str) -> Option<Span> {
        self.decide(path).1
    }

    /// True when it says nothing.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// True when there are exceptions: files within an ignored directory may be seen.
    pub fn has_exceptions(&self) -> bool {
        self.patterns.iter().any(|pattern| pattern.is_exception)
    }

    fn decide(&self, path: &str) -> (bool, Option<Span>) {
        let path = clean(path);
        if self.patterns.is_empty() || path == "." {
            return (false, None);
        }
        let mut is_matched = vec![false; self.patterns.len()];
        let mut decision = (false, None);
        // From the outermost directory to the path itself, as a walk comes by them.
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]).filter(|end| *end > 0);
        for end in ends {
            decision = (false, None);
            for (pattern, is_matched) in self.patterns.iter().zip(&mut is_matched) {
                // A pattern that would change nothing is not asked, unless it matched a directory above.
                if !*is_matched && pattern.is_exception == decision.0 {
                    *is_matched = pattern.glob.matches(&path[..end]);
                }
                if *is_matched {
                    decision = (!pattern.is_exception, Some(pattern.span));
                }
            }
        }
        decision
    }
}

#[cfg(test)]
mod tests {
    use windlass_source::SourceMap;

    use super::*;

    fn read(text: &str) -> (IgnoreFile, Vec<Diagnostic>) {
        IgnoreFile::parse(SourceMap::new().add(".dockerignore", text), text)
    }

    #[track_caller]
    fn check(text: &str, ignored: &[&str], seen: &[&str]) {
        let (file, diagnostics) = read(text);
        assert_eq!(diagnostics, [], "{text:?}");
        for path in ignored {
            assert!(file.is_ignored(path), "{text:?} ignores {path}");
        }
        for path in seen {
            assert!(!file.is_ignored(path), "{text:?} does not ignore {path}");
        }
    }

    #[test]
    fn a_pattern_matches_from_the_root_of_the_context() {
        check("node_modules", &["node_modules", "node_modules/a/b"], &["app/node_modules", "node_modules2"]);
        check("/a/b/", &["a/b", "a/b/c"], &["a", "b"]);
        check("./a/../b", &["b"], &["a"]);
        check("*.md", &["x.md", ".md"], &["a/x.md", "x.mdx"]);
        check("a?c", &["abc"], &["ac", "a/c"]);
        check("a/*", &["a/b", "a/b/c"], &["a"]);
        check("[a-c]x\n[^a]y", &["ax", "by"], &["dx", "ay"]);
        check(r"\*x", &["*x"], &["ax"]);
        check("a+b(c)|{d}.$", &["a+b(c)|{d}.$"], &["aab"]);
    }

    #[test]
    fn two_stars_match_any_number_of_directories() {
        check("**/x", &["x", "a/x", "a/b/x", "x/y"], &["xa"]);
        // As in moby, where a leading `**` alone compares the end.
        check("**/x", &[], &["ax"]);
        check("**x", &["ax", "a/bx"], &["xa"]);
        check("a/**", &["a/b", "a/b/c"], &["a", "ab"]);
        check("a/**/b", &["a/b", "a/x/b", "a/x/y/b"], &["a/xb"]);
        check("**/*.log", &["a.log", "b/c/a.log"], &["a.log.gz"]);
        check("**", &["a", "a/b"], &[]);
        check("**/a/**", &["a/b", "x/a/b"], &["x/b"]);
    }

    #[test]
    fn the_last_pattern_that_matches_decides() {
        check("*\n!src", &["a", "a/b"], &["src", "src/a/b"]);
        check("!src\n*", &["src"], &[]);
        check("*.md\n!README*.md\nREADME-secret.md", &["a.md", "README-secret.md"], &["README.md"]);
        check("**/build\n!a/build/keep", &["a/build", "a/build/x"], &["a/build/keep"]);
        // An exception for a directory that is seen anyway says nothing about an ignored file in it.
        check("a/b\n!a", &["a/b"], &["a", "a/c"]);
    }

    #[test]
    fn comments_blanks_and_marks_are_no_patterns() {
        check("\u{feff}a\r\n# b\r\n\r\n   c  \n#d\n", &["a", "c"], &["b", "# b", "d"]);
        check("! a\n", &[], &["a"]);
        check(" # x", &["# x"], &["x"]);
        check("a", &[], &[".", ""]);
    }

    #[test]
    fn what_moby_refuses_is_left_out() {
        for text in ["!", "!/", "[a", "a\\", "[]", "[z-a"] {
            let (file, diagnostics) = read(text);
            assert_eq!(diagnostics.len(), 1, "{text}");
            assert!(!file.is_ignored("a"));
        }
    }

    #[test]
    fn the_deciding_pattern_has_a_place() {
        let (file, _) = read("a\n  !a/b\n");
        assert_eq!(file.decided_by("a/b").map(Span::range), Some(4..8));
        assert_eq!(file.decided_by("c"), None);
        assert!(file.has_exceptions());
    }
}
