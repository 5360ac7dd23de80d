//! A project as a picture shows it: services, what they need, their volumes and networks, the ways in from outside, and what each
//! becomes in the cluster. The formats (`formats/svg.rs` and its neighbours) draw it.

mod build;
pub(crate) mod layout;
pub(crate) mod measure;
pub(crate) mod simplify;

use windlass_k8s::Kind;
use windlass_k8s::name::service_name;

/// A project as a picture shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    /// The project's name.
    pub(crate) name: String,
    /// In the order in which they are told: ways in, services, volumes that several share.
    pub(crate) nodes: Vec<Node>,
    /// At most one from one node to another.
    pub(crate) edges: Vec<Edge>,
    /// The networks that services are in.
    pub(crate) networks: Vec<Network>,
}

/// A box of the picture.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) form: Form,
    pub(crate) name: String,
    /// What it becomes, as reports name it; `None` when it becomes nothing, or when no conversion is shown.
    pub(crate) becomes: Option<String>,
    /// The kind of what it becomes.
    pub(crate) kind: Option<Kind>,
    pub(crate) image: Option<String>,
    pub(crate) facts: Vec<Fact>,
    /// Places in [`Graph::networks`].
    pub(crate) networks: Vec<usize>,
    /// How many of its attributes, beside mounts, are refused or lost.
    pub(crate) left_out: usize,
}

impl Node {
    /// What the box says, line by line, where there are no icons.
    pub(crate) fn lines(&self, graph: &Graph) -> Vec<String> {
        let mut lines = vec![self.name.clone()];
        lines.extend(self.becomes.clone());
        lines.extend(self.image.clone());
        lines.extend(self.facts.iter().map(|fact| match fact {
            Fact::Volume(text) => format!("volume {text}"),
            other => other.text().to_owned(),
        }));
        if self.left_out > 0 {
            lines.push(self.left_out_text());
        }
        let told = graph.told_networks();
        let networks: Vec<&str> = self.networks.iter().filter_map(|at| told.get(*at)).map(|network| network.name.as_str()).collect();
        if !networks.is_empty() {
            lines.push(format!("in {}", networks.join(", ")));
        }
        lines
    }

    /// What it becomes, without its name where that is the node's own, or its own and a hash: `Deployment × 2`.
    pub(crate) fn short_becomes(&self) -> Option<String> {
        let becomes = self.becomes.as_ref()?;
        let short = || {
            let kind = self.kind?;
            let rest = becomes.strip_prefix(&format!("{kind}/{}", service_name(&self.name)))?;
            let end = rest.find([' ', ',']).unwrap_or(rest.len());
            let is_own = end == 0 || (kind == Kind::Job && rest.starts_with('-'));
            is_own.then(|| format!("{kind}{}", &rest[end..]))
        };
        Some(short().unwrap_or_else(|| becomes.clone()))
    }

    /// `2 attributes left out`.
    pub(crate) fn left_out_text(&self) -> String {
        format!("{} attribute{} left out", self.left_out, if self.left_out == 1 { "" } else { "s" })
    }
}

/// What a box stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A way in from outside of the cluster.
    Entry,
    Service,
    /// A volume that several services mount. One that only one mounts is a [`Fact`] of that service.
    Volume,
}

/// A line within a box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    /// Ports on which it is called within the cluster.
    Ports(String),
    /// A volume of its own, with its size.
    Volume(String),
    /// Files that it mounts, with what they become.
    Files(String),
    /// Mounts that are left out.
    LeftOut(String),
}

impl Fact {
    pub(crate) fn text(&self) -> &str {
        let (Self::Ports(text) | Self::Volume(text) | Self::Files(text) | Self::LeftOut(text)) = self;
        text
    }
}

/// A line of the picture, from what needs to what is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) means: Means,
}

/// Why a line is there; where there are several reasons, the first of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Means {
    /// Traffic from outside arrives here.
    Enters,
    /// Waits until the other has ended well.
    WaitsForEnd,
    /// Waits until the other is healthy.
    WaitsForHealth,
    /// Starts after the other.
    StartsAfter,
    /// Shares the other's network or its mounts.
    Shares,
    /// Its configuration names the other as a host.
    Calls,
    /// Mounts the volume.
    Mounts,
}

impl Means {
    /// What stands between the names of the two: `web waits for the health of db`.
    pub(crate) fn verb(self) -> &'static str {
        match self {
            Self::Enters => "leads to",
            Self::WaitsForEnd => "waits for the end of",
            Self::WaitsForHealth => "waits for the health of",
            Self::StartsAfter => "starts after",
            Self::Shares => "shares a namespace or mounts with",
            Self::Calls => "calls",
            Self::Mounts => "mounts",
        }
    }
}

/// A network that services are in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    pub(crate) name: String,
    /// What keeps it apart; `None` when nothing does, or when no conversion is shown.
    pub(crate) becomes: Option<String>,
    pub(crate) internal: bool,
}

impl Graph {
    /// The networks, where there is anything to tell apart.
    pub(crate) fn told_networks(&self) -> &[Network] {
        if self.networks.len() > 1 || self.networks.iter().any(|network| network.internal) { &self.networks } else { &[] }
    }

    /// True without services.
    pub(crate) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The whole picture in a sentence.
    pub(crate) fn summary(&self) -> String {
        let count = |form| self.nodes.iter().filter(|node| node.form == form).count();
        let own = self.nodes.iter().flat_map(|node| &node.facts).filter(|fact| matches!(fact, Fact::Volume(_))).count();
        let many = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let parts = [
            many(count(Form::Service), "service"),
            many(count(Form::Volume) + own, "volume"),
            many(self.networks.len(), "network"),
            format!("{} from outside", many(count(Form::Entry), "way in").replace("way ins", "ways in")),
        ];
        format!("Project {}: {}.", self.name, parts.join(", "))
    }
}
