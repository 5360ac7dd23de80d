//! Admission webhooks and policies.

use std::collections::BTreeSet;

use windlass_yaml::Node;

use super::findings::{Findings, Place};
use super::{format, selector};
use crate::view::{Fields as _, text};

pub(super) fn check<'a>(root: &'a Node, kind: &str, findings: &mut Findings<'a>) {
    match kind {
        "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" => {
            let mut names = BTreeSet::new();
            for hook in root.items("webhooks") {
                if let Some(name) = hook.text("name")
                    && !names.insert(name)
                {
                    findings.duplicate(307, Place::field(hook, "name"));
                }
                webhook(hook, kind.starts_with("Mutating"), findings);
            }
        }
        "ValidatingAdmissionPolicy" => policy(root, findings),
        "ValidatingAdmissionPolicyBinding" => {
            let spec = root.field("spec").unwrap_or(root);
            match spec.text("policyName").unwrap_or_default() {
                "" => findings.required(301, Place::at(root, &["spec", "policyName"]), ""),
                name => findings.all(304, || Place::field(spec, "policyName"), format::subdomain(name)),
            }
            if spec.items("validationActions").is_empty() {
                findings.required(301, Place::at(root, &["spec", "validationActions"]), "at least one validation action is required");
            }
            for action in spec.items("validationActions") {
                if !matches!(text(action), Some("Audit" | "Deny" | "Warn")) {
                    findings.unsupported(303, action, &["Audit", "Deny", "Warn"]);
                }
            }
        }
        _ => {}
    }
}

fn webhook<'a>(hook: &'a Node, is_mutating: bool, findings: &mut Findings<'a>) {
    match hook.text("name").unwrap_or_default() {
        "" => findings.required(301, Place::field(hook, "name"), ""),
        name => {
            let messages = format::subdomain(name);
            if messages.is_empty() && name.split('.').count() < 3 {
                findings.invalid(304, Place::field(hook, "name"), "should be a domain with at least three segments separated by dots");
            }
            findings.all(304, || Place::field(hook, "name"), messages);
        }
    }
    const EFFECTS: [&str; 2] = ["None", "NoneOnDryRun"];
    match hook.text("sideEffects") {
        None => findings.required(301, Place::field(hook, "sideEffects"), "must specify one of None, NoneOnDryRun"),
        Some(effects) if !EFFECTS.contains(&effects) => findings.unsupported(303, Place::field(hook, "sideEffects"), &EFFECTS),
        Some(_) => {}
    }
    let versions = hook.items("admissionReviewVersions");
    if versions.is_empty() {
        findings.required(301, Place::field(hook, "admissionReviewVersions"), "must specify one of v1, v1beta1");
    } else if !versions.iter().any(|version| matches!(text(version), Some("v1" | "v1beta1"))) {
        findings.invalid(303, Place::field(hook, "admissionReviewVersions"), "must include at least one of v1, v1beta1");
    }
    findings.one_of(303, hook, "failurePolicy", &["Fail", "Ignore"]);
    findings.one_of(303, hook, "matchPolicy", &["Equivalent", "Exact"]);
    if is_mutating {
        findings.one_of(303, hook, "reinvocationPolicy", &["IfNeeded", "Never"]);
    }
    findings.in_range(302, hook, "timeoutSeconds", 1, 30);
    for name in ["namespaceSelector", "objectSelector"] {
        if let Some(node) = hook.field(name) {
            selector::check(node, findings);
        }
    }
    rules(hook, findings);
    let config = hook.field("clientConfig");
    let (url, service) = (config.and_then(|config| config.field("url")), config.and_then(|config| config.field("service")));
    match (url, service) {
        (Some(_), Some(_)) | (None, None) => {
            findings.required(301, Place::field(hook, "clientConfig"), "exactly one of url or service is required");
        }
        (Some(url), None) => {
            if !text(url).is_some_and(|url| url.starts_with("https://")) {
                findings.invalid(305, url, "'https' is the only allowed URL scheme");
            }
        }
        (None, Some(service)) => {
            findings.has_text(301, service, "name", "service name is required");
            findings.has_text(301, service, "namespace", "service namespace is required");
            findings.in_range(50, service, "port", 1, 65535);
        }
    }
}

fn rules<'a>(hook: &'a Node, findings: &mut Findings<'a>) {
    for rule in hook.items("rules") {
        for name in ["operations", "apiGroups", "apiVersions", "resources"] {
            if rule.items(name).is_empty() {
                findings.required(301, Place::field(rule, name), "");
            }
        }
        for operation in rule.items("operations") {
            if !matches!(text(operation), Some("*" | "CREATE" | "UPDATE" | "DELETE" | "CONNECT")) {
                findings.unsupported(303, operation, &["*", "CONNECT", "CREATE", "DELETE", "UPDATE"]);
            }
        }
        findings.one_of(303, rule, "scope", &["*", "Cluster", "Namespaced"]);
    }
}

fn policy<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    let spec = root.field("spec").unwrap_or(root);
    match spec.field("matchConstraints") {
        None => findings.required(301, Place::at(root, &["spec", "matchConstraints"]), ""),
        Some(constraints) => {
            if constraints.items("resourceRules").is_empty() {
                findings.required(301, Place::field(constraints, "resourceRules"), "");
            }
        }
    }
    if spec.items("validations").is_empty() && spec.items("auditAnnotations").is_empty() {
        let detail = "validations or auditAnnotations must be set";
        findings.required(301, Place::at(root, &["spec", "validations"]), detail);
    }
    for validation in spec.items("validations") {
        if validation.text("expression").is_none_or(|text| text.trim().is_empty()) {
            findings.required(301, Place::field(validation, "expression"), "expression is not specified");
        }
    }
    findings.one_of(303, spec, "failurePolicy", &["Fail", "Ignore"]);
}
