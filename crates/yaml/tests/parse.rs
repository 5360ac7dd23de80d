//! What the parser makes of texts: values as docker compose's go-yaml reads them, places, faults.

// Helpers outside of `#[test]` functions unwrap too, and the cases come from the disk.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test: its failures are panics, and it reads the corpus"
)]

use std::fmt::Write as _;
use std::path::PathBuf;

use windlass_source::SourceMap;
use windlass_yaml::{Budget, Node, Parsed, Value, decode, parse, parse_with_comments};

fn read(text: &str) -> Parsed {
    let file = SourceMap::new().add("test.yaml", text);
    parse(file, text, &Budget::default())
}

/// The values as JSON-like text; `as_written` adds the text under each span.
fn show(node: &Node, text: &str, as_written: bool, out: &mut String) {
    if let Some(tag) = &node.tag {
        write!(out, "{} ", &**tag).unwrap();
    }
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => write!(out, "{value}").unwrap(),
        Value::Number(number) => write!(out, "{number:?}").unwrap(),
        Value::String(value) => write!(out, "{value:?}").unwrap(),
        Value::Timestamp(value) => write!(out, "Timestamp({value})").unwrap(),
        Value::Sequence(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                show(item, text, as_written, out);
            }
            out.push(']');
        }
        Value::Map(map) => {
            out.push('{');
            for (at, (key, value)) in map.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                write!(out, "{}{}", if key.is_text { "" } else { "!text " }, key.as_str()).unwrap();
                if as_written {
                    write!(out, "<{}>", &text[key.span.unwrap().range()]).unwrap();
                }
                out.push_str(": ");
                show(value, text, as_written, out);
            }
            out.push('}');
        }
    }
    if as_written {
        let span = node.span().unwrap();
        write!(out, "<{}>", text[span.range()].escape_debug()).unwrap();
        if let Some(used) = node.origin.used_at() {
            write!(out, "@<{}>", &text[used.range()]).unwrap();
        }
    }
}

fn values(text: &str) -> String {
    let parsed = read(text);
    assert!(parsed.is_ok(), "{text:?}: {:#?}", parsed.diagnostics);
    let mut out = String::new();
    for document in &parsed.documents {
        if !out.is_empty() {
            out.push_str(" --- ");
        }
        show(&document.root, text, false, &mut out);
    }
    out
}

#[track_caller]
fn check(text: &str, expect: &str) {
    assert_eq!(values(text), expect, "{text:?}");
}

#[track_caller]
fn check_places(text: &str, expect: &str) {
    let parsed = read(text);
    assert!(parsed.is_ok(), "{text:?}: {:#?}", parsed.diagnostics);
    let mut out = String::new();
    show(&parsed.documents[0].root, text, true, &mut out);
    assert_eq!(out, expect, "{text:?}");
}

/// Code, place and message of each fault.
#[track_caller]
fn check_faults(text: &str, expect: &[&str]) {
    let mut sources = SourceMap::new();
    let file = sources.add("t", text);
    let parsed = parse(file, text, &Budget::default());
    let found: Vec<String> = parsed
        .diagnostics
        .iter()
        .map(|diagnostic| {
            let places: Vec<_> = diagnostic.labels.iter().map(|label| sources.locate(label.span)[2..].to_owned()).collect();
            format!("{} {}: {}", diagnostic.code, places.join(" "), diagnostic.message)
        })
        .collect();
    assert_eq!(found, expect, "{text:?}");
    for diagnostic in &parsed.diagnostics {
        assert!(!diagnostic.help.is_empty() && diagnostic.message.len() <= 80, "{diagnostic:?}");
    }
}

#[test]
fn scalars_and_styles() {
    check(
        "a: 1\nb: 'x'\nc: \"y\\n\"\nd: ~\ne:\nf: 0644\ng: 2001-12-14",
        r#"{a: Int(1), b: "x", c: "y\n", d: null, e: null, f: Int(420), g: Timestamp(2001-12-14)}"#,
    );
    check("a: '1'\nb: \"true\"\nc: |\n  5\nd: >-\n  6\n", r#"{a: "1", b: "true", c: "5\n", d: "6"}"#);
    check("a: |\n  x", r#"{a: "x"}"#);
    check(
        "- !!str 5\n- !!int '5'\n- !!float 1\n- !!null ''\n- !!binary aGk=\n- !foo 5\n- !reset\n- ! 5",
        r#"["5", Int(5), Float(1.0), null, "hi", !foo "5", !reset "", Int(5)]"#,
    );
    check("!foo {a: !reset []}", "!foo {a: !reset []}");
    check("\u{feff}a: b\r\nc: |\r\n  x\r\n  y\r\n", r#"{a: "b", c: "x\ny\n"}"#);
    check("a:\tb", r#"{a: "b"}"#);
    check("", "");
    check("# only\n", "");
    check("a\n---\n---\nb\n...\n", r#""a" --- null --- "b""#);
    check("%YAML 1.1\n---\na", r#""a""#);
}

#[test]
fn keys_keep_their_text() {
    check(
        "1: a\n0x10: b\ntrue: c\n1.50: d\n~: e\n2001-01-01: f\n'2': g\n!!str 3: h",
        r#"{!text 1: "a", !text 0x10: "b", !text true: "c", !text 1.50: "d", !text ~: "e", !text 2001-01-01: "f", 2: "g", 3: "h"}"#,
    );
    check("? \n: v", r#"{!text : "v"}"#);
    check("{? : v}", r#"{!text : "v"}"#);
    check_faults(": v", &["yaml::missing-key 1:1: a key is missing before `:`"]);
    check_faults("a: {b: 1, : v}", &["yaml::missing-key 1:11: a key is missing before `:`"]);
    check_faults("&k a: 1\n*k : 2\n? b\n: c", &["yaml::duplicate-key 2:1 1:4: key `a` stands twice in one map"]);
    check("x: &k a\n*k : 2\n? b\n: c", r#"{x: "a", a: Int(2), b: "c"}"#);
}

#[test]
fn aliases_and_merge_keys() {
    check("a: &x [1]\nb: *x\nc: &x 2\nd: *x", "{a: [Int(1)], b: [Int(1)], c: Int(2), d: Int(2)}");
    check(
        "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {y: 3, <<: [*a, *b], w: 4}",
        "{a: {x: Int(1), y: Int(1)}, b: {y: Int(2), z: Int(2)}, c: {y: Int(3), w: Int(4), x: Int(1), z: Int(2)}}",
    );
    check(
        "a: {<<: {b: 1}}\nb: {'<<': 1}\nc: {!!str <<: 1}\nd: {!!merge <<: {e: 1}}",
        "{a: {b: Int(1)}, b: {<<: Int(1)}, c: {<<: Int(1)}, d: {e: Int(1)}}",
    );
    check_faults("a: &a\nb: {<<: *a}", &["yaml::merge 2:9 2:5: `<<` needs a map or a list of maps"]);
    check_faults("b: {<<: [{a: 1}, 2]}", &["yaml::merge 1:18 1:5: `<<` needs a map or a list of maps"]);
    check_faults("b:\n  <<: {}\n  <<: {}", &["yaml::duplicate-key 3:3 2:3: key `<<` stands twice in one map"]);
    check_faults("a: &a [*a]", &["yaml::alias-cycle 1:8: alias `*a` stands inside the value that it means"]);
    check_faults(
        "a: [*b]\n---\na: &b 1\n---\nc: *b",
        &[
            "yaml::unknown-anchor 1:5: there is no anchor `&b` before this alias",
            "yaml::unknown-anchor 5:4: there is no anchor `&b` before this alias",
        ],
    );
}

#[test]
fn places_are_exact() {
    check_places("a:  b c # d\n'e' : \"f\"\n", r#"{a<a>: "b c"<b c>, e<'e'>: "f"<\"f\">}<a:  b c # d\n\'e\' : \"f\">"#);
    check_places(
        "a: | # c\n\n  x\n   y\n\nb: >2-\n   z\n",
        r#"{a<a>: "\nx\n y\n"<| # c\n\n  x\n   y>, b<b>: " z"<>2-\n   z>}<a: | # c\n\n  x\n   y\n\nb: >2-\n   z>"#,
    );
    check_places("a: |\nb: !!str &x |-\n", r#"{a<a>: ""<|>, b<b>: ""<|->}<a: |\nb: !!str &x |->"#);
    check_places("a:\n- -1\n- - x\n  -\n", r#"{a<a>: [Int(-1)<-1>, ["x"<x>, null<>]<- x\n  ->]<- -1\n- - x\n  ->}<a:\n- -1\n- - x\n  ->"#);
    check_places(
        "- a: 1\n\n  b: {c: [x , y], d}\n# e\n- |\n x\n",
        r#"[{a<a>: Int(1)<1>, b<b>: {c<c>: ["x"<x>, "y"<y>]<[x , y]>, d<d>: null<>}<{c: [x , y], d}>}<a: 1\n\n  b: {c: [x , y], d}>, "x\n"<|\n x>]<- a: 1\n\n  b: {c: [x , y], d}\n# e\n- |\n x>"#,
    );
    check_places(
        "a: &x {b: 1}\nc: *x\nd: [*x]",
        r#"{a<a>: {b<b>: Int(1)<1>}<{b: 1}>, c<c>: {b<b>: Int(1)<1>@<*x>}<{b: 1}>@<*x>, d<d>: [{b<b>: Int(1)<1>@<*x>}<{b: 1}>@<*x>]<[*x]>}<a: &x {b: 1}\nc: *x\nd: [*x]>"#,
    );
    check_places("é: ü # ö\nß: 'ä'", r#"{é<é>: "ü"<ü>, ß<ß>: "ä"<\'ä\'>}<é: ü # ö\nß: \'ä\'>"#);
    let text = "a:   # c\n  - 1\nb:\nc:  \n";
    let parsed = read(text);
    let at = |key: &str| parsed.documents[0].root.get(key).unwrap().span().unwrap().range();
    assert_eq!((at("a"), at("b"), at("c")), (11..14, 17..17, 20..20));
}

#[test]
fn comments_are_found_when_asked_for() {
    let text = "# a\nb: c # d\n# e\n---\n- '#f' #g\n# h";
    let file = SourceMap::new().add("t", text);
    let parsed = parse_with_comments(file, text, &Budget::default());
    let comments: Vec<Vec<&str>> =
        parsed.documents.iter().map(|document| document.comments.iter().map(|comment| &text[comment.span.range()]).collect()).collect();
    assert_eq!(comments, [vec!["# a", "# d", "# e"], vec!["#g", "# h"]]);
    assert!(read(text).documents.iter().all(|document| document.comments.is_empty()));
}

#[test]
fn faults_name_place_and_remedy() {
    check_faults("a: 1\nb: 2\na: 3", &["yaml::duplicate-key 3:1 1:1: key `a` stands twice in one map"]);
    check_faults("1: a\n'1': b", &["yaml::duplicate-key 2:1 1:1: key `1` stands twice in one map"]);
    check_faults("image: {{ tag }}", &["yaml::complex-key 1:9: a map can't be a key"]);
    check_faults("? [a]\n: b", &["yaml::complex-key 1:3: a list can't be a key"]);
    check_faults("a: !!int x", &["yaml::tag 1:10: `x` is not what its tag says"]);
    check_faults("a: \"\\/\"", &["yaml::syntax 1:5: `\\/` is no escape that Docker Compose and Kubernetes know"]);
    check_faults(
        "a: b: c\n---\nd: [e\n---\nf: g",
        &["yaml::syntax 1:5: `:` stands where no key can", "yaml::syntax 3:4: `[` is not closed"],
    );
    check_faults("a:\n\tb: c", &["yaml::syntax 2:2: a tab stands where only spaces may"]);
    check_faults("a: @b", &["yaml::syntax 1:4: plain text can't begin with `@`"]);
    check_faults("a: \0", &["yaml::control-character 1:4: U+0000 may not stand in YAML"]);
    check_faults("a: b\u{feff}", &["yaml::control-character 1:5: U+FEFF may not stand in YAML"]);
    check_faults("a: \u{9f}\u{1}", &["yaml::control-character 1:4: U+009F may not stand in YAML"]);
}

#[test]
fn a_broken_document_keeps_what_stands_before_the_fault() {
    let text = "a:\n  b: 1\n  c: [2, 3\n---\nd: 4";
    let parsed = read(text);
    let mut out = String::new();
    show(&parsed.documents[0].root, text, false, &mut out);
    assert_eq!(out, "{a: {b: Int(1), c: [Int(2)]}}");
    assert!(parsed.documents[0].is_broken && !parsed.documents[1].is_broken);
    assert_eq!(parsed.documents.len(), 2);
}

fn bomb(text: &str, code: &str) {
    let start = std::time::Instant::now();
    let parsed = read(text);
    // Ten times the target: test builds are not optimised, and the machine may be busy.
    assert!(start.elapsed().as_millis() < 1000, "{code}: {:?}", start.elapsed());
    assert_eq!(parsed.diagnostics.first().map(|diagnostic| diagnostic.code.0), Some(code));
}

#[test]
fn bombs_end_in_a_diagnostic() {
    let mut laughs = String::from("a0: &a0 [lol]\n");
    for level in 1..30 {
        writeln!(laughs, "a{level}: &a{level} [{}]", vec![format!("*a{}", level - 1); 9].join(", ")).unwrap();
    }
    bomb(&laughs, "yaml::aliases");
    let mut merges = String::from("a0: &a0 {k0: 1}\n");
    for level in 1..1000 {
        writeln!(merges, "a{level}: &a{level} {{k{level}: 1, <<: *a{}}}", level - 1).unwrap();
    }
    bomb(&merges, "yaml::aliases");
    bomb(&"[".repeat(10_000), "yaml::depth");
    bomb(&"{a: ".repeat(10_000), "yaml::depth");
    bomb(&"- ".repeat(10_000), "yaml::depth");
    bomb(&"? ".repeat(10_000), "yaml::depth");
    bomb(&"&a [".repeat(10_000), "yaml::depth");
    bomb(&format!("{}x{}", "[".repeat(10_000), "]".repeat(10_000)), "yaml::depth");
    let nested: String = (0..10_000).map(|level| format!("{}a:\n", " ".repeat(level.min(300)))).collect();
    bomb(&nested, "yaml::depth");
    let budget = Budget { bytes: 10, nodes: 3, ..Budget::default() };
    let file = SourceMap::new().add("t", "");
    assert_eq!(parse(file, "a: 12345678", &budget).diagnostics[0].code.0, "yaml::max-input");
    assert_eq!(parse(file, "[1,2,3]", &budget).diagnostics[0].code.0, "yaml::nodes");
}

#[test]
fn the_deepest_tree_fits_a_small_stack() {
    let depth = Budget::default().depth;
    let text = format!("{}x{}", "[".repeat(depth), "]".repeat(depth));
    let walk = std::thread::Builder::new().stack_size(1 << 20).spawn(move || {
        let parsed = read(&text);
        assert!(parsed.is_ok());
        let copy = parsed.documents[0].root.clone();
        assert!(copy.same_value(&parsed.documents[0].root));
        let mut out = String::new();
        show(&copy, &text, true, &mut out);
    });
    walk.unwrap().join().unwrap();
}

#[test]
fn what_docker_compose_accepts_is_read_and_what_its_yaml_refuses_is_refused() {
    let shared = std::env::var_os("WINDLASS_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let folder = shared.join("oracle/compose-odd");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: no {}", folder.display());
        return;
    };
    let mut paths: Vec<_> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|end| end == "jsonl")).collect();
    paths.sort();
    let mut wrong = Vec::new();
    for path in paths {
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            let case: serde_json::Value = serde_json::from_str(line).unwrap();
            let accepted = case["rc"] == 0;
            let error = case["error"].as_str().unwrap_or_default();
            let by_yaml = !error.contains("cannot unmarshal !!")
                && (error.starts_with("yaml: ")
                    || [": yaml: ", "already defined", "invalid map key", "map merge requires", "cycle detected: node"]
                        .iter()
                        .any(|part| error.contains(part)));
            let mut faults = Vec::new();
            for (name, text) in case["files"].as_object().into_iter().flatten() {
                if name.ends_with("yaml") || name.ends_with("yml") {
                    faults.extend(read(text.as_str().unwrap()).diagnostics);
                }
            }
            for (_, text) in case["files_base64"].as_object().into_iter().flatten() {
                let bytes = base64(text.as_str().unwrap());
                match decode(&bytes) {
                    Ok(text) => faults.extend(read(&text).diagnostics),
                    Err(_) => assert!(!accepted, "{}", case["id"]),
                }
            }
            if (accepted && !faults.is_empty()) || (by_yaml && faults.is_empty() && case["files_base64"].is_null()) {
                wrong.push(format!("{} {error} {faults:?}", case["id"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn base64(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.bytes().filter(|byte| *byte != b'=') {
        let value = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".iter().position(|one| *one == byte);
        bits = bits << 6 | value.unwrap() as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    out
}
