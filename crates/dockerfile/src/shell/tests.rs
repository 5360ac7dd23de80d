//! Cases of words and variables.

use super::*;

/// Expands with `A=a`, `EMPTY=`, `PATH=/usr/local/bin/x.tar.gz`, `V=1.2.3`.
fn try_expand(word: &str) -> Result<Expanded, ExpandError> {
    expand(word, '\\', &|name| match name {
        "A" => Some("a".into()),
        "EMPTY" => Some("".into()),
        "FILE" => Some("/usr/local/x.tar.gz".into()),
        "V" => Some("1.2.3".into()),
        "TWO" => Some("b c".into()),
        _ => None,
    })
}

#[test]
fn variables_quotes_and_escapes_are_taken_as_buildkit_takes_them() {
    let cases = [
        ("$A", "a"),
        ("${A}", "a"),
        ("x${A}y$A-", "xaya-"),
        ("$NONE.", "."),
        ("$", "$"),
        ("$ A", "$ A"),
        ("'$A'", "$A"),
        (r#""$A b""#, "a b"),
        (r"\$A", "$A"),
        (r#""\$A \x \"""#, r#"$A \x ""#),
        (r"\\$A", r"\a"),
        (r"a\", "a"),
        ("${A:-x}", "a"),
        ("${EMPTY:-x}", "x"),
        ("${EMPTY-x}", ""),
        ("${NONE:-${NONE2:-y}}", "y"),
        ("${NONE-'a b'}", "a b"),
        ("${A:+x}", "x"),
        ("${EMPTY:+x}", ""),
        ("${EMPTY+x}", "x"),
        ("${NONE+x}", ""),
        ("${A:?no}", "a"),
        ("${FILE#*/}", "usr/local/x.tar.gz"),
        ("${FILE##*/}", "x.tar.gz"),
        ("${FILE%.*}", "/usr/local/x.tar"),
        ("${FILE%%.*}", "/usr/local/x"),
        (r"${FILE#\/usr}", "/local/x.tar.gz"),
        ("${V/./-}", "1-2.3"),
        ("${V//./-}", "1-2-3"),
        ("${V/*./}", "3"),
        (r"${FILE//\//_}", "_usr_local_x.tar.gz"),
        ("${V//x/y}", "1.2.3"),
        ("${V//?/-}", "-----"),
        ("$1x", "x"),
        ("${TWO}", "b c"),
    ];
    for (word, expected) in cases {
        assert_eq!(try_expand(word).map(|expanded| expanded.text), Ok(expected.to_owned()), "{word}");
    }
}

#[test]
fn what_buildkit_refuses_is_an_error() {
    for (word, expected) in [
        ("${A", "`${` has no `}`"),
        ("${}", "`${` is not followed by a name"),
        ("${A^}", "the modifier `^` is not known"),
        ("${A:#x}", "the modifier `:#` is not known"),
        ("${NONE:?say it}", "`NONE`: say it"),
        ("${EMPTY:?}", "`EMPTY`: is not allowed to be empty"),
        ("'a", "`'` is not closed"),
        ("\"a", "`\"` is not closed"),
        (r"${A#\x}", r"the pattern `\x` cannot be read"),
        ("${A/x}", "`${` has no `/`"),
    ] {
        assert_eq!(try_expand(word).map_err(|error| error.to_string()), Err(expected.to_owned()), "{word}");
    }
    let nested = "${A:-".repeat(1000);
    assert_eq!(try_expand(&nested), Err(ExpandError::TooLarge));
    let large = SmolStr::from("x".repeat(LIMIT));
    assert_eq!(expand("$A$A", '\\', &|_| Some(large.clone())), Err(ExpandError::TooLarge));
}

#[test]
fn values_are_divided_into_words_but_quoted_ones_are_not() {
    let words = |word: &str| try_expand(word).map(|expanded| expanded.words).unwrap_or_default();
    assert_eq!(words("$TWO x"), ["b", "c", "x"]);
    assert_eq!(words("\"$TWO\" x"), ["b c", "x"]);
    assert_eq!(words(""), [""; 0]);
    assert_eq!(try_expand("$X ${Y:-z} $X").map(|expanded| expanded.unset), Ok(BTreeSet::from(["X".into(), "Y".into()])));
}

#[test]
fn a_line_opens_heredocs() {
    let opened = |line: &str| {
        let show = |opened: Opened| {
            let Opened { range, delimiter, expand, strips_tabs, descriptor } = opened;
            format!("{descriptor}{}{}{delimiter} {}", if strips_tabs { "-" } else { "" }, if expand { "$" } else { "" }, &line[range])
        };
        heredocs(line).into_iter().map(show).collect::<Vec<_>>()
    };
    assert_eq!(opened("RUN <<EOF"), ["0$EOF <<EOF"]);
    assert_eq!(opened("RUN cat <<-'A' 3<<\"B C\" > x"), ["0-A <<-'A'", "3B C 3<<\"B C\""]);
    assert_eq!(opened("RUN << EOF cat"), ["0$EOF << EOF"]);
    assert_eq!(opened("COPY <<a <<b /x"), ["0$a <<a", "0$b <<b"]);
    for none in ["RUN x <<<word", "RUN '<<EOF'", "RUN \\<<EOF", "RUN it's <<EOF", "RUN $((1<<2<3))", "RUN a<<b", "RUN <<"] {
        assert_eq!(opened(none), [""; 0], "{none}");
    }
}
