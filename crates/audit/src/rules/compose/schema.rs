//! CO100 schema.

use windlass_source::Diagnostic;

use crate::context::Context;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A compose file is not what Compose reads: an attribute that does not exist, a value of the wrong type.
    ///
    /// What Windlass can't read is not checked by other rules.
    ///
    /// ## Why
    /// `docker compose up` refuses the whole project.
    ///
    /// ## Example
    /// ```yaml compose.yaml
    /// services:
    ///   web:
    ///     image: nginx:1.29.1
    ///     prots: ["127.0.0.1:8080:80"]
    /// ```
    /// ## Use instead
    /// ```yaml compose.yaml
    /// services:
    ///   web:
    ///     image: nginx:1.29.1
    ///     ports: ["127.0.0.1:8080:80"]
    /// ```
    pub(crate) static RULE = {
        id: "CO100", slug: "schema", control: ComposeSyntax, severity: P1,
        seed: "20.1",
        aliases: ["dclint:invalid-schema"],
        effort: 10,
        check: Repository(check),
    }
}

/// What a schema says. A service without an image may be the half of a stack whose other half is elsewhere.
const CODES: [&str; 5] = [
    "compose::conflicting-values",
    "compose::invalid-value",
    "compose::mutually-exclusive",
    "compose::unknown-attribute",
    "compose::wrong-type",
];

fn check(context: &Context, findings: &mut Findings<'_>) {
    if context.stacks().next().is_none() && context.not_understood().is_empty() {
        return findings.not_applicable();
    }
    let of_schema = |diagnostic: &&Diagnostic| diagnostic.is_error() && CODES.contains(&diagnostic.code.0);
    for diagnostic in context.not_understood().iter().filter(of_schema) {
        let finding = findings.report(diagnostic.labels.first().map(|label| label.span), diagnostic.message.clone());
        diagnostic.help.iter().for_each(|help| {
            finding.help(help.clone());
        });
    }
}
