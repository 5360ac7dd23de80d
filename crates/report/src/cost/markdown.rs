//! The numbers as Markdown.

use std::fmt::Write as _;

use super::{CostFormat, CostReport, Table, tables};
use crate::markdown::cell;

pub(super) const FORMAT: CostFormat = CostFormat { name: "markdown", render };

fn render(report: &CostReport<'_>) -> String {
    let mut text = format!("# Cost & resources of `{}`\n\nCPU, memory and limits of one container; totals count all.\n", report.project);
    for table in tables(report) {
        write(&table, &mut text);
    }
    text
}

fn write(table: &Table, text: &mut String) {
    let _ = writeln!(text, "\n## {}\n", table.title);
    let _ = writeln!(text, "| {} |", table.header.join(" | "));
    let align = |name: &String| if name == "mounted by" { "---" } else { "--:" };
    let rule: Vec<&str> = table.header.iter().skip(1).map(align).collect();
    let _ = writeln!(text, "|---|{}|", rule.join("|"));
    for (at, row) in table.rows.iter().enumerate() {
        let is_sum = table.has_sum && at + 1 == table.rows.len();
        let cells = row.iter().map(|text| if is_sum && !text.is_empty() { format!("**{}**", cell(text)) } else { cell(text) });
        let _ = writeln!(text, "| {} |", cells.collect::<Vec<_>>().join(" | "));
    }
    if !table.notes.is_empty() {
        text.push('\n');
    }
    for note in &table.notes {
        let _ = writeln!(text, "- {note}");
    }
}
