//! CO045 env-required.

use crate::context::StackContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// The compose file uses a variable that has neither a value nor a default, and that no example file or guide names.
    ///
    /// `${NAME:?}` is how a file says that somebody has to give a value.
    ///
    /// ## Why
    /// Compose puts nothing in its place and only warns: an empty password, an image without tag, a path that is the root.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     environment:
    ///       MAIL_HOST: ${MAIL_HOST}
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     environment:
    ///       MAIL_HOST: ${MAIL_HOST}
    /// ```
    /// ```dotenv .env.example
    /// MAIL_HOST=mail.example.com
    /// ```
    pub(crate) static RULE = {
        id: "CO045", slug: "env-required", control: Variables, severity: P2,
        effort: 5,
        check: Stack(check),
    }
}

fn check(stack: &StackContext<'_>, findings: &mut Findings<'_>) {
    for (name, span) in stack.unset_variables() {
        if stack.context().is_documented(name) {
            continue;
        }
        findings
            .report(*span, format!("`{name}` has neither a value nor a default"))
            .severity(stack.grade(RULE.severity))
            .help(format!("name it in `.env.example`, give a default (`${{{name}:-…}}`), or demand a value (`${{{name}:?}}`)"));
    }
}
