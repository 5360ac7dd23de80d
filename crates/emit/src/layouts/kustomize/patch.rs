//! What differs between an object and the same object in another environment, as the patches that kustomize applies. In: two
//! trees. Out: operations on lists (JSON patch, RFC 6902), and everything else as a strategic merge patch, to be applied in
//! this order.
//!
//! A strategic merge patch can't say where in a list an element stands: kustomize puts those that it names first. Nor can it replace
//! a list that it would merge. So it changes elements at the head of a list and removes others, found by their keys; what is added,
//! or changed further back, is an operation.

use serde_json::{Map, Value, json};

/// The lists of a pod whose elements a strategic merge patch finds, with the field that it finds them by (`x-kubernetes-patch-merge-key`
/// in the API's OpenAPI document).
const KEYED: [(&str, &str); 5] =
    [("containers", "name"), ("initContainers", "name"), ("env", "name"), ("volumes", "name"), ("volumeMounts", "mountPath")];

/// The patches that turn one object into another.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Patch {
    /// Operations, to be applied first.
    pub(super) operations: Vec<Value>,
    /// The fields of a strategic merge patch, without what names the object.
    pub(super) merge: Map<String, Value>,
}

impl Patch {
    /// True when the objects are the same.
    pub(super) fn is_empty(&self) -> bool {
        self.operations.is_empty() && self.merge.is_empty()
    }
}

/// The patches from `before` to `after`. `keyed` says whether the kind has lists that are merged by keys: custom ones have none.
pub(super) fn patch(before: &Value, after: &Value, keyed: bool) -> Patch {
    let mut patch = Patch::default();
    if let (Value::Object(before), Value::Object(after)) = (before, after) {
        patch.merge = of_map(before, after, "", keyed, &mut patch.operations);
    }
    patch
}

fn of_map(
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    at: &str,
    keyed: bool,
    operations: &mut Vec<Value>,
) -> Map<String, Value> {
    let mut merge = Map::new();
    for (key, new) in after {
        let path = format!("{at}/{}", escaped(key));
        match (before.get(key), new) {
            (Some(old), new) if old == new => {}
            (Some(Value::Object(old)), Value::Object(map)) if !map.is_empty() => {
                let inner = of_map(old, map, &path, keyed, operations);
                if !inner.is_empty() {
                    merge.insert(key.clone(), inner.into());
                }
            }
            (Some(Value::Array(old)), Value::Array(new)) => {
                if let Some(items) = of_list(old, new, key, &path, keyed, operations) {
                    merge.insert(key.clone(), items);
                }
            }
            // A merge drops what is empty.
            (old, new) if holds_nothing(new) => {
                let operation = if old.is_some() { "replace" } else { "add" };
                operations.push(json!({ "op": operation, "path": path, "value": new }));
            }
            (_, new) => {
                merge.insert(key.clone(), new.clone());
            }
        }
    }
    for key in before.keys().filter(|key| !after.contains_key(*key)) {
        merge.insert(key.clone(), Value::Null);
    }
    merge
}

/// The elements to merge; `None` when operations say it all.
fn of_list(before: &[Value], after: &[Value], field: &str, at: &str, keyed: bool, operations: &mut Vec<Value>) -> Option<Value> {
    let key = KEYED.iter().find(|(list, _)| keyed && *list == field).map(|(_, key)| *key);
    let Some((key, common)) = key.and_then(|key| Some((key, common(before, after, key)?))) else {
        let scalars = |items: &[Value]| items.iter().all(|item| !item.is_object() && !item.is_array());
        if scalars(before) && scalars(after) && !after.is_empty() {
            return Some(after.into());
        }
        operations.push(json!({ "op": "replace", "path": at, "value": after }));
        return None;
    };
    let mut merge = Vec::new();
    let changed: Vec<usize> = common.iter().filter(|(old, new)| before[*old] != after[*new]).map(|(_, new)| *new).collect();
    // Elements that a merge names come first in its result, in its order.
    let named = match changed.last() {
        None => 0,
        Some(last) if changed.len() == last + 1 || field.ends_with("ontainers") => last + 1,
        Some(_) => 0,
    };
    for &(old, new) in &common {
        let (Value::Object(one), Value::Object(two)) = (&before[old], &after[new]) else { continue };
        if new >= named {
            if changed.contains(&new) {
                operations.push(json!({ "op": "replace", "path": format!("{at}/{old}"), "value": two }));
            }
            continue;
        }
        let mut element = Map::from_iter([(key.to_owned(), one[key].clone())]);
        element.extend(of_map(one, two, &format!("{at}/{old}"), keyed, operations));
        merge.push((new, element));
    }
    let added = (0..named).filter(|new| common.iter().all(|(_, other)| other != new));
    merge.extend(added.map(|new| (new, Map::from_iter([(key.to_owned(), after[new][key].clone())]))));
    merge.sort_by_key(|(new, _)| *new);
    if merge.iter().all(|(_, element)| element.len() == 1) {
        merge.clear();
    }
    let mut merge: Vec<Value> = merge.into_iter().map(|(_, element)| element.into()).collect();
    for (index, element) in before.iter().enumerate() {
        if common.iter().all(|(old, _)| *old != index) {
            merge.push(json!({ key: element[key], "$patch": "delete" }));
        }
    }
    // Where the element before it stands when the elements that are added come one after the other.
    let (mut position, mut added) = (0, 0);
    for (index, element) in after.iter().enumerate() {
        match common.iter().find(|(_, new)| *new == index) {
            Some((old, _)) => position = old + added + 1,
            None => {
                operations.push(json!({ "op": "add", "path": format!("{at}/{position}"), "value": element }));
                position += 1;
                added += 1;
            }
        }
    }
    (!merge.is_empty()).then(|| merge.into())
}

/// The places of the elements that both lists have. `None` when a key is absent or stands twice, when nothing is in both, or when
/// the order differs.
fn common(before: &[Value], after: &[Value], key: &str) -> Option<Vec<(usize, usize)>> {
    let keys = |items: &[Value]| -> Option<Vec<String>> {
        let keys: Vec<String> = items.iter().map(|item| item.get(key)?.as_str().map(str::to_owned)).collect::<Option<_>>()?;
        let mut sorted = keys.clone();
        sorted.sort_unstable();
        sorted.windows(2).all(|pair| pair[0] != pair[1]).then_some(keys)
    };
    let (old, new) = (keys(before)?, keys(after)?);
    let common: Vec<(usize, usize)> =
        old.iter().enumerate().filter_map(|(at, key)| Some((at, new.iter().position(|other| other == key)?))).collect();
    (!common.is_empty() && common.is_sorted_by_key(|(_, new)| *new)).then_some(common)
}

/// Is an empty map or list, or has one inside.
fn holds_nothing(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.is_empty() || map.values().any(holds_nothing),
        Value::Array(items) => items.is_empty() || items.iter().any(holds_nothing),
        _ => false,
    }
}

/// A key as a step of a JSON pointer (RFC 6901).
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use windlass_yaml::to_string;

    use super::*;

    fn check(before: Value, after: Value) -> String {
        let Patch { operations, merge } = patch(&before, &after, true);
        let mut text = String::new();
        for operation in operations {
            text.push_str(&format!("{operation}\n"));
        }
        text + &to_string(&merge).expect("keys are texts")
    }

    #[test]
    fn fields_are_set_changed_and_removed() {
        insta::assert_snapshot!(
            check(json!({ "a": 1, "b": { "c": 1, "d": [1] }, "e": "x" }), json!({ "a": 2, "b": { "c": 1, "d": [2, 3] }, "f": { "g": "h" } })),
            @"
        a: 2
        b:
          d:
          - 2
          - 3
        f:
          g: h
        e: null
        "
        );
    }

    #[test]
    fn elements_are_found_by_key_and_new_ones_stand_where_they_belong() {
        let before = json!({ "containers": [
            { "name": "web", "env": [{ "name": "A", "value": "1" }, { "name": "C", "value": "3" }, { "name": "E", "value": "5" }] }
        ] });
        let after = json!({ "containers": [
            { "name": "web", "env": [{ "name": "B", "value": "2" }, { "name": "C", "value": "4" }, { "name": "D", "value": "x" }, { "name": "E", "value": "5" }] },
            { "name": "side" }
        ] });
        insta::assert_snapshot!(check(before, after), @r#"
        {"op":"replace","path":"/containers/0/env/1","value":{"name":"C","value":"4"}}
        {"op":"add","path":"/containers/0/env/0","value":{"name":"B","value":"2"}}
        {"op":"add","path":"/containers/0/env/3","value":{"name":"D","value":"x"}}
        {"op":"add","path":"/containers/1","value":{"name":"side"}}
        containers:
        - name: web
          env:
          - name: A
            $patch: delete
        "#);
    }

    #[test]
    fn what_changes_at_the_head_of_a_list_is_merged() {
        let pod = |one: &str, two: &str| {
            json!({
                "env": [{ "name": "A", "value": one }, { "name": "B", "value": "2" }],
                "containers": [{ "name": "web" }, { "name": "side", "image": two }]
            })
        };
        insta::assert_snapshot!(check(pod("1", "x"), pod("2", "y")), @r#"
        env:
        - name: A
          value: "2"
        containers:
        - name: web
        - name: side
          image: "y"
        "#);
    }

    #[test]
    fn lists_without_keys_in_another_order_or_emptied_are_replaced_whole() {
        let before = json!({ "ports": [{ "port": 1 }], "volumes": [{ "name": "a" }, { "name": "b" }], "args": ["x"] });
        let after = json!({ "ports": [{ "port": 2 }], "volumes": [{ "name": "b" }, { "name": "a" }], "args": [], "spec/x": {} });
        insta::assert_snapshot!(check(before, after), @r#"
        {"op":"replace","path":"/ports","value":[{"port":2}]}
        {"op":"replace","path":"/volumes","value":[{"name":"b"},{"name":"a"}]}
        {"op":"replace","path":"/args","value":[]}
        {"op":"add","path":"/spec~1x","value":{}}
        {}
        "#);
    }
}
