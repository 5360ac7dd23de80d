//! The grammar of references, by examples and by properties.

use super::*;
use proptest::prelude::*;

const SHA: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Checks registry, path, tag, and the text that the reference is shown as.
fn check(text: &str, registry: &str, path: &str, tag: Option<&str>, shown: &str) {
    let reference = Reference::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!((reference.registry(), reference.path(), reference.tag()), (registry, path, tag), "{text}");
    assert_eq!(reference.to_string(), shown, "{text}");
}

fn refuse(text: &str, part: &str) {
    let error = Reference::parse(text).expect_err(text).to_string();
    assert!(error.contains(part), "{text}: {error}");
}

#[test]
fn the_defaults_are_docker_hub_and_library() {
    check("postgres", "docker.io", "library/postgres", None, "postgres");
    check("postgres:16-alpine", "docker.io", "library/postgres", Some("16-alpine"), "postgres:16-alpine");
    check("library/postgres", "docker.io", "library/postgres", None, "postgres");
    check("docker.io/postgres", "docker.io", "library/postgres", None, "postgres");
    check("index.docker.io/library/postgres", "docker.io", "library/postgres", None, "postgres");
    check("bitnami/redis:7", "docker.io", "bitnami/redis", Some("7"), "bitnami/redis:7");
}

#[test]
fn a_registry_has_a_dot_a_port_or_a_capital_or_is_localhost() {
    check("ghcr.io/a/b/c:v1", "ghcr.io", "a/b/c", Some("v1"), "ghcr.io/a/b/c:v1");
    check("localhost/app", "localhost", "app", None, "localhost/app");
    check("localhost:5000/app:2", "localhost:5000", "app", Some("2"), "localhost:5000/app:2");
    check("registry:5000/app", "registry:5000", "app", None, "registry:5000/app");
    check("[fd00::1]:5000/app", "[fd00::1]:5000", "app", None, "[fd00::1]:5000/app");
    check("Registry/app", "Registry", "app", None, "Registry/app");
    // No slash: the number is a tag.
    check("localhost:5000", "docker.io", "library/localhost", Some("5000"), "localhost:5000");
}

#[test]
fn a_digest_may_follow_a_tag() {
    let text = format!("redis:7@{SHA}");
    check(&text, "docker.io", "library/redis", Some("7"), &text);
    let reference = Reference::parse(&text).unwrap();
    assert_eq!(reference.digest(), Some(SHA));
    assert_eq!((reference.name(), reference.repository().as_str()), ("redis", "docker.io/library/redis"));
}

#[test]
fn only_latest_or_nothing_is_latest() {
    let is_latest = |text: &str| Reference::parse(text).unwrap().is_latest();
    assert!(is_latest("a") && is_latest("a:latest"));
    assert!(!is_latest("a:1") && !is_latest(&format!("a@{SHA}")) && !is_latest(&format!("a:latest@{SHA}")));
}

#[test]
fn a_path_that_reads_as_a_registry_keeps_its_registry() {
    check("docker.io/a.b/c", "docker.io", "a.b/c", None, "docker.io/a.b/c");
    check("docker.io/library/a/b", "docker.io", "library/a/b", None, "library/a/b");
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
    let end = text[last_slash..end].find(':').map_or(end, |at| last_slash + at);
    &text[..end]
}
