//! `networks.*`: a network of the project.

use smol_str::SmolStr;
use windlass_source::Spanned;

use crate::model::external::EXTERNAL;
use crate::model::label::{LABELS, Labels};
use crate::model::record::record;
use crate::model::rule::{BOOL_OR_TEXT, Names, OPTIONS, Rule, TEXT};

record! {
    /// A network of the project.
    pub struct Network as NETWORK {
        /// Its name for the engine. Default: project and key with `_` between, for an external one the key.
        name: Option<Spanned<SmolStr>> = TEXT,
        /// The driver. Default: `bridge`.
        driver: Option<Spanned<SmolStr>> = TEXT,
        /// Its options.
        driver_opts: Labels = OPTIONS,
        /// Its addresses.
        ipam: Option<Spanned<Ipam>> = Rule::object(&IPAM),
        /// It is there already.
        external: Option<Spanned<bool>> = EXTERNAL,
        /// Without a way out.
        internal: Option<Spanned<bool>> = BOOL_OR_TEXT,
        /// With IPv4. Default: true.
        enable_ipv4: Option<Spanned<bool>> = BOOL_OR_TEXT,
        /// With IPv6. Default: false.
        enable_ipv6: Option<Spanned<bool>> = BOOL_OR_TEXT,
        /// Containers beside the services may join (Swarm).
        attachable: Option<Spanned<bool>> = BOOL_OR_TEXT,
        /// Its labels.
        labels: Labels = LABELS,
    }
}

record! {
    /// The addresses of a network.
    pub struct Ipam as IPAM {
        /// The driver.
        driver: Option<Spanned<SmolStr>> = TEXT,
        /// Its pools.
        config: Vec<Spanned<IpamPool>> = { const ITEM: Rule = Rule::object(&IPAM_POOL); Rule::list(&ITEM) },
        /// Options of the driver; docker compose drops them.
        options: Labels = TEXT_MAP,
    }
}

record! {
    /// A pool of addresses.
    pub struct IpamPool as IPAM_POOL {
        /// The pool, `172.20.0.0/16`.
        subnet: Option<Spanned<SmolStr>> = TEXT,
        /// The part of it for containers.
        ip_range: Option<Spanned<SmolStr>> = TEXT,
        /// The router.
        gateway: Option<Spanned<SmolStr>> = TEXT,
        /// Other addresses, by host name.
        aux_addresses: Labels = TEXT_MAP,
    }
}

/// A map of texts.
const TEXT_MAP: Rule = {
    static NAMES: Names = Names { allows: |name| !name.is_empty(), wanted: Some("a name that is not empty"), rule: TEXT };
    Rule::names(&NAMES)
};
