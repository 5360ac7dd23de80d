//! Events of a Stack: one for each change that a person would want to hear of. Repeats are counted by the recorder, not written anew.

use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use kube::{Client, Resource as _};
use windlass_crd::v1alpha1::Stack;

use crate::lease::Leadership;

/// Writes events.
#[derive(Clone)]
pub struct Events {
    recorder: Recorder,
    leadership: Leadership,
}

/// What an event says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Whether somebody should look.
    pub is_warning: bool,
    /// CamelCase.
    pub reason: &'static str,
    /// For people; without secrets.
    pub note: String,
    /// What was done: `Applied`, `Pruned`.
    pub action: &'static str,
}

impl Events {
    /// Writes as `identity`.
    pub fn new(client: Client, leadership: Leadership, identity: &str) -> Self {
        let reporter = Reporter { controller: "windlass-operator".to_owned(), instance: Some(identity.to_owned()) };
        Self { recorder: Recorder::new(client, reporter), leadership }
    }

    /// Tells. An event that can't be written is logged, and nothing else suffers.
    pub async fn tell(&self, stack: &Stack, word: Word) {
        let Word { is_warning, reason, note, action } = word;
        let namespace = stack.metadata.namespace.as_deref().unwrap_or_default();
        let name = stack.metadata.name.as_deref().unwrap_or_default();
        tracing::info!(namespace, stack = name, reason, note, "event");
        if !self.leadership.holds() {
            return;
        }
        let event = Event {
            type_: if is_warning { EventType::Warning } else { EventType::Normal },
            reason: reason.to_owned(),
            note: Some(note.chars().take(1000).collect()),
            action: action.to_owned(),
            secondary: None,
        };
        if let Err(error) = self.recorder.publish(&event, &stack.object_ref(&())).await {
            tracing::warn!(%error, namespace, stack = name, "an event can't be written");
        }
    }
}
