//! DI003 dockerignore-overreach.

use crate::context::DockerfileContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A pattern leaves out a file that the build needs.
    ///
    /// ## Why
    /// The build stops, and what is reported is only that a file is not there.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// COPY config/app.conf /etc/app.conf
    /// ```
    /// ```dockerignore
    /// config
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// COPY config/app.conf /etc/app.conf
    /// ```
    /// ```dockerignore
    /// .git
    /// ```
    pub(crate) static RULE = {
        id: "DI003", slug: "dockerignore-overreach", control: CopyInstructions, severity: P1,
        aliases: ["buildkit:CopyIgnoredFile"],
        effort: 5,
        check: Dockerfile(check),
    }
}

fn check(dockerfile: &DockerfileContext<'_>, findings: &mut Findings<'_>) {
    if dockerfile.ignore_file().is_none() {
        return findings.not_applicable();
    }
    for (source, pattern) in dockerfile.ignored_sources() {
        findings
            .report(pattern, format!("this pattern leaves out `{}`, which the build copies", source.text))
            .related(source.span, "copied here")
            .help("take the pattern out, or add an exception: `!PATH`");
    }
}
