//! What the writer prints, and that it reads back.

// Helpers outside of `#[test]` functions unwrap too, and the cases come from the disk.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test: its failures are panics, and it reads the corpus"
)]

use std::path::{Path as FilePath, PathBuf};

use proptest::prelude::*;
use serde::Serialize;
use serde_json::{Value as Json, json};
use windlass_source::SourceMap;
use windlass_yaml::{Budget, Map, Node, Path, Remark, Style, Value, Writer, decode, node_to_string, parse, to_string};

#[track_caller]
fn read(text: &str) -> Node {
    let file = SourceMap::new().add("t", text);
    let parsed = parse(file, text, &Budget::default());
    assert!(parsed.is_ok(), "{text:?}: {:?}", parsed.diagnostics);
    assert_eq!(parsed.documents.len(), 1, "{text:?}");
    parsed.documents.into_iter().next().unwrap().root
}

#[test]
fn objects_look_as_kubectl_prints_them() {
    let value = json!({
        "apiVersion": "v1",
        "metadata": {"annotations": {}, "labels": {"app": "web", "on": "yes"}},
        "spec": {
            "args": ["a", "-c", "echo: x", "", "8080"],
            "ports": [{"containerPort": 80, "name": "http"}, {"containerPort": 443}],
            "empty": [], "nothing": null, "ratio": 0.5,
            "lists": [["a", ["b"]], [], [{"c": {"d": 1}}]],
            "script": "set -e\n  echo\n", "kept": "a\n\n", "cut": "a\nb", "spaced": "  a\nb",
        },
    });
    insta::assert_snapshot!(to_string(&value).unwrap(), @r#"
    apiVersion: v1
    metadata:
      annotations: {}
      labels:
        app: web
        "on": "yes"
    spec:
      args:
      - a
      - -c
      - 'echo: x'
      - ""
      - "8080"
      ports:
      - containerPort: 80
        name: http
      - containerPort: 443
      empty: []
      nothing: null
      ratio: 0.5
      lists:
      - - a
        - - b
      - []
      - - c:
            d: 1
      script: |
        set -e
          echo
      kept: |+
        a

      cut: |-
        a
        b
      spaced: |2-
          a
        b
    "#);
}

#[test]
fn compose_files_look_as_docker_compose_prints_them() {
    let value = json!({"services": {"web": {"cpus": 1.0, "ports": [{"target": 80, "published": "80"}], "command": ["a", "🐳"], "x": []}}});
    let mut writer = Writer::new(Style::Compose);
    writer.value(&value).unwrap();
    insta::assert_snapshot!(writer.finish(), @r#"
    services:
      web:
        cpus: 1
        ports:
          - target: 80
            published: "80"
        command:
          - a
          - "\U0001F433"
        x: []
    "#);
}

#[test]
fn trees_keep_tags_dates_and_keys_that_are_no_text() {
    let text = "1: 2001-12-14\n'2': !reset null\na: !override\n- !x {b: !y c}\n- !<tag:a,1:b>\n  c: d\n";
    assert_eq!(node_to_string(&read("- ?\n  : a\n"), Style::Kubernetes), "- ?\n  : a\n");
    insta::assert_snapshot!(node_to_string(&read(text), Style::Kubernetes), @r#"
    1: 2001-12-14
    "2": !reset "null"
    a: !override
    - !x
      b: !y c
    - !<tag:a,1:b>
      c: d
    "#);
}

#[test]
fn remarks_stand_above_or_beside() {
    let remarks = |path: &Path| match path.to_string().as_str() {
        "" => Some(Remark::Above("from compose.yaml\nby hand".to_owned())),
        "a" => Some(Remark::Beside("compose.yaml:1".to_owned())),
        "b" | "e[0]" | "e[1].f" => Some(Remark::Above("two\nlines".to_owned())),
        "c" | "b.d" | "e[1]" | "e[2]" | "text" => Some(Remark::Beside("one\nline".to_owned())),
        _ => None,
    };
    let value = json!({"a": 1, "b": {"d": []}, "c": {"x": 1}, "e": ["x", {"f": 1}, [1]], "text": "a\nb\n"});
    let mut writer = Writer::with_remarks(Style::Kubernetes, &remarks);
    writer.value(&value).unwrap();
    writer.value("second").unwrap();
    let text = writer.finish();
    insta::assert_snapshot!(text, @r"
    # from compose.yaml
    # by hand
    a: 1 # compose.yaml:1
    # two
    # lines
    b:
      d: [] # one line
    c: # one line
      x: 1
    e:
    # two
    # lines
    - x
    - # one line
      # two
      # lines
      f: 1
    - # one line
      - 1
    text: | # one line
      a
      b
    ---
    # from compose.yaml
    # by hand
    second
    ");
    let first = text.split("---\n").next().unwrap();
    assert_eq!(serde_json::to_value(read(first)).unwrap(), value);
}

#[derive(Serialize)]
enum Shape {
    Unit,
    New(u8),
    Pair(u8, char),
    Named { a: Option<bool>, b: () },
}

#[test]
fn enums_are_written_as_serde_json_writes_them() {
    let shapes = [Shape::Unit, Shape::New(1), Shape::Pair(2, 'c'), Shape::Named { a: Some(true), b: () }];
    let text = to_string(&shapes).unwrap();
    assert_eq!(serde_json::to_value(read(&text)).unwrap(), serde_json::to_value(&shapes).unwrap());
    assert!(to_string(&std::collections::BTreeMap::from([(vec![1], 2)])).is_err());
    assert_eq!(to_string(&std::collections::BTreeMap::from([(1, 2)])).unwrap(), "\"1\": 2\n");
}

fn wrapped(text: &str, key: bool, depth: usize) -> Json {
    let mut value = if key { json!({ text: 1, "z": text }) } else { json!(text) };
    for level in 0..depth {
        value = match level % 3 {
            0 => json!({ "a": value }),
            1 => json!([value, text]),
            _ => json!([[value]]),
        };
    }
    value
}

fn check_round_trip(value: &Json) -> Result<(), TestCaseError> {
    for style in [Style::Kubernetes, Style::Compose] {
        let mut writer = Writer::new(style);
        writer.value(value).unwrap();
        let text = writer.finish();
        let file = SourceMap::new().add("t", text.as_str());
        let parsed = parse(file, &text, &Budget::default());
        prop_assert!(parsed.is_ok() && parsed.documents.len() == 1, "{:?}: {:?}", text, parsed.diagnostics);
        let back = serde_json::to_value(&parsed.documents[0].root).unwrap();
        prop_assert!(back == *value || style == Style::Compose && has_floats(value), "{:?}", text);
        if style == Style::Kubernetes {
            let other: Json = serde_yaml::from_str(&text).map_err(|error| TestCaseError::fail(format!("{text:?}: {error}")))?;
            prop_assert_eq!(&other, value, "serde_yaml: {:?}", text);
            prop_assert!(!text.lines().any(|line| line.ends_with(' ')), "{:?}", text);
        }
    }
    Ok(())
}

/// Compose's floats lose their point.
fn has_floats(value: &Json) -> bool {
    match value {
        Json::Number(number) => number.is_f64(),
        Json::Array(items) => items.iter().any(has_floats),
        Json::Object(map) => map.values().any(has_floats),
        _ => false,
    }
}

/// Texts with much of what YAML gives a meaning to.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        " ",
        "\n",
        "\t",
        ":",
        ": ",
        " #",
        "#",
        "-",
        "- ",
        "?",
        "'",
        "\"",
        "\\",
        "|",
        ">",
        "[",
        "]",
        "{",
        "}",
        "&",
        "*",
        "!",
        "%",
        "@",
        "`",
        ",",
        "---",
        "...",
        "<<",
        "=",
        "~",
        "null",
        "true",
        "yes",
        "no",
        "on",
        "0",
        "1",
        "08",
        "0o7",
        "0x",
        "_",
        ".",
        "e",
        "+",
        "inf",
        "nan",
        "1:20",
        "2001-12-14",
        "T",
        "a",
        "b",
        "é",
        "🐳",
        "\r",
        "\u{85}",
        "\u{a0}",
        "\u{2028}",
        "\u{feff}",
        "\u{0}",
        "\u{7f}",
        "\u{fffe}",
        "\u{1b}",
    ]);
    prop_oneof![
        3 => prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat()),
        1 => any::<String>(),
        1 => "[-+0-9._:exob]{1,8}",
        1 => "[ \\n\\ta#:-]{1,12}",
    ]
}

fn values() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<f64>().prop_filter("JSON has no others", |value| value.is_finite()).prop_map(Json::from),
        texts().prop_map(Json::from),
    ];
    leaf.prop_recursive(6, 60, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            prop::collection::vec((texts(), inner), 0..5).prop_map(|entries| Json::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn any_text_survives_as_value_and_as_key(text in texts(), depth in 0_usize..6, key in any::<bool>()) {
        check_round_trip(&wrapped(&text, key, depth))?;
    }

    #[test]
    fn any_json_value_survives(value in values()) {
        check_round_trip(&value)?;
    }
}

fn shared() -> PathBuf {
    std::env::var_os("WINDLASS_SHARED").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from)
}

fn yaml_files(folder: &FilePath, found: &mut Vec<PathBuf>) {
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
fn every_file_of_the_corpus_survives_a_round_trip() {
    let mut paths = Vec::new();
    yaml_files(&shared().join("corpus"), &mut paths);
    if paths.is_empty() {
        eprintln!("skipped: no files in {}", shared().join("corpus").display());
        return;
    }
    paths.sort();
    let (mut good, mut faulty) = (0, 0);
    for path in &paths {
        let bytes = std::fs::read(path).unwrap();
        let Ok(text) = decode(&bytes) else { continue };
        let file = SourceMap::new().add("t", text.as_ref());
        let parsed = parse(file, &text, &Budget::default());
        if !parsed.is_ok() {
            faulty += 1;
            continue;
        }
        good += 1;
        for style in [Style::Kubernetes, Style::Compose] {
            let mut writer = Writer::new(style);
            parsed.documents.iter().for_each(|document| writer.node(&document.root));
            let text = writer.finish();
            let again = parse(file, &text, &Budget::default());
            assert!(again.is_ok(), "{}: {:?}\n{text}", path.display(), again.diagnostics);
            assert_eq!(again.documents.len(), parsed.documents.len(), "{}", path.display());
            for (a, b) in again.documents.iter().zip(&parsed.documents) {
                assert!(same(&a.root, &b.root, style), "{}\n{text}", path.display());
            }
        }
    }
    eprintln!("{good} files survived, {faulty} have faults");
    assert!(good > 100 && faulty * 20 < good, "{good} good, {faulty} faulty");
}

/// As `same_value`, and the tags too. Compose prints floats without a point.
fn same(a: &Node, b: &Node, style: Style) -> bool {
    let values = match (&a.value, &b.value) {
        (Value::Sequence(a), Value::Sequence(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b, style)),
        (Value::Map(a), Value::Map(b)) => same_maps(a, b, style),
        (Value::Number(a), Value::Number(b)) => a == b || style == Style::Compose,
        (a, b) => a == b,
    };
    values && a.tag == b.tag
}

fn same_maps(a: &Map, b: &Map, style: Style) -> bool {
    a.len() == b.len()
        && a.iter().zip(b.iter()).all(|((a_key, a), (b_key, b))| a_key == b_key && a_key.is_text == b_key.is_text && same(a, b, style))
}
