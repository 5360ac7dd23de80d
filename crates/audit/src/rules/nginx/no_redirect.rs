//! NG030 no-redirect.

use windlass_conf::nginx::{Directive, Nginx, Server};

use crate::context::ConfigContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A site has TLS, and answers without TLS as well.
    ///
    /// ## Why
    /// Old links and typed addresses begin with `http://`. Without a redirect those visitors stay in the clear, with their passwords.
    ///
    /// ## Example
    /// ```nginx docker/conf.d/default.conf
    /// server {
    ///     listen 80;
    ///     server_name shop.example;
    ///     root /srv/app/public;
    /// }
    ///
    /// server {
    ///     listen 443 ssl;
    ///     server_name shop.example;
    ///     root /srv/app/public;
    ///     add_header Strict-Transport-Security "max-age=31536000" always;
    /// }
    /// ```
    /// ## Use instead
    /// ```nginx docker/conf.d/default.conf
    /// server {
    ///     listen 80;
    ///     server_name shop.example;
    ///     return 301 https://$host$request_uri;
    /// }
    ///
    /// server {
    ///     listen 443 ssl;
    ///     server_name shop.example;
    ///     root /srv/app/public;
    ///     add_header Strict-Transport-Security "max-age=31536000" always;
    /// }
    /// ```
    pub(crate) static RULE = {
        id: "NG030", slug: "no-redirect", control: Tls, severity: P2,
        seed: "17.1",
        fix: Suggest,
        effort: 5,
        check: Nginx(check),
    }
}

fn check(config: &ConfigContext<'_>, nginx: &Nginx, findings: &mut Findings<'_>) {
    let servers = nginx.servers();
    if !servers.iter().any(|server| server.has_tls()) {
        return findings.not_applicable();
    }
    for site in config.sites() {
        let server = site.server();
        let plain = server.listens().into_iter().find(|listen| !listen.tls && listen.port == Some(80));
        let Some(plain) = plain else { continue };
        let names =
            |server: &Server<'_>| server.scope.own("server_name").flat_map(|name| name.words()).map(str::to_owned).collect::<Vec<_>>();
        let own = names(server);
        // A name that only this server has, as one for health checks, has no TLS to go to.
        let has_tls = |other: &&Server<'_>| {
            other.has_tls() && (own.is_empty() || names(other).is_empty() || names(other).iter().any(|name| own.contains(name)))
        };
        let redirects = |block: &Directive| {
            let target = |child: &Directive| child.words().any(|word| word.starts_with("https://"));
            block.children().iter().any(|child| (child.is("return") || child.is("rewrite")) && target(child))
        };
        let is_redirected = server.scope.own("if").any(redirects)
            || server.locations().iter().any(|location| redirects(location.block()))
            || redirects(server.block())
            || site.held("listen").is_open;
        if is_redirected || !servers.iter().any(|other| has_tls(&other)) {
            continue;
        }
        let line = if server.has_tls() {
            "if ($scheme = http) { return 301 https://$host$request_uri; }"
        } else {
            "return 301 https://$host$request_uri;"
        };
        findings
            .report(plain.span.unwrap_or_else(|| site.span()), "requests without TLS are answered, not redirected")
            .severity(config.grade(RULE.severity))
            .help(format!("add `{line}`"))
            .suggest("redirect them", config.add_directive(server.block(), line));
    }
}
