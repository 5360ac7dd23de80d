//! What the process was started with: variables, directory, terminal. Read once, then passed down.
#![expect(clippy::disallowed_methods, reason = "this is where the process environment enters")]

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::os::fd::AsFd;
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
    /// The day, `2026-01-31` (UTC), by which suppressions expire. `SOURCE_DATE_EPOCH` counts more than the clock.
    pub(crate) today: String,
}

impl Environment {
    /// As the process has it. A working directory that is gone counts as the root, where no project is found.
    pub(crate) fn of_process() -> Self {
        let text = |text: std::ffi::OsString| text.into_string().unwrap_or_else(|odd| odd.to_string_lossy().into_owned());
        let variables: BTreeMap<String, String> = std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect();
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs();
        let seconds = variables.get("SOURCE_DATE_EPOCH").and_then(|seconds| seconds.parse().ok()).unwrap_or(since);
        Self { variables, today: day(seconds / 86_400), directory: std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")) }
    }

    /// How text for people looks on standard error or standard output.
    pub(crate) fn style(&self, color: Color, stream: &(impl IsTerminal + AsFd)) -> Style {
        let terminal = stream.is_terminal();
        let set = |name: &str| self.variables.get(name).filter(|value| !value.is_empty());
        let color = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && set("NO_COLOR").is_none() && set("TERM").is_none_or(|term| term != "dumb"),
        };
        let columns = set("COLUMNS").and_then(|columns| columns.parse().ok());
        let width = columns.or_else(|| terminal.then(|| terminal_size_of(stream)).flatten().map(|(width, _)| usize::from(width.0)));
        Style { color, width: width.unwrap_or(Style::default().width).clamp(40, 1000) }
    }
}

/// The date of a day since 1970 (the proleptic Gregorian calendar; eras of 400 years begin in March).
fn day(since_epoch: u64) -> String {
    let shifted = since_epoch + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::day;

    #[test]
    fn days_have_dates() {
        for (since, date) in [(0, "1970-01-01"), (59, "1970-03-01"), (11_016, "2000-02-29"), (20_454, "2026-01-01"), (20_818, "2026-12-31")]
        {
            assert_eq!(day(since), date, "{since}");
        }
    }
}
