//! First phase: what each service becomes, before any attribute is looked at in detail.
//!
//! In: the project and the options. Out: a [`Plan`] that every later step reads and none changes: names, kinds, who shares a
//! pod, which ports a service offers, what is known of its image, which volumes are shared.

mod alike;
mod bind;
mod build_content;
mod built;
mod called;
pub(crate) mod chosen;
mod copies;
mod ending;
pub(crate) mod expose;
mod file_object;
mod files;
mod filling;
mod hosts;
mod image;
mod kind;
mod known_secrets;
mod listens;
mod main_port;
mod mount;
mod moved;
mod name;
pub(crate) mod peer;
mod pod;
pub(crate) mod port;
mod reach;
pub(crate) mod route;
mod script;
pub(crate) mod spelled;
mod volume;
mod writes;

use std::ops::Range;
use std::path::Path as FilePath;

use smol_str::SmolStr;
use windlass_compose::model::{Entry, NetworkMode, Project, Service};
use windlass_images::credentials::{self, Sign};
use windlass_k8s::Kind;
use windlass_source::{Diagnostic, FileSystem, Spanned, both, in_parallel};
use windlass_yaml::Path;

pub(crate) use bind::{HostKind, HostSource, instead_of_machine, is_in_every_container};
pub(crate) use chosen::{Chosen, cron};
pub(crate) use file_object::{FileObject, FileSource, Holds, find as find_file_object};
pub use files::is_private;
pub(crate) use files::{Absent, File};
pub(crate) use filling::Filling;
pub use hosts::{arguments, hosts};
pub(crate) use hosts::{flag, is_host, is_word, port_after, words};
pub(crate) use image::{ImageFacts, NOBODY, compose_name, user_and_group};
pub(crate) use known_secrets::KnownSecrets;
use main_port::MainPort;
pub(crate) use mount::{Becoming, MountPlan, clean_target, source_of_volumes};
pub(crate) use port::{Offered, Transport};
pub(crate) use reach::{Left, Reach, TASKS, is_isolated};
pub(crate) use spelled::Spelled;
pub(crate) use volume::{Backing, Sharing, SizeFrom, VolumeOrigin, VolumePlan, driver_size, is_bare_directory, quantity};
pub(crate) use writes::writes_to;

use crate::convert::WORTH_A_THREAD;
use crate::expand::migration_name;
use crate::options::{Options, Security, Wait};

/// What a conversion reads.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The loaded project.
    pub project: &'a Project,
    /// The same as the canonical tree, which says what was written.
    pub tree: &'a windlass_yaml::Node,
    /// The project's directory, absolute: content is embedded from within it only.
    pub directory: &'a FilePath,
    /// Where file content is read from.
    pub files: &'a dyn FileSystem,
    /// The value of a variable that the project was read with: secrets may be taken from one.
    pub variable: &'a (dyn Fn(&str) -> Option<SmolStr> + Sync),
    /// The choices.
    pub options: &'a Options,
}

/// What each service becomes.
pub(crate) struct Plan<'a> {
    pub(crate) input: &'a Input<'a>,
    /// One for each service of the project, in its order.
    pub(crate) services: Vec<ServicePlan<'a>>,
    /// The services in the pod of each, itself first.
    members: Vec<Vec<usize>>,
    /// Named volumes in the project's order, then those that mounts bring with them.
    pub(crate) volumes: Vec<VolumePlan>,
    /// The mounts of each service.
    pub(crate) mounts: Vec<Vec<MountPlan<'a>>>,
    /// What services mount of the host.
    pub(crate) sources: Vec<HostSource>,
    /// The project's configs, in its order.
    pub(crate) configs: Vec<FileObject>,
    /// The project's secrets, in its order.
    pub(crate) secrets: Vec<FileObject>,
    /// Credentials that the project spells out.
    pub(crate) known_secrets: KnownSecrets,
    /// Credentials that each service spells out in its commands.
    pub(crate) spelled: Vec<Spelled>,
    /// Who may talk to whom and under which names.
    pub(crate) reach: Reach,
}

/// What one service becomes.
pub(crate) struct ServicePlan<'a> {
    /// Its place in the project.
    pub(crate) index: usize,
    pub(crate) service: &'a Service,
    /// The name of its workload, container and Service.
    pub(crate) name: SmolStr,
    // Boxed, as `chosen` is: both are large, and a plan is moved from list to list.
    pub(crate) image: Box<ImageFacts>,
    /// Which of its variables hold credentials and why, in their order.
    pub(crate) credentials: Vec<Option<Sign>>,
    /// Where credentials stand in each word of its commands ([`spelled::words`]).
    spelled: Vec<Vec<Range<usize>>>,
    pub(crate) kind: Kind,
    /// Why it has this kind, as a clause.
    pub(crate) kind_because: String,
    /// The attribute from which the kind follows; `None` where a service is what most are, or says its kind itself.
    pub(crate) kind_decided_by: Option<&'static str>,
    /// Why no workload is made of it.
    pub(crate) left_out: Option<&'static str>,
    /// The service whose workload stands for it too, since the two are alike.
    pub(crate) part_of: Option<usize>,
    /// The service in whose pod it runs; itself, unless `network_mode: service:x` says otherwise.
    pub(crate) pod: usize,
    /// What others can reach it by, in order of number.
    pub(crate) ports: Vec<Offered>,
    /// The TCP port to try when it matters whether the service works.
    main_port: Option<MainPort>,
    /// Its server listens on other ports than those that its image is known for.
    pub(crate) is_moved: bool,
    pub(crate) replicas: i32,
    /// Its Service also leads to pods that are not ready.
    pub(crate) publishes_not_ready: bool,
    /// Cron schedule of a CronJob.
    pub(crate) schedule: Option<SmolStr>,
    /// What the project decides about its conversion.
    pub(crate) chosen: Box<Chosen>,
    /// `user`, unless that is root and the service's level of security forbids it.
    pub(crate) user: Option<&'a Spanned<SmolStr>>,
    /// The service that migrates its data.
    pub(crate) migration: Option<usize>,
    /// What labels of reverse proxies ask for.
    pub(crate) asked: route::Asked,
    /// Which hosts and paths lead to it.
    pub(crate) routing: Option<route::Routing>,
}

/// What is known of a service alone.
struct Known {
    replicas: i32,
    decided: kind::Decided,
    image: Box<ImageFacts>,
    credentials: Vec<Option<Sign>>,
    spelled: Vec<Vec<Range<usize>>>,
    chosen: Box<Chosen>,
    asked: route::Asked,
    ports: Vec<Offered>,
    diagnostics: Vec<Diagnostic>,
}

impl Known {
    /// `alike` services become one, and `waiter` waits for the end of this one.
    fn of(
        (index, service): (usize, &Service),
        (alike, waiter): (i32, Option<&str>),
        input: &Input<'_>,
        reader: &files::Reader<'_>,
        proxies: &route::Proxies,
    ) -> Self {
        let mut diagnostics = Vec::new();
        let image = Box::new(ImageFacts::of(service, input, reader));
        let chosen = Box::new(Chosen::of(service));
        let asked = route::Asked::of(index, service, proxies);
        let ports = port::offered(service, &image, &asked, &mut diagnostics);
        let replicas = kind::replicas(service, &chosen, input.options).saturating_mul(alike);
        let mounted = |path: &str| listens::mounted_text(service, input, reader, path);
        let decided = kind::kind(service, &image, &chosen, replicas, waiter, &mounted);
        let spelled = spelled::find(service);
        Self { replicas, decided, credentials: credentials(service, &image), spelled, chosen, image, asked, ports, diagnostics }
    }
}

impl<'a> Plan<'a> {
    /// Decides, with a diagnostic for each service that can't be converted as it stands.
    pub(crate) fn new(input: &'a Input<'a>, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let reader = files::Reader::new(input);
        let names = name::service_names(input.project, diagnostics);
        let awaited = kind::awaited(input.project);
        let groups = alike::groups(input);
        let proxies = route::Proxies::of(input.project);
        let part_of = |index: usize| {
            let group = groups.iter().find(|group| input.options.consolidate && group.contains(&index))?;
            (group[0] != index).then_some(group[0])
        };
        let size_of = |index: usize| {
            let group = groups.iter().find(|group| input.options.consolidate && group[0] == index);
            group.map_or(1, |group| i32::try_from(group.len()).unwrap_or(i32::MAX))
        };
        let numbered: Vec<(usize, &Service)> = input.project.services.iter().enumerate().collect();
        let known_of = |&(index, service): &(usize, &Service)| {
            let waiter = awaited.get(service.name.as_str()).copied();
            Known::of((index, service), (size_of(index), waiter), input, &reader, &proxies)
        };
        let known = in_parallel(&numbered, WORTH_A_THREAD, known_of);
        let mut services: Vec<ServicePlan<'a>> = Vec::with_capacity(names.len());
        for ((index, service), ((name, is_taken), known)) in numbered.into_iter().zip(names.into_iter().zip(known)) {
            let left_out = match &service.provider {
                Some(_) => Some("a program of the machine runs the service; nothing of it can be seen from here"),
                None => is_taken.then_some("another service has its name in the cluster"),
            };
            let Known { replicas, decided, image, credentials, spelled, chosen, asked, ports, diagnostics: told } = known;
            diagnostics.extend(told);
            let is_restricted = security(&chosen, input.options) == Security::Restricted;
            let user = service.user.as_ref().filter(|user| !is_restricted || image.uid(user) != Some(0));
            services.push(ServicePlan {
                index,
                service,
                name,
                image,
                credentials,
                spelled,
                kind: decided.kind,
                kind_because: decided.because,
                kind_decided_by: decided.decided_by,
                left_out,
                part_of: part_of(index),
                pod: index,
                main_port: None,
                is_moved: false,
                ports,
                replicas,
                publishes_not_ready: false,
                schedule: decided.schedule,
                chosen,
                user,
                migration: None,
                asked,
                routing: None,
            });
        }
        for index in 0..services.len() {
            let service = services[index].service;
            if service.windlass.as_ref().is_some_and(|settings| settings.migrate.is_some()) && services[index].is_long_running() {
                let name = migration_name(&service.name);
                services[index].migration = services.binary_search_by(|plan| plan.service.name.value.cmp(&name)).ok();
            }
        }
        pod::share(&mut services, diagnostics);
        let is_large = services.len() >= WORTH_A_THREAD;
        let (known_secrets, planned) = both(is_large, || KnownSecrets::of(&services), || mount::plan(&services, input));
        let mount::Mounts { mounts, volumes, sources } = planned;
        let (configs, secrets) = file_object::plan(&services, &known_secrets, input);
        // A mount of the whole project has the configuration of what does not run in it too.
        let (whole, parts): (Vec<&HostSource>, Vec<&HostSource>) =
            sources.iter().partition(|source| input.directory.starts_with(&source.path));
        let mut files = texts(&parts, &volumes, &configs, &secrets);
        let called = called::add(&mut services, &files);
        files.extend(texts(&whole, &[], &[], &[]));
        for plan in &mut services {
            let called = called.get(&plan.index);
            plan.is_moved = moved::is_moved(plan, input, &reader);
            plan.main_port = main_port::of(plan, called);
            if let Some(number) = called.and_then(|called| moved::where_called(plan, called, input, &reader)) {
                plan.is_moved = true;
                plan.main_port = Some(MainPort { number, is_said: true });
            }
        }
        peer::find(&mut services);
        route::decide(&mut services, input.options);
        expose::check(&services, input.options, diagnostics);
        if !input.options.consolidate {
            alike::report(&groups, input, diagnostics);
        }
        let mut members: Vec<Vec<usize>> = (0..services.len()).map(|index| vec![index]).collect();
        for plan in services.iter().filter(|plan| plan.pod != plan.index) {
            members[plan.pod].push(plan.index);
        }
        let known_secrets = known_secrets.and(secrets.iter().filter_map(|secret| match &secret.holds {
            Holds::Content(content) => Some(content.as_slice()),
            Holds::External | Holds::Nothing(_) => None,
        }));
        let spell = || services.iter().map(|plan| Spelled::of(plan, &known_secrets)).collect();
        let (spelled, reach) = both(is_large, spell, || Reach::of(&services, &files, input));
        Self { input, services, members, volumes, mounts, sources, configs, secrets, known_secrets, spelled, reach }
    }

    /// The service called so in the project, or the one that stands for it.
    pub(crate) fn service(&self, name: &str) -> Option<&ServicePlan<'a>> {
        let at = self.services.binary_search_by(|plan| plan.service.name.as_str().cmp(name)).ok()?;
        self.services.get(self.services[at].part_of.unwrap_or(at))
    }

    /// The services that run in the pod of `owner`, itself first.
    pub(crate) fn pod_members(&self, owner: usize) -> impl Iterator<Item = &ServicePlan<'a>> {
        self.members[owner].iter().map(|member| &self.services[*member])
    }

    /// True when a volume that one node at a time can mount ties the pods of a service to one node.
    pub(crate) fn is_tied_to_one_node(&self, service: &ServicePlan<'_>) -> bool {
        let shared = self.volumes.iter().filter(|volume| volume.sharing == Sharing::OneNode);
        shared.flat_map(|volume| &volume.uses).any(|usage| self.services[usage.service].pod == service.pod)
    }

    /// True when several pods of a service are spread over nodes.
    pub(crate) fn is_spread(&self, service: &ServicePlan<'_>) -> bool {
        let owner = &self.services[service.pod];
        owner.replicas > 1 && owner.is_long_running() && owner.kind != Kind::DaemonSet && !self.is_tied_to_one_node(service)
    }

    /// How far a service is restricted.
    pub(crate) fn security(&self, service: &ServicePlan<'_>) -> Security {
        security(&service.chosen, self.input.options)
    }

    /// How a service waits for what it depends on.
    pub(crate) fn wait(&self, service: &ServicePlan<'_>) -> Wait {
        let options = self.input.options;
        service.chosen.wait.as_ref().filter(|_| !options.is_given("wait")).map_or(options.wait, |wait| wait.value)
    }

    /// True when the pod of a service is in the node's network.
    pub(crate) fn has_host_network(&self, service: &ServicePlan<'_>) -> bool {
        let mode = self.services[service.pod].service.network_mode.as_ref();
        self.security(&self.services[service.pod]) == Security::Preserve && mode.is_some_and(|mode| mode.value == NetworkMode::Host)
    }
}

/// How far a service with these choices is restricted.
fn security(chosen: &Chosen, options: &Options) -> Security {
    chosen.security.as_ref().filter(|_| !options.is_given("security")).map_or(options.security, |level| level.value)
}

/// For each variable of a service: why its value is a credential, if it is one.
fn credentials(service: &Service, image: &ImageFacts) -> Vec<Option<Sign>> {
    let sign = |entry: &Entry<Option<Spanned<SmolStr>>>| {
        let value = entry.value.as_ref()?;
        credentials::variable(&entry.name, value, &value.origin, image.entry())
    };
    service.environment.iter().map(sign).collect()
}

/// The texts that services get as files.
fn texts<'p>(sources: &[&'p HostSource], volumes: &'p [VolumePlan], configs: &'p [FileObject], secrets: &'p [FileObject]) -> Vec<&'p str> {
    let files = sources.iter().flat_map(|source| source.files()).chain(volumes.iter().flat_map(|volume| &volume.fill));
    let objects = configs.iter().chain(secrets).filter_map(FileObject::content);
    files.map(|file| file.content.as_slice()).chain(objects).filter_map(|content| std::str::from_utf8(content).ok()).collect()
}

impl ServicePlan<'_> {
    /// The path of one of its attributes in the project: `services.web.` and `attribute`.
    pub(crate) fn path(&self, attribute: &str) -> Path {
        Path::root().key("services").key(&self.service.name.value).join(&Path::parse(attribute))
    }

    /// Runs until it is stopped, so it has probes and a Service.
    pub(crate) fn is_long_running(&self) -> bool {
        !matches!(self.kind, Kind::Job | Kind::CronJob)
    }

    /// True when it has a pod of its own.
    pub(crate) fn owns_pod(&self) -> bool {
        self.pod == self.index
    }

    /// Offers TCP or UDP ports to others.
    pub(crate) fn has_ports(&self) -> bool {
        !self.ports.is_empty()
    }

    /// False for one that runs elsewhere or can't have its name; see [`left_out`](Self::left_out).
    pub(crate) fn is_converted(&self) -> bool {
        self.left_out.is_none() && self.part_of.is_none()
    }

    /// True for a label that decides something, so that it is no annotation.
    pub(crate) fn is_understood(&self, path: &Path) -> bool {
        self.chosen.is_understood(path) || self.asked.is_understood(path)
    }

    /// True when its workload says how many pods there are; an autoscaler decides that else.
    pub(crate) fn has_replicas_field(&self) -> bool {
        matches!(self.kind, Kind::Deployment | Kind::StatefulSet) && self.scaler().is_none()
    }

    /// The autoscaler of its workload.
    pub(crate) fn scaler(&self) -> Option<&chosen::Autoscaling> {
        self.chosen.autoscale.as_ref().filter(|_| self.owns_pod() && matches!(self.kind, Kind::Deployment | Kind::StatefulSet))
    }

    /// Others can call it by name: it runs and has a network.
    pub(crate) fn is_reachable(&self) -> bool {
        // The engine gives no name to a container in the network of another; its ports are at least of use here.
        self.is_converted() && self.is_long_running() && !is_isolated(self) && (self.owns_pod() || self.has_ports())
    }

    /// Its name leads to its only pod, ready or not.
    pub(crate) fn has_own_name(&self) -> bool {
        self.publishes_not_ready && self.replicas == 1 && self.scaler().is_none()
    }

    /// The TCP port to try when it matters whether it works.
    pub(crate) fn main_port(&self) -> Option<u16> {
        self.main_port.as_ref().map(|port| port.number)
    }

    /// The main port, unless the documentation of the image, which says how none of its ports could be checked, is all that says it. A
    /// Dockerfile of the project says more.
    pub(crate) fn sure_port(&self) -> Option<u16> {
        let is_unchecked = self.image.server().is_some_and(|image| image.health.readiness.is_none());
        let is_exposed = |number: u16| self.image.exposed().offered.contains(&(number, Transport::Tcp));
        self.main_port.as_ref().filter(|port| port.is_said || !is_unchecked || is_exposed(port.number)).map(|port| port.number)
    }

    /// The position of a port among those that it offers.
    pub(crate) fn port_position(&self, number: u16, transport: Transport) -> Option<usize> {
        self.ports.binary_search_by_key(&(number, transport), |port| (port.number, port.transport)).ok()
    }

    /// The path of a field of a Job's spec, for a Job or a CronJob.
    pub(crate) fn job_field(&self, field: &str) -> String {
        if self.kind == Kind::CronJob { format!("spec.jobTemplate.spec.{field}") } else { format!("spec.{field}") }
    }
}
