//! CO041 secret-unused.

use crate::context::StackContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A secret is declared and no service uses it.
    ///
    /// ## Why
    /// It looks as if the credential were kept as a secret, while it reaches the services in another way, mostly as a variable.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   db:
    ///     image: postgres:17
    /// secrets:
    ///   db_password:
    ///     file: ./db_password.txt
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   db:
    ///     image: postgres:17
    ///     environment:
    ///       POSTGRES_PASSWORD_FILE: /run/secrets/db_password
    ///     secrets:
    ///       - db_password
    /// secrets:
    ///   db_password:
    ///     file: ./db_password.txt
    /// ```
    pub(crate) static RULE = {
        id: "CO041", slug: "secret-unused", control: Secrets, severity: P2,
        seed: "2.2",
        effort: 10,
        check: Stack(check),
    }
}

fn check(stack: &StackContext<'_>, findings: &mut Findings<'_>) {
    let unused = stack.unused("secrets");
    if unused.is_empty() && stack.project().secrets.is_empty() {
        return findings.not_applicable();
    }
    for key in unused {
        findings
            .report(key.span.or(stack.key_span("secrets")), format!("no service uses the secret `{}`", key.name()))
            .help("list it in `secrets` of the service that needs it, or remove it");
    }
}
