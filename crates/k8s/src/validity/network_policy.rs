//! Network policies.

use windlass_yaml::Node;

use super::findings::{Findings, Place};
use super::{format, selector};
use crate::view::{Fields as _, text};

pub(super) fn check<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    let Some(spec) = root.field("spec") else { return };
    if let Some(pods) = spec.field("podSelector") {
        selector::check(pods, findings);
    }
    for (rules, peers) in [("ingress", "from"), ("egress", "to")] {
        for rule in spec.items(rules) {
            rule.items("ports").iter().for_each(|node| port(node, findings));
            rule.items(peers).iter().for_each(|node| peer(node, findings));
        }
    }
    let types = spec.items("policyTypes");
    if types.len() > 2 {
        findings.invalid(302, Place::field(spec, "policyTypes"), "may not specify more than two policyTypes");
        return;
    }
    for kind in types {
        if !matches!(text(kind), Some("Ingress" | "Egress")) {
            findings.unsupported(121, kind, &["Ingress", "Egress"]);
        }
    }
}

fn port<'a>(node: &'a Node, findings: &mut Findings<'a>) {
    findings.exactly_one_of(54, node, "protocol", &["TCP", "UDP", "SCTP"]);
    let port = node.field("port");
    let end = node.field("endPort");
    match port {
        None => {
            if let Some(end) = end {
                findings.invalid(120, end, "may not be specified when `port` is not specified");
            }
        }
        Some(port) => match text(port) {
            Some(name) => {
                findings.all(61, || port.into(), format::port_name(name));
                if let Some(end) = end {
                    findings.invalid(120, end, "may not be specified when `port` is non-numeric");
                }
            }
            None => {
                findings.in_range(50, node, "port", 1, 65535);
                if let (Some(low), Some(high)) = (node.int("port"), node.int("endPort")) {
                    if high < low {
                        findings.invalid_value(120, Place::field(node, "endPort"), low, "must be greater than or equal to `port`");
                    }
                    findings.in_range(50, node, "endPort", 1, 65535);
                }
            }
        },
    }
}

fn peer<'a>(peer: &'a Node, findings: &mut Findings<'a>) {
    let mut given = 0;
    for name in ["podSelector", "namespaceSelector"] {
        if let Some(selector) = peer.field(name) {
            given += 1;
            selector::check(selector, findings);
        }
    }
    if let Some(block) = peer.field("ipBlock") {
        if given > 0 {
            findings.forbidden(119, peer, "may not specify both ipBlock and another peer");
        }
        given += 1;
        address_block(block, findings);
    }
    if given == 0 {
        findings.required(301, peer, "must specify a peer");
    }
}

fn address_block<'a>(block: &'a Node, findings: &mut Findings<'a>) {
    let cidr = block.text("cidr").unwrap_or_default();
    if cidr.is_empty() {
        return findings.required(118, Place::field(block, "cidr"), "");
    }
    findings.all(118, || Place::field(block, "cidr"), format::cidr(cidr));
    let Some((network, length, is_v6)) = format::network(cidr) else { return };
    for except in block.items("except") {
        let Some(written) = text(except).or(except.is_null().then_some("")) else { continue };
        findings.item(118, except, format::cidr);
        let Some((inner, inner_length, inner_is_v6)) = format::network(written) else { continue };
        let mask = if length == 0 { 0 } else { u128::MAX << (128 - length) };
        let is_within = is_v6 == inner_is_v6 && inner_length > length && (inner & mask) == (network & mask);
        if !is_within {
            findings.invalid(118, except, "must be a strict subset of `cidr`");
        }
    }
}
