//! CO066 project-name.

use crate::context::StackContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// No file of the stack names the project.
    ///
    /// Runs only when it is named: a directory's name is a name that many are content with.
    ///
    /// ## Why
    /// Containers, networks and volumes carry the project's name. In a clone with another name the volumes are others, and empty.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    /// ```
    /// ## Use instead
    /// ```yaml
    /// name: acme
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    /// ```
    pub(crate) static RULE = {
        id: "CO066", slug: "project-name", control: ComposeSyntax, severity: P3,
        aliases: ["dclint:require-project-name-field"],
        optional: true,
        effort: 1,
        check: Stack(check),
    }
}

fn check(stack: &StackContext<'_>, findings: &mut Findings<'_>) {
    if stack.written().all(|file| file.get("name").is_none()) {
        findings.report(stack.key_span("name"), "the project is called after its directory").help("add `name:` as the first line");
    }
}
