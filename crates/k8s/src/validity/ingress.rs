//! Ingresses and their classes.

use std::net::IpAddr;

use windlass_yaml::Node;

use super::findings::{Findings, Place};
use super::format;
use crate::view::{Fields as _, text};

pub(super) fn check<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    let spec = root.field("spec").unwrap_or(root);
    let rules = spec.items("rules");
    if rules.is_empty() && spec.field("defaultBackend").is_none() {
        let place = Place::at(root, &["spec"]);
        findings.invalid_value(127, place, "[]", "either `defaultBackend` or `rules` must be specified");
    }
    if let Some(default) = spec.field("defaultBackend") {
        backend(default, findings);
    }
    for rule in rules {
        if let Some(host) = rule.text("host").filter(|host| !host.is_empty()) {
            if host.parse::<IpAddr>().is_ok() {
                findings.invalid(124, Place::field(rule, "host"), "must be a DNS name, not an IP address");
            }
            findings.all(if host.contains('*') { 125 } else { 124 }, || Place::field(rule, "host"), format::host(host));
        }
        if let Some(http) = rule.field("http") {
            paths(http, findings);
        }
    }
    for tls in spec.items("tls") {
        for host in tls.items("hosts") {
            findings.item(124, host, format::host);
        }
        findings.text(304, tls, "secretName", |text| if text.is_empty() { Vec::new() } else { format::subdomain(text) });
    }
    if let Some(class) = spec.field("ingressClassName") {
        findings.item(304, class, format::subdomain);
        const OLD: &str = "kubernetes.io/ingress.class";
        if let Some(annotations) = root.at(&["metadata", "annotations"]).filter(|annotations| annotations.field(OLD).is_some()) {
            let place = Place::from(root).then(&format!("annotations.{OLD}")).shown_at(annotations);
            let value = format!("{:?}", annotations.text(OLD).unwrap_or_default());
            if annotations.text(OLD) != text(class) {
                findings.invalid_value(306, place, value, "must match `ingressClassName` when both are specified");
            }
        }
    }
}

fn paths<'a>(http: &'a Node, findings: &mut Findings<'a>) {
    let paths = http.items("paths");
    if paths.is_empty() {
        findings.required(301, Place::field(http, "paths"), "");
    }
    for path in paths {
        let kind = path.text("pathType");
        let written = path.text("path").unwrap_or_default();
        let place = || Place::field(path, "path");
        match kind {
            None => findings.required(122, Place::field(path, "pathType"), "pathType must be specified"),
            Some("Exact" | "Prefix") => {
                if !written.starts_with('/') {
                    findings.invalid_value(123, place(), format_args!("{written:?}"), "must be an absolute path");
                }
                for bad in ["//", "/./", "/../", "%2f", "%2F"] {
                    if written.contains(bad) {
                        findings.invalid(123, place(), &format!("must not contain '{bad}'"));
                    }
                }
                for bad in ["/..", "/."] {
                    if written.ends_with(bad) {
                        findings.invalid(123, place(), &format!("cannot end with '{bad}'"));
                    }
                }
            }
            Some("ImplementationSpecific") => {
                if !written.is_empty() && !written.starts_with('/') {
                    findings.invalid(123, place(), "must be an absolute path");
                }
            }
            Some(_) => findings.unsupported(303, Place::field(path, "pathType"), &["Exact", "ImplementationSpecific", "Prefix"]),
        }
        match path.field("backend") {
            Some(node) => backend(node, findings),
            None => findings.required(126, Place::field(path, "backend"), "resource or service backend is required"),
        }
    }
}

fn backend<'a>(backend: &'a Node, findings: &mut Findings<'a>) {
    match (backend.field("service"), backend.field("resource")) {
        (Some(_), Some(_)) => findings.invalid_value(126, backend, "\"\"", "cannot set both resource and service backends"),
        (None, None) => findings.required(126, backend, "resource or service backend is required"),
        (None, Some(resource)) => {
            findings.has_text(301, resource, "kind", "");
            findings.has_text(301, resource, "name", "");
        }
        (Some(service), None) => {
            match service.text("name").unwrap_or_default() {
                "" => findings.required(126, Place::field(service, "name"), ""),
                name => findings.all(126, || Place::field(service, "name"), format::label(name)),
            }
            let port = service.field("port");
            let name = port.and_then(|port| port.text("name")).filter(|name| !name.is_empty());
            let number = port.and_then(|port| port.int("number")).filter(|number| *number != 0);
            match (name, number) {
                (Some(_), Some(_)) => findings.invalid_value(126, backend, "\"\"", "cannot set both port name & port number"),
                (None, None) => findings.required(126, backend, "port name or number is required"),
                (Some(name), None) => {
                    findings.all(61, || Place::at(service, &["port", "name"]), format::port_name(name));
                }
                (None, Some(_)) => {
                    if let Some(port) = port {
                        findings.in_range(50, port, "number", 1, 65535);
                    }
                }
            }
        }
    }
}

pub(super) fn class<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    let spec = root.field("spec").unwrap_or(root);
    if let Some(controller) = spec.text("controller").filter(|controller| !controller.is_empty()) {
        if controller.len() > 250 {
            findings.too_long(304, Place::field(spec, "controller"), 250);
        }
        let right = controller
            .split_once('/')
            .is_some_and(|(domain, path)| format::subdomain(&domain.to_ascii_lowercase()).is_empty() && !path.is_empty());
        if !right {
            findings.invalid(304, Place::field(spec, "controller"), "must be a domain-prefixed path (such as \"acme.io/foo\")");
        }
    } else {
        findings.required(301, Place::at(root, &["spec", "controller"]), "");
    }
}
