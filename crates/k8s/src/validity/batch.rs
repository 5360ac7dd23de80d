//! Jobs and CronJobs.

mod schedule;

use windlass_yaml::Node;

use super::findings::{Findings, Place};
use super::pod::{self, Owner};
use super::selector;
use crate::view::Fields as _;

/// The names of the IANA time zone database (public domain), one a line, sorted.
static TIME_ZONES: &str = include_str!("batch/time_zones.txt");

pub(super) fn job<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    job_spec(root, findings);
}

/// The `spec` of a Job or of a CronJob's template.
fn job_spec<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    let spec = root.field("spec").unwrap_or(root);
    for name in [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
        "ttlSecondsAfterFinished",
    ] {
        findings.not_negative(89, spec, name);
    }
    match spec.text("completionMode") {
        None | Some("NonIndexed") => {
            for name in ["backoffLimitPerIndex", "maxFailedIndexes"] {
                if spec.field(name).is_some() {
                    findings.invalid(306, Place::field(spec, name), "requires indexed completion mode");
                }
            }
        }
        Some("Indexed") => {
            // With neither of the two, both are 1.
            if spec.field("completions").is_none() && spec.field("parallelism").is_some() {
                findings.required(88, Place::field(spec, "completions"), "when completion mode is Indexed");
            }
        }
        Some(_) => findings.unsupported(303, Place::field(spec, "completionMode"), &["Indexed", "NonIndexed"]),
    }
    findings.one_of(303, spec, "podReplacementPolicy", &["Failed", "TerminatingOrFailed"]);
    if let Some(node) = spec.field("selector") {
        selector::check(node, findings);
        if spec.flag("manualSelector") != Some(true) {
            findings.invalid(306, node, "`selector` not auto-generated");
        } else if let Some(template) = spec.field("template")
            && !selector::matches(node, template.at(&["metadata", "labels"]))
        {
            findings.invalid(30, Place::at(template, &["metadata", "labels"]), "`selector` does not match template `labels`");
        }
    }
    match spec.field("template") {
        Some(template) => {
            pod::check_template(template, Owner::Job, findings);
            if template.field("spec").is_none() {
                restart_policy_missing(root, findings);
            }
        }
        None => {
            findings.required(11, Place::at(root, &["spec", "template", "spec", "containers"]), "");
            restart_policy_missing(root, findings);
        }
    }
}

fn restart_policy_missing<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    let place = Place::at(root, &["spec", "template", "spec", "restartPolicy"]);
    findings.required(71, place, "valid values: \"OnFailure\", \"Never\"");
}

pub(super) fn cron_job<'a>(root: &'a Node, findings: &mut Findings<'a>) {
    let spec = root.field("spec").unwrap_or(root);
    match spec.text("schedule").unwrap_or_default() {
        "" => findings.required(72, Place::at(root, &["spec", "schedule"]), ""),
        written => {
            if written.contains("TZ") {
                let detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
                findings.invalid(72, Place::field(spec, "schedule"), detail);
            } else if let Err(message) = schedule::check(written) {
                findings.invalid(72, Place::field(spec, "schedule"), &message);
            }
        }
    }
    if let Some(zone) = spec.text("timeZone") {
        let place = || Place::field(spec, "timeZone");
        if zone.is_empty() {
            findings.invalid(73, place(), "timeZone must be nil or non-empty string");
        } else if zone.eq_ignore_ascii_case("Local") {
            findings.invalid(73, place(), "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones");
        } else if !TIME_ZONES.lines().any(|known| known == zone) {
            findings.invalid(73, place(), &format!("unknown time zone {zone}"));
        }
    }
    findings.one_of(74, spec, "concurrencyPolicy", &["Allow", "Forbid", "Replace"]);
    for name in ["startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"] {
        findings.not_negative(89, spec, name);
    }
    match spec.field("jobTemplate") {
        Some(template) => job_spec(template, findings),
        None => {
            findings.required(11, Place::at(root, &["spec", "jobTemplate", "spec", "template", "spec", "containers"]), "");
            let place = Place::at(root, &["spec", "jobTemplate", "spec", "template", "spec", "restartPolicy"]);
            findings.required(71, place, "valid values: \"OnFailure\", \"Never\"");
        }
    }
}
