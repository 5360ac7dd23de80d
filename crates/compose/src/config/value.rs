//! The canonical tree → what is printed: texts decoded, attributes in docker compose's order, empty ones left out.

use std::cmp::Ordering;

use smol_str::{SmolStr, format_smolstr};
use windlass_yaml::{Key, Map, Node, Number, Value};

use super::shape::{Field, Fields, Form, Shape};
use super::tables::{PROJECT, SERVICE};
use crate::duration::Duration;
use crate::{bytes, model, number, words};

/// A whole project as it is written as JSON.
pub(crate) fn project_json(tree: &Node) -> Node {
    let form = Form::Json;
    let mut project = object(tree, PROJECT, form);
    if let Value::Map(map) = &mut project {
        // Extensions are printed here and nowhere else.
        for (key, node) in tree.as_map().into_iter().flat_map(Map::iter) {
            if key.as_str().starts_with("x-") {
                map.insert(key.name().clone(), any(node, form));
            }
        }
        map.sort_keys();
    }
    Node::default_value(project)
}

/// One service.
pub(crate) fn service(service: &Node, form: Form) -> Node {
    Node::default_value(object(service, SERVICE, form))
}

fn object(node: &Node, fields: &'static Fields, form: Form) -> Value {
    let empty = Map::new();
    let from = node.as_map().unwrap_or(&empty);
    let mut entries = Vec::with_capacity(from.len());
    each_attribute(from, fields, form, |field, node| {
        if let Some(value) = field_value(node, field, form) {
            let key = field.json.filter(|_| form == Form::Json).unwrap_or(field.key);
            entries.push((Key::from(SmolStr::new_static(key)), Node::default_value(value)));
        }
    });
    if form == Form::Yaml {
        for (key, node) in extensions(from) {
            entries.push((Key::from(key.name().clone()), any(node, form)));
        }
    }
    Value::Map(Map::from_distinct(entries))
}

/// Calls `visit` for each attribute that is set or may be printed where it is not, in docker compose's order.
pub(crate) fn each_attribute<'t>(
    from: &'t Map,
    fields: &'static Fields,
    form: Form,
    mut visit: impl FnMut(&'static Field, Option<&'t Node>),
) {
    let set = from.iter().filter(|(_, node)| !node.is_null());
    let mut set: Vec<(usize, &Node)> = set.filter_map(|(key, node)| Some((fields.find(key.as_str())?, node))).collect();
    set.sort_unstable_by_key(|(at, _)| *at);
    let mut visit = |at: usize, node: Option<&'t Node>| {
        let field = &fields.list[at];
        if !(field.yaml_only && form == Form::Json) {
            visit(field, node);
        }
    };
    if form == Form::Yaml && !fields.always {
        // Of a hundred attributes that a service may have, it has ten.
        set.into_iter().for_each(|(at, node)| visit(at, Some(node)));
    } else {
        let mut set = set.into_iter().peekable();
        (0..fields.list.len()).for_each(|at| visit(at, set.next_if(|(next, _)| *next == at).map(|(_, node)| node)));
    }
}

/// Attributes of the user's own, sorted.
pub(crate) fn extensions(map: &Map) -> Vec<(&Key, &Node)> {
    let mut extensions: Vec<(&Key, &Node)> = map.iter().filter(|(key, _)| key.as_str().starts_with("x-")).collect();
    extensions.sort_by(|(a, _), (b, _)| natural(a.as_str(), b.as_str()));
    extensions
}

/// What is printed of an attribute; `None` when it is left out.
pub(crate) fn field_value(found: Option<&Node>, field: &Field, form: Form) -> Option<Value> {
    found.and_then(|node| value(node, &field.shape, field.always, form)).or_else(|| absent(field, form))
}

/// What is printed of an attribute that is not there, or zero.
fn absent(field: &Field, form: Form) -> Option<Value> {
    match field.shape {
        Shape::Command if form == Form::Json => Some(Value::Null),
        Shape::Embedded(fields) if form == Form::Json => Some(object(&Node::default(), fields, form)),
        _ if !field.always => None,
        Shape::Text => Some("".into()),
        Shape::OptionalBool => Some(false.into()),
        Shape::OptionalInt => Some(0_i64.into()),
        Shape::AlwaysBytes => Some("0".into()),
        Shape::Named(_) => Some(Value::Map(Map::new())),
        _ => None,
    }
}

/// What is printed of a value; `None` when it is left out.
fn value(node: &Node, shape: &Shape, always: bool, form: Form) -> Option<Value> {
    match shape {
        Shape::Text => {
            let text = model::text(node)?;
            (always || !text.is_empty()).then_some(Value::String(text))
        }
        Shape::Bool => truth(node).filter(|value| *value).map(Value::Bool),
        Shape::OptionalBool => truth(node).map(Value::Bool),
        Shape::Int => int(node).filter(|number| *number != Number::Int(0)).map(Value::Number),
        Shape::OptionalInt => int(node).map(Value::Number),
        Shape::Float => float(node).filter(|number| *number != 0.0).map(Value::from),
        Shape::Bytes => size(node).filter(|size| *size != 0).map(|size| Value::from(size.to_string())),
        Shape::AlwaysBytes => size(node).map(|size| Value::from(size.to_string())),
        Shape::Duration => duration(node).filter(|duration| *duration != Duration::ZERO).map(|duration| duration.to_string().into()),
        Shape::OptionalDuration => duration(node).map(|duration| duration.to_string().into()),
        Shape::Command => Some(command(node)),
        Shape::Test => match &node.value {
            Value::String(text) => Some(list(["CMD-SHELL".into(), text.clone()])),
            _ => not_empty(texts(node)),
        },
        Shape::Texts => not_empty(texts(node)),
        Shape::TextMap => not_empty_map(text_map(node, form, false)),
        Shape::Variables => not_empty_map(text_map(node, form, true)),
        Shape::Keys => not_empty(keys(node)),
        Shape::TextLists => not_empty_map(named(node, form, |node| Some(list(texts(node))))),
        Shape::Hosts => not_empty(hosts(node)),
        Shape::Mode => mode(node).map(Value::String),
        Shape::Ulimits => not_empty_map(named(node, form, |node| ulimit(node, form))),
        Shape::List(shape) => {
            let items = node.as_sequence().unwrap_or_default().iter();
            let items: Vec<Node> = items.filter_map(|item| value(item, shape, true, form)).map(Node::default_value).collect();
            (!items.is_empty()).then_some(Value::Sequence(items))
        }
        Shape::Named(shape) => {
            let map = named(node, form, |node| named_value(node, shape, form));
            (always || !map.is_empty()).then_some(Value::Map(map))
        }
        Shape::Object(fields) => Some(object(node, fields, form)),
        Shape::Embedded(fields) => {
            let value = object(node, fields, form);
            let nothing = matches!(&value, Value::Map(map) if map.is_empty());
            (form == Form::Json || !nothing).then_some(value)
        }
    }
}

fn not_empty(texts: Vec<SmolStr>) -> Option<Value> {
    (!texts.is_empty()).then(|| list(texts))
}

fn not_empty_map(map: Map) -> Option<Value> {
    (!map.is_empty()).then_some(Value::Map(map))
}

fn list(texts: impl IntoIterator<Item = SmolStr>) -> Value {
    Value::Sequence(texts.into_iter().map(Node::default_value).collect())
}

/// What is printed under a name of the user's.
pub(crate) fn named_value(node: &Node, shape: &Shape, form: Form) -> Option<Value> {
    if node.is_null() { Some(Value::Null) } else { value(node, shape, true, form) }
}

/// The entries of a map in the order in which they are printed.
pub(crate) fn sorted(map: &Map, form: Form) -> Vec<(&Key, &Node)> {
    let mut entries: Vec<(&Key, &Node)> = map.iter().collect();
    match form {
        Form::Json => entries.sort_unstable_by(|(a, _), (b, _)| a.name().cmp(b.name())),
        Form::Yaml => entries.sort_by(|(a, _), (b, _)| natural(a.as_str(), b.as_str())),
    }
    entries
}

fn named(node: &Node, form: Form, mut entry: impl FnMut(&Node) -> Option<Value>) -> Map {
    let Some(map) = node.as_map() else { return Map::new() };
    let entries = sorted(map, form).into_iter();
    Map::from_distinct(entries.filter_map(|(key, node)| Some((key.name().clone().into(), Node::default_value(entry(node)?)))).collect())
}

fn text_map(node: &Node, form: Form, keep_null: bool) -> Map {
    if let Value::Sequence(items) = &node.value {
        let pairs = items.iter().filter_map(Node::as_str).map(|item| item.split_once('=').unwrap_or((item, "")));
        let map: Map = pairs.map(|(name, value)| (SmolStr::from(name), Node::default_value(value))).collect();
        return text_map(&Node::default_value(map), form, keep_null);
    }
    named(node, form, |node| match &node.value {
        Value::Null if keep_null => Some(Value::Null),
        Value::Null => Some("".into()),
        _ => model::text(node).map(Value::String),
    })
}

fn keys(node: &Node) -> Vec<SmolStr> {
    let Value::Map(map) = &node.value else { return texts(node) };
    map.iter()
        .map(|(key, path)| match model::text(path).filter(|path| !path.is_empty()) {
            Some(path) => format_smolstr!("{}={path}", key.name()),
            None => key.name().clone(),
        })
        .collect()
}

fn texts(node: &Node) -> Vec<SmolStr> {
    match &node.value {
        Value::Sequence(items) => items.iter().filter_map(model::text).collect(),
        Value::Null | Value::Map(_) => Vec::new(),
        _ => model::text(node).into_iter().collect(),
    }
}

fn command(node: &Node) -> Value {
    match &node.value {
        Value::String(text) => match words::split(text) {
            Ok(words) => list(words.words.into_iter().map(|word| word.value.into())),
            Err(_) => list([text.clone()]),
        },
        _ => list(texts(node)),
    }
}

fn hosts(node: &Node) -> Vec<SmolStr> {
    let mut lines = match &node.value {
        Value::Map(map) => map
            .iter()
            .flat_map(|(host, addresses)| texts(addresses).into_iter().map(move |address| format_smolstr!("{}={address}", host.name())))
            .collect(),
        _ => texts(node),
    };
    lines.sort();
    lines
}

fn mode(node: &Node) -> Option<SmolStr> {
    let bits = match &node.value {
        Value::Number(Number::Int(bits)) => *bits,
        Value::String(text) => i64::from_str_radix(text, 8).ok()?,
        _ => return None,
    };
    Some(format_smolstr!("0{bits:o}"))
}

fn ulimit(node: &Node, form: Form) -> Option<Value> {
    if let Value::Map(map) = &node.value {
        if let Some(single) = map.get("single").and_then(int).filter(|single| *single != Number::Int(0)) {
            return Some(Value::Number(single));
        }
        let parts = ["soft", "hard"].into_iter().filter_map(|key| Some((key, map.get(key).and_then(int)?)));
        let parts = parts.filter(|(_, number)| form == Form::Yaml || *number != Number::Int(0));
        return Some(Value::Map(parts.map(|(key, number)| (key, Node::default_value(Value::Number(number)))).collect()));
    }
    int(node).map(Value::Number)
}

fn truth(node: &Node) -> Option<bool> {
    match &node.value {
        Value::Bool(value) => Some(*value),
        Value::String(text) => model::truth(text),
        _ => None,
    }
}

fn int(node: &Node) -> Option<Number> {
    match &node.value {
        Value::Number(Number::Float(value)) => Some(Number::Int(*value as i64)),
        Value::Number(number) => Some(*number),
        // `count: all` of a device request.
        Value::String(text) if text == "all" => Some(Number::Int(-1)),
        Value::String(text) => text.parse().ok().map(Number::Int),
        _ => None,
    }
}

/// docker compose keeps 32 bits of such numbers.
fn float(node: &Node) -> Option<f64> {
    let value = match &node.value {
        Value::Number(Number::Int(value)) => *value as f64,
        Value::Number(Number::UInt(value)) => *value as f64,
        Value::Number(Number::Float(value)) => *value,
        Value::String(text) => number::parse(text).ok()?,
        _ => return None,
    };
    // Six digits are all there in 32 bits.
    if value.abs() < 1000.0 && (value * 8.0).fract() == 0.0 {
        return Some(value);
    }
    // The shortest digits of the 32-bit number.
    (value as f32).to_string().parse().ok()
}

fn size(node: &Node) -> Option<i64> {
    match &node.value {
        Value::Number(Number::Int(value)) => Some(*value),
        Value::Number(_) => Some(0),
        Value::String(text) => bytes::parse(text).ok(),
        _ => None,
    }
}

fn duration(node: &Node) -> Option<Duration> {
    Duration::parse(&model::text(node)?).ok()
}

pub(crate) fn any(node: &Node, form: Form) -> Node {
    let mut node = Node::default_value(node.value.clone());
    strip_tags(&mut node);
    match form {
        Form::Json => {
            super::sort(&mut node);
            empty_lists_to_null(&mut node);
        }
        Form::Yaml => sort_naturally(&mut node),
    }
    node
}

/// Tags of the user's own are not printed.
fn strip_tags(node: &mut Node) {
    node.tag = None;
    match &mut node.value {
        Value::Map(map) => map.values_mut().for_each(strip_tags),
        Value::Sequence(items) => items.iter_mut().for_each(strip_tags),
        _ => {}
    }
}

/// docker compose loses empty lists inside extensions on the way to JSON.
fn empty_lists_to_null(node: &mut Node) {
    match &mut node.value {
        Value::Sequence(items) if items.is_empty() => node.value = Value::Null,
        Value::Sequence(items) => items.iter_mut().for_each(empty_lists_to_null),
        Value::Map(map) => map.values_mut().for_each(empty_lists_to_null),
        _ => {}
    }
}

/// Sorts the keys of every map as go-yaml does.
pub(crate) fn sort_naturally(node: &mut Node) {
    match &mut node.value {
        Value::Map(map) => {
            let mut entries: Vec<(Key, Node)> = std::mem::take(map).into_iter().collect();
            entries.sort_by(|(a, _), (b, _)| natural(a.as_str(), b.as_str()));
            entries.iter_mut().for_each(|(_, value)| sort_naturally(value));
            *map = entries.into_iter().collect();
        }
        Value::Sequence(items) => items.iter_mut().for_each(sort_naturally),
        _ => {}
    }
}

/// go-yaml's order of keys: numbers inside them count as numbers.
fn natural(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() {
        return natural_order(a.as_bytes(), b.as_bytes());
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    natural_order(&a, &b)
}

fn natural_order<C: Copy + Ord + Into<char>>(a: &[C], b: &[C]) -> Ordering {
    let mut digits = false;
    for (at, (x, y)) in a.iter().zip(b).enumerate() {
        let (x, y): (char, char) = ((*x).into(), (*y).into());
        if x == y {
            digits = x.is_numeric();
            continue;
        }
        match (x.is_alphabetic(), y.is_alphabetic()) {
            (true, true) => return x.cmp(&y),
            // After a digit a letter comes first, elsewhere it comes last.
            (true, false) => return if digits { Ordering::Less } else { Ordering::Greater },
            (false, true) => return if digits { Ordering::Greater } else { Ordering::Less },
            (false, false) => {}
        }
        let mut start = 0_u64;
        if x == '0' || y == '0' {
            let mut before =
                a[..at].iter().rev().map(|character| (*character).into()).take_while(|character: &char| character.is_numeric());
            start = u64::from(before.any(|character| character != '0'));
        }
        let read = |text: &[C]| {
            let digits = text[at..].iter().map_while(|character| (*character).into().to_digit(10));
            digits.fold((start, 0), |(sum, count), digit| (sum.wrapping_mul(10).wrapping_add(u64::from(digit)), count + 1))
        };
        return read(a).cmp(&read(b)).then(x.cmp(&y));
    }
    a.len().cmp(&b.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_keys_count_as_numbers() {
        let mut keys = ["b", "a10", "a2", "a", "_x", "B", "a02"];
        keys.sort_by(|a, b| natural(a, b));
        assert_eq!(keys, ["_x", "B", "a", "a2", "a02", "a10", "b"]);
    }
}
