//! The methods of a serialiser that takes one shape and refuses every other.

use serde::ser::Error;

/// Kubernetes' types have enumerations that are texts and tuples that are lists, so no other shape comes.
pub(super) fn foreign<T, E: Error>() -> Result<T, E> {
    Err(E::custom("a value of an unexpected shape"))
}

macro_rules! refuse {
    ($error:ty; $($method:ident($($type:ty),*)),+ $(,)?) => {
        $(fn $method(self, $(_: $type),*) -> Result<Self::Ok, $error> {
            $crate::write::refuse::foreign()
        })+
    };
}

macro_rules! refuse_scalars {
    ($error:ty) => {
        refuse!(
            $error;
            serialize_bool(bool), serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64), serialize_u8(u8),
            serialize_u16(u16), serialize_u32(u32), serialize_u64(u64), serialize_f32(f32), serialize_f64(f64), serialize_char(char),
            serialize_bytes(&[u8]), serialize_none(), serialize_unit(), serialize_unit_struct(&'static str),
            serialize_unit_variant(&'static str, u32, &'static str),
        );
    };
}

macro_rules! refuse_compounds {
    ($error:ty) => {
        type SerializeSeq = Impossible<Self::Ok, $error>;
        type SerializeTuple = Impossible<Self::Ok, $error>;
        type SerializeTupleStruct = Impossible<Self::Ok, $error>;
        type SerializeTupleVariant = Impossible<Self::Ok, $error>;
        type SerializeMap = Impossible<Self::Ok, $error>;
        type SerializeStructVariant = Impossible<Self::Ok, $error>;

        fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Self::Ok, $error> {
            value.serialize(self)
        }

        fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<Self::Ok, $error> {
            value.serialize(self)
        }

        fn serialize_newtype_variant<T: Serialize + ?Sized>(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: &T,
        ) -> Result<Self::Ok, $error> {
            $crate::write::refuse::foreign()
        }

        fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, $error> {
            $crate::write::refuse::foreign()
        }

        fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, $error> {
            $crate::write::refuse::foreign()
        }

        fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, $error> {
            $crate::write::refuse::foreign()
        }

        fn serialize_tuple_variant(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: usize,
        ) -> Result<Self::SerializeTupleVariant, $error> {
            $crate::write::refuse::foreign()
        }

        fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, $error> {
            $crate::write::refuse::foreign()
        }

        fn serialize_struct_variant(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: usize,
        ) -> Result<Self::SerializeStructVariant, $error> {
            $crate::write::refuse::foreign()
        }
    };
}

pub(super) use {refuse, refuse_compounds, refuse_scalars};
