//! HTTPS on port 9443: `POST /stacks`. A slow or malformed client holds up nobody else.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Router, serve::Listener};
use rustls::ServerConfig;
use rustls::crypto::ring;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use windlass_convert::KubeVersion;

use super::Policies;
use super::certificate::Served;
use super::review::{self, Look};
use crate::metrics::Metrics;
use crate::reconcile::gate::today;
use crate::threads::Threads;

/// Bytes of a review: an object of at most 1.5 MiB, twice.
const MAX_BODY: usize = 4 << 20;
/// How long a client may take to say hello.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// Clients that may say hello at once, and connections that wait to be served.
const WAITING: usize = 64;
/// Reviews that are judged at once: each takes a processor.
const AT_ONCE: usize = 2;
/// How long a review may wait and be judged: the API server waits five seconds.
const PATIENCE: Duration = Duration::from_secs(4);

/// Who reviews Stacks.
pub(super) struct Reviewer {
    /// What every Stack must meet.
    pub(super) policies: Policies,
    /// Oldest Kubernetes that must accept the objects.
    pub(super) kube_version: KubeVersion,
    /// Counts.
    pub(super) metrics: Arc<Metrics>,
    /// Where Stacks are judged.
    pub(super) threads: Arc<Threads>,
}

struct State {
    reviewer: Reviewer,
    turns: Arc<Semaphore>,
    patience: Duration,
}

/// What is answered to requests.
fn router(reviewer: Reviewer, at_once: usize, patience: Duration) -> Router {
    let state = Arc::new(State { reviewer, turns: Arc::new(Semaphore::new(at_once)), patience });
    let stacks = post(move |body: Bytes| answer(body, Arc::clone(&state)));
    Router::new().route("/stacks", stacks).layer(DefaultBodyLimit::max(MAX_BODY))
}

/// Serves until the process ends.
pub(super) async fn serve(address: SocketAddr, served: Served, reviewer: Reviewer) -> anyhow::Result<()> {
    let versions = [&rustls::version::TLS13, &rustls::version::TLS12];
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider())).with_protocol_versions(&versions)?;
    let mut config = config.with_no_client_auth().with_cert_resolver(Arc::new(served));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let listener = TcpListener::bind(address).await.with_context(|| format!("{address} can't be bound"))?;
    let local = listener.local_addr()?;
    tracing::info!(address = %local, "the webhook answers");

    let (ready, connections) = mpsc::channel(WAITING);
    tokio::spawn(greet(listener, TlsAcceptor::from(Arc::new(config)), ready));
    axum::serve(Greeted { connections, local }, router(reviewer, AT_ONCE, PATIENCE)).await?;
    Ok(())
}

/// Accepts connections and says hello to each on its own.
async fn greet(listener: TcpListener, acceptor: TlsAcceptor, ready: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>) {
    let places = Arc::new(Semaphore::new(WAITING));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let (stream, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, say: others may be given back soon.
                tracing::warn!(%error, "a connection can't be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let (acceptor, ready) = (acceptor.clone(), ready.clone());
        tokio::spawn(async move {
            let greeted = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await;
            drop(place);
            match greeted {
                // The server is gone when nobody receives.
                Ok(Ok(stream)) => drop(ready.send((stream, address)).await),
                Ok(Err(error)) => tracing::debug!(%error, %address, "no TLS"),
                Err(_) => tracing::debug!(%address, "no TLS in time"),
            }
        });
    }
}

/// Connections that speak TLS.
struct Greeted {
    connections: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    local: SocketAddr,
}

impl Listener for Greeted {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.connections.recv().await {
            Some(connection) => connection,
            // Whoever greets lives as long as the process.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        Ok(self.local)
    }
}

async fn answer(body: Bytes, state: Arc<State>) -> Response {
    let start = Instant::now();
    let answer = tokio::time::timeout(state.patience, judged(body, &state)).await;
    state.reviewer.metrics.reviews.inc();
    state.reviewer.metrics.review_seconds.observe(start.elapsed().as_secs_f64());
    answer.unwrap_or_else(|_| (StatusCode::SERVICE_UNAVAILABLE, "not judged in time").into_response())
}

async fn judged(body: Bytes, state: &State) -> Response {
    let Ok(turn) = Arc::clone(&state.turns).acquire_owned().await else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let (policies, kube_version) = ((state.reviewer.policies)(), state.reviewer.kube_version);
    let judged = state.reviewer.threads.run(turn, move || {
        let look = Look { policies: &policies, kube_version, today: &today() };
        review::answer(&body, &look)
    });
    match judged.await {
        Ok(Ok(answer)) => ([(header::CONTENT_TYPE, "application/json")], answer.to_string()).into_response(),
        Ok(Err(error)) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
        Err(error) => {
            tracing::error!(%error, "a review failed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use kube::Client;
    use serde_json::{Value, json};

    use super::*;

    /// The webhook without TLS.
    fn webhook(at_once: usize, patience: Duration) -> (Client, Arc<Metrics>) {
        let metrics = Arc::new(Metrics::default());
        let reviewer = Reviewer {
            policies: Arc::new(Default::default),
            kube_version: KubeVersion::default(),
            metrics: Arc::clone(&metrics),
            threads: Arc::default(),
        };
        (Client::new(router(reviewer, at_once, patience), "default"), metrics)
    }

    fn review(compose: &str) -> Vec<u8> {
        let stack = json!({
            "apiVersion": "windlass.dev/v1alpha1", "kind": "Stack", "metadata": { "name": "shop" },
            "spec": { "compose": compose, "serviceAccountName": "deployer" },
        });
        json!({ "request": { "uid": "r-1", "namespace": "shop", "operation": "CREATE", "object": stack } }).to_string().into_bytes()
    }

    async fn ask(client: &Client, body: Vec<u8>) -> (StatusCode, Value) {
        let request = axum::http::Request::post("/stacks").body(kube::client::Body::from(body)).unwrap();
        let (head, body) = client.send(request).await.unwrap().into_parts();
        let body = axum::body::to_bytes(axum::body::Body::new(body), usize::MAX).await.unwrap();
        (head.status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    const GOOD: &str = "services: { web: { image: 'nginx:1.27' } }";

    #[tokio::test]
    async fn a_review_has_a_largest_size_and_a_longest_time() {
        let (client, metrics) = webhook(AT_ONCE, PATIENCE);
        let (status, answer) = ask(&client, review(GOOD)).await;
        assert_eq!((status, &answer["response"]["allowed"]), (StatusCode::OK, &json!(true)));
        assert_eq!(ask(&client, b"{".to_vec()).await.0, StatusCode::BAD_REQUEST);
        assert_eq!(ask(&client, vec![b' '; MAX_BODY + 1]).await.0, StatusCode::PAYLOAD_TOO_LARGE);
        assert!(metrics.text().contains("windlass_webhook_review_seconds_count 2"), "{}", metrics.text());
        // Nobody has a turn: it is told before the API server stops waiting.
        let (client, _) = webhook(0, Duration::from_millis(50));
        assert_eq!(ask(&client, review(GOOD)).await.0, StatusCode::SERVICE_UNAVAILABLE);
        assert!(PATIENCE < Duration::from_secs(5));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn many_reviews_at_once_are_all_answered() {
        let (client, metrics) = webhook(AT_ONCE, Duration::from_secs(60));
        let asked = (0..200).map(|number| {
            let (client, body) = (client.clone(), review(if number % 2 == 0 { GOOD } else { "services: { web: { imagee: a } }" }));
            tokio::spawn(async move { (number, ask(&client, body).await) })
        });
        for answered in futures::future::join_all(asked).await {
            let (number, (status, answer)) = answered.unwrap();
            assert_eq!((status, &answer["response"]["allowed"]), (StatusCode::OK, &json!(number % 2 == 0)));
        }
        assert!(metrics.text().contains("windlass_webhook_reviews_total 200"));
    }
}
