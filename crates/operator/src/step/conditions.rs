//! What the status says: conditions as the API conventions and kstatus want them, and how each service is.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use k8s_openapi::jiff::Timestamp;
use windlass_crd::v1alpha1::{ServiceState, ServiceStatus, StackStatus, condition};
use windlass_k8s::{Kind, ObjectRef};

use super::rollout::{Progress, State};
use super::{Health, Input, Step};
use crate::reconcile::build::Desired;

/// Bytes of the longest message.
const MESSAGE_LIMIT: usize = 1024;

/// How urgent it is to publish a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// There is nothing new.
    None,
    /// Counts, messages, and what a restart would find out by itself.
    Detail,
    /// Somebody may wait for it.
    News,
}

/// How a new status differs from the one that was published last.
pub fn change(before: &StackStatus, after: &StackStatus) -> Change {
    if before == after {
        return Change::None;
    }
    let told = |status: &StackStatus| -> Vec<_> {
        status.conditions.iter().map(|condition| (condition.type_.clone(), condition.status.clone(), condition.reason.clone())).collect()
    };
    let is_news = before.observed_generation != after.observed_generation
        || before.revision != after.revision
        || before.last_handled_reconcile_at != after.last_handled_reconcile_at
        || before.memory.fallbacks != after.memory.fallbacks
        || told(before) != told(after);
    if is_news { Change::News } else { Change::Detail }
}

/// A condition to be set.
struct Word<'a> {
    kind: &'a str,
    status: &'a str,
    reason: &'a str,
    message: &'a str,
}

/// Sets a condition; its time changes with its status alone.
fn set(status: &mut StackStatus, generation: i64, now: Timestamp, kind: &str, word: (&str, &str, &str)) {
    let (value, reason, message) = word;
    let now = whole_seconds(now);
    let known = status.conditions.iter_mut().find(|condition| condition.type_ == kind);
    let since = known.as_ref().filter(|known| known.status == value).map_or(Time(now), |known| known.last_transition_time.clone());
    let condition = Condition {
        type_: kind.to_owned(),
        status: value.to_owned(),
        reason: reason.to_owned(),
        message: shortened(message),
        observed_generation: Some(generation),
        last_transition_time: since,
    };
    match known {
        Some(known) => *known = condition,
        None => {
            status.conditions.push(condition);
            // The order says nothing, so it is always the same.
            status.conditions.sort_by(|one, other| one.type_.cmp(&other.type_));
        }
    }
}

/// The condition that says what the audit says.
pub fn audited(status: &mut StackStatus, generation: i64, now: Timestamp, is_audited: bool, refusal: Option<&str>) {
    let word = match (is_audited, refusal) {
        (_, Some(refusal)) => ("False", "Refused", refusal),
        (true, None) => ("True", "Admitted", ""),
        (false, None) => ("Unknown", "Off", "spec.audit.mode is Off"),
    };
    set(status, generation, now, condition::AUDITED, word);
}

/// The API has times in whole seconds; what is stored must equal what was meant.
pub(super) fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

fn shortened(message: &str) -> String {
    if message.len() <= MESSAGE_LIMIT {
        return message.to_owned();
    }
    let mut end = MESSAGE_LIMIT - '…'.len_utf8();
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &message[..end])
}

fn say(input: &Input<'_>, step: &mut Step, words: &[Word<'_>]) {
    tell(&mut step.status, input.generation, input.now, words);
}

fn tell(status: &mut StackStatus, generation: i64, now: Timestamp, words: &[Word<'_>]) {
    status.observed_generation = Some(generation);
    for Word { kind, status: value, reason, message } in words {
        set(status, generation, now, kind, (value, reason, message));
    }
}

/// The three that every Stack has.
fn summary(input: &Input<'_>, step: &mut Step, ready: &str, is: (bool, bool), reason: &str, message: &str) {
    summarize(&mut step.status, (input.generation, input.now), ready, is, reason, message);
}

fn summarize(
    status: &mut StackStatus,
    (generation, now): (i64, Timestamp),
    ready: &str,
    (reconciling, stalled): (bool, bool),
    reason: &str,
    message: &str,
) {
    let word = |holds: bool| if holds { "True" } else { "False" };
    let words = [
        Word { kind: condition::READY, status: ready, reason, message },
        Word { kind: condition::RECONCILING, status: word(reconciling), reason, message: if reconciling { message } else { "" } },
        Word { kind: condition::STALLED, status: word(stalled), reason, message: if stalled { message } else { "" } },
    ];
    tell(status, generation, now, &words);
}

/// What is to be done fails again and again, for a reason that is not the Stack's; how it is, nobody knows.
pub fn failing(status: &mut StackStatus, generation: i64, now: Timestamp, message: &str) {
    summarize(status, (generation, now), "Unknown", (true, false), "Retrying", message);
}

/// The conditions and services of a roll-out.
pub(super) fn of_rollout(input: &Input<'_>, desired: &Desired, progress: &Progress, step: &mut Step) {
    services(input, desired, progress, step);
    let back: Vec<String> = rolled_back(step);
    if !back.is_empty() {
        let message = back.join("; ");
        say(input, step, &[Word { kind: condition::ROLLED_BACK, status: "True", reason: "ProgressDeadlineExceeded", message: &message }]);
    } else if step.status.conditions.iter().any(|condition| condition.type_ == condition::ROLLED_BACK) {
        say(input, step, &[Word { kind: condition::ROLLED_BACK, status: "False", reason: "AsAsked", message: "" }]);
    }
    let told = |select: fn(&State) -> Option<&String>| -> Vec<String> {
        progress.states.iter().filter_map(|(object, state)| Some(format!("{object}: {}", select(state)?))).collect()
    };
    let foreign = told(|state| if let State::Foreign(who) = state { Some(who) } else { None });
    let unchangeable = told(|state| if let State::Unchangeable(why) = state { Some(why) } else { None });
    let refused = told(|state| if let State::Refused(why) = state { Some(why) } else { None });
    let failed = told(|state| if let State::Failed(why) = state { Some(why) } else { None });
    let returned = told(|state| if let State::RolledBack(why) = state { Some(why) } else { None });
    let degraded = told(|state| if let State::Degraded(why) = state { Some(why) } else { None });
    let under_way = told(|state| if let State::Progressing(why) | State::Waiting(why) = state { Some(why) } else { None });
    let is_applying = !step.actions.is_empty();
    let is_moving = is_applying || progress.states.values().any(|state| matches!(state, State::Progressing(_) | State::Applying));

    let stuck = [("NameCollision", foreign), ("Failed", failed), ("RolledBack", returned), ("Immutable", unchangeable)];
    let stuck = stuck.into_iter().find(|(_, told)| !told.is_empty());
    match stuck {
        Some((reason, told)) => summary(input, step, "False", (is_moving, !is_moving), reason, &told.join("; ")),
        None if !refused.is_empty() => summary(input, step, "False", (true, false), "Refused", &refused.join("; ")),
        None if !degraded.is_empty() => summary(input, step, "False", (true, false), "Degraded", &degraded.join("; ")),
        None if progress.is_settled() && !is_applying => {
            let message = format!("revision {} runs", desired.revision);
            summary(input, step, "True", (false, false), "Ready", &message);
        }
        None => {
            let is_new = input.status.conditions.iter().all(|condition| condition.type_ != condition::READY);
            let was_unknown =
                input.status.conditions.iter().any(|condition| condition.type_ == condition::READY && condition.status == "Unknown");
            let ready = if is_new || was_unknown { "Unknown" } else { "False" };
            let message = if under_way.is_empty() { "objects are applied".to_owned() } else { under_way.join("; ") };
            summary(input, step, ready, (true, false), "Progressing", &message);
        }
    }
}

fn rolled_back(step: &Step) -> Vec<String> {
    let fallbacks = step.status.memory.fallbacks.iter();
    fallbacks
        .filter_map(|(object, fallback)| Some(format!("{object} runs revision {}: {}", fallback.to.as_ref()?.revision, fallback.reason)))
        .collect()
}

fn services(input: &Input<'_>, desired: &Desired, progress: &Progress, step: &mut Step) {
    let services: Vec<ServiceStatus> = desired
        .services
        .iter()
        .map(|service| {
            let (state, message) = state(progress.states.get(&service.object));
            // A Service of the same name is what leads to its pods.
            let address = input.observed.get(&ObjectRef::new(Kind::Service, service.object.name.as_str())).and_then(|seen| seen.note);
            ServiceStatus {
                name: service.name.to_string(),
                kind: service.object.kind.as_str().to_owned(),
                object: service.object.name.to_string(),
                ready: counts(input, &service.object),
                state,
                message: message.or(address).map(shortened),
            }
        })
        .collect();
    let ready = services.iter().filter(|service| matches!(service.state, ServiceState::Ready | ServiceState::Completed)).count();
    step.status.ready = format!("{ready}/{}", services.len());
    step.status.services = services;
}

fn state(state: Option<&State>) -> (ServiceState, Option<&str>) {
    match state {
        None => (ServiceState::Pending, None),
        Some(State::Waiting(why)) => (ServiceState::Pending, Some(why)),
        Some(State::Applying) => (ServiceState::Progressing, None),
        Some(State::Progressing(why) | State::Degraded(why)) => (ServiceState::Progressing, Some(why)),
        Some(State::Ready) => (ServiceState::Ready, None),
        Some(State::Completed) => (ServiceState::Completed, None),
        Some(State::Failed(why) | State::Refused(why) | State::Unchangeable(why) | State::Foreign(why)) => {
            (ServiceState::Failed, Some(why))
        }
        Some(State::RolledBack(why)) => (ServiceState::RolledBack, Some(why)),
    }
}

fn counts(input: &Input<'_>, object: &ObjectRef) -> String {
    match input.observed.get(object).map(|seen| &seen.health) {
        Some(Health::Progressing { ready, wanted, .. }) => format!("{ready}/{wanted}"),
        Some(Health::Ready { ready }) => format!("{ready}/{ready}"),
        Some(Health::Static | Health::Completed | Health::Failed(_)) | None => String::new(),
    }
}

/// Nothing can be applied; what runs goes on.
pub(super) fn of_nothing(input: &Input<'_>, reason: &str, message: &str, is_final: bool, step: &mut Step) {
    summary(input, step, "False", (!is_final, is_final), reason, message);
}

/// Nothing is looked at.
pub(super) fn suspended(input: &Input<'_>, step: &mut Step) {
    summary(input, step, "Unknown", (false, false), "Suspended", "spec.suspend is true");
}
