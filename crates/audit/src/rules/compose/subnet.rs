//! CO052 subnet.

use smol_str::SmolStr;
use std::net::IpAddr;
use windlass_source::Spanned;

use crate::context::StackContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Two networks of the stack have addresses in common, or one takes more than a `/16`.
    ///
    /// ## Why
    /// The engine refuses the second of two networks that overlap, and a wide one takes addresses that the office or a VPN needs.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     networks: [front, back]
    /// networks:
    ///   front:
    ///     ipam:
    ///       config:
    ///         - subnet: 172.28.0.0/16
    ///   back:
    ///     ipam:
    ///       config:
    ///         - subnet: 172.28.4.0/24
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     networks: [front, back]
    /// networks:
    ///   front:
    ///     ipam:
    ///       config:
    ///         - subnet: 172.28.0.0/24
    ///   back:
    ///     ipam:
    ///       config:
    ///         - subnet: 172.28.4.0/24
    /// ```
    pub(crate) static RULE = {
        id: "CO052", slug: "subnet", control: Addressing, severity: P3,
        seed: "3.1",
        effort: 10,
        check: Stack(check),
    }
}

fn check(stack: &StackContext<'_>, findings: &mut Findings<'_>) {
    let networks = &stack.project().networks;
    let pools =
        networks.iter().flat_map(|network| network.value.ipam.iter().flat_map(|ipam| &ipam.value.config).map(move |pool| (network, pool)));
    let written = pools.filter_map(|(network, pool)| Some((network.name.as_str(), pool.value.subnet.as_ref()?)));
    let mut known: Vec<(&str, &Spanned<SmolStr>, Range)> = Vec::new();
    for (network, subnet) in written {
        let Some(range) = Range::parse(&subnet.value) else { continue };
        if let Some((other, one, _)) = known.iter().find(|(_, _, other)| range.overlaps(other)) {
            findings
                .report(subnet.span(), format!("`{}` of network `{network}` overlaps `{}` of `{other}`", subnet.value, one.value))
                .related(one.span(), "the other one")
                .help("give each network addresses of its own");
        } else if range.is_wide {
            findings
                .report(subnet.span(), format!("network `{network}` takes all of `{}`", subnet.value))
                .help("a `/24` has room for 250 containers");
        }
        known.push((network, subnet, range));
    }
    if known.is_empty() {
        findings.not_applicable();
    }
}

/// The addresses of a subnet, as numbers.
struct Range {
    is_v4: bool,
    first: u128,
    last: u128,
    is_wide: bool,
}

impl Range {
    fn parse(subnet: &str) -> Option<Self> {
        let (address, bits) = subnet.split_once('/')?;
        let (number, width, is_v4) = match address.parse().ok()? {
            IpAddr::V4(address) => (u128::from(address.to_bits()), 32, true),
            IpAddr::V6(address) => (address.to_bits(), 128, false),
        };
        let bits: u32 = bits.parse().ok().filter(|bits| *bits <= width)?;
        let host = u128::MAX.checked_shr(128 - (width - bits)).unwrap_or(0);
        // IPv6 networks are a /64 each.
        let is_wide = bits < if is_v4 { 16 } else { 48 };
        Some(Self { is_v4, first: number & !host, last: number | host, is_wide })
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.is_v4 == other.is_v4 && self.first <= other.last && other.first <= self.last
    }
}
