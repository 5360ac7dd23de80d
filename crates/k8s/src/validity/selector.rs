//! Label selectors: their form, and whether labels match one.

use windlass_yaml::Node;

use super::findings::{Findings, Place};
use super::{format, metadata};
use crate::view::{Fields as _, text};

/// A selector of the form `{matchLabels, matchExpressions}`.
pub(super) fn check<'a>(selector: &'a Node, findings: &mut Findings<'a>) {
    metadata::labels(selector, "matchLabels", findings);
    for expression in selector.items("matchExpressions") {
        let values = expression.items("values");
        match expression.text("operator").unwrap_or_default() {
            "In" | "NotIn" if values.is_empty() => {
                findings.required(301, Place::field(expression, "values"), "must be specified when `operator` is 'In' or 'NotIn'");
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                findings.forbidden(
                    306,
                    Place::field(expression, "values"),
                    "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
                );
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            _ => findings.invalid(303, Place::field(expression, "operator"), "not a valid selector operator"),
        }
        let key = expression.text("key").unwrap_or_default();
        findings.all(29, || Place::field(expression, "key"), format::qualified_name(key));
        for value in values {
            findings.item(27, value, format::label_value);
        }
    }
}

/// True for a selector that names nothing: it matches everything.
pub(super) fn is_empty(selector: &Node) -> bool {
    selector.items("matchExpressions").is_empty() && selector.entries("matchLabels").next().is_none()
}

/// Whether a selector matches labels, a map of them or nothing.
pub fn matches(selector: &Node, labels: Option<&Node>) -> bool {
    let label = |key: &str| labels.and_then(|labels| labels.text(key));
    let by_labels = selector.entries("matchLabels").all(|(key, value)| label(key.name()) == text(value));
    by_labels
        && selector.items("matchExpressions").iter().all(|expression| {
            let value = label(expression.text("key").unwrap_or_default());
            let is_listed = || expression.items("values").iter().any(|listed| text(listed) == value);
            match expression.text("operator").unwrap_or_default() {
                "In" => value.is_some() && is_listed(),
                "NotIn" => value.is_none() || !is_listed(),
                "Exists" => value.is_some(),
                "DoesNotExist" => value.is_none(),
                _ => false,
            }
        })
}
