//! The cluster of a kubeconfig, for what asks it: objects as it has them, and dry runs of others.
//!
//! It is reached through `kubectl proxy` on a socket that only this user can open: kubectl knows every way to authenticate (plugins of
//! clouds, OIDC, proxies, several kubeconfigs), and this binary needs no TLS. Nothing here changes a cluster.
#![expect(clippy::disallowed_methods, reason = "kubectl is a program of its own")]

mod http;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use clap::Args;
use windlass_k8s::view::{Fields as _, text};
use windlass_source::{Code, Diagnostic, SourceMap};
use windlass_yaml::{Budget, Node, parse};

use crate::commands::Stop;
use http::Answer;

const CODE: Code = Code("cli::cluster");
/// Who a dry run says that it is, unless it stands for somebody; nothing is written, so nobody ever sees it as an owner of fields.
pub(crate) const MANAGER: &str = "windlass";
/// Requests under way at a time.
const AT_ONCE: usize = 8;
/// Reads a line that never comes: its end is that of this process, however it ended, and then kubectl's too.
const UNTIL_WE_END: &str = r#"exec 3<&0; { read -r line <&3; kill $$; } >/dev/null 2>&1 & exec "$@" </dev/null 3<&-"#;

// Which cluster is asked.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ClusterArgs {
    /// Context of the kubeconfig whose cluster is asked, in place of the current one
    #[arg(long, value_name = "NAME", help_heading = "Cluster")]
    context: Option<String>,
    /// Kubeconfig file, in place of `KUBECONFIG` and `~/.kube/config`
    #[arg(long, value_name = "FILE", help_heading = "Cluster")]
    kubeconfig: Option<PathBuf>,
}

/// A cluster that answers.
pub(crate) struct Cluster {
    kubectl: Child,
    directory: tempfile::TempDir,
    /// The namespace of objects that name none.
    namespace: String,
    /// The minor version of Kubernetes, where it says one.
    minor: Option<u32>,
    /// What each `apiVersion` serves.
    kinds: Mutex<BTreeMap<String, Kinds>>,
}

/// The kinds of a group's version: the plural name, and whether it stands in a namespace.
type Kinds = BTreeMap<String, (String, bool)>;

/// Names an object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reference<'a> {
    pub(crate) api_version: &'a str,
    pub(crate) kind: &'a str,
    /// `None` stands for the context's.
    pub(crate) namespace: Option<&'a str>,
    pub(crate) name: &'a str,
}

/// What a dry run said.
#[derive(Clone, Debug)]
pub(crate) enum DryRun {
    /// The kind is not served.
    UnknownKind,
    /// The server's answer: its status, its body and its warnings.
    Answered { status: u16, body: String, warnings: Vec<String> },
}

impl Cluster {
    /// Starts kubectl and asks for the cluster's version.
    ///
    /// # Errors
    /// Without kubectl, without a cluster, and where it does not answer or does not know who asks.
    pub(crate) fn connect(args: &ClusterArgs) -> Result<Self, Stop> {
        let directory = tempfile::Builder::new().prefix("windlass-").tempdir().map_err(|error| unusable(&error.to_string()))?;
        let log = directory.path().join("kubectl.log");
        let mut command = Command::new("sh");
        command.args(["-c", UNTIL_WE_END, "sh", "kubectl", "proxy"]);
        command.arg(format!("--unix-socket={}", directory.path().join("socket").display())).args(args.flags());
        let errors = File::create(&log).map_err(|error| unusable(&error.to_string()))?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors);
        let mut kubectl = command.spawn().map_err(|error| unusable(&error.to_string()))?;
        // It says so when it listens; at its end the line is empty.
        let mut line = String::new();
        let listens = kubectl.stdout.take().is_some_and(|stdout| BufReader::new(stdout).read_line(&mut line).is_ok_and(|read| read > 0));
        let namespace = args.namespace();
        let mut cluster = Self { kubectl, directory, namespace, minor: None, kinds: Mutex::default() };
        if !listens {
            let status = cluster.kubectl.wait().ok().and_then(|status| status.code());
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            return Err(match status {
                Some(127) => unusable("there is no `kubectl` in `PATH`").help("install kubectl; clusters are reached through it"),
                _ => unusable(said.trim().trim_start_matches("error: ")).help("`kubectl config get-contexts` shows what there is"),
            }
            .into());
        }
        let version = cluster.request("GET", "/version", None)?;
        match version.status {
            200 => {}
            // kubectl's own address of a cluster where it knows of none.
            500.. if version.body.contains(":8080: ") => {
                return Err(unusable("kubectl knows of no cluster").help("set `KUBECONFIG`, or pass `--kubeconfig FILE`").into());
            }
            // Not the server's words but the proxy's: there was no answer.
            500.. => return Err(unusable(version.body.trim()).help("`kubectl config view --minify` shows where it should be").into()),
            _ => return Err(refused("tell its version", &version).into()),
        }
        cluster.minor = json(&version.body).text("minor").and_then(|minor| minor.trim_end_matches('+').parse().ok());
        Ok(cluster)
    }

    /// The minor version of its Kubernetes.
    pub(crate) fn minor(&self) -> Option<u32> {
        self.minor
    }

    /// An object as the cluster has it, as JSON; `None` where it has none, or does not serve the kind.
    ///
    /// # Errors
    /// Without an answer, and where this user may not read it.
    pub(crate) fn get(&self, of: Reference<'_>) -> Result<Option<String>, Stop> {
        let Some(collection) = self.collection(of)? else { return Ok(None) };
        let answer = self.request("GET", &format!("{collection}/{}", http::percent(of.name)), None)?;
        match answer.status {
            200 => Ok(Some(answer.body)),
            404 => Ok(None),
            _ => Err(refused(&format!("give {}/{}", of.kind, of.name), &answer).into()),
        }
    }

    /// The objects of a kind in a namespace that have all of these labels, as JSON; an empty list where the kind is not served.
    ///
    /// # Errors
    /// Without an answer, and where this user may not list them.
    pub(crate) fn list(&self, of: Reference<'_>, selector: &str) -> Result<String, Stop> {
        let Some(collection) = self.collection(of)? else { return Ok(r#"{"items":[]}"#.to_owned()) };
        let answer = self.request("GET", &format!("{collection}?labelSelector={}", http::percent(selector)), None)?;
        match answer.status {
            200 => Ok(answer.body),
            _ => Err(refused(&format!("list objects of the kind {}", of.kind), &answer).into()),
        }
    }

    /// What the server would say of creating an object, or of applying it as `manager` where it is there already. `manifest` is its YAML
    /// or JSON.
    ///
    /// # Errors
    /// Without an answer. A refusal is one.
    pub(crate) fn dry_run(&self, of: Reference<'_>, manifest: &str, manager: &str) -> Result<DryRun, Stop> {
        const ASKED: &str = "dryRun=All&fieldValidation=Strict&fieldManager=";
        let Some(collection) = self.collection(of)? else { return Ok(DryRun::UnknownKind) };
        let manager = http::percent(manager);
        let mut answer = self.request("POST", &format!("{collection}?{ASKED}{manager}"), Some(("application/yaml", manifest)))?;
        if answer.status == 409 && !of.name.is_empty() {
            // Forced: that others own fields is no fault of the manifest.
            let path = format!("{collection}/{}?{ASKED}{manager}&force=true", http::percent(of.name));
            answer = self.request("PATCH", &path, Some(("application/apply-patch+yaml", manifest)))?;
        }
        Ok(DryRun::Answered { status: answer.status, body: answer.body, warnings: answer.warnings })
    }

    /// `ask` on each item, several at a time: most of an answer's time is its way. The results stand in the items' order.
    pub(crate) fn each<T: Sync, R: Send>(&self, items: &[T], ask: impl Fn(&T) -> R + Sync) -> Vec<R> {
        let next = AtomicUsize::new(0);
        let done: Vec<Mutex<Option<R>>> = items.iter().map(|_| Mutex::new(None)).collect();
        std::thread::scope(|scope| {
            for _ in 0..items.len().min(AT_ONCE) {
                scope.spawn(|| {
                    while let Some((item, done)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| items.get(at).zip(done.get(at)))
                    {
                        *done.lock().unwrap_or_else(PoisonError::into_inner) = Some(ask(item));
                    }
                });
            }
        });
        done.into_iter().filter_map(|done| done.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
    }

    /// The path of a kind's objects; `None` when the cluster does not serve the kind.
    fn collection(&self, of: Reference<'_>) -> Result<Option<String>, Stop> {
        let prefix = if of.api_version.contains('/') { "/apis" } else { "/api" };
        let base = format!("{prefix}/{}", of.api_version.split('/').map(http::percent).collect::<Vec<_>>().join("/"));
        let known = |kinds: &BTreeMap<String, Kinds>| kinds.get(of.api_version).map(|kinds| kinds.get(of.kind).cloned());
        let found = known(&self.kinds.lock().unwrap_or_else(PoisonError::into_inner));
        let found = match found {
            Some(found) => found,
            // Two threads may ask the same once; that costs less than waiting for each other.
            None => {
                let answer = self.request("GET", &base, None)?;
                if !matches!(answer.status, 200 | 404) {
                    return Err(refused(&format!("tell what `{}` serves", of.api_version), &answer).into());
                }
                let root = json(&answer.body);
                let kinds = root.items("resources").iter().filter_map(|resource| {
                    let plural = resource.text("name").filter(|name| !name.contains('/'))?;
                    Some((resource.text("kind")?.to_owned(), (plural.to_owned(), resource.flag("namespaced")?)))
                });
                let kinds: Kinds = kinds.collect();
                let found = kinds.get(of.kind).cloned();
                self.kinds.lock().unwrap_or_else(PoisonError::into_inner).insert(of.api_version.to_owned(), kinds);
                found
            }
        };
        let namespace = of.namespace.filter(|namespace| !namespace.is_empty()).unwrap_or(&self.namespace);
        Ok(found.map(|(plural, is_namespaced)| match is_namespaced {
            true => format!("{base}/namespaces/{}/{plural}", http::percent(namespace)),
            false => format!("{base}/{plural}"),
        }))
    }

    fn request(&self, method: &str, path: &str, body: Option<(&str, &str)>) -> Result<Answer, Stop> {
        http::request(&self.directory.path().join("socket"), method, path, body)
            .map_err(|error| unusable(&error.to_string()).help("is kubectl able to reach it? try `kubectl version`").into())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.kubectl.stdin.take());
        // Gone already is as good.
        let _ = self.kubectl.kill();
        let _ = self.kubectl.wait();
    }
}

impl ClusterArgs {
    fn flags(&self) -> Vec<String> {
        let context = self.context.iter().map(|context| format!("--context={context}"));
        context.chain(self.kubeconfig.iter().map(|file| format!("--kubeconfig={}", file.display()))).collect()
    }

    /// That of the context. What is wrong with the kubeconfig, the proxy says.
    fn namespace(&self) -> String {
        let mut command = Command::new("kubectl");
        command.args(["config", "view", "--minify", "--output=jsonpath={..namespace}"]).args(self.flags()).stdin(Stdio::null());
        let said = command.output().ok().filter(|output| output.status.success()).and_then(|output| String::from_utf8(output.stdout).ok());
        said.filter(|said| !said.is_empty()).unwrap_or_else(|| "default".to_owned())
    }
}

/// The tree of an answer; of what is no JSON, something without fields.
pub(crate) fn json(body: &str) -> Node {
    let file = SourceMap::new().add("answer", "");
    parse(file, body, &Budget::default()).documents.into_iter().next().map_or_else(|| Node::default_value(""), |document| document.root)
}

fn unusable(reason: &str) -> Diagnostic {
    Diagnostic::error(CODE, "the cluster can't be asked").because(reason)
}

/// Why an answer is none.
fn refused(what: &str, answer: &Answer) -> Diagnostic {
    let root = json(&answer.body);
    let message = root.text("message").or_else(|| text(&root)).unwrap_or(&answer.body).trim();
    let told = Diagnostic::error(CODE, format!("the cluster does not {what}")).because(format!("{} {message}", answer.status));
    told.help(match answer.status {
        401 => "log in again: it does not know who asks",
        403 => "ask for the right to read, or pass another `--context`",
        _ => "`kubectl config get-contexts` shows the clusters, `kubectl cluster-info` whether this one answers",
    })
}
