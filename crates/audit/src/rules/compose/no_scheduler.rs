//! CO078 no-scheduler.

use crate::context::StackContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A Laravel stack has workers, and nothing that runs its schedule.
    ///
    /// ## Why
    /// What the application plans (clean-up, reports, renewals) never happens.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///   worker:
    ///     image: acme/app:1.4
    ///     command: php artisan queue:work
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///   worker:
    ///     image: acme/app:1.4
    ///     command: php artisan queue:work
    ///   scheduler:
    ///     image: acme/app:1.4
    ///     command: php artisan schedule:work
    /// ```
    pub(crate) static RULE = {
        id: "CO078", slug: "no-scheduler", control: BackgroundWork, severity: P2,
        seed: "2.3, 12.2, 22.2",
        effort: 20,
        check: Stack(check),
    }
}

fn check(stack: &StackContext<'_>, findings: &mut Findings<'_>) {
    let says = |words: &[&str]| {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        stack.services().find(move |service| words.iter().any(|word| service.command_text().contains(word.as_str())))
    };
    let Some(worker) = says(&["queue:work", "artisan horizon"]) else { return findings.not_applicable() };
    if says(&["schedule:work", "schedule:run", "cron"]).is_some()
        || stack.services().any(|service| service.name().contains("schedul") || service.name().contains("cron"))
    {
        return;
    }
    findings
        .report(stack.key_span("services"), "nothing runs the schedule of the application")
        .severity(stack.grade(RULE.severity))
        .related(worker.key_span(), "a worker is here")
        .help("add a service of the same image: `command: php artisan schedule:work`");
}
