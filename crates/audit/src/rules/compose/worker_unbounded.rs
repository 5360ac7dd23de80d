//! CO079 worker-unbounded.

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A queue worker runs without an end, or tries a job for ever.
    ///
    /// ## Why
    /// Memory that jobs leave behind adds up until the worker is killed in the middle of one; a job that always fails blocks the queue.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   worker:
    ///     image: acme/app:1.4
    ///     command: php artisan queue:work
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   worker:
    ///     image: acme/app:1.4
    ///     command: php artisan queue:work --tries=3 --max-time=3600
    /// ```
    pub(crate) static RULE = {
        id: "CO079", slug: "worker-unbounded", control: BackgroundWork, severity: P3,
        seed: "2.3",
        effort: 2,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let text = service.command_text();
    if !text.contains("queue:work") {
        return findings.not_applicable();
    }
    let ends = ["--max-time", "--max-jobs", "--once", "--stop-when-empty"].iter().any(|flag| text.contains(flag));
    let gives_up = text.contains("--tries");
    if ends && gives_up {
        return;
    }
    let missing = match (ends, gives_up) {
        (false, false) => "`--max-time` and `--tries`",
        (false, true) => "`--max-time`",
        (true, _) => "`--tries`",
    };
    findings
        .report(service.attribute_span("command"), format!("`{}` works without {missing}", service.name()))
        .help("add `--tries=3 --max-time=3600`, and let the engine start it again");
}
