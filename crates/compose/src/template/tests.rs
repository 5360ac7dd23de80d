//! Cases of templates.

use proptest::prelude::*;
use windlass_source::SourceMap;

use super::*;

fn lookup(name: &str) -> Option<Variable<'static>> {
    let value = match name {
        "A" => "a",
        "A_B1" => "under",
        "D" => "$A",
        "E" => "",
        "SP" => "two words",
        "\u{17f}" => "long s",
        _ => return None,
    };
    Some(Variable { value, source: VariableSource::Environment })
}

/// `input → text`, `input → text [unset, …]` or `input → ! error @ range`.
fn show(text: &str) -> String {
    match interpolate(text, &lookup) {
        Ok(done) if done.unset.is_empty() => format!("{}", done.text),
        Ok(done) => {
            let names: Vec<_> = done.unset.iter().map(|unset| format!("{}={}", unset.name, &text[unset.range.clone()])).collect();
            format!("{} [{}]", done.text, names.join(", "))
        }
        Err(errors) => {
            let all: Vec<_> = errors.iter().map(|error| format!("{} @ {}", kind(error), &text[error.range.clone()])).collect();
            format!("! {}", all.join("; "))
        }
    }
}

fn kind(error: &TemplateError) -> String {
    match &error.kind {
        TemplateErrorKind::Required { name, message } => format!("{name}?{message}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn the_cases_are_as_docker_compose_has_them() {
    let cases = [
        ("", ""),
        ("plain", "plain"),
        ("$A", "a"),
        ("${A}", "a"),
        ("$A_B1-$A_C", "under- [A_C=$A_C]"),
        ("$A$A", "aa"),
        ("a$", "a$"),
        ("$A$", "a$"),
        ("$$A", "$A"),
        ("$$${A}", "$a"),
        ("$$$$", "$$"),
        ("$1 $* $(date) $.", "$1 $* $(date) $."),
        ("${U}", " [U=${U}]"),
        ("$D", "$A"),
        ("${U:-d}${E:-d}${A:-d}", "dda"),
        ("${U-d}${E-d}${A-d}", "da"),
        ("${U:+d}${E:+d}${A:+d}", "d"),
        ("${U+d}|${E+d}|${A+d}", "|d|d"),
        ("${A:?m}${A?m}${E?m}", "aa"),
        ("${E:?msg}", "! E?msg @ ${E:?msg}"),
        ("${U?}", "! U? @ ${U?}"),
        ("${U:?a ${A}}", "! U?a a @ ${U:?a ${A}}"),
        ("${U:-}", ""),
        ("${U:-$A}${U:-${U:-${A}}}", "aa"),
        ("${U:-a:-b?c+d}", "a:-b?c+d"),
        ("${U:-$$x}", "$x"),
        ("${U:--1}", "-1"),
        ("${U:-{\"a\":1}}", "{\"a\":1}"),
        ("${U:-{{.Name}}}", "{{.Name}}"),
        ("${A:-{{.Name}}}", "a}"),
        ("${A:-{}}", "a"),
        ("${A:-b}}", "a}"),
        ("${A} ${A:- ${U:-}}}", "a a}"),
        ("${A:-{}} and ${B}", "! Invalid @ ${"),
        ("${A:-${U}}", "a [U=${U}]"),
        ("${A:-${V:?x}}", "! V?x @ ${V:?x}"),
        ("${U:+${V:?x}}", "! V?x @ ${V:?x}"),
        ("${A:?${V:?x}}", "! V?x @ ${V:?x}"),
        ("${A:-b\nc}", "! Invalid @ ${"),
        ("${A\n}", "! Invalid @ ${"),
        ("l\n${A:-x} ${U:-y}\n}", "l\na y\n}"),
        ("${A", "! Invalid @ ${"),
        ("${}", "! Invalid @ ${"),
        ("${!A} ${#A} ${1} ${A.B} ${A:} ${U:=d}", "! Invalid @ ${; Invalid @ ${; Invalid @ ${; Invalid @ ${; Invalid @ ${; Invalid @ ${"),
        ("${A B}", "! Invalid @ ${"),
        ("${V:?1} ${!} ${W?2}", "! V?1 @ ${V:?1}; Invalid @ ${; W?2 @ ${W?2}"),
        ("${\u{17f}}$\u{17f}", "long slong s"),
        ("é${A}é$A", "éaéa"),
        ("${SP:-x}", "two words"),
    ];
    for (text, expected) in cases {
        assert_eq!(show(text), expected, "{text}");
    }
}

#[test]
fn parts_say_which_variable_produced_which_bytes() {
    let done = interpolate("x${A}-${U:-d$A}.${E}${N+y}${A:+é}", &lookup).unwrap();
    assert_eq!(done.text, "xa-da.é");
    let parts: Vec<_> = done
        .parts
        .iter()
        .map(|part| (part.variable.as_str(), &done.text[part.range.start as usize..part.range.end as usize], part.source.clone()))
        .collect();
    use VariableSource::{Default, Environment, Unset};
    let expected = [("A", "a", Environment), ("U", "da", Default), ("E", "", Environment), ("N", "", Unset), ("A", "é", Default)];
    assert_eq!(parts, expected);
}

#[test]
fn text_without_a_dollar_is_borrowed() {
    assert!(matches!(interpolate("a } b", &lookup).unwrap().text, Cow::Borrowed("a } b")));
}

#[test]
fn a_value_that_names_itself_is_not_expanded_again() {
    let lookup = |_: &str| Some(Variable { value: "${X}", source: VariableSource::Environment });
    assert_eq!(interpolate("${X}${Y:-$X}", &lookup).unwrap().text, "${X}${X}");
}

#[test]
fn deep_nesting_and_great_growth_are_errors() {
    let deep = format!("{}x{}", "${U:-".repeat(1000), "}".repeat(1000));
    assert_eq!(interpolate(&deep, &lookup).unwrap_err()[0].kind, TemplateErrorKind::TooDeep);
    let value = "v".repeat(1 << 16);
    let big = |_: &str| Some(Variable { value: &value, source: VariableSource::Environment });
    assert_eq!(interpolate(&"$B".repeat(1 << 16), &big).unwrap_err()[0].kind, TemplateErrorKind::TooLong);
    assert_eq!(interpolate(&"${A:-$B}".repeat(1 << 16), &big).unwrap_err()[0].kind, TemplateErrorKind::TooLong);
}

#[test]
fn a_long_line_of_expressions_takes_linear_time() {
    let text = "${A:-b} ".repeat(100_000);
    assert_eq!(interpolate(&text, &lookup).unwrap().text.len(), 200_000);
    assert_eq!(interpolate(&"${".repeat(100_000), &lookup).unwrap_err().len(), MAX_ERRORS);
    interpolate(&"${A:-".repeat(50_000), &lookup).unwrap_err();
    interpolate(&"${A:-{}}".repeat(10_000), &lookup).unwrap_err();
}

#[test]
fn variables_are_listed_with_what_they_fall_back_to() {
    let list = |text: &str| {
        let show = |found: Declared| {
            format!(
                "{}{}{}{}",
                found.name,
                found.default.map_or(String::new(), |text| format!("-{text}")),
                found.alternate.map_or(String::new(), |text| format!("+{text}")),
                if found.required { "?" } else { "" }
            )
        };
        variables(text).into_iter().map(show).collect::<Vec<_>>().join(" ")
    };
    let text = "$PLAIN ${D1:-${D2:-x}} ${P:+y} ${Q+z} $$ESC ${R?msg ${S}} ${T-t} ${!} ${N:-{\"a\":1}}";
    assert_eq!(list(text), "PLAIN D1-${D2:-x} D2-x P+y Q+z R? T-t N-{\"a\":1}");
    assert_eq!(list("none"), "");
}

#[test]
fn an_error_is_placed_inside_plain_and_simply_quoted_scalars() {
    let mut files = SourceMap::new();
    let raw = "a ${B} 'a ${B}' \"a\\t${B}\"";
    let file = files.add("compose.yaml", raw);
    let place = |scalar: std::ops::Range<usize>, text: &str, range| {
        let span = locate(Span::new(file, scalar.clone()), &raw[scalar], text, range);
        (span.start, span.end)
    };
    assert_eq!(place(0..6, "a ${B}", 2..6), (2, 6));
    assert_eq!(place(7..15, "a ${B}", 2..6), (10, 14));
    assert_eq!(place(16..25, "a\t${B}", 2..6), (16, 25));
}

proptest! {
    #[test]
    fn any_text_is_expanded_or_refused(text in "([$]|[{]|[}]|:|-|[?]|[+]|A|U|\n|é|.){0,40}") {
        if let Ok(done) = interpolate(&text, &lookup) {
            for part in &done.parts {
                prop_assert!(done.text.get(part.range.start as usize..part.range.end as usize).is_some());
            }
            for unset in &done.unset {
                prop_assert!(text.get(unset.range.clone()).is_some());
            }
        }
        variables(&text);
    }

    #[test]
    fn text_without_a_dollar_stays(text in "[^$]*") {
        let done = interpolate(&text, &lookup).unwrap();
        prop_assert_eq!(done.text.as_ref(), text.as_str());
    }
}
