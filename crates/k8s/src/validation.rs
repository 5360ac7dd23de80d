//! Paths in, the verdict on every object of their files out: what `windlass validate` does. Files come through a
//! [`FileSystem`](windlass_source::FileSystem); what is printed, and how, is not here.

mod defaults;
mod generated;
mod load;
mod policies;
mod relations;
mod server;
mod updates;

use windlass_source::{Diagnostic, FileId, SourceMap, Span, in_parallel};
use windlass_yaml::{Budget, Node};

use crate::read::{self, Manifest, Manifests};
use crate::schema::{CustomKinds, Version};
use crate::validity::{self, Problem, Status, Verdict};
use crate::view::{Fields as _, text};

pub use generated::{check_fit, check_object, check_objects};
pub use load::{Request, load};
pub use relations::{Finding, RULES as RELATIONS, relations};
pub use server::{Answer, answered};

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

/// An object among others.
#[derive(Clone, Copy, Debug)]
pub struct Object<'a> {
    /// Its file.
    pub file: FileId,
    /// Its tree.
    pub root: &'a Node,
}

impl<'a> Object<'a> {
    /// `apiVersion`, empty where it is missing.
    pub fn api_version(&self) -> &'a str {
        self.root.text("apiVersion").unwrap_or_default()
    }

    /// `kind`, empty where it is missing.
    pub fn kind(&self) -> &'a str {
        self.root.text("kind").unwrap_or_default()
    }

    /// `metadata.name`, or the beginning of the name that the server makes.
    pub fn name(&self) -> &'a str {
        let field = |name: &str| self.root.at(&["metadata", name]).and_then(text).filter(|text| !text.is_empty());
        field("name").or_else(|| field("generateName")).unwrap_or_default()
    }

    /// `metadata.namespace`, where it is written.
    pub fn namespace(&self) -> Option<&'a str> {
        self.root.at(&["metadata", "namespace"]).and_then(text)
    }
}

impl Resource {
    /// The object.
    pub fn object(&self) -> Object<'_> {
        Object { file: self.file, root: &self.manifest.root }
    }

    /// `apiVersion`, empty where it is missing.
    pub fn api_version(&self) -> &str {
        self.object().api_version()
    }

    /// `kind`, empty where it is missing.
    pub fn kind(&self) -> &str {
        self.object().kind()
    }

    /// `metadata.name`, or the beginning of the name that the server makes.
    pub fn name(&self) -> &str {
        self.object().name()
    }

    /// `metadata.namespace`, where it is written.
    pub fn namespace(&self) -> Option<&str> {
        self.object().namespace()
    }
}

impl Validation {
    /// How many objects have a status.
    pub fn count(&self, status: Status) -> usize {
        self.resources.iter().filter(|resource| resource.status == status).count()
    }
}

/// Texts below this many bytes in all are read by one thread: starting another takes longer.
const SMALL: usize = 64 << 10;
/// As [`SMALL`], of objects.
const FEW: usize = 200;

/// Judges every object of the input, those of custom kinds by the definitions in it and in `definitions`.
pub fn validate(input: &Input, definitions: &Input, version: Version) -> Validation {
    let mut all = Validation::default();
    let mut manifests: Vec<(FileId, Manifest)> = Vec::new();
    for (file, read) in input.files.iter().zip(read_all(input)) {
        all.broken.extend(read.broken.into_iter().map(|(document, diagnostic)| Broken { file: *file, document, diagnostic }));
        all.others.extend(read.others.into_iter().map(|(_, span)| (*file, span)));
        manifests.extend(read.objects.into_iter().map(|manifest| (*file, manifest)));
    }
    let mut custom = CustomKinds::default();
    for read in read_all(definitions) {
        read.objects.iter().for_each(|manifest| custom.add(manifest));
    }
    manifests.iter().for_each(|(_, manifest)| custom.add(manifest));
    let verdicts = in_parallel(&manifests, FEW, |(_, manifest)| validity::validate(manifest, version, &custom));
    let resources = manifests.into_iter().zip(verdicts).map(|((file, manifest), verdict)| {
        let Verdict { status, problems } = verdict;
        Resource { file, manifest, status, problems, findings: Vec::new() }
    });
    all.resources = resources.collect();
    let objects: Vec<Object<'_>> = all.resources.iter().map(Resource::object).collect();
    let findings = relations(&objects);
    let denied = policies::check(&objects);
    for ((resource, findings), denied) in all.resources.iter_mut().zip(findings).zip(denied) {
        resource.findings = findings;
        resource.findings.extend(denied);
    }
    all
}

/// Adds what the update of objects that are there already can't change.
pub fn against(validation: &mut Validation, there: &Input) {
    let manifests: Vec<(FileId, Manifest)> = there
        .files
        .iter()
        .zip(read_all(there))
        .flat_map(|(file, read)| read.objects.into_iter().map(move |manifest| (*file, manifest)))
        .collect();
    let there: Vec<Object<'_>> = manifests.iter().map(|(file, manifest)| Object { file: *file, root: &manifest.root }).collect();
    let objects: Vec<Object<'_>> = validation.resources.iter().map(Resource::object).collect();
    let findings = updates::check(&objects, &there);
    for (resource, findings) in validation.resources.iter_mut().zip(findings) {
        resource.findings.extend(findings);
    }
}

fn read_all(input: &Input) -> Vec<Manifests> {
    let text = |file: FileId| input.sources.file(file).text();
    let bytes: usize = input.files.iter().map(|file| text(*file).len()).sum();
    let least = if bytes < SMALL { usize::MAX } else { 0 };
    in_parallel(&input.files, least, |file| read::read(*file, text(*file), &Budget::default()))
}
