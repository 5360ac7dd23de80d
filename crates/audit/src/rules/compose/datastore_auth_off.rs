//! CO087 datastore-auth-off.

use crate::context::{Reach, ServiceContext};
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::severity::{Grade, Severity};

declare_rule! {
    /// A datastore lets in whoever reaches it: its password is switched off.
    ///
    /// P1 where its port is published; P2 where only the stack's networks reach it.
    ///
    /// ## Why
    /// Whoever reaches the port reads and deletes everything; such databases are found within hours.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   search:
    ///     image: docker.elastic.co/elasticsearch/elasticsearch:8.8.0
    ///     environment:
    ///       - xpack.security.enabled=false
    ///     ports:
    ///       - "9200:9200"
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   search:
    ///     image: docker.elastic.co/elasticsearch/elasticsearch:8.8.0
    ///     environment:
    ///       - ELASTIC_PASSWORD_FILE=/run/secrets/elastic
    ///     ports:
    ///       - "127.0.0.1:9200:9200"
    /// ```
    pub(crate) static RULE = {
        id: "CO087", slug: "datastore-auth-off", control: DatastoreAccess, severity: P1,
        effort: 30,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    const OFF: [(&str, &[&str]); 7] = [
        ("xpack.security.enabled", &["false"]),
        ("ALLOW_EMPTY_PASSWORD", &["yes", "true", "1"]),
        ("MYSQL_ALLOW_EMPTY_PASSWORD", &["yes", "true", "1"]),
        ("MARIADB_ALLOW_EMPTY_ROOT_PASSWORD", &["yes", "true", "1"]),
        ("POSTGRES_HOST_AUTH_METHOD", &["trust"]),
        ("DISABLE_SECURITY_PLUGIN", &["true"]),
        ("ALLOW_PLAINTEXT_LISTENER", &[]),
    ];
    if !service.role().is_datastore() {
        return findings.not_applicable();
    }
    for (name, values) in OFF {
        let Some(value) = service.variable(name) else { continue };
        if !values.iter().any(|off| value.value.eq_ignore_ascii_case(off)) {
            continue;
        }
        let grade = match service.reach() {
            Reach::Public => service.grade(Severity::P1),
            _ => Grade::new(Severity::P2, "only the stack's own networks and this machine reach it"),
        };
        findings
            .report(service.key_span(), format!("`{name}` lets anybody into `{}`", service.name()))
            .related(value.span(), "switched off here")
            .severity(grade)
            .help("give it a password, from a secret");
    }
}
