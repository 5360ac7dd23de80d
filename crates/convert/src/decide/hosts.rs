//! Where a host stands in a text: in a URL's authority, before a port, after a key or a flag that takes one.

use smol_str::SmolStr;
use windlass_source::Spanned;

/// True when a port number follows, as `host:port`, or `host#port` where DNS servers are named.
pub(super) fn has_port(after: &str) -> bool {
    after.strip_prefix([':', '#']).is_some_and(|port| port.starts_with(|character: char| character.is_ascii_digit()))
}

/// The port that follows a host: a number that ends where a port can. `postgres:1234@` is a user with a password.
pub(crate) fn port_after(after: &str) -> Option<u16> {
    let text = after.strip_prefix(':')?;
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let goes_on =
        text[end..].starts_with(|character: char| character.is_alphanumeric() || matches!(character, '@' | '.' | '-' | '_' | ':'));
    text[..end].parse().ok().filter(|port| *port > 0 && !goes_on)
}

/// True when `before` says that a host follows, as configuration files do: `server NAME;`, `host: NAME`, `host=NAME`.
pub(super) fn announces_host(before: &str) -> bool {
    let (before, _) = split_key(before);
    let word = before.rsplit(|character: char| !character.is_ascii_alphanumeric()).next().unwrap_or_default();
    ["server", "host", "hostname", "address"].iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// True when `host:port` in a file can be an address after `before`: at the start of a word, of a URL's authority or in a list of hosts, and not
/// as an image with its version.
pub(super) fn begins_address(before: &str) -> bool {
    match before.chars().next_back() {
        None | Some('@') => true,
        Some('/') => before.ends_with("//"),
        // Of small numbers in scripts and style sheets, `{a:1,b:2}`, a comma says nothing.
        Some(',') => follows_key(before) || ends_in_authority(before),
        Some(character) => {
            (character.is_whitespace() || matches!(character, '"' | '\'' | '`' | '=' | '[' | '(' | '>' | '|')) && !names_image(before)
        }
    }
}

/// True when an image follows: `image: `, `FROM `.
fn names_image(before: &str) -> bool {
    let word = split_key(near(before)).0.rsplit(|character: char| !is_word(character)).next().unwrap_or_default();
    ["image", "from"].iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Ends of the names of variables, keys and flags that hold a host, or a list of them.
const HOLD_HOSTS: [&str; 15] = [
    "HOST",
    "HOSTS",
    "HOSTNAME",
    "HOSTNAMES",
    "ADDR",
    "ADDRESS",
    "BIND_IP",
    "SERVER",
    "SERVERS",
    "BROKER",
    "BROKERS",
    "ENDPOINT",
    "SEEDS",
    "URL",
    "URI",
];

/// Ends of the names of those that hold a database or a user, which often have the name of their service.
const HOLD_OTHERS: [&str; 5] = ["DB", "DATABASE", "NAME", "USER", "USERNAME"];

fn ends_in_one(name: &str, endings: &[&str]) -> bool {
    endings.iter().any(|ending| {
        let at = name.len().checked_sub(ending.len());
        at.and_then(|at| name.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(ending))
    })
}

/// True for the name of a variable or a flag that holds a host.
fn holds_host(name: &str) -> bool {
    ends_in_one(name, &HOLD_HOSTS) || matches!(name, "-h" | "-H")
}

/// What stands before a value, without what is between the two, which follows.
fn split_key(before: &str) -> (&str, &str) {
    before.split_at(before.trim_end_matches(['"', '\'', ' ', '\t', ':', '=']).len())
}

/// The key or the flag to which what follows `before` belongs: `Server=`, `"host": "`, `--db-host `, `-h `.
fn key_before(before: &str) -> Option<&str> {
    let (named, between) = split_key(before);
    let key = named.rsplit(|character: char| !is_word(character)).next()?;
    // `localhost:my_db` is no key with a value.
    let is_pair = between.contains('=') || (between.contains(':') && between.len() > 1);
    (is_pair || (key.starts_with('-') && !between.is_empty())).then_some(key)
}

/// True when `before` ends in a key or a flag that takes a host, or in one with other hosts of a list: `--bind_ip=localhost,`, `servers=a:80,`.
pub(super) fn follows_key(before: &str) -> bool {
    let before = near(before);
    let is_list = before.ends_with(',');
    let before = if is_list { before.trim_end_matches(|character| is_word(character) || matches!(character, ',' | ':')) } else { before };
    let is_source = || split_key(before).0.rsplit_once(' ').is_some_and(|(data, _)| ends_in_one(data, &["DATA"]));
    key_before(before).is_some_and(|key| holds_host(key) || (key.eq_ignore_ascii_case("source") && is_source()))
}

/// True for what is plainly a database, a user or a part of a path.
pub(super) fn is_no_host(variable: &str, before: &str, after: &str) -> bool {
    let is_whole = before.is_empty() && after.is_empty();
    (is_whole && ends_in_one(variable, &HOLD_OTHERS))
        || before.ends_with('/')
        || key_before(before).is_some_and(|key| ends_in_one(key, &HOLD_OTHERS))
}

/// The words of `value` that stand as a host, with where they start; `variable` is what holds the value, or the flag before it.
pub fn hosts<'a>(variable: &str, value: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    words(value).filter(move |(start, word)| is_host(variable, value, *start, word))
}

/// True for a word of `value` that stands as a host: in a URL's authority, before a port number, after a key or a flag that takes a host,
/// or as the whole value, or one of a list, of a variable or a flag whose name says that it holds hosts.
pub(crate) fn is_host(variable: &str, value: &str, start: usize, word: &str) -> bool {
    let (before, after) = (&value[..start], &value[start + word.len()..]);
    let is_item = (before.is_empty() || before.trim_end().ends_with(',')) && (after.is_empty() || after.trim_start().starts_with(','));
    (is_item && holds_host(variable)) || has_port(after) || (ends_in_authority(before) && !is_user(after)) || follows_key(before)
}

/// The words of a command, each with the flag before it, which says what it holds as the name of a variable does.
pub fn arguments(words: &[Spanned<SmolStr>]) -> impl Iterator<Item = (&str, &Spanned<SmolStr>)> {
    std::iter::once("").chain(words.iter().map(|word| flag(word))).zip(words)
}

/// A word of a command if it is a flag that takes the next one; nothing else.
pub(crate) fn flag(word: &str) -> &str {
    if word.starts_with('-') && !word.contains(['=', ' ']) { word } else { "" }
}

/// As much of what stands before a word as says what it is: in a long list, each word would look through all those before it.
fn near(before: &str) -> &str {
    const BYTES: usize = 512;
    &before[before.ceil_char_boundary(before.len().saturating_sub(BYTES))..]
}

/// True when a host may stand after `before`: `scheme://`, with or without `user:password@` or other hosts and a comma.
pub(super) fn ends_in_authority(before: &str) -> bool {
    if !before.ends_with(['/', '@', ',']) {
        return false;
    }
    let before = near(before);
    let Some(at) = before.rfind("://") else { return false };
    let authority = &before[at + 3..];
    !authority.contains(['/', '?', '#', ' ']) && (authority.is_empty() || authority.ends_with(['@', ',']))
}

pub(crate) fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.')
}

/// True when the rest of an authority says that what stands before it is a user: `:password@host/`.
fn is_user(after: &str) -> bool {
    after[..after.find(['/', '?', '#', ' ', ',', '"', '\'']).unwrap_or(after.len())].contains('@')
}

/// The words that could be names, with where they start.
pub(crate) fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split(move |character| !is_word(character))
        .filter(|word| !word.is_empty())
        .map(move |word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_a_long_list_does_not_look_through_all_those_before_it() {
        let list = |before: &str| format!("{before}{}", "a,".repeat(20_000));
        for before in ["--bind_ip=", "http://"] {
            let found = hosts("", &list(before)).count();
            assert!((100..1_000).contains(&found), "{before}: {found}");
        }
    }
}
