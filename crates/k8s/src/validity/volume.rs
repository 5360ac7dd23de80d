//! Volumes of a pod: what they are called and what stands behind each.

use std::collections::BTreeSet;

use windlass_yaml::Node;

use super::findings::{Findings, Place};
use super::{container, format, metadata, storage};
use crate::quantity::Amount;
use crate::view::{Fields as _, quantity};

/// What a volume can be, in the order in which the server looks.
const SOURCES: [&str; 30] = [
    "emptyDir",
    "hostPath",
    "gitRepo",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "secret",
    "nfs",
    "iscsi",
    "glusterfs",
    "flocker",
    "persistentVolumeClaim",
    "rbd",
    "cinder",
    "cephfs",
    "quobyte",
    "downwardAPI",
    "fc",
    "flexVolume",
    "configMap",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "storageos",
    "projected",
    "scaleIO",
    "csi",
    "ephemeral",
    "image",
];

/// The names that containers can mount.
pub(super) struct Volumes<'a>(BTreeSet<&'a str>);

impl Volumes<'_> {
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}

/// The volumes of a pod. Claim templates come before them and take their names.
pub(super) fn check_all<'a>(spec: &'a Node, claims: &'a [Node], findings: &mut Findings<'a>) -> Volumes<'a> {
    let mut names = BTreeSet::new();
    let claimed: BTreeSet<&str> = claims.iter().filter_map(|claim| claim.at(&["metadata"])?.text("name")).collect();
    for volume in spec.items("volumes") {
        let errors = findings.errors();
        match volume.text("name").unwrap_or_default() {
            "" => findings.required(43, Place::field(volume, "name"), ""),
            name => {
                findings.all(43, || Place::field(volume, "name"), format::label(name));
                if names.contains(name) {
                    findings.duplicate(35, Place::field(volume, "name"));
                }
            }
        }
        check(volume, findings);
        // To the server a volume that is wrong is none.
        if findings.errors() == errors {
            names.extend(volume.text("name"));
        }
    }
    names.extend(claimed);
    Volumes(names)
}

fn check<'a>(volume: &'a Node, findings: &mut Findings<'a>) {
    let mut given = 0;
    for kind in SOURCES {
        let Some(source) = volume.field(kind) else { continue };
        given += 1;
        if given > 1 {
            findings.forbidden(37, source, "may not specify more than 1 volume type");
            continue;
        }
        match kind {
            "emptyDir" => empty_dir(source, findings),
            "hostPath" => host_path(source, findings),
            "secret" => {
                findings.has_text(301, source, "secretName", "");
                modes_and_items(source, findings);
            }
            "configMap" => {
                findings.has_text(301, source, "name", "");
                modes_and_items(source, findings);
            }
            "persistentVolumeClaim" => {
                findings.has_text(301, source, "claimName", "");
            }
            "downwardAPI" => {
                mode(source, "defaultMode", findings);
                downward(source, findings);
            }
            "projected" => projected(source, findings),
            "csi" => {
                if findings.has_text(301, source, "driver", "") {
                    findings.text(304, source, "driver", |text| format::subdomain(&text.to_ascii_lowercase()));
                }
            }
            "ephemeral" => match source.field("volumeClaimTemplate") {
                Some(template) => {
                    if let Some(metadata) = template.field("metadata") {
                        metadata::labels_and_annotations(metadata, findings);
                    }
                    storage::claim_spec(template, findings);
                }
                None => findings.required(301, Place::field(source, "volumeClaimTemplate"), ""),
            },
            "image" => {
                findings.one_of(303, source, "pullPolicy", &["Always", "IfNotPresent", "Never"]);
            }
            kind => network_disk(kind, source, findings),
        }
    }
}

/// Volume types that name a server or a disk of a provider: what each needs.
pub(super) fn network_disk<'a>(kind: &str, source: &'a Node, findings: &mut Findings<'a>) {
    let needed: &[&str] = match kind {
        "nfs" => &["server", "path"],
        "iscsi" => &["targetPortal", "iqn"],
        "glusterfs" => &["endpoints", "path"],
        "gcePersistentDisk" => &["pdName"],
        "awsElasticBlockStore" | "cinder" => &["volumeID"],
        "rbd" => &["image"],
        "flexVolume" | "csi" => &["driver"],
        "azureFile" => &["secretName", "shareName"],
        "azureDisk" => &["diskName", "diskURI"],
        "vsphereVolume" => &["volumePath"],
        "photonPersistentDisk" => &["pdID"],
        "portworxVolume" => &["volumeID"],
        "quobyte" => &["registry", "volume"],
        "gitRepo" => &["repository"],
        _ => &[],
    };
    for name in needed {
        findings.has_text(301, source, name, "");
    }
    if matches!(kind, "rbd" | "cephfs") && source.items("monitors").is_empty() {
        findings.required(301, Place::field(source, "monitors"), "");
    }
    if kind == "nfs" && source.text("path").is_some_and(|path| !path.is_empty() && !path.starts_with('/')) {
        findings.invalid(305, Place::field(source, "path"), "must be an absolute path");
    }
}

fn empty_dir<'a>(source: &'a Node, findings: &mut Findings<'a>) {
    if source.field("sizeLimit").and_then(quantity).and_then(|text| Amount::parse(&text)).is_some_and(|limit| limit < Amount::default()) {
        findings.forbidden(302, Place::field(source, "sizeLimit"), "SizeLimit field must be a valid resource quantity");
    }
}

/// A directory of the node.
pub(super) fn host_path<'a>(source: &'a Node, findings: &mut Findings<'a>) {
    if findings.has_text(301, source, "path", "")
        && let Some(message) = source.text("path").and_then(format::no_parent)
    {
        findings.invalid(40, Place::field(source, "path"), &message);
    }
    const TYPES: [&str; 8] = ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];
    findings.one_of(42, source, "type", &TYPES);
}

fn mode<'a>(node: &'a Node, name: &str, findings: &mut Findings<'a>) {
    if node.int(name).is_some_and(|mode| !(0..=0o777).contains(&mode)) {
        findings.invalid(41, Place::field(node, name), "must be a number between 0 and 0777 (octal), both inclusive");
    }
}

fn modes_and_items<'a>(source: &'a Node, findings: &mut Findings<'a>) {
    mode(source, "defaultMode", findings);
    items(source, findings);
}

fn items<'a>(source: &'a Node, findings: &mut Findings<'a>) {
    for item in source.items("items") {
        findings.has_text(301, item, "key", "");
        relative_path(item, findings);
        mode(item, "mode", findings);
    }
}

/// Where a file stands in its volume.
fn relative_path<'a>(item: &'a Node, findings: &mut Findings<'a>) {
    if !findings.has_text(301, item, "path", "") {
        return;
    }
    let path = item.text("path").unwrap_or_default();
    findings.all(40, || Place::field(item, "path"), format::below(path));
    if path.starts_with("..") && !path.starts_with("../") && path != ".." {
        findings.invalid(40, Place::field(item, "path"), "must not start with '..'");
    }
}

fn downward<'a>(source: &'a Node, findings: &mut Findings<'a>) {
    for item in source.items("items") {
        relative_path(item, findings);
        match (item.field("fieldRef"), item.field("resourceFieldRef")) {
            (Some(field), None) => container::field_of_file(field, findings),
            (None, Some(resource)) => container::resource_reference(resource, true, findings),
            (Some(_), Some(_)) => {
                findings.invalid_value(306, source, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously");
            }
            (None, None) => findings.required(301, source, "one of fieldRef and resourceFieldRef is required"),
        }
        mode(item, "mode", findings);
    }
}

fn projected<'a>(source: &'a Node, findings: &mut Findings<'a>) {
    mode(source, "defaultMode", findings);
    let mut paths = BTreeSet::new();
    for one in source.items("sources") {
        let mut given = 0;
        for kind in ["secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate"] {
            let Some(inner) = one.field(kind) else { continue };
            given += 1;
            if given > 1 {
                findings.forbidden(37, Place::field(one, kind), "may not specify more than 1 volume type");
                continue;
            }
            match kind {
                "secret" | "configMap" => {
                    findings.has_text(301, inner, "name", "");
                    items(inner, findings);
                }
                "downwardAPI" => downward(inner, findings),
                "serviceAccountToken" => {
                    if let Some(seconds) = inner.int("expirationSeconds") {
                        if seconds < 600 {
                            findings.invalid(
                                302,
                                Place::field(inner, "expirationSeconds"),
                                "may not specify a duration less than 10 minutes",
                            );
                        } else if seconds > 1 << 32 {
                            findings.invalid(
                                302,
                                Place::field(inner, "expirationSeconds"),
                                "may not specify a duration larger than 2^32 seconds",
                            );
                        }
                    }
                    relative_path(inner, findings);
                }
                _ => {}
            }
            for item in inner.items("items") {
                if let Some(path) = item.text("path").filter(|path| !path.is_empty())
                    && !paths.insert(path)
                {
                    findings.invalid(307, Place::field(item, "path"), "conflicting duplicate paths");
                }
            }
        }
    }
}
