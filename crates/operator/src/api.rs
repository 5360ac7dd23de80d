//! The one way to the API server: who asks, what for, and what a refusal means. Every request has a time limit, and no change leaves this
//! process unless it leads.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::{HeaderValue, Method, Request};
use kube::Client;
use kube::core::ApiResource;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use windlass_crd::FIELD_MANAGER;
use windlass_k8s::{Kind, ObjectRef};

use crate::lease::Leadership;
use crate::metrics::Metrics;

/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// Who a request is made as.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Identity {
    /// The operator itself: Stacks, their history, leases.
    Operator,
    /// The ServiceAccount of a Stack: its sources and objects.
    Account(Account),
}

/// A ServiceAccount. Its parts can't be empty or hold a `:`, so the name that is sent can't be that of anybody else, and never nobody's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account {
    namespace: String,
    name: String,
}

impl Account {
    /// The account `name` in `namespace`; `None` when these are not names of objects.
    pub fn new(namespace: &str, name: &str) -> Option<Self> {
        let is_name = |text: &str| {
            let letters = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte));
            !text.is_empty() && text.len() <= 253 && letters
        };
        (is_name(namespace) && is_name(name)).then(|| Self { namespace: namespace.to_owned(), name: name.to_owned() })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name of the user that it is.
    fn user(&self) -> String {
        format!("system:serviceaccount:{}:{}", self.namespace, self.name)
    }
}

/// Why a request did not do what it should; the names say what the caller does about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// This process does not lead; another does it.
    #[error("another replica leads")]
    NotLeading,
    /// The object is not there.
    #[error("{0}")]
    Gone(String),
    /// The object changed since it was read: look again.
    #[error("{0}")]
    Changed(String),
    /// The API server will say no until somebody changes something.
    #[error("{message}")]
    Refused {
        /// Its words.
        message: String,
        /// Whether a field can't be changed.
        is_immutable: bool,
    },
    /// Try again later.
    #[error("{0}")]
    Later(String),
}

/// Fields that can't be changed once an object is there, by kind; `*` for all.
const IMMUTABLE: [(Kind, &str); 10] = [
    (Kind::Deployment, "spec.selector"),
    (Kind::DaemonSet, "spec.selector"),
    // One message for all fields but a few.
    (Kind::StatefulSet, "spec"),
    (Kind::StatefulSet, "spec.selector"),
    (Kind::Job, "spec.template"),
    (Kind::Job, "spec.selector"),
    (Kind::Service, "spec.clusterIP"),
    (Kind::Service, "spec.clusterIPs"),
    (Kind::RoleBinding, "roleRef"),
    (Kind::PersistentVolumeClaim, "spec"),
];

/// The API server as this process sees it.
#[derive(Clone)]
pub struct Api {
    client: Client,
    leadership: Leadership,
    metrics: Arc<Metrics>,
}

impl fmt::Debug for Api {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Api")
    }
}

/// How an object is deleted.
#[derive(Clone, Copy, Debug)]
pub struct Delete<'a> {
    /// The uid that it must have.
    pub uid: &'a str,
    /// The resourceVersion that it must have; none when any will do.
    pub resource_version: Option<&'a str>,
    /// `Background`, `Foreground` or `Orphan`.
    pub propagation: &'static str,
}

impl Api {
    /// The server of `client`.
    pub fn new(client: Client, leadership: Leadership, metrics: Arc<Metrics>) -> Self {
        Self { client, leadership, metrics }
    }

    /// The client, for watches.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// Whether this process leads.
    pub fn leads(&self) -> bool {
        self.leadership.holds()
    }

    /// Reads an object; `None` when it is not there.
    ///
    /// # Errors
    /// When the server says no or nothing.
    pub async fn get<T: DeserializeOwned>(&self, identity: &Identity, path: &str) -> Result<Option<T>, Error> {
        match self.send(identity, Method::GET, path, None).await {
            Ok(value) => Ok(Some(value)),
            Err(Error::Gone(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Applies an object with the operator's one field manager.
    ///
    /// # Errors
    /// When the server says no or nothing.
    pub async fn apply<T: DeserializeOwned>(&self, identity: &Identity, path: &str, body: &str, dry_run: bool) -> Result<T, Error> {
        let dry_run = if dry_run { "&dryRun=All" } else { "" };
        let path = format!("{path}?fieldManager={FIELD_MANAGER}&force=true&fieldValidation=Strict{dry_run}");
        self.send(identity, Method::PATCH, &path, Some(("application/apply-patch+yaml", body.to_owned()))).await
    }

    /// Changes an object by a JSON patch.
    ///
    /// # Errors
    /// When the server says no or nothing; [`Error::Changed`] when the patch names another resourceVersion.
    pub async fn patch<T: DeserializeOwned>(&self, path: &str, patch: &Value) -> Result<T, Error> {
        let path = format!("{path}?fieldManager={FIELD_MANAGER}");
        self.send(&Identity::Operator, Method::PATCH, &path, Some(("application/json-patch+json", patch.to_string()))).await
    }

    /// Deletes the object with this uid.
    ///
    /// # Errors
    /// When the server says no or nothing; [`Error::Gone`] when it is not there, [`Error::Changed`] when it is another.
    pub async fn delete(&self, identity: &Identity, path: &str, delete: Delete<'_>) -> Result<(), Error> {
        let mut preconditions = json!({ "uid": delete.uid });
        if let Some(version) = delete.resource_version {
            preconditions["resourceVersion"] = version.into();
        }
        let body = json!({
            "apiVersion": "v1", "kind": "DeleteOptions",
            "preconditions": preconditions, "propagationPolicy": delete.propagation,
        });
        let sent = self.send::<Value>(identity, Method::DELETE, path, Some(("application/json", body.to_string()))).await;
        sent.map(drop)
    }

    async fn send<T: DeserializeOwned>(
        &self,
        identity: &Identity,
        method: Method,
        path: &str,
        body: Option<(&'static str, String)>,
    ) -> Result<T, Error> {
        let mut request = Request::builder().method(method.clone()).uri(path);
        let content = match body {
            Some((kind, content)) => {
                request = request.header("content-type", kind);
                content.into_bytes()
            }
            None => Vec::new(),
        };
        if let Identity::Account(account) = identity {
            let user = HeaderValue::from_str(&account.user()).map_err(|error| Error::Later(error.to_string()))?;
            request = request.header("impersonate-user", user);
        }
        let request = request.body(content).map_err(|error| Error::Later(error.to_string()))?;
        if method != Method::GET && !self.leadership.holds() {
            return Err(Error::NotLeading);
        }
        let start = Instant::now();
        let answer = tokio::time::timeout(PATIENCE, self.client.request::<T>(request)).await;
        let answer = match answer {
            Ok(answer) => answer.map_err(|error| self::error(error, path)),
            Err(_) => Err(Error::Later(format!("no answer within {} s", PATIENCE.as_secs()))),
        };
        self.metrics.request(&method, answer.as_ref().err(), start.elapsed());
        answer
    }
}

/// What an answer means.
fn error(error: kube::Error, path: &str) -> Error {
    let kube::Error::Api(status) = error else { return Error::Later(error.to_string()) };
    let message = status.message.clone();
    match status.code {
        404 => Error::Gone(message),
        409 if status.reason == "Conflict" => Error::Changed(message),
        422 => {
            let causes = status.details.iter().flat_map(|details| &details.causes);
            let fields: Vec<&str> = causes.map(|cause| cause.field.as_str()).collect();
            let plural = |kind: Kind| format!("/{}/", resource(kind).plural);
            let is_immutable = !fields.is_empty()
                && says_immutable(&message)
                && fields.iter().all(|field| IMMUTABLE.iter().any(|(kind, known)| field == known && path.contains(&plural(*kind))));
            Error::Refused { message, is_immutable }
        }
        400 | 403 | 405 | 409 | 413 | 415 => Error::Refused { message, is_immutable: false },
        _ => Error::Later(message),
    }
}

/// The words of the API server for a field that can't be changed.
fn says_immutable(message: &str) -> bool {
    ["field is immutable", "updates to statefulset spec", "spec is immutable", "may not change once set", "cannot change roleRef"]
        .iter()
        .any(|words| message.contains(words))
}

/// The API's names of a kind.
pub fn resource(kind: Kind) -> ApiResource {
    let api_version = kind.api_version().to_owned();
    let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
    ApiResource {
        group: group.to_owned(),
        version: version.to_owned(),
        kind: kind.as_str().to_owned(),
        plural: kind.plural(),
        api_version: api_version.clone(),
    }
}

/// The path of an object.
pub fn path(object: &ObjectRef, namespace: &str) -> String {
    format!("{}/{}", collection(&resource(object.kind), namespace), object.name)
}

/// The path of the objects of a kind.
pub fn collection(resource: &ApiResource, namespace: &str) -> String {
    let base = if resource.group.is_empty() { format!("/api/{}", resource.version) } else { format!("/apis/{}", resource.api_version) };
    format!("{base}/namespaces/{namespace}/{}", resource.plural)
}

/// Any answer.
#[derive(Debug, Deserialize)]
pub struct Ignored {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_never_nobody_and_never_somebody_else() {
        assert_eq!(Account::new("shop", "deployer").unwrap().user(), "system:serviceaccount:shop:deployer");
        for (namespace, name) in [("", "a"), ("a", ""), ("a", "b:c"), ("a", "b\nc"), ("a", "ü"), ("system:masters", "a")] {
            assert_eq!(Account::new(namespace, name), None, "{namespace:?} {name:?}");
        }
    }

    #[test]
    fn paths_are_those_of_the_api() {
        let check = |kind, expected: &str| assert_eq!(path(&ObjectRef::new(kind, "x"), "n"), expected);
        check(Kind::ConfigMap, "/api/v1/namespaces/n/configmaps/x");
        check(Kind::Ingress, "/apis/networking.k8s.io/v1/namespaces/n/ingresses/x");
        check(Kind::NetworkPolicy, "/apis/networking.k8s.io/v1/namespaces/n/networkpolicies/x");
        check(Kind::HorizontalPodAutoscaler, "/apis/autoscaling/v2/namespaces/n/horizontalpodautoscalers/x");
        check(Kind::Stack, "/apis/windlass.dev/v1alpha1/namespaces/n/stacks/x");
    }
}
