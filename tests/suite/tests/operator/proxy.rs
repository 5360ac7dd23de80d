//! A proxy between the operator and the API server, which delays, loses, repeats, refuses and ages what passes, and ends the operator at a
//! given request. It speaks HTTP to the operator and passes the operator's token on, so the API server sees the operator's own rights.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, Version, header};
use axum::response::Response;
use axum::serve::Listener;
use futures::{StreamExt as _, stream};
use kube::config::{AuthInfo, KubeConfigOptions, Kubeconfig};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use windlass_testkit::Cluster;

/// A request on its way.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// When it came, and when it was answered.
    pub(crate) at: Instant,
    pub(crate) until: Instant,
    pub(crate) method: String,
    /// With its query.
    pub(crate) path: String,
    /// Which change of Stacks, their history and their objects it is, from 1; 0 for every other request.
    pub(crate) change: usize,
    /// Which request it is, from 1.
    pub(crate) number: usize,
}

impl Asked {
    pub(crate) fn is_watch(&self) -> bool {
        self.path.contains("watch=true")
    }

    pub(crate) fn is_of(&self, plural: &str) -> bool {
        let path = self.path.split('?').next().unwrap_or_default();
        path.split('/').any(|segment| segment == plural)
    }
}

/// What becomes of a request.
#[derive(Clone, Debug)]
pub(crate) enum Fate {
    /// It passes.
    Pass,
    /// It passes after a while.
    Slow(Duration),
    /// The API server does it at once, and the answer comes after a while.
    Late(Duration),
    /// Nobody hears of it, and no answer comes.
    Vanish,
    /// The API server is not asked; this is the answer, with `Retry-After` seconds.
    Answer(u16, u64),
    /// The API server does it, and the answer is lost.
    Lose,
    /// A watch that begins and says that its version is no longer known.
    Expired,
    /// Another path is asked for instead.
    Instead(String),
    /// The operator ends before it is sent.
    KillBefore,
    /// The operator ends after the API server did it and before it hears of it.
    KillAfter,
}

/// How the way is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// Open.
    Up,
    /// Connections are refused, and those that are there are cut.
    Down,
    /// Nothing moves, in either direction.
    Silent,
}

/// What becomes of the words of watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Words {
    /// They pass.
    Pass,
    /// Each comes twice.
    Twice,
    /// Those of this kind wait until so many may pass.
    Hold(&'static str, usize),
}

type Rule = Arc<dyn Fn(&Asked) -> Fate + Send + Sync>;

struct Shared {
    client: kube::Client,
    rule: Mutex<Rule>,
    link: watch::Sender<Link>,
    words: watch::Sender<Words>,
    /// Words of watches that waited and passed.
    passed: AtomicUsize,
    asked: Mutex<Vec<Asked>>,
    numbers: AtomicUsize,
    changes: AtomicUsize,
    victim: AtomicI32,
    has_killed: AtomicBool,
}

pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    runtime: Option<Runtime>,
}

impl Proxy {
    /// In front of a cluster's API server.
    pub(crate) fn start(cluster: &Cluster) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let kubeconfig = Kubeconfig::read_from(cluster.kubeconfig()).expect("a kubeconfig");
        let (listener, client) = runtime.block_on(async {
            let options = KubeConfigOptions::default();
            let mut config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await.expect("a configuration");
            // Who asks is the operator.
            config.auth_info = AuthInfo::default();
            config.default_retry = false;
            (TcpListener::bind("127.0.0.1:0").await.expect("a free port"), kube::Client::try_from(config).expect("a client"))
        });
        let shared = Arc::new(Shared {
            client,
            rule: Mutex::new(Arc::new(|_| Fate::Pass)),
            link: watch::Sender::new(Link::Up),
            words: watch::Sender::new(Words::Pass),
            passed: AtomicUsize::default(),
            asked: Mutex::default(),
            numbers: AtomicUsize::default(),
            changes: AtomicUsize::default(),
            victim: AtomicI32::default(),
            has_killed: AtomicBool::default(),
        });
        let address = listener.local_addr().expect("an address");
        let router = Router::new().fallback(pass).with_state(Arc::clone(&shared));
        let door = Door { listener, shared: Arc::clone(&shared) };
        runtime.spawn(async move { axum::serve(door, router).await });
        Self { address, shared, runtime: Some(runtime) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What becomes of requests from now on; changes are counted from 1 again.
    pub(crate) fn rule(&self, rule: impl Fn(&Asked) -> Fate + Send + Sync + 'static) {
        *self.shared.rule.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(rule);
        self.shared.changes.store(0, Ordering::SeqCst);
        self.shared.has_killed.store(false, Ordering::SeqCst);
    }

    pub(crate) fn link(&self, link: Link) {
        self.shared.link.send_replace(link);
    }

    pub(crate) fn words(&self, words: Words) {
        self.shared.passed.store(0, Ordering::SeqCst);
        self.shared.words.send_replace(words);
    }

    /// Who ends when a rule says so.
    pub(crate) fn victim(&self, process: u32) {
        self.shared.victim.store(i32::try_from(process).expect("a process id"), Ordering::SeqCst);
    }

    /// Whether somebody was ended since the rule was set.
    pub(crate) fn has_killed(&self) -> bool {
        self.shared.has_killed.load(Ordering::SeqCst)
    }

    /// Everything that was passed on to the API server.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The changes among it.
    pub(crate) fn changes(&self) -> Vec<Asked> {
        self.asked().into_iter().filter(|asked| asked.change > 0).collect()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Takes connections while the way is open.
struct Door {
    listener: TcpListener,
    shared: Arc<Shared>,
}

impl Listener for Door {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            let accepted = Listener::accept(&mut self.listener).await;
            if *self.shared.link.borrow() != Link::Down {
                return accepted;
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Shared {
    fn note(&self, request: &Request) -> Asked {
        let path = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
        let method = request.method().to_string();
        let now = Instant::now();
        let mut asked = Asked { at: now, until: now, method, path, change: 0, number: self.numbers.fetch_add(1, Ordering::SeqCst) + 1 };
        if asked.method != "GET" && !asked.is_of("leases") && !asked.is_of("events") {
            asked.change = self.changes.fetch_add(1, Ordering::SeqCst) + 1;
        }
        asked
    }

    /// Waits until something may pass; `false` when the way is cut.
    async fn is_open(&self) -> bool {
        let mut link = self.link.subscribe();
        let link = link.wait_for(|link| *link != Link::Silent).await.map_or(Link::Down, |link| *link);
        link == Link::Up
    }

    /// Ends when the way is cut.
    async fn cut(&self) {
        let mut link = self.link.subscribe();
        drop(link.wait_for(|link| *link == Link::Down).await);
    }

    /// Waits until a word of a watch may pass, and says how often it comes.
    async fn turn(&self, asked: &Asked) -> usize {
        let mut words = self.words.subscribe();
        loop {
            match *words.borrow_and_update() {
                Words::Twice => return 2,
                Words::Hold(plural, allowed) if asked.is_of(plural) => {
                    if self.passed.load(Ordering::SeqCst) < allowed {
                        self.passed.fetch_add(1, Ordering::SeqCst);
                        return 1;
                    }
                }
                Words::Pass | Words::Hold(..) => return 1,
            }
            if words.changed().await.is_err() {
                return 1;
            }
        }
    }

    fn answered(&self, number: usize) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(asked) = asked.iter_mut().find(|asked| asked.number == number) {
            asked.until = Instant::now();
        }
    }

    fn kill(&self) {
        let process = self.victim.load(Ordering::SeqCst);
        if process > 0 {
            // It may have ended by itself.
            let _ = kill(Pid::from_raw(process), Signal::SIGKILL);
        }
        self.has_killed.store(true, Ordering::SeqCst);
    }
}

/// An answer whose end never comes.
fn broken() -> Response {
    Response::new(Body::from_stream(stream::once(async { Err::<Bytes, _>(std::io::Error::other("cut")) })))
}

fn status(code: u16, seconds: u64) -> Response {
    let reason = if code == 409 { "Conflict" } else { "ByTheProxy" };
    let body = json!({
        "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": "by the proxy",
        "details": { "retryAfterSeconds": seconds },
    });
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(code).expect("a status");
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    response
}

async fn pass(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let asked = shared.note(&request);
    if !shared.is_open().await {
        return broken();
    }
    let rule = Arc::clone(&shared.rule.lock().unwrap_or_else(PoisonError::into_inner));
    let fate = rule(&asked);
    let (mut parts, body) = request.into_parts();
    match &fate {
        Fate::Slow(time) => tokio::time::sleep(*time).await,
        Fate::Vanish => return std::future::pending().await,
        Fate::Answer(code, seconds) => return status(*code, *seconds),
        Fate::Expired => {
            let expired = json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 410, "reason": "Expired", "message": "too old" });
            return Response::new(Body::from(json!({ "type": "ERROR", "object": expired }).to_string() + "\n"));
        }
        Fate::KillBefore => {
            shared.kill();
            return std::future::pending().await;
        }
        Fate::Instead(path) => parts.uri = path.parse().expect("a path"),
        Fate::Pass | Fate::Late(_) | Fate::Lose | Fate::KillAfter => {}
    }
    let Ok(content) = axum::body::to_bytes(body, usize::MAX).await else { return broken() };
    for name in [header::HOST, header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING] {
        parts.headers.remove(name);
    }
    parts.version = Version::default();
    shared.asked.lock().unwrap_or_else(PoisonError::into_inner).push(asked.clone());
    // A task of its own: whoever asked may be gone before the API server answers, which then did it all the same.
    let client = shared.client.clone();
    let sent = tokio::spawn(async move { client.send(axum::http::Request::from_parts(parts, kube::client::Body::from(content))).await });
    let Ok(Ok(response)) = sent.await else { return broken() };
    let (mut head, body) = response.into_parts();
    // The API server may speak another version.
    head.version = Version::HTTP_11;
    for name in [header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING] {
        head.headers.remove(name);
    }
    let body = Body::new(body);
    if asked.is_watch() {
        return Response::from_parts(head, Body::from_stream(words(shared, asked, body)));
    }
    let Ok(content) = axum::body::to_bytes(body, usize::MAX).await else { return broken() };
    shared.answered(asked.number);
    match fate {
        Fate::Lose => return broken(),
        Fate::Late(time) => tokio::time::sleep(time).await,
        Fate::KillAfter => {
            shared.kill();
            return std::future::pending().await;
        }
        _ => {}
    }
    if !shared.is_open().await { broken() } else { Response::from_parts(head, Body::from(content)) }
}

/// The words of a watch, one a line.
fn words(shared: Arc<Shared>, asked: Asked, body: Body) -> impl stream::Stream<Item = Result<Bytes, std::io::Error>> {
    let start = (body.into_data_stream(), Vec::new(), VecDeque::<Bytes>::new());
    stream::unfold((shared, asked, start), |(shared, asked, (mut data, mut rest, mut lines))| async move {
        let cut = || Err(std::io::Error::other("cut"));
        loop {
            if let Some(line) = lines.pop_front() {
                let times = tokio::select! {
                    times = shared.turn(&asked) => times,
                    () = shared.cut() => return Some((cut(), (shared, asked, (data, rest, lines)))),
                };
                if !shared.is_open().await {
                    return Some((cut(), (shared, asked, (data, rest, lines))));
                }
                let text = Bytes::from(line.repeat(times));
                return Some((Ok(text), (shared, asked, (data, rest, lines))));
            }
            let next = tokio::select! {
                next = data.next() => next,
                () = shared.cut() => return Some((cut(), (shared, asked, (data, rest, lines)))),
            };
            let Some(Ok(chunk)) = next else { return None };
            rest.extend_from_slice(&chunk);
            while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = rest.drain(..=end).collect();
                lines.push_back(line.into());
            }
        }
    })
}
