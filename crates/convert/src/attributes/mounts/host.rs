//! Mounts of the host's paths that are no claim: embedded files, parts of the machine, and what could not be read.

use std::path::Path as FilePath;

use k8s_openapi::api::core::v1::{HostPathVolumeSource, Volume};
use windlass_source::{Code, Diagnostic};

use super::guarded::{self, Privacy};
use super::{Became, copy, files, memory, mount_at, mount_path, pod_volume};
use crate::attributes::Sink;
use crate::attributes::security::not_at;
use crate::decide::{
    Absent, Becoming, File, HostKind, HostSource, MountPlan, Plan, ServicePlan, instead_of_machine, is_in_every_container, writes_to,
};
use crate::options::HostPaths;

pub(super) fn host(mount: &MountPlan<'_>, source: &HostSource, service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) -> Became {
    let shown = source.path.display();
    match &source.is {
        HostKind::File(file) => embedded(mount, std::slice::from_ref(file), true, service, plan, sink),
        HostKind::Directory(content) => embedded(mount, content, false, service, plan, sink),
        HostKind::Memory => {
            let name = pod_volume(memory::in_memory(None), "memory", &mount.target, service, plan, sink);
            Became::approximated(mount_at(mount, name, None, service, sink), "memory of the pod alone, not that of the node")
        }
        HostKind::Machine if is_in_every_container(&source.path) && is_in_every_container(FilePath::new(&mount.target)) => {
            device(mount, source)
        }
        HostKind::Machine if plan.input.options.host_paths == HostPaths::Allow => {
            if let Some(reason) = not_at(plan.security(service)) {
                return Became::Refused(format!("`{shown}` belongs to the node, and {reason}, whatever `--host-paths` says"));
            }
            let is_socket = source.path.extension().is_some_and(|extension| extension == "sock");
            let path = HostPathVolumeSource { path: shown.to_string(), type_: is_socket.then(|| "Socket".to_owned()) };
            let volume = Volume { host_path: Some(path), ..Volume::default() };
            let name = pod_volume(volume, "host", &mount.target, service, plan, sink);
            let place = mount_at(mount, name, None, service, sink);
            Became::approximated(place, format!("`{shown}` of whichever node the pod runs on"))
        }
        HostKind::Machine => {
            let role = service.image.entry().map(|image| image.role);
            let message = format!(
                "`{shown}` belongs to the node and the mount is left out: {}; `--host-paths allow` mounts it",
                instead_of_machine(&source.path, role)
            );
            Became::Refused(message)
        }
        // Claims are volumes by now.
        HostKind::Claim(_) => Became::Lost("the directory could not be made a claim".to_owned()),
        HostKind::LeftOut(absent, is_directory) => left_out(absent, *is_directory, mount, source, sink),
    }
}

/// A device at a place where every container has one. `/dev/urandom` at `/dev/random` kept a server from waiting for chance.
fn device(mount: &MountPlan<'_>, source: &HostSource) -> Became {
    let target = &mount.target;
    if source.path == FilePath::new(target) {
        return Became::Mapped(Vec::new(), "every container has this device".to_owned());
    }
    let waits = if target == "/dev/random" { ", which waits no more since Linux 5.6" } else { "" };
    Became::Approximated(Vec::new(), format!("every container has its own `{target}`{waits}; nothing is mounted there"))
}

/// Files in the place where the project mounts them. A file stands at its exact path; its object's name changes with its content,
/// since a file that is mounted alone never changes in a running pod.
fn embedded(
    mount: &MountPlan<'_>,
    content: &[File],
    is_file: bool,
    service: &ServicePlan<'_>,
    plan: &Plan<'_>,
    sink: &mut Sink<'_>,
) -> Became {
    let base = mount.mount.source.as_ref().map_or("", |source| source.trim_end_matches('/'));
    let base = base.rsplit('/').next().unwrap_or_default();
    if !mount.read_only && writes_to(mount, service, &plan.mounts[service.index], &plan.sources) {
        let volume = files::embed(content, base, Some(mount), service, plan, sink);
        let path = is_file.then(|| content.first().map(|file| file.path.clone())).flatten();
        return copy::writable(volume, path, mount, service, plan, sink);
    }
    if let [file] = content
        && is_file
        && guarded::privacy(&mount.target, file.private_mode(), service) == Privacy::Owned
    {
        let volume = files::embed(content, base, Some(mount), service, plan, sink);
        return copy::owned(volume, &file.path, (&mount.target, mount.read_only), service, plan, sink);
    }
    let nested = if is_file { Vec::new() } else { places_to_mount(mount, content, service, plan) };
    let with_nested: Vec<File>;
    let content = if nested.is_empty() {
        content
    } else {
        with_nested = content.iter().cloned().chain(nested).collect();
        &with_nested
    };
    let volume = files::embed(content, base, Some(mount), service, plan, sink);
    let key = content.first().filter(|_| is_file && volume.secret.is_some());
    let kept = key.and_then(|key| guarded::kept(&mount.target, key.private_mode()?, service));
    let name = pod_volume(volume, if is_file { "file" } else { "files" }, &mount.target, service, plan, sink);
    let place = if is_file {
        let path = content.first().map(|file| file.path.clone());
        mount_path(&mount.target, name, path, true, service, sink)
    } else {
        mount_path(&mount.target, name, None, true, service, sink)
    };
    match (place, kept) {
        (Some(place), Some(kept)) if mount.read_only => Became::Mapped(vec![place], kept),
        (place, _) if mount.read_only => Became::mapped(place),
        (place, kept) => {
            let what = if is_file { "file" } else { "files" };
            let kept = kept.map(|kept| format!("; {kept}")).unwrap_or_default();
            Became::approximated(place, format!("the container can't change the {what}; `:ro` says that it need not{kept}"))
        }
    }
}

/// Nothing can be mounted below a read-only directory that has no such file or directory, and none can be made there: empty
/// ones for what the service mounts there.
fn places_to_mount(mount: &MountPlan<'_>, content: &[File], service: &ServicePlan<'_>, plan: &Plan<'_>) -> Vec<File> {
    let mut places: Vec<File> = Vec::new();
    for below in nested(mount, service, plan) {
        let directory = format!("{}/", below.path);
        let known = |file: &File| file.path == below.path || file.path.starts_with(&directory);
        if !content.iter().chain(&places).any(known) {
            let path = if below.is_file { below.path } else { format!("{directory}.keep") };
            places.push(File { path, content: Vec::new(), mode: 0o644 });
        }
    }
    places
}

/// A mount below another one.
pub(super) struct Nested {
    /// Relative to the other's target.
    path: String,
    is_file: bool,
}

/// What a service mounts below the target of one of its mounts.
pub(super) fn nested(mount: &MountPlan<'_>, service: &ServicePlan<'_>, plan: &Plan<'_>) -> Vec<Nested> {
    let below = |target: &str| target.strip_prefix(mount.target.as_str())?.strip_prefix('/').map(str::to_owned);
    let mounts = plan.mounts[service.index].iter().filter_map(|other| {
        let is_file = match &other.becomes {
            Becoming::Host(source) => matches!(plan.sources[*source].is, HostKind::File(_)),
            Becoming::OwnLayer | Becoming::InImage | Becoming::Clock | Becoming::BadTarget => return None,
            _ => false,
        };
        Some(Nested { path: below(&other.target)?, is_file })
    });
    let files =
        [(&service.service.configs, "/"), (&service.service.secrets, "/run/secrets/")].into_iter().flat_map(|(files, directory)| {
            files.iter().filter_map(move |file| {
                let written = file.target.as_ref().unwrap_or(&file.source).as_str();
                let target = if written.starts_with('/') { written.to_owned() } else { format!("{directory}{written}") };
                Some(Nested { path: below(&target)?, is_file: true })
            })
        });
    let memory = service.service.tmpfs.iter().filter_map(|entry| {
        let target = entry.split(':').next().unwrap_or_default().trim_end_matches('/');
        Some(Nested { path: below(target)?, is_file: false })
    });
    mounts.chain(files).chain(memory).collect()
}

/// What is said of a path that gives no content.
fn left_out(absent: &Absent, is_directory: bool, mount: &MountPlan<'_>, source: &HostSource, sink: &mut Sink<'_>) -> Became {
    let shown = source.path.display();
    let (problem, remedy) = match absent {
        Absent::Missing => (format!("`{shown}` is not there"), "create the file, or leave the mount out".to_owned()),
        Absent::Outside(to) => {
            let allowed = if is_directory { to } else { to.parent().unwrap_or(to) }.display();
            (
                format!("`{shown}` leads out of the project's directory"),
                format!("keep it in the project, or embed it with `--allow-outside {allowed}`"),
            )
        }
        Absent::TooLarge | Absent::TooMany => {
            let limit = if *absent == Absent::TooLarge { "1 MiB" } else { "1,000 files" };
            (
                format!("`{shown}` holds more than {limit}"),
                "put it into an image (`COPY`), or into a named volume that `windlass data` fills".to_owned(),
            )
        }
        Absent::Special => (format!("`{shown}` is a socket or device"), "reach the other program by its service's name".to_owned()),
        Absent::Unreadable(reason) => (format!("`{shown}` can't be read: {reason}"), "make it readable, or leave the mount out".to_owned()),
    };
    if mount.written.is_some() {
        sink.diagnostics.push(
            Diagnostic::warning(Code("convert::mount-left-out"), format!("nothing is mounted at `{}`", mount.target))
                .label(mount.mount.source.as_ref().and_then(|source| source.span()), "")
                .because(problem.clone())
                .help(remedy.clone()),
        );
    }
    match absent {
        Absent::Outside(_) | Absent::Special => Became::Refused(format!("{problem}: {remedy}")),
        _ => Became::Lost(format!("{problem}: {remedy}")),
    }
}
