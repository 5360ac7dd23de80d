//! What the process was started with: variables, directory, terminal. Read once, then passed down.
#![expect(clippy::disallowed_methods, reason = "this is where the process environment enters")]

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::path::PathBuf;

use terminal_size::terminal_size_of;
use windlass_report::human::Style;

use crate::args::Color;

/// What the process was started with.
pub(crate) struct Environment {
    /// Every variable; names and values that are not UTF-8 have their odd bytes replaced.
    pub(crate) variables: BTreeMap<String, String>,
    /// The working directory, absolute.
    pub(crate) directory: PathBuf,
}

impl Environment {
    /// As the process has it. A working directory that is gone counts as the root, where no project is found.
    pub(crate) fn of_process() -> Self {
        let text = |text: std::ffi::OsString| text.into_string().unwrap_or_else(|odd| odd.to_string_lossy().into_owned());
        Self {
            variables: std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect(),
            directory: std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")),
        }
    }

    /// How diagnostics look on standard error.
    pub(crate) fn style(&self, color: Color) -> Style {
        let terminal = std::io::stderr().is_terminal();
        let set = |name: &str| self.variables.get(name).filter(|value| !value.is_empty());
        let color = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && set("NO_COLOR").is_none() && set("TERM").is_none_or(|term| term != "dumb"),
        };
        let columns = set("COLUMNS").and_then(|columns| columns.parse().ok());
        let width =
            columns.or_else(|| terminal.then(|| terminal_size_of(std::io::stderr())).flatten().map(|(width, _)| usize::from(width.0)));
        Style { color, width: width.unwrap_or(Style::default().width).clamp(40, 1000) }
    }
}
