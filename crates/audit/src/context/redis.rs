//! Redis as a service runs it: the options of its command, and the file that the command names.

use windlass_conf::redis::Redis;

use super::config_file::{ConfigContext, Setting};
use super::service::{Reach, ServiceContext};

impl<'a> ServiceContext<'a> {
    /// Runs Redis, or what took its place.
    pub fn runs_redis(self) -> bool {
        ["redis", "valkey", "keydb"].iter().any(|name| self.runs(name))
            || self
                .words()
                .iter()
                .any(|word| word.split([' ', '/']).any(|part| matches!(part, "redis-server" | "valkey-server" | "keydb-server")))
    }

    /// The files of Redis' that it has, each with its path in the container.
    pub fn redis_files(self) -> Vec<(ConfigContext<'a>, &'a Redis, &'a str)> {
        self.places(ConfigContext::redis)
    }

    /// True where nothing but its command decides: the image of Redis' or Valkey's makers, without a script of one's own.
    fn is_plain_redis(self) -> bool {
        const SERVERS: [&str; 6] = ["redis-server", "valkey-server", "keydb-server", "sh", "/bin/sh", "docker-entrypoint.sh"];
        let is_official = self.reference().is_none_or(|image| image.path().starts_with("library/") || image.path().starts_with("valkey/"));
        let is_server = self.words().first().is_none_or(|first| SERVERS.contains(&first.as_str()) || first.starts_with("--"));
        is_official && is_server
    }

    /// True where its command names the file, or where an image of other makers or a script may read it.
    pub fn loads_redis_file(self, target: &str) -> bool {
        let text = self.command_text();
        let name = target.rsplit('/').next().unwrap_or(target);
        let is_named = text.split([' ', '"']).any(|word| word == name || word.ends_with(&format!("/{name}")));
        text.contains(target) || is_named || !self.is_plain_redis()
    }

    /// What Redis is told: an option of the command, else the last line of the files that it loads.
    pub fn redis_setting(self, name: &str) -> Option<Setting> {
        self.redis_option(name).or_else(|| {
            let files = self.redis_files();
            let loaded = files.iter().filter(|(.., target)| self.loads_redis_file(target));
            let directive = loaded.filter_map(|(_, redis, _)| redis.get(name)).next_back()?;
            Some(Setting { text: directive.text(0).unwrap_or_default().into(), span: Some(directive.span) })
        })
    }

    /// An option of the command: `--maxmemory 2gb`.
    pub fn redis_option(self, name: &str) -> Option<Setting> {
        let text = self.command_text();
        let mut words = text.split_whitespace().map(|word| word.trim_matches(['"', '\'']));
        words.by_ref().find(|word| word.strip_prefix("--").is_some_and(|option| option.eq_ignore_ascii_case(name)))?;
        Some(Setting { text: words.next().unwrap_or_default().into(), span: self.attribute_span("command") })
    }

    /// From where Redis' port is reached.
    pub fn redis_reach(self) -> Reach {
        let port = self.redis_setting("port").and_then(|port| port.text.parse().ok()).unwrap_or(6379);
        if self.model().network_mode.is_some() { self.reach() } else { self.reach_of_target(port) }
    }

    /// True where Redis asks for a password: by its command, its file, or a variable that its image reads; the official ones read none.
    pub fn redis_has_password(self) -> bool {
        const VARIABLES: [&str; 6] =
            ["REDIS_PASSWORD", "REDIS_PASSWORD_FILE", "VALKEY_PASSWORD", "VALKEY_PASSWORD_FILE", "REDIS_ARGS", "VALKEY_EXTRA_FLAGS"];
        // Bitnami's does not start without one, unless it is told that none is wanted.
        if self.reference().is_some_and(|image| image.path().starts_with("bitnami")) {
            return self.variable("ALLOW_EMPTY_PASSWORD").is_none_or(|value| value.value != "yes");
        }
        let is_set = |name: &&str| self.variable(name).is_some_and(|value| !matches!(value.value.as_str(), "" | "null"));
        let text = self.command_text();
        let by_file = |redis: &Redis| ["requirepass", "aclfile", "user", "include"].iter().any(|name| redis.get(name).is_some());
        text.contains("requirepass")
            || text.contains("aclfile")
            || (!self.is_plain_redis() && VARIABLES.iter().any(is_set))
            || self.redis_files().iter().any(|(_, redis, _)| by_file(redis))
    }

    /// How it is known that this service puts jobs into the Redis `store`: a variable or a command, as a clause.
    pub fn queues_in(self, store: ServiceContext<'a>) -> Option<String> {
        if !self.hosts().iter().any(|(host, _)| host.name() == store.name()) {
            return None;
        }
        const DRIVERS: [&str; 3] = ["QUEUE_CONNECTION", "QUEUE_DRIVER", "QUEUE_BACKEND"];
        let driver = DRIVERS.into_iter().find(|name| self.variable(name).is_some_and(|value| value.value == "redis"));
        if let Some(name) = driver {
            return Some(format!("`{name}` of service `{}` is `redis`", self.name()));
        }
        let broker = ["CELERY_BROKER_URL", "BROKER_URL", "CELERY_BROKER"].into_iter().find(|name| {
            self.variable(name).is_some_and(|value| {
                value.value.contains(&format!("://{}", store.name())) || value.value.contains(&format!("@{}", store.name()))
            })
        });
        if let Some(name) = broker {
            return Some(format!("`{name}` of service `{}` names it", self.name()));
        }
        let text = self.command_text();
        let program = ["sidekiq", "horizon", "rqworker", "bullmq", "resque"].into_iter().find(|program| text.contains(program))?;
        Some(format!("service `{}` runs `{program}`", self.name()))
    }
}
