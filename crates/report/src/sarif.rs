//! What every SARIF 2.1.0 report has (OASIS, "Static Analysis Results Interchange Format"). Columns count characters.

use serde_json::{Value, json};
use windlass_audit::Severity;
use windlass_source::{Diagnostic, SourceMap, Span};

use crate::place::location;

/// The document of one run.
pub(crate) fn document(rules: Vec<Value>, results: Vec<Value>, notifications: Vec<Value>) -> String {
    let document = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "windlass", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "invocations": [{ "executionSuccessful": true, "toolExecutionNotifications": notifications }],
            "results": results,
        }],
    });
    let mut text = serde_json::to_string_pretty(&document).expect("every map key is text");
    text.push('\n');
    text
}

pub(crate) fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::P1 => "error",
        Severity::P2 => "warning",
        Severity::P3 => "note",
    }
}

pub(crate) fn physical(span: Option<Span>, sources: &SourceMap) -> Value {
    json!({ "artifactLocation": { "uri": uri(location(span, sources).file) }, "region": region(span, sources) })
}

pub(crate) fn region(span: Option<Span>, sources: &SourceMap) -> Value {
    let place = location(span, sources);
    json!({ "startLine": place.line, "startColumn": place.column, "endLine": place.end_line, "endColumn": place.end_column })
}

/// Something that could not be checked.
pub(crate) fn notification(diagnostic: &Diagnostic, sources: &SourceMap) -> Value {
    let mut entry = json!({ "level": "error", "message": { "text": diagnostic.message }, "descriptor": { "id": diagnostic.code.0 } });
    if let Some(span) = diagnostic.span() {
        entry["locations"] = json!([{ "physicalLocation": physical(Some(span), sources) }]);
    }
    entry
}

/// A path as a relative reference (RFC 3986): `/` between parts, other characters than letters, digits and marks as `%41`.
pub(crate) fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    if path.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in path.replace('\\', "/").bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn paths_become_references() {
        assert_eq!(uri("docker/a b#1.yml"), "docker/a%20b%231.yml");
        assert_eq!(uri("/srv/ü"), "file:///srv/%C3%BC");
    }
}
