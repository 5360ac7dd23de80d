//! What holds where: blocks with those around them, servers, and the location that nginx chooses for a path.

use std::borrow::Cow;

use windlass_source::Span;

use crate::nginx::pattern::Pattern;
use crate::nginx::{Directive, Nginx};

/// A block and the blocks around it.
#[derive(Clone, Debug)]
pub struct Scope<'a> {
    /// The directives of the file's top level.
    root: &'a [Directive],
    /// The blocks, the outermost first.
    blocks: Vec<&'a Directive>,
}

impl<'a> Scope<'a> {
    /// The innermost block; `None` at the top level of a file.
    pub fn block(&self) -> Option<&'a Directive> {
        self.blocks.last().copied()
    }

    /// The directives of the innermost block.
    pub fn directives(&self) -> &'a [Directive] {
        self.block().map_or(self.root, Directive::children)
    }

    /// The directives of this name in the innermost block.
    pub fn own<'s>(&self, name: &'s str) -> impl Iterator<Item = &'a Directive> + use<'a, 's> {
        self.directives().iter().filter(move |directive| directive.is(name))
    }

    /// The directives of the block, then of each block around it, the file's top level last.
    pub fn levels<'s>(&'s self) -> impl Iterator<Item = &'a [Directive]> + use<'a, 's> {
        self.blocks.iter().rev().map(|block| block.children()).chain([self.root])
    }

    /// The directives of this name that hold here: those of the innermost block that has any, as `add_header`, `limit_req`,
    /// `access_log` and most others are inherited.
    pub fn inherited(&self, name: &str) -> Vec<&'a Directive> {
        let named = |level: &'a [Directive]| level.iter().filter(|directive| directive.is(name)).collect::<Vec<_>>();
        self.levels().map(named).find(|found| !found.is_empty()).unwrap_or_default()
    }

    /// The last directive of this name that holds here.
    pub fn get(&self, name: &str) -> Option<&'a Directive> {
        self.inherited(name).pop()
    }

    /// True where nobody is let in: `deny all` without any `allow`.
    pub fn denies_all(&self) -> bool {
        self.inherited("allow").is_empty() && self.inherited("deny").iter().any(|deny| deny.text(0) == Some("all"))
    }

    /// The block of this name that is nearest around.
    pub fn enclosing(&self, name: &str) -> Option<&'a Directive> {
        self.blocks.iter().rev().copied().find(|block| block.is(name))
    }

    /// The scope of a block in this one.
    fn inside(&self, block: &'a Directive) -> Self {
        let mut blocks = Vec::with_capacity(self.blocks.len() + 1);
        blocks.extend_from_slice(&self.blocks);
        blocks.push(block);
        Self { root: self.root, blocks }
    }

    /// The scopes of the blocks in this one.
    fn nested(&self) -> impl Iterator<Item = Scope<'a>> {
        self.directives().iter().filter(|directive| directive.block.is_some()).map(|block| self.inside(block))
    }
}

impl Nginx {
    /// The top level.
    pub fn root(&self) -> Scope<'_> {
        Scope { root: &self.directives, blocks: Vec::new() }
    }

    /// Every block in the order of the text, after the block that holds it; the top level first.
    pub fn scopes(&self) -> Vec<Scope<'_>> {
        let mut scopes = vec![self.root()];
        let mut stack: Vec<Scope<'_>> = scopes[0].nested().collect();
        stack.reverse();
        while let Some(scope) = stack.pop() {
            let at = stack.len();
            stack.extend(scope.nested());
            stack[at..].reverse();
            scopes.push(scope);
        }
        scopes
    }

    /// The `server` blocks of `http`, or of the top level of a file that `http` includes.
    pub fn servers(&self) -> Vec<Server<'_>> {
        let is_http = |scope: &Scope<'_>| {
            scope.block().is_some_and(|block| block.is("server"))
                && scope.blocks.iter().all(|block| !block.is("stream") && !block.is("mail"))
        };
        self.scopes().into_iter().filter(is_http).map(|scope| Server { scope }).collect()
    }
}

/// A server of `http`.
#[derive(Clone, Debug)]
pub struct Server<'a> {
    /// Its block.
    pub scope: Scope<'a>,
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// The directive; `None` for the port that a server without `listen` has.
    pub span: Option<Span>,
    /// The port; `None` for a Unix socket and for a variable.
    pub port: Option<u16>,
    /// Ends TLS.
    pub tls: bool,
}

impl<'a> Server<'a> {
    /// Where the server's name stands.
    pub fn span(&self) -> Span {
        self.block().name.span
    }

    /// The whole block.
    pub fn block(&self) -> &'a Directive {
        self.scope.blocks[self.scope.blocks.len() - 1]
    }

    /// Where it listens; port 80 where it does not say.
    pub fn listens(&self) -> Vec<Listen> {
        let tls_everywhere = self.scope.get("ssl").and_then(|directive| directive.text(0)) == Some("on");
        let listens: Vec<Listen> = self
            .scope
            .own("listen")
            .map(|directive| {
                let address = directive.text(0).unwrap_or_default();
                let parameters = || directive.words().skip(1);
                let tls = tls_everywhere || parameters().any(|parameter| parameter == "ssl" || parameter == "quic");
                Listen { span: Some(directive.span), port: port(address), tls }
            })
            .collect();
        if listens.is_empty() { vec![Listen { span: None, port: Some(80), tls: tls_everywhere }] } else { listens }
    }

    /// True where it ends TLS on any port.
    pub fn has_tls(&self) -> bool {
        self.listens().iter().any(|listen| listen.tls)
    }

    /// Its answer to everything, where it has one at server level: `return 301 …`.
    pub fn answer(&self) -> Option<&'a Directive> {
        self.scope.own("return").next()
    }

    /// Its locations, those in others after them.
    pub fn locations(&self) -> Vec<Location<'a>> {
        let mut locations = Vec::new();
        let mut stack: Vec<Scope<'a>> = vec![self.scope.clone()];
        while let Some(scope) = stack.pop() {
            let at = stack.len();
            stack.extend(scope.nested().filter(is_location));
            stack[at..].reverse();
            if is_location(&scope) {
                locations.push(Location { scope });
            }
        }
        locations
    }

    /// The location that answers a request for `path`, which begins with `/`: an exact one, else the longest prefix unless a
    /// pattern matches (`ngx_http_core_find_location`). `None` where the server itself does, or where a pattern that may match cannot be
    /// read.
    pub fn locate(&self, path: &str) -> Option<Location<'a>> {
        find(&self.scope, path)
    }
}

fn is_location(scope: &Scope<'_>) -> bool {
    scope.block().is_some_and(|block| block.is("location"))
}

fn find<'a>(scope: &Scope<'a>, path: &str) -> Option<Location<'a>> {
    let locations: Vec<Location<'a>> = scope.nested().filter(is_location).map(|scope| Location { scope }).collect();
    if let Some(exact) = locations.iter().find(|location| location.modifier() == Modifier::Exact && location.pattern() == path) {
        return Some(exact.clone());
    }
    let is_prefix = |location: &&Location<'_>| {
        matches!(location.modifier(), Modifier::Prefix | Modifier::FirmPrefix) && path.starts_with(&*location.pattern())
    };
    let longest = locations.iter().filter(is_prefix).max_by_key(|location| location.pattern().len());
    if longest.is_none_or(|location| location.modifier() != Modifier::FirmPrefix) {
        let nested = longest.and_then(|location| find(&location.scope, path));
        if nested.as_ref().is_some_and(|location| location.modifier() == Modifier::Exact || location.is_pattern()) {
            return nested;
        }
        if let Some(chosen) = locations.iter().find(|location| location.is_pattern() && location.matches(path) == Some(true)) {
            return Some(find(&chosen.scope, path).unwrap_or_else(|| chosen.clone()));
        }
        if nested.is_some() {
            return nested;
        }
    }
    let longest = longest?;
    Some(find(&longest.scope, path).unwrap_or_else(|| longest.clone()))
}

/// How a location compares its pattern with a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modifier {
    /// `=`.
    Exact,
    /// None.
    Prefix,
    /// `^~`: no pattern is tried after it.
    FirmPrefix,
    /// `~`.
    Pattern,
    /// `~*`: a pattern that does not look at case.
    PatternAnyCase,
    /// `@name`: only for requests that come from within.
    Named,
}

/// A location.
#[derive(Clone, Debug)]
pub struct Location<'a> {
    /// Its block.
    pub scope: Scope<'a>,
}

impl<'a> Location<'a> {
    /// The whole block.
    pub fn block(&self) -> &'a Directive {
        self.scope.blocks[self.scope.blocks.len() - 1]
    }

    /// From `location` to its last argument.
    pub fn span(&self) -> Span {
        let block = self.block();
        block.arguments.last().map_or(block.name.span, |word| block.name.span.to(word.span))
    }

    /// How it compares.
    pub fn modifier(&self) -> Modifier {
        self.parts().0
    }

    /// What it compares with, without the modifier.
    pub fn pattern(&self) -> Cow<'a, str> {
        self.parts().1
    }

    fn parts(&self) -> (Modifier, Cow<'a, str>) {
        const SIGNS: [(&str, Modifier); 4] =
            [("~*", Modifier::PatternAnyCase), ("^~", Modifier::FirmPrefix), ("=", Modifier::Exact), ("~", Modifier::Pattern)];
        let arguments = &self.block().arguments;
        let first = arguments.first().map_or("", |word| word.as_str());
        let second = arguments.get(1).map(|word| Cow::Borrowed(word.as_str()));
        for (sign, modifier) in SIGNS {
            if let Some(glued) = first.strip_prefix(sign) {
                return (modifier, if glued.is_empty() { second.unwrap_or_default() } else { Cow::Borrowed(glued) });
            }
        }
        (if first.starts_with('@') { Modifier::Named } else { Modifier::Prefix }, Cow::Borrowed(first))
    }

    /// True for `~` and `~*`.
    pub fn is_pattern(&self) -> bool {
        matches!(self.modifier(), Modifier::Pattern | Modifier::PatternAnyCase)
    }

    /// True where the location's own text matches `path`; `None` for a pattern that cannot be read.
    pub fn matches(&self, path: &str) -> Option<bool> {
        let (modifier, pattern) = self.parts();
        match modifier {
            Modifier::Exact => Some(pattern == path),
            Modifier::Prefix | Modifier::FirmPrefix => Some(path.starts_with(&*pattern)),
            Modifier::Pattern => Pattern::new(&pattern, false).map(|pattern| pattern.is_match(path)),
            Modifier::PatternAnyCase => Pattern::new(&pattern, true).map(|pattern| pattern.is_match(path)),
            Modifier::Named => Some(false),
        }
    }

    /// True where a visitor gets nothing: `deny all`, `internal`, or `return` with an error or without an answer.
    pub fn refuses(&self) -> bool {
        let returns_nothing = |directive: &Directive| directive.text(0).is_some_and(|code| matches!(code.as_bytes(), [b'4' | b'5', _, _]));
        self.scope.own("internal").next().is_some() || self.scope.own("return").any(returns_nothing) || self.scope.denies_all()
    }
}

/// The port of a `listen` address: `80`, `*:80`, `[::]:443`, `127.0.0.1:8080`, `localhost` (80).
fn port(address: &str) -> Option<u16> {
    if address.starts_with("unix:") || address.contains('$') {
        return None;
    }
    if address.bytes().all(|byte| byte.is_ascii_digit()) {
        return address.parse().ok();
    }
    match address.rsplit_once(':') {
        Some((host, port)) if !host.starts_with('[') || host.ends_with(']') => port.parse().ok(),
        _ => Some(80),
    }
}
