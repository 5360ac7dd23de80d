//! Which ports a service offers to others: container ports of `ports`, `expose`, and the image's known ones.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;
use windlass_compose::model::Service;
use windlass_images::image::Protocol;
use windlass_k8s::name::port_name;
use windlass_source::{Code, Diagnostic, Spanned};

use super::ImageFacts;
use super::route::Asked;

/// A port of the container that others can reach.
#[derive(Clone, Debug)]
pub(crate) struct Offered {
    pub(crate) number: u16,
    pub(crate) transport: Transport,
    /// Unique in the container and in its Service.
    pub(crate) name: SmolStr,
    /// What is spoken, as `appProtocol`.
    pub(crate) app_protocol: Option<SmolStr>,
    pub(crate) said_by: SaidBy,
}

/// Who says that a service has a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SaidBy {
    /// Its own attributes.
    Service,
    /// Its image: the documentation, or a Dockerfile.
    Image,
    /// Nobody but whoever calls it.
    Caller,
}

impl Offered {
    /// One that others call.
    pub(super) fn called(number: u16) -> Self {
        let name = SmolStr::from(format!("tcp-{number}"));
        Self { number, transport: Transport::Tcp, name, app_protocol: None, said_by: SaidBy::Caller }
    }
}

/// A transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Transport {
    Tcp,
    Udp,
    Sctp,
}

impl Offered {
    /// A name that follows from the number alone, and that nobody writes.
    pub(super) fn numbered(&self) -> SmolStr {
        format!("p{}-{}", self.number, self.transport.as_str().to_ascii_lowercase()).into()
    }
}

impl Transport {
    /// Reads `tcp`, `udp` or `sctp`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "" | "tcp" => Some(Self::Tcp),
            "udp" => Some(Self::Udp),
            "sctp" => Some(Self::Sctp),
            _ => None,
        }
    }

    /// As Kubernetes writes it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sctp => "SCTP",
        }
    }
}

struct Wanted {
    name: Option<SmolStr>,
    app_protocol: Option<SmolStr>,
    said_by: SaidBy,
}

/// More ports than a Service should have; who needs them wants the host's network.
pub(super) const MANY: usize = 100;

/// The ports in order of number.
pub(super) fn offered(service: &Service, image: &ImageFacts, asked: &Asked, diagnostics: &mut Vec<Diagnostic>) -> Vec<Offered> {
    let unknown = |said_by| Wanted { name: None, app_protocol: None, said_by };
    let mut wanted: BTreeMap<(u16, Transport), Wanted> = BTreeMap::new();
    for port in &service.ports {
        let transport = port.protocol.as_ref().map_or(Some(Transport::Tcp), |protocol| Transport::parse(protocol));
        let number = u16::try_from(port.target.value).ok().filter(|number| *number > 0);
        let (Some(transport), Some(number)) = (transport, number) else {
            diagnostics.push(
                Diagnostic::warning(
                    Code("convert::port"),
                    format!("port {} of `{}` has no counterpart", port.target.value, service.name.value),
                )
                .label(port.target.span(), "")
                .because("Kubernetes knows ports 1 to 65535 of TCP, UDP and SCTP"),
            );
            continue;
        };
        let entry = wanted.entry((number, transport)).or_insert_with(|| unknown(SaidBy::Service));
        entry.name = entry.name.take().or_else(|| port.name.as_ref().map(|name| name.value.clone()));
        entry.app_protocol = entry.app_protocol.take().or_else(|| port.app_protocol.as_ref().map(|protocol| protocol.value.clone()));
    }
    for expose in &service.expose {
        for (number, transport) in expand(expose) {
            wanted.entry((number, transport)).or_insert_with(|| unknown(SaidBy::Service));
        }
    }
    for port in asked.ports() {
        wanted.entry(port).or_insert_with(|| unknown(SaidBy::Service));
    }
    if wanted.len() > MANY {
        diagnostics.push(
            Diagnostic::warning(Code("convert::many-ports"), format!("`{}` has {} ports", service.name.value, wanted.len()))
                .label(service.name.span(), "")
                .because("each node forwards each port of a Service by a rule of its own")
                .help("write `network_mode: host`, or publish a smaller range"),
        );
    }
    let exposed = image.exposed();
    for port in exposed.offered {
        wanted.entry(port).or_insert_with(|| unknown(SaidBy::Image));
    }
    if let Some(range) = exposed.too_many.first() {
        diagnostics.push(
            Diagnostic::warning(Code("convert::many-ports"), format!("the Dockerfile of `{}` exposes {range}", service.name.value))
                .label(service.build.as_ref().and_then(Spanned::span), "")
                .because("each node forwards each port of a Service by a rule of its own, so none of that range is offered")
                .help("name the ports that are in use with `expose` or `ports`, or write `network_mode: host`"),
        );
    }
    if let Some(known) = image.server() {
        for port in &known.ports {
            let transport = match port.protocol {
                Protocol::Tcp => Transport::Tcp,
                Protocol::Udp => Transport::Udp,
            };
            let entry = wanted.entry((port.port, transport)).or_insert_with(|| unknown(SaidBy::Image));
            entry.name = entry.name.take().or_else(|| Some(port.name.as_str().into()));
            entry.app_protocol = entry.app_protocol.take().or_else(|| port.app.as_deref().map(SmolStr::from));
        }
    }
    for (number, scheme) in listens(service) {
        if let Some(entry) = wanted.get_mut(&(number, Transport::Tcp)) {
            let written = || service.ports.iter().filter(|port| port.target.value == u32::from(number));
            if written().all(|port| port.name.is_none()) {
                entry.name = Some(scheme.into());
            }
            if written().all(|port| port.app_protocol.is_none()) {
                entry.app_protocol = Some(scheme.into());
            }
        }
    }
    name_all(wanted)
}

/// The addresses at which an ASP.NET service is told to listen, as ports with what is spoken there.
fn listens(service: &Service) -> impl Iterator<Item = (u16, &'static str)> {
    let urls = ["ASPNETCORE_URLS", "DOTNET_URLS"].into_iter().filter_map(|name| service.environment.get(name)?.as_ref());
    urls.flat_map(|urls| urls.split(';')).filter_map(|url| {
        let (scheme, rest) = url.trim().split_once("://")?;
        let scheme = ["http", "https"].into_iter().find(|known| scheme.eq_ignore_ascii_case(known))?;
        let port = rest.trim_end_matches('/').rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        Some((port.unwrap_or(if scheme == "https" { 443 } else { 80 }), scheme))
    })
}

/// The ports of one `expose` item: `80`, `80-90`, `80/udp`.
pub(crate) fn expand(text: &str) -> Vec<(u16, Transport)> {
    let (range, transport) = match text.split_once('/') {
        Some((range, protocol)) => (range, Transport::parse(protocol)),
        None => (text, Some(Transport::Tcp)),
    };
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    match (first.trim().parse::<u16>(), last.trim().parse::<u16>(), transport) {
        (Ok(first), Ok(last), Some(transport)) if first > 0 => (first..=last).map(|number| (number, transport)).collect(),
        _ => Vec::new(),
    }
}

/// Gives each port a name that no other has: the written one, the image's, else protocol and number.
fn name_all(wanted: BTreeMap<(u16, Transport), Wanted>) -> Vec<Offered> {
    let mut taken: BTreeSet<SmolStr> = BTreeSet::new();
    let mut ports = Vec::with_capacity(wanted.len());
    for ((number, transport), Wanted { name, app_protocol, said_by }) in wanted {
        let plain = SmolStr::from(format!("{}-{number}", transport.as_str().to_ascii_lowercase()));
        let mut port = Offered { number, transport, name: name.map_or(plain, |name| port_name(&name)), app_protocol, said_by };
        if taken.contains(&port.name) {
            port.name = port.numbered();
        }
        taken.insert(port.name.clone());
        ports.push(port);
    }
    ports
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::project;

    #[test]
    fn an_exposed_range_is_each_of_its_ports() {
        assert_eq!(expand("80"), [(80, Transport::Tcp)]);
        assert_eq!(expand("53/udp"), [(53, Transport::Udp)]);
        assert_eq!(expand("80-82").len(), 3);
        assert_eq!(expand("0"), []);
        assert_eq!(expand("a-b/udp"), []);
    }

    #[test]
    fn the_schemes_of_the_addresses_name_the_ports_of_asp_net() {
        for start in ["image: 'acme/api:1'", "image: 'mcr.microsoft.com/dotnet/aspnet:8.0'"] {
            let outcome = project(&format!(
                "services: {{ api: {{ {start}, environment: ['ASPNETCORE_URLS=https://+:443;http://+:80'], ports: ['5201:443', '5101:80'] }} }}"
            ))
            .convert();
            let shown = |at: usize, field: &str| outcome.field("Service/api", &format!("spec.ports[{at}].{field}"));
            assert_eq!([shown(0, "name"), shown(0, "appProtocol"), shown(0, "port")], ["http\n", "http\n", "80\n"], "{start}");
            assert_eq!([shown(1, "name"), shown(1, "appProtocol"), shown(1, "port")], ["https\n", "https\n", "443\n"], "{start}");
            assert_eq!(outcome.pod("Deployment/api", "containers[0].livenessProbe.tcpSocket.port"), "80\n", "{start}");
        }
    }

    #[test]
    fn ports_are_those_of_ports_expose_and_the_image() {
        let outcome = project(
            "services: { web: { image: nginx:1.27, expose: ['9000-9001', '53/udp'], \
             ports: [{ target: 80, published: '8080', protocol: tcp, name: front }] } }",
        )
        .convert();
        insta::assert_snapshot!(outcome.field("Service/web", "spec.ports"), @"
        - name: udp-53
          port: 53
          protocol: UDP
          targetPort: udp-53
        - name: front
          appProtocol: http
          port: 80
          protocol: TCP
          targetPort: front
        - name: tcp-9000
          port: 9000
          protocol: TCP
          targetPort: tcp-9000
        - name: tcp-9001
          port: 9001
          protocol: TCP
          targetPort: tcp-9001
        ");
        assert_eq!(
            outcome.fates("services.web.expose"),
            "services.web.expose: mapped → Deployment/web spec.template.spec.containers[0].ports[2].containerPort, \
             Service/web spec.ports[2].port, Deployment/web spec.template.spec.containers[0].ports[3].containerPort, \
             Service/web spec.ports[3].port, Deployment/web spec.template.spec.containers[0].ports[0].containerPort, \
             Service/web spec.ports[0].port"
        );
    }

    #[test]
    fn a_port_that_no_cluster_knows_is_refused() {
        let outcome = project("services: { web: { image: acme/a:1, ports: [{ target: 70000, protocol: tcp }] } }").convert();
        assert_eq!(outcome.diagnostics()[0], "convert::port: port 70000 of `web` has no counterpart");
        assert_eq!(
            outcome.fates("services.web.ports[0].target"),
            "services.web.ports[0].target: refused (Kubernetes knows ports 1 to 65535 of TCP, UDP and SCTP)"
        );
    }
}
