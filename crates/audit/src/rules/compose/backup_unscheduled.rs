//! CO083 backup-unscheduled.

use crate::context::{Role, ServiceContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A backup runs once, when the stack starts, or again and again without a pause.
    ///
    /// That it was never restored, no file tells.
    ///
    /// ## Why
    /// Nobody starts it by hand for long; and one that is started again at once makes copies all day.
    ///
    /// ## Example
    /// ```yaml compose.prod.yaml
    /// services:
    ///   backup:
    ///     image: acme/app:1.4
    ///     command: php artisan backup:run
    ///     restart: "no"
    /// ```
    /// ## Use instead
    /// ```yaml compose.prod.yaml
    /// services:
    ///   backup:
    ///     image: acme/app:1.4
    ///     command: sh -c "while true; do php artisan backup:run; sleep 86400; done"
    /// ```
    pub(crate) static RULE = {
        id: "CO083", slug: "backup-unscheduled", control: Backups, severity: P2,
        seed: "15.1, 24.1",
        effort: 30,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if service.role() != Role::Backup || service.image().is_some_and(|image| image.role == windlass_images::image::Role::Backup) {
        return findings.not_applicable();
    }
    let text = service.command_text();
    let is_scheduled = ["cron", "while", "sleep", "schedule", "ofelia", "watch", "every"].iter().any(|word| text.contains(word))
        || service
            .environment
            .iter()
            .any(|entry| ["SCHEDULE", "CRON", "INTERVAL"].iter().any(|word| entry.name.value.to_ascii_uppercase().contains(word)))
        || service.labels.iter().any(|entry| entry.name.value.contains("cron") || entry.name.value.contains("ofelia"));
    if text.is_empty() || is_scheduled {
        return;
    }
    findings
        .report(service.key_span(), format!("`{}` has no schedule", service.name()))
        .severity(service.grade(RULE.severity))
        .help("run it by cron, or in a loop that sleeps a day; and restore a copy now and then");
}
