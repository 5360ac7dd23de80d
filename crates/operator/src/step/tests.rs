//! Single decisions that the explorer's world is too small for.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::jiff::{SignedDuration, Timestamp};
use windlass_crd::v1alpha1::{OnDelete, OnFailure, Order, StackStatus, condition};
use windlass_k8s::{Kind, ObjectRef};

use super::{Action, Deletion, Health, Input, Obstacle, Owner, Problem, Seen, Settings, Step, Wanted, step};
use crate::reconcile::build::{Desired, Need, Rendered, Service};

const NOW: Timestamp = Timestamp::constant(1_900_000_000, 0);

/// A Stack that was stepped some times.
struct Case {
    desired: Desired,
    observed: BTreeMap<ObjectRef, Seen>,
    problems: BTreeMap<ObjectRef, Problem>,
    unstuck: BTreeSet<ObjectRef>,
    status: StackStatus,
    settings: Settings,
    now: Timestamp,
}

fn deployment(name: &str) -> ObjectRef {
    ObjectRef::new(Kind::Deployment, name)
}

fn rendered(hash: &str, needs: &[(&ObjectRef, Need)]) -> Rendered {
    let needs = needs.iter().map(|(other, need)| ((*other).clone(), *need)).collect();
    Rendered { body: "".into(), hash: hash.into(), needs, start_seconds: 0 }
}

fn ready() -> Health {
    Health::Ready { ready: 1 }
}

fn progressing() -> Health {
    Health::Progressing { ready: 0, wanted: 1, is_started: false, message: "0 of 1 pods are ready".into() }
}

impl Case {
    fn of(objects: &[(ObjectRef, Rendered)]) -> Self {
        let mut case = Self {
            desired: Desired::default(),
            observed: BTreeMap::new(),
            problems: BTreeMap::new(),
            unstuck: BTreeSet::new(),
            status: StackStatus::default(),
            settings: Settings {
                order: Order::DependsOn,
                deadline: Some(60),
                on_failure: OnFailure::Rollback,
                history: 3,
                on_delete: OnDelete::Retain,
            },
            now: NOW,
        };
        case.wants("one", objects);
        case
    }

    fn wants(&mut self, revision: &str, objects: &[(ObjectRef, Rendered)]) {
        let services = objects.iter().filter(|(object, _)| object.kind.is_workload());
        let services = services.map(|(object, _)| Service { name: object.name.clone(), object: object.clone() }).collect();
        self.desired = Desired { revision: revision.into(), digest: revision.into(), objects: objects.iter().cloned().collect(), services };
    }

    fn sees(&mut self, object: &ObjectRef, hash: &str, health: Health) {
        let seen = Seen {
            uid: format!("uid of {object}"),
            owner: Owner::Mine,
            hash: hash.into(),
            fields: hash.into(),
            applied_fields: Some(hash.into()),
            is_deleting: false,
            progressed_at: self.now,
            health,
            note: None,
        };
        self.observed.insert(object.clone(), seen);
    }

    fn step(&mut self) -> Step {
        let step = step(&Input {
            generation: 1,
            wanted: Wanted::Objects(&self.desired),
            settings: self.settings,
            has_finalizer: true,
            observed: &self.observed,
            problems: &self.problems,
            unstuck: &self.unstuck,
            status: &self.status,
            now: self.now,
        });
        self.status = step.status.clone();
        step
    }

    fn reason(&self) -> &str {
        let ready = self.status.conditions.iter().find(|condition| condition.type_ == condition::READY);
        ready.map(|condition| condition.reason.as_str()).unwrap_or_default()
    }
}

#[test]
fn an_empty_rendering_prunes_nothing() {
    let mut case = Case::of(&[]);
    case.sees(&deployment("web"), "web1", ready());
    assert_eq!(case.step().actions, []);
}

#[test]
fn what_was_healthy_and_is_not_any_more_is_degraded_and_does_not_go_back() {
    let web = deployment("web");
    let mut case = Case::of(&[(web.clone(), rendered("web1", &[]))]);
    case.sees(&web, "web1", ready());
    case.step();
    case.sees(&web, "web1", progressing());
    case.now = NOW + SignedDuration::from_hours(1);
    assert_eq!(case.step().actions, []);
    assert_eq!(case.reason(), "Degraded");
}

#[test]
fn what_was_gone_back_to_and_fails_too_is_not_tried_again() {
    let web = deployment("web");
    let mut case = Case::of(&[(web.clone(), rendered("web1", &[]))]);
    case.sees(&web, "web1", ready());
    case.step();
    case.wants("two", &[(web.clone(), rendered("web2", &[]))]);
    case.sees(&web, "web2", progressing());
    case.now = NOW + SignedDuration::from_secs(61);
    let step = case.step();
    assert!(step.write_first && step.actions.contains(&Action::Restore(web.clone(), "one".into())), "{step:#?}");
    case.sees(&web, "web1", progressing());
    case.now += SignedDuration::from_secs(61);
    assert_eq!(case.step().actions, []);
    assert_eq!(case.reason(), "Failed");
    // Another hash is another try.
    case.wants("three", &[(web.clone(), rendered("web3", &[]))]);
    assert!(case.step().actions.contains(&Action::Apply(web)));
}

#[test]
fn a_job_that_is_done_is_not_run_again_when_it_is_gone_and_those_who_need_it_go_on() {
    let (job, web) = (ObjectRef::new(Kind::Job, "migrate"), deployment("web"));
    let mut case = Case::of(&[(job.clone(), rendered("job1", &[])), (web.clone(), rendered("web1", &[(&job, Need::Completed)]))]);
    assert!(!case.step().actions.contains(&Action::Apply(web.clone())));
    case.sees(&job, "job1", Health::Completed);
    assert_eq!(case.step().actions, [Action::Apply(web.clone())]);
    case.observed.clear();
    case.sees(&web, "web1", ready());
    assert_eq!(case.step().actions, []);
    assert_eq!((case.reason(), case.status.ready.as_str()), ("Ready", "2/2"));
}

#[test]
fn in_parallel_nothing_waits() {
    let (db, web) = (deployment("db"), deployment("web"));
    let mut case = Case::of(&[(db.clone(), rendered("db1", &[])), (web.clone(), rendered("web1", &[(&db, Need::Healthy)]))]);
    case.settings.order = Order::Parallel;
    assert_eq!(case.step().actions, [Action::Save("one".into()), Action::Apply(db), Action::Apply(web)]);
}

#[test]
fn what_is_refused_is_tried_again_at_its_time_and_others_go_on() {
    let (db, web) = (deployment("db"), deployment("web"));
    let mut case = Case::of(&[(db.clone(), rendered("db1", &[])), (web.clone(), rendered("web1", &[]))]);
    let retry_at = NOW + SignedDuration::from_secs(8);
    case.problems.insert(db.clone(), Problem { hash: "db1".into(), message: "no".into(), obstacle: Obstacle::Refused, retry_at });
    let step = case.step();
    assert_eq!(step.actions, [Action::Save("one".into()), Action::Apply(web.clone())]);
    assert_eq!(step.wake_at, Some(retry_at));
    case.sees(&web, "web1", ready());
    case.step();
    assert_eq!(case.reason(), "Refused");
    case.now = retry_at;
    assert_eq!(case.step().actions, [Action::Apply(db)]);
}

#[test]
fn a_stateful_set_that_can_not_change_is_made_anew_and_its_pods_stay() {
    let db = ObjectRef::new(Kind::StatefulSet, "db");
    let mut case = Case::of(&[(db.clone(), rendered("db1", &[]))]);
    case.sees(&db, "db1", ready());
    case.step();
    case.wants("two", &[(db.clone(), rendered("db2", &[]))]);
    let problem = Problem { hash: "db2".into(), message: "forbidden".into(), obstacle: Obstacle::Immutable, retry_at: NOW };
    case.problems.insert(db.clone(), problem);
    let step = case.step();
    assert!(step.write_first, "what is about to be deleted is remembered first");
    assert!(step.actions.contains(&Action::Delete(db.clone(), "uid of StatefulSet/db".into(), Deletion::Orphan)), "{:?}", step.actions);
    assert_eq!(step.status.memory.recreating.len(), 1);
    case.observed.clear();
    assert_eq!(case.step().actions, [Action::Apply(db.clone())]);
    case.problems.clear();
    case.sees(&db, "db2", ready());
    case.step();
    assert!(case.status.memory.recreating.is_empty());
    assert_eq!(case.reason(), "Ready");
}

#[test]
fn pods_that_a_stateful_set_waits_for_for_ever_are_deleted_once_when_it_goes_back() {
    let db = ObjectRef::new(Kind::StatefulSet, "db");
    let mut case = Case::of(&[(db.clone(), rendered("db1", &[]))]);
    case.sees(&db, "db1", ready());
    case.step();
    case.wants("two", &[(db.clone(), rendered("db2", &[]))]);
    case.sees(&db, "db2", progressing());
    case.now = NOW + SignedDuration::from_secs(61);
    assert!(case.step().actions.contains(&Action::Restore(db.clone(), "one".into())));
    case.sees(&db, "db1", progressing());
    assert_eq!(case.step().actions, [Action::Unstick(db.clone())]);
    case.unstuck.insert(db);
    assert_eq!(case.step().actions, []);
}

#[test]
fn a_claim_that_leaves_the_stack_stays_unless_it_is_to_go() {
    let (web, data) = (deployment("web"), ObjectRef::new(Kind::PersistentVolumeClaim, "data"));
    let mut case = Case::of(&[(web.clone(), rendered("web1", &[])), (data.clone(), rendered("data1", &[]))]);
    case.sees(&web, "web1", ready());
    case.sees(&data, "data1", Health::Static);
    case.step();
    case.wants("two", &[(web, rendered("web1", &[]))]);
    case.step();
    assert_eq!(case.step().actions, []);
    case.settings.on_delete = OnDelete::Delete;
    assert_eq!(case.step().actions, [Action::Delete(data, "uid of PersistentVolumeClaim/data".into(), Deletion::Background)]);
}
