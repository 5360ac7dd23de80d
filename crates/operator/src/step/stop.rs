//! The end of a Stack: workloads stop in the reverse of the order in which they start, then claims go if they are to, then the finalizer.
//! Everything else is the garbage collector's.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use windlass_crd::v1alpha1::{OnDelete, Order};
use windlass_k8s::{Kind, ObjectRef};

use super::conditions::{self, whole_seconds};
use super::rollout::later;
use super::{Action, Deletion, Input, Owner, Seen, Step};
use crate::reconcile::build::Desired;

/// Seconds after which the order no longer counts: pods that do not end must not keep a Stack for ever.
const PATIENCE: i64 = 600;

pub(super) fn stop(input: &Input<'_>, order: Option<&Desired>, may_write: bool, step: &mut Step) {
    if !input.has_finalizer {
        return;
    }
    if !may_write {
        // Owner references have the rest deleted; nothing is done as anybody else.
        step.actions.push(Action::Release);
        return;
    }
    conditions::of_nothing(input, "Stopping", "services stop in the reverse of the order in which they start", false, step);
    let since = step.status.memory.stopping_since.get_or_insert_with(|| {
        step.write_first = true;
        Time(whole_seconds(input.now))
    });
    let is_over = later(since.0, PATIENCE) <= input.now;
    let limit = later(since.0, PATIENCE);
    let mine = || input.observed.iter().filter(|(_, seen)| seen.owner == Owner::Mine);
    let workloads: Vec<(&ObjectRef, &Seen)> = mine().filter(|(object, _)| object.kind.is_workload()).collect();
    let order = order.filter(|_| input.settings.order == Order::DependsOn && !is_over);
    for (object, seen) in workloads.iter().filter(|(_, seen)| !seen.is_deleting) {
        let needs =
            |other: &ObjectRef| order.and_then(|order| order.objects.get(other)).is_some_and(|other| other.needs.contains_key(*object));
        if !workloads.iter().any(|(other, _)| needs(other)) {
            step.actions.push(Action::Delete((*object).clone(), seen.uid.clone(), Deletion::Foreground));
        }
    }
    if !workloads.is_empty() && !is_over {
        step.wake(limit);
        return;
    }
    if input.settings.on_delete == OnDelete::Delete {
        for (object, seen) in mine().filter(|(object, seen)| object.kind == Kind::PersistentVolumeClaim && !seen.is_deleting) {
            step.actions.push(Action::Delete(object.clone(), seen.uid.clone(), Deletion::Background));
        }
    }
    step.actions.push(Action::Release);
}
