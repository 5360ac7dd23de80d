//! The credentials among a service's variables, and who wrote their values down.

use std::ops::Range;

use smol_str::SmolStr;
use windlass_compose::template;
use windlass_images::credentials::{self, Sign};
use windlass_source::{Edit, Origin, Span, Spanned, VariableSource};

use super::service::ServiceContext;

/// A variable or option of a service whose value is, or holds, a credential.
#[derive(Clone, Debug)]
pub struct Credential<'a> {
    /// The variable, or the option of the command: `--requirepass`.
    pub name: Spanned<SmolStr>,
    /// Its value, of an option the word that holds it. Never to be shown.
    pub value: &'a Spanned<SmolStr>,
    /// How it is known.
    pub sign: Sign,
    /// The credential is the password of an address.
    pub is_address: bool,
    /// Who wrote it down.
    pub written: Written,
}

/// Who wrote a credential down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// The compose file.
    Literally,
    /// The compose file, as the default of this variable: `${DB_PASSWORD:-secret}`.
    AsDefault(SmolStr),
    /// Something else: the environment, `.env`, an `env_file`.
    Elsewhere,
}

impl Credential<'_> {
    /// Its value is no credential yet, but stands for one: `changeme`, `<token>`, `your-key-here`.
    pub fn is_placeholder(&self) -> bool {
        credentials::is_placeholder(&self.value.value)
    }
}

impl<'a> ServiceContext<'a> {
    /// An edit that takes a literal value from a variable of the same name instead. `None` for options, and where it stands in several
    /// lines.
    pub fn assignment_of(self, credential: &Credential<'_>) -> Option<Edit> {
        let span = credential.value.span()?;
        let text = self.context().slice(span);
        let unquoted = text.trim_matches(['"', '\'']);
        let is_simple = !text.contains('\n') && unquoted == credential.value.value;
        let at = text.find(unquoted)?;
        let name = &credential.name.value;
        let is_name = !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && !name.starts_with(|first: char| first.is_ascii_digit());
        (is_simple && is_name).then(|| Edit { span: span.slice(at..at + unquoted.len()), replacement: format!("${{{name}:?}}") })
    }

    /// The credentials among its variables, in the order of their names, and then among the options of its command.
    pub fn credentials(self) -> Vec<Credential<'a>> {
        let of = |name: &'a Spanned<SmolStr>, value: &'a Spanned<SmolStr>| {
            let password = address_password(&value.value);
            let sign = credentials::variable(&name.value, &value.value, &value.origin, self.image());
            // `${PASSWORD:-}` is no credential, but what `.env` has may hide a default.
            let hidden = || sign_of_default(self, name, value);
            let sign = sign.or_else(hidden).filter(|sign| *sign != Sign::Image || holds_secret(&name.value, &value.value))?;
            // `${KEY:-""}` is two quotes, and meant to be nothing. Nobody can use a placeholder for a key of somebody else's.
            let is_empty = value.value.trim_matches(['"', '\'']).is_empty();
            let is_foreign = ["KEY", "TOKEN"].iter().any(|word| name.value.to_ascii_uppercase().ends_with(word));
            if is_empty || is_foreign && credentials::is_placeholder(&value.value) {
                return None;
            }
            let secret = password.clone().unwrap_or(0..value.value.len());
            Some(Credential { name: name.clone(), value, sign, is_address: password.is_some(), written: self.written(value, &secret) })
        };
        let entries = self.model().environment.iter();
        let variables = entries.filter_map(|entry| of(&entry.name, entry.value.as_ref()?));
        variables.chain(self.credentials_of_command()).collect()
    }

    /// `--requirepass x` and `--db-password=x`, word by word; scripts of a shell are not looked into.
    fn credentials_of_command(self) -> impl Iterator<Item = Credential<'a>> {
        let words = self.model().command.as_ref().map_or(&[][..], |words| &words.value[..]);
        words.iter().enumerate().filter_map(move |(at, word)| {
            let option = word.value.strip_prefix("--").filter(|option| !option.contains(' '))?;
            let (name, value, secret) = match option.split_once('=') {
                Some((name, value)) => (name, word, word.value.len() - value.len()..word.value.len()),
                None => {
                    let next = words.get(at + 1).filter(|next| !next.value.starts_with('-'))?;
                    (option, next, 0..next.value.len())
                }
            };
            let text = value.value.get(secret.clone())?;
            // What a shell or the program puts in its place is none.
            let sign = credentials::variable(name, text, &Origin::DEFAULT, None).filter(|_| !text.contains(['$', '{', '/']))?;
            let name = Spanned::new(format!("--{name}").into(), word.origin.clone());
            Some(Credential { name, value, sign, is_address: false, written: self.written(value, &secret) })
        })
    }

    /// Who wrote the bytes `secret` of a value down.
    fn written(self, value: &Spanned<SmolStr>, secret: &Range<usize>) -> Written {
        let Some(span) = value.span().filter(|span| self.is_compose_file(*span)) else { return Written::Elsewhere };
        let parts = value.origin.parts();
        let mut covered = 0;
        for part in parts {
            let (start, end) = ((part.range.start as usize).max(secret.start), (part.range.end as usize).min(secret.end));
            covered += end.saturating_sub(start);
            if start < end && part.source == VariableSource::Default {
                return Written::AsDefault(part.variable.clone());
            }
        }
        if covered < secret.len() {
            return Written::Literally;
        }
        // What a `.env` of this machine sets hides the default that everybody else gets.
        let is_secret = |name: &SmolStr| {
            let overlaps = |range: &Range<u32>| (range.start as usize) < secret.end && secret.start < range.end as usize;
            parts.iter().any(|part| part.variable == *name && overlaps(&part.range))
        };
        let hidden = defaults_in(self.context().slice(span)).into_iter().find(is_secret);
        hidden.map_or(Written::Elsewhere, Written::AsDefault)
    }

    /// The place is in a compose file, not in a file of variables.
    pub(super) fn is_compose_file(self, span: Span) -> bool {
        let name = self.context().sources().file(span.file).name();
        name.ends_with(".yml") || name.ends_with(".yaml") || self.stack().file_ids().contains(&span.file)
    }
}

/// Of what an image takes credentials from, names of users and whole configurations hold none by themselves.
fn holds_secret(name: &str, value: &str) -> bool {
    const OTHER: [&str; 6] = ["LOGIN", "EMAIL", "CONFIG", "ARGS", "OPTS", "OPTIONS"];
    let last = name.rsplit('_').next().unwrap_or(name).to_ascii_uppercase();
    let value = value.to_ascii_lowercase();
    match last.as_str() {
        "USER" | "USERNAME" => false,
        "AUTH" => value.contains(['/', ':']),
        last => !OTHER.contains(&last) || value.contains("pass") || value.contains("secret"),
    }
}

/// How a default is known to be a credential where the value that took its place is none.
fn sign_of_default(service: ServiceContext<'_>, name: &Spanned<SmolStr>, value: &Spanned<SmolStr>) -> Option<Sign> {
    let span = value.span().filter(|_| !value.origin.parts().is_empty())?;
    let declared = template::variables(service.context().slice(span)).into_iter().find_map(|declared| declared.default)?;
    credentials::variable(&name.value, &declared, &Origin::DEFAULT, service.image())
}

/// The variables of a text whose default is a text of its own.
fn defaults_in(text: &str) -> Vec<SmolStr> {
    let of_own = |default: &str| !default.trim_matches(['"', '\'']).is_empty() && !default.starts_with('$');
    let declared = template::variables(text).into_iter();
    declared.filter(|declared| declared.default.as_deref().is_some_and(of_own)).map(|declared| declared.name).collect()
}

/// Where the password stands in an address or a connection string: `scheme://user:password@host`, `user:password@tcp(host)`.
fn address_password(value: &str) -> Option<Range<usize>> {
    let (start, end) = match value.find("://") {
        Some(at) => {
            let start = at + 3;
            let rest = &value[start..];
            let authority = &rest[..rest.find(['/', '?', '#', ' ', ',']).unwrap_or(rest.len())];
            let is_port = || authority.rsplit_once(':').is_none_or(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
            // A password may hold what ends an authority.
            let beyond = || rest[..rest.find([' ', ',']).unwrap_or(rest.len())].rfind('@').filter(|_| !is_port());
            let end = authority.rfind('@').or_else(beyond)?;
            (start, start + end)
        }
        None => match value.find("@tcp(").or_else(|| value.find("@unix(")) {
            Some(end) => (0, end),
            None => return field_password(value),
        },
    };
    let colon = start + value[start..end].find(':')?;
    Some(colon + 1..end).filter(|range| !range.is_empty())
}

/// Where the password stands in `Server=db;Password=x` and `host=db password=x`.
fn field_password(value: &str) -> Option<Range<usize>> {
    let lower = value.to_ascii_lowercase();
    ["password=", "pwd="].iter().find_map(|field| {
        let at = lower.find(field)?;
        let begins = at > 0 && value[..at].ends_with([';', '?', '&', ' ']);
        let start = at + field.len();
        let end = value[start..].find([';', '&', ' ']).map_or(value.len(), |end| start + end);
        (begins && start < end).then_some(start..end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_of_addresses_are_found() {
        let password = |value: &'static str| address_password(value).map(|range| &value[range]);
        assert_eq!(password("postgres://shop:secret@db:5432/shop"), Some("secret"));
        assert_eq!(password("mysql://shop:a/b@db/shop"), Some("a/b"));
        assert_eq!(password("shop:secret@tcp(db:3306)/shop"), Some("secret"));
        assert_eq!(password("redis://:secret@cache"), Some("secret"));
        assert_eq!(password("postgres://shop:@db/shop"), None);
        assert_eq!(password("http://web:8080/a@b"), None);
        assert_eq!(password("https://web/x"), None);
        assert_eq!(password("Server=db;User=sa;Password=secret;Encrypt=no"), Some("secret"));
    }
}
