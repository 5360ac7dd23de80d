//! Where requests are passed on to: hosts of `proxy_pass` and its like, and of `upstream` blocks.

use windlass_source::Span;

use crate::nginx::{Directive, Nginx};
use crate::syntax::Word;

/// The directives that pass a request on.
pub const PASSES: [&str; 6] = ["proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass"];

/// A host that requests are passed on to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// `proxy_pass` or its like, or `server` in an `upstream`.
    pub directive: &'a Directive,
    /// The host: the name of an `upstream` of the file, a name to look up, or an address.
    pub host: Word,
    /// The port, where one is written.
    pub port: Option<u16>,
}

impl Nginx {
    /// Every host that requests are passed on to, in the order of the text. Sockets, and hosts that variables make, are left out.
    pub fn targets(&self) -> Vec<Target<'_>> {
        let passes = self.all().filter(|directive| PASSES.contains(&directive.name.as_str()));
        let upstreams = self.all().filter(|directive| directive.is("upstream"));
        let servers = upstreams.flat_map(|upstream| upstream.children()).filter(|directive| directive.is("server"));
        let mut targets: Vec<Target<'_>> = passes.chain(servers).filter_map(|directive| self.target(directive)).collect();
        targets.sort_by_key(|target| target.host.span.start);
        targets
    }

    /// The host of a directive that passes requests on.
    pub fn target<'a>(&'a self, directive: &'a Directive) -> Option<Target<'a>> {
        let word = directive.argument(0)?;
        let raw = self.concrete.slice(word.span);
        let scheme = raw.find("://").map_or(0, |at| at + 3);
        let start = scheme + raw[scheme..].len() - raw[scheme..].trim_start_matches(['"', '\'']).len();
        let rest = &raw[start..];
        if rest.starts_with('[') || rest.starts_with("unix:") {
            return None;
        }
        let host = &rest[..rest.find([':', '/', '"', '\'', '?']).unwrap_or(rest.len())];
        if host.is_empty() || host.contains(['$', '\\']) {
            return None;
        }
        let digits = rest[host.len()..].strip_prefix(':').unwrap_or_default();
        let port = digits.split(|letter: char| !letter.is_ascii_digit()).next().and_then(|digits| digits.parse().ok());
        let at = word.span.start as usize + start;
        Some(Target { directive, host: Word { text: host.into(), span: Span::new(word.span.file, at..at + host.len()) }, port })
    }

    /// The hosts of an `upstream` of this name.
    pub fn upstream(&self, name: &str) -> Option<Vec<Target<'_>>> {
        let upstream = self.all().find(|directive| directive.is("upstream") && directive.text(0) == Some(name))?;
        Some(upstream.children().iter().filter(|directive| directive.is("server")).filter_map(|server| self.target(server)).collect())
    }
}
