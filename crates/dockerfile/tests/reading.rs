//! What holds of every text, tried on arbitrary ones and on those of the corpus.

// The corpus comes from the disk.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a test that reads its cases, and says what it skips")]

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use windlass_dockerfile::stages::Build;
use windlass_dockerfile::{IgnoreFile, parse, shell};
use windlass_source::SourceMap;

/// Reads a text in every way that there is; the pieces must give the same bytes again, and every place must lie in the text.
fn read(text: &str) -> usize {
    let mut map = SourceMap::new();
    let file = map.add("Dockerfile", text);
    let parsed = parse(file, text);
    let dockerfile = &parsed.dockerfile;
    assert_eq!(dockerfile.write(), text);
    let mut end = 0;
    for piece in &dockerfile.pieces {
        assert_eq!(piece.span.range().start, end, "pieces stand side by side");
        end = piece.span.range().end;
    }
    assert_eq!(end, text.len());
    for instruction in &dockerfile.instructions {
        let spans = instruction.flags.iter().map(|flag| flag.name.span).chain([instruction.span, instruction.keyword.span]);
        for span in spans.chain(instruction.heredocs.iter().flat_map(|heredoc| [heredoc.body, heredoc.delimiter.span])) {
            assert!(text.get(span.range()).is_some(), "{span:?} is a part of the text");
        }
    }
    for diagnostic in &parsed.diagnostics {
        assert!(diagnostic.labels.iter().all(|label| text.get(label.span.range()).is_some()), "{diagnostic:?}");
    }
    let stages = dockerfile.stages().len();
    for target in [Some("0"), Some("1"), Some("none"), None] {
        let (image, _) = dockerfile.image(&Build { target, arguments: &|_| None });
        assert_eq!(image.is_some(), target.map_or(stages > 0, |target| target.parse().is_ok_and(|index: usize| index < stages)));
    }
    parsed.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count()
}

/// Words that Dockerfiles are made of, so that arbitrary ones reach far.
fn dockerfile() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "FROM",
        "RUN",
        "COPY",
        "ADD",
        "ENV",
        "ARG",
        "LABEL",
        "CMD",
        "ENTRYPOINT",
        "EXPOSE",
        "HEALTHCHECK",
        "ONBUILD",
        "SHELL",
        "VOLUME",
        "USER",
        "WORKDIR",
        "STOPSIGNAL",
        "MAINTAINER",
        "AS",
        "NONE",
        " ",
        " ",
        " ",
        "\n",
        "\n",
        "\r\n",
        "\t",
        "\\\n",
        "`\n",
        "\\",
        "`",
        "#",
        "# escape=`\n",
        "<<E",
        "<<-\"E\"",
        "\nE\n",
        "--from=",
        "--mount=a",
        "--",
        "[\"a\", \"b\"]",
        "[",
        "]",
        "\"",
        "'",
        "=",
        "a",
        "a=b",
        "$a",
        "${a:-b}",
        "${a#*b}",
        "${a//b/c}",
        "${",
        "}",
        "80/tcp",
        "é",
        "\u{85}",
        "\u{feff}",
        "/",
    ]);
    prop::collection::vec(word, 0..60).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn arbitrary_instructions_are_read(text in dockerfile()) {
        read(&text);
    }

    #[test]
    fn arbitrary_words_are_expanded(word in r#"[a$\{\}:#%/*?\\'"<>+-]{0,40}"#, value in "[ab/.*\n]{0,20}") {
        let _ = shell::expand(&word, '\\', &|_| Some(value.as_str().into()));
        let _ = shell::expand(&word, '`', &|_| None);
    }

    #[test]
    fn arbitrary_patterns_are_matched(text in r"[a/*?\[\]^!\\.\n#-]{0,60}", path in "[ab-][a/.b-]{0,20}") {
        let (file, _) = IgnoreFile::parse(SourceMap::new().add("x", text.as_str()), &text);
        prop_assert_eq!(file.is_ignored(&path), file.is_ignored(&format!("./{path}/")) );
    }
}

#[test]
fn long_texts_take_no_long_time() {
    let many = 20_000;
    for text in [
        "RUN a \\\n".repeat(many),
        "FROM a\n".repeat(many),
        format!("RUN {}", "--a ".repeat(many)),
        format!("RUN {}", "<<A ".repeat(many)),
        format!("ENV {}", "A=$B$C ".repeat(many)),
        format!("EXPOSE {}", "${A:-".repeat(many)),
        format!("CMD {}", "[".repeat(many)),
        format!("FROM a\nVOLUME {}", "/a ".repeat(many)),
        format!("FROM a\nUSER {}", "$a".repeat(many)),
    ] {
        let begin = std::time::Instant::now();
        read(&text);
        assert!(begin.elapsed().as_secs() < 5, "{}", &text[..40]);
    }
    let (file, _) = IgnoreFile::parse(SourceMap::new().add("x", ""), &"**/a*".repeat(100));
    file.is_ignored(&"a/".repeat(100));
}

#[test]
fn the_corpus_is_read_without_errors() {
    let shared =
        std::env::var_os("WINDLASS_SHARED").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let corpus = shared.join("corpus");
    let mut files = Vec::new();
    collect(&corpus, &mut files);
    if files.is_empty() {
        println!("skipped: there are no Dockerfiles in {}", corpus.display());
        return;
    }
    let mut refused = Vec::new();
    for path in &files {
        let Ok(bytes) = std::fs::read(path) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        if path.file_name().is_some_and(|name| name.to_string_lossy().ends_with("dockerignore")) {
            IgnoreFile::parse(SourceMap::new().add("x", ""), &text);
        } else if read(&text) > 0 {
            refused.push(path.strip_prefix(&corpus).unwrap_or(path).display().to_string());
        }
    }
    println!("{} files, refused: {refused:#?}", files.len());
    assert!(refused.len() * 50 < files.len(), "{refused:#?}");
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().to_lowercase();
        match path.is_dir() {
            true => collect(&path, files),
            false if name.contains("dockerfile") || name.ends_with("dockerignore") => files.push(path),
            false => {}
        }
    }
}
