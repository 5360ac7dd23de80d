//! First phase: what each service becomes, before any attribute is looked at in detail.
//!
//! In: the project and the options. Out: a [`Plan`] that every later step reads and none changes: names, kinds, who shares a
//! pod, which ports a service offers, what is known of its image, which volumes are shared.

mod bind;
mod build_content;
pub(crate) mod expose;
mod file_object;
mod files;
mod image;
mod kind;
mod known_secrets;
mod mount;
mod name;
mod peer;
mod pod;
pub(crate) mod port;
mod reach;
mod volume;

use std::path::Path as FilePath;

use smol_str::SmolStr;
use windlass_compose::model::{Project, Service};
use windlass_k8s::{Kind, ObjectRef};
use windlass_source::{Diagnostic, FileSystem};
use windlass_yaml::Path;

pub(crate) use bind::{HostKind, HostSource, instead_of_machine};
pub(crate) use file_object::{FileObject, FileSource, Holds, find as find_file_object};
pub(crate) use files::{Absent, File};
pub(crate) use image::ImageFacts;
pub(crate) use known_secrets::KnownSecrets;
pub(crate) use mount::{Becoming, MountPlan, clean_target, source_of_volumes};
pub(crate) use port::{Offered, Transport};
pub(crate) use reach::{Reach, is_isolated};
pub(crate) use volume::{Backing, Sharing, SizeFrom, VolumeOrigin, VolumePlan, quantity};

use crate::options::Options;

/// What a conversion reads.
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
    pub variable: &'a dyn Fn(&str) -> Option<SmolStr>,
    /// The choices.
    pub options: &'a Options,
}

/// What each service becomes.
pub(crate) struct Plan<'a> {
    pub(crate) input: &'a Input<'a>,
    /// One for each service of the project, in its order.
    pub(crate) services: Vec<ServicePlan<'a>>,
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
    pub(crate) image: ImageFacts,
    pub(crate) kind: Kind,
    /// Why it has this kind, as a clause; for the report.
    pub(crate) kind_because: String,
    /// The service in whose pod it runs; itself, unless `network_mode: service:x` says otherwise.
    pub(crate) pod: usize,
    /// What others can reach it by, in order of number.
    pub(crate) ports: Vec<Offered>,
    pub(crate) replicas: i32,
    /// Its Service also leads to pods that are not ready.
    pub(crate) publishes_not_ready: bool,
    /// Cron schedule of a CronJob.
    pub(crate) schedule: Option<SmolStr>,
}

impl<'a> Plan<'a> {
    /// Decides, with a diagnostic for each service that can't be converted as it stands.
    pub(crate) fn new(input: &'a Input<'a>, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let names = name::service_names(input.project, diagnostics);
        let mut services: Vec<ServicePlan<'a>> = Vec::with_capacity(names.len());
        for (index, (service, name)) in input.project.services.iter().zip(names).enumerate() {
            let image = ImageFacts::of(service, input);
            let ports = port::offered(service, &image, diagnostics);
            let replicas = kind::replicas(service, input.options);
            let decided = kind::kind(service, &image, replicas, input);
            services.push(ServicePlan {
                index,
                service,
                name,
                image,
                kind: decided.kind,
                kind_because: decided.because,
                pod: index,
                ports,
                replicas,
                publishes_not_ready: false,
                schedule: decided.schedule,
            });
        }
        pod::share(&mut services, diagnostics);
        peer::find(&mut services);
        let mount::Mounts { mounts, volumes, sources } = mount::plan(&services, input);
        let known_secrets = KnownSecrets::of(&services);
        let (configs, secrets) = file_object::plan(&services, &known_secrets, input);
        let reach = Reach::of(&services, &texts(&sources, &configs), input);
        Self { input, services, volumes, mounts, sources, configs, secrets, known_secrets, reach }
    }

    /// The service called so in the project.
    pub(crate) fn service(&self, name: &str) -> Option<&ServicePlan<'a>> {
        let at = self.services.binary_search_by(|plan| plan.service.name.as_str().cmp(name)).ok()?;
        self.services.get(at)
    }

    /// The services that run in the pod of `owner`, itself first.
    pub(crate) fn pod_members(&self, owner: usize) -> impl Iterator<Item = &ServicePlan<'a>> {
        let first = self.services.get(owner);
        first.into_iter().chain(self.services.iter().filter(move |plan| plan.pod == owner && plan.index != owner))
    }

    /// The workload in which a service runs.
    pub(crate) fn workload(&self, service: &ServicePlan<'_>) -> ObjectRef {
        let owner = &self.services[service.pod];
        ObjectRef::new(owner.kind, owner.name.clone())
    }
}

/// The texts that services get as files.
fn texts<'p>(sources: &'p [HostSource], configs: &'p [FileObject]) -> Vec<&'p str> {
    let of_sources = sources.iter().flat_map(|source| source.files().iter().map(|file| file.content.as_slice()));
    of_sources.chain(configs.iter().filter_map(FileObject::content)).filter_map(|content| std::str::from_utf8(content).ok()).collect()
}

impl ServicePlan<'_> {
    /// The path of one of its attributes in the project: `services.web.` and `attribute`.
    pub(crate) fn path(&self, attribute: &str) -> Path {
        Path::root().key("services").key(self.service.name.value.clone()).join(&Path::parse(attribute))
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

    /// The first TCP port that it offers.
    pub(crate) fn first_tcp_port(&self) -> Option<&Offered> {
        self.ports.iter().find(|port| port.transport == Transport::Tcp)
    }
}
