//! CO069 style.

use windlass_source::Span;
use windlass_yaml::{Map, Node};

use crate::context::StackContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Services, their attributes, dependencies and ports, and the top-level elements do not stand in the usual order.
    ///
    /// Runs only when it is named: order is a matter of taste, and comments mostly explain the order that a file has.
    ///
    /// ## Why
    /// In a long file, people find things where they expect them.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   web:
    ///     image: acme/web:1.4
    ///   app:
    ///     image: acme/app:1.4
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///   web:
    ///     image: acme/web:1.4
    /// ```
    pub(crate) static RULE = {
        id: "CO069", slug: "style", control: ComposeSyntax, severity: P3,
        aliases: [
            "dclint:services-alphabetical-order", "dclint:service-keys-order", "dclint:service-dependencies-alphabetical-order",
            "dclint:service-ports-alphabetical-order", "dclint:top-level-properties-order", "dclint:no-quotes-in-volumes",
        ],
        optional: true,
        effort: 5,
        check: Stack(check),
    }
}

/// Top-level elements as files mostly have them. Extensions come before, where their anchors are defined.
const TOP_LEVEL: [&str; 8] = ["version", "name", "include", "services", "networks", "volumes", "secrets", "configs"];

/// What a service is, then how it runs.
const SERVICE: [&str; 14] = [
    "image",
    "build",
    "container_name",
    "depends_on",
    "volumes",
    "volumes_from",
    "configs",
    "secrets",
    "environment",
    "env_file",
    "ports",
    "networks",
    "command",
    "restart",
];

fn check(stack: &StackContext<'_>, findings: &mut Findings<'_>) {
    for file in stack.written() {
        let Some(root) = file.as_map() else { continue };
        in_order(listed(root, &TOP_LEVEL), "the top-level elements", findings);
        let Some(services) = file.get("services").and_then(Node::as_map) else { continue };
        in_order(services.keys().map(|key| (key.as_str().to_owned(), key.span)), "the services", findings);
        for (name, service) in services.iter().filter_map(|(name, node)| Some((name.as_str(), node.as_map()?))) {
            in_order(listed(service, &SERVICE), &format!("the attributes of `{name}`"), findings);
            for list in ["depends_on", "ports"] {
                let items = service.get(list).and_then(Node::as_sequence).into_iter().flatten();
                let texts = items.filter_map(|item| Some((item.as_str()?.to_owned(), item.span())));
                in_order(texts, &format!("`{list}` of `{name}`"), findings);
            }
        }
    }
}

/// The place in a list of each key that is in it.
fn listed(map: &Map, order: &[&str]) -> Vec<(usize, Option<Span>)> {
    map.keys().filter_map(|key| Some((order.iter().position(|known| *known == key.as_str())?, key.span))).collect()
}

/// Reports the first that stands behind one that should follow it.
fn in_order<T: PartialOrd>(items: impl IntoIterator<Item = (T, Option<Span>)>, what: &str, findings: &mut Findings<'_>) {
    let mut before: Option<T> = None;
    for (item, span) in items {
        if before.as_ref().is_some_and(|before| *before > item) {
            findings.report(span, format!("{what} are not in order")).help("move it up");
            return;
        }
        before = Some(item);
    }
}
