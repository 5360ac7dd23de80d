//! The numbers for a terminal.

use std::fmt::Write as _;

use super::{CostFormat, CostReport, Table, tables};

pub(super) const FORMAT: CostFormat = CostFormat { name: "human", render };

fn render(report: &CostReport<'_>) -> String {
    let mut text = format!("{}: CPU, memory and limits of one container; totals count all\n", report.project);
    for table in tables(report) {
        text.push('\n');
        write(&table, &mut text);
    }
    text
}

fn write(table: &Table, text: &mut String) {
    let _ = writeln!(text, "{}", table.title);
    let lines = || std::iter::once(&table.header).chain(&table.rows);
    let width = |column: usize| lines().map(|line| line[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..table.header.len()).map(width).collect();
    for line in lines() {
        let mut written = String::from(" ");
        for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
            // Names stand on the left, and so do those who mount a claim.
            let is_text = column == 0 || table.header[column] == "mounted by";
            let _ = if is_text { write!(written, " {cell:<width$} ") } else { write!(written, " {cell:>width$} ") };
        }
        let _ = writeln!(text, "{}", written.trim_end());
    }
    for note in &table.notes {
        let _ = writeln!(text, "  * {note}");
    }
}
