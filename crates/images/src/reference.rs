//! Image references: `postgres:16`, `ghcr.io/acme/app@sha256:…`.
//!
//! In: the text as a person writes it. Out: registry, path, tag and digest with Docker's defaults filled in. What is known of the image is in
//! [`crate::catalogue`].
//!
//! The grammar is that of `github.com/distribution/reference` (`reference.go`, `regexp.go`, `normalize.go`), which Docker, containerd and Kubernetes share.

use std::fmt;

/// The registry that a reference without one means.
const DEFAULT_REGISTRY: &str = "docker.io";
/// The namespace of Docker's official images, which is left out when written.
const OFFICIAL: &str = "library/";
/// The longest path, in bytes (`NameTotalLengthMax`).
const PATH_MAX: usize = 255;
/// The longest tag, in bytes.
const TAG_MAX: usize = 128;

/// Tags that are there to move.
const MOVING: [&str; 17] = [
    "latest",
    "stable",
    "edge",
    "nightly",
    "dev",
    "develop",
    "development",
    "test",
    "main",
    "master",
    "unstable",
    "canary",
    "rolling",
    "release",
    "mainline",
    "beta",
    "lts",
];

/// A parsed image reference; two references are equal when they name the same image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    registry: String,
    path: String,
    tag: Option<String>,
    digest: Option<String>,
}

/// Why a text is no image reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// Nothing was written.
    #[error("the image reference is empty")]
    Empty,
    /// A scheme stands before the reference.
    #[error("an image reference has no scheme: leave out `{0}`")]
    Scheme(String),
    /// 64 hexadecimal digits are an image's id on one machine, which no registry knows.
    #[error("64 hexadecimal digits are a local image id, not a name that a registry knows")]
    LocalId,
    /// The part before the first `/` looks like a registry, and is none.
    #[error("`{0}` is no registry: a host name with an optional numeric port is expected")]
    Registry(String),
    /// No path remains, or one of its components is empty.
    #[error("`{0}` has an empty path component")]
    EmptyComponent(String),
    /// Paths have no capital letters.
    #[error("`{0}` has capital letters, and a repository name must be lower case")]
    Uppercase(String),
    /// A path component is outside the grammar.
    #[error("`{0}` is no path component: lower-case letters and digits are expected, parted by `.`, `_`, `__` or dashes")]
    Component(String),
    /// The path has more than 255 bytes.
    #[error("the repository name has {0} characters, and 255 is the most")]
    TooLong(usize),
    /// The text after `:` is no tag.
    #[error("`{0}` is no tag: at most 128 of letters, digits, `_`, `.` and `-` are expected, and neither `.` nor `-` first")]
    Tag(String),
    /// The text after `@` is no digest.
    #[error("`{0}` is no digest: `sha256:` and 64 lower-case hexadecimal digits are expected (or sha384 with 96, sha512 with 128)")]
    Digest(String),
}

impl Reference {
    /// Parses a reference and fills in Docker's defaults: the registry `docker.io` and, on it, the namespace `library`.
    ///
    /// # Errors
    /// Says which part is outside the grammar of `distribution/reference`.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        if text.is_empty() {
            return Err(ReferenceError::Empty);
        }
        if let Some(at) = text.find("://") {
            return Err(ReferenceError::Scheme(text[..at + 3].to_owned()));
        }
        if text.len() == 64 && text.bytes().all(is_lower_hex) {
            return Err(ReferenceError::LocalId);
        }
        let (name_and_tag, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(checked_digest(digest)?)),
            None => (text, None),
        };
        let (registry, remainder) = split_registry(name_and_tag);
        let (path, tag) = match remainder.split_once(':') {
            Some((path, tag)) => (path, Some(checked_tag(tag)?)),
            None => (remainder, None),
        };
        check_path(path)?;
        let registry = match registry {
            None | Some("index.docker.io") => DEFAULT_REGISTRY,
            Some(registry) => checked_registry(registry)?,
        };
        let path = if registry == DEFAULT_REGISTRY && !path.contains('/') { format!("{OFFICIAL}{path}") } else { path.to_owned() };
        if path.len() > PATH_MAX {
            return Err(ReferenceError::TooLong(path.len()));
        }
        Ok(Self { registry: registry.to_owned(), path, tag, digest })
    }

    /// The registry's host, with its port if one is written: `docker.io`, `localhost:5000`.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The path within the registry: `library/postgres`, `bitnami/redis`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The last component of the path: `postgres`.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// The tag, if one is written.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest with its algorithm, if one is written.
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// Registry and path, neither tag nor digest: `docker.io/library/postgres`.
    pub fn repository(&self) -> String {
        format!("{}/{}", self.registry, self.path)
    }

    /// Whether the reference names whatever is newest: the tag `latest`, or neither a tag nor a digest. A digest pins the content whatever the tag says.
    pub fn is_latest(&self) -> bool {
        self.digest.is_none() && self.tag().is_none_or(|tag| tag == "latest")
    }

    /// Whether the reference names another image next month: no tag, or one that is there to move (`latest`, `stable`), and no digest.
    pub fn is_moving(&self) -> bool {
        self.digest.is_none() && self.tag().is_none_or(|tag| MOVING.contains(&tag))
    }

    /// Registry and path as short as Docker writes them: `postgres`, `bitnami/redis`, `quay.io/keycloak/keycloak`.
    pub fn familiar_name(&self) -> String {
        let full = || self.repository();
        if self.registry != DEFAULT_REGISTRY {
            return full();
        }
        let short = match self.path.strip_prefix(OFFICIAL) {
            Some(name) if !name.contains('/') => name,
            _ => &self.path,
        };
        // `docker.io/a.b/c` without its registry would name the registry `a.b`, and an id's digits no repository.
        let is_ambiguous = split_registry(short).0.is_some() || (short.len() == 64 && short.bytes().all(is_lower_hex));
        if is_ambiguous { full() } else { short.to_owned() }
    }
}

/// The reference as Docker writes it, defaults left out; parses to an equal reference.
impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.familiar_name())?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

impl std::str::FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// Parts the registry from the rest: what stands before the first `/` is one if it has a `.`, a `:` or a capital letter, or is `localhost`.
fn split_registry(name: &str) -> (Option<&str>, &str) {
    match name.split_once('/') {
        Some((first, rest))
            if first == "localhost" || first.contains(['.', ':']) || first.chars().any(|letter| letter.is_ascii_uppercase()) =>
        {
            (Some(first), rest)
        }
        _ => (None, name),
    }
}

fn checked_registry(registry: &str) -> Result<&str, ReferenceError> {
    let error = || ReferenceError::Registry(registry.to_owned());
    let (host, port) = match registry.strip_prefix('[') {
        // An IPv6 address in brackets.
        Some(rest) => {
            let (address, rest) = rest.split_once(']').ok_or_else(error)?;
            if address.is_empty() || !address.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':') {
                return Err(error());
            }
            match rest {
                "" => return Ok(registry),
                rest => (None, Some(rest.strip_prefix(':').ok_or_else(error)?)),
            }
        }
        None => match registry.split_once(':') {
            Some((host, port)) => (Some(host), Some(port)),
            None => (Some(registry), None),
        },
    };
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let host_is_valid = host.is_none_or(|host| host.split('.').all(is_label));
    let port_is_valid = port.is_none_or(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
    if host_is_valid && port_is_valid { Ok(registry) } else { Err(error()) }
}

fn check_path(path: &str) -> Result<(), ReferenceError> {
    for component in path.split('/') {
        if component.is_empty() {
            return Err(ReferenceError::EmptyComponent(path.to_owned()));
        }
        if component.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(ReferenceError::Uppercase(path.to_owned()));
        }
        if !is_component(component) {
            return Err(ReferenceError::Component(component.to_owned()));
        }
    }
    Ok(())
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_component(component: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends_in_words = |text: &[u8]| text.first().copied().is_some_and(is_word) && text.last().copied().is_some_and(is_word);
    ends_in_words(component.as_bytes())
        && component
            .as_bytes()
            .split(|byte| is_word(*byte))
            .all(|separator| matches!(separator, b"" | b"." | b"_" | b"__") || separator.iter().all(|byte| *byte == b'-'))
}

fn checked_tag(tag: &str) -> Result<String, ReferenceError> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let is_valid = tag.len() <= TAG_MAX
        && tag.bytes().next().is_some_and(is_word)
        && tag.bytes().all(|byte| is_word(byte) || byte == b'.' || byte == b'-');
    if is_valid { Ok(tag.to_owned()) } else { Err(ReferenceError::Tag(tag.to_owned())) }
}

fn checked_digest(digest: &str) -> Result<String, ReferenceError> {
    let digits = match digest.split_once(':') {
        Some(("sha256", digits)) => (digits, 64),
        Some(("sha384", digits)) => (digits, 96),
        Some(("sha512", digits)) => (digits, 128),
        _ => ("", 1),
    };
    if digits.0.len() == digits.1 && digits.0.bytes().all(is_lower_hex) {
        Ok(digest.to_owned())
    } else {
        Err(ReferenceError::Digest(digest.to_owned()))
    }
}

fn is_lower_hex(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

#[cfg(test)]
mod tests;
