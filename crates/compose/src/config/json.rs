//! JSON as Go's `encoding/json` writes it, HTML's characters escaped.

use windlass_yaml::{Node, Number, Value};

/// Indented by two spaces, without a line break at the end.
pub(crate) fn pretty(node: &Node) -> String {
    let mut out = String::new();
    write(node, Some(0), &mut out);
    out
}

/// Indented by four spaces.
pub(crate) fn indented(node: &Node) -> String {
    let mut out = String::new();
    // Line breaks inside texts are escaped, so each real one starts a line.
    for (at, line) in pretty(node).split('\n').enumerate() {
        if at > 0 {
            out.push('\n');
        }
        let spaces = line.len() - line.trim_start_matches(' ').len();
        out.push_str(&line[..spaces]);
        out.push_str(line);
    }
    out
}

/// Without white space.
pub(crate) fn compact(node: &Node) -> String {
    let mut out = String::new();
    write(node, None, &mut out);
    out
}

fn write(node: &Node, indent: Option<usize>, out: &mut String) {
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(value) => number(*value, out),
        Value::String(text) | Value::Timestamp(text) => string(text, out),
        Value::Sequence(items) if items.is_empty() => out.push_str("[]"),
        Value::Sequence(items) => {
            let inner = indent.map(|level| level + 1);
            for (at, item) in items.iter().enumerate() {
                out.push(if at == 0 { '[' } else { ',' });
                line(inner, out);
                write(item, inner, out);
            }
            line(indent, out);
            out.push(']');
        }
        Value::Map(map) if map.is_empty() => out.push_str("{}"),
        Value::Map(map) => {
            let inner = indent.map(|level| level + 1);
            for (at, (key, value)) in map.iter().enumerate() {
                out.push(if at == 0 { '{' } else { ',' });
                line(inner, out);
                string(key.as_str(), out);
                out.push_str(if indent.is_some() { ": " } else { ":" });
                write(value, inner, out);
            }
            line(indent, out);
            out.push('}');
        }
    }
}

fn line(indent: Option<usize>, out: &mut String) {
    if let Some(level) = indent {
        out.push('\n');
        (0..level).for_each(|_| out.push_str("  "));
    }
}

fn number(value: Number, out: &mut String) {
    match value {
        Number::Int(value) => out.push_str(&value.to_string()),
        Number::UInt(value) => out.push_str(&value.to_string()),
        Number::Float(value) => out.push_str(&float(value)),
    }
}

/// The shortest digits, with an exponent below 1e-6 and from 1e21.
fn float(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude == 0.0 || (1e-6..1e21).contains(&magnitude) {
        return value.to_string();
    }
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((digits, exponent)) if !exponent.starts_with('-') => format!("{digits}e+{exponent:0>2}"),
        _ => text,
    }
}

fn string(text: &str, out: &mut String) {
    out.push('"');
    let mut start = 0;
    for (at, character) in text.char_indices() {
        let escape = match character {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\u{8}' => "\\b",
            '\u{c}' => "\\f",
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                out.push_str(&text[start..at]);
                out.push_str(&format!("\\u{:04x}", character as u32));
                start = at + character.len_utf8();
                continue;
            }
            _ => continue,
        };
        out.push_str(&text[start..at]);
        out.push_str(escape);
        start = at + 1;
    }
    out.push_str(&text[start..]);
    out.push('"');
}
