//! CO065 version-field.

use windlass_yaml::Node;

use crate::context::StackContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A compose file names a `version`.
    ///
    /// ## Why
    /// Compose has ignored it since version 2 and prints a warning at each command; readers take it for a promise.
    ///
    /// ## Example
    /// ```yaml
    /// version: "3.8"
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    /// ```
    pub(crate) static RULE = {
        id: "CO065", slug: "version-field", control: ComposeSyntax, severity: P3,
        aliases: ["dclint:no-version-field"],
        fix: Auto,
        effort: 1,
        check: Stack(check),
    }
}

fn check(stack: &StackContext<'_>, findings: &mut Findings<'_>) {
    // `docker stack deploy` still reads it.
    if stack.is_swarm() {
        return findings.not_applicable();
    }
    for key in stack.written().filter_map(Node::as_map).flat_map(|map| map.keys()).filter(|key| key.as_str() == "version") {
        findings.report(key.span, "Compose ignores `version`, and warns").help("remove it").fix("remove it", stack.remove_attribute(key));
    }
}
