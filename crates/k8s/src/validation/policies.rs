//! Admission policies of the input (`ValidatingAdmissionPolicy` with its bindings and parameters), on the creation of its other objects.
//!
//! A policy without a binding is not in force. What only a cluster knows (who asks, labels of a namespace that is not in the input,
//! authorisation) decides nothing here: such an expression is told as not evaluated.

use windlass_yaml::Node;

use super::relations::{Finding, finding};
use super::{Object, defaults};
use crate::cel::{Expression, Failure, Value, plain};
use crate::validity::selector_matches;
use crate::view::{Fields as _, text};

const GROUP: &str = "admissionregistration.k8s.io/";

/// What the input's policies say of each object, in their order.
pub(super) fn check(objects: &[Object<'_>]) -> Vec<Vec<Finding>> {
    let of_kind =
        |kind: &'static str| objects.iter().filter(move |object| object.kind() == kind && object.api_version().starts_with(GROUP));
    let policies: Vec<Policy<'_>> = of_kind("ValidatingAdmissionPolicy").filter_map(Policy::new).collect();
    let mut all = vec![Vec::new(); objects.len()];
    if policies.is_empty() {
        return all;
    }
    for binding in of_kind("ValidatingAdmissionPolicyBinding") {
        let Some(spec) = binding.root.field("spec") else { continue };
        let Some(policy) = policies.iter().find(|policy| spec.text("policyName") == Some(policy.name)) else { continue };
        for (object, findings) in objects.iter().zip(&mut all) {
            // The server asks no policy about policies.
            if !object.api_version().starts_with(GROUP) && policy.matches(object, objects) {
                let matches = spec.field("matchResources").is_none_or(|resources| constraints(resources, object, objects));
                if matches {
                    policy.apply(object, binding, spec, objects, findings);
                }
            }
        }
    }
    all
}

/// A policy with its expressions.
struct Policy<'a> {
    name: &'a str,
    spec: &'a Node,
    conditions: Vec<Result<Expression, Failure>>,
    variables: Vec<(String, Result<Expression, Failure>)>,
    validations: Vec<(&'a Node, Result<Expression, Failure>)>,
}

impl<'a> Policy<'a> {
    fn new(object: &Object<'a>) -> Option<Self> {
        let spec = object.root.field("spec")?;
        let read = |node: &Node| Expression::parse(node.text("expression").unwrap_or_default());
        Some(Self {
            name: object.name(),
            spec,
            conditions: spec.items("matchConditions").iter().map(read).collect(),
            variables: spec.items("variables").iter().map(|node| (node.text("name").unwrap_or_default().to_owned(), read(node))).collect(),
            validations: spec.items("validations").iter().map(|node| (node, read(node))).collect(),
        })
    }

    fn matches(&self, object: &Object<'_>, objects: &[Object<'_>]) -> bool {
        self.spec.field("matchConstraints").is_some_and(|resources| constraints(resources, object, objects))
    }

    fn apply(&self, object: &Object<'_>, binding: &Object<'_>, spec: &Node, objects: &[Object<'_>], findings: &mut Vec<Finding>) {
        let namespace = object.namespace().unwrap_or("default");
        let mut variables = vec![
            ("object", defaults::object(object)),
            ("oldObject", Value::Null),
            ("request", request(object, namespace)),
            ("namespaceObject", namespace_object(namespace, objects)),
        ];
        for params in parameters(self.spec, spec, namespace, objects) {
            variables.retain(|(name, _)| !matches!(*name, "params" | "variables"));
            variables.push(("params", params));
            // Each may use those before it; what has no value is not there.
            let mut composed: Vec<(String, Value)> = Vec::new();
            for (name, expression) in &self.variables {
                let mut known = variables.clone();
                known.push(("variables", crate::cel::object(composed.clone())));
                if let Ok(value) = expression.as_ref().map_err(Clone::clone).and_then(|expression| expression.evaluate(&known)) {
                    composed.push((name.clone(), value));
                }
            }
            variables.push(("variables", crate::cel::object(composed)));
            let holds = |condition: &Result<Expression, Failure>| match condition {
                Ok(expression) => expression.holds(&variables).unwrap_or(false),
                Err(_) => false,
            };
            if self.conditions.iter().all(holds) {
                let ask = |expression: &Result<Expression, Failure>| expression.as_ref().map_err(Clone::clone)?.holds(&variables);
                let asked = self.validations.iter().map(|(node, expression)| (*node, ask(expression)));
                let told = asked.filter_map(|(node, result)| self.told(node, result, binding, spec, &variables));
                findings.extend(told.map(|(message, is_error, rule)| finding(rule, is_error, "", Some(object.root), message)));
            }
        }
    }

    /// What is said of a result: the message, whether it refuses, and the rule.
    fn told(
        &self,
        node: &Node,
        result: Result<bool, Failure>,
        binding: &Object<'_>,
        spec: &Node,
        variables: &[(&str, Value)],
    ) -> Option<(String, bool, &'static str)> {
        let (policy, binding) = (self.name, binding.name());
        let source = node.text("expression").unwrap_or_default().trim();
        let reason = match result {
            Ok(true) => return None,
            Ok(false) => {
                let made = node.text("messageExpression").and_then(|source| Expression::parse(source).ok()?.text(variables));
                made.or_else(|| node.text("message").map(|message| message.trim().to_owned()))
                    .unwrap_or_else(|| format!("failed expression: {source}"))
            }
            // A field that the object has not may be one that the server fills in.
            Err(Failure::Error(reason) | Failure::Unknown(reason)) => {
                let message = format!("whether ValidatingAdmissionPolicy '{policy}' lets it pass is not known: `{source}`: {reason}");
                return Some((message, false, "KV312"));
            }
        };
        let acts = |action: &str| spec.items("validationActions").iter().filter_map(text).any(|own| own == action);
        if acts("Deny") {
            return Some((
                format!("ValidatingAdmissionPolicy '{policy}' with binding '{binding}' denied request: {reason}"),
                true,
                "KV313",
            ));
        }
        acts("Warn").then(|| {
            (format!("Validation failed for ValidatingAdmissionPolicy '{policy}' with binding '{binding}': {reason}"), false, "KV313")
        })
    }
}

/// Whether `matchConstraints` or `matchResources` let an object in.
fn constraints(resources: &Node, object: &Object<'_>, objects: &[Object<'_>]) -> bool {
    let rules = resources.items("resourceRules");
    let is_meant = |rule: &Node| meant(rule, object);
    if (!rules.is_empty() && !rules.iter().any(is_meant)) || resources.items("excludeResourceRules").iter().any(is_meant) {
        return false;
    }
    let labels = object.root.at(&["metadata", "labels"]);
    if resources.field("objectSelector").is_some_and(|selector| !selector_matches(selector, labels)) {
        return false;
    }
    let Some(selector) = resources.field("namespaceSelector").filter(|selector| selector.as_map().is_some_and(|map| !map.is_empty()))
    else {
        return true;
    };
    let namespace = object.namespace().unwrap_or("default");
    // Without the Namespace its labels are not known, but for the one that the server sets.
    match named(objects, "Namespace", namespace) {
        Some(found) => selector_matches(selector, found.root.at(&["metadata", "labels"])) || by_name(selector, namespace),
        None => by_name(selector, namespace),
    }
}

/// The label that every namespace has is its name.
fn by_name(selector: &Node, namespace: &str) -> bool {
    const NAME: &str = "kubernetes.io/metadata.name";
    let labels = selector.entries("matchLabels").all(|(key, value)| key.as_str() == NAME && text(value) == Some(namespace));
    let expressions = selector.items("matchExpressions").iter().all(|expression| {
        let is_listed = expression.items("values").iter().filter_map(text).any(|value| value == namespace);
        expression.text("key") == Some(NAME)
            && match expression.text("operator") {
                Some("In") => is_listed,
                Some("NotIn") => !is_listed,
                Some("Exists") => true,
                _ => false,
            }
    });
    labels && expressions
}

fn meant(rule: &Node, object: &Object<'_>) -> bool {
    let lists = |list: &str, wanted: &str| rule.items(list).iter().filter_map(text).any(|item| item == "*" || item == wanted);
    let (group, version) = object.api_version().split_once('/').unwrap_or(("", object.api_version()));
    let names = rule.items("resourceNames");
    let is_named = names.is_empty() || names.iter().filter_map(text).any(|name| name == object.name());
    is_named
        && lists("operations", "CREATE")
        && lists("apiGroups", group)
        && lists("apiVersions", version)
        && lists("resources", &plural(object.kind()))
}

/// A kind as the API names its collection.
fn plural(kind: &str) -> String {
    let name = kind.to_ascii_lowercase();
    match name.as_bytes() {
        [.., b's'] if name == "endpoints" => name,
        [.., b's' | b'x'] | [.., b'c' | b's', b'h'] => format!("{name}es"),
        [.., before, b'y'] if !b"aeiou".contains(before) => format!("{}ies", &name[..name.len() - 1]),
        _ => format!("{name}s"),
    }
}

fn named<'o, 'a>(objects: &'o [Object<'a>], kind: &str, name: &str) -> Option<&'o Object<'a>> {
    objects.iter().find(|object| object.kind() == kind && object.name() == name)
}

fn request(object: &Object<'_>, namespace: &str) -> Value {
    let (group, version) = object.api_version().split_once('/').unwrap_or(("", object.api_version()));
    let text = |name: &str, value: &str| (name.to_owned(), Value::from(value));
    let kind = crate::cel::object([text("group", group), text("version", version), text("kind", object.kind())]);
    let resource = crate::cel::object([text("group", group), text("version", version), text("resource", &plural(object.kind()))]);
    crate::cel::object([
        text("operation", "CREATE"),
        text("name", object.name()),
        text("namespace", namespace),
        ("kind".to_owned(), kind),
        ("resource".to_owned(), resource),
        ("dryRun".to_owned(), Value::Bool(false)),
    ])
}

fn namespace_object(namespace: &str, objects: &[Object<'_>]) -> Value {
    match named(objects, "Namespace", namespace) {
        Some(found) => plain(found.root),
        None => {
            let labels = crate::cel::object([("kubernetes.io/metadata.name".to_owned(), Value::from(namespace))]);
            let metadata = crate::cel::object([("name".to_owned(), Value::from(namespace)), ("labels".to_owned(), labels)]);
            crate::cel::object([("metadata".to_owned(), metadata)])
        }
    }
}

/// The parameters that a binding brings; nothing for a policy without any. None where they are not in the input: then it is not known
/// what the policy says.
fn parameters(policy: &Node, binding: &Node, namespace: &str, objects: &[Object<'_>]) -> Vec<Value> {
    let Some(kind) = policy.field("paramKind") else { return vec![Value::Null] };
    let Some(reference) = binding.field("paramRef") else { return vec![Value::Null] };
    let is_meant = |object: &&Object<'_>| {
        let is_of_kind = kind.text("kind") == Some(object.kind()) && kind.text("apiVersion") == Some(object.api_version());
        // Without a namespace, those of the object's own; kinds of the whole cluster have none.
        let own = object.namespace().unwrap_or("default");
        let is_there = reference.text("namespace").unwrap_or(namespace) == own || object.namespace().is_none();
        let is_chosen = match reference.text("name") {
            Some(name) => name == object.name(),
            None => reference.field("selector").is_some_and(|selector| selector_matches(selector, object.root.at(&["metadata", "labels"]))),
        };
        is_of_kind && is_there && is_chosen
    };
    objects.iter().filter(is_meant).map(|object| plain(object.root)).collect()
}

#[cfg(test)]
mod tests {
    use super::plural;

    #[test]
    fn kinds_have_collections() {
        for (kind, expected) in [
            ("Pod", "pods"),
            ("Ingress", "ingresses"),
            ("NetworkPolicy", "networkpolicies"),
            ("Gateway", "gateways"),
            ("Endpoints", "endpoints"),
        ] {
            assert_eq!(plural(kind), expected);
        }
    }
}
