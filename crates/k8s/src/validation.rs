//! Paths in, the verdict on every object of their files out: what `windlass validate` does. Files come through a
//! [`FileSystem`](windlass_source::FileSystem); what is printed, and how, is not here.

mod load;
mod relations;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use windlass_source::{Diagnostic, FileId, SourceMap, Span};
use windlass_yaml::Budget;

use crate::read::{self, Manifest, Manifests};
use crate::schema::Version;
use crate::validity::{self, Problem, Status};
use crate::view::{Fields as _, text};

pub use load::{Request, load};
pub use relations::Finding;

/// What was read, before it is judged.
#[derive(Debug, Default)]
pub struct Input {
    /// The texts.
    pub sources: SourceMap,
    /// The files to judge, in order.
    pub files: Vec<FileId>,
    /// Files that were named rather than found in a directory: each has to hold an object.
    pub named: Vec<FileId>,
    /// What could not be read, as errors, and what was left out, as warnings: charts, whose templates are no manifests.
    pub diagnostics: Vec<Diagnostic>,
    /// Kustomizations: what they make of the manifests is not looked at.
    pub notes: Vec<Diagnostic>,
}

/// An object with its verdict.
#[derive(Debug)]
pub struct Resource {
    /// Its file.
    pub file: FileId,
    /// Its tree.
    pub manifest: Manifest,
    /// The verdict on it alone.
    pub status: Status,
    /// Why, and what is odd.
    pub problems: Vec<Problem>,
    /// What does not fit the other objects.
    pub findings: Vec<Finding>,
}

/// A document that can't be read.
#[derive(Debug)]
pub struct Broken {
    /// Its file.
    pub file: FileId,
    /// Its number, from 1.
    pub document: usize,
    /// What is wrong.
    pub diagnostic: Diagnostic,
}

/// The verdicts on everything that was read.
#[derive(Debug, Default)]
pub struct Validation {
    /// Objects in the order of files and documents.
    pub resources: Vec<Resource>,
    /// Documents without verdict.
    pub broken: Vec<Broken>,
    /// Documents that are no objects.
    pub others: Vec<(FileId, Option<Span>)>,
}

impl Resource {
    /// `apiVersion`, empty where it is missing.
    pub fn api_version(&self) -> &str {
        self.manifest.root.text("apiVersion").unwrap_or_default()
    }

    /// `kind`, empty where it is missing.
    pub fn kind(&self) -> &str {
        self.manifest.root.text("kind").unwrap_or_default()
    }

    /// `metadata.name`, or the beginning of the name that the server makes.
    pub fn name(&self) -> &str {
        let field = |name: &str| self.manifest.root.at(&["metadata", name]).and_then(text).filter(|text| !text.is_empty());
        field("name").or_else(|| field("generateName")).unwrap_or_default()
    }

    /// `metadata.namespace`, where it is written.
    pub fn namespace(&self) -> Option<&str> {
        self.manifest.root.at(&["metadata", "namespace"]).and_then(text)
    }
}

impl Validation {
    /// How many objects have a status.
    pub fn count(&self, status: Status) -> usize {
        self.resources.iter().filter(|resource| resource.status == status).count()
    }

    /// True when an object would be refused, or does not work with the others.
    pub fn has_errors(&self) -> bool {
        let is_wrong = |resource: &Resource| resource.status == Status::Invalid || resource.findings.iter().any(|finding| finding.is_error);
        self.resources.iter().any(is_wrong)
    }
}

/// Texts below this many bytes in all are read by one thread: starting another takes longer.
const SMALL: usize = 64 << 10;

/// Judges every object of the input.
pub fn validate(input: &Input, version: Version, threads: usize) -> Validation {
    let text = |file: FileId| input.sources.file(file).text();
    let bytes: usize = input.files.iter().map(|file| text(*file).len()).sum();
    let threads = if bytes < SMALL { 1 } else { threads.clamp(1, input.files.len().max(1)) };
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(input.files.len()));
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(file) = input.files.get(at) else { return };
            let part = judge(*file, text(*file), version);
            done.lock().unwrap_or_else(PoisonError::into_inner).push((at, part));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    let mut parts = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    parts.sort_by_key(|(at, _)| *at);
    let mut all = Validation::default();
    for (_, part) in parts {
        all.resources.extend(part.resources);
        all.broken.extend(part.broken);
        all.others.extend(part.others);
    }
    let findings = relations::check(&all.resources);
    for (resource, findings) in all.resources.iter_mut().zip(findings) {
        resource.findings = findings;
    }
    all
}

fn judge(file: FileId, text: &str, version: Version) -> Validation {
    let Manifests { objects, broken, others } = read::read(file, text, &Budget::default());
    let resources = objects.into_iter().map(|manifest| {
        let verdict = validity::validate(&manifest, version);
        Resource { file, manifest, status: verdict.status, problems: verdict.problems, findings: Vec::new() }
    });
    Validation {
        resources: resources.collect(),
        broken: broken.into_iter().map(|(document, diagnostic)| Broken { file, document, diagnostic }).collect(),
        others: others.into_iter().map(|(_, span)| (file, span)).collect(),
    }
}
