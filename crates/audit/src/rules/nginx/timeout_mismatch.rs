//! NG028 timeout-mismatch.

use windlass_conf::nginx::{Nginx, seconds};

use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// nginx waits for PHP for another time than PHP works.
    ///
    /// ## Why
    /// When nginx gives up first, PHP works on for nobody and the visitor sees a 504; when PHP gives up first, the longer time is never used.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   web:
    ///     image: nginx:1.28-alpine
    ///     volumes:
    ///       - ./docker/nginx.conf:/etc/nginx/conf.d/default.conf:ro
    ///   app:
    ///     image: php:8.4-fpm
    ///     volumes:
    ///       - ./docker/php.ini:/usr/local/etc/php/conf.d/app.ini:ro
    /// ```
    /// ```nginx docker/nginx.conf
    /// server {
    ///     listen 80;
    ///     root /srv/app/public;
    ///     fastcgi_read_timeout 300s;
    ///
    ///     location ~ \.php$ {
    ///         fastcgi_pass app:9000;
    ///     }
    /// }
    /// ```
    /// ```ini docker/php.ini
    /// max_execution_time = 120
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   web:
    ///     image: nginx:1.28-alpine
    ///     volumes:
    ///       - ./docker/nginx.conf:/etc/nginx/conf.d/default.conf:ro
    ///   app:
    ///     image: php:8.4-fpm
    ///     volumes:
    ///       - ./docker/php.ini:/usr/local/etc/php/conf.d/app.ini:ro
    /// ```
    /// ```nginx docker/nginx.conf
    /// server {
    ///     listen 80;
    ///     root /srv/app/public;
    ///     fastcgi_read_timeout 120s;
    ///
    ///     location ~ \.php$ {
    ///         fastcgi_pass app:9000;
    ///     }
    /// }
    /// ```
    /// ```ini docker/php.ini
    /// max_execution_time = 120
    /// ```
    pub(crate) static RULE = {
        id: "NG028", slug: "timeout-mismatch", control: WebServerSettings, severity: P3,
        fix: Suggest,
        effort: 5,
        check: Nginx(check),
    }
}

fn check(config: &ConfigContext<'_>, nginx: &Nginx, findings: &mut Findings<'_>) {
    for site in config.sites() {
        let written = nginx.all().filter(|directive| directive.is("fastcgi_read_timeout")).find_map(|directive| directive.argument(0));
        let Some((written, waits)) = written.and_then(|word| Some((word, seconds(&word.text)?))) else { continue };
        for (service, _) in config.services() {
            let Some(php) = site.application(service).and_then(|app| app.php_setting("max_execution_time")) else { continue };
            let Ok(works) = php.text().parse::<u64>() else { continue };
            if works == waits || works == 0 {
                continue;
            }
            findings
                .report(written.span, format!("nginx waits {waits} s for PHP, which works {works} s"))
                .severity(config.grade(RULE.severity))
                .related(php.value_span(), "how long PHP works")
                .help(format!("write `fastcgi_read_timeout {works}s;`"))
                .suggest("wait as long as PHP works", replace(written.span, format!("{works}s")));
            break;
        }
    }
}
