//! A stack: the project that one or several compose files make together.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use smol_str::SmolStr;
use windlass_compose::model::{Placement, Project, Service};
use windlass_source::{FileId, Span};
use windlass_yaml::{Key, Map, Node};

use super::Context;
use super::environment::{Environment, EnvironmentKind};
use super::service::{ServiceContext, ServiceFacts};
use crate::severity::{Grade, Severity};

/// A stack that was loaded.
#[derive(Debug)]
pub(crate) struct Stack {
    /// The name of its last own file: `docker-compose.prod.yml`.
    pub(crate) name: String,
    /// The files as people name them, in merge order.
    pub(crate) files: Vec<String>,
    /// The same files in the source map.
    pub(crate) file_ids: Vec<FileId>,
    pub(crate) directory: PathBuf,
    pub(crate) project: Project,
    pub(crate) tree: Node,
    /// Variables that nobody sets, each with its first place.
    pub(crate) unset: Vec<(SmolStr, Option<Span>)>,
    pub(crate) environment: Environment,
    /// Beside `project.services`.
    pub(crate) facts: Vec<ServiceFacts>,
    /// What many rules ask of each service, and takes a look at all of them.
    pub(crate) whole: OnceLock<Whole>,
}

/// What the services of a stack are together.
#[derive(Debug, Default)]
pub(crate) struct Whole {
    is_swarm: bool,
    /// Which services wait for each.
    dependents: Vec<Vec<usize>>,
    /// The names of the images that services build.
    built: BTreeSet<SmolStr>,
}

impl Whole {
    fn of(project: &Project) -> Self {
        let services = &project.services;
        let is_placed = |placement: &Placement| !placement.constraints.is_empty() || !placement.preferences.is_empty();
        let mut deploys = services.iter().filter_map(|service| service.deploy.as_ref());
        let is_swarm =
            deploys.any(|deploy| deploy.placement.as_ref().is_some_and(|placement| is_placed(placement)) || deploy.endpoint_mode.is_some());
        let mut dependents = vec![Vec::new(); services.len()];
        for (at, service) in services.iter().enumerate() {
            let others = service.depends_on.iter().filter_map(|entry| position(services, &entry.name.value));
            others.for_each(|other| dependents[other].push(at));
        }
        let built = services.iter().filter(|service| service.build.is_some()).filter_map(|service| service.image.as_ref());
        Self { is_swarm, dependents, built: built.map(|image| image.value.clone()).collect() }
    }
}

/// Where in services, which stand in the order of their names, one stands.
fn position(services: &[Service], name: &str) -> Option<usize> {
    services.binary_search_by(|service| service.name.value.as_str().cmp(name)).ok()
}

/// A stack as rules see it.
#[derive(Clone, Copy, Debug)]
pub struct StackContext<'a> {
    context: &'a Context,
    index: usize,
}

impl<'a> StackContext<'a> {
    pub(crate) fn new(context: &'a Context, index: usize) -> Self {
        Self { context, index }
    }

    pub(crate) fn entry(self) -> &'a Stack {
        &self.context.stacks[self.index]
    }

    /// Its place among the stacks.
    pub fn index(self) -> usize {
        self.index
    }

    /// All that is audited.
    pub fn context(self) -> &'a Context {
        self.context
    }

    /// The file that it is named after.
    pub fn name(self) -> &'a str {
        &self.entry().name
    }

    /// Its files in merge order, as people name them.
    pub fn files(self) -> &'a [String] {
        &self.entry().files
    }

    /// Its files in the source map, in merge order; their texts: `context().sources().file(id).text()`.
    pub fn file_ids(self) -> &'a [FileId] {
        &self.entry().file_ids
    }

    /// Where its relative paths start, absolute.
    pub fn directory(self) -> &'a Path {
        &self.entry().directory
    }

    /// The project, typed; every value has its place.
    pub fn project(self) -> &'a Project {
        &self.entry().project
    }

    /// The project as a tree in canonical form; what the typed project has no place for (keys) stands here.
    pub fn tree(self) -> &'a Node {
        &self.entry().tree
    }

    /// Its services in the order of their names.
    pub fn services(self) -> impl Iterator<Item = ServiceContext<'a>> {
        (0..self.project().services.len()).map(move |at| ServiceContext::new(self, at))
    }

    /// The service of a name.
    pub fn service(self, name: &str) -> Option<ServiceContext<'a>> {
        position(&self.project().services, name).map(|at| ServiceContext::new(self, at))
    }

    /// Development or production, with the reason.
    pub fn environment(self) -> &'a Environment {
        &self.entry().environment
    }

    /// Where people use it, or where nothing says that it is for development.
    pub fn is_production(self) -> bool {
        self.environment().kind == EnvironmentKind::Production
    }

    /// `severity`, one lower in a development stack.
    pub fn grade(self, severity: Severity) -> Grade {
        if self.is_production() {
            return severity.into();
        }
        Grade::new(severity.lower(), format!("the stack is for development: {}", self.environment().because))
    }

    /// What its own files declare in a section (`volumes`, `secrets`) and no service uses. The project no longer has those.
    pub fn unused(self, section: &str) -> Vec<Key> {
        let kept = self.tree().get(section).and_then(Node::as_map);
        let is_kept = |key: &Key| kept.is_some_and(|kept| kept.contains_key(key.as_str()));
        let mut found: Vec<Key> = Vec::new();
        for root in self.written() {
            let declared = root.get(section).and_then(Node::as_map).into_iter();
            for key in declared.flat_map(Map::keys).filter(|key| !is_kept(key)) {
                if found.iter().all(|known| known.name() != key.name()) {
                    found.push(key.clone());
                }
            }
        }
        found
    }

    /// The files as they are written, before anything is merged.
    pub fn written(self) -> impl Iterator<Item = &'a Node> {
        self.file_ids().iter().filter_map(|file| self.context.written.get(file))
    }

    /// The variables that its files ask for and nobody sets, each with its first place.
    pub fn unset_variables(self) -> &'a [(SmolStr, Option<Span>)] {
        &self.entry().unset
    }

    /// It is for `docker stack deploy`: its name says so, or it uses what only Swarm heeds.
    pub fn is_swarm(self) -> bool {
        let named = self.name().rsplit('/').next().unwrap_or_default().split(|letter: char| !letter.is_ascii_alphanumeric());
        named.into_iter().any(|word| matches!(word, "swarm" | "stack")) || self.whole().is_swarm
    }

    fn whole(self) -> &'a Whole {
        self.entry().whole.get_or_init(|| Whole::of(self.project()))
    }

    /// The services that wait for the one at a place, in the order of their names.
    pub(super) fn dependents_of(self, at: usize) -> impl Iterator<Item = ServiceContext<'a>> {
        self.whole().dependents.get(at).into_iter().flatten().map(move |at| ServiceContext::new(self, *at))
    }

    /// A service of the stack builds the image of this name.
    pub(super) fn builds(self, image: &str) -> bool {
        self.whole().built.contains(image)
    }

    /// The place of a top-level key (`services`, `volumes`), else the first line: where something missing is reported.
    pub fn key_span(self, key: &str) -> Option<Span> {
        let entry = self.tree().as_map().and_then(|map| map.get_entry(key)).and_then(|(key, _)| key.span);
        entry.or_else(|| self.file_ids().last().map(|file| Span::new(*file, 0..0)))
    }
}
