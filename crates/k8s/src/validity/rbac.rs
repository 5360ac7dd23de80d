//! Roles and bindings.

use windlass_yaml::Node;

use super::findings::{Findings, Place};
use super::format;
use crate::view::Fields as _;

const GROUP: &str = "rbac.authorization.k8s.io";

/// A name that can stand as one part of a path: anything but dots alone, `/` and `%`.
pub(super) fn name(text: &str) -> Vec<String> {
    if matches!(text, "." | "..") {
        return vec![format!("may not be '{text}'")];
    }
    ['/', '%'].iter().filter(|bad| text.contains(**bad)).map(|bad| format!("may not contain '{bad}'")).collect()
}

pub(super) fn check<'a>(root: &'a Node, kind: &str, findings: &mut Findings<'a>) {
    match kind {
        "Role" | "ClusterRole" => {
            for one in root.items("rules") {
                rule(one, kind == "Role", findings);
            }
        }
        _ => binding(root, kind == "RoleBinding", findings),
    }
}

fn rule<'a>(rule: &'a Node, is_namespaced: bool, findings: &mut Findings<'a>) {
    if rule.items("verbs").is_empty() {
        findings.required(134, Place::field(rule, "verbs"), "verbs must contain at least one value");
    }
    if !rule.items("nonResourceURLs").is_empty() {
        let place = || Place::field(rule, "nonResourceURLs");
        if is_namespaced {
            findings.invalid(306, place(), "namespaced rules cannot apply to non-resource URLs");
        }
        if ["apiGroups", "resources", "resourceNames"].iter().any(|name| !rule.items(name).is_empty()) {
            findings.invalid(306, place(), "rules cannot apply to both regular resources and non-resource URLs");
        }
        return;
    }
    if rule.items("apiGroups").is_empty() {
        findings.required(134, Place::field(rule, "apiGroups"), "resource rules must supply at least one api group");
    }
    if rule.items("resources").is_empty() {
        findings.required(134, Place::field(rule, "resources"), "resource rules must supply at least one resource");
    }
}

fn binding<'a>(root: &'a Node, is_namespaced: bool, findings: &mut Findings<'a>) {
    let kinds: &[&str] = if is_namespaced { &["Role", "ClusterRole"] } else { &["ClusterRole"] };
    let role = root.field("roleRef");
    if let Some(role) = role
        && role.text("apiGroup").is_some_and(|group| !matches!(group, "" | GROUP))
    {
        findings.unsupported(303, Place::field(role, "apiGroup"), &[GROUP]);
    }
    let text = |name: &str| role.and_then(|role| role.text(name)).unwrap_or_default();
    let place = |name: &str| Place::at(root, &["roleRef", name]);
    if !kinds.contains(&text("kind")) {
        findings.unsupported(135, place("kind"), kinds);
    }
    match text("name") {
        "" => findings.required(135, place("name"), ""),
        written => findings.all(304, || place("name"), name(written)),
    }
    for subject in root.items("subjects") {
        let group = subject.text("apiGroup").unwrap_or_default();
        findings.has_text(136, subject, "name", "");
        match subject.text("kind").unwrap_or_default() {
            "ServiceAccount" => {
                if let Some(name) = subject.text("name").filter(|name| !name.is_empty()) {
                    findings.all(304, || Place::field(subject, "name"), format::subdomain(name));
                }
                if !group.is_empty() {
                    findings.unsupported(303, Place::field(subject, "apiGroup"), &[""]);
                }
                if !is_namespaced && subject.text("namespace").is_none_or(str::is_empty) {
                    findings.required(136, Place::field(subject, "namespace"), "");
                }
            }
            "User" | "Group" => {
                if !matches!(group, "" | GROUP) {
                    findings.unsupported(303, Place::field(subject, "apiGroup"), &[GROUP]);
                }
            }
            _ => findings.unsupported(303, Place::field(subject, "kind"), &["ServiceAccount", "User", "Group"]),
        }
    }
}
