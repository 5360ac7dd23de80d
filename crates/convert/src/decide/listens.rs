//! On which port a server listens by configuration that is mounted: `listen 8080;` in nginx's `conf.d/default.conf`.
//!
//! Only what is certain counts: files that can be read here, where the server of a known image looks for them or where its command
//! says that they are.

mod caddy;
mod mounted;
mod nginx;

use windlass_compose::model::Service;
use windlass_images::Image;

use super::Input;
use super::files::Reader;
use super::port::expand;
use super::script;
use super::writes::may_write_files;
use mounted::Mounted;

/// A port that a server listens on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Listen {
    pub(super) port: u16,
    /// It speaks what the image's main port does: neither TLS nor another protocol.
    pub(super) as_known: bool,
}

impl Listen {
    fn plain(port: u16) -> Self {
        Self { port, as_known: true }
    }
}

/// A server of a known image, with what may say where it listens.
pub(super) struct Server<'s> {
    pub(super) service: &'s Service,
    pub(super) image: &'s Image,
    /// The words of its command.
    pub(super) words: &'s [&'s str],
    pub(super) variable: &'s dyn Fn(&str) -> Option<&'s str>,
    pub(super) input: &'s Input<'s>,
    pub(super) reader: &'s Reader<'s>,
}

impl Server<'_> {
    /// Where it listens, unless that is its image's main port or nobody knows: a port that the project names before others, those that
    /// speak as the main one does before the rest.
    pub(super) fn moved_to(&self) -> Option<Listen> {
        if self.service.volumes.is_empty() && self.service.configs.is_empty() {
            return None;
        }
        let main = self.image.ports.first()?.port;
        // Bitnami's images have their configuration in other places, and a script that writes files may write these.
        let is_laid_out_anew = self.image.programs.iter().any(|program| program == "run.sh");
        if is_laid_out_anew || self.is_told() || script::of(self.service).is_some_and(may_write_files) {
            return None;
        }
        let listens = self.listens(main)?;
        if listens.iter().any(|listen| listen.port == main) {
            return None;
        }
        let is_named = |listen: &Listen| self.names(listen.port);
        listens.into_iter().min_by_key(|listen| (!is_named(listen), !listen.as_known))
    }

    /// True when its command or environment says the port, which goes before what a file does.
    fn is_told(&self) -> bool {
        let is_word =
            |setting: &str| (setting.starts_with('-') || setting.ends_with('=')) && self.words.iter().any(|word| word.starts_with(setting));
        self.image.port_settings.iter().any(|(setting, _)| is_word(setting) || (self.variable)(setting).is_some())
    }

    fn names(&self, port: u16) -> bool {
        let published = self.service.ports.iter().any(|written| written.target.value == u32::from(port));
        published || self.service.expose.iter().any(|written| expand(written).iter().any(|(number, _)| *number == port))
    }

    fn listens(&self, main: u16) -> Option<Vec<Listen>> {
        match self.image.name {
            "nginx" => nginx::listens(self, main),
            "caddy" => {
                let path = self.option(&["--config", "-c"]).unwrap_or("/etc/caddy/Caddyfile");
                caddy::listens(&self.text(path).filter(|_| !path.ends_with(".json"))?, self.variable)
            }
            "httpd" => Some(apache(&self.text("/usr/local/apache2/conf/httpd.conf")?)),
            "mosquitto" => mosquitto(&self.text(self.option(&["-c", "--config-file"]).unwrap_or("/mosquitto/config/mosquitto.conf"))?),
            "unbound" => {
                let places = ["/opt/unbound/etc/unbound/unbound.conf", "/etc/unbound/unbound.conf"];
                last(&places.into_iter().find_map(|path| self.text(path))?, "port")
            }
            "promtail" => {
                let path = self.option(&["-config.file", "--config.file"]).unwrap_or("/etc/promtail/config.yml");
                last(&self.text(path)?, "http_listen_port")
            }
            "redis" | "valkey" | "keydb" => redis(&self.text(&self.redis_file()?)?),
            "mongo" => last(&self.text(self.option(&["--config", "-f"])?)?, "port"),
            "postgres" => last(&self.text(self.beginning(&["config_file=", "--config_file=", "--config-file="])?)?, "port"),
            "mysql" | "mariadb" | "percona" => self.mysql(),
            // Debian's Apache, of PHP and whatever is made with it.
            _ if main == 80 => Some(apache(&self.text("/etc/apache2/ports.conf")?)),
            _ => None,
        }
    }

    /// The text that is mounted at a path.
    fn text(&self, path: &str) -> Option<String> {
        Mounted::of(self, path, []).files.remove(path)
    }

    /// The value of an option of the command: `--config x`, `--config=x`.
    fn option(&self, names: &[&str]) -> Option<&str> {
        let at = self.words.iter().position(|word| names.contains(word));
        let next = at.and_then(|at| self.words.get(at + 1)).copied();
        next.or_else(|| self.words.iter().find_map(|word| names.iter().find_map(|name| word.strip_prefix(name)?.strip_prefix('='))))
    }

    /// What follows one of these beginnings of a word.
    fn beginning(&self, beginnings: &[&str]) -> Option<&str> {
        self.words.iter().find_map(|word| beginnings.iter().find_map(|beginning| word.strip_prefix(beginning)))
    }

    /// The first argument of `redis-server`: it reads no file that it isn't told to.
    fn redis_file(&self) -> Option<String> {
        let at = self.words.iter().position(|word| word.ends_with(".conf"))?;
        let is_first = at == 0 || self.words[at - 1].ends_with("-server");
        let path = self.words[at];
        is_first.then(|| if path.starts_with('/') { path.to_owned() } else { format!("/data/{path}") })
    }

    /// The port of the section of the server, which `[client]` has too; nothing where files disagree.
    fn mysql(&self) -> Option<Vec<Listen>> {
        let files = ["/etc/mysql", "/etc/my.cnf"].into_iter().flat_map(|place| Mounted::of(self, place, []).files);
        let mut found: Vec<Listen> = files.filter(|(path, _)| path.ends_with(".cnf")).filter_map(|(_, text)| in_mysqld(&text)).collect();
        found.dedup();
        (found.len() == 1).then_some(found)
    }
}

/// The settings of a file that has one on each line: `port 80`, `port: 80`, `port = 80`.
fn settings(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';']));
    lines.filter_map(|line| {
        let (key, value) = line.split_once([' ', '\t', ':', '='])?;
        let value = value.split('#').next().unwrap_or_default();
        Some((key, value.trim_matches([' ', '\t', ':', '=', '"', '\''])))
    })
}

/// What a setting says at last.
fn last(text: &str, setting: &str) -> Option<Vec<Listen>> {
    let values = settings(text).filter(|(key, _)| key.eq_ignore_ascii_case(setting));
    Some(vec![Listen::plain(values.last()?.1.parse().ok().filter(|port| *port > 0)?)])
}

/// Apache's `Listen [ADDRESS:]PORT [PROTOCOL]`.
fn apache(text: &str) -> Vec<Listen> {
    let values = settings(text).filter(|(key, _)| key.eq_ignore_ascii_case("Listen"));
    let listen = |value: &str| {
        let mut words = value.split_whitespace();
        Some(Listen { port: reachable(words.next()?)?, as_known: words.next() != Some("https") })
    };
    values.filter_map(|(_, value)| listen(value)).collect()
}

/// Mosquitto's `listener PORT [ADDRESS]`.
fn mosquitto(text: &str) -> Option<Vec<Listen>> {
    let mut found = Vec::new();
    for (key, value) in settings(text) {
        let mut words = value.split_whitespace();
        let (first, address) = (words.next(), words.next());
        match key {
            "include_dir" => return None,
            "listener" | "port" if address.is_none_or(|address| !is_loopback(address)) => {
                found.extend(first.and_then(reachable).map(Listen::plain));
            }
            _ => {}
        }
    }
    Some(found)
}

/// Redis' `port`, which is 0 where it speaks TLS alone.
fn redis(text: &str) -> Option<Vec<Listen>> {
    let value = |setting: &str| settings(text).filter(|(key, _)| *key == setting).last()?.1.parse::<u16>().ok();
    match (value("port")?, value("tls-port")) {
        (0, tls) => Some(vec![Listen { port: tls.filter(|port| *port > 0)?, as_known: false }]),
        (port, _) => Some(vec![Listen::plain(port)]),
    }
}

fn in_mysqld(text: &str) -> Option<Listen> {
    let mut is_server = false;
    let mut port = None;
    for line in text.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            is_server = section.starts_with("mysqld]") || section.starts_with("mariadb") || section.starts_with("server");
        } else if is_server {
            port = last(line, "port").or(port);
        }
    }
    port?.first().copied()
}

/// The port of an address that others can reach: `8080`, `*:8080`, `[::]:8080`.
fn reachable(address: &str) -> Option<u16> {
    let (host, port) = address.rsplit_once(':').unwrap_or(("", address));
    port.parse().ok().filter(|port| *port > 0 && !is_loopback(host))
}

fn is_loopback(host: &str) -> bool {
    host.starts_with("127.") || matches!(host, "localhost" | "::1" | "[::1]")
}

#[cfg(test)]
mod tests;
