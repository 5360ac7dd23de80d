//! Projects with labels of reverse proxies in, Ingresses and HTTPRoutes out, with what the report says of each label.

mod caddy;
mod middlewares;
mod nginx_proxy;
mod traefik;

use k8s_openapi::api::networking::v1::Ingress;

use crate::options::{ExposeRule, Exposure};
use crate::testing::{Outcome, project};

/// A line for each path of each Ingress, and its annotations and certificates.
fn ingresses(outcome: &Outcome) -> String {
    let mut text = String::new();
    for ingress in outcome.conversion.objects.all::<Ingress>() {
        let name = ingress.metadata.name.as_deref().unwrap_or_default();
        let spec = ingress.spec.as_ref().expect("a spec");
        for rule in spec.rules.iter().flatten() {
            for path in rule.http.iter().flat_map(|http| &http.paths) {
                let port = path.backend.service.as_ref().and_then(|service| service.port.as_ref()?.name.as_deref()).unwrap_or_default();
                let host = rule.host.as_deref().unwrap_or("*");
                text.push_str(&format!("{name}: {host}{} ({}) → {port}\n", path.path.as_deref().unwrap_or_default(), path.path_type));
            }
        }
        for (key, value) in ingress.metadata.annotations.iter().flatten() {
            text.push_str(&format!("  {} = {value}\n", key.trim_start_matches("nginx.ingress.kubernetes.io/")));
        }
        for tls in spec.tls.iter().flatten() {
            let hosts = tls.hosts.as_deref().unwrap_or_default().join(", ");
            text.push_str(&format!("  {} for {hosts}\n", tls.secret_name.as_deref().unwrap_or_default()));
        }
    }
    text
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
