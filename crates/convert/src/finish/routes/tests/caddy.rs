//! Labels of caddy-docker-proxy.

use super::ingresses;
use crate::options::{ExposeRule, Exposure};
use crate::testing::project;

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
    services.web.labels.caddy: mapped → Ingress/web spec, Ingress/web-1 spec
    services.web.labels["caddy.reverse_proxy"]: mapped → Ingress/web spec, Ingress/web-1 spec
    services.web.labels["caddy.encode"]: lost (compression is a setting of the whole controller: `use-gzip` of ingress-nginx)
    services.web.labels.caddy_1: approximated → Ingress/web-1 metadata.annotations["nginx.ingress.kubernetes.io/temporal-redirect"] (ingress-nginx reads the annotation, other controllers pass it over)
    services.web.labels["caddy_1.redir"]: approximated → Ingress/web-1 metadata.annotations["nginx.ingress.kubernetes.io/temporal-redirect"] (ingress-nginx reads the annotation, other controllers pass it over)
    "#);
}

#[test]
fn directives_of_caddy_become_routes_and_what_happens_on_them() {
    let text = r#"
services:
  caddy:
    image: lucaslorentz/caddy-docker-proxy:2.9
    labels:
      caddy.email: me@example.com
      caddy_0: (secure)
      caddy_0.header.X-Frame-Options: DENY
      caddy_0.header.-Server: ""
      caddy_0.tls: internal
      caddy_1: (auth)
      caddy_1.forward_auth: auth.example.com
      caddy_1.forward_auth.uri: /verify
      caddy_1.forward_auth.copy_headers: Remote-User Remote-Groups
  app:
    image: acme/app:1
    labels:
      caddy_0: example.com
      caddy_0.import: secure
      caddy_0.handle_path: /api/*
      caddy_0.handle_path.reverse_proxy: "{{upstreams 8000}}"
      caddy_0.handle.reverse_proxy: "{{upstreams 3000}}"
      caddy_0.basic_auth: /admin/*
      caddy_0.basic_auth.bob: $$2a$$14$$x
      caddy_0.encode: gzip zstd
      caddy_0.redir: / /ui
      caddy_1: www.example.com
      caddy_1.redir: https://example.com{uri} permanent
      caddy_2: old.example.com
      caddy_2.redir: https://new.example.com{uri}
      caddy_3: http://plain.example.com
      caddy_3.redir: https://plain.example.com{uri}
      caddy_4: https://plain.example.com
      caddy_4.reverse_proxy: other:80
      caddy_4.log: ""
  inner:
    image: acme/inner:1
    labels:
      caddy: int.example.com
      caddy.import: auth
      caddy.@denied.not: remote_ip private_ranges
      caddy.abort: "@denied"
      caddy.@post.method: POST
      caddy.respond: "@post nothing"
      caddy.reverse_proxy: "{{upstreams https 8443}}"
      caddy.reverse_proxy.transport: http
      caddy.reverse_proxy.transport.tls_insecure_skip_verify: ""
      caddy.reverse_proxy.header_up: Host {host}
      caddy.reverse_proxy.health_uri: /healthz
  wild:
    image: acme/wild:1
    labels:
      caddy: "*.apps.example.com"
      caddy.1_@foo: host foo.apps.example.com
      caddy.1_handle: "@foo"
      caddy.1_handle.rewrite: "* /base{uri}"
      caddy.1_handle.reverse_proxy: "{{upstreams}}"
"#;
    let outcome = project(text).options(|options| options.ingress_class = Some("nginx".to_owned())).convert();
    insta::assert_snapshot!(ingresses(&outcome), @"
    app: example.com/ (Exact) → tcp-3000
      temporal-redirect = https://example.com/ui
      app-tls for example.com
    app-1: example.com/ (Prefix) → tcp-3000
      from-to-www-redirect = true
      app-tls for example.com, www.example.com
    app-2: example.com/api(/|$)(.*) (ImplementationSpecific) → tcp-8000
      rewrite-target = /$2
      use-regex = true
      app-tls for example.com
    app-3: example.com/admin (Prefix) → tcp-3000
      auth-realm = restricted
      auth-secret = app-3-auth
      auth-type = basic
      app-tls for example.com
    inner: int.example.com/ (Prefix) → tcp-8443
      auth-response-headers = Remote-User,Remote-Groups
      auth-url = http://auth.example.com/verify
      backend-protocol = HTTPS
      whitelist-source-range = 192.168.0.0/16,172.16.0.0/12,10.0.0.0/8,127.0.0.1/8,fd00::/8,::1
      inner-tls for int.example.com
    wild: foo.apps.example.com/()(.*) (ImplementationSpecific) → tcp-80
      rewrite-target = /base/$2
      use-regex = true
      wild-tls for foo.apps.example.com
    ");
    insta::assert_snapshot!(outcome.fates("services"), @r#"
    services.app.image: mapped → Deployment/app spec.template.spec.containers[0].image
    services.app.labels.caddy_0: mapped → Ingress/app spec, Ingress/app-1 spec, Ingress/app-2 spec, Ingress/app-3 spec
    services.app.labels["caddy_0.import"]: mapped (what the snippet's own labels say)
    services.app.labels["caddy_0.handle_path"]: mapped → Ingress/app-2 metadata.annotations["nginx.ingress.kubernetes.io/use-regex"], Ingress/app-2 metadata.annotations["nginx.ingress.kubernetes.io/rewrite-target"]
    services.app.labels["caddy_0.handle_path.reverse_proxy"]: mapped → Ingress/app spec, Ingress/app-1 spec, Ingress/app-2 spec, Ingress/app-3 spec
    services.app.labels["caddy_0.handle.reverse_proxy"]: mapped → Ingress/app spec, Ingress/app-1 spec, Ingress/app-2 spec, Ingress/app-3 spec
    services.app.labels["caddy_0.basic_auth"]: mapped → Ingress/app-3 metadata.annotations["nginx.ingress.kubernetes.io/auth-type"], Ingress/app-3 metadata.annotations["nginx.ingress.kubernetes.io/auth-secret"], Ingress/app-3 metadata.annotations["nginx.ingress.kubernetes.io/auth-realm"], Secret/app-3-auth data.auth
    services.app.labels["caddy_0.basic_auth.bob"]: mapped → Ingress/app-3 metadata.annotations["nginx.ingress.kubernetes.io/auth-type"], Ingress/app-3 metadata.annotations["nginx.ingress.kubernetes.io/auth-secret"], Ingress/app-3 metadata.annotations["nginx.ingress.kubernetes.io/auth-realm"], Secret/app-3-auth data.auth
    services.app.labels["caddy_0.encode"]: lost (compression is a setting of the whole controller: `use-gzip` of ingress-nginx)
    services.app.labels["caddy_0.redir"]: mapped → Ingress/app metadata.annotations["nginx.ingress.kubernetes.io/temporal-redirect"]
    services.app.labels.caddy_1: mapped → Ingress/app-1 metadata.annotations["nginx.ingress.kubernetes.io/from-to-www-redirect"]
    services.app.labels["caddy_1.redir"]: mapped → Ingress/app-1 metadata.annotations["nginx.ingress.kubernetes.io/from-to-www-redirect"]
    services.app.labels.caddy_2: lost (annotations redirect to one address, not to the same path elsewhere; an HTTPRoute does it: `--expose app=gateway`)
    services.app.labels["caddy_2.redir"]: lost (annotations redirect to one address, not to the same path elsewhere; an HTTPRoute does it: `--expose app=gateway`)
    services.app.labels.caddy_3: lost (no route of the project goes through it)
    services.app.labels["caddy_3.redir"]: lost (no route of the project goes through it)
    services.app.labels.caddy_4: lost (it has no `reverse_proxy` to this service)
    services.app.labels["caddy_4.reverse_proxy"]: lost (it leads to `other`; labels of that service give it routes)
    services.app.labels["caddy_4.log"]: mapped (controllers log requests)
    services.caddy.image: mapped → Deployment/caddy spec.template.spec.containers[0].image
    services.caddy.labels["caddy.email"]: lost (an option of Caddy itself; what it says of certificates belongs to cert-manager or the controller)
    services.caddy.labels.caddy_0: mapped (a snippet; it counts where it is imported)
    services.caddy.labels["caddy_0.header.X-Frame-Options"]: lost (ingress-nginx sets headers by snippets alone, which it refuses unless it is told otherwise; an HTTPRoute does it: `--expose app=gateway`)
    services.caddy.labels["caddy_0.header.-Server"]: lost (ingress-nginx sets headers by snippets alone, which it refuses unless it is told otherwise; an HTTPRoute does it: `--expose app=gateway`)
    services.caddy.labels["caddy_0.tls"]: mapped (where certificates come from is said to cert-manager or the controller)
    services.caddy.labels.caddy_1: mapped (a snippet; it counts where it is imported)
    services.caddy.labels["caddy_1.forward_auth"]: mapped → Ingress/inner metadata.annotations["nginx.ingress.kubernetes.io/auth-url"], Ingress/inner metadata.annotations["nginx.ingress.kubernetes.io/auth-response-headers"]
    services.caddy.labels["caddy_1.forward_auth.uri"]: mapped → Ingress/inner metadata.annotations["nginx.ingress.kubernetes.io/auth-url"], Ingress/inner metadata.annotations["nginx.ingress.kubernetes.io/auth-response-headers"]
    services.caddy.labels["caddy_1.forward_auth.copy_headers"]: mapped → Ingress/inner metadata.annotations["nginx.ingress.kubernetes.io/auth-url"], Ingress/inner metadata.annotations["nginx.ingress.kubernetes.io/auth-response-headers"]
    services.inner.image: mapped → Deployment/inner spec.template.spec.containers[0].image
    services.inner.labels.caddy: mapped → Ingress/inner spec
    services.inner.labels["caddy.import"]: mapped (what the snippet's own labels say)
    services.inner.labels["caddy.@denied.not"]: mapped → Ingress/inner metadata.annotations["nginx.ingress.kubernetes.io/whitelist-source-range"]
    services.inner.labels["caddy.abort"]: mapped → Ingress/inner metadata.annotations["nginx.ingress.kubernetes.io/whitelist-source-range"]
    services.inner.labels["caddy.@post.method"]: lost (no route of the project goes through it)
    services.inner.labels["caddy.respond"]: lost (its matcher is about more than hosts, paths and addresses of clients)
    services.inner.labels["caddy.reverse_proxy"]: mapped → Ingress/inner metadata.annotations["nginx.ingress.kubernetes.io/backend-protocol"]
    services.inner.labels["caddy.reverse_proxy.transport"]: mapped → Ingress/inner metadata.annotations["nginx.ingress.kubernetes.io/backend-protocol"]
    services.inner.labels["caddy.reverse_proxy.transport.tls_insecure_skip_verify"]: mapped → Ingress/inner metadata.annotations["nginx.ingress.kubernetes.io/backend-protocol"]
    services.inner.labels["caddy.reverse_proxy.header_up"]: mapped (controllers pass host and client on anyway)
    services.inner.labels["caddy.reverse_proxy.health_uri"]: mapped (a Service leads to pods that are ready, which their probes say)
    services.wild.image: mapped → Deployment/wild spec.template.spec.containers[0].image
    services.wild.labels.caddy: mapped → Ingress/wild spec
    services.wild.labels["caddy.1_@foo"]: mapped → Ingress/wild spec
    services.wild.labels["caddy.1_handle"]: mapped → Ingress/wild spec
    services.wild.labels["caddy.1_handle.rewrite"]: mapped → Ingress/wild metadata.annotations["nginx.ingress.kubernetes.io/use-regex"], Ingress/wild metadata.annotations["nginx.ingress.kubernetes.io/rewrite-target"]
    services.wild.labels["caddy.1_handle.reverse_proxy"]: mapped → Ingress/wild spec
    "#);
    let by_gateway = |service: &str| ExposeRule { service: service.to_owned(), port: None, how: Exposure::Gateway };
    let outcome = project(text).options(|options| options.expose.rules = ["app", "inner", "wild"].map(by_gateway).into()).convert();
    insta::assert_snapshot!(outcome.field("HTTPRoute/app", "spec"), @"
    parentRefs:
    - name: gateway
    hostnames:
    - example.com
    rules:
    - matches:
      - path:
          type: Exact
          value: /
      filters:
      - type: RequestRedirect
        requestRedirect:
          scheme: https
          hostname: example.com
          path:
            type: ReplaceFullPath
            replaceFullPath: /ui
          statusCode: 302
    ");
    insta::assert_snapshot!(outcome.fates("services.app.labels"), @r#"
    services.app.labels.caddy_0: mapped → HTTPRoute/app spec, HTTPRoute/app-1 spec, HTTPRoute/app-2 spec, HTTPRoute/app-3 spec, HTTPRoute/app-4 spec, HTTPRoute/app-5 spec
    services.app.labels["caddy_0.import"]: mapped (what the snippet's own labels say)
    services.app.labels["caddy_0.handle_path"]: mapped → HTTPRoute/app-2 spec.rules
    services.app.labels["caddy_0.handle_path.reverse_proxy"]: mapped → HTTPRoute/app spec, HTTPRoute/app-1 spec, HTTPRoute/app-2 spec, HTTPRoute/app-3 spec, HTTPRoute/app-4 spec, HTTPRoute/app-5 spec
    services.app.labels["caddy_0.handle.reverse_proxy"]: mapped → HTTPRoute/app spec, HTTPRoute/app-1 spec, HTTPRoute/app-2 spec, HTTPRoute/app-3 spec, HTTPRoute/app-4 spec, HTTPRoute/app-5 spec
    services.app.labels["caddy_0.basic_auth"]: lost (HTTPRoutes have no filter that asks who it is; the Gateway's own policies do, or a proxy before the service)
    services.app.labels["caddy_0.basic_auth.bob"]: lost (HTTPRoutes have no filter that asks who it is; the Gateway's own policies do, or a proxy before the service)
    services.app.labels["caddy_0.encode"]: lost (HTTPRoutes have no filter for it that every Gateway knows; the Gateway's own policies do)
    services.app.labels["caddy_0.redir"]: mapped → HTTPRoute/app spec.rules
    services.app.labels.caddy_1: mapped → HTTPRoute/app-4 spec.rules
    services.app.labels["caddy_1.redir"]: mapped → HTTPRoute/app-4 spec.rules
    services.app.labels.caddy_2: mapped → HTTPRoute/app-5 spec.rules
    services.app.labels["caddy_2.redir"]: mapped → HTTPRoute/app-5 spec.rules
    services.app.labels.caddy_3: lost (no route of the project goes through it)
    services.app.labels["caddy_3.redir"]: lost (no route of the project goes through it)
    services.app.labels.caddy_4: lost (it has no `reverse_proxy` to this service)
    services.app.labels["caddy_4.reverse_proxy"]: lost (it leads to `other`; labels of that service give it routes)
    services.app.labels["caddy_4.log"]: mapped (controllers log requests)
    "#);
}
