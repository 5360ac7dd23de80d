//! Which published ports can be reached from outside the cluster, and how.

use std::net::IpAddr;

use windlass_compose::model::Port;

use super::Transport;
use crate::options::{ExposeDefault, Exposure, Options};

/// How a published port is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outside {
    /// From within the cluster only.
    Inside(Because),
    /// Through a load balancer, on the host's port.
    LoadBalancer,
    /// On a port of every node.
    NodePort,
    /// Through an Ingress.
    Ingress,
}

/// Why a published port stays inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Because {
    /// It is bound to the loopback address: it never left the host.
    Loopback,
    /// It is not a port that people's browsers use.
    NotTheFrontDoor,
    /// A flag says so.
    Flag,
}

/// Host ports that make a service the stack's front door.
const FRONT_DOOR: [u16; 2] = [80, 443];

/// The first host port of `published`; `None` when the engine chooses one.
pub(crate) fn host_port(port: &Port) -> Option<u16> {
    let published = port.published.as_ref()?;
    published.split('-').next()?.parse().ok().filter(|number| *number > 0)
}

/// How a published port is reached, by `--expose`.
pub(crate) fn outside(service: &str, port: &Port, options: &Options) -> Outside {
    let target = u16::try_from(port.target.value).ok();
    let rules = options.expose.rules.iter().filter(|rule| rule.service == service && (rule.port.is_none() || rule.port == target));
    // A rule with a port beats one without; of two alike the later.
    if let Some(rule) = rules.max_by_key(|rule| rule.port.is_some()) {
        return match rule.how {
            Exposure::LoadBalancer => Outside::LoadBalancer,
            Exposure::NodePort => Outside::NodePort,
            Exposure::Ingress => Outside::Ingress,
            Exposure::None => Outside::Inside(Because::Flag),
        };
    }
    let is_loopback = port.host_ip.as_ref().and_then(|ip| ip.parse::<IpAddr>().ok()).is_some_and(|ip| ip.is_loopback());
    if is_loopback {
        return Outside::Inside(Because::Loopback);
    }
    match options.expose.default {
        ExposeDefault::None => Outside::Inside(Because::Flag),
        ExposeDefault::Auto if host_port(port).is_some_and(|number| FRONT_DOOR.contains(&number)) => Outside::LoadBalancer,
        ExposeDefault::Auto => Outside::Inside(Because::NotTheFrontDoor),
    }
}

/// The transport of a published port; `None` for one that Kubernetes does not know.
pub(crate) fn transport(port: &Port) -> Option<Transport> {
    port.protocol.as_ref().map_or(Some(Transport::Tcp), |protocol| Transport::parse(protocol))
}
