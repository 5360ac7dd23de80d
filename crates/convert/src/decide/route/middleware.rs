//! Traefik's middlewares (its documentation, "Middlewares"): labels of any service in, what a router asks for on a request's way out.
//! What becomes of it depends on what routes, which is decided in `finish/routes`.

use std::collections::BTreeMap;

use smol_str::SmolStr;
use windlass_compose::model::Project;
use windlass_yaml::Path;

use super::{is_host, is_path, label_sets, traefik};

/// Middlewares may name others (`chain`), which may name them again.
const DEPTH: usize = 8;

/// Something that happens to a request on its way to a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) what: What,
    /// The labels that ask for it: the place of their service in the project, and their paths beneath it.
    pub(crate) at: Vec<(usize, Path)>,
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// Plain requests are sent to the encrypted address.
    RedirectToHttps { is_permanent: bool },
    /// Headers of the request are set, or taken away where the value is empty.
    RequestHeaders(Vec<(SmolStr, SmolStr)>),
    /// The same for the response.
    ResponseHeaders(Vec<(SmolStr, SmolStr)>),
    /// The beginning of the path is cut off.
    StripPrefix(SmolStr),
    /// Something is put before the path.
    AddPrefix(SmolStr),
    /// The path is another.
    ReplacePath(SmolStr),
    /// The beginning of the path is another.
    ReplacePrefix { from: SmolStr, to: SmolStr },
    /// The client is sent elsewhere.
    Redirect { target: Target, is_permanent: bool },
    /// Plain requests are answered where encrypted ones are.
    PlainToo,
    /// What is spoken to the service, as ingress-nginx calls it.
    Upstream(&'static str),
    /// A password is asked for: lines as `htpasswd` writes them, or `htdigest`.
    Auth { users: Vec<SmolStr>, realm: Option<SmolStr>, is_digest: bool },
    /// Another server is asked whether the request may pass.
    ForwardAuth { address: SmolStr, response_headers: Option<SmolStr> },
    /// Only these ranges of addresses pass.
    AllowList(Vec<SmolStr>),
    /// Requests of one address in a second or minute, and how many more at once.
    RateLimit { average: u32, is_per_minute: bool, burst: u32 },
    /// Requests at once.
    Concurrency(u32),
    /// The most bytes of a request.
    BodySize(u64),
    /// How often a request is tried.
    Retry(u32),
    /// Requests of pages from elsewhere: the part of the annotation's name, and its value.
    Cors(Vec<(&'static str, SmolStr)>),
    /// Responses are compressed.
    Compress,
    /// There is no counterpart, for this reason.
    Nothing(String),
    /// The same of what says who may pass.
    NoLock(String),
}

/// Where a redirection leads; what is not said stays as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) scheme: Option<SmolStr>,
    pub(crate) host: Option<SmolStr>,
    pub(crate) port: Option<u16>,
    pub(crate) path: Option<SmolStr>,
}

impl Target {
    /// Reads `https://example.com{uri}`, `/login` and what is between, with the placeholders of Caddy that stand for what was asked for.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let (authority, path) = match authority.strip_suffix("{uri}") {
            Some(authority) if path.is_empty() => (authority, "{uri}"),
            _ => (authority, path),
        };
        let (host, port) =
            authority.split_once(':').map_or(Some((authority, None)), |(host, port)| Some((host, Some(port.parse().ok()?))))?;
        let said = |text: &str, placeholder: &str| (!text.is_empty() && text != placeholder).then(|| SmolStr::from(text));
        // An address alone leads to its root.
        let path = match path {
            "{uri}" => None,
            "" => Some("/".into()),
            path => Some(SmolStr::from(path)),
        };
        let target = Self { scheme: said(scheme, "{scheme}"), host: said(host, "{host}"), port, path };
        let is_known = target.scheme.as_ref().is_none_or(|scheme| scheme == "http" || scheme == "https")
            && target.host.as_ref().is_none_or(|host| is_host(host))
            && target.path.as_ref().is_none_or(|path| path.starts_with('/') && !path.contains(['{', '?', '#']));
        is_known.then_some(target)
    }
}

impl Filter {
    /// As it is on a route of this host.
    pub(super) fn to(&self, host: Option<&SmolStr>, is_encrypted: bool) -> Self {
        let mut own = self.clone();
        if let What::Redirect { target, is_permanent } = &mut own.what {
            let is_same_host = target.host.is_none() || target.host.as_ref() == host;
            if is_same_host && !is_encrypted && target.path.is_none() && target.scheme.as_ref().is_some_and(|scheme| scheme == "https") {
                own.what = What::RedirectToHttps { is_permanent: *is_permanent };
            } else {
                target.host = target.host.take().or_else(|| host.cloned());
                target.scheme.get_or_insert(SmolStr::new_static(if is_encrypted { "https" } else { "http" }));
            }
        }
        own
    }
}

impl What {
    /// Without it, requests pass that must not.
    pub(crate) fn protects(&self) -> bool {
        matches!(self, Self::Auth { .. } | Self::ForwardAuth { .. } | Self::AllowList(_) | Self::NoLock(_))
    }
}

/// One label of a middleware.
struct Setting {
    /// Beneath the middleware's type, in lower case: `users`, `customrequestheaders.x-name`.
    key: String,
    /// As it is written.
    written: SmolStr,
    value: SmolStr,
    at: (usize, Path),
}

/// The middlewares of a project, by name and type.
#[derive(Default)]
pub(crate) struct Middlewares(BTreeMap<String, BTreeMap<String, Vec<Setting>>>);

impl Middlewares {
    /// Those of all services: a router may name one of another service.
    pub(crate) fn of(project: &Project) -> Self {
        let mut middlewares = Self::default();
        for (index, service) in project.services.iter().enumerate() {
            for (labels_at, labels) in label_sets(service) {
                if traefik::is_off(labels) {
                    continue;
                }
                for label in labels {
                    let mut parts = label.name.splitn(6, '.');
                    let is_middleware = ["traefik", "http", "middlewares"]
                        .iter()
                        .all(|word| parts.next().is_some_and(|part| part.eq_ignore_ascii_case(word)));
                    let (true, Some(name), Some(kind)) = (is_middleware, parts.next(), parts.next()) else { continue };
                    let written = parts.next().unwrap_or_default();
                    let setting = Setting {
                        key: written.to_ascii_lowercase(),
                        written: written.into(),
                        value: label.value.value.clone(),
                        at: (index, labels_at.key(&label.name.value)),
                    };
                    let named = middlewares.0.entry(name.to_ascii_lowercase()).or_default();
                    named.entry(kind.to_ascii_lowercase()).or_default().push(setting);
                }
            }
        }
        middlewares
    }

    /// What the middlewares of a router ask for; `at` is the label that names them.
    pub(super) fn filters(&self, names: &str, at: &(usize, Path)) -> Vec<Filter> {
        let mut filters = Vec::new();
        self.add(names, std::slice::from_ref(at), 0, &mut filters);
        filters
    }

    fn add(&self, names: &str, at: &[(usize, Path)], depth: usize, filters: &mut Vec<Filter>) {
        for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let (own, provider) = name.split_once('@').unwrap_or((name, "docker"));
            let known = self.0.get(&own.to_ascii_lowercase()).filter(|_| matches!(provider, "docker" | "swarm") && depth < DEPTH);
            let Some(kinds) = known else {
                let reason = format!("no label defines the middleware `{name}`; what it does belongs on the Ingress or HTTPRoute");
                filters.push(Filter { what: What::Nothing(reason), at: at.to_vec() });
                continue;
            };
            for (kind, settings) in kinds {
                if kind == "chain" {
                    for setting in settings {
                        let at: Vec<_> = at.iter().cloned().chain([setting.at.clone()]).collect();
                        self.add(&setting.value, &at, depth + 1, filters);
                    }
                    continue;
                }
                for (what, used) in read(kind, settings) {
                    filters.push(Filter { what, at: at.iter().cloned().chain(used).collect() });
                }
            }
        }
    }
}

/// What the labels of one middleware ask for, each with those that say so.
fn read(kind: &str, settings: &[Setting]) -> Vec<(What, Vec<(usize, Path)>)> {
    let get = |key: &str| settings.iter().find(|setting| setting.key == key);
    let text = |key: &str| get(key).map(|setting| setting.value.clone());
    let number = |key: &str| get(key).and_then(|setting| setting.value.trim().parse::<u32>().ok());
    let is_true = |key: &str| get(key).is_some_and(|setting| setting.value.eq_ignore_ascii_case("true"));
    let list = |key: &str| -> Vec<SmolStr> {
        let indexed = |setting: &&Setting| setting.key == key || setting.key.strip_prefix(key).is_some_and(|rest| rest.starts_with('['));
        let values = settings.iter().filter(indexed).flat_map(|setting| setting.value.split(','));
        values.map(str::trim).filter(|value| !value.is_empty()).map(SmolStr::from).collect()
    };
    let nothing = |reason: &str| What::Nothing(reason.to_owned());
    let path = |key: &str| text(key).filter(|path| is_path(path));
    let what = match kind {
        "redirectscheme" if text("scheme").is_some_and(|scheme| scheme == "https") => {
            What::RedirectToHttps { is_permanent: is_true("permanent") }
        }
        "headers" => return headers(settings),
        "stripprefix" => match &list("prefixes")[..] {
            [prefix] if is_path(prefix) => What::StripPrefix(prefix.clone()),
            _ => nothing("only one prefix can be cut off from a route"),
        },
        "addprefix" => path("prefix").map_or_else(|| nothing("it is no path"), What::AddPrefix),
        "replacepath" => path("path").map_or_else(|| nothing("it is no path"), What::ReplacePath),
        "basicauth" | "digestauth" => {
            let users = list("users");
            if users.is_empty() {
                What::NoLock("its users stand in a file of Traefik's container".to_owned())
            } else {
                What::Auth { users, realm: text("realm"), is_digest: kind == "digestauth" }
            }
        }
        "forwardauth" => match text("address") {
            Some(address) => What::ForwardAuth { address, response_headers: text("authresponseheaders") },
            None => What::NoLock("it has no address".to_owned()),
        },
        "ipallowlist" | "ipwhitelist" if !list("sourcerange").is_empty() => What::AllowList(list("sourcerange")),
        "ratelimit" => match (number("average"), text("period").as_deref()) {
            (Some(average), period @ (None | Some("1" | "1s" | "60" | "60s" | "1m" | "1m0s"))) if average > 0 => {
                let is_per_minute = matches!(period, Some("60" | "60s" | "1m" | "1m0s"));
                What::RateLimit { average, is_per_minute, burst: number("burst").unwrap_or(1) }
            }
            _ => nothing("rates count by the second or the minute"),
        },
        "inflightreq" => number("amount").map_or_else(|| nothing("it is no number"), What::Concurrency),
        "buffering" => match text("maxrequestbodybytes").and_then(|size| size.trim().parse().ok()) {
            Some(size) => What::BodySize(size),
            None => nothing("buffers are a setting of the controller"),
        },
        "retry" => number("attempts").map_or_else(|| nothing("it is no number"), What::Retry),
        "compress" => What::Compress,
        _ => nothing("routes of a cluster have no counterpart of this middleware"),
    };
    // Labels that the counterpart does not know stand apart.
    let known: &[&str] = match kind {
        "redirectscheme" => &["scheme", "permanent"],
        // A route leads to no other port than that of the scheme.
        "basicauth" | "digestauth" => &["users", "realm"],
        "forwardauth" => &["address", "authresponseheaders", "trustforwardheader"],
        "ratelimit" => &["average", "period", "burst"],
        "buffering" => &["maxrequestbodybytes"],
        "inflightreq" => &["amount"],
        "retry" => &["attempts"],
        "ipallowlist" | "ipwhitelist" => &["sourcerange"],
        _ => &["prefixes", "prefix", "path", ""],
    };
    let is_known =
        |setting: &Setting| known.iter().any(|key| setting.key == *key || (!key.is_empty() && setting.key.starts_with(&format!("{key}["))));
    if matches!(what, What::Nothing(_) | What::NoLock(_)) {
        return vec![(what, settings.iter().map(|setting| setting.at.clone()).collect())];
    }
    let (used, others): (Vec<&Setting>, Vec<&Setting>) = settings.iter().partition(|setting| is_known(setting));
    let mut found = vec![(what, used.into_iter().map(|setting| setting.at.clone()).collect())];
    for setting in others {
        let reason = format!("`{}` has no counterpart; the rest of the middleware is kept where it can be", setting.written);
        found.push((What::Nothing(reason), vec![setting.at.clone()]));
    }
    found
}

/// The middleware `headers` is several: headers of requests and of responses, a redirection, requests from elsewhere.
fn headers(settings: &[Setting]) -> Vec<(What, Vec<(usize, Path)>)> {
    let (mut request, mut response, mut cors, mut redirect) = (Vec::new(), Vec::new(), Vec::new(), None);
    let (mut request_at, mut response_at, mut cors_at, mut redirect_at) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut found = Vec::new();
    let has = |key: &str| settings.iter().any(|setting| setting.key == key && setting.value.eq_ignore_ascii_case("true"));
    for setting in settings {
        let Setting { key, written, value, at } = setting;
        let is_true = value.eq_ignore_ascii_case("true");
        let mut responds = |name: &str, value: SmolStr| {
            response.push((SmolStr::from(name), value));
            response_at.push(at.clone());
        };
        match key.as_str() {
            key if key.starts_with("customrequestheaders.") => {
                request.push((written.split_once('.').map_or("", |(_, name)| name).into(), value.clone()));
                request_at.push(at.clone());
            }
            key if key.starts_with("customresponseheaders.") => {
                responds(written.split_once('.').map_or("", |(_, name)| name), value.clone())
            }
            "framedeny" if is_true => responds("X-Frame-Options", "DENY".into()),
            "customframeoptionsvalue" => responds("X-Frame-Options", value.clone()),
            "contenttypenosniff" if is_true => responds("X-Content-Type-Options", "nosniff".into()),
            "browserxssfilter" if is_true => responds("X-XSS-Protection", "1; mode=block".into()),
            "custombrowserxssvalue" => responds("X-XSS-Protection", value.clone()),
            "referrerpolicy" => responds("Referrer-Policy", value.clone()),
            "permissionspolicy" => responds("Permissions-Policy", value.clone()),
            "contentsecuritypolicy" => responds("Content-Security-Policy", value.clone()),
            "stsseconds" => {
                let more = [("stsincludesubdomains", "; includeSubDomains"), ("stspreload", "; preload")];
                let more: String = more.iter().filter(|(key, _)| has(key)).map(|(_, text)| *text).collect();
                responds("Strict-Transport-Security", format!("max-age={value}{more}").into());
            }
            "stsincludesubdomains" | "stspreload" => response_at.push(at.clone()),
            "sslredirect" | "ssltemporaryredirect" if is_true => {
                redirect = Some(What::RedirectToHttps { is_permanent: !has("ssltemporaryredirect") });
                redirect_at.push(at.clone());
            }
            "accesscontrolallowcredentials"
            | "accesscontrolallowheaders"
            | "accesscontrolallowmethods"
            | "accesscontrolalloworiginlist"
            | "accesscontrolexposeheaders"
            | "accesscontrolmaxage" => {
                let name = match key.as_str() {
                    "accesscontrolallowcredentials" => "cors-allow-credentials",
                    "accesscontrolallowheaders" => "cors-allow-headers",
                    "accesscontrolallowmethods" => "cors-allow-methods",
                    "accesscontrolalloworiginlist" => "cors-allow-origin",
                    "accesscontrolexposeheaders" => "cors-expose-headers",
                    _ => "cors-max-age",
                };
                cors.push((name, value.clone()));
                cors_at.push(at.clone());
            }
            _ => found.push((What::Nothing(format!("`{written}` has no counterpart")), vec![at.clone()])),
        }
    }
    let mut add = |what: Option<What>, at: Vec<(usize, Path)>| found.extend(what.map(|what| (what, at)));
    add(redirect, redirect_at);
    add((!request.is_empty()).then_some(What::RequestHeaders(request)), request_at);
    add((!response.is_empty()).then_some(What::ResponseHeaders(response)), response_at);
    add((!cors.is_empty()).then_some(What::Cors(cors)), cors_at);
    found
}
