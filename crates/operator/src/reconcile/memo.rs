//! What is remembered of a Stack between two looks. All of it may be lost: the status stores what matters. So it is kept small: a Stack
//! and its status once, in the store of the watch, and what a spec renders to for the Stacks that were looked at last.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use windlass_crd::v1alpha1::{AuditStatus, Stack, StackPolicySpec, StackStatus};
use windlass_k8s::ObjectRef;

use super::build::Desired;
use super::load;
use super::observe::StackKey;
use super::status::Publication;
use crate::events::{Allowance, Word};
use crate::step::Problem;

/// What is remembered of a Stack.
#[derive(Debug, Default)]
pub struct Memo {
    uid: String,
    /// The Stack as the newest answer has it, while the watch is behind.
    pub(super) latest: Option<Arc<Stack>>,
    /// The resourceVersion of the newest that was seen.
    version: Option<u64>,
    /// What the spec renders to.
    pub(super) built: Option<Arc<Built>>,
    /// The status as the last look left it, where parts of it are not published yet.
    pub(super) current: Option<Box<StackStatus>>,
    /// Objects that the API server refused.
    pub(super) problems: BTreeMap<ObjectRef, Problem>,
    pub(super) attempts: BTreeMap<ObjectRef, u32>,
    /// StatefulSets whose stuck pods were deleted.
    pub(super) unstuck: BTreeSet<ObjectRef>,
    /// When objects were put right.
    pub(super) repairs: BTreeMap<ObjectRef, Vec<Instant>>,
    /// Looks in a row that ended with an error, since one got further.
    pub(super) failures: u32,
    /// Whether this look got further: an object is as asked for now that was not before.
    pub(super) has_advanced: bool,
    pub(super) publication: Publication,
    pub(super) secrets_read: Option<Instant>,
    pub(super) dry_run: Option<(String, String)>,
    pub(super) words: Vec<Word>,
    pub(super) allowance: Allowance,
}

/// What a spec and its sources render to.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) generation: i64,
    pub(super) reconcile_at: Option<String>,
    pub(super) sources: load::Sources,
    pub(super) policies: Arc<BTreeMap<String, StackPolicySpec>>,
    pub(super) day: String,
    pub(super) outcome: Rendering,
}

#[derive(Debug)]
pub(super) enum Rendering {
    Objects {
        desired: Desired,
        audit: Option<AuditStatus>,
        /// Why the audit does not let it through.
        refusal: Option<String>,
    },
    Invalid(String),
}

impl Built {
    /// Bytes, about.
    fn size(&self) -> usize {
        let sources = &self.sources;
        let read = sources.compose.iter().map(String::len).chain(sources.files.iter().map(|(_, content)| content.len())).sum::<usize>();
        let rendered = match &self.outcome {
            Rendering::Objects { desired, audit, .. } => {
                let bodies = desired.objects.values().map(|rendered| rendered.body.len() + PER_OBJECT);
                bodies.sum::<usize>() + audit.iter().map(|audit| audit.findings.len() * PER_OBJECT).sum::<usize>()
            }
            Rendering::Invalid(message) => message.len(),
        };
        PER_OBJECT + read + rendered
    }
}

/// What an object takes beside its text, and a finding.
const PER_OBJECT: usize = 400;

impl Memo {
    /// Nothing, of the Stack with this uid.
    pub(super) fn of(uid: &str) -> Self {
        Self { uid: uid.to_owned(), ..Self::default() }
    }

    pub(super) fn uid(&self) -> &str {
        &self.uid
    }

    /// The newer of what the watch has and what the last answer had; `None` when what was seen before was newer than both.
    pub(super) fn newest(&mut self, stack: Arc<Stack>) -> Option<Arc<Stack>> {
        let newest = match self.latest.take() {
            Some(latest) if version(&latest) > version(&stack) => latest,
            _ => stack,
        };
        (version(&newest) >= self.version).then(|| {
            self.version = version(&newest);
            self.latest = Some(Arc::clone(&newest));
            newest
        })
    }

    /// This is the Stack, whatever was seen before.
    pub(super) fn found(&mut self, stack: Stack) -> Arc<Stack> {
        let stack = Arc::new(stack);
        self.version = version(&stack);
        self.latest = Some(Arc::clone(&stack));
        stack
    }

    /// Forgets the last answer where the watch has it too.
    pub(super) fn share(&mut self, stack: &Stack) {
        if self.latest.as_ref().is_some_and(|latest| version(latest) <= version(stack)) {
            self.latest = None;
        }
    }

    /// What the step starts from: the status of the last look, unless another wrote the status since.
    pub(super) fn starting_status(&mut self) -> StackStatus {
        let stored = self.latest.as_ref().and_then(|stack| stack.status.clone()).unwrap_or_default();
        let current = self.current.take();
        match current {
            Some(current) if self.publication.found(&stored) => *current,
            _ => {
                self.publication.found(&stored);
                stored
            }
        }
    }

    /// A look is over: what can be had again is not kept.
    pub(super) fn rest(&mut self) {
        self.version = self.version.max(self.latest.as_ref().and_then(|stack| version(stack)));
        if self.current.as_ref().is_some_and(|current| self.publication.is_last(current)) {
            self.current = None;
        }
        self.publication.rest();
    }

    /// The size of what the spec renders to.
    pub(super) fn size(&self) -> Option<usize> {
        self.built.as_ref().map(|built| built.size())
    }

    pub(super) fn forget_rendering(&mut self) {
        self.built = None;
    }

    /// Has an event written at the end of the look.
    pub(super) fn tell(&mut self, word: Word) {
        self.words.push(word);
    }
}

/// Versions are numbers, and grow.
fn version(stack: &Stack) -> Option<u64> {
    stack.metadata.resource_version.as_ref().and_then(|version| version.parse().ok())
}

/// Bytes of renderings that are kept. What is not kept is rendered again when it is needed, which takes a millisecond or two.
const KEPT: usize = 1 << 20;

/// Whose renderings are kept: those that were used last.
#[derive(Debug, Default)]
pub(super) struct Renderings {
    uses: u64,
    bytes: usize,
    by_use: BTreeMap<u64, StackKey>,
    kept: BTreeMap<StackKey, (u64, usize)>,
}

impl Renderings {
    /// One was used; says whose are no longer kept. It is itself always kept.
    pub(super) fn used(&mut self, key: &StackKey, size: usize) -> Vec<StackKey> {
        self.forget(key);
        self.uses += 1;
        self.bytes += size;
        self.by_use.insert(self.uses, key.clone());
        self.kept.insert(key.clone(), (self.uses, size));
        let mut unused = Vec::new();
        while self.bytes > KEPT && self.by_use.len() > 1 {
            let Some((_, oldest)) = self.by_use.first_key_value() else { break };
            let oldest = oldest.clone();
            self.forget(&oldest);
            unused.push(oldest);
        }
        unused
    }

    pub(super) fn forget(&mut self, key: &StackKey) {
        if let Some((at, size)) = self.kept.remove(key) {
            self.by_use.remove(&at);
            self.bytes -= size;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> StackKey {
        ("shop".to_owned(), name.to_owned())
    }

    #[test]
    fn renderings_that_were_used_last_are_kept() {
        let mut renderings = Renderings::default();
        assert!(renderings.used(&key("a"), KEPT / 2).is_empty());
        assert!(renderings.used(&key("b"), KEPT / 2).is_empty());
        assert!(renderings.used(&key("a"), KEPT / 2).is_empty());
        assert_eq!(renderings.used(&key("c"), KEPT / 4), [key("b")]);
        renderings.forget(&key("a"));
        assert!(renderings.used(&key("b"), KEPT / 2).is_empty());
        // One that is larger than all is kept while it is the last.
        assert_eq!(renderings.used(&key("d"), KEPT * 2), [key("c"), key("b")]);
        assert_eq!(renderings.used(&key("e"), 1), [key("d")]);
        assert_eq!((renderings.bytes, renderings.by_use.len(), renderings.kept.len()), (1, 1, 1));
    }

    fn stack(version: &str, generation: i64) -> Arc<Stack> {
        let mut stack = Stack::new("shop", Default::default());
        (stack.metadata.resource_version, stack.metadata.generation) = (Some(version.to_owned()), Some(generation));
        Arc::new(stack)
    }

    fn generation(stack: Option<Arc<Stack>>) -> Option<i64> {
        stack.and_then(|stack| stack.metadata.generation)
    }

    #[test]
    fn a_stack_is_never_taken_for_an_older_one() {
        let mut memo = Memo::default();
        assert_eq!(generation(memo.newest(stack("9", 2))), Some(2));
        // A watch that is behind: versions are numbers, not texts.
        assert_eq!(generation(memo.newest(stack("8", 1))), Some(2));
        assert_eq!(generation(memo.newest(stack("10", 3))), Some(3));
        assert_eq!(generation(memo.newest(stack("9", 2))), Some(3));
        // The watch had it, so it is kept there alone; then the watch begins anew and is behind.
        memo.share(&stack("10", 3));
        assert!(memo.latest.is_none());
        assert_eq!(generation(memo.newest(stack("9", 2))), None);
        assert_eq!(generation(memo.newest(stack("10", 3))), Some(3));
        // A store that was put back to an earlier day: what it says when it is asked is so.
        memo.found(Arc::unwrap_or_clone(stack("4", 1)));
        assert_eq!(generation(memo.newest(stack("4", 1))), Some(1));
    }

    #[test]
    fn what_is_not_published_yet_is_kept_unless_another_wrote_the_status() {
        let mut memo = Memo::default();
        let stored = |ready: &str| {
            let mut stack = Arc::unwrap_or_clone(stack("9", 1));
            stack.status = Some(StackStatus { ready: ready.to_owned(), ..StackStatus::default() });
            Arc::new(stack)
        };
        let mut look = |ready: &str, left: &str| {
            memo.newest(stored(ready));
            let started = memo.starting_status().ready;
            memo.current = Some(Box::new(StackStatus { ready: left.to_owned(), ..StackStatus::default() }));
            memo.rest();
            (started, memo.current.is_some())
        };
        assert_eq!(look("0/2", "1/2"), ("0/2".to_owned(), true));
        assert_eq!(look("0/2", "2/2"), ("1/2".to_owned(), true));
        assert_eq!(look("2/2", "2/2"), ("2/2".to_owned(), false));
        assert_eq!(look("2/2", "1/2"), ("2/2".to_owned(), true));
        assert_eq!(look("x", "1/2"), ("x".to_owned(), true));
    }
}
