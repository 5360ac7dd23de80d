//! NG029 alias-traversal.

use windlass_conf::nginx::{Modifier, Nginx};
use windlass_source::Span;

use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A location without a slash at its end has an `alias` with one.
    ///
    /// ## Why
    /// `/files../secret` begins with `/files`, and what follows is put behind the alias: `/data/../secret`. So visitors read the directory above.
    ///
    /// ## Example
    /// ```nginx docker/conf.d/default.conf
    /// server {
    ///     listen 80;
    ///
    ///     location /files {
    ///         alias /data/files/;
    ///     }
    /// }
    /// ```
    /// ## Use instead
    /// ```nginx docker/conf.d/default.conf
    /// server {
    ///     listen 80;
    ///
    ///     location /files/ {
    ///         alias /data/files/;
    ///     }
    /// }
    /// ```
    pub(crate) static RULE = {
        id: "NG029", slug: "alias-traversal", control: WebServerSecurity, severity: P1,
        fix: Auto,
        effort: 5,
        check: Nginx(check),
    }
}

fn check(config: &ConfigContext<'_>, nginx: &Nginx, findings: &mut Findings<'_>) {
    for location in nginx.servers().iter().flat_map(|server| server.locations()) {
        let is_prefix = matches!(location.modifier(), Modifier::Prefix | Modifier::FirmPrefix);
        let Some(alias) = location.scope.own("alias").next().filter(|_| is_prefix) else { continue };
        let Some(pattern) = location.block().arguments.last() else { continue };
        if pattern.text.ends_with('/') || !alias.text(0).is_some_and(|path| path.ends_with('/')) {
            continue;
        }
        let end = Span { start: pattern.span.end, ..pattern.span };
        findings
            .report(pattern.span, format!("`{}../` leads out of the directory of the alias", pattern.text))
            .severity(config.grade(RULE.severity))
            .related(alias.span, "the alias")
            .help("end both with `/`, or neither")
            .fix("end the location with `/`", (!config.context().slice(pattern.span).ends_with(['"', '\''])).then(|| replace(end, "/")));
    }
}
