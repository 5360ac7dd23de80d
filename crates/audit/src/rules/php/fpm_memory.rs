//! PH017 fpm-memory.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// All workers of PHP-FPM together may take more memory than the container has.
    ///
    /// The number of workers times `memory_limit` is compared with the limit; workers rarely take their limit all at once.
    ///
    /// ## Why
    /// When they do, the kernel kills a worker in the middle of a request, or the whole pool.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     build: .
    ///     environment:
    ///       APP_ENV: production
    ///     mem_limit: 1g
    /// ```
    /// ```dockerfile Dockerfile
    /// FROM php:8.4-fpm
    /// COPY docker/www.conf /usr/local/etc/php-fpm.d/www.conf
    /// CMD ["php-fpm"]
    /// ```
    /// ```ini docker/www.conf
    /// [www]
    /// user = www-data
    /// listen = 9000
    /// pm = dynamic
    /// pm.max_children = 20
    /// pm.start_servers = 4
    /// pm.min_spare_servers = 2
    /// pm.max_spare_servers = 6
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     build: .
    ///     environment:
    ///       APP_ENV: production
    ///     mem_limit: 4g
    /// ```
    /// ```dockerfile Dockerfile
    /// FROM php:8.4-fpm
    /// COPY docker/www.conf /usr/local/etc/php-fpm.d/www.conf
    /// CMD ["php-fpm"]
    /// ```
    /// ```ini docker/www.conf
    /// [www]
    /// user = www-data
    /// listen = 9000
    /// pm = dynamic
    /// pm.max_children = 20
    /// pm.start_servers = 4
    /// pm.min_spare_servers = 2
    /// pm.max_spare_servers = 6
    /// ```
    pub(crate) static RULE = {
        id: "PH017", slug: "fpm-memory", control: MemoryBudget, severity: P2,
        seed: "9.1, 21.1",
        effort: 20,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let (Some(limit), Some(entry)) = (service.memory_limit(), service.fpm_setting("pm.max_children")) else {
        return findings.not_applicable();
    };
    let (Some(each), place) = service.php_memory() else { return findings.not_applicable() };
    let Ok(children) = entry.text().parse::<u64>() else { return findings.not_applicable() };
    if !service.runs_fpm() {
        return findings.not_applicable();
    }
    let (all, limit_bytes) = (children.saturating_mul(each), limit.value.unsigned_abs());
    if all <= limit_bytes {
        return;
    }
    let megabytes = |bytes: u64| format!("{} MB", bytes >> 20);
    let message =
        format!("{children} workers of {} may take {}, the container has {}", megabytes(each), megabytes(all), megabytes(limit_bytes));
    let finding = findings.report(limit.span().or(service.key_span()), message);
    finding
        .severity(service.grade(RULE.severity))
        .related(entry.span, "how many workers")
        .help("raise the limit, or lower `pm.max_children` or `memory_limit`");
    if let Some(place) = place {
        finding.related(place.span, "what each may take");
    }
}
