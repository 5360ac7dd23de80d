//! Suppressions in compose files: `x-windlass.ignore` of a service or of the project.

use windlass_source::Spanned;
use windlass_yaml::{Node, Value};

use super::{Covers, Suppression};
use crate::context::Context;

/// Reads `x-windlass: { ignore: … }`: a map of rules and reasons, or a list of `RULE reason`.
pub(super) fn read(context: &Context, all: &mut Vec<Suppression>) {
    for stack in context.stacks() {
        let ignored = stack.project().windlass.as_ref().and_then(|settings| settings.ignore.as_ref());
        from(ignored, &Covers::Service(stack.index(), None), all);
        for service in stack.services() {
            let ignored = service.windlass.as_ref().and_then(|settings| settings.ignore.as_ref());
            from(ignored, &Covers::Service(stack.index(), Some(service.name().to_owned())), all);
        }
    }
}

fn from(ignored: Option<&Spanned<Node>>, covers: &Covers, all: &mut Vec<Suppression>) {
    let Some(ignore) = ignored else { return };
    let mut add = |rule: &str, reason: &str, node: &Node| {
        all.push(Suppression::new(vec![rule.to_owned()], covers.clone(), node.span()).because(reason));
    };
    let mut line = |node: &Node| {
        let text = node.as_str().unwrap_or_default();
        let (rule, reason) = text.split_once(' ').unwrap_or((text, ""));
        add(rule.trim_end_matches(':'), reason, node);
    };
    match &ignore.value.value {
        Value::String(_) => line(&ignore.value),
        Value::Sequence(items) => items.iter().for_each(line),
        Value::Map(map) => map.iter().for_each(|(rule, reason)| add(rule.as_str(), reason.as_str().unwrap_or_default(), reason)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Timestamp(_) => {}
    }
}
