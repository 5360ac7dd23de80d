//! NG007 csp.

use windlass_conf::nginx::Nginx;

use crate::context::{Answer, ConfigContext, Context};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// No `Content-Security-Policy`, neither in nginx nor in the application.
    ///
    /// ## Why
    /// A policy says where scripts may come from, and so stops most of what an injected script could do.
    ///
    /// Applications that nonces belong to send the header themselves; a library that does so, or a comment that says so, counts.
    ///
    /// ## Example
    /// ```nginx docker/conf.d/default.conf
    /// server {
    ///     listen 80;
    ///     root /usr/share/nginx/html;
    ///     server_tokens off;
    /// }
    /// ```
    /// ## Use instead
    /// ```nginx docker/conf.d/default.conf
    /// server {
    ///     listen 80;
    ///     root /usr/share/nginx/html;
    ///     add_header Content-Security-Policy "default-src 'self'" always;
    /// }
    /// ```
    pub(crate) static RULE = {
        id: "NG007", slug: "csp", control: ResponseHeaders, severity: P3,
        seed: "5.3",
        effort: 5,
        check: Nginx(check),
    }
}

fn check(config: &ConfigContext<'_>, _nginx: &Nginx, findings: &mut Findings<'_>) {
    let sites = config.sites();
    if sites.is_empty() {
        return findings.not_applicable();
    }
    // A comment that says who sends it is as good.
    let text = config.text().to_ascii_lowercase();
    if text.contains("content-security-policy") || text.split(|letter: char| !letter.is_ascii_alphanumeric()).any(|word| word == "csp") {
        return;
    }
    if let Some(library) = library(config.context()) {
        return findings.exempt(format!("the application sends it: `{library}` is among its packages"));
    }
    for site in sites.iter().filter(|site| site.header("Content-Security-Policy").is_none()) {
        // What an application sends is not seen here; files are answered by the server alone.
        if !matches!(site.answer("/"), Answer::File) {
            continue;
        }
        findings
            .report(site.span(), "responses have no `Content-Security-Policy` header")
            .severity(config.grade(RULE.severity))
            .help("begin with `Content-Security-Policy-Report-Only`, and read what it reports");
    }
}

/// A library of the application's that sends the header.
fn library(context: &Context) -> Option<&'static str> {
    const LIBRARIES: [&str; 8] = [
        "helmet",
        "spatie/laravel-csp",
        "bepsvpt/secure-headers",
        "nelmio/security-bundle",
        "django-csp",
        "secure_headers",
        "flask-talisman",
        "nuxt-security",
    ];
    let manifests = context.repository().files().iter().filter_map(|file| file.text());
    let texts: Vec<&str> = manifests.map(|id| &**context.sources().file(id).text()).collect();
    LIBRARIES.into_iter().find(|library| {
        texts.iter().any(|text| text.contains(&format!("\"{library}\"")) || text.lines().any(|line| line.starts_with(library)))
    })
}
