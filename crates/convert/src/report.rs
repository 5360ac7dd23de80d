//! What became of every attribute: filled while converting, rendered by room `report`.
//!
//! One [`AttributeEntry`] for every leaf that the project wrote. A leaf is a scalar, null, an empty list or map, or a list of
//! words. Defaults are no leaves; what Windlass adds of its own is [`Inferred`].

use std::fmt;

use smol_str::SmolStr;
use windlass_k8s::ObjectRef;
use windlass_source::Origin;
use windlass_yaml::Path;

/// What became of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// It means the same in the cluster.
    Mapped,
    /// It works, but differs; the message says how.
    Approximated,
    /// There is no counterpart; the message says what to do.
    Lost,
    /// It would give something broken or unsafe and was left out; the message says why.
    Refused,
}

impl Fate {
    /// Every fate, the best first.
    pub const ALL: [Self; 4] = [Self::Mapped, Self::Approximated, Self::Lost, Self::Refused];

    /// The word that reports use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mapped => "mapped",
            Self::Approximated => "approximated",
            Self::Lost => "lost",
            Self::Refused => "refused",
        }
    }
}

/// A field that an attribute went into; the root path stands for the whole object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Becomes {
    /// The object.
    pub object: ObjectRef,
    /// The field.
    pub path: Path,
}

impl Becomes {
    /// The field `path` of `object`.
    pub fn new(object: ObjectRef, path: Path) -> Self {
        Self { object, path }
    }
}

impl fmt::Display for Becomes {
    /// `Service/web spec.ports[0]`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.object.fmt(formatter)?;
        if self.path.is_root() { Ok(()) } else { write!(formatter, " {}", self.path) }
    }
}

/// The fate of one leaf of the merged project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeEntry {
    /// From the root of the project: `services.web.ports[0].target`.
    pub path: Path,
    /// What became of it.
    pub fate: Fate,
    /// Where it went; empty for what is lost or refused, and for what needs no field.
    pub becomes: Vec<Becomes>,
    /// How it differs, why it is left out, what to do; may be empty for what is mapped.
    pub message: String,
    /// Where it is written.
    pub origin: Origin,
}

/// A field that nobody wrote and that Windlass filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inferred {
    /// The object.
    pub object: ObjectRef,
    /// The field.
    pub path: Path,
    /// Its value; a map for a whole probe.
    pub value: serde_json::Value,
    /// Where the value comes from, as a clause: "the catalogue's minimum for postgres".
    pub because: String,
    /// What a person writes or passes to decide otherwise: `deploy.resources.limits.memory`, `--defaults none`.
    pub flag: String,
}

/// What became of one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceReport {
    /// Its name in the project.
    pub name: SmolStr,
    /// The workload that runs it: `Deployment/web`; that of another service when it shares a pod; `None` when the service
    /// could not be converted.
    pub workload: Option<ObjectRef>,
    /// The fate of its attributes, in the order of the project.
    pub attributes: Vec<AttributeEntry>,
    /// What Windlass filled in.
    pub inferred: Vec<Inferred>,
}

impl ServiceReport {
    /// A service with no entries yet.
    pub fn new(name: impl Into<SmolStr>) -> Self {
        Self { name: name.into(), workload: None, attributes: Vec::new(), inferred: Vec::new() }
    }
}

/// What became of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Every enabled service, in the order of the project.
    pub services: Vec<ServiceReport>,
    /// The fate of everything outside `services`: `name`, `networks`, `volumes`, `configs`, `secrets`, `x-*`.
    pub project: Vec<AttributeEntry>,
}

/// How many attributes met which fate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Attributes that mean the same in the cluster.
    pub mapped: usize,
    /// Attributes that work but differ.
    pub approximated: usize,
    /// Attributes without a counterpart.
    pub lost: usize,
    /// Attributes left out because they would give something broken or unsafe.
    pub refused: usize,
    /// Fields that Windlass filled in.
    pub inferred: usize,
}

impl Report {
    /// Every attribute: those of the services in their order, then those of the project.
    pub fn attributes(&self) -> impl Iterator<Item = &AttributeEntry> {
        self.services.iter().flat_map(|service| &service.attributes).chain(&self.project)
    }

    /// The counts.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for entry in self.attributes() {
            *match entry.fate {
                Fate::Mapped => &mut summary.mapped,
                Fate::Approximated => &mut summary.approximated,
                Fate::Lost => &mut summary.lost,
                Fate::Refused => &mut summary.refused,
            } += 1;
        }
        summary.inferred = self.services.iter().map(|service| service.inferred.len()).sum();
        summary
    }
}
