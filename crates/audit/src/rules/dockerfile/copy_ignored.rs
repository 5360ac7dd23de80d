//! DF045 copy-ignored.

use crate::context::DockerfileContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `.dockerignore` leaves out a file that `COPY` names.
    ///
    /// ## Why
    /// The build stops: the file is not there for it.
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
        id: "DF045", slug: "copy-ignored", control: CopyInstructions, severity: P1,
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
            .report(source.span, format!("`{}` is left out by `.dockerignore`", source.text))
            .related(pattern, "by this pattern")
            .help("take the pattern out, or add an exception: `!PATH`");
    }
}
