//! DO001 setup-doc.

use windlass_source::Span;

use crate::context::Context;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// No guide says how to set the stack up, or the one that is there leaves the half of it out.
    ///
    /// A guide is a Markdown file that tells how to start the stack. It has to say, under headings of their own, what is needed and what is to be configured.
    ///
    /// ## Why
    /// A newcomer's first day goes into what nobody wrote down: which version, which variables, which order.
    ///
    /// ## Example
    /// ```yaml
    /// services: { app: { image: acme/app:1.4 } }
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services: { app: { image: acme/app:1.4 } }
    /// ```
    /// ```markdown docs/SETUP.md
    /// # Setup
    ///
    /// ## Requirements
    /// Docker 28 with Compose.
    ///
    /// ## Configuration
    /// Copy `.env.example` to `.env` and fill it in.
    ///
    /// ## Start
    /// ~~~console
    /// docker compose up -d
    /// ~~~
    /// ```
    pub(crate) static RULE = {
        id: "DO001", slug: "setup-doc", control: Guides, severity: P3,
        seed: "18.1, 18.2, 19.2, 24.1",
        effort: 60,
        check: Repository(check),
    }
}

fn check(context: &Context, findings: &mut Findings<'_>) {
    if context.stacks().next().is_none() {
        return findings.not_applicable();
    }
    let texts =
        context.repository().files().iter().filter(|file| file.name().to_ascii_lowercase().ends_with(".md")).filter_map(|file| file.text());
    let guides: Vec<_> =
        texts.map(|id| (id, context.sources().file(id).text().to_ascii_lowercase())).filter(|(_, text)| starts(text)).collect();
    if guides.is_empty() {
        findings
            .report(None, "no guide says how to set the stack up")
            .help("write `docs/SETUP.md`: what is needed, what is to be configured, how it is started");
        return;
    }
    let has = |words: &[&str]| guides.iter().any(|(_, text)| headings(text).any(|heading| words.iter().any(|word| heading.contains(word))));
    let parts = [("what is needed", REQUIREMENTS), ("what is to be configured", CONFIGURATION)];
    let missing: Vec<&str> = parts.into_iter().filter(|(_, words)| !has(words)).map(|(part, _)| part).collect();
    if missing.is_empty() {
        return;
    }
    // The guide that is about the set-up, rather than a README that mentions it.
    let best =
        guides.iter().find(|(id, _)| context.sources().file(*id).name().to_ascii_lowercase().contains("setup")).unwrap_or(&guides[0]);
    findings
        .report(
            Span::new(best.0, 0..context.sources().file(best.0).text().lines().next().unwrap_or_default().len()),
            format!("the guide does not say {}", missing.join(", nor ")),
        )
        .help("give each a heading of its own");
}

const REQUIREMENTS: &[&str] = &["require", "prerequisite", "you need", "what is needed", "dependencies", "before you"];
const CONFIGURATION: &[&str] = &["config", "environment", "variables", "settings", ".env", "secrets"];

fn starts(text: &str) -> bool {
    ["docker compose up", "docker-compose up", "docker compose -f", "docker-compose -f", "make up", "docker stack deploy"]
        .iter()
        .any(|command| text.contains(command))
}

fn headings(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| line.starts_with('#'))
}
