//! What is in the cluster: a small record of each object that carries a Stack's label, from watches and from the answers to our own
//! writes. Nothing is polled, and objects themselves are not kept.

mod health;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use k8s_openapi::jiff::Timestamp;
use kube::core::{ApiResource, ObjectMeta};
use serde::Deserialize;
use smol_str::SmolStr;
use windlass_crd::{FIELD_MANAGER, HASH_ANNOTATION, STACK_LABEL, STACK_UID_LABEL};
use windlass_k8s::{ContentHash, Kind, ObjectRef};

use crate::step::{Health, Owner, Seen};

/// A Stack by namespace and name.
pub type StackKey = (String, String);

/// An object of any kind, as far as it is looked at.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Light {
    /// Names, labels, owners and who wrote what.
    #[serde(default)]
    pub metadata: ObjectMeta,
    /// What is looked at of its spec.
    #[serde(default)]
    spec: health::Spec,
    /// What is looked at of its status.
    #[serde(default)]
    status: health::Status,
}

impl Light {
    /// An object of which only the metadata is known.
    pub fn of_metadata(metadata: ObjectMeta) -> Self {
        Self { metadata, ..Self::default() }
    }
}

impl Light {
    /// The newest revision of a StatefulSet; none before its controller has seen its newest spec.
    pub fn newest_revision(&self) -> Option<&str> {
        self.status.newest_revision(self.metadata.generation)
    }

    /// The number of pods that its spec says.
    pub fn replicas(&self) -> Option<i64> {
        self.spec.replicas()
    }

    /// Whether a Service has no address of its own.
    pub fn is_headless(&self) -> bool {
        self.spec.is_headless()
    }

    /// Whether a pod is ready.
    pub fn is_ready(&self) -> bool {
        self.status.is_ready()
    }
}

impl kube::Resource for Light {
    type DynamicType = ApiResource;
    type Scope = kube::core::DynamicResourceScope;

    fn kind(resource: &ApiResource) -> std::borrow::Cow<'_, str> {
        resource.kind.as_str().into()
    }

    fn group(resource: &ApiResource) -> std::borrow::Cow<'_, str> {
        resource.group.as_str().into()
    }

    fn version(resource: &ApiResource) -> std::borrow::Cow<'_, str> {
        resource.version.as_str().into()
    }

    fn plural(resource: &ApiResource) -> std::borrow::Cow<'_, str> {
        resource.plural.as_str().into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

/// What is kept of an object.
#[derive(Clone, Debug)]
pub struct Facts {
    uid: String,
    /// Numbers grow with time, for objects of one kind; 0 when it is no number.
    version: u64,
    /// As text, for preconditions.
    pub resource_version: SmolStr,
    controller: Option<Controller>,
    stack_uid: Arc<str>,
    /// It looked like the Stack's, and a live look said that the Stack may not delete it: its owner or our mark was taken off.
    is_let_go: bool,
    hash: SmolStr,
    fields: SmolStr,
    applied_fields: Option<SmolStr>,
    is_deleting: bool,
    progressed_at: Timestamp,
    health: Health,
    note: Option<&'static str>,
    /// The number of pods, where the operator owns it.
    replicas: Option<i64>,
    /// When it was applied by this process.
    written: Option<Instant>,
}

/// What is kept of the owner that controls an object.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Controller {
    kind: SmolStr,
    name: SmolStr,
    uid: Arc<str>,
}

impl Facts {
    /// What is kept of an object of this kind.
    pub fn of(kind: Kind, object: &Light) -> Self {
        let metadata = &object.metadata;
        let mark = |map: &Option<BTreeMap<String, String>>, key: &str| map.as_ref()?.get(key).map(SmolStr::from);
        let stack_uid: Arc<str> = mark(&metadata.labels, STACK_UID_LABEL).unwrap_or_default().as_str().into();
        let owner = metadata.owner_references.iter().flatten().find(|owner| owner.controller == Some(true));
        let controller = owner.map(|owner| Controller {
            kind: SmolStr::from(&owner.kind),
            name: SmolStr::from(&owner.name),
            // Of most objects they are the same.
            uid: if *owner.uid == *stack_uid { Arc::clone(&stack_uid) } else { owner.uid.as_str().into() },
        });
        let (fields, applied_at) = owned(metadata);
        let resource_version = SmolStr::from(metadata.resource_version.as_deref().unwrap_or_default());
        let progress = object.status.progressed_at();
        Self {
            uid: metadata.uid.clone().unwrap_or_default(),
            version: resource_version.parse().unwrap_or_default(),
            resource_version,
            controller,
            stack_uid,
            is_let_go: false,
            hash: mark(&metadata.annotations, HASH_ANNOTATION).unwrap_or_default(),
            fields,
            applied_fields: None,
            is_deleting: metadata.deletion_timestamp.is_some(),
            progressed_at: progress.into_iter().chain(applied_at).max().unwrap_or(Timestamp::UNIX_EPOCH),
            health: health::of(kind, object),
            note: health::note(kind, object),
            replicas: object.spec.replicas().filter(|_| owns_replicas(metadata)),
            written: None,
        }
    }

    /// Its uid.
    pub fn uid(&self) -> &str {
        &self.uid
    }

    /// Whether a Stack may delete it: the Stack controls it, or it is a claim with the Stack's own mark.
    pub fn may_be_deleted_by(&self, kind: Kind, stack_uid: &str) -> bool {
        let is_controlled = self.controller.as_ref().is_some_and(|owner| *owner.uid == *stack_uid);
        let is_claim = kind == Kind::PersistentVolumeClaim && self.controller.is_none();
        *self.stack_uid == *stack_uid && (is_controlled || is_claim)
    }

    /// Whose it is, seen from a Stack.
    pub fn owner(&self, kind: Kind, stack_uid: &str) -> Owner {
        match &self.controller {
            _ if self.is_let_go => Owner::Foreign("it was taken from the Stack".to_owned()),
            Some(owner) if *owner.uid == *stack_uid => Owner::Mine,
            Some(owner) => Owner::Foreign(format!("the name is taken by an object of {} `{}`", owner.kind, owner.name)),
            None if *self.stack_uid == *stack_uid => Owner::Mine,
            None if kind == Kind::PersistentVolumeClaim && !self.stack_uid.is_empty() => Owner::Left,
            None => Owner::Foreign("the name is taken by an object that no Stack made".to_owned()),
        }
    }

    fn seen(&self, kind: Kind, stack_uid: &str) -> Seen {
        Seen {
            uid: self.uid.clone(),
            owner: self.owner(kind, stack_uid),
            hash: self.hash.to_string(),
            fields: self.fields.to_string(),
            applied_fields: self.applied_fields.as_ref().map(ToString::to_string),
            is_deleting: self.is_deleting,
            progressed_at: self.progressed_at,
            health: self.health.clone(),
            note: self.note,
        }
    }
}

/// A hash of the fields that the operator owns, and when it last changed one. The API server takes a field from a manager when another
/// writes another value, so the hash changes with every change that matters, and with no other.
fn owned(metadata: &ObjectMeta) -> (SmolStr, Option<Timestamp>) {
    let Some(entry) = our_entry(metadata) else { return (SmolStr::new_static("none"), None) };
    let mut hash = ContentHash::new();
    hash.part(entry.fields_v1.as_ref().map(|fields| fields.0.to_string()).unwrap_or_default());
    (hash.finish(), entry.time.as_ref().map(|time| time.0))
}

fn our_entry(metadata: &ObjectMeta) -> Option<&ManagedFieldsEntry> {
    metadata.managed_fields.iter().flatten().find(|entry| {
        entry.manager.as_deref() == Some(FIELD_MANAGER) && entry.operation.as_deref() == Some("Apply") && entry.subresource.is_none()
    })
}

fn owns_replicas(metadata: &ObjectMeta) -> bool {
    let fields = our_entry(metadata).and_then(|entry| entry.fields_v1.as_ref());
    fields.is_some_and(|fields| fields.0.pointer("/f:spec/f:replicas").is_some())
}

/// The name and namespace of the Stack whose label an object has.
pub fn stack_of(metadata: &ObjectMeta) -> Option<StackKey> {
    let name = metadata.labels.as_ref()?.get(STACK_LABEL)?;
    Some((metadata.namespace.clone()?, name.clone()))
}

/// Pods in trouble, by Stack and name: the workload, and why.
pub type Troubles = BTreeMap<StackKey, BTreeMap<String, (ObjectRef, String)>>;

/// The objects of a Stack. A map has room for more entries than it has, so these are small.
type Objects = BTreeMap<ObjectRef, Box<Facts>>;

/// All that is known of the cluster.
#[derive(Debug, Default)]
pub struct Cache {
    /// Why workloads are not healthy.
    pub troubles: Mutex<Troubles>,
    stacks: Mutex<BTreeMap<StackKey, Objects>>,
}

impl Cache {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<StackKey, Objects>> {
        self.stacks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A watch says how an object is. An older word than what is known already is not heard. True when something new was said.
    pub fn heard(&self, stack: &StackKey, object: ObjectRef, mut facts: Facts) -> bool {
        let mut stacks = self.lock();
        let objects = stacks.entry(stack.clone()).or_default();
        if let Some(known) = objects.get(&object) {
            if known.uid == facts.uid && known.version > facts.version {
                return false;
            }
            if known.uid == facts.uid {
                facts.applied_fields.clone_from(&known.applied_fields);
                facts.written = known.written;
                facts.progressed_at = facts.progressed_at.max(known.progressed_at);
                if is_progress(&known.health, &facts.health) {
                    facts.progressed_at = Timestamp::now();
                }
                let is_same = known.hash == facts.hash
                    && known.fields == facts.fields
                    && known.health == facts.health
                    && known.note == facts.note
                    && known.is_deleting == facts.is_deleting
                    && known.controller == facts.controller
                    && known.stack_uid == facts.stack_uid;
                if is_same {
                    objects.insert(object, Box::new(facts));
                    return false;
                }
            }
        }
        objects.insert(object, Box::new(facts));
        true
    }

    /// The answer to our own apply. A watch may have told of what came after it already, and tells it once: that stays known.
    pub fn applied(&self, stack: &StackKey, object: &ObjectRef, light: &Light) {
        let answer = Facts::of(object.kind, light);
        let applied_fields = Some(answer.fields.clone());
        let mut stacks = self.lock();
        let objects = stacks.entry(stack.clone()).or_default();
        let newer = objects.remove(object).filter(|known| known.uid == answer.uid && known.version > answer.version);
        let facts = newer.map_or(answer, |known| *known);
        objects.insert(object.clone(), Box::new(Facts { applied_fields, written: Some(Instant::now()), ..facts }));
    }

    /// An object is on its way out.
    pub fn leaving(&self, stack: &StackKey, object: &ObjectRef) {
        if let Some(facts) = self.lock().get_mut(stack).and_then(|objects| objects.get_mut(object)) {
            facts.is_deleting = true;
        }
    }

    /// An object is not what it was taken for. One that looks like the Stack's but is not its to delete (the garbage collector takes
    /// owners off after `--cascade=orphan`) is nobody's until a watch tells of it again: nobody must wait for its end.
    pub fn disowned(&self, stack: &StackKey, object: &ObjectRef, mut facts: Facts, stack_uid: &str) {
        facts.is_let_go = !facts.may_be_deleted_by(object.kind, stack_uid);
        let mut stacks = self.lock();
        let objects = stacks.entry(stack.clone()).or_default();
        if objects.get(object).is_none_or(|known| known.uid != facts.uid || known.version <= facts.version) {
            objects.insert(object.clone(), Box::new(facts));
        }
    }

    /// An object is gone.
    pub fn gone(&self, stack: &StackKey, object: &ObjectRef) {
        let mut stacks = self.lock();
        if let Some(objects) = stacks.get_mut(stack) {
            objects.remove(object);
            if objects.is_empty() {
                stacks.remove(stack);
            }
        }
    }

    /// A full list of a kind is `listed`: what it has not is gone, unless it was written after the list was begun.
    pub fn relisted(&self, kind: Kind, listed: &BTreeSet<(StackKey, ObjectRef)>, begun: Instant) -> Vec<StackKey> {
        let mut changed = Vec::new();
        let mut stacks = self.lock();
        for (stack, objects) in stacks.iter_mut() {
            let before = objects.len();
            objects.retain(|object, facts| {
                object.kind != kind
                    || facts.written.is_some_and(|written| written > begun)
                    || listed.contains(&(stack.clone(), object.clone()))
            });
            if objects.len() != before {
                changed.push(stack.clone());
            }
        }
        stacks.retain(|_, objects| !objects.is_empty());
        changed
    }

    /// Forgets what is known of a Stack's objects of some kinds.
    pub fn unlearn(&self, stack: &StackKey, kinds: impl Fn(Kind) -> bool) {
        if let Some(objects) = self.lock().get_mut(stack) {
            objects.retain(|object, _| !kinds(object.kind));
        }
    }

    /// An object with this uid is gone; one of the same name may be there already.
    pub fn gone_as(&self, stack: &StackKey, object: &ObjectRef, uid: &str) {
        let is_it = self.lock().get(stack).and_then(|objects| objects.get(object)).is_some_and(|facts| facts.uid == uid);
        if is_it {
            self.gone(stack, object);
        }
    }

    /// What is there of a Stack.
    pub fn view(&self, stack: &StackKey, uid: &str) -> BTreeMap<ObjectRef, Seen> {
        let stacks = self.lock();
        let objects = stacks.get(stack).into_iter().flatten();
        let mut view: BTreeMap<ObjectRef, Seen> = objects.map(|(object, facts)| (object.clone(), facts.seen(object.kind, uid))).collect();
        let troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        // Of several pods the first tells for all.
        for (object, cause) in troubles.get(stack).into_iter().flat_map(BTreeMap::values).rev() {
            let health = view.get_mut(object).map(|seen| &mut seen.health);
            if let Some(Health::Progressing { ready, wanted, message, .. }) = health {
                *message = format!("{ready} of {wanted} pods are ready: {cause}");
            }
        }
        view
    }

    /// The number of pods of a workload, where the operator owns it.
    pub fn replicas(&self, stack: &StackKey, object: &ObjectRef) -> Option<i64> {
        self.lock().get(stack)?.get(object)?.replicas
    }

    /// The hash that a known object carries.
    pub fn hash(&self, stack: &StackKey, object: &ObjectRef) -> Option<SmolStr> {
        self.lock().get(stack)?.get(object).map(|facts| facts.hash.clone())
    }

    /// Number of objects that are known.
    pub fn count(&self) -> usize {
        self.lock().values().map(BTreeMap::len).sum()
    }

    /// Whether an object is known.
    pub fn knows(&self, stack: &StackKey, object: &ObjectRef) -> bool {
        self.lock().get(stack).is_some_and(|objects| objects.contains_key(object))
    }
}

/// More pods are ready than before.
fn is_progress(before: &Health, after: &Health) -> bool {
    let ready = |health: &Health| match health {
        Health::Progressing { ready, is_started, .. } => *ready * 2 + i64::from(*is_started),
        Health::Ready { ready } => *ready * 2 + 1,
        Health::Static | Health::Completed | Health::Failed(_) => 0,
    };
    ready(after) > ready(before)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn facts(kind: Kind, metadata: Value) -> Facts {
        Facts::of(kind, &serde_json::from_value(json!({ "metadata": metadata })).unwrap())
    }

    fn owned_by(uid: &str, label: &str) -> Value {
        let owner = json!({ "apiVersion": "windlass.dev/v1alpha1", "kind": "Stack", "name": "shop", "uid": uid, "controller": true });
        json!({ "uid": "o-1", "labels": { STACK_UID_LABEL: label }, "ownerReferences": [owner] })
    }

    #[test]
    fn nobody_waits_for_the_end_of_an_object_whose_owner_was_taken_off() {
        let (cache, stack, object) = (Cache::default(), ("shop".to_owned(), "shop".to_owned()), ObjectRef::new(Kind::Deployment, "web"));
        let orphan = || facts(Kind::Deployment, json!({ "uid": "o-1", "labels": { STACK_UID_LABEL: "u-1" } }));
        let owner = || cache.view(&stack, "u-1")[&object].owner.clone();
        cache.heard(&stack, object.clone(), orphan());
        // It is put right while the Stack wants it.
        assert_eq!(owner(), Owner::Mine);
        cache.disowned(&stack, &object, orphan(), "u-1");
        assert!(matches!(owner(), Owner::Foreign(_)));
        // Another of the same name is the Stack's as any other.
        cache.disowned(&stack, &object, facts(Kind::Deployment, owned_by("u-1", "u-1")), "u-1");
        assert_eq!(owner(), Owner::Mine);
    }

    #[test]
    fn only_what_a_stack_controls_and_marked_is_its_to_delete() {
        let check = |kind, metadata: Value, is_mine: bool, may_be_deleted: bool| {
            let facts = facts(kind, metadata.clone());
            assert_eq!(facts.owner(kind, "u-1") == Owner::Mine, is_mine, "{metadata}");
            assert_eq!(facts.may_be_deleted_by(kind, "u-1"), may_be_deleted, "{metadata}");
        };
        check(Kind::Deployment, owned_by("u-1", "u-1"), true, true);
        // Of an earlier Stack of the same name, of another, of nobody.
        check(Kind::Deployment, owned_by("u-0", "u-0"), false, false);
        check(Kind::Deployment, json!({ "uid": "o-1" }), false, false);
        // Somebody wrote our label on an object of their own, or took it off one of ours.
        check(Kind::Deployment, owned_by("u-2", "u-1"), false, false);
        check(Kind::Deployment, json!({ "uid": "o-1", "labels": { STACK_UID_LABEL: "u-1" } }), true, false);
        check(Kind::Deployment, owned_by("u-1", ""), true, false);
        // A claim has no owner: the garbage collector would take it.
        check(Kind::PersistentVolumeClaim, json!({ "labels": { STACK_UID_LABEL: "u-1" } }), true, true);
        check(Kind::PersistentVolumeClaim, json!({ "labels": { STACK_UID_LABEL: "u-0" } }), false, false);
    }

    #[test]
    fn fields_of_others_are_no_drift() {
        let fields = |entries: Value| facts(Kind::Deployment, json!({ "managedFields": entries })).fields;
        let entry = |manager: &str, operation: &str, fields: Value| json!({ "manager": manager, "operation": operation, "fieldsType": "FieldsV1", "fieldsV1": fields });
        let ours = entry(FIELD_MANAGER, "Apply", json!({ "f:spec": { "f:replicas": {} } }));
        let others = entry("istio", "Update", json!({ "f:metadata": { "f:annotations": { "f:sidecar": {} } } }));
        assert_eq!(fields(json!([ours])), fields(json!([others, ours])));
        // Who writes one of ours takes it from us.
        assert_ne!(fields(json!([ours])), fields(json!([entry(FIELD_MANAGER, "Apply", json!({ "f:spec": {} }))])));
        assert_ne!(fields(json!([ours])), fields(json!([others])));
    }

    #[test]
    fn an_older_word_is_not_heard_and_the_end_of_an_earlier_object_is_not_that_of_this_one() {
        let (cache, stack) = (Cache::default(), ("ns".to_owned(), "shop".to_owned()));
        let web = ObjectRef::new(Kind::Deployment, "web");
        let said = |uid: &str, version: &str, hash: &str| {
            let mut metadata = owned_by("u-1", "u-1");
            metadata["uid"] = uid.into();
            metadata["resourceVersion"] = version.into();
            metadata["annotations"] = json!({ HASH_ANNOTATION: hash });
            facts(Kind::Deployment, metadata)
        };
        let hash = || cache.view(&stack, "u-1").get(&web).map(|seen| seen.hash.clone());
        assert!(cache.heard(&stack, web.clone(), said("o-1", "8", "new")));
        assert!(!cache.heard(&stack, web.clone(), said("o-1", "7", "old")));
        // The same word twice is nothing new.
        assert!(!cache.heard(&stack, web.clone(), said("o-1", "8", "new")));
        assert_eq!(hash().as_deref(), Some("new"));
        assert!(cache.heard(&stack, web.clone(), said("o-2", "9", "again")));
        cache.gone_as(&stack, &web, "o-1");
        assert_eq!(hash().as_deref(), Some("again"));
        cache.gone_as(&stack, &web, "o-2");
        assert_eq!(hash(), None);
    }

    #[test]
    fn an_answer_that_comes_after_the_word_of_a_watch_takes_nothing_back() {
        let (cache, stack) = (Cache::default(), ("ns".to_owned(), "shop".to_owned()));
        let web = ObjectRef::new(Kind::Deployment, "web");
        let light = |version: &str, ready: i64| -> Light {
            let mut metadata = owned_by("u-1", "u-1");
            metadata["resourceVersion"] = version.into();
            let status =
                json!({ "observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": ready, "readyReplicas": ready });
            metadata["generation"] = 1.into();
            serde_json::from_value(json!({ "metadata": metadata, "spec": { "replicas": 1 }, "status": status })).unwrap()
        };
        let seen = || cache.view(&stack, "u-1")[&web].clone();
        cache.applied(&stack, &web, &light("7", 0));
        assert!(matches!(seen().health, Health::Progressing { .. }));
        // It is applied again and becomes ready: the watch says so before the answer is there.
        assert!(cache.heard(&stack, web.clone(), Facts::of(Kind::Deployment, &light("8", 1))));
        cache.applied(&stack, &web, &light("7", 0));
        assert!(matches!(seen().health, Health::Ready { .. }), "{:?}", seen().health);
        assert_eq!(seen().applied_fields, Some(seen().fields));
        // What is newer than both is known again.
        cache.applied(&stack, &web, &light("9", 0));
        assert!(matches!(seen().health, Health::Progressing { .. }));
    }

    #[test]
    fn a_list_that_began_before_a_write_does_not_forget_what_was_written() {
        let (cache, stack) = (Cache::default(), ("ns".to_owned(), "shop".to_owned()));
        let (web, old) = (ObjectRef::new(Kind::Deployment, "web"), ObjectRef::new(Kind::Deployment, "old"));
        let begun = Instant::now();
        cache.heard(&stack, old.clone(), facts(Kind::Deployment, owned_by("u-1", "u-1")));
        let light: Light = serde_json::from_value(json!({ "metadata": owned_by("u-1", "u-1") })).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(2));
        cache.applied(&stack, &web, &light);
        assert_eq!(cache.relisted(Kind::Deployment, &BTreeSet::new(), begun), vec![stack.clone()]);
        assert!(cache.knows(&stack, &web) && !cache.knows(&stack, &old));
    }
}
