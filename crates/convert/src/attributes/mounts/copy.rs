//! Init containers that put files where a container expects them: an image's content in its own new volume, a directory of the
//! project in a claim, another image's files in an empty directory; and one that makes a server's own directory.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Capabilities, Container, ResourceRequirements, SeccompProfile, SecurityContext, Volume, VolumeMount};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use windlass_k8s::name::label_name;

use super::host::nested;
use super::{Became, files, memory, mount_path, pod_volume, user};
use crate::attributes::Sink;
use crate::decide::{ImageFacts, MountPlan, Plan, ServicePlan, VolumePlan};
use crate::fates::Place;
use crate::options::Security;
use crate::text::literal;

/// Where the volume to fill is mounted in the init container.
const VOLUME: &str = "/windlass/volume";
/// Where the files to fill it with are.
const FILES: &str = "/windlass/files";

/// Copies the directory `$1` into the volume, unless something is there already, or the image has nothing. A copy that was broken off
/// begins again. Whoever is not root goes without what he may not read.
const COPY_ONCE: &str = r#"set -e
cd /windlass/volume
if [ -z "$(ls -A "$1/." 2>/dev/null)" ]; then exit 0; fi
case "$(ls -A)" in
  '' | lost+found | *.windlass-copying*) ;;
  *) exit 0 ;;
esac
touch .windlass-copying
if [ "$(id -u)" = 0 ]; then cp -a "$1/." .; else cp -R "$1/." . || true; fi
rm -f .windlass-copying
"#;

/// Copies from a volume of files, which are links there.
const FILL_ONCE: &str = r"set -e
cd /windlass/volume
if [ -e .windlass-copying ] || ! ls -A | grep -qv '^lost+found$'; then
  touch .windlass-copying
  cp -RL /windlass/files/..data/. .
  rm -f .windlass-copying
fi
";

/// The same into an empty directory, of which the container may change what it likes, whoever it is.
const FILL_ANEW: &str = r"set -e
cp -RL /windlass/files/..data/. /windlass/volume
find /windlass/volume -mindepth 1 -exec chmod a+rwX {} +
";

/// The same as files that nobody but their owner, who copies them, may read. Where they are already, since the pod is started again, its
/// owner may not write to them either.
const FILL_OWNED: &str = r"set -e
cp -RLf /windlass/files/..data/. /windlass/volume
find /windlass/volume -mindepth 1 -type f -exec chmod 0400 {} +
";

/// Docker copies what an image has at a path into a new volume there; so does an init container of the same image, which this is.
pub(super) fn image_content(
    mount: &MountPlan<'_>,
    volume: &VolumePlan,
    service: &ServicePlan<'_>,
    plan: &Plan<'_>,
    sink: &mut Sink<'_>,
) -> Place {
    let command = vec!["sh".to_owned(), "-c".to_owned(), literal(COPY_ONCE), "copy".to_owned(), mount.target.clone()];
    let security = security(written_user(service), Some(&service.image), service, plan);
    let container = preparing(("copy", &volume.name), &service.image.name, command, vec![volume_mount(volume)], security);
    let name = container.name.clone();
    add(container, sink);
    Place::init_container(service.index, name, "command")
}

/// Fills a claim with the files of the directory that it stands for.
pub(super) fn fill(volume: &VolumePlan, service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) {
    let first = volume.uses.first().map(|usage| &plan.mounts[usage.service][usage.mount]);
    let content = files::embed(&volume.fill, &volume.claim, first, service, plan, sink);
    let name = pod_volume(content, "fill", &volume.claim, service, plan, sink);
    let files = VolumeMount { name, mount_path: FILES.to_owned(), read_only: Some(true), ..VolumeMount::default() };
    add(filling(&volume.name, FILL_ONCE, vec![volume_mount(volume), files], service, plan), sink);
}

/// Files that the container itself changes, in an empty directory: a volume of files is read-only. `path` is that of the one file to mount.
pub(super) fn writable(
    content: Volume,
    path: Option<String>,
    mount: &MountPlan<'_>,
    service: &ServicePlan<'_>,
    plan: &Plan<'_>,
    sink: &mut Sink<'_>,
) -> Became {
    match filled(content, "written", FILL_ANEW, path, (&mount.target, false), service, plan, sink) {
        Some(places) => Became::Approximated(
            places,
            "its command writes there, so an init container puts the files into an empty directory when the pod starts; what it writes \
             is gone with the pod"
                .to_owned(),
        ),
        None => Became::taken(),
    }
}

/// A file that has to belong to the user who reads it, and to nobody else: files of a volume are root's, and readable for a group.
/// `at` is where it is mounted, and whether it is read-only there.
pub(in crate::attributes) fn owned(
    content: Volume,
    path: &str,
    at: (&str, bool),
    service: &ServicePlan<'_>,
    plan: &Plan<'_>,
    sink: &mut Sink<'_>,
) -> Became {
    match filled(content, "owned", FILL_OWNED, Some(path.to_owned()), at, service, plan, sink) {
        Some(places) => Became::Mapped(
            places,
            "an init container copies it, since it has to belong to the user who reads it, with a mode of 0400".to_owned(),
        ),
        None => Became::taken(),
    }
}

/// Mounts an empty directory, or one `path` in it, that an init container fills with files when the pod starts.
#[expect(clippy::too_many_arguments, reason = "two callers, each with its own words for the same thing")]
fn filled(
    content: Volume,
    kind: &str,
    script: &str,
    path: Option<String>,
    (target, read_only): (&str, bool),
    service: &ServicePlan<'_>,
    plan: &Plan<'_>,
    sink: &mut Sink<'_>,
) -> Option<Vec<Place>> {
    let files = pod_volume(content, "fill", target, service, plan, sink);
    let files = VolumeMount { name: files, mount_path: FILES.to_owned(), read_only: Some(true), ..VolumeMount::default() };
    let volume = pod_volume(memory::empty_dir(None, None), kind, target, service, plan, sink);
    let whole = VolumeMount { name: volume.clone(), mount_path: VOLUME.to_owned(), ..VolumeMount::default() };
    let container = filling(&volume, script, vec![whole, files], service, plan);
    let name = container.name.clone();
    add(container, sink);
    let place = mount_path(target, volume, path, read_only, service, sink)?;
    Some(vec![place, Place::init_container(service.index, name, "command")])
}

/// An init container that fills a volume of the pod with files.
fn filling(volume: &str, script: &str, mounts: Vec<VolumeMount>, service: &ServicePlan<'_>, plan: &Plan<'_>) -> Container {
    let image = plan.input.options.wait_image.as_deref().unwrap_or(crate::options::TOOL_IMAGE);
    let command = vec!["sh".to_owned(), "-c".to_owned(), literal(script)];
    preparing(("fill", volume), image, command, mounts, security(tool_user(service), None, service, plan))
}

/// Makes the directory of the claim that is mounted, as the server's user. The kubelet would make it for root, and who is not root may not change
/// the mode of what is not its own, as `initdb` does.
pub(super) fn own_directory(volume: &VolumePlan, directory: &str, service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) {
    let whole = VolumeMount { name: volume.name.to_string(), mount_path: VOLUME.to_owned(), ..VolumeMount::default() };
    let command = ["mkdir", "-p", "-m", "0700", &format!("{VOLUME}/{directory}")].map(str::to_owned).to_vec();
    let security = security(written_user(service), Some(&service.image), service, plan);
    add(preparing(("own", &volume.name), &service.image.name, command, vec![whole], security), sink);
}

/// True when a service's container is not root from the start.
pub(super) fn starts_as_plain_user(service: &ServicePlan<'_>, plan: &Plan<'_>) -> bool {
    let is_restricted = plan.security(service) == Security::Restricted;
    written_user(service).map_or_else(
        || service.image.user().is_some_and(|user| user.uid != 0 && (!user.starts_as_root || (is_restricted && user.direct))),
        |(uid, _)| uid != 0,
    )
}

/// Files that the image of a service has, in an empty directory.
pub(super) fn from_image(
    mount: &MountPlan<'_>,
    from: usize,
    path: &str,
    service: &ServicePlan<'_>,
    plan: &Plan<'_>,
    sink: &mut Sink<'_>,
) -> Became {
    let source = &plan.services[from];
    let volume = pod_volume(memory::empty_dir(None, None), "files", &mount.target, service, plan, sink);
    let whole = VolumeMount { name: volume.clone(), mount_path: VOLUME.to_owned(), ..VolumeMount::default() };
    let command = vec!["cp".to_owned(), "-R".to_owned(), literal(&format!("{path}/.")), VOLUME.to_owned()];
    let security = security(None, Some(&source.image), service, plan);
    let container = preparing(("copy", &volume), &source.image.name, command, vec![whole], security);
    let name = container.name.clone();
    add(container, sink);
    let message = format!(
        "the image of `{}` contains these files; an init container copies them from its `{path}` when the pod starts, for which it needs `cp`",
        source.service.name.value
    );
    // Directories to mount below it have to be made, which a read-only mount forbids.
    let read_only = mount.read_only && nested(mount, service, plan).is_empty();
    match mount_path(&mount.target, volume, None, read_only, service, sink) {
        Some(place) => Became::Approximated(vec![place, Place::init_container(service.index, name, "command")], message),
        None => Became::taken(),
    }
}

/// A container that prepares a volume of the pod before the service's own starts; its name is made of what it does and that volume.
fn preparing(
    (does, volume): (&str, &str),
    image: &str,
    command: Vec<String>,
    mounts: Vec<VolumeMount>,
    security: SecurityContext,
) -> Container {
    Container {
        name: label_name(&format!("{does}-{volume}")).to_string(),
        image: Some(image.to_owned()),
        command: Some(command),
        volume_mounts: Some(mounts),
        security_context: Some(security),
        resources: Some(resources()),
        ..Container::default()
    }
}

fn volume_mount(volume: &VolumePlan) -> VolumeMount {
    VolumeMount {
        name: volume.name.to_string(),
        mount_path: VOLUME.to_owned(),
        sub_path: volume.path_in_claim(None),
        ..VolumeMount::default()
    }
}

/// A number that is nobody's, for what would run as root and must not.
const NOBODY: i64 = 65534;

/// The user that the project gives the container; without one the image's own is right.
fn written_user(service: &ServicePlan<'_>) -> Option<(i64, Option<i64>)> {
    service.user?;
    let (uid, gid) = user(service);
    Some((uid?, gid))
}

/// The user as which files are put where a service finds them.
fn tool_user(service: &ServicePlan<'_>) -> Option<(i64, Option<i64>)> {
    let (uid, gid) = user(service);
    uid.map(|uid| (uid, gid))
}

/// What a container that copies may do. Root keeps its capabilities unless `--security` forbids it: it gives files to others.
/// `image` is the container's, where it is known what user it has.
pub(in crate::attributes) fn security(
    user: Option<(i64, Option<i64>)>,
    image: Option<&ImageFacts>,
    service: &ServicePlan<'_>,
    plan: &Plan<'_>,
) -> SecurityContext {
    let is_restricted = plan.security(service) == Security::Restricted;
    let documented = || {
        let known = image.and_then(|image| Some((image.user().filter(|user| user.uid != 0)?.uid, image.group())));
        known.unwrap_or((NOBODY, Some(NOBODY)))
    };
    let user = user.filter(|(uid, _)| !is_restricted || *uid != 0).or_else(|| is_restricted.then(documented));
    let is_plain = is_restricted || user.is_some_and(|(uid, _)| uid != 0);
    let nothing = Capabilities { add: None, drop: Some(vec!["ALL".to_owned()]) };
    SecurityContext {
        run_as_user: user.map(|(uid, _)| uid),
        run_as_group: user.and_then(|(_, gid)| gid),
        run_as_non_root: is_plain.then_some(true),
        allow_privilege_escalation: Some(false),
        capabilities: is_plain.then_some(nothing),
        seccomp_profile: Some(SeccompProfile { type_: "RuntimeDefault".to_owned(), localhost_profile: None }),
        ..SecurityContext::default()
    }
}

/// What a container needs that only prepares something.
pub(in crate::attributes) fn resources() -> ResourceRequirements {
    let amounts = |cpu: &str, memory: &str| {
        BTreeMap::from([("cpu".to_owned(), Quantity(cpu.to_owned())), ("memory".to_owned(), Quantity(memory.to_owned()))])
    };
    ResourceRequirements { requests: Some(amounts("10m", "32Mi")), limits: Some(amounts("500m", "128Mi")), claims: None }
}

fn add(container: Container, sink: &mut Sink<'_>) {
    if sink.draft.init_containers.iter().all(|known| known.name != container.name) {
        sink.draft.init_containers.push(container);
    }
}
