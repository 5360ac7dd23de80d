//! The forms of names and values, each with the API server's words for a text that has another one. An empty list means that the
//! text is right. Sources: RFC 1035, 1123, 6335; Kubernetes documentation, "Object names and IDs", "Labels and selectors", "Quantity".

use std::net::IpAddr;

use crate::quantity::Amount;

pub(super) const NOT_A_QUANTITY: &str = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an \
                     alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const LABEL_1035: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, \
                          and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is \
                          '[a-z]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and \
                         end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
                         '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const WILDCARD: &str = "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower \
                        case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used \
                        for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const NAME_PART: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character \
                         (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
                         '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and \
                           end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is \
                           '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const CONFIG_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name()',  or 'KEY_NAME',  or \
                          'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const VARIABLE: &str = "a valid environment variable name must consist only of printable ASCII characters other than '='";

fn messages(parts: impl IntoIterator<Item = Option<String>>) -> Vec<String> {
    parts.into_iter().flatten().collect()
}

fn unless(right: bool, message: &str) -> Option<String> {
    (!right).then(|| message.to_owned())
}

fn at_most(text: &str, limit: usize) -> Option<String> {
    (text.len() > limit).then(|| format!("must be no more than {limit} bytes"))
}

fn is_label(text: &str) -> bool {
    are_label(text.as_bytes())
}

fn is_subdomain(text: &str) -> bool {
    // By bytes: names are short, and every object has some ten.
    text.as_bytes().split(|byte| *byte == b'.').all(are_label)
}

/// What a byte may be part of: names are checked by the thousand.
const CLASS: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        classes[byte] = match byte as u8 {
            b'a'..=b'z' | b'0'..=b'9' => LABEL_BYTE | NAME_BYTE | ALPHANUMERIC,
            b'A'..=b'Z' => NAME_BYTE | ALPHANUMERIC,
            b'-' => LABEL_BYTE | NAME_BYTE,
            b'_' | b'.' => NAME_BYTE,
            _ => 0,
        };
        byte += 1;
    }
    classes
};
const LABEL_BYTE: u8 = 1;
const NAME_BYTE: u8 = 2;
const ALPHANUMERIC: u8 = 4;

fn is(byte: &u8, class: u8) -> bool {
    CLASS[usize::from(*byte)] & class != 0
}

fn are_label(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| is(byte, LABEL_BYTE)) && bytes.first().is_some_and(|byte| *byte != b'-') && bytes.last() != Some(&b'-')
}

fn is_name_part(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_end = |byte: Option<&u8>| byte.is_some_and(|byte| is(byte, ALPHANUMERIC));
    is_end(bytes.first()) && is_end(bytes.last()) && bytes.iter().all(|byte| is(byte, NAME_BYTE))
}

/// RFC 1123 label, 63 bytes.
pub(crate) fn label(text: &str) -> Vec<String> {
    messages([at_most(text, 63), unless(is_label(text), LABEL)])
}

/// RFC 1035 label, 63 bytes.
pub(crate) fn label_1035(text: &str) -> Vec<String> {
    let right = is_label(text) && text.starts_with(|first: char| first.is_ascii_lowercase());
    messages([at_most(text, 63), unless(right, LABEL_1035)])
}

/// The name of a Service from 1.36 on, which may begin with a digit.
pub(super) fn relaxed_service_name(text: &str) -> Vec<String> {
    let long = (text.len() > 63).then(|| "must be no more than 63 characters".to_owned());
    if text.contains('.') {
        return messages([long, Some("must not contain dots".into())]);
    }
    messages([long, unless(is_label(text), LABEL)])
}

/// RFC 1123 subdomain, 253 bytes.
pub(crate) fn subdomain(text: &str) -> Vec<String> {
    messages([at_most(text, 253), unless(is_subdomain(text), SUBDOMAIN)])
}

/// A search path of a resolver, which may have labels with a leading `_`.
pub(super) fn search_path(text: &str) -> Vec<String> {
    const FORM: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start \
                        and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
                        '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')";
    // A dot alone, or at the end, is the root.
    if text == "." {
        return Vec::new();
    }
    let trimmed = text.strip_suffix('.').unwrap_or(text);
    let right = trimmed.split('.').all(|part| is_label(&part.strip_prefix('_').unwrap_or(part).replace('_', "-")));
    messages([at_most(trimmed, 253), unless(right, FORM)])
}

/// `*.` and a subdomain.
pub(super) fn wildcard(text: &str) -> Vec<String> {
    messages([at_most(text, 253), unless(text.strip_prefix("*.").is_some_and(is_subdomain), WILDCARD)])
}

/// A host of an Ingress: with or without wildcard.
pub(super) fn host(text: &str) -> Vec<String> {
    if text.contains('*') { wildcard(text) } else { subdomain(text) }
}

/// The value of a label.
pub(crate) fn label_value(text: &str) -> Vec<String> {
    messages([at_most(text, 63), unless(text.is_empty() || is_name_part(text), LABEL_VALUE)])
}

/// Most of the keys that there are (Kubernetes documentation, "Recommended Labels"), which are right.
const WELL_KNOWN: [&str; 6] = [
    "app.kubernetes.io/name",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/part-of",
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/version",
    "app.kubernetes.io/component",
];

/// A name of at most 63 bytes after an optional prefix that is a subdomain: the keys of labels and annotations.
pub(crate) fn qualified_name(text: &str) -> Vec<String> {
    if WELL_KNOWN.contains(&text) {
        return Vec::new();
    }
    let bytes = text.as_bytes();
    let (prefix, name) = match bytes.iter().position(|byte| *byte == b'/') {
        None => (None, text),
        Some(at) if bytes[at + 1..].contains(&b'/') => {
            return vec![format!("a qualified name {NAME_PART} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')")];
        }
        Some(at) => (Some(&text[..at]), &text[at + 1..]),
    };
    // Nearly all are right.
    if prefix.is_none_or(|prefix| prefix.len() <= 253 && is_subdomain(prefix)) && name.len() <= 63 && is_name_part(name) {
        return Vec::new();
    }
    let mut all = Vec::new();
    match prefix {
        Some("") => all.push("prefix part must be non-empty".to_owned()),
        Some(prefix) => all.extend(subdomain(prefix).into_iter().map(|message| format!("prefix part {message}"))),
        None => {}
    }
    if name.is_empty() {
        all.push("name part must be non-empty".into());
    } else {
        all.extend(at_most(name, 63).map(|message| format!("name part {message}")));
    }
    if !is_name_part(name) {
        all.push(format!("name part {NAME_PART}"));
    }
    all
}

/// The key of a ConfigMap or Secret.
pub(super) fn config_key(text: &str) -> Vec<String> {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let dots = match text {
        "." => Some("must not be '.'".to_owned()),
        ".." => Some("must not be '..'".to_owned()),
        text if text.starts_with("..") => Some("must not start with '..'".to_owned()),
        _ => None,
    };
    messages([at_most(text, 253), unless(!text.is_empty() && text.bytes().all(inner), CONFIG_KEY), dots])
}

/// The name of a variable since 1.34.
pub(super) fn variable_name(text: &str) -> Vec<String> {
    messages([unless(crate::name::is_relaxed_variable_name(text), VARIABLE)])
}

/// The name of a variable up to 1.33.
pub(super) fn strict_variable_name(text: &str) -> Vec<String> {
    const STRICT: &str = "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not \
                          start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is \
                          '[-._a-zA-Z][-._a-zA-Z0-9]*')";
    messages([unless(crate::name::is_variable_name(text), STRICT)])
}

/// The name of a container's or Service's `targetPort` (RFC 6335).
pub(super) fn port_name(text: &str) -> Vec<String> {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    messages([
        (text.len() > 15).then(|| "must be no more than 15 characters".to_owned()),
        unless(text.bytes().all(inner), "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"),
        unless(text.bytes().any(|byte| byte.is_ascii_lowercase()), "must contain at least one letter (a-z)"),
        unless(!text.as_bytes().windows(2).any(|pair| pair == b"--"), "must not contain consecutive hyphens"),
        unless(!text.starts_with('-') && !text.ends_with('-'), "must not begin or end with a hyphen"),
    ])
}

/// An address.
pub(super) fn ip(text: &str) -> Vec<String> {
    messages([unless(is_ip(text), "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")])
}

fn is_ip(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

/// A network.
pub(super) fn cidr(text: &str) -> Vec<String> {
    messages([unless(network(text).is_some(), "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)")])
}

/// The bits of a network's address and the length of its prefix, and whether it is of IPv6.
pub(super) fn network(text: &str) -> Option<(u128, u32, bool)> {
    let (address, length) = text.split_once('/')?;
    if length.is_empty() || length.len() > 3 || !length.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let length: u32 = length.parse().ok()?;
    match address.parse().ok()? {
        IpAddr::V4(address) if length <= 32 => Some((u128::from(u32::from(address)) << 96, length, false)),
        IpAddr::V6(address) if length <= 128 => Some((u128::from(address), length, true)),
        _ => None,
    }
}

/// A relative path that stays below.
pub(super) fn below(text: &str) -> Vec<String> {
    messages([unless(!text.starts_with('/'), "must be a relative path"), no_parent(text)])
}

/// `..` as a part of a path.
pub(super) fn no_parent(text: &str) -> Option<String> {
    unless(!text.split('/').any(|part| part == ".."), "must not contain '..'")
}

/// What the API server says of a text that is no quantity.
pub(crate) fn quantity(text: &str) -> Option<&'static str> {
    if Amount::parse(text).is_some() {
        return None;
    }
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let suffix = rest.trim_start_matches(|character: char| character.is_ascii_digit()).trim_start_matches('.');
    let suffix = suffix.trim_start_matches(|character: char| character.is_ascii_digit());
    let after = suffix.trim_start_matches(|character| "eEinumkKMGTP".contains(character));
    let after = after.strip_prefix(['+', '-']).unwrap_or(after).trim_start_matches(|character: char| character.is_ascii_digit());
    let is_formed = after.is_empty() && rest.starts_with(|first: char| first.is_ascii_digit() || first == '.');
    Some(if is_formed { "unable to parse quantity's suffix" } else { NOT_A_QUANTITY })
}

/// RFC 3339.
pub(crate) fn is_time(text: &str) -> bool {
    let digits = |range: std::ops::Range<usize>, high: u32| {
        text.get(range)
            .filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|part| part.parse::<u32>().ok())
            .is_some_and(|value| value <= high)
    };
    let bytes = text.as_bytes();
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if !separators.iter().all(|(at, byte)| bytes.get(*at) == Some(byte)) {
        return false;
    }
    let parts = [(0..4, 9999), (5..7, 12), (8..10, 31), (11..13, 23), (14..16, 59), (17..19, 59)];
    if !parts.into_iter().all(|(range, high)| digits(range, high)) {
        return false;
    }
    let zone =
        text[19..].strip_prefix('.').map_or(&text[19..], |fraction| fraction.trim_start_matches(|digit: char| digit.is_ascii_digit()));
    zone == "Z" || (zone.len() == 6 && zone.starts_with(['+', '-']) && zone.as_bytes()[3] == b':')
}

/// An HTTP header's name.
pub(super) fn header_name(text: &str) -> Vec<String> {
    let right = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    const HEADER: &str = "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for \
                          validation is '[-A-Za-z0-9]+')";
    messages([unless(right, HEADER)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_their_forms() {
        let check = |form: fn(&str) -> Vec<String>, right: &[&str], wrong: &[&str]| {
            for text in right {
                assert_eq!(form(text), Vec::<String>::new(), "{text}");
            }
            for text in wrong {
                assert!(!form(text).is_empty(), "{text}");
            }
        };
        check(label, &["a", "a-b", "0a"], &["", "-a", "a-", "A", "a.b", "a_b"]);
        check(label_1035, &["a", "a0"], &["0a", ""]);
        check(subdomain, &["a.b", "example.com", "1.2"], &["", ".a", "a..b", "a.", "A.b"]);
        check(host, &["*.a.b", "a.b"], &["*.*.a", "*", "a.*.b", "a:80"]);
        check(label_value, &["", "a_b.c-D", "1"], &["a b", "-a", "a-", "é"]);
        check(qualified_name, &["a", "a.b/c_D"], &["", "/a", "a/", "a/b/c", "A/b", "-a"]);
        check(config_key, &["a.b", "_x", ".dockerconfigjson"], &["", ".", "..", "..a", "a b"]);
        check(port_name, &["http", "a-1"], &["1", "HTTP", "a--b", "-a", "a-very-long-name"]);
        check(ip, &["10.0.0.1", "::1"], &["10.0.0", "300.1.1.1", "010.1.1.1", ""]);
        check(cidr, &["10.0.0.0/8", "2001:db8::/64"], &["10.0.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "::/129"]);
    }

    #[test]
    fn quantities_are_refused_in_the_servers_words() {
        for (text, message) in [
            ("1", None),
            ("512Mi", None),
            ("1e3", None),
            ("512MB", Some(NOT_A_QUANTITY)),
            ("", Some(NOT_A_QUANTITY)),
            ("Mi", Some(NOT_A_QUANTITY)),
            ("1Mm", Some("unable to parse quantity's suffix")),
            ("1 Gi", Some(NOT_A_QUANTITY)),
        ] {
            assert_eq!(quantity(text), message, "{text}");
        }
    }

    #[test]
    fn times_are_those_of_rfc_3339() {
        for (text, right) in
            [("2024-01-01T00:00:00Z", true), ("2024-01-01T00:00:00.5+01:00", true), ("2024-01-01", false), ("2024-13-01T00:00:00Z", false)]
        {
            assert_eq!(is_time(text), right, "{text}");
        }
    }
}
