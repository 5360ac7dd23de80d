//! DF011 base-untrusted.

use crate::context::StageContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// The base image is of a user of Docker Hub: neither official nor of a known publisher.
    ///
    /// P3, since a private image of one's own may have such a name. Other registries are left alone.
    ///
    /// ## Why
    /// Anybody can publish there, and what is in such an image nobody has looked at.
    ///
    /// ## Example
    /// ```dockerfile
    /// FROM someone/ubuntu-with-tools:1.0
    /// ```
    /// ## Use instead
    /// ```dockerfile
    /// FROM ubuntu:24.04
    /// ```
    pub(crate) static RULE = {
        id: "DF011", slug: "base-untrusted", control: TrustedImages, severity: P3,
        seed: "12.1",
        aliases: ["hadolint:DL3026", "dockle:CIS-DI-0002", "docker-bench:4.2"],
        effort: 30,
        check: Stage(check),
    }
}

fn check(stage: &StageContext<'_>, findings: &mut Findings<'_>) {
    const KNOWN: [&str; 40] = [
        "amazon",
        "apache",
        "arm64v8",
        "bitnami",
        "bitnamilegacy",
        "clickhouse",
        "cypress",
        "datadog",
        "docker",
        "dpage",
        "eclipse",
        "elastic",
        "envoyproxy",
        "fluent",
        "grafana",
        "hashicorp",
        "influxdb",
        "intersystemsdc",
        "jenkins",
        "keycloak",
        "library",
        "lscr",
        "mambaorg",
        "mattermost",
        "minio",
        "mysql",
        "nginxinc",
        "node",
        "nvidia",
        "oven",
        "openjdk",
        "opensearchproject",
        "paketobuildpacks",
        "phpmyadmin",
        "prom",
        "python",
        "rabbitmq",
        "redis",
        "selenium",
        "tensorflow",
    ];
    let Some(base) = stage.base() else { return findings.not_applicable() };
    let namespace = base.path().split('/').next().unwrap_or_default();
    if base.registry() != "docker.io" || KNOWN.contains(&namespace) || stage.base_image().is_some() {
        return;
    }
    findings
        .report(stage.from.image.span, format!("`{}` is neither official nor of a known publisher", base.familiar_name()))
        .help("take an official image, or build this one from one");
}
