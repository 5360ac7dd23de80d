//! DF088 dev-ini-in-prod.

use windlass_conf::ini::{Dialect, Ini};
use windlass_dockerfile::{Command, Word};
use windlass_source::Span;

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// The settings that PHP has for development are copied into an image for production.
    ///
    /// ## Why
    /// They show errors, paths and parts of the source to whoever makes a request fail.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM php:8.4-fpm
    /// RUN mv /usr/local/etc/php/php.ini-development /usr/local/etc/php/php.ini
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM php:8.4-fpm
    /// RUN mv /usr/local/etc/php/php.ini-production /usr/local/etc/php/php.ini
    /// ```
    pub(crate) static RULE = {
        id: "DF088", slug: "dev-ini-in-prod", control: ImageContent, severity: P2,
        effort: 5,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    if !stage.is_in_shipped_chain() || !stage.dockerfile().is_production() {
        return findings.not_applicable();
    }
    let moves = stage.commands().filter(|command| matches!(command.program(), "mv" | "cp" | "ln"));
    let moved =
        moves.flat_map(|command| command.arguments()).filter(|word| word.text.contains("php.ini-development")).map(|word| word.span);
    let is_development = |source: &Word| {
        let name = source.text.rsplit('/').next().unwrap_or_default();
        name.ends_with(".ini") && name.split(['-', '.', '_']).any(|word| matches!(word, "dev" | "development" | "xdebug"))
            || name == "php.ini-development"
    };
    let copied = stage.body().iter().filter_map(|instruction| match &instruction.command {
        Command::Copy(copy) => copy.sources.iter().find(|source| is_development(source)).map(|source| source.span),
        _ => None,
    });
    // What a copied file says tells as well as its name.
    let shows = |ini: &Ini| {
        ["display_errors", "display_startup_errors"]
            .iter()
            .any(|key| ini.get(key).is_some_and(|entry| Dialect::Php.truth(entry) == Some(true)))
    };
    let dockerfile = stage.dockerfile();
    let services = dockerfile.services().flat_map(|service| service.configs());
    let showing =
        services.filter(|config| config.php().is_some_and(shows)).flat_map(|config| config.uses().iter().filter(|place| place.is_copied));
    let told = showing.filter_map(|place| place.span).filter(|span| span.file == dockerfile.file_id());
    let mut spans: Vec<Span> = moved.chain(copied).chain(told).collect();
    spans.sort_unstable_by_key(|span| span.start);
    spans.dedup_by_key(|span| dockerfile.instruction_at(span.start));
    for span in spans {
        findings
            .report(span, "settings of PHP for development in an image for production")
            .help("take `php.ini-production`, or settings of your own");
    }
}
