//! `url`, `isURL` and the parts of a URL.

use std::collections::HashMap;
use std::sync::Arc;

use cel::extractors::This;
use cel::objects::{Key, Opaque, Value};
use cel::{Context, DeclarationError, ExecutionError};

use super::{inner, opaque, wrong};

/// A URL, or the absolute path of one (RFC 3986).
#[derive(Debug, Clone, PartialEq, Eq)]
struct Url {
    scheme: String,
    /// Host and port.
    authority: String,
    path: String,
    query: String,
}

impl Opaque for Url {
    fn runtime_type_name(&self) -> &str {
        "net.URL"
    }
}

impl Url {
    /// As Go's `url.ParseRequestURI` reads one.
    fn parse(text: &str) -> Option<Self> {
        if text.is_empty() || text.bytes().any(|byte| byte <= b' ' || byte == 0x7f) || !escapes_are_right(text) {
            return None;
        }
        let (scheme, rest) = match text.split_once(':') {
            Some((scheme, rest)) if is_scheme(scheme) => (scheme.to_ascii_lowercase(), rest),
            _ => (String::new(), text),
        };
        if !rest.starts_with('/') && (scheme.is_empty() || rest.is_empty()) {
            return None;
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = match rest.strip_prefix("//").filter(|_| !scheme.is_empty()) {
            Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
            None => ("", rest),
        };
        let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let port = authority.rsplit_once(':').filter(|(_, port)| !port.contains(']')).map_or("", |(_, port)| port);
        if !port.bytes().all(|byte| byte.is_ascii_digit()) || authority.contains(['<', '>', '"', '\\', '^', '`', '{', '|', '}']) {
            return None;
        }
        Some(Self { scheme, authority: authority.to_owned(), path: path.to_owned(), query: query.to_owned() })
    }

    fn port(&self) -> &str {
        self.authority.rsplit_once(':').filter(|(_, port)| !port.contains(']')).map_or("", |(_, port)| port)
    }

    fn host_name(&self) -> &str {
        let host = self.authority.strip_suffix(self.port()).unwrap_or(&self.authority);
        let host = if self.port().is_empty() { host } else { host.trim_end_matches(':') };
        host.trim_start_matches('[').trim_end_matches(']')
    }

    fn query(&self) -> Value {
        let mut values: HashMap<String, Vec<Value>> = HashMap::new();
        for pair in self.query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            values.entry(decoded(key)).or_default().push(decoded(value).into());
        }
        let map: HashMap<Key, Value> = values.into_iter().map(|(key, values)| (Key::String(Arc::new(key)), values.into())).collect();
        map.into()
    }
}

pub(super) fn is_url(text: &str) -> bool {
    Url::parse(text).is_some()
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '-' | '.'))
}

fn escapes_are_right(text: &str) -> bool {
    let is_hex = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    let bytes = text.as_bytes();
    (0..bytes.len()).filter(|at| bytes[*at] == b'%').all(|at| is_hex(bytes.get(at + 1)) && is_hex(bytes.get(at + 2)))
}

/// `%41` and `+` of a query.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let pair: Vec<u8> = rest.by_ref().take(2).collect();
                let number = std::str::from_utf8(&pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
                bytes.extend(number);
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn of(value: &Value) -> Result<&Url, ExecutionError> {
    inner::<Url>(value).ok_or_else(|| ExecutionError::UnexpectedType { got: format!("{value:?}"), want: "URL".into() })
}

pub(super) fn declare(context: &mut Context<'_, '_>) -> Result<(), DeclarationError> {
    context.add_function("isURL", |text: Arc<String>| is_url(&text))?;
    context.add_function("url", |text: Arc<String>| -> Result<Value, ExecutionError> {
        Url::parse(&text).map(opaque).ok_or_else(|| wrong("url", format!("URL parse error during conversion from string: {text:?}")))
    })?;
    context.add_function("getScheme", |This(url): This<Value>| of(&url).map(|url| Value::from(url.scheme.as_str())))?;
    context.add_function("getHost", |This(url): This<Value>| of(&url).map(|url| Value::from(url.authority.as_str())))?;
    context.add_function("getHostname", |This(url): This<Value>| of(&url).map(|url| Value::from(url.host_name())))?;
    context.add_function("getPort", |This(url): This<Value>| of(&url).map(|url| Value::from(url.port())))?;
    context.add_function("getEscapedPath", |This(url): This<Value>| of(&url).map(|url| Value::from(url.path.as_str())))?;
    context.add_function("getQuery", |This(url): This<Value>| of(&url).map(Url::query))
}
