//! `services.*.healthcheck`: how the engine learns that a container works. Compose specification, "healthcheck".

use smol_str::SmolStr;
use windlass_source::Spanned;
use windlass_yaml::{Node, Value};

use crate::model::context::Context;
use crate::model::quantity::Duration;
use crate::model::read::Read;
use crate::model::record::record;
use crate::model::rule::{Cast, FLAG, Kinds, Merge, NUMBER_OR_TEXT, TEXT, TEXTS};

record! {
    /// A health check. An absent field has the image's value, and without one Docker's default, which the methods give.
    pub struct Healthcheck as HEALTHCHECK {
        /// The command; `None`: the image's.
        test: Option<Spanned<Test>> = TEXTS.or(Kinds::TEXT).merged(Merge::Replace),
        /// Time between two checks; [`Healthcheck::interval`] has the default.
        interval: Option<Spanned<Duration>> = TEXT,
        /// Time that a check may take; [`Healthcheck::timeout`] has the default.
        timeout: Option<Spanned<Duration>> = TEXT,
        /// Failures in a row until it counts as unhealthy; [`Healthcheck::retries`] has the default.
        retries: Option<Spanned<u64>> = NUMBER_OR_TEXT.cast(Cast::Int),
        /// Time after the start in which failures do not count; [`Healthcheck::start_period`] has the default.
        start_period: Option<Spanned<Duration>> = TEXT,
        /// Time between two checks within `start_period`; [`Healthcheck::start_interval`] has the default.
        start_interval: Option<Spanned<Duration>> = TEXT,
        /// Switches off what the image brings.
        disable: Option<Spanned<bool>> = FLAG,
    }
}

/// The command of a health check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// `["CMD", "curl", "-f", …]`: words, no shell; without the first.
    Exec(Vec<Spanned<SmolStr>>),
    /// `["CMD-SHELL", "…"]`, or a plain text.
    Shell(Spanned<SmolStr>),
    /// `["NONE"]`: switches off what the image brings.
    None,
    /// `[]`: the image's.
    Inherit,
    /// Anything else: a list that begins with another word, which Compose refuses, or `CMD-SHELL` with no text, which it lets pass.
    Other(Vec<Spanned<SmolStr>>),
}

impl Healthcheck {
    /// Time between two checks. Docker's default: 30 s.
    pub fn interval(&self) -> Duration {
        self.interval.as_ref().map_or(Duration::from_seconds(30), |value| value.value)
    }

    /// Time that a check may take. Docker's default: 30 s.
    pub fn timeout(&self) -> Duration {
        self.timeout.as_ref().map_or(Duration::from_seconds(30), |value| value.value)
    }

    /// Failures in a row until it counts as unhealthy. Docker's default: 3.
    pub fn retries(&self) -> u64 {
        self.retries.as_ref().map_or(3, |value| value.value)
    }

    /// Time after the start in which failures do not count. Docker's default: 0 s.
    pub fn start_period(&self) -> Duration {
        self.start_period.as_ref().map_or(Duration::from_seconds(0), |value| value.value)
    }

    /// Time between two checks within `start_period`. Docker's default: 5 s.
    pub fn start_interval(&self) -> Duration {
        self.start_interval.as_ref().map_or(Duration::from_seconds(5), |value| value.value)
    }

    /// True when it switches off what the image brings.
    pub fn is_disabled(&self) -> bool {
        self.disable.as_ref().is_some_and(|disable| disable.value) || self.test.as_ref().is_some_and(|test| test.value == Test::None)
    }
}

impl Read for Test {
    fn read(node: &Node, context: &mut Context<'_>) -> Option<Self> {
        let mut words: Vec<Spanned<SmolStr>> = match &node.value {
            Value::Sequence(_) => Vec::read(node, context)?,
            _ => return Spanned::read(node, context).map(Self::Shell),
        };
        Some(match (words.first().map(|word| word.as_str()), words.len()) {
            (None, _) => Self::Inherit,
            (Some("CMD"), _) => {
                words.remove(0);
                Self::Exec(words)
            }
            // The engine hands further words to the shell as the arguments of a script, which names none.
            (Some("CMD-SHELL"), 2..) => Self::Shell(words.swap_remove(1)),
            (Some("NONE"), 1) => Self::None,
            _ => Self::Other(words),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::case::web;

    #[test]
    fn a_plain_text_is_run_by_a_shell() {
        use crate::model::context::Context;
        let read = |node: Node| Test::read(&node, &mut Context::new(&mut Vec::new())).map(|test| format!("{test:?}").contains("Shell"));
        assert_eq!(read(Node::default_value("curl -f localhost")), Some(true));
    }

    #[test]
    fn the_words_behind_a_script_are_its_arguments() {
        let words = ["CMD-SHELL", "pg_isready", "-d", "shop"].map(Node::default_value).to_vec();
        let test = Test::read(&Node::default_value(words), &mut Context::new(&mut Vec::new()));
        assert!(matches!(test, Some(Test::Shell(script)) if script.as_str() == "pg_isready"));
    }

    #[test]
    fn the_test_is_replaced_and_the_rest_merged() {
        let cases: &[(&[&str], &str)] = &[
            (
                &["healthcheck: { test: [CMD, a], interval: 5s }", "healthcheck: { test: b, retries: '4' }"],
                r#"{healthcheck: {test: "b", interval: "5s", retries: 4}}"#,
            ),
            (&["healthcheck: { disable: 'yes' }"], "`healthcheck.disable` of service `web` is `yes`, which YAML 1.2 reads as text @ 'yes'"),
            (&["healthcheck: { interval: 5 }"], "`healthcheck.interval` of service `web` must be text @ 5"),
            (&["healthcheck: { interval: soon }"], "`healthcheck.interval` of service `web` must be a duration such as `1m30s` @ soon"),
            (&["healthcheck: { intervall: 5s }"], "`healthcheck` of service `web` has no attribute `intervall` @ intervall"),
        ];
        for (files, expected) in cases {
            assert_eq!(web(files), *expected, "{files:?}");
        }
    }
}
