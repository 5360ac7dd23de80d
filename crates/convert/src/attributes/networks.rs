//! networks, network_mode, links, dns*, extra_hosts. Policies between networks are made in `finish`.

use std::net::IpAddr;

use k8s_openapi::api::core::v1::{HostAlias, PodDNSConfigOption};
use smol_str::SmolStr;
use windlass_compose::model::{ByName, ExtraHosts, NetworkMode, ServiceNetwork};
use windlass_k8s::{Kind, ObjectRef};
use windlass_source::{Code, Diagnostic, Spanned};

use super::Sink;
use super::security::not_at;
use crate::decide::{Plan, ServicePlan};
use crate::fates::Place;
use crate::finish::policies::{EGRESS, is_internal_only};

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
    if service.owns_pod() && is_internal_only(service, plan) {
        sink.draft.pod.labels.insert(EGRESS.to_owned(), "internal".to_owned());
    }
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
            let path = path.key("aliases");
            let own = || aliases.iter().filter(|alias| plan.reach.service(alias) == Some(service.index));
            let labels: Vec<SmolStr> = own().filter_map(|alias| plan.reach.object_name(alias, &plan.services)).collect();
            let list = |names: &mut dyn Iterator<Item = &Spanned<SmolStr>>| {
                names.map(|name| format!("`{}`", name.value)).collect::<Vec<_>>().join(", ")
            };
            let outside = list(&mut own().filter(|alias| plan.reach.is_outside(alias)));
            let changed = list(&mut own().filter(|alias| !labels.contains(&alias.value) && !plan.reach.is_outside(alias)));
            let is_taken = own().count() < aliases.len();
            let places = labels.iter().map(|label| Place::object(ObjectRef::new(Kind::Service, label.clone()), "metadata.name"));
            if !service.is_reachable() {
                sink.fates.lost(path, "nobody calls it: it is a job, or has no network of its own");
            } else if is_taken {
                sink.fates.approximated(
                    path,
                    places,
                    "an alias that another service has leads to that one; who reaches this one alone by it calls it by its own name",
                );
            } else if !outside.is_empty() {
                let message = format!("no Service can be called {outside}: pods reach it where it resolves to the published address");
                sink.fates.approximated(path, places, message);
            } else if changed.is_empty() {
                sink.fates.mapped(path, places);
            } else {
                sink.fates.approximated(path, places, format!("{changed} becomes a DNS label"));
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
            sink.fates.mapped_with(path.key(&extension.name.value), [], "an extension has no meaning of its own");
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
        NetworkMode::Host => match not_at(plan.security(service)) {
            Some(reason) => sink.fates.refused(path, reason),
            None => {
                sink.draft.pod.host_network = true;
                let place = Place::pod(service.index, "hostNetwork");
                if service.replicas > 1 && service.kind != Kind::DaemonSet {
                    sink.fates.approximated(
                        path,
                        [place],
                        "each replica needs a node of its own, since a node's port can be listened on once",
                    );
                } else {
                    sink.fates.mapped(path, [place]);
                }
            }
        },
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
        NetworkMode::Service(name) | NetworkMode::Container(name) if is_of_project(name, plan) => {
            sink.fates.lost(path, "the network of that one leads back to this one, or it is not converted");
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

fn is_of_project(name: &str, plan: &Plan<'_>) -> bool {
    let is_called = |service: &ServicePlan<'_>| service.service.container_name.as_ref().is_some_and(|container| container.as_str() == name);
    plan.service(name).is_some() || plan.services.iter().any(is_called)
}

pub(super) fn links(links: &[Spanned<SmolStr>], external: &[Spanned<SmolStr>], plan: &Plan<'_>, sink: &mut Sink<'_>) {
    if !links.is_empty() {
        let mut labels: Vec<SmolStr> = Vec::new();
        let mut is_whole = true;
        let mut changed = None;
        for link in links {
            let (target, name) = link.split_once(':').unwrap_or((link, link));
            let target = plan.service(target).filter(|target| target.is_reachable());
            if let Some(target) = target.filter(|target| plan.reach.service(name).is_some_and(|leads| leads != target.index)) {
                changed.get_or_insert((name, &target.name));
                labels.push(target.name.clone());
            } else {
                let label = plan.reach.object_name(name, &plan.services);
                is_whole &= label.as_deref() == Some(name);
                labels.extend(label);
            }
        }
        let places = labels.iter().map(|label| Place::object(ObjectRef::new(Kind::Service, label.clone()), "metadata.name"));
        if let Some((name, target)) = changed {
            let message =
                format!("`{name}` leads to another service; where variables and commands name it as a host, they name `{target}`");
            sink.fates.approximated(sink.at("links"), places, message);
        } else if is_whole {
            sink.fates.mapped(sink.at("links"), places);
        } else {
            sink.fates.approximated(sink.at("links"), places, "names become DNS labels, and a name leads to one service for all");
        }
    }
    if !external.is_empty() {
        sink.fates.lost(sink.at("external_links"), "containers outside the project; add a Service of type ExternalName for each");
    }
}

pub(super) fn resolver(resolver: &Resolver<'_>, service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) {
    let Resolver { dns, dns_opt, dns_search, extra_hosts } = resolver;
    let texts = |list: &[Spanned<SmolStr>]| list.iter().map(|text| text.to_string()).collect::<Vec<_>>();
    if !dns.is_empty() {
        // A pod has at most three name servers, and the cluster's own is one of them.
        const MAX: usize = 2;
        // No pod has the address that a service has in Docker.
        let of_service = dns.iter().find_map(|server| Some(&plan.services[plan.reach.at_address(server)?].service.name.value));
        let is_one = |server: &&Spanned<SmolStr>| server.parse::<IpAddr>().is_ok() && plan.reach.at_address(server).is_none();
        let servers: Vec<String> = dns.iter().filter(is_one).take(MAX).map(|server| server.to_string()).collect();
        if servers.is_empty() {
            let message = match of_service {
                Some(name) => format!("`{name}` has another address at each start in a cluster, whose own name server is asked"),
                None => "name servers are addresses".to_owned(),
            };
            sink.fates.lost(sink.at("dns"), message);
        } else {
            sink.draft.pod.dns.get_or_insert_default().nameservers = Some(servers);
            let message = match of_service {
                Some(name) => format!("without `{name}`, which has another address at each start; beside the cluster's own name server"),
                None => "asked beside the cluster's own name server, which comes first; two at most".to_owned(),
            };
            sink.fates.approximated(sink.at("dns"), [Place::pod(service.index, "dnsConfig.nameservers")], message);
        }
    }
    if !dns_search.is_empty() {
        let written: Vec<String> = texts(dns_search).into_iter().filter(|domain| !domain.trim_matches('.').is_empty()).collect();
        let domains: Vec<String> = written.iter().map(|domain| domain.to_ascii_lowercase()).filter(|domain| is_domain(domain)).collect();
        if written.is_empty() {
            sink.fates.approximated(sink.at("dns_search"), [], "the cluster's own domains are always searched");
        } else if domains.is_empty() {
            sink.fates.lost(sink.at("dns_search"), "no domain has such a name");
        } else {
            let message = if domains.len() < written.len() {
                "beside the cluster's own domains; names that no domain has are left out"
            } else {
                "beside the cluster's own domains"
            };
            sink.draft.pod.dns.get_or_insert_default().searches = Some(domains);
            sink.fates.approximated(sink.at("dns_search"), [Place::pod(service.index, "dnsConfig.searches")], message);
        }
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
            if plan.reach.at_address(address.trim()).is_some() {
                match plan.reach.object_name(&host.name, &plan.services) {
                    Some(label) => places.push(Place::object(ObjectRef::new(Kind::Service, label), "metadata.name")),
                    None => left_out = true,
                }
                continue;
            }
            let Ok(ip) = address.trim().trim_matches(['[', ']']).parse::<IpAddr>() else {
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
            places.push(Place::pod(service.index, "hostAliases"));
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

/// What may stand in `dnsConfig.searches`: labels of letters, digits, `-` and `_`, with a letter or digit at each end (`_` at the start).
fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        let ends = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
        let first = label.strip_prefix('_').unwrap_or(label);
        let is_known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
        label.bytes().all(is_known) && ends(first.bytes().next()) && ends(label.bytes().next_back())
    };
    let text = text.strip_suffix('.').unwrap_or(text);
    text.len() < 254 && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use crate::testing::project;

    #[test]
    fn aliases_and_links_are_names_of_services() {
        let outcome = project(
            "services: { db: { image: postgres:17, networks: { default: { aliases: [database, my_db] } } }, \
             web: { image: acme/web:1, links: ['db:store', db] } }\nnetworks: { default: { name: shop_default } }",
        )
        .convert();
        for name in ["database", "my-db", "store", "db"] {
            assert_eq!(outcome.field(&format!("Service/{name}"), "spec.ports[0].port"), "5432\n", "{name}");
        }
        insta::assert_snapshot!(outcome.fates("services.db.networks"), @"services.db.networks.default.aliases: approximated → Service/database metadata.name, Service/my-db metadata.name (`my_db` becomes a DNS label)");
        insta::assert_snapshot!(outcome.fates("services.web.links"), @"services.web.links: mapped → Service/store metadata.name, Service/db metadata.name");
    }

    #[test]
    fn a_container_name_is_a_name_where_somebody_calls_it() {
        let services = |host: &str| {
            let outcome = project(&format!(
                "services: {{ db: {{ image: postgres:17, container_name: shop-db }}, web: {{ image: acme/web:1, environment: {{ DB: '{host}' }} }} }}"
            ))
            .convert();
            outcome.names().contains(&"Service/shop-db".to_owned())
        };
        assert!(services("postgres://shop-db:5432/x"));
        assert!(!services("postgres://db:5432/x"));
    }

    #[test]
    fn domains_that_no_name_server_knows_are_not_searched() {
        let searched = |domains: &str| {
            let outcome = project(&format!("services: {{ web: {{ image: 'acme/web:1', dns_search: [{domains}] }} }}")).convert();
            (outcome.pod("Deployment/web", "dnsConfig.searches"), outcome.fates("services.web.dns_search"))
        };
        let (searches, fate) = searched("'Example.com.', 'a b', _tcp.local, '-x'");
        assert_eq!(searches, "- example.com.\n- _tcp.local\n");
        assert!(fate.contains("approximated") && fate.contains("left out"), "{fate}");
        assert!(searched("'a b'").1.contains("lost (no domain has such a name)"));
    }

    #[test]
    fn resolvers_are_told_what_docker_would_be() {
        let outcome = project(
            "services: { web: { image: acme/web:1, dns: [1.1.1.1, 8.8.8.8, 9.9.9.9], dns_search: [example.com], dns_opt: ['ndots:2', rotate], \
             extra_hosts: { mail: [10.0.0.1], smtp: [10.0.0.1], host.docker.internal: [host-gateway] } } }",
        )
        .convert();
        insta::assert_snapshot!(outcome.pod("Deployment/web", "dnsConfig"), @r#"
nameservers:
- 1.1.1.1
- 8.8.8.8
options:
- name: ndots
  value: "2"
- name: rotate
searches:
- example.com
"#);
        insta::assert_snapshot!(outcome.pod("Deployment/web", "hostAliases"), @"
        - hostnames:
          - mail
          - smtp
          ip: 10.0.0.1
        ");
        insta::assert_snapshot!(outcome.fates("services.web"), @r#"
        services.web.image: mapped → Deployment/web spec.template.spec.containers[0].image
        services.web.dns: approximated → Deployment/web spec.template.spec.dnsConfig.nameservers (asked beside the cluster's own name server, which comes first; two at most)
        services.web.dns_search: approximated → Deployment/web spec.template.spec.dnsConfig.searches (beside the cluster's own domains)
        services.web.dns_opt: mapped → Deployment/web spec.template.spec.dnsConfig.options
        services.web.extra_hosts.mail: mapped → Deployment/web spec.template.spec.hostAliases
        services.web.extra_hosts.smtp: mapped → Deployment/web spec.template.spec.hostAliases
        services.web.extra_hosts["host.docker.internal"]: lost (`host-gateway` is this machine; a cluster has no such host. Name the service that is meant, or its address)
        "#);
    }

    #[test]
    fn a_name_for_the_address_of_a_service_is_one_of_its_names() {
        let outcome = project(
            "services:
  web: { image: acme/web:1, dns: [172.20.0.3, 1.1.1.1], extra_hosts: { api: [172.20.0.2], mail: [10.0.0.1] }, networks: [n] }
  job: { image: acme/web:1, dns: [172.20.0.3], networks: [n] }
  back: { image: acme/back:1, expose: ['80'], networks: { n: { ipv4_address: 172.20.0.2 } } }
  names: { image: acme/names:1, networks: { n: { ipv4_address: 172.20.0.3 } } }
networks: { n: { ipam: { config: [{ subnet: 172.20.0.0/24 }] } } }",
        )
        .convert();
        assert_eq!(outcome.field("Service/api", "spec.ports[0].port"), "80\n");
        assert!(!outcome.pod("Deployment/web", "hostAliases").contains("172."), "no pod has that address");
        assert_eq!(outcome.pod("Deployment/web", "dnsConfig.nameservers"), "- 1.1.1.1\n");
        let told = outcome.fates("services.web") + &outcome.fates("services.job.dns");
        for line in [
            "services.web.extra_hosts.api: mapped → Service/api metadata.name",
            "services.web.extra_hosts.mail: mapped → Deployment/web spec.template.spec.hostAliases",
            "(without `names`, which has another address at each start; beside the cluster's own name server)",
            "services.job.dns: lost (`names` has another address at each start in a cluster, whose own name server is asked)",
        ] {
            assert!(told.contains(line), "{line}\n{told}");
        }
    }

    #[test]
    fn replicas_in_the_nodes_network_need_nodes_of_their_own() {
        let outcome = project("services: { web: { image: acme/web:1, network_mode: host, expose: ['80'], scale: 2 } }").convert();
        insta::assert_snapshot!(outcome.field("Deployment/web", "spec.strategy"), @"
        rollingUpdate:
          maxSurge: 0
          maxUnavailable: 1
        type: RollingUpdate
        ");
        assert_eq!(outcome.pod("Deployment/web", "dnsPolicy"), "ClusterFirstWithHostNet\n");
        assert!(outcome.fates("services.web.network_mode").contains("approximated"));
    }

    #[test]
    fn the_network_of_a_container_elsewhere_can_not_be_shared() {
        let outcome = project("services: { web: { image: acme/web:1, network_mode: 'container:other' } }").convert();
        assert!(outcome.diagnostics().contains(&"convert::network-mode: `other` is not part of this project".to_owned()));
    }
}
