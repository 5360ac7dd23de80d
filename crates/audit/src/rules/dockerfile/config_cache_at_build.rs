//! DF035 config-cache-at-build.

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// The configuration of Laravel is cached while the image is built.
    ///
    /// ## Why
    /// The cache holds the variables of the build; those that the container is given are ignored. And what was secret at the build stands in the image.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM php:8.4-fpm
    /// RUN php artisan config:cache
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM php:8.4-fpm
    /// CMD ["sh", "-c", "php artisan config:cache && exec php-fpm"]
    /// ```
    pub(crate) static RULE = {
        id: "DF035", slug: "config-cache-at-build", control: FrameworkBuild, severity: P2,
        seed: "1.1, 8.3",
        effort: 10,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    for command in stage.commands().filter(|command| command.program() == "php" || command.program() == "artisan") {
        let Some(word) = command.words.iter().find(|word| matches!(word.text.as_str(), "config:cache" | "optimize")) else { continue };
        findings
            .report(word.span, format!("`{}` in `RUN` freezes the variables of the build", word.text))
            .severity(stage.grade(RULE.severity))
            .help("cache the configuration when the container starts");
    }
}
