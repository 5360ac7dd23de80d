//! `extra_hosts`: lines of /etc/hosts.

use std::collections::BTreeSet;

use smol_str::SmolStr;
use windlass_source::Spanned;
use windlass_yaml::{Key, Map, Node, Value};

use crate::model::by_name::ByName;
use crate::model::context::{Context, INVALID_VALUE};
use crate::model::merge::{into_sequence, plain};
use crate::model::read::text;
use crate::model::rule::{Kinds, Merge, Names, Rule, TEXT, TEXTS};
use crate::model::slice::slice;
use crate::short::host::{self, without_brackets};

/// Host names with their addresses.
pub type ExtraHosts = ByName<Vec<Spanned<SmolStr>>>;

/// A map of names and addresses, or a list of `name=address` and `name:address`. A host keeps the addresses of all files.
pub(crate) const EXTRA_HOSTS: Rule = {
    static NAMES: Names = Names { allows: |name| !name.is_empty(), wanted: Some("a name that is not empty"), rule: TEXTS.or(Kinds::TEXT) };
    Rule::names(&NAMES).or_list(&TEXT).distinct().merged(Merge::By(merge)).long_form(long_form)
};

fn merge(base: &mut Node, mut over: Node, rule: &'static Rule, context: &mut Context<'_>) {
    if context.is_lenient() {
        return merge_lines(base, over);
    }
    if !(into_map(base) && into_map(&mut over)) {
        // What is wrong with a host is said when the whole becomes long.
        return plain(base, over, Some(rule), context);
    }
    let (Value::Map(base), Value::Map(over)) = (&mut base.value, over.value) else { return };
    for (host, addresses) in over {
        match base.get_mut(host.as_str()).and_then(Node::as_sequence_mut) {
            None => {
                base.insert(host, addresses);
            }
            Some(earlier) => {
                // An address that both files have counts once; one that stands twice in one file stays.
                let known: BTreeSet<SmolStr> = earlier.iter().filter_map(Node::as_str).map(SmolStr::from).collect();
                if let Value::Sequence(addresses) = addresses.value {
                    earlier.extend(addresses.into_iter().filter(|address| !address.as_str().is_some_and(|text| known.contains(text))));
                }
            }
        }
    }
}

/// As lines, which is what docker compose merges; `over` adds those that are not there yet.
fn merge_lines(base: &mut Node, over: Node) {
    let mut lines = into_lines(std::mem::take(base));
    let known: BTreeSet<SmolStr> = lines.iter().filter_map(Node::as_str).map(SmolStr::from).collect();
    lines.extend(into_lines(over).into_iter().filter(|line| !line.as_str().is_some_and(|text| known.contains(text))));
    *base = Node::default_value(lines);
}

fn into_lines(node: Node) -> Vec<Node> {
    match node.value {
        Value::Sequence(items) => items,
        Value::Map(mut map) => {
            map.sort_keys();
            let hosts = map.into_iter();
            let lines = hosts.flat_map(|(host, mut addresses)| {
                into_sequence(&mut addresses);
                let Value::Sequence(addresses) = addresses.value else { return Vec::new() };
                let line =
                    |address: Node| Node::new(format!("{}={}", host.name(), text(&address.value).unwrap_or_default()), address.origin);
                addresses.into_iter().map(line).collect()
            });
            lines.collect()
        }
        _ => Vec::new(),
    }
}

fn long_form(node: &mut Node, context: &mut Context<'_>) {
    if context.is_lenient() {
        return;
    }
    if let Value::Sequence(items) = &node.value {
        for (index, item) in items.iter().enumerate() {
            if let Some(Err(error)) = item.as_str().map(host::parse) {
                let origin = slice(item, error.range.clone());
                context.within_item(index, |context| context.error(INVALID_VALUE, &origin, &format!("is no host: {error}")));
            }
        }
    }
    if let Value::Map(map) = &node.value {
        for key in map.keys().filter(|key| key.as_str().contains([':', '='])) {
            let origin = key.span.map_or_else(Default::default, windlass_source::Origin::at);
            context.error(INVALID_VALUE, &origin, &format!("cannot have a host with the name `{}`", key.as_str()));
        }
    }
    into_map(node);
}

/// Makes both forms a map of lists. False, and unchanged, where an item is no host.
fn into_map(node: &mut Node) -> bool {
    match &mut node.value {
        Value::Map(map) => {
            for addresses in map.values_mut() {
                into_sequence(addresses);
                for address in addresses.as_sequence_mut().into_iter().flatten() {
                    if let Some(text) = address.as_str()
                        && without_brackets(text).len() < text.len()
                    {
                        address.value = Value::from(without_brackets(text));
                    }
                }
            }
            true
        }
        Value::Sequence(items) => {
            let mut map = Map::new();
            for item in items.iter() {
                let Some(Ok(spec)) = item.as_str().map(host::parse) else { return false };
                let key = Key::new(spec.host.value, slice(item, spec.host.range.clone()).span());
                let addresses = map.get_or_insert_with(key, || Node::new(Value::Sequence(Vec::new()), item.origin.clone()));
                let list = addresses.as_sequence_mut().into_iter();
                list.for_each(|list| {
                    list.extend(spec.addresses.iter().map(|address| Node::new(address.value, slice(item, address.range.clone()))));
                });
            }
            node.value = Value::Map(map);
            true
        }
        _ => node.is_null(),
    }
}

#[cfg(test)]
mod tests {
    use crate::model::case::web;

    #[test]
    fn hosts_keep_the_addresses_of_all_files() {
        let cases: &[(&[&str], &str)] = &[
            (&["extra_hosts: ['a:1.1.1.1', 'b=[::1]']"], r#"{extra_hosts: {a: ["1.1.1.1"], b: ["::1"]}}"#),
            (&["extra_hosts: { a: 1.1.1.1 }", "extra_hosts: ['a=2.2.2.2', 'a=1.1.1.1']"], r#"{extra_hosts: {a: ["1.1.1.1", "2.2.2.2"]}}"#),
            (&["extra_hosts: [a]"], "`extra_hosts[0]` of service `web` is no host: the address is missing: expected `host=address` @ "),
            (&["extra_hosts: { 'a:b': c }"], "`extra_hosts` of service `web` cannot have a host with the name `a:b` @ 'a:b'"),
        ];
        for (files, expected) in cases {
            assert_eq!(web(files), *expected, "{files:?}");
        }
    }
}
