//! CI004 no-multi-arch.

use windlass_conf::Word;
use windlass_conf::workflow::Step;

use crate::context::Context;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Images are pushed for one kind of processor only.
    ///
    /// ## Why
    /// Half of today's laptops and the cheaper half of cloud machines are ARM; there the image runs slowly, by emulation, or not at all.
    ///
    /// ## Example
    /// ```yaml .github/workflows/ci.yml
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-24.04
    ///     steps:
    ///       - uses: docker/build-push-action@v6
    ///         with: { push: true, tags: acme/app }
    /// ```
    /// ```dockerfile Dockerfile
    /// FROM alpine:3.22
    /// ```
    /// ## Use instead
    /// ```yaml .github/workflows/ci.yml
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-24.04
    ///     steps:
    ///       - uses: docker/build-push-action@v6
    ///         with: { push: true, tags: acme/app, platforms: "linux/amd64,linux/arm64" }
    /// ```
    /// ```dockerfile Dockerfile
    /// FROM alpine:3.22
    /// ```
    pub(crate) static RULE = {
        id: "CI004", slug: "no-multi-arch", control: Pipeline, severity: P3,
        seed: "19.3, 24.1",
        effort: 60,
        check: Repository(check),
    }
}

fn check(context: &Context, findings: &mut Findings<'_>) {
    if context.dockerfiles().next().is_none() {
        return findings.not_applicable();
    }
    let workflows: Vec<_> = context.configs().filter_map(|config| Some((config, config.workflow()?))).collect();
    let is_multiple = |text: &str| text.contains("arm64") || text.contains("buildx bake") || text.contains("bake-action");
    if workflows.iter().any(|(config, _)| is_multiple(config.text())) {
        return;
    }
    let builds = workflows.iter().flat_map(|(_, workflow)| &workflow.jobs).flat_map(|job| &job.steps).find(|step| builds_image(step));
    let Some(build) = builds else { return findings.not_applicable() };
    findings
        .report(build.span(), "images are built for one kind of processor only")
        .help("build with `platforms: linux/amd64,linux/arm64`");
}

fn builds_image(step: &Step) -> bool {
    let runs = |run: &Word| {
        run.text.lines().any(|line| {
            ["docker build ", "docker buildx build ", "docker compose build", "docker-compose build", "podman build "]
                .iter()
                .any(|command| line.contains(command))
        })
    };
    step.uses.as_ref().is_some_and(|uses| uses.name().ends_with("/build-push-action")) || step.run.as_ref().is_some_and(runs)
}
