//! A server of nginx's that visitors see: what holds in it, and what it answers.
//!
//! What an `include` brings in counts where the file is known; where it is not, nothing is said to be missing.

use std::borrow::Cow;

use windlass_conf::nginx::{Directive, Location, PASSES, Scope, Server};
use windlass_source::Span;

use super::config_file::ConfigContext;
use super::service::{Reach, ServiceContext};

/// Files that come with nginx, and directories whose files hold servers: nothing in them changes what a server says.
const HARMLESS: [&str; 12] = [
    "mime.types",
    "fastcgi_params",
    "fastcgi.conf",
    "uwsgi_params",
    "scgi_params",
    "proxy_params",
    "fastcgi-php.conf",
    "options-ssl-nginx.conf",
    "conf.d/*",
    "sites-enabled/*",
    "modules-enabled/*",
    "modules/*",
];

/// A server that answers visitors itself: neither a redirect nor a closed door.
#[derive(Clone, Debug)]
pub struct Site<'a> {
    config: ConfigContext<'a>,
    server: Server<'a>,
}

/// What is known of a directive in a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held<'a> {
    /// The directives that hold, wherever they stand.
    pub directives: Vec<&'a Directive>,
    /// A file is included that is not known, so there may be others.
    pub is_open: bool,
}

/// What a visitor gets for a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer<'a> {
    /// An error, or nothing.
    Refused,
    /// A redirect, or a text of the configuration's own.
    Fixed,
    /// What another program answers; the directive that passes the request on.
    Passed(&'a Directive),
    /// The file of that name, if there is one.
    File,
    /// That depends on what is not known here.
    Unknown,
}

impl<'a> ConfigContext<'a> {
    /// The servers of an nginx configuration that answer visitors themselves.
    pub fn sites(self) -> Vec<Site<'a>> {
        let servers = self.nginx().map(|nginx| nginx.servers()).unwrap_or_default();
        servers.into_iter().map(|server| Site { config: self, server }).filter(|site| !site.is_closed()).collect()
    }

    /// From where the services that have the file are reached; public where no service is known.
    pub fn reach(self) -> Reach {
        self.services().map(|(service, _)| service.reach()).max().unwrap_or(Reach::Public)
    }

    /// What holds of a directive in a scope of this file: the innermost level that has it, included files looked through.
    pub fn held(self, scope: &Scope<'a>, name: &str) -> Held<'a> {
        let mut is_open = false;
        for level in scope.levels() {
            let mut directives: Vec<&Directive> = level.iter().filter(|directive| directive.is(name)).collect();
            for include in level.iter().filter(|directive| directive.is("include")).filter_map(|directive| directive.text(0)) {
                if HARMLESS.iter().any(|known| include.contains(known)) {
                    continue;
                }
                let found = self.included(include);
                is_open |= found.is_empty();
                let files = found.into_iter().filter_map(ConfigContext::nginx);
                directives.extend(files.flat_map(|nginx| &nginx.directives).filter(|directive| directive.is(name)));
            }
            if !directives.is_empty() {
                return Held { directives, is_open: false };
            }
        }
        // Around a file of `conf.d` stands `http` of the same service's whole configuration.
        if self.nginx().is_some_and(|nginx| !nginx.is_whole()) {
            let around = self.services().flat_map(|(service, _)| service.configs()).filter_map(ConfigContext::nginx);
            let http = around.filter(|nginx| nginx.is_whole()).flat_map(|nginx| &nginx.directives).filter(|directive| directive.is("http"));
            let directives: Vec<&Directive> = http.flat_map(Directive::children).filter(|directive| directive.is(name)).collect();
            return Held { directives, is_open };
        }
        Held { directives: Vec::new(), is_open }
    }

    /// The files that an `include` means, by their names.
    fn included(self, include: &str) -> Vec<ConfigContext<'a>> {
        let wanted = include.rsplit('/').next().unwrap_or(include);
        let (before, after) = wanted.split_once('*').unwrap_or((wanted, ""));
        let matches = |name: &str| {
            let name = name.rsplit('/').next().unwrap_or(name);
            if wanted.contains('*') {
                name.len() >= wanted.len() - 1 && name.starts_with(before) && name.ends_with(after)
            } else {
                name == wanted
            }
        };
        let is_it = |config: &ConfigContext<'a>| matches(config.path()) || config.uses().iter().any(|place| matches(&place.target));
        self.context().configs().filter(|config| config.nginx().is_some() && is_it(config)).collect()
    }
}

impl<'a> Site<'a> {
    /// Its file.
    pub fn config(&self) -> ConfigContext<'a> {
        self.config
    }

    /// The server.
    pub fn server(&self) -> &Server<'a> {
        &self.server
    }

    /// Where its `server` stands.
    pub fn span(&self) -> Span {
        self.server.span()
    }

    /// Answers everything with a redirect or an error.
    fn is_closed(&self) -> bool {
        let answers = |scope: &Scope<'a>| scope.own("return").next().is_some();
        let locations = self.server.locations();
        if answers(&self.server.scope) || self.server.scope.own("ssl_reject_handshake").next().is_some() {
            return true;
        }
        let gives = |scope: &Scope<'a>| {
            pass_of(scope).is_some() || ["root", "alias", "include"].iter().any(|name| scope.own(name).next().is_some())
        };
        let scopes = || locations.iter().map(|location| &location.scope).chain([&self.server.scope]);
        if !scopes().any(gives) && self.held("root").directives.is_empty() {
            return true;
        }
        // As a rule all but the challenges of certificates: `location / { return 301 https://…; }`.
        !locations.is_empty()
            && self.server.locate("/").is_some_and(|location| answers(&location.scope))
            && locations.iter().all(|location| answers(&location.scope) || location.pattern().contains("acme-challenge"))
    }

    /// What holds of a directive at the server's own level.
    pub fn held(&self, name: &str) -> Held<'a> {
        self.config.held(&self.server.scope, name)
    }

    /// The value of a response header that is set at server level. `None` where the header is missing; an empty text where it may be
    /// set by what is not known.
    pub fn header(&self, name: &str) -> Option<Cow<'a, str>> {
        self.header_at(&self.server.scope, name)
    }

    /// The value of a response header in a scope of the server, as for [`Site::header`].
    pub fn header_at(&self, scope: &Scope<'a>, name: &str) -> Option<Cow<'a, str>> {
        let held = self.config.held(scope, "add_header");
        let named = held.directives.iter().rfind(|directive| directive.text(0).is_some_and(|own| own.eq_ignore_ascii_case(name)));
        if let Some(directive) = named {
            return Some(Cow::Borrowed(directive.text(1).unwrap_or_default()));
        }
        // The module "headers more" writes `Name: value` in one word.
        let more = self.config.held(scope, "more_set_headers");
        let prefix = format!("{}:", name.to_ascii_lowercase());
        let is_it = |word: &&str| word.to_ascii_lowercase().starts_with(&prefix);
        if let Some(found) = more.directives.iter().flat_map(|directive| directive.words()).find(is_it) {
            return Some(Cow::Borrowed(found[prefix.len()..].trim()));
        }
        (held.is_open || more.is_open).then_some(Cow::Borrowed(""))
    }

    /// What a visitor gets for a path.
    pub fn answer(&self, path: &str) -> Answer<'a> {
        let scope = &self.server.scope;
        if self.server.locations().iter().any(|location| location.matches(path).is_none()) {
            return Answer::Unknown;
        }
        let location = self.server.locate(path);
        if location.as_ref().is_some_and(Location::refuses) || (location.is_none() && scope.denies_all()) {
            return Answer::Refused;
        }
        let scope = location.as_ref().map_or(scope, |location| &location.scope);
        if let Some(pass) = pass_of(scope) {
            return Answer::Passed(pass);
        }
        if scope.own("return").next().is_some() {
            return Answer::Fixed;
        }
        // What `if`, `rewrite` and unknown files do to a request is not followed.
        let server = &self.server.scope;
        let is_dynamic = |scope: &Scope<'_>| scope.own("rewrite").next().is_some() || scope.own("if").any(decides);
        if is_dynamic(scope) || is_dynamic(server) || self.config.held(scope, "deny").is_open || self.config.held(scope, "location").is_open
        {
            return Answer::Unknown;
        }
        if let Some(attempts) = scope.get("try_files")
            && !attempts.words().any(|word| word.contains("$uri") || word.contains("$request_uri"))
        {
            return Answer::Fixed;
        }
        // Without a root nginx has nothing but its own page.
        let has_files = ["root", "alias"].iter().any(|name| !self.config.held(scope, name).directives.is_empty());
        if has_files { Answer::File } else { Answer::Fixed }
    }

    /// The directory that files come from at server level, in the container.
    pub fn root(&self) -> Option<&'a str> {
        let held = self.held("root").directives;
        held.last()
            .and_then(|root| root.text(0))
            .or_else(|| self.server.locate("/").and_then(|location| location.scope.get("root")?.text(0)))
    }

    /// The source of the directory that files come from, when a service of the stack mounts or copies the project's own directory there.
    pub fn serves_project(&self) -> Option<String> {
        let root = self.root()?;
        self.config.services().find_map(|(service, _)| {
            let directory = service.source_of(root)?;
            const MARKS: [&str; 6] = [".env", ".git", "composer.json", "package.json", "Dockerfile", "artisan"];
            let is_project = |file: &super::RepositoryFile| file.absolute.parent() == Some(&directory) && MARKS.contains(&file.name());
            self.config.context().repository().find(is_project).map(|_| format!("`{root}` is the project's own directory"))
        })
    }

    /// The service of a stack that PHP requests of this server go to, where `service` has the file.
    pub fn application(&self, service: ServiceContext<'a>) -> Option<ServiceContext<'a>> {
        let nginx = self.config.nginx()?;
        let locations = self.server.locations();
        let pass = locations.iter().find_map(|location| pass_of(&location.scope).filter(|pass| pass.is("fastcgi_pass")))?;
        let host = nginx.target(pass)?.host.text;
        let host = nginx.upstream(&host).and_then(|hosts| hosts.into_iter().next()).map_or(host, |target| target.host.text);
        service.stack().services().find(|other| other.is_called(&host))
    }

    /// Passes everything that is not a file to another program by HTTP, which may set headers of its own.
    pub fn is_proxy(&self) -> bool {
        matches!(self.answer("/"), Answer::Passed(pass) if pass.is("proxy_pass") || pass.is("grpc_pass"))
    }
}

fn pass_of<'a>(scope: &Scope<'a>) -> Option<&'a Directive> {
    scope.directives().iter().find(|directive| PASSES.contains(&directive.name.as_str()))
}

/// True for an `if` that decides what a visitor gets.
fn decides(block: &Directive) -> bool {
    block.children().iter().any(|child| ["return", "rewrite", "set", "break"].iter().any(|name| child.is(name)))
        && !block.arguments.first().is_some_and(|word| word.text.contains("$scheme"))
}
