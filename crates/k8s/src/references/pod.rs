//! Inside a pod: volumes and their sources, mounts, variables, ports, names.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{Container, EnvVarSource, KeyToPath, PodSpec, PodTemplateSpec, Probe, Volume, VolumeProjection};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::network::{Number, protocol};
use super::{Context, Place, Problem, matches, spec_path, steps, unique};
use crate::kind::Kind;
use crate::object::Object;
use crate::resource::Resource;

pub(super) fn check(object: &Object, template: &PodTemplateSpec, context: &mut Context<'_>) {
    check_own_selector(object, template, context);
    let (Some(spec), Some(path)) = (&template.spec, Resource::pod_spec_path(object.kind())) else { return };
    let path = Place::at(path);

    if let Some(account) = spec.service_account_name.as_deref().filter(|account| *account != "default") {
        context.require(Kind::ServiceAccount, account, || path.key("serviceAccountName"));
    }
    for (at, secret) in spec.image_pull_secrets.iter().flatten().enumerate() {
        context.require(Kind::Secret, &secret.name, || path.key("imagePullSecrets").index(at));
    }
    check_volumes(object, spec, &path, context);
    check_containers(spec, &path, context);
}

fn check_own_selector(object: &Object, template: &PodTemplateSpec, context: &mut Context<'_>) {
    let selector = match &object.resource {
        Resource::Deployment(value) => value.spec.as_ref().map(|spec| &spec.selector),
        Resource::StatefulSet(value) => value.spec.as_ref().map(|spec| &spec.selector),
        Resource::DaemonSet(value) => value.spec.as_ref().map(|spec| &spec.selector),
        _ => None,
    };
    let Some(selector) = selector else { return };
    let none = BTreeMap::new();
    let labels = template.metadata.as_ref().and_then(|metadata| metadata.labels.as_ref()).unwrap_or(&none);
    let is_empty = selector.match_labels.iter().flatten().count() + selector.match_expressions.iter().flatten().count() == 0;
    if is_empty || !matches(selector, labels) {
        context.report(spec_path().key("selector"), Problem::OtherPods);
    }
}

/// Each container with its path, init containers first, as they start.
pub(super) fn containers<'a>(spec: &'a PodSpec, path: &Place) -> impl Iterator<Item = (&'a Container, Place)> {
    let (init, main) = (path.key("initContainers"), path.key("containers"));
    let init = spec.init_containers.iter().flatten().enumerate().map(move |(at, container)| (container, init.index(at)));
    init.chain(spec.containers.iter().enumerate().map(move |(at, container)| (container, main.index(at))))
}

fn check_volumes(object: &Object, spec: &PodSpec, path: &Place, context: &mut Context<'_>) {
    let mut names = BTreeSet::new();
    for (at, volume) in spec.volumes.iter().flatten().enumerate() {
        let path = path.key("volumes").index(at);
        unique(&mut names, volume.name.as_str(), || path.key("name"), context);
        check_source(volume, &path, context);
    }
    // The claims of a StatefulSet's template are volumes of its pods.
    if let Resource::StatefulSet(set) = &object.resource {
        let templates = set.spec.iter().flat_map(|spec| spec.volume_claim_templates.iter().flatten());
        for (at, claim) in templates.enumerate() {
            let name = claim.metadata.name.as_deref().unwrap_or_default();
            unique(&mut names, name, || spec_path().key("volumeClaimTemplates").index(at), context);
        }
    }

    let volumes: BTreeMap<_, _> = spec.volumes.iter().flatten().map(|volume| (volume.name.as_str(), volume)).collect();
    let mut mounted = BTreeSet::new();
    for (container, path) in containers(spec, path) {
        let mut places = BTreeSet::new();
        for (at, mount) in container.volume_mounts.iter().flatten().enumerate() {
            let path = || path.key("volumeMounts").index(at);
            unique(&mut places, mount.mount_path.as_str(), || path().key("mountPath"), context);
            mounted.insert(mount.name.as_str());
            if !names.contains(&mount.name.as_str()) {
                context.report(path().key("name"), Problem::MissingVolume(mount.name.clone()));
            }
            if let (Some(sub_path), Some(volume)) = (&mount.sub_path, volumes.get(mount.name.as_str())) {
                check_sub_path(sub_path, volume, &path().key("subPath"), context);
            }
        }
        mounted.extend(container.volume_devices.iter().flatten().map(|device| device.name.as_str()));
    }
    for name in names {
        if !mounted.contains(&name) {
            context.report(path.key("volumes"), Problem::UnmountedVolume(name.to_owned()));
        }
    }
}

fn check_source(volume: &Volume, path: &Place, context: &mut Context<'_>) {
    if let Some(claim) = &volume.persistent_volume_claim {
        context.require(Kind::PersistentVolumeClaim, &claim.claim_name, || steps(path, &["persistentVolumeClaim", "claimName"]));
    }
    if let Some(map) = &volume.config_map {
        check_content(Kind::ConfigMap, &map.name, map.items.as_deref(), map.optional, &path.key("configMap"), context);
    }
    if let Some(secret) = &volume.secret {
        let name = secret.secret_name.as_deref().unwrap_or_default();
        check_content(Kind::Secret, name, secret.items.as_deref(), secret.optional, &path.key("secret"), context);
    }
    let sources = volume.projected.iter().flat_map(|projected| projected.sources.iter().flatten());
    for (at, VolumeProjection { config_map, secret, .. }) in sources.enumerate() {
        let path = path.key("projected").key("sources").index(at);
        if let Some(map) = config_map {
            check_content(Kind::ConfigMap, &map.name, map.items.as_deref(), map.optional, &path.key("configMap"), context);
        }
        if let Some(secret) = secret {
            check_content(Kind::Secret, &secret.name, secret.items.as_deref(), secret.optional, &path.key("secret"), context);
        }
    }
}

fn check_content(kind: Kind, name: &str, items: Option<&[KeyToPath]>, optional: Option<bool>, path: &Place, context: &mut Context<'_>) {
    if optional == Some(true) || !context.require(kind, name, || path.key("name")) {
        return;
    }
    let mut places = BTreeSet::new();
    for (at, item) in items.unwrap_or_default().iter().enumerate() {
        let path = path.key("items").index(at);
        context.require_key(kind, name, &item.key, || path.key("key"));
        unique(&mut places, item.path.as_str(), || path.key("path"), context);
    }
}

/// A `subPath` that the ConfigMap or Secret does not have becomes an empty directory where a file was meant.
fn check_sub_path(sub_path: &str, volume: &Volume, path: &Place, context: &mut Context<'_>) {
    let (kind, name, items, optional) = match (&volume.config_map, &volume.secret) {
        (Some(map), _) => (Kind::ConfigMap, map.name.as_str(), &map.items, map.optional),
        (None, Some(secret)) => (Kind::Secret, secret.secret_name.as_deref().unwrap_or_default(), &secret.items, secret.optional),
        (None, None) => return,
    };
    if optional == Some(true) {
        return;
    }
    match items {
        Some(items) => {
            let is_in = |file: &str| file == sub_path || file.strip_prefix(sub_path).is_some_and(|rest| rest.starts_with('/'));
            if !items.iter().any(|item| is_in(&item.path)) {
                let object = crate::object::ObjectRef::new(kind, name);
                context.report(path.clone(), Problem::MissingKey(object, sub_path.to_owned()));
            }
        }
        None => context.require_key(kind, name, sub_path, || path.clone()),
    }
}

fn check_containers(spec: &PodSpec, path: &Place, context: &mut Context<'_>) {
    let mut names = BTreeSet::new();
    // Named ports are looked up in the whole pod.
    let mut port_names = BTreeSet::new();
    for (container, path) in containers(spec, path) {
        unique(&mut names, container.name.as_str(), || path.key("name"), context);
        let mut numbers = BTreeSet::new();
        for (at, port) in container.ports.iter().flatten().enumerate() {
            let path = || path.key("ports").index(at);
            if let Some(name) = port.name.as_deref() {
                unique(&mut port_names, name, || path().key("name"), context);
            }
            let number = Number(port.container_port, protocol(port.protocol.as_deref()));
            unique(&mut numbers, number, || path().key("containerPort"), context);
        }
        check_variables(container, &path, context);
        for (key, probe) in [
            ("startupProbe", &container.startup_probe),
            ("readinessProbe", &container.readiness_probe),
            ("livenessProbe", &container.liveness_probe),
        ] {
            if let Some(probe) = probe {
                check_probe(probe, container, || path.key(key), context);
            }
        }
    }
}

fn check_variables(container: &Container, path: &Place, context: &mut Context<'_>) {
    let mut names = BTreeSet::new();
    for (at, variable) in container.env.iter().flatten().enumerate() {
        let path = || path.key("env").index(at);
        unique(&mut names, variable.name.as_str(), || path().key("name"), context);
        let Some(EnvVarSource { config_map_key_ref, secret_key_ref, .. }) = &variable.value_from else { continue };
        let path = path().key("valueFrom");
        if let Some(source) = config_map_key_ref
            && source.optional != Some(true)
            && context.require(Kind::ConfigMap, &source.name, || steps(&path, &["configMapKeyRef", "name"]))
        {
            context.require_key(Kind::ConfigMap, &source.name, &source.key, || steps(&path, &["configMapKeyRef", "key"]));
        }
        if let Some(source) = secret_key_ref
            && source.optional != Some(true)
            && context.require(Kind::Secret, &source.name, || steps(&path, &["secretKeyRef", "name"]))
        {
            context.require_key(Kind::Secret, &source.name, &source.key, || steps(&path, &["secretKeyRef", "key"]));
        }
    }
    for (at, source) in container.env_from.iter().flatten().enumerate() {
        let path = path.key("envFrom").index(at);
        if let Some(map) = source.config_map_ref.as_ref().filter(|map| map.optional != Some(true)) {
            context.require(Kind::ConfigMap, &map.name, || steps(&path, &["configMapRef", "name"]));
        }
        if let Some(secret) = source.secret_ref.as_ref().filter(|secret| secret.optional != Some(true)) {
            context.require(Kind::Secret, &secret.name, || steps(&path, &["secretRef", "name"]));
        }
    }
}

fn check_probe(probe: &Probe, container: &Container, path: impl Fn() -> Place, context: &mut Context<'_>) {
    let ports = [("httpGet", probe.http_get.as_ref().map(|get| &get.port)), ("tcpSocket", probe.tcp_socket.as_ref().map(|tcp| &tcp.port))];
    for (key, port) in ports {
        // A number may be a port that the container does not declare.
        if let Some(IntOrString::String(name)) = port
            && !container.ports.iter().flatten().any(|port| port.name.as_ref() == Some(name))
        {
            context.report(path().key(key).key("port"), Problem::MissingPort(name.clone()));
        }
    }
}
