//! Claims, volumes and storage classes.

use windlass_yaml::Node;

use super::findings::{Findings, Place};
use super::{format, resources, scheduling, selector, volume};
use crate::quantity::Amount;
use crate::view::{Fields as _, quantity, text};

const MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

pub(super) fn claim<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    claim_spec(root, findings);
}

/// The `spec` of a claim or of a template for one.
pub(super) fn claim_spec<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    let spec = root.field("spec").unwrap_or(root);
    if let Some(node) = spec.field("selector") {
        selector::check(node, findings);
    }
    access_modes(root, spec, "at least 1 access mode is required", findings);
    let storage = spec.at(&["resources", "requests", "storage"]);
    match storage {
        None => {
            // The server leaves `requests` out here.
            findings.required(45, Place::at(root, &["spec", "resources"]).then("[storage]"), "");
        }
        Some(storage) => positive(storage, Place::at(spec, &["resources"]).then("[storage]").shown_at(storage), findings),
    }
    findings.text(304, spec, "storageClassName", |text| if text.is_empty() { Vec::new() } else { format::subdomain(text) });
    findings.exactly_one_of(303, spec, "volumeMode", &["Block", "Filesystem"]);
    for name in ["dataSource", "dataSourceRef"] {
        let Some(source) = spec.field(name) else { continue };
        // A `dataSource` of any other kind is dropped before it is validated.
        if name == "dataSource" && !matches!(source.text("kind"), Some("PersistentVolumeClaim" | "VolumeSnapshot")) {
            continue;
        }
        findings.has_text(301, source, "name", "");
        findings.has_text(301, source, "kind", "");
        let group = source.text("apiGroup").unwrap_or_default();
        if group.is_empty() && source.text("kind").is_some_and(|kind| kind != "PersistentVolumeClaim") {
            let place = Place::from(source);
            findings.invalid_value(306, place, "\"\"", "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
        }
    }
}

fn positive<'a>(node: &'a Node, place: Place<'a>, findings: &mut Findings<'a>) {
    let Some(text) = quantity(node) else { return };
    if Amount::parse(&text).is_some_and(|amount| amount <= Amount::default()) {
        findings.invalid_value(302, place, format_args!("{text:?}"), "must be greater than zero");
    }
}

fn access_modes<'a>(root: &'a Node, spec: &'a Node, detail: &str, findings: &mut Findings<'a>) {
    let modes = spec.items("accessModes");
    if modes.is_empty() {
        findings.required(44, Place::at(root, &["spec", "accessModes"]), detail);
    }
    for mode in modes {
        if !text(mode).is_some_and(|mode| MODES.contains(&mode)) {
            // The list as a whole is named, with the one value.
            let quoted: Vec<String> = MODES.iter().map(|mode| format!("{mode:?}")).collect();
            let place = Place::field(spec, "accessModes").shown_at(mode);
            findings.unsupported_value(46, place, text(mode).unwrap_or_default(), &quoted.join(", "));
        }
    }
    if modes.len() > 1 && modes.iter().any(|mode| text(mode) == Some("ReadWriteOncePod")) {
        findings.forbidden(306, Place::field(spec, "accessModes"), "may not use ReadWriteOncePod with other access modes");
    }
}

/// What a volume can stand on, beside the types that pods know.
const OF_VOLUMES: [&str; 22] = [
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "glusterfs",
    "flocker",
    "nfs",
    "rbd",
    "quobyte",
    "cephfs",
    "iscsi",
    "cinder",
    "fc",
    "flexVolume",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "scaleIO",
    "local",
    "storageos",
    "csi",
];

pub(super) fn volume<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    let spec = root.field("spec").unwrap_or(root);
    access_modes(root, spec, "", findings);
    match spec.field("capacity").filter(|capacity| capacity.as_map().is_some_and(|map| !map.is_empty())) {
        None => findings.required(45, Place::at(root, &["spec", "capacity"]), ""),
        Some(capacity) => {
            let keys: Vec<_> = spec.entries("capacity").collect();
            if capacity.get("storage").is_none() || keys.len() > 1 {
                let supported = "\"storage\"";
                let shown = super::findings::show(capacity);
                findings.unsupported_value(303, Place::from(capacity), &shown, supported);
            }
            for (key, value) in keys {
                resources::amount(capacity, key.name(), value, findings);
                positive(value, Place::entry(capacity, key.name()), findings);
            }
        }
    }
    let mut given = 0;
    for kind in OF_VOLUMES {
        let Some(source) = spec.field(kind) else { continue };
        given += 1;
        if given > 1 {
            findings.forbidden(37, source, "may not specify more than 1 volume type");
            continue;
        }
        match kind {
            "hostPath" => volume::host_path(source, findings),
            "local" => {
                if findings.has_text(301, source, "path", "") && spec.field("nodeAffinity").is_none() {
                    findings.required(301, Place::at(root, &["spec", "nodeAffinity"]), "Local volume requires node affinity");
                }
            }
            "csi" => {
                findings.has_text(301, source, "driver", "");
                findings.has_text(301, source, "volumeHandle", "");
            }
            kind => volume::network_disk(kind, source, findings),
        }
    }
    if given == 0 {
        findings.required(37, Place::at(root, &["spec"]), "must specify a volume type");
    }
    if let Some(required) = spec.at(&["nodeAffinity", "required"]) {
        scheduling::node_selector(required, findings);
    }
    findings.one_of(303, spec, "persistentVolumeReclaimPolicy", &["Delete", "Recycle", "Retain"]);
    findings.one_of(303, spec, "volumeMode", &["Block", "Filesystem"]);
    findings.text(304, spec, "storageClassName", |text| if text.is_empty() { Vec::new() } else { format::subdomain(text) });
}

pub(super) fn class<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    match root.text("provisioner").unwrap_or_default() {
        "" => findings.required(301, Place::field(root, "provisioner"), ""),
        name => findings.all(304, || Place::field(root, "provisioner"), format::qualified_name(&name.to_ascii_lowercase())),
    }
    findings.one_of(303, root, "reclaimPolicy", &["Delete", "Retain"]);
    findings.exactly_one_of(303, root, "volumeBindingMode", &["Immediate", "WaitForFirstConsumer"]);
}
