//! Where the drafts of services ended up: which object, and which container of it.

use smol_str::SmolStr;
use windlass_k8s::{ObjectRef, Resource};
use windlass_yaml::Path;

use crate::fates::{Place, Target};

/// The places of every service's parts among the finished objects.
#[derive(Debug)]
pub(crate) struct Layout {
    services: Vec<Home>,
}

/// Where one service runs.
#[derive(Debug)]
pub(crate) struct Home {
    /// Its name in the project.
    name: SmolStr,
    /// The workload; `None` when it could not be converted.
    workload: Option<ObjectRef>,
    /// Its container in the workload.
    container: Path,
    /// The names of the pod's init containers, in order.
    init_containers: Vec<SmolStr>,
}

impl Home {
    /// A service that has no workload yet.
    pub(crate) fn new(name: SmolStr) -> Self {
        Self { name, workload: None, container: Path::root(), init_containers: Vec::new() }
    }

    /// Says which container of a workload it is, and which containers run before it.
    pub(crate) fn settle(&mut self, workload: ObjectRef, container: usize, init_containers: Vec<SmolStr>) {
        let pod = Resource::pod_spec_path(workload.kind).unwrap_or_default();
        self.container = pod.key("containers").index(container);
        self.workload = Some(workload);
        self.init_containers = init_containers;
    }
}

impl Layout {
    /// The homes of all services, in the order of the project.
    pub(crate) fn new(services: Vec<Home>) -> Self {
        Self { services }
    }

    pub(crate) fn service_names(&self) -> impl Iterator<Item = &SmolStr> {
        self.services.iter().map(|home| &home.name)
    }

    pub(crate) fn workload(&self, service: usize) -> Option<&ObjectRef> {
        self.services.get(service)?.workload.as_ref()
    }

    /// The object and the field in it; `None` for a service that has no workload.
    pub(crate) fn resolve(&self, place: &Place) -> Option<(ObjectRef, Path)> {
        let (service, path) = match &place.target {
            Target::Object(object) => return Some((object.clone(), place.path.clone())),
            Target::Container(service)
            | Target::InitContainer(service, _)
            | Target::Pod(service)
            | Target::PodMetadata(service)
            | Target::Workload(service) => (*service, &place.path),
        };
        let home = self.services.get(service)?;
        let workload = home.workload.clone()?;
        let path = match &place.target {
            Target::Object(_) | Target::Workload(_) => path.clone(),
            Target::Container(_) => home.container.join(path),
            Target::InitContainer(_, name) => {
                let index = home.init_containers.iter().position(|other| other == name)?;
                Resource::pod_spec_path(workload.kind)?.key("initContainers").index(index).join(path)
            }
            Target::Pod(_) => Resource::pod_spec_path(workload.kind)?.join(path),
            Target::PodMetadata(_) => Resource::pod_metadata_path(workload.kind)?.join(path),
        };
        Some((workload, path))
    }
}
