//! Projects with labels of reverse proxies in, Ingresses and HTTPRoutes out, with what the report says of each label.

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
    services.web.labels["traefik.http.middlewares.unused.compress"]: lost (no route of the project goes through the middleware)
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
    services.web.labels["traefik.http.middlewares.unused.compress"]: lost (no route of the project goes through the middleware)
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
fn ports_that_are_no_http_are_offered_and_their_routers_say_how_to_open_them() {
    let outcome = project(
        "
services:
  db:
    image: acme/db:1
    labels:
      traefik.tcp.routers.db.rule: 'HostSNI(`*`)'
      traefik.tcp.services.db.loadbalancer.server.port: '5432'
      traefik.udp.services.dns.loadbalancer.server.port: '53'
",
    )
    .convert();
    insta::assert_snapshot!(outcome.fates("services.db.labels"), @r#"
    services.db.labels["traefik.tcp.routers.db.rule"]: lost (an Ingress routes HTTP only; publish the port with `ports:` and pass `--expose db=loadbalancer` to open it to TCP from outside)
    services.db.labels["traefik.tcp.services.db.loadbalancer.server.port"]: mapped → Service/db spec.ports[1].port (reached from inside; its routers say what is left to do)
    services.db.labels["traefik.udp.services.dns.loadbalancer.server.port"]: mapped → Service/db spec.ports[0].port (reached from inside; its routers say what is left to do)
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
