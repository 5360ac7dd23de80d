//! A long text, read by two threads: a map of its first level, such as `services`, is cut between two of its entries, and each thread
//! reads one side. What is unusual about either side makes the text one that is read as a whole.

use windlass_source::{FileId, Origin, Span, both, has_second};

use super::{END, Reader};
use crate::budget::Budget;
use crate::map::{Key, Map};
use crate::node::{Node, Value};
use crate::parse::Parsed;

/// Shorter texts are read before the second thread is awake, or before it is there.
const WORTH_A_THREAD: usize = 32 << 10;
const WORTH_STARTING_ONE: usize = 256 << 10;

/// Bytes that the first thread reads while the second one wakes.
const HEAD_START: usize = 4 << 10;

/// The root and the map that is cut, which the second side has to stand for its own.
const AGAIN: usize = 2;

/// Reads a text in two halves; `None` if it is short, or not of two halves.
pub(super) fn read(file: FileId, text: &str, budget: &Budget) -> Option<Parsed> {
    if text.len() < if has_second() { WORTH_A_THREAD } else { WORTH_STARTING_ONE } || memchr::memchr(b'&', text.as_bytes()).is_some() {
        return None;
    }
    let (at, indent) = middle(text)?;
    read_cut(file, text, budget, at, indent)
}

/// The first entry some way behind the middle of the text, with the column of its key: that of the first line that is indented at all.
fn middle(text: &str) -> Option<(usize, usize)> {
    let column = |line: &[u8]| line.iter().position(|byte| *byte != b' ').filter(|at| !matches!(line[*at], b'\n' | b'#'));
    let mut lines = text.as_bytes().split_inclusive(|byte| *byte == b'\n');
    let indent = lines.find_map(|line| column(line).filter(|indent| *indent > 0))?;
    let from = text.len() / 2 + HEAD_START;
    let mut at = from + text.as_bytes().get(from..)?.iter().position(|byte| *byte == b'\n')? + 1;
    for line in text.as_bytes()[at..].split_inclusive(|byte| *byte == b'\n') {
        match column(line) {
            Some(0) => return None,
            Some(found) if found == indent => return Some((at, indent)),
            _ => at += line.len(),
        }
    }
    None
}

/// Reads a text whose line at byte `at` begins with an entry of a map of the first level, behind so many spaces.
fn read_cut(file: FileId, text: &str, budget: &Budget, at: usize, indent: usize) -> Option<Parsed> {
    let (second, first) = both(true, || second(file, text, budget, at, indent), || first(file, &text[..at], budget, indent));
    let ((mut parsed, nodes), (rest, more)) = (first?, second?);
    if nodes + more - AGAIN > budget.nodes {
        return None;
    }
    let root = &mut parsed.documents.first_mut()?.root;
    join(root, rest)?;
    Some(parsed)
}

/// What stands before the cut, whose last entry is the map that goes on behind it, and how many values that is.
fn first(file: FileId, text: &str, budget: &Budget, indent: usize) -> Option<(Parsed, usize)> {
    let mut reader = Reader::new(file, text, budget, 0);
    reader.documents()?;
    let (nodes, anchors) = (reader.builder.nodes(), reader.anchor_count);
    let parsed = reader.builder.finish();
    let [document] = parsed.documents.as_slice() else { return None };
    let (_, cut) = document.root.as_map()?.iter().next_back()?;
    let start = cut.as_map()?.keys().next()?.span?.range().start;
    let is_block = cut.span()?.range().start == start && text[..start].ends_with(&format!("\n{:indent$}", ""));
    (is_block && anchors == 0 && parsed.diagnostics.is_empty()).then_some((parsed, nodes))
}

/// What stands behind the cut: a root, of which the first value is the rest of the map.
fn second(file: FileId, text: &str, budget: &Budget, at: usize, indent: usize) -> Option<(Node, usize)> {
    let mut reader = Reader::new(file, text, budget, at);
    reader.next_line()?;
    if reader.column != indent as isize {
        return None;
    }
    reader.builder.start_document(at);
    reader.builder.open_map(at..at, 0, None).ok()?;
    reader.builder.key_elsewhere();
    let name = reader.key()?;
    reader.map(indent as isize, 0, name)?;
    match reader.column {
        0 => {
            let name = reader.key()?;
            reader.rest_of_map(0, name)?;
        }
        END => reader.builder.close_collection(None).ok()?,
        _ => return None,
    }
    if reader.column != END || reader.at != text.len() {
        return None;
    }
    reader.builder.finish_document();
    let (nodes, anchors) = (reader.builder.nodes(), reader.anchor_count);
    let mut parsed = reader.builder.finish();
    let root = parsed.documents.pop()?.root;
    (anchors == 0 && parsed.diagnostics.is_empty()).then_some((root, nodes))
}

/// Puts the second side behind the first; `None` where a key stands on both.
fn join(root: &mut Node, rest: Node) -> Option<()> {
    stretch(root, &rest)?;
    let Value::Map(rest) = rest.value else { return None };
    let map = root.as_map_mut()?;
    let mut rest = rest.into_iter();
    let (_, more) = rest.next()?;
    let cut = map.values_mut().next_back()?;
    stretch(cut, &more)?;
    let Value::Map(more) = more.value else { return None };
    append(cut.as_map_mut()?, more)?;
    append(map, rest)
}

fn append(map: &mut Map, entries: impl IntoIterator<Item = (Key, Node)>) -> Option<()> {
    entries.into_iter().try_for_each(|(key, value)| map.insert_new(key, value)).ok()
}

/// The node reaches as far as the other one does.
fn stretch(node: &mut Node, other: &Node) -> Option<()> {
    let (own, other) = (node.span()?, other.span()?);
    node.origin = Origin::at(Span::new(own.file, own.range().start..other.range().end));
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use windlass_source::SourceMap;

    use super::*;

    fn check(text: &str, at: usize, indent: usize) -> Result<bool, TestCaseError> {
        let file = SourceMap::new().add("compose.yaml", text);
        let budget = Budget::default();
        let Some(halves) = read_cut(file, text, &budget, at, indent) else { return Ok(false) };
        let whole = super::super::whole(file, text, &budget);
        prop_assert_eq!(format!("{:?}", Some(halves)), format!("{whole:?}"), "{} cut at {}", text, at);
        Ok(true)
    }

    #[test]
    fn a_long_text_is_read_in_halves_as_it_is_read_whole() {
        let service = |number: usize| format!("  app{number}:\n    image: acme/app:{number}\n\n    # a word\n    ports: [80, '81']\n");
        let services: String = (0..1000).map(service).collect();
        let text = format!("name: shop\nservices:\n{services}volumes:\n  data:\n");
        let (at, indent) = middle(&text).unwrap();
        assert!(indent == 2 && text[at..].starts_with("  app") && at.abs_diff(text.len() / 2 + HEAD_START) < 100);
        assert!(check(&text, at, indent).unwrap());
    }

    #[test]
    fn what_stands_on_both_sides_or_has_no_second_side_is_read_whole() {
        let file = SourceMap::new().add("compose.yaml", "");
        for (text, cut) in [
            ("a:\n  b: 1\n  b: 2\n", "  b: 2"),
            ("a:\n  b: 1\n  c: 2\na: 3\n", "  c"),
            ("a: {\n  b: 1,\n  c: 2}\n", "  c"),
            ("a: |\n  b: 1\n  c: 2\n", "  c"),
            ("- a: 1\n  b: 2\n", "  b"),
            ("a:\n  b: &x 1\n  c: *x\n", "  c"),
            ("a:\n    b: 1\n  c: 2\n", "  c"),
        ] {
            let at = text.find(cut).unwrap();
            assert!(read_cut(file, text, &Budget::default(), at, 2).is_none(), "{text}");
        }
    }

    #[test]
    fn both_halves_together_keep_to_the_budget() {
        let text = "a:\n  b: 1\n  c: 2\n";
        let file = SourceMap::new().add("compose.yaml", text);
        let fits = |nodes| read_cut(file, text, &Budget { nodes, ..Budget::default() }, text.find("  c").unwrap(), 2).is_some();
        let whole_fits = |nodes| super::super::whole(file, text, &Budget { nodes, ..Budget::default() }).is_some();
        for nodes in 0..10 {
            assert_eq!(fits(nodes), whole_fits(nodes), "{nodes}");
        }
        assert!(fits(7) && !fits(6));
    }

    const LINES: [&str; 16] = [
        "a:",
        "b: x",
        "- c",
        "d: |",
        "text",
        "'q': 1",
        "# c",
        "",
        "e: {f: 1}",
        "g: \"x",
        "h: &h x",
        "i: *h",
        "---",
        "j: [",
        "- k: >-",
        "?",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn wherever_a_text_is_cut_it_is_read_as_whole(lines in prop::collection::vec((0..4_usize, 0..LINES.len()), 2..16)) {
            let text: String = lines.iter().map(|(indent, line)| format!("{:width$}{}\n", "", LINES[*line], width = indent * 2)).collect();
            for (line_break, _) in text.match_indices('\n') {
                for indent in [2, 4] {
                    check(&text, line_break + 1, indent)?;
                }
            }
        }

        #[test]
        fn plain_files_are_read_in_halves(sizes in prop::collection::vec(1..5_usize, 2..9), cut in 1..8_usize, tail in 0..3_usize) {
            let mut text = "s:\n".to_owned();
            let mut at = 0;
            for (number, size) in sizes.iter().enumerate() {
                if number == cut.min(sizes.len() - 1) {
                    at = text.len();
                }
                text.push_str(&format!("  n{number}:\n"));
                text.extend((0..*size).map(|key| format!("    k{key}:{}\n", ["", " v", " [1, 2]", " |\n      x\n"][key % 4])));
            }
            text.extend((0..tail).map(|number| format!("t{number}:\n  u: 1\n")));
            prop_assert!(check(&text, at, 2)?);
        }
    }
}
