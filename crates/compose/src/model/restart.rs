//! `restart`: what happens when a container ends.

use std::fmt;

use smol_str::SmolStr;

use crate::model::context::Context;
use crate::model::read::Read;

/// What happens when a container ends. Compose takes any text; the engine knows these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Restart {
    /// `no`: nothing.
    No,
    /// `always`.
    Always,
    /// `unless-stopped`: as `always`, but not after a stop by hand.
    UnlessStopped,
    /// `on-failure[:max]`: after another exit code than 0, so many times.
    OnFailure {
        /// `None`: without end.
        max_retries: Option<u64>,
    },
    /// Any other text.
    Other(SmolStr),
}

impl From<SmolStr> for Restart {
    fn from(text: SmolStr) -> Self {
        match text.as_str() {
            "no" => Self::No,
            "always" => Self::Always,
            "unless-stopped" => Self::UnlessStopped,
            "on-failure" => Self::OnFailure { max_retries: None },
            other => {
                let count = other.strip_prefix("on-failure:").and_then(|count| count.parse().ok());
                // Only what is written back the same (`on-failure:03` is not).
                match count.map(|count| Self::OnFailure { max_retries: Some(count) }) {
                    Some(restart) if restart.to_string() == other => restart,
                    _ => Self::Other(text),
                }
            }
        }
    }
}

impl fmt::Display for Restart {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::No => formatter.write_str("no"),
            Self::Always => formatter.write_str("always"),
            Self::UnlessStopped => formatter.write_str("unless-stopped"),
            Self::OnFailure { max_retries: None } => formatter.write_str("on-failure"),
            Self::OnFailure { max_retries: Some(count) } => write!(formatter, "on-failure:{count}"),
            Self::Other(text) => formatter.write_str(text),
        }
    }
}

impl Read for Restart {
    fn read(node: &windlass_yaml::Node, context: &mut Context<'_>) -> Option<Self> {
        SmolStr::read(node, context).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_engine_does_not_know_stays_text() {
        let read = |text: &str| Restart::from(SmolStr::from(text));
        assert_eq!(read("on-failure:3"), Restart::OnFailure { max_retries: Some(3) });
        assert_eq!(read("on-failure:03"), Restart::Other("on-failure:03".into()));
        assert_eq!(read("sometimes").to_string(), "sometimes");
    }
}
