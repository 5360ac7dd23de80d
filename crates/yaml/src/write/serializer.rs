//! serde's data model in, lines out.

use std::fmt::Display;

use serde::ser::{self, Impossible, Serialize};

use super::WriteError;
use super::emitter::{Block, Emitter};
use super::scalar;

impl ser::Error for WriteError {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// A map or list that is being written.
pub(super) struct Open<'a, 'hook> {
    emitter: &'a mut Emitter<'hook>,
    block: Block,
    /// The one-entry map round the content of an enum's variant.
    variant: Option<Block>,
}

impl<'hook> Emitter<'hook> {
    fn open_block(&mut self, brackets: &'static str) -> Open<'_, 'hook> {
        let block = self.open(brackets, None);
        Open { emitter: self, block, variant: None }
    }

    fn open_variant(&mut self, variant: &str, brackets: &'static str) -> Open<'_, 'hook> {
        let mut outer = self.open("{}", None);
        self.key(&mut outer, variant, true);
        let block = self.open(brackets, None);
        Open { emitter: self, block, variant: Some(outer) }
    }
}

impl Open<'_, '_> {
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WriteError> {
        self.emitter.item(&mut self.block);
        value.serialize(&mut *self.emitter)?;
        self.emitter.end_entry();
        Ok(())
    }

    fn field<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), WriteError> {
        self.emitter.key(&mut self.block, key, true);
        value.serialize(&mut *self.emitter)?;
        self.emitter.end_entry();
        Ok(())
    }

    fn finish(self) {
        self.emitter.close(self.block);
        if let Some(outer) = self.variant {
            self.emitter.end_entry();
            self.emitter.close(outer);
        }
    }
}

macro_rules! whole_numbers {
    ($($method:ident $type:ty),+) => {
        $(fn $method(self, value: $type) -> Result<(), WriteError> {
            self.raw(&value.to_string(), None);
            Ok(())
        })+
    };
}

impl<'a, 'hook> ser::Serializer for &'a mut Emitter<'hook> {
    type Ok = ();
    type Error = WriteError;
    type SerializeSeq = Open<'a, 'hook>;
    type SerializeTuple = Open<'a, 'hook>;
    type SerializeTupleStruct = Open<'a, 'hook>;
    type SerializeTupleVariant = Open<'a, 'hook>;
    type SerializeMap = Open<'a, 'hook>;
    type SerializeStruct = Open<'a, 'hook>;
    type SerializeStructVariant = Open<'a, 'hook>;

    whole_numbers!(
        serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64, serialize_i128 i128,
        serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64, serialize_u128 u128
    );

    fn serialize_bool(self, value: bool) -> Result<(), WriteError> {
        self.raw(if value { "true" } else { "false" }, None);
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Result<(), WriteError> {
        // Through the shortest text, so that 0.1 stays 0.1.
        self.serialize_f64(value.to_string().parse().unwrap_or_else(|_| f64::from(value)))
    }

    fn serialize_f64(self, value: f64) -> Result<(), WriteError> {
        let text = scalar::float(value, self.style());
        self.raw(&text, None);
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), WriteError> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), WriteError> {
        self.text(value, None);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), WriteError> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<(), WriteError> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), WriteError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), WriteError> {
        self.raw("null", None);
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), WriteError> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), WriteError> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), WriteError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), WriteError> {
        let mut open = self.open_block("{}");
        open.field(variant, value)?;
        open.finish();
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, WriteError> {
        Ok(self.open_block("[]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, WriteError> {
        Ok(self.open_block("[]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, WriteError> {
        Ok(self.open_block("[]"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, WriteError> {
        Ok(self.open_variant(variant, "[]"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, WriteError> {
        Ok(self.open_block("{}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, WriteError> {
        Ok(self.open_block("{}"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, WriteError> {
        Ok(self.open_variant(variant, "{}"))
    }
}

macro_rules! lists {
    ($($trait:ident $method:ident),+) => {
        $(impl ser::$trait for Open<'_, '_> {
            type Ok = ();
            type Error = WriteError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WriteError> {
                self.item(value)
            }

            fn end(self) -> Result<(), WriteError> {
                self.finish();
                Ok(())
            }
        })+
    };
}

lists!(SerializeSeq serialize_element, SerializeTuple serialize_element, SerializeTupleStruct serialize_field, SerializeTupleVariant serialize_field);

macro_rules! structs {
    ($($trait:ident),+) => {
        $(impl ser::$trait for Open<'_, '_> {
            type Ok = ();
            type Error = WriteError;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), WriteError> {
                self.field(key, value)
            }

            fn end(self) -> Result<(), WriteError> {
                self.finish();
                Ok(())
            }
        })+
    };
}

structs!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Open<'_, '_> {
    type Ok = ();
    type Error = WriteError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), WriteError> {
        key.serialize(KeySerializer { emitter: self.emitter, block: &mut self.block })
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WriteError> {
        value.serialize(&mut *self.emitter)?;
        self.emitter.end_entry();
        Ok(())
    }

    fn end(self) -> Result<(), WriteError> {
        self.finish();
        Ok(())
    }
}

/// Keys are text; numbers and truth values become their text, as in JSON.
struct KeySerializer<'a, 'hook> {
    emitter: &'a mut Emitter<'hook>,
    block: &'a mut Block,
}

impl KeySerializer<'_, '_> {
    fn refuse<T>(&self, kind: &str) -> Result<T, WriteError> {
        Err(WriteError(format!("{kind} can't be a key")))
    }
}

macro_rules! keys {
    ($($method:ident $type:ty),+) => {
        $(fn $method(self, value: $type) -> Result<(), WriteError> {
            self.serialize_str(&value.to_string())
        })+
    };
}

impl ser::Serializer for KeySerializer<'_, '_> {
    type Ok = ();
    type Error = WriteError;
    type SerializeSeq = Impossible<(), WriteError>;
    type SerializeTuple = Impossible<(), WriteError>;
    type SerializeTupleStruct = Impossible<(), WriteError>;
    type SerializeTupleVariant = Impossible<(), WriteError>;
    type SerializeMap = Impossible<(), WriteError>;
    type SerializeStruct = Impossible<(), WriteError>;
    type SerializeStructVariant = Impossible<(), WriteError>;

    keys!(
        serialize_bool bool, serialize_char char, serialize_f32 f32, serialize_f64 f64,
        serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64, serialize_i128 i128,
        serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64, serialize_u128 u128
    );

    fn serialize_str(self, value: &str) -> Result<(), WriteError> {
        self.emitter.key(self.block, value, true);
        Ok(())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), WriteError> {
        self.refuse("bytes")
    }

    fn serialize_none(self) -> Result<(), WriteError> {
        self.refuse("nothing")
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), WriteError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), WriteError> {
        self.refuse("nothing")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), WriteError> {
        self.refuse("nothing")
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), WriteError> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), WriteError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(self, _: &'static str, _: u32, _: &'static str, _: &T) -> Result<(), WriteError> {
        self.refuse("a map")
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, WriteError> {
        self.refuse("a list")
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, WriteError> {
        self.refuse("a list")
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, WriteError> {
        self.refuse("a list")
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, WriteError> {
        self.refuse("a map")
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, WriteError> {
        self.refuse("a map")
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, WriteError> {
        self.refuse("a map")
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, WriteError> {
        self.refuse("a map")
    }
}
