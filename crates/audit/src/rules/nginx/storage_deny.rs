//! NG012 storage-deny.

use windlass_conf::nginx::Nginx;

use crate::context::{Answer, ConfigContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Laravel's `storage/` is handed out: the server's root is the project, not its `public/`.
    ///
    /// ## Why
    /// `storage/logs/laravel.log` tells every error with its data; sessions and private uploads lie beside it.
    ///
    /// ## Example
    /// ```nginx docker/nginx.conf
    /// server {
    ///     listen 80;
    ///     root /srv/app;
    /// }
    /// ```
    /// ```php artisan
    /// #!/usr/bin/env php
    /// ```
    /// ## Use instead
    /// ```nginx docker/nginx.conf
    /// server {
    ///     listen 80;
    ///     root /srv/app;
    ///
    ///     location ~ ^/(storage|bootstrap/cache)/ {
    ///         deny all;
    ///     }
    /// }
    /// ```
    /// ```php artisan
    /// #!/usr/bin/env php
    /// ```
    pub(crate) static RULE = {
        id: "NG012", slug: "storage-deny", control: PathAccess, severity: P2,
        seed: "5.3",
        fix: Auto,
        effort: 5,
        check: Nginx(check),
    }
}

fn check(config: &ConfigContext<'_>, _nginx: &Nginx, findings: &mut Findings<'_>) {
    let is_laravel = config.context().repository().find(|file| file.name() == "artisan").is_some();
    if !is_laravel || config.sites().is_empty() {
        return findings.not_applicable();
    }
    for site in config.sites() {
        let is_public = site.root().is_none_or(|root| root.trim_end_matches('/').ends_with("/public"));
        if is_public || site.answer("/storage/logs/laravel.log") != Answer::File {
            continue;
        }
        findings
            .report(site.span(), "`/storage/logs/laravel.log` is handed out")
            .severity(config.grade(RULE.severity))
            .help("make `public/` the root; or refuse `storage/` and `bootstrap/cache/`")
            .fix("refuse them", config.add_directive(site.server().block(), "location ~ ^/(storage|bootstrap/cache)/ { deny all; }"));
    }
}
