//! Objects that were made rather than read, as the trees that reading them would give.

use windlass_source::Origin;
use windlass_yaml::{Node, Trail, Value};

use super::Manifest;
use crate::object::{Object, Origins};
use crate::write;

/// The tree of an object. Each value has the place that it came from, its own or that of what it stands in.
pub fn of_object(object: &Object) -> Manifest {
    let mut root = write::tree(&object.resource);
    place(&mut root, &object.origins, object.origin(), &mut Trail::default());
    Manifest { root, document: 1, item: None, duplicate_keys: Vec::new() }
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
                trail.push_key(key.name());
                place(value, origins, own, trail);
                trail.pop();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Timestamp(_) => {}
    }
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
