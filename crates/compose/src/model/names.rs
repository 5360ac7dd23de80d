//! Names with settings, or a list of names without: `networks` and `models` of a service.

use windlass_source::Origin;
use windlass_yaml::{Node, Value};

use crate::model::context::Context;
use crate::model::merge::{into_names, plain};
use crate::model::rule::Rule;

/// Puts names onto names, whichever form each is in.
pub(crate) fn merge(base: &mut Node, mut over: Node, rule: &'static Rule, context: &mut Context<'_>) {
    into_names(base, nothing);
    into_names(&mut over, nothing);
    plain(base, over, Some(rule), context);
}

/// Makes a list a map without settings.
pub(crate) fn long_form(node: &mut Node, _: &mut Context<'_>) {
    into_names(node, nothing);
}

fn nothing(_: &Node) -> Node {
    Node::new(Value::Null, Origin::DEFAULT)
}
