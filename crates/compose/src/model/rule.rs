//! What Compose knows of an attribute, as static data: what may stand there, how two files' values become one, what its
//! short form means, what is there by default, which text is a path.
//!
//! One [`Rule`] an attribute, declared in the attribute's own file; the passes of this room walk the rules and the tree
//! together.

use smol_str::SmolStr;
use windlass_yaml::Node;

use crate::model::context::Context;
use crate::model::paths::Base;
use crate::slots::Slots;

/// The knowledge of one attribute.
#[derive(Clone, Copy)]
pub(crate) struct Rule {
    /// The scalars that may stand there.
    pub(crate) kinds: Kinds,
    /// Which values of these kinds.
    pub(crate) limit: Limit,
    /// The rule of a list's items, where a list may stand there.
    pub(crate) items: Option<&'static Rule>,
    /// True when a list may not hold a value twice.
    pub(crate) distinct: bool,
    /// The rules of a map's values, where a map may stand there.
    pub(crate) entries: Entries,
    /// How a later file's value goes onto an earlier one's.
    pub(crate) merge: Merge,
    /// What two items of a list are the same by, of which the later stays.
    pub(crate) identity: Option<fn(&Node) -> Option<SmolStr>>,
    /// What a text becomes once its variables are in.
    pub(crate) cast: Option<Cast>,
    /// The short form's long one.
    pub(crate) long_form: Option<Edit>,
    /// What is there when nothing is written.
    pub(crate) default: Option<Edit>,
    /// Makes paths absolute.
    pub(crate) path: Option<fn(&mut Node, &Base<'_>, &mut Context<'_>)>,
    /// Which of these this rule or one beneath it has, so that passes go only where there is something to do.
    pub(crate) aspects: Aspects,
}

/// A change in place; what is wrong goes to the context.
pub(crate) type Edit = fn(&mut Node, &mut Context<'_>);

/// How a later file's value goes onto an earlier one's.
#[derive(Clone, Copy)]
pub(crate) enum Merge {
    /// Maps by key, lists one after the other, scalars by the later one; nothing changes nothing.
    Auto,
    /// The later one, even when it is nothing.
    Replace,
    /// One after the other, where a single text counts as a list of one.
    Sequence,
    /// As named values, in whichever form each is written.
    Table,
    /// By a function of its own.
    By(fn(&mut Node, Node, &'static Rule, &mut Context<'_>)),
}

/// What a text becomes once its variables are in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cast {
    Bool,
    Int,
    Float,
}

/// A set of things that passes do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Aspects(u8);

impl Aspects {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const IDENTITY: Self = Self(1);
    pub(crate) const CAST: Self = Self(2);
    pub(crate) const LONG_FORM: Self = Self(4);
    pub(crate) const DEFAULT: Self = Self(8);
    pub(crate) const PATH: Self = Self(16);

    const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// A set of kinds of scalars.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kinds(u8);

impl Kinds {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const TEXT: Self = Self(1);
    /// Whole numbers, also written as `1.0`.
    pub(crate) const INT: Self = Self(2);
    /// Numbers of any kind.
    pub(crate) const NUMBER: Self = Self(2 | 4);
    pub(crate) const BOOL: Self = Self(8);
    pub(crate) const NULL: Self = Self(16);

    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Which values of the right kind are taken.
#[derive(Clone, Copy)]
pub(crate) enum Limit {
    /// All.
    None,
    /// These texts.
    Words(&'static [&'static str]),
    /// Whole numbers from the first to the second; texts are not looked at.
    Range(i64, i64),
    /// Texts for which the function is true, called by what they should be.
    Text(fn(&str) -> bool, &'static str),
}

/// What a map may hold.
#[derive(Clone, Copy)]
pub(crate) enum Entries {
    /// No map may stand there.
    None,
    /// Anything.
    Any,
    /// Attributes that Compose names.
    Object(&'static Object),
    /// Names that the user chose, all with one rule.
    Names(&'static Names),
}

/// The rule of a map whose keys the user chose.
pub(crate) struct Names {
    /// True for a name that may be used.
    pub(crate) allows: fn(&str) -> bool,
    /// What such a name consists of; `None` when another name is passed over unchecked.
    pub(crate) wanted: Option<&'static str>,
    /// The rule of the values.
    pub(crate) rule: Rule,
}

/// The attributes of a map.
#[derive(Clone, Copy)]
pub(crate) struct Object {
    /// In the order in which they are declared.
    pub(crate) fields: &'static [Field],
    slots: Slots,
    /// Keys that must be there.
    pub(crate) required: &'static [&'static str],
    /// True when `x-…` is taken.
    pub(crate) extensible: bool,
    /// True when any other key is taken too.
    pub(crate) open: bool,
    /// Attributes of earlier versions, with what has taken their place.
    pub(crate) moved: &'static [(&'static str, &'static str)],
    /// What the rules of its attributes have.
    pub(crate) aspects: Aspects,
}

/// One attribute of a map.
pub(crate) struct Field {
    pub(crate) key: &'static str,
    pub(crate) rule: Rule,
}

impl Object {
    pub(crate) const fn new(fields: &'static [Field]) -> Self {
        let mut aspects = Aspects::NONE;
        let mut slots = Slots::EMPTY;
        let mut at = 0;
        while at < fields.len() {
            aspects = aspects.or(fields[at].rule.aspects);
            slots.add(fields[at].key, at);
            at += 1;
        }
        Self { fields, slots, required: &[], extensible: true, open: false, moved: &[], aspects }
    }

    pub(crate) const fn requiring(mut self, required: &'static [&'static str]) -> Self {
        self.required = required;
        self
    }

    /// Takes no `x-…`.
    pub(crate) const fn without_extensions(mut self) -> Self {
        self.extensible = false;
        self
    }

    /// Knows what has taken the place of attributes of earlier versions.
    pub(crate) const fn moved(mut self, moved: &'static [(&'static str, &'static str)]) -> Self {
        self.moved = moved;
        self
    }

    /// Takes any other key too.
    pub(crate) const fn open(mut self) -> Self {
        self.open = true;
        self
    }

    /// The index of the attribute `key`.
    pub(crate) fn find(&self, key: &str) -> Option<usize> {
        self.slots.find(key, |at| self.fields[at].key)
    }
}

impl Rule {
    /// Takes nothing; the start of every rule.
    const NOTHING: Self = Self {
        kinds: Kinds::NONE,
        limit: Limit::None,
        items: None,
        distinct: false,
        entries: Entries::None,
        merge: Merge::Auto,
        identity: None,
        cast: None,
        long_form: None,
        default: None,
        path: None,
        aspects: Aspects::NONE,
    };

    pub(crate) const fn scalar(kinds: Kinds) -> Self {
        let mut rule = Self::NOTHING;
        rule.kinds = kinds;
        rule
    }

    pub(crate) const fn list(items: &'static Rule) -> Self {
        Self::NOTHING.or_list(items)
    }

    pub(crate) const fn object(object: &'static Object) -> Self {
        Self::NOTHING.or_object(object)
    }

    pub(crate) const fn names(names: &'static Names) -> Self {
        let mut rule = Self::NOTHING;
        rule.entries = Entries::Names(names);
        rule.aspects = names.rule.aspects;
        rule
    }

    /// Takes any map.
    pub(crate) const fn any_map() -> Self {
        let mut rule = Self::NOTHING;
        rule.entries = Entries::Any;
        rule
    }

    /// Also takes these scalars.
    pub(crate) const fn or(mut self, kinds: Kinds) -> Self {
        self.kinds = self.kinds.or(kinds);
        self
    }

    /// Also takes a list.
    pub(crate) const fn or_list(mut self, items: &'static Rule) -> Self {
        self.items = Some(items);
        self.aspects = self.aspects.or(items.aspects);
        self
    }

    /// Also takes a map.
    pub(crate) const fn or_object(mut self, object: &'static Object) -> Self {
        self.entries = Entries::Object(object);
        self.aspects = self.aspects.or(object.aspects);
        self
    }

    /// A list holds no value twice.
    pub(crate) const fn distinct(mut self) -> Self {
        self.distinct = true;
        self
    }

    /// Of the texts, only these.
    pub(crate) const fn words(mut self, words: &'static [&'static str]) -> Self {
        self.limit = Limit::Words(words);
        self
    }

    /// Of the whole numbers, only these.
    pub(crate) const fn range(mut self, least: i64, most: i64) -> Self {
        self.limit = Limit::Range(least, most);
        self
    }

    pub(crate) const fn merged(mut self, merge: Merge) -> Self {
        self.merge = merge;
        self
    }

    pub(crate) const fn same_by(mut self, identity: fn(&Node) -> Option<SmolStr>) -> Self {
        self.identity = Some(identity);
        self.aspects = self.aspects.or(Aspects::IDENTITY);
        self
    }

    pub(crate) const fn cast(mut self, cast: Cast) -> Self {
        self.cast = Some(cast);
        self.aspects = self.aspects.or(Aspects::CAST);
        self
    }

    pub(crate) const fn long_form(mut self, edit: Edit) -> Self {
        self.long_form = Some(edit);
        self.aspects = self.aspects.or(Aspects::LONG_FORM);
        self
    }

    pub(crate) const fn default(mut self, edit: Edit) -> Self {
        self.default = Some(edit);
        self.aspects = self.aspects.or(Aspects::DEFAULT);
        self
    }

    pub(crate) const fn path(mut self, resolve: fn(&mut Node, &Base<'_>, &mut Context<'_>)) -> Self {
        self.path = Some(resolve);
        self.aspects = self.aspects.or(Aspects::PATH);
        self
    }

    /// Of the texts, only those for which `allows` is true.
    pub(crate) const fn text_like(mut self, allows: fn(&str) -> bool, wanted: &'static str) -> Self {
        self.limit = Limit::Text(allows, wanted);
        self
    }
}

pub(crate) const TEXT: Rule = Rule::scalar(Kinds::TEXT);
/// A truth value, also as a text that becomes one.
pub(crate) const FLAG: Rule = BOOL_OR_TEXT.cast(Cast::Bool);
/// A whole number, also as a text that becomes one.
pub(crate) const COUNT: Rule = INT_OR_TEXT.cast(Cast::Int);
pub(crate) const BOOL: Rule = Rule::scalar(Kinds::BOOL);
pub(crate) const BOOL_OR_TEXT: Rule = BOOL.or(Kinds::TEXT);
pub(crate) const INT: Rule = Rule::scalar(Kinds::INT);
pub(crate) const INT_OR_TEXT: Rule = INT.or(Kinds::TEXT);
pub(crate) const NUMBER: Rule = Rule::scalar(Kinds::NUMBER);
pub(crate) const NUMBER_OR_TEXT: Rule = NUMBER.or(Kinds::TEXT);

/// A list of texts.
pub(crate) const TEXTS: Rule = Rule::list(&TEXT);
/// A list of texts, none of them twice.
pub(crate) const DISTINCT_TEXTS: Rule = TEXTS.distinct();
/// A text, or a list of different ones.
pub(crate) const TEXT_OR_TEXTS: Rule = DISTINCT_TEXTS.or(Kinds::TEXT);

/// A map of texts and numbers.
pub(crate) const OPTIONS: Rule = {
    static NAMES: Names = Names { allows: |name| !name.is_empty(), wanted: None, rule: NUMBER_OR_TEXT };
    Rule::names(&NAMES)
};

/// True for the names that services, networks and the like may have.
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

/// What [`is_name`] allows.
pub(crate) const NAME: &str = "letters, digits, `.`, `_` and `-`";

/// `` `a`, `b` or `c` ``.
pub(crate) fn one_of(words: &[&str]) -> String {
    let mut text = String::new();
    for (at, word) in words.iter().enumerate() {
        if at > 0 {
            text.push_str(if at + 1 == words.len() { " or " } else { ", " });
        }
        text.push('`');
        text.push_str(word);
        text.push('`');
    }
    text
}
