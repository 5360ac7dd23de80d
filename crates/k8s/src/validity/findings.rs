//! Where problems go: places by identity, messages in the form of the API server's field errors.

use std::fmt::{self, Write as _};

use windlass_source::Span;
use windlass_yaml::{Node, Number, Value};

use super::{Problem, Rule, Status, Verdict};
use crate::schema::{Base, Type, Version, Wrap, structure};
use crate::view::Fields as _;

/// So many problems of one object are shown; a hostile one could have any number, and each is looked for in the whole tree.
const MAX_PROBLEMS: usize = 100;

/// A field of the object: a node of its tree, and what is missing below it.
#[derive(Clone, Debug)]
pub(super) struct Place<'a> {
    node: &'a Node,
    rest: String,
    span: Option<Span>,
}

impl<'a> From<&'a Node> for Place<'a> {
    fn from(node: &'a Node) -> Self {
        Self { node, rest: String::new(), span: node.span() }
    }
}

impl<'a> Place<'a> {
    /// A field of a node, be it there or not.
    pub(super) fn field(node: &'a Node, name: &str) -> Self {
        match node.get(name) {
            Some(child) => child.into(),
            None => Self::from(node).then(&format!(".{name}")),
        }
    }

    /// A field inside fields, be they there or not.
    pub(super) fn at(node: &'a Node, path: &[&str]) -> Self {
        let mut place = Self::from(node);
        for name in path {
            place = match place.node.get(name) {
                Some(child) if place.rest.is_empty() => child.into(),
                _ => place.then(&format!(".{name}")),
            };
        }
        place
    }

    /// An entry of a map whose keys are the user's: `limits[cpu]`.
    pub(super) fn entry(node: &'a Node, key: &str) -> Self {
        let span = node.as_map().and_then(|map| map.get_entry(key)).and_then(|(key, value)| value.span().or(key.span));
        Self { node, rest: format!("[{key}]"), span: span.or(node.span()) }
    }

    /// The same with more behind it.
    pub(super) fn then(mut self, rest: &str) -> Self {
        self.rest.push_str(rest);
        self
    }

    /// The same, shown at a place of the text.
    pub(super) fn shown(mut self, span: Option<Span>) -> Self {
        self.span = span.or(self.span);
        self
    }

    /// The same, shown at another node.
    pub(super) fn shown_at(mut self, node: &Node) -> Self {
        self.span = node.span().or(self.span);
        self
    }
}

/// The problems of one object.
pub(super) struct Findings<'a> {
    root: &'a Node,
    /// The version that judges.
    pub(super) version: Version,
    /// The object's type: it tells fields from keys of maps.
    kind: Option<Type>,
    problems: Vec<Problem>,
    is_invalid: bool,
}

impl<'a> Findings<'a> {
    pub(super) fn new(root: &'a Node, version: Version) -> Self {
        Self { root, version, kind: None, problems: Vec::new(), is_invalid: false }
    }

    /// Findings about the same object that nobody is told: whether something fits.
    pub(super) fn beside(&self) -> Self {
        Self::new(self.root, self.version)
    }

    /// True for the object as a whole.
    pub(super) fn is_root(&self, node: &Node) -> bool {
        std::ptr::eq(self.root, node)
    }

    /// Says of which type the object is.
    pub(super) fn set_type(&mut self, index: u16) {
        self.kind = Some(Type::of_struct(index));
    }

    /// How many errors there are.
    pub(super) fn errors(&self) -> usize {
        self.problems.iter().filter(|problem| !problem.is_warning).count()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    pub(super) fn verdict(self) -> Verdict {
        let status = if self.is_invalid { Status::Invalid } else { Status::Valid };
        Verdict { status, problems: self.problems }
    }

    fn push(&mut self, problem: impl FnOnce(&Self) -> Problem) {
        if self.problems.len() < MAX_PROBLEMS {
            let problem = problem(self);
            if !self.problems.contains(&problem) {
                self.problems.push(problem);
            }
        }
    }

    /// A field error: `path: kind: detail`.
    fn error(&mut self, rule: u16, place: Place<'a>, what: &str, detail: &str) {
        self.is_invalid = true;
        // A field that could not be decoded has no value to validate.
        let path = self.path(&place);
        if self.problems.iter().any(|problem| problem.is_decoding() && problem.path == path) {
            return;
        }
        self.push(|_| {
            let mut message = format!("{}: {what}", if path.is_empty() { "<nil>" } else { &path });
            if !detail.is_empty() {
                let _ = write!(message, ": {detail}");
            }
            Problem { rule: Rule(rule), path, message, span: place.span, help: None, is_warning: false }
        });
    }

    /// A message of decoding, which names its field in its own way.
    pub(super) fn decoding(&mut self, rule: u16, place: impl Into<Place<'a>>, message: impl Into<String>, help: Option<String>) {
        let place = place.into();
        self.is_invalid = true;
        self.push(|findings| {
            let path = findings.path(&place);
            Problem { rule: Rule(rule), path, message: message.into(), span: place.span, help, is_warning: false }
        });
    }

    /// A field that its type has not. The last part of the path is the key's own.
    pub(super) fn unknown_field(&mut self, value: &'a Node, key: Option<Span>, help: Option<String>) {
        self.is_invalid = true;
        self.push(|findings| {
            let path = findings.path(&value.into());
            let message = format!("strict decoding error: unknown field {path:?}");
            Problem { rule: Rule(3), path, message, span: key.or(value.span()), help, is_warning: false }
        });
    }

    /// A message about the document, without a field.
    pub(super) fn whole(&mut self, rule: u16, span: Option<Span>, message: String) {
        self.is_invalid = true;
        self.push(|_| Problem { rule: Rule(rule), path: String::new(), message, span, help: None, is_warning: false });
    }

    pub(super) fn required(&mut self, rule: u16, place: impl Into<Place<'a>>, detail: &str) {
        self.error(rule, place.into(), "Required value", detail);
    }

    pub(super) fn forbidden(&mut self, rule: u16, place: impl Into<Place<'a>>, detail: &str) {
        self.error(rule, place.into(), "Forbidden", detail);
    }

    /// The value is that of the place.
    pub(super) fn invalid(&mut self, rule: u16, place: impl Into<Place<'a>>, detail: &str) {
        let place = place.into();
        let value = shown(&place);
        self.error(rule, place, &format!("Invalid value: {value}"), detail);
    }

    pub(super) fn invalid_value(&mut self, rule: u16, place: impl Into<Place<'a>>, value: impl fmt::Display, detail: &str) {
        self.error(rule, place.into(), &format!("Invalid value: {value}"), detail);
    }

    pub(super) fn unsupported(&mut self, rule: u16, place: impl Into<Place<'a>>, supported: &[&str]) {
        let place = place.into();
        let value = shown(&place);
        let quoted: Vec<String> = supported.iter().map(|value| format!("{value:?}")).collect();
        let detail = format!("supported values: {}", quoted.join(", "));
        self.error(rule, place, &format!("Unsupported value: {value}"), &detail);
    }

    /// As [`Self::unsupported`], of a value that is not that of the place.
    pub(super) fn unsupported_value(&mut self, rule: u16, place: impl Into<Place<'a>>, value: &str, supported: &str) {
        let detail = format!("supported values: {supported}");
        self.error(rule, place.into(), &format!("Unsupported value: {value:?}"), &detail);
    }

    pub(super) fn duplicate(&mut self, rule: u16, place: impl Into<Place<'a>>) {
        let place = place.into();
        let value = shown(&place);
        self.error(rule, place, &format!("Duplicate value: {value}"), "");
    }

    /// As [`Self::unsupported`], with the list of what is supported in its final form.
    pub(super) fn unsupported_shown(&mut self, rule: u16, place: impl Into<Place<'a>>, supported: &str) {
        let place = place.into();
        let value = shown(&place);
        self.error(rule, place, &format!("Unsupported value: {value}"), &format!("supported values: {supported}"));
    }

    /// A duplicate whose key is shown in its final form.
    pub(super) fn duplicate_shown(&mut self, rule: u16, place: impl Into<Place<'a>>, key: &str) {
        self.error(rule, place.into(), &format!("Duplicate value: {key}"), "");
    }

    pub(super) fn too_many(&mut self, rule: u16, place: impl Into<Place<'a>>, count: usize, most: usize) {
        self.error(rule, place.into(), &format!("Too many: {count}"), &format!("must have at most {most} items"));
    }

    pub(super) fn duplicate_value(&mut self, rule: u16, place: impl Into<Place<'a>>, value: &str) {
        self.error(rule, place.into(), &format!("Duplicate value: {value:?}"), "");
    }

    pub(super) fn not_found(&mut self, rule: u16, place: impl Into<Place<'a>>) {
        let place = place.into();
        let value = shown(&place);
        self.error(rule, place, &format!("Not found: {value}"), "");
    }

    pub(super) fn too_long(&mut self, rule: u16, place: impl Into<Place<'a>>, bytes: usize) {
        self.error(rule, place.into(), "Too long", &format!("may not be more than {bytes} bytes"));
    }

    /// An accepted object with something odd; `{}` of the message stands for the path.
    pub(super) fn warn(&mut self, rule: u16, place: impl Into<Place<'a>>, text: &str) {
        let place = place.into();
        self.push(|findings| {
            let path = findings.path(&place);
            let message = if path.is_empty() { text.to_owned() } else { format!("{path}: {text}") };
            Problem { rule: Rule(rule), path, message, span: place.span, help: None, is_warning: true }
        });
    }

    /// What `check` says is wrong with the text of a field that is there.
    pub(super) fn text(&mut self, rule: u16, node: &'a Node, name: &str, check: fn(&str) -> Vec<String>) {
        if let Some(text) = node.text(name) {
            self.all(rule, || Place::field(node, name), check(text));
        }
    }

    /// What `check` says is wrong with the text of a list's element; `null` is an empty one.
    pub(super) fn item(&mut self, rule: u16, item: &'a Node, check: fn(&str) -> Vec<String>) {
        if let Some(text) = crate::view::text(item).or(item.is_null().then_some("")) {
            for message in check(text) {
                self.invalid_value(rule, item, format_args!("{text:?}"), &message);
            }
        }
    }

    /// One error for each message.
    pub(super) fn all(&mut self, rule: u16, place: impl Fn() -> Place<'a>, messages: Vec<String>) {
        for message in messages {
            self.invalid(rule, place(), &message);
        }
    }

    /// A field whose text, where it is there, has to be one of several.
    pub(super) fn one_of(&mut self, rule: u16, node: &'a Node, name: &str, supported: &[&str]) {
        if node.text(name).is_some_and(|text| !text.is_empty() && !supported.contains(&text)) {
            self.unsupported(rule, Place::field(node, name), supported);
        }
    }

    /// As [`Self::one_of`], where not even the empty text is allowed.
    pub(super) fn exactly_one_of(&mut self, rule: u16, node: &'a Node, name: &str, supported: &[&str]) {
        if node.text(name).is_some_and(|text| !supported.contains(&text)) {
            self.unsupported(rule, Place::field(node, name), supported);
        }
    }

    /// A field whose number, where it is there, may not be below zero.
    pub(super) fn not_negative(&mut self, rule: u16, node: &'a Node, name: &str) {
        if node.int(name).is_some_and(|value| value < 0) {
            self.invalid(rule, Place::field(node, name), "must be greater than or equal to 0");
        }
    }

    /// A field whose number, where it is there, has to stand between two others.
    pub(super) fn in_range(&mut self, rule: u16, node: &'a Node, name: &str, low: i64, high: i64) {
        if node.int(name).is_some_and(|value| !(low..=high).contains(&value)) {
            self.invalid(rule, Place::field(node, name), &format!("must be between {low} and {high}, inclusive"));
        }
    }

    /// A field that has to hold text. True if it does.
    pub(super) fn has_text(&mut self, rule: u16, node: &'a Node, name: &str, detail: &str) -> bool {
        let has = node.field(name).is_some_and(|value| crate::view::text(value) != Some(""));
        if !has {
            self.required(rule, Place::field(node, name), detail);
        }
        has
    }

    /// How the server names a field.
    pub(super) fn path(&self, place: &Place<'a>) -> String {
        let mut path = String::new();
        find(self.root, place.node, self.kind, self.version, &mut path);
        path.push_str(&place.rest);
        path.strip_prefix('.').map(str::to_owned).unwrap_or(path)
    }
}

/// The path of a node of an object, by the names of its keys.
pub(crate) fn path_of(root: &Node, node: &Node) -> String {
    let mut path = String::new();
    find(root, node, None, Version::DEFAULT, &mut path);
    path.strip_prefix('.').map(str::to_owned).unwrap_or(path)
}

/// Writes the path from `here`, of a type if it is known, to `wanted`; false, and nothing written, when it is not below.
fn find(here: &Node, wanted: &Node, kind: Option<Type>, version: Version, path: &mut String) -> bool {
    if std::ptr::eq(here, wanted) {
        return true;
    }
    let length = path.len();
    let element = kind.filter(|kind| kind.wrap.is_some()).map(Type::element);
    match &here.value {
        Value::Map(map) => {
            let is_map = kind.is_some_and(|kind| kind.wrap == Some(Wrap::Map));
            let fields = kind.filter(|kind| kind.wrap.is_none()).and_then(|kind| match kind.base() {
                Base::Struct(index) => Some(structure(index)),
                _ => None,
            });
            map.iter().any(|(key, value)| {
                let _ = if is_map { write!(path, "[{}]", key.name()) } else { write!(path, ".{}", key.name()) };
                let inner = fields.and_then(|fields| fields.field(key.name(), version)).map(|field| field.kind).or(element);
                let found = find(value, wanted, inner, version, path);
                if !found {
                    path.truncate(length);
                }
                found
            })
        }
        Value::Sequence(items) => items.iter().enumerate().any(|(index, item)| {
            let _ = write!(path, "[{index}]");
            let found = find(item, wanted, element, version, path);
            if !found {
                path.truncate(length);
            }
            found
        }),
        _ => false,
    }
}

/// A value as Go's field errors print it: text quoted, the rest as JSON.
fn shown(place: &Place<'_>) -> String {
    if place.rest.is_empty() { show(place.node) } else { "\"\"".into() }
}

pub(crate) fn show(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".into(),
        Value::Bool(value) => value.to_string(),
        Value::Number(Number::Int(value)) => value.to_string(),
        Value::Number(Number::UInt(value)) => value.to_string(),
        Value::Number(Number::Float(value)) => value.to_string(),
        Value::String(text) | Value::Timestamp(text) => format!("{text:?}"),
        Value::Sequence(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(",")),
        Value::Map(map) => {
            let entries: Vec<String> = map.iter().map(|(key, value)| format!("{:?}:{}", key.as_str(), show(value))).collect();
            format!("{{{}}}", entries.join(","))
        }
    }
}
