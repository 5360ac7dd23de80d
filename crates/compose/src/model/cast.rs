//! What interpolated texts become where an attribute wants a number or a truth value: `"3"` → 3, `"yes"` → true.

use smol_str::SmolStr;
use windlass_source::{Code, Diagnostic};
use windlass_yaml::{Node, Number, Value};

use crate::model::context::Context;
use crate::model::read::truth;
use crate::model::rule::{Aspects, Cast};
use crate::model::walk::walk;
use crate::number;

const OLD_BOOL: Code = Code("compose::old-truth-value");

/// Turns the texts of such attributes into what they stand for. A text that stands for nothing is an error.
pub(crate) fn document(tree: &mut Node, context: &mut Context<'_>) {
    walk(tree, Aspects::CAST, context, &mut |node, rule, context| {
        if let (Value::String(text), Some(cast)) = (&node.value, rule.cast) {
            let text = text.clone();
            match cast {
                Cast::Bool => boolean(node, &text, context),
                Cast::Int => match text.parse::<i64>() {
                    Ok(number) => node.value = Value::Number(Number::Int(number)),
                    Err(_) => context.unreadable_because(node, "a whole number", &format!("`{text}` is none")),
                },
                Cast::Float => match number::parse(&text) {
                    Ok(number) => node.value = Value::Number(Number::Float(number)),
                    Err(reason) => context.unreadable_because(node, "a number", &reason),
                },
            }
        }
    });
}

fn boolean(node: &mut Node, text: &SmolStr, context: &mut Context<'_>) {
    let Some(value) = truth(text) else {
        context.unreadable_because(node, "`true` or `false`", &format!("`{text}` is neither"));
        return;
    };
    if !text.eq_ignore_ascii_case("true") && !text.eq_ignore_ascii_case("false") {
        let diagnostic = Diagnostic::warning(OLD_BOOL, format!("{} is `{text}`, which YAML 1.2 reads as text", context.subject()))
            .origin(&node.origin, format!("read as `{value}`"))
            .help(format!("write `{value}`"));
        context.report(diagnostic);
    }
    node.value = Value::Bool(value);
}
