//! The ports of `EXPOSE`: `80`, `80-90/udp`, and the forms with an address that BuildKit still takes.

use windlass_source::Span;

/// Ports that an image says that it listens on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exposed {
    /// The first port.
    pub first: u16,
    /// The last port; the same for one port.
    pub last: u16,
    /// The transport.
    pub protocol: Protocol,
    /// Where it is written.
    pub span: Span,
}

/// A transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

/// Reads one word; `None` where BuildKit refuses it.
pub(super) fn read(word: &str, span: Span) -> Option<Exposed> {
    // `[address:]host:container`: only the container's port counts.
    let container = word.rsplit(':').next().unwrap_or(word);
    let (ports, protocol) = container.split_once('/').unwrap_or((container, ""));
    let protocol = match protocol.to_ascii_lowercase().as_str() {
        "" | "tcp" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        "sctp" => Protocol::Sctp,
        _ => return None,
    };
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then_some(Exposed { first, last, protocol, span })
}
