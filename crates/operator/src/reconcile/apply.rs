//! Performs the actions of a step. Each is safe to repeat; what the API server refuses is remembered and tried again later, and the
//! rest of the step goes on.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use k8s_openapi::jiff::Timestamp;
use kube::ResourceExt as _;
use serde::Deserialize;
use serde_json::{Value, json};
use windlass_crd::v1alpha1::{Stack, StackStatus};
use windlass_crd::{FINALIZER, STACK_LABEL, STACK_UID_LABEL};
use windlass_k8s::{Kind, ObjectRef};

use super::build::{Desired, digest, saved};
use super::observe::{Facts, Light, StackKey};
use super::{Memo, Shell};
use crate::api::{self, Delete, Error, Identity, Ignored};
use crate::events::Word;
use crate::step::{Action, Deletion, Obstacle, Owner, Problem};

/// Seconds until a refused object is tried again: doubled each time, up to five minutes.
const FIRST_RETRY: i64 = 2;
const LAST_RETRY: i64 = 300;

/// Repairs of one object within this time...
const FIGHT_WINDOW: Duration = Duration::from_secs(60);
/// ...of which there may be so many...
const FIGHT_ROUNDS: usize = 5;
/// ...before nothing is done for so many seconds.
const FIGHT_PAUSE: i64 = 30;

/// What an action is performed with.
pub struct Hands<'a> {
    /// The whole.
    pub shell: &'a Shell,
    /// The Stack.
    pub key: &'a StackKey,
    /// Its uid.
    pub uid: &'a str,
    /// As whom objects are written; none when that is not allowed.
    pub account: Option<&'a Identity>,
    /// What is asked for.
    pub desired: Option<&'a Desired>,
}

impl Hands<'_> {
    /// Performs one action.
    ///
    /// # Errors
    /// When the whole look has to be taken again.
    pub async fn perform(&self, action: &Action, status: &StackStatus, memo: &mut Memo) -> Result<(), Error> {
        match action {
            Action::Hold => self.finalizer(memo, true).await,
            Action::Release => self.finalizer(memo, false).await,
            Action::Save(revision) => self.save(revision, memo).await,
            Action::Forget(revision) => self.forget(revision).await,
            Action::Apply(object) => {
                let Some(rendered) = self.desired.and_then(|desired| desired.objects.get(object)) else { return Ok(()) };
                self.apply(object, &rendered.hash, &rendered.body, status, memo).await
            }
            Action::Restore(object, revision) => self.restore(object, revision, status, memo).await,
            Action::Unstick(object) => self.unstick(object, memo).await,
            Action::Delete(object, uid, how) => self.delete(object, uid, *how, memo).await,
        }
    }

    fn account(&self) -> Result<&Identity, Error> {
        self.account.ok_or_else(|| Error::Later("the Stack has no account that may write".to_owned()))
    }

    async fn apply(&self, object: &ObjectRef, hash: &str, body: &str, status: &StackStatus, memo: &mut Memo) -> Result<(), Error> {
        let account = self.account()?;
        let path = api::path(object, &self.key.0);
        // What carries no label of ours is in no cache; it is never written into.
        if !self.shell.cache.knows(self.key, object) {
            let found = match self.shell.api.get::<Light>(account, &path).await {
                Err(Error::Refused { message, .. }) => {
                    memo.refuse(object, hash, message, Obstacle::Refused);
                    return Ok(());
                }
                found => found?,
            };
            if let Some(Owner::Foreign(who)) = found.map(|light| Facts::of(object.kind, &light).owner(object.kind, self.uid)) {
                memo.refuse(object, hash, who, Obstacle::Foreign);
                return Ok(());
            }
        }
        let entry = status.inventory.iter().find(|entry| entry.kind == object.kind.as_str() && entry.name == object.name);
        let known = entry.is_some_and(|entry| entry.hash == hash);
        // Neither what is to be nor what this Stack knows of: another spec was applied since, so this one may be old.
        let there = self.shell.cache.hash(self.key, object).filter(|there| there != hash);
        if there.is_some_and(|there| entry.is_none_or(|entry| entry.hash != there)) {
            self.is_still_asked_for(memo).await?;
        }
        // What is no longer said would fall back to one pod before an autoscaler says how many.
        if let Some(replicas) = self.shell.cache.replicas(self.key, object).filter(|_| !has_replicas(body)) {
            match self.shell.api.hand_over(account, object, &path, replicas).await {
                Ok(()) | Err(Error::Refused { .. } | Error::Gone(_)) => {}
                Err(error) => return Err(error),
            }
        }
        match self.shell.api.apply::<Light>(account, &path, body, false).await {
            Ok(light) => {
                self.shell.cache.applied(self.key, object, &light);
                // The API server keeps an address that is left out, so one that has none would stay so without a word.
                if object.kind == Kind::Service && light.is_headless() && !is_headless(body) {
                    memo.refuse(object, hash, "spec.clusterIP: None can't be taken back".to_owned(), Obstacle::Immutable);
                    return Ok(());
                }
                memo.problems.remove(object);
                memo.attempts.remove(object);
                if known {
                    self.shell.metrics.drift.inc();
                    memo.repaired(object, hash);
                    memo.tell(Word { is_warning: false, reason: "Repaired", note: format!("{object} was put right"), action: "Apply" });
                } else {
                    memo.has_advanced = true;
                }
                Ok(())
            }
            Err(Error::Refused { message, is_immutable }) => {
                let obstacle = if is_immutable { Obstacle::Immutable } else { Obstacle::Refused };
                memo.refuse(object, hash, message, obstacle);
                Ok(())
            }
            // The kind is not there, or the namespace.
            Err(Error::Gone(message)) => {
                let (kind, version) = (object.kind.as_str(), object.kind.api_version());
                let message = format!("{}: the cluster may have no {kind} of {version}", message.trim());
                memo.refuse(object, hash, message, Obstacle::Refused);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Applies a workload as it was, if what was saved is still what the status says it is.
    async fn restore(&self, object: &ObjectRef, revision: &str, status: &StackStatus, memo: &mut Memo) -> Result<(), Error> {
        let path = revision_path(self.key, revision);
        let found: Option<Saved> = self.shell.api.get(&Identity::Operator, &path).await?;
        let expected = status.history.iter().find(|entry| entry.revision == revision).map(|entry| entry.digest.as_str());
        let objects = found.map(|found| found.data).filter(|objects| Some(digest(objects).as_str()) == expected);
        let known = status.inventory.iter().find(|entry| entry.kind == object.kind.as_str() && entry.name == object.name);
        let fallback = status.memory.fallbacks.get(&object.to_string()).and_then(|fallback| fallback.to.as_ref());
        let hash = fallback.map(|to| &to.hash).or(known.map(|entry| &entry.hash)).cloned().unwrap_or_default();
        // What is kept as it was applied may be of an earlier revision than the last.
        let body = objects.as_ref().and_then(|objects| objects.get(&object.to_string())).filter(|body| body.contains(&hash));
        let Some(body) = body else {
            let message = format!("revision {revision} can't be gone back to: its ControllerRevision is gone or was changed");
            memo.refuse(object, &hash, message, Obstacle::Refused);
            return Ok(());
        };
        // Otherwise it is only put right.
        if known.is_none_or(|entry| entry.hash != hash) {
            self.shell.metrics.rollbacks.inc();
            memo.unstuck.remove(object);
            let note = format!("{object} goes back to revision {revision}");
            memo.tell(Word { is_warning: true, reason: "RolledBack", note, action: "Rollback" });
        }
        self.apply(object, &hash, body, status, memo).await
    }

    /// Deletes the pods of a StatefulSet that are not ready and of another revision than its newest.
    async fn unstick(&self, object: &ObjectRef, memo: &mut Memo) -> Result<(), Error> {
        let account = self.account()?;
        let Some(set) = self.shell.api.get::<Light>(account, &api::path(object, &self.key.0)).await? else { return Ok(()) };
        let Some(newest) = set.newest_revision() else {
            return Err(Error::Later(format!("the controller of {object} has not seen it yet")));
        };
        let pods = format!("/api/v1/namespaces/{}/pods", self.key.0);
        let project = set.metadata.labels.as_ref().and_then(|labels| labels.get(PROJECT_LABEL)).unwrap_or(&self.key.1);
        let selector = format!("{PROJECT_LABEL}={project}");
        let found = self
            .shell
            .api
            .get::<Pods>(account, &format!("{pods}?labelSelector={}", selector.replace('/', "%2F").replace('=', "%3D")))
            .await;
        let result = match found {
            Ok(found) => self.delete_stuck(&pods, found.map(|found| found.items).unwrap_or_default(), &set, newest).await,
            Err(error) => Err(error),
        };
        match result {
            Ok(()) => {}
            Err(Error::Refused { message, .. }) => {
                let note = format!("{object} goes back when its pods that are not ready are deleted: {message}");
                memo.tell(Word { is_warning: true, reason: "PodsInTheWay", note, action: "Rollback" });
            }
            Err(error) => return Err(error),
        }
        memo.unstuck.insert(object.clone());
        Ok(())
    }

    async fn delete_stuck(&self, collection: &str, pods: Vec<Light>, set: &Light, newest: &str) -> Result<(), Error> {
        for pod in pods {
            let owners = pod.metadata.owner_references.iter().flatten();
            let is_its = owners.clone().any(|owner| Some(&owner.uid) == set.metadata.uid.as_ref());
            let revision = pod.metadata.labels.as_ref().and_then(|labels| labels.get("controller-revision-hash"));
            if !is_its || pod.is_ready() || revision.is_none_or(|revision| revision == newest) {
                continue;
            }
            let uid = pod.metadata.uid.clone().unwrap_or_default();
            let delete = Delete { uid: &uid, resource_version: None, propagation: "Background" };
            match self.shell.api.delete(self.account()?, &format!("{collection}/{}", pod.name_any()), delete).await {
                Ok(()) | Err(Error::Gone(_) | Error::Changed(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn delete(&self, object: &ObjectRef, uid: &str, how: Deletion, memo: &mut Memo) -> Result<(), Error> {
        let account = self.account()?;
        let path = api::path(object, &self.key.0);
        self.is_still_asked_for(memo).await?;
        // A live look: what the cache says may be old, and a deletion can't be taken back.
        let Some(light) = self.shell.api.get::<Light>(account, &path).await? else {
            self.shell.cache.gone(self.key, object);
            return Ok(());
        };
        let facts = Facts::of(object.kind, &light);
        if facts.uid() != uid || !facts.may_be_deleted_by(object.kind, self.uid) {
            let note = format!("{object} is not deleted: it is no longer this Stack's");
            memo.tell(Word { is_warning: true, reason: "PruneBlocked", note, action: "Prune" });
            self.shell.cache.disowned(self.key, object, facts, self.uid);
            return Ok(());
        }
        let propagation = match how {
            Deletion::Background => "Background",
            Deletion::Foreground => "Foreground",
            Deletion::Orphan => "Orphan",
        };
        // The status of a workload changes all the time; its uid and its owner are what matters there.
        let resource_version = (!object.kind.is_workload()).then_some(facts.resource_version.as_str());
        match self.shell.api.delete(account, &path, Delete { uid, resource_version, propagation }).await {
            Ok(()) if self.shell.is_watched(object.kind) => self.shell.cache.leaving(self.key, object),
            Ok(()) | Err(Error::Gone(_)) => self.shell.cache.gone(self.key, object),
            Err(error) => return Err(error),
        }
        memo.problems.remove(object);
        self.shell.metrics.pruned.inc();
        memo.tell(Word { is_warning: false, reason: "Deleted", note: format!("{object} was deleted"), action: "Delete" });
        Ok(())
    }

    /// An API server that is behind may have told of a Stack as it was: nothing is deleted for a spec that is no longer the last one.
    async fn is_still_asked_for(&self, memo: &Memo) -> Result<(), Error> {
        let stack: Option<Light> = self.shell.api.get(&Identity::Operator, &api::path(&stack_ref(self.key), &self.key.0)).await?;
        let known = memo.latest.as_ref().map(|stack| &stack.metadata);
        let is_same = stack.as_ref().zip(known).is_some_and(|(stack, known)| {
            let (now, known) = (&stack.metadata, known);
            now.uid == known.uid && now.generation == known.generation && now.deletion_timestamp == known.deletion_timestamp
        });
        if is_same { Ok(()) } else { Err(Error::Changed("the Stack changed since it was looked at".to_owned())) }
    }

    async fn finalizer(&self, memo: &mut Memo, is_wanted: bool) -> Result<(), Error> {
        let Some(stack) = memo.latest.clone() else { return Ok(()) };
        let mut finalizers = stack.metadata.finalizers.clone().unwrap_or_default();
        finalizers.retain(|finalizer| finalizer != FINALIZER);
        if is_wanted {
            finalizers.push(FINALIZER.to_owned());
        }
        let patch = json!([
            { "op": "replace", "path": "/metadata/resourceVersion", "value": stack.resource_version() },
            { "op": "add", "path": "/metadata/finalizers", "value": finalizers },
        ]);
        match self.shell.api.patch::<Stack>(&api::path(&stack_ref(self.key), &self.key.0), &patch).await {
            Ok(stack) => memo.latest = Some(super::status::lean(stack).into()),
            Err(Error::Gone(_)) if !is_wanted => memo.latest = None,
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn save(&self, revision: &str, memo: &mut Memo) -> Result<(), Error> {
        let (Some(desired), Some(stack)) = (self.desired, &memo.latest) else { return Ok(()) };
        let body = json!({
            "apiVersion": "apps/v1", "kind": "ControllerRevision",
            "metadata": {
                "name": revision_name(self.key, revision), "namespace": self.key.0,
                "labels": { STACK_LABEL: self.key.1, STACK_UID_LABEL: self.uid },
                "ownerReferences": [{
                    "apiVersion": Kind::Stack.api_version(), "kind": Kind::Stack.as_str(),
                    "name": self.key.1, "uid": self.uid, "controller": true,
                }],
            },
            "revision": stack.metadata.generation.unwrap_or_default(),
            "data": saved(&desired.objects),
        });
        let path = revision_path(self.key, revision);
        match self.shell.api.apply::<Ignored>(&Identity::Operator, &path, &body.to_string(), false).await {
            // Too large, or over a quota: it is rolled out all the same, and can't be gone back to.
            Err(Error::Refused { message, .. }) => {
                memo.tell(Word {
                    is_warning: true,
                    reason: "HistoryNotSaved",
                    note: format!("revision {revision}: {message}"),
                    action: "Save",
                });
                Ok(())
            }
            answer => answer.map(drop),
        }
    }

    async fn forget(&self, revision: &str) -> Result<(), Error> {
        let path = revision_path(self.key, revision);
        let Some(found) = self.shell.api.get::<Light>(&Identity::Operator, &path).await? else { return Ok(()) };
        // The kind decides on health alone, which a ControllerRevision has none of.
        let facts = Facts::of(Kind::Stack, &found);
        if !facts.may_be_deleted_by(Kind::Stack, self.uid) {
            return Ok(());
        }
        let delete = Delete { uid: facts.uid(), resource_version: Some(&facts.resource_version), propagation: "Background" };
        match self.shell.api.delete(&Identity::Operator, &path, delete).await {
            Ok(()) | Err(Error::Gone(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Whether a workload is to have a number of pods.
fn has_replicas(body: &str) -> bool {
    serde_json::from_str::<Light>(body).is_ok_and(|light| light.replicas().is_some())
}

/// Whether a Service is to have no address of its own.
fn is_headless(body: &str) -> bool {
    serde_json::from_str::<Light>(body).is_ok_and(|light| light.is_headless())
}

/// The label of objects and pods that says of which project they are.
const PROJECT_LABEL: &str = windlass_k8s::labels::PART_OF;

/// A list of pods.
#[derive(Debug, Deserialize)]
struct Pods {
    #[serde(default)]
    items: Vec<Light>,
}

/// A ControllerRevision, as far as it is looked at.
#[derive(Debug, Deserialize)]
struct Saved {
    #[serde(default)]
    data: BTreeMap<String, String>,
}

/// The Stack as an object.
pub fn stack_ref(key: &StackKey) -> ObjectRef {
    ObjectRef::new(Kind::Stack, key.1.as_str())
}

fn revision_name(key: &StackKey, revision: &str) -> String {
    format!("{}-{revision}", key.1)
}

fn revision_path(key: &StackKey, revision: &str) -> String {
    format!("/apis/apps/v1/namespaces/{}/controllerrevisions/{}", key.0, revision_name(key, revision))
}

/// What the API server would say of each object, for people: how many it would create, change and leave, and what it refuses.
///
/// # Errors
/// When it gives no answer.
pub async fn dry_run(hands: &Hands<'_>, desired: &Desired) -> Result<String, Error> {
    let account = hands.account()?;
    let (mut created, mut changed, mut same, mut refused) = (0, 0, 0, Vec::new());
    for (object, rendered) in &desired.objects {
        let path = api::path(object, &hands.key.0);
        let before = hands.shell.api.get::<Light>(account, &path).await?;
        let facts = before.as_ref().map(|light| Facts::of(object.kind, light));
        if let Some(Owner::Foreign(who)) = facts.as_ref().map(|facts| facts.owner(object.kind, hands.uid)) {
            refused.push(format!("{object}: {who}"));
            continue;
        }
        match hands.shell.api.apply::<Value>(account, &path, &rendered.body, true).await {
            Ok(answer) => match facts {
                None => created += 1,
                Some(facts) if answer["metadata"]["resourceVersion"] == facts.resource_version.as_str() => same += 1,
                Some(_) => changed += 1,
            },
            Err(Error::Refused { message, .. } | Error::Gone(message)) => refused.push(format!("{object}: {message}")),
            Err(error) => return Err(error),
        }
    }
    let mut told = format!("would create {created}, change {changed}, leave {same}");
    if !refused.is_empty() {
        told.push_str(&format!("; refused: {}", refused.join("; ")));
    }
    Ok(told)
}

impl Memo {
    /// Counts a repair. Who changes an object again and again is let be for a while, so that two do not write for ever.
    fn repaired(&mut self, object: &ObjectRef, hash: &str) {
        let repairs = self.repairs.entry(object.clone()).or_default();
        repairs.retain(|time| time.elapsed() < FIGHT_WINDOW);
        repairs.push(Instant::now());
        if repairs.len() > FIGHT_ROUNDS {
            let message = "somebody else changes it again and again".to_owned();
            let retry_at = crate::step::later(Timestamp::now(), FIGHT_PAUSE);
            let problem = Problem { hash: hash.to_owned(), message, obstacle: Obstacle::Refused, retry_at };
            self.problems.insert(object.clone(), problem);
        }
    }

    /// Remembers that the API server does not take an object.
    fn refuse(&mut self, object: &ObjectRef, hash: &str, message: String, obstacle: Obstacle) {
        let attempts = self.attempts.entry(object.clone()).or_default();
        let seconds = (FIRST_RETRY << (*attempts).min(10)).min(LAST_RETRY);
        *attempts += 1;
        if self.problems.get(object).is_none_or(|known| known.message != message) {
            let note = format!("{object}: {message}");
            self.tell(Word { is_warning: true, reason: "ApplyFailed", note, action: "Apply" });
        }
        let retry_at = crate::step::later(Timestamp::now(), seconds);
        self.problems.insert(object.clone(), Problem { hash: hash.to_owned(), message, obstacle, retry_at });
    }
}
