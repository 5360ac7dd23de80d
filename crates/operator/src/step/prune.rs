//! Removes what is no longer asked for, when everything that is asked for is there and healthy.
//!
//! Candidates are what the inventory names and what carries the Stack's marks. The shell looks at each once more before it is deleted, and
//! deletes it only with the uid and resourceVersion of that look.

use std::collections::BTreeSet;

use windlass_crd::v1alpha1::OnDelete;
use windlass_k8s::{Kind, ObjectRef};

use super::{Action, Deletion, Input, Owner, Step, parse};
use crate::reconcile::build::Desired;

pub(super) fn prune(input: &Input<'_>, desired: &Desired, step: &mut Step) {
    // Nothing at all is more often a mistake than a wish; deleting the Stack says it clearly.
    if desired.objects.is_empty() {
        return;
    }
    forget_revisions(input, step);
    let status = &mut step.status;
    let kept: BTreeSet<ObjectRef> = status.history.iter().flat_map(|entry| &entry.keeps).filter_map(|name| parse(name)).collect();
    let named = status.inventory.iter().filter_map(|entry| parse(&format!("{}/{}", entry.kind, entry.name)));
    let marked = input.observed.iter().filter(|(_, seen)| seen.owner == Owner::Mine).map(|(object, _)| object.clone());
    let mut candidates: BTreeSet<ObjectRef> = named.chain(marked).filter(|object| !desired.objects.contains_key(object)).collect();
    candidates.retain(|object| !kept.contains(object));

    let mut leaving = BTreeSet::new();
    for object in candidates {
        let retained = object.kind == Kind::PersistentVolumeClaim && input.settings.on_delete == OnDelete::Retain;
        match input.observed.get(&object).filter(|seen| seen.owner == Owner::Mine && !retained) {
            // It stays in the inventory until it is gone.
            Some(seen) if seen.is_deleting => {}
            Some(seen) => step.actions.push(Action::Delete(object, seen.uid.clone(), Deletion::Background)),
            None => drop(leaving.insert(object)),
        }
    }
    status.inventory.retain(|entry| parse(&format!("{}/{}", entry.kind, entry.name)).is_some_and(|object| !leaving.contains(&object)));
    status.memory.healthy.retain(|object, _| parse(object).is_some_and(|object| desired.objects.contains_key(&object)));
}

/// Revisions that nobody would go back to any more.
fn forget_revisions(input: &Input<'_>, step: &mut Step) {
    let status = &mut step.status;
    let used: BTreeSet<&str> = status.memory.healthy.values().map(|healthy| healthy.revision.as_str()).collect();
    let mut kept = Vec::new();
    for (index, entry) in std::mem::take(&mut status.history).into_iter().enumerate() {
        if index <= input.settings.history || used.contains(entry.revision.as_str()) {
            kept.push(entry);
        } else {
            step.actions.push(Action::Forget(entry.revision));
        }
    }
    status.history = kept;
}
