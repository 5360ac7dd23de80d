//! Compose text → trees. A file that cannot be read or parsed is reported and has the documents that could.

use std::path::Path;

use windlass_source::{Code, Diagnostic, Span};
use windlass_yaml::{Budget, Value};

use crate::loader::{ComposeFile, Loader};

const EMPTY_FILE: Code = Code("compose::empty-file");
const NOT_A_MAP: Code = Code("compose::not-a-map");
const KEY_NOT_TEXT: Code = Code("compose::key-not-text");

/// Reads and parses the file at `path`, which is absolute; `None` after reporting why it can't be read.
pub(crate) fn parse(loader: &mut Loader<'_>, path: &Path, asked_at: Option<Span>) -> Option<ComposeFile> {
    let file = if path == Path::new("-") {
        let Some(bytes) = loader.request.standard_input.clone() else {
            loader.report(Diagnostic::error(EMPTY_FILE, "standard input was asked for, but there is none"));
            return None;
        };
        loader.add_input(bytes)?
    } else {
        loader.text(path, "compose file", asked_at)?
    };
    let text = std::sync::Arc::clone(loader.sources.file(file).text());
    let budget = Budget { bytes: usize::try_from(loader.request.max_input).unwrap_or(usize::MAX), ..Budget::default() };
    let parsed = windlass_yaml::parse(file, &text, &budget);
    loader.diagnostics.extend(parsed.diagnostics);
    let mut documents = Vec::with_capacity(parsed.documents.len());
    for document in parsed.documents {
        let root = document.root;
        match &root.value {
            Value::Map(_) => {
                let count = check_keys(&root, loader);
                loader.count_values(count, asked_at.or(Some(Span::new(file, 0..0))))?;
                documents.push(root);
            }
            _ if document.is_broken => {}
            other => loader.report(
                Diagnostic::error(NOT_A_MAP, "a compose file must be a map at the top")
                    .label(root.span().or_else(|| Some(Span::new(file, 0..0))), format!("this is {}", other.kind()))
                    .help("start with `services:`"),
            ),
        }
    }
    Some(ComposeFile { path: path.to_owned(), file, documents })
}

/// Keys that are numbers, truth values or null are refused anywhere. Keys of YAML lists and maps are the parser's affair.
/// The number of values in the tree is given back.
fn check_keys(root: &windlass_yaml::Node, loader: &mut Loader<'_>) -> usize {
    let mut values = 1;
    let mut pending = vec![root];
    let mut wrong = Vec::new();
    while let Some(node) = pending.pop() {
        match &node.value {
            Value::Map(map) => {
                values += map.len();
                for (key, value) in map.iter() {
                    if !key.is_text {
                        wrong.push(key.clone());
                    }
                    if matches!(value.value, Value::Map(_) | Value::Sequence(_)) {
                        pending.push(value);
                    }
                }
            }
            Value::Sequence(items) => {
                values += items.len();
                pending.extend(items.iter().filter(|item| matches!(item.value, Value::Map(_) | Value::Sequence(_))));
            }
            _ => {}
        }
    }
    wrong.sort_by_key(|key| key.span);
    for key in wrong {
        loader.report(
            Diagnostic::error(KEY_NOT_TEXT, format!("the key `{}` is not text", key.name()))
                .at(key.span)
                .help(format!("put it in quotes: `\"{}\":`", key.name())),
        );
    }
    values
}
