//! CO038 secret-literal.

use crate::context::{ServiceContext, Written};
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::severity::{Grade, Severity};

declare_rule! {
    /// A credential stands in the compose file, as a variable or as an option of the command.
    ///
    /// What looks like a placeholder is P2: it becomes the password of everybody who starts the stack as it is. Defaults of variables are
    /// CO039's affair, passwords in addresses CO040's.
    ///
    /// ## Why
    /// The file is in git, and so is the credential, for ever and for everybody who can read the repository.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   db:
    ///     image: postgres:17
    ///     environment:
    ///       POSTGRES_PASSWORD: hunter2
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   db:
    ///     image: postgres:17
    ///     environment:
    ///       POSTGRES_PASSWORD: ${DB_PASSWORD:?}
    /// ```
    pub(crate) static RULE = {
        id: "CO038", slug: "secret-literal", control: Secrets, severity: P1,
        seed: "2.2, 5.1, 20.2",
        aliases: ["compose-lint:CL-0020"],
        fix: Suggest,
        effort: 20,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if service.environment.is_empty() && service.command.is_none() {
        return findings.not_applicable();
    }
    for credential in service.credentials() {
        if credential.written != Written::Literally || credential.is_address {
            continue;
        }
        let name = &credential.name.value;
        let grade = if service.is_production() && credential.is_placeholder() {
            Grade::new(Severity::P2, "it looks like a placeholder")
        } else {
            service.grade(RULE.severity)
        };
        let variable = if name.starts_with("--") { "NAME" } else { name.as_str() };
        let is_whole = credential.value.origin.parts().is_empty();
        let edit = service.assignment_of(&credential).filter(|_| is_whole);
        findings
            .report(credential.value.span().or(credential.name.span()), format!("`{name}` holds a credential in the clear"))
            .severity(grade)
            .because(credential.sign.to_string())
            .help(format!("write `${{{variable}:?}}` and give the value in the environment, or use a secret"))
            .suggest("take it from the environment", edit);
    }
}
