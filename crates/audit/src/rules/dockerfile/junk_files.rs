//! IM005 junk-files.

use crate::rule::declare_rule;

declare_rule! {
    /// An image holds caches, histories of version control, or files that look like secrets.
    ///
    /// Files don't say it, so the rule never runs: it is listed as not run. What a Dockerfile and `.dockerignore` say of it is checked by DI001, DI002 and DF067.
    ///
    /// ## Why
    /// They are pulled by every node and read by everybody who has the image.
    ///
    /// ## Example
    /// What an image holds is known when it is built.
    ///
    /// ## Use instead
    /// A `.dockerignore`, and stages that copy what is needed.
    pub(crate) static RULE = {
        id: "IM005", slug: "junk-files", control: ImageContent, severity: P3,
        seed: "6.2",
        aliases: ["dockle:DKL-LI-0003"],
        effort: 30,
        check: NotRun("what an image holds is known when it is built"),
    }
}
