//! DF014 single-stage.

use crate::context::{ShellCommand, StageContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// What builds the application is shipped: there is one stage, and it compiles.
    ///
    /// ## Why
    /// Compiler, sources and build dependencies are in the image for good: large, and of use to an attacker.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM golang:1.24
    /// COPY . /src
    /// RUN cd /src && go build -o /app .
    /// CMD ["/app"]
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM golang:1.24 AS build
    /// COPY . /src
    /// RUN cd /src && go build -o /app .
    /// FROM gcr.io/distroless/static:nonroot
    /// COPY --from=build /app /app
    /// CMD ["/app"]
    /// ```
    pub(crate) static RULE = {
        id: "DF014", slug: "single-stage", control: MultiStageBuild, severity: P2,
        seed: "1.1, 6.2, 12.1, 22.1",
        effort: 60,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    let dockerfile = stage.dockerfile();
    if !stage.is_shipped() || !dockerfile.is_production() {
        return findings.not_applicable();
    }
    let builds = |command: &&ShellCommand| {
        let verb = command.operands().next().map(|word| word.text.as_str()).unwrap_or_default();
        match command.program() {
            "go" | "cargo" => verb == "build" || verb == "install",
            "mvn" | "mvnw" => command.operands().any(|word| matches!(word.text.as_str(), "package" | "install" | "verify")),
            "gradle" | "gradlew" => command.operands().any(|word| matches!(word.text.as_str(), "build" | "bootJar" | "assemble" | "jar")),
            "dotnet" => verb == "publish" || verb == "build",
            "npm" | "yarn" | "pnpm" => command.operands().any(|word| word.text == "build"),
            _ => false,
        }
    };
    let Some(build) = stage.commands().find(builds) else { return };
    findings
        .report(build.span(), format!("`{}` builds in the stage that is shipped", build.program()))
        .help("build in a stage of its own, and `COPY --from` what it made");
}
