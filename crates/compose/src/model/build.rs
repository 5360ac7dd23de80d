//! `services.*.build`: how an image is built.

use smol_str::SmolStr;
use windlass_source::Spanned;

use crate::model::by_name::ByName;
use crate::model::environment::{ENVIRONMENT, Environment};
use crate::model::extra_hosts::{EXTRA_HOSTS, ExtraHosts};
use crate::model::file_mount::{FILE_MOUNTS, FileMount};
use crate::model::label::{LABELS, Labels};
use crate::model::quantity::Bytes;
use crate::model::record::record;
use crate::model::rule::{BOOL_OR_TEXT, INT_OR_TEXT, TABLE, TEXT, TEXTS};
use crate::model::ulimit::{ULIMITS, Ulimit};

record! {
    /// How an image is built. The short form is the context alone.
    pub struct Build as BUILD {
        /// The directory or address that the build reads. Default: the project's directory.
        context: Option<Spanned<SmolStr>> = TEXT,
        /// The Dockerfile, relative to the context. Default: `Dockerfile`.
        dockerfile: Option<Spanned<SmolStr>> = TEXT,
        /// The Dockerfile's text instead.
        dockerfile_inline: Option<Spanned<SmolStr>> = TEXT,
        /// Values of ARG.
        args: Environment = ENVIRONMENT,
        /// The stage.
        target: Option<Spanned<SmolStr>> = TEXT,
        /// Other contexts by name.
        additional_contexts: Labels = TABLE,
        /// Where cached layers come from.
        cache_from: Vec<Spanned<SmolStr>> = TEXTS,
        /// Where cached layers go.
        cache_to: Vec<Spanned<SmolStr>> = TEXTS,
        /// Privileges of the builder that the build may use.
        entitlements: Vec<Spanned<SmolStr>> = TEXTS,
        /// Lines of /etc/hosts during the build.
        extra_hosts: ExtraHosts = EXTRA_HOSTS,
        /// How it is isolated (Windows).
        isolation: Option<Spanned<SmolStr>> = TEXT,
        /// Labels of the image.
        labels: Labels = LABELS,
        /// The network of RUN.
        network: Option<Spanned<SmolStr>> = TEXT,
        /// Without cached layers.
        no_cache: Option<Spanned<bool>> = BOOL_OR_TEXT,
        /// Platforms, `linux/amd64`.
        platforms: Vec<Spanned<SmolStr>> = TEXTS,
        /// With all capabilities.
        privileged: Option<Spanned<bool>> = BOOL_OR_TEXT,
        /// Attestation of how it was built: a truth value as text, or options.
        provenance: Option<Spanned<SmolStr>> = BOOL_OR_TEXT,
        /// Attestation of what is in it: a truth value as text, or options.
        sbom: Option<Spanned<SmolStr>> = BOOL_OR_TEXT,
        /// Pulls base images even when they are there.
        pull: Option<Spanned<bool>> = BOOL_OR_TEXT,
        /// Secrets of RUN.
        secrets: Vec<Spanned<FileMount>> = FILE_MOUNTS,
        /// Size of /dev/shm during the build, in bytes.
        shm_size: Option<Spanned<Bytes>> = INT_OR_TEXT,
        /// SSH agents and keys of RUN by id; `None`: the default agent.
        ssh: ByName<Option<Spanned<SmolStr>>> = TABLE,
        /// Names of the image beside the service's.
        tags: Vec<Spanned<SmolStr>> = TEXTS,
        /// Limits of processes during the build.
        ulimits: ByName<Spanned<Ulimit>> = ULIMITS,
    }
}
