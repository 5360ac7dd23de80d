//! The whole project: the top level of a Compose file.

use smol_str::SmolStr;
use windlass_source::{Origin, Spanned, both};
use windlass_yaml::{Key, Map, Node};

use crate::model::ai_model::{MODEL, Model};
use crate::model::by_name::{ByName, Extensions};
use crate::model::config::{CONFIG, Config};
use crate::model::context::Context;
use crate::model::include::INCLUDE;
use crate::model::network::{NETWORK, Network};
use crate::model::read::Read;
use crate::model::record::record;
use crate::model::rule::{NAME, Names, Rule, TEXT, is_name};
use crate::model::secret::{SECRET, Secret};
use crate::model::service::{SERVICE, Service};
use crate::model::volume::{VOLUME, Volume};
use crate::model::windlass::{PROJECT_SETTINGS, ProjectSettings};

/// A project in canonical form, as `docker compose config` shows it.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// Its name.
    pub name: Spanned<SmolStr>,
    /// Its services, sorted by name; [`Project::service`] finds one.
    pub services: Vec<Service>,
    /// Its networks.
    pub networks: ByName<Network>,
    /// Its named volumes.
    pub volumes: ByName<Volume>,
    /// Its secrets.
    pub secrets: ByName<Secret>,
    /// Its configs.
    pub configs: ByName<Config>,
    /// Its language models.
    pub models: ByName<Model>,
    /// What it decides about its conversion.
    pub windlass: Option<Spanned<ProjectSettings>>,
    /// Attributes of the user's own (`x-…`).
    pub extensions: Extensions,
}

impl Project {
    /// The service called `name`.
    pub fn service(&self, name: &str) -> Option<&Service> {
        let at = self.services.binary_search_by(|service| service.name.as_str().cmp(name)).ok()?;
        self.services.get(at)
    }
}

record! {
    /// The top level as it is written; `version` and `include` are gone after loading.
    pub(crate) struct TopLevel as TOP_LEVEL {
        /// Given name.
        name: Option<Spanned<SmolStr>> = TEXT,
        /// Services.
        services: Services = Rule::names(&SERVICES),
        /// Networks.
        networks: ByName<Network> = Rule::names(&NETWORKS),
        /// Named volumes.
        volumes: ByName<Volume> = Rule::names(&VOLUMES),
        /// Secrets.
        secrets: ByName<Secret> = Rule::names(&SECRETS),
        /// Configs.
        configs: ByName<Config> = Rule::names(&CONFIGS),
        /// Language models.
        models: ByName<Model> = Rule::names(&MODELS),
        /// Other files; read before the merge.
        include: Option<Spanned<Node>> = Rule::list(&INCLUDE),
        /// Ignored since the Compose specification.
        version: Option<Spanned<SmolStr>> = TEXT,
        /// What the project decides about its conversion.
        windlass ["x-windlass"]: Option<Spanned<ProjectSettings>> = Rule::object(&PROJECT_SETTINGS),
    }
}

/// Services, sorted by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Services(Vec<Service>);

impl Read for Services {
    fn read(node: &Node, context: &mut Context<'_>) -> Option<Self> {
        let Some(map) = node.as_map() else {
            context.wrong_type(node, "a map");
            return None;
        };
        let entries = sorted(map);
        let mut services = Vec::with_capacity(map.len());
        if map.len() < WORTH_A_THREAD {
            fill(&mut services, &entries, context);
            return Some(Self(services));
        }
        let (first, second) = entries.split_at(entries.len() / 2);
        let (mut rest, mut told) = (Vec::new(), Vec::new());
        let mut apart = context.apart(&mut told);
        both(true, || fill(&mut rest, second, &mut apart), || fill(&mut services, first, context));
        services.append(&mut rest);
        told.into_iter().for_each(|diagnostic| context.report(diagnostic));
        Some(Self(services))
    }

    fn attempt(node: &Node, context: &mut Context<'_>) {
        let Some(map) = node.as_map() else { return context.wrong_type(node, "a map") };
        for (key, value) in sorted(map) {
            context.within_name(key.name(), |context| Service::attempt(value, context));
        }
    }
}

/// Fewer services are read faster than a second thread is there.
const WORTH_A_THREAD: usize = 40;

fn fill(services: &mut Vec<Service>, entries: &[(&Key, &Node)], context: &mut Context<'_>) {
    services.reserve(entries.len());
    for (key, value) in entries {
        // Filled where it stays, since a service is some kilobytes large.
        services.push(Service::default());
        if let Some(service) = services.last_mut() {
            service.name = Spanned::new(key.name().clone(), key.span.map_or(Origin::DEFAULT, Origin::at));
            context.within_name(key.name(), |context| service.fill(value, context));
        }
    }
}

fn sorted(map: &Map) -> Vec<(&Key, &Node)> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by(|(a, _), (b, _)| a.name().cmp(b.name()));
    entries
}

pub(crate) static SERVICES: Names = Names { allows: is_name, wanted: Some(NAME), rule: Rule::object(&SERVICE) };
static NETWORKS: Names = Names { allows: is_name, wanted: None, rule: NETWORK };
static VOLUMES: Names = Names { allows: is_name, wanted: Some(NAME), rule: VOLUME };
static SECRETS: Names = Names { allows: is_name, wanted: Some(NAME), rule: SECRET };
static CONFIGS: Names = Names { allows: is_name, wanted: Some(NAME), rule: CONFIG };
static MODELS: Names = Names { allows: is_name, wanted: None, rule: Rule::object(&MODEL) };

/// Reads the project for what is wrong with it alone.
pub(crate) fn attempt(tree: &Node, context: &mut Context<'_>) {
    TopLevel::attempt(tree, context);
}

/// The typed project of a canonical tree.
pub(crate) fn read(tree: &Node, context: &mut Context<'_>) -> Project {
    let Some(top) = TopLevel::read(tree, context) else { return Project::default() };
    let TopLevel { name, services, networks, volumes, secrets, configs, models, include: _, version: _, windlass, extensions } = top;
    Project { name: name.unwrap_or_default(), services: services.0, networks, volumes, secrets, configs, models, windlass, extensions }
}
