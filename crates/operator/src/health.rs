//! Port 8080: `/livez` (the runtime answers), `/readyz` (the caches are filled, the webhook has a certificate), `/metrics`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse as _;
use axum::routing::get;
use tokio::net::TcpListener;

use crate::metrics::Metrics;

/// Whether the process can do its work; shared.
#[derive(Clone, Debug)]
pub struct Readiness(Arc<AtomicUsize>);

impl Readiness {
    /// Waits for so many parts: the caches, the webhook's certificate.
    pub fn waiting_for(parts: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(parts)))
    }

    /// Says that one part is ready; each says it once.
    pub fn set(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether all are.
    pub fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }
}

/// Serves until the process ends.
///
/// # Errors
/// When the address can't be bound.
pub async fn serve(address: SocketAddr, metrics: Arc<Metrics>, ready: Readiness) -> std::io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    let readyz = move || async move {
        if ready.get() {
            (StatusCode::OK, "ok")
        } else {
            (StatusCode::SERVICE_UNAVAILABLE, "caches are not filled, or the webhook has no certificate")
        }
    };
    let text = move || async move {
        ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], metrics.text()).into_response()
    };
    let router = Router::new().route("/livez", get(|| async { "ok" })).route("/readyz", get(readyz)).route("/metrics", get(text));
    axum::serve(listener, router).await
}
