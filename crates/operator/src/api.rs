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

/// Who owns the number of pods between the operator and an autoscaler.
const REPLICAS_MANAGER: &str = "windlass-operator-replicas";

/// How long a request may take.
pub const PATIENCE: Duration = Duration::from_secs(15);

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
    /// Try again later, and not before this time is over.
    #[error("{0}")]
    Busy(String, Duration),
}

/// Fields that can't be changed once an object is there, by kind; `*` for all.
const IMMUTABLE: [(Kind, &str); 12] = [
    (Kind::Deployment, "spec.selector"),
    (Kind::DaemonSet, "spec.selector"),
    // One message for all fields but a few.
    (Kind::StatefulSet, "spec"),
    (Kind::StatefulSet, "spec.selector"),
    (Kind::Job, "spec.template"),
    (Kind::Job, "spec.selector"),
    (Kind::Service, "spec.clusterIP"),
    (Kind::Service, "spec.clusterIPs"),
    (Kind::Service, "spec.clusterIPs[0]"),
    (Kind::RoleBinding, "roleRef"),
    (Kind::PersistentVolumeClaim, "spec"),
    // It may grow.
    (Kind::PersistentVolumeClaim, "spec.resources.requests.storage"),
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
        self.apply_as(identity, FIELD_MANAGER, path, body, dry_run).await
    }

    /// Has another name own the number of pods of a workload, so that it stays as it is when the operator no longer owns it.
    ///
    /// # Errors
    /// When the server says no or nothing.
    pub async fn hand_over(&self, identity: &Identity, object: &ObjectRef, path: &str, replicas: i64) -> Result<(), Error> {
        let body = json!({
            "apiVersion": object.kind.api_version(), "kind": object.kind.as_str(), "metadata": { "name": object.name.as_str() },
            "spec": { "replicas": replicas },
        });
        self.apply_as::<Ignored>(identity, REPLICAS_MANAGER, path, &body.to_string(), "").await.map(drop)
    }

    async fn apply_as<T: DeserializeOwned>(
        &self,
        identity: &Identity,
        manager: &str,
        path: &str,
        body: &str,
        dry_run: &str,
    ) -> Result<T, Error> {
        let path = format!("{path}?fieldManager={manager}&force=true&fieldValidation=Strict{dry_run}");
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
        // A change is over, or given up, before another may lead.
        let patience = if method == Method::GET { PATIENCE } else { PATIENCE.min(self.leadership.remaining()) };
        let start = Instant::now();
        let answer = tokio::time::timeout(patience, self.client.request::<T>(request)).await;
        let (code, answer) = match answer {
            Ok(Ok(answer)) => (200, Ok(answer)),
            Ok(Err(error)) => (code(&error), Err(self::error(error, path))),
            Err(_) => (0, Err(Error::Later(format!("no answer within {} s", patience.as_secs())))),
        };
        self.metrics.request(&method, plural(path), code, start.elapsed());
        answer
    }
}

/// The code of an answer; 0 when there was none.
fn code(error: &kube::Error) -> u16 {
    if let kube::Error::Api(status) = error { status.code } else { 0 }
}

/// The kind of objects that a path is about, as the API names it in the plural.
fn plural(path: &str) -> &str {
    let mut segments = path.split('?').next().unwrap_or_default().split('/').skip_while(|segment| *segment != "namespaces").skip(2);
    segments.next().unwrap_or_default()
}

/// What an answer means.
fn error(error: kube::Error, path: &str) -> Error {
    let kube::Error::Api(status) = error else { return Error::Later(error.to_string()) };
    let message = status.message.clone();
    let seconds = status.details.as_ref().map_or(0, |details| details.retry_after_seconds);
    match status.code {
        429 | 503 if seconds > 0 => Error::Busy(message, Duration::from_secs(seconds.into())),
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
        // Somebody's webhook is away: what it is asked about waits, and the rest goes on.
        500 if message.contains("failed calling webhook") => Error::Refused { message, is_immutable: false },
        400 | 403 | 405 | 409 | 413 | 415 => Error::Refused { message, is_immutable: false },
        _ => Error::Later(message),
    }
}

/// The words of the API server for a field that can't be changed.
fn says_immutable(message: &str) -> bool {
    let words = [
        "field is immutable",
        "updates to statefulset spec",
        "spec is immutable",
        "may not change once set",
        "may not be set to 'None'",
        "cannot change roleRef",
        "can not be less than",
    ];
    words.iter().any(|words| message.contains(words))
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
    use std::sync::Mutex;

    use axum::extract::Request;
    use axum::http::StatusCode;

    use super::*;
    use crate::lease::Election;

    /// What was asked: method and address, as whom, and the body.
    type Asked = (String, Option<String>, String);

    /// A server that answers everything alike, and what it was asked.
    fn server(leadership: Leadership, code: u16, answer: Value) -> (Api, Arc<Mutex<Vec<Asked>>>) {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let router = axum::Router::new().fallback(move |request: Request| {
            let (log, answer) = (Arc::clone(&log), answer.to_string());
            async move {
                let (parts, body) = request.into_parts();
                let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
                let user = parts.headers.get("impersonate-user").map(|user| user.to_str().unwrap().to_owned());
                let asked = (format!("{} {}", parts.method, parts.uri), user, String::from_utf8(body.to_vec()).unwrap());
                log.lock().unwrap().push(asked);
                (StatusCode::from_u16(code).unwrap(), answer)
            }
        });
        (Api::new(Client::new(router, "default"), leadership, Arc::default()), asked)
    }

    fn deployer() -> Identity {
        Identity::Account(Account::new("shop", "deployer").unwrap())
    }

    const WEB: &str = "/apis/apps/v1/namespaces/shop/deployments/web";

    #[tokio::test]
    async fn what_is_applied_has_one_manager_and_is_read_strictly_as_the_account() {
        let (api, asked) = server(Leadership::always(), 200, json!({}));
        api.apply::<Ignored>(&deployer(), WEB, "{}", false).await.unwrap();
        api.apply::<Ignored>(&deployer(), WEB, "{}", true).await.unwrap();
        let line = format!("PATCH {WEB}?fieldManager=windlass-operator&force=true&fieldValidation=Strict");
        let user = Some("system:serviceaccount:shop:deployer".to_owned());
        let expected = [(line.clone(), user.clone(), "{}".to_owned()), (format!("{line}&dryRun=All"), user, "{}".to_owned())];
        assert_eq!(*asked.lock().unwrap(), expected);
    }

    #[tokio::test]
    async fn what_is_deleted_is_what_was_looked_at() {
        let (api, asked) = server(Leadership::always(), 200, json!({}));
        let delete = Delete { uid: "u-1", resource_version: Some("7"), propagation: "Background" };
        api.delete(&deployer(), WEB, delete).await.unwrap();
        let (line, user, body) = asked.lock().unwrap().remove(0);
        assert_eq!((line.as_str(), user.as_deref()), (&*format!("DELETE {WEB}"), Some("system:serviceaccount:shop:deployer")));
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["preconditions"], json!({ "uid": "u-1", "resourceVersion": "7" }));
        assert_eq!(body["propagationPolicy"], "Background");
    }

    #[tokio::test]
    async fn who_does_not_lead_may_look_and_changes_nothing() {
        let candidate = Election::new(Client::new(axum::Router::new(), "default"), "system", "lease", "one");
        let (api, asked) = server(candidate.leadership(), 200, json!({}));
        assert!(matches!(api.apply::<Ignored>(&deployer(), WEB, "{}", false).await, Err(Error::NotLeading)));
        let delete = Delete { uid: "u-1", resource_version: None, propagation: "Orphan" };
        assert!(matches!(api.delete(&deployer(), WEB, delete).await, Err(Error::NotLeading)));
        assert!(matches!(api.patch::<Ignored>(WEB, &json!([])).await, Err(Error::NotLeading)));
        assert!(asked.lock().unwrap().is_empty());
        assert!(api.get::<Ignored>(&deployer(), WEB).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn an_object_is_made_anew_only_where_the_server_says_that_a_known_field_can_not_change() {
        let said = async |collection: &str, field: &str, message: &str| {
            let status = json!({
                "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Invalid", "code": 422, "message": message,
                "details": { "causes": [{ "reason": "FieldValueInvalid", "message": message, "field": field }] },
            });
            let (api, _) = server(Leadership::always(), 422, status);
            let path = format!("/apis/apps/v1/namespaces/shop/{collection}/web");
            match api.apply::<Ignored>(&deployer(), &path, "{}", false).await {
                Err(Error::Refused { is_immutable, .. }) => is_immutable,
                other => panic!("{collection} {field}: {other:?}"),
            }
        };
        let immutable = "Invalid value: field is immutable";
        assert!(said("deployments", "spec.selector", immutable).await);
        assert!(said("jobs", "spec.template", immutable).await);
        assert!(
            said("statefulsets", "spec", "Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden").await
        );
        assert!(said("persistentvolumeclaims", "spec", "Forbidden: spec is immutable after creation").await);
        assert!(!said("deployments", "spec.template", immutable).await, "a Deployment's template may change");
        assert!(!said("deployments", "spec.selector", "Required value").await);
        assert!(!said("jobs", "spec.template.spec.containers[0].resources", "must be a quantity").await);
        // A claim that would have to shrink; it is never made anew.
        assert!(said("persistentvolumeclaims", "spec.resources.requests.storage", "Forbidden: field can not be less than before").await);
    }

    #[tokio::test]
    async fn each_answer_says_whether_another_try_may_help() {
        let asked = async |code: u16, reason: &str| {
            let status = json!({ "kind": "Status", "status": "Failure", "reason": reason, "code": code, "message": reason });
            let (api, _) = server(Leadership::always(), code, status);
            api.apply::<Ignored>(&deployer(), WEB, "{}", false).await.unwrap_err()
        };
        assert!(matches!(asked(404, "NotFound").await, Error::Gone(_)));
        assert!(matches!(asked(409, "Conflict").await, Error::Changed(_)));
        let webhook = "Internal error occurred: failed calling webhook \"a.example.com\": connection refused";
        for (code, reason) in [(403, "Forbidden"), (409, "AlreadyExists"), (413, "RequestEntityTooLarge"), (500, webhook)] {
            assert!(matches!(asked(code, reason).await, Error::Refused { is_immutable: false, .. }), "{code}");
        }
        for (code, reason) in [(429, "TooManyRequests"), (500, "InternalError"), (503, "ServiceUnavailable"), (504, "Timeout")] {
            assert!(matches!(asked(code, reason).await, Error::Later(_)), "{code}");
        }
    }

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
