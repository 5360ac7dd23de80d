//! CO102 test-script.

use crate::context::Context;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// No script and no pipeline starts the stack to see whether it works.
    ///
    /// ## Why
    /// That a fresh clone does not start is found by the next newcomer.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    /// ```
    /// ```sh scripts/test.sh
    /// docker compose up -d --wait && curl -f http://localhost/up
    /// ```
    pub(crate) static RULE = {
        id: "CO102", slug: "test-script", control: StackTests, severity: P3,
        seed: "10.1, 10.2",
        effort: 60,
        check: Repository(check),
    }
}

fn check(context: &Context, findings: &mut Findings<'_>) {
    if context.stacks().next().is_none() {
        return findings.not_applicable();
    }
    let starts = |text: &str| text.contains("docker compose") || text.contains("docker-compose");
    let text = |id| context.sources().file(id).text();
    let by_script = context
        .repository()
        .files()
        .iter()
        .filter(|file| !file.name().ends_with(".md"))
        .filter_map(|file| file.text())
        .any(|id| starts(text(id)));
    let by_pipeline = context.configs().any(|config| config.workflow().is_some() && starts(config.text()));
    if !by_script && !by_pipeline {
        findings
            .report(None, "nothing starts the stack to see whether it works")
            .help("write a script, or a job: `docker compose up -d --wait`, then a request");
    }
}
