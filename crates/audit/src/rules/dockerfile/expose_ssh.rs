//! DF063 expose-ssh.

use windlass_dockerfile::Command;

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// The image exposes the port of SSH.
    ///
    /// ## Why
    /// A shell over the network is one more way in; `docker exec` and `kubectl exec` need none.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// EXPOSE 22
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// EXPOSE 8080
    /// ```
    pub(crate) static RULE = {
        id: "DF063", slug: "expose-ssh", control: RemoteAccess, severity: P2,
        aliases: ["checkov:CKV_DOCKER_1", "trivy:DS-0004", "docker-bench:5.7"],
        fix: Auto,
        effort: 15,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    for instruction in stage.body() {
        let Command::Expose(ports) = &instruction.command else { continue };
        for port in ports {
            if matches!(port.text.as_str(), "22" | "22/tcp") {
                let alone = (ports.len() == 1).then(|| stage.dockerfile().without(instruction));
                findings
                    .report(port.span, "the image exposes the port of SSH")
                    .help("remove it, and the server")
                    .fix("remove the instruction", alone);
            }
        }
    }
}
