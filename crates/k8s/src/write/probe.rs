//! Whether a value says anything, found without writing it: the walk ends at the first scalar.

use std::fmt;

use serde::ser::{
    Error, Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple, SerializeTupleStruct, Serializer,
};

/// What a value amounts to once everything that says nothing is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// `null`, or no value.
    Null,
    /// `[]`.
    EmptyList,
    /// `{}`.
    EmptyMap,
    /// Anything else.
    Full,
}

/// What `value` amounts to.
pub(crate) fn content<T: Serialize + ?Sized>(value: &T) -> Content {
    value.serialize(Probe).unwrap_or(Content::Full)
}

/// Fields that the cluster writes, wherever they stand in a typed value.
pub(crate) fn is_dropped(structure: &str, field: &str) -> bool {
    match field {
        "status" => true,
        "creationTimestamp" => structure == "ObjectMeta",
        _ => false,
    }
}

/// Fields in which empty and absent differ: a selector that is empty selects everything, an absent one nothing; a volume's source is
/// chosen by being there; the rules of a policy are listed, and none of them allows nothing.
pub(crate) fn keeps_empty(structure: &str, field: &str) -> bool {
    match field {
        "podSelector" | "namespaceSelector" | "labelSelector" => true,
        "selector" => structure != "ServiceSpec",
        "ingress" | "egress" => structure == "NetworkPolicySpec",
        _ => structure == "Volume",
    }
}

/// Ends the walk: the value says something.
#[derive(Debug)]
struct Full;

impl fmt::Display for Full {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the value says something")
    }
}

impl std::error::Error for Full {}

impl Error for Full {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

struct Probe;

macro_rules! full {
    ($($method:ident: $type:ty),+ $(,)?) => {
        $(fn $method(self, _: $type) -> Result<Content, Full> {
            Err(Full)
        })+
    };
}

impl Serializer for Probe {
    type Ok = Content;
    type Error = Full;
    type SerializeSeq = ProbeList;
    type SerializeTuple = ProbeList;
    type SerializeTupleStruct = ProbeList;
    type SerializeTupleVariant = Impossible<Content, Full>;
    type SerializeMap = ProbeMap;
    type SerializeStruct = ProbeStruct;
    type SerializeStructVariant = Impossible<Content, Full>;

    full!(
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_u8: u8,
        serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_f32: f32, serialize_f64: f64, serialize_char: char,
        serialize_str: &str, serialize_bytes: &[u8], serialize_unit_struct: &'static str,
    );

    fn serialize_none(self) -> Result<Content, Full> {
        Ok(Content::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Content, Full> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Content, Full> {
        Ok(Content::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<Content, Full> {
        Err(Full)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<Content, Full> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(self, _: &'static str, _: u32, _: &'static str, _: &T) -> Result<Content, Full> {
        Err(Full)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<ProbeList, Full> {
        Ok(ProbeList)
    }

    fn serialize_tuple(self, _: usize) -> Result<ProbeList, Full> {
        Ok(ProbeList)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<ProbeList, Full> {
        Ok(ProbeList)
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Self::SerializeTupleVariant, Full> {
        Err(Full)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<ProbeMap, Full> {
        Ok(ProbeMap)
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<ProbeStruct, Full> {
        Ok(ProbeStruct { name })
    }

    fn serialize_struct_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Self::SerializeStructVariant, Full> {
        Err(Full)
    }
}

/// Any item is kept, whatever it is.
struct ProbeList;

macro_rules! probe_list {
    ($($form:ident::$method:ident),*) => {
        $(impl $form for ProbeList {
            type Ok = Content;
            type Error = Full;

            fn $method<T: Serialize + ?Sized>(&mut self, _: &T) -> Result<(), Full> {
                Err(Full)
            }

            fn end(self) -> Result<Content, Full> {
                Ok(Content::EmptyList)
            }
        })*
    };
}

probe_list!(SerializeSeq::serialize_element, SerializeTuple::serialize_element, SerializeTupleStruct::serialize_field);

/// The keys are data: any value but null is kept.
struct ProbeMap;

impl SerializeMap for ProbeMap {
    type Ok = Content;
    type Error = Full;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, _: &T) -> Result<(), Full> {
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Full> {
        if content(value) == Content::Null { Ok(()) } else { Err(Full) }
    }

    fn end(self) -> Result<Content, Full> {
        Ok(Content::EmptyMap)
    }
}

struct ProbeStruct {
    name: &'static str,
}

impl SerializeStruct for ProbeStruct {
    type Ok = Content;
    type Error = Full;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Full> {
        if is_dropped(self.name, key) {
            return Ok(());
        }
        match content(value) {
            Content::Null => Ok(()),
            Content::EmptyList | Content::EmptyMap if !keeps_empty(self.name, key) => Ok(()),
            _ => Err(Full),
        }
    }

    fn end(self) -> Result<Content, Full> {
        Ok(Content::EmptyMap)
    }
}
