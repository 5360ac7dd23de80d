//! CO044 debug-in-prod.

use crate::context::{EnvironmentKind, ServiceContext};
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::severity::{Grade, Severity};

declare_rule! {
    /// A stack for production runs a framework in debug mode, or tells it that it is somewhere else.
    ///
    /// P2 where nothing says that the stack is for production, and for a plain `DEBUG`, which may mean no more than longer logs.
    ///
    /// ## Why
    /// Debug pages show source code, settings and passwords to whoever causes an error.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     environment:
    ///       APP_ENV: production
    ///       APP_DEBUG: "true"
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     environment:
    ///       APP_ENV: production
    ///       APP_DEBUG: "false"
    /// ```
    pub(crate) static RULE = {
        id: "CO044", slug: "debug-in-prod", control: DebugMode, severity: P1,
        seed: "12.2",
        fix: Auto,
        effort: 5,
        check: Service(check),
    }
}

/// Variables that switch debugging on. The last two have other uses too.
const FLAGS: [&str; 9] =
    ["APP_DEBUG", "FLASK_DEBUG", "DJANGO_DEBUG", "SYMFONY_DEBUG", "WORDPRESS_DEBUG", "WP_DEBUG", "RAILS_DEBUG", "DEBUG", "DEBUG_MODE"];

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if !service.is_production() || service.environment.is_empty() {
        return findings.not_applicable();
    }
    let environment = service.stack().environment();
    let assumed = environment.is_assumed().then(|| Grade::new(Severity::P2, &*environment.because));
    for entry in &service.environment {
        let Some(value) = &entry.value else { continue };
        let name = entry.name.value.as_str();
        let place = value.span().or(entry.name.span());
        let is_on = ["true", "1", "on", "yes"].iter().any(|on| value.value.eq_ignore_ascii_case(on));
        if let Some(at) = FLAGS.iter().position(|flag| *flag == name).filter(|_| is_on) {
            let vague = (at + 2 >= FLAGS.len()).then(|| Grade::new(Severity::P2, format!("`{name}` may mean no more than longer logs")));
            let grade = assumed.clone().or(vague).unwrap_or(RULE.severity.into());
            let edit = (value.value == "true").then(|| service.context().replace(value.span(), "true", "false")).flatten();
            findings
                .report(place, format!("`{}` runs in debug mode: `{name}` is `{}`", service.name(), value.value))
                .severity(grade)
                .help("switch it off")
                .fix("switch it off", edit);
        } else if EnvironmentKind::of_variable(name, &value.value) == Some(EnvironmentKind::Development) {
            findings
                .report(place, format!("`{}` is told that it runs in `{}`: `{name}`", service.name(), value.value))
                .severity(assumed.clone().unwrap_or(RULE.severity.into()))
                .help("set it to `production`");
        }
    }
}
