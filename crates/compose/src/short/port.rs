//! `ports`: `[[ip:]published:]target[/protocol]`, with ranges. Compose specification, "ports"; docker/go-connections, `nat`.

use std::fmt;
use std::net::IpAddr;
use std::ops::RangeInclusive;

use super::{Placed, ShortError};

/// What one text publishes: one port, or as many as its range of container ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortSpec<'t> {
    /// The host's address, as it is written, without brackets; absent when empty.
    pub host_ip: Option<Placed<&'t str>>,
    /// Ports of the host. As long as the container's range, or any length beside a single container port: then one of them is used.
    pub published: Option<Placed<RangeInclusive<u16>>>,
    /// Ports of the container.
    pub target: Placed<RangeInclusive<u16>>,
    /// The protocol.
    pub protocol: Protocol,
    /// Where the protocol is written.
    pub protocol_range: Option<std::ops::Range<usize>>,
}

/// A protocol that a port can have in this form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// The default.
    #[default]
    Tcp,
    /// Datagrams.
    Udp,
    /// Stream control.
    Sctp,
}

impl Protocol {
    /// The name in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
        }
    }

    /// The protocol of a name in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Tcp, Self::Udp, Self::Sctp].into_iter().find(|protocol| protocol.as_str().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// One port of a [`PortSpec`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// The container's port.
    pub target: u16,
    /// The host's port, or a range of them to choose from: `8080`, `8000-8002`.
    pub published: Option<String>,
}

impl PortSpec<'_> {
    /// How many ports [`ports`](Self::ports) gives; at most 65,536, so callers with many texts need a budget.
    pub fn count(&self) -> usize {
        self.target.value.len()
    }

    /// The single ports, in docker compose's order: by the text of the container's port, so `10` before `9`.
    pub fn ports(&self) -> impl Iterator<Item = Port> {
        let first = *self.target.value.start();
        let mut targets: Vec<(String, u16)> = self.target.value.clone().map(|target| (target.to_string(), target)).collect();
        targets.sort_unstable();
        let single = targets.len() == 1;
        let published = self.published.as_ref().map(|published| published.value.clone());
        targets.into_iter().map(move |(_, target)| {
            let published = published.as_ref().map(|published| match single {
                true if published.start() != published.end() => format!("{}-{}", published.start(), published.end()),
                _ => (u32::from(*published.start()) + u32::from(target - first)).to_string(),
            });
            Port { target, published }
        })
    }
}

/// Reads a port.
///
/// # Errors
/// No container port, a number that is none or beyond 65,535, ranges of different lengths, an address that is none, an unknown
/// protocol.
pub fn parse(text: &str) -> Result<PortSpec<'_>, ShortError> {
    let container_start = text.rfind(':').map_or(0, |colon| colon + 1);
    let container = &text[container_start..];
    let (target, protocol) = container.split_once('/').map_or((container, None), |(target, protocol)| (target, Some(protocol)));
    let target_range = container_start..container_start + target.len();
    if target.is_empty() {
        return Err(ShortError::new("the container port is missing", container_start..text.len()));
    }
    let protocol_range = protocol.map(|protocol| text.len() - protocol.len()..text.len());
    let protocol = match protocol {
        None | Some("") => Protocol::Tcp,
        Some(name) => Protocol::from_name(name).ok_or_else(|| {
            let range = text.len() - name.len()..text.len();
            ShortError::new(format!("unknown protocol `{name}`: expected `tcp`, `udp` or `sctp`"), range)
        })?,
    };

    let host = text[..container_start].strip_suffix(':').unwrap_or_default();
    let published_start = host.rfind(':').map_or(0, |colon| colon + 1);
    let published = Placed::new(&host[published_start..], published_start..host.len());
    let ip = host[..published_start].strip_suffix(':').unwrap_or_default();
    let host_ip = address(ip)?;

    let target = Placed::new(number_or_range(target, "container", &target_range)?, target_range);
    let published = match published.value {
        "" => None,
        text => Some(Placed::new(number_or_range(text, "host", &published.range)?, published.range)),
    };
    if let Some(published) = &published
        && published.value.len() != target.value.len()
        && target.value.len() != 1
    {
        let reason = format!("{} host ports for {} container ports", published.value.len(), target.value.len());
        return Err(ShortError::new(reason, published.range.start..target.range.end));
    }
    Ok(PortSpec { host_ip, published, target, protocol, protocol_range: protocol_range.filter(|range| !range.is_empty()) })
}

fn address(text: &str) -> Result<Option<Placed<&str>>, ShortError> {
    let error = || ShortError::new(format!("`{text}` is not an IP address"), 0..text.len());
    let (start, bare) = match text.strip_prefix('[') {
        Some(rest) => (1, rest.strip_suffix(']').filter(|bare| !bare.contains(['[', ']'])).ok_or_else(error)?),
        None => (0, text),
    };
    if bare.is_empty() {
        return Ok(None);
    }
    bare.parse::<IpAddr>().map_err(|_| error())?;
    Ok(Some(Placed::new(bare, start..start + bare.len())))
}

/// `8000` or `8000-8010`; what follows a second `-` is ignored, as docker compose does.
fn number_or_range(text: &str, which: &str, range: &std::ops::Range<usize>) -> Result<RangeInclusive<u16>, ShortError> {
    let mut parts = text.split('-').map(|part| match part.as_bytes() {
        [first, ..] if first.is_ascii_digit() => part.parse::<u16>().ok(),
        _ => None,
    });
    let start = parts.next().flatten();
    let end = parts.next().unwrap_or(start);
    match (start, end) {
        (Some(start), Some(end)) if start <= end => Ok(start..=end),
        (Some(_), Some(_)) => Err(ShortError::new(format!("{which} port range `{text}` ends before it starts"), range.clone())),
        _ => Err(ShortError::new(format!("{which} port `{text}` is not a number from 0 to 65535"), range.clone())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn show(text: &str) -> String {
        match parse(text) {
            Ok(spec) => {
                let ip = spec.host_ip.as_ref().map_or(String::new(), |ip| format!("{} ", ip.value));
                let ports: Vec<_> =
                    spec.ports().map(|port| port.published.map_or(String::new(), |host| host + ">") + &port.target.to_string()).collect();
                format!("{ip}{}/{}", ports.join(" "), spec.protocol)
            }
            Err(error) => format!("! {} @ {}", error, &text[error.range.clone()]),
        }
    }

    #[test]
    fn the_cases_are_as_docker_compose_has_them() {
        let cases = [
            ("80", "80/tcp"),
            ("8080:80", "8080>80/tcp"),
            (":80", "80/tcp"),
            ("::80", "80/tcp"),
            (":80:80", "80>80/tcp"),
            ("080:080", "80>80/tcp"),
            ("0:80", "0>80/tcp"),
            ("80:0", "80>0/tcp"),
            ("53:53/udp", "53>53/udp"),
            ("53:53/TCP", "53>53/tcp"),
            ("9:9/", "9>9/tcp"),
            ("9/sctp", "9/sctp"),
            ("127.0.0.1:8080:80", "127.0.0.1 8080>80/tcp"),
            ("127.0.0.1::80", "127.0.0.1 80/tcp"),
            ("[::1]:8080:80", "::1 8080>80/tcp"),
            ("::1:8080:80", "::1 8080>80/tcp"),
            ("[127.0.0.1]:80:80", "127.0.0.1 80>80/tcp"),
            ("::ffff:1.2.3.4:80:80", "::ffff:1.2.3.4 80>80/tcp"),
            ("[]:80:80", "80>80/tcp"),
            ("3000-3002", "3000 3001 3002/tcp"),
            ("9-11:9-11/udp", "10>10 11>11 9>9/udp"),
            ("8000-8002:80", "8000-8002>80/tcp"),
            ("8000-8000:80-80", "8000>80/tcp"),
            ("99-101:199-201", "99>199 100>200 101>201/tcp"),
            ("1-2-3:80", "1-2>80/tcp"),
            ("", "! the container port is missing @ "),
            ("80:", "! the container port is missing @ "),
            ("/tcp", "! the container port is missing @ /tcp"),
            ("9:9/foo", "! unknown protocol `foo`: expected `tcp`, `udp` or `sctp` @ foo"),
            ("80/tcp/x", "! unknown protocol `tcp/x`: expected `tcp`, `udp` or `sctp` @ tcp/x"),
            ("80:70000", "! container port `70000` is not a number from 0 to 65535 @ 70000"),
            ("70000:80", "! host port `70000` is not a number from 0 to 65535 @ 70000"),
            ("+80:80", "! host port `+80` is not a number from 0 to 65535 @ +80"),
            ("-1:80", "! host port `-1` is not a number from 0 to 65535 @ -1"),
            ("80-:80", "! host port `80-` is not a number from 0 to 65535 @ 80-"),
            ("1_0:80", "! host port `1_0` is not a number from 0 to 65535 @ 1_0"),
            ("8080 : 80", "! container port ` 80` is not a number from 0 to 65535 @  80"),
            ("8002-8000:80-82", "! host port range `8002-8000` ends before it starts @ 8002-8000"),
            ("8000-8002:80-81", "! 3 host ports for 2 container ports @ 8000-8002:80-81"),
            ("8000:80-81", "! 1 host ports for 2 container ports @ 8000:80-81"),
            ("300.1.1.1:80:80", "! `300.1.1.1` is not an IP address @ 300.1.1.1"),
            ("01.2.3.4:80:80", "! `01.2.3.4` is not an IP address @ 01.2.3.4"),
            ("localhost:80:80", "! `localhost` is not an IP address @ localhost"),
            ("1:2:3:4", "! `1:2` is not an IP address @ 1:2"),
            ("[::1:80:80", "! `[::1` is not an IP address @ [::1"),
            ("[::1]x:80:80", "! `[::1]x` is not an IP address @ [::1]x"),
            ("[fe80::1%eth0]:80:80", "! `[fe80::1%eth0]` is not an IP address @ [fe80::1%eth0]"),
            ("[::1]:80", "! `[:` is not an IP address @ [:"),
        ];
        for (text, expected) in cases {
            assert_eq!(show(text), expected, "{text}");
        }
    }

    #[test]
    fn each_field_knows_its_place() {
        let text = "[::1]:8000-8001:80-81/udp";
        let spec = parse(text).unwrap();
        let ranges = [spec.host_ip.unwrap().range, spec.published.unwrap().range, spec.target.range, spec.protocol_range.unwrap()];
        assert_eq!(ranges.map(|range| &text[range]), ["::1", "8000-8001", "80-81", "udp"]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9:/.\\[\\]a-c-]*") {
            match parse(&text) {
                Ok(spec) => prop_assert!(spec.count() > 0 && spec.ports().count() == spec.count()),
                Err(error) => prop_assert!(text.get(error.range).is_some()),
            }
        }
    }
}
