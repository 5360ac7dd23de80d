//! Stands between a value and the serialiser that writes it: leaves out what says nothing and puts leading fields first.
//!
//! A structure is walked once for each of its leading groups and once for the rest; the values in it are only visited in the walk
//! that writes them.

use std::cell::RefCell;

use serde::ser::{Error, Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, Serializer};
use smol_str::SmolStr;
use windlass_yaml::{Path, Segment};

use super::probe::{Content, content, is_dropped, keeps_empty};
use super::refuse::{foreign, refuse, refuse_compounds, refuse_scalars};

/// Follows the walk through an object.
pub(crate) struct Walk<'a> {
    path: RefCell<Path>,
    enter: &'a dyn Fn(&Path),
}

impl<'a> Walk<'a> {
    /// Calls `enter` with the path of each field and item, just before it is written.
    #[allow(dead_code, reason = "used by the YAML side")]
    pub(crate) fn new(enter: &'a dyn Fn(&Path)) -> Self {
        Self { path: RefCell::new(Path::root()), enter }
    }
}

/// Writes `value` in canonical form.
pub(crate) fn serialize<T: Serialize + ?Sized, S: Serializer>(
    value: &T,
    serializer: S,
    walk: Option<&Walk<'_>>,
) -> Result<S::Ok, S::Error> {
    match value.serialize(Opening { serializer, walk })? {
        Opened::Written(written) => Ok(written),
        Opened::Structure { mut map, name } => {
            for group in leading(name) {
                value.serialize(Fields { map: &mut map, walk, take: Take::Only(group) })?;
            }
            value.serialize(Fields { map: &mut map, walk, take: Take::AllBut(leading(name)) })?;
            map.end()
        }
    }
}

/// The groups of fields that are written before the others; within a group the order is that of the type.
fn leading(structure: &str) -> &'static [&'static [&'static str]] {
    match structure {
        "ObjectMeta" => &[&["name"], &["namespace"], &["labels"]],
        "Container" => &[&["name"], &["image"], &["command"]],
        _ => &[&["apiVersion", "kind", "metadata", "name"]],
    }
}

/// A value on its way into a field or item.
struct Part<'a, T: ?Sized> {
    value: &'a T,
    content: Content,
    walk: Option<&'a Walk<'a>>,
}

impl<'a, T: Serialize + ?Sized> Part<'a, T> {
    /// Tells who follows that the walk steps to `segment`, writes, and steps back.
    fn step<E>(walk: Option<&'a Walk<'a>>, segment: impl FnOnce() -> Segment, write: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        let Some(walk) = walk else { return write() };
        walk.path.borrow_mut().push(segment());
        (walk.enter)(&walk.path.borrow());
        let result = write();
        walk.path.borrow_mut().pop();
        result
    }
}

impl<T: Serialize + ?Sized> Serialize for Part<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.content {
            Content::Null => serializer.serialize_unit(),
            Content::EmptyList => serializer.serialize_seq(Some(0))?.end(),
            Content::EmptyMap => serializer.serialize_map(Some(0))?.end(),
            Content::Full => serialize(self.value, serializer, self.walk),
        }
    }
}

/// What became of a value.
enum Opened<S: Serializer> {
    /// It is written.
    Written(S::Ok),
    /// It is a structure, of which nothing is written yet.
    Structure { map: S::SerializeMap, name: &'static str },
}

/// Writes anything but a structure, and opens that.
struct Opening<'a, S> {
    serializer: S,
    walk: Option<&'a Walk<'a>>,
}

macro_rules! forward {
    ($($method:ident: $type:ty),+ $(,)?) => {
        $(fn $method(self, value: $type) -> Result<Self::Ok, S::Error> {
            self.serializer.$method(value).map(Opened::Written)
        })+
    };
}

impl<'a, S: Serializer> Serializer for Opening<'a, S> {
    type Ok = Opened<S>;
    type Error = S::Error;
    type SerializeSeq = Items<'a, S>;
    type SerializeTuple = Impossible<Self::Ok, S::Error>;
    type SerializeTupleStruct = Impossible<Self::Ok, S::Error>;
    type SerializeTupleVariant = Impossible<Self::Ok, S::Error>;
    type SerializeMap = Entries<'a, S>;
    type SerializeStruct = Unopened<S>;
    type SerializeStructVariant = Impossible<Self::Ok, S::Error>;

    forward!(
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_u8: u8,
        serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_f32: f32, serialize_f64: f64, serialize_char: char,
        serialize_str: &str, serialize_bytes: &[u8], serialize_unit_struct: &'static str,
    );

    fn serialize_none(self) -> Result<Self::Ok, S::Error> {
        self.serializer.serialize_none().map(Opened::Written)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Self::Ok, S::Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Self::Ok, S::Error> {
        self.serializer.serialize_unit().map(Opened::Written)
    }

    fn serialize_unit_variant(self, name: &'static str, index: u32, variant: &'static str) -> Result<Self::Ok, S::Error> {
        self.serializer.serialize_unit_variant(name, index, variant).map(Opened::Written)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<Self::Ok, S::Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Self::Ok, S::Error> {
        foreign()
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Items<'a, S>, S::Error> {
        Ok(Items { list: self.serializer.serialize_seq(length)?, walk: self.walk, next: 0 })
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, S::Error> {
        foreign()
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, S::Error> {
        foreign()
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Self::SerializeTupleVariant, S::Error> {
        foreign()
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries<'a, S>, S::Error> {
        // Entries that are null are left out, so the length is not known.
        Ok(Entries { map: self.serializer.serialize_map(None)?, walk: self.walk, key: None })
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Unopened<S>, S::Error> {
        Ok(Unopened { map: self.serializer.serialize_map(None)?, name })
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        foreign()
    }
}

/// A structure in the walk that only finds that it is one.
struct Unopened<S: Serializer> {
    map: S::SerializeMap,
    name: &'static str,
}

impl<S: Serializer> SerializeStruct for Unopened<S> {
    type Ok = Opened<S>;
    type Error = S::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, _: &T) -> Result<(), S::Error> {
        Ok(())
    }

    fn end(self) -> Result<Opened<S>, S::Error> {
        Ok(Opened::Structure { map: self.map, name: self.name })
    }
}

/// A list: every item is kept.
struct Items<'a, S: Serializer> {
    list: S::SerializeSeq,
    walk: Option<&'a Walk<'a>>,
    next: usize,
}

impl<S: Serializer> SerializeSeq for Items<'_, S> {
    type Ok = Opened<S>;
    type Error = S::Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        let Self { list, walk, next } = self;
        let part = Part { value, content: content(value), walk: *walk };
        let at = *next;
        *next += 1;
        Part::<T>::step(*walk, || Segment::Index(at), || list.serialize_element(&part))
    }

    fn end(self) -> Result<Opened<S>, S::Error> {
        self.list.end().map(Opened::Written)
    }
}

/// A map: its keys are data, so every entry but null is kept.
struct Entries<'a, S: Serializer> {
    map: S::SerializeMap,
    walk: Option<&'a Walk<'a>>,
    key: Option<SmolStr>,
}

impl<S: Serializer> SerializeMap for Entries<'_, S> {
    type Ok = Opened<S>;
    type Error = S::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), S::Error> {
        self.key = Some(key.serialize(KeyText).map_err(S::Error::custom)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        let Self { map, walk, key } = self;
        let Some(key) = key.take() else { return Err(S::Error::custom("a value without a key")) };
        let content = content(value);
        if content == Content::Null {
            return Ok(());
        }
        let part = Part { value, content, walk: *walk };
        Part::<T>::step(*walk, || Segment::Key(key.clone()), || map.serialize_entry(key.as_str(), &part))
    }

    fn end(self) -> Result<Opened<S>, S::Error> {
        self.map.end().map(Opened::Written)
    }
}

/// Which fields a walk through a structure writes.
#[derive(Clone, Copy)]
enum Take {
    Only(&'static [&'static str]),
    AllBut(&'static [&'static [&'static str]]),
}

impl Take {
    fn takes(self, field: &str) -> bool {
        match self {
            Self::Only(group) => group.contains(&field),
            Self::AllBut(groups) => !groups.iter().any(|group| group.contains(&field)),
        }
    }
}

/// Writes some fields of a structure into its open map.
struct Fields<'a, M> {
    map: &'a mut M,
    walk: Option<&'a Walk<'a>>,
    take: Take,
}

struct FieldsOf<'a, M> {
    fields: Fields<'a, M>,
    name: &'static str,
}

impl<M: SerializeMap> SerializeStruct for FieldsOf<'_, M> {
    type Ok = ();
    type Error = M::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), M::Error> {
        let Self { fields: Fields { map, walk, take }, name } = self;
        if !take.takes(key) || is_dropped(name, key) {
            return Ok(());
        }
        let content = content(value);
        let is_said = match content {
            Content::Null => false,
            Content::EmptyList | Content::EmptyMap => keeps_empty(name, key),
            Content::Full => true,
        };
        if !is_said {
            return Ok(());
        }
        let part = Part { value, content, walk: *walk };
        Part::<T>::step(*walk, || Segment::Key(SmolStr::new_static(key)), || map.serialize_entry(key, &part))
    }

    fn end(self) -> Result<(), M::Error> {
        Ok(())
    }
}

impl<'a, M: SerializeMap> Serializer for Fields<'a, M> {
    type Ok = ();
    type Error = M::Error;
    type SerializeStruct = FieldsOf<'a, M>;

    refuse_scalars!(M::Error);
    refuse!(M::Error; serialize_str(&str));
    refuse_compounds!(M::Error);

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<FieldsOf<'a, M>, M::Error> {
        Ok(FieldsOf { fields: self, name })
    }
}

/// Takes the text of a key.
struct KeyText;

impl Serializer for KeyText {
    type Ok = SmolStr;
    type Error = serde::de::value::Error;
    type SerializeStruct = Impossible<SmolStr, Self::Error>;

    refuse_scalars!(Self::Error);
    refuse_compounds!(Self::Error);

    fn serialize_str(self, text: &str) -> Result<SmolStr, Self::Error> {
        Ok(text.into())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, Self::Error> {
        foreign()
    }
}
