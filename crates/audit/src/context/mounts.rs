//! What is mounted into a service: paths of the host, and where it can write.

use std::path::Path;

use windlass_compose::model::{Mount, MountKind};
use windlass_compose::short::tmpfs;
use windlass_source::normalize;

use super::service::ServiceContext;

/// Directories that hold a socket of a container engine.
const ENGINE_DIRECTORIES: [&str; 7] =
    ["/run", "/var/run", "/run/containerd", "/var/run/containerd", "/run/podman", "/var/run/podman", "/run/systemd"];
/// Names of such sockets; the last is a pipe of Windows.
const ENGINE_SOCKETS: [&str; 5] = ["docker.sock", "podman.sock", "containerd.sock", "crio.sock", "docker_engine"];

impl ServiceContext<'_> {
    /// A path of the host is a container engine's socket, or a directory that holds one.
    pub fn holds_engine(path: &str) -> bool {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        ENGINE_SOCKETS.contains(&name) || ENGINE_DIRECTORIES.contains(&path)
    }

    /// The path of the host that a mount names, without `.`, `..` and double slashes; `None` for volumes, and for what belongs to the
    /// project wherever that stands.
    pub fn host_path(self, mount: &Mount) -> Option<String> {
        let source = mount.source.as_ref().filter(|_| matches!(mount.kind.value, MountKind::Bind | MountKind::Npipe))?;
        let written = source.span().map(|span| self.context().slice(span).trim_start_matches(['"', '\'']));
        let path = source.value.as_str();
        if path.starts_with('~') || path.contains('\\') {
            return Some(path.to_owned());
        }
        if written.is_some_and(|written| written.starts_with('.')) || !path.starts_with('/') {
            return None;
        }
        let path = normalize(Path::new(path));
        let is_own = path.starts_with(self.stack().directory()) && path.components().count() > 1;
        (!is_own).then(|| path.display().to_string().replacen("//", "/", 1))
    }

    /// A named volume or a bind mount stands at this path, or above it.
    pub fn mounts_at(self, path: &str) -> bool {
        self.model().volumes.iter().any(|mount| mount.kind.value != MountKind::Tmpfs && covers(&mount.target.value, path))
    }

    /// A volume, a bind mount or memory that can be written stands at this path, or above it.
    pub fn is_writable_at(self, path: &str) -> bool {
        let is_open = |mount: &Mount| !mount.read_only.as_ref().is_some_and(|flag| flag.value);
        let service = self.model();
        service.volumes.iter().any(|mount| is_open(&mount.value) && covers(&mount.target.value, path))
            || service.tmpfs.iter().any(|mount| covers(tmpfs::parse(&mount.value).path.value, path))
    }

    /// A file system in memory stands at this path, or above it.
    pub fn is_in_memory(self, path: &str) -> bool {
        let service = self.model();
        service.tmpfs.iter().any(|mount| covers(tmpfs::parse(&mount.value).path.value, path))
            || service.volumes.iter().any(|mount| mount.kind.value == MountKind::Tmpfs && covers(&mount.target.value, path))
    }
}

/// `path` is `target`, or lies below it.
fn covers(target: &str, path: &str) -> bool {
    path.strip_prefix(target.trim_end_matches('/')).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
