//! DF066 expose-many.

use windlass_dockerfile::{Command, Word};

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// The image exposes more ports than one server has: above five.
    ///
    /// ## Why
    /// Whoever publishes all of them (`-P`) opens more than anybody meant.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// EXPOSE 80 443 3000 5432 6379 9000
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// EXPOSE 8080
    /// ```
    pub(crate) static RULE = {
        id: "DF066", slug: "expose-many", control: PortExposure, severity: P3,
        seed: "1.1, 5.1",
        aliases: ["docker-bench:5.9"],
        effort: 5,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    if !stage.is_shipped() {
        return findings.not_applicable();
    }
    let instructions = stage.body().iter().filter_map(|instruction| match &instruction.command {
        Command::Expose(ports) => Some(ports),
        _ => None,
    });
    let ports: Vec<&Word> = instructions.flatten().collect();
    if ports.len() > 5 {
        findings
            .report(ports[5].span, format!("the image exposes {} ports", ports.len()))
            .help("expose what the process listens on, and run others in containers of their own");
    }
}
