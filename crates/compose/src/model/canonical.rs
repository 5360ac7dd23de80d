//! Short forms to long ones: `"8080:80"` → `{ target: 80, published: "8080", … }`.
//!
//! What an attribute's short form means is declared with the attribute.

use windlass_yaml::Node;

use crate::model::context::Context;
use crate::model::rule::Aspects;
use crate::model::walk::walk;

/// Makes the short forms of a document long.
pub(crate) fn document(tree: &mut Node, context: &mut Context<'_>) {
    walk(tree, Aspects::LONG_FORM, context, &mut |node, rule, context| {
        if let Some(long_form) = rule.long_form {
            long_form(node, context);
        }
    });
}

/// Fills in what is there when nothing is written.
pub(crate) fn defaults(tree: &mut Node, context: &mut Context<'_>) {
    walk(tree, Aspects::DEFAULT, context, &mut |node, rule, context| {
        if let Some(default) = rule.default {
            default(node, context);
        }
    });
}
