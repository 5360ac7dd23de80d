//! What `kubectl apply` takes away: fields that were applied the last time and are not wanted any more. A server-side dry run by another
//! manager leaves them.

use windlass_k8s::view::{Fields as _, text};
use windlass_yaml::{Node, Value};

/// Keys by which elements of lists are known, the first that both have.
const KEYS: [&str; 8] = ["name", "mountPath", "containerPort", "port", "key", "ip", "topologyKey", "uid"];

/// Removes from `object` what `last` has and `wanted` has not.
pub fn remove_dropped(object: &mut Node, last: &Node, wanted: &Node) {
    match (&mut object.value, &last.value, &wanted.value) {
        (Value::Map(object), Value::Map(last), Value::Map(wanted)) => {
            for (key, last) in last.iter() {
                match (object.get_mut(key.as_str()), wanted.get(key.as_str())) {
                    (Some(object), Some(wanted)) => remove_dropped(object, last, wanted),
                    (Some(_), None) => drop(object.remove(key.as_str())),
                    (None, _) => {}
                }
            }
        }
        (Value::Sequence(object), Value::Sequence(last), Value::Sequence(wanted)) => {
            object.retain_mut(|item| {
                let Some(last) = alike(item, last) else { return true };
                let Some(wanted) = alike(item, wanted) else { return false };
                remove_dropped(item, last, wanted);
                true
            });
        }
        _ => {}
    }
}

/// The element that is this one, by what elements of such lists are known by.
fn alike<'n>(item: &Node, among: &'n [Node]) -> Option<&'n Node> {
    let key = KEYS.into_iter().find(|key| item.field(key).is_some())?;
    let own = item.field(key).and_then(text)?;
    among.iter().find(|other| other.field(key).and_then(text) == Some(own))
}

#[cfg(test)]
mod tests {
    use windlass_source::SourceMap;
    use windlass_yaml::{Budget, Style, node_to_string, parse};

    use super::*;

    #[test]
    fn what_was_applied_and_is_not_wanted_goes_and_what_others_wrote_stays() {
        let node = |text: &str| {
            let file = SourceMap::new().add("object", text);
            parse(file, text, &Budget::default()).documents.remove(0).root
        };
        let mut object =
            node("{labels: {a: 1, b: 2, injected: x}, env: [{name: A, value: 1}, {name: B, value: 2}, {name: C}], replicas: 3}");
        let last = node("{labels: {a: 1, b: 2}, env: [{name: A, value: 1}, {name: B, value: 2}], replicas: 3}");
        remove_dropped(&mut object, &last, &node("{labels: {a: 1}, env: [{name: B}]}"));
        let expected = node("{labels: {a: 1, injected: x}, env: [{name: B}, {name: C}]}");
        assert!(object.same_value(&expected), "{}", node_to_string(&object, Style::Kubernetes));
    }
}
