//! DF090 no-security-upgrade.

use crate::context::{Context, DockerfileContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A base image is pinned by its digest, and nothing keeps the pin current: no configuration of Dependabot or Renovate, and no pipeline that runs on a schedule.
    ///
    /// ## Why
    /// The image stays what it was on that day, with every hole that was found since. `apt-get upgrade` in a `RUN` does not help: the layer is cached.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim@sha256:00000000000000000000000000000000000000000000000000000000000000aa
    /// ```
    /// ```yaml .github/workflows/ci.yml
    /// on: push
    /// jobs: { build: { runs-on: ubuntu-24.04, steps: [{ run: docker build . }] } }
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim@sha256:00000000000000000000000000000000000000000000000000000000000000aa
    /// ```
    /// ```yaml .github/workflows/ci.yml
    /// on: push
    /// jobs: { build: { runs-on: ubuntu-24.04, steps: [{ run: docker build . }] } }
    /// ```
    /// ```yaml .github/dependabot.yml
    /// version: 2
    /// updates:
    ///   - { package-ecosystem: docker, directory: /, schedule: { interval: weekly } }
    /// ```
    pub(crate) static RULE = {
        id: "DF090", slug: "no-security-upgrade", control: TrustedImages, severity: P3,
        seed: "5.1, 12.1",
        aliases: ["dockle:CIS-DI-0004", "docker-bench:4.4"],
        effort: 20,
        check: Repository(check),
    }
}

fn check(context: &Context, findings: &mut Findings<'_>) {
    const BOTS: [&str; 6] = ["dependabot.yml", "dependabot.yaml", "renovate.json", "renovate.json5", ".renovaterc", ".renovaterc.json"];
    let pinned = |dockerfile: DockerfileContext<'_>| {
        let mut stages = dockerfile.stages().filter(|stage| stage.is_in_shipped_chain());
        stages.find_map(|stage| stage.base().and_then(|base| base.digest().is_some().then_some(stage.from.image.span)))
    };
    let Some(place) = context.dockerfiles().find_map(pinned) else { return findings.not_applicable() };
    // Bots are configured at the root of a repository, which shows in its pipelines.
    if context.configs().all(|config| config.workflow().is_none()) {
        return findings.exempt("no pipeline is here, so the root of the repository may be elsewhere");
    }
    let has_bot = context.repository().find(|file| BOTS.contains(&file.name())).is_some();
    let has_schedule = context.configs().any(|config| config.workflow().is_some() && config.text().contains("schedule"));
    if !has_bot && !has_schedule {
        findings
            .report(place, "the base image is pinned by its digest, and nothing keeps the pin current")
            .help("add a configuration of Dependabot or Renovate for Dockerfiles");
    }
}
