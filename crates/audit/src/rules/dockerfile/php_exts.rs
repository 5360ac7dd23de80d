//! DF087 php-exts.

use crate::context::{ShellCommand, StageContext};
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// The application is told to use a database whose PHP extension the image does not have.
    ///
    /// ## Why
    /// It fails with `could not find driver` at the first query.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM php:8.4-fpm
    /// CMD ["php-fpm"]
    /// ```
    /// ```yaml
    /// services:
    ///   app:
    ///     build: .
    ///     environment:
    ///       DB_CONNECTION: mysql
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM php:8.4-fpm
    /// RUN docker-php-ext-install pdo_mysql
    /// CMD ["php-fpm"]
    /// ```
    /// ```yaml
    /// services:
    ///   app:
    ///     build: .
    ///     environment:
    ///       DB_CONNECTION: mysql
    /// ```
    pub(crate) static RULE = {
        id: "DF087", slug: "php-exts", control: FrameworkBuild, severity: P2,
        seed: "1.1",
        effort: 10,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    if !stage.is_shipped() {
        return findings.not_applicable();
    }
    let chain: Vec<StageContext<'_>> = std::iter::successors(Some(*stage), |stage| stage.parent()).collect();
    let is_php = chain.last().and_then(|stage| stage.base()).is_some_and(|base| base.familiar_name() == "php");
    if !is_php {
        return findings.not_applicable();
    }
    for service in stage.dockerfile().services() {
        let Some(connection) = service.variable("DB_CONNECTION") else { continue };
        let needed = match connection.value.as_str() {
            "mysql" | "mariadb" => "pdo_mysql",
            "pgsql" => "pdo_pgsql",
            _ => continue,
        };
        let brings = |command: &ShellCommand| command.words.iter().any(|word| word.text.contains(needed) || word.has_variable);
        if !chain.iter().flat_map(|stage| stage.commands()).any(brings) {
            findings
                .report(stage.from_span(), format!("the image has no `{needed}`, which `DB_CONNECTION: {}` needs", connection.value))
                .related(connection.span(), "asked for here")
                .help(format!("add `RUN docker-php-ext-install {needed}`"));
            return;
        }
    }
}
