//! The objects of one conversion, in canonical order: kinds as they are applied, then names.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use windlass_source::{Code, Diagnostic, Origin};

use crate::kind::Kind;
use crate::object::{Object, ObjectRef};
use crate::resource::Typed;

/// Objects of one namespace. No two have the same kind and name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Objects {
    // The key repeats what the object says, so that the map itself is the canonical order.
    objects: BTreeMap<ObjectRef, Object>,
    external: BTreeMap<ObjectRef, Origin>,
}

/// Two objects of one kind and name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collision {
    /// The name that both have.
    pub reference: ObjectRef,
    /// Where the object that stays came from.
    pub first: Origin,
    /// Where the object that was refused came from.
    pub second: Origin,
}

impl Collision {
    /// The finding, at the second place.
    pub fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error(Code("convert::name-collision"), format!("two objects would be named `{}`", self.reference))
            .label(self.second.span(), "this one is left out")
            .label(self.first.span(), "this one has the name already")
            .because("an API server keeps one object of a kind and name in a namespace; the later one would overwrite the earlier")
            .help("rename one of them in the compose file")
    }
}

impl Objects {
    /// No objects.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an object. One whose kind and name are taken is refused, and nothing changes.
    pub fn insert(&mut self, object: Object) -> Result<&mut Object, Box<Collision>> {
        self.insert_as(object.reference(), object)
    }

    fn insert_as(&mut self, reference: ObjectRef, object: Object) -> Result<&mut Object, Box<Collision>> {
        match self.objects.entry(reference) {
            Entry::Vacant(entry) => Ok(entry.insert(object)),
            Entry::Occupied(entry) => Err(Box::new(Collision {
                reference: object.reference(),
                first: entry.get().origin().clone(),
                second: object.origin().clone(),
            })),
        }
    }

    /// Adds all objects and names of another. Of two that have the same kind and name, the one that is here stays, and `collides` is told.
    pub fn append(&mut self, other: Self, mut collides: impl FnMut(Collision)) {
        for (reference, object) in other.objects {
            if let Err(collision) = self.insert_as(reference, object) {
                collides(*collision);
            }
        }
        for (reference, origin) in other.external {
            self.add_external(reference, origin);
        }
    }

    /// The object of this kind and name.
    pub fn get(&self, kind: Kind, name: &str) -> Option<&Object> {
        self.objects.get(&ObjectRef::new(kind, name))
    }

    /// The object of this kind and name. Its name must not be changed: take it out with [`remove`](Self::remove) for that.
    pub fn get_mut(&mut self, kind: Kind, name: &str) -> Option<&mut Object> {
        self.objects.get_mut(&ObjectRef::new(kind, name))
    }

    /// The object of this kind and name. Its name must not be changed.
    pub fn find_mut(&mut self, reference: &ObjectRef) -> Option<&mut Object> {
        self.objects.get_mut(reference)
    }

    /// The typed value of this name: `objects.typed::<Deployment>("web")`.
    pub fn typed<T: Typed>(&self, name: &str) -> Option<&T> {
        self.get(T::KIND, name)?.get()
    }

    /// The typed value of this name. Its name must not be changed.
    pub fn typed_mut<T: Typed>(&mut self, name: &str) -> Option<&mut T> {
        self.get_mut(T::KIND, name)?.get_mut()
    }

    /// True when there is an object of this kind and name.
    pub fn contains(&self, kind: Kind, name: &str) -> bool {
        self.get(kind, name).is_some()
    }

    /// Takes an object out.
    pub fn remove(&mut self, kind: Kind, name: &str) -> Option<Object> {
        self.objects.remove(&ObjectRef::new(kind, name))
    }

    /// The objects of one kind, by name.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Object> {
        self.objects.range(ObjectRef::new(kind, "")..).take_while(move |(other, _)| other.kind == kind).map(|(_, object)| object)
    }

    /// The typed values of one kind, by name.
    pub fn all<T: Typed>(&self) -> impl Iterator<Item = &T> {
        self.of_kind(T::KIND).filter_map(Object::get)
    }

    /// Every object that runs pods.
    pub fn workloads(&self) -> impl Iterator<Item = &Object> {
        self.iter().filter(|object| object.kind().is_workload())
    }

    /// All objects in canonical order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Object> + ExactSizeIterator {
        self.objects.values()
    }

    /// All objects in canonical order. Names must not be changed.
    pub fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut Object> + ExactSizeIterator {
        self.objects.values_mut()
    }

    /// Says that the cluster has this object already: an external volume or secret. The first word counts.
    pub fn add_external(&mut self, reference: ObjectRef, origin: impl Into<Origin>) {
        self.external.entry(reference).or_insert_with(|| origin.into());
    }

    /// What the cluster must have already, with the place that says so.
    pub fn external(&self) -> impl Iterator<Item = (&ObjectRef, &Origin)> {
        self.external.iter()
    }

    /// True when the cluster has this object already.
    pub fn is_external(&self, reference: &ObjectRef) -> bool {
        self.external.contains_key(reference)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// True without objects.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }
}

impl IntoIterator for Objects {
    type Item = Object;
    type IntoIter = std::collections::btree_map::IntoValues<ObjectRef, Object>;

    fn into_iter(self) -> Self::IntoIter {
        self.objects.into_values()
    }
}

impl<'a> IntoIterator for &'a Objects {
    type Item = &'a Object;
    type IntoIter = std::collections::btree_map::Values<'a, ObjectRef, Object>;

    fn into_iter(self) -> Self::IntoIter {
        self.objects.values()
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::apps::v1::Deployment;
    use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Service};

    use super::*;
    use crate::resource::Resource;

    fn named(resource: impl Into<Resource>, name: &str) -> Object {
        let mut object = Object::new(resource, Origin::DEFAULT);
        object.metadata_mut().name = Some(name.into());
        object
    }

    #[test]
    fn the_order_is_that_of_kinds_then_names_whatever_was_inserted_first() {
        let mut objects = Objects::new();
        for object in [
            named(Deployment::default(), "web"),
            named(Service::default(), "web"),
            named(Deployment::default(), "api"),
            named(ConfigMap::default(), "z"),
            named(Namespace::default(), "shop"),
        ] {
            objects.insert(object).unwrap();
        }
        let order: Vec<_> = objects.iter().map(|object| object.reference().to_string()).collect();
        assert_eq!(order, ["Namespace/shop", "ConfigMap/z", "Service/web", "Deployment/api", "Deployment/web"]);
        assert_eq!(objects.of_kind(Kind::Deployment).count(), 2);
        assert_eq!(objects.of_kind(Kind::Secret).count(), 0);
        assert!(objects.typed::<Service>("web").is_some() && objects.typed::<Service>("api").is_none());
    }

    #[test]
    fn a_taken_name_is_refused_with_both_places() {
        let mut map = windlass_source::SourceMap::new();
        let file = map.add("compose.yaml", "my_db: {}\nmy-db: {}\n");
        let at = |start, end| windlass_source::Span::new(file, start..end);
        let mut first = named(Service::default(), "my-db");
        first.origins = crate::Origins::of(at(0, 5));
        let mut second = named(Service::default(), "my-db");
        second.origins = crate::Origins::of(at(10, 15));
        let mut objects = Objects::new();
        objects.insert(first.clone()).unwrap();
        let collision = objects.insert(second).unwrap_err();
        assert_eq!((collision.first.span(), collision.second.span()), (Some(at(0, 5)), Some(at(10, 15))));
        assert_eq!(collision.diagnostic().span(), Some(at(10, 15)));
        assert_eq!(objects.get(Kind::Service, "my-db"), Some(&first));
    }
}
