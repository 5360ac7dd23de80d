//! Probes and lifecycle hooks.

use windlass_yaml::Node;

use super::findings::{Findings, Place};
use super::{container, format};
use crate::view::Fields as _;

const PROBES: [&str; 3] = ["livenessProbe", "readinessProbe", "startupProbe"];
/// What a probe or a hook can do.
const HANDLERS: [&str; 5] = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"];

/// The probes and hooks of a container. An init container that ends has none.
pub(super) fn check_all<'a>(container: &'a Node, ends: bool, findings: &mut Findings<'a>) {
    for name in PROBES {
        let Some(probe) = container.field(name) else { continue };
        if ends {
            findings.forbidden(82, probe, "may not be set for init containers without restartPolicy=Always");
            continue;
        }
        handler(probe, false, findings);
        for field in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"] {
            findings.not_negative(80, probe, field);
        }
        if name == "readinessProbe" {
            if let Some(seconds) = probe.field("terminationGracePeriodSeconds") {
                findings.invalid(306, seconds, "must not be set for readinessProbes");
            }
        } else {
            if probe.int("successThreshold").is_some_and(|threshold| !matches!(threshold, 0 | 1)) {
                findings.invalid(77, Place::field(probe, "successThreshold"), "must be 1");
            }
            if probe.int("terminationGracePeriodSeconds").is_some_and(|seconds| seconds <= 0) {
                findings.invalid(302, Place::field(probe, "terminationGracePeriodSeconds"), "must be greater than 0");
            }
        }
    }
    if let Some(lifecycle) = container.field("lifecycle") {
        if ends {
            findings.forbidden(82, lifecycle, "may not be set for init containers without restartPolicy=Always");
            return;
        }
        for hook in ["postStart", "preStop"] {
            if let Some(hook) = lifecycle.field(hook) {
                handler(hook, true, findings);
            }
        }
    }
}

fn handler<'a>(node: &'a Node, is_hook: bool, findings: &mut Findings<'a>) {
    let mut given = 0;
    for kind in HANDLERS {
        // Probes don't sleep and hooks don't speak gRPC; decoding said so.
        let Some(action) = node.field(kind).filter(|_| kind != if is_hook { "grpc" } else { "sleep" }) else { continue };
        given += 1;
        if given > 1 {
            findings.forbidden(76, action, "may not specify more than 1 handler type");
            continue;
        }
        match kind {
            "exec" => {
                if action.items("command").is_empty() {
                    findings.required(79, Place::field(action, "command"), "");
                }
            }
            "httpGet" => http_get(action, findings),
            "tcpSocket" => container::port(action, "port", findings),
            "grpc" => match action.int("port") {
                Some(_) => findings.in_range(50, action, "port", 1, 65535),
                None => findings.invalid_value(50, Place::field(action, "port"), 0, "must be between 1 and 65535, inclusive"),
            },
            _ => {
                if action.int("seconds").unwrap_or(0) < 0 {
                    findings.invalid(
                        302,
                        Place::field(action, "seconds"),
                        "must be non-negative and less than terminationGracePeriodSeconds",
                    );
                }
            }
        }
    }
    if given == 0 {
        findings.required(75, node, "must specify a handler type");
    }
}

fn http_get<'a>(action: &'a Node, findings: &mut Findings<'a>) {
    container::port(action, "port", findings);
    findings.one_of(81, action, "scheme", &["HTTP", "HTTPS"]);
    for header in action.items("httpHeaders") {
        let name = header.text("name").unwrap_or_default();
        for message in format::header_name(name) {
            // The server leaves the index out here.
            let place = Place::field(action, "httpHeaders").shown_at(header.get("name").unwrap_or(header));
            findings.invalid_value(304, place, format_args!("{name:?}"), &message);
        }
    }
}
