//! An image as one service configures it: ports and the directory of the data, which its command or environment moves, and the checks that go with
//! ports.

use std::borrow::Cow;

use super::{Check, Health, Http, Image, Volume};

impl Image {
    /// The image, or the part of it that they choose, with its ports, checks and data where `words` (the `command`) and the environment put them. A check that runs a program becomes a TCP
    /// check when the main port has moved, since the program would ask the default one.
    pub fn configured<'a, S: AsRef<str>>(&self, words: &'a [S], variable: impl Fn(&str) -> Option<&'a str>) -> Cow<'_, Self> {
        let plain: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
        match self.as_part(&plain, &variable) {
            Some(part) => Cow::Owned(part.moved(words, variable).into_owned()),
            None => self.moved(words, variable),
        }
    }

    fn moved<'a, S: AsRef<str>>(&self, words: &'a [S], variable: impl Fn(&str) -> Option<&'a str>) -> Cow<'_, Self> {
        let value_of = |setting: &str| option(setting, words).or_else(|| variable(setting));
        let mut moves: Vec<(u16, u16)> = Vec::new();
        for (setting, from) in &self.port_settings {
            let decided = moves.iter().any(|(known, _)| known == from);
            if let Some(to) = value_of(setting).filter(|_| !decided).and_then(|value| port(value, *from)) {
                moves.push((*from, to));
            }
        }
        moves.retain(|(from, to)| from != to);
        let data = self.data_settings.iter().find_map(|setting| value_of(setting)).map(|path| path.trim_end_matches('/'));
        // Data over several directories (Kafka's `log.dirs`) have no one place to move to.
        let data = data.filter(|path| path.starts_with('/') && !path.contains(','));
        if moves.is_empty() && data.is_none() {
            return Cow::Borrowed(self);
        }
        let mut image = self.clone();
        if !moves.is_empty() {
            image.move_ports(&moves);
        }
        if let Some(data) = data {
            image.move_data(data);
        }
        Cow::Owned(image)
    }

    /// The image with its main port, and the checks of it, at the port where a file puts it. What is not spoken `as_known` there has no name, and no
    /// check but of its port.
    pub fn listening_at(&self, to: u16, as_known: bool) -> Self {
        let mut image = self.clone();
        let Some(main) = image.ports.first().map(|port| port.port) else { return image };
        image.move_ports(&[(main, to)]);
        if !as_known {
            image.ports[0].name = format!("tcp-{to}");
            image.ports[0].app = None;
            let Health { readiness, liveness, startup } = &mut image.health;
            for probe in [readiness, liveness, startup].into_iter().flatten() {
                probe.check = Check::Tcp(to);
            }
        }
        image
    }

    fn move_ports(&mut self, moves: &[(u16, u16)]) {
        let main = self.ports.first().map(|port| port.port);
        let moved = |port: u16| moves.iter().find(|(from, _)| *from == port).map(|(_, to)| *to);
        for port in &mut self.ports {
            port.port = moved(port.port).unwrap_or(port.port);
        }
        let Health { readiness, liveness, startup } = &mut self.health;
        for probe in [readiness, liveness, startup].into_iter().flatten() {
            match &mut probe.check {
                Check::Http(Http { port, .. }) | Check::Tcp(port) | Check::Grpc(port) => *port = moved(*port).unwrap_or(*port),
                Check::Exec(_) | Check::Shell(_) => {
                    if let Some(port) = main.and_then(moved) {
                        probe.check = Check::Tcp(port);
                    }
                }
            }
        }
    }

    /// State is kept at `path`, and nowhere else but around it.
    fn move_data(&mut self, path: &str) {
        let size = self.volumes.iter().find_map(|volume| volume.size.clone());
        for volume in &mut self.volumes {
            let is_around = path.strip_prefix(volume.path.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            volume.size = volume.size.take().filter(|_| is_around);
        }
        match self.volumes.iter_mut().find(|volume| volume.path == path) {
            Some(volume) => volume.sub_path = true,
            None => self.volumes.push(Volume { path: path.to_owned(), size, declared: false, content: false, sub_path: true }),
        }
    }
}

/// The value that the words of a command give to a setting: `--port 80`, `--port=80`, `-p80`, or `port=80` for the setting `port=`.
fn option<'a, S: AsRef<str>>(setting: &str, words: &'a [S]) -> Option<&'a str> {
    let mut words = words.iter().map(AsRef::as_ref);
    let is_option = setting.starts_with('-');
    let is_short = is_option && !setting.starts_with("--") && setting.len() == 2;
    while let Some(word) = words.next() {
        if setting.ends_with('=') {
            if let Some(value) = word.strip_prefix(setting) {
                return Some(value);
            }
        } else if is_option {
            match word.strip_prefix(setting) {
                Some("") => return words.next(),
                Some(rest) if rest.starts_with('=') => return rest.strip_prefix('='),
                Some(rest) if is_short && rest.starts_with(|digit: char| digit.is_ascii_digit()) => return Some(rest),
                _ => {}
            }
        }
    }
    None
}

/// The port in a value: a number, an address (`0.0.0.0:80`), or a list of them. Of a list, `default` if it is there, else the first, before those of
/// `https`; a Kafka controller's listener is no client's.
fn port(value: &str, default: u16) -> Option<u16> {
    let addresses = value.split([',', ';', ' ']).filter(|address| !address.trim_start().starts_with("CONTROLLER"));
    let ports = addresses.filter_map(|address| {
        let address = address.trim().trim_end_matches('/');
        let port = address.rsplit(':').next()?.parse::<u16>().ok().filter(|port| *port != 0)?;
        Some((port, is_tls(address)))
    });
    ports.min_by_key(|(port, is_tls)| (*is_tls, *port != default)).map(|(port, _)| port)
}

/// True for an address at which nothing is spoken without TLS.
fn is_tls(address: &str) -> bool {
    address.trim_start().get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Reference, catalogue};

    /// The main port and the readiness check of an image, given a command and one variable.
    fn configured(image: &str, command: &str, variable: (&str, &'static str)) -> (u16, Check) {
        let words: Vec<&str> = command.split_whitespace().collect();
        let image = catalogue::find(&Reference::parse(image).unwrap()).unwrap();
        let image = image.configured(&words, |name| (name == variable.0).then_some(variable.1));
        (image.ports[0].port, image.health.readiness.clone().unwrap().check)
    }

    #[test]
    fn an_option_moves_the_port_and_the_check() {
        for command in ["redis-server --port 6380", "redis-server --appendonly yes --port=6380"] {
            assert_eq!(configured("redis:7", command, ("", "")), (6380, Check::Tcp(6380)), "{command}");
        }
        for command in ["-p 5433", "postgres -p5433", "postgres -c port=5433 -c max_connections=10"] {
            assert_eq!(configured("postgres:16", command, ("", "")), (5433, Check::Tcp(5433)), "{command}");
        }
    }

    #[test]
    fn a_variable_moves_the_port_in_any_form_of_address() {
        let health = |port| Check::Http(Http { path: "/api/health".to_owned(), port, tls: false, host: None });
        assert_eq!(configured("grafana/grafana", "", ("GF_SERVER_HTTP_PORT", "3001")), (3001, health(3001)));
        assert_eq!(configured("minio/minio", "server /data", ("MINIO_ADDRESS", ":9900")), (9900, Check::Tcp(9900)));
        let listeners = "CONTROLLER://:29093,INTERNAL://kafka:29092,EXTERNAL://0.0.0.0:9094";
        assert_eq!(configured("apache/kafka", "", ("KAFKA_LISTENERS", listeners)), (29092, Check::Tcp(29092)));
        let listeners = "INTERNAL://kafka:29092,EXTERNAL://0.0.0.0:9092";
        assert_eq!(configured("apache/kafka", "", ("KAFKA_LISTENERS", listeners)), (9092, Check::Tcp(9092)));
    }

    #[test]
    fn of_two_addresses_the_plain_one_is_the_main_one() {
        assert_eq!(port("https://+:443;http://+:80", 8080), Some(80));
        assert_eq!(port("https://+:443", 8080), Some(443));
        assert_eq!(port("http://+:81;http://+:82", 80), Some(81));
        assert_eq!(port("https://+:8080;http://+:80", 8080), Some(80));
    }

    #[test]
    fn what_names_no_port_moves_none() {
        let default = configured("redis:7", "", ("", ""));
        assert_eq!(configured("redis:7", "redis-server --port", ("", "")), default);
        assert_eq!(configured("redis:7", "redis-server --port 0 --tls-port 6379", ("", "")), default);
        assert_eq!(configured("redis:7", "redis-server --port 6379 --port-file x", ("", "")), default);
        assert_eq!(configured("ollama/ollama", "", ("OLLAMA_HOST", "0.0.0.0")).0, 11434);
    }

    /// The paths of an image with the sizes of claims there, given a command and one variable; `/` ends one that is mounted by a `subPath`.
    fn data(image: &str, command: &str, variable: (&str, &'static str)) -> String {
        let words: Vec<&str> = command.split_whitespace().collect();
        let image = catalogue::find(&Reference::parse(image).unwrap()).unwrap();
        let image = image.configured(&words, |name| (name == variable.0).then_some(variable.1));
        let one = |volume: &Volume| {
            format!("{}{} {}", volume.path, if volume.sub_path { "/" } else { "" }, volume.size.as_deref().unwrap_or("-"))
        };
        image.volumes.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn a_setting_moves_the_data() {
        let within = "/var/lib/postgresql/data/ 10Gi, /var/lib/postgresql/data/pgdata/ 10Gi";
        assert_eq!(data("postgres:15", "", ("PGDATA", "/var/lib/postgresql/data/pgdata")), within);
        assert_eq!(data("postgres:15", "", ("PGDATA", "/data/pg/")), "/var/lib/postgresql/data/ -, /data/pg/ 10Gi");
        // Since 18 the volume is around the data, so it has no `subPath` unless it is the data.
        assert_eq!(data("postgres:18", "", ("PGDATA", "/var/lib/postgresql")), "/var/lib/postgresql/ 10Gi");
        for command in ["--datadir=/data/mysql", "mysqld --datadir /data/mysql"] {
            assert_eq!(data("mysql:8", command, ("", "")), "/var/lib/mysql/ -, /data/mysql/ 10Gi", "{command}");
        }
        // Of the two places that the image may have its log at, the one that is named.
        let moved = data("apache/kafka", "", ("KAFKA_LOG_DIRS", "/tmp/kraft-combined-logs"));
        assert_eq!(moved, "/var/lib/kafka/data/ -, /tmp/kraft-combined-logs/ 10Gi, /etc/kafka/secrets -, /mnt/shared/config -");
        let moved = data("bitnamilegacy/kafka:3.9", "", ("KAFKA_CFG_LOG_DIRS", "/bitnami/kafka/data"));
        assert_eq!(moved, "/bitnami/kafka 10Gi, /bitnami/kafka/data/ 10Gi");
    }

    #[test]
    fn what_names_no_other_directory_moves_no_data() {
        let default = data("postgres:15", "", ("", ""));
        assert_eq!(data("postgres:15", "", ("PGDATA", "/var/lib/postgresql/data")), default);
        assert_eq!(data("postgres:15", "", ("PGDATA", "")), default);
        assert_eq!(data("postgres:15", "postgres --datadir /data", ("", "")), default);
        let default = data("confluentinc/cp-kafka:7.6.0", "", ("", ""));
        assert_eq!(default, "/var/lib/kafka/data/ 10Gi, /etc/kafka/secrets -");
        assert_eq!(data("confluentinc/cp-kafka:7.6.0", "", ("KAFKA_LOG_DIRS", "/a,/b")), default);
    }
}
