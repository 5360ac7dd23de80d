//! NG024 body-size-mismatch.

use windlass_conf::ini::Dialect;
use windlass_conf::nginx::{Nginx, bytes};

use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// nginx accepts larger or smaller requests than PHP.
    ///
    /// ## Why
    /// What only one of the two accepts fails at the other: PHP drops a form that is too large in silence, and nginx refuses with a bare 413 what the application would take.
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
    ///     client_max_body_size 50M;
    ///
    ///     location ~ \.php$ {
    ///         fastcgi_pass app:9000;
    ///     }
    /// }
    /// ```
    /// ```ini docker/php.ini
    /// post_max_size = 10M
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
    ///     client_max_body_size 10M;
    ///
    ///     location ~ \.php$ {
    ///         fastcgi_pass app:9000;
    ///     }
    /// }
    /// ```
    /// ```ini docker/php.ini
    /// post_max_size = 10M
    /// ```
    pub(crate) static RULE = {
        id: "NG024", slug: "body-size-mismatch", control: WebServerSettings, severity: P3,
        fix: Suggest,
        effort: 5,
        check: Nginx(check),
    }
}

fn check(config: &ConfigContext<'_>, _nginx: &Nginx, findings: &mut Findings<'_>) {
    for site in config.sites() {
        let held = site.held("client_max_body_size");
        if held.is_open {
            continue;
        }
        for (service, _) in config.services() {
            let Some(php) = site.application(service).and_then(|app| app.php_setting("post_max_size")) else { continue };
            let Some(accepted) = Dialect::Php.bytes(php.text()) else { continue };
            let written = held.directives.last().and_then(|directive| directive.argument(0));
            // nginx's default is 1 MB; 0 is no limit.
            let Some(limit) = written.map_or(Some(1 << 20), |word| bytes(&word.text)) else { continue };
            if limit == accepted || (written.is_none() && limit > accepted) {
                continue;
            }
            let place = written.map_or(site.span(), |word| word.span);
            let shown = written.map_or("1M by default", |word| word.as_str());
            findings
                .report(place, format!("nginx accepts requests of {shown}, PHP of {}", php.text()))
                .severity(config.grade(RULE.severity))
                .related(php.value_span(), "what PHP accepts")
                .help(format!("write `client_max_body_size {};`", php.text()))
                .suggest("accept what PHP accepts", written.map(|word| replace(word.span, php.text())));
            break;
        }
    }
}
