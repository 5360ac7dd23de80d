//! `devices`: `source[:target[:permissions]]`. Compose specification, "devices"; compose-go, `transform/device.go`.

use super::{Placed, ShortError, split_placed};

/// What one text passes into a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceSpec<'t> {
    /// The device of the host, or the name of a CDI device (`nvidia.com/gpu=all`).
    pub source: Placed<&'t str>,
    /// The device in the container; the source where it is not written or empty.
    pub target: Placed<&'t str>,
    /// `r`, `w`, `m`; `rwm` is docker compose's default.
    pub permissions: Option<Placed<&'t str>>,
}

/// Reads a device.
///
/// # Errors
/// More than three parts.
pub fn parse(text: &str) -> Result<DeviceSpec<'_>, ShortError> {
    let mut parts = split_placed(text, ':');
    let source = parts.next().unwrap_or_else(|| Placed::new(text, 0..text.len()));
    let target = parts.next().filter(|target| !target.value.is_empty()).unwrap_or_else(|| source.clone());
    let permissions = parts.next();
    match parts.next() {
        Some(rest) => Err(ShortError::new("too many colons: expected `source:target:permissions`", rest.range.start..text.len())),
        None => Ok(DeviceSpec { source, target, permissions }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cases_are_as_docker_compose_has_them() {
        let show = |text| match parse(text) {
            Ok(device) => format!("{} {} {}", device.source.value, device.target.value, device.permissions.map_or("rwm", |p| p.value)),
            Err(error) => format!("! {:?}", error.range),
        };
        assert_eq!(show("/dev/a"), "/dev/a /dev/a rwm");
        assert_eq!(show("/dev/a:/dev/b"), "/dev/a /dev/b rwm");
        assert_eq!(show("/dev/a:/dev/b:r"), "/dev/a /dev/b r");
        assert_eq!(show("/dev/a::r"), "/dev/a /dev/a r");
        assert_eq!(show(":/b"), " /b rwm");
        assert_eq!(show(""), "  rwm");
        assert_eq!(show("nvidia.com/gpu=all"), "nvidia.com/gpu=all nvidia.com/gpu=all rwm");
        assert_eq!(show("/dev/a:/b:c:d"), "! 12..13");
    }
}
