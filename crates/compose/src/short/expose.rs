//! `expose`: `port[-port][/protocol]`. Compose specification, "expose".
//!
//! Docker compose accepts any text here, so only those who need the numbers read them.

use std::ops::RangeInclusive;

use super::port::{self, Protocol};
use super::{Placed, ShortError};

/// Ports that other services reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExposeSpec {
    /// The ports.
    pub ports: Placed<RangeInclusive<u16>>,
    /// Their protocol.
    pub protocol: Protocol,
}

/// Reads an item of `expose`.
///
/// # Errors
/// As for a container's port in `ports`; a host port (`80:80`) too.
pub fn parse(text: &str) -> Result<ExposeSpec, ShortError> {
    if let Some(colon) = text.find(':') {
        return Err(ShortError::new("`expose` takes ports of the container only", 0..colon + 1));
    }
    port::parse(text).map(|spec| ExposeSpec { ports: spec.target, protocol: spec.protocol })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_or_a_range_with_a_protocol() {
        let show = |text| parse(text).map(|spec| (spec.ports.value, spec.protocol)).map_err(|error| error.range);
        assert_eq!(show("80"), Ok((80..=80, Protocol::Tcp)));
        assert_eq!(show("85-86/udp"), Ok((85..=86, Protocol::Udp)));
        assert_eq!(show("80:80"), Err(0..3));
        assert_eq!(show("http"), Err(0..4));
        assert_eq!(show(""), Err(0..0));
    }
}
