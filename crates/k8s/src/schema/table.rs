//! The embedded table, `kubernetes.txt`: one line for each kind and each type.
//!
//! `K apps/v1 Deployment apps.v1.Deployment deployments namespaced`: group and version, kind, type, plural, scope. `T core.v1.EnvVar
//! name:s! value:s`: a type with its fields. What stands behind a field's colon: `s` text, `b` truth value, `i` 32-bit and `l` 64-bit
//! whole number, `d` number, `y` base64, `q` quantity, `n` number or text, `t` time, `u` time with microseconds, `*` anything, a
//! type's name; before it `[]` for a list and `{}` for a map; behind it `!` for required and `@1e` for the versions that have it.

use std::sync::OnceLock;

use super::{KindInfo, Version};

static TEXT: &str = include_str!("kubernetes.txt");
/// All versions.
const ALL: u8 = 0xff;

struct Table {
    kinds: Vec<Kind>,
    /// In the order of their names.
    types: Vec<Line>,
}

/// A type by its name and its line, and what was read of it.
struct Line {
    name: &'static str,
    line: &'static str,
    read: OnceLock<Struct>,
}

/// The line of a kind, which is read when it is asked for: a conversion needs some ten of a hundred.
struct Kind {
    api_version: &'static str,
    name: &'static str,
    rest: &'static str,
    read: OnceLock<Option<(KindInfo, u8)>>,
}

/// A type with fields.
#[derive(Debug)]
pub(crate) struct Struct {
    /// As Go's reflection prints it: `v1.EnvVar`.
    pub(crate) name: &'static str,
    /// Without its package: `EnvVar`.
    pub(crate) short_name: &'static str,
    /// In the order of their names; one that changed its type stands there twice.
    fields: Vec<Field>,
}

/// A field of a type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Type,
    /// What the document says; the server's validation alone decides what has to be there.
    pub(crate) is_required: bool,
    versions: u8,
    /// The [`beginning`] of the name.
    beginning: u64,
}

/// A field's type: a base inside at most two lists or maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Type {
    pub(crate) wrap: Option<Wrap>,
    inner: Option<Wrap>,
    base: Base,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrap {
    List,
    Map,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    Text,
    Bool,
    Int32,
    Int64,
    Number,
    Bytes,
    Quantity,
    IntOrString,
    Time,
    MicroTime,
    Any,
    /// The number of a type.
    Struct(u16),
}

impl Struct {
    /// The field of that name in a version.
    pub(crate) fn field(&self, name: &str, version: Version) -> Option<&Field> {
        let wanted = beginning(name);
        let start = self.fields.partition_point(|field| field.beginning < wanted);
        let mut alike = self.fields[start..].iter().take_while(|field| field.beginning == wanted);
        alike.find(|field| field.name == name && field.versions & version.bit() != 0)
    }

    /// The fields of a version.
    pub(crate) fn fields(&self, version: Version) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(move |field| field.versions & version.bit() != 0)
    }
}

/// The first bytes of a name as a number, in whose order names stand: most names differ in them, and numbers are compared at once.
fn beginning(name: &str) -> u64 {
    let mut bytes = [0; 8];
    let length = name.len().min(8);
    bytes[..length].copy_from_slice(&name.as_bytes()[..length]);
    u64::from_be_bytes(bytes)
}

impl Type {
    /// The type of a list's or map's elements; the base itself otherwise.
    pub(crate) fn element(self) -> Self {
        Self { wrap: self.inner, inner: None, base: self.base }
    }

    /// What it is, once out of lists and maps.
    pub(crate) fn base(self) -> Base {
        self.base
    }

    pub(crate) const fn of_struct(index: u16) -> Self {
        Self { wrap: None, inner: None, base: Base::Struct(index) }
    }

    /// As Go's reflection prints it: `[]v1.Container`, `map[string]string`, `int32`.
    pub(crate) fn go_name(self) -> String {
        let prefix = |wrap: Option<Wrap>| match wrap {
            None => "",
            Some(Wrap::List) => "[]",
            Some(Wrap::Map) => "map[string]",
        };
        let base = match self.base {
            Base::Text => "string",
            Base::Bool => "bool",
            Base::Int32 => "int32",
            Base::Int64 => "int64",
            Base::Number => "float64",
            Base::Bytes => "[]uint8",
            Base::Quantity => "resource.Quantity",
            Base::IntOrString => "intstr.IntOrString",
            Base::Time => "v1.Time",
            Base::MicroTime => "v1.MicroTime",
            Base::Any => "runtime.RawExtension",
            Base::Struct(index) => structure(index).name,
        };
        format!("{}{}{base}", prefix(self.wrap), prefix(self.inner))
    }
}

pub(super) fn prepare() {
    table();
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        // Some eight hundred types and a hundred kinds.
        let (mut types, mut kinds) = (Vec::with_capacity(1024), Vec::with_capacity(128));
        for line in TEXT.lines() {
            match line.split_at_checked(2) {
                Some(("T ", line)) => types.push(Line { name: name_of(line), line, read: OnceLock::new() }),
                Some(("K ", line)) => kinds.extend(Kind::of(line)),
                _ => {}
            }
        }
        Table { kinds, types }
    })
}

fn name_of(line: &'static str) -> &'static str {
    line.split(' ').next().unwrap_or(line)
}

fn find(types: &[Line], name: &str) -> Option<u16> {
    let at = types.binary_search_by(|known| known.name.cmp(name)).ok()?;
    u16::try_from(at).ok()
}

impl Kind {
    fn of(line: &'static str) -> Option<Self> {
        let (api_version, line) = line.split_once(' ')?;
        let (name, rest) = line.split_once(' ')?;
        Some(Self { api_version, name, rest, read: OnceLock::new() })
    }

    fn info(&self, types: &[Line]) -> Option<(KindInfo, u8)> {
        *self.read.get_or_init(|| {
            let (rest, mask) = with_mask(self.rest);
            let mut words = rest.split(' ');
            let (type_name, plural) = (words.next()?, words.next()?);
            let is_namespaced = words.next()? == "namespaced";
            let type_index = find(types, type_name)?;
            Some((KindInfo { api_version: self.api_version, kind: self.name, plural, is_namespaced, type_index }, mask))
        })
    }
}

fn with_mask(text: &'static str) -> (&'static str, u8) {
    match text.rsplit_once('@') {
        Some((text, mask)) => (text, u8::from_str_radix(mask, 16).unwrap_or(ALL)),
        None => (text, ALL),
    }
}

/// Every kind with the versions that have it.
pub(super) fn kinds() -> impl Iterator<Item = (KindInfo, u8)> {
    let Table { kinds, types } = table();
    kinds.iter().filter_map(|kind| kind.info(types))
}

pub(super) fn kind(version: Version, api_version: &str, kind: &str) -> Option<KindInfo> {
    let Table { kinds, types } = table();
    let (known, mask) = kinds.iter().find(|known| known.name == kind && known.api_version == api_version)?.info(types)?;
    (mask & version.bit() != 0).then_some(known)
}

/// True for a group of Kubernetes itself, in whatever version.
pub(super) fn is_own_group(api_version: &str) -> bool {
    let group = |api_version: &str| api_version.rsplit_once('/').map_or(String::new(), |(group, _)| group.to_owned());
    let wanted = group(api_version);
    kinds().any(|(known, _)| known.group() == wanted)
}

/// A type by its number.
pub(crate) fn structure(index: u16) -> &'static Struct {
    let known = &table().types[usize::from(index)];
    known.read.get_or_init(|| read_struct(known.line))
}

/// The number of a type by its name: `core.v1.PodSpec`.
pub(crate) fn type_index(name: &str) -> Option<u16> {
    find(&table().types, name)
}

fn read_struct(line: &'static str) -> Struct {
    let mut words = line.split(' ');
    let name = words.next().unwrap_or_default();
    let name = name.split_once('.').map_or(name, |(_, rest)| rest);
    let fields = words.filter_map(|word| {
        let (field, notation) = word.split_once(':')?;
        let (notation, versions) = with_mask(notation);
        let (notation, is_required) = notation.strip_suffix('!').map_or((notation, false), |rest| (rest, true));
        Some(Field { name: field, kind: read_type(notation)?, is_required, versions, beginning: beginning(field) })
    });
    Struct { name, short_name: name.rsplit('.').next().unwrap_or_default(), fields: fields.collect() }
}

fn read_type(mut notation: &'static str) -> Option<Type> {
    let mut wraps = [None, None];
    for wrap in &mut wraps {
        if let Some(rest) = notation.strip_prefix("[]") {
            (*wrap, notation) = (Some(Wrap::List), rest);
        } else if let Some(rest) = notation.strip_prefix("{}") {
            (*wrap, notation) = (Some(Wrap::Map), rest);
        }
    }
    let base = match notation {
        "s" => Base::Text,
        "b" => Base::Bool,
        "i" => Base::Int32,
        "l" => Base::Int64,
        "d" => Base::Number,
        "y" => Base::Bytes,
        "q" => Base::Quantity,
        "n" => Base::IntOrString,
        "t" => Base::Time,
        "u" => Base::MicroTime,
        "*" => Base::Any,
        name => Base::Struct(type_index(name)?),
    };
    let [wrap, inner] = wraps;
    Some(Type { wrap, inner, base })
}

/// Reads every type and fails on a line of another form.
#[cfg(test)]
pub(super) fn read_all() {
    for (index, Line { line, .. }) in table().types.iter().enumerate() {
        let fields = line.split(' ').count() - 1;
        assert_eq!(structure(u16::try_from(index).expect("few types")).fields.len(), fields, "{line}");
    }
    assert_eq!(kinds().count(), TEXT.lines().filter(|line| line.starts_with("K ")).count());
}
