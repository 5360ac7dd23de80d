//! IM003 stale.

use crate::rule::declare_rule;

declare_rule! {
    /// An image was built long ago.
    ///
    /// Files don't say it, so the rule never runs: it is listed as not run. `docker image inspect` tells it.
    ///
    /// ## Why
    /// What was found in its packages since then is not mended in it.
    ///
    /// ## Example
    /// When the images were built is known to their registry.
    ///
    /// ## Use instead
    /// A pipeline that builds on a schedule.
    pub(crate) static RULE = {
        id: "IM003", slug: "stale", control: TrustedImages, severity: P3,
        aliases: ["kyverno:block-stale-images"],
        effort: 30,
        check: NotRun("when the images were built is known to their registry"),
    }
}
