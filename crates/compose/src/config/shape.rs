//! How docker compose's model prints: which attributes, in which order, and what of them is left out.

use crate::slots::Slots;

/// Which of the two forms is printed; they differ in small things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Json,
    Yaml,
}

/// What an attribute is to docker compose.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    /// Text; left out when empty.
    Text,
    /// Left out when false.
    Bool,
    /// Printed whenever it is set.
    OptionalBool,
    /// Left out when 0.
    Int,
    /// Printed whenever it is set.
    OptionalInt,
    /// A number of 32 bits; left out when 0.
    Float,
    /// A size; its bytes as text, left out when 0.
    Bytes,
    /// A size that is printed even when 0.
    AlwaysBytes,
    /// A duration that is left out when it is 0.
    Duration,
    /// A duration that is printed whenever it is set.
    OptionalDuration,
    /// Words of a command: always there in JSON, even as null.
    Command,
    /// The test of a health check.
    Test,
    /// Texts; left out when empty.
    Texts,
    /// A map of texts; left out when empty.
    TextMap,
    /// A map of texts that may be null; left out when empty.
    Variables,
    /// SSH agents and keys: `id` or `id=path`.
    Keys,
    /// A map of lists of texts.
    TextLists,
    /// `host=address` lines.
    Hosts,
    /// Permission bits, as octal text.
    Mode,
    /// A number, or soft and hard numbers.
    Ulimits,
    /// A list; left out when empty.
    List(&'static Shape),
    /// A map under names of the user's; left out when empty. Null stays null.
    Named(&'static Shape),
    /// Attributes; printed whenever they are set.
    Object(&'static Fields),
    /// Attributes; always there in JSON, even as `{}`, and left out in YAML when nothing is in them.
    Embedded(&'static Fields),
}

/// An attribute of an object.
#[derive(Clone, Copy)]
pub(crate) struct Field {
    pub(crate) key: &'static str,
    pub(crate) shape: Shape,
    /// True when it is printed with its zero value where it is absent.
    pub(crate) always: bool,
    /// True when JSON does not have it.
    pub(crate) yaml_only: bool,
    /// The name in JSON where that differs.
    pub(crate) json: Option<&'static str>,
}

/// The attributes of an object, in the order in which they are printed.
#[derive(Clone, Copy)]
pub(crate) struct Fields {
    pub(crate) list: &'static [Field],
    slots: Slots,
    /// True when some are printed where they are absent.
    pub(crate) always: bool,
}

impl Fields {
    pub(crate) const fn new(list: &'static [Field]) -> Self {
        let mut slots = Slots::EMPTY;
        let mut always = false;
        let mut at = 0;
        while at < list.len() {
            slots.add(list[at].key, at);
            always |= list[at].always;
            at += 1;
        }
        Self { list, slots, always }
    }

    /// The index of the attribute `key`.
    pub(crate) fn find(&self, key: &str) -> Option<usize> {
        self.slots.find(key, |at| self.list[at].key)
    }
}

impl Field {
    pub(crate) const fn new(key: &'static str, shape: Shape) -> Self {
        Self { key, shape, always: false, yaml_only: false, json: None }
    }

    pub(crate) const fn always(mut self) -> Self {
        self.always = true;
        self
    }

    pub(crate) const fn yaml_only(mut self) -> Self {
        self.yaml_only = true;
        self
    }

    pub(crate) const fn json(mut self, name: &'static str) -> Self {
        self.json = Some(name);
        self
    }
}
