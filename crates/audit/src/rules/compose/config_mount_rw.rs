//! CO057 config-mount-rw.

use windlass_compose::model::MountKind;
use windlass_source::{Edit, Span};

use crate::context::ServiceContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A configuration file is mounted so that the container may change it.
    ///
    /// ## Why
    /// Who breaks into the process changes how it starts the next time; and what a program writes back is lost for the repository.
    ///
    /// ## Example
    /// ```yaml
    /// services:
    ///   web:
    ///     image: nginx:1.28
    ///     volumes:
    ///       - ./nginx.conf:/etc/nginx/nginx.conf
    /// ```
    /// ## Use instead
    /// ```yaml
    /// services:
    ///   web:
    ///     image: nginx:1.28
    ///     volumes:
    ///       - ./nginx.conf:/etc/nginx/nginx.conf:ro
    /// ```
    pub(crate) static RULE = {
        id: "CO057", slug: "config-mount-rw", control: Mounts, severity: P2,
        seed: "4.1",
        fix: Auto,
        effort: 2,
        check: Service(check),
    }
}

fn check(service: &ServiceContext<'_>, findings: &mut Findings<'_>) {
    const CONFIGURATION: [&str; 10] = [".conf", ".cnf", ".ini", ".cfg", ".yml", ".yaml", ".toml", ".properties", ".xml", ".conf.d"];
    const DIRECTORIES: [&str; 6] = ["/etc/nginx", "/etc/prometheus", "/etc/grafana", "/usr/local/etc/", "/etc/mysql", "/etc/redis"];
    for mount in service.volumes.iter().filter(|mount| mount.kind.value == MountKind::Bind) {
        let target = mount.target.value.trim_end_matches('/');
        let is_file = CONFIGURATION.iter().any(|end| target.ends_with(end));
        let is_known = DIRECTORIES.iter().any(|directory| target.starts_with(directory));
        // A file is the project's own where it lies in the project; programs keep settings of their own below /config and /data.
        let is_source = mount.source.as_ref().is_some_and(|source| CONFIGURATION.iter().any(|end| source.value.ends_with(end)));
        let is_read_only = mount.read_only.as_ref().is_some_and(|flag| flag.value);
        let is_wanted = is_known || (is_file && is_source && target.starts_with("/etc/"));
        if is_read_only || !is_wanted || target.contains("letsencrypt") || target.ends_with("/ssl") {
            continue;
        }
        let span = mount.span().or(mount.target.span());
        let text = span.map(|span| service.context().slice(span)).unwrap_or_default();
        let plain = text.trim_matches(['"', '\'']);
        let is_short = plain.matches(':').count() == 1 && !plain.contains(['\n', ' ', '{']);
        let edit = span.filter(|_| is_short).map(|span| {
            let end = span.end - u32::from(text.ends_with(['"', '\'']));
            Edit { span: Span { start: end, end, ..span }, replacement: ":ro".to_owned() }
        });
        findings
            .report(span.or(service.key_span()), format!("`{}` may change its configuration at `{target}`", service.name()))
            .severity(service.grade(RULE.severity))
            .help("mount it read-only")
            .fix("mount it read-only", edit);
    }
}
