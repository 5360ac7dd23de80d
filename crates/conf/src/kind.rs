//! What a configuration file is, by its name and its text.

use crate::ini::Dialect;
use crate::workflow::System;

/// Whose configuration a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Read by [`nginx::parse`](crate::nginx::parse).
    Nginx,
    /// Read by [`ini::parse`](crate::ini::parse).
    Ini(Dialect),
    /// Read by [`redis::parse`](crate::redis::parse).
    Redis,
    /// Read by [`prometheus::parse`](crate::prometheus::parse).
    Prometheus,
    /// Read by [`workflow::parse`](crate::workflow::parse).
    Workflow(System),
    /// `.env` and its like. Room `compose` reads them, in docker compose's own dialect.
    Environment,
}

impl Kind {
    /// What a person calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx configuration",
            Self::Ini(Dialect::Php) => "php.ini",
            Self::Ini(Dialect::PhpFpm) => "PHP-FPM pool",
            Self::Ini(Dialect::MySql) => "my.cnf",
            Self::Redis => "redis.conf",
            Self::Prometheus => "prometheus.yml",
            Self::Workflow(System::GitHub) => "GitHub workflow",
            Self::Workflow(System::GitLab) => "GitLab pipeline",
            Self::Environment => "environment file",
        }
    }

    /// The kind of a file. `path` has `/` between its parts, on the host or in a container. Names that several programs use
    /// (`*.conf`, `*.ini`) are decided by the text, so that a file of another program is not taken for one of these.
    pub fn detect(path: &str, text: &str) -> Option<Self> {
        let path = path.to_ascii_lowercase();
        let name = path.rsplit('/').next().unwrap_or_default();
        // Templates that a start script fills: `default.conf.template`.
        let name = [".template", ".tmpl", ".tpl", ".dist", ".example", ".sample"]
            .iter()
            .find_map(|suffix| name.strip_suffix(suffix))
            .unwrap_or(name);
        let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| name.ends_with(suffix));
        if name == ".env" || name == "env" || name.starts_with(".env.") || ends(&[".env"]) {
            return Some(Self::Environment);
        }
        if ends(&[".yml", ".yaml"]) {
            return Self::of_yaml(&path, name, text);
        }
        if ends(&[".cnf"]) || name == "my.ini" {
            return has_mysql_section(text).then_some(Self::Ini(Dialect::MySql));
        }
        if ends(&[".ini"]) {
            return is_php(name, text).then_some(Self::Ini(Dialect::Php));
        }
        if ends(&[".conf", ".nginx", ".vhost"]) || path.contains("/sites-available/") || path.contains("/sites-enabled/") {
            return Self::of_conf(&path, name, text);
        }
        None
    }

    fn of_yaml(path: &str, name: &str, text: &str) -> Option<Self> {
        let has_key = |key: &str| text.lines().any(|line| line.strip_prefix(key).is_some_and(|rest| rest.starts_with(':')));
        let in_workflows = [".github/workflows/", ".gitea/workflows/", ".forgejo/workflows/"].iter().any(|place| path.contains(place));
        if in_workflows && has_key("jobs") {
            Some(Self::Workflow(System::GitHub))
        } else if name.ends_with(".gitlab-ci.yml") || name.ends_with(".gitlab-ci.yaml") || name == "gitlab-ci.yml" {
            Some(Self::Workflow(System::GitLab))
        } else if has_key("scrape_configs") || (name.starts_with("prometheus.") && has_key("global")) {
            // Agents of other makers nest `scrape_configs`; at the top it is Prometheus's own.
            Some(Self::Prometheus)
        } else {
            None
        }
    }

    fn of_conf(path: &str, name: &str, text: &str) -> Option<Self> {
        if looks_like_nginx(text) {
            return Some(Self::Nginx);
        }
        let lines = || statements(text, &['#', ';']);
        if lines().any(|line| line.starts_with('[')) {
            if has_mysql_section(text) && !has_key(text, "pm") {
                return Some(Self::Ini(Dialect::MySql));
            }
            return ["pm", "pm.max_children", "include", "error_log", "daemonize", "listen"]
                .iter()
                .any(|key| has_key(text, key))
                .then_some(Self::Ini(Dialect::PhpFpm))
                .filter(|_| has_key(text, "pm") || path.contains("fpm") || name == "www.conf");
        }
        let is_redis_name =
            ["redis", "valkey", "keydb"].iter().any(|program| name.contains(program) || path.contains(&format!("/{program}/")));
        (is_redis_name && looks_like_redis(text)).then_some(Self::Redis)
    }
}

/// Lines at which a file is judged.
const LOOKED_AT: usize = 2_000;

/// The lines that say something, trimmed.
fn statements<'a>(text: &'a str, comments: &'a [char]) -> impl Iterator<Item = &'a str> {
    let lines = text.trim_start_matches('\u{feff}').lines().take(LOOKED_AT).map(str::trim);
    lines.filter(move |line| !line.is_empty() && !line.starts_with(comments))
}

/// True where a line is `key = …`.
fn has_key(text: &str, key: &str) -> bool {
    statements(text, &['#', ';']).any(|line| line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('=')))
}

fn has_mysql_section(text: &str) -> bool {
    let is_section = |line: &str| {
        let name = line.strip_prefix('[').and_then(|rest| rest.split(']').next()).unwrap_or_default();
        ["mysql", "mariadb", "galera"].iter().any(|program| name.starts_with(program))
            || matches!(name, "client" | "server" | "client-server")
    };
    statements(text, &['#', ';']).any(is_section)
}

/// Settings that PHP has and other programs with `*.ini` files have not.
fn is_php(name: &str, text: &str) -> bool {
    const SETTINGS: [&str; 18] = [
        "memory_limit",
        "upload_max_filesize",
        "post_max_size",
        "max_execution_time",
        "max_input_time",
        "max_input_vars",
        "display_errors",
        "display_startup_errors",
        "error_reporting",
        "log_errors",
        "expose_php",
        "date.timezone",
        "extension",
        "zend_extension",
        "allow_url_fopen",
        "file_uploads",
        "short_open_tag",
        "sendmail_path",
    ];
    const FAMILIES: [&str; 6] = ["opcache.", "xdebug.", "session.", "apc.", "pcov.", "realpath_cache_"];
    let is_setting = |line: &str| {
        let key = line.split('=').next().unwrap_or_default().trim();
        line == "[PHP]" || SETTINGS.contains(&key) || FAMILIES.iter().any(|family| key.starts_with(family))
    };
    name == "php.ini" || statements(text, &['#', ';']).any(is_setting)
}

/// nginx's blocks and directives: lines that end in `;` or `{` and begin with a name that nginx knows.
fn looks_like_nginx(text: &str) -> bool {
    const NAMES: [&str; 30] = [
        "server",
        "location",
        "http",
        "events",
        "upstream",
        "stream",
        "map",
        "listen",
        "server_name",
        "proxy_pass",
        "fastcgi_pass",
        "uwsgi_pass",
        "grpc_pass",
        "include",
        "worker_processes",
        "add_header",
        "root",
        "try_files",
        "client_max_body_size",
        "proxy_set_header",
        "proxy_read_timeout",
        "fastcgi_param",
        "ssl_certificate",
        "ssl_protocols",
        "gzip",
        "access_log",
        "error_log",
        "limit_req_zone",
        "log_format",
        "return",
    ];
    statements(text, &['#']).any(|line| {
        let name = line.split([' ', '\t', '{', ';']).next().unwrap_or_default();
        let code = line.split(" #").next().unwrap_or_default().trim_end();
        NAMES.contains(&name) && code.ends_with([';', '{', '}']) && line[name.len()..].starts_with([' ', '\t', '{'])
    })
}

fn looks_like_redis(text: &str) -> bool {
    const NAMES: [&str; 20] = [
        "appendonly",
        "appendfsync",
        "save",
        "maxmemory",
        "maxmemory-policy",
        "protected-mode",
        "requirepass",
        "bind",
        "port",
        "dir",
        "dbfilename",
        "databases",
        "loglevel",
        "logfile",
        "user",
        "include",
        "tcp-keepalive",
        "timeout",
        "daemonize",
        "rename-command",
    ];
    let is_sentinel = |line: &str| line.to_ascii_lowercase().starts_with("sentinel ");
    let is_known = |line: &str| line.split_whitespace().next().is_some_and(|name| NAMES.contains(&name.to_ascii_lowercase().as_str()));
    !statements(text, &['#']).any(is_sentinel) && (statements(text, &['#']).any(is_known) || statements(text, &['#']).next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_decide_together() {
        let php = Some(Kind::Ini(Dialect::Php));
        let fpm = Some(Kind::Ini(Dialect::PhpFpm));
        let mysql = Some(Kind::Ini(Dialect::MySql));
        let cases = [
            ("docker/nginx.conf", "events {}\n", Some(Kind::Nginx)),
            ("conf.d/default.conf.template", "# x\nserver {\n", Some(Kind::Nginx)),
            ("a/b.conf", "location / { return 404; }\n", Some(Kind::Nginx)),
            ("apache/site.conf", "<VirtualHost *:80>\nServerName a\n</VirtualHost>\n", None),
            ("logstash.conf", "input {\n beats {\n port => 5044\n }\n}\n", None),
            ("docker/php.ini", "[PHP]\nmemory_limit = 1M\n", php),
            ("uploads.ini", "upload_max_filesize=64M", php),
            ("zz-custom.ini", "date.timezone = UTC", php),
            ("grafana.ini", "[server]\nhttp_port = 3000\n", None),
            ("alembic.ini", "[alembic]\nscript_location = x\n", None),
            ("php-fpm.d/www.conf", "[www]\npm = dynamic\n", fpm),
            ("php-fpm.d/docker.conf", "[global]\nerror_log = /proc/self/fd/2\n", fpm),
            ("dovecot.conf", "listen = *\n", None),
            ("supervisord.conf", "[supervisord]\nnodaemon=true\n", None),
            ("my.cnf", "[mysqld]\nport=1\n", mysql),
            ("conf/50-server.cnf", "[mariadb-10.6]\n", mysql),
            ("openssl.cnf", "[ req ]\ndefault_bits = 2048\n", None),
            ("redis/redis.conf", "appendonly yes\n", Some(Kind::Redis)),
            ("redis/sentinel.conf", "port 26379\nsentinel monitor a b 1 2\n", None),
            ("/usr/local/etc/redis/redis.conf", "", Some(Kind::Redis)),
            ("prometheus/prometheus.yml", "global:\n  scrape_interval: 1s\n", Some(Kind::Prometheus)),
            ("prometheus-config.yaml", "scrape_configs: []\n", Some(Kind::Prometheus)),
            ("datasources/prometheus.yml", "apiVersion: 1\ndatasources: []\n", None),
            (".github/workflows/ci.yml", "on: push\njobs:\n  a: {}\n", Some(Kind::Workflow(System::GitHub))),
            ("x/.gitlab-ci.yml", "a: {}\n", Some(Kind::Workflow(System::GitLab))),
            (".github/dependabot.yml", "version: 2\n", None),
            (".env.example", "A=1", Some(Kind::Environment)),
            ("config/app.env", "A=1", Some(Kind::Environment)),
            ("README.md", "server {\n", None),
        ];
        for (path, text, expect) in cases {
            assert_eq!(Kind::detect(path, text), expect, "{path}");
        }
    }
}
