//! `.windlass.json`: which files of a directory Windlass wrote, and what it wrote. A file that does not stand here is not ours.
//!
//! `kubectl apply -R -f DIR` reads every file that ends in `.json`, this one too, and refuses what is no object: so it is an empty list.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::file_tree::{FileTree, is_safe};

/// The files that one or several runs wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Path to hash, in lower-case hexadecimal.
    pub(crate) files: BTreeMap<String, String>,
}

/// The record's file, below the directory that it speaks of.
pub const RECORD: &str = ".windlass.json";

#[derive(Serialize, Deserialize)]
struct Document {
    #[serde(flatten)]
    list: Option<List>,
    version: u32,
    files: Vec<Entry>,
}

/// What kubectl sees.
#[derive(Serialize, Deserialize)]
struct List {
    #[serde(rename = "apiVersion")]
    api_version: String,
    kind: String,
    items: [(); 0],
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    path: String,
    sha256: String,
}

impl Record {
    /// The record of a directory that holds `tree` and nothing else.
    pub fn of(tree: &FileTree) -> Self {
        Self { files: tree.iter().map(|(path, file)| (path.to_owned(), hash(&file.content))).collect() }
    }

    /// Reads a record.
    ///
    /// # Errors
    /// What is wrong, as a clause. A path that leaves the directory is wrong: the file may come from a stranger.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let document: Document = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if document.version != 1 {
            return Err(format!("its version is {}, this Windlass writes 1", document.version));
        }
        match document.files.iter().find(|entry| !is_safe(&entry.path) || entry.path.eq_ignore_ascii_case(RECORD)) {
            Some(entry) => Err(format!("the path `{}` is none that Windlass writes", entry.path.escape_debug())),
            None => Ok(Self { files: document.files.into_iter().map(|entry| (entry.path, entry.sha256)).collect() }),
        }
    }

    /// The text of `.windlass.json`.
    pub fn to_json(&self) -> String {
        let files = self.files.iter().map(|(path, hash)| Entry { path: path.clone(), sha256: hash.clone() }).collect();
        let list = List { api_version: "v1".to_owned(), kind: "List".to_owned(), items: [] };
        let mut text = serde_json::to_string_pretty(&Document { list: Some(list), version: 1, files }).expect("texts and numbers are JSON");
        text.push('\n');
        text
    }
}

/// SHA-256 in lower-case hexadecimal.
pub(crate) fn hash(content: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = Sha256::digest(content).into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let mut tree = FileTree::new();
        tree.add("b.yaml", "b");
        tree.add("a/c.yaml", "");
        let record = Record::of(&tree);
        assert_eq!(Record::parse(record.to_json().as_bytes()), Ok(record.clone()));
        insta::assert_snapshot!(record.to_json(), @r#"
        {
          "apiVersion": "v1",
          "kind": "List",
          "items": [],
          "version": 1,
          "files": [
            {
              "path": "a/c.yaml",
              "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
            },
            {
              "path": "b.yaml",
              "sha256": "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d"
            }
          ]
        }
        "#);
    }

    #[test]
    fn a_record_that_names_files_elsewhere_is_refused() {
        let check = |path: &str| {
            let text = format!(r#"{{"version":1,"files":[{{"path":"{path}","sha256":"00"}}]}}"#);
            assert!(Record::parse(text.as_bytes()).is_err(), "{path}");
        };
        check("../a");
        check("/etc/passwd");
        check(".windlass.json");
        assert!(Record::parse(br#"{"version":2,"files":[]}"#).is_err());
        assert!(Record::parse(b"[").is_err());
    }
}
