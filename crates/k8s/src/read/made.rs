//! Objects that were made rather than read, as the trees that reading them would give.

use serde_json::Value as Json;
use smol_str::SmolStr;
use windlass_source::Origin;
use windlass_yaml::{Map, Node, Number, Trail, Value};

use super::Manifest;
use crate::object::{Object, Origins};
use crate::write;

/// The tree of an object. Each value has the place that it came from, its own or that of what it stands in.
pub fn of_object(object: &Object) -> Manifest {
    let mut root = without_places(object);
    place(&mut root, &object.origins, object.origin(), &mut Trail::default());
    Manifest { root, document: 1, item: None, duplicate_keys: Vec::new() }
}

/// The same without places, for who looks them up by path.
pub(crate) fn without_places(object: &Object) -> Node {
    node(write::tree(&object.resource))
}

fn place<'a>(node: &mut Node, origins: &'a Origins, around: &'a Origin, trail: &mut Trail) {
    let own = origins.at(trail.as_str()).unwrap_or(around);
    node.origin.clone_from(own);
    match &mut node.value {
        Value::Sequence(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                trail.push_index(at);
                place(item, origins, own, trail);
                trail.pop();
            }
        }
        Value::Map(map) => {
            for (key, value) in map.iter_mut() {
                trail.push_key(&key.name);
                place(value, origins, own, trail);
                trail.pop();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Timestamp(_) => {}
    }
}

fn node(value: Json) -> Node {
    let value = match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(value),
        Json::Number(number) => Value::Number(match (number.as_i64(), number.as_u64()) {
            (Some(value), _) => Number::Int(value),
            (None, Some(value)) => Number::UInt(value),
            (None, None) => Number::Float(number.as_f64().unwrap_or(f64::NAN)),
        }),
        Json::String(text) => Value::String(text.into()),
        Json::Array(items) => Value::Sequence(items.into_iter().map(node).collect()),
        Json::Object(map) => Value::Map(map.into_iter().map(|(key, value)| (SmolStr::from(key), node(value))).collect::<Map>()),
    };
    Node::default_value(value)
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
    use windlass_source::{SourceMap, Span};
    use windlass_yaml::Path;

    use super::*;
    use crate::view::Fields as _;

    #[test]
    fn a_made_value_has_its_own_place_or_that_of_what_it_stands_in() {
        let file = SourceMap::new().add("compose.yaml", "web: { ports: [80] }");
        let (service, port) = (Span::new(file, 0..3), Span::new(file, 15..17));
        let ports = vec![ServicePort { port: 80, ..ServicePort::default() }];
        let made = Service { spec: Some(ServiceSpec { ports: Some(ports), ..ServiceSpec::default() }), ..Service::default() };
        let mut object = Object::new(made, service);
        object.origins.set(Path::parse("spec.ports[0]"), port);
        let root = of_object(&object).root;
        assert_eq!(root.field("spec").and_then(Node::span), Some(service));
        assert_eq!(root.field("spec").and_then(|spec| spec.items("ports")[0].field("port")?.span()), Some(port));
    }
}
