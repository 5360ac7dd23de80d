//! SU003 suppression-unexplained.

use crate::rule::declare_rule;
use crate::suppress::Flaw;

declare_rule! {
    /// A suppression of a P1 gives no reason; the finding counts until it does.
    ///
    /// ## Why
    /// A P1 breaks production or gives it away. Who accepts that says why, where the next person reads it.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app: # windlass: ignore[CO001]
    ///     image: nextcloud:31
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app: # windlass: ignore[CO001] it is asked from outside, by the load balancer
    ///     image: nextcloud:31
    /// ```
    pub(crate) static RULE = {
        id: "SU003", slug: "suppression-unexplained", control: Suppressions, severity: P2,
        effort: 2,
        check: Suppression(Flaw::NoReason),
    }
}
