//! nginx configuration: directives, blocks and their places, and what holds in a server or location.
//!
//! The text is cut into words as nginx's own reader does (`ngx_conf_file.c`), so that `${name}`, quotes, and braces within words
//! mean the same here. Blocks of Lua code (`*_by_lua_block`) are passed over whole. Files named by `include` are not opened.

mod code;
mod parse;
mod pattern;
mod scope;
mod target;

use windlass_source::Span;

pub use parse::parse;
pub use scope::{Listen, Location, Modifier, Scope, Server};
pub use target::{PASSES, Target};

use crate::size;
use crate::syntax::{Concrete, Word};

/// Blocks inside one another above which the rest of a file is not read. nginx's own blocks nest five deep.
pub(crate) const MAX_DEPTH: usize = 32;

/// An nginx configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nginx {
    /// The text.
    pub concrete: Concrete,
    /// At the top level, in the order of the text.
    pub directives: Vec<Directive>,
}

/// A directive: `name argument …;`, or with a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// From its name to its semicolon or closing brace.
    pub span: Span,
    /// Its name. In blocks of pairs (`map`, `types`, `geo`) the left side of a pair.
    pub name: Word,
    /// What follows the name.
    pub arguments: Vec<Word>,
    /// What stands in braces.
    pub block: Option<Block>,
}

/// What a directive has in braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The braces and what is between them.
    pub span: Span,
    /// What is between them; empty where it is code.
    pub directives: Vec<Directive>,
    /// It holds code, not directives.
    pub is_code: bool,
}

impl Directive {
    /// True for the directive of this name.
    pub fn is(&self, name: &str) -> bool {
        self.name.text == name
    }

    /// An argument, from 0.
    pub fn argument(&self, index: usize) -> Option<&Word> {
        self.arguments.get(index)
    }

    /// The text of an argument, from 0.
    pub fn text(&self, index: usize) -> Option<&str> {
        self.arguments.get(index).map(Word::as_str)
    }

    /// The arguments as text.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.arguments.iter().map(Word::as_str)
    }

    /// What stands in its block; nothing where it has none.
    pub fn children(&self) -> &[Directive] {
        self.block.as_ref().map_or(&[], |block| &block.directives)
    }
}

impl Nginx {
    /// True for a whole configuration: it has an `events` or `http` block at the top. A file that is included into `http` has not.
    pub fn is_whole(&self) -> bool {
        self.directives.iter().any(|directive| directive.block.is_some() && (directive.is("http") || directive.is("events")))
    }

    /// Every directive, those in blocks after the one that holds them.
    pub fn all(&self) -> impl Iterator<Item = &Directive> {
        let mut stack = vec![self.directives.iter()];
        std::iter::from_fn(move || {
            loop {
                match stack.last_mut()?.next() {
                    Some(directive) => {
                        stack.push(directive.children().iter());
                        return Some(directive);
                    }
                    None => stack.pop(),
                };
            }
        })
    }

    /// The paths and patterns that the file includes, as written.
    pub fn includes(&self) -> impl Iterator<Item = &Word> {
        self.all().filter(|directive| directive.is("include")).filter_map(|directive| directive.argument(0))
    }
}

/// Bytes of a size as nginx writes it: `10m`, `8k`, `1g`, `512`.
pub fn bytes(text: &str) -> Option<u64> {
    size::bytes(text, &[("", 1), ("k", 1 << 10), ("m", 1 << 20), ("g", 1 << 30)])
}

/// Seconds of a time as nginx writes it: `60`, `60s`, `1h 30m`; parts of a second are dropped.
pub fn seconds(text: &str) -> Option<u64> {
    let mut rest = text.trim();
    let mut milliseconds = 0u64;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let factor = match &rest[..letters] {
            "ms" => 1,
            "" | "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 604_800_000,
            "M" => 2_592_000_000,
            "y" => 31_536_000_000,
            _ => return None,
        };
        milliseconds = milliseconds.checked_add(number.checked_mul(factor)?)?;
        rest = rest[letters..].trim_start();
    }
    (!text.trim().is_empty()).then_some(milliseconds / 1000)
}

#[cfg(test)]
mod tests;
