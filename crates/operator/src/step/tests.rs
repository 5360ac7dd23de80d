//! Single decisions that the explorer's world is too small for.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::jiff::{SignedDuration, Timestamp};
use windlass_crd::v1alpha1::{OnDelete, OnFailure, Order, Outcome, ServiceState, StackStatus, condition};
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
    generation: i64,
    has_finalizer: bool,
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
            generation: 1,
            has_finalizer: true,
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
        let step = self.step_for(Wanted::Objects(&self.desired));
        self.status = step.status.clone();
        step
    }

    fn step_for(&self, wanted: Wanted<'_>) -> Step {
        step(&Input {
            generation: self.generation,
            wanted,
            settings: self.settings,
            has_finalizer: self.has_finalizer,
            observed: &self.observed,
            problems: &self.problems,
            unstuck: &self.unstuck,
            status: &self.status,
            now: self.now,
        })
    }

    fn reason(&self) -> &str {
        let ready = self.status.conditions.iter().find(|condition| condition.type_ == condition::READY);
        ready.map(|condition| condition.reason.as_str()).unwrap_or_default()
    }

    /// Whether each condition holds, and since when.
    fn conditions(&self) -> BTreeMap<&str, (&str, Timestamp)> {
        let conditions = self.status.conditions.iter();
        conditions.map(|condition| (condition.type_.as_str(), (condition.status.as_str(), condition.last_transition_time.0))).collect()
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
fn a_job_waits_half_the_deadline_for_a_server_that_only_has_to_be_started() {
    let (db, migrate) = (deployment("db"), ObjectRef::new(Kind::Job, "migrate"));
    let case = || Case::of(&[(db.clone(), rendered("db1", &[])), (migrate.clone(), rendered("job1", &[(&db, Need::Tried)]))]);
    let is_applied = |step: &Step| step.actions.contains(&Action::Apply(migrate.clone()));
    let started = Health::Progressing { ready: 0, wanted: 1, is_started: true, message: "0 of 1 pods are ready".into() };

    let mut waits = case();
    waits.sees(&db, "db1", progressing());
    assert!(!is_applied(&waits.step()));
    waits.sees(&db, "db1", started.clone());
    let step = waits.step();
    assert!(!is_applied(&step));
    assert_eq!(step.wake_at, Some(NOW + SignedDuration::from_secs(30)));
    waits.now = NOW + SignedDuration::from_secs(30);
    assert!(is_applied(&waits.step()));

    let mut has = case();
    has.sees(&db, "db1", ready());
    assert!(is_applied(&has.step()));
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

#[test]
fn a_new_stack_is_unknown_and_a_new_generation_not_ready_in_the_status_that_first_names_it() {
    let web = deployment("web");
    let mut case = Case::of(&[(web.clone(), rendered("web1", &[]))]);
    // Written before the first object is.
    assert!(case.step().write_first);
    assert_eq!(case.conditions()[condition::READY].0, "Unknown");
    assert_eq!(case.status.observed_generation, Some(1));
    case.sees(&web, "web1", ready());
    case.step();
    assert_eq!(case.reason(), "Ready");
    case.wants("two", &[(web, rendered("web2", &[]))]);
    case.generation = 2;
    assert!(case.step().write_first);
    assert_eq!((case.conditions()[condition::READY].0, case.conditions()[condition::RECONCILING].0), ("False", "True"));
    assert_eq!(case.status.observed_generation, Some(2));
    assert!(case.status.conditions.iter().all(|condition| condition.observed_generation == Some(2)), "{:#?}", case.status.conditions);
}

#[test]
fn the_time_of_a_condition_changes_with_its_status_alone() {
    let web = deployment("web");
    let mut case = Case::of(&[(web.clone(), rendered("web1", &[]))]);
    case.step();
    case.sees(&web, "web1", ready());
    case.step();
    assert_eq!(case.conditions()[condition::READY], ("True", NOW));
    case.now = NOW + SignedDuration::from_secs(9);
    case.generation = 2;
    case.step();
    assert_eq!(case.conditions()[condition::READY], ("True", NOW));
    case.sees(&web, "web1", progressing());
    case.step();
    assert_eq!(case.conditions()[condition::READY], ("False", case.now));
    assert_eq!(case.conditions()[condition::STALLED], ("False", NOW));
}

#[test]
fn each_service_says_how_many_of_its_pods_are_ready_and_what_it_waits_for() {
    let (db, web) = (deployment("db"), deployment("web"));
    let mut case = Case::of(&[(db.clone(), rendered("db1", &[])), (web.clone(), rendered("web1", &[(&db, Need::Healthy)]))]);
    case.sees(&db, "db1", progressing());
    case.step();
    let told: Vec<_> = case
        .status
        .services
        .iter()
        .map(|service| (service.name.as_str(), service.ready.as_str(), service.state, service.message.as_deref()))
        .collect();
    let waits = "it waits for Deployment/db to be healthy";
    assert_eq!(
        told,
        [("db", "0/1", ServiceState::Progressing, Some("0 of 1 pods are ready")), ("web", "", ServiceState::Pending, Some(waits))]
    );
    assert_eq!(case.status.ready, "0/2");
}

#[test]
fn what_others_refer_to_comes_first_and_what_refers_to_workloads_last() {
    let kinds = [
        Kind::Ingress,
        Kind::HorizontalPodAutoscaler,
        Kind::PodDisruptionBudget,
        Kind::Deployment,
        Kind::Service,
        Kind::NetworkPolicy,
        Kind::ConfigMap,
        Kind::Secret,
        Kind::PersistentVolumeClaim,
        Kind::ServiceAccount,
    ];
    let objects: Vec<_> = kinds.iter().map(|kind| (ObjectRef::new(*kind, "web"), rendered("1", &[]))).collect();
    let step = Case::of(&objects).step();
    let applied: Vec<Kind> =
        step.actions.iter().filter_map(|action| if let Action::Apply(object) = action { Some(object.kind) } else { None }).collect();
    assert_eq!(applied.len(), kinds.len());
    let workload = applied.iter().position(|kind| *kind == Kind::Deployment).unwrap();
    let (before, after) = applied.split_at(workload);
    for kind in [Kind::ServiceAccount, Kind::Secret, Kind::ConfigMap, Kind::PersistentVolumeClaim, Kind::NetworkPolicy, Kind::Service] {
        assert!(before.contains(&kind), "{applied:?}");
    }
    for kind in [Kind::PodDisruptionBudget, Kind::HorizontalPodAutoscaler, Kind::Ingress] {
        assert!(after.contains(&kind), "{applied:?}");
    }
}

#[test]
fn a_wait_does_nothing_but_name_its_end_which_probes_move() {
    let web = deployment("web");
    let mut slow = rendered("web1", &[]);
    slow.start_seconds = 900;
    let mut case = Case::of(&[(web.clone(), slow)]);
    case.settings.deadline = None;
    case.step();
    case.sees(&web, "web1", progressing());
    let step = case.step();
    assert_eq!((step.actions, step.wake_at), (Vec::new(), Some(NOW + SignedDuration::from_secs(900))));
    // Progress begins it anew, time alone does not.
    case.now = NOW + SignedDuration::from_secs(899);
    assert_eq!(case.step().wake_at, Some(NOW + SignedDuration::from_secs(900)));
    case.sees(&web, "web1", progressing());
    assert_eq!(case.step().wake_at, Some(case.now + SignedDuration::from_secs(900)));
    case.now += SignedDuration::from_secs(900);
    case.step();
    assert_eq!(case.reason(), "Failed");
}

#[test]
fn a_new_spec_ends_the_wait_for_the_old_and_history_tells_what_became_of_each() {
    let web = deployment("web");
    let mut case = Case::of(&[(web.clone(), rendered("web1", &[]))]);
    case.sees(&web, "web1", ready());
    case.step();
    case.wants("two", &[(web.clone(), rendered("web2", &[]))]);
    case.step();
    case.sees(&web, "web2", progressing());
    assert_eq!(case.step().actions, []);
    case.wants("three", &[(web.clone(), rendered("web3", &[]))]);
    assert_eq!(case.step().actions, [Action::Save("three".into()), Action::Apply(web.clone())]);
    case.sees(&web, "web3", progressing());
    case.now += SignedDuration::from_secs(61);
    assert_eq!(case.step().actions, [Action::Restore(web.clone(), "one".into())]);
    case.sees(&web, "web1", ready());
    case.step();
    let told: Vec<_> = case.status.history.iter().map(|entry| (entry.revision.as_str(), entry.outcome)).collect();
    assert_eq!(told, [("three", Outcome::Failed), ("two", Outcome::Superseded), ("one", Outcome::Healthy)]);
}

#[test]
fn revisions_beyond_the_limit_are_forgotten() {
    let web = deployment("web");
    let mut case = Case::of(&[]);
    case.settings.history = 1;
    let mut forgotten = Vec::new();
    for number in 1..=4 {
        let hash = format!("web{number}");
        case.wants(&format!("r{number}"), &[(web.clone(), rendered(&hash, &[]))]);
        case.step();
        case.sees(&web, &hash, ready());
        forgotten.extend(case.step().actions);
    }
    assert_eq!(forgotten, [Action::Forget("r1".into()), Action::Forget("r2".into())]);
    let kept: Vec<_> = case.status.history.iter().map(|entry| entry.revision.as_str()).collect();
    assert_eq!(kept, ["r4", "r3"]);
}

#[test]
fn what_is_to_go_stays_in_the_inventory_until_it_is_gone_and_what_is_not_the_stacks_is_left() {
    let (web, mail, other) = (deployment("web"), deployment("mail"), deployment("other"));
    let mut case = Case::of(&[(web.clone(), rendered("web1", &[])), (mail.clone(), rendered("mail1", &[]))]);
    case.sees(&web, "web1", ready());
    case.sees(&mail, "mail1", ready());
    case.sees(&other, "", ready());
    case.observed.get_mut(&other).unwrap().owner = Owner::Foreign("somebody".into());
    case.step();
    case.wants("two", &[(web.clone(), rendered("web1", &[]))]);
    case.step();
    let deletion = [Action::Delete(mail.clone(), "uid of Deployment/mail".into(), Deletion::Background)];
    // Nobody did it: it is asked for again.
    assert_eq!(case.step().actions, deletion);
    assert_eq!(case.step().actions, deletion);
    let names = |case: &Case| case.status.inventory.iter().map(|entry| entry.name.clone()).collect::<Vec<_>>();
    case.observed.get_mut(&mail).unwrap().is_deleting = true;
    assert_eq!(case.step().actions, []);
    assert_eq!(names(&case), ["mail", "web"]);
    case.observed.remove(&mail);
    case.step();
    assert_eq!(names(&case), ["web"]);
}

#[test]
fn a_finalizer_is_taken_only_by_what_stops_in_order_or_deletes_claims() {
    let (db, web, data) = (deployment("db"), deployment("web"), ObjectRef::new(Kind::PersistentVolumeClaim, "data"));
    let holds = |objects: &[(ObjectRef, Rendered)], order: Order, on_delete: OnDelete| {
        let mut case = Case::of(objects);
        case.has_finalizer = false;
        (case.settings.order, case.settings.on_delete) = (order, on_delete);
        case.step().actions.contains(&Action::Hold)
    };
    let plain = [(web.clone(), rendered("web1", &[])), (data, rendered("data1", &[]))];
    let ordered = [(db.clone(), rendered("db1", &[])), (web, rendered("web1", &[(&db, Need::Started)]))];
    assert!(!holds(&plain, Order::DependsOn, OnDelete::Retain));
    assert!(holds(&plain, Order::DependsOn, OnDelete::Delete));
    assert!(holds(&ordered, Order::DependsOn, OnDelete::Retain));
    assert!(!holds(&ordered, Order::Parallel, OnDelete::Retain));
}

#[test]
fn while_the_name_is_another_s_nothing_is_applied_there_and_the_stack_is_stalled() {
    let (db, web) = (deployment("db"), deployment("web"));
    let mut case = Case::of(&[(db.clone(), rendered("db1", &[])), (web.clone(), rendered("web1", &[]))]);
    case.sees(&db, "x", ready());
    case.observed.get_mut(&db).unwrap().owner = Owner::Foreign("the name is taken by an object of Stack `two`".into());
    assert_eq!(case.step().actions, [Action::Save("one".into()), Action::Apply(web.clone())]);
    case.sees(&web, "web1", ready());
    assert_eq!(case.step().actions, []);
    assert_eq!((case.reason(), case.conditions()[condition::STALLED].0), ("NameCollision", "True"));
}

#[test]
fn what_runs_is_kept_as_it_was_applied_while_the_spec_can_not_be() {
    let (web, job) = (deployment("web"), ObjectRef::new(Kind::Job, "migrate"));
    let mut case = Case::of(&[(web.clone(), rendered("web1", &[])), (job.clone(), rendered("job1", &[]))]);
    case.sees(&web, "web1", ready());
    case.sees(&job, "job1", Health::Completed);
    case.step();
    let refused = |is_kept: bool| Wanted::Nothing { reason: "AuditRefused", message: "no", is_final: true, is_kept };
    assert_eq!(case.step_for(refused(true)).actions, []);
    case.observed.get_mut(&web).unwrap().fields = "somebody's".into();
    assert_eq!(case.step_for(refused(true)).actions, [Action::Restore(web.clone(), "one".into())]);
    assert_eq!(case.step_for(refused(false)).actions, []);
    // One that is gone comes back, and a Job that has run does not run again.
    case.observed.clear();
    assert_eq!(case.step_for(refused(true)).actions, [Action::Restore(web.clone(), "one".into())]);
    // Who answers no is asked again later.
    let problem =
        Problem { hash: "web1".into(), message: "no".into(), obstacle: Obstacle::Refused, retry_at: NOW + SignedDuration::from_secs(9) };
    case.problems.insert(web, problem);
    let step = case.step_for(refused(true));
    assert_eq!((step.actions.as_slice(), step.wake_at), (&[][..], Some(NOW + SignedDuration::from_secs(9))));
}
