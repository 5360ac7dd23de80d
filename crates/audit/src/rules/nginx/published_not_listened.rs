//! NG027 published-not-listened.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A port is published that nginx does not listen on.
    ///
    /// ## Why
    /// Who connects gets `connection refused`, and whoever reads the compose file believes that HTTPS works.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   web:
    ///     image: nginx:1.28-alpine
    ///     ports:
    ///       - "80:80"
    ///       - "443:443"
    ///     volumes:
    ///       - ./docker/nginx.conf:/etc/nginx/nginx.conf:ro
    /// ```
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
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   web:
    ///     image: nginx:1.28-alpine
    ///     ports:
    ///       - "80:80"
    ///     volumes:
    ///       - ./docker/nginx.conf:/etc/nginx/nginx.conf:ro
    /// ```
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
        id: "NG027", slug: "published-not-listened", control: Upstreams, severity: P2,
        effort: 20,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let files: Vec<_> = service.configs().filter_map(|config| Some((config, config.nginx()?))).collect();
    // Without a server of its own the image's default one answers; variables and unknown files may listen on anything.
    let servers: Vec<_> = files.iter().flat_map(|(_, nginx)| nginx.servers()).collect();
    let is_open = files.iter().any(|(config, nginx)| nginx.scopes().iter().any(|scope| config.held(scope, "listen").is_open));
    let streams = files.iter().any(|(_, nginx)| nginx.all().any(|directive| directive.is("stream")));
    if servers.is_empty() || is_open || streams {
        return findings.not_applicable();
    }
    let listens: Vec<_> = servers.iter().flat_map(|server| server.listens()).collect();
    if listens.iter().any(|listen| listen.port.is_none()) {
        return findings.not_applicable();
    }
    // With a whole configuration mounted, only what it includes counts; else files of the image are there as well.
    let is_whole = files.iter().any(|(_, nginx)| nginx.is_whole());
    for port in &service.ports {
        let target = port.target.value;
        let is_listened =
            listens.iter().any(|listen| listen.port.is_some_and(|own| u32::from(own) == target)) || (!is_whole && target == 80);
        if is_listened || port.protocol.as_ref().is_some_and(|protocol| protocol.value != "tcp") {
            continue;
        }
        findings
            .report(port.target.span().or(port.span()), format!("nginx does not listen on port {target}, which is published"))
            .severity(service.grade(RULE.severity))
            .related(servers[0].span(), "where it listens")
            .help(format!("add a server that listens on {target}, or take the port away"));
    }
}
