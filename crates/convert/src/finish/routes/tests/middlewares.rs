//! Middlewares of Traefik: annotations of an Ingress, filters of an HTTPRoute, and what neither can keep.

use crate::options::{ExposeRule, Exposure};
use crate::testing::project;

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
