//! SU002 suppression-expired.

use crate::rule::declare_rule;
use crate::suppress::Flaw;

declare_rule! {
    /// The last day of a suppression is over; its findings count again.
    ///
    /// ## Why
    /// A day was set so that somebody looks again. That day was.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM debian:13-slim
    /// # windlass: ignore[DF016] until the mirror is back until=2020-01-31
    /// RUN apt-get install -y curl
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM debian:13-slim
    /// RUN apt-get install -y --no-install-recommends curl
    /// ```
    pub(crate) static RULE = {
        id: "SU002", slug: "suppression-expired", control: Suppressions, severity: P2,
        effort: 5,
        check: Suppression(Flaw::Expired),
    }
}
