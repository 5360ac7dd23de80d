//! NG009 header-inheritance.

use windlass_conf::nginx::{Directive, Nginx};

use crate::context::ConfigContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A location sets a header of its own, and so loses the server's.
    ///
    /// ## Why
    /// `add_header` is inherited only where a block has none itself. A `Cache-Control` for images takes the protection of all other headers away, and nobody sees it.
    ///
    /// ## Example
    /// ```nginx docker/conf.d/default.conf
    /// server {
    ///     listen 80;
    ///     root /usr/share/nginx/html;
    ///     add_header X-Content-Type-Options "nosniff" always;
    ///
    ///     location /build/ {
    ///         add_header Cache-Control "public";
    ///     }
    /// }
    /// ```
    /// ## Use instead
    /// ```nginx docker/conf.d/default.conf
    /// server {
    ///     listen 80;
    ///     root /usr/share/nginx/html;
    ///     add_header X-Content-Type-Options "nosniff" always;
    ///
    ///     location /build/ {
    ///         expires 30d;
    ///     }
    /// }
    /// ```
    pub(crate) static RULE = {
        id: "NG009", slug: "header-inheritance", control: ResponseHeaders, severity: P2,
        fix: Auto,
        effort: 5,
        check: Nginx(check),
    }
}

fn check(config: &ConfigContext<'_>, _nginx: &Nginx, findings: &mut Findings<'_>) {
    for site in config.sites() {
        let set = site.held("add_header").directives;
        let protective: Vec<&Directive> = set.into_iter().filter(|directive| is_protective(directive)).collect();
        if protective.is_empty() {
            continue;
        }
        for location in site.server().locations() {
            let own: Vec<&Directive> = location.scope.own("add_header").collect();
            let (Some(first), Some(last)) = (own.first(), own.last()) else { continue };
            let merges = |held: Vec<&Directive>| held.iter().any(|directive| directive.text(0) == Some("merge"));
            if merges(config.held(&location.scope, "add_header_inherit").directives) {
                continue;
            }
            let lost = |directive: &&&Directive| {
                let name = directive.text(0).unwrap_or_default();
                site.header_at(&location.scope, name).is_none()
            };
            let lost: Vec<&Directive> = protective.iter().filter(lost).copied().collect();
            if lost.is_empty() {
                continue;
            }
            let names: Vec<&str> = lost.iter().filter_map(|directive| directive.text(0)).collect();
            let lines: Vec<&str> = lost.iter().map(|directive| config.context().slice(directive.span)).collect();
            findings
                .report(first.span, format!("this `add_header` drops {} of the server's headers here", lost.len()))
                .severity(config.grade(RULE.severity))
                .because(format!("lost are {}", names.join(", ")))
                .related(lost[0].span, "what is set for the server")
                .help("repeat them here, or set this header with `expires` or at server level")
                .fix("repeat the server's headers", config.line_after(last.span, &lines.join("\n")));
        }
    }
}

/// True for a header that protects visitors.
fn is_protective(directive: &Directive) -> bool {
    const NAMES: [&str; 7] = [
        "x-frame-options",
        "x-content-type-options",
        "x-xss-protection",
        "referrer-policy",
        "permissions-policy",
        "content-security-policy",
        "strict-transport-security",
    ];
    directive.text(0).is_some_and(|name| NAMES.contains(&name.to_ascii_lowercase().as_str()))
}
