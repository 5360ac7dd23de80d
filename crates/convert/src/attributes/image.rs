//! image, pull_policy, platform.

use smol_str::SmolStr;
use windlass_compose::model::{Mount, MountKind, PullPolicy};
use windlass_images::image::KnownBy;
use windlass_source::{Code, Diagnostic, Spanned};

use super::Sink;
use crate::decide::ServicePlan;
use crate::fates::Place;

pub(super) fn image(image: Option<&Spanned<SmolStr>>, service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    sink.draft.container.image = Some(service.image.name.to_string());
    if let Some(image) = image {
        let place = [Place::container(service.index, "image")];
        if image.value.is_empty() {
            sink.fates.mapped_with(
                sink.at("image"),
                place,
                "it is empty, so the image has the name that docker compose gives what it builds",
            );
        } else {
            sink.fates.mapped(sink.at("image"), place);
        }
    }
    for path in service.image.declared_volumes().filter(|path| !is_mounted(path, service)) {
        sink.diagnostics.push(
            Diagnostic::note(
                Code("convert::data-not-kept"),
                format!("what `{}` writes to `{path}` is gone with the pod", service.service.name.value),
            )
            .label(service.service.build.as_ref().and_then(|build| build.span()), "")
            .because("its Dockerfile declares a volume there, which Docker keeps, and nothing is mounted at it")
            .help(format!("mount a named volume if it shall stay: `volumes: [NAME:{path}]`")),
        );
    }
    let Some(known) = service.image.documented() else { return };
    if known.known_by != KnownBy::Repository {
        return;
    }
    for note in known.notes.iter().filter(|note| !is_heeded(note, service)) {
        sink.diagnostics.push(
            Diagnostic::note(
                Code("convert::image-note"),
                format!("`{}` of `{}`: {}", service.image.name, service.service.name.value, clause(note)),
            )
            .label(image.and_then(|image| image.span()), "")
            .because(format!("see {}", known.documentation)),
        );
    }
    keeps_data_somewhere(known, service, sink);
}

/// True when the service does all that a note asks for: "…unless `--console-address` is given", "…unless A and B are set".
fn is_heeded(note: &str, service: &ServicePlan<'_>) -> bool {
    let Some((_, condition)) = note.split_once(" unless ") else { return false };
    let condition = condition.split_once(';').map_or(condition, |(condition, _)| condition);
    let words = condition.split(|character: char| !(character.is_ascii_alphanumeric() || matches!(character, '_' | '-')));
    let is_variable =
        |word: &&str| word.contains('_') && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    let mut settings = words.filter(|word| word.starts_with("--") || is_variable(word)).peekable();
    let compose = service.service;
    let is_given = |setting: &str| {
        let mut words = [&compose.entrypoint, &compose.command].into_iter().flatten().flat_map(|line| line.iter());
        if setting.starts_with("--") {
            words.any(|word| word.contains(setting))
        } else {
            compose.environment.iter().any(|entry| entry.name.as_str() == setting && entry.value.is_some())
        }
    };
    settings.peek().is_some() && settings.all(is_given)
}

/// A sentence of the catalogue as part of another.
fn clause(sentence: &str) -> &str {
    sentence.trim_end_matches('.')
}

/// Docker keeps what an image declares as a volume for as long as the container's name lives, a pod keeps nothing.
fn keeps_data_somewhere(known: &windlass_images::Image, service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    if !service.image.is_stateful() {
        return;
    }
    if names_its_volume(service) {
        return;
    }
    let paths: Vec<&str> = known.volumes.iter().filter(|volume| volume.size.is_some()).map(|volume| volume.path.as_str()).collect();
    if let Some(first) = paths.first().filter(|_| !paths.iter().any(|path| is_mounted(path, service))) {
        sink.diagnostics.push(
            Diagnostic::warning(
                Code("convert::data-not-kept"),
                format!("`{}` keeps its data in the container", service.service.name.value),
            )
            .label(service.service.name.span(), "")
            .because(format!("nothing is mounted at `{first}`, so the data is gone with the pod"))
            .help(format!("mount a named volume: `volumes: [{}-data:{first}]`", service.service.name.value)),
        );
    }
}

/// True when the command says where the data is and that is a mount: `etcd --data-dir /etcd-data`, `minio server /data{1...4}`.
fn names_its_volume(service: &ServicePlan<'_>) -> bool {
    let words = || [&service.service.entrypoint, &service.service.command].into_iter().flatten().flat_map(|line| line.iter());
    let is_writable = |mount: &Mount| mount.kind.value != MountKind::Tmpfs && mount.read_only.as_ref().is_none_or(|flag| !flag.value);
    service.service.volumes.iter().filter(|mount| is_writable(mount)).any(|mount| {
        let target = mount.target.trim_end_matches('/').trim_end_matches(|character: char| character.is_ascii_digit());
        // A file of settings has an ending.
        target.len() > 1 && !target.rsplit('/').next().is_some_and(|name| name.contains('.')) && words().any(|word| word.contains(target))
    })
}

/// True when the project mounts something at the path, above it or below it.
fn is_mounted(path: &str, service: &ServicePlan<'_>) -> bool {
    service.service.volumes.iter().any(|mount| {
        let target = mount.target.trim_end_matches('/');
        let is_within = |inner: &str, outer: &str| inner == outer || inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'));
        is_within(path, target) || is_within(target, path)
    })
}

pub(super) fn pull_policy(
    policy: Option<&Spanned<PullPolicy>>,
    refresh_after: Option<&Spanned<SmolStr>>,
    service: &ServicePlan<'_>,
    sink: &mut Sink<'_>,
) {
    let place = Place::container(service.index, "imagePullPolicy");
    if let Some(policy) = policy {
        let path = sink.at("pull_policy");
        let (chosen, difference) = match &policy.value {
            PullPolicy::Always => ("Always", ""),
            PullPolicy::Never => ("Never", ""),
            PullPolicy::Missing | PullPolicy::IfNotPresent => ("IfNotPresent", ""),
            PullPolicy::Build => ("IfNotPresent", "a cluster does not build; the image is pulled when the node has none"),
            PullPolicy::Refresh | PullPolicy::Daily | PullPolicy::Weekly | PullPolicy::Other(_) => {
                ("Always", "pulled at each start of a container, not by age")
            }
        };
        sink.draft.container.image_pull_policy = Some(chosen.to_owned());
        if difference.is_empty() {
            sink.fates.mapped(path, [place]);
        } else {
            sink.fates.approximated(path, [place], difference);
        }
    }
    if refresh_after.is_some() {
        sink.fates.lost(sink.at("pull_refresh_after"), "no counterpart; docker compose does not use it either");
    }
}

/// `os/arch[/variant]` → node labels.
pub(super) fn platform(platform: Option<&Spanned<SmolStr>>, service: &ServicePlan<'_>, sink: &mut Sink<'_>) {
    let Some(platform) = platform else { return };
    let path = sink.at("platform");
    if platform.is_empty() {
        return sink.fates.mapped_with(path, [], "any platform");
    }
    let mut parts = platform.split('/');
    let (first, second, variant) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    // An architecture may stand alone.
    let (os, architecture) = match second {
        Some(architecture) => (Some(first), Some(architecture)),
        None if matches!(first, "linux" | "windows") => (Some(first), None),
        None => (None, Some(first)),
    };
    let architecture = architecture.map(|name| match name {
        "x86_64" | "x86-64" => "amd64",
        "aarch64" => "arm64",
        "armhf" | "armel" => "arm",
        other => other,
    });
    let mut places = Vec::new();
    for (label, field, value) in [
        ("kubernetes.io/os", r#"nodeSelector["kubernetes.io/os"]"#, os),
        ("kubernetes.io/arch", r#"nodeSelector["kubernetes.io/arch"]"#, architecture),
    ] {
        if let Some(value) = value {
            sink.draft.pod.node_selector.insert(label.to_owned(), value.to_owned());
            places.push(Place::pod(service.index, field));
        }
    }
    match variant {
        Some(variant) => sink.fates.approximated(path, places, format!("nodes have no label for the variant `{variant}`")),
        None => sink.fates.mapped(path, places),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Outcome, project};

    fn web(service: &str) -> Outcome {
        project(&format!("services: {{ web: {{ {service} }} }}")).convert()
    }

    #[test]
    fn a_note_that_the_service_heeds_is_not_said() {
        let notes = |service: &str| {
            let lines = web(service).diagnostics();
            lines.into_iter().filter(|line| line.starts_with("convert::image-note")).count()
        };
        assert_eq!(notes("image: 'minio/minio', command: server /data"), 1);
        assert_eq!(notes("image: 'minio/minio', command: 'server /data --console-address :9001'"), 0);
        let heap = notes("image: 'elasticsearch:8.17.0'");
        assert_eq!(notes("image: 'elasticsearch:8.17.0', environment: { ES_JAVA_OPTS: -Xmx512m }"), heap - 1);
    }

    #[test]
    fn policies_and_platforms_are_fields() {
        let outcome = web("image: 'acme/web:1', pull_policy: daily, platform: linux/arm/v7");
        assert_eq!(outcome.pod("Deployment/web", "containers[0].imagePullPolicy"), "Always\n");
        insta::assert_snapshot!(outcome.pod("Deployment/web", "nodeSelector"), @"
        kubernetes.io/arch: arm
        kubernetes.io/os: linux
        ");
        insta::assert_snapshot!(outcome.fates("services.web.p"), @r#"
        services.web.pull_policy: approximated → Deployment/web spec.template.spec.containers[0].imagePullPolicy (pulled at each start of a container, not by age)
        services.web.platform: approximated → Deployment/web spec.template.spec.nodeSelector["kubernetes.io/os"], Deployment/web spec.template.spec.nodeSelector["kubernetes.io/arch"] (nodes have no label for the variant `v7`)
        "#);
    }

    #[test]
    fn an_empty_image_of_what_is_built_has_the_name_that_docker_compose_gives() {
        let outcome = web("build: ., image: ''");
        assert_eq!(outcome.pod("Deployment/web", "containers[0].image"), web("build: .").pod("Deployment/web", "containers[0].image"));
        assert!(outcome.fates("services.web.image").contains("mapped"), "{}", outcome.fates("services.web.image"));
    }

    #[test]
    fn data_that_is_mounted_nowhere_is_reported() {
        assert!(
            web("image: 'postgres:17'").diagnostics().contains(&"convert::data-not-kept: `web` keeps its data in the container".to_owned())
        );
        let kept = web("image: 'postgres:17', volumes: [{ type: bind, source: ./data, target: /var/lib/postgresql }]");
        assert!(!kept.diagnostics().iter().any(|line| line.starts_with("convert::data-not-kept")), "{:?}", kept.diagnostics());
        let is_kept = |service: &str| !web(service).diagnostics().iter().any(|line| line.starts_with("convert::data-not-kept"));
        assert!(is_kept("image: 'quay.io/coreos/etcd:v3.5.14', command: etcd --data-dir /etcd-data, volumes: ['./etcd:/etcd-data']"));
        assert!(is_kept("image: minio/minio, command: 'server http://minio{1...2}/disk{1...2}', volumes: ['./1:/disk1', './2:/disk2']"));
        assert!(!is_kept("image: 'redis:7', command: redis-server /redis.conf, volumes: ['./redis.conf:/redis.conf']"));
        // A variable says where the data is, and nothing at the usual place keeps it then.
        for mount in ["/data/pg", "/data"] {
            assert!(is_kept(&format!("image: 'postgres:15', environment: {{ PGDATA: /data/pg }}, volumes: ['./pg:{mount}']")), "{mount}");
        }
        assert!(!is_kept("image: 'postgres:15', environment: { PGDATA: /data/pg }, volumes: ['./pg:/var/lib/postgresql/data']"));
        let logs = "environment: { KAFKA_LOG_DIRS: /tmp/kraft-combined-logs }, volumes: ['./kafka:/tmp/kraft-combined-logs']";
        assert!(is_kept(&format!("image: 'confluentinc/cp-kafka:7.6.0', {logs}")));
        let logs = logs.replace(":/tmp/kraft-combined-logs", ":/var/lib/kafka/data");
        assert!(!is_kept(&format!("image: 'apache/kafka:3.9.0', {logs}")));
    }

    #[test]
    fn what_a_person_must_know_of_an_image_is_said() {
        let notes: Vec<String> =
            web("image: 'postgres:18'").diagnostics().into_iter().filter(|line| line.starts_with("convert::image-note")).collect();
        insta::assert_debug_snapshot!(notes, @r#"
        [
            "convert::image-note: `postgres:18` of `web`: Since 18 the volume belongs at /var/lib/postgresql; the image refuses to start with one at /var/lib/postgresql/data",
        ]
        "#);
    }
}
