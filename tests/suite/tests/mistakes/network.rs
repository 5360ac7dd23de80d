//! Ports, Services, networks.

use serde_json::{Value, json};
use windlass_k8s::Kind;

use super::shop::{Result, services, shop};

fn ports(result: &Result, service: &str, field: &str) -> Vec<Value> {
    let ports = result.field(service, "spec.ports");
    ports.as_array().into_iter().flatten().map(|port| port[field].clone()).collect()
}

#[test]
fn siblings_reach_the_container_port_and_not_the_published_one() {
    let result = services("web: { image: 'acme/web:1', ports: ['8080:80'] }").convert();
    assert_eq!(ports(&result, "Service/web", "port"), [80]);
    assert!(result.fates("services.web.ports[0].published")[0].starts_with("approximated: stays inside"));
}

#[test]
fn a_port_has_its_protocol_and_one_number_may_have_two() {
    let result =
        services("dns: { image: 'acme/dns:1', ports: ['53:53/tcp', '53:53/udp', '9000:9000/sctp'], expose: ['514/udp'] }").convert();
    let service = result.field("Service/dns", "spec.ports");
    let mut found: Vec<_> = service.as_array().into_iter().flatten().map(|port| format!("{}/{}", port["port"], port["protocol"])).collect();
    found.sort();
    assert_eq!(found, ["514/\"UDP\"", "53/\"TCP\"", "53/\"UDP\"", "9000/\"SCTP\""]);
    let mut names: Vec<_> = ports(&result, "Service/dns", "name").iter().map(ToString::to_string).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 4, "{names:?}");
    assert_eq!(result.container("Deployment/dns", "ports").as_array().map(Vec::len), Some(4));
}

#[test]
fn a_port_may_have_a_short_name() {
    let result =
        services("web: { image: 'acme/web:1', ports: [{ name: web, target: 80, published: '8080', app_protocol: http }] }").convert();
    assert_eq!(result.field("Service/web", "spec.ports[0].name"), json!("web"));
    assert_eq!(result.field("Service/web", "spec.ports[0].appProtocol"), json!("http"));
}

#[test]
fn what_is_bound_to_loopback_stays_inside() {
    let result = services("db: { image: 'postgres:17', ports: ['127.0.0.1:80:5432', '[::1]:443:5432'] }").convert();
    for service in result.names(Some(Kind::Service)) {
        let kind = result.field(&service, "spec.type");
        assert!(kind.is_null() || kind == "ClusterIP", "{service} is a {kind}");
    }
}

#[test]
fn a_database_that_a_developer_published_does_not_meet_the_internet() {
    let result =
        services("db: { image: 'postgres:17', ports: ['5432:5432'] }, cache: { image: 'redis:7', ports: ['6379:6379'] }").convert();
    assert!(!result.text().contains("LoadBalancer") && !result.text().contains("NodePort") && !result.text().contains("hostPort"));
}

#[test]
fn a_published_service_still_answers_to_its_own_name() {
    let result = services("web: { image: 'acme/web:1', ports: ['80:8080'] }").convert();
    assert_eq!(ports(&result, "Service/web", "port"), [8080]);
    assert_eq!(result.field("Service/web-published", "spec.type"), json!("LoadBalancer"));
    assert_eq!(ports(&result, "Service/web-published", "port"), [80]);
    assert!(!result.text().contains("hostPort"));
}

#[test]
fn one_port_that_is_published_twice_is_one_port_of_its_service() {
    let result = services("web: { image: 'acme/web:1', ports: ['80:80', '8080:80', '127.0.0.1:8081:80'], expose: ['80', 80] }").convert();
    assert_eq!(ports(&result, "Service/web", "port"), [80]);
    assert_eq!(result.container("Deployment/web", "ports").as_array().map(Vec::len), Some(1));
}

#[test]
fn a_service_that_publishes_nothing_has_a_name() {
    let result =
        services("web: { image: 'acme/web:1', depends_on: [cache, app] }, cache: { image: 'redis:7' }, app: { image: 'acme/app:1' }")
            .convert();
    assert_eq!(ports(&result, "Service/cache", "port"), [6379]);
    // Nothing is known of its ports, and none is made up.
    assert_eq!(result.field("Service/app", "spec.clusterIP"), json!("None"));
    assert!(result.field("Service/app", "spec.ports").is_null());
}

#[test]
fn a_range_of_ports_is_each_of_them() {
    let result = services("web: { image: 'acme/web:1', ports: ['7000-7002:7000-7002'] }").convert();
    assert_eq!(ports(&result, "Service/web", "port"), [7000, 7001, 7002]);
}

#[test]
fn one_network_needs_no_policy() {
    let result = services("web: { image: 'acme/web:1', ports: ['80:80'] }, app: { image: 'acme/app:1', expose: ['9000'] }").convert();
    assert_eq!(result.names(Some(Kind::NetworkPolicy)), [""; 0]);
}

#[test]
fn policies_let_the_world_to_published_ports_and_everybody_to_name_servers() {
    let text = "services:\n  web: { image: 'acme/web:1', ports: ['80:8080'], networks: [front, back] }\n  db: { image: 'postgres:17', networks: [back] }\n\
                networks: { front: , back: { internal: true } }\n";
    let result = shop(text).convert();
    let policies: Vec<Value> = result.names(Some(Kind::NetworkPolicy)).iter().map(|name| result.field(name, "spec")).collect();
    let selects = |policy: &Value, workload: &str| {
        let labels = result.field(workload, "spec.template.metadata.labels");
        policy["podSelector"]["matchLabels"].as_object().is_none_or(|wanted| wanted.iter().all(|(key, value)| labels[key] == *value))
    };
    // The front door: somebody from anywhere gets to the container's port.
    let open = |policy: &Value| {
        let rules = policy["ingress"].as_array().into_iter().flatten();
        rules.into_iter().any(|rule| rule["from"].is_null() && rule["ports"].to_string().contains("8080"))
    };
    assert!(policies.iter().any(|policy| selects(policy, "Deployment/web") && open(policy)), "{policies:?}");
    assert!(!policies.iter().any(|policy| selects(policy, "StatefulSet/db") && open(policy)), "{policies:?}");
    // Where ways out are closed, that to the name servers is not.
    for policy in policies.iter().filter(|policy| selects(policy, "StatefulSet/db") && policy["policyTypes"].to_string().contains("Egress"))
    {
        assert!(policy["egress"].to_string().contains("53"), "{policy}");
    }
}

#[test]
fn the_clusters_name_servers_stay_first_and_options_are_split() {
    let result = services("web: { image: 'acme/web:1', dns: [9.9.9.9], dns_opt: ['ndots:2', 'rotate'] }").convert();
    let policy = result.pod("Deployment/web", "dnsPolicy");
    assert!(policy.is_null() || policy == "ClusterFirst", "{policy}");
    assert_eq!(result.pod("Deployment/web", "dnsConfig.options"), json!([{ "name": "ndots", "value": "2" }, { "name": "rotate" }]));
}

#[test]
fn services_of_one_pod_keep_their_volumes() {
    let text = "services:\n  vpn: { image: 'acme/vpn:1', volumes: ['vpn:/etc/vpn'] }\n  app: { image: 'acme/app:1', network_mode: 'service:vpn', volumes: ['data:/data'] }\n\
                volumes: { vpn: , data: }\n";
    let result = shop(text).convert();
    let workload = result
        .names(None)
        .into_iter()
        .find(|name| name.ends_with("/vpn") && !name.contains("Claim") && !name.contains("Service"))
        .expect("a workload");
    let containers = result.pod(&workload, "containers");
    let mounts: Vec<&Value> =
        containers.as_array().into_iter().flatten().map(|container| &container["volumeMounts"][0]["mountPath"]).collect();
    assert_eq!(mounts, [&json!("/etc/vpn"), &json!("/data")]);
    assert_eq!(result.pod(&workload, "volumes").as_array().map(Vec::len), Some(2));
}

#[test]
fn aliases_and_links_lead_to_their_service() {
    let text = "services:\n  db: { image: 'postgres:17', networks: { default: { aliases: [database, sql] } } }\n  app: { image: 'acme/app:1', links: ['db:store'] }\n";
    let result = shop(text).convert();
    for name in ["database", "sql", "store"] {
        assert_eq!(result.field(&format!("Service/{name}"), "spec.selector"), result.field("Service/db", "spec.selector"), "{name}");
    }
}

#[test]
fn an_ingress_leads_to_the_port_that_is_meant() {
    let text = "web: { image: 'acme/web:1', ports: ['8080:8080', '9000:9000'], \
                x-windlass: { expose: { '9000': ingress }, domain: shop.example.com, path: /admin, tls_secret: shop-tls } }";
    let result = services(text).convert();
    let rule = result.field("Ingress/web", "spec.rules[0]");
    assert_eq!(rule["host"], json!("shop.example.com"));
    assert_eq!(rule["http"]["paths"][0]["path"], json!("/admin"));
    let port = &rule["http"]["paths"][0]["backend"]["service"]["port"];
    assert!(port["number"] == 9000 || port["name"] == "tcp-9000", "{port}");
    assert_eq!(result.field("Ingress/web", "spec.tls"), json!([{ "hosts": ["shop.example.com"], "secretName": "shop-tls" }]));
}
