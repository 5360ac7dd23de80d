//! The catalogue: a [`Reference`] in, the [`Image`] that it names out. One file an image, compiled in; only the file that matches is parsed, once.
//!
//! # Adding an image
//!
//! 1. Write `catalogue/<name>.yaml`. Its first line is `names: […]`, on one line, since a look-up reads nothing else of files that don't match: every
//!    repository that has this image, as short as Docker writes it (`postgres`, `bitnami/redis`, `quay.io/keycloak/keycloak`). A trailing `/*` covers a
//!    namespace, behind every exact name. Mirrors need no name: [`REGISTRIES`] and [`familiar`] know them.
//! 2. A second line `software: […]` is for servers that others build as well: last path components (`acme/postgres`) that say enough to know role, ports and data.
//! 3. The other keys are the fields of [`Image`]. They describe what the tag `latest` has. Take facts from the image's own documentation or Dockerfile, name it
//!    under `documentation`, and leave out what you can't find there.
//! 4. `builds:` holds what differs. Each begins with its conditions, one a line: `repositories: […]` (names of the first line, or patterns with `*`),
//!    `tags: […]` (patterns with `*`), `below: "18"` (the number that the tag begins with is lower). Then come the keys that it replaces, each as a whole.
//!    All that match apply, in order. Without a tag, `latest` is matched; with only a digest, no `tags` and no `below` match. No YAML anchors: a look-up
//!    parses the keys before `builds:` and the builds that match, nothing else.
//! 5. Add the name to the list in `catalogue/entries.rs`, in order, and run `cargo xtask codegen`, which keeps `catalogue/index.rs`. The tests of
//!    `catalogue/consistency.rs` say what is missing.

mod entries;
mod index;

#[cfg(test)]
mod consistency;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use serde_yaml::{Mapping, Value};

use self::entries::ENTRIES;
use self::index::{NAMES, SOFTWARE};
use crate::image::{Check, Health, Image, KnownBy, Port, Probe, Protocol};
use crate::reference::Reference;

/// Registries, and namespaces of them, that hold the same images as another one.
const REGISTRIES: &[(&str, &str)] = &[
    ("bitnamilegacy/", "bitnami/"),
    ("bitnamisecure/", "bitnami/"),
    ("docker.m.daocloud.io/", ""),
    ("docker.1ms.run/", ""),
    ("dockerproxy.com/", ""),
    ("dockerproxy.net/", ""),
    ("hub.docker.com/", ""),
    ("mirror.gcr.io/", ""),
    ("public.ecr.aws/bitnami/", "bitnami/"),
    ("public.ecr.aws/docker/library/", ""),
    ("public.ecr.aws/docker/", ""),
    ("registry-1.docker.io/", ""),
    ("registry.hub.docker.com/", ""),
    ("ghcr.io/linuxserver/", "linuxserver/"),
    ("lscr.io/linuxserver/", "linuxserver/"),
];

/// Path parts after which a cache or proxy registry repeats a Docker Hub path: `harbor.example.com/hub/docker.io/library/redis`.
const PROXY_PATHS: &[&str] = &["/docker.io/", "/dependency_proxy/containers/", "/dockerhub/", "/docker-hub/", "/library/"];

/// Namespaces of Docker's official images for one architecture.
const ARCHITECTURES: &[&str] = &["amd64/", "arm32v5/", "arm32v6/", "arm32v7/", "arm64v8/", "i386/", "ppc64le/", "riscv64/", "s390x/"];

/// One file.
struct Entry {
    name: &'static str,
    text: &'static str,
    /// Which builds apply (a bit each) and how it was recognised, with the image that results. A few at most, kept for the process's life.
    images: Mutex<Vec<(u64, KnownBy, &'static Image)>>,
}

/// One item of `builds`: what differs for some repositories or tags. Conditions are joined by "and"; an absent one always holds.
struct Build {
    repositories: Option<&'static str>,
    tags: Option<&'static str>,
    below: Option<&'static str>,
    /// The lines after the conditions.
    changes: &'static str,
}

/// What is known of the image that `reference` names, with what is particular to its repository and tag applied.
pub fn find(reference: &Reference) -> Option<&'static Image> {
    let name = familiar(reference);
    let (entry, known_by) = find_entry(&name)?;
    Some(entry.image(entry.applies(&name, reference), known_by))
}

/// Every image of the catalogue as its tag `latest` is, in the order of names.
pub fn all() -> impl Iterator<Item = &'static Image> {
    ENTRIES.iter().map(|entry| entry.image(0, KnownBy::Repository))
}

/// The repository as short as Docker writes it, with mirrors taken for what they mirror.
fn familiar(reference: &Reference) -> String {
    let name = reference.familiar_name();
    if let Some((mirror, original)) = REGISTRIES.iter().find(|(mirror, _)| name.starts_with(mirror)) {
        return without_default_namespace(&format!("{original}{}", &name[mirror.len()..])).to_owned();
    }
    if let Some(end) = PROXY_PATHS.iter().find_map(|part| end_of(&name, part)) {
        return without_default_namespace(&name[end..]).to_owned();
    }
    without_default_namespace(&name).to_owned()
}

/// Where `part`, which begins with a slash, ends in a name that has it.
fn end_of(name: &str, part: &str) -> Option<usize> {
    let mut slashes = name.bytes().enumerate().filter(|(_, byte)| *byte == b'/').map(|(at, _)| at);
    slashes.find(|at| name[*at..].starts_with(part)).map(|at| at + part.len())
}

/// `library/redis` and `arm64v8/redis` are `redis`.
fn without_default_namespace(name: &str) -> &str {
    let official = name.strip_prefix("library/");
    let official = official.or_else(|| ARCHITECTURES.iter().find_map(|architecture| name.strip_prefix(architecture)));
    official.filter(|rest| !rest.contains('/')).unwrap_or(name)
}

/// Bytes of a line in the index.
const LINE: usize = 130;

/// The text of `catalogue/index.rs`: every name and every software of the entries' first lines, sorted, with the place of its entry. Reading
/// all those lines would take a third of the time of a command.
pub fn index() -> String {
    let mut text = String::from(
        "//! Made by `cargo xtask codegen` from the first lines of the entries; edit those.\n\n\
         /// A sorted table of names with the places of their entries.\npub(super) type Table = [(&'static str, u16)];\n",
    );
    let by_name: BTreeMap<&str, usize> =
        ENTRIES.iter().enumerate().flat_map(|(at, entry)| entry.names().map(move |name| (name, at))).collect();
    let by_software: BTreeMap<&str, usize> =
        ENTRIES.iter().enumerate().flat_map(|(at, entry)| entry.software().map(move |name| (name, at))).collect();
    for (doc, name, table) in
        [("Repositories, and namespaces with `/*`.", "NAMES", by_name), ("Servers that others build as well.", "SOFTWARE", by_software)]
    {
        let _ = write!(text, "\n/// {doc}\n#[rustfmt::skip]\npub(super) static {name}: &Table = &[");
        let mut width = usize::MAX;
        for (name, at) in table {
            let item = format!(" ({name:?}, {at}),");
            if width.saturating_add(item.len()) > LINE {
                text.push_str("\n   ");
                width = 3;
            }
            text.push_str(&item);
            width += item.len();
        }
        text.push_str("\n];\n");
    }
    text
}

/// The entry with exactly this name, else one with its namespace, else one with its software.
fn find_entry(name: &str) -> Option<(&'static Entry, KnownBy)> {
    let (namespace, last) = name.rsplit_once('/').unwrap_or(("", name));
    // `nvcr.io/nim/meta/llama` is in the namespaces `nvcr.io/nim/meta/*` and `nvcr.io/nim/*`.
    let mut namespaces = std::iter::successors(Some(namespace), |space| Some(space.rsplit_once('/')?.0));
    look_up(NAMES, name)
        .or_else(|| look_up(NAMES, copied(name)?))
        .or_else(|| namespaces.find_map(|space| look_up(NAMES, &format!("{space}/*"))))
        .map(|entry| (entry, KnownBy::Repository))
        .or_else(|| look_up(SOFTWARE, last).map(|entry| (entry, KnownBy::Name)))
}

fn look_up(table: &'static index::Table, name: &str) -> Option<&'static Entry> {
    let at = table.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
    ENTRIES.get(usize::from(table[at].1))
}

/// The Docker Hub repository that a registry of one's own has a copy of: `registry.example.com/grafana/grafana`. One path component says too little.
fn copied(name: &str) -> Option<&str> {
    let (registry, path) = name.split_once('/')?;
    (registry.contains(['.', ':']) && path.contains('/')).then_some(path)
}

impl Entry {
    fn names(&self) -> impl Iterator<Item = &'static str> {
        listed(self.text.lines().next().and_then(|line| line.strip_prefix("names: ")).unwrap_or(""))
    }

    fn software(&self) -> impl Iterator<Item = &'static str> {
        listed(self.text.lines().nth(1).and_then(|line| line.strip_prefix("software: ")).unwrap_or(""))
    }

    /// The keys that hold for every build.
    fn base(&self) -> &'static str {
        self.text.split_once("\nbuilds:\n").map_or(self.text, |(base, _)| base)
    }

    fn builds(&self) -> impl Iterator<Item = Build> {
        let builds = self.text.split_once("\nbuilds:").map_or("", |(_, builds)| builds);
        builds.split("\n  - ").skip(1).map(Build::read)
    }

    /// The builds that hold for this reference, a bit each.
    fn applies(&self, name: &str, reference: &Reference) -> u64 {
        let tag = match (reference.tag(), reference.digest()) {
            (Some(tag), _) => Some(tag),
            (None, Some(_)) => None,
            (None, None) => Some("latest"),
        };
        let applying = self.builds().enumerate().filter(|(_, build)| build.applies(name, tag));
        applying.fold(0, |applies, (index, _)| applies | 1 << index)
    }

    /// The image that results when the builds of `applies` are laid over the base.
    fn image(&self, applies: u64, known_by: KnownBy) -> &'static Image {
        let mut images = self.images.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, _, image)) = images.iter().find(|known| (known.0, known.1) == (applies, known_by)) {
            return image;
        }
        let image = self.read(applies, known_by);
        let image = image.unwrap_or_else(|error| panic!("catalogue/{}.yaml: {error}", self.name));
        let image: &'static Image = Box::leak(Box::new(image));
        images.push((applies, known_by, image));
        image
    }

    /// Parses the base and the builds of `applies`, nothing else of the file.
    fn read(&self, applies: u64, known_by: KnownBy) -> Result<Image, serde_yaml::Error> {
        let mut fields: Mapping = serde_yaml::from_str(self.base())?;
        fields.remove("names");
        fields.remove("software");
        for (_, build) in self.builds().enumerate().filter(|(index, _)| applies >> index & 1 == 1) {
            fields.extend(serde_yaml::from_str::<Mapping>(build.changes)?);
        }
        let mut image: Image = serde_yaml::from_value(Value::Mapping(fields))?;
        image.name = self.name;
        if known_by == KnownBy::Name {
            forget_build(&mut image);
        }
        Ok(image)
    }
}

/// The items of a one-line flow list.
fn listed(list: &'static str) -> impl Iterator<Item = &'static str> {
    let items = list.strip_prefix('[').and_then(|list| list.strip_suffix(']')).unwrap_or("");
    items.split(',').map(|item| item.trim().trim_matches('"')).filter(|item| !item.is_empty())
}

/// Keeps what follows from the software, whoever built the image.
fn forget_build(image: &mut Image) {
    let of_main_port = |ports: &[Port]| {
        let main = ports.iter().find(|port| port.protocol == Protocol::Tcp).map(|port| port.port);
        let probe = main.map(|port| Probe { check: Check::Tcp(port), period: 10, timeout: 5, failures: 3 });
        Health { readiness: probe, liveness: None, startup: None }
    };
    image.known_by = KnownBy::Name;
    image.health = of_main_port(&image.ports);
    image.parts.iter_mut().for_each(|part| part.health = of_main_port(&part.ports));
    image.healthcheck = false;
    image.user = None;
    image.accounts.clear();
    image.fs_group = None;
    image.writable = Vec::new();
    image.shell = None;
    image.capabilities = Vec::new();
}

impl Build {
    /// Reads the conditions from the first lines of an item, one a line.
    fn read(item: &'static str) -> Self {
        let mut build = Self { repositories: None, tags: None, below: None, changes: item };
        while let Some((line, rest)) = build.changes.split_once('\n') {
            let condition = match line.trim().split_once(": ") {
                Some(("repositories", list)) => build.repositories.replace(list),
                Some(("tags", list)) => build.tags.replace(list),
                Some(("below", version)) => build.below.replace(version.trim_matches('"')),
                _ => break,
            };
            debug_assert!(condition.is_none(), "a condition is written once: {line}");
            build.changes = rest;
        }
        build
    }

    fn applies(&self, name: &str, tag: Option<&str>) -> bool {
        let repository = self.repositories.is_none_or(|list| listed(list).any(|known| glob(known, name)));
        let tagged = self.tags.is_none_or(|list| tag.is_some_and(|tag| listed(list).any(|pattern| glob(pattern, tag))));
        let version = self.below.is_none_or(|limit| tag.is_some_and(|tag| is_below(tag, limit)));
        repository && tagged && version
    }
}

/// Whether `text` fits `pattern`, in which each `*` stands for any characters.
fn glob(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text
            .strip_prefix(start)
            .is_some_and(|text| (0..=text.len()).filter(|at| text.is_char_boundary(*at)).any(|at| glob(rest, &text[at..]))),
    }
}

/// Whether a tag begins with a version that is lower than `limit`. A tag that leaves parts out (`8`) follows the newest of them.
fn is_below(tag: &str, limit: &str) -> bool {
    let numbers = |text: &str| -> Vec<u64> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let end = text.find(|letter: char| letter != '.' && !letter.is_ascii_digit()).unwrap_or(text.len());
        text[..end].split('.').map_while(|number| number.parse().ok()).collect()
    };
    let (tag, limit) = (numbers(tag), numbers(limit));
    // The first part that differs decides; none means that the tag is the limit, or floats above it.
    tag.iter().zip(&limit).find(|(left, right)| left != right).is_some_and(|(left, right)| left < right)
}
