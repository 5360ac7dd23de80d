//! `network_mode`, `pid`, `ipc`, `uts`, `userns_mode`, `cgroup`: what a container shares with others.

use std::fmt;

use smol_str::SmolStr;

use crate::model::context::Context;
use crate::model::read::Read;
use crate::model::record::words;

/// Whose namespace a container lives in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Namespace {
    /// `host`: the host's.
    Host,
    /// `service:NAME`: that of another service of the project.
    Service(SmolStr),
    /// `container:NAME`: that of any container.
    Container(SmolStr),
    /// Any other text: `private`, `shareable`, `none`.
    Other(SmolStr),
}

/// How a container is networked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetworkMode {
    /// `host`: as the host.
    Host,
    /// `none`: not at all.
    None,
    /// `bridge`: the engine's own bridge.
    Bridge,
    /// `service:NAME`: through another service of the project.
    Service(SmolStr),
    /// `container:NAME`: through any container.
    Container(SmolStr),
    /// Any other text: the name of a network.
    Other(SmolStr),
}

words! {
    /// Whose cgroup a container sees.
    pub enum Cgroup {
        /// The host's.
        Host = "host",
        /// Its own.
        Private = "private",
    }
}

impl From<SmolStr> for Namespace {
    fn from(text: SmolStr) -> Self {
        match text.split_once(':') {
            None if text == "host" => Self::Host,
            Some(("service", name)) => Self::Service(name.into()),
            Some(("container", name)) => Self::Container(name.into()),
            _ => Self::Other(text),
        }
    }
}

impl From<SmolStr> for NetworkMode {
    fn from(text: SmolStr) -> Self {
        match Namespace::from(text) {
            Namespace::Host => Self::Host,
            Namespace::Service(name) => Self::Service(name),
            Namespace::Container(name) => Self::Container(name),
            Namespace::Other(text) if text == "none" => Self::None,
            Namespace::Other(text) if text == "bridge" => Self::Bridge,
            Namespace::Other(text) => Self::Other(text),
        }
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host => formatter.write_str("host"),
            Self::Service(name) => write!(formatter, "service:{name}"),
            Self::Container(name) => write!(formatter, "container:{name}"),
            Self::Other(text) => formatter.write_str(text),
        }
    }
}

impl fmt::Display for NetworkMode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host => formatter.write_str("host"),
            Self::None => formatter.write_str("none"),
            Self::Bridge => formatter.write_str("bridge"),
            Self::Service(name) => write!(formatter, "service:{name}"),
            Self::Container(name) => write!(formatter, "container:{name}"),
            Self::Other(text) => formatter.write_str(text),
        }
    }
}

impl Read for Namespace {
    fn read(node: &windlass_yaml::Node, context: &mut Context<'_>) -> Option<Self> {
        SmolStr::read(node, context).map(Self::from)
    }
}

impl Read for NetworkMode {
    fn read(node: &windlass_yaml::Node, context: &mut Context<'_>) -> Option<Self> {
        SmolStr::read(node, context).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_is_written_as_it_was_read() {
        for text in ["host", "none", "bridge", "service:web", "container:x", "default", "my_net", ""] {
            assert_eq!(NetworkMode::from(SmolStr::from(text)).to_string(), text);
            assert_eq!(Namespace::from(SmolStr::from(text)).to_string(), text);
        }
    }
}
