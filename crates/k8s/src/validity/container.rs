//! Containers: names, ports, variables, mounts, hooks. Probes, resources and security have files of their own.

use std::collections::{BTreeMap, BTreeSet};

use windlass_yaml::Node;

use super::findings::{Findings, Place};
use super::pod::Owner;
use super::volume::Volumes;
use super::{format, probe, resources, security};
use crate::view::{Fields as _, text};

/// What a container stands in.
struct Surroundings<'v, 'a> {
    volumes: &'v Volumes<'a>,
    owner: Owner,
    is_init: bool,
}

/// All containers of a pod.
pub(super) fn check_all<'a>(spec: &'a Node, volumes: &Volumes<'a>, owner: Owner, findings: &mut Findings<'a>) {
    let containers = spec.items("containers");
    if containers.is_empty() {
        findings.required(11, Place::field(spec, "containers"), "");
    }
    let uses_host_network = spec.flag("hostNetwork") == Some(true);
    let mut names = BTreeSet::new();
    for (list, is_init) in [(containers, false), (spec.items("initContainers"), true)] {
        for container in list {
            let surroundings = Surroundings { volumes, owner, is_init };
            check(container, &surroundings, findings);
            let name = container.text("name").unwrap_or_default();
            if !name.is_empty() && !names.insert(name) {
                findings.duplicate(32, Place::field(container, "name"));
            }
        }
    }
    host_ports(containers, uses_host_network, findings);
}

fn check<'a>(container: &'a Node, surroundings: &Surroundings<'_, 'a>, findings: &mut Findings<'a>) {
    if findings.has_text(31, container, "name", "") {
        findings.text(31, container, "name", format::label);
    }
    if findings.has_text(95, container, "image", "")
        && surroundings.owner == Owner::Pod
        && container.text("image").is_some_and(|image| image.trim() != image)
    {
        findings.invalid(96, Place::field(container, "image"), "must not have leading or trailing whitespace");
    }
    findings.one_of(98, container, "imagePullPolicy", &["Always", "IfNotPresent", "Never"]);
    findings.one_of(303, container, "terminationMessagePolicy", &["FallbackToLogsOnError", "File"]);
    let is_sidecar = surroundings.is_init && container.text("restartPolicy") == Some("Always");
    restart_policy(container, surroundings.is_init, findings);
    ports(container, findings);
    variables(container, findings);
    mounts(container, surroundings.volumes, findings);
    probe::check_all(container, surroundings.is_init && !is_sidecar, findings);
    if let Some(resources) = container.field("resources") {
        resources::container(resources, findings);
    }
    let mut resized = Vec::new();
    for policy in container.items("resizePolicy") {
        if let Some(name) = policy.text("resourceName") {
            if resized.contains(&name) {
                findings.duplicate_value(307, policy, name);
            }
            resized.push(name);
        }
        // The server leaves index and field out here.
        for (name, known) in [("resourceName", ["cpu", "memory"]), ("restartPolicy", ["NotRequired", "RestartContainer"])] {
            let value = policy.text(name).unwrap_or_default();
            if !known.contains(&value) {
                let place = Place::field(container, "resizePolicy").shown_at(policy.get(name).unwrap_or(policy));
                findings.unsupported_value(303, place, value, &format!("{:?}, {:?}", known[0], known[1]));
            }
        }
    }
    if let Some(context) = container.field("securityContext") {
        security::container(context, findings);
    }
}

fn restart_policy<'a>(container: &'a Node, is_init: bool, findings: &mut Findings<'a>) {
    let Some(policy) = container.text("restartPolicy") else { return };
    let place = || Place::field(container, "restartPolicy");
    // Rules for single containers are on by default from 1.35.
    if findings.version.minor() >= 35 {
        findings.one_of(303, container, "restartPolicy", &["Always", "Never", "OnFailure"]);
        if policy.is_empty() {
            findings.unsupported(303, place(), &["Always", "Never", "OnFailure"]);
        }
    } else if !is_init {
        findings.forbidden(306, place(), "may not be set for non-init containers");
    } else if policy != "Always" {
        findings.unsupported(303, place(), &["Always"]);
    }
}

fn ports<'a>(container: &'a Node, findings: &mut Findings<'a>) {
    let ports = container.items("ports");
    let mut names = BTreeSet::new();
    let mut firsts: BTreeMap<_, &'a Node> = BTreeMap::new();
    for port in ports {
        if let Some(name) = port.text("name").filter(|name| !name.is_empty()) {
            let messages = format::port_name(name);
            let is_new = names.insert(name);
            if messages.is_empty() && !is_new {
                findings.duplicate(52, Place::field(port, "name"));
            }
            findings.all(51, || Place::field(port, "name"), messages);
        }
        match port.int("containerPort") {
            None | Some(0) => findings.required(50, Place::field(port, "containerPort"), ""),
            Some(_) => findings.in_range(50, port, "containerPort", 1, 65535),
        }
        if port.int("hostPort") != Some(0) {
            findings.in_range(50, port, "hostPort", 1, 65535);
        }
        if let Some(address) = port.text("hostIP").filter(|address| !address.is_empty()) {
            findings.all(111, || Place::field(port, "hostIP"), format::ip(address));
        }
        match port.text("protocol") {
            None | Some("TCP" | "UDP" | "SCTP") => {}
            Some("") => {}
            Some(_) => findings.unsupported(54, Place::field(port, "protocol"), &["SCTP", "TCP", "UDP"]),
        }
        let what = (
            port.int("containerPort"),
            port.text("protocol").unwrap_or("TCP"),
            port.int("hostPort").unwrap_or(0),
            port.text("hostIP").unwrap_or_default(),
        );
        if let Some(first) = firsts.get(&what) {
            let first = findings.path(&Place::from(*first));
            findings.warn(53, port, &format!("duplicate port definition with {first}"));
        } else {
            firsts.insert(what, port);
        }
    }
}

/// Ports of the node: one pod can't have one twice, and without a network of its own its ports are the node's.
fn host_ports<'a>(containers: &'a [Node], uses_host_network: bool, findings: &mut Findings<'a>) {
    let mut taken = BTreeSet::new();
    for port in containers.iter().flat_map(|container| container.items("ports")) {
        let inside = port.int("containerPort").unwrap_or(0);
        let mut outside = port.int("hostPort").unwrap_or(0);
        if uses_host_network {
            if outside != 0 && outside != inside {
                findings.invalid(63, Place::field(port, "hostPort"), "must match `containerPort` when `hostNetwork` is true");
            }
            if outside == 0 {
                outside = inside;
            }
        }
        if outside == 0 {
            continue;
        }
        let address = port.text("hostIP").filter(|address| !address.is_empty()).unwrap_or("0.0.0.0");
        let key = (outside, port.text("protocol").unwrap_or("TCP"), address);
        if !taken.insert(key) {
            let value = format!("{}/{}/{}", key.1, key.2, key.0);
            findings.duplicate_value(307, Place::field(port, "hostPort"), &value);
        }
    }
}

fn variables<'a>(container: &'a Node, findings: &mut Findings<'a>) {
    let form = if findings.version.minor() >= 34 { format::variable_name } else { format::strict_variable_name };
    let mut seen = BTreeSet::new();
    for variable in container.items("env") {
        let name = variable.text("name").unwrap_or_default();
        if name.is_empty() {
            findings.required(91, Place::field(variable, "name"), "");
        } else {
            findings.all(91, || Place::field(variable, "name"), form(name));
            if !seen.insert(name) {
                findings.warn(92, variable, &format!("hides previous definition of {name:?}, which may be dropped when using apply"));
            }
        }
        if let Some(source) = variable.field("valueFrom") {
            value_source(variable, source, findings);
        }
    }
    // The server leaves the index out here.
    let sources = |shown: &Node| Place::field(container, "envFrom").shown_at(shown);
    for source in container.items("envFrom") {
        if let Some(prefix) = source.text("prefix").filter(|prefix| !prefix.is_empty()) {
            findings.all(91, || Place::field(source, "prefix"), form(prefix));
        }
        let kinds: Vec<&Node> = ["configMapRef", "secretRef"].iter().filter_map(|kind| source.field(kind)).collect();
        match kinds.as_slice() {
            [] => findings.invalid_value(306, sources(source), "\"\"", "must specify one of: `configMapRef` or `secretRef`"),
            [_] => {}
            _ => findings.invalid_value(306, sources(source), "\"\"", "may not have more than one field specified at a time"),
        }
        for reference in kinds {
            object_name(reference, findings);
        }
    }
}

/// The name of a ConfigMap or Secret.
fn object_name<'a>(reference: &'a Node, findings: &mut Findings<'a>) {
    let name = reference.text("name").unwrap_or_default();
    match name {
        "" => findings.required(93, Place::field(reference, "name"), ""),
        name => findings.all(93, || Place::field(reference, "name"), format::subdomain(name)),
    }
}

fn value_source<'a>(variable: &'a Node, source: &'a Node, findings: &mut Findings<'a>) {
    let kinds = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];
    let given = kinds.iter().filter(|kind| source.field(kind).is_some()).count();
    match given {
        0 => findings.invalid_value(
            306,
            source,
            "\"\"",
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
        ),
        _ if variable.text("value").is_some_and(|value| !value.is_empty()) => {
            findings.invalid_value(90, source, "\"\"", "may not be specified when `value` is not empty");
        }
        1 => {}
        _ => findings.invalid_value(306, source, "\"\"", "may not have more than one field specified at a time"),
    }
    if let Some(field) = source.field("fieldRef") {
        field_reference(field, &FIELDS_OF_VARIABLES, findings);
    }
    if let Some(resource) = source.field("resourceFieldRef") {
        resource_reference(resource, false, findings);
    }
    for kind in ["configMapKeyRef", "secretKeyRef"] {
        let Some(reference) = source.field(kind) else { continue };
        let name = reference.text("name").unwrap_or_default();
        findings.all(93, || Place::field(reference, "name"), format::subdomain(name));
        match reference.text("key").unwrap_or_default() {
            "" => findings.required(93, Place::field(reference, "key"), ""),
            key => findings.all(128, || Place::field(reference, "key"), format::config_key(key)),
        }
    }
}

const FIELDS_OF_VARIABLES: [&str; 8] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
];
/// Fields that only a file can hold have no list here: they are whole maps.
const FIELDS_OF_FILES: [&str; 5] = ["metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid"];

/// A field of the pod that a file of a `downwardAPI` volume shows.
pub(super) fn field_of_file<'a>(field: &'a Node, findings: &mut Findings<'a>) {
    field_reference(field, &FIELDS_OF_FILES, findings);
}

fn field_reference<'a>(field: &'a Node, known: &[&str], findings: &mut Findings<'a>) {
    if let Some(version) = field.text("apiVersion").filter(|version| !matches!(*version, "" | "v1")) {
        let message = format!("no kind is registered for the version {version:?}");
        return findings.invalid(94, Place::field(field, "apiVersion"), &message);
    }
    let place = || Place::field(field, "fieldPath");
    let path = match field.text("fieldPath").unwrap_or_default() {
        "" => return findings.required(94, place(), ""),
        path => path,
    };
    if let Some((map, rest)) = path.split_once('[').filter(|(map, _)| matches!(*map, "metadata.labels" | "metadata.annotations")) {
        let key = rest.strip_suffix(']').map(|key| key.trim_matches(['\'', '"'])).unwrap_or_default();
        let key = if map.ends_with("annotations") { key.to_ascii_lowercase() } else { key.to_owned() };
        return findings.all(94, place, format::qualified_name(&key));
    }
    let is_known = |path: &str| known.contains(&path) || (path == "status.podIPs" && known.contains(&"status.podIP"));
    if !is_known(path) {
        let elsewhere =
            matches!(path, "metadata.labels" | "metadata.annotations" | "spec.restartPolicy" | "spec.schedulerName" | "status.phase")
                || FIELDS_OF_VARIABLES.contains(&path);
        if elsewhere {
            findings.unsupported(94, place(), known);
        } else {
            findings.invalid(94, place(), &format!("error converting fieldPath: field label not supported: {path}"));
        }
    }
}

/// An amount that a variable or a file shows.
pub(super) fn resource_reference<'a>(reference: &'a Node, needs_container: bool, findings: &mut Findings<'a>) {
    if needs_container {
        findings.has_text(301, reference, "containerName", "");
    }
    const KNOWN: [&str; 6] =
        ["limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"];
    let resource = reference.text("resource").unwrap_or_default();
    if resource.is_empty() {
        findings.required(301, Place::field(reference, "resource"), "");
    } else if !KNOWN.contains(&resource) && !resource.contains("hugepages-") {
        findings.unsupported(303, Place::field(reference, "resource"), &KNOWN);
    }
}

fn mounts<'a>(container: &'a Node, volumes: &Volumes<'a>, findings: &mut Findings<'a>) {
    let mut paths = BTreeSet::new();
    let devices = container.items("volumeDevices");
    for mount in container.items("volumeMounts") {
        let name = mount.text("name").unwrap_or_default();
        if name.is_empty() {
            findings.required(34, Place::field(mount, "name"), "");
        }
        match mount.text("mountPath").unwrap_or_default() {
            "" => findings.required(36, Place::field(mount, "mountPath"), ""),
            path if !paths.insert(path) => findings.invalid(36, Place::field(mount, "mountPath"), "must be unique"),
            _ => {}
        }
        if !volumes.has(name) {
            findings.not_found(34, Place::field(mount, "name"));
        }
        for field in ["subPath", "subPathExpr"] {
            let Some(path) = mount.text(field).filter(|path| !path.is_empty()) else { continue };
            for message in format::below(path) {
                // The server leaves the index out here.
                let place = Place::from(container).then(&format!(".volumeMounts.{field}"));
                let node = mount.get(field).unwrap_or(mount);
                findings.invalid_value(40, place.shown_at(node), format_args!("{path:?}"), &message);
            }
        }
        let is_given = |name: &str| mount.text(name).is_some_and(|text| !text.is_empty());
        if is_given("subPath") && is_given("subPathExpr") {
            let place = Place::from(container).then(".volumeMounts.subPathExpr").shown_at(mount);
            findings.invalid_value(
                306,
                place,
                format_args!("{:?}", mount.text("subPathExpr").unwrap_or_default()),
                "subPathExpr and subPath are mutually exclusive",
            );
        }
        propagation(container, mount, findings);
    }
    for device in devices {
        let name = device.text("name").unwrap_or_default();
        findings.has_text(34, device, "name", "");
        findings.has_text(36, device, "devicePath", "");
        if !volumes.has(name) {
            findings.not_found(34, Place::field(device, "name"));
        }
    }
}

fn propagation<'a>(container: &'a Node, mount: &'a Node, findings: &mut Findings<'a>) {
    const MODES: [&str; 3] = ["Bidirectional", "HostToContainer", "None"];
    if let Some(mode) = mount.field("mountPropagation")
        && text(mode).is_some_and(|mode| !MODES.contains(&mode))
    {
        // The server leaves the index out here too.
        let place = Place::from(container).then(".volumeMounts.mountPropagation").shown_at(mode);
        let quoted: Vec<String> = MODES.iter().map(|mode| format!("{mode:?}")).collect();
        findings.unsupported_value(303, place, text(mode).unwrap_or_default(), &quoted.join(", "));
    }
    let is_privileged = container.field("securityContext").and_then(|context| context.flag("privileged")) == Some(true);
    if mount.text("mountPropagation") == Some("Bidirectional") && !is_privileged {
        let place = Place::field(mount, "mountPropagation");
        findings.forbidden(306, place, "Bidirectional mount propagation is available only to privileged containers");
    }
    let recursive = mount.text("recursiveReadOnly").filter(|value| !matches!(*value, "" | "Disabled"));
    if recursive.is_some() && mount.flag("readOnly") != Some(true) {
        findings.forbidden(306, Place::field(mount, "recursiveReadOnly"), "may only be specified when readOnly is true");
    }
    findings.one_of(303, mount, "recursiveReadOnly", &["Disabled", "Enabled", "IfPossible"]);
}

/// The port of a probe or hook: a number or the name of one.
pub(super) fn port<'a>(node: &'a Node, name: &str, findings: &mut Findings<'a>) {
    let Some(value) = node.field(name) else {
        // Absent, it is the number 0.
        return findings.invalid_value(50, Place::field(node, name), 0, "must be between 1 and 65535, inclusive");
    };
    match text(value) {
        Some(text) => findings.all(61, || value.into(), format::port_name(text)),
        None => findings.in_range(50, node, name, 1, 65535),
    }
}
