//! configs, secrets → ConfigMaps and Secrets mounted as files.
//!
//! ## Before
//! ```yaml
//! secrets: [db_password]
//! ```
//! ## After
//! ```yaml
//! volumeMounts:
//! - { name: secret-db-password, mountPath: /run/secrets/db_password, subPath: db_password, readOnly: true }
//! ```

use windlass_compose::model::FileMount;
use windlass_source::Spanned;

use super::Sink;
use super::mounts::{mount_path, of_object, pod_volume};
use crate::content::field;
use crate::decide::{FileObject, Holds, Plan, ServicePlan, clean_target, find_file_object};
use crate::fates::Place;
use windlass_yaml::Path;

/// Where the attribute's files stand when nobody says otherwise.
struct Attribute {
    name: &'static str,
    directory: &'static str,
    kind: &'static str,
}

pub(super) fn configs(configs: &[Spanned<FileMount>], service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) {
    let attribute = Attribute { name: "configs", directory: "/", kind: "config" };
    for (index, mount) in configs.iter().enumerate() {
        file(index, mount, &attribute, &plan.configs, service, plan, sink);
    }
}

pub(super) fn secrets(secrets: &[Spanned<FileMount>], service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) {
    let attribute = Attribute { name: "secrets", directory: "/run/secrets/", kind: "secret" };
    for (index, mount) in secrets.iter().enumerate() {
        file(index, mount, &attribute, &plan.secrets, service, plan, sink);
    }
}

fn file(
    index: usize,
    mount: &FileMount,
    attribute: &Attribute,
    objects: &[FileObject],
    service: &ServicePlan<'_>,
    plan: &Plan<'_>,
    sink: &mut Sink<'_>,
) {
    let FileMount { source, target, uid, gid, mode, extensions: _ } = mount;
    let path = sink.at(&format!("{}[{index}]", attribute.name));
    let Some(object) = find_file_object(objects, source).and_then(|at| objects.get(at)) else {
        sink.fates.lost(path, format!("`{}` is not defined", source.value));
        return;
    };
    let written = target.as_ref().map_or(source.as_str(), |target| target.as_str());
    let target = if written.starts_with('/') { written.to_owned() } else { format!("{}{written}", attribute.directory) };
    let target = clean_target(&target);
    if target.is_empty() {
        sink.fates.lost(path, "a container mounts at an absolute path other than `/`, without `:`");
        return;
    }
    let bits = mode.as_ref().and_then(|mode| i32::try_from(mode.value.0 & 0o7777).ok());
    // 0644 is what a volume gives without a word.
    let volume = of_object(&object.object, None, bits.filter(|bits| *bits != 0o644).map(|bits| bits & 0o777));
    let name = pod_volume(volume, attribute.kind, &object.key, service, plan, sink);
    let Some(place) = mount_path(&target, name, Some(object.field.to_string()), true, service, sink) else {
        sink.fates.lost(path, format!("something else is mounted at `{target}` already"));
        return;
    };
    let reference = &object.object;
    match &object.holds {
        Holds::Content(content) => {
            let data = Place::object_at(reference.clone(), Path::root().key(field(reference.kind, content)).key(object.field.clone()));
            sink.fates.mapped(path.clone(), [place, data]);
        }
        Holds::External => {
            let message = format!("the {reference} has to be in the cluster, with the key `{}`", object.field);
            sink.fates.approximated(path.clone(), [place], message);
        }
        Holds::Nothing(_) => {
            let message = format!("the pod waits until you make {reference} with the key `{}`", object.field);
            sink.fates.approximated(path.clone(), [place], message);
        }
    }
    for (attribute, id) in [("uid", uid), ("gid", gid)] {
        let Some(id) = id else { continue };
        if id.as_str() == "0" {
            sink.fates.mapped_with(path.key(attribute), [], "files of a volume belong to root");
        } else {
            sink.fates.approximated(
                path.key(attribute),
                [],
                "files of a volume belong to root, and their group is that of the pod's volumes",
            );
        }
    }
    if let (Some(mode), Some(bits)) = (mode, bits) {
        let path = path.key("mode");
        if bits & 0o7000 != 0 {
            sink.fates.approximated(path, [], "without setuid, setgid and sticky bits");
        } else if mode.value.0 > 0o7777 {
            sink.fates.approximated(path, [], format!("as {bits:04o}"));
        } else {
            sink.fates.mapped_with(path, [], format!("the volume's mode is {bits:04o}"));
        }
    }
}
