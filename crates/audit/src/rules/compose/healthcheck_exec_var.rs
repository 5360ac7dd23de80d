//! CO004 healthcheck-exec-var.

use smol_str::SmolStr;
use windlass_compose::model::Test;
use windlass_source::{Edit, Spanned};

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A health check names a variable where no shell expands it.
    ///
    /// Words behind `CMD` are run as they are. `$$NAME` becomes `$NAME` and stays that.
    ///
    /// ## Why
    /// The check passes the text `$NAME` to its program. It fails for ever, or passes although it should not.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   db:
    ///     image: mysql:8.4
    ///     healthcheck:
    ///       test: ["CMD", "mysqladmin", "ping", "-h", "127.0.0.1", "-u$$MYSQL_USER"]
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   db:
    ///     image: mysql:8.4
    ///     healthcheck:
    ///       test: ["CMD-SHELL", "mysqladmin ping -h 127.0.0.1 -u$$MYSQL_USER"]
    /// ```
    pub(crate) static RULE = {
        id: "CO004", slug: "healthcheck-exec-var", control: ServiceHealth, severity: P2,
        seed: "7.3",
        fix: Auto,
        effort: 2,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    let Some(test) = service.own_healthcheck().and_then(|check| check.test.as_ref()) else { return findings.not_applicable() };
    let Test::Exec(words) = &test.value else { return };
    let is_shell = words.first().is_some_and(|word| ["sh", "bash", "ash", "dash", "zsh"].contains(&program(&word.value)));
    let Some(word) = words.iter().find(|word| names_variable(&word.value)).filter(|_| !is_shell) else { return };
    findings
        .report(word.span().or(service.attribute_span("healthcheck")), format!("no shell expands `{}`", word.value))
        .severity(service.grade(RULE.severity))
        .help("use `CMD-SHELL`, whose text a shell runs")
        .fix("let a shell run the check", in_shell(service, test, words));
}

fn program(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// `$NAME` or `${NAME}`; not the `$1` of awk, nor the end of a pattern.
fn names_variable(word: &str) -> bool {
    word.split('$').skip(1).any(|rest| {
        let name = rest.strip_prefix('{').unwrap_or(rest);
        name.starts_with(|first: char| first.is_ascii_uppercase() || first == '_')
    })
}

/// The list with the words as one text for a shell. `None` where a word would have to be quoted by hand.
fn in_shell(service: &ServiceContext<'_>, test: &Spanned<Test>, words: &[Spanned<SmolStr>]) -> Option<Edit> {
    let span = test.span()?;
    let is_flow = service.context().slice(span).starts_with('[');
    let is_plain = |word: &Spanned<SmolStr>| {
        word.origin.parts().is_empty()
            && !word.value.is_empty()
            && !word.value.contains([' ', '"', '\'', '\\', '`', ';', '&', '|', '<', '>', '(', ')'])
    };
    if !is_flow || !words.iter().all(is_plain) {
        return None;
    }
    let quoted = |word: &Spanned<SmolStr>| {
        let text = word.value.replace('$', "$$");
        if word.value.contains('$') { format!("\"{text}\"") } else { text }
    };
    let text: Vec<String> = words.iter().map(quoted).collect();
    Some(Edit { span, replacement: format!("[\"CMD-SHELL\", '{}']", text.join(" ")) })
}
