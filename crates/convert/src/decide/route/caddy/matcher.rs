//! Matchers of Caddy's (its documentation, "Request matchers"): which requests a directive is for, where a route can say it.

use std::collections::BTreeMap;

use smol_str::SmolStr;
use windlass_yaml::Path;

use super::directive::ranges;
use super::labels::Directive;
use crate::decide::route::is_path;

/// The named ones of a block and those around it.
pub(super) type Matchers<'d> = BTreeMap<&'d str, &'d Directive>;

/// Which requests something is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Within {
    /// All of the site's where there are none.
    pub(super) hosts: Vec<SmolStr>,
    pub(super) path: SmolStr,
    pub(super) is_exact: bool,
    /// The path is cut off before what is inside looks at it.
    pub(super) is_cut_off: bool,
}

impl Default for Within {
    fn default() -> Self {
        Self { hosts: Vec::new(), path: "/".into(), is_exact: false, is_cut_off: false }
    }
}

impl Within {
    pub(super) fn covers(&self, other: &Self) -> bool {
        let prefix = self.path.trim_end_matches('/');
        let beneath = other.path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let is_path = if self.is_exact { other.is_exact && self.path == other.path } else { beneath };
        is_path && (self.hosts.is_empty() || (!other.hosts.is_empty() && other.hosts.iter().all(|host| self.hosts.contains(host))))
    }

    /// Those of these requests that have this path too.
    pub(super) fn at(&self, path: &str, is_exact: bool) -> Option<Self> {
        let inner = Self { path: path.into(), is_exact, is_cut_off: false, ..self.clone() };
        if self.is_cut_off {
            let path = if path == "/" { self.path.clone() } else { format!("{}{path}", self.path.trim_end_matches('/')).into() };
            return Some(Self { path, ..inner });
        }
        self.covers(&inner).then_some(inner)
    }
}

/// What a matcher asks for.
#[derive(Default)]
pub(super) struct Condition {
    pub(super) hosts: Vec<SmolStr>,
    pub(super) paths: Vec<(SmolStr, bool)>,
    pub(super) allowed: Vec<SmolStr>,
    /// All but these addresses.
    pub(super) all_but: Vec<SmolStr>,
    pub(super) at: Vec<(usize, Path)>,
}

/// Which requests a directive is for, and its other arguments; `None` when no route can say it.
pub(super) fn condition(directive: &Directive, matchers: &Matchers<'_>) -> Option<(Condition, Vec<SmolStr>)> {
    let mut condition = Condition::default();
    let all = || directive.arguments.to_vec();
    let Some((first, rest)) = directive.arguments.split_first() else { return Some((condition, Vec::new())) };
    // Where a path is what it does, it is no matcher while nothing follows.
    let is_argument = rest.is_empty() && matches!(directive.name.as_str(), "redir" | "rewrite");
    if first == "*" {
        return Some((condition, rest.to_vec()));
    }
    if first.starts_with('/') && !is_argument {
        condition.paths.push(path_of(first)?);
        return Some((condition, rest.to_vec()));
    }
    if !first.starts_with('@') {
        return Some((condition, all()));
    }
    let matcher = matchers.get(first.as_str())?;
    condition.at = matcher.labels();
    let own = matcher.arguments.split_first();
    for (kind, arguments) in own.into_iter().chain(matcher.block.iter().map(|inner| (&inner.name, inner.arguments.as_slice()))) {
        match kind.as_str() {
            "path" => {
                for path in arguments {
                    condition.paths.push(path_of(path)?);
                }
            }
            "host" => condition.hosts.extend(arguments.iter().cloned()),
            "remote_ip" | "client_ip" => condition.allowed = ranges(arguments)?,
            "not" => {
                let block = matcher.option("not").and_then(|not| not.block.first());
                let (kind, arguments) = match (arguments, block) {
                    ([kind, arguments @ ..], _) => (kind, arguments),
                    ([], Some(inner)) => (&inner.name, inner.arguments.as_slice()),
                    ([], None) => return None,
                };
                (kind == "remote_ip" || kind == "client_ip").then_some(())?;
                condition.all_but = ranges(arguments)?;
            }
            _ => return None,
        }
    }
    // Only who is kept out can be said of all but some addresses.
    (condition.all_but.is_empty() || matches!(directive.name.as_str(), "abort" | "respond" | "error")).then_some((condition, rest.to_vec()))
}

/// `/api/*` → `/api` and what is beneath it; without a star the path alone.
fn path_of(text: &str) -> Option<(SmolStr, bool)> {
    let stem = text.strip_suffix('*');
    let path = stem.unwrap_or(text);
    let path = if stem.is_some() && path.len() > 1 { path.trim_end_matches('/') } else { path };
    (is_path(path) && !path.contains(['*', '{'])).then(|| (path.into(), stem.is_none()))
}
