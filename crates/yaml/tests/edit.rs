//! Edits change what they should, and nothing else.

// Helpers outside of `#[test]` functions unwrap too, and the cases come from the disk.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test: its failures are panics, and it reads the corpus"
)]

use std::path::{Path as FilePath, PathBuf};

use windlass_source::{Edit, FileId, SourceMap, Span};
use windlass_yaml::{
    Budget, EditError, Map, Node, Segment, Style, Value, apply, decode, insert_entry, parse, remove_entry, replace_scalar,
};

fn file() -> FileId {
    SourceMap::new().add("t", "")
}

fn read(text: &str) -> Option<Node> {
    let parsed = parse(file(), text, &Budget::default());
    (parsed.is_ok() && parsed.documents.len() == 1).then(|| parsed.documents.into_iter().next().unwrap().root)
}

fn at<'node>(node: &'node Node, path: &str) -> &'node Node {
    path.split('.').filter(|part| !part.is_empty()).fold(node, |node, part| match part.parse::<usize>() {
        Ok(index) => &node.as_sequence().unwrap()[index],
        Err(_) => node.get(part).unwrap(),
    })
}

#[track_caller]
fn check(text: &str, expect: &str, edit: impl FnOnce(&Node) -> Option<Edit>) {
    let root = read(text).unwrap();
    let found = edit(&root).map_or_else(|| "None".to_owned(), |edit| apply(text, &[edit]).unwrap());
    assert_eq!(found, expect, "{text:?}");
    assert!(found == "None" || read(&found).is_some(), "{found:?}");
}

#[test]
fn edits_that_overlap_or_lie_outside_are_refused() {
    let file = file();
    let edit =
        |start: usize, end: usize, replacement: &str| Edit { span: Span::new(file, start..end), replacement: replacement.to_owned() };
    assert_eq!(apply("abcdef", &[edit(4, 5, "X"), edit(0, 2, ""), edit(2, 2, "1"), edit(2, 2, "2")]).as_deref(), Ok("12cdXf"));
    assert!(matches!(apply("abcdef", &[edit(0, 3, ""), edit(2, 4, "")]), Err(EditError::Overlap(..))));
    assert!(matches!(apply("abc", &[edit(2, 4, "")]), Err(EditError::OutOfBounds(_))));
    assert!(matches!(apply("é", &[edit(1, 2, "")]), Err(EditError::OutOfBounds(_))));
    let mut sources = SourceMap::new();
    let (one, two) = (sources.add("a", ""), sources.add("b", ""));
    let insert = |file| Edit { span: Span::new(file, 0..0), replacement: String::new() };
    assert!(matches!(apply("", &[insert(one), insert(two)]), Err(EditError::SeveralFiles(..))));
}

#[test]
fn scalars_are_replaced_in_their_quotes() {
    let to = |path: &'static str, value: &'static str| move |root: &Node| replace_scalar_text(root, path, value);
    fn replace_scalar_text(root: &Node, path: &str, value: &str) -> Option<Edit> {
        TEXT.with(|text| replace_scalar(&text.borrow(), at(root, path), &Value::from(value)))
    }
    thread_local!(static TEXT: std::cell::RefCell<String> = const { std::cell::RefCell::new(String::new()) });
    let check = |text: &str, expect: &str, path: &'static str, value: &'static str| {
        TEXT.with(|slot| *slot.borrow_mut() = text.to_owned());
        check(text, expect, to(path, value));
    };
    check("a: b # c\n", "a: x # c\n", "a", "x");
    check("a: 'b'\n", "a: 'x''y'\n", "a", "x'y");
    check("a: \"b\"\n", "a: \"x\"\n", "a", "x");
    check("a: b\n", "a: \"1\"\n", "a", "1");
    check("a: [b]\n", "a: ['x,y']\n", "a.0", "x,y");
    check("a:\nb: 1\n", "a: x\nb: 1\n", "a", "x");
    check("a: #c\n", "a: x #c\n", "a", "x");
    check("{a, b: }", "{a: x, b: }", "a", "x");
    check("-\n- b\n", "- x\n- b\n", "0", "x");
    check("a: &b\nc: *b\n", "a: &b x\nc: *b\n", "a", "x");
    check("a: &b 1\nc: *b\n", "a: &b 1\nc: x\n", "c", "x");
    check("a: |\n  b\n  c\n\nd: e\n", "a: x\n\nd: e\n", "a", "x");
    check("a: [b]\n", "None", "a", "x");
    check("a:\n- b\n", "None", "a", "x");
}

#[track_caller]
fn check_insert(text: &str, expect: &str, path: &str, after: Option<&str>) {
    let value = read("[1, {x: z}]").unwrap();
    check(text, expect, |root| insert_entry(text, at(root, path), after, "new", &value, Style::Compose));
}

#[test]
fn entries_are_inserted_at_the_indent_of_their_map() {
    check_insert("a: 1 # c\nb: 2\n", "a: 1 # c\nnew:\n  - 1\n  - x: z\nb: 2\n", "", Some("a"));
    check_insert("a: 1", "a: 1\nnew:\n  - 1\n  - x: z\n", "", Some("a"));
    check_insert("# h\na: 1\n", "# h\nnew:\n  - 1\n  - x: z\na: 1\n", "", None);
    check_insert("l:\n  - a: 1\n    b: 2\n", "l:\n  - a: 1\n    new:\n      - 1\n      - x: z\n    b: 2\n", "l.0", Some("a"));
    check_insert("l:\n- a: 1\n", "l:\n- new:\n    - 1\n    - x: z\n  a: 1\n", "l.0", None);
    check_insert("a: |+\n  x\n\nb: 2\n", "a: |+\n  x\n\nnew:\n  - 1\n  - x: z\nb: 2\n", "", Some("a"));
    check_insert("a: |\n  x", "None", "", Some("a"));
    check_insert("a: {b: 1, c: 2}\n", "a: {b: 1, new: [1, {x: z}], c: 2}\n", "a", Some("b"));
    check_insert("a: {}\n", "a: {new: [1, {x: z}]}\n", "a", None);
    check_insert("a: {b}\n", "a: {b, new: [1, {x: z}]}\n", "a", Some("b"));
    check_insert("a: [b: 1]\n", "None", "a.0", Some("b"));
    check_insert("a: 1\r\nb: 2\r\n", "a: 1\r\nnew:\r\n  - 1\r\n  - x: z\r\nb: 2\r\n", "", Some("a"));
    check_insert("x: &x {a: 1}\nb:\n  <<: *x\n  c: 1\n", "None", "b", Some("a"));
    check_insert("x: &x {a: 1}\nb: *x\n", "None", "b", Some("a"));
    check_insert("new: 1\n", "None", "", None);
}

#[track_caller]
fn check_remove(text: &str, expect: &str, path: &str, key: &str) {
    check(text, expect, |root| remove_entry(text, at(root, path), key));
}

#[test]
fn entries_are_removed_with_their_lines() {
    check_remove("a: 1\n# b\nb: 2 # x\nc: 3\n", "a: 1\n# b\nc: 3\n", "", "b");
    check_remove("a: 1\nb:\n  c: 2\n", "a: 1\n", "", "b");
    check_remove("a:\n  b: 1\n", "a:\n  {}\n", "a", "b");
    check_remove("- a: 1\n  # x\n  b: 2\n", "- # x\n  b: 2\n", "0", "a");
    check_remove("- a: 1\n  b: 2\n", "- b: 2\n", "0", "a");
    check_remove("a: |+\n  x\nb: 1\n\nc: 2\n", "a: |+\n  x\nc: 2\n", "", "b");
    check_remove("{a: 1, b: 2}", "{b: 2}", "", "a");
    check_remove("{a: 1, b: 2}", "{a: 1}", "", "b");
    check_remove("{a: 1,}", "{}", "", "a");
    check_remove("{a: 1, # x\n b: 2}", "None", "", "a");
    check_remove("? a\n: 1\nb: 2\n", "None", "", "a");
    check_remove("a: &x 1\nb: *x\n", "None", "", "a");
    check_remove("a: &x 1\nb: *x\n", "a: &x 1\n", "", "b");
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

/// Every map and scalar of a tree, with its path.
fn places(node: &Node, path: &mut Vec<Segment>, found: &mut Vec<Vec<Segment>>) {
    found.push(path.clone());
    let children: Vec<(Segment, &Node)> = match &node.value {
        Value::Sequence(items) => items.iter().enumerate().map(|(at, item)| (Segment::Index(at), item)).collect(),
        Value::Map(map) => map.iter().map(|(key, value)| (Segment::Key(key.name().clone()), value)).collect(),
        _ => return,
    };
    for (segment, child) in children {
        path.push(segment);
        places(child, path, found);
        path.pop();
    }
}

fn walk<'node>(root: &'node mut Node, path: &[Segment]) -> &'node mut Node {
    path.iter().fold(root, |node, segment| match segment {
        Segment::Key(key) => node.get_mut(key).unwrap(),
        Segment::Index(index) => &mut node.as_sequence_mut().unwrap()[*index],
    })
}

#[test]
fn edits_of_the_corpus_change_the_tree_as_they_should() {
    let shared = std::env::var_os("WINDLASS_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let mut paths = Vec::new();
    yaml_files(&shared.join("corpus"), &mut paths);
    if paths.is_empty() {
        eprintln!("skipped: no files in {}", shared.display());
        return;
    }
    paths.sort();
    let new = read("[1, 'a: b', {k: \"x\\ny\\n\"}]").unwrap();
    let (mut made, mut refused) = (0, 0);
    for path in paths.iter().step_by(8) {
        let bytes = std::fs::read(path).unwrap();
        let Ok(text) = decode(&bytes) else { continue };
        let Some(root) = read(&text).filter(|_| text.len() < 20_000) else { continue };
        // A change of an anchor's value changes its aliases too, so the tree would have to be searched for them.
        let has_anchors = text.contains('&');
        let mut found = Vec::new();
        places(&root, &mut Vec::new(), &mut found);
        for place in found.iter().step_by(found.len() / 12 + 1) {
            let mut root = root.clone();
            let node = walk(&mut root, place).clone();
            let keys: Vec<_> = node.as_map().map(Map::keys).into_iter().flatten().map(|key| key.name().clone()).collect();
            let mut check = |edit: Option<Edit>, expect: &dyn Fn(&mut Node)| {
                let Some(edit) = edit else {
                    refused += 1;
                    return;
                };
                made += 1;
                let mut expected = root.clone();
                expect(walk(&mut expected, place));
                let after = apply(&text, std::slice::from_ref(&edit)).unwrap();
                let read = read(&after).unwrap_or_else(|| panic!("{} {edit:?}\n{after}", path.display()));
                assert!(has_anchors || read.same_value(&expected), "{} {edit:?}\n{after}", path.display());
            };
            if !matches!(node.value, Value::Map(_) | Value::Sequence(_)) {
                for value in [Value::from("it's, [x]: y"), Value::from("p\nq"), Value::from(5)] {
                    check(replace_scalar(&text, &node, &value), &|node| node.value = value.clone());
                }
            }
            for key in keys.first().into_iter().chain(keys.last()) {
                check(remove_entry(&text, &node, key), &|node| drop(node.as_map_mut().unwrap().remove(key)));
                check(insert_entry(&text, &node, Some(key), "x-new", &new, Style::Kubernetes), &|node| {
                    node.as_map_mut().unwrap().insert("x-new", new.clone());
                });
            }
            if node.as_map().is_some() {
                check(insert_entry(&text, &node, None, "x-new", &new, Style::Compose), &|node| {
                    node.as_map_mut().unwrap().insert("x-new", new.clone());
                });
            }
        }
    }
    eprintln!("{made} edits made, {refused} refused");
    assert!(made > 1000 && refused * 10 < made, "{made} made, {refused} refused");
}
