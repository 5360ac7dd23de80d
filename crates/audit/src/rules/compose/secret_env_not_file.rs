//! CO043 secret-env-not-file.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A credential is given as a variable to an image that would read it from a file.
    ///
    /// Stacks for development are not looked at, nor are services that run something else than the image's server: its entrypoint reads
    /// the file.
    ///
    /// ## Why
    /// Variables are seen by `docker inspect`, by every child process and in many a crash report. A secret is a file that only the
    /// container sees.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   db:
    ///     image: postgres:17
    ///     environment:
    ///       POSTGRES_PASSWORD: ${DB_PASSWORD:?}
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
        id: "CO043", slug: "secret-env-not-file", control: Secrets, severity: P3,
        seed: "2.2, 12.1",
        effort: 15,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let image = service.image().filter(|_| service.is_production() && service.is_image_known() && service.runs_image());
    let Some((image, suffix)) = image.and_then(|image| Some((image, image.file_suffix.as_ref()?))) else {
        return findings.not_applicable();
    };
    for entry in &service.environment {
        let name = &entry.name.value;
        let is_set = entry.value.as_ref().is_some_and(|value| !value.value.is_empty());
        if !is_set || !image.credentials.iter().any(|known| known == name) || name.ends_with("USER") {
            continue;
        }
        findings
            .report(
                entry.name.span().or(service.attribute_span("environment")),
                format!("`{}` gets `{name}` as a variable", service.name()),
            )
            .because(format!("`{}` reads `{name}{suffix}` as well", image.name))
            .help(format!("declare a secret, and name its file: `{name}{suffix}: /run/secrets/NAME`"));
    }
}
