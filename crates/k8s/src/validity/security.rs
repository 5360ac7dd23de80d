//! Security contexts of pods and containers.

use windlass_yaml::Node;

use super::findings::{Findings, Place, show};
use super::format;
use crate::view::Fields as _;

const SYSCTL: &str =
    "must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";
const MAX_ID: i64 = i32::MAX as i64;

/// `securityContext` of a pod, and the namespaces that it shares.
pub(super) fn pod<'a>(spec: &'a Node, findings: &mut Findings<'a>) {
    if spec.flag("shareProcessNamespace") == Some(true) && spec.flag("hostPID") == Some(true) {
        let place = Place::field(spec, "shareProcessNamespace");
        findings.invalid(306, place, "ShareProcessNamespace and HostPID cannot both be enabled");
    }
    if spec.flag("hostUsers") == Some(false) {
        for name in ["hostPID", "hostIPC"] {
            if spec.flag(name) == Some(true) {
                findings.forbidden(306, Place::field(spec, name), "when `hostUsers` is false");
            }
        }
    } else {
        for container in ["initContainers", "containers", "ephemeralContainers"].iter().flat_map(|list| spec.items(list)) {
            if let Some(mount) = container.at(&["securityContext", "procMount"]).filter(|mount| mount.as_str() == Some("Unmasked")) {
                findings.invalid(306, mount, "`hostUsers` must be false to use `Unmasked`");
            }
        }
    }
    let Some(context) = spec.field("securityContext") else { return };
    for name in ["runAsUser", "runAsGroup", "fsGroup"] {
        findings.in_range(101, context, name, 0, MAX_ID);
    }
    for group in context.items("supplementalGroups") {
        if crate::view::int(group).is_some_and(|id| !(0..=MAX_ID).contains(&id)) {
            findings.invalid(101, group, "must be between 0 and 2147483647, inclusive");
        }
    }
    profiles(context, findings);
    findings.one_of(303, context, "fsGroupChangePolicy", &["Always", "OnRootMismatch"]);
    findings.one_of(303, context, "supplementalGroupsPolicy", &["Merge", "Strict"]);
    let mut names = Vec::new();
    for sysctl in context.items("sysctls") {
        let name = sysctl.text("name").unwrap_or_default();
        if name.is_empty() {
            findings.required(105, Place::field(sysctl, "name"), "");
        } else if !is_sysctl(name) {
            findings.invalid(105, Place::field(sysctl, "name"), SYSCTL);
        } else if names.contains(&name) {
            findings.duplicate(307, Place::field(sysctl, "name"));
        }
        names.push(name);
    }
}

/// `securityContext` of a container.
pub(super) fn container<'a>(context: &'a Node, findings: &mut Findings<'a>) {
    for name in ["runAsUser", "runAsGroup"] {
        findings.in_range(101, context, name, 0, MAX_ID);
    }
    profiles(context, findings);
    findings.one_of(303, context, "procMount", &["Default", "Unmasked"]);
    if context.flag("allowPrivilegeEscalation") == Some(false) {
        if context.flag("privileged") == Some(true) {
            findings.invalid_value(99, context, show(context), "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
        }
        let added = context.at(&["capabilities"]).map(|capabilities| capabilities.items("add")).unwrap_or_default();
        if added.iter().any(|capability| capability.as_str() == Some("CAP_SYS_ADMIN")) {
            let detail = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
            findings.invalid_value(100, context, show(context), detail);
        }
    }
}

fn profiles<'a>(context: &'a Node, findings: &mut Findings<'a>) {
    for (name, rule) in [("seccompProfile", 104), ("appArmorProfile", 104)] {
        let Some(profile) = context.field(name) else { continue };
        let file = profile.field("localhostProfile");
        match profile.text("type").unwrap_or_default() {
            "Localhost" => match profile.text("localhostProfile").unwrap_or_default() {
                "" => findings.required(
                    rule,
                    Place::field(profile, "localhostProfile"),
                    &format!("must be set when {} type is Localhost", short(name)),
                ),
                path if name == "seccompProfile" => findings.all(40, || Place::field(profile, "localhostProfile"), format::below(path)),
                _ => {}
            },
            "RuntimeDefault" | "Unconfined" => {
                if let Some(file) = file {
                    findings.invalid(306, file, &format!("can only be set when {} type is Localhost", short(name)));
                }
            }
            "" => findings.required(rule, Place::field(profile, "type"), &format!("type is required when {name} is set")),
            _ => findings.unsupported(rule, Place::field(profile, "type"), &["Localhost", "RuntimeDefault", "Unconfined"]),
        }
    }
}

fn short(name: &str) -> &str {
    name.strip_suffix("Profile").unwrap_or(name)
}

fn is_sysctl(name: &str) -> bool {
    let is_part = |part: &str| {
        let bytes = part.as_bytes();
        let is_end = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        is_end(bytes.first())
            && is_end(bytes.last())
            && bytes.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_'))
    };
    name.len() <= 253 && name.split(['.', '/']).all(is_part)
}
