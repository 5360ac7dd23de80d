//! The pure core: what is asked for, what is seen and what is remembered in; what to do next, what to remember and how the Stack is out.
//!
//! No clock, no requests: [`Input::now`] is given, and the shell performs the [`Action`]s. What it sees is the watch overlaid with the
//! answers to its own writes, so a step after an action knows of it. The memory is what the status stores: a restart forgets nothing.
//!
//! [`step`] is idempotent: with nothing new to see, it gives no action.

mod conditions;
mod prune;
mod rollout;
mod stop;

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::jiff::Timestamp;
use windlass_crd::v1alpha1::{OnDelete, OnFailure, Order, StackStatus};
use windlass_k8s::ObjectRef;

use crate::reconcile::build::Desired;

pub use conditions::{Change, audited, change, failing};
pub(crate) use rollout::later;

/// What a step decides from.
#[derive(Clone, Debug)]
pub struct Input<'a> {
    /// The generation of the Stack's spec.
    pub generation: i64,
    /// What the Stack asks for.
    pub wanted: Wanted<'a>,
    /// How it asks for it.
    pub settings: Settings,
    /// Whether the Stack has the operator's finalizer.
    pub has_finalizer: bool,
    /// Objects of the Stack, and objects that stand where one of its should.
    pub observed: &'a BTreeMap<ObjectRef, Seen>,
    /// Objects that the API server refused, by what was sent.
    pub problems: &'a BTreeMap<ObjectRef, Problem>,
    /// StatefulSets whose stuck pods were deleted already.
    pub unstuck: &'a BTreeSet<ObjectRef>,
    /// What was published last.
    pub status: &'a StackStatus,
    /// The time.
    pub now: Timestamp,
}

/// What a Stack asks for.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'a> {
    /// These objects.
    Objects(&'a Desired),
    /// Nothing that can be applied: what runs goes on.
    Nothing {
        /// The reason of the condition `Ready`, CamelCase.
        reason: &'a str,
        /// The same for people.
        message: &'a str,
        /// Whether only a change of the Stack or of its sources helps.
        is_final: bool,
        /// Whether what runs is kept as it was applied.
        is_kept: bool,
    },
    /// Nothing at all until it is switched on again.
    Suspended,
    /// The end: everything stops, in the reverse of the order in which it starts.
    Stop {
        /// The last known order; none when nothing could be rendered.
        order: Option<&'a Desired>,
        /// Whether the Stack's account may still be used.
        may_write: bool,
    },
}

/// Seconds that a workload may go without progress where its Stack does not say it.
pub const DEADLINE: i64 = 600;

/// What a spec says about the way.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The order of services.
    pub order: Order,
    /// Seconds without progress; none for [`DEADLINE`], or what the probes allow.
    pub deadline: Option<i64>,
    /// What happens then.
    pub on_failure: OnFailure,
    /// Revisions that are kept.
    pub history: usize,
    /// What becomes of claims.
    pub on_delete: OnDelete,
}

/// An object as it is in the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its uid.
    pub uid: String,
    /// Whose it is.
    pub owner: Owner,
    /// The hash that it carries.
    pub hash: String,
    /// A hash of the fields that the operator owns in it: other than after the last apply when somebody else wrote one of them.
    pub fields: String,
    /// The same as the answer to the last apply had it, where this process made it.
    pub applied_fields: Option<String>,
    /// Whether it is being deleted.
    pub is_deleting: bool,
    /// When it was last applied or made progress.
    pub progressed_at: Timestamp,
    /// How it is.
    pub health: Health,
    /// What people should know all the same.
    pub note: Option<&'static str>,
}

/// Whose an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The Stack's.
    Mine,
    /// A claim that a Stack of this name left behind.
    Left,
    /// Somebody else's; who, for people.
    Foreign(String),
}

/// How an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It has nothing to become.
    Static,
    /// Not yet there.
    Progressing {
        /// Pods that are ready.
        ready: i64,
        /// Pods that are wanted.
        wanted: i64,
        /// Whether its pods of this revision were started.
        is_started: bool,
        /// Why, as far as it is known.
        message: String,
    },
    /// Healthy.
    Ready {
        /// Pods that are ready.
        ready: i64,
    },
    /// It ended as it should.
    Completed,
    /// It will not become healthy.
    Failed(String),
}

/// What the API server refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The hash of what was sent.
    pub hash: String,
    /// Its words.
    pub message: String,
    /// What kind of refusal it is.
    pub obstacle: Obstacle,
    /// When to try again.
    pub retry_at: Timestamp,
}

/// What stands in the way of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The API server says no.
    Refused,
    /// A field can't be changed, so that only a new object helps.
    Immutable,
    /// Another's object has the name.
    Foreign,
}

/// One thing to do. Each can be done twice without harm.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Adds the operator's finalizer.
    Hold,
    /// Writes the ControllerRevision of what is asked for.
    Save(String),
    /// Applies an object as it is asked for.
    Apply(ObjectRef),
    /// Applies an object as it was in a revision.
    Restore(ObjectRef, String),
    /// Deletes an object, after looking at it once more, if it is still the one with this uid.
    Delete(ObjectRef, Uid, Deletion),
    /// Deletes the pods of a StatefulSet that are of a failed revision: its controller waits for them for ever.
    Unstick(ObjectRef),
    /// Deletes the ControllerRevision of a revision.
    Forget(String),
    /// Removes the finalizer: the Stack goes.
    Release,
}

/// A uid; empty when it is not known yet.
pub type Uid = String;

/// How an object is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deletion {
    /// Its pods follow.
    Background,
    /// It stays until its pods are gone.
    Foreground,
    /// Its pods stay, for one of the same name to take.
    Orphan,
}

/// What a step decides.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// What to do, in this order.
    pub actions: Vec<Action>,
    /// What to publish: before the actions where [`write_first`](Self::write_first) says so.
    pub status: StackStatus,
    /// Whether the status must be stored before the actions are done, since it remembers what they are about.
    pub write_first: bool,
    /// When to look again, if nothing happens before.
    pub wake_at: Option<Timestamp>,
}

impl Step {
    /// Looks again at `time` at the latest.
    fn wake(&mut self, time: Timestamp) {
        self.wake_at = Some(self.wake_at.map_or(time, |known| known.min(time)));
    }
}

/// Decides what to do next.
pub fn step(input: &Input<'_>) -> Step {
    let mut step = Step { status: input.status.clone(), ..Step::default() };
    match input.wanted {
        Wanted::Objects(desired) => {
            let progress = rollout::advance(input, desired, &mut step);
            if progress.is_settled() {
                prune::prune(input, desired, &mut step);
            }
            conditions::of_rollout(input, desired, &progress, &mut step);
        }
        Wanted::Nothing { reason, message, is_final, is_kept } => {
            if is_kept {
                rollout::keep(input, &mut step);
            }
            conditions::of_nothing(input, reason, message, is_final, &mut step);
        }
        Wanted::Suspended => conditions::suspended(input, &mut step),
        Wanted::Stop { order, may_write } => stop::stop(input, order, may_write, &mut step),
    }
    step
}

/// The name by which the memory knows an object.
pub(crate) fn key(object: &ObjectRef) -> String {
    object.to_string()
}

/// An object by the name that the memory has for it.
pub(crate) fn parse(key: &str) -> Option<ObjectRef> {
    let (kind, name) = key.split_once('/')?;
    Some(ObjectRef::new(windlass_k8s::Kind::parse(kind)?, name))
}

#[cfg(test)]
mod explorer;
#[cfg(test)]
mod tests;
