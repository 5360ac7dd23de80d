//! References to another container: `links` (`service[:alias]`), `external_links`, `volumes_from` (`service[:ro]`,
//! `container:name[:ro]`) and namespaces (`network_mode`, `ipc`, `pid`: `service:name`, `container:name`, or a mode).

use super::{Placed, ShortError, split_placed};

/// A link: the service or container, and the name under which it is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkSpec<'t> {
    /// The service or container.
    pub service: Placed<&'t str>,
    /// Another name for it.
    pub alias: Option<Placed<&'t str>>,
}

/// Reads an item of `links` or `external_links`.
///
/// # Errors
/// An empty name, or more than two parts.
pub fn link(text: &str) -> Result<LinkSpec<'_>, ShortError> {
    let parts: Vec<_> = split_placed(text, ':').take(3).collect();
    match parts.as_slice() {
        [service, ..] if service.value.is_empty() => Err(ShortError::new("the name of the service is missing", 0..0)),
        [service] => Ok(LinkSpec { service: service.clone(), alias: None }),
        [service, alias] => Ok(LinkSpec { service: service.clone(), alias: Some(alias.clone()) }),
        _ => Err(ShortError::new("too many colons: expected `service:alias`", 0..text.len())),
    }
}

/// Another container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Other<'t> {
    /// A service of the project.
    Service(Placed<&'t str>),
    /// A container that is not the project's.
    Container(Placed<&'t str>),
}

/// Whose volumes `volumes_from` mounts, and whether for reading only.
///
/// # Errors
/// An empty name, a mode that is not `ro` or `rw`, too many parts.
pub fn volumes_from(text: &str) -> Result<(Other<'_>, Option<Placed<bool>>), ShortError> {
    let mut parts: Vec<_> = split_placed(text, ':').take(4).collect();
    let container = parts.len() > 1 && parts.first().is_some_and(|first| first.value == "container");
    if container {
        parts.remove(0);
    }
    let (name, mode) = match parts.as_slice() {
        [name, ..] if name.value.is_empty() => return Err(ShortError::new("the name is missing", name.range.clone())),
        [name] => (name, None),
        [name, mode] => match mode.value {
            "ro" => (name, Some(mode.clone().map(|_| true))),
            "rw" => (name, Some(mode.clone().map(|_| false))),
            other => return Err(ShortError::new(format!("unknown mode `{other}`: expected `ro` or `rw`"), mode.range.clone())),
        },
        _ => return Err(ShortError::new("too many colons: expected `service:mode` or `container:name:mode`", 0..text.len())),
    };
    Ok((if container { Other::Container(name.clone()) } else { Other::Service(name.clone()) }, mode))
}

/// The other container whose namespace is shared; `None` for a mode (`host`, `none`, `private`, a network's name).
pub fn namespace(text: &str) -> Option<Other<'_>> {
    let placed = |name: &'_ str| text.len() - name.len()..text.len();
    if let Some(name) = text.strip_prefix("service:") {
        return Some(Other::Service(Placed::new(name, placed(name))));
    }
    text.strip_prefix("container:").map(|name| Other::Container(Placed::new(name, placed(name))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_have_a_service_and_perhaps_an_alias() {
        let show = |text| link(text).map(|link| (link.service.value, link.alias.map(|alias| alias.value))).map_err(|error| error.range);
        assert_eq!(show("db"), Ok(("db", None)));
        assert_eq!(show("db:sql"), Ok(("db", Some("sql"))));
        assert_eq!(show(""), Err(0..0));
        assert_eq!(show(":b"), Err(0..0));
        assert_eq!(show("a:b:c"), Err(0..5));
    }

    #[test]
    fn volumes_come_from_services_and_containers() {
        let show = |text| match volumes_from(text) {
            Ok((other, mode)) => {
                let mode = mode.map(|mode| mode.value);
                match other {
                    Other::Service(name) => format!("service {} {mode:?}", &text[name.range]),
                    Other::Container(name) => format!("container {} {mode:?}", &text[name.range]),
                }
            }
            Err(error) => format!("! {:?}", error.range),
        };
        assert_eq!(show("a"), "service a None");
        assert_eq!(show("a:ro"), "service a Some(true)");
        assert_eq!(show("container:x:rw"), "container x Some(false)");
        assert_eq!(show("container"), "service container None");
        assert_eq!(show("a:x"), "! 2..3");
        assert_eq!(show("a:ro:z"), "! 0..6");
        assert_eq!(show("container:"), "! 10..10");
    }

    #[test]
    fn a_namespace_is_another_containers_or_a_mode() {
        assert_eq!(namespace("service:db"), Some(Other::Service(Placed::new("db", 8..10))));
        assert_eq!(namespace("container:x:y"), Some(Other::Container(Placed::new("x:y", 10..13))));
        assert_eq!(namespace("host"), None);
    }
}
