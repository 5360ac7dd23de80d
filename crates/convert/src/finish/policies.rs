//! NetworkPolicies that keep networks apart as the project does.
//!
//! Members of a network reach each other; what is published is open to everybody; a pod that is in internal networks only
//! gets no way out but to its networks, to DNS and, where it waits for a Job, to the API server. Probes come from the node,
//! which policies do not stop.

use k8s_openapi::api::networking::v1::{
    NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use smol_str::SmolStr;
use windlass_k8s::labels::Identity;
use windlass_k8s::name::{SUBDOMAIN_LIMIT, object_name, with_suffix};
use windlass_k8s::{Object, Objects};
use windlass_source::{Diagnostic, Origin};

use super::waits::waits_for_job;
use super::workload::identity;
use super::{add, published_name};
use crate::decide::expose::{Outside, opened, outside, transport};
use crate::decide::{Plan, ServicePlan, is_isolated};

/// Marks pods that are in internal networks only.
pub(crate) const EGRESS: &str = "windlass.dev/egress";

/// Ports of API servers: the Service's, and the usual one behind it, since policies look at the address behind.
const API_SERVER: [i32; 2] = [443, 6443];

pub(super) fn policies(plan: &Plan<'_>, objects: &mut Objects, diagnostics: &mut Vec<Diagnostic>) {
    let mut any_internal_only = false;
    for service in plan.services.iter().filter(|service| service.owns_pod() && service.is_converted()) {
        if is_internal_only(service, plan) {
            any_internal_only = true;
            if waits_for_job(service, plan) {
                add(objects, api_server(service, plan), diagnostics);
            }
        }
        if let Some(object) = open(service, plan) {
            add(objects, object, diagnostics);
        }
    }
    for (name, label) in plan.reach.networks() {
        let is_used = |service: &ServicePlan<'_>| service.owns_pod() && service.is_converted() && service.service.networks.contains(name);
        if !plan.services.iter().any(is_used) {
            continue;
        }
        let origin = plan.input.project.networks.entry(name).map_or(Origin::DEFAULT, |network| network.name.origin.clone());
        let policy = policy_name(name);
        add(objects, members(&policy, name, label, &origin, plan), diagnostics);
        if any_internal_only && plan.reach.is_internal(name) {
            let is_needed = |service: &ServicePlan<'_>| is_used(service) && is_internal_only(service, plan);
            if plan.services.iter().any(is_needed) {
                add(objects, members_out(&with_suffix(&policy, "egress", SUBDOMAIN_LIMIT), name, label, &origin, plan), diagnostics);
            }
        }
    }
    if plan.reach.isolation_label().is_some() && plan.services.iter().any(|service| service.is_converted() && is_isolated(service)) {
        add(objects, nothing(plan), diagnostics);
    }
}

/// The name of the policy that lets a network's members call each other.
pub(crate) fn policy_name(network: &str) -> SmolStr {
    object_name(&format!("network-{network}"))
}

/// True when every network of the pod is internal, and they are kept apart.
pub(crate) fn is_internal_only(service: &ServicePlan<'_>, plan: &Plan<'_>) -> bool {
    let networks = &service.service.networks;
    !networks.is_empty()
        && networks.iter().all(|network| plan.reach.network_label(&network.name).is_some() && plan.reach.is_internal(&network.name))
}

fn select(labels: impl IntoIterator<Item = (String, String)>) -> LabelSelector {
    LabelSelector { match_labels: Some(labels.into_iter().collect()), match_expressions: None }
}

/// The members of a network: those of this namespace, and of all for a network that other projects share.
fn peer(network: &str, label: &str, plan: &Plan<'_>) -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        pod_selector: Some(select([(label.to_owned(), "true".to_owned())])),
        namespace_selector: plan.reach.is_external(network).then(LabelSelector::default),
        ip_block: None,
    }
}

/// What a policy allows: a direction that is `None` is not its business, one without rules is closed.
struct Allowed {
    ingress: Option<Vec<NetworkPolicyIngressRule>>,
    egress: Option<Vec<NetworkPolicyEgressRule>>,
}

/// A policy about the pods with these labels, of a service or of the whole project.
fn policy<L: Into<String>, V: Into<String>>(
    name: &str,
    pods: impl IntoIterator<Item = (L, V)>,
    allowed: Allowed,
    service: Option<&ServicePlan<'_>>,
    origin: &Origin,
    plan: &Plan<'_>,
) -> Object {
    let labels = match service {
        Some(service) => identity(service, plan).labels(),
        None => Identity { name: "", project: &plan.input.project.name, component: None, version: None }.labels(),
    };
    let Allowed { ingress, egress } = allowed;
    let types = [("Ingress", ingress.is_some()), ("Egress", egress.is_some())];
    let spec = NetworkPolicySpec {
        pod_selector: Some(select(pods.into_iter().map(|(label, value)| (label.into(), value.into())))),
        policy_types: Some(types.iter().filter(|(_, is_meant)| *is_meant).map(|(name, _)| (*name).to_owned()).collect()),
        ingress: ingress.filter(|rules| !rules.is_empty()),
        egress: egress.filter(|rules| !rules.is_empty()),
    };
    let metadata = ObjectMeta { name: Some(name.to_owned()), labels: Some(labels), ..ObjectMeta::default() };
    Object::new(NetworkPolicy { metadata, spec: Some(spec) }, origin.clone())
}

/// Members of a network may call each other.
fn members(name: &str, network: &str, label: &str, origin: &Origin, plan: &Plan<'_>) -> Object {
    let rule = NetworkPolicyIngressRule { from: Some(vec![peer(network, label, plan)]), ports: None };
    policy(name, [(label, "true")], Allowed { ingress: Some(vec![rule]), egress: None }, None, origin, plan)
}

/// Pods in internal networks only may call the members of this one, and DNS.
fn members_out(name: &str, network: &str, label: &str, origin: &Origin, plan: &Plan<'_>) -> Object {
    let dns = ["UDP", "TCP"].map(|protocol| port(protocol, 53));
    let rules = vec![
        NetworkPolicyEgressRule { to: Some(vec![peer(network, label, plan)]), ports: None },
        NetworkPolicyEgressRule { to: None, ports: Some(dns.to_vec()) },
    ];
    policy(name, [(label, "true"), (EGRESS, "internal")], Allowed { ingress: None, egress: Some(rules) }, None, origin, plan)
}

fn port(protocol: &str, number: i32) -> NetworkPolicyPort {
    NetworkPolicyPort { protocol: Some(protocol.to_owned()), port: Some(IntOrString::Int(number)), end_port: None }
}

/// The way to the API server for a pod that waits for a Job.
fn api_server(service: &ServicePlan<'_>, plan: &Plan<'_>) -> Object {
    let ports = API_SERVER.map(|number| port("TCP", number));
    let rule = NetworkPolicyEgressRule { to: None, ports: Some(ports.to_vec()) };
    let name = with_suffix(&service.name, "wait", SUBDOMAIN_LIMIT);
    let allowed = Allowed { ingress: None, egress: Some(vec![rule]) };
    policy(&name, identity(service, plan).selector(), allowed, Some(service), service.service.origin(), plan)
}

/// What is published is open to everybody, while networks are kept apart.
fn open(owner: &ServicePlan<'_>, plan: &Plan<'_>) -> Option<Object> {
    plan.reach.networks().next()?;
    let mut ports = Vec::new();
    for member in plan.pod_members(owner.index).filter(|member| member.is_long_running()) {
        for published in &member.service.ports {
            let is_inside = matches!(outside(member, published, plan.input.options), Outside::Inside(_));
            let (Some(transport), false) = (transport(published), is_inside) else { continue };
            let Ok(number) = i32::try_from(published.target.value) else { continue };
            let port = port(transport.as_str(), number);
            if !ports.contains(&port) {
                ports.push(port);
            }
        }
    }
    for member in plan.pod_members(owner.index) {
        for opening in &member.asked.openings {
            let port = port(opening.transport.as_str(), i32::from(opening.number));
            let is_inside = matches!(opened(member, opening, plan.input.options), Outside::Inside(_));
            if !is_inside && !ports.contains(&port) {
                ports.push(port);
            }
        }
        for route in member.routing.iter().flat_map(|routing| &routing.routes) {
            let port = port("TCP", i32::from(member.ports[route.port].number));
            if !ports.contains(&port) {
                ports.push(port);
            }
        }
    }
    if ports.is_empty() {
        return None;
    }
    let allowed = Allowed { ingress: Some(vec![NetworkPolicyIngressRule { from: None, ports: Some(ports) }]), egress: None };
    let name = published_name(&owner.name);
    Some(policy(&name, identity(owner, plan).selector(), allowed, Some(owner), owner.service.origin(), plan))
}

/// `network_mode: none`: nothing in, nothing out.
fn nothing(plan: &Plan<'_>) -> Object {
    let label = plan.reach.isolation_label().unwrap_or_default();
    let first = plan.services.iter().find(|service| service.is_converted() && is_isolated(service));
    let origin = first.map_or(&Origin::DEFAULT, |service| service.service.origin());
    policy("no-network", [(label, "none")], Allowed { ingress: Some(Vec::new()), egress: Some(Vec::new()) }, None, origin, plan)
}

#[cfg(test)]
mod tests {
    use crate::options::NetworkPolicies;
    use crate::testing::project;

    /// `front` is published and in both networks; `db` in the internal one only; `load` ends before `db` starts.
    const SHOP: &str = "services:\n  db:\n    image: postgres:17\n    networks: [back]\n    \
        depends_on: { load: { condition: service_completed_successfully, required: true } }\n  \
        load: { image: acme/load:1, networks: [back] }\n  \
        front: { image: acme/web:1, networks: [back, default], ports: ['80:8080'] }\n\
        networks: { back: { internal: true } }\n";

    #[test]
    fn networks_are_kept_apart_and_what_has_to_pass_passes() {
        let outcome = project(SHOP).convert();
        let policies: Vec<String> = outcome.names().into_iter().filter(|name| name.starts_with("NetworkPolicy/")).collect();
        let specs: Vec<String> = policies.iter().map(|name| format!("{name}\n{}", outcome.field(name, "spec"))).collect();
        insta::assert_snapshot!(specs.join("\n"), @r#"
        NetworkPolicy/db-wait
        egress:
        - ports:
          - port: 443
            protocol: TCP
          - port: 6443
            protocol: TCP
        podSelector:
          matchLabels:
            app.kubernetes.io/instance: shop
            app.kubernetes.io/name: db
        policyTypes:
        - Egress

        NetworkPolicy/front-published
        ingress:
        - ports:
          - port: 8080
            protocol: TCP
        podSelector:
          matchLabels:
            app.kubernetes.io/instance: shop
            app.kubernetes.io/name: front
        policyTypes:
        - Ingress

        NetworkPolicy/network-back
        ingress:
        - from:
          - podSelector:
              matchLabels:
                windlass.dev/network-back: "true"
        podSelector:
          matchLabels:
            windlass.dev/network-back: "true"
        policyTypes:
        - Ingress

        NetworkPolicy/network-back-egress
        egress:
        - to:
          - podSelector:
              matchLabels:
                windlass.dev/network-back: "true"
        - ports:
          - port: 53
            protocol: UDP
          - port: 53
            protocol: TCP
        podSelector:
          matchLabels:
            windlass.dev/egress: internal
            windlass.dev/network-back: "true"
        policyTypes:
        - Egress

        NetworkPolicy/network-default
        ingress:
        - from:
          - podSelector:
              matchLabels:
                windlass.dev/network-default: "true"
        podSelector:
          matchLabels:
            windlass.dev/network-default: "true"
        policyTypes:
        - Ingress
        "#);
        assert_eq!(outcome.field("StatefulSet/db", "spec.template.metadata.labels[\"windlass.dev/egress\"]"), "internal\n");
        assert_eq!(outcome.field("Deployment/front", "spec.template.metadata.labels[\"windlass.dev/egress\"]"), "null\n");
    }

    #[test]
    fn one_network_needs_no_policy_unless_it_is_asked_for() {
        let policies = |choice: NetworkPolicies, text: &str| {
            let outcome = project(text).options(|options| options.network_policies = choice).convert();
            outcome.names().iter().filter(|name| name.starts_with("NetworkPolicy/")).count()
        };
        let one = "services: { web: { image: acme/web:1 } }";
        assert_eq!(policies(NetworkPolicies::Auto, one), 0);
        assert_eq!(policies(NetworkPolicies::Always, one), 1);
        assert_eq!(policies(NetworkPolicies::Never, SHOP), 0);
    }

    #[test]
    fn a_service_without_a_network_is_closed() {
        let outcome = project("services: { web: { image: acme/web:1, network_mode: none } }").convert();
        insta::assert_snapshot!(outcome.field("NetworkPolicy/no-network", "spec"), @"
        podSelector:
          matchLabels:
            windlass.dev/network: none
        policyTypes:
        - Ingress
        - Egress
        ");
    }

    #[test]
    fn a_network_that_projects_share_is_open_to_its_members_everywhere() {
        let outcome = project(
            "services: { web: { image: acme/web:1, networks: [edge, default] } }\nnetworks: { edge: { external: true, name: proxy } }",
        )
        .convert();
        insta::assert_snapshot!(outcome.field("NetworkPolicy/network-edge", "spec.ingress"), @r#"
        - from:
          - namespaceSelector: {}
            podSelector:
              matchLabels:
                windlass.dev/network-proxy: "true"
        "#);
    }

    #[test]
    fn a_pod_of_several_services_carries_the_labels_of_its_networks() {
        let outcome = project(
            "services: { app: { image: acme/app:1, network_mode: 'service:vpn' }, db: { image: postgres:17, networks: [back] }, \
             vpn: { image: acme/vpn:1, networks: [back, default] } }\nnetworks: { back: {} }",
        )
        .convert();
        assert_eq!(outcome.field("Deployment/vpn", "spec.template.metadata.labels[\"windlass.dev/network-back\"]"), "\"true\"\n");
    }
}
