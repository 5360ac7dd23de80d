//! `!reset` and `!override`: the paths that a later file takes out of the earlier ones before it is merged.

use std::collections::BTreeMap;

use smol_str::SmolStr;
use windlass_source::{Code, Diagnostic, Span};
use windlass_yaml::{Node, Segment, Value};

use crate::loader::Loader;

const ALIAS_CYCLE: Code = Code("compose::alias-cycle");
const RESET_OF_ITEM: Code = Code("compose::reset-of-item");

/// What a document resets. Items of lists can't be reset in what came before.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resets {
    resets: Vec<Reset>,
}

/// A path, as keys.
#[derive(Clone, Debug)]
struct Reset {
    path: Vec<SmolStr>,
    /// Where `!reset` stands; `None` for `!override`, whose value comes instead.
    at: Option<Span>,
}

/// Takes values tagged `!reset` out of `tree`, a document as it was read, and returns the paths of those and of the ones tagged
/// `!override`.
pub(crate) fn collect(loader: &mut Loader<'_>, tree: &mut Node) -> Resets {
    let mut resets = Resets::default();
    // Most documents have neither tag nor alias, and many no sign of either.
    let has_sign = loader.text_around(tree).is_none_or(|text| memchr::memchr2(b'!', b'&', text.as_bytes()).is_some());
    if !has_sign || !has_tag_or_alias(tree) {
        return resets;
    }
    let mut aliases = Aliases::default();
    take(tree, &mut Vec::new(), &mut resets, &mut aliases, None);
    loader.diagnostics.append(&mut aliases.diagnostics);
    resets
}

fn has_tag_or_alias(node: &Node) -> bool {
    node.tag.is_some()
        || node.origin.used_at().is_some()
        || match &node.value {
            Value::Map(map) => map.values().any(has_tag_or_alias),
            Value::Sequence(items) => items.iter().any(has_tag_or_alias),
            _ => false,
        }
}

/// Where anchored values are used. docker compose takes it for a cycle when the dotted path of one use continues that of
/// another, even if a dot in a key is the cause: `test: *a` beside `test.other: *a`.
#[derive(Default)]
struct Aliases {
    uses: BTreeMap<Span, Vec<(String, Span)>>,
    diagnostics: Vec<Diagnostic>,
}

impl Aliases {
    fn add(&mut self, anchored: Span, used_at: Span, path: &[Segment]) {
        let mut dotted = String::new();
        for segment in path {
            if !dotted.is_empty() {
                dotted.push('.');
            }
            match segment {
                Segment::Key(key) => dotted.push_str(key),
                Segment::Index(index) => dotted.push_str(&index.to_string()),
            }
        }
        let uses = self.uses.entry(anchored).or_default();
        let continues = |long: &str, short: &str| long.strip_prefix(short).is_some_and(|rest| rest.starts_with('.'));
        if let Some((other, span)) = uses.iter().find(|(other, _)| continues(&dotted, other) || continues(other, &dotted)) {
            self.diagnostics.push(
                Diagnostic::error(ALIAS_CYCLE, format!("one anchor is used at `{other}` and at `{dotted}`"))
                    .at(used_at)
                    .label(*span, "used here too")
                    .because("docker compose takes the second for a part of the first, and so for a cycle")
                    .help("write the value out in one of the two places"),
            );
        }
        // A value that is used everywhere is compared with its first uses only.
        if uses.len() < 64 {
            uses.push((dotted, used_at));
        }
    }
}

/// False when the node itself is to be taken out. `outer` is the alias that brought the node around it.
fn take(node: &mut Node, path: &mut Vec<Segment>, resets: &mut Resets, aliases: &mut Aliases, outer: Option<Span>) -> bool {
    let alias = node.origin.used_at();
    if let (Some(used_at), Some(anchored)) = (alias, node.span())
        && alias != outer
    {
        aliases.add(anchored, used_at, path);
    }
    match node.tag.as_deref() {
        Some("!reset") => {
            resets.add(path, node.span());
            return false;
        }
        Some("!override") => {
            resets.add(path, None);
            // What stands below is taken as it is, tags and all.
            return true;
        }
        _ => {}
    }
    match &mut node.value {
        Value::Map(map) => map.retain(|key, value| {
            path.push(Segment::Key(key.name().clone()));
            let keep = take(value, path, resets, aliases, alias);
            path.pop();
            keep
        }),
        Value::Sequence(items) => {
            let mut index = 0;
            items.retain_mut(|item| {
                path.push(Segment::Index(index));
                index += 1;
                let keep = take(item, path, resets, aliases, alias);
                path.pop();
                keep
            });
        }
        _ => {}
    }
    true
}

impl Resets {
    fn add(&mut self, path: &[Segment], at: Option<Span>) {
        let keys = path.iter().map(|segment| match segment {
            Segment::Key(key) => Some(key.clone()),
            Segment::Index(_) => None,
        });
        // A path through a list matches nothing: items of different files have nothing in common.
        if let Some(path) = keys.collect() {
            self.resets.push(Reset { path, at });
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.resets.is_empty()
    }

    /// Takes the paths out of a whole document.
    pub(crate) fn apply(&self, tree: &mut Node, diagnostics: &mut Vec<Diagnostic>) {
        for reset in &self.resets {
            reset.apply(tree, &reset.path, diagnostics);
        }
    }

    /// Takes the paths out of one service that is going to be extended under the name `name`.
    pub(crate) fn apply_to_service(&self, name: &str, service: &mut Node, diagnostics: &mut Vec<Diagnostic>) {
        for reset in &self.resets {
            if let [section, service_name, rest @ ..] = reset.path.as_slice()
                && section == "services"
                && service_name == name
                && !rest.is_empty()
            {
                reset.apply(service, rest, diagnostics);
            }
        }
    }
}

impl Reset {
    /// Takes what stands at `path`, the end of this one, out of `node`.
    fn apply(&self, node: &mut Node, path: &[SmolStr], diagnostics: &mut Vec<Diagnostic>) {
        let Some((key, rest)) = path.split_first() else { return };
        let is_listed = crate::model::is_listed(node);
        let table = node.span();
        let Some(map) = node.as_map_mut() else { return };
        if is_listed {
            // docker compose sees a list here, and keys are not items.
            if let (Some(at), true) = (self.at, map.contains_key(key)) {
                diagnostics.push(
                    Diagnostic::warning(RESET_OF_ITEM, format!("`!reset` does not reach `{}`", self.path.join(".")))
                        .at(at)
                        .label(table, "kept as a list")
                        .because("docker compose merges this as a list, and a key reaches no item of a list")
                        .help("write the earlier one as a map in one file, or reset the whole of it"),
                );
            }
        } else if rest.is_empty() {
            map.remove(key);
        } else if let Some(next) = map.get_mut(key) {
            self.apply(next, rest, diagnostics);
        }
    }
}
