//! Credentials that a command spells out: `--requirepass x`, `mysqladmin -px`, `PGPASSWORD=x psql`, an address with a password.

use std::ops::Range;

use windlass_source::Origin;

use super::{is_credential_name, is_path, is_plain, look};

/// Words before one that are looked at: no command that people write has more, and lists may have thousands.
const REACH: usize = 256;

/// Where credentials stand in a word of a command, in order and without overlap. `before` are the words before it: the value of
/// a flag may be a word of its own. A word with white space is taken for a script.
pub fn in_word(word: &str, before: &[impl AsRef<str>], origin: &Origin) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for part in origin.parts() {
        let range = part.range.start as usize..part.range.end as usize;
        let produced = word.get(range.clone()).unwrap_or_default();
        if is_credential_name(&part.variable) && is_value(produced) {
            found.push(range);
        }
    }
    let mut earlier: Vec<&str> = near(before).iter().map(AsRef::as_ref).collect();
    for (start, token) in tokens(word) {
        if let Some(range) = in_token(token, near(&earlier)) {
            found.push(start + range.start..start + range.end);
        }
        earlier.push(token);
    }
    found.sort_by_key(|range| (range.start, range.end));
    let mut end = 0;
    found.retain(|range| {
        let is_free = range.start >= end && !range.is_empty();
        end = if is_free { range.end } else { end };
        is_free
    });
    found
}

/// The last words, as far as they are looked at.
fn near<T>(words: &[T]) -> &[T] {
    words.get(words.len().saturating_sub(REACH)..).unwrap_or_default()
}

/// The parts between white space, without quotes and what ends a command, each with where it starts.
fn tokens(word: &str) -> impl Iterator<Item = (usize, &str)> {
    let marks = ['"', '\'', '`', ';', '&', '|', '(', ')'];
    let base = word.as_ptr() as usize;
    word.split_whitespace().map(move |token| {
        let token = token.trim_matches(marks);
        (token.as_ptr() as usize - base, token)
    })
}

fn in_token(token: &str, earlier: &[&str]) -> Option<Range<usize>> {
    let whole = 0..token.len();
    if let Some((name, value)) = token.split_once('=') {
        let start = name.len() + 1;
        let inner = value.trim_matches(['"', '\'']);
        let offset = value.find(inner).unwrap_or(0);
        if is_flag_name(name.trim_start_matches('-')) && is_credential_name(name.trim_start_matches('-')) && is_value(inner) {
            return Some(start + offset..start + offset + inner.len());
        }
        if let Some(credential) = encoded_header(name, inner) {
            let end = start + offset + inner.len();
            return Some(end - credential.len()..end);
        }
    }
    if is_value(token) && !is_scheme(token) && is_in_header(token, earlier) {
        return Some(whole);
    }
    let previous = earlier.last().copied().unwrap_or_default();
    // `-H X-Api-Key:x`: without a space, and elsewhere `token-service:8080` is an address.
    if let Some((name, value)) = token.split_once(':')
        && (matches!(previous, "-H" | "--header") || name.starts_with("--header="))
        && is_credential_header(name)
        && is_value(value)
        && !is_scheme(value)
    {
        return Some(name.len() + 1..token.len());
    }
    // `mc alias set NAME ADDRESS KEY SECRET`, and as older versions had it, `mc config host add`. Of such a pair both parts are secret.
    let sets_pair = |count: usize| {
        let from = earlier.len().checked_sub(count);
        matches!(from.map(|from| &earlier[from..from + 2]), Some(["alias", "set"] | ["host", "add"]))
    };
    if (sets_pair(4) || sets_pair(5)) && is_value(token) && !token.starts_with('-') && !token.is_empty() {
        return Some(whole);
    }
    let runs = |names: &[&str]| {
        earlier.iter().any(|word| {
            let program = word.rsplit('/').next().unwrap_or(word);
            names.iter().any(|name| program.starts_with(name))
        })
    };
    let is_option_value = previous.starts_with('-') && !previous.contains('=') && !token.starts_with('-') && is_value(token);
    let option = previous.trim_start_matches('-');
    if is_option_value && option.len() > 1 && is_flag_name(option) && is_credential_name(option) {
        return Some(whole);
    }
    match previous {
        "-a" if is_option_value && runs(&["redis-cli", "valkey-cli", "keydb-cli"]) => return Some(whole),
        "-p" if is_option_value && runs(&["mongo"]) => return Some(whole),
        "-P" if is_option_value && runs(&["sqlcmd"]) => return Some(whole),
        "-u" | "--user" if is_option_value && runs(&["curl"]) => {
            let (name, password) = token.split_once(':')?;
            return is_value(password).then(|| name.len() + 1..token.len());
        }
        _ => {}
    }
    if let Some(password) = token.strip_prefix("-p").filter(|password| is_value(password) && !password.starts_with('-'))
        && runs(&["mysql", "mariadb"])
    {
        return Some(token.len() - password.len()..token.len());
    }
    look(token).map(|_| password_in(token).unwrap_or(whole))
}

/// True for what stands in the value of a header: after `X-Api-Key:`, `Authorization: Bearer` or, as a further pair, `Cookie: a=b;`.
fn is_in_header(token: &str, earlier: &[&str]) -> bool {
    let is_pair = |token: &str| token.split_once('=').is_some_and(|(name, _)| is_flag_name(name) && !name.starts_with('-'));
    let mut before = earlier.iter().rev();
    let header = match before.next() {
        Some(scheme) if is_scheme(scheme) => before.next(),
        Some(pair) if is_pair(token) && is_pair(pair) => {
            before.find(|token| !is_pair(token)).filter(|header| header.eq_ignore_ascii_case("Cookie:"))
        }
        other => other,
    };
    let header = header.and_then(|header| header.split_once(':').or_else(|| with_equals(header)));
    header.is_some_and(|(name, rest)| (rest.is_empty() || is_scheme(rest)) && is_credential_header(name))
}

/// `Authorization=Bearer`, as the variables of OpenTelemetry have headers.
fn with_equals(header: &str) -> Option<(&str, &str)> {
    header.rsplit_once('=').filter(|(_, scheme)| is_scheme(scheme))
}

/// The credential of `Authorization=Bearer%20x`: OpenTelemetry asks for the encoding of addresses.
fn encoded_header<'a>(name: &str, value: &'a str) -> Option<&'a str> {
    let (scheme, credential) = value.split_once("%20")?;
    (is_scheme(scheme) && is_credential_header(name) && is_value(credential)).then_some(credential)
}

/// What stands between the name of a header and a credential.
fn is_scheme(token: &str) -> bool {
    ["Bearer", "Basic", "Token", "ApiKey"].iter().any(|scheme| token.eq_ignore_ascii_case(scheme))
}

/// True for a header that holds a credential; `--header=` may stand before it.
fn is_credential_header(name: &str) -> bool {
    let name = name.rsplit(['=', ',', '"', '\'']).next().unwrap_or_default();
    let known = ["Authorization", "Proxy-Authorization", "Cookie"].iter().any(|known| name.eq_ignore_ascii_case(known));
    known || (name.contains('-') && is_flag_name(name) && !name.starts_with('-') && is_credential_name(name))
}

/// The password of an address.
fn password_in(token: &str) -> Option<Range<usize>> {
    let start = token.find("://")? + 3;
    let end = start + token[start..].find(['/', '?', '#']).unwrap_or(token.len() - start);
    let at = start + token[start..end].rfind('@')?;
    let colon = start + token[start..at].find(':')? + 1;
    is_value(&token[colon..at]).then_some(colon..at)
}

fn is_flag_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// Something that is written out: no word that stands for it, and no path to it.
fn is_value(text: &str) -> bool {
    !is_plain(text) && !is_path(text) && !text.contains(['$', '{', '<', '`'])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The credentials of a command, given as its words.
    fn check(words: &[&str], expected: &[&str]) {
        let mut found = Vec::new();
        for (index, word) in words.iter().enumerate() {
            found.extend(in_word(word, &words[..index], &Origin::DEFAULT).into_iter().map(|range| &word[range]));
        }
        assert_eq!(found, expected, "{words:?}");
    }

    #[test]
    fn credentials_of_commands_are_found() {
        check(&["redis-server", "--requirepass", "hunter2", "--appendonly", "yes"], &["hunter2"]);
        check(&["redis-cli", "-a", "hunter2", "ping"], &["hunter2"]);
        check(&["mysqladmin", "ping", "-uroot", "-phunter2"], &["hunter2"]);
        check(&["sh", "-c", "mysqladmin ping -h localhost -u root -phunter2 || exit 1"], &["hunter2"]);
        check(&["app", "--db-password=hunter2", "--api-key=\"k-123\""], &["hunter2", "k-123"]);
        check(&["app", "--db=postgres://app:hunter2@db/app"], &["hunter2"]);
        check(&["sh", "-c", "PGPASSWORD='hunter2' psql -c 'select 1'; curl -u a:hunter3 http://x"], &["hunter2", "hunter3"]);
        check(&["mongosh", "-u", "root", "-p", "hunter2"], &["hunter2"]);
        check(
            &["sh", "-c", "/opt/mssql-tools18/bin/sqlcmd -S localhost -U sa -P \"Pass@word\" -C -Q 'SELECT 1' || exit 1"],
            &["Pass@word"],
        );
        check(&["start-from-init", "--masterkey", "MasterkeyNeedsToHave32Characters"], &["MasterkeyNeedsToHave32Characters"]);
        check(&["/usr/bin/mc alias set myminio http://minio:9000 minio minio123; mc mb myminio/a b c d"], &["minio", "minio123"]);
        check(&["mc", "config", "host", "add", "s3", "http://minio:9000", "key", "hunter2", "--api", "S3v4"], &["key", "hunter2"]);
        check(&["curl", "-f", "-H", "Authorization: Bearer tok-9f8e", "http://localhost/"], &["tok-9f8e"]);
        check(
            &["sh", "-c", "curl -H 'X-Api-Key: k-123' -H \"Cookie: a=b; c=d\" -H X-Auth-Token:t-1 http://x"],
            &["k-123", "a=b", "c=d", "t-1"],
        );
        check(&["wget", "--header=Authorization:Basic YTpi", "--header=PRIVATE-TOKEN: t-1", "http://x"], &["YTpi", "t-1"]);
        check(&["app", "--headers", "a=b,Authorization=Bearer tok-9f8e", "authorization=Basic%20YTpi"], &["tok-9f8e", "YTpi"]);
        check(&["app", "ghp_0123456789abcdefghijABCDEFGHIJ0123456789"], &["ghp_0123456789abcdefghijABCDEFGHIJ0123456789"]);
    }

    #[test]
    fn words_that_stand_for_one_are_none() {
        check(&["curl", "-H", "Authorization: Bearer $TOKEN", "-H", "Accept: text/html", "-H", "Host: a.b", "http://x"], &[]);
        check(&["wait-for-it", "token-service:8080", "--", "pull", "acme/api-token:latest"], &[]);
        check(&["sh", "-c", "curl -b 'a=b' --max-time=5 --data c=d http://x"], &[]);
        check(&["sh", "-c", "curl -H \"Authorization: Bearer $TOKEN\" -H 'X-Request-Id: 1' http://x"], &[]);
        check(&["mysqladmin", "ping", "-p$MYSQL_PASSWORD", "-P", "3306"], &[]);
        check(&["mc alias set s3 http://minio:9000 $MINIO_ROOT_USER $MINIO_ROOT_PASSWORD"], &[]);
        check(&["sh", "-c", "redis-cli -a \"$PASS\" --no-auth-warning ping"], &[]);
        check(&["app", "--password-file", "/run/secrets/x", "--password-min-length=8"], &[]);
        check(&["nginx", "-g", "daemon off;"], &[]);
        check(&["mkdir", "-p", "data"], &[]);
        check(&["app", "--token", "--verbose", "--password="], &[]);
    }
}
