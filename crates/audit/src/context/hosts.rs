//! Which services a service speaks to, by what its variables say.

use smol_str::SmolStr;
use windlass_source::Spanned;

use super::service::ServiceContext;
use super::stack::StackContext;

impl<'a> StackContext<'a> {
    /// The service that a host name means within the stack: by its name, its container's, or an alias.
    pub fn service_of_host(self, host: &str) -> Option<ServiceContext<'a>> {
        self.services().find(|service| service.is_called(host))
    }
}

impl<'a> ServiceContext<'a> {
    /// The other services that its variables name as hosts, each once, with the first value that does: `DB_HOST: mysql`,
    /// `redis://cache:6379`.
    pub fn hosts(self) -> Vec<(ServiceContext<'a>, Spanned<SmolStr>)> {
        let mut found: Vec<(ServiceContext<'a>, Spanned<SmolStr>)> = Vec::new();
        for entry in &self.model().environment {
            // A file of variables is often one for all services.
            let Some(value) = entry.value.as_ref().filter(|value| value.span().is_some_and(|span| self.is_compose_file(span))) else {
                continue;
            };
            for host in hosts_of(&entry.name.value, &value.value) {
                let Some(service) = self.stack().service_of_host(host) else { continue };
                if service.name() != self.name() && found.iter().all(|(known, _)| known.name() != service.name()) {
                    found.push((service, value.clone()));
                }
            }
        }
        found
    }
}

/// The host names in a variable's value.
fn hosts_of<'v>(name: &str, value: &'v str) -> Vec<&'v str> {
    let says_host = name.to_ascii_uppercase().split(|letter: char| !letter.is_ascii_alphanumeric()).any(|word| {
        const WORDS: [&str; 10] = ["HOST", "HOSTS", "HOSTNAME", "SERVER", "SERVERS", "ADDR", "ADDRESS", "ENDPOINT", "UPSTREAM", "BROKER"];
        WORDS.contains(&word) || word.ends_with("HOST")
    });
    // What names an image, what lets the service wait by itself, and whom it only tells how it does.
    let is_other = ["IMAGE", "WAIT", "PRECONDITION", "METRICS", "OTEL", "OTLP", "TRACING", "TELEMETRY", "STATSD"]
        .iter()
        .any(|word| name.to_ascii_uppercase().contains(word));
    let mut found = Vec::new();
    for item in value.split([',', ' ', ';']).filter(|item| !item.is_empty() && !is_other) {
        if let Some((_, rest)) = item.split_once("://") {
            let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
            let host = authority.rsplit('@').next().unwrap_or(authority);
            found.extend(host.split(':').next());
        } else if let Some((_, rest)) = item.split_once("@tcp(") {
            found.extend(rest.split([':', ')']).next());
        } else if let Some((key, host)) = item.split_once('=') {
            if ["host", "server", "source", "address"].contains(&key.to_ascii_lowercase().as_str()) {
                found.extend(host.split(':').next());
            }
        } else if let Some((host, port)) = item.split_once(':') {
            let port = port.split('/').next().unwrap_or(port);
            if port.len() >= 2 && port.bytes().all(|byte| byte.is_ascii_digit()) {
                found.push(host);
            }
        } else if says_host {
            found.push(item);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_found_where_hosts_stand() {
        for (name, value, expected) in [
            ("DB_HOST", "mysql", vec!["mysql"]),
            ("PGHOST", "db", vec!["db"]),
            ("APP_NAME", "mysql", vec![]),
            ("DATABASE_URL", "postgres://a:b@db:5432/app?x=y", vec!["db"]),
            ("REDIS_URL", "redis://cache", vec!["cache"]),
            ("DSN", "a:b@tcp(db:3306)/app", vec!["db"]),
            ("ConnectionStrings__Main", "Server=sql;Database=app;User=sa", vec!["sql"]),
            ("KAFKA_BROKERS", "one:9092,two:9092", vec!["one", "two"]),
            ("APP_KEY", "base64:app", vec![]),
            ("REDIS_IMAGE", "redis:17", vec![]),
            ("VERSION", "redis:7", vec![]),
            ("SERVICE_PRECONDITION", "namenode:9000", vec![]),
        ] {
            assert_eq!(hosts_of(name, value), expected, "{name}={value}");
        }
    }
}
