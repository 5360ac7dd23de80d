//! `extends` → the service that is extended, with the extending service merged onto it.
//!
//! Works on one document, before it is merged with others. Services of `include` are not seen, as with docker compose.
//! No recursion: a chain of any length is followed first, then folded from its end.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use smol_str::SmolStr;
use windlass_source::{Code, Diagnostic, Origin, Span};
use windlass_yaml::{Map, Node, Value};

use crate::environment::Environment;
use crate::loader::{Loader, Scope, values};
use crate::model;
use crate::passes::interpolate::interpolate_document;
use crate::passes::merge::merge;
use crate::passes::parse::parse;
use crate::passes::reset::{self, Resets};
use crate::paths::{join, relative};
use crate::remote;

const NOT_A_MAP: Code = Code("compose::not-a-map");
const EXTENDS: Code = Code("compose::extends");
const CYCLE: Code = Code("compose::extends-cycle");

/// Applies `extends` in every service of `tree`, a document of the file at `path`.
pub(crate) fn extends(loader: &mut Loader<'_>, tree: &mut Node, path: &Path, resets: &Resets, scope: &Scope) {
    let Some(section) = tree.get_mut("services") else { return };
    if section.as_map().is_none() {
        loader.report(
            Diagnostic::error(NOT_A_MAP, "`services` must be a map")
                .label(section.span(), format!("this is {}", section.value.kind()))
                .help("remove it, or put services under it"),
        );
        return;
    }
    let Some(services) = section.as_map_mut() else { return };
    if !services.values().any(|service| service.as_map().is_some_and(|map| map.contains_key("extends"))) {
        return;
    }
    let own = Group { services: std::mem::take(services), path: path.to_owned(), resets: resets.clone() };
    let mut pass = Pass { loader, scope, groups: vec![own], by_path: BTreeMap::new(), broken: BTreeSet::new() };
    let names: Vec<SmolStr> = pass.groups[0].services.keys().map(|key| key.name().clone()).collect();
    for name in names {
        pass.service(&name);
    }
    let merged = std::mem::take(&mut pass.groups[0].services);
    if let Some(services) = section.as_map_mut() {
        *services = merged;
    }
}

/// The services of one file.
struct Group {
    services: Map,
    path: PathBuf,
    resets: Resets,
}

struct Pass<'l, 'a> {
    loader: &'l mut Loader<'a>,
    scope: &'l Scope,
    /// The document's own services first, then those of the files that it extends.
    groups: Vec<Group>,
    /// Files read so far; `None` for one that can't be used.
    by_path: BTreeMap<PathBuf, Option<usize>>,
    /// Services whose chain leads nowhere.
    broken: BTreeSet<(usize, SmolStr)>,
}

/// A service on the way to the one at the chain's end.
struct Link {
    group: usize,
    name: SmolStr,
    /// The group of the service that it extends.
    base_group: usize,
    /// Where `extends` names that service.
    span: Option<Span>,
}

impl Pass<'_, '_> {
    /// Replaces the service by what it is once `extends` is done.
    fn service(&mut self, name: &str) {
        let Some((chain, end)) = self.follow(name) else { return };
        // The tags of every file on the way from the document to a service count for it: (first link, group).
        let mut tagged: Vec<(usize, usize)> = Vec::new();
        for (at, group) in std::iter::once((0, 0)).chain(chain.iter().enumerate().map(|(at, link)| (at, link.base_group))) {
            if !self.groups[group].resets.is_empty() && tagged.iter().all(|(_, known)| *known != group) {
                tagged.push((at, group));
            }
        }
        let mut base = end;
        for (at, link) in chain.iter().enumerate().rev() {
            let Some(source) = base.take() else {
                // Extending a service without content changes nothing; the service keeps its `extends`, which the check allows.
                base = self.groups[link.group].services.get(&link.name).cloned();
                continue;
            };
            let mut merged = source;
            for (_, group) in tagged.iter().filter(|(from, _)| *from <= at) {
                self.groups[*group].resets.apply_to_service(&link.name, &mut merged, &mut self.loader.diagnostics);
            }
            let Some(over) = self.groups[link.group].services.get_mut(&link.name).map(std::mem::take) else { return };
            model::merge_service(&mut merged, over, &link.name, !self.loader.has_variables, &mut self.loader.diagnostics);
            if let Some(map) = merged.as_map_mut() {
                map.remove("extends");
            }
            // The one at the front of the chain is wanted by nobody else.
            base = None;
            if at > 0 {
                if self.loader.count_values(values(&merged), link.span).is_none() {
                    return;
                }
                base = Some(merged.clone());
            }
            self.groups[link.group].services.insert(link.name.as_str(), merged);
        }
    }

    /// The chain of services from `name`, and a copy of the service at its end; `None` after reporting, or without `extends`.
    fn follow(&mut self, name: &str) -> Option<(Vec<Link>, Option<Node>)> {
        let mut chain: Vec<Link> = Vec::new();
        let end = self.walk(name, &mut chain);
        if end.is_none() {
            // What is wrong with the chain was said; the services on it are not followed again.
            self.broken.extend(chain.into_iter().map(|link| (link.group, link.name)));
            return None;
        }
        end.map(|end| (chain, end))
    }

    fn walk(&mut self, name: &str, chain: &mut Vec<Link>) -> Option<Option<Node>> {
        let mut seen: BTreeSet<(usize, SmolStr)> = BTreeSet::new();
        let (mut group, mut name) = (0, SmolStr::from(name));
        loop {
            if self.broken.contains(&(group, name.clone())) {
                return None;
            }
            let service = self.groups[group].services.get(&name)?;
            let (Value::Map(map), span) = (&service.value, service.span()) else {
                if service.is_null() {
                    return (!chain.is_empty()).then_some(None);
                }
                let diagnostic = Diagnostic::error(EXTENDS, format!("service `{name}` must be a map"))
                    .label(service.span(), format!("this is {}", service.value.kind()));
                if group != 0 {
                    self.loader.report(diagnostic);
                }
                return None;
            };
            let Some((key, extends)) = map.get_entry("extends") else {
                let last = chain.last()?;
                self.loader.count_values(values(service), last.span)?;
                return Some(Some(service.clone()));
            };
            let key_span = key.span.or(span);
            let (base, file) = match self.reference(&name, extends, key_span) {
                Ok(found) => found,
                Err(diagnostic) => {
                    self.loader.report(*diagnostic);
                    return None;
                }
            };
            if !seen.insert((group, name.clone())) {
                let diagnostic = self.cycle(chain, &name);
                self.loader.report(diagnostic);
                return None;
            }
            let base_span = base.span().or(key_span);
            let base_group = match file {
                None => group,
                Some((file, origin)) => self.file(&file, origin.span().or(key_span), &name)?,
            };
            let base_name = SmolStr::from(base.as_str().unwrap_or_default());
            if !self.groups[base_group].services.contains_key(&base_name) {
                let diagnostic = self.missing(&name, &base_name, base_group, base_span);
                self.loader.report(diagnostic);
                return None;
            }
            chain.push(Link { group, name, base_group, span: base_span });
            (group, name) = (base_group, base_name);
        }
    }

    /// What `extends` names: the service, and the file if it is another one.
    #[expect(clippy::type_complexity, reason = "used once")]
    fn reference(&self, name: &str, extends: &Node, key: Option<Span>) -> Result<(Node, Option<(SmolStr, Origin)>), Box<Diagnostic>> {
        match &extends.value {
            Value::String(_) => Ok((extends.clone(), None)),
            Value::Map(map) => {
                let Some(service) = map.get("service").filter(|service| service.as_str().is_some()) else {
                    return Err(Box::new(
                        Diagnostic::error(EXTENDS, format!("`extends` of service `{name}` needs `service`"))
                            .label(map.get("service").and_then(Node::span).or(extends.span()).or(key), "")
                            .help("name the service: `extends: { file: …, service: NAME }`"),
                    ));
                };
                match map.get("file") {
                    None => Ok((service.clone(), None)),
                    Some(file) if file.is_null() => Ok((service.clone(), None)),
                    Some(file) => match file.as_str() {
                        Some(path) => Ok((service.clone(), Some((path.into(), file.origin.clone())))),
                        None => Err(Box::new(
                            Diagnostic::error(EXTENDS, format!("`extends.file` of service `{name}` must be text"))
                                .label(file.span(), format!("this is {}", file.value.kind())),
                        )),
                    },
                }
            }
            other => Err(Box::new(
                Diagnostic::error(EXTENDS, format!("`extends` of service `{name}` must be a service name or a map"))
                    .label(extends.span().or(key), format!("this is {}", other.kind())),
            )),
        }
    }

    /// The group of a file that is extended, read on first use.
    fn file(&mut self, file: &str, asked_at: Option<Span>, name: &str) -> Option<usize> {
        if let Some(kind) = remote::kind(file) {
            self.loader.report(remote::refuse(kind, file, "extends", asked_at));
            return None;
        }
        let path = join(&self.scope.directory, file);
        if let Some(found) = self.by_path.get(&path) {
            // A failure is reported where the file was first asked for.
            return *found;
        }
        let group = self.read(&path, asked_at, name);
        self.by_path.insert(path, group);
        group
    }

    fn read(&mut self, path: &Path, asked_at: Option<Span>, name: &str) -> Option<usize> {
        let parsed = parse(self.loader, path, asked_at)?;
        let mut whole = Node::new(Map::new(), Origin::DEFAULT);
        let mut resets = Resets::default();
        let errors = self.loader.errors();
        for mut document in parsed.documents {
            resets = reset::collect(self.loader, &mut document);
            if self.loader.request.options.interpolate {
                let environment: Arc<Environment> = Arc::clone(&self.scope.environment);
                interpolate_document(self.loader, &mut document, &environment);
                model::cast(&mut document, &mut self.loader.diagnostics);
            }
            resets.apply(&mut whole, &mut self.loader.diagnostics);
            merge(self.loader, &mut whole, document, false);
        }
        if self.loader.errors() > errors {
            return None;
        }
        // Relative paths start at the extended file's directory; the way there from here is put before them.
        let directory = path.parent().unwrap_or(path);
        let prefix = relative(&self.scope.directory, directory);
        let home = self.loader.request.home();
        model::resolve_paths(&mut whole, &prefix, home, &mut self.loader.diagnostics);
        let services = match whole.get_mut("services") {
            Some(services) => match &mut services.value {
                Value::Map(map) => std::mem::take(map),
                other => {
                    let diagnostic = Diagnostic::error(EXTENDS, "`services` must be a map")
                        .label(services.origin.span(), format!("this is {}", other.kind()))
                        .label(asked_at, "extended here");
                    self.loader.report(diagnostic);
                    return None;
                }
            },
            None => {
                let file = self.loader.display(path);
                self.loader
                    .report(Diagnostic::error(EXTENDS, format!("service `{name}` extends `{file}`, which has no services")).at(asked_at));
                return None;
            }
        };
        self.groups.push(Group { services, path: path.to_owned(), resets });
        Some(self.groups.len() - 1)
    }

    fn missing(&mut self, name: &str, base: &str, group: usize, span: Option<Span>) -> Diagnostic {
        let Group { services, path, .. } = &self.groups[group];
        let file = self.loader.display(path);
        let diagnostic = Diagnostic::error(EXTENDS, format!("service `{name}` extends `{base}`, which `{file}` does not have"));
        match self.loader.closest(base, services.keys().map(|key| key.as_str())) {
            Some(closest) => diagnostic.label(span, format!("did you mean `{closest}`?")),
            None => diagnostic.at(span),
        }
        .help("a service that comes by `include` can't be extended; name its file: `extends: { file: …, service: … }`")
    }

    fn cycle(&self, chain: &[Link], name: &str) -> Diagnostic {
        let start = chain.iter().position(|link| link.name == name).unwrap_or(0);
        let mut way: Vec<&str> = chain[start..].iter().map(|link| link.name.as_str()).collect();
        way.push(name);
        // A long cycle is told by its two ends.
        if way.len() > 8 {
            way.splice(4..way.len() - 3, ["…"]);
        }
        let mut diagnostic = Diagnostic::error(CYCLE, format!("service `{name}` extends itself: {}", way.join(" → ")));
        for link in chain[start..].iter().rev().take(4) {
            diagnostic = diagnostic.label(link.span, "");
        }
        diagnostic.help("move what they have in common into a service that extends nothing")
    }
}
