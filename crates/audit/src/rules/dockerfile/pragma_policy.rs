//! DF082 pragma-policy.

use crate::context::DockerfileContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A comment of a Dockerfile switches rules off.
    ///
    /// Some houses want that in one place, as a setting with its reason. The rule runs when it is named.
    ///
    /// ## Why
    /// Whoever writes the Dockerfile then decides what is checked.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// # hadolint ignore=DL3008
    /// RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*
    /// ```
    pub(crate) static RULE = {
        id: "DF082", slug: "pragma-policy", control: DockerfileSyntax, severity: P3,
        aliases: ["hadolint:DL1001"],
        optional: true,
        effort: 5,
        check: Dockerfile(check),
    }
}

fn check(dockerfile: &DockerfileContext<'_>, findings: &mut Findings<'_>) {
    const PRAGMAS: [&str; 6] = ["hadolint ", "windlass: ignore", "check=skip=", "checkov:skip", "trivy:ignore", "kics-scan"];
    for comment in dockerfile.comments() {
        let text = dockerfile.context().slice(comment).trim_start_matches(['#', ' ']);
        let is_pragma = |pragma: &&str| text.starts_with(pragma) && (*pragma != "hadolint " || text.contains("ignore="));
        if PRAGMAS.iter().any(is_pragma) {
            findings.report(comment, "a comment switches rules off").help("suppress it in `windlass.yaml`, with a reason");
        }
    }
}
