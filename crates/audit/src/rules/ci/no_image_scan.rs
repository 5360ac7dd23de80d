//! CI001 no-image-scan.

use crate::context::Context;
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::rules::ci::{includes_scan, is_scan};

declare_rule! {
    /// No pipeline scans the images for known vulnerabilities.
    ///
    /// ## Why
    /// Base images and packages grow old in silence. A scan in the pipeline says so before the image is shipped.
    ///
    /// ## Example
    /// ```yaml .github/workflows/ci.yml
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-24.04
    ///     steps:
    ///       - run: docker build -t app .
    /// ```
    /// ```dockerfile Dockerfile
    /// FROM alpine:3.22
    /// ```
    /// ## Use instead
    /// ```yaml .github/workflows/ci.yml
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-24.04
    ///     steps:
    ///       - run: docker build -t app .
    ///       - run: trivy image --exit-code 1 --severity HIGH,CRITICAL app
    /// ```
    /// ```dockerfile Dockerfile
    /// FROM alpine:3.22
    /// ```
    pub(crate) static RULE = {
        id: "CI001", slug: "no-image-scan", control: ImageScan, severity: P2,
        seed: "5.2, 11.2, 19.1, 22.1, 23.1, 24.1",
        effort: 30,
        check: Repository(check),
    }
}

fn check(context: &Context, findings: &mut Findings<'_>) {
    if context.dockerfiles().next().is_none() {
        return findings.not_applicable();
    }
    let workflows: Vec<_> = context.configs().filter_map(|config| Some((config, config.workflow()?))).collect();
    if workflows.iter().any(|(_, workflow)| includes_scan(workflow) || workflow.jobs.iter().any(|job| job.steps.iter().any(is_scan))) {
        return;
    }
    // A reusable workflow of elsewhere may do it.
    let is_named = |text: &str| text.to_ascii_lowercase().contains("scan");
    if workflows.iter().any(|(_, workflow)| workflow.jobs.iter().any(|job| job.uses.iter().any(|uses| is_named(uses.name())))) {
        return findings.exempt("a workflow of another repository is named so");
    }
    let builds = workflows.iter().find(|(config, _)| config.text().contains("docker")).or(workflows.first());
    let place = builds.and_then(|(config, workflow)| workflow.start.map(|_| config.start()));
    findings
        .report(place, "no pipeline scans the images for known vulnerabilities")
        .help("add a step that fails: `trivy image --exit-code 1 --severity HIGH,CRITICAL IMAGE`");
}
