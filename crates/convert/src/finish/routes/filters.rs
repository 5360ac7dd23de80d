//! What happens to a request on its way: annotations of an Ingress, or filters of an HTTPRoute.
//!
//! An Ingress has fields for hosts, paths and certificates alone; the rest is for annotations, which each controller has its own of. Those
//! of ingress-nginx (its documentation, "Annotations") are written where the class is one of it, or is not said; other controllers pass
//! them over. HTTPRoutes have filters for headers, paths and redirections that every Gateway knows.

use serde_json::{Map, Value, json};
use smol_str::SmolStr;

use crate::decide::route::middleware::{Target, What};
use crate::decide::{Plan, ServicePlan};

/// What the names of the annotations begin with.
const PREFIX: &str = "nginx.ingress.kubernetes.io/";

/// Paths are regular expressions.
pub(super) const USE_REGEX: &str = "nginx.ingress.kubernetes.io/use-regex";
/// Sends requests for the host with `www.` before it, or without, to the Ingress's own.
pub(super) const FROM_TO_WWW: &str = "nginx.ingress.kubernetes.io/from-to-www-redirect";

/// The controller of an Ingress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Controller {
    /// ingress-nginx, by the name of the class.
    Nginx,
    /// Nobody says.
    Unknown,
    Other,
}

impl Controller {
    pub(super) fn of(class: Option<&str>) -> Self {
        match class {
            None => Self::Unknown,
            Some(class) if class.contains("nginx") => Self::Nginx,
            Some(_) => Self::Other,
        }
    }
}

/// Where a request goes that a route takes: its path, and another in its place.
pub(super) fn rewritten(what: &What, path: &str) -> Option<String> {
    let whole = |path: &str| if path.is_empty() { "/".to_owned() } else { path.to_owned() };
    let bare = path.trim_end_matches('/');
    match what {
        What::StripPrefix(prefix) => {
            let rest = bare.strip_prefix(prefix.trim_end_matches('/'))?;
            (rest.is_empty() || rest.starts_with('/')).then(|| whole(rest))
        }
        What::ReplacePrefix { from, to } => {
            let rest = bare.strip_prefix(from.trim_end_matches('/'))?;
            let is_whole = rest.is_empty() || rest.starts_with('/');
            is_whole.then(|| whole(&format!("{}{rest}", to.trim_end_matches('/'))))
        }
        What::AddPrefix(prefix) => Some(whole(&format!("{}{bare}", prefix.trim_end_matches('/')))),
        _ => None,
    }
}

/// The annotations of an Ingress for the routes of these paths, or why there are none. `secret` holds the users.
pub(super) fn annotations(
    what: &What,
    paths: &[&str],
    controller: Controller,
    secret: &str,
    service: &ServicePlan<'_>,
    plan: &Plan<'_>,
) -> Result<Vec<(String, String)>, String> {
    let name = &service.service.name.value;
    let gateway = format!("an HTTPRoute does it: `--expose {name}=gateway`");
    let one = |key: &str, value: String| vec![(key, value)].into_iter().map(|(key, value)| (format!("{PREFIX}{key}"), value)).collect();
    let all = |list: &[(&str, String)]| list.iter().map(|(key, value)| (format!("{PREFIX}{key}"), value.clone())).collect();
    if controller == Controller::Other && !matches!(what, What::Nothing(_) | What::NoLock(_)) {
        return Err(format!(
            "annotations for it are known of ingress-nginx alone, and the class is of another controller; {gateway} where it can"
        ));
    }
    match what {
        What::RedirectToHttps { .. } => Ok(one("force-ssl-redirect", "true".to_owned())),
        What::RequestHeaders(_) | What::ResponseHeaders(_) => {
            Err(format!("ingress-nginx sets headers by snippets alone, which it refuses unless it is told otherwise; {gateway}"))
        }
        What::StripPrefix(_) | What::AddPrefix(_) | What::ReplacePrefix { .. } => {
            let same = paths.iter().all(|path| *path == paths[0]);
            match rewritten(what, paths[0]) {
                None => Err("the path of the route does not begin with the prefix".to_owned()),
                Some(_) if controller != Controller::Nginx => Err(format!(
                    "it takes regular expressions as paths, which ingress-nginx alone knows: `--ingress-class` with a name that has `nginx` in it writes them; {gateway}"
                )),
                Some(_) if !same => Err(format!("an Ingress has one rule for all of its paths; {gateway}")),
                Some(path) => {
                    Ok(all(&[("use-regex", "true".to_owned()), ("rewrite-target", format!("{}/$2", path.trim_end_matches('/')))]))
                }
            }
        }
        What::ReplacePath(path) => Ok(one("rewrite-target", path.to_string())),
        What::Redirect { target, is_permanent } => match (&target.scheme, &target.host, &target.path) {
            (Some(scheme), Some(host), Some(path)) => {
                let port = target.port.map(|port| format!(":{port}")).unwrap_or_default();
                let key = if *is_permanent { "permanent-redirect" } else { "temporal-redirect" };
                Ok(one(key, format!("{scheme}://{host}{port}{path}")))
            }
            _ => Err(format!("annotations redirect to one address, not to the same path elsewhere; {gateway}")),
        },
        What::PlainToo => Ok(one("ssl-redirect", "false".to_owned())),
        What::Upstream(protocol) => Ok(one("backend-protocol", (*protocol).to_owned())),
        What::Auth { realm, is_digest, .. } => {
            let kind = if *is_digest { "digest" } else { "basic" };
            let realm = realm.as_ref().map_or("traefik", |realm| realm.as_str());
            Ok(all(&[("auth-type", kind.to_owned()), ("auth-secret", secret.to_owned()), ("auth-realm", realm.to_owned())]))
        }
        What::ForwardAuth { address, response_headers } => {
            let mut list = vec![("auth-url", reached_from_outside(address, plan)?)];
            list.extend(response_headers.as_ref().map(|headers| ("auth-response-headers", headers.to_string())));
            Ok(all(&list))
        }
        What::AllowList(ranges) => Ok(one("whitelist-source-range", ranges.join(","))),
        What::RateLimit { average, is_per_minute, burst } => {
            let key = if *is_per_minute { "limit-rpm" } else { "limit-rps" };
            Ok(all(&[(key, average.to_string()), ("limit-burst-multiplier", burst.div_ceil(*average).max(1).to_string())]))
        }
        What::Concurrency(amount) => Ok(one("limit-connections", amount.to_string())),
        What::BodySize(bytes) => Ok(one("proxy-body-size", bytes.to_string())),
        What::Retry(attempts) => Ok(one("proxy-next-upstream-tries", attempts.to_string())),
        What::Cors(settings) => {
            let own = settings.iter().map(|(key, value)| (*key, value.to_string()));
            Ok(all(&[("enable-cors", "true".to_owned())].into_iter().chain(own).collect::<Vec<_>>()))
        }
        What::Compress => Err("compression is a setting of the whole controller: `use-gzip` of ingress-nginx".to_owned()),
        What::Nothing(reason) | What::NoLock(reason) => Err(reason.clone()),
    }
}

/// The path of a rule of ingress-nginx whose rest is the second group.
pub(super) fn expression(path: &str) -> String {
    if path == "/" { "/()(.*)".to_owned() } else { format!("{}(/|$)(.*)", path.trim_end_matches('/')) }
}

/// An address that the controller can ask: it is in another namespace, where the names of services are longer.
fn reached_from_outside(address: &SmolStr, plan: &Plan<'_>) -> Result<String, String> {
    let (scheme, rest) = address.split_once("://").ok_or_else(|| "it is no URL".to_owned())?;
    let end = rest.find([':', '/', '?']).unwrap_or(rest.len());
    let (host, rest) = rest.split_at(end);
    match (plan.service(host), &plan.input.options.namespace) {
        (None, _) => Ok(address.to_string()),
        (Some(service), Some(namespace)) => Ok(format!("{scheme}://{}.{namespace}.svc.cluster.local{rest}", service.name)),
        (Some(_), None) => Err(format!("the controller reaches `{host}` by the name of its namespace, which `--namespace` says")),
    }
}

fn redirect(target: &Target, is_permanent: bool) -> Value {
    let mut fields = Map::new();
    let mut add = |key: &str, value: Option<Value>| fields.extend(value.map(|value| (key.to_owned(), value)));
    add("scheme", target.scheme.as_ref().map(|scheme| json!(scheme.as_str())));
    add("hostname", target.host.as_ref().map(|host| json!(host.as_str())));
    add("port", target.port.map(|port| json!(port)));
    add("path", target.path.as_ref().map(|path| json!({ "type": "ReplaceFullPath", "replaceFullPath": path.as_str() })));
    add("statusCode", Some(json!(if is_permanent { 301 } else { 302 })));
    json!({ "type": "RequestRedirect", "requestRedirect": fields })
}

/// The filters of one rule of an HTTPRoute: the API allows each kind once.
#[derive(Default)]
pub(super) struct RuleFilters {
    request: Headers,
    response: Headers,
    rewrite: Option<Value>,
    redirect: Option<Value>,
}

#[derive(Default)]
struct Headers {
    set: Vec<Value>,
    remove: Vec<Value>,
}

impl Headers {
    fn add(&mut self, headers: &[(SmolStr, SmolStr)]) {
        for (name, value) in headers {
            if value.is_empty() {
                self.remove.push(json!(name.as_str()));
            } else {
                self.set.push(json!({ "name": name.as_str(), "value": value.as_str() }));
            }
        }
    }

    fn filter(self, kind: &str, field: &str) -> Option<Value> {
        let lists = [("set", self.set), ("remove", self.remove)];
        let fields: Map<String, Value> =
            lists.into_iter().filter(|(_, list)| !list.is_empty()).map(|(key, list)| (key.to_owned(), Value::Array(list))).collect();
        (!fields.is_empty()).then(|| json!({ "type": kind, field: fields }))
    }
}

impl RuleFilters {
    /// Adds what a filter asks for on a route of this path, or says why it can't.
    pub(super) fn add(&mut self, what: &What, path: &str, is_exact: bool) -> Result<(), String> {
        let replace = |path: &str| {
            let (kind, field) =
                if is_exact { ("ReplaceFullPath", "replaceFullPath") } else { ("ReplacePrefixMatch", "replacePrefixMatch") };
            json!({ "type": "URLRewrite", "urlRewrite": { "path": { "type": kind, field: path } } })
        };
        match what {
            // An HTTPRoute of its own.
            What::RedirectToHttps { .. } => {}
            // A route is for every listener of its Gateway.
            What::PlainToo => {}
            What::Redirect { target, is_permanent } => self.redirect = Some(redirect(target, *is_permanent)),
            What::Upstream("HTTPS" | "GRPCS") => {
                return Err("a BackendTLSPolicy says so, with the certificate that the service shows".to_owned());
            }
            What::Upstream(_) => return Err("`app_protocol: kubernetes.io/h2c` at the port of the service says so".to_owned()),
            What::RequestHeaders(headers) => self.request.add(headers),
            What::ResponseHeaders(headers) => self.response.add(headers),
            What::StripPrefix(_) | What::AddPrefix(_) | What::ReplacePrefix { .. } => match rewritten(what, path) {
                Some(_) if self.rewrite.is_some() => return Err("a rule of an HTTPRoute changes the path once".to_owned()),
                Some(path) => self.rewrite = Some(replace(&path)),
                None => return Err("the path of the route does not begin with the prefix".to_owned()),
            },
            What::ReplacePath(path) => {
                let path = json!({ "type": "ReplaceFullPath", "replaceFullPath": path.as_str() });
                self.rewrite = Some(json!({ "type": "URLRewrite", "urlRewrite": { "path": path } }));
            }
            What::Auth { .. } | What::ForwardAuth { .. } => {
                return Err("HTTPRoutes have no filter that asks who it is; the Gateway's own policies do, or a proxy before the service"
                    .to_owned());
            }
            What::AllowList(_) | What::RateLimit { .. } | What::Concurrency(_) | What::BodySize(_) => {
                return Err("HTTPRoutes have no filter for it; the Gateway's own policies do".to_owned());
            }
            What::Retry(_) | What::Cors(_) | What::Compress => {
                return Err("HTTPRoutes have no filter for it that every Gateway knows; the Gateway's own policies do".to_owned());
            }
            What::Nothing(reason) | What::NoLock(reason) => return Err(reason.clone()),
        }
        Ok(())
    }

    /// True where nothing gets behind the route.
    pub(super) fn redirects(&self) -> bool {
        self.redirect.is_some()
    }

    /// The list, in a fixed order.
    pub(super) fn finish(self) -> Vec<Value> {
        if let Some(redirect) = self.redirect {
            return vec![redirect];
        }
        let request = self.request.filter("RequestHeaderModifier", "requestHeaderModifier");
        let response = self.response.filter("ResponseHeaderModifier", "responseHeaderModifier");
        request.into_iter().chain(response).chain(self.rewrite).collect()
    }
}
