//! DF029 lang-unpinned.

use crate::context::{Manager, StageContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Packages of a language are installed with `npm`, `yarn`, `gem` or `go install` without a version.
    ///
    /// ## Why
    /// A new release of a dependency changes, or breaks, the image without a change in the repository.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM node:22-slim
    /// RUN npm install -g pm2
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM node:22-slim
    /// RUN npm install -g pm2@6.0.8
    /// ```
    pub(crate) static RULE = {
        id: "DF029", slug: "lang-unpinned", control: PinnedVersions, severity: P3,
        aliases: ["hadolint:DL3016", "hadolint:DL3028", "hadolint:DL3062"],
        effort: 10,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    super::unpinned(
        stage,
        &[Manager::Npm, Manager::Yarn, Manager::Gem, Manager::Go],
        "name the version: `pm2@6.0.8`, `gem install rake -v 13.3.0`, `go install example.com/tool@v1.2.3`",
        findings,
    );
}
