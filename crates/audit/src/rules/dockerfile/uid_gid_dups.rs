//! IM004 uid-gid-dups.

use crate::rule::declare_rule;

declare_rule! {
    /// Two users of an image have one number, or one has no password.
    ///
    /// Files don't say it, so the rule never runs: it is listed as not run. A scanner of images such as Dockle tells it.
    ///
    /// ## Why
    /// Files of the one are the other's, and anybody can become the other.
    ///
    /// ## Example
    /// The users of an image stand in its files.
    ///
    /// ## Use instead
    /// Users with numbers of their own.
    pub(crate) static RULE = {
        id: "IM004", slug: "uid-gid-dups", control: ImageContent, severity: P2,
        aliases: ["dockle:DKL-LI-0001", "dockle:DKL-LI-0002"],
        effort: 30,
        check: NotRun("the users of an image stand in its files"),
    }
}
