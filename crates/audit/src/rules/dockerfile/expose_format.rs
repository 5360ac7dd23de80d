//! DF065 expose-format.

use windlass_dockerfile::Command;
use windlass_source::Edit;

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `EXPOSE` has an address, a port of the host, or a protocol in capitals.
    ///
    /// ## Why
    /// The address and the host's port mean nothing there; older builders refuse them.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// EXPOSE 80/TCP
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// EXPOSE 80/tcp
    /// ```
    pub(crate) static RULE = {
        id: "DF065", slug: "expose-format", control: PortExposure, severity: P3,
        aliases: ["buildkit:ExposeInvalidFormat", "buildkit:ExposeProtoCasing"],
        fix: Auto,
        effort: 2,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    for instruction in stage.body() {
        let Command::Expose(ports) = &instruction.command else { continue };
        for port in ports {
            let text = port.text.as_str();
            if text.contains(['$', '{', '}']) {
                continue;
            }
            if let Some((before, own)) = text.rsplit_once(':') {
                findings
                    .report(port.span, format!("`{before}` in `EXPOSE` means nothing"))
                    .help(format!("write `{own}`"))
                    .fix(format!("write `{own}`"), Edit { span: port.span, replacement: own.to_owned() });
            } else if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
                let lower = text.to_ascii_lowercase();
                findings
                    .report(port.span, format!("the protocol of `{text}` is in capitals"))
                    .help(format!("write `{lower}`"))
                    .fix(format!("write `{lower}`"), Edit { span: port.span, replacement: lower });
            }
        }
    }
}
