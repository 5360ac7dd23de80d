//! CO048 port-unquoted.

use windlass_source::Edit;

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;
use crate::severity::{Grade, Severity};

declare_rule! {
    /// Ports are written without quotes.
    ///
    /// P2 where a reader of YAML 1.1 sees a number to base 60, as in `22:22`.
    ///
    /// ## Why
    /// The Compose specification asks for quotes: other tools than Docker read YAML 1.1, in which `22:22` is 1342.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     ports:
    ///       - 8080:80
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   app:
    ///     image: acme/app:1.4
    ///     ports:
    ///       - "8080:80"
    /// ```
    pub(crate) static RULE = {
        id: "CO048", slug: "port-unquoted", control: ComposeSyntax, severity: P3,
        aliases: ["dclint:require-quotes-in-ports"],
        fix: Auto,
        effort: 1,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if service.ports.is_empty() {
        return findings.not_applicable();
    }
    let mut last = None;
    for port in &service.ports {
        // A range is several ports at one place.
        let Some(span) = port.span().filter(|span| last.replace(*span) != Some(*span)) else { continue };
        let text = service.context().slice(span);
        let Some((host, container)) = text.split_once(':') else { continue };
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(host) || !is_number(container) {
            continue;
        }
        let is_base_60 = !host.starts_with('0') && container.len() <= 2 && container.parse::<u8>().is_ok_and(|number| number < 60);
        let grade = if is_base_60 { Grade::new(Severity::P2, "YAML 1.1 reads it as a number to base 60") } else { RULE.severity.into() };
        findings
            .report(span, format!("`{text}` has no quotes"))
            .severity(grade)
            .help("put quotes round it")
            .fix("put quotes round it", Edit { span, replacement: format!("\"{text}\"") });
    }
}
