//! NG023 health-location.

use windlass_conf::nginx::Nginx;

use crate::context::ConfigContext;
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::rules::nginx::{HEALTH, is_about};

declare_rule! {
    /// Requests of health checks are logged.
    ///
    /// ## Why
    /// A probe asks every few seconds, from every node. Its lines bury those of visitors and fill the disk.
    ///
    /// That there is no location for health checks is no finding: a check may ask the program behind, or nginx's own port.
    ///
    /// ## Example
    /// ```nginx docker/conf.d/default.conf
    /// server {
    ///     listen 80;
    ///     root /srv/app/public;
    ///
    ///     location /health {
    ///         try_files $uri /index.php?$query_string;
    ///     }
    ///
    ///     location ~ \.php$ {
    ///         fastcgi_pass app:9000;
    ///     }
    /// }
    /// ```
    /// ## Use instead
    /// ```nginx docker/conf.d/default.conf
    /// server {
    ///     listen 80;
    ///     root /srv/app/public;
    ///
    ///     location /health {
    ///         access_log off;
    ///         try_files $uri /index.php?$query_string;
    ///     }
    ///
    ///     location ~ \.php$ {
    ///         fastcgi_pass app:9000;
    ///     }
    /// }
    /// ```
    pub(crate) static RULE = {
        id: "NG023", slug: "health-location", control: HealthEndpoints, severity: P3,
        seed: "7.4",
        fix: Auto,
        effort: 5,
        check: Nginx(check),
    }
}

fn check(config: &ConfigContext<'_>, _nginx: &Nginx, findings: &mut Findings<'_>) {
    let mut is_known = false;
    for site in config.sites() {
        for location in site.server().locations().iter().filter(|location| is_about(location, HEALTH) && !location.is_pattern()) {
            is_known = true;
            if config.held(&location.scope, "access_log").directives.iter().any(|log| log.text(0) == Some("off")) || location.refuses() {
                continue;
            }
            findings
                .report(location.span(), "requests of health checks are logged")
                .severity(config.grade(RULE.severity))
                .help("add `access_log off;`")
                .fix("keep them out of the log", config.add_directive(location.block(), "access_log off;"));
        }
    }
    if !is_known {
        findings.not_applicable();
    }
}
