//! Rules over nginx configuration, and what several of them ask.

use windlass_conf::nginx::Location;
use windlass_source::Edit;

use crate::context::{ConfigContext, Reach, Site};
use crate::findings::Findings;
use crate::rule::Rule;
use crate::severity::{Grade, Severity};

mod alias_traversal;
mod body_size_mismatch;
mod csp;
mod dotfiles;
mod env_file;
mod event_model;
mod gzip;
mod header_inheritance;
mod health_location;
mod hsts;
mod keepalive;
mod log_files;
mod no_redirect;
mod permissions_policy;
mod php_in_uploads;
mod published_not_listened;
mod rate_burst;
mod rate_limit_api;
mod rate_limit_login;
mod referrer_policy;
mod sendfile;
mod server_tokens;
mod storage_deny;
mod timeout_mismatch;
mod upstream_unknown;
mod weak_tls;
mod worker_connections;
mod worker_processes;
mod wrong_include_level;
mod x_content_type_options;
mod x_frame_options;
mod x_xss_protection;

pub(super) static RULES: &[&Rule] = &[
    &x_frame_options::RULE,
    &x_content_type_options::RULE,
    &x_xss_protection::RULE,
    &referrer_policy::RULE,
    &permissions_policy::RULE,
    &server_tokens::RULE,
    &csp::RULE,
    &hsts::RULE,
    &header_inheritance::RULE,
    &dotfiles::RULE,
    &env_file::RULE,
    &storage_deny::RULE,
    &php_in_uploads::RULE,
    &rate_limit_api::RULE,
    &rate_limit_login::RULE,
    &rate_burst::RULE,
    &worker_processes::RULE,
    &worker_connections::RULE,
    &event_model::RULE,
    &sendfile::RULE,
    &keepalive::RULE,
    &gzip::RULE,
    &health_location::RULE,
    &body_size_mismatch::RULE,
    &weak_tls::RULE,
    &upstream_unknown::RULE,
    &published_not_listened::RULE,
    &timeout_mismatch::RULE,
    &alias_traversal::RULE,
    &no_redirect::RULE,
    &wrong_include_level::RULE,
    &log_files::RULE,
];

/// Words in locations for health checks.
const HEALTH: &[&str] = &["health", "healthz", "healthcheck", "health-check", "livez", "readyz", "ping", "nginx-health"];

/// Reports every server of a file whose responses lack a header.
fn require_header(config: &ConfigContext<'_>, name: &str, value: &str, findings: &mut Findings<'_>) {
    let sites = config.sites();
    if sites.is_empty() {
        return findings.not_applicable();
    }
    sites.iter().for_each(|site| missing_header(site, name, value, findings));
}

/// Reports a server whose responses lack a header.
fn missing_header(site: &Site<'_>, name: &str, value: &str, findings: &mut Findings<'_>) {
    let frames = |policy: &str| policy.contains("frame-ancestors");
    let is_said_otherwise = name == "X-Frame-Options" && site.header("Content-Security-Policy").is_some_and(|policy| frames(&policy));
    if site.header(name).is_some() || is_said_otherwise {
        return;
    }
    let config = site.config();
    let grade = match config.grade(findings.severity()) {
        grade if !site.is_proxy() || grade.severity == Severity::P3 || name == "Strict-Transport-Security" => grade,
        _ => Grade::new(Severity::P3, "the application behind it may send the header itself"),
    };
    let line = format!("add_header {name} \"{value}\" always;");
    let edit = header_edit(site, &line);
    findings
        .report(site.span(), format!("responses have no `{name}` header"))
        .severity(grade)
        .help(format!("add `{line}`"))
        .fix("add the header", edit);
}

/// Where a header is added so that no other is lost: behind those that hold already, else at the server.
fn header_edit(site: &Site<'_>, line: &str) -> Option<Edit> {
    match site.held("add_header").directives.last() {
        Some(last) => (last.span.file == site.config().file_id()).then(|| site.config().line_after(last.span, line)),
        None => site.config().add_directive(site.server().block(), line),
    }
}

/// How much it matters that a server hands out files that should stay inside.
fn exposed(site: &Site<'_>) -> Grade {
    match site.serves_project() {
        Some(_) => site.config().grade(Severity::P1),
        None => Grade::new(Severity::P3, "nothing shows that its root holds such files"),
    }
}

/// True when a location's pattern has one of these words.
fn is_about(location: &Location<'_>, words: &[&str]) -> bool {
    let pattern = location.pattern().to_ascii_lowercase();
    pattern.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-').any(|word| words.contains(&word))
}

/// What a limit of requests is for.
struct Limited {
    /// Words in the patterns of its locations.
    words: &'static [&'static str],
    message: &'static str,
    /// Name and rate of the zone that is proposed.
    zone: &'static str,
    rate: &'static str,
}

/// Reports the servers that are reached from outside and limit none of the locations that should be.
fn require_limit(config: &ConfigContext<'_>, limited: &Limited, findings: &mut Findings<'_>) {
    if config.reach() != Reach::Public {
        return findings.not_applicable();
    }
    let is_meant = |location: &Location<'_>| is_about(location, limited.words) && !is_about(location, HEALTH) && !location.refuses();
    let is_limited = |location: &Location<'_>| {
        let held = config.held(&location.scope, "limit_req");
        !held.directives.is_empty() || held.is_open
    };
    let mut is_known = false;
    for site in config.sites() {
        let locations: Vec<_> = site.server().locations().into_iter().filter(is_meant).collect();
        let Some(first) = locations.first() else { continue };
        is_known = true;
        if locations.iter().any(is_limited) {
            continue;
        }
        let Limited { message, zone, rate, .. } = limited;
        let grade = config.grade(findings.severity());
        findings.report(first.span(), *message).severity(grade).help(format!(
            "add `limit_req_zone $binary_remote_addr zone={zone}:10m rate={rate};` to `http`, and `limit_req zone={zone} burst=5 nodelay;` here"
        ));
    }
    if !is_known {
        findings.not_applicable();
    }
}
