//! Events of a Stack: one for each change that a person would want to hear of. Repeats are counted, not written anew.
//!
//! No look waits for them: they stand in a queue of their own, which has an end, and one Stack says no more than [`Allowance`] lets it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use k8s_openapi::jiff::Timestamp;
use kube::api::{Patch, PatchParams, PostParams};
use kube::{Api, Client, Resource as _};
use serde_json::json;
use smol_str::SmolStr;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use windlass_crd::v1alpha1::Stack;
use windlass_k8s::ContentHash;

use crate::lease::Leadership;
use crate::metrics::Metrics;

/// Events that wait to be written; what comes when there are more is only logged.
const QUEUE: usize = 1000;
/// How long the last ones may take when the process ends.
const LAST: Duration = Duration::from_secs(2);

/// Writes events.
pub struct Events {
    queue: Mutex<Option<mpsc::Sender<(ObjectReference, Word)>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    metrics: Arc<Metrics>,
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
    /// Writes as `identity`, from a task of its own.
    pub fn new(client: Client, leadership: Leadership, identity: &str, metrics: Arc<Metrics>) -> Self {
        let mut writer = Writer { client, identity: identity.to_owned(), said: BTreeMap::new() };
        let (queue, mut queued) = mpsc::channel::<(ObjectReference, Word)>(QUEUE);
        let writer = tokio::spawn(async move {
            while let Some((stack, word)) = queued.recv().await {
                if !leadership.holds() {
                    continue;
                }
                // One that can't be written is logged, and nothing else suffers.
                if let Err(error) = writer.write(&stack, word).await {
                    tracing::warn!(%error, namespace = stack.namespace, stack = stack.name, "an event can't be written");
                }
            }
        });
        Self { queue: Mutex::new(Some(queue)), writer: Mutex::new(Some(writer)), metrics }
    }

    /// Tells, as far as the Stack's allowance goes.
    pub fn tell(&self, stack: &Stack, word: Word, allowance: &mut Allowance) {
        let namespace = stack.metadata.namespace.as_deref().unwrap_or_default();
        let name = stack.metadata.name.as_deref().unwrap_or_default();
        tracing::info!(namespace, stack = name, reason = word.reason, note = word.note, "event");
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let is_queued = allowance.take(Instant::now()) && queue.is_some_and(|queue| queue.try_send((stack.object_ref(&()), word)).is_ok());
        if !is_queued {
            self.metrics.events_dropped.inc();
        }
    }

    /// Writes what is queued and no more.
    pub async fn finish(&self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer {
            // Who is too slow is cut short: events are a help, not a record.
            let _ = tokio::time::timeout(LAST, writer).await;
        }
    }
}

/// How long the same is counted and not written anew.
const REPEAT: Duration = Duration::from_secs(360);
/// Bytes of a note; the API server takes a few more.
const NOTE: usize = 1000;

/// Writes events, and counts those that it wrote lately.
struct Writer {
    client: Client,
    identity: String,
    /// By a hash of what was said of what: little is kept, since many Stacks may say something at once.
    said: BTreeMap<SmolStr, Said>,
}

struct Said {
    event: String,
    times: i32,
    at: Instant,
}

impl Writer {
    async fn write(&mut self, stack: &ObjectReference, word: Word) -> kube::Result<()> {
        let Word { is_warning, reason, mut note, action } = word;
        note.truncate(note.floor_char_boundary(NOTE));
        self.said.retain(|_, said| said.at.elapsed() < REPEAT);
        let mut key = ContentHash::new();
        for part in [stack.uid.as_deref().unwrap_or_default(), stack.name.as_deref().unwrap_or_default(), reason, action, &note] {
            key.part(part);
        }
        let key = key.finish();
        let namespace = stack.namespace.as_deref().unwrap_or_default();
        let (api, now) = (Api::<Event>::namespaced(self.client.clone(), namespace), Timestamp::now());
        if let Some(said) = self.said.get_mut(&key) {
            (said.times, said.at) = (said.times.saturating_add(1), Instant::now());
            let series = json!({ "series": { "count": said.times, "lastObservedTime": MicroTime(now) } });
            match api.patch(&said.event, &PatchParams::default(), &Patch::Merge(series)).await {
                // The API server forgets events after a while.
                Err(kube::Error::Api(status)) if status.code == 404 => {}
                answer => return answer.map(drop),
            }
        }
        let name = format!("{}.{:x}", stack.name.as_deref().unwrap_or_default(), now.as_nanosecond());
        let event = Event {
            metadata: ObjectMeta { name: Some(name.clone()), namespace: stack.namespace.clone(), ..ObjectMeta::default() },
            event_time: Some(MicroTime(now)),
            reporting_controller: Some("windlass-operator".to_owned()),
            reporting_instance: Some(self.identity.clone()),
            regarding: Some(stack.clone()),
            type_: Some(if is_warning { "Warning" } else { "Normal" }.to_owned()),
            reason: Some(reason.to_owned()),
            action: Some(action.to_owned()),
            note: Some(note),
            ..Event::default()
        };
        api.create(&PostParams::default(), &event).await?;
        self.said.insert(key, Said { event: name, times: 1, at: Instant::now() });
        Ok(())
    }
}

/// What one Stack may say: [`BURST`] events at once, and one more each [`PAUSE`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Allowance {
    taken: u32,
    since: Option<Instant>,
}

const BURST: u32 = 25;
const PAUSE: Duration = Duration::from_secs(30);

impl Allowance {
    fn take(&mut self, now: Instant) -> bool {
        let since = *self.since.get_or_insert(now);
        let back = u32::try_from(now.duration_since(since).as_secs() / PAUSE.as_secs()).unwrap_or(u32::MAX);
        if back >= self.taken {
            *self = Self { taken: 0, since: Some(now) };
        } else {
            self.taken -= back;
            self.since = Some(since + PAUSE * back);
        }
        if self.taken == BURST {
            return false;
        }
        self.taken += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn word(note: String) -> Word {
        Word { is_warning: true, reason: "NotReady", note, action: "Reconcile" }
    }

    #[test]
    fn a_stack_may_say_so_much_at_once_and_then_a_little() {
        let mut allowance = Allowance::default();
        let start = Instant::now();
        let mut said = |seconds: u64, tries: usize| (0..tries).filter(|_| allowance.take(start + Duration::from_secs(seconds))).count();
        assert_eq!(said(0, 100), 25);
        assert_eq!(said(29, 100), 0);
        assert_eq!(said(30, 100), 1);
        assert_eq!(said(100, 100), 2);
        assert_eq!(said(119, 100), 0);
        assert_eq!(said(120, 100), 1);
        assert_eq!(said(100_000, 100), 25);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_flood_of_events_is_cut_and_holds_up_nobody() {
        let written = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&written);
        let router = axum::Router::new().fallback(move |_: axum::extract::Request| {
            let count = Arc::clone(&count);
            async move {
                count.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(1)).await;
                axum::http::StatusCode::INTERNAL_SERVER_ERROR
            }
        });
        let metrics = Arc::<Metrics>::default();
        let events = Events::new(Client::new(router, "default"), Leadership::always(), "one", Arc::clone(&metrics));
        let start = Instant::now();
        for number in 0..10_000 {
            let mut stack = Stack::new(&format!("s{number}"), Default::default());
            stack.metadata.namespace = Some("shop".to_owned());
            let mut allowance = Allowance::default();
            for word in (0..2).map(|number| word(format!("trouble {number}"))) {
                events.tell(&stack, word, &mut allowance);
            }
        }
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        events.finish().await;
        let (written, dropped) = (written.load(Ordering::Relaxed), metrics.events_dropped.get());
        assert!(written > 0 && dropped > 10_000 && written as u64 + dropped <= 20_000, "{written} written, {dropped} dropped");
        assert!(metrics.text().contains("windlass_events_dropped_total"));
        // No name of a Stack becomes a series.
        assert!(!metrics.text().contains("s9999"));
    }

    #[tokio::test]
    async fn what_is_said_again_is_counted_and_not_written_anew() {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let asks = Arc::clone(&asked);
        let router = axum::Router::new().fallback(move |request: axum::extract::Request| {
            let asks = Arc::clone(&asks);
            async move {
                let (head, body) = request.into_parts();
                let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
                let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
                let what = if head.method == "POST" { body["note"].to_string() } else { body["series"]["count"].to_string() };
                asks.lock().unwrap().push(format!("{} {what}", head.method));
                // The third is one that the API server does not have any more.
                let is_gone = body["series"]["count"] == 3;
                let status = if is_gone { axum::http::StatusCode::NOT_FOUND } else { axum::http::StatusCode::OK };
                let failure =
                    json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "", "reason": "NotFound", "code": 404 });
                (status, if is_gone { failure } else { json!({ "metadata": {}, "eventTime": null }) }.to_string())
            }
        });
        let client = Client::new(router, "default");
        let mut writer = Writer { client, identity: "one".to_owned(), said: BTreeMap::new() };
        let mut stack = Stack::new("shop", Default::default());
        stack.metadata.namespace = Some("shop".to_owned());
        let stack = stack.object_ref(&());
        for note in ["a", "a", "b", "a", "a"] {
            writer.write(&stack, word(note.to_owned())).await.unwrap();
        }
        let expected = ["POST \"a\"", "PATCH 2", "POST \"b\"", "PATCH 3", "POST \"a\"", "PATCH 2"];
        assert_eq!(*asked.lock().unwrap(), expected);
        // A note has a largest size, in bytes.
        writer.write(&stack, word("ö".repeat(800))).await.unwrap();
        assert!(asked.lock().unwrap().last().is_some_and(|asked| asked == &format!("POST \"{}\"", "ö".repeat(500))));
    }
}
