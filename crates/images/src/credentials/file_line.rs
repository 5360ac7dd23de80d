//! Lines of files that hold a credential in the form of their own kind: logins, statements, elements.

use super::{is_credential_name, is_key, is_path, is_plain};

/// True for a line of a list of logins: of `htpasswd` and Mosquitto, `.netrc`, `.pgpass`, PgBouncer's `userlist.txt`, Redis' ACL file,
/// HAProxy's `userlist`.
pub(super) fn is_login(line: &str) -> bool {
    let line = line.trim_end();
    is_hash(line) || is_netrc(line) || is_pgpass(line) || is_userlist(line) || is_acl(line) || is_haproxy(line)
}

/// `name:$7$101$…`: a line with the password's hash as `crypt` writes it.
pub(super) fn is_hash(line: &str) -> bool {
    let Some((name, hash)) = line.split_once(":$") else { return false };
    let is_word = |text: &str, more: &[char]| {
        !text.is_empty() && text.chars().all(|character| character.is_ascii_alphanumeric() || more.contains(&character))
    };
    let fields = hash.split_once('$');
    is_word(name, &['_', '-', '.', '@'])
        && fields.is_some_and(|(method, rest)| is_word(method, &['-']) && is_word(rest, &['$', '.', '/', '+', '=', ',']))
}

/// `$2y$05$…`: such a hash alone.
pub(super) fn is_bare_hash(value: &str) -> bool {
    const METHODS: [&str; 14] = ["1", "2a", "2b", "2y", "5", "6", "7", "apr1", "argon2d", "argon2i", "argon2id", "pbkdf2", "scrypt", "y"];
    let fields = value.strip_prefix('$').and_then(|hash| hash.split_once('$'));
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'$' | b'.' | b'/' | b'+' | b'=' | b',');
    fields.is_some_and(|(method, rest)| METHODS.contains(&method) && rest.len() >= 8 && rest.bytes().all(is_digit))
}

/// `machine HOST login NAME password X`
fn is_netrc(line: &str) -> bool {
    let mut words = line.split_whitespace();
    words.next() == Some("machine") && words.skip_while(|word| *word != "password").nth(1).is_some_and(is_literal)
}

/// `HOST:PORT:DATABASE:NAME:X`
fn is_pgpass(line: &str) -> bool {
    let fields: Vec<&str> = line.splitn(5, ':').collect();
    let [host, port, database, user, password] = fields.as_slice() else { return false };
    let is_port = *port == "*" || (!port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
    let are_words = [host, database, user].iter().all(|field| !field.is_empty() && !field.contains([' ', '/', '"']));
    is_port && are_words && is_literal(password)
}

/// `"NAME" "X"`
fn is_userlist(line: &str) -> bool {
    let parts: Vec<&str> = line.trim_start().split('"').collect();
    matches!(parts.as_slice(), ["", name, space, password, ""] if !name.is_empty() && space.trim().is_empty() && !space.is_empty() && is_literal(password))
}

/// `user NAME on >X ~* +@all`, or with `#` and the hash.
fn is_acl(line: &str) -> bool {
    let rest = line.strip_prefix("user ").unwrap_or_default();
    let is_hash = |word: &str| word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    rest.split_whitespace().any(|word| word.strip_prefix('>').is_some_and(is_literal) || word.strip_prefix('#').is_some_and(is_hash))
}

/// `user NAME insecure-password X`, or `password` and a hash.
fn is_haproxy(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let value = match (words.next(), words.next(), words.next()) {
        (Some("user"), Some(_), Some("insecure-password")) => {
            words.next().map(|word| word.trim_matches(['"', '\''])).filter(|word| is_literal(word))
        }
        (Some("user"), Some(_), Some("password")) => words.next().filter(|word| word.starts_with('$') && word.matches('$').count() > 2),
        _ => None,
    };
    value.is_some()
}

/// `"auth": "X"` among the registries that Docker has logged in to.
pub(super) fn is_registry_login(field: &str) -> bool {
    let parts = field.split_once(':').map(|(name, value)| (name.trim().trim_matches('"'), value.trim().trim_matches('"')));
    parts.is_some_and(|(name, value)| matches!(name, "auth" | "identitytoken" | "registrytoken") && is_literal(value))
}

/// `CREATE USER a IDENTIFIED BY 'x'`, `CREATE ROLE a WITH PASSWORD 'x'`: a statement of SQL that sets a password.
pub(super) fn is_statement(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    ["identified by '", " password '"].iter().any(|before| {
        let value = lower.find(before).map(|at| &line[at + before.len()..]);
        value.and_then(|value| value.split_once('\'')).is_some_and(|(value, _)| is_literal(value))
    })
}

/// `<password>x</password>`, `keystorePass="x"`: an element or attribute of XML whose name says that it is a credential.
pub(super) fn is_element(line: &str) -> bool {
    let is_set = |name: &str, value: &str| {
        is_key(name, value) || (is_credential_name(name) && is_literal(value) && !is_plain(value) && !is_path(value))
    };
    let elements = line.split('<').skip(1).filter_map(|element| element.split_once('>'));
    let mut attributes = line.split_whitespace().filter_map(|word| word.split_once("=\""));
    elements.clone().any(|(tag, value)| is_set(tag.split_whitespace().next().unwrap_or_default(), value.trim()))
        || attributes.any(|(name, value)| is_set(name, value.split('"').next().unwrap_or_default()))
}

/// False for nothing, and for what is filled in later: `$X`, `{{x}}`, `<x>`, `%x%`, `:x`.
fn is_literal(value: &str) -> bool {
    !value.is_empty() && !value.starts_with(['$', '{', '<', '%', ':', '@'])
}
