//! A document onto what the documents before it made: `-f a -f b`, later wins. The rule of each attribute is in `model`.

use windlass_yaml::{Map, Node};

use crate::loader::Loader;
use crate::model;

/// Merges `over` onto `base`, checks the shape of the whole, makes short forms long, and takes out what then stands there
/// twice. Without `check`, for a file that is only extended: the result of the extension is checked.
pub(crate) fn merge(loader: &mut Loader<'_>, base: &mut Node, over: Node, check: bool) {
    let before = loader.errors();
    model::merge(base, over, !loader.has_variables, &mut loader.diagnostics);
    if check {
        model::check(base, &mut loader.diagnostics);
    }
    if loader.errors() > before {
        return;
    }
    model::canonical(base, !loader.has_variables, &mut loader.made_left, &mut loader.diagnostics);
    omit_empty(base);
}

/// Takes empty items out of `dns`, the one list in which Compose allows them.
fn omit_empty(tree: &mut Node) {
    let services = tree.get_mut("services").and_then(Node::as_map_mut).into_iter().flat_map(Map::values_mut);
    for dns in services.filter_map(|service| service.get_mut("dns")).filter_map(Node::as_sequence_mut) {
        dns.retain(|item| !item.is_null() && item.as_str() != Some(""));
    }
}
