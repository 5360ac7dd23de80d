//! IM001 size-over-limit.

use crate::context::Context;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// An image is larger than 500 MB, as a file of measurements says.
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
    ///     size: 800MB
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
        id: "IM001", slug: "size-over-limit", control: ImageSize, severity: P2,
        seed: "6.1, 23.3, 23.5",
        aliases: ["kyverno:block-large-images"],
        effort: 120,
        check: Repository(check),
    }
}

/// The most that an image may have, in bytes.
const LIMIT: u64 = 500_000_000;

fn check(context: &Context, findings: &mut Findings<'_>) {
    if context.measurements().is_empty() {
        return findings.not_applicable();
    }
    for measured in context.measurements().iter().filter(|measured| measured.bytes > LIMIT) {
        findings
            .report(measured.span, format!("the image of `{}` has {} MB, above 500", measured.dockerfile, measured.bytes / 1_000_000))
            .help("build in a stage of its own, on a smaller base image");
    }
}
