//! Services and the addresses behind them.

use std::collections::BTreeSet;

use windlass_yaml::Node;

use super::findings::{Findings, Place};
use super::{format, metadata};
use crate::view::{Fields as _, int, text};

/// The range from which nodes give ports, unless the API server is told otherwise.
const NODE_PORTS: std::ops::RangeInclusive<i64> = 30_000..=32_767;

pub(super) fn check<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    let spec = root.field("spec").unwrap_or(root);
    let kind = spec.text("type").filter(|kind| !kind.is_empty()).unwrap_or("ClusterIP");
    if !matches!(kind, "ClusterIP" | "ExternalName" | "LoadBalancer" | "NodePort") {
        findings.unsupported(303, Place::field(spec, "type"), &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]);
    }
    let addresses: Vec<&str> = match spec.items("clusterIPs") {
        [] => spec.text("clusterIP").filter(|address| !address.is_empty()).into_iter().collect(),
        items => items.iter().filter_map(text).collect(),
    };
    let is_headless = addresses.first() == Some(&"None");
    if spec.items("ports").is_empty() && !is_headless && kind != "ExternalName" {
        findings.required(62, Place::at(root, &["spec", "ports"]), "");
    }
    cluster_addresses(root, spec, kind, &addresses, findings);
    ports(spec, kind, findings);
    metadata::labels(spec, "selector", findings);
    session(spec, findings);
    exposure(spec, kind, findings);
    findings.one_of(303, spec, "ipFamilyPolicy", &["SingleStack", "PreferDualStack", "RequireDualStack"]);
    for family in spec.items("ipFamilies") {
        if !matches!(text(family), Some("IPv4" | "IPv6")) {
            findings.unsupported(303, family, &["IPv4", "IPv6"]);
        }
    }
    findings.one_of(303, spec, "internalTrafficPolicy", &["Cluster", "Local"]);
    findings.one_of(303, spec, "trafficDistribution", &["PreferClose", "PreferSameNode", "PreferSameZone"]);
    if kind == "ExternalName" {
        match spec.text("externalName").unwrap_or_default() {
            "" => findings.required(59, Place::field(spec, "externalName"), ""),
            name => findings.all(59, || Place::field(spec, "externalName"), format::subdomain(name.strip_suffix('.').unwrap_or(name))),
        }
    }
}

fn cluster_addresses<'a>(root: &'a Node, spec: &'a Node, kind: &str, addresses: &[&str], findings: &mut Findings<'a>) {
    let place = |index: usize| {
        let shown = spec.get("clusterIPs").or_else(|| spec.get("clusterIP")).unwrap_or(spec);
        Place::field(root, "spec").then(&format!(".clusterIPs[{index}]")).shown_at(shown)
    };
    for (index, address) in addresses.iter().enumerate() {
        match (*address, kind) {
            (_, "ExternalName") => {
                findings.invalid_value(60, place(index), format_args!("{address:?}"), "may not be set for ExternalName services");
            }
            ("None", "LoadBalancer" | "NodePort") if index == 0 => {
                let detail = format!("may not be set to 'None' for {kind} services");
                findings.invalid_value(60, place(index), "\"None\"", &detail);
            }
            ("None", _) if index == 0 => {}
            (address, _) => {
                for message in format::ip(address) {
                    findings.invalid_value(111, place(index), format_args!("{address:?}"), &message);
                }
            }
        }
    }
}

fn ports<'a>(spec: &'a Node, kind: &str, findings: &mut Findings<'a>) {
    let ports = spec.items("ports");
    let (mut names, mut seen) = (BTreeSet::new(), BTreeSet::new());
    for port in ports {
        let protocol = port.text("protocol").filter(|protocol| !protocol.is_empty()).unwrap_or("TCP");
        match port.text("name").unwrap_or_default() {
            "" if ports.len() > 1 => findings.required(56, Place::field(port, "name"), ""),
            "" => {}
            name => {
                let messages = format::label(name);
                let is_new = names.insert(name);
                if messages.is_empty() && !is_new {
                    findings.duplicate(55, Place::field(port, "name"));
                }
                findings.all(51, || Place::field(port, "name"), messages);
            }
        }
        match port.int("port") {
            None => findings.invalid_value(50, Place::field(port, "port"), 0, "must be between 1 and 65535, inclusive"),
            Some(_) => findings.in_range(50, port, "port", 1, 65535),
        }
        if !matches!(protocol, "TCP" | "UDP" | "SCTP") {
            findings.unsupported(54, Place::field(port, "protocol"), &["SCTP", "TCP", "UDP"]);
        }
        if let Some(target) = port.field("targetPort") {
            match text(target) {
                // An empty name is the port itself.
                Some("") => {}
                Some(name) => findings.all(61, || target.into(), format::port_name(name)),
                None if int(target) == Some(0) => {}
                None => findings.in_range(50, port, "targetPort", 1, 65535),
            }
        }
        if let Some(protocol) = port.text("appProtocol") {
            findings.all(304, || Place::field(port, "appProtocol"), format::qualified_name(protocol));
        }
        if !seen.insert((port.int("port"), protocol)) {
            findings.duplicate(57, port);
        }
    }
    node_ports(ports, kind, findings);
}

fn node_ports<'a>(ports: &'a [Node], kind: &str, findings: &mut Findings<'a>) {
    let mut seen = BTreeSet::new();
    for port in ports {
        let Some(number) = port.int("nodePort").filter(|number| *number != 0) else { continue };
        let place = || Place::field(port, "nodePort");
        if !matches!(kind, "NodePort" | "LoadBalancer") {
            findings.forbidden(58, place(), &format!("may not be used when `type` is '{kind}'"));
            continue;
        }
        if !NODE_PORTS.contains(&number) {
            let detail = "provided port is not in the valid range. The range of valid ports is 30000-32767";
            findings.invalid(58, place(), detail);
        }
        if !seen.insert((number, port.text("protocol").unwrap_or("TCP"))) {
            findings.duplicate(57, place());
        }
    }
}

fn session<'a>(spec: &'a Node, findings: &mut Findings<'a>) {
    findings.one_of(303, spec, "sessionAffinity", &["ClientIP", "None"]);
    // Without affinity the server drops the configuration.
    if let Some(seconds) = spec.at(&["sessionAffinityConfig", "clientIP", "timeoutSeconds"])
        && spec.text("sessionAffinity") == Some("ClientIP")
        && int(seconds).is_some_and(|seconds| !(1..=86_400).contains(&seconds))
    {
        findings.invalid(302, seconds, "must be greater than 0 and less than 86400");
    }
}

fn exposure<'a>(spec: &'a Node, kind: &str, findings: &mut Findings<'a>) {
    for address in spec.items("externalIPs") {
        findings.item(111, address, format::ip);
    }
    let is_balanced = kind == "LoadBalancer";
    let is_external = is_balanced || kind == "NodePort" || (kind == "ClusterIP" && !spec.items("externalIPs").is_empty());
    if let Some(policy) = spec.text("externalTrafficPolicy").filter(|policy| !policy.is_empty()) {
        if !is_external {
            findings.invalid(306, Place::field(spec, "externalTrafficPolicy"), "may only be set for externally-accessible services");
        } else if !matches!(policy, "Cluster" | "Local") {
            findings.unsupported(303, Place::field(spec, "externalTrafficPolicy"), &["Cluster", "Local"]);
        }
    }
    let checks_health = is_balanced && spec.text("externalTrafficPolicy") == Some("Local");
    if spec.int("healthCheckNodePort").is_some_and(|port| port != 0) && !checks_health {
        let detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
        findings.invalid(306, Place::field(spec, "healthCheckNodePort"), detail);
    }
    let ranges = spec.items("loadBalancerSourceRanges");
    if !ranges.is_empty() && !is_balanced {
        findings.forbidden(306, Place::field(spec, "loadBalancerSourceRanges"), "may only be used when `type` is 'LoadBalancer'");
    }
    for range in ranges {
        findings.item(118, range, |text| format::cidr(text.trim()));
    }
    if let Some(class) = spec.field("loadBalancerClass") {
        if is_balanced {
            findings.item(304, class, format::qualified_name);
        } else {
            findings.forbidden(306, class, "may only be used when `type` is 'LoadBalancer'");
        }
    }
    if let Some(allocate) = spec.field("allocateLoadBalancerNodePorts").filter(|_| !is_balanced) {
        findings.forbidden(306, allocate, "may only be used when `type` is 'LoadBalancer'");
    }
}

pub(super) fn endpoints<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    for subset in root.items("subsets") {
        if subset.items("addresses").is_empty() && subset.items("notReadyAddresses").is_empty() {
            findings.required(301, subset, "must specify `addresses` or `notReadyAddresses`");
        }
        for address in subset.items("addresses").iter().chain(subset.items("notReadyAddresses")) {
            findings.all(111, || Place::field(address, "ip"), format::ip(address.text("ip").unwrap_or_default()));
        }
        endpoint_ports(subset, true, findings);
    }
}

pub(super) fn endpoint_slice<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    const TYPES: [&str; 3] = ["FQDN", "IPv4", "IPv6"];
    match root.text("addressType").unwrap_or_default() {
        "" => findings.required(301, Place::field(root, "addressType"), ""),
        _ => findings.one_of(303, root, "addressType", &TYPES),
    }
    for endpoint in root.items("endpoints") {
        if endpoint.items("addresses").is_empty() {
            findings.required(301, Place::field(endpoint, "addresses"), "must contain at least 1 address");
        }
    }
    endpoint_ports(root, false, findings);
}

fn endpoint_ports<'a>(node: &'a Node, needs_names: bool, findings: &mut Findings<'a>) {
    let ports = node.items("ports");
    for port in ports {
        match port.text("name").unwrap_or_default() {
            "" if needs_names && ports.len() > 1 => findings.required(56, Place::field(port, "name"), ""),
            "" => {}
            name => findings.all(51, || Place::field(port, "name"), format::label(name)),
        }
        findings.in_range(50, port, "port", 1, 65535);
        findings.one_of(54, port, "protocol", &["SCTP", "TCP", "UDP"]);
    }
}
