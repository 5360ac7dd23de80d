//! DF086 opcache-absent.

use crate::context::{ShellCommand, StageContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A PHP image for production is built without opcache.
    ///
    /// From PHP 8.5 on it is part of PHP.
    ///
    /// ## Why
    /// Every request compiles every file again: several times the processor time.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM php:8.4-fpm
    /// CMD ["php-fpm"]
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM php:8.4-fpm
    /// RUN docker-php-ext-install opcache
    /// CMD ["php-fpm"]
    /// ```
    pub(crate) static RULE = {
        id: "DF086", slug: "opcache-absent", control: FrameworkBuild, severity: P2,
        seed: "1.1, 12.2, 22.2",
        effort: 5,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    if !stage.is_shipped() || !stage.dockerfile().is_production() || !stage.serves_php() {
        return findings.not_applicable();
    }
    let chain: Vec<StageContext<'_>> = std::iter::successors(Some(*stage), |stage| stage.parent()).collect();
    let Some(base) = chain.last().and_then(|stage| stage.base()).filter(|base| base.familiar_name() == "php") else {
        return findings.not_applicable();
    };
    let version: Vec<u32> = base.tag().unwrap_or_default().split(['.', '-']).map_while(|part| part.parse().ok()).collect();
    let brings = |command: &ShellCommand| command.words.iter().any(|word| word.text.contains("opcache"));
    if version >= vec![8, 5] || chain.iter().flat_map(|stage| stage.commands()).any(brings) {
        return;
    }
    findings.report(stage.from_span(), "the image has no opcache").help("add `RUN docker-php-ext-install opcache`");
}
