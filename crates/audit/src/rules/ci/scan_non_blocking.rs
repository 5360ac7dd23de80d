//! CI002 scan-non-blocking.

use windlass_conf::workflow::{Step, Workflow};
use windlass_source::{Edit, Span};

use crate::context::{ConfigContext, replace};
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::rules::ci::is_scan;

declare_rule! {
    /// A scan for vulnerabilities cannot fail the pipeline.
    ///
    /// ## Why
    /// A report that nobody has to read is not read. Trivy, Grype and Snyk end with success whatever they find, unless they are told otherwise.
    ///
    /// ## Example
    /// ```yaml .github/workflows/ci.yml
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-24.04
    ///     steps:
    ///       - uses: aquasecurity/trivy-action@18f2510ee396bbf400402947b394f2dd8c87dbb0
    ///         with:
    ///           image-ref: app
    ///           exit-code: '0'
    /// ```
    /// ## Use instead
    /// ```yaml .github/workflows/ci.yml
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-24.04
    ///     steps:
    ///       - uses: aquasecurity/trivy-action@18f2510ee396bbf400402947b394f2dd8c87dbb0
    ///         with:
    ///           image-ref: app
    ///           exit-code: '1'
    /// ```
    pub(crate) static RULE = {
        id: "CI002", slug: "scan-non-blocking", control: CiSecurity, severity: P3,
        seed: "19.1",
        fix: Auto,
        effort: 5,
        check: Workflow(check),
    }
}

fn check(config: &ConfigContext<'_>, workflow: &Workflow, findings: &mut Findings<'_>) {
    let mut is_known = false;
    for job in &workflow.jobs {
        // What only collects results for the security tab has its own gate there.
        for step in job.steps.iter().filter(|step| is_scan(step)) {
            is_known = true;
            let Some(place) = step.span() else { continue };
            if let Some(span) = step.may_fail.or(job.may_fail) {
                findings
                    .report(span, "this scan may fail without consequence")
                    .severity(config.grade(RULE.severity))
                    .help("take it away")
                    .suggest("let it fail", step.may_fail.map(|span| config.remove_lines(span)));
                continue;
            }
            let Some((span, why, edit)) = toothless(step) else { continue };
            findings
                .report(span.unwrap_or(place), format!("this scan cannot fail: {why}"))
                .severity(config.grade(RULE.severity))
                .help("let it end with an error: `exit-code: 1`, `--exit-code 1`, `--fail-on high`")
                .fix("let it fail", edit);
        }
    }
    if !is_known {
        findings.not_applicable();
    }
}

/// Why a scan ends with success whatever it finds, where that is written, and the certain repair.
fn toothless(step: &Step) -> Option<(Option<Span>, &'static str, Option<Edit>)> {
    if let Some(uses) = &step.uses {
        let name = uses.name().to_ascii_lowercase();
        if name.ends_with("/trivy-action") {
            // With a report for the security tab, that is where findings are dealt with.
            return match step.argument("exit-code") {
                Some(code) if code.text == "0" => Some((Some(code.span), "its exit code is 0", Some(replace(code.span, "'1'")))),
                None if step.argument("format").is_none_or(|format| format.text != "sarif") => {
                    Some((None, "its exit code is 0 unless `exit-code` says otherwise", None))
                }
                _ => None,
            };
        }
        if name.ends_with("/scan-action") {
            let off = step.argument("fail-build").filter(|value| value.text == "false");
            return off.map(|value| (Some(value.span), "`fail-build` is off", Some(replace(value.span, "true"))));
        }
        return None;
    }
    let run = step.run.as_ref()?;
    for line in run.text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        if line.contains("trivy image") || line.contains("trivy fs") {
            if line.contains("|| true") {
                return Some((Some(run.span), "`|| true` follows it", None));
            }
            if !line.contains("--exit-code") && !run.text.contains("TRIVY_EXIT_CODE") && !run.text.contains("--exit-code") {
                return Some((Some(run.span), "its exit code is 0 unless `--exit-code` says otherwise", None));
            }
        }
        if line.starts_with("grype ") && !line.contains("--fail-on") && !line.contains(" -f ") {
            return Some((Some(run.span), "it reports only, without `--fail-on`", None));
        }
    }
    None
}
