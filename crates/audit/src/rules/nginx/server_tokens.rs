//! NG006 server-tokens.

use windlass_conf::nginx::Nginx;

use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// nginx tells its version to everybody.
    ///
    /// ## Why
    /// The version tells an attacker which known defects to try, and is of no use to anybody else.
    ///
    /// ## Example
    /// ```nginx docker/conf.d/default.conf
    /// server {
    ///     listen 80;
    ///     root /usr/share/nginx/html;
    ///     add_header X-Content-Type-Options "nosniff" always;
    /// }
    /// ```
    /// ## Use instead
    /// ```nginx docker/conf.d/default.conf
    /// server {
    ///     listen 80;
    ///     root /usr/share/nginx/html;
    ///     server_tokens off;
    /// }
    /// ```
    pub(crate) static RULE = {
        id: "NG006", slug: "server-tokens", control: ResponseHeaders, severity: P2,
        seed: "5.3",
        fix: Auto,
        effort: 5,
        check: Nginx(check),
    }
}

fn check(config: &ConfigContext<'_>, _nginx: &Nginx, findings: &mut Findings<'_>) {
    let sites = config.sites();
    if sites.is_empty() {
        return findings.not_applicable();
    }
    for site in sites {
        let held = site.held("server_tokens");
        match held.directives.last() {
            Some(directive) if directive.text(0) != Some("on") => {}
            Some(directive) => {
                findings
                    .report(directive.span, "`server_tokens` is on: responses tell nginx's version")
                    .severity(config.grade(RULE.severity))
                    .help("write `server_tokens off;`")
                    .fix(
                        "hide the version",
                        (directive.span.file == config.file_id()).then(|| replace(directive.span, "server_tokens off;")),
                    );
            }
            None if held.is_open => {}
            None => {
                findings
                    .report(site.span(), "responses tell nginx's version")
                    .severity(config.grade(RULE.severity))
                    .help("add `server_tokens off;`")
                    .fix("hide the version", config.add_directive(site.server().block(), "server_tokens off;"));
            }
        }
    }
}
