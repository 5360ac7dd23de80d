//! DF034 laravel-caches.

use crate::context::{ShellCommand, StageContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A Laravel image is shipped without cached configuration, routes and views.
    ///
    /// An entrypoint that is not part of the Dockerfile may make them; then this can be left out.
    ///
    /// ## Why
    /// Each request reads and compiles files that do not change.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM php:8.4-fpm
    /// WORKDIR /app
    /// COPY artisan composer.json ./
    /// CMD ["php-fpm"]
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM php:8.4-fpm
    /// WORKDIR /app
    /// COPY artisan composer.json ./
    /// RUN php artisan optimize
    /// CMD ["php-fpm"]
    /// ```
    pub(crate) static RULE = {
        id: "DF034", slug: "laravel-caches", control: FrameworkBuild, severity: P3,
        seed: "1.1, 12.2, 17.1, 22.2",
        effort: 10,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    if !stage.is_shipped() || !stage.dockerfile().is_production() || !stage.is_laravel() {
        return findings.not_applicable();
    }
    let caches = |command: &ShellCommand| {
        command
            .words
            .iter()
            .any(|word| ["config:cache", "route:cache", "view:cache", "optimize"].iter().any(|task| word.text.contains(task)))
    };
    let in_services = stage
        .dockerfile()
        .services()
        .any(|service| service.command_text().contains(":cache") || service.command_text().contains("optimize"));
    if stage.commands().any(caches) || in_services || stage.has_own_entrypoint() {
        return;
    }
    findings
        .report(stage.from_span(), "the framework's caches are not made in the image")
        .help("add `RUN php artisan route:cache && php artisan view:cache`, and make the configuration's cache at the start");
}
