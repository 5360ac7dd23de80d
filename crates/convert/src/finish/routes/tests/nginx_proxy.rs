//! Variables of nginx-proxy.

use super::ingresses;
use crate::testing::project;

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
fn variables_of_nginx_proxy_say_paths_protocols_and_certificates() {
    let outcome = project(
        r#"
services:
  api:
    image: acme/api:1
    environment:
      VIRTUAL_HOST: "a.example.com,~^x.*$"
      VIRTUAL_PATH: /api/
      VIRTUAL_DEST: /
      VIRTUAL_PORT: "8443"
      VIRTUAL_PROTO: https
      LETSENCRYPT_HOST: a.example.com
      LETSENCRYPT_EMAIL: me@example.com
      HTTPS_METHOD: noredirect
      NETWORK_ACCESS: internal
  several:
    image: acme/several:1
    environment:
      HTTPS_METHOD: redirect
      CERT_NAME: shared
      VIRTUAL_HOST: unheard.example.com
      VIRTUAL_HOST_MULTIPORTS: |-
        b.example.com:
          "/":
            port: 80
          "/metrics":
            port: 9100
            dest: /internal/
        c.example.com:
  regular:
    image: acme/regular:1
    environment: { VIRTUAL_HOST: d.example.com, VIRTUAL_PATH: '~^/(x|y)/', VIRTUAL_PORT: '80' }
"#,
    )
    .options(|options| options.ingress_class = Some("nginx".to_owned()))
    .convert();
    insta::assert_snapshot!(ingresses(&outcome), @"
    api: a.example.com/api(/|$)(.*) (ImplementationSpecific) → tcp-8443
      backend-protocol = HTTPS
      rewrite-target = /$2
      ssl-redirect = false
      use-regex = true
      whitelist-source-range = 127.0.0.0/8,10.0.0.0/8,192.168.0.0/16,172.16.0.0/12
      api-tls for a.example.com
    several: b.example.com/ (Prefix) → tcp-80
    several: c.example.com/ (Prefix) → tcp-80
      force-ssl-redirect = true
      shared for b.example.com, c.example.com
    several-1: b.example.com/metrics(/|$)(.*) (ImplementationSpecific) → tcp-9100
      force-ssl-redirect = true
      rewrite-target = /internal/$2
      use-regex = true
      shared for b.example.com
    ");
    insta::assert_snapshot!(outcome.fates("services"), @r#"
    services.api.image: mapped → Deployment/api spec.template.spec.containers[0].image
    services.api.environment.VIRTUAL_HOST: mapped → Deployment/api spec.template.spec.containers[0].env[5].value, Ingress/api spec (it stays a variable; `~^x.*$` is more than a host name or a path, so no route leads there)
    services.api.environment.VIRTUAL_PATH: mapped → Deployment/api spec.template.spec.containers[0].env[6].value, Ingress/api spec
    services.api.environment.VIRTUAL_DEST: mapped → Deployment/api spec.template.spec.containers[0].env[4].value, Ingress/api metadata.annotations["nginx.ingress.kubernetes.io/use-regex"], Ingress/api metadata.annotations["nginx.ingress.kubernetes.io/rewrite-target"]
    services.api.environment.VIRTUAL_PORT: mapped → Deployment/api spec.template.spec.containers[0].env[7].value, Ingress/api spec
    services.api.environment.VIRTUAL_PROTO: mapped → Deployment/api spec.template.spec.containers[0].env[8].value, Ingress/api metadata.annotations["nginx.ingress.kubernetes.io/backend-protocol"]
    services.api.environment.LETSENCRYPT_HOST: mapped → Deployment/api spec.template.spec.containers[0].env[2].value, Ingress/api spec
    services.api.environment.LETSENCRYPT_EMAIL: mapped → Deployment/api spec.template.spec.containers[0].env[1].value (an issuer of cert-manager says it)
    services.api.environment.HTTPS_METHOD: mapped → Deployment/api spec.template.spec.containers[0].env[0].value, Ingress/api metadata.annotations["nginx.ingress.kubernetes.io/ssl-redirect"]
    services.api.environment.NETWORK_ACCESS: mapped → Deployment/api spec.template.spec.containers[0].env[3].value, Ingress/api metadata.annotations["nginx.ingress.kubernetes.io/whitelist-source-range"]
    services.regular.image: mapped → Deployment/regular spec.template.spec.containers[0].image
    services.regular.environment.VIRTUAL_HOST: mapped → Deployment/regular spec.template.spec.containers[0].env[0].value (it stays a variable; `~^/(x|y)/` is more than a host name or a path, so no route leads there)
    services.regular.environment.VIRTUAL_PATH: mapped → Deployment/regular spec.template.spec.containers[0].env[1].value
    services.regular.environment.VIRTUAL_PORT: mapped → Deployment/regular spec.template.spec.containers[0].env[2].value
    services.several.image: mapped → Deployment/several spec.template.spec.containers[0].image
    services.several.environment.HTTPS_METHOD: mapped → Deployment/several spec.template.spec.containers[0].env[1].value, Ingress/several metadata.annotations["nginx.ingress.kubernetes.io/force-ssl-redirect"], Ingress/several-1 metadata.annotations["nginx.ingress.kubernetes.io/force-ssl-redirect"]
    services.several.environment.CERT_NAME: mapped → Deployment/several spec.template.spec.containers[0].env[0].value, Ingress/several spec, Ingress/several-1 spec
    services.several.environment.VIRTUAL_HOST: mapped → Deployment/several spec.template.spec.containers[0].env[2].value
    services.several.environment.VIRTUAL_HOST_MULTIPORTS: mapped → Deployment/several spec.template.spec.containers[0].env[3].value, Ingress/several spec, Ingress/several-1 spec, Ingress/several-1 metadata.annotations["nginx.ingress.kubernetes.io/use-regex"], Ingress/several-1 metadata.annotations["nginx.ingress.kubernetes.io/rewrite-target"]
    "#);
}
