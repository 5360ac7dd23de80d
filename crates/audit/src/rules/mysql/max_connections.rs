//! MY004 max-connections.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// All workers of the applications together may ask for more connections than MySQL gives.
    ///
    /// Workers of PHP-FPM are counted, times the containers that run them; MySQL gives 151 connections where nothing is set.
    ///
    /// ## Why
    /// At the worst moment, when every worker is busy, requests fail with `Too many connections`.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   mysql:
    ///     image: mysql:8.4
    ///     command: --max-connections=100
    ///   app:
    ///     build: .
    ///     environment:
    ///       DB_HOST: mysql
    ///     scale: 3
    /// ```
    /// ```dockerfile Dockerfile
    /// FROM php:8.4-fpm
    /// COPY docker/www.conf /usr/local/etc/php-fpm.d/www.conf
    /// CMD ["php-fpm"]
    /// ```
    /// ```ini docker/www.conf
    /// [www]
    /// pm = dynamic
    /// pm.max_children = 50
    /// pm.max_requests = 500
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   mysql:
    ///     image: mysql:8.4
    ///     command: --max-connections=200
    ///   app:
    ///     build: .
    ///     environment:
    ///       DB_HOST: mysql
    ///     scale: 3
    /// ```
    /// ```dockerfile Dockerfile
    /// FROM php:8.4-fpm
    /// COPY docker/www.conf /usr/local/etc/php-fpm.d/www.conf
    /// CMD ["php-fpm"]
    /// ```
    /// ```ini docker/www.conf
    /// [www]
    /// pm = dynamic
    /// pm.max_children = 50
    /// pm.max_requests = 500
    /// ```
    pub(crate) static RULE = {
        id: "MY004", slug: "max-connections", control: MysqlSettings, severity: P2,
        seed: "9.3, 13.2",
        effort: 10,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if !service.runs_mysql() {
        return findings.not_applicable();
    }
    let mut total = 0u64;
    let mut counted = Vec::new();
    for other in service.stack().services().filter(|other| other.runs_fpm()) {
        let uses = other.hosts().iter().any(|(host, _)| host.name() == service.name());
        let Some(entry) = other.fpm_setting("pm.max_children").filter(|_| uses) else { continue };
        let containers = other.replicas().unsigned_abs();
        let Ok(children) = entry.text().parse::<u64>() else { continue };
        total = total.saturating_add(children.saturating_mul(containers));
        counted.push((other.name(), entry.span));
    }
    let Some((_, first)) = counted.first() else { return findings.not_applicable() };
    let setting = service.mysql_setting("max_connections");
    let Ok(given) = setting.as_ref().map_or(Ok(151), |setting| setting.text.parse::<u64>()) else { return };
    if total <= given {
        return;
    }
    let names: Vec<&str> = counted.iter().map(|(name, _)| *name).collect();
    findings
        .report(
            setting.and_then(|setting| setting.span).or(service.key_span()),
            format!("{total} workers may connect, MySQL gives {given} connections"),
        )
        .severity(service.grade(RULE.severity))
        .related(*first, "how many workers a container has")
        .because(format!("the workers are those of {}", names.join(", ")))
        .help(format!("raise `max_connections` above {total}, or run fewer workers"));
}
