//! Stands between a value and the serialiser that writes it: leaves out what says nothing and puts leading fields first.
//!
//! A structure is walked once to see which fields it has, and once for each rank that they have; the values in it are only visited
//! in the walk that writes them.

use serde::ser::{Error, Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, Serializer};

use super::fields::{Fields, LAST_RANK, Take, rank};
use super::probe::{Content, content};

/// Writes `value` in canonical form.
pub(crate) fn serialize<T: Serialize + ?Sized, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    match value.serialize(Opening { serializer })? {
        Opened::Written(written) => Ok(written),
        Opened::Structure { mut map, ranks } => {
            if ranks.in_order {
                value.serialize(Fields { map: &mut map, take: Take::All })?;
            } else {
                for rank in ranks.present() {
                    value.serialize(Fields { map: &mut map, take: Take::Rank(rank) })?;
                }
            }
            map.end()
        }
    }
}

/// Which ranks the fields of a structure have.
struct Ranks {
    present: [bool; LAST_RANK + 1],
    highest: usize,
    /// The type has its fields in the order of their ranks already.
    in_order: bool,
}

impl Ranks {
    fn none() -> Self {
        Self { present: [false; LAST_RANK + 1], highest: 0, in_order: true }
    }

    fn add(&mut self, rank: usize) {
        self.in_order &= rank >= self.highest;
        self.highest = self.highest.max(rank);
        self.present[rank] = true;
    }

    fn present(&self) -> impl Iterator<Item = usize> {
        (0..=LAST_RANK).filter(|rank| self.present[*rank])
    }
}

/// A value on its way into a field or item.
pub(super) struct Part<'a, T: ?Sized> {
    pub(super) value: &'a T,
    pub(super) content: Content,
}

impl<T: Serialize + ?Sized> Serialize for Part<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.content {
            Content::Null => serializer.serialize_unit(),
            Content::EmptyList => serializer.serialize_seq(Some(0))?.end(),
            Content::EmptyMap => serializer.serialize_map(Some(0))?.end(),
            Content::Full => serialize(self.value, serializer),
        }
    }
}

/// What became of a value.
enum Opened<S: Serializer> {
    /// It is written.
    Written(S::Ok),
    /// It is a structure, of which nothing is written yet.
    Structure { map: S::SerializeMap, ranks: Ranks },
}

/// Kubernetes' types have enumerations that are texts and tuples that are lists, so no other shape comes.
pub(super) fn foreign<T, E: Error>() -> Result<T, E> {
    Err(E::custom("a value of an unexpected shape"))
}

/// Writes anything but a structure, and opens that.
struct Opening<S> {
    serializer: S,
}

macro_rules! forward {
    ($($method:ident: $type:ty),+ $(,)?) => {
        $(fn $method(self, value: $type) -> Result<Self::Ok, S::Error> {
            self.serializer.$method(value).map(Opened::Written)
        })+
    };
}

impl<S: Serializer> Serializer for Opening<S> {
    type Ok = Opened<S>;
    type Error = S::Error;
    type SerializeSeq = Items<S>;
    type SerializeTuple = Impossible<Self::Ok, S::Error>;
    type SerializeTupleStruct = Impossible<Self::Ok, S::Error>;
    type SerializeTupleVariant = Impossible<Self::Ok, S::Error>;
    type SerializeMap = Entries<S>;
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

    fn serialize_seq(self, length: Option<usize>) -> Result<Items<S>, S::Error> {
        Ok(Items { list: self.serializer.serialize_seq(length)? })
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

    fn serialize_map(self, _: Option<usize>) -> Result<Entries<S>, S::Error> {
        // Entries that are null are left out, so the length is not known.
        Ok(Entries { map: self.serializer.serialize_map(None)? })
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Unopened<S>, S::Error> {
        Ok(Unopened { map: self.serializer.serialize_map(None)?, name, ranks: Ranks::none() })
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

/// A structure in the walk that only finds which fields it has.
struct Unopened<S: Serializer> {
    map: S::SerializeMap,
    name: &'static str,
    ranks: Ranks,
}

impl<S: Serializer> SerializeStruct for Unopened<S> {
    type Ok = Opened<S>;
    type Error = S::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, _: &T) -> Result<(), S::Error> {
        self.ranks.add(rank(self.name, key));
        Ok(())
    }

    fn end(self) -> Result<Opened<S>, S::Error> {
        Ok(Opened::Structure { map: self.map, ranks: self.ranks })
    }
}

/// A list: every item is kept.
struct Items<S: Serializer> {
    list: S::SerializeSeq,
}

impl<S: Serializer> SerializeSeq for Items<S> {
    type Ok = Opened<S>;
    type Error = S::Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        self.list.serialize_element(&Part { value, content: content(value) })
    }

    fn end(self) -> Result<Opened<S>, S::Error> {
        self.list.end().map(Opened::Written)
    }
}

/// A map: its keys are data, so every entry but null is kept.
struct Entries<S: Serializer> {
    map: S::SerializeMap,
}

impl<S: Serializer> SerializeMap for Entries<S> {
    type Ok = Opened<S>;
    type Error = S::Error;

    fn serialize_entry<K: Serialize + ?Sized, V: Serialize + ?Sized>(&mut self, key: &K, value: &V) -> Result<(), S::Error> {
        match content(value) {
            Content::Null => Ok(()),
            content => self.map.serialize_entry(key, &Part { value, content }),
        }
    }

    // The maps of Kubernetes' types give whole entries; a value that comes alone is kept even when it is null.
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), S::Error> {
        self.map.serialize_key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        self.map.serialize_value(&Part { value, content: content(value) })
    }

    fn end(self) -> Result<Opened<S>, S::Error> {
        self.map.end().map(Opened::Written)
    }
}
