//! An object with the origin of its fields.

use std::collections::HashMap;
use std::fmt;

use foldhash::fast::RandomState;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use smol_str::SmolStr;
use windlass_source::{Origin, Spanned};
use windlass_yaml::Path;

use crate::kind::Kind;
use crate::resource::{Resource, Typed};

/// The name of an object among those of one namespace: `Deployment/web`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectRef {
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: SmolStr,
}

impl ObjectRef {
    /// The object `name` of `kind`.
    pub fn new(kind: Kind, name: impl Into<SmolStr>) -> Self {
        Self { kind, name: name.into() }
    }
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.kind, self.name)
    }
}

/// Where each field came from. The root has the origin of the object as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    // Sorted by those who walk it.
    fields: HashMap<Path, Origin, RandomState>,
}

impl Origins {
    /// An object that came from `origin`.
    pub fn of(origin: impl Into<Origin>) -> Self {
        let mut origins = Self::default();
        origins.set(Path::root(), origin);
        origins
    }

    /// Says where the field at `path` and what stands beneath it came from. A later word replaces an earlier one.
    pub fn set(&mut self, path: Path, origin: impl Into<Origin>) {
        self.fields.insert(path, origin.into());
    }

    /// As [`set`](Self::set), where nothing was said of the field itself yet.
    pub fn set_first(&mut self, path: &Path, origin: &Origin) {
        self.fields.entry(path.clone()).or_insert_with(|| origin.clone());
    }

    /// Makes room for some more fields.
    pub fn reserve(&mut self, fields: usize) {
        self.fields.reserve(fields);
    }

    /// What was said of exactly this field.
    pub fn exact(&self, path: &Path) -> Option<&Origin> {
        self.fields.get(path)
    }

    /// As [`exact`](Self::exact), by the text of the path.
    pub(crate) fn at(&self, path: &str) -> Option<&Origin> {
        self.fields.get(path)
    }

    /// The origin of a field: its own, or that of its nearest ancestor that has one, or [`Origin::DEFAULT`].
    pub fn get(&self, path: &Path) -> &Origin {
        let mut ancestors = std::iter::successors(Some(path.clone()), Path::parent);
        ancestors.find_map(|path| self.fields.get(&path)).unwrap_or(const { &Origin::DEFAULT })
    }

    /// Puts origins of a part (a container that was built on its own) where the part now stands.
    pub fn graft(&mut self, at: &Path, part: Self) {
        self.fields.extend(part.fields.into_iter().map(|(path, origin)| (at.join(&path), origin)));
    }

    /// Forgets the field at `path` and everything beneath it.
    pub fn remove(&mut self, path: &Path) {
        self.fields.retain(|field, _| !path.contains(field));
    }

    /// Every field of which something was said, parents first.
    pub fn iter(&self) -> impl Iterator<Item = (&Path, &Origin)> {
        let mut fields: Vec<_> = self.fields.iter().collect();
        fields.sort_unstable_by(|(path, _), (other, _)| path.compare(other));
        fields.into_iter()
    }

    /// True when nothing was said of any field.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

/// An object with the origin of its fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// The value.
    pub resource: Resource,
    /// Where its fields came from, by path from the object's root: `spec.template.spec.containers[0].image`.
    pub origins: Origins,
}

impl Object {
    /// An object that came, as a whole, from `origin`.
    pub fn new(resource: impl Into<Resource>, origin: impl Into<Origin>) -> Self {
        Self { resource: resource.into(), origins: Origins::of(origin) }
    }

    /// Its kind.
    pub fn kind(&self) -> Kind {
        self.resource.kind()
    }

    /// Its name; empty when it has none yet.
    pub fn name(&self) -> &str {
        self.resource.name()
    }

    /// Its kind and name.
    pub fn reference(&self) -> ObjectRef {
        ObjectRef::new(self.kind(), self.name())
    }

    /// Name, labels, annotations.
    pub fn metadata(&self) -> &ObjectMeta {
        self.resource.metadata()
    }

    /// Name, labels, annotations.
    pub fn metadata_mut(&mut self) -> &mut ObjectMeta {
        self.resource.metadata_mut()
    }

    /// The typed value, if the object is of this type.
    pub fn get<T: Typed>(&self) -> Option<&T> {
        self.resource.get()
    }

    /// The typed value, if the object is of this type.
    pub fn get_mut<T: Typed>(&mut self) -> Option<&mut T> {
        self.resource.get_mut()
    }

    /// Where the object as a whole came from.
    pub fn origin(&self) -> &Origin {
        self.origins.get(&Path::root())
    }

    /// Where the field at `path`, or its nearest ancestor, came from.
    pub fn origin_of(&self, path: &Path) -> &Origin {
        self.origins.get(path)
    }

    /// Records where a value came from and returns the value: `container.image = Some(object.note(path, image))`.
    pub fn note<T>(&mut self, path: Path, value: Spanned<T>) -> T {
        self.origins.set(path, value.origin);
        value.value
    }
}

#[cfg(test)]
mod tests {
    use windlass_source::{SourceMap, Span};

    use super::*;

    fn span(range: std::ops::Range<usize>) -> Span {
        let mut map = SourceMap::default();
        Span::new(map.add("compose.yaml", "x"), range)
    }

    #[test]
    fn a_field_without_an_origin_has_that_of_its_nearest_ancestor() {
        let container = Path::root().key("spec").key("containers").index(0);
        let mut origins = Origins::of(span(0..1));
        origins.set(container.clone(), span(2..3));
        origins.set(container.key("image"), span(4..5));
        let start = |path: &Path| origins.get(path).span().map(|span| span.start);
        assert_eq!(start(&container.key("image")), Some(4));
        assert_eq!(start(&container.key("env").index(3).key("name")), Some(2));
        assert_eq!(start(&Path::root().key("spec").key("replicas")), Some(0));
        assert_eq!(Origins::default().get(&container), &Origin::DEFAULT);
    }

    #[test]
    fn a_grafted_part_keeps_its_origins() {
        let mut part = Origins::of(span(2..3));
        part.set(Path::root().key("image"), span(4..5));
        let at = Path::root().key("spec").index(1);
        let mut whole = Origins::of(span(0..1));
        whole.graft(&at, part);
        assert_eq!(whole.get(&at.key("image")).span().map(|span| span.start), Some(4));
        assert_eq!(whole.get(&at).span().map(|span| span.start), Some(2));
        whole.remove(&at);
        assert_eq!(whole.get(&at.key("image")).span().map(|span| span.start), Some(0));
    }
}
