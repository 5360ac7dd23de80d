//! Which volumes there are, who uses them, how they are shared, and what stands behind each: a claim, a claim for each
//! member, a file server, memory.

use smol_str::SmolStr;
use windlass_compose::model::Volume;
use windlass_images::image::Role;
use windlass_k8s::name::{LABEL_LIMIT, SUBDOMAIN_LIMIT, label_name, object_name, with_suffix};
use windlass_k8s::quantity::{Amount, bytes};
use windlass_k8s::{ContentHash, Kind};

use super::files::{Absent, File};
use super::mount::{Becoming, MountPlan};
use super::{Input, ServicePlan};
use crate::options::SharedVolumes;

/// A volume: one claim, whatever mounts it.
#[derive(Debug)]
pub(crate) struct VolumePlan {
    pub(crate) origin: VolumeOrigin,
    /// The name of its claim.
    pub(crate) claim: SmolStr,
    /// Its name in pods.
    pub(crate) name: SmolStr,
    pub(crate) backing: Backing,
    pub(crate) uses: Vec<VolumeUse>,
    pub(crate) sharing: Sharing,
    /// Directory of the claim that stands for the whole volume, for images that refuse `lost+found`.
    pub(crate) sub_path: Option<&'static str>,
    pub(crate) size: Size,
    pub(crate) storage_class: Option<SmolStr>,
    /// What the claim is filled with once.
    pub(crate) fill: Vec<File>,
    /// Why it is not filled with what the host has there.
    pub(crate) unfilled: Option<Absent>,
    /// Its place among the templates of its service.
    pub(super) template: usize,
}

/// Where a volume comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum VolumeOrigin {
    /// A named one of the project.
    Named(SmolStr),
    /// One without a name, by its service and path in the container.
    Anonymous(usize, String),
    /// A directory of the host.
    Directory(String),
}

/// What stands behind a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Backing {
    /// A claim.
    Claim,
    /// A claim for each pod of this service.
    Template(usize),
    /// A claim that is there already.
    External,
    /// A directory of a file server.
    Nfs { server: SmolStr, path: SmolStr },
    /// Memory, with its size in bytes.
    Memory(Option<i64>),
    /// A directory of the host under another name.
    Host(SmolStr),
}

/// A claim's size and where it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    /// A Kubernetes quantity.
    pub(crate) quantity: SmolStr,
    pub(crate) from: SizeFrom,
}

/// Who said how large a claim is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SizeFrom {
    /// A flag.
    Option,
    /// The project; the path beneath the volume.
    Written(&'static str),
    /// The catalogue or the role, as a clause.
    Guess(String),
}

/// One mount of a volume.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VolumeUse {
    /// The service, by its place in the project.
    pub(crate) service: usize,
    /// The mount, by its place among the service's mounts.
    pub(crate) mount: usize,
}

/// How many pods mount a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sharing {
    /// At most one pod at a time.
    Single,
    /// Several pods on one node (ReadWriteOnce with affinity).
    OneNode,
    /// Several pods on any node (ReadWriteMany).
    Many,
}

impl VolumePlan {
    pub(super) fn new(origin: VolumeOrigin, name: &str, backing: Backing) -> Self {
        Self {
            origin,
            claim: object_name(name),
            name: label_name(name),
            backing,
            uses: Vec::new(),
            sharing: Sharing::Single,
            sub_path: None,
            size: Size { quantity: SmolStr::default(), from: SizeFrom::Option },
            storage_class: None,
            fill: Vec::new(),
            unfilled: None,
            template: 0,
        }
    }

    /// A claim of this conversion stands behind it, under the name [`claim`](Self::claim).
    pub(crate) fn has_claim(&self) -> bool {
        self.backing == Backing::Claim && !self.uses.is_empty()
    }

    /// A claim, of this conversion or not.
    pub(crate) fn is_claim(&self) -> bool {
        matches!(self.backing, Backing::Claim | Backing::Template(_) | Backing::External)
    }

    /// Where the template of its claims stands in a StatefulSet: each service has its templates in the order of its mounts.
    pub(crate) fn template_path(&self) -> String {
        format!("spec.volumeClaimTemplates[{}]", self.template)
    }

    /// The path in the claim that is mounted where the project mounts `path` of the volume.
    pub(crate) fn path_in_claim(&self, path: Option<&str>) -> Option<String> {
        let path = path.map(|path| path.trim_matches('/')).filter(|path| !path.is_empty());
        match (self.sub_path, path) {
            (Some(whole), Some(path)) => Some(format!("{whole}/{path}")),
            (whole, path) => whole.or(path).map(str::to_owned),
        }
    }
}

/// The named volumes, in the project's order. Who uses them is not known yet.
pub(super) fn named(input: &Input<'_>) -> Vec<VolumePlan> {
    let volumes = input.project.volumes.iter();
    volumes
        .map(|entry| {
            let is_external = entry.value.external.as_ref().is_some_and(|external| external.value);
            // An external claim is called as the engine calls the volume; one of the project by its key, so that the claim
            // outlives a rename of the project.
            let name = entry.value.name.as_ref().filter(|_| is_external).map_or(&entry.name.value, |name| &name.value);
            let backing = if is_external { Backing::External } else { backing(&entry.value) };
            let mut volume = VolumePlan::new(VolumeOrigin::Named(entry.name.value.clone()), name, backing);
            volume.name = label_name(&entry.name);
            volume
        })
        .collect()
}

/// What the options of Docker's `local` driver make of a volume.
fn backing(volume: &Volume) -> Backing {
    let option = |name: &str| volume.driver_opts.get(name).map_or("", |value| value.value.as_str());
    if volume.driver.as_ref().is_some_and(|driver| driver.as_str() != "local") {
        return Backing::Claim;
    }
    let (kind, device, options) = (option("type"), option("device"), option("o"));
    let mut words = options.split(',').map(str::trim);
    let field = |name: &str| options.split(',').find_map(|word| word.trim().strip_prefix(name)?.strip_prefix('='));
    match kind {
        "nfs" | "nfs4" => {
            let (server, path) = device.split_once(':').unwrap_or(("", device));
            let server = field("addr").unwrap_or(server);
            if server.is_empty() || !path.starts_with('/') {
                return Backing::Claim;
            }
            Backing::Nfs { server: server.into(), path: path.into() }
        }
        "tmpfs" => Backing::Memory(field("size").and_then(|size| windlass_compose::bytes::parse(size).ok())),
        "none" | "bind" | "" if words.any(|word| word == "bind" || word == "rbind") && !device.is_empty() => Backing::Host(device.into()),
        _ => Backing::Claim,
    }
}

/// What follows from who uses the volumes: sharing, size, names that are free.
pub(super) fn complete(volumes: &mut [VolumePlan], mounts: &[Vec<MountPlan<'_>>], services: &[ServicePlan<'_>], input: &Input<'_>) {
    for (service, mounts) in mounts.iter().enumerate() {
        for (mount, plan) in mounts.iter().enumerate() {
            if let Becoming::Volume(volume) = plan.becomes {
                volumes[volume].uses.push(VolumeUse { service, mount });
            }
        }
    }
    let mut templates = std::collections::BTreeMap::<usize, usize>::new();
    for volume in volumes.iter_mut() {
        let written = match &volume.origin {
            VolumeOrigin::Named(key) => input.project.volumes.get(key),
            VolumeOrigin::Anonymous(..) | VolumeOrigin::Directory(_) => None,
        };
        let wanted = written.and_then(|written| written.windlass.as_ref()?.shared.as_ref());
        let wanted = wanted.filter(|_| !input.options.is_given("shared-volumes")).map(|wanted| wanted.value.into());
        volume.sharing = sharing(&volume.uses, services, wanted.unwrap_or(input.options.shared_volumes));
        // `lost+found` is refused by whoever mounts the whole of the volume.
        let refuses = |usage: &VolumeUse| {
            let mount = &mounts[usage.service][usage.mount];
            mount.sub_path().is_none() && is_bare_directory(&mount.target, &services[usage.service])
        };
        volume.sub_path = volume.uses.iter().any(refuses).then_some("data");
        if volume.backing == Backing::Claim
            && let Some(owner) = members(&volume.uses, services)
        {
            volume.backing = Backing::Template(owner);
            let next = templates.entry(owner).or_default();
            volume.template = *next;
            *next += 1;
            volume.sharing = Sharing::Single;
        }
        volume.size = size(volume, written, mounts, services, input);
        volume.storage_class = storage_class(volume, written, services, input);
    }
    free_names(volumes);
}

/// True where a server wants a directory that holds its own files alone, by its image or, whatever that is, by the path: an image made
/// from a database's has its directories.
pub(crate) fn is_bare_directory(target: &str, service: &ServicePlan<'_>) -> bool {
    let known = service.image.entry().and_then(|image| image.volume_at(target));
    known.is_some_and(|known| known.sub_path) || matches!(target, "/var/lib/postgresql/data" | "/var/lib/mysql")
}

fn sharing(uses: &[VolumeUse], services: &[ServicePlan<'_>], wanted: SharedVolumes) -> Sharing {
    let mut pods: Vec<usize> = uses.iter().map(|usage| services[usage.service].pod).collect();
    pods.sort_unstable();
    pods.dedup();
    let replicas: i32 = pods.iter().map(|pod| services[*pod].replicas.max(1)).fold(0, i32::saturating_add);
    let on_every_node = pods.iter().any(|pod| services[*pod].kind == Kind::DaemonSet);
    match (replicas, wanted) {
        _ if on_every_node => Sharing::Many,
        (..=1, _) => Sharing::Single,
        (_, SharedVolumes::Affinity) => Sharing::OneNode,
        (_, SharedVolumes::Rwx) => Sharing::Many,
    }
}

/// The service whose members each have a claim of their own, when it alone uses the volume.
fn members(uses: &[VolumeUse], services: &[ServicePlan<'_>]) -> Option<usize> {
    let owner = &services[uses.first()?.service];
    let alone = uses.iter().all(|usage| usage.service == owner.index);
    let own = owner.image.server().is_some_and(|image| image.members_own_data);
    (alone && own && owner.kind == Kind::StatefulSet && owner.replicas > 1 && owner.owns_pod()).then_some(owner.index)
}

/// A quantity as a person writes it: Kubernetes' own, or Compose's (`10g`, `10GB`).
pub(crate) fn quantity(text: &str) -> Option<SmolStr> {
    let positive = |amount: Amount| amount > Amount::default();
    if Amount::parse(text).is_some_and(positive) {
        return Some(text.into());
    }
    let number = windlass_compose::bytes::parse(text).ok().and_then(|number| u64::try_from(number).ok())?;
    (number > 0).then(|| bytes(number).0.into())
}

/// The option `size` of a volume driver. Drivers of network disks (REX-Ray, Portworx) count in GiB where there is no unit; nobody
/// means a disk of ten bytes.
pub(crate) fn driver_size(text: &str) -> Option<SmolStr> {
    const LARGEST_DISK: u64 = 65_536;
    match text.trim().parse::<u64>() {
        Ok(number @ 1..=LARGEST_DISK) => Some(format!("{number}Gi").into()),
        _ => quantity(text),
    }
}

fn size(
    volume: &VolumePlan,
    written: Option<&Volume>,
    mounts: &[Vec<MountPlan<'_>>],
    services: &[ServicePlan<'_>],
    input: &Input<'_>,
) -> Size {
    let of = |quantity, from| Size { quantity, from };
    let key = volume.key();
    if let Some(size) = input.options.volume_sizes.get(key).and_then(|size| quantity(size)) {
        return of(size, SizeFrom::Option);
    }
    if let Some(written) = written {
        let extension = written.windlass.as_ref().and_then(|settings| settings.size.as_ref()).and_then(|size| quantity(size));
        let option = written.driver_opts.get("size").and_then(|size| driver_size(size));
        let label = written.labels.get("kompose.volume.size").and_then(|size| quantity(size));
        let places = [(extension, "x-windlass.size"), (option, "driver_opts.size"), (label, "labels[\"kompose.volume.size\"]")];
        for (size, place) in places {
            if let Some(size) = size {
                return of(size, SizeFrom::Written(place));
            }
        }
    }
    for usage in &volume.uses {
        if let Some(size) = services[usage.service].service.labels.get("kompose.volume.size").and_then(|size| quantity(size)) {
            return of(size, SizeFrom::Written(""));
        }
    }
    let known = volume.uses.iter().filter_map(|usage| {
        let image = services[usage.service].image.entry()?;
        let size = image.volume_at(&mounts[usage.service][usage.mount].target)?.size.as_deref()?;
        Some((Amount::parse(size)?, size, image.name))
    });
    if let Some((_, size, image)) = known.max_by_key(|(amount, ..)| *amount) {
        return of(size.into(), SizeFrom::Guess(format!("the catalogue's size for {image}")));
    }
    let guess = |role: Option<Role>| match role {
        Some(Role::Datastore | Role::Search | Role::Monitoring | Role::Storage | Role::Backup) => 10,
        Some(Role::Cache | Role::Proxy | Role::WebServer | Role::DevTool | Role::Agent | Role::Tool) => 1,
        _ => 5,
    };
    let largest = volume.uses.iter().map(|usage| guess(services[usage.service].image.role())).max().unwrap_or(1);
    of(format!("{largest}Gi").into(), SizeFrom::Guess("nobody says how large it is; a guess by what the service is".to_owned()))
}

fn storage_class(volume: &VolumePlan, written: Option<&Volume>, services: &[ServicePlan<'_>], input: &Input<'_>) -> Option<SmolStr> {
    const LABEL: &str = "kompose.volume.storage-class-name";
    if let Some(class) = &input.options.storage_class {
        return Some(class.into());
    }
    let of_volume = written.and_then(|written| {
        let setting = written.windlass.as_ref().and_then(|settings| settings.storage_class.as_ref());
        setting.or_else(|| written.labels.get(LABEL)).map(|class| class.value.clone())
    });
    let of_service = || {
        let mut labels = volume.uses.iter().filter_map(|usage| services[usage.service].service.labels.get(LABEL));
        labels.next().map(|class| class.value.clone())
    };
    let of_project = || input.project.windlass.as_ref()?.storage_class.as_ref().map(|class| class.value.clone());
    of_volume.or_else(of_service).or_else(of_project)
}

/// Claims and volumes in pods whose names are taken get the hash of what they are.
fn free_names(volumes: &mut [VolumePlan]) {
    let mut claims = std::collections::BTreeSet::new();
    let mut names = std::collections::BTreeSet::new();
    for volume in volumes {
        let hash = || {
            let mut hash = ContentHash::new();
            hash.part(format!("{:?}", volume.origin));
            hash.finish()
        };
        if !matches!(volume.backing, Backing::External) && claims.contains(&volume.claim) {
            volume.claim = with_suffix(&volume.claim, &hash(), SUBDOMAIN_LIMIT);
        }
        if names.contains(&volume.name) {
            volume.name = with_suffix(&volume.name, &hash(), LABEL_LIMIT);
        }
        claims.insert(volume.claim.clone());
        names.insert(volume.name.clone());
    }
}

impl VolumePlan {
    /// What a person calls it, for flags and messages.
    pub(crate) fn key(&self) -> &str {
        match &self.origin {
            VolumeOrigin::Named(key) => key,
            VolumeOrigin::Anonymous(..) | VolumeOrigin::Directory(_) => &self.claim,
        }
    }
}
