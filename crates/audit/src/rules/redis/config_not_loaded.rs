//! RD011 config-not-loaded.

use windlass_source::{Edit, Span};

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A Redis configuration is mounted, and the command does not name it.
    ///
    /// ## Why
    /// `redis-server` reads no file unless it is named, wherever it lies. So the limits, the persistence and the password in it do not exist.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   redis:
    ///     image: redis:8
    ///     command: redis-server --appendonly yes
    ///     volumes:
    ///       - ./docker/redis.conf:/usr/local/etc/redis/redis.conf:ro
    /// ```
    /// ```conf docker/redis.conf
    /// maxmemory 256mb
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   redis:
    ///     image: redis:8
    ///     command: redis-server /usr/local/etc/redis/redis.conf
    ///     volumes:
    ///       - ./docker/redis.conf:/usr/local/etc/redis/redis.conf:ro
    /// ```
    /// ```conf docker/redis.conf
    /// maxmemory 256mb
    /// ```
    pub(crate) static RULE = {
        id: "RD011", slug: "config-not-loaded", control: ConfigLoaded, severity: P1,
        fix: Suggest,
        effort: 5,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    if !service.runs_redis() {
        return findings.not_applicable();
    }
    for (config, _, target) in service.redis_files() {
        if service.loads_redis_file(target) {
            continue;
        }
        let mount = service.place_of(config, target).and_then(|place| place.span);
        let command = service.attribute_span("command");
        findings
            .report(mount.or(command), format!("`{target}` is mounted, but `redis-server` is not told to read it"))
            .severity(service.grade(RULE.severity))
            .related(command, "what is run")
            .help(format!("run `redis-server {target}`"))
            .suggest("name the file", name_file(service, target));
    }
}

/// An edit that names the file to `redis-server`, however the command is written.
fn name_file(service: &ServiceContext<'_>, target: &str) -> Option<Edit> {
    const PROGRAM: &str = "redis-server";
    let Some(words) = &service.command else { return service.insert("command", &format!("[{PROGRAM}, {target}]")) };
    let span = words.value.first().filter(|word| word.value == PROGRAM)?.span()?;
    let text = service.context().sources().file(span.file).text();
    let program = span.start as usize + text.get(span.range())?.find(PROGRAM)?;
    let line = text[..program].rfind('\n').map_or(0, |at| at + 1);
    let before = &text[line..program];
    let (end, replacement) = match before.trim_end_matches(['"', '\'']).trim_end().chars().last()? {
        // A list on one line, a list of lines, a text.
        '[' => (span.end as usize, format!(", {target}")),
        '-' => (span.end as usize, format!("\n{}- {target}", &before[..before.len() - before.trim_start().len()])),
        ':' => (program + PROGRAM.len(), format!(" {target}")),
        _ => return None,
    };
    Some(Edit { span: Span::new(span.file, end..end), replacement })
}
