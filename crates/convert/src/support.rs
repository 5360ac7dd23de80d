//! What becomes of each Compose attribute, as documented cases: the Markdown files beside the attributes' code, taken apart.
//!
//! A file `attributes/NAME.md` has a title, words about all of its attributes, and cases. A case is a section whose heading names
//! attributes (`services.*.ports.target`); it has words, the files of a project in fences that name them
//! (```` ```yaml compose.yaml ````), and then what the project becomes: fields of objects, and a line for each value with its fate.
//! The suite converts every case and compares; `docs/attributes.md` and `windlass explain ATTRIBUTE` are made from them.

use crate::attributes::DOCUMENTS;

/// A Markdown file of cases.
#[derive(Clone, Debug)]
pub struct Document {
    /// The file's name, as `healthcheck.md`.
    pub file: &'static str,
    /// Its title.
    pub title: &'static str,
    /// Everything before the first case, the title included.
    pub preamble: &'static str,
    /// Its cases.
    pub cases: Vec<Case>,
}

/// A project and what becomes of some of its attributes.
#[derive(Clone, Debug)]
pub struct Case {
    /// The attributes that it is about; what is beneath them belongs to it as well.
    pub attributes: Vec<&'static str>,
    /// The heading, the words and the project's files.
    pub input: &'static str,
    /// What it becomes.
    pub outcome: &'static str,
    /// The files of the project: path and text.
    pub files: Vec<(&'static str, &'static str)>,
}

/// What became of values of a case that share their fate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Their paths: `services.web.ports[0].target`.
    pub paths: Vec<&'static str>,
    /// `mapped`, `approximated`, `lost` or `refused`.
    pub fate: &'static str,
    /// Where they went: `Service/web spec.ports[0].port`.
    pub places: Vec<&'static str>,
    /// How they differ, why they are left out, what to do; may be empty.
    pub message: &'static str,
}

/// Every document, in the order of the attributes' code.
pub fn documents() -> Vec<Document> {
    DOCUMENTS.iter().map(|&(file, text)| document(file, text)).collect()
}

/// The cases of an attribute, as they are written. It may be named from the root (`services.web.ports`), or as it stands in a service
/// (`ports.target`). Empty when there is none.
pub fn find(name: &str) -> Vec<Case> {
    let path = windlass_yaml::Path::parse(name);
    let in_service = windlass_yaml::Path::parse("services.any").join(&path);
    let wanted = [windlass_compose::model::attribute(&in_service), windlass_compose::model::attribute(&path)];
    let all: Vec<Case> = documents().into_iter().flat_map(|document| document.cases).collect();
    let fits =
        |case: &&Case, wanted: &str| case.attributes.iter().any(|attribute| is_beneath(wanted, attribute) || is_beneath(attribute, wanted));
    let found = wanted.iter().map(|wanted| all.iter().filter(|case| fits(case, wanted)).cloned().collect::<Vec<_>>());
    found.into_iter().find(|found| !found.is_empty()).unwrap_or_default()
}

/// True when `attribute` is `above` or beneath it.
fn is_beneath(attribute: &str, above: &str) -> bool {
    attribute.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

impl Case {
    /// True when a value at `path` belongs to the case.
    pub fn covers(&self, path: &windlass_yaml::Path) -> bool {
        let name = windlass_compose::model::attribute(path);
        self.attributes.iter().any(|attribute| is_beneath(&name, attribute))
    }

    /// The name of the heading in a link.
    pub fn anchor(&self) -> String {
        let heading = self.input.lines().next().unwrap_or_default().trim_start_matches('#').trim();
        let kept = heading.chars().filter(|character| character.is_alphanumeric() || matches!(character, ' ' | '-' | '_'));
        kept.map(|character| if character == ' ' { '-' } else { character.to_ascii_lowercase() }).collect()
    }

    /// What became of each of its values.
    pub fn entries(&self) -> Vec<Entry> {
        self.outcome.lines().filter_map(entry).collect()
    }
}

/// ``- `PATH`, `PATH`: FATE → `PLACE`, `PLACE`: MESSAGE``, where places and message may be missing.
fn entry(line: &'static str) -> Option<Entry> {
    let (paths, rest) = quoted(line, "- `")?;
    let rest = rest.strip_prefix(": ")?;
    let (fate, rest) = rest.split_at(rest.find([' ', ':']).unwrap_or(rest.len()));
    let (places, rest) = quoted(rest, " → `").unwrap_or((Vec::new(), rest));
    Some(Entry { paths, fate, places, message: rest.strip_prefix(": ").unwrap_or_default() })
}

/// A list of words in backticks that starts with `start`, and what follows it.
fn quoted<'a>(text: &'a str, start: &str) -> Option<(Vec<&'a str>, &'a str)> {
    let mut rest = text.strip_prefix(start)?;
    let mut words = Vec::new();
    loop {
        let (word, after) = rest.split_once('`')?;
        words.push(word);
        match after.strip_prefix(", `") {
            Some(next) => rest = next,
            None => return Some((words, after)),
        }
    }
}

fn document(file: &'static str, text: &'static str) -> Document {
    let mut starts = Vec::new();
    let mut in_fence = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        in_fence ^= line.starts_with("```");
        if !in_fence && line.starts_with("## ") {
            starts.push(at);
        }
        at += line.len();
    }
    let preamble = &text[..starts.first().copied().unwrap_or(text.len())];
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let cases = starts.iter().zip(ends).map(|(&start, end)| case(&text[start..end])).collect();
    let title = preamble.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or(file);
    Document { file, title, preamble, cases }
}

fn case(text: &'static str) -> Case {
    let heading = text.lines().next().unwrap_or_default();
    let attributes = heading.split('`').skip(1).step_by(2).collect();
    let mut files = Vec::new();
    // The fence that is open: where its content starts, and the file that it names.
    let mut open: Option<(usize, Option<&str>)> = None;
    let mut end_of_input = heading.len();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let next = at + line.len();
        if let Some(information) = line.trim_end().strip_prefix("```") {
            match open.take() {
                None => open = Some((next, information.split_once(' ').map(|(_, path)| path))),
                Some((start, Some(path))) => {
                    files.push((path, &text[start..at]));
                    end_of_input = next;
                }
                Some((_, None)) => {}
            }
        }
        at = next;
    }
    Case { attributes, input: &text[..end_of_input], outcome: &text[end_of_input..], files }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Title\n\nWords.\n\n## `a.b`, `c`\n\nWhy.\n\n```yaml compose.yaml\nx: 1\n```\n\n```yaml\ny: 2\n```\n\n- `a.b`: mapped\n- `c`: lost: no `c` here\n- `c.d`, `c.e`: approximated → `Service/w spec.ports[0]`, `Service/v`: so: so\n\n## `d`\n";

    #[test]
    fn a_document_is_taken_apart_and_nothing_is_left_out() {
        let document = document("x.md", TEXT);
        assert_eq!((document.title, document.cases.len()), ("Title", 2));
        let [first, second] = &document.cases[..] else { panic!("two cases") };
        assert_eq!(first.attributes, ["a.b", "c"]);
        assert_eq!(first.files, [("compose.yaml", "x: 1\n")]);
        assert_eq!(first.anchor(), "ab-c");
        assert_eq!((&second.attributes[..], second.input, second.outcome), (&["d"][..], "## `d`", "\n"));
        let whole: String = document.cases.iter().flat_map(|case| [case.input, case.outcome]).collect();
        assert_eq!(format!("{}{whole}", document.preamble), TEXT);
        let entries = first.entries();
        assert_eq!((entries[0].fate, entries[0].message), ("mapped", ""));
        assert_eq!((entries[1].fate, entries[1].message), ("lost", "no `c` here"));
        assert_eq!(entries[2].paths, ["c.d", "c.e"]);
        assert_eq!((&entries[2].places[..], entries[2].message), (&["Service/w spec.ports[0]", "Service/v"][..], "so: so"));
    }

    #[test]
    fn an_attribute_is_found_by_every_name_that_people_use() {
        for name in
            ["healthcheck", "healthcheck.test", "services.web.healthcheck.test", "services.*.healthcheck", "volumes", "volumes.data"]
        {
            assert!(!find(name).is_empty(), "{name}");
        }
        assert!(find("no_such_attribute").is_empty());
    }
}
