//! `services.*.volumes`: what is mounted.

use smol_str::SmolStr;
use windlass_source::Spanned;

use crate::model::label::{LABELS, Labels};
use crate::model::quantity::Bytes;
use crate::model::record::{record, words};
use crate::model::rule::{BOOL_OR_TEXT, INT_OR_TEXT, Kinds, NUMBER_OR_TEXT, Rule, TEXT};

record! {
    /// Something mounted into the container.
    pub struct Mount as MOUNT.requiring(&["type"]) {
        /// What.
        kind ["type"]: Spanned<MountKind> = TEXT.words(MountKind::WORDS),
        /// The path on the host, the name of the volume, the image; `None`: an anonymous volume or memory.
        source: Option<Spanned<SmolStr>> = TEXT,
        /// The path in the container.
        target: Spanned<SmolStr> = TEXT,
        /// Without writing.
        read_only: Option<Spanned<bool>> = BOOL_OR_TEXT,
        /// How far the container's view may lag; without effect on Linux.
        consistency: Option<Spanned<SmolStr>> = TEXT,
        /// Of a `bind`.
        bind: Option<Spanned<BindOptions>> = Rule::object(&BIND),
        /// Of a `volume`.
        volume: Option<Spanned<VolumeOptions>> = Rule::object(&VOLUME_OPTIONS),
        /// Of a `tmpfs`.
        tmpfs: Option<Spanned<TmpfsOptions>> = Rule::object(&TMPFS),
        /// Of an `image`.
        image: Option<Spanned<ImageOptions>> = Rule::object(&IMAGE),
    }
}

words! {
    /// What is mounted.
    #[derive(Default)]
    pub enum MountKind {
        /// A path of the host.
        Bind = "bind",
        /// A named or anonymous volume.
        #[default]
        Volume = "volume",
        /// Memory.
        Tmpfs = "tmpfs",
        /// A volume of a Swarm.
        Cluster = "cluster",
        /// A named pipe (Windows).
        Npipe = "npipe",
        /// The content of an image.
        Image = "image",
    }
}

record! {
    /// Options of a bind mount.
    pub struct BindOptions as BIND {
        /// Whether mounts below it are seen on the other side.
        propagation: Option<Spanned<SmolStr>> = TEXT,
        /// Makes a missing directory on the host. The short form does.
        create_host_path: Option<Spanned<bool>> = BOOL_OR_TEXT,
        /// What happens to mounts below it.
        recursive: Option<Spanned<Recursive>> = TEXT.words(Recursive::WORDS),
        /// How SELinux labels it.
        selinux: Option<Spanned<SeLinux>> = TEXT.words(SeLinux::WORDS),
    }
}

words! {
    /// What happens to mounts below a read-only bind mount.
    pub enum Recursive {
        /// Read-only where the kernel can.
        Enabled = "enabled",
        /// Not mounted.
        Disabled = "disabled",
        /// Mounted, writable.
        Writable = "writable",
        /// Read-only, or an error.
        Readonly = "readonly",
    }
}

words! {
    /// How SELinux labels a bind mount.
    pub enum SeLinux {
        /// For many containers.
        Shared = "z",
        /// For this container alone.
        Private = "Z",
    }
}

record! {
    /// Options of a volume mount.
    pub struct VolumeOptions as VOLUME_OPTIONS {
        /// Labels of the volume.
        labels: Labels = LABELS,
        /// Does not fill a new volume with what the image has there.
        nocopy: Option<Spanned<bool>> = BOOL_OR_TEXT,
        /// The path within the volume.
        subpath: Option<Spanned<SmolStr>> = TEXT,
    }
}

record! {
    /// Options of a mount in memory.
    pub struct TmpfsOptions as TMPFS {
        /// Its size in bytes.
        size: Option<Spanned<Bytes>> = INT_OR_TEXT.range(0, i64::MAX),
        /// The mode of its directory.
        mode: Option<Spanned<u32>> = NUMBER_OR_TEXT,
    }
}

record! {
    /// Options of an image mount.
    pub struct ImageOptions as IMAGE {
        /// The path within the image.
        subpath: Option<Spanned<SmolStr>> = TEXT,
    }
}

/// A list of texts and maps.
pub(crate) const MOUNTS: Rule = {
    const ITEM: Rule = Rule::object(&MOUNT).or(Kinds::TEXT);
    Rule::list(&ITEM).distinct()
};
