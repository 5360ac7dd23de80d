//! SU001 suppression-unused.

use crate::rule::declare_rule;
use crate::suppress::Flaw;

declare_rule! {
    /// A suppression names a rule that finds nothing there.
    ///
    /// ## Why
    /// It hides the finding that comes back one day, and nobody remembers why it is there.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// # windlass: ignore[DF016] the package needs what it recommends
    /// RUN apt-get install -y --no-install-recommends curl
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN apt-get install -y --no-install-recommends curl
    /// ```
    pub(crate) static RULE = {
        id: "SU001", slug: "suppression-unused", control: Suppressions, severity: P3,
        effort: 1,
        check: Suppression(Flaw::Unused),
    }
}
