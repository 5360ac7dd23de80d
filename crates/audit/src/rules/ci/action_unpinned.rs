//! CI003 action-unpinned.

use windlass_conf::workflow::Workflow;

use crate::context::ConfigContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// An action is used from a branch.
    ///
    /// Only names that branches have are reported (`master`, `main`, `develop` and their like). A tag can be moved as well, but its owner promises not to; the id of a commit cannot.
    ///
    /// ## Why
    /// Whoever can push to that branch runs code in the pipeline, with its secrets; no change of one's own is needed.
    ///
    /// ## Example
    /// ```yaml .github/workflows/ci.yml
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-24.04
    ///     steps:
    ///       - uses: aquasecurity/trivy-action@master
    ///         with: { image-ref: app, exit-code: 1 }
    /// ```
    /// ## Use instead
    /// ```yaml .github/workflows/ci.yml
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-24.04
    ///     steps:
    ///       - uses: aquasecurity/trivy-action@18f2510ee396bbf400402947b394f2dd8c87dbb0 # 0.33.1
    ///         with: { image-ref: app, exit-code: 1 }
    /// ```
    pub(crate) static RULE = {
        id: "CI003", slug: "action-unpinned", control: CiSecurity, severity: P2,
        seed: "19.1",
        aliases: ["zizmor:unpinned-uses"],
        effort: 10,
        check: Workflow(check),
    }
}

fn check(config: &ConfigContext<'_>, workflow: &Workflow, findings: &mut Findings<'_>) {
    const BRANCHES: [&str; 10] = ["master", "main", "develop", "development", "dev", "trunk", "HEAD", "latest", "edge", "nightly"];
    for uses in workflow.jobs.iter().flat_map(|job| job.steps.iter().filter_map(|step| step.uses.as_ref()).chain(&job.uses)) {
        let Some(reference) = uses.reference.as_ref().filter(|_| !uses.is_local() && !uses.is_image()) else { continue };
        if !BRANCHES.contains(&reference.text.trim_start_matches("refs/heads/")) && !reference.text.starts_with("refs/heads/") {
            continue;
        }
        findings
            .report(reference.span, format!("`{}` is used from the branch `{}`", uses.name(), reference.text))
            .severity(config.grade(RULE.severity))
            .help("name the commit of a release: `@COMMIT # v1.2.3`");
    }
}
