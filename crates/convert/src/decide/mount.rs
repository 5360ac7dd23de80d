//! What becomes of each mount of each service.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path as FilePath, PathBuf};

use smol_str::SmolStr;
use windlass_compose::model::{Mount, MountKind, Service};
use windlass_images::image::Shell;
use windlass_source::{FileKind, normalize};

use super::bind::{HostKind, HostSource, HostUse, Verdict, is_source_tree, look};
use super::build_content::BuildContent;
use super::files::{Absent, Reader};
use super::filling::{self, Filling};
use super::volume::{Backing, VolumeOrigin, VolumePlan};
use super::writes::only_reads;
use super::{Input, ServicePlan};

/// A mount of a service, its own or taken over with `volumes_from`.
#[derive(Debug)]
pub(crate) struct MountPlan<'a> {
    pub(crate) mount: &'a Mount,
    /// Its place in the service's `volumes`; `None` when it is taken over.
    pub(crate) written: Option<usize>,
    /// Clean and absolute; empty when a container can't have it.
    pub(crate) target: String,
    pub(crate) read_only: bool,
    pub(crate) becomes: Becoming,
    /// Whether Docker copies what the image has there into the new volume.
    pub(crate) filling: Filling,
    /// The path within the volume that is mounted.
    sub_path: Option<SmolStr>,
}

/// What becomes of a mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Becoming {
    /// A mount of a volume, by its place in the plan.
    Volume(usize),
    /// A directory that lives as long as the pod.
    Scratch,
    /// Nothing is mounted: the container's own files are there.
    OwnLayer,
    /// Memory.
    Memory,
    /// A variable with the time zone.
    Clock,
    /// Something of the host, by its place in the plan.
    Host(usize),
    /// Nothing is mounted: the image has the files.
    InImage,
    /// The files of another image (that of a service, by its place), copied when the pod starts.
    Copied { service: usize, path: String },
    /// The content of an image.
    Image,
    /// A volume of a Swarm.
    Cluster,
    /// A named pipe.
    Pipe,
    /// No container can have it there.
    BadTarget,
}

impl MountPlan<'_> {
    /// The path within the volume that is mounted.
    pub(crate) fn sub_path(&self) -> Option<&str> {
        self.sub_path.as_deref()
    }

    /// What it says of the host's path; `at` is the service and the place among its mounts.
    fn host_use(&self, (service, mount): (usize, usize)) -> HostUse {
        let may_create = self.mount.bind.as_ref().is_none_or(|bind| bind.create_host_path.as_ref().is_none_or(|create| create.value));
        HostUse { service, mount, target: self.target.clone(), read_only: self.read_only, may_create, is_input: false }
    }
}

/// Files of the project that are looked at to tell what images have.
const MOST_FILES: usize = 50_000;

/// Everything that is mounted.
pub(super) struct Mounts<'a> {
    pub(super) mounts: Vec<Vec<MountPlan<'a>>>,
    pub(super) volumes: Vec<VolumePlan>,
    pub(super) sources: Vec<HostSource>,
}

/// Decides about every mount.
pub(super) fn plan<'a>(services: &[ServicePlan<'a>], input: &Input<'a>) -> Mounts<'a> {
    let mut volumes = super::volume::named(input);
    let reader = Reader::new(input);
    let mut mounts: Vec<Vec<MountPlan<'a>>> = services.iter().map(|plan| gather(plan, services)).collect();
    let builds = if mounts.iter().all(Vec::is_empty) { Vec::new() } else { builds(services, input, &reader) };
    let mut host = Host { reader: &reader, paths: BTreeMap::new(), services, builds: &builds, left: Cell::new(MOST_FILES) };
    // What is taken over refers to what its owner has.
    for own in [true, false] {
        for (service, list) in mounts.iter_mut().enumerate() {
            for (index, mount) in list.iter_mut().enumerate().filter(|(_, mount)| mount.written.is_some() == own) {
                mount.becomes = first_look((service, index), mount, &mut volumes, services, &mut host);
            }
        }
    }
    let sources = host.decide(&mut mounts, &mut volumes);
    hidden_by_image(&mut mounts);
    filling::decide(&mut mounts, services, &builds, &reader);
    super::volume::complete(&mut volumes, &mounts, services, input);
    Mounts { mounts, volumes, sources }
}

/// The mounts of a service, then those that it takes over.
fn gather<'a>(plan: &ServicePlan<'a>, services: &[ServicePlan<'a>]) -> Vec<MountPlan<'a>> {
    if plan.part_of.is_some() {
        return Vec::new();
    }
    let mut list: Vec<MountPlan<'a>> = Vec::with_capacity(plan.service.volumes.len());
    let sub_path = plan.chosen.sub_path.as_ref().map(|path| &path.value);
    for (index, mount) in plan.service.volumes.iter().enumerate() {
        list.push(mount_plan(&mount.value, Some(index), false, sub_path));
    }
    if !plan.service.volumes_from.is_empty() {
        take_over(plan.service, services, false, &mut vec![plan.index], &mut list);
    }
    list
}

/// What the host's path of a bind mount is by this mount alone, whichever service has it.
pub(super) fn look_alone(mount: &Mount, reader: &Reader<'_>) -> Verdict {
    let path = normalize(FilePath::new(mount.source.as_ref().map_or("", |source| source.as_str())));
    look(&path, &[mount_plan(mount, None, false, None).host_use((0, 0))], false, reader)
}

/// `sub_path` is that of the service's named volumes, for mounts that say none.
fn mount_plan<'a>(mount: &'a Mount, written: Option<usize>, read_only: bool, sub_path: Option<&SmolStr>) -> MountPlan<'a> {
    let own = mount.volume.as_ref().and_then(|volume| volume.subpath.as_ref()).map(|path| &path.value);
    let sub_path = own.or(sub_path.filter(|_| mount.kind.value == MountKind::Volume && mount.source.is_some())).cloned();
    let read_only = read_only || mount.read_only.as_ref().is_some_and(|read_only| read_only.value);
    MountPlan {
        mount,
        written,
        target: clean_target(&mount.target),
        read_only,
        becomes: Becoming::BadTarget,
        filling: Filling::None,
        sub_path,
    }
}

fn take_over<'a>(
    service: &'a Service,
    services: &[ServicePlan<'a>],
    read_only: bool,
    seen: &mut Vec<usize>,
    list: &mut Vec<MountPlan<'a>>,
) {
    for from in &service.volumes_from {
        let Some((index, mode)) = source_of_volumes(from, services) else { continue };
        if seen.contains(&index) {
            continue;
        }
        seen.push(index);
        let read_only = read_only || mode == "ro";
        let other: &'a Service = services[index].service;
        // Only what the mount itself says.
        let sub_path = None;
        for mount in &other.volumes {
            let plan = mount_plan(&mount.value, None, read_only, sub_path);
            if list.iter().all(|known| known.target != plan.target) {
                list.push(plan);
            }
        }
        take_over(other, services, read_only, seen, list);
    }
}

/// The service that an entry of `volumes_from` names, and its mode.
pub(crate) fn source_of_volumes<'t>(text: &'t str, services: &[ServicePlan<'_>]) -> Option<(usize, &'t str)> {
    if let Some(container) = text.strip_prefix("container:") {
        let (name, mode) = container.split_once(':').unwrap_or((container, ""));
        let named = |plan: &&ServicePlan<'_>| plan.service.container_name.as_ref().is_some_and(|known| known.as_str() == name);
        return services.iter().find(named).map(|plan| (plan.index, mode));
    }
    let (name, mode) = text.split_once(':').unwrap_or((text, ""));
    let at = services.binary_search_by(|plan| plan.service.name.as_str().cmp(name)).ok()?;
    Some((at, mode))
}

/// A path in a container without `.`, `..` and a last slash; empty for one that can't be mounted.
pub(crate) fn clean_target(path: &str) -> String {
    if !path.starts_with('/') || path.contains(':') {
        return String::new();
    }
    let clean = normalize(FilePath::new(path)).to_string_lossy().into_owned();
    if clean == "/" { String::new() } else { clean }
}

/// What each service's image is built from. A service without `build` that runs an image which another builds has it too.
fn builds<'p>(services: &'p [ServicePlan<'_>], input: &Input<'_>, reader: &Reader<'_>) -> Vec<Option<BuildContent<'p>>> {
    let content = |plan: &'p ServicePlan<'_>| BuildContent::of(plan.service.build.as_ref()?, plan.image.copied(), input, reader);
    let own: Vec<Option<BuildContent<'p>>> = services.iter().map(content).collect();
    let mut by_image: BTreeMap<&str, usize> = BTreeMap::new();
    for (plan, content) in services.iter().zip(&own) {
        if let (Some(image), Some(_)) = (&plan.service.image, content) {
            by_image.entry(image.as_str()).or_insert(plan.index);
        }
    }
    services
        .iter()
        .map(|plan| {
            let shared = || {
                let image = plan.service.image.as_ref().filter(|_| plan.service.build.is_none())?;
                own[*by_image.get(image.as_str())?].clone()
            };
            own[plan.index].clone().or_else(shared)
        })
        .collect()
}

/// What a mount is by its own words; for paths of the host a first step.
fn first_look(
    at: (usize, usize),
    plan: &MountPlan<'_>,
    volumes: &mut Vec<VolumePlan>,
    services: &[ServicePlan<'_>],
    host: &mut Host<'_, '_>,
) -> Becoming {
    if plan.target.is_empty() {
        return Becoming::BadTarget;
    }
    match plan.mount.kind.value {
        MountKind::Tmpfs => Becoming::Memory,
        MountKind::Image => Becoming::Image,
        MountKind::Cluster => Becoming::Cluster,
        MountKind::Npipe => Becoming::Pipe,
        MountKind::Bind if crate::attributes::is_clock(&plan.target) => Becoming::Clock,
        MountKind::Bind => host.note(plan.mount.source.as_ref().map_or("", |source| source.as_str()), at, plan),
        MountKind::Volume => {
            let Some(source) = &plan.mount.source else { return anonymous(plan, at.0, volumes, services) };
            // Named volumes come first and are sorted by key.
            let named = volumes.partition_point(|volume| matches!(volume.origin, VolumeOrigin::Named(_)));
            let found = volumes[..named].binary_search_by(|volume| volume.key().cmp(source.as_str()));
            match found {
                Ok(volume) => match volumes[volume].backing.clone() {
                    Backing::Host(device) => host.note(&device, at, plan),
                    _ => Becoming::Volume(volume),
                },
                // The loader refuses it; without one it is a volume of this pod alone.
                Err(_) => Becoming::Scratch,
            }
        }
    }
}

/// A volume without a name: a claim where the image keeps its state, else what lives as long as the pod.
fn anonymous(plan: &MountPlan<'_>, service: usize, volumes: &mut Vec<VolumePlan>, services: &[ServicePlan<'_>]) -> Becoming {
    let known = services[service].image.entry();
    let volume = known.and_then(|image| image.volume_at(&plan.target));
    // One that is taken over is the same volume.
    let owner = services.iter().find(|other| other.service.volumes.iter().any(|mount| std::ptr::eq(&mount.value, plan.mount)));
    let owner = if plan.written.is_some() { service } else { owner.map_or(service, |owner| owner.index) };
    if owner != service {
        let origin = VolumeOrigin::Anonymous(owner, plan.target.clone());
        return volumes.iter().position(|volume| volume.origin == origin).map_or(Becoming::Scratch, Becoming::Volume);
    }
    if volume.is_some_and(|volume| volume.size.is_some()) {
        let name = format!("{}-{}", services[service].name, plan.target.trim_matches('/').replace('/', "-"));
        volumes.push(VolumePlan::new(VolumeOrigin::Anonymous(service, plan.target.clone()), &name, Backing::Claim));
        return Becoming::Volume(volumes.len() - 1);
    }
    // An empty directory would hide what an image has there, which Docker copies into the volume.
    let is_empty_in_image = volume.is_some_and(|volume| !volume.content);
    let read_only_root = services[service].service.read_only.as_ref().is_some_and(|read_only| read_only.value);
    if is_empty_in_image || read_only_root { Becoming::Scratch } else { Becoming::OwnLayer }
}

/// A directory within another that has a claim is a part of that claim, as it is on the host: what one service writes there, others see.
fn join_nested(sources: &[HostSource], mounts: &mut [Vec<MountPlan<'_>>]) {
    let claim = |source: &HostSource| if let HostKind::Claim(volume) = source.is { Some(volume) } else { None };
    let claims: BTreeMap<_, _> = sources.iter().filter_map(|source| Some((source.path.as_path(), claim(source)?))).collect();
    // By volume, what it is a part of, and where.
    let mut parts: BTreeMap<usize, (usize, String)> = BTreeMap::new();
    for (path, volume) in &claims {
        let outermost = path.ancestors().skip(1).filter_map(|above| Some((above, *claims.get(above)?))).last();
        if let Some((around, claim)) = outermost
            && let Ok(inner) = path.strip_prefix(around)
        {
            parts.insert(*volume, (claim, inner.to_string_lossy().into_owned()));
        }
    }
    for plan in mounts.iter_mut().flatten() {
        let Becoming::Volume(own) = plan.becomes else { continue };
        let Some((claim, inner)) = parts.get(&own) else { continue };
        plan.becomes = Becoming::Volume(*claim);
        plan.sub_path = Some(match &plan.sub_path {
            Some(own) => format!("{inner}/{own}").into(),
            None => inner.as_str().into(),
        });
    }
}

/// The host's paths, each decided once for all that mount it.
struct Host<'r, 'a> {
    reader: &'r Reader<'r>,
    /// Each path with what is mounted of it, and its place in the order of paths.
    paths: BTreeMap<PathBuf, (usize, Vec<HostUse>)>,
    services: &'r [ServicePlan<'a>],
    builds: &'r [Option<BuildContent<'r>>],
    /// Files that may still be looked at to tell what images have.
    left: Cell<usize>,
}

impl Host<'_, '_> {
    /// Notes one more mount of a path; its place until [`decide`](Self::decide).
    fn note(&mut self, source: &str, at: (usize, usize), plan: &MountPlan<'_>) -> Becoming {
        let path = normalize(FilePath::new(source));
        let next = self.paths.len();
        let (place, uses) = self.paths.entry(path).or_insert_with(|| (next, Vec::new()));
        uses.push(HostUse { is_input: only_reads(plan, &self.services[at.0]), ..plan.host_use(at) });
        Becoming::Host(*place)
    }

    fn decide(self, mounts: &mut [Vec<MountPlan<'_>>], volumes: &mut Vec<VolumePlan>) -> Vec<HostSource> {
        let mut sources: Vec<HostSource> = Vec::with_capacity(self.paths.len());
        let mut by_place: Vec<(&PathBuf, &Vec<HostUse>)> =
            self.paths.values().zip(self.paths.keys()).map(|((_, uses), path)| (path, uses)).collect();
        by_place.sort_by_key(|(path, _)| self.paths[*path].0);
        for (path, uses) in by_place {
            let is_tree = self.is_tree(path);
            let mut remaining: Vec<&HostUse> = Vec::with_capacity(uses.len());
            // Whoever has the files in the image needs no mount.
            let mut in_image: Option<(usize, String)> = None;
            for usage in uses {
                let becomes = &mut mounts[usage.service][usage.mount].becomes;
                match is_tree.then(|| self.in_own_image(usage.service, path, &usage.target)).flatten() {
                    Some(at) if at == usage.target => {
                        *becomes = Becoming::InImage;
                        in_image.get_or_insert((usage.service, at));
                    }
                    Some(at) => *becomes = Becoming::Copied { service: usage.service, path: at },
                    None => remaining.push(usage),
                }
            }
            let wanted = remaining.first().map(|usage| usage.target.as_str());
            // What lies outside can't be embedded, whatever it is.
            let is_content = is_tree || (!self.reader.is_inside(path) && uses.iter().all(|usage| usage.read_only));
            let mut copied = wanted.filter(|_| is_content).and_then(|target| in_image.or_else(|| self.in_any_image(path, target)));
            let mut is = HostKind::LeftOut(Absent::Missing, true);
            if copied.is_none() && !remaining.is_empty() {
                is = self.is(path, uses, is_tree, volumes);
                if matches!(is, HostKind::LeftOut(Absent::TooLarge | Absent::TooMany, _)) {
                    copied = wanted.and_then(|target| self.in_any_image(path, target));
                }
            }
            for usage in remaining {
                let becomes = &mut mounts[usage.service][usage.mount].becomes;
                match (&copied, &is) {
                    (Some((service, at)), _) => *becomes = Becoming::Copied { service: *service, path: at.clone() },
                    (None, HostKind::Claim(volume)) => *becomes = Becoming::Volume(*volume),
                    (None, _) => {}
                }
            }
            let first = uses.first().and_then(|usage| mounts[usage.service][usage.mount].mount.source.as_ref());
            let origin = first.map(|source| source.origin.clone()).unwrap_or_default();
            sources.push(HostSource { path: path.clone(), is, origin });
        }
        join_nested(&sources, mounts);
        sources
    }

    /// A directory of the project that programs are made of, or that an image is built from.
    fn is_tree(&self, path: &FilePath) -> bool {
        let is_context = self.builds.iter().flatten().any(|build| build.context == path);
        let is_directory = || self.reader.kind(path) == Some(FileKind::Directory);
        // A context may lie outside of the project's directory: its images have what can't be embedded.
        let is_near = self.reader.is_inside(path) || self.builds.iter().flatten().any(|build| path.starts_with(&build.context));
        is_near && (is_context || (is_directory() && is_source_tree(path, self.reader)))
    }

    /// Where a service's own image has the files that it mounts at `target`.
    fn in_own_image(&self, service: usize, path: &FilePath, target: &str) -> Option<String> {
        let build = self.builds[service].as_ref()?;
        if !build.is_known() {
            // The Dockerfile is not here; people mount over what the image has.
            return build.touches(path).then(|| target.to_owned());
        }
        build.place_of(path, target, self.reader, &self.left)
    }

    /// A service whose image has the files, and where. What is copied piece by piece stands where it is wanted, or not at all: a web
    /// server shows the files of the application beside it.
    fn in_any_image(&self, path: &FilePath, target: &str) -> Option<(usize, String)> {
        // Without a shell there is no `cp` either.
        let can_copy = |plan: &&ServicePlan<'_>| plan.service.build.is_some() && plan.image.shell() != Some(Shell::None);
        self.services.iter().filter(can_copy).find_map(|plan| {
            let build = self.builds[plan.index].as_ref().filter(|build| build.is_known())?;
            Some((plan.index, build.place_of(path, target, self.reader, &self.left)?))
        })
    }

    fn is(&self, path: &FilePath, uses: &[HostUse], is_tree: bool, volumes: &mut Vec<VolumePlan>) -> HostKind {
        match look(path, uses, is_tree, self.reader) {
            Verdict::Is(kind) => kind,
            Verdict::Claim(fill, unfilled) => {
                let shown = self.reader.shown(path).to_string_lossy().into_owned();
                let portable = self.reader.portable(path);
                let name = portable.to_string_lossy().trim_start_matches("../").trim_matches(['/', '.']).replace('/', "-");
                let name = if name.is_empty() { SmolStr::from("project") } else { SmolStr::from(name) };
                let origin = VolumeOrigin::Directory(shown);
                volumes.push(VolumePlan { fill, unfilled, ..VolumePlan::new(origin, &name, Backing::Claim) });
                HostKind::Claim(volumes.len() - 1)
            }
        }
    }
}

/// `- /app/node_modules` keeps a bind mount from hiding what the image has; where the bind mount is gone, so is its reason.
fn hidden_by_image(mounts: &mut [Vec<MountPlan<'_>>]) {
    for list in mounts {
        let gone: Vec<String> = list.iter().filter(|plan| plan.becomes == Becoming::InImage).map(|plan| plan.target.clone()).collect();
        for plan in list.iter_mut() {
            let below = gone.iter().any(|target| plan.target != *target && FilePath::new(&plan.target).starts_with(target));
            if below && plan.becomes == Becoming::Scratch && plan.mount.kind.value == MountKind::Volume {
                plan.becomes = Becoming::OwnLayer;
            }
        }
    }
}
