//! `docs/operator-features.md` is true: every feature and fault has its line, every test that is named exists, none stands for more than
//! three features, and the numbers at its head are those of its lines.
#![expect(clippy::disallowed_methods, reason = "reads the document and the tests that it names")]

use std::collections::BTreeMap;

use windlass_testkit::workspace;

/// Features that one test may stand for.
const FEATURES: usize = 3;

/// The cells of each line of a table whose first is a number after `mark`.
fn rows<'a>(text: &'a str, mark: &str) -> Vec<(usize, Vec<&'a str>)> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix('|'));
    let cells = lines.map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
    cells.filter_map(|cells| Some((cells[0].strip_prefix(mark)?.parse().ok()?, cells))).collect()
}

/// The tests that a cell names: each as a file and a name, both in code marks.
fn tests(cell: &str) -> Vec<(&str, &str)> {
    let words: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
    words.windows(2).filter(|pair| pair[0].ends_with(".rs")).map(|pair| (pair[0], pair[1])).collect()
}

/// True when the file has a test of this name.
fn exists((file, name): (&str, &str)) -> bool {
    let text = std::fs::read_to_string(workspace().join(file)).unwrap_or_default();
    let Some((before, _)) = text.split_once(&format!("fn {name}(")) else { return false };
    let attributes = before.rsplit("\n\n").next().unwrap_or_default();
    attributes.contains("#[test]") || attributes.contains("#[tokio::test")
}

#[test]
fn every_feature_and_fault_has_its_line_and_every_test_that_is_named_exists() {
    let text = std::fs::read_to_string(workspace().join("docs/operator-features.md")).expect("there is a document");
    let (features, faults) = (rows(&text, ""), rows(&text, "F"));
    let in_order = |rows: &[(usize, Vec<&str>)]| rows.iter().map(|(number, _)| *number).collect::<Vec<_>>();
    assert_eq!(in_order(&features), Vec::from_iter(1..=125));
    let mut numbers = in_order(&faults);
    numbers.sort_unstable();
    assert_eq!(numbers, Vec::from_iter(1..=64));

    let mut uses: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    let mut done = 0;
    for (number, cells) in &features {
        let [_, _, state, cell] = cells[..] else { panic!("{number}: {cells:?}") };
        let named = tests(cell);
        match state {
            "done" => assert!(!named.is_empty(), "{number} names no test"),
            "not" => assert!(named.is_empty() && !cell.is_empty(), "{number} says why not"),
            other => panic!("{number}: {other}"),
        }
        done += usize::from(state == "done");
        named.into_iter().for_each(|test| uses.entry(test).or_default().push(*number));
    }
    let often: Vec<_> = uses.iter().filter(|(_, numbers)| numbers.len() > FEATURES).collect();
    assert!(often.is_empty(), "{often:?}");

    let mut shown = 0;
    let mut of_faults = Vec::new();
    for (number, cells) in faults.iter().filter(|(_, cells)| cells.len() > 3) {
        let named = tests(cells[3]);
        assert!(!named.is_empty() && ["cluster", "model", "unit"].contains(&cells[2]), "F{number}: {cells:?}");
        of_faults.extend(named);
        shown += 1;
    }
    let missing: Vec<_> = uses.keys().copied().chain(of_faults).filter(|test| !exists(*test)).collect();
    assert!(missing.is_empty(), "{missing:#?}");

    println!("result: {done} of 125 features are done, {shown} of 64 faults are shown");
    let head = format!(
        "**{done} of 125 features are done, {} are not. {shown} of 64 faults are shown by a test, {} are not.**",
        125 - done,
        64 - shown
    );
    assert!(text.contains(&head), "the head is to say: {head}");
}
