//! NG003 x-xss-protection.

use windlass_conf::nginx::{Directive, Nginx};

use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `X-XSS-Protection` switches on a filter of old browsers in the way that can be turned against the site.
    ///
    /// ## Why
    /// The filter is gone from today's browsers. Where it still is, `1` alone lets an attacker cut scripts out of a page; `0`, `1; mode=block`, or no header at all are fine.
    ///
    /// A missing header is therefore no finding.
    ///
    /// ## Example
    /// ```nginx docker/conf.d/default.conf
    /// server {
    ///     listen 80;
    ///     root /usr/share/nginx/html;
    ///     add_header X-XSS-Protection "1" always;
    /// }
    /// ```
    /// ## Use instead
    /// ```nginx docker/conf.d/default.conf
    /// server {
    ///     listen 80;
    ///     root /usr/share/nginx/html;
    ///     add_header X-XSS-Protection "0" always;
    /// }
    /// ```
    pub(crate) static RULE = {
        id: "NG003", slug: "x-xss-protection", control: ResponseHeaders, severity: P3,
        seed: "5.3",
        fix: Auto,
        effort: 5,
        check: Nginx(check),
    }
}

fn check(config: &ConfigContext<'_>, nginx: &Nginx, findings: &mut Findings<'_>) {
    let named = |directive: &&Directive| {
        directive.is("add_header") && directive.text(0).is_some_and(|name| name.eq_ignore_ascii_case("X-XSS-Protection"))
    };
    for value in nginx.all().filter(named).filter_map(|directive| directive.argument(1)) {
        let setting = value.text.replace(' ', "").to_ascii_lowercase();
        if setting.starts_with('1') && !setting.contains("mode=block") {
            findings
                .report(value.span, format!("`X-XSS-Protection` is `{}`", value.text))
                .severity(config.grade(RULE.severity))
                .help("write `0`, or leave the header out")
                .fix("switch the filter off", replace(value.span, "\"0\""));
        }
    }
}
