//! CI001 no-image-scan.

use crate::context::Context;
use crate::findings::Findings;
use crate::rule::declare_rule;

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
    /// ```dockerfile
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
    /// ```dockerfile
    /// FROM alpine:3.22
    /// ```
    pub(crate) static RULE = {
        id: "CI001", slug: "no-image-scan", control: ImageScan, severity: P2,
        seed: "5.2, 11.2, 19.1, 22.1, 23.1, 24.1",
        effort: 30,
        check: Repository(check),
    }
}

/// Names of scanners, as commands and actions have them.
const SCANNERS: [&str; 8] = ["trivy", "grype", "snyk", "docker scout", "scout-action", "anchore", "clair", "container_scanning"];

fn check(context: &Context, findings: &mut Findings<'_>) {
    if context.dockerfiles().next().is_none() {
        return findings.not_applicable();
    }
    let workflows: Vec<_> = context.configs().filter(|config| config.workflow().is_some()).collect();
    let scans = |text: &str| {
        text.lines().filter(|line| !line.trim_start().starts_with('#')).any(|line| SCANNERS.iter().any(|name| line.contains(name)))
    };
    if workflows.iter().any(|workflow| scans(&workflow.text().to_ascii_lowercase())) {
        return;
    }
    let builds = workflows.iter().find(|workflow| workflow.text().contains("docker")).or(workflows.first());
    findings
        .report(builds.map(|workflow| workflow.start()), "no pipeline scans the images for known vulnerabilities")
        .help("add a step that fails: `trivy image --exit-code 1 --severity HIGH,CRITICAL IMAGE`");
}
