//! One walk through a structure: writes those of its fields that are asked for and say something.

use serde::ser::{Impossible, Serialize, SerializeMap, SerializeStruct, Serializer};

use super::canonical::{Part, foreign};
use super::probe::{Content, content, is_dropped, keeps_empty};

/// Which fields a walk through a structure writes.
#[derive(Clone, Copy)]
pub(super) enum Take {
    All,
    /// Those of one [`rank`].
    Rank(usize),
}

/// The rank of fields that come in the order of the type, behind all others.
pub(super) const LAST_RANK: usize = 3;

/// Where a field stands among those of its structure: lower ranks are written first, fields of one rank in the order of the type.
pub(super) fn rank(structure: &str, field: &str) -> usize {
    match (structure, field) {
        ("ObjectMeta" | "Container", "name") => 0,
        ("ObjectMeta", "namespace") | ("Container", "image") => 1,
        ("ObjectMeta", "labels") | ("Container", "command") => 2,
        ("ObjectMeta" | "Container", _) => LAST_RANK,
        (_, "apiVersion" | "kind" | "metadata" | "name") => 0,
        _ => LAST_RANK,
    }
}

/// Writes some fields of a structure into its open map.
pub(super) struct Fields<'a, M> {
    pub(super) map: &'a mut M,
    pub(super) take: Take,
}

pub(super) struct FieldsOf<'a, M> {
    fields: Fields<'a, M>,
    name: &'static str,
}

impl<M: SerializeMap> SerializeStruct for FieldsOf<'_, M> {
    type Ok = ();
    type Error = M::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), M::Error> {
        let Self { fields: Fields { map, take }, name } = self;
        let is_taken = match take {
            Take::All => true,
            Take::Rank(taken) => rank(name, key) == *taken,
        };
        if !is_taken || is_dropped(name, key) {
            return Ok(());
        }
        let content = content(value);
        let is_said = match content {
            Content::Null => false,
            Content::EmptyList | Content::EmptyMap => keeps_empty(name, key),
            Content::Full => true,
        };
        if is_said { map.serialize_entry(key, &Part { value, content }) } else { Ok(()) }
    }

    fn end(self) -> Result<(), M::Error> {
        Ok(())
    }
}

macro_rules! refuse {
    ($($method:ident($($type:ty),*) -> $ok:ty),+ $(,)?) => {
        $(fn $method(self, $(_: $type),*) -> Result<$ok, M::Error> {
            foreign()
        })+
    };
}

impl<'a, M: SerializeMap> Serializer for Fields<'a, M> {
    type Ok = ();
    type Error = M::Error;
    type SerializeSeq = Impossible<(), M::Error>;
    type SerializeTuple = Impossible<(), M::Error>;
    type SerializeTupleStruct = Impossible<(), M::Error>;
    type SerializeTupleVariant = Impossible<(), M::Error>;
    type SerializeMap = Impossible<(), M::Error>;
    type SerializeStruct = FieldsOf<'a, M>;
    type SerializeStructVariant = Impossible<(), M::Error>;

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), M::Error> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), M::Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(self, _: &'static str, _: u32, _: &'static str, _: &T) -> Result<(), M::Error> {
        foreign()
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<FieldsOf<'a, M>, M::Error> {
        Ok(FieldsOf { fields: self, name })
    }

    refuse!(
        serialize_bool(bool) -> (),
        serialize_i8(i8) -> (),
        serialize_i16(i16) -> (),
        serialize_i32(i32) -> (),
        serialize_i64(i64) -> (),
        serialize_u8(u8) -> (),
        serialize_u16(u16) -> (),
        serialize_u32(u32) -> (),
        serialize_u64(u64) -> (),
        serialize_f32(f32) -> (),
        serialize_f64(f64) -> (),
        serialize_char(char) -> (),
        serialize_str(&str) -> (),
        serialize_bytes(&[u8]) -> (),
        serialize_none() -> (),
        serialize_unit() -> (),
        serialize_unit_struct(&'static str) -> (),
        serialize_unit_variant(&'static str, u32, &'static str) -> (),
        serialize_seq(Option<usize>) -> Self::SerializeSeq,
        serialize_tuple(usize) -> Self::SerializeTuple,
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct,
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant,
        serialize_map(Option<usize>) -> Self::SerializeMap,
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant,
    );
}
