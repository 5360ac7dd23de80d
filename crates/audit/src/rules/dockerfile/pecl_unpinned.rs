//! DF031 pecl-unpinned.

use crate::context::{Manager, StageContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// PHP extensions are installed with `pecl` or `install-php-extensions` without a version.
    ///
    /// ## Why
    /// A new major release of an extension changes what the application relies on.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM php:8.4-fpm
    /// RUN pecl install redis && docker-php-ext-enable redis
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM php:8.4-fpm
    /// RUN pecl install redis-6.2.0 && docker-php-ext-enable redis
    /// ```
    pub(crate) static RULE = {
        id: "DF031", slug: "pecl-unpinned", control: PinnedVersions, severity: P3,
        seed: "1.1",
        effort: 10,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    super::unpinned(stage, &[Manager::Pecl], "write `NAME-VERSION`", findings);
}
