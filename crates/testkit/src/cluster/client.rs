//! A plain, blocking client of an API server: paths in, status and JSON out.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;
use ureq::http::Request;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// A client with every right. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Client {
    agent: ureq::Agent,
    server: String,
    token: String,
    /// By `apiVersion`.
    resources: Arc<Mutex<BTreeMap<String, Kinds>>>,
}

/// The kinds of a group's version: the plural name, and whether it stands in a namespace.
type Kinds = BTreeMap<String, (String, bool)>;

/// What the API server answered.
#[derive(Clone, Debug)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The body; `null` when it is empty, a string when it is no JSON.
    pub body: Value,
}

impl Response {
    /// True for 2xx.
    pub fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The reason of a refusal, as the API server words it.
    pub fn message(&self) -> String {
        let message = self.body["message"].as_str().or(self.body.as_str()).unwrap_or_default();
        format!("{} {message}", self.status)
    }
}

impl Client {
    /// A client of `server`, `https://host:port`, whose certificate one of the PEM `authority` signed.
    ///
    /// # Errors
    /// When the authority is none.
    pub fn new(server: &str, authority: &str, token: &str) -> anyhow::Result<Self> {
        let authority = Certificate::from_pem(authority.as_bytes())?;
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::new_with_certs(&[authority]))
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let config = ureq::Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .proxy(None)
            .max_idle_connections_per_host(16)
            .max_idle_connections(16)
            .timeout_global(Some(Duration::from_secs(60)))
            .build();
        Ok(Self { agent: config.into(), server: server.to_owned(), token: token.to_owned(), resources: Arc::default() })
    }

    /// One request. `body` is its content type and its text.
    ///
    /// # Errors
    /// When no answer came; a refusal is an answer.
    pub fn request(&self, method: &str, path: &str, body: Option<(&str, &str)>) -> anyhow::Result<Response> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.server))
            .header("authorization", format!("Bearer {}", self.token))
            .header("accept", "application/json");
        let sent = match body {
            Some((kind, text)) => self.agent.run(request.header("content-type", kind).body(text)?),
            None => self.agent.run(request.body(())?),
        };
        let mut response = sent.with_context(|| format!("{method} {path}"))?;
        let status = response.status().as_u16();
        let text = response.body_mut().with_config().limit(64 << 20).read_to_string()?;
        let body = match text.as_str() {
            "" => Value::Null,
            text => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())),
        };
        Ok(Response { status, body })
    }

    /// Reads.
    ///
    /// # Errors
    /// When no answer came.
    pub fn get(&self, path: &str) -> anyhow::Result<Response> {
        self.request("GET", path, None)
    }

    /// Creates an object from YAML (or JSON) by the server's own reader, with strict field validation: an unknown or doubled field is
    /// refused.
    ///
    /// # Errors
    /// When no answer came.
    pub fn create(&self, collection: &str, text: &str) -> anyhow::Result<Response> {
        self.request("POST", &format!("{collection}?fieldValidation=Strict"), Some(("application/yaml", text)))
    }

    /// Deletes at once.
    ///
    /// # Errors
    /// When no answer came.
    pub fn delete(&self, path: &str) -> anyhow::Result<Response> {
        self.request("DELETE", &format!("{path}?gracePeriodSeconds=0&propagationPolicy=Background"), None)
    }

    /// The path of a kind's objects; `None` when the API server does not know the kind.
    ///
    /// # Errors
    /// When no answer came.
    pub fn collection(&self, api_version: &str, kind: &str, namespace: &str) -> anyhow::Result<Option<String>> {
        let base = if api_version.contains('/') { format!("/apis/{api_version}") } else { format!("/api/{api_version}") };
        let mut resources = self.resources.lock().unwrap_or_else(PoisonError::into_inner);
        if !resources.contains_key(api_version) {
            let found = self.get(&base)?;
            let kinds = found.body["resources"].as_array().into_iter().flatten().filter_map(|resource| {
                let name = resource["name"].as_str().filter(|name| !name.contains('/'))?;
                Some((resource["kind"].as_str()?.to_owned(), (name.to_owned(), resource["namespaced"].as_bool()?)))
            });
            resources.insert(api_version.to_owned(), kinds.collect());
        }
        let found = resources.get(api_version).and_then(|kinds| kinds.get(kind));
        Ok(found.map(|(plural, namespaced)| match namespaced {
            true => format!("{base}/namespaces/{namespace}/{plural}"),
            false => format!("{base}/{plural}"),
        }))
    }
}
