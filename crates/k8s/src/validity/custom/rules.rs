//! The rules in CEL of a definition's schema (`x-kubernetes-validations`), on an object that its schema accepts.
//!
//! A rule that speaks of the object's former state (`oldSelf`) holds when there is none, as on creation.

use windlass_yaml::{Node, Value as Tree};

use super::super::findings::{Findings, Place, show};
use super::{keeps_unknown, property};
use crate::cel::{Failure, Value, none, typed, typed_object};
use crate::schema::Expressions;
use crate::view::Fields as _;

/// Checks an object against the rules of its schema.
pub(super) fn check<'a>(root: &'a Node, schema: &Node, expressions: &Expressions, findings: &mut Findings<'a>) {
    if !expressions.is_empty() {
        walk(root, &root.into(), schema, expressions, findings);
    }
}

/// `place` is the node as the server names it: entries of maps stand in brackets.
fn walk<'a>(node: &'a Node, place: &Place<'a>, schema: &Node, expressions: &Expressions, findings: &mut Findings<'a>) {
    if node.is_null() {
        return;
    }
    let rules = schema.items("x-kubernetes-validations");
    if !rules.is_empty() {
        let value = if findings.is_root(node) { typed_object(node, schema) } else { typed(node, schema) };
        rules.iter().for_each(|rule| one(rule, (node, place), schema, &value, expressions, findings));
    }
    match &node.value {
        Tree::Map(map) => {
            let others = schema.field("additionalProperties").filter(|inner| inner.as_map().is_some());
            for (key, value) in map.iter() {
                match (property(schema, key.name()), others.filter(|_| !keeps_unknown(schema))) {
                    (Some(inner), _) => walk(value, &value.into(), inner, expressions, findings),
                    (None, Some(inner)) => walk(value, &Place::entry(node, key.as_str()), inner, expressions, findings),
                    (None, None) => {}
                }
            }
        }
        Tree::Sequence(items) => {
            if let Some(inner) = schema.field("items") {
                items.iter().for_each(|item| walk(item, &item.into(), inner, expressions, findings));
            }
        }
        _ => {}
    }
}

fn one<'a>(
    rule: &Node,
    (node, place): (&'a Node, &Place<'a>),
    schema: &Node,
    value: &Value,
    expressions: &Expressions,
    findings: &mut Findings<'a>,
) {
    let Some(source) = rule.text("rule") else { return };
    let Some(expression) = expressions.get(source) else { return };
    let place = || place.clone().then(rule.text("fieldPath").unwrap_or_default());
    let mut variables = vec![("self", value.clone())];
    let result = match expression {
        Ok(expression) if expression.uses("oldSelf") => {
            if rule.flag("optionalOldSelf") != Some(true) {
                return;
            }
            variables.push(("oldSelf", none()));
            expression.holds(&variables)
        }
        Ok(expression) => expression.holds(&variables),
        Err(failure) => Err(failure.clone()),
    };
    match result {
        Ok(true) => {}
        Ok(false) => {
            let made = rule.text("messageExpression").and_then(|source| expressions.get(source)?.as_ref().ok()?.text(&variables));
            let written = || rule.text("message").map(|message| message.trim().to_owned());
            let detail = made.or_else(written).unwrap_or_else(|| format!("failed rule: {}", source.trim()));
            match rule.text("reason") {
                Some("FieldValueForbidden") => findings.forbidden(311, place(), &detail),
                Some("FieldValueRequired") => findings.required(311, place(), &detail),
                Some("FieldValueDuplicate") => findings.duplicate_shown(311, place(), &detail),
                // Of a structure the server shows nothing.
                _ if matches!(node.value, Tree::Map(_) | Tree::Sequence(_)) => findings.invalid_value(311, place(), detail, ""),
                _ => findings.invalid_value(311, place(), show(node), &detail),
            }
        }
        Err(Failure::Error(error)) => {
            let rule = rule.text("message").unwrap_or(source);
            let kind = schema.text("type").unwrap_or("object");
            findings.invalid_value(311, place(), format_args!("{kind:?}"), &format!("{error} evaluating rule: {rule}"));
        }
        Err(Failure::Unknown(reason)) => {
            findings.warn(312, place(), &format!("whether `{}` holds is not known: {reason}", source.trim()));
        }
    }
}
