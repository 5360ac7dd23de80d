//! The conversion in a few lines, for standard error.

use std::fmt::Write as _;

use windlass_convert::{AttributeEntry, Fate, Report, Summary};
use windlass_source::SourceMap;

/// This many attributes of one fate are named.
const NAMED: usize = 10;

/// A few lines: how many objects, and which attributes are lost or refused. With `verbose`, every attribute that is not simply
/// mapped, and what was inferred.
pub fn render(report: &Report, objects: usize, sources: &SourceMap, verbose: bool) -> String {
    let Summary { mapped, approximated, lost, refused, inferred } = report.summary();
    let services = report.services.len();
    let mut text = String::new();
    let _ = writeln!(text, "{}, {}", count(services, "service"), count(objects, "object"));
    let _ = writeln!(
        text,
        "attributes: {mapped} mapped, {approximated} approximated, {lost} lost, {refused} refused; {inferred} fields inferred"
    );
    let limit = if verbose { usize::MAX } else { NAMED };
    let shown = if verbose { &[Fate::Refused, Fate::Lost, Fate::Approximated][..] } else { &[Fate::Refused, Fate::Lost] };
    for fate in shown {
        let entries: Vec<_> = report.attributes().filter(|entry| entry.fate == *fate).collect();
        for entry in entries.iter().take(limit) {
            attribute(&mut text, entry, sources);
        }
        if entries.len() > limit {
            let _ = writeln!(text, "{}: and {} more (see `--report FILE` or `-v`)", fate.as_str(), entries.len() - limit);
        }
    }
    if verbose {
        for entry in report.services.iter().flat_map(|service| &service.inferred) {
            let _ = writeln!(text, "inferred: {} {} = {} ({}; {})", entry.object, entry.path, entry.value, entry.because, entry.flag);
        }
    }
    text
}

fn attribute(text: &mut String, entry: &AttributeEntry, sources: &SourceMap) {
    let _ = write!(text, "{}: {}", entry.fate.as_str(), entry.path);
    if let Some(span) = entry.origin.span() {
        let _ = write!(text, " ({})", sources.locate(span));
    }
    if !entry.message.is_empty() {
        let _ = write!(text, ": {}", entry.message.replace(char::is_control, " "));
    }
    text.push('\n');
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
