//! The labels of caddy-docker-proxy (its documentation): `caddy: host` with `caddy.reverse_proxy: {{upstreams 8080}}`, numbered ones
//! (`caddy_1`), and snippets, which may stand at any service. What leads to the service becomes routes; what happens to requests on the
//! way, filters; each label says what became of it.

mod directive;
mod labels;
mod matcher;
mod upstream;

use std::collections::BTreeMap;

use smol_str::SmolStr;
use windlass_compose::model::{Project, Service};
use windlass_yaml::Path;

use self::directive::filters;
use self::labels::{Directive, block_of, is_site};
use self::matcher::{Condition, Matchers, Within, condition};
use super::middleware::{Filter, What};
use super::{Asked, AskedRoute, is_host, label_sets};

/// Imports may import again.
const DEPTH: usize = 8;

/// The snippets of a project by name.
#[derive(Default)]
pub(crate) struct Snippets(BTreeMap<SmolStr, Vec<Directive>>);

impl Snippets {
    pub(crate) fn of(project: &Project) -> Self {
        let mut snippets = Self::default();
        for (index, service) in project.services.iter().enumerate() {
            for (at, labels) in label_sets(service) {
                for site in labels.iter().filter(|label| is_site(&label.name)) {
                    if let Some(name) = snippet_name(&site.value) {
                        snippets.0.entry(name.into()).or_default().extend(block_of(&site.name, labels, &at, index));
                    }
                }
            }
        }
        snippets
    }
}

/// `(name)`.
fn snippet_name(address: &str) -> Option<&str> {
    address.trim().strip_prefix('(')?.strip_suffix(')')
}

/// `index` is the service's place in the project.
pub(super) fn read(index: usize, service: &Service, snippets: &Snippets, asked: &mut Asked) {
    for (at, labels) in label_sets(service) {
        let is_caddys = |name: &str| is_site(name.split('.').next().unwrap_or_default());
        for label in labels.iter().filter(|label| is_caddys(&label.name)) {
            let site = label.name.split('.').next().unwrap_or_default();
            if labels.get(site).is_none_or(|addresses| addresses.trim().is_empty()) {
                let reason = "an option of Caddy itself; what it says of certificates belongs to cert-manager or the controller";
                asked.unusable.push((at.key(&label.name.value), reason.to_owned()));
            }
        }
        if labels.contains("caddy_controlled_server") {
            asked.heeded.push((at.key("caddy_controlled_server"), "a mark for Caddy's controller, whose place Kubernetes takes"));
        }
        for site in labels.iter().filter(|label| is_site(&label.name) && !label.value.trim().is_empty()) {
            let block = block_of(&site.name, labels, &at, index);
            let site_at = at.key(&site.name.value);
            if snippet_name(&site.value).is_some() {
                asked.heeded.push((site_at, "a snippet; it counts where it is imported"));
                block.iter().for_each(|directive| of_snippet(directive, asked));
                continue;
            }
            let mut reader = Reader { index, service, snippets, asked, sketches: Vec::new(), at: vec![site_at] };
            reader.block(&block, &Within::default(), &[], &BTreeMap::new(), 0);
            reader.routes(&site.value);
        }
    }
    // Where nothing of this service is, there is nothing to encrypt.
    let is_to_https = |route: &AskedRoute| route.filters.iter().any(|filter| matches!(filter.what, What::RedirectToHttps { .. }));
    let served: Vec<Option<SmolStr>> = asked.routes.iter().filter(|route| !route.at.is_empty()).map(|route| route.host.clone()).collect();
    asked.routes.retain(|route| !route.at.is_empty() || !is_to_https(route) || served.contains(&route.host));
}

/// What the labels of a snippet say by themselves.
fn of_snippet(directive: &Directive, asked: &mut Asked) {
    let labels = directive.labels().into_iter().map(|(_, at)| at);
    match directive.name.as_str() {
        "tls" | "log" | "import" => asked.heeded.extend(labels.map(|at| (at, heeded(&directive.name)))),
        name if name.starts_with('@') || is_group(name) || name == "reverse_proxy" => asked.middlewares.extend(labels),
        _ if filters(directive, &directive.arguments).is_some() => asked.middlewares.extend(labels),
        name => asked.unusable.extend(labels.map(|at| (at, no_counterpart(name)))),
    }
}

fn heeded(name: &str) -> &'static str {
    match name {
        "log" => "controllers log requests",
        "import" => "what the snippet's own labels say",
        "tls" => "where certificates come from is said to cert-manager or the controller",
        _ => "a Service leads to pods that are ready, which their probes say",
    }
}

fn no_counterpart(name: &str) -> String {
    match name {
        "php_fastcgi" => "controllers speak HTTP to a service; a web server beside it speaks FastCGI".to_owned(),
        "respond" | "abort" | "error" | "file_server" | "root" | "templates" | "try_files" => {
            "Caddy answers by itself, which an Ingress or HTTPRoute does not".to_owned()
        }
        _ => format!("routes of a cluster have no counterpart of `{name}`"),
    }
}

/// Directives that hold others.
fn is_group(name: &str) -> bool {
    matches!(name, "handle" | "handle_path" | "route")
}

/// A route before its hosts are known.
struct Sketch {
    within: Within,
    port: Option<u16>,
    filters: Vec<(Within, Filter)>,
    at: Vec<Path>,
}

struct Reader<'a> {
    index: usize,
    service: &'a Service,
    snippets: &'a Snippets,
    asked: &'a mut Asked,
    sketches: Vec<Sketch>,
    /// Labels of the whole site.
    at: Vec<Path>,
}

impl Reader<'_> {
    fn block(&mut self, block: &[Directive], within: &Within, outer: &[(Within, Filter)], outer_matchers: &Matchers<'_>, depth: usize) {
        let mut directives = Vec::new();
        self.import(block, false, 0, &mut directives);
        let mut matchers: Matchers<'_> = outer_matchers.clone();
        for (matcher, is_imported) in directives.iter().filter(|(directive, _)| directive.name.starts_with('@')) {
            matchers.insert(&matcher.name, matcher);
            self.awaits(matcher, *is_imported);
        }
        // What happens to requests, and to which.
        let mut on_the_way = outer.to_vec();
        let mut handlers = Vec::new();
        for (directive, is_imported) in directives.iter().filter(|(directive, _)| !directive.name.starts_with('@')) {
            let name = directive.name.as_str();
            if name == "tls" {
                self.tls(directive, *is_imported);
                continue;
            }
            let condition = condition(directive, &matchers);
            let is_refusal = matches!(name, "abort" | "respond" | "error");
            match condition {
                None => {
                    self.lost(directive, *is_imported, "its matcher is about more than hosts, paths and addresses of clients".to_owned())
                }
                Some((condition, _)) if is_refusal && !condition.all_but.is_empty() => {
                    self.awaits(directive, *is_imported);
                    let what = What::AllowList(condition.all_but.clone());
                    self.on_the_way(directive, *is_imported, &condition, vec![what], within, &mut on_the_way);
                }
                Some((condition, arguments)) => match filters(directive, &arguments) {
                    Some(found) => {
                        self.awaits(directive, *is_imported);
                        self.on_the_way(directive, *is_imported, &condition, found, within, &mut on_the_way);
                    }
                    None if is_group(name) || name == "reverse_proxy" => handlers.push((directive, *is_imported, condition, arguments)),
                    None if name == "log" => self.heeded(directive, *is_imported),
                    None => self.lost(directive, *is_imported, no_counterpart(name)),
                },
            }
        }
        // A redirection needs nobody behind it.
        let redirects: Vec<(Within, Filter)> =
            on_the_way.extract_if(outer.len().., |(_, filter)| matches!(filter.what, What::Redirect { .. })).collect();
        for (within, filter) in redirects {
            self.sketches.push(Sketch { within: within.clone(), port: None, filters: vec![(within, filter)], at: Vec::new() });
        }
        for (directive, is_imported, condition, arguments) in handlers {
            for inner in self.places(directive, is_imported, &condition, within) {
                let mut on_the_way = on_the_way.clone();
                let labels = || directive.at.iter().cloned().chain(condition.at.iter().cloned()).collect::<Vec<_>>();
                if !condition.allowed.is_empty() {
                    let what = What::AllowList(condition.allowed.clone());
                    on_the_way.push((inner.clone(), Filter { what, at: labels() }));
                }
                if directive.name == "reverse_proxy" {
                    self.reverse_proxy(directive, &condition, &arguments, inner, on_the_way);
                    continue;
                }
                let is_cut_off = directive.name == "handle_path" && inner.path != "/";
                if is_cut_off {
                    on_the_way.push((inner.clone(), Filter { what: What::StripPrefix(inner.path.clone()), at: labels() }));
                } else if !is_imported {
                    self.at_of_handler(directive, &condition);
                }
                self.awaits_label(directive, is_imported);
                if depth < DEPTH {
                    self.block(&directive.block, &Within { is_cut_off, ..inner }, &on_the_way, &matchers, depth + 1);
                }
            }
        }
    }

    /// The directives of a block and of the snippets that it imports; those of snippets are marked.
    fn import(&mut self, block: &[Directive], is_imported: bool, depth: usize, into: &mut Vec<(Directive, bool)>) {
        for directive in block {
            if directive.name != "import" {
                into.push((directive.clone(), is_imported));
                continue;
            }
            let snippet = directive.arguments.first().and_then(|name| self.snippets.0.get(name)).filter(|_| depth < DEPTH);
            let Some(snippet) = snippet else {
                self.lost(directive, is_imported, "no label defines the snippet".to_owned());
                continue;
            };
            self.heeded(directive, is_imported);
            // An upstream of a template is the service that has the snippet.
            let is_elsewhere = |inner: &&Directive| inner.name == "reverse_proxy" && inner.arguments.iter().any(|word| word.contains("{{"));
            let given = &directive.arguments[1..];
            let inner: Vec<Directive> =
                snippet.iter().filter(|inner| !is_elsewhere(inner)).map(|inner| inner.with_arguments(given)).collect();
            self.import(&inner, true, depth + 1, into);
        }
    }

    fn own_labels(&self, directive: &Directive, is_imported: bool) -> Vec<Path> {
        let own = directive.labels().into_iter().filter(|(service, _)| *service == self.index && !is_imported);
        own.map(|(_, at)| at).collect()
    }

    /// What becomes of it is told by the route that it is for.
    fn awaits(&mut self, directive: &Directive, is_imported: bool) {
        let labels = self.own_labels(directive, is_imported);
        self.asked.middlewares.extend(labels);
    }

    fn awaits_label(&mut self, directive: &Directive, is_imported: bool) {
        let at = directive.at.as_ref().filter(|_| !is_imported).map(|(_, at)| at.clone());
        self.asked.middlewares.extend(at);
    }

    fn heeded(&mut self, directive: &Directive, is_imported: bool) {
        let labels = self.own_labels(directive, is_imported);
        self.asked.heeded.extend(labels.into_iter().map(|at| (at, heeded(&directive.name))));
    }

    fn lost(&mut self, directive: &Directive, is_imported: bool, reason: String) {
        let labels = self.own_labels(directive, is_imported);
        self.asked.unusable.extend(labels.into_iter().map(|at| (at, reason.clone())));
    }

    fn tls(&mut self, directive: &Directive, is_imported: bool) {
        self.at.extend(directive.at.iter().filter(|_| !is_imported).map(|(_, at)| at.clone()));
        directive.block.iter().for_each(|inner| {
            let labels = self.own_labels(inner, is_imported);
            self.asked.heeded.extend(labels.into_iter().map(|at| (at, heeded("tls"))));
        });
    }

    /// The labels of a handler are those of its routes.
    fn at_of_handler(&mut self, directive: &Directive, condition: &Condition) {
        let own = directive.at.iter().chain(&condition.at).filter(|(service, _)| *service == self.index);
        let own: Vec<Path> = own.map(|(_, at)| at.clone()).filter(|at| !self.at.contains(at)).collect();
        self.at.extend(own);
    }

    /// Where a directive with this condition is for requests within others.
    fn places(&mut self, directive: &Directive, is_imported: bool, condition: &Condition, within: &Within) -> Vec<Within> {
        let mut within = within.clone();
        if !condition.hosts.is_empty() {
            within.hosts.clone_from(&condition.hosts);
        }
        if condition.paths.is_empty() {
            return vec![within];
        }
        let places: Vec<Within> = condition.paths.iter().filter_map(|(path, is_exact)| within.at(path, *is_exact)).collect();
        if places.is_empty() {
            self.lost(directive, is_imported, "no request of the directive around it has this path".to_owned());
        }
        places
    }

    fn on_the_way(
        &mut self,
        directive: &Directive,
        is_imported: bool,
        condition: &Condition,
        found: Vec<What>,
        within: &Within,
        into: &mut Vec<(Within, Filter)>,
    ) {
        let at: Vec<_> = directive.labels().into_iter().chain(condition.at.iter().cloned()).collect();
        for place in self.places(directive, is_imported, condition, within) {
            into.extend(found.iter().map(|what| (place.clone(), Filter { what: what.clone(), at: at.clone() })));
        }
    }

    /// Makes routes of what was found, for the hosts of the site.
    fn routes(self, addresses: &str) {
        let Self { asked, sketches, at: site_at, .. } = self;
        if sketches.is_empty() {
            asked.unusable.extend(site_at.into_iter().map(|at| (at, "it has no `reverse_proxy` to this service".to_owned())));
            return;
        }
        let addresses: Vec<Address> =
            addresses.split([',', ' ', '\n']).filter(|text| !text.is_empty()).filter_map(Address::parse).collect();
        if addresses.is_empty() {
            asked.unusable.extend(site_at.into_iter().map(|at| (at, "no address of it is a host name".to_owned())));
            asked.middlewares.extend(sketches.into_iter().flat_map(|sketch| sketch.at));
            return;
        }
        let leads_here = sketches.iter().any(|sketch| sketch.port.is_some());
        for address in &addresses {
            for sketch in &sketches {
                let hosts: Vec<Option<SmolStr>> = if sketch.within.hosts.is_empty() {
                    vec![address.host.clone()]
                } else {
                    sketch.within.hosts.iter().filter(|host| is_host(host)).cloned().map(Some).collect()
                };
                for host in hosts {
                    let mut at = sketch.at.clone();
                    // A site that only redirects is told by what becomes of the redirection.
                    at.extend(site_at.iter().filter(|_| sketch.port.is_some()).cloned());
                    let mut filters: Vec<Filter> =
                        sketch.filters.iter().map(|(_, filter)| filter.to(host.as_ref(), address.is_encrypted)).collect();
                    if !leads_here {
                        filters.iter_mut().for_each(|filter| filter.at.extend(site_at.iter().map(|at| (self.index, at.clone()))));
                    }
                    let is_whole = sketch.within.path == "/" && !sketch.within.is_exact;
                    asked.routes.push(AskedRoute {
                        host,
                        path: (!is_whole).then(|| sketch.within.path.clone()),
                        is_exact: sketch.within.is_exact,
                        port: sketch.port,
                        is_encrypted: address.is_encrypted,
                        tls_secret: None,
                        at,
                        filters: one_rewrite(filters),
                    });
                }
            }
        }
        if !leads_here {
            asked.middlewares.extend(site_at);
        }
    }
}

/// A prefix that is cut off and another that is put before the rest are one change of the path.
fn one_rewrite(mut filters: Vec<Filter>) -> Vec<Filter> {
    let cut = filters.iter().position(|filter| matches!(filter.what, What::StripPrefix(_)));
    let put = filters.iter().position(|filter| matches!(filter.what, What::AddPrefix(_)));
    if let (Some(cut), Some(put)) = (cut, put)
        && let (What::StripPrefix(from), What::AddPrefix(to)) = (&filters[cut].what, &filters[put].what)
    {
        let what = What::ReplacePrefix { from: from.clone(), to: to.clone() };
        let at = [filters[cut].at.clone(), filters[put].at.clone()].concat();
        filters[cut] = Filter { what, at };
        filters.remove(put);
    }
    filters
}

/// An address of a site.
struct Address {
    host: Option<SmolStr>,
    is_encrypted: bool,
}

impl Address {
    fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        let (name, port) = rest.split('/').next().and_then(|authority| authority.split_once(':')).unwrap_or((rest, ""));
        // Caddy gets a certificate for every name, unless the address says otherwise.
        let is_plain = scheme == "http" || port == "80" || (name.is_empty() && scheme != "https" && port != "443");
        let host = match name.split('/').next().unwrap_or_default() {
            "" | "*" => None,
            name if is_host(name) => Some(name.into()),
            _ => return None,
        };
        Some(Self { host, is_encrypted: !is_plain })
    }
}
