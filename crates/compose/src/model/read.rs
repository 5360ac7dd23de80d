//! From the canonical tree to typed values.
//!
//! Lenient: a tree that has not been checked gives diagnostics and absent values, never a panic.

use smol_str::{SmolStr, ToSmolStr};
use windlass_source::Spanned;
use windlass_yaml::{Node, Number, Value};

use crate::model::by_name::{ByName, Entry};
use crate::model::context::Context;
use crate::model::table;
use crate::number;

/// A value that a node can be read as. `None`: it can't, and the context knows why.
pub(crate) trait Read: Sized {
    fn read(node: &Node, context: &mut Context<'_>) -> Option<Self>;

    /// Reads the value for what is wrong with it alone.
    fn attempt(node: &Node, context: &mut Context<'_>) {
        Self::read(node, context);
    }
}

impl Read for SmolStr {
    fn read(node: &Node, context: &mut Context<'_>) -> Option<Self> {
        if node.is_null() {
            // What Compose makes of a label or an option without a value.
            return Some(Self::default());
        }
        let text = text(&node.value);
        if text.is_none() {
            context.wrong_type(node, "text");
        }
        text
    }

    fn attempt(node: &Node, context: &mut Context<'_>) {
        if let Value::Sequence(_) | Value::Map(_) = node.value {
            context.wrong_type(node, "text");
        }
    }
}

/// The text of a scalar as Go's `fmt.Sprint` gives it, which is what Compose makes of numbers and truth values where it
/// wants text. `None` for lists, maps and nothing.
pub(crate) fn text(value: &Value) -> Option<SmolStr> {
    match value {
        Value::String(text) | Value::Timestamp(text) => Some(text.clone()),
        Value::Bool(value) => Some(SmolStr::new_static(if *value { "true" } else { "false" })),
        Value::Number(Number::Int(number)) => Some(number.to_smolstr()),
        Value::Number(Number::UInt(number)) => Some(number.to_smolstr()),
        Value::Number(Number::Float(number)) => Some(go_float(*number).into()),
        Value::Null | Value::Sequence(_) | Value::Map(_) => None,
    }
}

/// A float as Go's `%v` prints it: shortest digits, an exponent below 1e-4 and from 1e21.
fn go_float(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let magnitude = number.abs();
    if magnitude == 0.0 || (1e-4..1e21).contains(&magnitude) {
        return format!("{number}");
    }
    let plain = format!("{number:e}");
    let Some((digits, exponent)) = plain.split_once('e') else { return plain };
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    format!("{digits}e{sign}{exponent:0>2}")
}

impl Read for bool {
    fn read(node: &Node, context: &mut Context<'_>) -> Option<Self> {
        let value = match &node.value {
            Value::Bool(value) => Some(*value),
            Value::String(text) => truth(text),
            _ => None,
        };
        if value.is_none() {
            context.unreadable(node, "`true` or `false`");
        }
        value
    }
}

/// The truth value that Compose sees in a text: those of YAML 1.1, in any case.
pub(crate) fn truth(text: &str) -> Option<bool> {
    const TRUE: [&str; 4] = ["true", "yes", "on", "y"];
    const FALSE: [&str; 4] = ["false", "no", "off", "n"];
    if TRUE.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return Some(true);
    }
    FALSE.iter().any(|word| text.eq_ignore_ascii_case(word)).then_some(false)
}

impl Read for i64 {
    fn read(node: &Node, context: &mut Context<'_>) -> Option<Self> {
        let value = match &node.value {
            Value::Number(Number::Int(number)) => Some(*number),
            // Truncated, as docker compose does.
            Value::Number(Number::Float(number)) if number.is_finite() => Some(*number as i64),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        if value.is_none() {
            context.unreadable(node, "a whole number");
        }
        value
    }
}

impl Read for u64 {
    fn read(node: &Node, context: &mut Context<'_>) -> Option<Self> {
        let value = match &node.value {
            Value::Number(Number::UInt(number)) => Some(*number),
            Value::Number(Number::Int(number)) => u64::try_from(*number).ok(),
            Value::Number(Number::Float(number)) if *number >= 0.0 => Some(*number as u64),
            // No text: where docker compose takes one, it has become a number before (`cast`).
            _ => None,
        };
        if value.is_none() {
            context.unreadable(node, "a whole number of at least 0");
        }
        value
    }
}

impl Read for f64 {
    fn read(node: &Node, context: &mut Context<'_>) -> Option<Self> {
        let value = match &node.value {
            Value::Number(Number::Int(number)) => Some(*number as f64),
            Value::Number(Number::UInt(number)) => Some(*number as f64),
            Value::Number(Number::Float(number)) => Some(*number),
            Value::String(text) => number::parse(text).ok(),
            _ => None,
        };
        if value.is_none() {
            context.unreadable(node, "a number");
        }
        value
    }
}

impl Read for u32 {
    fn read(node: &Node, context: &mut Context<'_>) -> Option<Self> {
        let value = u64::read(node, context)?;
        let narrow = Self::try_from(value).ok();
        if narrow.is_none() {
            context.unreadable(node, "a whole number below 4294967296");
        }
        narrow
    }
}

impl Read for Node {
    fn read(node: &Node, _: &mut Context<'_>) -> Option<Self> {
        Some(node.clone())
    }

    fn attempt(_: &Node, _: &mut Context<'_>) {}
}

impl<T: Read> Read for Box<T> {
    fn read(node: &Node, context: &mut Context<'_>) -> Option<Self> {
        T::read(node, context).map(Box::new)
    }

    fn attempt(node: &Node, context: &mut Context<'_>) {
        T::attempt(node, context);
    }
}

impl<T: Read> Read for Spanned<T> {
    fn read(node: &Node, context: &mut Context<'_>) -> Option<Self> {
        T::read(node, context).map(|value| Spanned::new(value, node.origin.clone()))
    }

    fn attempt(node: &Node, context: &mut Context<'_>) {
        T::attempt(node, context);
    }
}

impl<T: Read> Read for Option<Spanned<T>> {
    fn read(node: &Node, context: &mut Context<'_>) -> Option<Self> {
        Some(if node.is_null() { None } else { Spanned::read(node, context) })
    }

    fn attempt(node: &Node, context: &mut Context<'_>) {
        if !node.is_null() {
            T::attempt(node, context);
        }
    }
}

impl<T: Read> Read for Vec<Spanned<T>> {
    fn read(node: &Node, context: &mut Context<'_>) -> Option<Self> {
        Some(match &node.value {
            Value::Null => Vec::new(),
            Value::Sequence(items) => {
                let mut values = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    if let Some(value) = context.within_item(index, |context| Spanned::read(item, context)) {
                        values.push(value);
                    }
                }
                values
            }
            // A single value where a list of them may stand.
            _ => Spanned::read(node, context).into_iter().collect(),
        })
    }

    fn attempt(node: &Node, context: &mut Context<'_>) {
        match &node.value {
            Value::Null => {}
            Value::Sequence(items) => {
                for (index, item) in items.iter().enumerate() {
                    context.within_item(index, |context| T::attempt(item, context));
                }
            }
            _ => T::attempt(node, context),
        }
    }
}

impl<T: Read> Read for ByName<T> {
    fn read(node: &Node, context: &mut Context<'_>) -> Option<Self> {
        let map = match &node.value {
            Value::Null => return Some(Self::default()),
            Value::Map(map) => map,
            Value::Sequence(items) if items.iter().all(|item| item.as_str().is_some()) => {
                // The list form, which some attributes keep.
                let mut table = node.clone();
                table::to_map(&mut table, context);
                return Self::read(&table, context);
            }
            _ => {
                context.wrong_type(node, "a map");
                return None;
            }
        };
        let mut entries = Vec::with_capacity(map.len());
        for (key, value) in map.iter() {
            if let Some(value) = context.within_name(key.name(), |context| T::read(value, context)) {
                entries.push(Entry::new(key, value));
            }
        }
        Some(entries.into_iter().collect())
    }

    fn attempt(node: &Node, context: &mut Context<'_>) {
        let Value::Map(map) = &node.value else {
            Self::read(node, context);
            return;
        };
        for (key, value) in map.iter() {
            context.within_name(key.name(), |context| T::attempt(value, context));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_read_as_text_look_as_in_go() {
        let cases = [
            (0.5, "0.5"),
            (1.0, "1"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (-2.5e-7, "-2.5e-07"),
            (1e100, "1e+100"),
        ];
        for (number, expected) in cases {
            assert_eq!(go_float(number), expected);
        }
    }

    #[test]
    fn truth_values_are_those_of_yaml_1_1() {
        assert_eq!(
            ["YES", "on", "True", "n", "Off", "1", ""].map(truth),
            [Some(true), Some(true), Some(true), Some(false), Some(false), None, None]
        );
    }
}
