//! `ip`, `cidr` and what is asked of them.

use std::net::IpAddr;
use std::sync::Arc;

use cel::extractors::This;
use cel::objects::{Opaque, Value};
use cel::{Context, DeclarationError, ExecutionError};

use super::{inner, opaque, wrong};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ip(IpAddr);

impl Opaque for Ip {
    fn runtime_type_name(&self) -> &str {
        "net.IP"
    }
}

/// A block of addresses, with the address that it was written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cidr {
    address: IpAddr,
    length: u32,
}

impl Opaque for Cidr {
    fn runtime_type_name(&self) -> &str {
        "net.CIDR"
    }
}

impl Cidr {
    fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let address = parse(address)?;
        let is_plain = length == "0" || !length.starts_with(['0', '+']);
        let length: u32 = length.parse().ok().filter(|length| is_plain && *length <= bits(address))?;
        Some(Self { address, length })
    }

    fn masked(self) -> Self {
        let keep = |all: u32, number: u128| {
            let rest = all - self.length;
            if rest >= 128 { 0 } else { number >> rest << rest }
        };
        let address = match self.address {
            IpAddr::V4(address) => IpAddr::V4(u32::try_from(keep(32, u128::from(address.to_bits()))).unwrap_or_default().into()),
            IpAddr::V6(address) => IpAddr::V6(keep(128, address.to_bits()).into()),
        };
        Self { address, ..self }
    }

    fn contains(self, address: IpAddr) -> bool {
        address.is_ipv4() == self.address.is_ipv4() && Self { address, ..self }.masked() == self.masked()
    }
}

fn bits(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// An address; none with a zone, and none of IPv4 in the clothes of IPv6.
fn parse(text: &str) -> Option<IpAddr> {
    let address: IpAddr = text.parse().ok()?;
    let is_mapped = matches!(address, IpAddr::V6(address) if address.to_ipv4_mapped().is_some());
    (!is_mapped).then_some(address)
}

pub(super) fn is_canonical(args: &[Value]) -> Result<Value, ExecutionError> {
    let Some(Value::String(text)) = args.first() else { return Err(wrong("ip.isCanonical", "no text")) };
    let address =
        parse(text).ok_or_else(|| wrong("ip.isCanonical", format!("IP Address {text:?} parse error during conversion from string")))?;
    Ok((address.to_string() == **text).into())
}

/// An address, of itself, its text or a block.
fn address(value: &Value) -> Result<IpAddr, ExecutionError> {
    match value {
        Value::String(text) => {
            parse(text).ok_or_else(|| wrong("ip", format!("IP Address {text:?} parse error during conversion from string")))
        }
        other => match (inner::<Ip>(other), inner::<Cidr>(other)) {
            (Some(Ip(address)), _) => Ok(*address),
            (None, Some(block)) => Ok(block.address),
            (None, None) => Err(ExecutionError::UnexpectedType { got: format!("{other:?}"), want: "IP".into() }),
        },
    }
}

fn block(value: &Value) -> Result<Cidr, ExecutionError> {
    match value {
        Value::String(text) => {
            Cidr::parse(text).ok_or_else(|| wrong("cidr", format!("network address parse error during conversion from string: {text:?}")))
        }
        other => {
            inner::<Cidr>(other).copied().ok_or_else(|| ExecutionError::UnexpectedType { got: format!("{other:?}"), want: "CIDR".into() })
        }
    }
}

pub(super) fn declare(context: &mut Context<'_, '_>) -> Result<(), DeclarationError> {
    context.add_function("isIP", |text: Arc<String>| parse(&text).is_some())?;
    context.add_function("isCIDR", |text: Arc<String>| Cidr::parse(&text).is_some())?;
    context.add_function("ip", |This(this): This<Value>| address(&this).map(|address| opaque(Ip(address))))?;
    context.add_function("cidr", |This(this): This<Value>| block(&this).map(opaque))?;
    context.add_function("family", |This(this): This<Value>| address(&this).map(|address| if address.is_ipv4() { 4_i64 } else { 6 }))?;
    context.add_function("isUnspecified", |This(this): This<Value>| address(&this).map(|address| address.is_unspecified()))?;
    context.add_function("isLoopback", |This(this): This<Value>| address(&this).map(|address| address.is_loopback()))?;
    context.add_function("isLinkLocalUnicast", |This(this): This<Value>| address(&this).map(is_link_local))?;
    context.add_function("isLinkLocalMulticast", |This(this): This<Value>| address(&this).map(is_link_local_multicast))?;
    context.add_function("isGlobalUnicast", |This(this): This<Value>| {
        address(&this).map(|address| {
            let is_broadcast = matches!(address, IpAddr::V4(address) if address.is_broadcast());
            !(address.is_unspecified() || address.is_loopback() || address.is_multicast() || is_link_local(address) || is_broadcast)
        })
    })?;
    context.add_function("containsIP", |This(this): This<Value>, other: Value| -> Result<bool, ExecutionError> {
        Ok(block(&this)?.contains(address(&other)?))
    })?;
    context.add_function("containsCIDR", |This(this): This<Value>, other: Value| -> Result<bool, ExecutionError> {
        let (own, other) = (block(&this)?, block(&other)?);
        Ok(own.length <= other.length && own.contains(other.masked().address))
    })?;
    context.add_function("masked", |This(this): This<Value>| block(&this).map(|block| opaque(block.masked())))?;
    context.add_function("prefixLength", |This(this): This<Value>| block(&this).map(|block| i64::from(block.length)))
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

fn is_link_local_multicast(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.octets()[..3] == [224, 0, 0],
        IpAddr::V6(address) => address.segments()[0] & 0xff0f == 0xff02,
    }
}
