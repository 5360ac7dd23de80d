//! `ports`: what is published.

use smol_str::SmolStr;
use windlass_source::Spanned;

use crate::model::record::{record, words};
use crate::model::rule::{INT_OR_TEXT, Kinds, Rule, TEXT};

record! {
    /// A published port of the container; ranges are expanded, save `published` of a single target.
    pub struct Port as PORT {
        /// The port within the container.
        target: Spanned<u32> = INT_OR_TEXT,
        /// The port of the host or a range of them, `8080` or `8000-8002`; `None`: one of the engine's choice.
        published: Option<Spanned<SmolStr>> = INT_OR_TEXT,
        /// The address of the host; `None`: all.
        host_ip: Option<Spanned<SmolStr>> = TEXT,
        /// `tcp`, `udp` or `sctp`. Default: `tcp`.
        protocol: Option<Spanned<SmolStr>> = TEXT,
        /// What is spoken there, `http`.
        app_protocol: Option<Spanned<SmolStr>> = TEXT,
        /// How it is published in a Swarm. Default: `ingress`.
        mode: Option<Spanned<PortMode>> = TEXT,
        /// A name for people.
        name: Option<Spanned<SmolStr>> = TEXT,
    }
}

words! {
    /// How a port is published in a Swarm.
    pub enum PortMode {
        /// On every node, balanced.
        Ingress = "ingress",
        /// On the node where the container runs.
        Host = "host",
    } else Other
}

/// A list of numbers, texts and maps.
pub(crate) const PORTS: Rule = {
    const ITEM: Rule = Rule::object(&PORT).or(Kinds::NUMBER).or(Kinds::TEXT);
    Rule::list(&ITEM).distinct()
};
