//! NG032 log-files.

use windlass_conf::nginx::Nginx;

use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// nginx logs to files in the container.
    ///
    /// The official images link `/var/log/nginx/access.log` and `error.log` to the container's output; a mount over that directory hides the links.
    ///
    /// ## Why
    /// Files in a container are seen by nobody and fill its disk. What goes to the output is kept, rotated and collected with all other logs.
    ///
    /// ## Example
    /// ```nginx docker/conf.d/default.conf
    /// server {
    ///     listen 80;
    ///     root /usr/share/nginx/html;
    ///     access_log /var/log/nginx/shop.access.log;
    /// }
    /// ```
    /// ## Use instead
    /// ```nginx docker/conf.d/default.conf
    /// server {
    ///     listen 80;
    ///     root /usr/share/nginx/html;
    ///     access_log /dev/stdout;
    /// }
    /// ```
    pub(crate) static RULE = {
        id: "NG032", slug: "log-files", control: Logging, severity: P3,
        seed: "12.1",
        fix: Auto,
        effort: 5,
        check: Nginx(check),
    }
}

fn check(config: &ConfigContext<'_>, nginx: &Nginx, findings: &mut Findings<'_>) {
    const DIRECTORY: &str = "/var/log/nginx";
    // With stacks of which none has nginx, the file is for a machine's own.
    let mut services = config.context().services().peekable();
    let is_of_machine = services.peek().is_some() && !services.any(|service| service.runs("nginx") || service.build.is_some());
    if config.uses().is_empty() && is_of_machine {
        return findings.not_applicable();
    }
    let hidden = config.services().find_map(|(service, _)| {
        let mount = service.model().volumes.iter().find(|mount| mount.target.value.trim_end_matches('/') == DIRECTORY)?;
        Some((service, mount))
    });
    if let Some((service, mount)) = hidden {
        findings
            .report(mount.target.span().or(mount.span()), format!("a mount at `{DIRECTORY}` hides the links to the container's output"))
            .severity(service.grade(RULE.severity))
            .help("take the mount away; `docker logs` shows what nginx says");
    }
    for directive in nginx.all().filter(|directive| directive.is("access_log") || directive.is("error_log")) {
        let Some(path) = directive.argument(0) else { continue };
        let is_link = path.text == "/var/log/nginx/access.log" || path.text == "/var/log/nginx/error.log";
        let is_file = path.text.starts_with('/') && !path.text.starts_with("/dev/") && !path.text.starts_with("/proc/");
        if !is_file || is_link || path.text.contains('$') {
            continue;
        }
        let output = if directive.is("access_log") { "/dev/stdout" } else { "/dev/stderr" };
        findings
            .report(path.span, format!("nginx logs to the file `{}`", path.text))
            .severity(config.grade(RULE.severity))
            .help(format!("write `{output}`"))
            .fix("log to the container's output", replace(path.span, output));
    }
}
