//! NG025 weak-tls.

use windlass_conf::nginx::Nginx;

use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// TLS versions or ciphers that have been broken are accepted.
    ///
    /// ## Why
    /// SSL 3, TLS 1.0 and 1.1 and the ciphers RC4, DES and 3DES can be broken by who stands between. No browser of this decade needs them.
    ///
    /// ## Example
    /// ```nginx docker/conf.d/default.conf
    /// server {
    ///     listen 443 ssl;
    ///     root /usr/share/nginx/html;
    ///     add_header Strict-Transport-Security "max-age=31536000" always;
    ///     ssl_protocols TLSv1 TLSv1.1 TLSv1.2;
    /// }
    /// ```
    /// ## Use instead
    /// ```nginx docker/conf.d/default.conf
    /// server {
    ///     listen 443 ssl;
    ///     root /usr/share/nginx/html;
    ///     add_header Strict-Transport-Security "max-age=31536000" always;
    ///     ssl_protocols TLSv1.2 TLSv1.3;
    /// }
    /// ```
    pub(crate) static RULE = {
        id: "NG025", slug: "weak-tls", control: WebServerSecurity, severity: P1,
        fix: Auto,
        effort: 5,
        check: Nginx(check),
    }
}

fn check(config: &ConfigContext<'_>, nginx: &Nginx, findings: &mut Findings<'_>) {
    let mut is_known = false;
    for directive in nginx.all() {
        if directive.is("ssl_protocols") {
            is_known = true;
            let (weak, strong): (Vec<&str>, Vec<&str>) =
                directive.words().partition(|word| matches!(*word, "SSLv2" | "SSLv3" | "TLSv1" | "TLSv1.1"));
            if weak.is_empty() {
                continue;
            }
            let kept = if strong.is_empty() { "TLSv1.2 TLSv1.3".to_owned() } else { strong.join(" ") };
            findings
                .report(directive.span, format!("broken versions are accepted: {}", weak.join(", ")))
                .severity(config.grade(RULE.severity))
                .help(format!("write `ssl_protocols {kept};`"))
                .fix("leave them out", replace(directive.span, format!("ssl_protocols {kept};")));
        } else if directive.is("ssl_ciphers") {
            is_known = true;
            let Some(list) = directive.argument(0) else { continue };
            let (weak, strong): (Vec<&str>, Vec<&str>) = list.text.split(':').partition(|cipher| is_weak(cipher));
            if weak.is_empty() {
                continue;
            }
            findings
                .report(list.span, format!("broken ciphers are accepted: {}", weak.join(", ")))
                .severity(config.grade(RULE.severity))
                .help("take them out of the list")
                .fix("leave them out", (!strong.is_empty()).then(|| replace(list.span, format!("\"{}\"", strong.join(":")))));
        }
    }
    if !is_known {
        findings.not_applicable();
    }
}

/// True for an item of a cipher list that lets a broken cipher in.
fn is_weak(cipher: &str) -> bool {
    const WEAK: [&str; 9] = ["RC4", "DES", "3DES", "NULL", "aNULL", "eNULL", "EXPORT", "EXP", "MD5"];
    !cipher.starts_with(['!', '-']) && cipher.split(['-', '+']).any(|part| WEAK.contains(&part) || part.starts_with("CBC3"))
}
