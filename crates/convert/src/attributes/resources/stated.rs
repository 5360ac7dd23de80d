//! How much memory a service's program is told to take: a limit below that ends it.

use windlass_compose::model::Service;

/// What is given as part of a word, in bytes or with a unit: Java's heap, PostgreSQL's and MySQL's buffers, Varnish's store, Flink's process.
const IN_WORD: [&str; 7] =
    ["-Xmx", "shared_buffers=", "innodb-buffer-pool-size=", "innodb_buffer_pool_size=", "maxmemory=", "malloc,", "memory.process.size:"];

/// What is given in another unit than bytes, with the unit: V8's old generation, MongoDB's cache.
const IN_UNIT: [(&str, i64); 4] = [
    ("--max-old-space-size=", 1 << 20),
    ("--max_old_space_size=", 1 << 20),
    ("--wiredTigerCacheSizeGB=", 1 << 30),
    ("--wiredTigerCacheSizeGB ", 1 << 30),
];

/// Options of which the next word is the amount.
const BEFORE: [&str; 2] = ["--maxmemory ", "--innodb-buffer-pool-size "];

/// Options of memcached, in MiB; they say other things to other programs.
const OF_MEMCACHED: [&str; 4] = ["-m ", "-m", "--memory-limit=", "--memory-limit "];

/// Variables that are amounts themselves: Cassandra's heap, Varnish's store, what a worker of Spark gives to executors; Neo4j's heap and page
/// cache, which stand beside each other.
const VARIABLES: [&str; 5] = ["MAX_HEAP_SIZE", "VARNISH_SIZE", "SPARK_WORKER_MEMORY", "SPARK_EXECUTOR_MEMORY", "SPARK_DAEMON_MEMORY"];
const SUMMED: [&str; 2] = ["memory_heap_max", "memory_pagecache_size"];

/// The bytes that the program of a service takes by its settings, and the word that says so; the most, where several do. `image` is the
/// name of the known image whose server it runs.
pub(super) fn memory(service: &Service, image: Option<&str>) -> Option<(i64, String)> {
    let values = service.environment.iter().filter_map(|entry| Some((entry.name.as_str(), entry.value.as_ref()?.as_str())));
    let line = |words: &Option<windlass_source::Spanned<windlass_compose::model::CommandLine>>| {
        words.iter().flat_map(|words| words.iter()).map(|word| word.as_str()).collect::<Vec<_>>().join(" ")
    };
    let (command, entrypoint) = (line(&service.command), line(&service.entrypoint));
    let texts = values.clone().map(|(_, value)| value).chain([command.as_str(), entrypoint.as_str()]).filter(|text| may_state(text));
    let stated = texts.flat_map(in_text);
    let cache = (image == Some("memcached")).then(|| of_memcached(&command)).flatten();
    let named =
        values.clone().filter(|(name, _)| VARIABLES.contains(name)).filter_map(|(name, value)| Some((amount(value)?, name.to_owned())));
    let parts: Vec<(i64, &str)> = values
        .filter(|(name, _)| SUMMED.iter().any(|part| name.contains(part)))
        .filter_map(|(name, value)| Some((amount(value)?, name)))
        .collect();
    let summed =
        parts.iter().max().map(|(_, name)| (parts.iter().fold(0, |sum: i64, (bytes, _)| sum.saturating_add(*bytes)), (*name).to_owned()));
    stated.chain(cache).chain(named).chain(summed).max_by_key(|(bytes, _)| *bytes)
}

/// False for most texts, without a search for each option: an amount begins behind the end of one, or a quote.
fn may_state(text: &str) -> bool {
    text.as_bytes().windows(2).any(|pair| matches!(pair[0], b'=' | b' ' | b',' | b'x' | b'"' | b'\'') && pair[1].is_ascii_digit())
}

fn in_text(text: &str) -> Vec<(i64, String)> {
    let mut found = Vec::new();
    let after = |option: &str| text.find(option).map(|at| &text[at + option.len()..]);
    let mut add =
        |option: &str, bytes: Option<i64>| found.extend(bytes.map(|bytes| (bytes, option.trim_end_matches([' ', '=', ':']).to_owned())));
    for option in IN_WORD.into_iter().chain(BEFORE) {
        if let Some(rest) = after(option) {
            add(option, amount(rest));
        }
    }
    for (option, unit) in IN_UNIT {
        if let Some(rest) = after(option) {
            add(option, number(rest).and_then(|(count, _)| count.checked_mul(unit)));
        }
    }
    found
}

fn of_memcached(command: &str) -> Option<(i64, String)> {
    let words = format!(" {command}");
    OF_MEMCACHED.iter().find_map(|option| {
        let at = words.find(&format!(" {option}"))? + 1 + option.len();
        let (count, _) = number(&words[at..])?;
        Some((count.checked_mul(1 << 20)?, option.trim_end_matches([' ', '=']).to_owned()))
    })
}

/// `4g`, `512MB`, `1073741824` at the start of a text, in bytes.
fn amount(text: &str) -> Option<i64> {
    let (count, rest) = number(text)?;
    let unit = match rest.bytes().next().map(|byte| byte.to_ascii_lowercase()) {
        Some(b'k') => 1 << 10,
        Some(b'm') => 1 << 20,
        Some(b'g') => 1 << 30,
        Some(b't') => 1 << 40,
        _ => 1,
    };
    count.checked_mul(unit)
}

fn number(text: &str) -> Option<(i64, &str)> {
    let text = text.trim_start_matches(['"', '\'', ' ']);
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}

#[cfg(test)]
mod tests {
    use crate::testing::project;

    fn limit(service: &str) -> String {
        let outcome = project(&format!("services: {{ web: {{ {service} }} }}")).convert();
        let names = outcome.names();
        let workload = names.iter().find(|name| name.ends_with("/web") && !name.starts_with("Service/")).expect("a workload").clone();
        outcome.pod(&workload, "containers[0].resources.limits.memory").trim_end().trim_matches('"').to_owned()
    }

    #[test]
    fn a_limit_that_nobody_wrote_leaves_room_for_what_the_program_is_told_to_take() {
        let cases = [
            ("image: acme/app:1, environment: { JAVA_OPTS: '-Xms1g -Xmx4g' }", "6Gi"),
            ("image: acme/app:1, command: java -Xmx4096m -jar app.jar", "6Gi"),
            ("image: acme/app:1, environment: { NODE_OPTIONS: '--max-old-space-size=4096' }", "6Gi"),
            ("image: 'elasticsearch:8.17.0', environment: { ES_JAVA_OPTS: '-Xms8g -Xmx8g' }", "12Gi"),
            ("image: 'postgres:17', command: postgres -c shared_buffers=4GB", "6Gi"),
            ("image: 'mysql:8', command: '--innodb-buffer-pool-size=4G'", "6Gi"),
            ("image: 'mongo:7', command: mongod --wiredTigerCacheSizeGB 4", "6Gi"),
            ("image: 'redis:7', command: [redis-server, --maxmemory, 4gb]", "6Gi"),
            ("image: 'cassandra:5', environment: { MAX_HEAP_SIZE: 8G }", "12Gi"),
            ("image: 'neo4j:5', environment: { NEO4J_server_memory_heap_max__size: 6G, NEO4J_server_memory_pagecache_size: 4G }", "15Gi"),
            ("image: 'varnish:7', environment: { VARNISH_SIZE: 2G }", "3Gi"),
            ("image: 'acme/spark:3', environment: { SPARK_WORKER_MEMORY: 4G }", "6Gi"),
            ("image: 'acme/flink:1', environment: { FLINK_PROPERTIES: 'taskmanager.memory.process.size: 4096m' }", "6Gi"),
            ("image: 'varnish:7', command: [varnishd, -F, -s, 'malloc,2G']", "3Gi"),
            ("image: 'memcached:1.6', command: memcached -m 1024 -c 4096", "1536Mi"),
            ("image: 'memcached:1.6', command: ['-m', '1024']", "1536Mi"),
            ("image: 'memcached:1.6', command: '--memory-limit=1024'", "1536Mi"),
            // It is memcached's own option.
            ("image: acme/app:1, command: python -m 9000", "1Gi"),
            // What is below the usual limit, and what is no amount, changes nothing; what is written is kept.
            ("image: acme/app:1, environment: { JAVA_OPTS: '-Xmx256m' }", "1Gi"),
            ("image: acme/app:1, environment: { JAVA_OPTS: '-Xmx$$HEAP', A: '-Xmx99999999999999g' }", "1Gi"),
            ("image: acme/app:1, mem_limit: 2g, environment: { JAVA_OPTS: '-Xmx4g' }", "2Gi"),
        ];
        for (service, expected) in cases {
            assert_eq!(limit(service), expected, "{service}");
        }
    }
}
