//! DF032 composer-dev-deps.

use windlass_dockerfile::Command;
use windlass_source::{Edit, Span};

use crate::context::{Manager, StageContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// `composer install` brings development dependencies into the image that is shipped.
    ///
    /// ## Why
    /// Debuggers and test tools run with the application's rights, and have been the way in more than once.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM php:8.4-fpm
    /// COPY composer.json ./
    /// RUN composer install
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM php:8.4-fpm
    /// COPY composer.json ./
    /// RUN composer install --no-dev
    /// ```
    pub(crate) static RULE = {
        id: "DF032", slug: "composer-dev-deps", control: ImageContent, severity: P2,
        seed: "6.2, 23.3",
        fix: Auto,
        effort: 2,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    if !stage.dockerfile().is_production() {
        return findings.not_applicable();
    }
    let mut is_there = false;
    let is_off = stage.body().iter().any(|instruction| match &instruction.command {
        Command::Env(pairs) => pairs.iter().any(|pair| pair.name.text == "COMPOSER_NO_DEV"),
        _ => false,
    });
    for (_, install) in stage.installs_with(&[Manager::Composer]) {
        if install.verb.text != "install" || install.command.words.iter().any(|word| word.text == "global") {
            continue;
        }
        is_there = true;
        if is_off || install.command.has_flag(&["--no-dev"]) {
            continue;
        }
        let after = Span { start: install.verb.span.end, ..install.verb.span };
        findings
            .report(install.command.span(), "`composer install` also installs development dependencies")
            .help("add `--no-dev`")
            .fix("add `--no-dev`", Edit { span: after, replacement: " --no-dev".to_owned() });
    }
    if !is_there {
        findings.not_applicable();
    }
}
