//! Projects with labels of reverse proxies in, Ingresses and HTTPRoutes out, with what the report says of each label.

use k8s_openapi::api::networking::v1::Ingress;

use crate::options::{ExposeRule, Exposure};
use crate::testing::{Outcome, project};

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

const GUARDED: &str = r#"
services:
  web:
    image: acme/web:1
    labels:
      traefik.http.routers.plain.rule: "Host(`shop.example.com`)"
      traefik.http.routers.plain.entrypoints: web
      traefik.http.routers.plain.middlewares: to-https@docker
      traefik.http.routers.web.rule: "Host(`shop.example.com`)"
      traefik.http.routers.web.tls: "true"
      traefik.http.routers.web.middlewares: auth,safe,limit,elsewhere@file
      traefik.http.services.web.loadbalancer.server.port: "8080"
      traefik.http.middlewares.auth.basicauth.users: "ann:$$apr1$$x,bob:$$apr1$$y"
      traefik.http.middlewares.auth.basicauth.removeheader: "true"
      traefik.http.middlewares.limit.ratelimit.average: "10"
      traefik.http.middlewares.limit.ratelimit.burst: "25"
      traefik.http.middlewares.unused.compress: "true"
  proxy:
    image: traefik:3.1
    labels:
      traefik.http.middlewares.to-https.redirectscheme.scheme: https
      traefik.http.middlewares.safe.headers.stsseconds: "31536000"
      traefik.http.middlewares.safe.headers.stspreload: "true"
      traefik.http.middlewares.safe.headers.customrequestheaders.X-Forwarded-Proto: https
"#;

#[test]
fn middlewares_become_annotations_and_passwords_a_secret() {
    let outcome = project(GUARDED).options(|options| options.ingress_class = Some("nginx".to_owned())).convert();
    insta::assert_snapshot!(outcome.field("Ingress/web", "metadata.annotations"), @r#"
    nginx.ingress.kubernetes.io/auth-realm: traefik
    nginx.ingress.kubernetes.io/auth-secret: web-auth
    nginx.ingress.kubernetes.io/auth-type: basic
    nginx.ingress.kubernetes.io/force-ssl-redirect: "true"
    nginx.ingress.kubernetes.io/limit-burst-multiplier: "3"
    nginx.ingress.kubernetes.io/limit-rps: "10"
    "#);
    insta::assert_snapshot!(outcome.field("Ingress/web", "spec"), @"
    ingressClassName: nginx
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
    insta::assert_snapshot!(outcome.field("Secret/web-auth", "data"), @"auth: YW5uOiRhcHIxJHgKYm9iOiRhcHIxJHkK");
    insta::assert_snapshot!(outcome.fates("services.web.labels"), @r#"
    services.web.labels["traefik.http.routers.plain.rule"]: mapped → Ingress/web spec
    services.web.labels["traefik.http.routers.plain.entrypoints"]: mapped → Ingress/web spec
    services.web.labels["traefik.http.routers.plain.middlewares"]: mapped → Ingress/web metadata.annotations["nginx.ingress.kubernetes.io/force-ssl-redirect"]
    services.web.labels["traefik.http.routers.web.rule"]: mapped → Ingress/web spec
    services.web.labels["traefik.http.routers.web.tls"]: mapped → Ingress/web spec
    services.web.labels["traefik.http.routers.web.middlewares"]: approximated → Ingress/web metadata.annotations["nginx.ingress.kubernetes.io/auth-type"], Ingress/web metadata.annotations["nginx.ingress.kubernetes.io/auth-secret"], Ingress/web metadata.annotations["nginx.ingress.kubernetes.io/auth-realm"], Secret/web-auth data.auth, Ingress/web metadata.annotations["nginx.ingress.kubernetes.io/limit-rps"], Ingress/web metadata.annotations["nginx.ingress.kubernetes.io/limit-burst-multiplier"] (`removeheader` has no counterpart; the rest of the middleware is kept where it can be; ingress-nginx sets headers by snippets alone, which it refuses unless it is told otherwise; an HTTPRoute does it: `--expose web=gateway`; no label defines the middleware `elsewhere@file`; what it does belongs on the Ingress or HTTPRoute)
    services.web.labels["traefik.http.services.web.loadbalancer.server.port"]: mapped → Ingress/web spec
    services.web.labels["traefik.http.middlewares.auth.basicauth.users"]: mapped → Ingress/web metadata.annotations["nginx.ingress.kubernetes.io/auth-type"], Ingress/web metadata.annotations["nginx.ingress.kubernetes.io/auth-secret"], Ingress/web metadata.annotations["nginx.ingress.kubernetes.io/auth-realm"], Secret/web-auth data.auth
    services.web.labels["traefik.http.middlewares.auth.basicauth.removeheader"]: lost (`removeheader` has no counterpart; the rest of the middleware is kept where it can be)
    services.web.labels["traefik.http.middlewares.limit.ratelimit.average"]: mapped → Ingress/web metadata.annotations["nginx.ingress.kubernetes.io/limit-rps"], Ingress/web metadata.annotations["nginx.ingress.kubernetes.io/limit-burst-multiplier"]
    services.web.labels["traefik.http.middlewares.limit.ratelimit.burst"]: mapped → Ingress/web metadata.annotations["nginx.ingress.kubernetes.io/limit-rps"], Ingress/web metadata.annotations["nginx.ingress.kubernetes.io/limit-burst-multiplier"]
    services.web.labels["traefik.http.middlewares.unused.compress"]: lost (no route of the project goes through it)
    "#);
    insta::assert_snapshot!(outcome.fates("services.proxy.labels"), @r#"
    services.proxy.labels["traefik.http.middlewares.to-https.redirectscheme.scheme"]: mapped → Ingress/web metadata.annotations["nginx.ingress.kubernetes.io/force-ssl-redirect"]
    services.proxy.labels["traefik.http.middlewares.safe.headers.stsseconds"]: lost (ingress-nginx sets headers by snippets alone, which it refuses unless it is told otherwise; an HTTPRoute does it: `--expose web=gateway`)
    services.proxy.labels["traefik.http.middlewares.safe.headers.stspreload"]: lost (ingress-nginx sets headers by snippets alone, which it refuses unless it is told otherwise; an HTTPRoute does it: `--expose web=gateway`)
    services.proxy.labels["traefik.http.middlewares.safe.headers.customrequestheaders.X-Forwarded-Proto"]: lost (ingress-nginx sets headers by snippets alone, which it refuses unless it is told otherwise; an HTTPRoute does it: `--expose web=gateway`)
    "#);
    assert!(!outcome.diagnostics().join(" ").contains("convert::unprotected"));
}

#[test]
fn middlewares_become_filters_and_what_protects_nothing_is_told() {
    let outcome = project(GUARDED)
        .options(|options| options.expose.rules = vec![ExposeRule { service: "web".to_owned(), port: None, how: Exposure::Gateway }])
        .convert();
    insta::assert_snapshot!(outcome.field("HTTPRoute/web", "spec"), @"
    parentRefs:
    - name: gateway
      port: 443
    hostnames:
    - shop.example.com
    rules:
    - matches:
      - path:
          type: PathPrefix
          value: /
      backendRefs:
      - name: web
        port: 8080
      filters:
      - type: RequestHeaderModifier
        requestHeaderModifier:
          set:
          - name: X-Forwarded-Proto
            value: https
      - type: ResponseHeaderModifier
        responseHeaderModifier:
          set:
          - name: Strict-Transport-Security
            value: max-age=31536000; preload
    ");
    insta::assert_snapshot!(outcome.field("HTTPRoute/web-redirect", "spec"), @"
    parentRefs:
    - name: gateway
      port: 80
    hostnames:
    - shop.example.com
    rules:
    - matches:
      - path:
          type: PathPrefix
          value: /
      filters:
      - type: RequestRedirect
        requestRedirect:
          scheme: https
          statusCode: 302
    ");
    insta::assert_snapshot!(outcome.fates("services.web.labels"), @r#"
    services.web.labels["traefik.http.routers.plain.rule"]: mapped → HTTPRoute/web-redirect spec, HTTPRoute/web spec
    services.web.labels["traefik.http.routers.plain.entrypoints"]: mapped → HTTPRoute/web-redirect spec, HTTPRoute/web spec
    services.web.labels["traefik.http.routers.plain.middlewares"]: mapped → HTTPRoute/web-redirect spec.rules
    services.web.labels["traefik.http.routers.web.rule"]: mapped → HTTPRoute/web-redirect spec, HTTPRoute/web spec
    services.web.labels["traefik.http.routers.web.tls"]: mapped → HTTPRoute/web-redirect spec, HTTPRoute/web spec
    services.web.labels["traefik.http.routers.web.middlewares"]: approximated → HTTPRoute/web spec.rules (HTTPRoutes have no filter that asks who it is; the Gateway's own policies do, or a proxy before the service; `removeheader` has no counterpart; the rest of the middleware is kept where it can be; HTTPRoutes have no filter for it; the Gateway's own policies do; no label defines the middleware `elsewhere@file`; what it does belongs on the Ingress or HTTPRoute)
    services.web.labels["traefik.http.services.web.loadbalancer.server.port"]: mapped → HTTPRoute/web-redirect spec, HTTPRoute/web spec
    services.web.labels["traefik.http.middlewares.auth.basicauth.users"]: lost (HTTPRoutes have no filter that asks who it is; the Gateway's own policies do, or a proxy before the service)
    services.web.labels["traefik.http.middlewares.auth.basicauth.removeheader"]: lost (`removeheader` has no counterpart; the rest of the middleware is kept where it can be)
    services.web.labels["traefik.http.middlewares.limit.ratelimit.average"]: lost (HTTPRoutes have no filter for it; the Gateway's own policies do)
    services.web.labels["traefik.http.middlewares.limit.ratelimit.burst"]: lost (HTTPRoutes have no filter for it; the Gateway's own policies do)
    services.web.labels["traefik.http.middlewares.unused.compress"]: lost (no route of the project goes through it)
    "#);
    assert!(outcome.diagnostics().join(" ").contains("convert::unprotected"), "{:?}", outcome.diagnostics());
}

#[test]
fn a_prefix_is_cut_off_where_the_controller_can() {
    let text = "
services:
  api:
    image: acme/api:1
    expose: ['80']
    labels:
      traefik.http.routers.api.rule: 'Host(`a.example.com`) && PathPrefix(`/api`)'
      traefik.http.routers.api.middlewares: strip
      traefik.http.routers.root.rule: 'Host(`a.example.com`) && PathPrefix(`/docs`)'
      traefik.http.middlewares.strip.stripprefix.prefixes: /api
";
    let path = |class: Option<&str>| {
        let outcome = project(text).options(|options| options.ingress_class = class.map(str::to_owned)).convert();
        let fate = outcome.fates("services.api.labels[\"traefik.http.middlewares.strip.stripprefix.prefixes\"]");
        let paths: Vec<String> = outcome
            .names()
            .iter()
            .filter(|name| name.starts_with("Ingress/"))
            .map(|name| outcome.field(name, "spec.rules[0].http.paths[0].path"))
            .collect();
        format!("{} {fate}", paths.join(" "))
    };
    insta::assert_snapshot!(path(Some("nginx")), @r#"
    /docs
     /api(/|$)(.*)
     services.api.labels["traefik.http.middlewares.strip.stripprefix.prefixes"]: mapped → Ingress/api-1 metadata.annotations["nginx.ingress.kubernetes.io/use-regex"], Ingress/api-1 metadata.annotations["nginx.ingress.kubernetes.io/rewrite-target"]
    "#);
    insta::assert_snapshot!(path(None), @r#"
    /docs
     /api
     services.api.labels["traefik.http.middlewares.strip.stripprefix.prefixes"]: lost (it takes regular expressions as paths, which ingress-nginx alone knows: `--ingress-class` with a name that has `nginx` in it writes them; an HTTPRoute does it: `--expose api=gateway`)
    "#);
    let outcome = project(text)
        .options(|options| options.expose.rules = vec![ExposeRule { service: "api".to_owned(), port: None, how: Exposure::Gateway }])
        .convert();
    insta::assert_snapshot!(outcome.field("HTTPRoute/api-1", "spec.rules"), @"
    - matches:
      - path:
          type: PathPrefix
          value: /api
      backendRefs:
      - name: api
        port: 80
      filters:
      - type: URLRewrite
        urlRewrite:
          path:
            type: ReplacePrefixMatch
            replacePrefixMatch: /
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
    services.web.labels.caddy: mapped → Ingress/web spec, Ingress/web-1 spec
    services.web.labels["caddy.reverse_proxy"]: mapped → Ingress/web spec, Ingress/web-1 spec
    services.web.labels["caddy.encode"]: lost (compression is a setting of the whole controller: `use-gzip` of ingress-nginx)
    services.web.labels.caddy_1: approximated → Ingress/web-1 metadata.annotations["nginx.ingress.kubernetes.io/temporal-redirect"] (ingress-nginx reads the annotation, other controllers pass it over)
    services.web.labels["caddy_1.redir"]: approximated → Ingress/web-1 metadata.annotations["nginx.ingress.kubernetes.io/temporal-redirect"] (ingress-nginx reads the annotation, other controllers pass it over)
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

#[test]
fn what_protects_and_can_not_be_kept_is_told_for_every_controller() {
    let told = |labels: &str| {
        let text = format!(
            "services: {{ auth: {{ image: acme/auth:1 }}, web: {{ image: acme/web:1, expose: ['80'], labels: {{ \
             traefik.http.routers.a.rule: 'Host(`a.example.com`)', traefik.http.routers.a.middlewares: m, {labels} }} }} }}"
        );
        let outcome = project(&text).options(|options| options.ingress_class = Some("nginx".to_owned())).convert();
        outcome.diagnostics().join(" ").contains("convert::unprotected")
    };
    assert!(told("traefik.http.middlewares.m.forwardauth.address: 'http://auth:9091/verify'"));
    assert!(told("traefik.http.middlewares.m.basicauth.usersfile: /users"));
    assert!(!told("traefik.http.middlewares.m.forwardauth.address: 'https://auth.example.com/verify'"));
    assert!(!told("traefik.http.middlewares.m.compress: 'true'"));
}
