//! Logs: one JSON object a line on standard error. Values of Secrets and variables are never among the fields.

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt;

use crate::args::{LogFormat, LogLevel};

/// Starts to log; the second call changes nothing.
pub fn start(level: LogLevel, format: LogFormat) {
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    };
    let builder = fmt().with_max_level(level).with_writer(std::io::stderr).with_target(true);
    // A subscriber that is there already, in a test, stays.
    let _ = match format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Text => builder.with_ansi(false).try_init(),
    };
}
