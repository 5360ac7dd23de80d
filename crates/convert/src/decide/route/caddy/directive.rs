//! What a directive of Caddy's (its documentation, "Caddyfile directives") does to requests, as what an Ingress or an HTTPRoute can do.

use base64::Engine as _;
use smol_str::SmolStr;

use super::labels::Directive;
use crate::decide::route::is_path;
use crate::decide::route::middleware::{Target, What};

/// `private_ranges`, as Caddy's documentation lists it.
const PRIVATE: [&str; 6] = ["192.168.0.0/16", "172.16.0.0/12", "10.0.0.0/8", "127.0.0.1/8", "fd00::/8", "::1"];

/// What it does to the requests that it is for, or `None` for one that is about something else. `arguments` are those behind the matcher.
pub(super) fn filters(directive: &Directive, arguments: &[SmolStr]) -> Option<Vec<What>> {
    let nothing = |reason: &str| vec![What::Nothing(reason.to_owned())];
    Some(match directive.name.as_str() {
        "header" | "request_header" => headers(directive, arguments),
        "basic_auth" | "basicauth" => vec![passwords(directive, arguments)],
        "forward_auth" => vec![forward_auth(directive, arguments)],
        "encode" => vec![What::Compress],
        "request_body" => match directive.option("max_size").and_then(|size| bytes(size.arguments.first()?)) {
            Some(size) => vec![What::BodySize(size)],
            None => nothing("it has no `max_size`"),
        },
        "redir" => vec![redirection(arguments)],
        "uri" => vec![match arguments {
            [how, prefix] if how == "strip_prefix" && is_path(prefix) => What::StripPrefix(prefix.clone()),
            _ => What::Nothing("of a path only its beginning can be cut off".to_owned()),
        }],
        "rewrite" => vec![match arguments {
            [path] => rewrite(path),
            _ => What::Nothing("it is no path".to_owned()),
        }],
        _ => return None,
    })
}

fn rewrite(path: &SmolStr) -> What {
    let prefix = path.strip_suffix("{uri}").or_else(|| path.strip_suffix("{path}"));
    match prefix {
        Some(prefix) if is_path(prefix) => What::AddPrefix(prefix.into()),
        None if is_path(path) && !path.contains('{') => What::ReplacePath(path.clone()),
        _ => What::Nothing("it is more than a path, or a path before the one that was asked for".to_owned()),
    }
}

/// `header -Server`, `header X-Name value`, or a block of such.
fn headers(directive: &Directive, arguments: &[SmolStr]) -> Vec<What> {
    let is_request = directive.name == "request_header";
    let own = (!arguments.is_empty()).then(|| (arguments[0].clone(), arguments[1..].to_vec()));
    // A header's name has dots in no browser, and underscores that are none of a number's.
    let inner = directive.block.iter().map(|inner| (inner.name.clone(), inner.arguments.clone()));
    let (mut kept, mut found) = (Vec::new(), Vec::new());
    for (field, values) in own.into_iter().chain(inner) {
        match header(&field, &values) {
            Ok(header) => kept.push(header),
            Err(reason) => found.push(What::Nothing(reason)),
        }
    }
    if !kept.is_empty() {
        found.insert(0, if is_request { What::RequestHeaders(kept) } else { What::ResponseHeaders(kept) });
    }
    found
}

/// A header and its value; an empty one takes it away.
pub(super) fn header(field: &str, values: &[SmolStr]) -> Result<(SmolStr, SmolStr), String> {
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    match (field.strip_prefix('-'), values) {
        (Some(name), []) if is_name(name) => Ok((name.into(), SmolStr::default())),
        // `>` only says when.
        (None, [value]) if is_name(field.trim_start_matches('>')) && !value.contains('{') => {
            Ok((field.trim_start_matches('>').into(), value.clone()))
        }
        _ => Err(format!("`{field}`: headers can be set to a text or taken away, nothing else")),
    }
}

/// The users in its block, as lines of `htpasswd`.
fn passwords(directive: &Directive, arguments: &[SmolStr]) -> What {
    let mut users = Vec::new();
    for user in &directive.block {
        let Some(hash) = user.arguments.first() else { continue };
        let decoded = base64::engine::general_purpose::STANDARD.decode(hash.as_bytes()).ok().and_then(|hash| String::from_utf8(hash).ok());
        let hash = decoded.filter(|hash| hash.starts_with("$2")).map_or_else(|| hash.clone(), SmolStr::from);
        if !hash.starts_with("$2") {
            return What::NoLock(format!("the password of `{}` is no hash of bcrypt, which is what controllers read too", user.name));
        }
        users.push(SmolStr::from(format!("{}:{hash}", user.name)));
    }
    if users.is_empty() {
        return What::NoLock("it has no users".to_owned());
    }
    What::Auth { users, realm: arguments.get(1).cloned().or_else(|| Some("restricted".into())), is_digest: false }
}

fn forward_auth(directive: &Directive, arguments: &[SmolStr]) -> What {
    let [upstream] = arguments else { return What::NoLock("it has no single address".to_owned()) };
    let uri = directive.option("uri").and_then(|uri| uri.arguments.first()).map_or("", SmolStr::as_str);
    if upstream.contains('{') || uri.contains('{') {
        return What::NoLock("its address holds what Caddy alone fills in".to_owned());
    }
    let scheme = if upstream.contains("://") { "" } else { "http://" };
    let headers: Vec<&str> = directive
        .block
        .iter()
        .filter(|option| option.name == "copy_headers")
        .flat_map(|option| option.arguments.iter().chain(option.block.iter().map(|header| &header.name)))
        .map(|header| header.split('>').next().unwrap_or(header))
        .collect();
    let response_headers = (!headers.is_empty()).then(|| headers.join(",").into());
    What::ForwardAuth { address: format!("{scheme}{upstream}{uri}").into(), response_headers }
}

/// `redir https://example.com{uri} permanent`.
fn redirection(arguments: &[SmolStr]) -> What {
    let (to, how) = match arguments {
        [to] => (to, "temporary"),
        [to, how] => (to, how.as_str()),
        _ => return What::Nothing("it says no address".to_owned()),
    };
    let is_permanent = match how {
        "permanent" | "301" | "308" => true,
        "temporary" | "302" | "303" | "307" => false,
        _ => return What::Nothing(format!("`{how}` is no redirection by a status")),
    };
    if to == "https://{host}{uri}" {
        return What::RedirectToHttps { is_permanent };
    }
    match Target::parse(to) {
        Some(target) => What::Redirect { target, is_permanent },
        None => What::Nothing("its address holds what Caddy alone fills in".to_owned()),
    }
}

/// `10MB` (powers of ten) or `10MiB`, as Caddy writes sizes.
fn bytes(text: &str) -> Option<u64> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let factor = match text[end..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" | "k" => 1000,
        "mb" | "m" => 1_000_000,
        "gb" | "g" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return None,
    };
    text[..end].parse::<u64>().ok()?.checked_mul(factor)
}

/// The ranges of `remote_ip` and its kin.
pub(super) fn ranges(arguments: &[SmolStr]) -> Option<Vec<SmolStr>> {
    let mut ranges = Vec::new();
    for range in arguments {
        match range.as_str() {
            "private_ranges" => ranges.extend(PRIVATE.map(SmolStr::new_static)),
            "forwarded" => {}
            range if range.contains('{') => return None,
            _ => ranges.push(range.clone()),
        }
    }
    (!ranges.is_empty()).then_some(ranges)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_caddy_writes_them() {
        let sizes = ["10MB", "1MiB", "512", "1x", ""].map(bytes);
        assert_eq!(sizes, [Some(10_000_000), Some(1_048_576), Some(512), None, None]);
    }

    #[test]
    fn a_redirection_keeps_the_path_or_says_another() {
        let words = |text: &str| -> Vec<SmolStr> { text.split(' ').map(SmolStr::from).collect() };
        let to = |text: &str| redirection(&words(text));
        assert_eq!(to("https://{host}{uri} permanent"), What::RedirectToHttps { is_permanent: true });
        let What::Redirect { target, is_permanent: true } = to("https://a.test{uri} 308") else {
            panic!("{:?}", to("https://a.test{uri} 308"))
        };
        assert_eq!((target.scheme.as_deref(), target.host.as_deref(), target.path), (Some("https"), Some("a.test"), None));
        let What::Redirect { target, is_permanent: false } = to("/login") else { panic!() };
        assert_eq!((target.host, target.path.as_deref()), (None, Some("/login")));
        assert!(matches!(to("https://{labels.1}.test"), What::Nothing(_)));
        assert!(matches!(to("https://a.test html"), What::Nothing(_)));
    }
}
