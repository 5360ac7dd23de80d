//! IM002 size-over-goal.

use crate::context::Context;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// An image is larger than the goal of 400 MB, as a file of measurements says.
    ///
    /// Windlass builds nothing. What was measured stands in `windlass-images.yaml` beside the Dockerfile: a list `images` of `dockerfile` and `size`.
    ///
    /// ## Why
    /// Each node pulls it before the first request is served; each deployment waits for that.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// ```
    /// ```yaml windlass-images.yaml
    /// images:
    ///   - dockerfile: Dockerfile
    ///     size: 475MB
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// ```
    /// ```yaml windlass-images.yaml
    /// images:
    ///   - dockerfile: Dockerfile
    ///     size: 120MB
    /// ```
    pub(crate) static RULE = {
        id: "IM002", slug: "size-over-goal", control: ImageSize, severity: P3,
        seed: "11.3",
        effort: 120,
        check: Repository(check),
    }
}

/// What is aimed at, and what IM001 speaks of, in bytes.
const GOAL: std::ops::RangeInclusive<u64> = 400_000_001..=500_000_000;

fn check(context: &Context, findings: &mut Findings<'_>) {
    if context.measurements().is_empty() {
        return findings.not_applicable();
    }
    for measured in context.measurements().iter().filter(|measured| GOAL.contains(&measured.bytes)) {
        findings
            .report(
                measured.span,
                format!("the image of `{}` has {} MB, above the goal of 400", measured.dockerfile, measured.bytes / 1_000_000),
            )
            .help("build on a smaller variant of the base image");
    }
}
