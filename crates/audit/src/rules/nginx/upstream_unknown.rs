//! NG026 upstream-unknown.

use windlass_conf::nginx::Nginx;

use crate::context::ConfigContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// nginx passes requests to a host that is no service of the stack.
    ///
    /// Names with a dot, addresses, variables, names of `extra_hosts`, `links` and network aliases are left alone, and so are services on a network of another project.
    ///
    /// ## Why
    /// nginx looks the name up when it starts, and stops with `host not found in upstream` when there is none.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   web:
    ///     image: nginx:1.28-alpine
    ///     volumes:
    ///       - ./docker/nginx.conf:/etc/nginx/conf.d/default.conf:ro
    ///   app1:
    ///     image: acme/app:1.4
    /// ```
    /// ```nginx docker/nginx.conf
    /// server {
    ///     listen 80;
    ///
    ///     location / {
    ///         proxy_pass http://app:3000;
    ///     }
    /// }
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   web:
    ///     image: nginx:1.28-alpine
    ///     volumes:
    ///       - ./docker/nginx.conf:/etc/nginx/conf.d/default.conf:ro
    ///   app:
    ///     image: acme/app:1.4
    /// ```
    /// ```nginx docker/nginx.conf
    /// server {
    ///     listen 80;
    ///
    ///     location / {
    ///         proxy_pass http://app:3000;
    ///     }
    /// }
    /// ```
    pub(crate) static RULE = {
        id: "NG026", slug: "upstream-unknown", control: Upstreams, severity: P1,
        effort: 15,
        check: Nginx(check),
    }
}

fn check(config: &ConfigContext<'_>, nginx: &Nginx, findings: &mut Findings<'_>) {
    let upstreams: Vec<&str> = config
        .services()
        .flat_map(|(service, _)| service.configs())
        .chain([*config])
        .filter_map(|config| config.nginx())
        .flat_map(|nginx| nginx.all())
        .filter(|directive| directive.is("upstream"))
        .filter_map(|directive| directive.text(0))
        .collect();
    let stacks: Vec<_> = config.services().filter(|(service, _)| !service.reaches_other_projects()).map(|(service, _)| service).collect();
    // A file that is not known may define upstreams.
    let is_open = nginx.scopes().iter().any(|scope| config.held(scope, "upstream").is_open);
    if stacks.is_empty() || is_open {
        return findings.not_applicable();
    }
    for target in nginx.targets() {
        let host = target.host.as_str();
        if upstreams.contains(&host) || host.contains('.') || host == "localhost" {
            continue;
        }
        let Some(service) = stacks.iter().find(|service| !service.finds_host(host)) else { continue };
        let names: Vec<&str> = service.stack().services().map(|other| other.name()).filter(|name| *name != service.name()).collect();
        findings
            .report(target.host.span, format!("`{host}` is no service of the stack"))
            .severity(service.grade(RULE.severity))
            .related(service.key_span(), "the service that has this file")
            .help(if names.is_empty() { "add the service".to_owned() } else { format!("its services are {}", names.join(", ")) });
    }
}
