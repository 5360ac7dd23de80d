//! JSON Schemas of what Windlass adds to compose files, made of the rules that check them.

use windlass_yaml::{Map, Node, Value};

use crate::model::rule::{Entries, Kinds, Limit, Object, Rule};
use crate::model::windlass::{ABOUT, PROJECT_SETTINGS, SERVICE_SETTINGS, VOLUME_SETTINGS};

/// The schema of a compose file as far as `x-windlass` goes: at the top level, of a service, of a volume. All else passes.
pub(super) fn x_windlass() -> Node {
    let with = |settings: &'static Object| properties([("x-windlass", object(settings))]);
    let named = |settings| map([("type", text("object")), ("additionalProperties", with(settings))]);
    let mut schema = vec![
        ("$schema", text("https://json-schema.org/draft/2020-12/schema")),
        ("title", text("x-windlass in a compose file")),
        ("type", text("object")),
    ];
    let top = [("x-windlass", object(&PROJECT_SETTINGS)), ("services", named(&SERVICE_SETTINGS)), ("volumes", named(&VOLUME_SETTINGS))];
    schema.push(("properties", map(top)));
    map(schema)
}

fn properties<const N: usize>(entries: [(&'static str, Node); N]) -> Node {
    // A volume may be null.
    map([("type", list(["object", "null"].map(text))), ("properties", map(entries))])
}

fn object(object: &'static Object) -> Node {
    let about = ABOUT.iter().find(|(known, _)| std::ptr::eq(*known, object)).map_or(&[][..], |(_, about)| *about);
    let fields = object.fields.iter().map(|field| {
        let mut schema = rule(&field.rule);
        if let Some((_, words)) = about.iter().find(|(key, _)| *key == field.key)
            && let Some(schema) = schema.as_map_mut()
        {
            schema.insert("description", text(words));
        }
        (field.key, schema)
    });
    let mut entries =
        vec![("type", text("object")), ("properties", map(fields)), ("additionalProperties", Node::default_value(Value::Bool(false)))];
    if !object.required.is_empty() {
        entries.push(("required", list(object.required.iter().map(|key| text(key)))));
    }
    map(entries)
}

/// What a rule takes, one form after the other.
fn rule(rule: &Rule) -> Node {
    let mut forms: Vec<Node> = Vec::new();
    if rule.kinds.has(Kinds::BOOL) {
        forms.push(map([("type", text("boolean"))]));
    }
    if rule.kinds.has(Kinds::INT) {
        let mut entries = vec![("type", text("integer"))];
        if let Limit::Range(least, most) = rule.limit {
            entries.extend([("minimum", number(least)), ("maximum", number(most))]);
        }
        forms.push(map(entries));
    }
    if rule.kinds.has(Kinds::TEXT) {
        forms.push(match rule.limit {
            Limit::Words(words) => map([("enum", list(words.iter().map(|word| text(word))))]),
            // A number that a variable gives.
            Limit::Range(..) => map([("type", text("string")), ("pattern", text(r"^([0-9]+|.*\$.*)$"))]),
            Limit::None | Limit::Text(..) => map([("type", text("string"))]),
        });
    }
    if let Some(items) = rule.items {
        forms.push(map([("type", text("array")), ("items", self::rule(items))]));
    }
    match rule.entries {
        Entries::None => {}
        Entries::Any => forms.push(map([("type", text("object"))])),
        Entries::Object(settings) => forms.push(object(settings)),
        Entries::Names(names) => forms.push(map([("type", text("object")), ("additionalProperties", self::rule(&names.rule))])),
    }
    match forms.len() {
        1 => forms.swap_remove(0),
        _ => map([("anyOf", list(forms))]),
    }
}

fn map(entries: impl IntoIterator<Item = (&'static str, Node)>) -> Node {
    Node::default_value(entries.into_iter().collect::<Map>())
}

fn list(items: impl IntoIterator<Item = Node>) -> Node {
    Node::default_value(Value::Sequence(items.into_iter().collect()))
}

fn text(text: &str) -> Node {
    Node::default_value(text)
}

fn number(number: i64) -> Node {
    Node::default_value(number)
}
