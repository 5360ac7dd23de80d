//! DF080 order.

use windlass_dockerfile::Command;

use crate::context::DockerfileContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// The Dockerfile begins with something else than `FROM` or `ARG`, or `ONBUILD` holds an instruction that it may not.
    ///
    /// ## Why
    /// The build stops.
    ///
    /// ## Example
    /// ```dockerfile
    /// RUN true
    /// FROM debian:13-slim
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN true
    /// ```
    pub(crate) static RULE = {
        id: "DF080", slug: "order", control: DockerfileSyntax, severity: P1,
        aliases: ["hadolint:DL3061", "hadolint:DL3043"],
        effort: 5,
        check: Dockerfile(check),
    }
}

fn check(dockerfile: &DockerfileContext<'_>, findings: &mut Findings<'_>) {
    for instruction in &dockerfile.tree().instructions {
        match &instruction.command {
            Command::From(_) => break,
            Command::Arg(_) | Command::Broken(_) => {}
            _ => {
                let keyword = &instruction.keyword;
                findings.report(keyword.span, format!("`{}` stands before the first `FROM`", keyword.text)).help("only `ARG` may");
                // The first one says it.
                break;
            }
        }
    }
    for instruction in &dockerfile.tree().instructions {
        let Command::Onbuild(inner) = &instruction.command else { continue };
        if matches!(inner.command, Command::From(_) | Command::Maintainer(_) | Command::Onbuild(_)) {
            findings.report(instruction.span, format!("`ONBUILD {}` is not allowed", inner.keyword.text)).help("leave it out");
        }
    }
}
