//! Routers and services of Traefik.

use super::ingresses;
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
    services.web.labels["traefik.http.routers.web.middlewares"]: approximated → Ingress/web metadata.annotations["nginx.ingress.kubernetes.io/auth-type"], Ingress/web metadata.annotations["nginx.ingress.kubernetes.io/auth-secret"], Ingress/web metadata.annotations["nginx.ingress.kubernetes.io/auth-realm"], Secret/web-auth data.auth (ingress-nginx reads the annotation, other controllers pass it over)
    services.web.labels["traefik.http.services.web.loadbalancer.server.port"]: mapped → Ingress/web spec
    services.web.labels["traefik.http.middlewares.auth.basicauth.users"]: approximated → Ingress/web metadata.annotations["nginx.ingress.kubernetes.io/auth-type"], Ingress/web metadata.annotations["nginx.ingress.kubernetes.io/auth-secret"], Ingress/web metadata.annotations["nginx.ingress.kubernetes.io/auth-realm"], Secret/web-auth data.auth (ingress-nginx reads the annotation, other controllers pass it over)
    "#);
    insta::assert_snapshot!(outcome.diagnostics().join("\n"), @"
    convert::unprotected: only ingress-nginx protects the Ingress of `web`
    convert::certificate: the Ingress of `web` wants a certificate
    ");
}

#[test]
fn ports_that_are_no_http_are_opened_where_traefik_is_reached() {
    let text = |more: &str| {
        format!(
            "
services:
  traefik:
    image: traefik:v3.3
    command: [--entrypoints.db.address=:5432, --entryPoints.dns.address=:53/udp, --entrypoints.hidden.address=:9000]
    ports: ['15432:5432', '53:53/udp', '127.0.0.1:9000:9000']
  db:
    image: acme/db:1
    labels:
      traefik.tcp.routers.db.rule: 'HostSNI(`*`)'
      traefik.tcp.routers.db.entrypoints: db
      traefik.tcp.routers.db.service: db
      traefik.tcp.services.db.loadbalancer.server.port: '5432'
      traefik.udp.routers.dns.entrypoints: dns
      traefik.udp.services.dns.loadbalancer.server.port: '53'
{more}"
        )
    };
    let outcome = project(&text("")).convert();
    insta::assert_snapshot!(outcome.field("Service/db-published", "spec"), @"
    ports:
    - name: udp-53
      port: 53
      protocol: UDP
      targetPort: udp-53
    - name: tcp-15432
      port: 15432
      protocol: TCP
      targetPort: tcp-5432
    selector:
      app.kubernetes.io/instance: shop
      app.kubernetes.io/name: db
    type: LoadBalancer
    ");
    insta::assert_snapshot!(outcome.fates("services.db.labels"), @r#"
    services.db.labels["traefik.tcp.routers.db.rule"]: mapped → Service/db-published spec.ports
    services.db.labels["traefik.tcp.routers.db.entrypoints"]: mapped → Service/db-published spec.ports
    services.db.labels["traefik.tcp.routers.db.service"]: mapped → Service/db-published spec.ports
    services.db.labels["traefik.tcp.services.db.loadbalancer.server.port"]: mapped → Service/db spec.ports[1].port (its routers say who reaches it from outside)
    services.db.labels["traefik.udp.routers.dns.entrypoints"]: mapped → Service/db-published spec.ports
    services.db.labels["traefik.udp.services.dns.loadbalancer.server.port"]: mapped → Service/db spec.ports[0].port (its routers say who reaches it from outside)
    "#);
    let outcome = project(&text(
        "      traefik.tcp.routers.by-name.rule: 'HostSNI(`db.example.com`)'
      traefik.tcp.routers.by-name.entrypoints: db
      traefik.tcp.routers.by-name.service: db
      traefik.tcp.routers.by-name.tls.passthrough: 'true'
      traefik.tcp.routers.decrypted.rule: 'HostSNI(`db.example.com`)'
      traefik.tcp.routers.decrypted.entrypoints: db
      traefik.tcp.routers.decrypted.service: db
      traefik.tcp.routers.decrypted.tls.certresolver: le
      traefik.tcp.routers.hidden.rule: 'HostSNI(`*`)'
      traefik.tcp.routers.hidden.entrypoints: hidden
      traefik.tcp.routers.hidden.service: db
",
    ))
    .options(|options| options.expose.rules = vec![ExposeRule { service: "db".to_owned(), port: Some(53), how: Exposure::None }])
    .convert();
    insta::assert_snapshot!(outcome.field("Service/db-published", "spec.ports"), @"
    - name: tcp-15432
      port: 15432
      protocol: TCP
      targetPort: tcp-5432
    ");
    insta::assert_snapshot!(outcome.fates("services.db.labels"), @r#"
    services.db.labels["traefik.tcp.routers.db.rule"]: mapped → Service/db-published spec.ports
    services.db.labels["traefik.tcp.routers.db.entrypoints"]: mapped → Service/db-published spec.ports
    services.db.labels["traefik.tcp.routers.db.service"]: mapped → Service/db-published spec.ports
    services.db.labels["traefik.tcp.services.db.loadbalancer.server.port"]: mapped → Service/db spec.ports[1].port (its routers say who reaches it from outside)
    services.db.labels["traefik.udp.routers.dns.entrypoints"]: lost (`--expose` keeps it inside)
    services.db.labels["traefik.udp.services.dns.loadbalancer.server.port"]: mapped → Service/db spec.ports[0].port (its routers say who reaches it from outside)
    services.db.labels["traefik.tcp.routers.by-name.rule"]: approximated → Service/db-published spec.ports (whatever name of a host a client asks for)
    services.db.labels["traefik.tcp.routers.by-name.entrypoints"]: approximated → Service/db-published spec.ports (whatever name of a host a client asks for)
    services.db.labels["traefik.tcp.routers.by-name.service"]: approximated → Service/db-published spec.ports (whatever name of a host a client asks for)
    services.db.labels["traefik.tcp.routers.by-name.tls.passthrough"]: approximated → Service/db-published spec.ports (whatever name of a host a client asks for)
    services.db.labels["traefik.tcp.routers.decrypted.rule"]: lost (Traefik decrypts the connections here, which a load balancer does not; let the service speak TLS itself)
    services.db.labels["traefik.tcp.routers.decrypted.entrypoints"]: lost (Traefik decrypts the connections here, which a load balancer does not; let the service speak TLS itself)
    services.db.labels["traefik.tcp.routers.decrypted.service"]: lost (Traefik decrypts the connections here, which a load balancer does not; let the service speak TLS itself)
    services.db.labels["traefik.tcp.routers.decrypted.tls.certresolver"]: lost (Traefik decrypts the connections here, which a load balancer does not; let the service speak TLS itself)
    services.db.labels["traefik.tcp.routers.hidden.rule"]: lost (no service of the project publishes its entry point; publish the port with `ports:` and pass `--expose db=loadbalancer`)
    services.db.labels["traefik.tcp.routers.hidden.entrypoints"]: lost (no service of the project publishes its entry point; publish the port with `ports:` and pass `--expose db=loadbalancer`)
    services.db.labels["traefik.tcp.routers.hidden.service"]: lost (no service of the project publishes its entry point; publish the port with `ports:` and pass `--expose db=loadbalancer`)
    "#);
}

#[test]
fn what_traefik_serves_itself_has_no_route() {
    let outcome = project(
        "services: { traefik: { image: 'traefik:v3', ports: ['80:80'], labels: { traefik.http.routers.dash.rule: 'Host(`t.example.com`)', \
         traefik.http.routers.dash.service: api@internal } } }",
    )
    .convert();
    assert!(!outcome.names().iter().any(|name| name.starts_with("Ingress/")), "{:?}", outcome.names());
    insta::assert_snapshot!(outcome.fates("services.traefik.labels"), @r#"
    services.traefik.labels["traefik.http.routers.dash.rule"]: lost (`api@internal` is a part of Traefik itself, which takes no part in the cluster's routes)
    services.traefik.labels["traefik.http.routers.dash.service"]: lost (`api@internal` is a part of Traefik itself, which takes no part in the cluster's routes)
    "#);
}

#[test]
fn what_is_spoken_to_a_service_is_an_annotation() {
    let outcome = project(
        "services: { web: { image: acme/web:1, labels: { traefik.http.routers.a.rule: 'Host(`a.example.com`)', \
         traefik.http.services.a.loadbalancer.server.port: '8443', traefik.http.services.a.loadbalancer.server.scheme: https } } }",
    )
    .options(|options| options.ingress_class = Some("nginx".to_owned()))
    .convert();
    insta::assert_snapshot!(ingresses(&outcome), @"
    web: a.example.com/ (Prefix) → tcp-8443
      backend-protocol = HTTPS
    ");
}
