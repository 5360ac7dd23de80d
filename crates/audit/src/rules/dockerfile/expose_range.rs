//! DF064 expose-range.

use windlass_dockerfile::Command;

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `EXPOSE` names a port above 65535.
    ///
    /// ## Why
    /// The build stops.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// EXPOSE 80000
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// EXPOSE 8000
    /// ```
    pub(crate) static RULE = {
        id: "DF064", slug: "expose-range", control: PortExposure, severity: P1,
        aliases: ["hadolint:DL3011", "trivy:DS-0008"],
        effort: 2,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    for instruction in stage.body() {
        let Command::Expose(ports) = &instruction.command else { continue };
        for port in ports {
            let number = port.text.split('/').next().unwrap_or_default();
            let is_out = |number: &str| number.parse::<u64>().is_ok_and(|number| number > 65_535);
            if number.split('-').any(is_out) {
                findings.report(port.span, format!("there is no port {number}")).help("ports end at 65535");
            }
        }
    }
}
