//! The programs of a Kubernetes control plane and its clients: where they stand, and how they are built from Go modules.
//!
//! `tests/control-plane/{kube,etcd,kwok,helm,kustomize}/go.mod` say which versions. What is built goes to a cache of the user, keyed by version,
//! so that every checkout and every test shares it. Starting the programs is [`Cluster`](crate::Cluster)'s job.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::workspace;

/// A program of the control plane, or a client that tests run themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Component {
    /// The store.
    Etcd,
    /// The API server.
    ApiServer,
    /// The controllers: Deployments get pods, namespaces their accounts.
    ControllerManager,
    /// Binds pods to nodes.
    Scheduler,
    /// Plays kubelet for nodes that do not exist.
    Kwok,
    /// A client: asks the API server, waits.
    Kubectl,
    /// A client: renders and installs charts.
    Helm,
    /// Renders kustomizations; needs no server.
    Kustomize,
    /// Validates manifests against schemas; what the benches measure beside us.
    Kubeconform,
}

impl Component {
    /// Every program; what tests need most comes first.
    pub const ALL: [Self; 9] = [
        Self::Etcd,
        Self::ApiServer,
        Self::ControllerManager,
        Self::Scheduler,
        Self::Kwok,
        Self::Kubectl,
        Self::Kustomize,
        Self::Helm,
        Self::Kubeconform,
    ];

    /// The binary's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::ApiServer => "kube-apiserver",
            Self::ControllerManager => "kube-controller-manager",
            Self::Scheduler => "kube-scheduler",
            Self::Kwok => "kwok",
            Self::Kubectl => "kubectl",
            Self::Helm => "helm",
            Self::Kustomize => "kustomize",
            Self::Kubeconform => "kubeconform",
        }
    }

    /// The folder in `tests/control-plane`, the Go module that its version is that of, and the package to build. One folder a
    /// product: in one, Go would choose common versions of what they depend on, which none of them was released with.
    const fn source(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Etcd => ("etcd", "go.etcd.io/etcd/server/v3", "go.etcd.io/etcd/server/v3"),
            Self::ApiServer => ("kube", "k8s.io/kubernetes", "k8s.io/kubernetes/cmd/kube-apiserver"),
            Self::ControllerManager => ("kube", "k8s.io/kubernetes", "k8s.io/kubernetes/cmd/kube-controller-manager"),
            Self::Scheduler => ("kube", "k8s.io/kubernetes", "k8s.io/kubernetes/cmd/kube-scheduler"),
            Self::Kwok => ("kwok", "sigs.k8s.io/kwok", "sigs.k8s.io/kwok/cmd/kwok"),
            Self::Kubectl => ("kube", "k8s.io/kubernetes", "k8s.io/kubernetes/cmd/kubectl"),
            Self::Helm => ("helm", "helm.sh/helm/v3", "helm.sh/helm/v3/cmd/helm"),
            Self::Kustomize => ("kustomize", "sigs.k8s.io/kustomize/kustomize/v5", "sigs.k8s.io/kustomize/kustomize/v5"),
            Self::Kubeconform => ("kubeconform", "github.com/yannh/kubeconform", "github.com/yannh/kubeconform/cmd/kubeconform"),
        }
    }

    /// The version that its `go.mod` requires, with `v`.
    ///
    /// # Errors
    /// When there is no such line.
    pub fn version(self) -> anyhow::Result<String> {
        self.version_of(self.source().1)
    }

    /// The version of a module that it is built with.
    fn version_of(self, module: &str) -> anyhow::Result<String> {
        let (folder, ..) = self.source();
        let path = modules().join(folder).join("go.mod");
        let text = fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
        required(&text, module).with_context(|| format!("{} does not require {module}", path.display()))
    }

    /// The binary: in the directory that `KUBEBUILDER_ASSETS` names, else in the cache; `None` when it is in neither.
    ///
    /// # Errors
    /// When its `go.mod` names no version.
    pub fn find(self) -> anyhow::Result<Option<PathBuf>> {
        let assets = std::env::var_os("KUBEBUILDER_ASSETS").map(|assets| PathBuf::from(assets).join(self.name()));
        let cached = self.cached()?;
        Ok(assets.into_iter().chain([cached]).find(|path| path.is_file()))
    }

    /// True when a test can run it; else says that the test is skipped.
    ///
    /// # Panics
    /// When its `go.mod` names no version.
    pub fn is_there(self) -> bool {
        let found = self.find().expect("its go.mod names a version").is_some();
        if !found {
            println!("skipped: {}", self.remedy());
        }
        found
    }

    fn cached(self) -> anyhow::Result<PathBuf> {
        Ok(cache().join(format!("{}-{}", self.source().0, self.version()?)).join(self.name()))
    }

    /// Builds it into the cache unless [`Self::find`] has it. `jobs` bounds how many packages Go compiles at once.
    ///
    /// # Errors
    /// When there is no Go, or when the build fails.
    pub fn build(self, jobs: Option<u32>) -> anyhow::Result<PathBuf> {
        if let Some(binary) = self.find()? {
            return Ok(binary);
        }
        let binary = self.cached()?;
        let directory = binary.parent().context("the cache has a directory")?;
        fs::create_dir_all(directory).with_context(|| format!("can't create {}", directory.display()))?;
        // Two builds at once would only take each other's time; the second waits and finds the first one's result.
        let lock = File::create(directory.join(format!("{}.lock", self.name())))?;
        lock.lock()?;
        if binary.is_file() {
            return Ok(binary);
        }
        let (folder, _, package) = self.source();
        let partial = directory.join(format!("{}.partial", self.name()));
        let mut go = Command::new("go");
        go.current_dir(modules().join(folder));
        // The versions are those of go.sum, the toolchain the one that is there, whatever the caller's environment says.
        go.envs([("CGO_ENABLED", "0"), ("GOTOOLCHAIN", "local"), ("GOWORK", "off"), ("GOFLAGS", "")]);
        go.args(["build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", &self.linker_flags()?]);
        if let Some(jobs) = jobs {
            go.args(["-p", &jobs.to_string()]);
        }
        go.arg("-o").arg(&partial).arg(package);
        let status = match go.status() {
            Ok(status) => status,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => bail!(self.remedy()),
            Err(error) => return Err(error).context("can't start `go`"),
        };
        if !status.success() {
            bail!("building {} ended with {status}", self.name());
        }
        fs::rename(&partial, &binary)?;
        Ok(binary)
    }

    /// Without the stamps the API server takes itself for v0.0.0, and clients doubt what it can do.
    fn linker_flags(self) -> anyhow::Result<String> {
        let version = self.version()?;
        Ok(match self {
            Self::Etcd | Self::Kubeconform => "-s -w".to_owned(),
            Self::Kwok => format!("-s -w -X sigs.k8s.io/kwok/pkg/consts.Version={version}"),
            Self::Kustomize => format!("-s -w -X sigs.k8s.io/kustomize/api/provenance.version={version}"),
            Self::Helm => {
                // The version of Kubernetes that charts are rendered for where no cluster is asked.
                let client = self.version_of("k8s.io/client-go")?;
                let minor = client.split('.').nth(1).unwrap_or_default();
                format!(
                    "-s -w -X helm.sh/helm/v3/internal/version.version={version} \
                     -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor=1 -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor={minor} \
                     -X helm.sh/helm/v3/pkg/lint/rules.k8sVersionMajor=1 -X helm.sh/helm/v3/pkg/lint/rules.k8sVersionMinor={minor}"
                )
            }
            Self::ApiServer | Self::ControllerManager | Self::Scheduler | Self::Kubectl => {
                let mut numbers = version.trim_start_matches('v').split('.');
                let (major, minor) = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
                let stamp = "k8s.io/component-base/version";
                format!(
                    "-s -w -X {stamp}.gitVersion={version} -X {stamp}.gitMajor={major} -X {stamp}.gitMinor={minor} \
                     -X k8s.io/client-go/pkg/version.gitVersion={version}"
                )
            }
        })
    }

    /// What to do when it is absent.
    pub fn remedy(self) -> String {
        format!(
            "there is no {}: install Go 1.26 or newer and run `cargo xtask control-plane`, \
             or let KUBEBUILDER_ASSETS name a directory that holds it",
            self.name()
        )
    }
}

/// Where the `go.mod` files stand.
pub(crate) fn modules() -> PathBuf {
    workspace().join("tests/control-plane")
}

/// Outside the workspace, so that a fresh checkout need not build again; in `target` where there is no home.
pub(crate) fn cache() -> PathBuf {
    let home = |variable: &str| std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
    home("XDG_CACHE_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| home("HOME").map(|home| home.join(".cache")))
        .map_or_else(|| workspace().join("target/tools"), |cache| cache.join("windlass"))
        .join("control-plane")
}

/// The version in `require MODULE VERSION`, alone on its line or in a block.
fn required(text: &str, module: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let line = line.trim().trim_start_matches("require ");
        let version = line.strip_prefix(module)?.strip_prefix(' ')?.split_whitespace().next()?;
        version.starts_with('v').then(|| version.to_owned())
    })
}

/// True when every program of these is there.
pub(crate) fn present(components: &[Component]) -> anyhow::Result<Result<Vec<(Component, PathBuf)>, String>> {
    let mut found = Vec::new();
    for component in components {
        match component.find()? {
            Some(path) => found.push((*component, path)),
            None => return Ok(Err(component.remedy())),
        }
    }
    Ok(Ok(found))
}

/// `setpriv` ends what it starts when the thread that started it ends; part of util-linux, so of every Linux.
pub fn setpriv() -> Option<&'static Path> {
    ["/usr/bin/setpriv", "/bin/setpriv"].map(Path::new).into_iter().find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_alone_and_in_a_block_and_not_from_a_replacement() {
        assert_eq!(required("module x\n\nrequire a.b/c v1.2.3\n", "a.b/c").as_deref(), Some("v1.2.3"));
        assert_eq!(required("require (\n\ta.b/c/d v3.0.0\n\ta.b/c v1.2.3 // indirect\n)\n", "a.b/c").as_deref(), Some("v1.2.3"));
        assert_eq!(required("replace a.b/c => a.b/c v0.1.0\n", "a.b/c"), None);
    }

    #[test]
    fn every_program_has_a_version() {
        for component in Component::ALL {
            assert!(component.version().unwrap().starts_with('v'), "{component:?}");
        }
    }
}
