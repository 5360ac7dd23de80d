//! Rules over pipelines.

use windlass_conf::Word;
use windlass_conf::workflow::{Step, Workflow};

use crate::rule::Rule;

mod action_unpinned;
mod no_image_scan;
mod no_multi_arch;
mod scan_non_blocking;

pub(super) static RULES: &[&Rule] = &[&no_image_scan::RULE, &scan_non_blocking::RULE, &action_unpinned::RULE, &no_multi_arch::RULE];

/// True for a step that scans for known vulnerabilities.
fn is_scan(step: &Step) -> bool {
    const ACTIONS: [&str; 6] = ["trivy", "grype", "anchore/scan-action", "snyk/", "scout-action", "clair"];
    const COMMANDS: [&str; 8] =
        ["trivy ", "grype ", "snyk container", "snyk test", "docker scout", "anchore-cli", "grype:", "aquasec/trivy"];
    let action = step.uses.as_ref().map(|uses| uses.word.text.to_ascii_lowercase()).unwrap_or_default();
    let lines = step.run.as_ref().map_or("", |run| run.as_str()).lines().filter(|line| !line.trim_start().starts_with('#'));
    ACTIONS.iter().any(|known| action.contains(known)) || lines.into_iter().any(|line| COMMANDS.iter().any(|known| line.contains(known)))
}

/// True for a pipeline that includes a scan as a template, or runs a job in a scanner's image.
fn includes_scan(workflow: &Workflow) -> bool {
    let is_named = |word: &Word| {
        ["container-scanning", "container_scanning", "trivy", "grype"].iter().any(|name| word.text.to_ascii_lowercase().contains(name))
    };
    workflow.includes.iter().any(is_named) || workflow.jobs.iter().any(|job| job.image.as_ref().is_some_and(is_named))
}
