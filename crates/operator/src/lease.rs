//! Who leads: one replica writes, the others keep their caches warm.
//!
//! The rules are those of client-go. A record counts as long as its own `leaseDurationSeconds` says, measured by the clock of this
//! process from when the record was first seen, so clocks need not agree. It is taken and renewed by `replace` with the resourceVersion
//! that was read, so of two candidates one wins. A leader that could not renew for [`RENEW_DEADLINE`] no longer writes, which is before
//! another may begin.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use k8s_openapi::jiff::Timestamp;
use kube::api::PostParams;
use kube::core::ObjectMeta;
use kube::{Api, Client, ResourceExt as _};
use tokio::sync::watch;

/// How long a record counts, in seconds.
const LEASE_SECONDS: i32 = 15;
const LEASE: Duration = Duration::from_secs(15);
/// How long a leader may go on without renewing.
const RENEW_DEADLINE: Duration = Duration::from_secs(10);
/// How often the record is looked at.
const RETRY: Duration = Duration::from_secs(2);
/// How soon after a try that failed comes the next: some ten of them before the lead is lost to a server that has errors.
const RETRY_FAILED: Duration = Duration::from_secs(1);
/// How long one try may take: two that hang lose no lead.
const TRY: Duration = Duration::from_secs(4);

/// Whether this process leads, for all who write.
#[derive(Clone, Debug)]
pub struct Leadership {
    renewed: Arc<Mutex<Option<Instant>>>,
    always: bool,
}

impl Leadership {
    /// Leads without asking: for a single replica without an election.
    pub fn always() -> Self {
        Self { renewed: Arc::default(), always: true }
    }

    fn elected() -> Self {
        Self { renewed: Arc::default(), always: false }
    }

    /// True while this process may write.
    pub fn holds(&self) -> bool {
        self.always || self.lock().is_some_and(|renewed| renewed.elapsed() < RENEW_DEADLINE)
    }

    /// How long no other may lead: what was sent is over by then.
    pub fn remaining(&self) -> Duration {
        if self.always {
            return Duration::MAX;
        }
        let renewed = *self.lock();
        renewed.map_or(Duration::ZERO, |renewed| LEASE.saturating_sub(renewed.elapsed()))
    }

    fn set(&self, renewed: Option<Instant>) {
        *self.lock() = renewed;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.renewed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A candidate for leading.
pub struct Election {
    api: Api<Lease>,
    name: String,
    identity: String,
    leadership: Leadership,
    /// The record that was seen last, and when it was first seen.
    seen: Option<(String, Instant)>,
    /// The record as this process wrote it last.
    mine: Option<Lease>,
}

impl Election {
    /// Runs for the Lease `name` in `namespace` under `identity`, which no other replica may have.
    pub fn new(client: Client, namespace: &str, name: &str, identity: &str) -> Self {
        let leadership = Leadership::elected();
        Self {
            api: Api::namespaced(client, namespace),
            name: name.to_owned(),
            identity: identity.to_owned(),
            leadership,
            seen: None,
            mine: None,
        }
    }

    /// For those who write.
    pub fn leadership(&self) -> Leadership {
        self.leadership.clone()
    }

    /// Runs until `stop` says so, then gives the Lease back; `told` hears each change. Ends early when leading was lost: the process
    /// should end too, since what it was about to write may be old.
    pub async fn run(mut self, told: watch::Sender<bool>, mut stop: watch::Receiver<bool>) -> Outcome {
        loop {
            let start = Instant::now();
            let wait = match tokio::time::timeout(TRY, self.tick(start)).await {
                Ok(Ok(())) => RETRY,
                Ok(Err(error)) => {
                    tracing::warn!(%error, "the lease can't be renewed");
                    RETRY_FAILED
                }
                Err(_) => {
                    tracing::warn!("the lease can't be renewed: no answer within {} s", TRY.as_secs());
                    RETRY_FAILED
                }
            };
            let leads = self.leadership.holds();
            let led = *told.borrow();
            // Each message makes every Stack be looked at.
            told.send_if_modified(|told| std::mem::replace(told, leads) != leads);
            if led && !leads {
                self.leadership.set(None);
                return Outcome::Lost;
            }
            let is_over = tokio::select! {
                () = tokio::time::sleep(wait) => false,
                () = async { drop(stop.wait_for(|stop| *stop).await) } => true,
            };
            if is_over {
                self.release().await;
                return Outcome::Released;
            }
        }
    }

    async fn tick(&mut self, start: Instant) -> kube::Result<()> {
        // The record as it was written needs no look before it is written again. Where somebody else wrote it since, the server refuses.
        if let Some(mut mine) = self.mine.clone() {
            mine.spec = Some(self.record(mine.spec.as_ref()));
            match self.api.replace(&self.name, &PostParams::default(), &mine).await {
                Err(kube::Error::Api(status)) if [404, 409].contains(&status.code) => self.mine = None,
                answer => return self.written(answer, start),
            }
        }
        let Some(mut current) = self.api.get_opt(&self.name).await? else {
            let metadata = ObjectMeta { name: Some(self.name.clone()), ..ObjectMeta::default() };
            let lease = Lease { metadata, spec: Some(self.record(None)) };
            return self.written(self.api.create(&PostParams::default(), &lease).await, start);
        };
        let version = current.resource_version().unwrap_or_default();
        if self.seen.as_ref().is_none_or(|(seen, _)| *seen != version) {
            self.seen = Some((version, Instant::now()));
        }
        let spec = current.spec.take().unwrap_or_default();
        let holder = spec.holder_identity.clone().unwrap_or_default();
        let lasts = Duration::from_secs(u64::try_from(spec.lease_duration_seconds.unwrap_or(LEASE_SECONDS)).unwrap_or_default());
        let is_over = self.seen.as_ref().is_some_and(|(_, since)| since.elapsed() >= lasts);
        if holder != self.identity && !holder.is_empty() && !is_over {
            self.leadership.set(None);
            return Ok(());
        }
        current.spec = Some(self.record(Some(&spec)));
        self.written(self.api.replace(&self.name, &PostParams::default(), &current).await, start)
    }

    fn written(&mut self, answer: kube::Result<Lease>, start: Instant) -> kube::Result<()> {
        match answer {
            Ok(lease) => {
                self.mine = Some(lease);
                // From before the request: the record may be as old as that.
                self.leadership.set(Some(start));
                Ok(())
            }
            // Somebody else was faster.
            Err(kube::Error::Api(status)) if status.code == 409 => {
                self.leadership.set(None);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn record(&self, before: Option<&LeaseSpec>) -> LeaseSpec {
        let now = MicroTime(Timestamp::now());
        let was_mine = before.is_some_and(|spec| spec.holder_identity.as_ref() == Some(&self.identity));
        let transitions = before.and_then(|spec| spec.lease_transitions).unwrap_or_default();
        LeaseSpec {
            holder_identity: Some(self.identity.clone()),
            lease_duration_seconds: Some(LEASE_SECONDS),
            acquire_time: before.filter(|_| was_mine).and_then(|spec| spec.acquire_time.clone()).or_else(|| Some(now.clone())),
            renew_time: Some(now),
            lease_transitions: Some(if was_mine { transitions } else { transitions + 1 }),
            ..LeaseSpec::default()
        }
    }

    /// Gives the Lease back, so that another need not wait.
    async fn release(&mut self) {
        if !self.leadership.holds() {
            return;
        }
        // From here on nothing is written.
        self.leadership.set(None);
        let Ok(Some(mut lease)) = self.api.get_opt(&self.name).await else { return };
        let Some(spec) = lease.spec.as_mut().filter(|spec| spec.holder_identity.as_ref() == Some(&self.identity)) else { return };
        spec.holder_identity = Some(String::new());
        spec.lease_duration_seconds = Some(1);
        if let Err(error) = self.api.replace(&self.name, &PostParams::default(), &lease).await {
            tracing::warn!(%error, "the lease can't be given back");
        }
    }
}

/// How an election ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// This process led and does no longer.
    Lost,
    /// It was told to stop.
    Released,
}

#[cfg(test)]
mod tests {
    use std::sync::MutexGuard;

    use axum::extract::Request;
    use axum::http::{Method, StatusCode};
    use serde_json::{Value, json};

    use super::*;

    /// A server with one Lease, or none, that refuses to write over what was not read.
    #[derive(Clone, Default)]
    struct Server(Arc<Mutex<(Option<Value>, Vec<Method>)>>);

    impl Server {
        fn lock(&self) -> MutexGuard<'_, (Option<Value>, Vec<Method>)> {
            self.0.lock().unwrap()
        }

        /// What was asked since the last time.
        fn asked(&self) -> String {
            let methods = std::mem::take(&mut self.lock().1);
            methods.iter().map(Method::as_str).collect::<Vec<_>>().join(" ")
        }

        /// Somebody else writes it.
        fn write(&self, change: impl FnOnce(&mut Value)) {
            let mut guard = self.lock();
            let lease = guard.0.as_mut().unwrap();
            change(lease);
            lease["metadata"]["resourceVersion"] = next(lease).into();
        }

        fn answer(&self, method: &Method, body: &[u8]) -> (StatusCode, Value) {
            let mut guard = self.lock();
            guard.1.push(method.clone());
            let refusal = |status: StatusCode, reason: &str| {
                (status, json!({ "kind": "Status", "status": "Failure", "code": status.as_u16(), "reason": reason }))
            };
            let mut written: Value = serde_json::from_slice(body).unwrap_or_default();
            match (&guard.0, method) {
                (Some(there), &Method::GET) => return (StatusCode::OK, there.clone()),
                (None, &Method::GET | &Method::PUT) => return refusal(StatusCode::NOT_FOUND, "NotFound"),
                (Some(there), &Method::PUT) if written["metadata"]["resourceVersion"] != there["metadata"]["resourceVersion"] => {
                    return refusal(StatusCode::CONFLICT, "Conflict");
                }
                (Some(there), _) => written["metadata"]["resourceVersion"] = next(there).into(),
                (None, _) => written["metadata"]["resourceVersion"] = "1".into(),
            }
            guard.0 = Some(written.clone());
            (StatusCode::OK, written)
        }
    }

    fn next(lease: &Value) -> String {
        (lease["metadata"]["resourceVersion"].as_str().unwrap().parse::<u64>().unwrap() + 1).to_string()
    }

    fn candidate(server: &Server, identity: &str) -> Election {
        let server = server.clone();
        let router = axum::Router::new().fallback(move |request: Request| {
            let server = server.clone();
            async move {
                let (parts, body) = request.into_parts();
                let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
                let (status, answer) = server.answer(&parts.method, &body);
                (status, answer.to_string())
            }
        });
        Election::new(Client::new(router, "default"), "system", "windlass", identity)
    }

    #[tokio::test]
    async fn who_leads_writes_the_lease_without_reading_it_first() {
        let server = Server::default();
        let mut one = candidate(&server, "one");
        one.tick(Instant::now()).await.unwrap();
        assert_eq!((server.asked().as_str(), one.leadership.holds()), ("GET POST", true));
        one.tick(Instant::now()).await.unwrap();
        assert_eq!((server.asked().as_str(), one.leadership.holds()), ("PUT", true));
        // Somebody wrote something else on it.
        server.write(|lease| lease["metadata"]["labels"] = json!({ "a": "b" }));
        one.tick(Instant::now()).await.unwrap();
        assert_eq!((server.asked().as_str(), one.leadership.holds()), ("PUT GET PUT", true));
        assert_eq!(server.lock().0.as_ref().unwrap()["metadata"]["labels"], json!({ "a": "b" }));
        assert_eq!(server.lock().0.as_ref().unwrap()["spec"]["leaseTransitions"], 1);
    }

    #[tokio::test]
    async fn who_finds_another_in_the_lease_no_longer_leads_and_leaves_it() {
        let server = Server::default();
        let mut one = candidate(&server, "one");
        one.tick(Instant::now()).await.unwrap();
        server.write(|lease| lease["spec"]["holderIdentity"] = "other".into());
        one.tick(Instant::now()).await.unwrap();
        assert_eq!((server.asked().as_str(), one.leadership.holds()), ("GET POST PUT GET", false));
        // Deleted, and made by another.
        let mut other = candidate(&server, "other");
        other.tick(Instant::now()).await.unwrap();
        server.lock().0 = None;
        one.tick(Instant::now()).await.unwrap();
        other.tick(Instant::now()).await.unwrap();
        assert!(one.leadership.holds() && !other.leadership.holds());
    }
}
