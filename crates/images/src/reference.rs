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
    #[error(
        "`{0}` is no path component: lower-case letters and digits are expected, parted by `.`, `_`, `__` or dashes"
    )]
    Component(String),
    /// The path has more than 255 bytes.
    #[error("the repository name has {0} characters, and 255 is the most")]
    TooLong(usize),
    /// The text after `:` is no tag.
    #[error(
        "`{0}` is no tag: at most 128 of letters, digits, `_`, `.` and `-` are expected, and neither `.` nor `-` first"
    )]
    Tag(String),
    /// The text after `@` is no digest.
    #[error(
        "`{0}` is no digest: `sha256:` and 64 lower-case hexadecimal digits are expected (or sha384 with 96, sha512 with 128)"
    )]
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
        let path = if registry == DEFAULT_REGISTRY && !path.contains('/') {
            format!("{OFFICIAL}{path}")
        } else {
            path.to_owned()
        };
        if path.len() > PATH_MAX {
            return Err(ReferenceError::TooLong(path.len()));
        }
        Ok(Self {
            registry: registry.to_owned(),
            path,
            tag,
            digest,
        })
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
        let is_ambiguous = split_registry(short).0.is_some()
            || (short.len() == 64 && short.bytes().all(is_lower_hex));
        if is_ambiguous {
            full()
        } else {
            short.to_owned()
        }
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
            if first == "localhost"
                || first.contains(['.', ':'])
                || first.chars().any(|letter| letter.is_ascii_uppercase()) =>
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
            if address.is_empty()
                || !address
                    .bytes()
                    .all(|byte| byte.is_ascii_hexdigit() || byte == b':')
            {
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
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let host_is_valid = host.is_none_or(|host| host.split('.').all(is_label));
    let port_is_valid =
        port.is_none_or(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
    if host_is_valid && port_is_valid {
        Ok(registry)
    } else {
        Err(error())
    }
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
    let ends_in_words = |text: &[u8]| {
        text.first().copied().is_some_and(is_word) && text.last().copied().is_some_and(is_word)
    };
    ends_in_words(component.as_bytes())
        && component
            .as_bytes()
            .split(|byte| is_word(*byte))
            .all(|separator| {
                matches!(separator, b"" | b"." | b"_" | b"__")
                    || separator.iter().all(|byte| *byte == b'-')
            })
}

fn checked_tag(tag: &str) -> Result<String, ReferenceError> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let is_valid = tag.len() <= TAG_MAX
        && tag.bytes().next().is_some_and(is_word)
        && tag
            .bytes()
            .all(|byte| is_word(byte) || byte == b'.' || byte == b'-');
    if is_valid {
        Ok(tag.to_owned())
    } else {
        Err(ReferenceError::Tag(tag.to_owned()))
    }
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
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SHA: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    /// Checks registry, path, tag, and the text that the reference is shown as.
    fn check(text: &str, registry: &str, path: &str, tag: Option<&str>, shown: &str) {
        let reference = Reference::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(
            (reference.registry(), reference.path(), reference.tag()),
            (registry, path, tag),
            "{text}"
        );
        assert_eq!(reference.to_string(), shown, "{text}");
    }

    fn refuse(text: &str, part: &str) {
        let error = Reference::parse(text).expect_err(text).to_string();
        assert!(error.contains(part), "{text}: {error}");
    }

    #[test]
    fn the_defaults_are_docker_hub_and_library() {
        check(
            "postgres",
            "docker.io",
            "library/postgres",
            None,
            "postgres",
        );
        check(
            "postgres:16-alpine",
            "docker.io",
            "library/postgres",
            Some("16-alpine"),
            "postgres:16-alpine",
        );
        check(
            "library/postgres",
            "docker.io",
            "library/postgres",
            None,
            "postgres",
        );
        check(
            "docker.io/postgres",
            "docker.io",
            "library/postgres",
            None,
            "postgres",
        );
        check(
            "index.docker.io/library/postgres",
            "docker.io",
            "library/postgres",
            None,
            "postgres",
        );
        check(
            "bitnami/redis:7",
            "docker.io",
            "bitnami/redis",
            Some("7"),
            "bitnami/redis:7",
        );
    }

    #[test]
    fn a_registry_has_a_dot_a_port_or_a_capital_or_is_localhost() {
        check(
            "ghcr.io/a/b/c:v1",
            "ghcr.io",
            "a/b/c",
            Some("v1"),
            "ghcr.io/a/b/c:v1",
        );
        check("localhost/app", "localhost", "app", None, "localhost/app");
        check(
            "localhost:5000/app:2",
            "localhost:5000",
            "app",
            Some("2"),
            "localhost:5000/app:2",
        );
        check(
            "registry:5000/app",
            "registry:5000",
            "app",
            None,
            "registry:5000/app",
        );
        check(
            "[fd00::1]:5000/app",
            "[fd00::1]:5000",
            "app",
            None,
            "[fd00::1]:5000/app",
        );
        check("Registry/app", "Registry", "app", None, "Registry/app");
        // No slash: the number is a tag.
        check(
            "localhost:5000",
            "docker.io",
            "library/localhost",
            Some("5000"),
            "localhost:5000",
        );
    }

    #[test]
    fn a_digest_may_follow_a_tag() {
        let text = format!("redis:7@{SHA}");
        check(&text, "docker.io", "library/redis", Some("7"), &text);
        let reference = Reference::parse(&text).unwrap();
        assert_eq!(reference.digest(), Some(SHA));
        assert_eq!(
            (reference.name(), reference.repository().as_str()),
            ("redis", "docker.io/library/redis")
        );
    }

    #[test]
    fn only_latest_or_nothing_is_latest() {
        let is_latest = |text: &str| Reference::parse(text).unwrap().is_latest();
        assert!(is_latest("a") && is_latest("a:latest"));
        assert!(
            !is_latest("a:1")
                && !is_latest(&format!("a@{SHA}"))
                && !is_latest(&format!("a:latest@{SHA}"))
        );
    }

    #[test]
    fn a_path_that_reads_as_a_registry_keeps_its_registry() {
        check(
            "docker.io/a.b/c",
            "docker.io",
            "a.b/c",
            None,
            "docker.io/a.b/c",
        );
        check(
            "docker.io/library/a/b",
            "docker.io",
            "library/a/b",
            None,
            "library/a/b",
        );
    }

    #[test]
    fn errors_name_the_part_and_the_rule() {
        refuse("", "empty");
        refuse("https://ghcr.io/a", "leave out `https://`");
        refuse(&SHA[7..], "local image id");
        refuse("Postgres:16", "lower case");
        refuse("acme/App", "lower case");
        refuse("a//b", "empty path component");
        refuse("ghcr.io/", "empty path component");
        refuse("a b", "`a b` is no path component");
        refuse("a___b", "no path component");
        refuse("a-", "no path component");
        refuse("a..b", "no path component");
        refuse("${APP}", "lower case");
        refuse("a:", "no tag");
        refuse("a:b:c", "no tag");
        refuse("a:-b", "no tag");
        refuse(&format!("a:{}", "b".repeat(129)), "no tag");
        refuse("a@sha256:abc", "no digest");
        refuse("a@md5:d41d8cd98f00b204e9800998ecf8427e", "no digest");
        refuse(&format!("a@{}", SHA.to_uppercase()), "no digest");
        refuse("-a.b/c", "no registry");
        refuse("host:port/c", "no registry");
        refuse("a.b:/c", "no registry");
        refuse(&"a/".repeat(127), "empty path component");
        refuse(&format!("x/{}", "a".repeat(260)), "255 is the most");
    }

    #[test]
    fn a_64_digit_repository_keeps_its_namespace() {
        let text = format!("library/{}", &SHA[7..]);
        let reference = Reference::parse(&text).unwrap();
        assert_eq!(Reference::parse(&reference.to_string()), Ok(reference));
    }

    fn references() -> impl Strategy<Value = String> {
        let registry = "(docker\\.io/|index\\.docker\\.io/|localhost/|localhost:5000/|[A-Za-z0-9]{1,5}\\.[a-z]{2,3}/|\\[::1\\]/)";
        // Without a registry, a dot in the first component would make it one.
        let first = "[a-z0-9]{1,4}((_|__|-{1,3})[a-z0-9]{1,4}){0,2}";
        let component = "[a-z0-9]{1,4}((\\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}";
        let path = format!("({first}|{registry}{component})(/{component}){{0,3}}");
        let tag = "(|:[A-Za-z0-9_][A-Za-z0-9_.-]{0,12})";
        let digest = "(|@sha256:[a-f0-9]{64})";
        let text = proptest::string::string_regex(&format!("{path}{tag}{digest}"));
        text.expect("a regular expression")
    }

    proptest! {
        #[test]
        fn what_the_grammar_allows_is_parsed_and_round_trips(text in references()) {
            let reference = Reference::parse(&text).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
            prop_assert_eq!(Reference::parse(&reference.to_string()), Ok(reference.clone()));
            let full = format!("{}{}", reference.repository(), text.strip_prefix(split_name(&text)).unwrap_or(""));
            prop_assert_eq!(Reference::parse(&full), Ok(reference));
        }

        #[test]
        fn any_text_is_parsed_or_refused_with_a_reason(text in "\\PC{0,40}|[a-zA-Z0-9:/@._\\-\\[\\]]{0,40}") {
            match Reference::parse(&text) {
                Ok(reference) => prop_assert_eq!(Reference::parse(&reference.to_string()), Ok(reference)),
                Err(error) => prop_assert!(!error.to_string().is_empty()),
            }
        }
    }

    /// The part of a reference before its tag and digest.
    fn split_name(text: &str) -> &str {
        let end = text.find('@').unwrap_or(text.len());
        let last_slash = text[..end].rfind('/').map_or(0, |at| at + 1);
        let end = text[last_slash..end]
            .find(':')
            .map_or(end, |at| last_slash + at);
        &text[..end]
    }
}
