//! CO027 docker-sock.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::severity::{Grade, Severity};

declare_rule! {
    /// A container can speak to the container engine: its socket, or a directory that holds it, is mounted.
    ///
    /// That the mount is read-only changes nothing. P2 for agents that look after the machine, P3 for a proxy that filters what is asked.
    ///
    /// ## Why
    /// Who can ask the engine can start a privileged container with the host's disk. It is root on the host.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   ui:
    ///     image: acme/ui:1.4
    ///     volumes:
    ///       - /var/run/docker.sock:/var/run/docker.sock
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   ui:
    ///     image: acme/ui:1.4
    ///     environment:
    ///       DOCKER_HOST: tcp://socket-proxy:2375
    ///     networks:
    ///       - socket
    ///
    /// networks:
    ///   socket:
    ///     internal: true
    /// ```
    pub(crate) static RULE = {
        id: "CO027", slug: "docker-sock", control: HostAccess, severity: P1,
        aliases: ["kics:docker_socket_mounted_in_container", "compose-lint:CL-0001", "docker-bench:5.32"],
        effort: 60,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let mounts = service.volumes.iter().filter_map(|mount| {
        let path = service.host_path(&mount.value)?;
        let is_socket = ServiceContext::holds_engine(&path);
        is_socket.then(|| (mount.value.source.as_ref().and_then(|source| source.span()).or(mount.span()), path))
    });
    let api = service.use_api_socket.as_ref().filter(|flag| flag.value).map(|flag| (flag.span(), "the engine's socket".to_owned()));
    for (span, path) in mounts.chain(api) {
        let filters = service.image().filter(|image| image.name == "docker-socket-proxy");
        let grade = match filters {
            Some(_) => Grade::new(Severity::P3, "its image lets only chosen requests through"),
            None => service.grade_on_host(RULE.severity),
        };
        findings
            .report(
                span.or(service.attribute_span("volumes")),
                format!("`{}` has the container engine in its hands: `{path}`", service.name()),
            )
            .severity(grade)
            .help("leave it out, or put a proxy between them that lets only what is needed through");
    }
}
