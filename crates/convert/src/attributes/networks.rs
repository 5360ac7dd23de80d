//! networks, network_mode, links, dns*, extra_hosts. Policies between networks are made in `finish`.

use std::net::IpAddr;

use k8s_openapi::api::core::v1::{HostAlias, PodDNSConfigOption};
use smol_str::SmolStr;
use windlass_compose::model::{ByName, ExtraHosts, NetworkMode, ServiceNetwork};
use windlass_k8s::name::service_name;
use windlass_k8s::{Kind, ObjectRef};
use windlass_source::{Code, Diagnostic, Spanned};

use super::Sink;
use crate::decide::{Plan, ServicePlan};
use crate::fates::Place;

/// What the service's resolver is told.
pub(super) struct Resolver<'a> {
    pub(super) dns: &'a [Spanned<SmolStr>],
    pub(super) dns_opt: &'a [Spanned<SmolStr>],
    pub(super) dns_search: &'a [Spanned<SmolStr>],
    pub(super) extra_hosts: &'a ExtraHosts,
}

pub(super) fn networks(
    networks: &ByName<Option<Spanned<ServiceNetwork>>>,
    mode: Option<&Spanned<NetworkMode>>,
    mac_address: Option<&Spanned<SmolStr>>,
    service: &ServicePlan<'_>,
    plan: &Plan<'_>,
    sink: &mut Sink<'_>,
) {
    for entry in networks {
        let path = sink.under("networks", &entry.name);
        let label = plan.reach.network_label(&entry.name.value);
        match label {
            Some(label) => {
                sink.draft.pod.labels.insert(label.to_string(), "true".to_owned());
                let place = Place { path: windlass_yaml::Path::root().key("labels").key(label), ..Place::pod_metadata(service.index, "") };
                sink.fates.mapped(path.clone(), [place]);
            }
            None if plan.reach.are_networks_merged() => {
                sink.fates.approximated(path.clone(), [], "the networks of the project are not kept apart (`--network-policies never`)");
            }
            None => sink.fates.mapped_with(path.clone(), [], "all pods of a namespace reach each other"),
        }
        let Some(network) = &entry.value else { continue };
        let ServiceNetwork {
            aliases,
            ipv4_address,
            ipv6_address,
            link_local_ips,
            mac_address,
            interface_name,
            driver_opts,
            priority,
            gw_priority,
            extensions,
        } = &network.value;
        if !aliases.is_empty() {
            let places: Vec<Place> = aliases
                .iter()
                .filter(|alias| plan.reach.service(alias) == Some(service.index))
                .map(|alias| Place::object(ObjectRef::new(Kind::Service, service_name(alias)), "metadata.name"))
                .collect();
            let taken = aliases.len() - places.len();
            if taken == 0 {
                sink.fates.mapped(path.key("aliases"), places);
            } else {
                sink.fates.approximated(path.key("aliases"), places, "an alias that another service has leads to that one alone");
            }
        }
        let addresses = "a pod has an address of the cluster's choice; call services by name";
        let lost = [
            ("ipv4_address", ipv4_address.is_some(), addresses),
            ("ipv6_address", ipv6_address.is_some(), addresses),
            ("link_local_ips", !link_local_ips.is_empty(), addresses),
            ("mac_address", mac_address.is_some(), "a pod's network card has an address of the cluster's choice"),
            ("interface_name", interface_name.is_some(), "a pod has one network card, `eth0`"),
            ("driver_opts", !driver_opts.is_empty(), "the cluster's network has no options for a single pod"),
            ("priority", priority.is_some(), "a pod is in one network"),
            ("gw_priority", gw_priority.is_some(), "a pod is in one network"),
        ];
        for (attribute, is_written, remedy) in lost {
            if is_written {
                sink.fates.lost(path.key(attribute), remedy);
            }
        }
        for extension in extensions {
            sink.fates.mapped_with(path.key(extension.name.value.clone()), [], "an extension has no meaning of its own");
        }
    }
    if let Some(mode) = mode {
        network_mode(mode, service, plan, sink);
    }
    if mac_address.is_some() {
        sink.fates.lost(sink.at("mac_address"), "a pod's network card has an address of the cluster's choice");
    }
}

fn network_mode(mode: &Spanned<NetworkMode>, service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) {
    let path = sink.at("network_mode");
    match &mode.value {
        NetworkMode::Host => {
            sink.draft.pod.host_network = true;
            sink.fates.mapped(path, [Place::pod(service.index, "hostNetwork")]);
        }
        NetworkMode::None => match plan.reach.isolation_label() {
            Some(label) => {
                sink.draft.pod.labels.insert(label.to_owned(), "none".to_owned());
                let place = Place { path: windlass_yaml::Path::root().key("labels").key(label), ..Place::pod_metadata(service.index, "") };
                sink.fates.approximated(path, [place], "a NetworkPolicy lets nothing in or out; the pod still has a network card");
            }
            None => sink.fates.lost(path, "a pod always has a network; a NetworkPolicy without rules closes it"),
        },
        NetworkMode::Bridge => sink.fates.mapped_with(path, [], "the cluster's network"),
        NetworkMode::Service(_) | NetworkMode::Container(_) if !service.owns_pod() => {
            sink.fates.mapped_with(path, [Place::container(service.index, "name")], "both run in one pod and share its network");
        }
        NetworkMode::Service(name) | NetworkMode::Container(name) => {
            sink.diagnostics.push(
                Diagnostic::warning(Code("convert::network-mode"), format!("`{name}` is not part of this project"))
                    .label(mode.span(), "its network can't be shared")
                    .because("pods share a network only with containers of the same pod")
                    .help("make it a service of this project and write `network_mode: service:NAME`"),
            );
            sink.fates.lost(path, "the container is not part of this project; write `network_mode: service:NAME`");
        }
        NetworkMode::Other(_) => sink.fates.lost(path, "a network of the engine; a pod is in the cluster's network"),
    }
}

pub(super) fn links(
    links: &[Spanned<SmolStr>],
    external: &[Spanned<SmolStr>],
    service: &ServicePlan<'_>,
    plan: &Plan<'_>,
    sink: &mut Sink<'_>,
) {
    let _ = service;
    if !links.is_empty() {
        let places: Vec<Place> = links
            .iter()
            .map(|link| link.rsplit(':').next().unwrap_or(link))
            .filter(|name| plan.reach.service(name).is_some())
            .map(|name| Place::object(ObjectRef::new(Kind::Service, service_name(name)), "metadata.name"))
            .collect();
        sink.fates.mapped(sink.at("links"), places);
    }
    if !external.is_empty() {
        sink.fates.lost(sink.at("external_links"), "containers outside the project; add a Service of type ExternalName for each");
    }
}

pub(super) fn resolver(resolver: &Resolver<'_>, service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    let Resolver { dns, dns_opt, dns_search, extra_hosts } = resolver;
    let texts = |list: &[Spanned<SmolStr>]| list.iter().map(|text| text.to_string()).collect::<Vec<_>>();
    if !dns.is_empty() {
        // A pod has at most three name servers, and the cluster's own is one of them.
        const MAX: usize = 2;
        let servers: Vec<String> =
            dns.iter().filter(|server| server.parse::<IpAddr>().is_ok()).take(MAX).map(|server| server.to_string()).collect();
        if servers.is_empty() {
            sink.fates.lost(sink.at("dns"), "name servers are addresses");
        } else {
            sink.draft.pod.dns.get_or_insert_default().nameservers = Some(servers);
            let message = "asked beside the cluster's own name server, which comes first; two at most";
            sink.fates.approximated(sink.at("dns"), [Place::pod(service.index, "dnsConfig.nameservers")], message);
        }
    }
    if !dns_search.is_empty() {
        sink.draft.pod.dns.get_or_insert_default().searches = Some(texts(dns_search).into_iter().filter(|domain| domain != ".").collect());
        let message = "beside the cluster's own domains";
        sink.fates.approximated(sink.at("dns_search"), [Place::pod(service.index, "dnsConfig.searches")], message);
    }
    if !dns_opt.is_empty() {
        let options = dns_opt.iter().map(|option| {
            let (name, value) = option.split_once(':').map_or((option.as_str(), None), |(name, value)| (name, Some(value)));
            PodDNSConfigOption { name: Some(name.to_owned()), value: value.map(str::to_owned) }
        });
        sink.draft.pod.dns.get_or_insert_default().options = Some(options.collect());
        sink.fates.mapped(sink.at("dns_opt"), [Place::pod(service.index, "dnsConfig.options")]);
    }
    for host in *extra_hosts {
        let path = sink.under("extra_hosts", &host.name);
        let mut places = Vec::new();
        let mut left_out = false;
        for address in &host.value {
            let Ok(ip) = address.trim_matches(['[', ']']).parse::<IpAddr>() else {
                left_out = true;
                continue;
            };
            let aliases = &mut sink.draft.pod.host_aliases;
            let ip = ip.to_string();
            let at = aliases.iter().position(|alias| alias.ip == ip).unwrap_or_else(|| {
                aliases.push(HostAlias { ip, hostnames: None });
                aliases.len() - 1
            });
            aliases[at].hostnames.get_or_insert_default().push(host.name.to_string());
            places.push(Place::pod(service.index, &format!("hostAliases[{at}].hostnames")));
        }
        match (places.is_empty(), left_out) {
            (false, false) => sink.fates.mapped(path, places),
            (false, true) => sink.fates.approximated(path, places, "without what is no address"),
            (true, _) => sink
                .fates
                .lost(path, "`host-gateway` is this machine; a cluster has no such host. Name the service that is meant, or its address"),
        }
    }
}
