//! Objects in, what the API server would say of them out: decoding errors, the field errors of its validation, its warnings, with its
//! own paths and words.
//!
//! [`structure`] is decoding, [`kinds`] says which checks a kind has, one file for each area of the API. What only a cluster knows
//! (names that are taken, quotas, admission) is not here, nor is what several objects are to each other.

mod findings;
mod structure;

mod admission;
mod autoscaling;
mod batch;
mod config;
mod container;
mod crd;
mod custom;
pub(crate) mod format;
mod ingress;
mod kinds;
mod metadata;
mod network_policy;
mod pod;
mod policy;
mod probe;
mod quota;
mod rbac;
mod resources;
mod rules;
mod scheduling;
mod security;
mod selector;
mod service;
mod storage;
mod volume;
mod workload;

use windlass_source::{Diagnostic, Span};
use windlass_yaml::Node;

use crate::read::Manifest;
use crate::schema::{self, CustomKinds, Lookup, Version};
use crate::view::Fields as _;
use crate::write::TypedTree;
use findings::Findings;
pub(crate) use findings::{path_of, show};
pub use rules::{Rule, RuleInfo, all as rules};
pub use selector::matches as selector_matches;

/// What is wrong with an object, or merely odd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The rule.
    pub rule: Rule,
    /// The field as the API server names it; empty where it names none.
    pub path: String,
    /// The whole message in the API server's words, path included.
    pub message: String,
    /// The place in the file; that of the nearest field that is there.
    pub span: Option<Span>,
    /// What to do, where that is known.
    pub help: Option<String>,
    /// True when the API server accepts the object and warns.
    pub is_warning: bool,
}

impl Problem {
    /// True for a value that can't be read at all: the server goes no further.
    fn is_decoding(&self) -> bool {
        matches!(self.rule.0, 4 | 47 | 131)
    }
}

/// The API server's verdict on one object alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Accepted.
    Valid,
    /// Refused.
    Invalid,
    /// Of a kind that nobody described.
    Skipped,
}

/// The verdict with its reasons.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Accepted or refused.
    pub status: Status,
    /// In the order in which they were found.
    pub problems: Vec<Problem>,
}

impl Verdict {
    /// The verdict of a schema that is but a part of the kind's: a field that it has not may be right, and then nothing is known.
    fn by_a_part(mut self) -> Self {
        let all = self.problems.len();
        self.problems.retain(|problem| problem.rule != Rule(3) || problem.path.starts_with("metadata."));
        self.status = match self.problems.iter().any(|problem| !problem.is_warning) {
            true => Status::Invalid,
            false if self.problems.len() < all => Status::Skipped,
            false => Status::Valid,
        };
        self
    }
}

/// Says what the API server of a version would say of an object.
///
/// `custom` are the kinds that definitions bring; others than those and Kubernetes' own are skipped.
pub fn validate(manifest: &Manifest, version: Version, custom: &CustomKinds) -> Verdict {
    validate_tree(&manifest.root, &manifest.duplicate_keys, version, custom, structure::check)
}

/// As [`validate`], for an object that nobody wrote as text. What its type holds already isn't looked at again.
pub(crate) fn validate_typed(tree: &TypedTree, version: Version) -> Verdict {
    let decoded: Decoding = if tree.is_sound && version == Version::TYPES { |_, _, _| {} } else { structure::check };
    validate_tree(&tree.root, &[], version, &CustomKinds::default(), decoded)
}

/// What decoding finds in an object of a type of the table.
type Decoding = for<'a> fn(&'a Node, u16, &mut Findings<'a>);

fn validate_tree(root: &Node, duplicate_keys: &[Diagnostic], version: Version, custom: &CustomKinds, decode: Decoding) -> Verdict {
    let mut findings = Findings::new(root, version);
    structure::duplicate_keys(duplicate_keys, &mut findings);
    let (Some(api_version), Some(kind)) = (root.text("apiVersion"), root.text("kind")) else {
        kinds::unnamed(root, &mut findings);
        return findings.verdict();
    };
    match schema::lookup(version, api_version, kind) {
        Lookup::Known(info) => {
            findings.set_type(info.type_index);
            decode(root, info.type_index, &mut findings);
            kinds::check(root, &info, &mut findings);
        }
        Lookup::NotServed => kinds::not_served(root, api_version, kind, &mut findings),
        Lookup::Foreign if let Some(kind) = custom.get(api_version, kind) => custom::check_all(root, kind, &mut findings),
        Lookup::Foreign if let Some(kind) = schema::written(api_version, kind) => {
            custom::check_all(root, kind, &mut findings);
            return findings.verdict().by_a_part();
        }
        Lookup::Foreign => {
            let status = if findings.is_empty() { Status::Skipped } else { Status::Invalid };
            return Verdict { status, ..findings.verdict() };
        }
    }
    findings.verdict()
}
