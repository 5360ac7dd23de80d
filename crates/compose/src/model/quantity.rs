//! Durations and sizes as typed values.

use windlass_yaml::{Node, Number, Value};

pub use crate::duration::Duration;
use crate::model::context::Context;
use crate::model::read::{Read, text};

/// A number of bytes; some attributes give -1 a meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub i64);

impl Read for Duration {
    fn read(node: &Node, context: &mut Context<'_>) -> Option<Self> {
        let Some(text) = text(&node.value) else {
            context.wrong_type(node, "a duration such as `1m30s`");
            return None;
        };
        match Self::parse(&text) {
            Ok(duration) => Some(duration),
            Err(reason) => {
                context.unreadable_because(node, "a duration such as `1m30s`", &reason);
                None
            }
        }
    }
}

impl Read for Bytes {
    fn read(node: &Node, context: &mut Context<'_>) -> Option<Self> {
        match &node.value {
            Value::Number(Number::Int(bytes)) => Some(Self(*bytes)),
            // docker compose takes a fraction for nothing at all.
            Value::Number(_) => Some(Self(0)),
            Value::String(text) => match crate::bytes::parse(text) {
                Ok(bytes) => Some(Self(bytes)),
                Err(reason) => {
                    context.unreadable_because(node, "a size such as `512m`", &reason);
                    None
                }
            },
            _ => {
                context.wrong_type(node, "a size such as `512m`");
                None
            }
        }
    }
}
