//! What is decided about each attribute while converting, and the report that follows from it.
//!
//! Attributes say what became of a path of the canonical project; a word about a map or list holds for everything beneath
//! it that has no word of its own. [`Fates::report`] then walks the leaves that the project wrote, so each has exactly one
//! entry, and gives the objects the origins of their fields.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::RandomState;
use smol_str::SmolStr;
use windlass_k8s::{ObjectRef, Objects};
use windlass_source::{Origin, in_parallel};
use windlass_yaml::{Node, Path, Trail, Value};

use crate::convert::WORTH_A_THREAD;
use crate::layout::Layout;
use crate::report::{AttributeEntry, Becomes, Fate, Inferred, Report, ServiceReport};

/// Where an attribute went, as far as it is known while the objects are still drafts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) target: Target,
    pub(crate) path: Path,
}

/// What a [`Place`]'s path starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The container of a service, by its place in the project.
    Container(usize),
    /// An init container of its pod, by name.
    InitContainer(usize, SmolStr),
    /// The spec of its pod.
    Pod(usize),
    /// The metadata of its pod.
    PodMetadata(usize),
    /// Its workload.
    Workload(usize),
    /// An object by name.
    Object(ObjectRef),
}

impl Place {
    pub(crate) fn container(service: usize, path: &'static str) -> Self {
        Self::container_at(service, Path::known(path))
    }

    /// As [`container`](Self::container), for a path made step by step.
    pub(crate) fn container_at(service: usize, path: Path) -> Self {
        Self { target: Target::Container(service), path }
    }

    pub(crate) fn pod(service: usize, path: &'static str) -> Self {
        Self { target: Target::Pod(service), path: Path::known(path) }
    }

    pub(crate) fn pod_metadata(service: usize, path: &'static str) -> Self {
        Self { target: Target::PodMetadata(service), path: Path::known(path) }
    }

    pub(crate) fn workload(service: usize, path: &'static str) -> Self {
        Self::workload_at(service, Path::known(path))
    }

    /// As [`workload`](Self::workload), for a path made step by step.
    pub(crate) fn workload_at(service: usize, path: Path) -> Self {
        Self { target: Target::Workload(service), path }
    }

    pub(crate) fn init_container(service: usize, name: impl Into<SmolStr>, path: &str) -> Self {
        Self { target: Target::InitContainer(service, name.into()), path: Path::parse(path) }
    }

    pub(crate) fn object(object: ObjectRef, path: &str) -> Self {
        Self::object_at(object, Path::parse(path))
    }

    /// A field under a key that the user chose.
    pub(crate) fn object_at(object: ObjectRef, path: Path) -> Self {
        Self { target: Target::Object(object), path }
    }
}

#[derive(Clone, Debug)]
struct Decision {
    fate: Fate,
    places: Vec<Place>,
    message: String,
}

/// A value that nobody wrote.
#[derive(Clone, Debug)]
struct Guess {
    place: Place,
    value: serde_json::Value,
    because: String,
    flag: String,
}

/// Every decision of a conversion.
#[derive(Debug)]
pub(crate) struct Fates {
    /// False where nobody will ask: then nothing is kept.
    are_kept: bool,
    // Looked up only, never walked, so its order decides nothing.
    decisions: HashMap<Path, Decision, RandomState>,
    guesses: BTreeMap<usize, Vec<Guess>>,
}

impl Fates {
    /// No decision yet.
    pub(crate) fn new(are_kept: bool) -> Self {
        Self { are_kept, decisions: HashMap::default(), guesses: BTreeMap::new() }
    }

    /// False where nobody will ask for what was decided.
    pub(crate) fn are_kept(&self) -> bool {
        self.are_kept
    }

    /// Adds what was decided apart.
    pub(crate) fn add(&mut self, others: Vec<Self>) {
        self.decisions.reserve(others.iter().map(|other| other.decisions.len()).sum());
        for other in others {
            self.decisions.extend(other.decisions);
            for (service, guesses) in other.guesses {
                self.guesses.entry(service).or_default().extend(guesses);
            }
        }
    }

    /// It means the same at `places`; none for what the cluster does anyway.
    pub(crate) fn mapped(&mut self, path: Path, places: impl IntoIterator<Item = Place>) {
        self.decide(path, Fate::Mapped, places, String::new());
    }

    /// As [`mapped`](Self::mapped), with a word about where or how.
    pub(crate) fn mapped_with(&mut self, path: Path, places: impl IntoIterator<Item = Place>, message: impl Into<String>) {
        self.decide(path, Fate::Mapped, places, message.into());
    }

    /// It works, but differs.
    pub(crate) fn approximated(&mut self, path: Path, places: impl IntoIterator<Item = Place>, message: impl Into<String>) {
        self.decide(path, Fate::Approximated, places, message.into());
    }

    /// No counterpart.
    pub(crate) fn lost(&mut self, path: Path, message: impl Into<String>) {
        self.decide(path, Fate::Lost, [], message.into());
    }

    /// Left out because it would be broken or unsafe.
    pub(crate) fn refused(&mut self, path: Path, message: impl Into<String>) {
        self.decide(path, Fate::Refused, [], message.into());
    }

    /// Windlass filled in a field of a service.
    pub(crate) fn inferred(
        &mut self,
        service: usize,
        place: Place,
        value: impl Into<serde_json::Value>,
        because: impl Into<String>,
        flag: impl Into<String>,
    ) {
        if self.are_kept {
            let guess = Guess { place, value: value.into(), because: because.into(), flag: flag.into() };
            self.guesses.entry(service).or_default().push(guess);
        }
    }

    /// It went there as well.
    pub(crate) fn also(&mut self, path: Path, places: impl IntoIterator<Item = Place>) {
        if let Some(decision) = self.decisions.get_mut(&path) {
            decision.places.extend(places);
        }
    }

    /// A word about how it went there, unless there is one.
    pub(crate) fn explain(&mut self, path: &Path, message: &str) {
        if let Some(decision) = self.decisions.get_mut(path).filter(|decision| decision.message.is_empty()) {
            message.clone_into(&mut decision.message);
        }
    }

    /// A word about a path that has none of its own yet.
    pub(crate) fn unless_decided(&mut self, path: Path, fate: Fate, message: &str) {
        if self.are_kept {
            self.decisions.entry(path).or_insert_with(|| Decision { fate, places: Vec::new(), message: message.to_owned() });
        }
    }

    /// Takes back what was said of a field of a container, since the project decides it in another way.
    pub(crate) fn forget(&mut self, service: usize, field: &str) {
        let field = Path::parse(field);
        let is_gone = |place: &Place| matches!(place.target, Target::Container(owner) if owner == service) && field.contains(&place.path);
        self.decisions.values_mut().for_each(|decision| decision.places.retain(|place| !is_gone(place)));
        if let Some(guesses) = self.guesses.get_mut(&service) {
            guesses.retain(|guess| !is_gone(&guess.place));
        }
    }

    fn decide(&mut self, path: Path, fate: Fate, places: impl IntoIterator<Item = Place>, message: String) {
        if self.are_kept {
            self.decisions.insert(path, Decision { fate, places: places.into_iter().collect(), message });
        }
    }

    /// The report, and the origins of the objects' fields. `tree` is the canonical project.
    pub(crate) fn report(self, tree: &Node, layout: &Layout, objects: &mut Objects) -> Report {
        let Self { decisions, mut guesses, are_kept: _ } = self;
        let walk = |path: &[&str], node: Option<&Node>| Walk::of(&decisions, layout, path, node);
        let mut report = Report::default();
        let Some(top) = tree.as_map() else { return report };
        for (key, value) in top.iter() {
            if key.as_str() == "services" && value.as_map().is_some_and(|services| !services.is_empty()) {
                let names: Vec<_> = layout.service_names().enumerate().collect();
                // Not all at once: what is found waits until the objects have heard of it.
                for names in names.chunks(SERVICES_AT_ONCE) {
                    let found = in_parallel(names, WORTH_A_THREAD, |(_, name)| walk(&["services", name], value.get(name)));
                    for (&(index, name), found) in names.iter().zip(found) {
                        let mut service = ServiceReport::new(name.clone());
                        service.workload = layout.workload(index).cloned();
                        service.attributes = found.tell(objects);
                        service.inferred = guesses.remove(&index).map_or_else(Vec::new, |guesses| inferred(guesses, layout));
                        report.services.push(service);
                    }
                }
            } else {
                report.project.extend(walk(&[key.as_str()], Some(value)).tell(objects));
            }
        }
        report
    }
}

fn inferred(guesses: Vec<Guess>, layout: &Layout) -> Vec<Inferred> {
    let one = |Guess { place, value, because, flag }| {
        let (object, path) = layout.resolve(&place)?;
        Some(Inferred { object, path, value, because, flag })
    };
    guesses.into_iter().filter_map(one).collect()
}

/// The services whose leaves are found before their objects hear of them.
const SERVICES_AT_ONCE: usize = 256;

/// What a walk over leaves found.
struct Found {
    entries: Vec<AttributeEntry>,
    /// Where fields came from, not yet said to their objects.
    origins: Vec<(ObjectRef, Path, Origin)>,
}

impl Found {
    /// The entries. The objects learn what came from them: most fields of a service are of few objects, each of which is looked for once
    /// for all that follow each other.
    fn tell(self, objects: &mut Objects) -> Vec<AttributeEntry> {
        for run in self.origins.chunk_by(|(one, ..), (other, ..)| one == other) {
            let Some(object) = run.first().and_then(|(object, ..)| objects.find_mut(object)) else { continue };
            object.origins.reserve(run.len());
            for (_, path, origin) in run {
                object.origins.set_first(path, origin);
            }
        }
        self.entries
    }
}

/// A walk over leaves of the project, with what was decided above each.
struct Walk<'a> {
    decisions: &'a HashMap<Path, Decision, RandomState>,
    layout: &'a Layout,
    trail: Trail,
    found: Found,
}

impl<'a> Walk<'a> {
    /// The leaves of the node that stands under `path`.
    fn of(decisions: &'a HashMap<Path, Decision, RandomState>, layout: &'a Layout, path: &[&str], node: Option<&Node>) -> Found {
        let found = Found { entries: Vec::new(), origins: Vec::new() };
        let mut walk = Walk { decisions, layout, trail: Trail::default(), found };
        path.iter().for_each(|key| walk.trail.push_key(key));
        if let Some(node) = node {
            walk.node(node, None);
        }
        // Reports of thousands of services stay as small as what they hold.
        walk.found.entries.shrink_to_fit();
        walk.found
    }

    fn node(&mut self, node: &Node, above: Option<&'a Decision>) {
        let decision = self.decisions.get(self.trail.as_str()).or(above);
        match &node.value {
            Value::Map(map) if !map.is_empty() => {
                for (key, value) in map.iter() {
                    self.trail.push_key(key.as_str());
                    self.node(value, decision);
                    self.trail.pop();
                }
            }
            Value::Sequence(items) if !items.iter().all(is_scalar) => {
                for (index, item) in items.iter().enumerate() {
                    self.trail.push_index(index);
                    self.node(item, decision);
                    self.trail.pop();
                }
            }
            _ => self.leaf(node, decision),
        }
    }

    fn leaf(&mut self, node: &Node, decision: Option<&Decision>) {
        // A list of words is written when one of them is.
        let words = node.as_sequence().unwrap_or_default();
        let origin = if node.origin.is_written() {
            &node.origin
        } else {
            words.iter().map(|word| &word.origin).find(|origin| origin.is_written()).unwrap_or(&node.origin)
        };
        if !origin.is_written() {
            return;
        }
        let places = decision.map_or(&[][..], |decision| &decision.places);
        let mut becomes = Vec::with_capacity(places.len());
        for (object, path) in places.iter().filter_map(|place| self.layout.resolve(place)) {
            self.found.origins.push((object.clone(), path.clone(), origin.clone()));
            becomes.push(Becomes::new(object, path));
        }
        let (fate, message) = match decision {
            Some(decision) => (decision.fate, decision.message.clone()),
            None if is_empty(node) => (Fate::Mapped, "empty".to_owned()),
            // The dispatcher destructures every struct, so this is a bug; it must not look like success.
            None => (Fate::Lost, "not considered; please report this as a bug of Windlass".to_owned()),
        };
        self.found.entries.push(AttributeEntry { path: self.trail.path(), fate, becomes, message, origin: origin.clone() });
    }
}

/// `ports: []` and `command:` say nothing that could get lost.
fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Map(map) => map.is_empty(),
        Value::Sequence(items) => items.is_empty(),
        Value::Null => true,
        _ => false,
    }
}

fn is_scalar(node: &Node) -> bool {
    !matches!(node.value, Value::Map(_) | Value::Sequence(_))
}
