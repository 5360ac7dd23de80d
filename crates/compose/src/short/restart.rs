//! `restart`: `no`, `always`, `unless-stopped`, `on-failure[:attempts]`. Compose specification, "restart".
//!
//! Docker compose accepts any text here and leaves the error to the engine.

use super::{Placed, ShortError};

/// When a container starts again after it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// Never.
    No,
    /// Always.
    Always,
    /// Always, but not after it was stopped by hand.
    UnlessStopped,
    /// After a failure, at most so many times.
    OnFailure(Option<u32>),
}

/// Reads a restart policy.
///
/// # Errors
/// An unknown policy, or attempts that are not a number.
pub fn parse(text: &str) -> Result<Placed<Restart>, ShortError> {
    let restart = match text {
        "no" => Restart::No,
        "always" => Restart::Always,
        "unless-stopped" => Restart::UnlessStopped,
        "on-failure" => Restart::OnFailure(None),
        _ => match text.strip_prefix("on-failure:") {
            Some(attempts) => Restart::OnFailure(Some(attempts.parse().map_err(|_| {
                ShortError::new(format!("`{attempts}` is not a number of attempts"), text.len() - attempts.len()..text.len())
            })?)),
            None => {
                let reason = "unknown restart policy: expected `no`, `always`, `unless-stopped` or `on-failure:3`";
                return Err(ShortError::new(reason, 0..text.len()));
            }
        },
    };
    Ok(Placed::new(restart, 0..text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_read() {
        let show = |text| parse(text).map(|restart| restart.value).map_err(|error| error.range);
        assert_eq!(show("no"), Ok(Restart::No));
        assert_eq!(show("on-failure"), Ok(Restart::OnFailure(None)));
        assert_eq!(show("on-failure:3"), Ok(Restart::OnFailure(Some(3))));
        assert_eq!(show("on-failure:x"), Err(11..12));
        assert_eq!(show("on-failure:"), Err(11..11));
        assert_eq!(show("foo"), Err(0..3));
    }
}
