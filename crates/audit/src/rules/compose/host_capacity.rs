//! CO092 host-capacity.

use crate::rule::declare_rule;

declare_rule! {
    /// All limits together are more than the machine has.
    ///
    /// Files don't say it, so the rule never runs: it is listed as not run. `windlass cost` compares what a stack asks for with nodes that are named.
    ///
    /// ## Why
    /// When every service takes what it may, the kernel kills one of them.
    ///
    /// ## Example
    /// How large the machine is stands in no file.
    ///
    /// ## Use instead
    /// `windlass cost` with the nodes that there are.
    pub(crate) static RULE = {
        id: "CO092", slug: "host-capacity", control: Capacity, severity: P3,
        seed: "21.1",
        effort: 30,
        check: NotRun("how large the machine is stands in no file"),
    }
}
