//! Files that hold keys or passwords, by their names, by what names them, and by what stands in them.

use super::code::sets_literal;
use super::file_line::{is_element, is_login, is_registry_login, is_statement};
use super::{JSON_ENDS, has_token, has_url_password, is_credential_name, private_key, sets_credential};

/// Files that are looked at as far as keys are long.
const LOOKED_AT: usize = 64 << 10;

/// True for a file that holds keys or passwords, by its name or content.
pub fn is_secret_file(name: &str, content: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    if is_secret_name(&name) {
        return true;
    }
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_read = ["js", "mjs", "cjs", "ts", "py", "php", "rb"].contains(&ending);
    let is_code = is_read || ["jsx", "tsx", "go", "java", "sh", "html", "css", "md", "sql"].contains(&ending);
    let ends: &[char] = if ending == "json" { &JSON_ENDS } else { &['\n'] };
    let content = content.get(..LOOKED_AT).unwrap_or(content);
    // As far as it is text: the end of what is looked at may be within a character.
    let text = content.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let is_markup = matches!(ending, "xml" | "config") || text.trim_start().starts_with('<');
    let holds_one = |line: &str| has_url_password(line) || sets_credential(line) || is_login(line) || (is_markup && is_element(line));
    private_key(text)
        || has_token(text)
        || (ending == "sql" && text.lines().any(is_statement))
        || (!is_code && text.split(ends).any(holds_one))
        || (is_read && text.lines().any(sets_literal))
        || (!is_code && is_lone_secret(&name, text))
        || (text.contains("\"auths\"") && text.split(JSON_ENDS).any(is_registry_login))
}

/// A name that only such files have; `name` is in lower case.
fn is_secret_name(name: &str) -> bool {
    const ENDINGS: [&str; 7] = [".key", ".p12", ".pfx", ".jks", ".keystore", ".ovpn", ".kdbx"];
    let known = matches!(
        name,
        ".htpasswd"
            | "htpasswd"
            | ".pgpass"
            | ".my.cnf"
            | ".netrc"
            | ".npmrc"
            | ".env"
            | ".erlang.cookie"
            | ".git-credentials"
            | "credentials.json"
            | "userlist.txt"
    );
    let stem = name.split('.').next().unwrap_or_default();
    let is_environment =
        name.starts_with(".env.") && !["example", "sample", "dist", "template"].iter().any(|ending| name.ends_with(ending));
    known
        || ENDINGS.iter().any(|ending| name.ends_with(ending))
        || is_environment
        || (matches!(stem, "id_rsa" | "id_ed25519" | "id_ecdsa") && !name.ends_with(".pub"))
}

/// True for the one value that a file called `db_password`, `api_key.txt`, `jwt.hex` has, or the lines of base64 of a `mongo-keyfile`.
fn is_lone_secret(name: &str, text: &str) -> bool {
    let (stem, ending) = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).unwrap_or((name, ""));
    if !matches!(ending, "" | "txt" | "hex" | "secret" | "token" | "password" | "pass" | "jwt" | "keyfile" | "base64" | "b64") {
        return false;
    }
    let is_key_file = || name.replace(['-', '_', '.'], "").contains("keyfile");
    let is_named = || {
        is_credential_name(stem)
            || is_credential_name(ending)
            || matches!(ending, "jwt" | "keyfile")
            || stem.split(['-', '_', '.']).any(|word| word == "jwt")
    };
    let is_word = |line: &str| !line.trim().is_empty() && !line.trim().contains(char::is_whitespace);
    let is_base64 = |line: &str| line.trim().bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='));
    let text = text.trim();
    (is_word(text) && (is_named() || is_key_file())) || (text.len() >= 6 && is_key_file() && text.lines().all(is_base64))
}

/// True for a variable or option whose value is the path of a file with a credential: `POSTGRES_PASSWORD_FILE`, `keyFile`,
/// `authrpc.jwtsecret`, `ssl_key_file`.
pub fn is_key_file_name(name: &str) -> bool {
    const ENDINGS: [&str; 10] = ["__FILE", "_FILE", "_FILENAME", "_PATH", "-file", "-path", ".file", "_file", "_path", "File"];
    let name = name.trim_start_matches('-');
    let name = name.strip_prefix("FILE__").unwrap_or(name);
    let stem = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name);
    let is_key = stem.get(stem.len().saturating_sub(3)..).is_some_and(|end| end.eq_ignore_ascii_case("key"));
    let is_public = stem.to_ascii_lowercase().contains("pub");
    !is_public && (is_key || is_credential_name(stem))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, content: &str, expected: bool) {
        assert_eq!(is_secret_file(name, content.as_bytes()), expected, "{name}: {content}");
    }

    #[test]
    fn a_file_that_is_called_a_secret_and_holds_one_value_is_one() {
        check("db_password", "hunter2", true);
        check("api_key.txt", "abc\n", true);
        check("jwt.hex", "0123456789abcdef\n", true);
        check("jwtsecret", "0123456789abcdef", true);
        check("mongo-keyfile", "c29tZQ==\nbGluZXM=\n", true);
        check("keyfile", "c29tZQ==", true);
        check("passwords.txt", "a list\nof words\n", false);
        check("password.md", "hunter2", false);
        check("token.html", "x", false);
        check("nginx.conf", "x", false);
        check("db_password", "", false);
        check("README", "hunter2", false);
    }

    #[test]
    fn logins_of_registries_and_of_haproxy_are_found() {
        check("config.json", "{\"auths\":{\"x\":{\"auth\":\"YWJj\"}}}", true);
        check("config.json", "{\"auths\":{\"x\":{}},\"credsStore\":\"desktop\"}", false);
        check("config.json", "{\"auth\":\"YWJj\"}", false);
        check("haproxy.cfg", "userlist a\n  user a insecure-password abc\n", true);
        check("haproxy.cfg", "userlist a\n  user a password $6$abc$def\n", true);
        check("haproxy.cfg", "userlist a\n  user a insecure-password \"$PW\"\n", false);
        check("lemmy.hjson", "{ admin_password: \"x\" }", true);
    }

    #[test]
    fn options_name_the_files_of_keys() {
        for name in [
            "POSTGRES_PASSWORD_FILE",
            "--keyFile",
            "--authrpc.jwtsecret",
            "ssl_key_file",
            "FILE__PASSWORD",
            "GF_SECURITY_ADMIN_PASSWORD__FILE",
            "--tls-key",
        ] {
            assert!(is_key_file_name(name), "{name}");
        }
        for name in ["CONFIG_FILE", "LOG_PATH", "--config", "ssl_cert_file", "JWT_PUBLIC_KEY_FILE", "", "file", "POSTGRES_DB_FILE"] {
            assert!(!is_key_file_name(name), "{name}");
        }
    }
}
