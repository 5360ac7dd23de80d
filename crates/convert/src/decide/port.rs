//! Which ports a service offers to others: container ports of `ports`, `expose`, and the image's known ones.

use std::collections::BTreeMap;

use smol_str::SmolStr;
use windlass_compose::model::Service;
use windlass_images::image::Protocol;
use windlass_k8s::name::port_name;
use windlass_source::{Code, Diagnostic};

use super::ImageFacts;

/// A port of the container that others can reach.
#[derive(Clone, Debug)]
pub(crate) struct Offered {
    pub(crate) number: u16,
    pub(crate) transport: Transport,
    /// Unique in the container and in its Service.
    pub(crate) name: SmolStr,
    /// What is spoken, as `appProtocol`.
    pub(crate) app_protocol: Option<SmolStr>,
    /// Nobody wrote it; the image's documentation says so.
    pub(crate) from_image: bool,
}

/// A transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Transport {
    Tcp,
    Udp,
    Sctp,
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
    from_image: bool,
}

/// The ports in order of number.
pub(super) fn offered(service: &Service, image: &ImageFacts, diagnostics: &mut Vec<Diagnostic>) -> Vec<Offered> {
    let mut wanted: BTreeMap<(u16, Transport), Wanted> = BTreeMap::new();
    for port in &service.ports {
        let transport = port.protocol.as_ref().map_or(Some(Transport::Tcp), |protocol| Transport::parse(protocol));
        let (Some(transport), Ok(number)) = (transport, u16::try_from(port.target.value)) else {
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
        if number == 0 {
            continue;
        }
        let entry = wanted.entry((number, transport)).or_insert(Wanted { name: None, app_protocol: None, from_image: false });
        entry.name = entry.name.take().or_else(|| port.name.as_ref().map(|name| name.value.clone()));
        entry.app_protocol = entry.app_protocol.take().or_else(|| port.app_protocol.as_ref().map(|protocol| protocol.value.clone()));
    }
    for expose in &service.expose {
        for (number, transport) in expand(expose) {
            wanted.entry((number, transport)).or_insert(Wanted { name: None, app_protocol: None, from_image: false });
        }
    }
    if let Some(known) = image.server() {
        for port in &known.ports {
            let transport = match port.protocol {
                Protocol::Tcp => Transport::Tcp,
                Protocol::Udp => Transport::Udp,
            };
            let entry = wanted.entry((port.port, transport)).or_insert(Wanted { name: None, app_protocol: None, from_image: true });
            entry.name = entry.name.take().or_else(|| Some(port.name.as_str().into()));
            entry.app_protocol = entry.app_protocol.take().or_else(|| port.app.as_deref().map(SmolStr::from));
        }
    }
    name_all(wanted)
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

/// Gives each port a name that no other has: the written one, the image's, the protocol's, else the number.
fn name_all(wanted: BTreeMap<(u16, Transport), Wanted>) -> Vec<Offered> {
    let mut taken: Vec<SmolStr> = Vec::with_capacity(wanted.len());
    let mut ports = Vec::with_capacity(wanted.len());
    for ((number, transport), Wanted { name, app_protocol, from_image }) in wanted {
        let numbered = || SmolStr::from(format!("{}-{number}", transport.as_str().to_ascii_lowercase()));
        let mut chosen = name.map_or_else(numbered, |name| port_name(&name));
        if taken.contains(&chosen) {
            chosen = numbered();
        }
        taken.push(chosen.clone());
        ports.push(Offered { number, transport, name: chosen, app_protocol, from_image });
    }
    ports
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exposed_range_is_each_of_its_ports() {
        assert_eq!(expand("80"), [(80, Transport::Tcp)]);
        assert_eq!(expand("53/udp"), [(53, Transport::Udp)]);
        assert_eq!(expand("80-82").len(), 3);
        assert_eq!(expand("0"), []);
        assert_eq!(expand("a-b/udp"), []);
    }
}
