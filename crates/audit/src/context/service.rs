//! A service as rules see it: what the compose file says, what is known of its image, and who can reach it.

use std::ops::Deref;
use std::path::PathBuf;

use smol_str::SmolStr;
use windlass_compose::model::{Healthcheck, MountKind, Port, Service};
use windlass_dockerfile::ImageConfig;
use windlass_dockerfile::stages::{Copied, CopyFrom};
use windlass_images::image::KnownBy;
use windlass_images::{Image, Reference};
use windlass_source::{Span, Spanned, normalize};
use windlass_yaml::Node;

use super::Context;
use super::config_file::ConfigContext;
use super::dockerfile::DockerfileContext;
use super::role::{Known, Role};
use super::stack::StackContext;
use crate::severity::{Grade, Severity};

/// What is known of a service beside what its compose file says.
#[derive(Debug)]
pub(crate) struct ServiceFacts {
    pub(crate) reference: Option<Reference>,
    pub(crate) image: Option<&'static Image>,
    /// The Dockerfile that builds its image, by index.
    pub(crate) dockerfile: Option<usize>,
    /// What that Dockerfile makes with this service's arguments and target.
    pub(crate) built: Option<ImageConfig>,
    pub(crate) role: Known,
    /// The words that its container runs: entrypoint and command, its own or the Dockerfile's; empty: the image's.
    pub(crate) words: Vec<SmolStr>,
}

/// A service of a stack. Dereferences to the typed service of the compose model, so `service.healthcheck` is the attribute.
#[derive(Clone, Copy, Debug)]
pub struct ServiceContext<'a> {
    stack: StackContext<'a>,
    at: usize,
}

/// From where a port is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// From the stack's networks only.
    Internal,
    /// From this machine: published on a loopback address.
    Machine,
    /// From wherever the machine is: published on all or on a public address.
    Public,
}

impl Deref for ServiceContext<'_> {
    type Target = Service;

    fn deref(&self) -> &Service {
        self.model()
    }
}

impl<'a> ServiceContext<'a> {
    pub(super) fn new(stack: StackContext<'a>, at: usize) -> Self {
        Self { stack, at }
    }

    fn facts(self) -> &'a ServiceFacts {
        &self.stack.entry().facts[self.at]
    }

    /// The typed service; the same as dereferencing, with the context's lifetime.
    pub fn model(self) -> &'a Service {
        &self.stack.project().services[self.at]
    }

    /// Its stack.
    pub fn stack(self) -> StackContext<'a> {
        self.stack
    }

    /// All that is audited.
    pub fn context(self) -> &'a Context {
        self.stack.context()
    }

    /// Its name.
    pub fn name(self) -> &'a str {
        &self.model().name.value
    }

    /// Its key: where something that it lacks is reported.
    pub fn key_span(self) -> Option<Span> {
        self.model().name.span()
    }

    /// The place of one of its attributes: `key_span` when it does not stand there.
    pub fn attribute_span(self, attribute: &str) -> Option<Span> {
        let entry = self.tree().and_then(Node::as_map).and_then(|map| map.get_entry(attribute));
        entry.and_then(|(key, node)| key.span.or(node.span())).or_else(|| self.key_span())
    }

    /// Its map in the canonical tree, for edits.
    pub fn tree(self) -> Option<&'a Node> {
        self.stack.tree().get("services")?.get(self.name())
    }

    /// The stack is not for development.
    pub fn is_production(self) -> bool {
        self.stack.is_production()
    }

    /// What it is for.
    pub fn role(self) -> Role {
        self.facts().role.role
    }

    /// How its role is known, as a clause: "its image is `mysql`".
    pub fn role_reason(self) -> &'a str {
        &self.facts().role.because
    }

    /// `severity`, one lower in a development stack.
    pub fn grade(self, severity: Severity) -> Grade {
        self.stack.grade(severity)
    }

    /// As [`grade`](Self::grade) for access to the host, one lower for an agent that looks after it.
    pub fn grade_on_host(self, severity: Severity) -> Grade {
        match self.image().filter(|image| image.role == windlass_images::image::Role::Agent && self.is_production()) {
            Some(image) => Grade::new(severity.lower(), format!("`{}` is there to look after the machine", image.name)),
            None => self.grade(severity),
        }
    }

    /// Its image's reference; of a built image without `image:` none.
    pub fn reference(self) -> Option<&'a Reference> {
        self.facts().reference.as_ref()
    }

    /// Where its image is named.
    pub fn image_span(self) -> Option<Span> {
        self.model().image.as_ref().and_then(Spanned::span).or_else(|| self.key_span())
    }

    /// Its image's tag is a variable that nobody sets.
    pub fn has_unset_tag(self) -> bool {
        self.model().image.as_ref().is_some_and(|image| image.value.ends_with(':'))
    }

    /// Its image comes from a registry: no service of the stack builds it.
    pub fn is_pulled(self) -> bool {
        self.model().image.as_ref().is_some_and(|image| !self.stack.builds(&image.value))
    }

    /// What is known of its image: the catalogue's entry, for a built one that of the base image.
    pub fn image(self) -> Option<&'a Image> {
        self.facts().image
    }

    /// True when its image's entry in the catalogue is called so: `postgres`, `nginx`.
    pub fn runs(self, name: &str) -> bool {
        self.image().is_some_and(|image| image.name == name)
    }

    /// The Dockerfile that builds its image.
    pub fn dockerfile(self) -> Option<DockerfileContext<'a>> {
        self.facts().dockerfile.map(|index| DockerfileContext::new(self.context(), index))
    }

    /// What its Dockerfile makes, with its arguments and target.
    pub fn built(self) -> Option<&'a ImageConfig> {
        self.facts().built.as_ref()
    }

    /// The words that its container runs, its own or its Dockerfile's; empty: those of the image, unknown.
    pub fn words(self) -> &'a [SmolStr] {
        &self.facts().words
    }

    /// Its words with single spaces between, to look for `queue:work`.
    pub fn command_text(self) -> String {
        self.words().join(" ")
    }

    /// The value of an environment variable, from `environment` or `env_file`, else from its Dockerfile's `ENV`.
    pub fn variable(self, name: &str) -> Option<Spanned<SmolStr>> {
        if let Some(value) = self.model().environment.get(name) {
            return value.clone();
        }
        let word = self.built()?.env.get(name)?;
        Some(Spanned::new(word.text.clone(), word.span))
    }

    /// The health check that its compose file writes, unless it switches checks off.
    pub fn own_healthcheck(self) -> Option<&'a Healthcheck> {
        self.model().healthcheck.as_ref().map(|check| &check.value).filter(|check| !check.is_disabled())
    }

    /// True when the Dockerfile that builds its image has a `HEALTHCHECK`.
    pub fn dockerfile_checks_health(self) -> bool {
        let check = self.built().and_then(|built| built.healthcheck.as_ref());
        check.is_some_and(|check| !matches!(check.check, windlass_dockerfile::Healthcheck::None))
    }

    /// True when a check runs: the compose file's, its Dockerfile's or its image's.
    pub fn has_healthcheck(self) -> bool {
        if let Some(check) = &self.model().healthcheck {
            return !check.value.is_disabled();
        }
        let built = self.built().and_then(|built| built.healthcheck.as_ref());
        match built {
            Some(check) => !matches!(check.check, windlass_dockerfile::Healthcheck::None),
            None => self.image().is_some_and(|image| image.healthcheck),
        }
    }

    /// True when no check runs, and that is certain: it is switched off, or all that its image is made of is known.
    pub fn lacks_healthcheck(self) -> bool {
        if self.has_healthcheck() {
            return false;
        }
        self.model().healthcheck.is_some() || self.is_image_known()
    }

    /// Its image's own entrypoint runs, and starts the image's server.
    pub fn runs_image(self) -> bool {
        let own = self.model().entrypoint.is_some() || self.built().is_some_and(|built| built.entrypoint.is_some());
        !own && self.image().is_some_and(|image| image.is_server_command(self.words()))
    }

    /// All that its image is made of is known: it is in the catalogue, or its Dockerfile is here and begins with one that is.
    pub fn is_image_known(self) -> bool {
        let is_listed = self.image().is_some_and(|image| image.known_by == KnownBy::Repository);
        is_listed && (self.model().build.is_none() || self.built().is_some())
    }

    /// Runs until it is stopped.
    pub fn is_long_running(self) -> bool {
        self.role() != Role::Job && self.ends().is_none()
    }

    /// How many containers the file asks for.
    pub fn replicas(self) -> i64 {
        let deploy = self.model().deploy.as_ref().and_then(|deploy| deploy.replicas.as_ref());
        self.model().scale.as_ref().or(deploy).map_or(1, |count| count.value)
    }

    /// From where a port is reached.
    pub fn reach_of(port: &Port) -> Reach {
        match port.host_ip.as_ref().map(|address| address.value.as_str()) {
            Some("localhost" | "::1" | "[::1]") => Reach::Machine,
            Some(address) if address.starts_with("127.") => Reach::Machine,
            _ => Reach::Public,
        }
    }

    /// From where its most open port is reached; `network_mode: host` counts as public.
    pub fn reach(self) -> Reach {
        if matches!(&self.model().network_mode, Some(mode) if mode.value == windlass_compose::model::NetworkMode::Host) {
            return Reach::Public;
        }
        self.model().ports.iter().map(|port| Self::reach_of(&port.value)).max().unwrap_or(Reach::Internal)
    }

    /// From where the container's port `target` is reached.
    pub fn reach_of_target(self, target: u32) -> Reach {
        let ports = self.model().ports.iter().filter(|port| port.target.value == target);
        ports.map(|port| Self::reach_of(&port.value)).max().unwrap_or(Reach::Internal)
    }

    /// The services that it waits for.
    pub fn dependencies(self) -> impl Iterator<Item = ServiceContext<'a>> {
        self.model().depends_on.iter().filter_map(move |entry| self.stack.service(&entry.name.value))
    }

    /// The services that wait for it.
    pub fn dependents(self) -> impl Iterator<Item = ServiceContext<'a>> {
        self.stack.dependents_of(self.at)
    }

    /// Others can't do their work without it; not so monitoring, administration and what is of use in development only.
    pub fn is_relied_on(self) -> bool {
        self.role().is_datastore() || matches!(self.role(), Role::App | Role::Proxy)
    }

    /// It starts after the other, directly or through others.
    pub fn waits_for(self, other: ServiceContext<'_>) -> bool {
        let mut seen = vec![false; self.stack.project().services.len()];
        let mut open: Vec<ServiceContext<'a>> = self.dependencies().collect();
        while let Some(next) = open.pop() {
            if next.name() == other.name() {
                return true;
            }
            if !std::mem::replace(&mut seen[next.at], true) {
                open.extend(next.dependencies().filter(|one| !seen[one.at]));
            }
        }
        false
    }

    /// The networks that it is on; none with a `network_mode`.
    pub fn network_names(self) -> Vec<&'a str> {
        let model = self.model();
        match model.networks.is_empty() {
            true if model.network_mode.is_none() => vec!["default"],
            _ => model.networks.iter().map(|entry| entry.name.as_str()).collect(),
        }
    }

    /// The paths at which its image keeps its data.
    pub fn data_paths(self) -> impl Iterator<Item = &'a str> {
        let volumes = self.image().map_or(&[][..], |image| &image.volumes);
        volumes.iter().filter(|volume| volume.size.is_some()).map(|volume| volume.path.as_str())
    }

    /// True where other services of its networks reach it by this name: its own, its container's, or an alias.
    pub fn is_called(self, host: &str) -> bool {
        let model = self.model();
        let named = |name: &Option<Spanned<SmolStr>>| name.as_ref().is_some_and(|name| name.value == host);
        let mut networks = model.networks.iter().filter_map(|entry| entry.value.as_ref());
        self.name() == host
            || named(&model.container_name)
            || named(&model.hostname)
            || networks.any(|network| network.aliases.iter().any(|alias| alias.value == host))
    }

    /// True where its stack gives it a host of this name: a service, a link, an entry of `extra_hosts`.
    pub fn finds_host(self, host: &str) -> bool {
        let model = self.model();
        let links = model.links.iter().chain(&model.external_links);
        self.stack.services().any(|other| other.is_called(host))
            || links.into_iter().any(|link| link.value.rsplit(':').next() == Some(host))
            || model.extra_hosts.iter().any(|entry| entry.name.value == host)
    }

    /// True where it may know hosts that its stack does not: on the host's network, another container's, or one of another project.
    pub fn reaches_other_projects(self) -> bool {
        let networks = &self.stack.project().networks;
        let is_external =
            |name: &str| networks.get(name).is_some_and(|network| network.external.as_ref().is_some_and(|external| external.value));
        let model = self.model();
        model.network_mode.is_some()
            || model.networks.iter().any(|entry| is_external(&entry.name.value))
            || (model.networks.is_empty() && is_external("default"))
    }

    /// The directory outside that stands at a path in the container: the source of a bind mount, or what the Dockerfile copies there.
    pub fn source_of(self, path: &str) -> Option<PathBuf> {
        let below = |target: &str| {
            let rest = path.strip_prefix(target.trim_end_matches('/'))?;
            (rest.is_empty() || rest.starts_with('/')).then(|| rest.trim_start_matches('/').to_owned())
        };
        let binds = self.model().volumes.iter().filter(|mount| mount.kind.value == MountKind::Bind);
        let mounted = binds.filter_map(|mount| Some((mount.target.value.len(), mount.source.as_ref()?, below(&mount.target.value)?)));
        if let Some((_, source, rest)) = mounted.max_by_key(|(length, ..)| *length) {
            return Some(normalize(&self.stack.directory().join(source.value.as_str()).join(rest)));
        }
        let dockerfile = self.facts().dockerfile.map(|index| &self.context().dockerfiles[index])?;
        let whole =
            |copy: &&Copied| copy.from == CopyFrom::Context && copy.sources.iter().any(|source| matches!(source.as_str(), "." | "./"));
        let rest = self.built()?.copies.iter().filter(whole).find_map(|copy| below(&copy.destination))?;
        Some(normalize(&dockerfile.build_context.join(rest)))
    }

    /// The configuration files that it mounts, or that its Dockerfile copies.
    pub fn configs(self) -> impl Iterator<Item = ConfigContext<'a>> {
        let uses = move |config: &ConfigContext<'a>| {
            config.uses().iter().any(|place| place.stack == self.stack.index() && place.service == self.at)
        };
        self.context().configs().filter(uses)
    }
}
