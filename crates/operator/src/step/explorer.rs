//! Every interleaving of a small world: the operator steps or crashes after any of its actions, pods become ready or do not, deadlines
//! pass, somebody changes the Stack, deletes an object or writes into one. Whatever happened, once it ends the operator brings the world to
//! the one state that is right, stays there, and on the way never does what can't be taken back.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::jiff::{SignedDuration, Timestamp};
use windlass_crd::v1alpha1::{OnDelete, OnFailure, Order, StackStatus, condition};
use windlass_k8s::{Kind, ObjectRef};

use super::{Action, Health, Input, Owner, Seen, Settings, Step, Wanted, step};
use crate::reconcile::build::{Desired, Need, Rendered, Service};

const NOW: Timestamp = Timestamp::constant(1_900_000_000, 0);

#[derive(Clone, Debug, PartialEq)]
struct Thing {
    hash: String,
    fields: String,
    applied_fields: Option<String>,
    is_ready: bool,
    is_late: bool,
}

/// A state of the world.
#[derive(Clone, Debug, PartialEq)]
struct World {
    things: BTreeMap<ObjectRef, Thing>,
    /// Stored in the API server.
    published: StackStatus,
    /// In the process; lost in a crash.
    current: StackStatus,
    saved: BTreeSet<String>,
    has_finalizer: bool,
    revision: usize,
    is_stopping: bool,
    is_gone: bool,
    /// What may still be done to it.
    crashes: u8,
    changes: u8,
    meddling: u8,
}

struct Case {
    revisions: Vec<Desired>,
    /// Hashes of workloads that never become ready.
    bad: &'static [&'static str],
    stops: bool,
}

fn workload(name: &str) -> ObjectRef {
    ObjectRef::new(Kind::Deployment, name)
}

/// `web1>db`: the Deployment `web` with the hash `web1`, which waits for `db`. `+data` is a claim, `~conf` a ConfigMap.
fn revision(name: &str, objects: &[&str]) -> Desired {
    let mut desired = Desired { revision: name.into(), digest: name.into(), ..Desired::default() };
    for text in objects {
        let (text, needs) = text.split_once('>').map_or((*text, None), |(text, needs)| (text, Some(needs)));
        let bare = text.trim_start_matches(['+', '~']);
        let plain = bare.trim_end_matches(|letter: char| letter.is_ascii_digit());
        let object = match text.as_bytes()[0] {
            b'+' => ObjectRef::new(Kind::PersistentVolumeClaim, plain),
            b'~' => ObjectRef::new(Kind::ConfigMap, bare),
            _ => workload(plain),
        };
        let needs = needs.into_iter().map(|other| (workload(other), Need::Healthy)).collect();
        if object.kind == Kind::Deployment {
            desired.services.push(Service { name: plain.into(), object: object.clone() });
        }
        desired.objects.insert(object, Rendered { body: "".into(), hash: bare.into(), needs, start_seconds: 0 });
    }
    desired
}

impl Case {
    fn start(&self) -> World {
        World {
            things: BTreeMap::new(),
            published: StackStatus::default(),
            current: StackStatus::default(),
            saved: BTreeSet::new(),
            has_finalizer: false,
            revision: 0,
            is_stopping: false,
            is_gone: false,
            crashes: 1,
            changes: u8::try_from(self.revisions.len() - 1).unwrap() + u8::from(self.stops),
            meddling: 1,
        }
    }

    fn desired(&self, world: &World) -> &Desired {
        &self.revisions[world.revision]
    }

    fn step(&self, world: &World) -> Step {
        let observed: BTreeMap<ObjectRef, Seen> =
            world.things.iter().map(|(object, thing)| (object.clone(), seen(object, thing))).collect();
        let desired = self.desired(world);
        let wanted = match world.is_stopping {
            true => Wanted::Stop { order: Some(desired), may_write: true },
            false => Wanted::Objects(desired),
        };
        step(&Input {
            generation: i64::try_from(world.revision).unwrap() + 1,
            wanted,
            settings: Settings {
                order: Order::DependsOn,
                deadline: Some(60),
                on_failure: OnFailure::Rollback,
                history: 1,
                on_delete: OnDelete::Retain,
            },
            has_finalizer: world.has_finalizer,
            observed: &observed,
            problems: &BTreeMap::new(),
            unstuck: &BTreeSet::new(),
            status: &world.current,
            now: NOW,
        })
    }

    /// The operator's turn; it crashes after `survives` actions, where that is said.
    fn operate(&self, world: &World, survives: Option<usize>) -> World {
        let decided = self.step(world);
        let mut next = world.clone();
        next.current = decided.status.clone();
        let (saves, others): (Vec<_>, Vec<_>) = decided.actions.iter().partition(|action| matches!(action, Action::Save(_)));
        let mut left = survives.unwrap_or(usize::MAX);
        for action in saves {
            if left == 0 {
                return crashed(next, world);
            }
            left -= 1;
            self.perform(action, world, &mut next);
        }
        if decided.write_first || decided.actions.is_empty() {
            next.published = decided.status;
        }
        for action in others {
            if left == 0 {
                return crashed(next, world);
            }
            left -= 1;
            self.perform(action, world, &mut next);
        }
        if survives.is_some() { crashed(next, world) } else { next }
    }

    fn perform(&self, action: &Action, before: &World, world: &mut World) {
        let desired = self.desired(before);
        match action {
            Action::Hold => world.has_finalizer = true,
            Action::Release => {
                assert!(before.is_stopping, "the finalizer goes only at the end");
                world.is_gone = true;
            }
            Action::Save(revision) => drop(world.saved.insert(revision.clone())),
            Action::Unstick(object) => panic!("{object} is no StatefulSet"),
            Action::Forget(revision) => {
                assert!(
                    before.current.memory.healthy.values().all(|healthy| healthy.revision != *revision),
                    "{revision} is still gone back to"
                );
                world.saved.remove(revision);
            }
            Action::Apply(object) => {
                let rendered = &desired.objects[object];
                let is_change = before.things.get(object).is_none_or(|thing| thing.hash != rendered.hash);
                let was_there = before.current.inventory.iter().any(|entry| entry.name == object.name && entry.hash == rendered.hash);
                if is_change && !was_there {
                    for other in rendered.needs.keys() {
                        let other_is_ready =
                            before.things.get(other).is_some_and(|thing| thing.is_ready && thing.hash == desired.objects[other].hash);
                        assert!(other_is_ready, "{object} was applied before {other} was healthy: {before:#?}");
                    }
                }
                put(world, object, &rendered.hash);
            }
            Action::Restore(object, revision) => {
                assert!(world.saved.contains(revision), "{revision} was not saved");
                assert_ne!(object.kind, Kind::PersistentVolumeClaim);
                let old = self.revisions.iter().find(|desired| desired.revision == *revision).unwrap();
                put(world, object, &old.objects[object].hash);
            }
            Action::Delete(object, _, _) => {
                assert_ne!(object.kind, Kind::PersistentVolumeClaim, "a claim was deleted: {before:#?}");
                if !before.is_stopping {
                    assert!(!desired.objects.contains_key(object), "{object} is asked for");
                    let all_there = desired.objects.iter().all(|(object, rendered)| {
                        before
                            .things
                            .get(object)
                            .is_some_and(|thing| thing.hash == rendered.hash && (thing.is_ready || !object.kind.is_workload()))
                    });
                    assert!(all_there, "{object} was deleted before the roll-out was done: {before:#?}");
                } else {
                    let needed = before
                        .things
                        .keys()
                        .find(|other| desired.objects.get(*other).is_some_and(|other| other.needs.contains_key(object)));
                    assert_eq!(needed, None, "{object} was stopped before what needs it");
                }
                world.things.remove(object);
            }
        }
    }

    /// What else may happen.
    fn others(&self, world: &World) -> Vec<World> {
        let mut next = Vec::new();
        if world.is_gone {
            return next;
        }
        for (object, thing) in &world.things {
            if object.kind.is_workload() && !thing.is_ready && !self.bad.contains(&thing.hash.as_str()) {
                next.push(with(world, object, |thing| thing.is_ready = true));
            }
            if object.kind.is_workload() && !thing.is_ready && !thing.is_late && self.bad.contains(&thing.hash.as_str()) {
                next.push(with(world, object, |thing| thing.is_late = true));
            }
            if world.meddling > 0 && object.kind != Kind::PersistentVolumeClaim && !world.is_stopping {
                let mut without = world.clone();
                without.meddling -= 1;
                let mut edited = without.clone();
                without.things.remove(object);
                next.push(without);
                if object.kind.is_workload() {
                    edited.things.get_mut(object).unwrap().fields = "edited".into();
                    next.push(edited);
                }
            }
        }
        if world.changes > 0 && !world.is_stopping {
            let mut changed = world.clone();
            changed.changes -= 1;
            if changed.changes == 0 && self.stops {
                changed.is_stopping = true;
            } else {
                changed.revision += 1;
            }
            next.push(changed);
        }
        if world.crashes > 0 {
            let actions = self.step(world).actions.len();
            next.extend((0..=actions).map(|survives| self.operate(world, Some(survives))));
        }
        next
    }

    /// The world after everything that has to happen did.
    fn settle(&self, world: &World) -> World {
        let mut world = world.clone();
        for _ in 0..200 {
            let before = world.clone();
            world = self.operate(&world, None);
            if world.is_gone {
                return world;
            }
            for (object, thing) in &mut world.things {
                let is_bad = self.bad.contains(&thing.hash.as_str());
                thing.is_ready |= !is_bad && object.kind.is_workload();
                thing.is_late |= is_bad;
            }
            if world == before {
                return world;
            }
        }
        panic!("it does not come to rest: {world:#?}");
    }

    /// Walks all states; gives how many there are.
    fn explore(&self, right: impl Fn(&World, &World)) -> usize {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut pending = vec![self.start()];
        while let Some(world) = pending.pop() {
            if !seen.insert(format!("{world:?}")) {
                continue;
            }
            let settled = self.settle(&world);
            right(&world, &settled);
            if world.is_gone {
                continue;
            }
            pending.push(self.operate(&world, None));
            pending.extend(self.others(&world));
        }
        seen.len()
    }
}

fn with(world: &World, object: &ObjectRef, change: impl Fn(&mut Thing)) -> World {
    let mut world = world.clone();
    change(world.things.get_mut(object).unwrap());
    world
}

/// What a process that begins anew finds.
fn crashed(mut world: World, before: &World) -> World {
    world.crashes = before.crashes.saturating_sub(1);
    world.current = world.published.clone();
    for thing in world.things.values_mut() {
        thing.applied_fields = None;
    }
    world
}

fn put(world: &mut World, object: &ObjectRef, hash: &str) {
    let fields = format!("fields of {hash}");
    let same = world.things.get(object).filter(|thing| thing.hash == hash);
    let thing = Thing {
        hash: hash.to_owned(),
        fields: fields.clone(),
        applied_fields: Some(fields),
        is_ready: same.is_some_and(|thing| thing.is_ready),
        is_late: same.is_some_and(|thing| thing.is_late),
    };
    world.things.insert(object.clone(), thing);
}

fn seen(object: &ObjectRef, thing: &Thing) -> Seen {
    let health = match (object.kind.is_workload(), thing.is_ready) {
        (false, _) => Health::Static,
        (true, true) => Health::Ready { ready: 1 },
        (true, false) => Health::Progressing { ready: 0, wanted: 1, is_started: true, message: "0 of 1".into() },
    };
    Seen {
        uid: format!("uid of {object}"),
        owner: Owner::Mine,
        hash: thing.hash.clone(),
        fields: thing.fields.clone(),
        applied_fields: thing.applied_fields.clone(),
        is_deleting: false,
        progressed_at: if thing.is_late { NOW - SignedDuration::from_secs(3600) } else { NOW },
        health,
        note: None,
    }
}

fn hashes(world: &World) -> Vec<&str> {
    let mut hashes: Vec<&str> = world.things.values().map(|thing| thing.hash.as_str()).collect();
    hashes.sort_unstable();
    hashes
}

fn is_true(world: &World, kind: &str) -> bool {
    world.current.conditions.iter().any(|condition| condition.type_ == kind && condition.status == "True")
}

#[test]
fn whatever_happens_the_stack_ends_as_it_is_asked_for() {
    let case = Case {
        revisions: vec![
            revision("r1", &["db1", "web1>db", "old1>web", "+data1", "~conf1"]),
            revision("r2", &["db2", "web2>db", "+data1", "~conf2"]),
        ],
        bad: &[],
        stops: false,
    };
    let states = case.explore(|_, settled| {
        let expected: &[&str] = match settled.revision {
            0 => &["conf1", "data1", "db1", "old1", "web1"],
            // A revision that can be gone back to keeps its ConfigMap.
            _ => &["conf1", "conf2", "data1", "db2", "web2"],
        };
        let mut found = hashes(settled);
        if settled.revision == 1 && !found.contains(&"conf1") {
            // The change came before the first revision was applied.
            found.insert(0, "conf1");
        }
        assert_eq!(found, expected, "{settled:#?}");
        assert!(is_true(settled, condition::READY) && !is_true(settled, condition::RECONCILING), "{settled:#?}");
        assert!(case.step(settled).actions.is_empty());
    });
    println!("{states} states");
    assert!(states > 500, "{states}");
}

#[test]
fn a_bad_revision_goes_back_and_what_depends_on_it_never_sees_it() {
    let case =
        Case { revisions: vec![revision("r1", &["db1", "web1>db"]), revision("r2", &["db2", "web2>db"])], bad: &["db2"], stops: false };
    let states = case.explore(|_, settled| {
        if settled.revision == 0 {
            return assert_eq!(hashes(settled), ["db1", "web1"]);
        }
        assert!(!is_true(settled, condition::READY) && is_true(settled, condition::STALLED), "{settled:#?}");
        let was_healthy = settled.current.memory.healthy.contains_key("Deployment/db");
        let db = &settled.things[&workload("db")];
        assert_eq!(db.hash, if was_healthy { "db1" } else { "db2" }, "{settled:#?}");
        assert_eq!(is_true(settled, condition::ROLLED_BACK), was_healthy);
        assert!(settled.things.get(&workload("web")).is_none_or(|web| web.hash == "web1"), "{settled:#?}");
    });
    println!("{states} states");
    assert!(states > 100, "{states}");
}

#[test]
fn a_stack_that_goes_stops_in_reverse_and_leaves_its_claims() {
    let case = Case { revisions: vec![revision("r1", &["db1", "web1>db", "+data1"])], bad: &[], stops: true };
    let states = case.explore(|_, settled| {
        if settled.is_stopping {
            assert!(settled.is_gone || !settled.has_finalizer, "{settled:#?}");
            let left: Vec<&ObjectRef> = settled.things.keys().filter(|object| settled.is_gone && object.kind.is_workload()).collect();
            assert!(left.is_empty(), "{left:?}");
        }
    });
    println!("{states} states");
    assert!(states > 50, "{states}");
}
