//! nginx: `listen` of its servers, in the files that its configuration includes.

use super::mounted::{Mounted, is_at_or_below};
use super::{Listen, Server, is_loopback};

const PLACE: &str = "/etc/nginx";
/// What the image's own configuration comes to.
const OWN: &str = "http { include /etc/nginx/conf.d/*.conf; }";
/// Includes within includes that are followed, and files that are read so: each may include all the others.
const DEPTH: usize = 8;
const FILES: usize = 500;

/// The ports of its configuration; `main` is that of the image's own server.
pub(super) fn listens(server: &Server<'_>, main: u16) -> Option<Vec<Listen>> {
    let own = [("/etc/nginx/nginx.conf", OWN.to_owned()), ("/etc/nginx/conf.d/default.conf", format!("server {{ listen {main}; }}"))];
    let mut mounted = Mounted::of(server, PLACE, own);
    fill_in_templates(&mut mounted);
    let start = mounted.files.get(server.option(&["-c"]).unwrap_or("/etc/nginx/nginx.conf"))?;
    let mut walk = Walk { mounted: &mounted, variable: server.variable, main, listens: Vec::new(), directives: 0, files: 0, is_sure: true };
    walk.read(start, &[], 0);
    walk.is_sure.then_some(walk.listens)
}

/// The image's entrypoint makes `conf.d/x` of `templates/x.template`.
fn fill_in_templates(mounted: &mut Mounted) {
    let made = |path: &str| Some(format!("{PLACE}/conf.d/{}", path.strip_prefix("/etc/nginx/templates/")?.strip_suffix(".template")?));
    let templates: Vec<(String, String)> = mounted.files.iter().filter_map(|(path, text)| Some((made(path)?, text.clone()))).collect();
    mounted.files.extend(templates);
}

struct Walk<'m, 's> {
    mounted: &'m Mounted,
    variable: &'s dyn Fn(&str) -> Option<&'s str>,
    main: u16,
    listens: Vec<Listen>,
    /// How many `listen` there were, of whatever kind.
    directives: usize,
    /// How many files were included.
    files: usize,
    is_sure: bool,
}

impl Walk<'_, '_> {
    fn read(&mut self, text: &str, around: &[&str], depth: usize) {
        let mut blocks = around.to_vec();
        let mut before: Vec<usize> = Vec::new();
        for statement in statements(text) {
            match statement {
                Statement::Open(words) => {
                    blocks.push(words.first().copied().unwrap_or_default());
                    before.push(self.directives);
                }
                Statement::Close => {
                    let (block, before) = (blocks.pop(), before.pop());
                    // nginx documentation, "listen": 80 where no directive is, 8000 for who is not root; nothing to go away for.
                    if block == Some("server") && before == Some(self.directives) && blocks.contains(&"http") {
                        self.listens.push(Listen::plain(self.main));
                    }
                }
                Statement::Simple(words) => match words.as_slice() {
                    ["listen", address, options @ ..] if blocks.last() == Some(&"server") => self.listen(address, options, &blocks),
                    ["include", path] if depth < DEPTH => self.include(path, &blocks, depth),
                    _ => {}
                },
            }
        }
    }

    fn listen(&mut self, address: &str, options: &[&str], blocks: &[&str]) {
        self.directives += 1;
        let address = address.trim_matches(['"', '\'']);
        if address.starts_with("unix:") || options.iter().any(|option| matches!(*option, "udp" | "quic")) {
            return;
        }
        let is_v6_host = address.ends_with(']');
        let (host, port) = address.rsplit_once(':').filter(|_| !is_v6_host).unwrap_or(("", address));
        let port = match port.strip_prefix('$') {
            Some(name) => (self.variable)(name.trim_matches(['{', '}'])).unwrap_or_default(),
            None => port,
        };
        let as_known = blocks.contains(&"http") && !options.iter().any(|option| matches!(*option, "ssl" | "proxy_protocol"));
        match port.parse::<u16>() {
            Ok(port) if !is_loopback(host) => self.listens.push(Listen { port, as_known }),
            // An address without a port has 80.
            Err(_) if host.is_empty() && !port.is_empty() && !is_loopback(port) => self.listens.push(Listen { port: 80, as_known }),
            Ok(_) => {}
            Err(_) => self.is_sure &= !port.is_empty(),
        }
    }

    fn include(&mut self, path: &str, blocks: &[&str], depth: usize) {
        let path = path.trim_matches(['"', '\'']);
        let path = if path.starts_with('/') { path.to_owned() } else { format!("{PLACE}/{path}") };
        let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
        let mut unknown = self.mounted.unknown.iter();
        if path.contains('*') && unknown.any(|unknown| matches(&path, unknown) || is_at_or_below(directory, unknown)) {
            self.is_sure = false;
        }
        let mounted = self.mounted;
        for (_, text) in mounted.files.iter().filter(|(file, _)| matches(&path, file)) {
            self.files += 1;
            if self.files > FILES {
                self.is_sure = false;
                return;
            }
            self.read(text, blocks, depth + 1);
        }
    }
}

/// True for a path that a pattern with `*` between slashes means.
fn matches(pattern: &str, path: &str) -> bool {
    let part = |(pattern, name): (&str, &str)| match pattern.split_once('*') {
        Some((start, end)) => name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end),
        None => pattern == name,
    };
    pattern.split('/').count() == path.split('/').count() && pattern.split('/').zip(path.split('/')).all(part)
}

enum Statement<'t> {
    /// Words up to `;`.
    Simple(Vec<&'t str>),
    /// Words up to `{`.
    Open(Vec<&'t str>),
    Close,
}

fn statements(text: &str) -> Vec<Statement<'_>> {
    let mut statements = Vec::new();
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '#' => rest.find('\n').unwrap_or(rest.len()),
            ';' | '{' | '}' => {
                let words = std::mem::take(&mut words);
                statements.push(match first {
                    ';' => Statement::Simple(words),
                    '{' => Statement::Open(words),
                    _ => Statement::Close,
                });
                1
            }
            _ => {
                let end = word_end(rest, first);
                words.push(&rest[..end]);
                end
            }
        };
        rest = rest[end..].trim_start();
    }
    statements
}

/// Where a word ends that begins with `first`; the braces of `${NAME}` are a part of it.
fn word_end(text: &str, first: char) -> usize {
    let quote = matches!(first, '"' | '\'').then_some(first);
    let mut previous = first;
    let mut is_variable = false;
    for (at, character) in text.char_indices().skip(1) {
        match quote {
            Some(quote) if character == quote && previous != '\\' => return at + 1,
            Some(_) => {}
            None if character == '{' && previous == '$' => is_variable = true,
            None if character == '}' && is_variable => is_variable = false,
            None if character.is_whitespace() || matches!(character, ';' | '{' | '}') => return at,
            None => {}
        }
        previous = character;
    }
    text.len()
}
