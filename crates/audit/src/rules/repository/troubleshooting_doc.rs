//! DO002 troubleshooting-doc.

use crate::context::Context;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// No guide says what to do when the stack does not work.
    ///
    /// ## Why
    /// The same few faults (a port in use, a volume of another user, a missing variable) cost each newcomer hours.
    ///
    /// ## Example
    /// ```yaml
    /// services: { app: { image: acme/app:1.4 } }
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services: { app: { image: acme/app:1.4 } }
    /// ```
    /// ```markdown docs/TROUBLESHOOTING.md
    /// # Troubleshooting
    ///
    /// ## A port is in use
    /// ```
    pub(crate) static RULE = {
        id: "DO002", slug: "troubleshooting-doc", control: Guides, severity: P3,
        seed: "18.1, 18.2, 19.2",
        effort: 60,
        check: Repository(check),
    }
}

fn check(context: &Context, findings: &mut Findings<'_>) {
    if context.stacks().next().is_none() {
        return findings.not_applicable();
    }
    let about = |text: &str| {
        let text = text.to_ascii_lowercase();
        text.contains("troubleshoot") || text.contains("common problems") || text.contains("known issues")
    };
    let guides = context.repository().files().iter().filter(|file| file.name().ends_with(".md"));
    let has_heading = |id| context.sources().file(id).text().lines().any(|line| line.starts_with('#') && about(line));
    if guides.into_iter().any(|file| about(&file.path) || file.text().is_some_and(has_heading)) {
        return;
    }
    findings
        .report(None, "no guide says what to do when the stack does not work")
        .help("write `docs/TROUBLESHOOTING.md`: symptoms, their causes, what to do");
}
