//! Publishes the status: at once what somebody may wait for, the rest now and then, and nothing that is there already.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use k8s_openapi::jiff::Timestamp;
use kube::ResourceExt as _;
use serde_json::json;
use smol_str::SmolStr;
use windlass_crd::v1alpha1::{Stack, StackStatus, condition};
use windlass_k8s::ContentHash;
use windlass_source::{Diagnostic, SourceMap};

use super::apply::stack_ref;
use super::observe::StackKey;
use super::{Memo, Next, Shell};
use crate::api::{self, Error};
use crate::events::Word;
use crate::step::{Change, change, failing};

/// How long counts and messages wait: those that come and go in between are never told.
const DETAIL_DELAY: Duration = Duration::from_secs(10);
/// How long a healthy Stack may be without a pod before it is told: a drift that is repaired is none.
const DEGRADED_DELAY: Duration = Duration::from_secs(5);

/// What was published, and what waits for it.
#[derive(Debug, Default)]
pub struct Publication {
    /// The status that is stored; nothing between looks.
    last: Option<Box<StackStatus>>,
    /// A hash of it, between looks.
    digest: Option<SmolStr>,
    /// Since when something waits to be told.
    detail: Option<Instant>,
    degraded: Option<Instant>,
}

/// What is stored of a Stack that nobody looked at yet.
static NOTHING: LazyLock<StackStatus> = LazyLock::new(StackStatus::default);

impl Publication {
    fn last(&self) -> &StackStatus {
        self.last.as_deref().unwrap_or(&NOTHING)
    }

    /// Whether a status is the one that is stored.
    pub fn is_last(&self, status: &StackStatus) -> bool {
        self.last() == status
    }

    /// A look begins with this status stored; false when it is another than the last look left.
    pub fn found(&mut self, stored: &StackStatus) -> bool {
        self.last = Some(Box::new(stored.clone()));
        self.digest.take().is_some_and(|known| known == digest(stored))
    }

    /// A look ends: the Stack itself has its status.
    pub fn rest(&mut self) {
        if let Some(last) = self.last.take() {
            self.digest = Some(digest(&last));
        }
    }

    /// Puts the conditions back to what was published, so that what came and went in between leaves no trace. What the audit says is new.
    pub fn as_told(&self, status: &mut StackStatus) {
        let audited = |condition: &&Condition| condition.type_ == condition::AUDITED;
        let others = self.last().conditions.iter().filter(|condition| !audited(condition));
        status.conditions = others.chain(status.conditions.iter().filter(audited)).cloned().collect();
        status.conditions.sort_by(|one, other| one.type_.cmp(&other.type_));
    }

    /// How long the status may wait; none when it says nothing new.
    fn delay(&mut self, status: &StackStatus) -> Option<Duration> {
        let change = change(self.last(), status);
        if !(is_ready(self.last()) && reason(status) == Some("Degraded")) {
            self.degraded = None;
        }
        let since = |time: &mut Option<Instant>, delay: Duration| delay.saturating_sub(time.get_or_insert_with(Instant::now).elapsed());
        match change {
            Change::None => {
                self.detail = None;
                None
            }
            Change::Detail => Some(since(&mut self.detail, DETAIL_DELAY)),
            Change::News if is_ready(self.last()) && reason(status) == Some("Degraded") => Some(since(&mut self.degraded, DEGRADED_DELAY)),
            Change::News => Some(Duration::ZERO),
        }
    }
}

fn digest(status: &StackStatus) -> SmolStr {
    let mut hash = ContentHash::new();
    hash.part(serde_json::to_string(status).unwrap_or_default());
    hash.finish()
}

fn ready(status: &StackStatus) -> Option<&Condition> {
    status.conditions.iter().find(|condition| condition.type_ == condition::READY)
}

/// Whether a status says that the Stack is ready.
pub fn is_ready(status: &StackStatus) -> bool {
    ready(status).is_some_and(|condition| condition.status == "True")
}

fn reason(status: &StackStatus) -> Option<&str> {
    ready(status).map(|condition| condition.reason.as_str())
}

impl Memo {
    /// Publishes when it is time, and says when to look again.
    pub(super) async fn publish(
        &mut self,
        status: StackStatus,
        shell: &Shell,
        key: &StackKey,
        wake: Option<Duration>,
        at_once: bool,
    ) -> Result<Next, Error> {
        let delay = if at_once { Some(Duration::ZERO) } else { self.publication.delay(&status) };
        let later = match delay {
            None => None,
            Some(Duration::ZERO) => {
                self.publish_now(status, shell, key).await?;
                None
            }
            Some(delay) => Some(delay + Duration::from_millis(20)),
        };
        let resync = resync(shell, key);
        Ok(Next::After([wake, later, Some(resync)].into_iter().flatten().min().unwrap_or(resync)))
    }

    /// Publishes at once, if no one else changed the Stack.
    pub(super) async fn publish_now(&mut self, status: StackStatus, shell: &Shell, key: &StackKey) -> Result<(), Error> {
        let Some(stack) = self.latest.clone() else { return Ok(()) };
        if self.publication.is_last(&status) {
            return Ok(());
        }
        let patch = json!([
            { "op": "replace", "path": "/metadata/resourceVersion", "value": stack.resource_version() },
            { "op": "add", "path": "/status", "value": status },
        ]);
        let path = format!("{}/status", api::path(&stack_ref(key), &key.0));
        let stack = lean(shell.api.patch(&path, &patch).await?);
        self.announce(&status);
        self.publication.detail = None;
        self.publication.last = Some(Box::new(stack.status.clone().unwrap_or_default()));
        self.latest = Some(Arc::new(stack));
        Ok(())
    }

    /// Says that looks fail again and again; when that can't be said either, the log has it.
    pub(super) async fn publish_failure(&mut self, message: &str, shell: &Shell, key: &StackKey) {
        let Some(stack) = self.latest.clone() else { return };
        let mut status = stack.status.clone().unwrap_or_default();
        self.publication.found(&status);
        failing(&mut status, stack.metadata.generation.unwrap_or_default(), Timestamp::now(), message);
        if let Err(error) = self.publish_now(status, shell, key).await {
            tracing::debug!(%error, namespace = key.0, stack = key.1, "a failure can't be told");
        }
    }

    /// An event for a new reason of `Ready`.
    fn announce(&mut self, status: &StackStatus) {
        let Some(ready) = ready(status).filter(|ready| reason(self.publication.last()) != Some(&ready.reason)) else { return };
        let (reason, is_warning) = match ready.reason.as_str() {
            "Ready" => ("Ready", false),
            // The status says it, and an event would be one more write for each change.
            "Progressing" => return,
            "Suspended" => ("Suspended", false),
            "DryRun" => ("DryRun", false),
            _ => ("NotReady", true),
        };
        let note = format!("{}: {}", ready.reason, ready.message);
        self.tell(Word { is_warning, reason, note, action: "Reconcile" });
    }
}

/// A Stack as it is kept.
pub fn lean(mut stack: Stack) -> Stack {
    trim(&mut stack);
    stack
}

/// The annotation in which `kubectl apply` writes the object once more.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Takes out what nobody looks at, often the largest part of a Stack: who wrote which field, and its spec once more.
pub fn trim(stack: &mut Stack) {
    stack.metadata.managed_fields = None;
    if let Some(annotations) = &mut stack.metadata.annotations {
        annotations.remove(LAST_APPLIED);
    }
}

/// The time to the next look without a reason.
fn resync(shell: &Shell, key: &StackKey) -> Duration {
    let longest = spread(shell.resync_interval, key);
    if shell.watch_secrets { longest } else { longest.min(spread(shell.secret_interval, key).max(Duration::from_secs(1))) }
}

/// A time that is a fifth longer or shorter, by the name, so that Stacks made together are not looked at together.
pub(super) fn spread(time: Duration, key: &StackKey) -> Duration {
    let letters = key.0.bytes().chain(key.1.bytes()).fold(0u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    time.mul_f64(0.8 + f64::from(letters % 400) / 1000.0)
}

/// The errors among diagnostics, for a condition: place, message, remedy.
pub fn errors(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    let told = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).map(|diagnostic| {
        let place = diagnostic.span().map(|span| format!("{}: ", sources.locate(span))).unwrap_or_default();
        let help = diagnostic.help.first().map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{place}{}{help}", diagnostic.message)
    });
    told.take(8).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_without_a_reason_are_spread_by_a_fifth() {
        let times: std::collections::BTreeSet<Duration> =
            (0..100).map(|number| spread(Duration::from_secs(600), &("shop".to_owned(), format!("stack-{number}")))).collect();
        assert!(times.len() > 50, "{times:?}");
        assert!(times.iter().all(|time| (480..=720).contains(&time.as_secs())), "{times:?}");
    }

    #[test]
    fn a_count_that_comes_and_goes_is_not_told_after_a_restart_either() {
        let mut publication = Publication::default();
        let status = |ready: &str| StackStatus { ready: ready.to_owned(), ..StackStatus::default() };
        publication.found(&status("1/1"));
        let soon = publication.delay(&status("3/3"));
        assert!(soon.is_some_and(|delay| delay > DETAIL_DELAY / 2), "{soon:?}");
        assert_eq!(publication.delay(&status("1/1")), None);
        assert_eq!(publication.detail, None, "the next count waits its own time");

        publication.delay(&status("2/2"));
        publication.detail = Instant::now().checked_sub(DETAIL_DELAY);
        assert_eq!(publication.delay(&status("2/2")), Some(Duration::ZERO));
    }

    #[test]
    fn an_event_is_told_for_a_new_reason_and_not_again() {
        let mut memo = Memo::default();
        let status = |reason: &str| {
            let mut status = StackStatus::default();
            status.conditions.push(Condition {
                type_: condition::READY.to_owned(),
                status: "False".to_owned(),
                reason: reason.to_owned(),
                message: "why".to_owned(),
                observed_generation: None,
                last_transition_time: k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(k8s_openapi::jiff::Timestamp::UNIX_EPOCH),
            });
            status
        };
        memo.announce(&status("Failed"));
        memo.publication.last = Some(Box::new(status("Failed")));
        memo.announce(&status("Failed"));
        memo.announce(&status("Ready"));
        let told: Vec<_> = memo.words.iter().map(|word| (word.reason, word.is_warning, word.note.as_str())).collect();
        assert_eq!(told, [("NotReady", true, "Failed: why"), ("Ready", false, "Ready: why")]);
    }
}
