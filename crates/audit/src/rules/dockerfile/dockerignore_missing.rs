//! DI001 dockerignore-missing.

use windlass_dockerfile::Command;

use crate::context::DockerfileContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// The build copies files of its context, and no `.dockerignore` says which.
    ///
    /// ## Why
    /// Everything in the directory is sent to the builder: `.git`, `.env`, dependencies of the machine. What `COPY . .` takes of that is
    /// in the image for good, and each change of it throws the cache away.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM alpine:3.22
    /// COPY . /app
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM alpine:3.22
    /// COPY . /app
    /// ```
    /// ```dockerignore
    /// .git
    /// .env*
    /// ```
    pub(crate) static RULE = {
        id: "DI001", slug: "dockerignore-missing", control: BuildContext, severity: P2,
        seed: "1.1, 6.2, 12.1",
        effort: 10,
        check: Dockerfile(check),
    }
}

fn check(dockerfile: &DockerfileContext<'_>, findings: &mut Findings<'_>) {
    let copies = |command: &Command| match command {
        Command::Copy(copy) | Command::Add(copy) => !copy.sources.iter().all(|source| source.text.starts_with("<<")),
        _ => false,
    };
    let mut instructions = dockerfile.tree().instructions.iter();
    let first = instructions.find(|instruction| copies(&instruction.command) && instruction.flag("from").is_none());
    let Some(first) = first else { return findings.not_applicable() };
    if dockerfile.ignore_file().is_none() {
        findings
            .report(first.span, "no `.dockerignore` says which files of the context the build sees")
            .help("write a `.dockerignore` beside it: `.git`, `.env*`, and dependencies that are installed in the build");
    }
}
