//! `services.*.volumes`: what is mounted.

use smol_str::SmolStr;
use windlass_source::{Code, Diagnostic, Spanned};
use windlass_yaml::{Map, Node, Value};

use crate::model::context::{Context, INVALID_VALUE};
use crate::model::label::Labels;
use crate::model::long::put;
use crate::model::paths::{self, Base};
use crate::model::quantity::Bytes;
use crate::model::record::{record, words};
use crate::model::rule::{BOOL_OR_TEXT, FLAG, INT_OR_TEXT, Kinds, NUMBER_OR_TEXT, Rule, TEXT};
use crate::model::slice::slice;
use crate::model::table::PLAIN_TABLE;
use crate::short;

record! {
    /// Something mounted into the container.
    pub struct Mount as MOUNT.requiring(&["type", "target"]) {
        /// What.
        kind ["type"]: Spanned<MountKind> = TEXT.words(MountKind::WORDS),
        /// The path on the host, the name of the volume, the image; `None`: an anonymous volume or memory.
        source: Option<Spanned<SmolStr>> = TEXT,
        /// The path in the container.
        target: Spanned<SmolStr> = TEXT,
        /// Without writing.
        read_only: Option<Spanned<bool>> = FLAG,
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
        labels: Labels = PLAIN_TABLE,
        /// Does not fill a new volume with what the image has there.
        nocopy: Option<Spanned<bool>> = FLAG,
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

const IGNORED_MODE: Code = Code("compose::ignored-mode");
const MISSING_SOURCE: Code = Code("compose::missing-source");

/// A list of texts and maps. Of two mounts at one path the later stays.
pub(crate) const MOUNTS: Rule = {
    const ITEM: Rule = Rule::object(&MOUNT).or(Kinds::TEXT).long_form(long_form).path(resolve);
    Rule::list(&ITEM).distinct().same_by(identity)
};

fn identity(item: &Node) -> Option<SmolStr> {
    match &item.value {
        Value::String(text) => short::volume::parse(text).ok().map(|spec| spec.target.value.into()),
        _ => item.get("target")?.as_str().map(SmolStr::from),
    }
}

fn long_form(node: &mut Node, context: &mut Context<'_>) {
    let Some(text) = node.as_str() else { return };
    let spec = match short::volume::parse(text) {
        Ok(spec) => spec,
        Err(_) if context.is_lenient() => return,
        Err(error) => {
            let origin = slice(node, error.range.clone());
            return context.error(INVALID_VALUE, &origin, &format!("is no mount: {error}"));
        }
    };
    for ignored in &spec.ignored {
        let subject = context.subject();
        let origin = slice(node, ignored.range.clone());
        let diagnostic = Diagnostic::warning(IGNORED_MODE, format!("{subject} has the mode `{}`, which does nothing", ignored.value))
            .origin(&origin, "")
            .help("modes are `ro`, `rw`, `z`, `Z`, `nocopy` and those of propagation");
        context.report(diagnostic);
    }
    let at = |range: &std::ops::Range<usize>| slice(node, range.clone());
    let mut map = Map::new();
    let is_bind = spec.kind == short::volume::VolumeKind::Bind;
    put(&mut map, "type", Node::default_value(if is_bind { "bind" } else { "volume" }));
    if let Some(source) = &spec.source {
        put(&mut map, "source", Node::new(source.value, at(&source.range)));
    }
    put(&mut map, "target", Node::new(spec.target.value.as_ref(), at(&spec.target.range)));
    if let Some(read_only) = spec.read_only.as_ref().filter(|read_only| read_only.value) {
        put(&mut map, "read_only", Node::new(true, at(&read_only.range)));
    }
    if is_bind || spec.selinux.is_some() || spec.propagation.is_some() {
        let mut bind = Map::new();
        if let Some(selinux) = &spec.selinux {
            put(&mut bind, "selinux", Node::new(selinux.value, at(&selinux.range)));
        }
        if let Some(propagation) = &spec.propagation {
            put(&mut bind, "propagation", Node::new(propagation.value, at(&propagation.range)));
        }
        if is_bind {
            put(&mut bind, "create_host_path", Node::default_value(true));
        }
        put(&mut map, "bind", Node::default_value(bind));
    }
    if spec.no_copy.is_some() || !is_bind && !spec.tiny {
        let mut volume = Map::new();
        if let Some(no_copy) = &spec.no_copy {
            put(&mut volume, "nocopy", Node::new(true, at(&no_copy.range)));
        }
        put(&mut map, "volume", Node::default_value(volume));
    }
    node.value = Value::Map(map);
}

/// The path of a bind mount.
fn resolve(node: &mut Node, base: &Base<'_>, context: &mut Context<'_>) {
    if node.get("type").and_then(Node::as_str) != Some("bind") {
        return;
    }
    let origin = node.origin.clone();
    match node.get_mut("source") {
        Some(source) => paths::of_engine(source, base, context),
        None => context.error(MISSING_SOURCE, &origin, "is a bind mount without `source`"),
    }
}

#[cfg(test)]
mod tests {
    use crate::model::case::web;

    #[test]
    fn mounts_have_two_forms() {
        let cases: &[(&[&str], &str)] = &[
            (
                &["volumes: ['./src:/app:ro']"],
                r#"{volumes: [{type: "bind", source: "/project/src", target: "/app", read_only: true, bind: {create_host_path: true}}]}"#,
            ),
            (
                &["volumes: ['~/x:/x:z']"],
                r#"{volumes: [{type: "bind", source: "/home/ann/x", target: "/x", bind: {selinux: "z", create_host_path: true}}]}"#,
            ),
            (&["volumes: ['data:/var/lib/']"], r#"{volumes: [{type: "volume", source: "data", target: "/var/lib", volume: {}}]}"#),
            (&["volumes: [/cache]"], r#"{volumes: [{type: "volume", target: "/cache", volume: {}}]}"#),
            (&["volumes: ['data:/a:nocopy']"], r#"{volumes: [{type: "volume", source: "data", target: "/a", volume: {nocopy: true}}]}"#),
            (&["volumes: [{ type: bind, source: ., target: /a }]"], r#"{volumes: [{type: "bind", source: "/project", target: "/a"}]}"#),
            (
                &["volumes: [{ type: bind, target: /a }]"],
                "`volumes[0]` of service `web` is a bind mount without `source` @ { type: bind, target: /a }",
            ),
            (&["volumes: [{ type: disk, target: /a }]"], "`volumes[0].type` of service `web` cannot be `disk` @ disk"),
            (&["volumes: ['aa::b']"], "`volumes[0]` of service `web` is no mount: nothing stands between two colons, or at an end @ "),
            (&["volumes: ['data:/a:cached']"], "`volumes[0]` of service `web` has the mode `cached`, which does nothing @ cached"),
        ];
        for (files, expected) in cases {
            assert_eq!(web(files), *expected, "{files:?}");
        }
    }

    #[test]
    fn of_two_mounts_at_one_path_the_later_stays() {
        assert_eq!(
            web(&["volumes: ['aa:/x', 'bb:/y']", "volumes: [{ type: volume, source: c, target: /x }]"]),
            r#"{volumes: [{type: "volume", source: "c", target: "/x"}, {type: "volume", source: "bb", target: "/y", volume: {}}]}"#
        );
    }
}
