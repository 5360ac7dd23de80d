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

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn it_lives_at_once_and_is_ready_when_every_part_is() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let ready = Readiness::waiting_for(2);
        tokio::spawn(serve(address, Arc::default(), ready.clone()));
        let ask = |path: &str| {
            let mut stream = loop {
                match std::net::TcpStream::connect(address) {
                    Ok(stream) => break stream,
                    Err(_) => std::thread::sleep(std::time::Duration::from_millis(10)),
                }
            };
            write!(stream, "GET {path} HTTP/1.0\r\nhost: x\r\n\r\n").unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).unwrap();
            text
        };
        assert!(ask("/livez").contains(" 200 "));
        assert!(ask("/readyz").contains(" 503 "));
        ready.set();
        assert!(ask("/readyz").contains(" 503 "));
        ready.set();
        assert!(ask("/readyz").contains(" 200 "));
        assert!(ask("/metrics").contains("windlass_leader"));
    }
}
