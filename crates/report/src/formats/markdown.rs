//! The conversion's report for a pull request or a wiki: what differs first, what is the same last.

use std::fmt::{self, Write as _};

use windlass_convert::{AttributeEntry, Fate, Report, Summary};
use windlass_source::{Severity, SourceMap};

use crate::formats::Format;
use crate::report::Conversion;

pub(crate) const FORMAT: Format = Format { extension: "md", render };

/// The report as GitHub-flavoured Markdown.
fn render(conversion: &Conversion<'_>) -> String {
    let mut text = String::new();
    write(&mut text, conversion).expect("a text can be written to");
    text
}

fn write(text: &mut String, conversion: &Conversion<'_>) -> fmt::Result {
    let Conversion { report, objects, diagnostics, sources, project: _, made: _ } = *conversion;
    let Summary { mapped, approximated, lost, refused, inferred } = report.summary();
    writeln!(text, "# Conversion report\n")?;
    writeln!(text, "| mapped | approximated | lost | refused | inferred |\n|--:|--:|--:|--:|--:|")?;
    writeln!(text, "| {mapped} | {approximated} | {lost} | {refused} | {inferred} |\n")?;

    writeln!(text, "## Services\n\n| service | becomes |\n|---|---|")?;
    for service in &report.services {
        let workload = service.workload.as_ref().map_or_else(|| "nothing".to_owned(), |object| format!("`{object}`"));
        writeln!(text, "| `{}` | {workload} |", cell(&service.name))?;
    }
    for (fate, title, what) in [
        (Fate::Refused, "Refused", "Would give something broken or unsafe, and was left out."),
        (Fate::Lost, "Lost", "Has no counterpart in Kubernetes."),
        (Fate::Approximated, "Approximated", "Works, but differs."),
    ] {
        fates(text, report, sources, fate, title, what)?;
    }
    inferences(text, report)?;
    if !diagnostics.is_empty() {
        writeln!(text, "\n## Findings\n")?;
    }
    for found in diagnostics {
        let severity = match found.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        write!(text, "- **{severity}** `{}`: {}", found.code, line(&found.message))?;
        if let Some(span) = found.span() {
            write!(text, " (`{}`)", sources.locate(span))?;
        }
        writeln!(text)?;
        for more in found.notes.iter().chain(&found.help) {
            writeln!(text, "  - {}", line(more))?;
        }
    }
    writeln!(text, "\n## Objects\n\n| object | file | from |\n|---|---|---|")?;
    for entry in objects {
        let file = entry.file.as_deref().map_or_else(String::new, |file| format!("`{}`", cell(file)));
        let from: Vec<_> = entry.sources.iter().map(|span| format!("`{}`", cell(&sources.locate(*span)))).collect();
        writeln!(text, "| `{}` | {file} | {} |", entry.object, from.join(", "))?;
    }
    fates(text, report, sources, Fate::Mapped, "Mapped", "Means the same.")
}

fn fates(text: &mut String, report: &Report, sources: &SourceMap, fate: Fate, title: &str, what: &str) -> fmt::Result {
    let entries: Vec<&AttributeEntry> = report.attributes().filter(|entry| entry.fate == fate).collect();
    if entries.is_empty() {
        return Ok(());
    }
    writeln!(text, "\n## {title}\n\n{what}\n\n| attribute | place | becomes | |\n|---|---|---|---|")?;
    for entry in entries {
        let place = entry.origin.span().map_or_else(String::new, |span| format!("`{}`", cell(&sources.locate(span))));
        let becomes: Vec<_> = entry.becomes.iter().map(|becomes| format!("`{}`", cell(&becomes.to_string()))).collect();
        writeln!(text, "| `{}` | {place} | {} | {} |", cell(&entry.path.to_string()), becomes.join("<br>"), cell(&line(&entry.message)))?;
    }
    Ok(())
}

fn inferences(text: &mut String, report: &Report) -> fmt::Result {
    let mut inferred = report.services.iter().flat_map(|service| &service.inferred).peekable();
    if inferred.peek().is_none() {
        return Ok(());
    }
    writeln!(
        text,
        "\n## Inferred\n\nNobody wrote these; Windlass filled them in.\n\n| field | value | because | decide otherwise with |\n|---|---|---|---|"
    )?;
    for entry in inferred {
        writeln!(
            text,
            "| `{} {}` | `{}` | {} | `{}` |",
            entry.object,
            cell(&entry.path.to_string()),
            cell(&entry.value.to_string()),
            cell(&line(&entry.because)),
            cell(&entry.flag)
        )?;
    }
    Ok(())
}

/// On one line.
fn line(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}

/// What would end a cell or a code span.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('`', "'").replace(['\r', '\n'], " ")
}
