//! PH015 fpm-children.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A production service runs PHP-FPM with as many workers as the image's example has: five; or with a number that no container has memory for.
    ///
    /// ## Why
    /// Five requests at once, and the sixth waits. A pool that was tuned in a file is of no use when the image does not copy it and no service mounts it.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     build: .
    ///     environment:
    ///       APP_ENV: production
    /// ```
    /// ```dockerfile Dockerfile
    /// FROM php:8.4-fpm
    /// CMD ["php-fpm"]
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     build: .
    ///     environment:
    ///       APP_ENV: production
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
        id: "PH015", slug: "fpm-children", control: ProcessPool, severity: P2,
        seed: "13.1",
        effort: 20,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if !service.runs_fpm() || !service.is_production() {
        return findings.not_applicable();
    }
    let Some(entry) = service.fpm_setting("pm.max_children") else {
        if service.may_tune_fpm() {
            return findings.not_applicable();
        }
        let unused = service.context().configs().find(|config| config.fpm_pool().is_some_and(|pool| pool.get("pm.max_children").is_some()));
        let finding = findings.report(service.key_span(), format!("service `{}` runs the image's pool of five workers", service.name()));
        finding.severity(service.grade(RULE.severity)).help("copy or mount a pool at `/usr/local/etc/php-fpm.d/www.conf`");
        if let Some(config) = unused {
            finding.related(config.start(), "a pool that this service does not have");
        }
        return;
    };
    let Ok(children) = entry.text().parse::<u64>() else { return };
    if (6..=500).contains(&children) {
        return;
    }
    findings
        .report(entry.span, format!("service `{}` runs {children} workers", service.name()))
        .severity(service.grade(RULE.severity))
        .help("take as many as fit: the container's memory divided by what one process takes, often 40 to 80 MB");
}
