//! Pods and pod templates, but for their containers, volumes and scheduling, which have files of their own.

use windlass_yaml::Node;

use super::findings::{Findings, Place};
use super::{container, format, metadata, resources, scheduling, security, volume};
use crate::view::Fields as _;

/// What makes pods of a template; it decides on the restart policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// Nobody: the pod itself.
    Pod,
    Template,
    Deployment,
    StatefulSet,
    DaemonSet,
    ReplicaSet,
    Job,
}

pub(super) fn check_pod<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    match root.field("spec") {
        Some(spec) => check(spec, &[], Owner::Pod, findings),
        None => findings.required(11, Place::at(root, &["spec", "containers"]), ""),
    }
}

pub(super) fn check_template<'a>(template: &'a Node, owner: Owner, findings: &mut Findings<'a>) {
    check_template_with_claims(template, &[], owner, findings);
    metadata::of_template(template, findings);
}

/// A template whose pods also have a volume for each of `claims`.
pub(super) fn check_template_with_claims<'a>(template: &'a Node, claims: &'a [Node], owner: Owner, findings: &mut Findings<'a>) {
    match template.field("spec") {
        Some(spec) => check(spec, claims, owner, findings),
        None => findings.required(11, Place::at(template, &["spec", "containers"]), ""),
    }
}

fn check<'a>(spec: &'a Node, claims: &'a [Node], owner: Owner, findings: &mut Findings<'a>) {
    let volumes = volume::check_all(spec, claims, findings);
    container::check_all(spec, &volumes, owner, findings);
    restart_policy(spec, owner, findings);
    network(spec, findings);
    security::pod(spec, findings);
    scheduling::check(spec, findings);
    if let Some(resources) = spec.field("resources") {
        resources::pod(resources, findings);
    }
    if owner != Owner::Pod && !spec.items("ephemeralContainers").is_empty() {
        findings.forbidden(306, Place::field(spec, "ephemeralContainers"), "ephemeral containers not allowed in pod template");
    }
    match spec.int("activeDeadlineSeconds") {
        Some(_) if !matches!(owner, Owner::Pod | Owner::Job | Owner::Template) => {
            let kind = match owner {
                Owner::DaemonSet => "DaemonSet",
                Owner::StatefulSet => "StatefulSet",
                _ => "ReplicaSet",
            };
            findings.forbidden(
                306,
                Place::field(spec, "activeDeadlineSeconds"),
                &format!("activeDeadlineSeconds in {kind} is not Supported"),
            );
        }
        _ => findings.in_range(302, spec, "activeDeadlineSeconds", 1, i64::from(i32::MAX)),
    }
    if spec.int("terminationGracePeriodSeconds").is_some_and(|seconds| seconds < 0) {
        let place = Place::field(spec, "terminationGracePeriodSeconds");
        findings.warn(83, place, "must be >= 0; negative values are invalid and will be treated as 1");
    }
    for name in ["serviceAccountName", "nodeName", "runtimeClassName", "priorityClassName"] {
        findings.text(304, spec, name, |text| if text.is_empty() { Vec::new() } else { format::subdomain(text) });
    }
    for gate in spec.items("readinessGates") {
        let condition = gate.text("conditionType").unwrap_or_default();
        findings.all(304, || Place::field(gate, "conditionType"), format::qualified_name(condition));
    }
    findings.one_of(303, spec, "preemptionPolicy", &["Never", "PreemptLowerPriority"]);
    if let Some(os) = spec.field("os") {
        match os.text("name").unwrap_or_default() {
            "" => findings.required(301, Place::field(os, "name"), ""),
            "linux" | "windows" => {}
            _ => findings.unsupported(303, Place::field(os, "name"), &["linux", "windows"]),
        }
    }
}

fn restart_policy<'a>(spec: &'a Node, owner: Owner, findings: &mut Findings<'a>) {
    let place = || Place::field(spec, "restartPolicy");
    let policy = spec.text("restartPolicy").unwrap_or_default();
    match owner {
        Owner::Job => match policy {
            // Absent, the server's default is `Always`, which a Job may not have.
            "" | "Always" => findings.required(71, place(), "valid values: \"OnFailure\", \"Never\""),
            "OnFailure" | "Never" => {}
            _ => findings.unsupported(71, place(), &["OnFailure", "Never"]),
        },
        Owner::Pod | Owner::Template => findings.one_of(70, spec, "restartPolicy", &["Always", "OnFailure", "Never"]),
        _ => {
            if !matches!(policy, "" | "Always") {
                findings.unsupported(70, place(), &["Always"]);
            }
        }
    }
}

fn network<'a>(spec: &'a Node, findings: &mut Findings<'a>) {
    findings.one_of(303, spec, "dnsPolicy", &["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"]);
    let is_none = spec.text("dnsPolicy") == Some("None");
    match spec.field("dnsConfig") {
        None if is_none => {
            findings.required(110, Place::field(spec, "dnsConfig"), "must provide `dnsConfig` when `dnsPolicy` is None");
        }
        Some(config) => dns_config(config, is_none, findings),
        None => {}
    }
    for name in ["hostname", "subdomain"] {
        findings.text(112, spec, name, |text| if text.is_empty() { Vec::new() } else { format::label(text) });
    }
    for alias in spec.items("hostAliases") {
        let address = alias.text("ip").unwrap_or_default();
        findings.all(111, || Place::field(alias, "ip"), format::ip(address));
        for host in alias.items("hostnames") {
            findings.item(304, host, format::subdomain);
        }
    }
}

fn dns_config<'a>(config: &'a Node, needs_servers: bool, findings: &mut Findings<'a>) {
    let servers = config.items("nameservers");
    if needs_servers && servers.is_empty() {
        let place = Place::field(config, "nameservers");
        findings.required(110, place, "must provide at least one DNS nameserver when `dnsPolicy` is None");
    }
    if servers.len() > 3 {
        let place = Place::field(config, "nameservers");
        findings.invalid(302, place, "must not have more than 3 nameservers");
    }
    for server in servers {
        findings.item(111, server, format::ip);
    }
    let searches = config.items("searches");
    if searches.len() > 32 {
        findings.invalid(302, Place::field(config, "searches"), "must not have more than 32 search paths");
    }
    for search in searches {
        findings.item(304, search, format::search_path);
    }
    for option in config.items("options") {
        findings.has_text(301, option, "name", "must not be empty");
    }
}
