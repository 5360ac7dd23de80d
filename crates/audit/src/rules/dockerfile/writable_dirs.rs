//! DF036 writable-dirs.

use windlass_dockerfile::Command;

use crate::context::{ShellCommand, StageContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A Laravel image runs as a user who may not write to `storage` and `bootstrap/cache`.
    ///
    /// ## Why
    /// The first request that writes a session, a view or a log fails.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM php:8.4-fpm
    /// WORKDIR /app
    /// COPY artisan composer.json ./
    /// USER www-data
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM php:8.4-fpm
    /// WORKDIR /app
    /// COPY artisan composer.json ./
    /// RUN chown -R www-data:www-data storage bootstrap/cache
    /// USER www-data
    /// ```
    pub(crate) static RULE = {
        id: "DF036", slug: "writable-dirs", control: WritableDirectories, severity: P2,
        seed: "12.2, 20.2, 22.2",
        effort: 5,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    if !stage.is_shipped() || !stage.is_laravel() {
        return findings.not_applicable();
    }
    let Some(user) = stage.last(|command| matches!(command, Command::User(user) if !matches!(user.text.as_str(), "root" | "0"))) else {
        return findings.not_applicable();
    };
    let owns = |command: &ShellCommand| matches!(command.program(), "chown" | "chmod" | "install" | "setfacl");
    let copies_owned =
        stage.body().iter().any(|instruction| matches!(instruction.command, Command::Copy(_)) && instruction.flag("chown").is_some());
    let mounts = stage.dockerfile().services().any(|service| service.mounts_below("storage"));
    if stage.commands().any(owns) || copies_owned || mounts {
        return;
    }
    findings
        .report(user.span, "the user that the image runs as owns neither `storage` nor `bootstrap/cache`")
        .severity(stage.grade(RULE.severity))
        .help("add before it: `RUN chown -R www-data:www-data storage bootstrap/cache`, or `COPY --chown`");
}
