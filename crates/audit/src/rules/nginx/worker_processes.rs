//! NG017 worker-processes.

use windlass_conf::nginx::Nginx;
use windlass_source::{Edit, Span};

use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// The number of worker processes is not `auto`.
    ///
    /// ## Why
    /// One process uses one core; a fixed number fits one machine and none after it. Without the directive there is one process.
    ///
    /// ## Example
    /// ```nginx docker/nginx.conf
    /// worker_processes 1;
    ///
    /// events {
    ///     worker_connections 1024;
    /// }
    ///
    /// http {
    ///     sendfile on;
    ///
    ///     server {
    ///         listen 80;
    ///         root /usr/share/nginx/html;
    ///     }
    /// }
    /// ```
    /// ## Use instead
    /// ```nginx docker/nginx.conf
    /// worker_processes auto;
    ///
    /// events {
    ///     worker_connections 1024;
    /// }
    ///
    /// http {
    ///     sendfile on;
    ///
    ///     server {
    ///         listen 80;
    ///         root /usr/share/nginx/html;
    ///     }
    /// }
    /// ```
    pub(crate) static RULE = {
        id: "NG017", slug: "worker-processes", control: WebServerSettings, severity: P3,
        seed: "13.1",
        fix: Auto,
        effort: 5,
        check: Nginx(check),
    }
}

fn check(config: &ConfigContext<'_>, nginx: &Nginx, findings: &mut Findings<'_>) {
    if !nginx.is_whole() {
        return findings.not_applicable();
    }
    let root = nginx.root();
    match root.get("worker_processes") {
        Some(directive) if directive.text(0) == Some("auto") => {}
        Some(directive) => {
            let count = directive.text(0).unwrap_or_default();
            findings
                .report(directive.span, format!("`worker_processes` is {count}"))
                .severity(config.grade(RULE.severity))
                .help("write `worker_processes auto;`")
                .fix("one process for each core", replace(directive.span, "worker_processes auto;"));
        }
        // An included file may set it.
        None if config.held(&root, "worker_processes").is_open => {}
        None => {
            let Some(events) = nginx.directives.iter().find(|directive| directive.block.is_some()) else { return };
            findings
                .report(events.name.span, "`worker_processes` is missing: one process answers everything")
                .severity(config.grade(RULE.severity))
                .help("write `worker_processes auto;` at the top")
                .fix("one process for each core", insert_before(events.span, "worker_processes auto;\n\n"));
        }
    }
}

fn insert_before(span: Span, text: &str) -> Edit {
    replace(Span { end: span.start, ..span }, text)
}
