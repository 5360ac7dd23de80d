//! DF033 composer-autoload.

use windlass_source::{Edit, Span};

use crate::context::{DockerfileContext, ShellCommand};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// Composer's autoloader is not optimised.
    ///
    /// ## Why
    /// Each request looks for classes in directories instead of in a map.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM php:8.4-fpm
    /// COPY composer.json ./
    /// RUN composer install --no-dev
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM php:8.4-fpm
    /// COPY composer.json ./
    /// RUN composer install --no-dev --optimize-autoloader
    /// ```
    pub(crate) static RULE = {
        id: "DF033", slug: "composer-autoload", control: FrameworkBuild, severity: P3,
        seed: "1.1, 12.2, 22.2",
        fix: Auto,
        effort: 2,
        check: Dockerfile(check),
    }
}

fn check(dockerfile: &DockerfileContext<'_>, findings: &mut Findings<'_>) {
    if !dockerfile.is_production() {
        return findings.not_applicable();
    }
    let commands: Vec<&ShellCommand> = dockerfile.stages().flat_map(|stage| stage.commands()).collect();
    let composer = |verbs: &[&str]| {
        let of = |command: &&&ShellCommand| {
            let is_composer = command.program() == "composer" || command.words.iter().any(|word| word.text.ends_with("composer.phar"));
            is_composer && command.operands().any(|word| verbs.contains(&word.text.as_str()))
        };
        commands.iter().filter(of).copied().collect::<Vec<_>>()
    };
    let installs = composer(&["install", "update"]);
    let Some(first) = installs.iter().find(|command| !command.words.iter().any(|word| word.text == "global")) else {
        return findings.not_applicable();
    };
    let flags = ["-o", "--optimize-autoloader", "--optimize", "-a", "--classmap-authoritative", "--apcu-autoloader"];
    let dumps = composer(&["dump-autoload", "dumpautoload"]);
    if installs.iter().chain(&dumps).any(|command| command.has_flag(&flags)) {
        return;
    }
    let Some(word) = first.operands().find(|word| matches!(word.text.as_str(), "install" | "update")) else { return };
    let after = Span { start: word.span.end, ..word.span };
    findings
        .report(first.span(), "the autoloader of `composer` is not optimised")
        .help("add `--optimize-autoloader`")
        .fix("add `--optimize-autoloader`", Edit { span: after, replacement: " --optimize-autoloader".to_owned() });
}
