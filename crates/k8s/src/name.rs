//! Names that an API server accepts, made from names that Compose accepts.
//!
//! Each function gives a valid name for any text, leaves a valid name alone, and is a function of the text alone. Different
//! texts may give one name (`my_db`, `my-db`): [`Objects`](crate::Objects) notices that for objects; for the names within one
//! object the caller compares. Sources: RFC 1035 and 1123, `k8s.io/apimachinery/pkg/util/validation`.

use std::borrow::Cow;
use std::collections::BTreeSet;

use smol_str::SmolStr;

use crate::hash::{ContentHash, short_hash};

/// The longest name of a service, workload or container: a CronJob's limit, and what leaves a StatefulSet room for the
/// revision in its pods' labels.
pub const SERVICE_LIMIT: usize = 52;
/// The longest DNS label: pod volumes, Jobs, Namespaces, label values.
pub const LABEL_LIMIT: usize = 63;
/// The longest DNS subdomain: ConfigMaps, Secrets, claims, roles.
pub const SUBDOMAIN_LIMIT: usize = 253;
/// The longest name of a port.
pub const PORT_LIMIT: usize = 15;

/// Letters of the hash that ends a name which was cut.
const CUT_HASH: usize = 8;

/// The name of a service, workload or container: one DNS-1035 label of at most 52 characters. A leading digit gets the
/// prefix `svc-`, a longer name is cut and ends in a hash of the whole.
pub fn service_name(text: &str) -> SmolStr {
    let mut name = label_characters(text);
    if !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        name = if name.is_empty() { format!("svc-{}", short_hash(text, CUT_HASH)) } else { format!("svc-{name}") };
    }
    cut(&name, text, SERVICE_LIMIT)
}

/// The name of a namespace or of a volume in a pod: one DNS-1123 label of at most 63 characters.
pub fn label_name(text: &str) -> SmolStr {
    let name = label_characters(text);
    if name.is_empty() {
        return short_hash(text, CUT_HASH);
    }
    cut(&name, text, LABEL_LIMIT)
}

/// The name of a claim, ConfigMap, Secret, Role: a DNS-1123 subdomain of at most 253 characters.
pub fn object_name(text: &str) -> SmolStr {
    let mut name = String::with_capacity(text.len());
    for label in text.split('.') {
        let label = label_characters(label);
        if !label.is_empty() {
            if !name.is_empty() {
                name.push('.');
            }
            name.push_str(&label);
        }
    }
    if name.is_empty() {
        return short_hash(text, CUT_HASH);
    }
    cut(&name, text, SUBDOMAIN_LIMIT)
}

/// `name-suffix` within `limit` characters. The suffix stays whole; a name that must be cut for it ends in a hash of the
/// whole. Both parts have to be valid already, and the suffix shorter than `limit` by a few letters.
pub fn with_suffix(name: &str, suffix: &str, limit: usize) -> SmolStr {
    let room = limit.saturating_sub(suffix.len() + 1);
    SmolStr::from_iter([cut(name, name, room).as_str(), "-", suffix])
}

/// The name of a port: at most 15 letters, digits and single hyphens, at least one letter (IANA service name, RFC 6335).
pub fn port_name(text: &str) -> SmolStr {
    let mut name = String::with_capacity(text.len());
    for character in label_characters(text).chars() {
        if character != '-' || !name.ends_with('-') {
            name.push(character);
        }
    }
    if !name.bytes().any(|byte| byte.is_ascii_lowercase()) {
        name = if name.is_empty() { format!("port-{}", short_hash(text, 4)) } else { format!("port-{name}") };
    }
    if name.len() <= PORT_LIMIT {
        return name.into();
    }
    let kept = name[..PORT_LIMIT - 5].trim_end_matches('-');
    // The hash alone may be digits; `kept` may be too (`0123456789ab`).
    let hash = short_hash(text, 4);
    let kept = if kept.bytes().chain(hash.bytes()).any(|byte| byte.is_ascii_lowercase()) { kept } else { "port" };
    SmolStr::from_iter([kept, "-", &hash])
}

/// The value of a label: at most 63 letters, digits, `-`, `_` and `.`, a letter or digit at both ends. May be empty.
pub fn label_value(text: &str) -> Cow<'_, str> {
    trimmed(text, LABEL_LIMIT)
}

/// The key of a label or annotation: a name of at most 63 characters after an optional `prefix/`, which is a DNS subdomain.
/// `None` when nothing of the text can stand in one.
pub fn metadata_key(text: &str) -> Option<SmolStr> {
    let (prefix, name) = match text.split_once('/') {
        Some((prefix, name)) if !prefix.is_empty() && object_name(prefix) == prefix => (Some(prefix), name),
        _ => (None, text),
    };
    let mut key = SmolStr::from(trimmed(name, LABEL_LIMIT));
    if key.is_empty() {
        return None;
    }
    if name.len() > LABEL_LIMIT && key != name {
        let kept = key[..key.len().min(LABEL_LIMIT - 1 - CUT_HASH)].trim_end_matches(|end: char| !end.is_ascii_alphanumeric());
        key = SmolStr::from_iter([kept, "-", &short_hash(name, CUT_HASH)]);
    }
    Some(prefix.map_or_else(|| key.clone(), |prefix| SmolStr::from_iter([prefix, "/", &key])))
}

/// The key of a ConfigMap or Secret: at most 253 letters, digits, `-`, `_` and `.`, and not beginning with `..`.
pub fn config_key(text: &str) -> SmolStr {
    let mut key: String = text.chars().map(|character| if is_key_character(character) { character } else { '-' }).collect();
    if key.is_empty() || key == "." {
        key = short_hash(text, CUT_HASH).into();
    } else if key.starts_with("..") {
        key.insert(0, '_');
    }
    if key.len() <= SUBDOMAIN_LIMIT {
        return key.into();
    }
    SmolStr::from_iter([&key[..SUBDOMAIN_LIMIT - 1 - CUT_HASH], "-", &short_hash(text, CUT_HASH)])
}

/// [`config_key`] for the path of a file, with a hash where another one of the object has it already: `a/b` and `a-b` would be the same.
pub fn free_config_key(path: &str, taken: &mut BTreeSet<SmolStr>) -> SmolStr {
    let mut key = config_key(path);
    if !taken.insert(key.clone()) {
        let mut hash = ContentHash::new();
        hash.part(path);
        key = with_suffix(&key, &hash.finish(), SUBDOMAIN_LIMIT);
        taken.insert(key.clone());
    }
    key
}

/// True for a variable name that every version of Kubernetes accepts: letters, digits, `-`, `_`, `.`, no leading digit, not `.`
/// and not beginning with `..`.
pub fn is_variable_name(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(is_key_character)
        && !text.starts_with(|first: char| first.is_ascii_digit())
        && text != "."
        && !text.starts_with("..")
}

/// True for a variable name that Kubernetes accepts from 1.34 on: printable ASCII without `=`.
pub fn is_relaxed_variable_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| (0x20..=0x7e).contains(&byte) && byte != b'=')
}

fn is_key_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.')
}

/// Lower case; what can't stand in a DNS label becomes a hyphen; none at the ends.
fn label_characters(text: &str) -> String {
    let name: String = text
        .chars()
        .map(|character| match character {
            'a'..='z' | '0'..='9' => character,
            'A'..='Z' => character.to_ascii_lowercase(),
            _ => '-',
        })
        .collect();
    name.trim_matches('-').to_owned()
}

/// At most `limit` characters: a longer name ends in a hash of what it was made from.
fn cut(name: &str, whole: &str, limit: usize) -> SmolStr {
    if name.len() <= limit {
        return name.into();
    }
    let kept = name[..limit.saturating_sub(1 + CUT_HASH)].trim_end_matches(['-', '.']);
    SmolStr::from_iter([kept, "-", &short_hash(whole, CUT_HASH)])
}

fn trimmed(text: &str, limit: usize) -> Cow<'_, str> {
    let is_end = |end: Option<u8>| end.is_some_and(|end| end.is_ascii_alphanumeric());
    let has_ends = is_end(text.bytes().next()) && is_end(text.bytes().next_back());
    if text.len() <= limit && has_ends && text.bytes().all(|byte| is_key_character(byte.into())) {
        return Cow::Borrowed(text);
    }
    let start = text.trim_start_matches(|first: char| !first.is_ascii_alphanumeric());
    let mut mapped: String = start.chars().map(|character| if is_key_character(character) { character } else { '-' }).take(limit).collect();
    mapped.truncate(mapped.trim_end_matches(|last: char| !last.is_ascii_alphanumeric()).len());
    Cow::Owned(mapped)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_label(name: &str, limit: usize) -> bool {
        (1..=limit).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !name.starts_with('-')
            && !name.ends_with('-')
    }

    #[test]
    fn service_names_are_dns_1035_labels() {
        let check = |text: &str, expect: &str| assert_eq!(service_name(text), expect, "{text}");
        check("web", "web");
        check("my_db", "my-db");
        check("My.App", "my-app");
        check("2048", "svc-2048");
        check("_private_", "private");
        check("a--b", "a--b");
        let long = "a-service-with-a-name-that-goes-on-and-on-and-on-for-ever";
        let name = service_name(long);
        assert!(name.len() == 52 && name.starts_with("a-service-with-a-name-that-goes-on-and-on-a"), "{name}");
        assert_ne!(name, service_name(&format!("{long}-and-ever")));
    }

    #[test]
    fn object_names_keep_their_dots() {
        let check = |text: &str, expect: &str| assert_eq!(object_name(text), expect, "{text}");
        check("site.example.com", "site.example.com");
        check("../nginx_conf/.htpasswd", "nginx-conf.htpasswd");
        check("DB_Data", "db-data");
    }

    #[test]
    fn port_names_have_a_letter_and_at_most_fifteen_characters() {
        let check = |text: &str, expect: &str| assert_eq!(port_name(text), expect, "{text}");
        check("http", "http");
        check("8080", "port-8080");
        check("tcp--8080", "tcp-8080");
        check("METRICS_v2", "metrics-v2");
        assert_eq!(port_name("prometheus-metrics").len(), 15);
    }

    #[test]
    fn keys_and_values_are_trimmed_to_what_is_allowed() {
        assert_eq!(label_value("1.27-alpine@sha256:abc"), "1.27-alpine-sha256-abc");
        assert_eq!(label_value("_x_"), "x");
        assert_eq!(label_value("%%"), "");
        assert_eq!(metadata_key("traefik.http.routers.x.rule").as_deref(), Some("traefik.http.routers.x.rule"));
        assert_eq!(metadata_key("example.com/a b").as_deref(), Some("example.com/a-b"));
        assert_eq!(metadata_key("a/b/c").as_deref(), Some("a/b-c"));
        assert_eq!(metadata_key("//"), None);
        assert_eq!(config_key("conf.d/site.conf"), "conf.d-site.conf");
        assert_eq!(config_key("..data"), "_..data");
        assert_eq!(config_key(".htpasswd"), ".htpasswd");
    }

    #[test]
    fn a_suffix_stays_whole() {
        assert_eq!(with_suffix("web", "published", SERVICE_LIMIT), "web-published");
        let name = with_suffix(&"x".repeat(52), "published", LABEL_LIMIT);
        assert_eq!(name, format!("{}-published", "x".repeat(52)));
        let name = with_suffix(&"x".repeat(60), "published", LABEL_LIMIT);
        assert!(is_label(&name, LABEL_LIMIT) && name.ends_with("-published"), "{name}");
        assert_ne!(name, with_suffix(&"x".repeat(61), "published", LABEL_LIMIT));
    }

    #[test]
    fn variable_names_are_those_that_kubernetes_accepts() {
        for name in ["PATH", "a.b-c", "_", ".a"] {
            assert!(is_variable_name(name), "{name}");
        }
        for name in ["", ".", "..", "..a", "1A", "A B", "A=B", "é"] {
            assert!(!is_variable_name(name), "{name}");
        }
        assert!(is_relaxed_variable_name("1 A!") && !is_relaxed_variable_name("A=B") && !is_relaxed_variable_name("é"));
    }

    proptest! {
        #[test]
        fn any_text_gives_a_valid_name_and_a_valid_name_stays(text in "\\PC{0,80}|[a-zA-Z0-9._-]{0,300}|[0-9]{1,20}") {
            let name = service_name(&text);
            prop_assert!(is_label(&name, SERVICE_LIMIT) && name.starts_with(|first: char| first.is_ascii_lowercase()), "{name}");
            prop_assert_eq!(service_name(&name), name.clone());

            let name = label_name(&text);
            prop_assert!(is_label(&name, LABEL_LIMIT), "{name}");
            prop_assert_eq!(label_name(&name), name.clone());

            let name = object_name(&text);
            prop_assert!(name.len() <= SUBDOMAIN_LIMIT && name.split('.').all(|label| is_label(label, SUBDOMAIN_LIMIT)), "{name}");
            prop_assert_eq!(object_name(&name), name.clone());

            let name = port_name(&text);
            prop_assert!(is_label(&name, PORT_LIMIT) && !name.contains("--") && name.bytes().any(|byte| byte.is_ascii_lowercase()), "{name}");
            prop_assert_eq!(port_name(&name), name.clone());

            let value = label_value(&text);
            let ends = |end: Option<char>| end.is_none_or(|end| end.is_ascii_alphanumeric());
            prop_assert!(value.len() <= LABEL_LIMIT && value.chars().all(is_key_character), "{value}");
            prop_assert!(ends(value.chars().next()) && ends(value.chars().last()), "{value}");
            prop_assert_eq!(label_value(&value), value.clone());

            if let Some(key) = metadata_key(&text) {
                prop_assert_eq!(metadata_key(&key), Some(key.clone()));
                let name = key.rsplit('/').next().unwrap_or_default();
                prop_assert!(!name.is_empty() && name.len() <= LABEL_LIMIT && ends(name.chars().next()) && ends(name.chars().last()), "{key}");
            }

            let key = config_key(&text);
            prop_assert!((1..=SUBDOMAIN_LIMIT).contains(&key.len()) && key.chars().all(is_key_character), "{key}");
            prop_assert!(key != "." && !key.starts_with(".."), "{key}");
            prop_assert_eq!(config_key(&key), key.clone());
        }

        #[test]
        fn long_names_that_differ_stay_different(base in "[a-z]{60}", a in "[a-z]{1,9}", b in "[a-z]{1,9}") {
            prop_assume!(a != b);
            let (a, b) = (format!("{base}{a}"), format!("{base}{b}"));
            prop_assert_ne!(service_name(&a), service_name(&b));
            prop_assert_ne!(label_name(&a), label_name(&b));
            prop_assert_ne!(metadata_key(&a), metadata_key(&b));
        }
    }
}
