//! Ingresses and HTTPRoutes, from the routes that were decided, one for each service.

use std::collections::BTreeMap;

use k8s_openapi::api::networking::v1::{
    HTTPIngressPath, HTTPIngressRuleValue, Ingress, IngressBackend, IngressRule, IngressServiceBackend, IngressSpec, IngressTLS,
    ServiceBackendPort,
};
use serde_json::{Value, json};
use smol_str::SmolStr;
use windlass_k8s::name::{SUBDOMAIN_LIMIT, with_suffix};
use windlass_k8s::{Custom, Kind, Object, ObjectRef, Objects, Resource};
use windlass_source::{Code, Diagnostic};

use super::add;
use super::services::metadata;
use crate::decide::route::{Route, Routing};
use crate::decide::{Plan, ServicePlan};
use crate::fates::{Fates, Place};

/// The Gateway that HTTPRoutes name unless the project or a flag names one.
const GATEWAY: &str = "gateway";

pub(super) fn routes(plan: &Plan<'_>, objects: &mut Objects, fates: &mut Fates, diagnostics: &mut Vec<Diagnostic>) {
    let mut unnamed_gateway = None;
    for service in &plan.services {
        let Some(routing) = &service.routing else { continue };
        let gateway =
            service.chosen.gateway.as_ref().map(|gateway| gateway.value.to_string()).or_else(|| plan.input.options.gateway.clone());
        if routing.by_gateway && gateway.is_none() {
            unnamed_gateway.get_or_insert(service);
        }
        let objects_of: Vec<Object> = if routing.by_gateway {
            http_routes(service, routing, gateway.as_deref().unwrap_or(GATEWAY), plan)
        } else {
            vec![ingress(service, routing, plan)]
        };
        let references: Vec<ObjectRef> = objects_of.iter().map(Object::reference).collect();
        for object in objects_of {
            add(objects, object, diagnostics);
        }
        if !routing.by_gateway {
            for (secret, hosts) in &routing.certificates {
                objects.add_external(ObjectRef::new(Kind::Secret, secret.clone()), service.service.origin().clone());
                if service.chosen.tls_secret.is_none() {
                    diagnostics.push(certificate(service, secret, hosts));
                }
            }
        }
        tell(service, routing, &references, fates);
    }
    one_ingress_without_host(plan, diagnostics);
    if let Some(service) = unnamed_gateway {
        diagnostics.push(
            Diagnostic::warning(Code("convert::gateway"), format!("the HTTPRoutes belong to a Gateway called `{GATEWAY}`"))
                .label(service.service.name.span(), "reached by one")
                .because("nobody names the Gateway, and a route without one leads nowhere")
                .help("pass `--gateway NAMESPACE/NAME`, or write `x-windlass: { gateway: … }`"),
        );
    }
}

fn certificate(service: &ServicePlan<'_>, secret: &str, hosts: &[SmolStr]) -> Diagnostic {
    let hosts: Vec<String> = hosts.iter().map(|host| format!("`{host}`")).collect();
    Diagnostic::note(Code("convert::certificate"), format!("the Ingress of `{}` wants a certificate", service.service.name.value))
        .label(service.service.name.span(), "")
        .because(format!("it is read from the Secret `{secret}`, for {}", hosts.join(", ")))
        .help(format!("make it with `kubectl create secret tls {secret}`, or let cert-manager do so: its annotation goes on the Ingress"))
}

/// What became of what asked for the routes.
fn tell(service: &ServicePlan<'_>, routing: &Routing, references: &[ObjectRef], fates: &mut Fates) {
    let places = || references.iter().map(|reference| Place::object(reference.clone(), "spec"));
    let mut mapped = |at: &windlass_yaml::Path| {
        let path = service.path("").join(at);
        // A variable stays one.
        if at.to_string().starts_with("environment") {
            fates.also(path, places());
        } else {
            fates.mapped(path, places());
        }
    };
    routing.at.iter().for_each(&mut mapped);
    let chosen = &service.chosen;
    if let Some(class) = chosen.ingress_class.as_ref().filter(|_| !routing.by_gateway) {
        mapped(&class.at);
    }
    if let Some(gateway) = chosen.gateway.as_ref().filter(|_| routing.by_gateway) {
        mapped(&gateway.at);
    }
    for (_, wish) in &chosen.expose {
        if matches!(wish.value, crate::options::Exposure::Ingress | crate::options::Exposure::Gateway) {
            mapped(&wish.at);
        }
    }
}

/// Ingresses without a host take each other's requests.
fn one_ingress_without_host(plan: &Plan<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let takes_all = |routing: &Routing| routing.routes.iter().any(|route| route.host.is_none() && route.path == "/");
    let services = plan.services.iter().filter(|service| service.routing.as_ref().is_some_and(takes_all));
    let names: Vec<String> = services.map(|service| format!("`{}`", service.name)).collect();
    if names.len() > 1 {
        diagnostics.push(
            Diagnostic::warning(Code("convert::ingress-host"), format!("{} take the same requests", names.join(", ")))
                .because("without a domain an Ingress is for every host name, and one of them wins")
                .help("give `--domain`, so that each is a host of its own"),
        );
    }
}

/// The routes by host; those without one come first.
fn by_host(routing: &Routing) -> BTreeMap<Option<&SmolStr>, Vec<&Route>> {
    let mut hosts: BTreeMap<Option<&SmolStr>, Vec<&Route>> = BTreeMap::new();
    for route in &routing.routes {
        hosts.entry(route.host.as_ref()).or_default().push(route);
    }
    hosts
}

fn ingress(service: &ServicePlan<'_>, routing: &Routing, plan: &Plan<'_>) -> Object {
    let path = |route: &&Route| HTTPIngressPath {
        backend: IngressBackend {
            service: Some(IngressServiceBackend {
                name: service.name.to_string(),
                port: Some(ServiceBackendPort { name: Some(service.ports[route.port].name.to_string()), number: None }),
            }),
            resource: None,
        },
        path: Some(route.path.to_string()),
        path_type: if route.is_exact { "Exact" } else { "Prefix" }.to_owned(),
    };
    let rules = by_host(routing).into_iter().map(|(host, routes)| IngressRule {
        host: host.map(SmolStr::to_string),
        http: Some(HTTPIngressRuleValue { paths: routes.iter().map(path).collect() }),
    });
    let tls = routing.certificates.iter().map(|(secret, hosts)| IngressTLS {
        hosts: (!hosts.is_empty()).then(|| hosts.iter().map(SmolStr::to_string).collect()),
        secret_name: Some(secret.to_string()),
    });
    let class = service.chosen.ingress_class.as_ref().map(|class| class.value.to_string());
    let spec = IngressSpec {
        ingress_class_name: class.or_else(|| plan.input.options.ingress_class.clone()),
        rules: Some(rules.collect()),
        tls: (!routing.certificates.is_empty()).then(|| tls.collect()),
        ..IngressSpec::default()
    };
    let value = Ingress { metadata: metadata(service.name.as_str(), service, plan), spec: Some(spec), ..Ingress::default() };
    Object::new(value, service.service.origin().clone())
}

/// HTTPRoutes: hosts with the same rules share one.
fn http_routes(service: &ServicePlan<'_>, routing: &Routing, gateway: &str, plan: &Plan<'_>) -> Vec<Object> {
    let mut groups: Vec<(Vec<&SmolStr>, Vec<Value>)> = Vec::new();
    for (host, routes) in by_host(routing) {
        let rules: Vec<Value> = routes.iter().map(|route| rule(service, route)).collect();
        match groups.iter_mut().find(|(hosts, known)| !hosts.is_empty() && host.is_some() && *known == rules) {
            Some((hosts, _)) => hosts.extend(host),
            None => groups.push((host.into_iter().collect(), rules)),
        }
    }
    let parent = match gateway.split_once('/') {
        Some((namespace, name)) => json!({ "name": name, "namespace": namespace }),
        None => json!({ "name": gateway }),
    };
    let several = groups.len() > 1;
    let object = |(index, (hosts, rules)): (usize, (Vec<&SmolStr>, Vec<Value>))| {
        let name =
            if several && index > 0 { with_suffix(&service.name, &index.to_string(), SUBDOMAIN_LIMIT) } else { service.name.clone() };
        let mut spec = serde_json::Map::new();
        spec.insert("parentRefs".to_owned(), json!([parent]));
        if !hosts.is_empty() {
            spec.insert("hostnames".to_owned(), json!(hosts.iter().map(|host| host.as_str()).collect::<Vec<_>>()));
        }
        spec.insert("rules".to_owned(), Value::Array(rules));
        let body = [("spec".to_owned(), Value::Object(spec))].into_iter().collect();
        let custom = Custom { kind: Kind::HttpRoute, metadata: metadata(name.as_str(), service, plan), body };
        Object::new(Resource::Custom(Box::new(custom)), service.service.origin().clone())
    };
    groups.into_iter().enumerate().map(object).collect()
}

fn rule(service: &ServicePlan<'_>, route: &Route) -> Value {
    let kind = if route.is_exact { "Exact" } else { "PathPrefix" };
    json!({
        "matches": [{ "path": { "type": kind, "value": route.path.as_str() } }],
        "backendRefs": [{ "name": service.name.as_str(), "port": service.ports[route.port].number }],
    })
}

#[cfg(test)]
mod tests {
    use crate::options::{ExposeRule, Exposure};
    use crate::testing::project;

    #[test]
    fn labels_of_traefik_become_an_ingress() {
        let outcome = project(
            r#"
services:
  web:
    image: acme/web:1
    labels:
      traefik.enable: "true"
      traefik.http.routers.web.rule: "Host(`shop.example.com`) && PathPrefix(`/api`)"
      traefik.http.routers.web.entrypoints: websecure
      traefik.http.routers.web.tls.certresolver: le
      traefik.http.routers.web.middlewares: auth
      traefik.http.services.web.loadbalancer.server.port: "8080"
      traefik.http.middlewares.auth.basicauth.users: "a:b"
"#,
        )
        .convert();
        insta::assert_snapshot!(outcome.field("Ingress/web", "spec"), @"
        rules:
        - host: shop.example.com
          http:
            paths:
            - backend:
                service:
                  name: web
                  port:
                    name: tcp-8080
              path: /api
              pathType: Prefix
        tls:
        - hosts:
          - shop.example.com
          secretName: web-tls
        ");
        insta::assert_snapshot!(outcome.fates("services.web.labels"), @r#"
        services.web.labels["traefik.enable"]: mapped (routes follow from the other labels)
        services.web.labels["traefik.http.routers.web.rule"]: mapped → Ingress/web spec
        services.web.labels["traefik.http.routers.web.entrypoints"]: mapped → Ingress/web spec
        services.web.labels["traefik.http.routers.web.tls.certresolver"]: mapped → Ingress/web spec
        services.web.labels["traefik.http.routers.web.middlewares"]: lost (a middleware of Traefik's; Ingress controllers have annotations and Gateways filters that do the same)
        services.web.labels["traefik.http.services.web.loadbalancer.server.port"]: mapped → Ingress/web spec
        services.web.labels["traefik.http.middlewares.auth.basicauth.users"]: lost (a middleware of Traefik's; Ingress controllers have annotations and Gateways filters that do the same)
        "#);
        insta::assert_snapshot!(outcome.diagnostics().join("\n"), @"convert::certificate: the Ingress of `web` wants a certificate");
    }

    #[test]
    fn variables_of_nginx_proxy_become_an_ingress_and_stay_variables() {
        let outcome = project(
            "services: { web: { image: acme/web:1, environment: { VIRTUAL_HOST: 'a.example.com,b.example.com', VIRTUAL_PORT: '3000', \
             LETSENCRYPT_HOST: a.example.com } } }",
        )
        .convert();
        insta::assert_snapshot!(outcome.field("Ingress/web", "spec"), @"
        rules:
        - host: a.example.com
          http:
            paths:
            - backend:
                service:
                  name: web
                  port:
                    name: tcp-3000
              path: /
              pathType: Prefix
        - host: b.example.com
          http:
            paths:
            - backend:
                service:
                  name: web
                  port:
                    name: tcp-3000
              path: /
              pathType: Prefix
        tls:
        - hosts:
          - a.example.com
          secretName: web-tls
        ");
        insta::assert_snapshot!(outcome.fates("services.web.environment"), @"
        services.web.environment.VIRTUAL_HOST: mapped → Deployment/web spec.template.spec.containers[0].env[1].value, Ingress/web spec
        services.web.environment.VIRTUAL_PORT: mapped → Deployment/web spec.template.spec.containers[0].env[2].value, Ingress/web spec
        services.web.environment.LETSENCRYPT_HOST: mapped → Deployment/web spec.template.spec.containers[0].env[0].value, Ingress/web spec
        ");
    }

    #[test]
    fn labels_of_caddy_become_an_ingress() {
        let outcome = project(
            "services: { web: { image: acme/web:1, labels: { caddy: shop.example.com, caddy.reverse_proxy: '{{upstreams 8080}}', \
             caddy.encode: gzip, caddy_1: 'http://old.example.com', caddy_1.redir: 'https://shop.example.com' } } }",
        )
        .convert();
        insta::assert_snapshot!(outcome.field("Ingress/web", "spec"), @"
        rules:
        - host: shop.example.com
          http:
            paths:
            - backend:
                service:
                  name: web
                  port:
                    name: tcp-8080
              path: /
              pathType: Prefix
        tls:
        - hosts:
          - shop.example.com
          secretName: web-tls
        ");
        insta::assert_snapshot!(outcome.fates("services.web.labels"), @r#"
        services.web.labels.caddy: mapped → Ingress/web spec
        services.web.labels["caddy.reverse_proxy"]: mapped → Ingress/web spec
        services.web.labels["caddy.encode"]: lost (a directive of Caddy's; Ingress controllers have annotations that do the same)
        services.web.labels.caddy_1: lost (it has no `reverse_proxy` to this service)
        services.web.labels["caddy_1.redir"]: lost (a directive of Caddy's; Ingress controllers have annotations that do the same)
        "#);
    }

    #[test]
    fn a_gateway_gets_http_routes() {
        let outcome = project(
            "services:\n  web: { image: acme/web:1, ports: ['8080:80'], x-windlass: { expose: gateway, domain: [shop, old.example.org], path: /app } }\n\
             x-windlass: { domain: example.com, gateway: infra/public }",
        )
        .convert();
        insta::assert_snapshot!(outcome.yaml("HTTPRoute/web"), @r#"
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata:
          name: web
          labels:
            app.kubernetes.io/instance: shop
            app.kubernetes.io/managed-by: windlass
            app.kubernetes.io/name: web
            app.kubernetes.io/part-of: shop
            app.kubernetes.io/version: "1"
        spec:
          parentRefs:
          - name: public
            namespace: infra
          hostnames:
          - old.example.org
          - shop.example.com
          rules:
          - matches:
            - path:
                type: PathPrefix
                value: /app
            backendRefs:
            - name: web
              port: 80
        "#);
        insta::assert_snapshot!(outcome.fates("services.web"), @"
        services.web.image: mapped → Deployment/web spec.template.spec.containers[0].image
        services.web.ports[0].target: mapped → Deployment/web spec.template.spec.containers[0].ports[0].containerPort, Service/web spec.ports[0].port
        services.web.ports[0].published: approximated → HTTPRoute/web spec (through the listeners of the Gateway)
        services.web.x-windlass.expose: mapped → HTTPRoute/web spec
        services.web.x-windlass.domain: mapped → HTTPRoute/web spec
        services.web.x-windlass.path: mapped → HTTPRoute/web spec
        ");
        insta::assert_snapshot!(outcome.fates("x-windlass"), @"
        x-windlass.domain: mapped (does what `--domain` does, which wins where it is given)
        x-windlass.gateway: mapped (does what `--gateway` does, which wins where it is given)
        ");
    }

    #[test]
    fn a_flag_wins_over_what_the_project_says() {
        let outcome = project("services: { web: { image: acme/web:1, ports: ['8080:80'], x-windlass: { expose: gateway } } }")
            .options(|options| {
                options.expose.rules = vec![ExposeRule { service: "web".to_owned(), port: None, how: Exposure::NodePort }];
            })
            .convert();
        assert!(outcome.names().contains(&"Service/web-nodes".to_owned()), "{:?}", outcome.names());
        assert!(!outcome.names().iter().any(|name| name.starts_with("HTTPRoute/")), "{:?}", outcome.names());
    }
}
