//! Where the drafts of services ended up: which object, and which container of it.

use smol_str::SmolStr;
use windlass_k8s::{ObjectRef, Resource};
use windlass_yaml::Path;

use crate::fates::{Place, Target};

/// The places of every service's parts among the finished objects.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    services: Vec<Home>,
}

/// Where one service runs.
#[derive(Debug)]
pub(crate) struct Home {
    /// Its name in the project.
    pub(crate) name: SmolStr,
    /// The workload; `None` when it could not be converted.
    pub(crate) workload: Option<ObjectRef>,
    /// Which container of the pod it is.
    pub(crate) container: usize,
    /// The names of the pod's init containers, in order.
    pub(crate) init_containers: Vec<SmolStr>,
}

impl Layout {
    pub(crate) fn push(&mut self, home: Home) {
        self.services.push(home);
    }

    pub(crate) fn service_names(&self) -> impl Iterator<Item = &SmolStr> {
        self.services.iter().map(|home| &home.name)
    }

    pub(crate) fn workload(&self, service: usize) -> Option<&ObjectRef> {
        self.services.get(service)?.workload.as_ref()
    }

    /// The object and the field in it; `None` for a service that has no workload.
    pub(crate) fn resolve(&self, place: &Place) -> Option<(ObjectRef, Path)> {
        let home = |service: usize| self.services.get(service);
        let (service, tail) = match &place.target {
            Target::Object(object) => return Some((object.clone(), place.path.clone())),
            Target::Workload(service) => return Some((home(*service)?.workload.clone()?, place.path.clone())),
            Target::PodMetadata(service) => {
                let workload = home(*service)?.workload.clone()?;
                let path = Resource::pod_metadata_path(workload.kind)?.join(&place.path);
                return Some((workload, path));
            }
            Target::Container(service) => (*service, Path::root().key("containers").index(home(*service)?.container)),
            Target::InitContainer(service, name) => {
                let index = home(*service)?.init_containers.iter().position(|other| other == name)?;
                (*service, Path::root().key("initContainers").index(index))
            }
            Target::Pod(service) => (*service, Path::root()),
        };
        let workload = home(service)?.workload.clone()?;
        let path = Resource::pod_spec_path(workload.kind)?.join(&tail).join(&place.path);
        Some((workload, path))
    }
}
