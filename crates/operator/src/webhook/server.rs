//! HTTPS on port 9443: `POST /stacks`. A slow or malformed client holds up nobody else.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

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
use crate::reconcile::gate::today;

/// Bytes of a review: an object of at most 1.5 MiB, twice.
const MAX_BODY: usize = 4 << 20;
/// How long a client may take to say hello.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// Clients that may say hello at once, and connections that wait to be served.
const WAITING: usize = 64;
/// Reviews that are judged at once: each takes a processor.
const AT_ONCE: usize = 4;

struct State {
    policies: Policies,
    kube_version: KubeVersion,
    turns: Semaphore,
}

/// Serves until the process ends.
pub(super) async fn serve(address: SocketAddr, served: Served, kube_version: KubeVersion, policies: Policies) -> anyhow::Result<()> {
    let versions = [&rustls::version::TLS13, &rustls::version::TLS12];
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider())).with_protocol_versions(&versions)?;
    let mut config = config.with_no_client_auth().with_cert_resolver(Arc::new(served));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let listener = TcpListener::bind(address).await.with_context(|| format!("{address} can't be bound"))?;
    let local = listener.local_addr()?;
    tracing::info!(address = %local, "the webhook answers");

    let (ready, connections) = mpsc::channel(WAITING);
    tokio::spawn(greet(listener, TlsAcceptor::from(Arc::new(config)), ready));
    let state = Arc::new(State { policies, kube_version, turns: Semaphore::new(AT_ONCE) });
    let stacks = post(move |body: Bytes| answer(body, Arc::clone(&state)));
    let router = Router::new().route("/stacks", stacks).layer(DefaultBodyLimit::max(MAX_BODY));
    axum::serve(Greeted { connections, local }, router).await?;
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
    let Ok(_turn) = state.turns.acquire().await else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let (policies, kube_version) = ((state.policies)(), state.kube_version);
    let judged = tokio::task::spawn_blocking(move || {
        let look = Look { policies: &policies, kube_version, today: &today() };
        review::answer(&body, &look)
    });
    match judged.await {
        Ok(Ok(answer)) => ([(header::CONTENT_TYPE, "application/json")], answer.to_string()).into_response(),
        Ok(Err(error)) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
        Err(error) => {
            tracing::error!(%error, "a review panicked");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
