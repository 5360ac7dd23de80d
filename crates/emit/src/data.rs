//! What a project keeps in, the commands or Jobs that carry it between Docker and the cluster out.
//!
//! An archive has two files beside it: a list of what the volume holds, with owners, modes, links and checksums, and the checksums of both.
//! Whatever restores the archive compares the list of the new volume with the old one's, so a difference is told, whichever way it came about.

mod carrier;
mod jobs;
mod script;

use windlass_convert::contents::Contents;
use windlass_k8s::Objects;

pub use jobs::jobs;
pub use script::script;

/// What runs beside a volume.
const CARRY: &str = include_str!("data/volume.sh");

/// GNU tar and find, which carry sparse files, links and extended attributes.
pub const IMAGE: &str = "debian:13-slim";

/// What to carry, and how.
#[derive(Clone, Copy, Debug)]
pub struct Carriage<'a> {
    /// The project's name.
    pub project: &'a str,
    /// The namespace of its objects; that of the kubeconfig without one.
    pub namespace: Option<&'a str>,
    /// What the project keeps.
    pub contents: &'a Contents,
    /// What it becomes, for its claims.
    pub objects: &'a Objects,
    /// An image with GNU tar and find.
    pub image: &'a str,
}
