//! Credentials that a line of code spells out: a literal that is given to a name of one. What code looks up, takes as a parameter or puts
//! together is none.

use super::{has_url_password, is_credential_name, is_path, is_placeholder, is_plain, may_be_credential_name};

/// Longer lines are made by programs, and their words say what people see.
const LONGEST: usize = 1000;

/// True for `password = "x"`, `'PASSWORD': 'x'`, `$a['password'] = 'x';`, `'password' => 'x'`, `define('DB_PASSWORD', 'x')`, and an
/// address with a password as the value of any name.
pub(super) fn sets_literal(line: &str) -> bool {
    let is_comment = || ["//", "#", "*", "/*"].iter().any(|start| line.trim_start().starts_with(start));
    // Most lines have neither.
    if line.len() > LONGEST || !line.contains(['"', '\'', '`']) || !(may_be_credential_name(line) || line.contains("://")) || is_comment() {
        return false;
    }
    let mut at = 0;
    while let Some(found) = line[at..].find(['"', '\'', '`']) {
        let open = at + found;
        let quote = &line[open..=open];
        let Some(length) = line[open + 1..].find(quote) else { return false };
        let close = open + 1 + length;
        if is_whole(&line[close + 1..]) && is_set(&line[..open], &line[open + 1..close]) {
            return true;
        }
        at = close + 1;
    }
    false
}

/// True for what may stand behind a value that nothing is added to.
fn is_whole(after: &str) -> bool {
    let after = after.trim_start();
    after.is_empty() || after.starts_with([',', ';', ')', '}', ']', '#']) || after.starts_with("//")
}

/// True when what stands before a value gives it to a name, and one of both says that it is a credential.
fn is_set(before: &str, value: &str) -> bool {
    let Some(name) = name_before(before) else { return false };
    if value.contains(['$', '{', '<', '%']) || value.contains(char::is_whitespace) {
        return false;
    }
    if has_url_password(value) {
        return !is_placeholder(value);
    }
    is_credential_name(name) && !is_plain(value) && !is_path(value) && !is_placeholder(value) && !is_word_about(name, value)
}

/// The name that a value is given to, which stands before it.
fn name_before(before: &str) -> Option<&str> {
    let before = before.trim_end();
    let target = if let Some(before) = before.strip_suffix("=>") {
        before
    } else if let Some(before) = before.strip_suffix('=') {
        // Of a comparison, or an addition.
        if before.ends_with(['=', '!', '<', '>', '+', '.', '~']) {
            return None;
        }
        before
    } else if let Some(before) = before.strip_suffix(':') {
        before
    } else {
        let defined = before.strip_suffix(',')?;
        defined.trim_start().strip_prefix("define(")?;
        defined
    };
    let target = target.trim_end();
    let target = target.strip_suffix(']').unwrap_or(target);
    let target = target.strip_suffix(['"', '\'', '?']).unwrap_or(target);
    let is_letter = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
    let name = target.rsplit(|character: char| !is_letter(character)).next().unwrap_or_default();
    (!name.is_empty()).then_some(name)
}

/// What a form, a schema or a translation says of a field: its kind, its rules, its label.
fn is_word_about(name: &str, value: &str) -> bool {
    const WORDS: [&str; 18] = [
        "any",
        "bcrypt",
        "bytes",
        "current_password",
        "encrypted",
        "hashed",
        "hidden",
        "input",
        "int",
        "nullable",
        "password",
        "secret",
        "str",
        "string",
        "text",
        "token",
        "varchar",
        "x-api-key",
    ];
    let value = value.to_ascii_lowercase();
    let is_rule = value.contains('|') || value.starts_with("required") || value.starts_with('@');
    is_rule || WORDS.contains(&value.as_str()) || value == name.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_of_code_are_credentials() {
        for line in [
            "define(\"DB_PASSWORD\",\"hunter2\");",
            "define( 'AUTH_KEY', 'k-123' );",
            "$config['db_dsnw'] = 'mysql://rc:pass@db/rc';",
            "$cfg['Servers'][$i]['password'] = 'hunter2';",
            "DATABASES = {'default': {'PASSWORD': 'hunter2'}}",
            "SECRET_KEY = 'django-insecure-abc123'",
            "module.exports = {db: {password: \"hunter2\"}}",
            "    'password' => 'hunter2',",
            "  public $password = 'hunter2';",
            "SQLALCHEMY_DATABASE_URI = \"postgresql://superset:hunter2@db/superset\"",
            "const apiKey = `k-123`; // of staging",
        ] {
            assert!(sets_literal(line), "{line}");
        }
    }

    #[test]
    fn what_code_looks_up_or_says_of_a_field_is_none() {
        for line in [
            "$password = $_POST['password'];",
            "password = os.environ.get('DB_PASSWORD', '')",
            "SECRET_KEY = os.environ['SECRET_KEY']",
            "'password' => env('DB_PASSWORD', ''),",
            "const password = getenv(\"DB_PASSWORD\");",
            "password: process.env.DB_PASSWORD || 'x',",
            "if (password == 'x') {",
            "if ($password === 'x') return;",
            "'password' => 'required|min:8',",
            "'password' => 'hashed',",
            "password: 'Password',",
            "\"password\": \"Enter your password\",",
            "password = \"\"",
            "password = 'changeme'",
            "token_url = 'https://a/b'",
            "url = f\"postgres://{user}:{password}@db/x\"",
            "# password = 'hunter2'",
            "<input type=\"password\" name=\"password\">",
            "$stmt->bind(':password', $password);",
            "password = 'a' + salt",
            "password = 'it",
        ] {
            assert!(!sets_literal(line), "{line}");
        }
    }
}
