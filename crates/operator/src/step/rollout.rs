//! Brings the objects that are asked for into the cluster, each when its turn has come, and back when it fails.
//!
//! What others refer to is applied first, workloads as their dependencies allow, and what refers to workloads last. A workload that makes
//! no progress in time goes back once to what was healthy last.

use std::collections::BTreeMap;

use k8s_openapi::jiff::{SignedDuration, Timestamp};
use windlass_crd::v1alpha1::{Fallback, Healthy, HistoryEntry, InventoryEntry, OnDelete, OnFailure, Order, Outcome, Recreation};
use windlass_k8s::{Kind, ObjectRef};

use super::{Action, DEADLINE, Deletion, Health, Input, Obstacle, Owner, Seen, Step, key};
use crate::reconcile::build::{Desired, Need, Rendered};

/// Where the roll-out stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    /// How each object that is asked for is.
    pub(super) states: BTreeMap<ObjectRef, State>,
}

/// How an object is, seen from what is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It waits for others, or for its own end.
    Waiting(String),
    /// It is being applied.
    Applying,
    /// It is applied and not healthy yet.
    Progressing(String),
    /// It was healthy as it is, and is not now.
    Degraded(String),
    /// It is as it should be.
    Ready,
    /// It ended as it should.
    Completed,
    /// It did not become healthy.
    Failed(String),
    /// It did not, and what was healthy last runs instead.
    RolledBack(String),
    /// The API server refuses it; it is tried again.
    Refused(String),
    /// It would need another object, and that would lose data.
    Unchangeable(String),
    /// Another's object has its name.
    Foreign(String),
}

impl Progress {
    /// True when nothing is left to do.
    pub(super) fn is_settled(&self) -> bool {
        self.states.values().all(|state| matches!(state, State::Ready | State::Completed))
    }
}

/// Decides what to apply now.
pub(super) fn advance(input: &Input<'_>, desired: &Desired, step: &mut Step) -> Progress {
    remember_revision(input, desired, step);
    if needs_finalizer(input, desired) && !input.has_finalizer {
        step.actions.push(Action::Hold);
    }
    let mut rollout = Rollout { input, desired, step, progress: Progress::default() };
    let stage = |wanted: fn(Kind) -> bool| desired.objects.iter().filter(move |(object, _)| wanted(object.kind));
    for (object, rendered) in stage(|kind| !kind.is_workload() && !follows(kind)) {
        rollout.bring(object, rendered);
    }
    for (object, rendered) in stage(Kind::is_workload) {
        rollout.bring(object, rendered);
    }
    for (object, rendered) in stage(follows) {
        rollout.bring(object, rendered);
    }
    let progress = rollout.progress;
    if let Some(current) = step.status.history.first_mut() {
        current.outcome = if progress.is_settled() {
            Outcome::Healthy
        } else if progress.states.values().any(|state| matches!(state, State::Failed(_) | State::RolledBack(_))) {
            Outcome::Failed
        } else {
            Outcome::Progressing
        };
    }
    progress
}

/// While the spec can't be applied: workloads that somebody changed or removed become again what they were, from what was saved. Jobs that
/// are gone have run.
pub(super) fn keep(input: &Input<'_>, step: &mut Step) {
    let Some(revision) = &input.status.revision else { return };
    for known in &input.status.inventory {
        let Some(object) = super::parse(&format!("{}/{}", known.kind, known.name)) else { continue };
        if !object.kind.is_workload() || object.kind == Kind::Job || known.hash.is_empty() {
            continue;
        }
        if let Some(problem) = input.problems.get(&object).filter(|problem| problem.retry_at > input.now) {
            step.wake(problem.retry_at);
            continue;
        }
        let is_changed = input.observed.get(&object).is_none_or(|seen| {
            let fields = seen.applied_fields.as_ref().unwrap_or(&known.fields);
            seen.owner == Owner::Mine && !seen.is_deleting && seen.hash == known.hash && *fields != seen.fields
        });
        if is_changed {
            let fallback = input.status.memory.fallbacks.get(&key(&object)).and_then(|fallback| fallback.to.as_ref());
            let revision = fallback.map_or(revision, |to| &to.revision);
            step.actions.push(Action::Restore(object, revision.clone()));
        }
    }
}

/// True for kinds that refer to workloads.
fn follows(kind: Kind) -> bool {
    matches!(kind, Kind::PodDisruptionBudget | Kind::HorizontalPodAutoscaler | Kind::Ingress | Kind::HttpRoute)
}

/// A finalizer delays the end of a Stack, so only those have it that stop in order or delete claims.
pub(super) fn needs_finalizer(input: &Input<'_>, desired: &Desired) -> bool {
    let has_order = input.settings.order == Order::DependsOn && desired.objects.values().any(|object| !object.needs.is_empty());
    let has_claims = desired.objects.keys().any(|object| object.kind == Kind::PersistentVolumeClaim);
    has_order || (input.settings.on_delete == OnDelete::Delete && has_claims)
}

/// A new revision is written down, with the names of all its objects, before the first of them is applied.
fn remember_revision(input: &Input<'_>, desired: &Desired, step: &mut Step) {
    let status = &mut step.status;
    let is_current = |fallback: (&String, &mut Fallback)| {
        let object = super::parse(fallback.0).and_then(|object| desired.objects.get(&object));
        object.is_some_and(|object| object.hash == fallback.1.failed)
    };
    status.memory.fallbacks.retain(|object, fallback| is_current((object, fallback)));
    status.memory.completed.retain(|object, _| super::parse(object).is_some_and(|object| desired.objects.contains_key(&object)));
    if status.revision.as_ref() == Some(&desired.revision) && !status.history.is_empty() {
        return;
    }
    for entry in status.history.iter_mut().filter(|entry| entry.outcome == Outcome::Progressing) {
        entry.outcome = Outcome::Superseded;
    }
    status.history.retain(|entry| entry.revision != desired.revision);
    let named_by_content = |object: &&ObjectRef| matches!(object.kind, Kind::ConfigMap | Kind::Secret);
    status.history.insert(
        0,
        HistoryEntry {
            revision: desired.revision.clone(),
            generation: input.generation,
            outcome: Outcome::Progressing,
            digest: desired.digest.clone(),
            keeps: desired.objects.keys().filter(named_by_content).map(key).collect(),
        },
    );
    status.revision = Some(desired.revision.clone());
    for object in desired.objects.keys() {
        entry(&mut status.inventory, object);
    }
    if desired.objects.keys().any(|object| object.kind.is_workload()) {
        step.actions.push(Action::Save(desired.revision.clone()));
    }
    step.write_first = true;
}

/// The inventory's entry of an object, in the order of application; a new one knows only the name.
fn entry<'a>(inventory: &'a mut Vec<InventoryEntry>, object: &ObjectRef) -> &'a mut InventoryEntry {
    let at = inventory.iter().position(|entry| entry.kind == object.kind.as_str() && entry.name == object.name);
    let at = at.unwrap_or_else(|| {
        inventory.push(InventoryEntry { kind: object.kind.as_str().into(), name: object.name.to_string(), ..InventoryEntry::default() });
        inventory.len() - 1
    });
    &mut inventory[at]
}

/// What an object is to be.
struct Target {
    hash: String,
    /// The revision that it comes from; none for what is asked for.
    revision: Option<String>,
}

struct Rollout<'a, 'b> {
    input: &'a Input<'a>,
    desired: &'a Desired,
    step: &'b mut Step,
    progress: Progress,
}

impl Rollout<'_, '_> {
    fn bring(&mut self, object: &ObjectRef, rendered: &Rendered) {
        let mut state = self.consider(object, rendered);
        if let State::Failed(reason) = &state
            && !self.step.status.memory.fallbacks.contains_key(&key(object))
        {
            self.fall_back(object, rendered, reason.clone());
            state = self.consider(object, rendered);
        }
        self.progress.states.insert(object.clone(), state);
    }

    fn target(&self, object: &ObjectRef, rendered: &Rendered) -> Target {
        match self.step.status.memory.fallbacks.get(&key(object)).and_then(|fallback| fallback.to.as_ref()) {
            Some(to) => Target { hash: to.hash.clone(), revision: Some(to.revision.clone()) },
            None => Target { hash: rendered.hash.clone(), revision: None },
        }
    }

    fn consider(&mut self, object: &ObjectRef, rendered: &Rendered) -> State {
        let target = self.target(object, rendered);
        let seen = self.input.observed.get(object);
        if let Some(Seen { owner: Owner::Foreign(who), .. }) = seen {
            return State::Foreign(who.clone());
        }
        if let Some(state) = self.refused(object, &target, seen) {
            return state;
        }
        let known = entry(&mut self.step.status.inventory, object).clone();
        match seen {
            None if self.step.status.memory.completed.get(&key(object)) == Some(&target.hash) => State::Completed,
            // It was there as it should be, so somebody removed it: its turn has come already.
            None if known.hash == target.hash => self.apply(object, target),
            None => self.apply_in_turn(object, rendered, target),
            Some(seen) if seen.is_deleting => State::Waiting("its predecessor is being deleted".into()),
            Some(seen) if seen.hash != target.hash => self.apply_in_turn(object, rendered, target),
            Some(seen) => {
                let recorded =
                    (known.hash == seen.hash && known.uid == seen.uid).then_some(&known.fields).filter(|fields| !fields.is_empty());
                match seen.applied_fields.as_ref().or(recorded) {
                    Some(fields) if *fields == seen.fields => {
                        self.applied(object, seen);
                        self.judge(object, rendered, seen, &target)
                    }
                    // Somebody else wrote a field, or nobody knows whether one did.
                    _ => self.apply(object, target),
                }
            }
        }
    }

    /// What follows from the API server's refusal of what would be sent now.
    fn refused(&mut self, object: &ObjectRef, target: &Target, seen: Option<&Seen>) -> Option<State> {
        let problem = self.input.problems.get(object).filter(|problem| problem.hash == target.hash)?;
        if problem.obstacle != Obstacle::Immutable {
            if problem.retry_at <= self.input.now {
                return None;
            }
            self.step.wake(problem.retry_at);
            let told = if problem.obstacle == Obstacle::Foreign { State::Foreign } else { State::Refused };
            return Some(told(problem.message.clone()));
        }
        let seen = seen?;
        if object.kind == Kind::PersistentVolumeClaim {
            return Some(State::Unchangeable(problem.message.clone()));
        }
        let recreation = Recreation { object: key(object), uid: seen.uid.clone() };
        if !seen.is_deleting {
            if !self.step.status.memory.recreating.contains(&recreation) {
                self.step.status.memory.recreating.push(recreation);
                self.step.write_first = true;
            }
            let how = if object.kind == Kind::StatefulSet { Deletion::Orphan } else { Deletion::Background };
            self.step.actions.push(Action::Delete(object.clone(), seen.uid.clone(), how));
        }
        Some(State::Waiting("it is made anew, since a field can't be changed".into()))
    }

    fn apply(&mut self, object: &ObjectRef, target: Target) -> State {
        self.step.actions.push(match target.revision {
            None => Action::Apply(object.clone()),
            Some(revision) => Action::Restore(object.clone(), revision),
        });
        State::Applying
    }

    /// Applies a change when everything is there that it waits for.
    fn apply_in_turn(&mut self, object: &ObjectRef, rendered: &Rendered, target: Target) -> State {
        let is_being_made_anew = self.step.status.memory.recreating.iter().any(|recreation| recreation.object == key(object));
        if target.revision.is_some() || is_being_made_anew {
            return self.apply(object, target);
        }
        if follows(object.kind) {
            let states = &self.progress.states;
            let is_waiting = |(other, state): (&ObjectRef, &State)| other.kind.is_workload() && matches!(state, State::Waiting(_));
            return match states.iter().find(|entry| is_waiting(*entry)) {
                Some((other, _)) => State::Waiting(format!("it follows {other}")),
                None => self.apply(object, target),
            };
        }
        if self.input.settings.order == Order::DependsOn
            && let Some((other, need)) = rendered.needs.iter().find(|(other, need)| !self.is_met(other, **need))
        {
            let how = match need {
                Need::Started => "started",
                Need::Tried | Need::Healthy => "healthy",
                Need::Completed => "completed",
            };
            return State::Waiting(format!("it waits for {other} to be {how}"));
        }
        self.apply(object, target)
    }

    /// Whether another workload is as this one needs it, in the revision that is asked for.
    fn is_met(&mut self, other: &ObjectRef, need: Need) -> bool {
        let Some(wanted) = self.desired.objects.get(other) else { return true };
        let memory = &self.step.status.memory;
        if memory.completed.get(&key(other)) == Some(&wanted.hash) {
            return true;
        }
        let Some(seen) = self.input.observed.get(other).filter(|seen| seen.hash == wanted.hash && !seen.is_deleting) else { return false };
        match (&seen.health, need) {
            (Health::Completed | Health::Static, _) => true,
            // Only a Job comes to an end; another that should is as far as it gets when it is healthy.
            (Health::Ready { .. }, Need::Started | Need::Tried | Need::Healthy) => true,
            (Health::Ready { .. }, Need::Completed) => other.kind != Kind::Job,
            (Health::Progressing { is_started, .. }, Need::Started) => *is_started,
            (Health::Progressing { is_started: true, .. }, Need::Tried) => {
                // Before it is taken for failed.
                let end = later(seen.progressed_at, self.deadline(wanted) / 2);
                self.step.wake(end);
                end <= self.input.now
            }
            (Health::Progressing { .. } | Health::Failed(_), _) => false,
        }
    }

    /// Writes down what is there.
    fn applied(&mut self, object: &ObjectRef, seen: &Seen) {
        let status = &mut self.step.status;
        let known = entry(&mut status.inventory, object);
        known.uid.clone_from(&seen.uid);
        known.hash.clone_from(&seen.hash);
        known.fields.clone_from(&seen.fields);
        status.memory.recreating.retain(|recreation| recreation.object != key(object));
    }

    /// How an object is that is there as it should be.
    fn judge(&mut self, object: &ObjectRef, rendered: &Rendered, seen: &Seen, target: &Target) -> State {
        let memory = &mut self.step.status.memory;
        let fallback = memory.fallbacks.get(&key(object)).cloned();
        let is_back = fallback.as_ref().is_some_and(|fallback| fallback.to.is_some());
        if matches!(seen.health, Health::Ready { .. } | Health::Completed | Health::Static) && object.kind.is_workload() && !is_back {
            // What failed and had nothing to go back to has recovered.
            memory.fallbacks.remove(&key(object));
            memory.healthy.insert(key(object), Healthy { revision: self.desired.revision.clone(), hash: target.hash.clone() });
        }
        match (&seen.health, fallback) {
            (Health::Ready { .. } | Health::Completed | Health::Static, Some(fallback)) if is_back => State::RolledBack(fallback.reason),
            (Health::Completed, _) => {
                memory.completed.insert(key(object), target.hash.clone());
                State::Completed
            }
            (Health::Ready { .. } | Health::Static, _) => State::Ready,
            (Health::Failed(reason), _) => State::Failed(reason.clone()),
            (Health::Progressing { .. }, Some(fallback)) if !is_back => State::Failed(fallback.reason),
            (Health::Progressing { message, .. }, _) => {
                let was_healthy = memory.healthy.get(&key(object)).is_some_and(|healthy| healthy.hash == target.hash);
                if was_healthy && !is_back {
                    return State::Degraded(message.clone());
                }
                if is_back && object.kind == Kind::StatefulSet && !self.input.unstuck.contains(object) {
                    self.step.actions.push(Action::Unstick(object.clone()));
                }
                self.within_deadline(object, rendered, seen, message)
            }
        }
    }

    /// Seconds that a workload has to get further.
    fn deadline(&self, rendered: &Rendered) -> i64 {
        self.input.settings.deadline.unwrap_or(DEADLINE.max(rendered.start_seconds))
    }

    fn within_deadline(&mut self, object: &ObjectRef, rendered: &Rendered, seen: &Seen, message: &str) -> State {
        if !object.kind.is_workload() {
            return State::Progressing(message.to_owned());
        }
        let seconds = self.deadline(rendered);
        let deadline = later(seen.progressed_at, seconds);
        if deadline <= self.input.now {
            return State::Failed(format!("no progress for {seconds} s: {message}"));
        }
        self.step.wake(deadline);
        State::Progressing(message.to_owned())
    }

    /// Remembers that a workload failed, and what it goes back to.
    fn fall_back(&mut self, object: &ObjectRef, rendered: &Rendered, reason: String) {
        let memory = &mut self.step.status.memory;
        let history = &self.step.status.history;
        let is_kept = |healthy: &&Healthy| {
            healthy.hash != rendered.hash && history.iter().any(|entry| entry.revision == healthy.revision) && object.kind != Kind::Job
        };
        let to = memory.healthy.get(&key(object)).filter(is_kept).filter(|_| self.input.settings.on_failure == OnFailure::Rollback);
        let fallback = Fallback { failed: rendered.hash.clone(), to: to.cloned(), reason };
        memory.fallbacks.insert(key(object), fallback);
        self.step.write_first = true;
    }
}

/// A time some seconds later.
pub(crate) fn later(time: Timestamp, seconds: i64) -> Timestamp {
    time.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}
