//! Which values are credentials, and so belong into a Secret: by the name of their variable, by the image that reads them,
//! by their own look, and by the variables that they were made from.
//!
//! A miss puts a password into a file that is meant for git; a false alarm costs a reference. So doubt counts as a credential,
//! except where the name or the value says plainly that it is something else (`PASSWORD_MIN_LENGTH`, `SECRET_FILE`, `true`).

mod code;
mod command_line;
mod file;
mod file_line;

use std::fmt;
use std::ops::Range;

use smol_str::SmolStr;
use windlass_source::Origin;

use crate::Image;

pub use command_line::in_word;
pub use file::{is_key_file_name, is_secret_file};
use file_line::{is_bare_hash, is_hash};

/// How a credential was recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sign {
    /// The variable's name says so.
    Name,
    /// The image's documentation says so.
    Image,
    /// It looks like one: a clause.
    Look(&'static str),
    /// It comes from a variable whose name says so.
    Variable(SmolStr),
    /// It holds the value of another variable that is a credential.
    Repeats,
}

impl fmt::Display for Sign {
    /// A clause that follows "since".
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => formatter.write_str("its name says that it is a credential"),
            Self::Image => formatter.write_str("the image takes a credential from it"),
            Self::Look(look) => formatter.write_str(look),
            Self::Repeats => formatter.write_str("it holds the value of another credential"),
            Self::Variable(name) => write!(formatter, "it comes from `{name}`"),
        }
    }
}

/// Why the value of a variable is a credential; `None` when it is not.
pub fn variable(name: &str, value: &str, origin: &Origin, image: Option<&Image>) -> Option<Sign> {
    if is_plain(value) {
        return None;
    }
    // An address may be one for its password alone.
    if image.is_some_and(|image| image.credentials.iter().any(|known| known == name)) && !is_plain_address(value) {
        return Some(Sign::Image);
    }
    if is_credential_name(name) && !is_path(value) {
        return Some(Sign::Name);
    }
    text(value, origin)
}

/// Why a text with no name of its own is, or holds, a credential.
pub fn text(value: &str, origin: &Origin) -> Option<Sign> {
    for part in origin.parts() {
        let range = part.range.start as usize..part.range.end as usize;
        let produced = value.get(range).unwrap_or_default();
        if is_credential_name(&part.variable) && !is_plain(produced) && !is_path(produced) {
            return Some(Sign::Variable(part.variable.clone()));
        }
    }
    let field = || has_json_credential(value).then_some("one of its fields is a credential");
    let word = || has_credential_word(value).then_some("one of its words is a credential");
    let hash = || {
        (value.contains('$') && value.split(',').any(|part| is_hash(part) || is_bare_hash(part))).then_some("it has the hash of a password")
    };
    look(value).or_else(field).or_else(word).or_else(hash).map(Sign::Look)
}

/// True for one line with a credential among its words, as a command could have it: `-Dx.password=y`, `Authorization=Bearer x`,
/// `a=b,api-key=x`.
fn has_credential_word(line: &str) -> bool {
    // Words cost, and few lines have more than one, or a name: these are looked for first.
    let has_seam = || line.bytes().any(|byte| matches!(byte, b' ' | b'='));
    let may_have_one = || has_seam() && (may_be_credential_name(line) || line.contains(" -"));
    let is_literal = |part: &str, range: Range<usize>| part.get(range).is_some_and(|found| !is_placeholder(found));
    let has_one = |part: &str| in_word(part, &[""; 0], &Origin::DEFAULT).into_iter().any(|range| is_literal(part, range));
    may_have_one() && !line.trim_end().contains('\n') && line.split(',').any(has_one)
}

/// True for what stands where a credential will be: `changeme`, `<token>`, `your-key-here`.
pub fn is_placeholder(value: &str) -> bool {
    const WORDS: [&str; 10] = ["change", "your", "replace", "placeholder", "insert", "example", "xxxx", "todo", "dummy", "fixme"];
    let value = value.trim_matches(['"', '\'']).to_ascii_lowercase();
    WORDS.iter().any(|word| value.contains(word)) || (value.starts_with('<') && value.ends_with('>'))
}

/// What stands around a field of JSON, which may be one long line.
const JSON_ENDS: [char; 4] = ['\n', ',', '{', '}'];

/// `{"spring":{"datasource":{"password":"x"}}}`
fn has_json_credential(text: &str) -> bool {
    let is_set = |field: &str| credential_of(field).is_some_and(|value| !is_placeholder(value));
    let first = text.bytes().find(|byte| !byte.is_ascii_whitespace());
    matches!(first, Some(b'{' | b'[')) && text.split(JSON_ENDS).any(is_set)
}

fn sets_credential(line: &str) -> bool {
    credential_of(line).is_some()
}

/// `password = x`, `"api_key": "x"`, `requirepass x`: what a line of a configuration file sets a credential to, if it is a value of
/// its own.
fn credential_of(line: &str) -> Option<&str> {
    let line = line.trim().trim_start_matches(['-', ' ', '"', '\'', '{']);
    if line.starts_with(['#', ';', '/']) {
        return None;
    }
    let by_space = || {
        // Of all that is set with a space (`proxy_pass app`) only these are credentials.
        let (name, value) = line.split_once(char::is_whitespace)?;
        let known = ["requirepass", "masterauth", "password", "passwd", "secret"].contains(&name)
            // GeoIP.conf, which its reader takes in any case.
            || name.eq_ignore_ascii_case("licensekey");
        (known && !value.trim_start().starts_with([':', '='])).then_some((name, value))
    };
    let (name, value) = by_space().or_else(|| line.split_once([':', '=']))?;
    let name = name.trim().trim_matches(['"', '\'']);
    let value = value.trim_end_matches([',', ';', '}', ' ', '\t', '\r']).trim_start().trim_matches(['"', '\'']);
    // What is filled in later (`$X`, `{{x}}`, `<x>`, `%x%`), a list, or a sentence is no value.
    let is_value = !value.starts_with(['$', '{', '[', '<', '%', '|', '>', '&', '*', '!']) && !value.contains(char::is_whitespace);
    let is_credential = || is_key(name, value) || (is_credential_name(name) && !is_plain(value) && !is_path(value));
    (!name.contains(char::is_whitespace) && name.len() <= 64 && is_value && is_credential()).then_some(value)
}

/// `key: 0123…`, whatever it is the key of: nobody has to spell out so many digits that may be known.
fn is_key(name: &str, value: &str) -> bool {
    name.eq_ignore_ascii_case("key") && value.len() >= 32 && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Words after which a name speaks about a credential and holds none, in order.
const ABOUT: [&str; 74] = [
    "ALG",
    "ALGORITHM",
    "ALIAS",
    "AUDIENCE",
    "BACKEND",
    "CLASS",
    "COUNT",
    "DAYS",
    "DIR",
    "DIRECTORY",
    "DISABLED",
    "DRIVER",
    "DURATION",
    "EMAIL",
    "ENABLED",
    "ENCODING",
    "ENCRYPTION",
    "ENDPOINT",
    "EXPIRATION",
    "EXPIRE",
    "EXPIRES",
    "EXPIRY",
    "FIELD",
    "FILE",
    "FILENAME",
    "FILEPATH",
    "FORMAT",
    "HEADER",
    "HINT",
    "HOST",
    "HOSTNAME",
    "ID",
    "INTERVAL",
    "ISSUER",
    "LANGUAGE",
    "LENGTH",
    "LIFETIME",
    "LIMIT",
    "MANAGER",
    "MAP",
    "MAX",
    "MECHANISM",
    "METHOD",
    "MIN",
    "MINUTES",
    "MODE",
    "NAME",
    "PATH",
    "PLUGIN",
    "POLICY",
    "PORT",
    "PREFIX",
    "PROTOCOL",
    "PROVIDER",
    "REALM",
    "REGEX",
    "REGION",
    "REQUIRED",
    "RESET",
    "SCHEME",
    "SECONDS",
    "SERVERS",
    "SIZE",
    "SOURCE",
    "STORE",
    "TIMEOUT",
    "TTL",
    "TYPE",
    "URI",
    "URL",
    "USER",
    "USERNAME",
    "USERS",
    "VERSION",
];

/// Words that say what a value is whatever stands before them.
const SECRET_WORDS: [&str; 26] = [
    "PASSWORD",
    "PASSWORDS",
    "PASSWD",
    "PASS",
    "PASSPHRASE",
    "PASSCODE",
    "PWD",
    "SECRET",
    "SECRETS",
    "TOKEN",
    "APIKEY",
    "APIKEYS",
    "CREDENTIAL",
    "CREDENTIALS",
    "CREDS",
    "SALT",
    "PEPPER",
    "PAT",
    "APITOKEN",
    "SECRETKEY",
    "PRIVATEKEY",
    "ACCESSKEY",
    "REQUIREPASS",
    "MASTERKEY",
    "ENCRYPTIONKEY",
    "LICENSEKEY",
];

/// Words that make a credential of a following KEY or KEYS.
const KEY_WORDS: [&str; 47] = [
    "ACCESS",
    "ACCOUNT",
    "ANTHROPIC",
    "API",
    "APP",
    "AUTH",
    "COOKIE",
    "CRON",
    "CRYPT",
    "CRYPTO",
    "CSRF",
    "DEPLOY",
    "DETERMINISTIC",
    "ENC",
    "ENCRYPT",
    "ENCRYPTION",
    "FERNET",
    "GEMINI",
    "GROQ",
    "HASH",
    "HMAC",
    "IMGPROXY",
    "IN",
    "JWT",
    "LICENSE",
    "LIVEKIT",
    "MASTER",
    "MISTRAL",
    "NONCE",
    "OPENAI",
    "OPENSSL",
    "PRIVATE",
    "PRIV",
    "ROLE",
    "ROOT",
    "SECRET",
    "SECURE",
    "SESSION",
    "SHARED",
    "SIGNATURE",
    "SIGNING",
    "SSH",
    "STORAGE",
    "SUBSCRIPTION",
    "SYMMETRIC",
    "TYPESENSE",
    "UNSEAL",
];

/// True when a variable of this name holds a credential, unless its value is plainly something else.
pub fn is_credential_name(name: &str) -> bool {
    if !may_be_credential_name(name) && !has_short_word(name) {
        return false;
    }
    let upper = name.to_ascii_uppercase();
    let words = name_words(name, &upper);
    // A version says nothing: `_KEY_V1`, `_KEY_ID_V1`.
    let Some(&last) = words.iter().rfind(|word| **word != "V") else { return false };
    // The working directory of a shell.
    if matches!(upper.as_str(), "PWD" | "OLDPWD") {
        return false;
    }
    if ABOUT.binary_search(&last).is_ok() {
        // Half of a pair of which AWS and its imitators call both parts secret.
        return words.ends_with(&["ACCESS", "KEY", "ID"]) || words.ends_with(&["SECRET", "ID"]);
    }
    if words.contains(&"PUBLIC") || words.contains(&"PUBKEY") {
        return false;
    }
    words.iter().enumerate().any(|(index, &word)| {
        let before = index.checked_sub(1).and_then(|before| words.get(before)).copied().unwrap_or_default();
        match word {
            // Rails says which: ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY.
            "KEY" | "KEYS" => KEY_WORDS.contains(&before) || words[..index].contains(&"ENCRYPTION"),
            "PW" | "PSK" => true,
            "AUTH" => index + 1 == words.len() && matches!(before, "REDIS" | "REDISCLI" | "VALKEY" | "BASIC"),
            "COOKIE" => index + 1 == words.len() && matches!(before, "ERLANG" | "NODE" | "RELEASE"),
            // Others are counted: MAX_TOKENS, NUM_TOKENS.
            "TOKENS" => matches!(before, "ACCESS" | "ADMIN" | "API" | "AUTH" | "CLIENT" | "FRONTEND"),
            word => {
                SECRET_WORDS.contains(&word)
                    // Run together: PGPASSWORD, MYSQLPASS, AUTHTOKEN.
                    || ["PASSWORD", "PASSWD", "SECRET"].iter().any(|ending| word.ends_with(ending))
                    || (word.ends_with("PASS") && !["BYPASS", "COMPASS"].iter().any(|ending| word.ends_with(ending)))
                    || (word.ends_with("TOKEN") && word.len() > "TOKEN".len())
            }
        }
    })
}

/// False for most names, without taking them apart: each word that makes a credential has one of these.
fn may_be_credential_name(name: &str) -> bool {
    const PARTS: [&[u8; 3]; 11] = [b"PAS", b"PAT", b"PEP", b"PWD", b"SEC", b"TOK", b"KEY", b"CRE", b"SAL", b"AUT", b"COO"];
    let begins_one = |byte: u8| matches!(byte.to_ascii_uppercase(), b'A' | b'C' | b'K' | b'P' | b'S' | b'T');
    let upper = |part: &[u8]| [part[0].to_ascii_uppercase(), part[1].to_ascii_uppercase(), part[2].to_ascii_uppercase()];
    name.as_bytes().windows(3).any(|part| begins_one(part[0]) && PARTS.contains(&&upper(part)))
}

/// True for the words of credentials that are too short to be looked for everywhere.
fn has_short_word(name: &str) -> bool {
    let is_one = |word: &str| word.eq_ignore_ascii_case("PW") || word.eq_ignore_ascii_case("PSK");
    name.split(|character: char| !character.is_ascii_alphabetic()).any(is_one)
}

/// `DB_PASS`, `db.pass`, `db-pass`, `database__connection__pass`, `dbPass` → upper-case words, out of the name in upper case. `PASS1` is
/// the word `PASS`: credentials are numbered.
fn name_words<'a>(name: &str, upper: &'a str) -> Vec<&'a str> {
    let bytes = name.as_bytes();
    let mut words = Vec::new();
    let mut start = 0;
    let mut end_at = |start: usize, end: usize| {
        let word = upper.get(start..end).map(|word| word.trim_end_matches(|character: char| character.is_ascii_digit()));
        words.extend(word.filter(|word| !word.is_empty()));
    };
    for (at, byte) in bytes.iter().enumerate() {
        if !byte.is_ascii_alphanumeric() {
            end_at(start, at);
            start = at + 1;
        } else if byte.is_ascii_uppercase() && at > 0 && bytes[at - 1].is_ascii_lowercase() {
            end_at(start, at);
            start = at;
        }
    }
    end_at(start, bytes.len());
    words
}

/// Empty, a truth value, or another word that no one guards.
fn is_plain(value: &str) -> bool {
    let value = value.trim();
    value.is_empty()
        || ["true", "false", "yes", "no", "on", "off", "0", "1", "none", "null", "nil", "enabled", "disabled", "optional", "required"]
            .iter()
            .any(|word| value.eq_ignore_ascii_case(word))
}

/// An absolute or relative path to a file, as `SSL_KEY=/etc/ssl/key.pem` has it.
fn is_path(value: &str) -> bool {
    const ROOTS: [&str; 19] = [
        "run", "etc", "var", "opt", "app", "secrets", "certs", "usr", "home", "srv", "tmp", "data", "config", "keys", "mnt", "root", "ssl",
        "conf", "vault",
    ];
    let characters = |text: &str| text.chars().all(|character| character.is_ascii_alphanumeric() || "._-/".contains(character));
    let Some(rest) = value.strip_prefix('/').or_else(|| value.strip_prefix("./")).or_else(|| value.strip_prefix("file:///")) else {
        return false;
    };
    let mut parts = rest.split('/');
    let first = parts.next().unwrap_or_default();
    let last = parts.next_back().unwrap_or(first);
    characters(rest) && (ROOTS.contains(&first) || last.contains('.'))
}

/// `redis://redis:6379`, `postgres://db/app`, `http://host:80/`: where a server is, and maybe which of its databases. A path on the web may
/// be a secret itself.
fn is_plain_address(value: &str) -> bool {
    const DATABASES: [&str; 16] = [
        "amqp",
        "amqps",
        "clickhouse",
        "kafka",
        "mariadb",
        "memcached",
        "mongodb",
        "mongodb+srv",
        "mysql",
        "nats",
        "postgres",
        "postgresql",
        "redis",
        "rediss",
        "tcp",
        "valkey",
    ];
    let Some((scheme, rest)) = value.trim().split_once("://") else { return false };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let is_database = DATABASES.contains(&scheme);
    let is_name = |text: &str, more: &[u8]| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte));
    (is_database || matches!(scheme, "http" | "https"))
        && !host.is_empty()
        && is_name(host, b".-_:[],")
        && (path.is_empty() || (is_database && is_name(path, b"-_")))
}

/// What a credential is recognised by without any name.
fn look(value: &str) -> Option<&'static str> {
    // Every value is looked at, and most are a word that says nothing.
    if value.bytes().all(is_of_token) && !is_token(value.as_bytes()) {
        return None;
    }
    if private_key(value) {
        return Some("it is a private key");
    }
    if has_token(value) {
        return Some("it has the form of an access token");
    }
    if has_url_password(value) {
        return Some("it is an address with a password");
    }
    if has_password_field(value) {
        return Some("it has a password among its fields");
    }
    // A configuration file as the value of a variable.
    if value.contains('\n') && value.lines().any(sets_credential) {
        return Some("one of its lines sets a credential");
    }
    None
}

fn private_key(text: &str) -> bool {
    // Few texts have a space and are long enough; the search for a word costs more than both.
    text.len() > 26 && text.contains(' ') && text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----")
}

/// The forms that services give to their tokens, so that they can be found: a prefix, and how many letters follow at least.
const TOKENS: [(&str, usize); 28] = [
    ("AKIA", 16),
    ("ASIA", 16),
    ("ghp_", 36),
    ("gho_", 36),
    ("ghu_", 36),
    ("ghs_", 36),
    ("ghr_", 36),
    ("github_pat_", 22),
    ("glpat-", 20),
    ("xoxb-", 10),
    ("xoxp-", 10),
    ("xoxa-", 10),
    ("xoxs-", 10),
    ("sk_live_", 16),
    ("sk_test_", 16),
    ("rk_live_", 16),
    ("whsec_", 16),
    ("sk-ant-", 20),
    ("sk-proj-", 20),
    ("sk-svcacct-", 20),
    ("sk-or-v1-", 32),
    ("sk-", 40),
    ("npm_", 36),
    ("dckr_pat_", 20),
    ("AIza", 35),
    ("hvs.", 20),
    ("SG.", 40),
    ("pypi-", 50),
];

/// The shortest token.
const SHORTEST: usize = 14;

fn has_token(text: &str) -> bool {
    if text.len() < SHORTEST {
        return false;
    }
    let is_address = text.contains('/');
    if is_address && (text.contains("hooks.slack.com/services/T") || text.contains("discord.com/api/webhooks/")) {
        return true;
    }
    text.as_bytes().split(|byte| !is_of_token(*byte)).any(is_token)
}

/// A byte that stands in tokens.
fn is_of_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// True for a word that has the form of a token.
fn is_token(word: &[u8]) -> bool {
    if word.len() < SHORTEST {
        return false;
    }
    let mut tokens = TOKENS.iter().filter(|(prefix, _)| prefix.as_bytes().first() == word.first());
    let known = tokens.any(|(prefix, length)| word.strip_prefix(prefix.as_bytes()).is_some_and(|rest| rest.len() >= *length));
    // A JSON web token: two parts of base64 that begin with `{"`, and a signature.
    known || (word.starts_with(b"eyJ") && is_web_token(word))
}

fn is_web_token(word: &[u8]) -> bool {
    let parts: Vec<&[u8]> = word.split(|byte| *byte == b'.').collect();
    parts.len() == 3 && parts[1..].iter().any(|part| part.starts_with(b"eyJ"))
}

/// `scheme://user:password@host`, and `user:password@tcp(host)` as Go's database drivers have it.
fn has_url_password(text: &str) -> bool {
    if !text.contains('@') {
        return false;
    }
    let with_scheme = text.split("://").skip(1).any(|rest| {
        let end = |stops: &[char]| rest.find(stops).unwrap_or(rest.len());
        let authority = &rest[..end(&['/', '?', '#', ' ', '"', '\''])];
        if let Some((user, _)) = authority.rsplit_once('@') {
            return password_of(user);
        }
        // A password may hold what ends an authority. What stands before that is no port, then.
        let is_port = authority.rsplit_once(':').is_none_or(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
        !is_port && rest[..end(&[' ', '"', '\''])].rsplit_once('@').is_some_and(|(user, _)| password_of(user))
    });
    with_scheme || ["@tcp(", "@unix("].iter().any(|seam| text.split_once(seam).is_some_and(|(user, _)| password_of(user)))
}

fn password_of(user: &str) -> bool {
    // `a/b:c@d` is a path with a reference to an image, no user.
    user.split_once(':').is_some_and(|(name, password)| !password.is_empty() && !name.contains('/') && !password.starts_with('/'))
}

/// `Server=db;Password=x`, `host=db password=x`, `jdbc:…?user=a&password=x`, `db:6379,password=x`.
fn has_password_field(text: &str) -> bool {
    if !text.contains('=') {
        return false;
    }
    let lower = text.to_ascii_lowercase();
    ["password=", "pwd=", "passwd=", "accountkey=", "sharedaccesskey="].iter().any(|field| {
        lower.match_indices(field).any(|(start, _)| {
            let begins = start == 0 || lower[..start].ends_with([';', '?', '&', ',', ' ', '"', '\'']);
            let value = &lower[start + field.len()..];
            let value = &value[..value.find([';', '&', ',', ' ', '"', '\'']).unwrap_or(value.len())];
            begins && !value.is_empty()
        })
    })
}

#[cfg(test)]
mod tests;
