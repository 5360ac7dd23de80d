//! A real control plane for one test: etcd and the API server, and on request the controllers, the scheduler and kwok, on free
//! ports of the loopback interface with certificates of its own. No container engine, no root.

mod certificates;
mod client;
mod process;

use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::{BuildHasher as _, Hasher as _};
use std::net::TcpListener;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::bail;
use serde_json::json;

pub use client::{Client, Response};
use process::Process;

use crate::control_plane::{self, Component};
use crate::workspace;

/// How long the API server may take to become ready. Idle, it takes some 5 s.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a cluster has beside its programs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Setup<'a> {
    /// Programs beside etcd and the API server.
    pub extra: &'a [Component],
    /// Users without any right, beside the one with all.
    pub users: &'a [&'a str],
    /// Whether every request is written down: [`Cluster::audit_log`].
    pub audit: bool,
}

/// A running control plane. Dropping it ends its processes and removes its files; when the test panics, its logs stay.
pub struct Cluster {
    client: Client,
    has_controllers: bool,
    directory: PathBuf,
    /// Ended in this order.
    processes: Vec<Process>,
}

impl Cluster {
    /// Starts etcd and the API server, and what `extra` names. `None`, after printing why, where the programs are absent.
    ///
    /// # Errors
    /// When a program ends early or is not ready in time; the message has the end of its log.
    pub fn start(extra: &[Component]) -> anyhow::Result<Option<Self>> {
        Self::start_with(Setup { extra, ..Setup::default() })
    }

    /// As [`Self::start`], with more than programs.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_with(setup: Setup<'_>) -> anyhow::Result<Option<Self>> {
        let extra = setup.extra;
        let mut wanted = vec![Component::Etcd, Component::ApiServer];
        wanted.extend(extra.iter().filter(|component| !matches!(component, Component::Etcd | Component::ApiServer)));
        let programs = match control_plane::present(&wanted)? {
            Ok(_) if control_plane::setpriv().is_none() => Err("there is no setpriv (util-linux)".to_owned()),
            found => found,
        };
        let programs = match programs {
            Ok(programs) => programs,
            Err(reason) => {
                println!("skipped: {reason}");
                return Ok(None);
            }
        };
        sweep();
        // A port that was free a moment ago may be taken when a program binds it; another start takes others.
        let mut attempts = 0;
        loop {
            attempts += 1;
            match Self::start_once(&programs, setup) {
                Err(error) if attempts < 3 && error.to_string().contains("address already in use") => {}
                started => return started.map(Some),
            }
        }
    }

    fn start_once(programs: &[(Component, PathBuf)], setup: Setup<'_>) -> anyhow::Result<Self> {
        let directory = run_directory()?;
        let authority = certificates::write(&directory)?;
        let token = token();
        let mut tokens = format!("{token},admin,admin,\"system:masters\"\n");
        let users: Vec<(&str, String)> = setup.users.iter().map(|user| (*user, self::token())).collect();
        for (user, token) in &users {
            tokens.push_str(&format!("{token},{user},{user}\n"));
        }
        fs::write(directory.join("tokens.csv"), tokens)?;
        let [store, peer, secure] = free_ports()?;
        let server = format!("https://127.0.0.1:{secure}");
        fs::write(directory.join("kubeconfig"), kubeconfig(&server, &directory.join("ca.crt"), &token))?;
        for (user, token) in &users {
            fs::write(directory.join(format!("kubeconfig-{user}")), kubeconfig(&server, &directory.join("ca.crt"), token))?;
        }
        if setup.audit {
            fs::write(directory.join("audit.yaml"), AUDIT_POLICY)?;
        }
        fs::copy(control_plane::modules().join("kwok/stages.yaml"), directory.join("stages.yaml"))?;

        let has_controllers = programs.iter().any(|(component, _)| *component == Component::ControllerManager);
        let client = Client::new(&server, &authority, &token)?;
        let mut cluster = Self { client, has_controllers, directory, processes: Vec::new() };
        // The API server waits for its store by itself; the others give up when they find no API server.
        let (first, then): (Vec<_>, Vec<_>) =
            programs.iter().partition(|(component, _)| matches!(component, Component::Etcd | Component::ApiServer));
        for (component, program) in first {
            cluster.run(*component, program, [store, peer, secure])?;
        }
        cluster.wait_until_ready()?;
        for (component, program) in then {
            cluster.run(*component, program, [store, peer, secure])?;
        }
        Ok(cluster)
    }

    fn run(&mut self, component: Component, program: &Path, ports: [u16; 3]) -> anyhow::Result<()> {
        let mut arguments = arguments(component, ports);
        if component == Component::ApiServer && self.directory.join("audit.yaml").is_file() {
            arguments.extend(["--audit-policy-file", "audit.yaml", "--audit-log-path", "audit.log"].map(str::to_owned));
        }
        self.processes.insert(0, Process::start(component.name(), program, &arguments, &self.directory)?);
        Ok(())
    }

    fn wait_until_ready(&self) -> anyhow::Result<()> {
        let start = Instant::now();
        loop {
            if let Some(reason) = self.processes.iter().find_map(Process::ended) {
                bail!(reason);
            }
            match self.client.get("/readyz") {
                Ok(response) if response.is_ok() => return Ok(()),
                _ if start.elapsed() > PATIENCE => {
                    let tails: Vec<String> = self.processes.iter().map(Process::tail).collect();
                    bail!("the API server is not ready after {PATIENCE:?}; the ends of the logs:\n{}", tails.join("\n\n"));
                }
                _ => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    /// A client with every right.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// A kubeconfig file with every right, for other programs.
    pub fn kubeconfig(&self) -> PathBuf {
        self.directory.join("kubeconfig")
    }

    /// A kubeconfig file of one of the users of [`Setup`].
    pub fn kubeconfig_of(&self, user: &str) -> PathBuf {
        self.directory.join(format!("kubeconfig-{user}"))
    }

    /// Every request so far, a JSON object a line (`audit.k8s.io/v1`, level Metadata), where [`Setup`] asked for it.
    pub fn audit_log(&self) -> PathBuf {
        self.directory.join("audit.log")
    }

    /// Creates a namespace in which pods are admitted: with its ServiceAccount `default`, which only the controllers would make.
    ///
    /// # Errors
    /// When the API server refuses it.
    pub fn create_namespace(&self, name: &str) -> anyhow::Result<()> {
        let namespace = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
        let account = json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": "default" } });
        let mut wanted = vec![("/api/v1/namespaces".to_owned(), namespace)];
        if !self.has_controllers {
            wanted.push((format!("/api/v1/namespaces/{name}/serviceaccounts"), account));
        }
        for (collection, object) in wanted {
            let response = self.client.create(&collection, &object.to_string())?;
            if !response.is_ok() {
                bail!("{collection}: {}", response.message());
            }
        }
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.processes.clear();
        if !std::thread::panicking() {
            drop(fs::remove_dir_all(&self.directory));
            return;
        }
        let kept = runs().join("failed").join(std::thread::current().name().unwrap_or("test").replace("::", "-"));
        drop(fs::remove_dir_all(self.directory.join("etcd")));
        drop(fs::remove_dir_all(&kept));
        drop(fs::create_dir_all(kept.parent().unwrap_or(&kept)));
        drop(fs::rename(&self.directory, &kept));
        println!("the logs of the control plane are in {}", kept.display());
    }
}

/// Each request once, when it is answered.
const AUDIT_POLICY: &str = "\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules: [{ level: Metadata }]
";

/// The command line of each program; they run in the cluster's directory.
fn arguments(component: Component, [store, peer, secure]: [u16; 3]) -> Vec<String> {
    let client = ["--kubeconfig", "kubeconfig"];
    let delegating = ["--authentication-kubeconfig", "kubeconfig", "--authorization-kubeconfig", "kubeconfig"];
    // One replica needs no election and serves nobody; the default rate limits are those of a cluster that others use too.
    let alone = "--bind-address 127.0.0.1 --secure-port 0 --leader-elect=false --kube-api-qps 1000 --kube-api-burst 2000";
    let words = match component {
        Component::Etcd => format!(
            "--data-dir etcd --listen-client-urls http://127.0.0.1:{store} --advertise-client-urls http://127.0.0.1:{store} \
             --listen-peer-urls http://127.0.0.1:{peer} --initial-advertise-peer-urls http://127.0.0.1:{peer} \
             --initial-cluster default=http://127.0.0.1:{peer} --unsafe-no-fsync --log-level error"
        ),
        Component::ApiServer => format!(
            "--etcd-servers http://127.0.0.1:{store} --bind-address 127.0.0.1 --advertise-address 127.0.0.1 --secure-port {secure} \
             --endpoint-reconciler-type none --cert-dir apiserver --tls-cert-file server.crt --tls-private-key-file server.key \
             --client-ca-file ca.crt --token-auth-file tokens.csv --authorization-mode RBAC --allow-privileged=true \
             --service-cluster-ip-range 10.0.0.0/16 --service-account-issuer https://kubernetes.default.svc \
             --service-account-key-file sa.pub --service-account-signing-key-file sa.key"
        ),
        Component::ControllerManager => format!(
            "{} {} {alone} --use-service-account-credentials=false --service-account-private-key-file sa.key --root-ca-file ca.crt \
             --concurrent-deployment-syncs 20",
            client.join(" "),
            delegating.join(" ")
        ),
        Component::Scheduler => format!("{} {} {alone}", client.join(" "), delegating.join(" ")),
        // Run by tests, not by the cluster.
        Component::Kubectl | Component::Helm | Component::Kustomize | Component::Kubeconform => String::new(),
        Component::Kwok => format!(
            "{} --manage-all-nodes=true --cidr 10.100.0.0/16 --node-ip 10.0.0.1 --node-lease-duration-seconds 40 --config stages.yaml",
            client.join(" ")
        ),
    };
    words.split_whitespace().map(str::to_owned).collect()
}

fn kubeconfig(server: &str, authority: &Path, token: &str) -> String {
    let cluster = json!({ "name": "test", "cluster": { "server": server, "certificate-authority": authority } });
    let user = json!({ "name": "admin", "user": { "token": token } });
    let context = json!({ "name": "test", "context": { "cluster": "test", "user": "admin" } });
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "test",
        "clusters": [cluster], "users": [user], "contexts": [context],
    })
    .to_string()
}

/// Others on this machine reach the port too, so the token is not a fixed one. The hasher's seed is the system's randomness.
fn token() -> String {
    (0..4).map(|_| format!("{:016x}", RandomState::new().build_hasher().finish())).collect()
}

/// Ports that were free at once.
fn free_ports<const N: usize>() -> anyhow::Result<[u16; N]> {
    let mut listeners = Vec::new();
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        *port = listener.local_addr()?.port();
        listeners.push(listener);
    }
    Ok(ports)
}

fn runs() -> PathBuf {
    workspace().join("target/control-plane")
}

/// A directory that only this user reads, named after the process: see [`sweep`].
fn run_directory() -> anyhow::Result<PathBuf> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let directory = runs().join(name);
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&directory)?;
    Ok(directory)
}

/// Removes what killed tests left behind.
fn sweep() {
    for entry in fs::read_dir(runs()).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.split_once('-')).and_then(|(pid, _)| pid.parse::<u32>().ok());
        if owner.is_some_and(|pid| !Path::new("/proc").join(pid.to_string()).exists()) {
            drop(fs::remove_dir_all(entry.path()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_creates_strictly_and_is_gone_when_dropped() {
        let start = Instant::now();
        let Some(cluster) = Cluster::start(&[]).unwrap() else { return };
        println!("ready after {:.1} s", start.elapsed().as_secs_f64());
        cluster.create_namespace("one").unwrap();
        let client = cluster.client();
        let pods = client.collection("v1", "Pod", "one").unwrap().unwrap();
        assert_eq!(pods, "/api/v1/namespaces/one/pods");
        assert_eq!(client.collection("v1", "Cod", "one").unwrap(), None);

        let pod = "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: { containers: [{ name: a, image: a }] }\n";
        let created = client.create(&pods, pod).unwrap();
        assert!(created.is_ok(), "{}", created.message());
        let wrong = client.create(&pods, &pod.replace("image: a", "imagine: a")).unwrap();
        assert!(wrong.message().contains("unknown field \"spec.containers[0].imagine\""), "{}", wrong.message());
        assert!(client.delete(&format!("{pods}/a")).unwrap().is_ok());
        assert_eq!(client.get(&format!("{pods}/a")).unwrap().status, 404);

        let directory = cluster.directory.clone();
        drop(cluster);
        assert!(!directory.exists());
    }

    #[test]
    fn with_controllers_scheduler_and_kwok_a_deployment_becomes_available() {
        let extra = [Component::ControllerManager, Component::Scheduler, Component::Kwok];
        let start = Instant::now();
        let Some(cluster) = Cluster::start(&extra).unwrap() else { return };
        println!("ready after {:.1} s", start.elapsed().as_secs_f64());
        cluster.create_namespace("one").unwrap();
        let client = cluster.client();
        let create = |collection: &str, object: serde_json::Value| {
            let created = client.create(collection, &object.to_string()).unwrap();
            assert!(created.is_ok(), "{}", created.message());
        };
        let capacity = json!({ "cpu": "32", "memory": "256Gi", "pods": "110" });
        create(
            "/api/v1/nodes",
            json!({ "apiVersion": "v1", "kind": "Node", "metadata": { "name": "node-1" }, "status": { "capacity": capacity, "allocatable": capacity } }),
        );
        let labels = json!({ "app": "web" });
        create(
            "/apis/apps/v1/namespaces/one/deployments",
            json!({
                "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web" },
                "spec": {
                    "replicas": 2, "selector": { "matchLabels": labels },
                    "template": { "metadata": { "labels": labels }, "spec": { "containers": [{ "name": "web", "image": "web" }] } },
                },
            }),
        );
        let path = "/apis/apps/v1/namespaces/one/deployments/web";
        let start = Instant::now();
        while client.get(path).unwrap().body["status"]["availableReplicas"] != 2 {
            assert!(start.elapsed() < PATIENCE, "{:#}", client.get(path).unwrap().body["status"]);
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}
