//! Caddy: the addresses of the sites of a Caddyfile.

use super::Listen;

/// The ports of its sites; `None` where an address leaves open what it comes to.
pub(super) fn listens<'v>(text: &str, variable: &dyn Fn(&str) -> Option<&'v str>) -> Option<Vec<Listen>> {
    let mut listens = Vec::new();
    let mut http_port = 80;
    let mut depth = 0_usize;
    let mut is_global = false;
    let mut addresses = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let header = line.strip_suffix('{').filter(|header| header.is_empty() || header.ends_with(char::is_whitespace));
        if depth == 0 {
            // Addresses may go on on the next line.
            addresses.push_str(header.unwrap_or(line));
            if addresses.trim_end().ends_with(',') {
                continue;
            }
            let found = std::mem::take(&mut addresses);
            is_global = found.trim().is_empty();
            if found.starts_with("import ") {
                return None;
            }
            // `(name)` is a snippet, which sites import.
            if !found.starts_with(['(', '&']) {
                for address in found.split([',', ' ', '\t']).filter(|address| !address.is_empty()) {
                    listens.push(listen(address, http_port, variable)?);
                }
            }
            // A single site needs no braces.
            if header.is_none() {
                return (!binds(text)).then_some(listens);
            }
        } else if is_global && let Some(port) = line.strip_prefix("http_port ") {
            http_port = port.trim().parse().ok()?;
        }
        depth = if header.is_some() { depth + 1 } else { depth.saturating_sub(usize::from(line == "}")) };
    }
    (!binds(text)).then_some(listens)
}

/// True where a site listens on some addresses of the machine only.
fn binds(text: &str) -> bool {
    text.lines().any(|line| line.trim_start().starts_with("bind ") || line.trim_start().starts_with("default_bind "))
}

/// `:8080`, `http://shop.local:8080`, `shop.example`. One with a host and a port of its own has TLS, with a redirect or without.
fn listen<'v>(address: &str, http_port: u16, variable: &dyn Fn(&str) -> Option<&'v str>) -> Option<Listen> {
    let address = filled_in(address, variable)?;
    let (scheme, rest) = address.split_once("://").unwrap_or(("", &address));
    let authority = rest.split('/').next().unwrap_or_default();
    match authority.rsplit_once(':') {
        None => Some(Listen::plain(http_port)),
        Some((host, port)) if scheme == "http" || (scheme.is_empty() && host.is_empty()) => {
            let port = port.parse().ok().filter(|port| *port > 0)?;
            Some(Listen { port, as_known: port != 443 })
        }
        Some(_) => None,
    }
}

/// An address with the value of its variable: `:{$PORT}`, `:{$PORT:8080}`.
fn filled_in<'v>(address: &str, variable: &dyn Fn(&str) -> Option<&'v str>) -> Option<String> {
    let Some((before, rest)) = address.split_once("{$") else { return Some(address.to_owned()) };
    let (name, after) = rest.split_once('}')?;
    let (name, default) = name.split_once(':').map_or((name, None), |(name, default)| (name, Some(default)));
    let value = variable(name).map(str::to_owned).or_else(|| default.map(str::to_owned))?;
    (!after.contains('{')).then(|| format!("{before}{value}{after}"))
}
