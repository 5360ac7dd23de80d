//! A typed value in, its tree in canonical form out: serde's data model becomes nodes, and each structure leaves out what says
//! nothing and puts its leading fields first as soon as its fields are there.

use std::cell::Cell;
use std::fmt;

use serde::ser::{Error, Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, Serializer};
use smol_str::SmolStr;
use windlass_yaml::{Key, Map, Node, Number, Value};

use super::fields::{Leading, RANKS, is_dropped, keeps_empty};
use crate::labels;
use crate::validity::format;

/// Why a value has no tree: its shape is one that Kubernetes' types do not have.
#[derive(Debug)]
pub(super) struct Foreign(String);

impl fmt::Display for Foreign {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Foreign {}

impl Error for Foreign {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

fn foreign<T>() -> Result<T, Foreign> {
    Err(Foreign("a value of an unexpected shape".to_owned()))
}

/// The tree of `value`, and whether each quantity in it is one.
pub(super) fn tree<T: Serialize + ?Sized>(value: &T) -> Result<(Node, bool), Foreign> {
    let are_sound = Cell::new(true);
    let root = value.serialize(Tree { are_sound: &are_sound })?;
    Ok((root, are_sound.get()))
}

fn node(value: impl Into<Value>) -> Result<Node, Foreign> {
    Ok(Node::default_value(value))
}

fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Map(map) => map.is_empty(),
        Value::Sequence(items) => items.is_empty(),
        _ => false,
    }
}

#[derive(Clone, Copy)]
struct Tree<'a> {
    /// Cleared by a quantity that is none: its type holds any text.
    are_sound: &'a Cell<bool>,
}

macro_rules! whole_numbers {
    ($($method:ident: $type:ty),+ $(,)?) => {
        $(fn $method(self, value: $type) -> Result<Node, Foreign> {
            node(i64::from(value))
        })+
    };
}

// Kubernetes' types have enumerations that are texts and tuples that are lists.
impl<'a> Serializer for Tree<'a> {
    type Ok = Node;
    type Error = Foreign;
    type SerializeSeq = Items<'a>;
    type SerializeTuple = Impossible<Node, Foreign>;
    type SerializeTupleStruct = Impossible<Node, Foreign>;
    type SerializeTupleVariant = Impossible<Node, Foreign>;
    type SerializeMap = Entries<'a>;
    type SerializeStruct = Fields<'a>;
    type SerializeStructVariant = Impossible<Node, Foreign>;

    whole_numbers!(
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32,
    );

    fn serialize_u64(self, value: u64) -> Result<Node, Foreign> {
        node(Value::Number(i64::try_from(value).map_or(Number::UInt(value), Number::Int)))
    }

    fn serialize_bool(self, value: bool) -> Result<Node, Foreign> {
        node(value)
    }

    fn serialize_f32(self, value: f32) -> Result<Node, Foreign> {
        node(f64::from(value))
    }

    fn serialize_f64(self, value: f64) -> Result<Node, Foreign> {
        node(value)
    }

    fn serialize_char(self, value: char) -> Result<Node, Foreign> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<Node, Foreign> {
        node(labels::common(value).map_or_else(|| SmolStr::new(value), SmolStr::new_static))
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<Node, Foreign> {
        foreign()
    }

    fn serialize_none(self) -> Result<Node, Foreign> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Node, Foreign> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Node, Foreign> {
        node(Value::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Node, Foreign> {
        foreign()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Node, Foreign> {
        node(SmolStr::new_static(variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<Node, Foreign> {
        let node = value.serialize(self)?;
        if name == "Quantity" && node.as_str().is_some_and(|text| format::quantity(text).is_some()) {
            self.are_sound.set(false);
        }
        Ok(node)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(self, _: &'static str, _: u32, _: &'static str, _: &T) -> Result<Node, Foreign> {
        foreign()
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Items<'a>, Foreign> {
        Ok(Items { tree: self, items: Vec::with_capacity(length.unwrap_or_default()) })
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Foreign> {
        foreign()
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Foreign> {
        foreign()
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Self::SerializeTupleVariant, Foreign> {
        foreign()
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Entries<'a>, Foreign> {
        Ok(Entries { tree: self, entries: Vec::with_capacity(length.unwrap_or_default()), key: None })
    }

    fn serialize_struct(self, name: &'static str, length: usize) -> Result<Fields<'a>, Foreign> {
        Ok(Fields { tree: self, name, leading: Leading::of(name), entries: Vec::with_capacity(length), ends: [0; RANKS] })
    }

    fn serialize_struct_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Self::SerializeStructVariant, Foreign> {
        foreign()
    }
}

/// A list: every item is kept.
struct Items<'a> {
    tree: Tree<'a>,
    items: Vec<Node>,
}

impl SerializeSeq for Items<'_> {
    type Ok = Node;
    type Error = Foreign;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Foreign> {
        self.items.push(value.serialize(self.tree)?);
        Ok(())
    }

    fn end(self) -> Result<Node, Foreign> {
        node(self.items)
    }
}

/// A map: its keys are data, so every entry but null is kept. They differ, as those of the maps that it comes from do.
struct Entries<'a> {
    tree: Tree<'a>,
    entries: Vec<(Key, Node)>,
    /// The key of the value that follows.
    key: Option<Key>,
}

impl SerializeMap for Entries<'_> {
    type Ok = Node;
    type Error = Foreign;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Foreign> {
        let Value::String(key) = key.serialize(self.tree)?.value else { return foreign() };
        self.key = Some(labels::common(&key).map_or_else(|| key.into(), Key::field));
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Foreign> {
        let (Some(key), value) = (self.key.take(), value.serialize(self.tree)?) else { return foreign() };
        if !value.is_null() {
            self.entries.push((key, value));
        }
        Ok(())
    }

    fn end(self) -> Result<Node, Foreign> {
        node(Map::from_distinct(self.entries))
    }
}

/// A structure: what says nothing is left out, and leading fields come first.
struct Fields<'a> {
    tree: Tree<'a>,
    name: &'static str,
    leading: Leading,
    /// By rank, those of one rank in the order of the type.
    entries: Vec<(Key, Node)>,
    /// Where the entries of each rank end.
    ends: [usize; RANKS],
}

impl SerializeStruct for Fields<'_> {
    type Ok = Node;
    type Error = Foreign;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, field: &'static str, value: &T) -> Result<(), Foreign> {
        if is_dropped(self.name, field) {
            return Ok(());
        }
        let value = value.serialize(self.tree)?;
        if value.is_null() || (is_empty(&value) && !keeps_empty(self.name, field)) {
            return Ok(());
        }
        let rank = self.leading.rank(field);
        self.entries.insert(self.ends[rank], (Key::field(field), value));
        self.ends[rank..].iter_mut().for_each(|end| *end += 1);
        Ok(())
    }

    fn end(self) -> Result<Node, Foreign> {
        node(Map::from_distinct(self.entries))
    }
}
