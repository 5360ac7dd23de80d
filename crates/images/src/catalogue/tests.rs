//! How a reference finds its entry and its builds. What entries say is checked in `consistency.rs`.

use super::*;
use crate::image::{Lifetime, Role, Shell};

fn known(text: &str) -> Option<&'static Image> {
    find(&Reference::parse(text).expect(text))
}

fn image(text: &str) -> &'static Image {
    known(text).unwrap_or_else(|| panic!("{text} is not in the catalogue"))
}

#[test]
fn mirrors_and_caches_are_the_image_they_mirror() {
    for text in [
        "redis",
        "redis:7",
        "docker.io/redis",
        "library/redis",
        "arm64v8/redis:7",
        "mirror.gcr.io/library/redis",
        "public.ecr.aws/docker/library/redis:7",
        "harbor.example.com/hub/docker.io/library/redis:7",
        "gitlab.example.com/group/dependency_proxy/containers/redis:7",
        "registry.example.com:5000/library/redis",
        "123.dkr.ecr.eu-west-1.amazonaws.com/docker-hub/library/redis",
    ] {
        assert_eq!((image(text).name, image(text).known_by), ("redis", KnownBy::Repository), "{text}");
    }
}

#[test]
fn a_look_alike_keeps_only_what_follows_from_the_software() {
    let image = image("ghcr.io/acme/postgres:16");
    assert_eq!((image.name, image.known_by, image.role), ("postgres", KnownBy::Name, Role::Datastore));
    assert_eq!((image.user, image.shell), (None, None));
    assert_eq!(image.health.readiness.as_ref().map(|probe| &probe.check), Some(&Check::Tcp(5432)));
    assert!(image.volume_at("/var/lib/postgresql/data/").is_some_and(|volume| volume.sub_path));
    assert_eq!(known("ghcr.io/acme/shop"), None);
    // Web servers are built into applications under their own name, so the name says nothing.
    assert_eq!(known("acme/nginx"), None);
}

#[test]
fn a_registry_of_ones_own_may_hold_a_copy() {
    let image = image("registry.example.com:5000/grafana/grafana:11");
    assert_eq!((image.name, image.known_by), ("grafana", KnownBy::Repository));
    assert!(known("registry.example.com/alpine").is_none(), "one component may be anything");
}

#[test]
fn an_exact_name_goes_before_its_namespace() {
    assert_eq!(image("lscr.io/linuxserver/socket-proxy").name, "docker-socket-proxy");
    assert_eq!(image("lscr.io/linuxserver/sonarr").ports[0].port, 8989);
    assert_eq!(image("nvcr.io/nim/meta/llama-3.1-8b-instruct:1.8").name, "nvidia-nim");
}

#[test]
fn builds_of_another_repository_differ() {
    let bitnami = image("bitnamilegacy/redis:7.2");
    assert_eq!(bitnami.user.map(|user| user.uid), Some(1001));
    assert_eq!(bitnami.volume_group(), Some(1001));
    assert!(bitnami.volume_at("/bitnami/redis/data").is_some());
    assert_eq!(image("public.ecr.aws/bitnami/redis:7.2"), bitnami);
    assert_eq!(image("nginxinc/nginx-unprivileged").ports[0].port, 8080);
}

#[test]
fn tags_choose_the_variant() {
    assert_eq!(image("php:8.4-fpm").ports[0].port, 9000);
    assert_eq!(image("php:8.4-apache").ports[0].port, 80);
    assert_eq!((image("php:8.4").lifetime, image("php:8.4").ports.len()), (Lifetime::Command, 0));
    assert_eq!((image("php:8.4-fpm-alpine").shell, image("php:8.4-fpm-alpine").fs_group), (Some(Shell::Sh), Some(82)));
    assert_eq!(image("postgres:16-alpine").user.map(|user| user.uid), Some(70));
}

#[test]
fn kafka_bears_no_lost_and_found_in_its_log() {
    let is_beside = |name: &str, path: &str| image(name).volume_at(path).map(|volume| volume.sub_path);
    for name in ["apache/kafka", "confluentinc/cp-kafka:7.6.0", "quay.io/strimzi/kafka"] {
        assert_eq!(is_beside(name, "/var/lib/kafka/data"), Some(true), "{name}");
    }
    assert_eq!(is_beside("apache/kafka", "/tmp/kraft-combined-logs"), Some(true));
    // There the log is a subdirectory.
    assert_eq!(is_beside("bitnamilegacy/kafka:3.9", "/bitnami/kafka"), Some(false));
    assert_eq!(is_beside("wurstmeister/kafka", "/kafka"), Some(false));
}

#[test]
fn plausible_may_write_to_its_volume() {
    let image = image("ghcr.io/plausible/community-edition:v3.0.1");
    assert_eq!((image.user.map(|user| user.uid), image.volume_group()), (Some(999), Some(65533)));
    assert!(image.volume_at("/var/lib/plausible").is_some_and(|volume| volume.declared));
}

#[test]
fn versions_choose_the_variant() {
    let declared = |text| image(text).volumes.iter().find(|volume| volume.declared).map(|volume| volume.path.as_str());
    assert_eq!(declared("postgres:17.2"), Some("/var/lib/postgresql/data"));
    assert_eq!(declared("postgres:18-alpine"), Some("/var/lib/postgresql"));
    assert_eq!(declared("postgres"), Some("/var/lib/postgresql"));
    assert_eq!(declared("pgvector/pgvector:pg17"), Some("/var/lib/postgresql/data"));
    assert_eq!(declared("postgis/postgis:16-3.4"), Some("/var/lib/postgresql/data"));
}

#[test]
fn a_version_is_compared_as_far_as_the_tag_says_it() {
    for (tag, limit, expect) in [
        ("9.6", "18", true),
        ("v2.10.1", "2.11", true),
        ("2", "2.11", false),
        ("2.11", "2.11", false),
        ("3", "2.11", false),
        ("latest", "18", false),
        ("17-bookworm", "18", true),
    ] {
        assert_eq!(is_below(tag, limit), expect, "{tag} below {limit}");
    }
}

#[test]
fn a_digest_alone_says_nothing_of_the_tag() {
    let digest = format!("php@sha256:{}", "0".repeat(64));
    assert_eq!(image(&digest).lifetime, Lifetime::Command);
    assert_eq!(image(&digest.replace('@', ":8.4-fpm@")).lifetime, Lifetime::Server);
}

#[test]
fn the_same_variant_is_the_same_value() {
    assert!(std::ptr::eq(image("postgres:16"), image("docker.io/library/postgres:15")));
}

#[test]
fn options_and_the_servers_own_program_keep_the_server() {
    let image = image("redis");
    assert!(image.is_server_command::<&str>(&[]));
    assert!(image.is_server_command(&["redis-server", "--appendonly", "yes"]));
    assert!(image.is_server_command(&["/usr/local/bin/redis-server"]) && image.is_server_command(&["--save", "60"]));
    assert!(image.is_server_command(&["--config=/etc/redis.conf"]) && image.is_server_command(&["tini", "--", "--dir=/x/y"]));
    assert!(!image.is_server_command(&["sh", "-c", "redis-sentinel /sentinel.conf"]));
}

#[test]
fn a_script_alone_is_the_server_if_it_is_the_images_own() {
    let image = image("docker.elastic.co/elasticsearch/elasticsearch:9.0.3");
    for own in [&["/usr/local/bin/docker-entrypoint.sh"][..], &["tini", "--", "docker-entrypoint.sh"], &["/entrypoint.sh", "eswrapper"]] {
        assert!(image.is_server_command(own), "{own:?}");
    }
    for other in [&["/entrypoint.sh"][..], &["tini", "--", "/entrypoint.sh"], &["/e.sh"]] {
        assert!(!image.is_server_command(other), "{other:?}");
    }
}

#[test]
fn a_program_of_several_words_is_known_by_all_of_them() {
    let image = image("tooljet/tooljet-ce");
    assert!(image.is_server_command(&["npm", "run", "start:prod"]) && image.is_server_command(&["npm", "run", "start:prod", "--", "-v"]));
    assert!(!image.is_server_command(&["npm", "run", "worker:prod"]) && !image.is_server_command(&["npm", "run"]));
}

#[test]
fn a_subcommand_that_ends_is_no_server() {
    let cases: &[(&str, &[&str], &[&str])] = &[
        (
            "kong:3.9",
            &["kong start", "kong docker-start", "/docker-entrypoint.sh kong docker-start"],
            &["kong migrations bootstrap", "kong"],
        ),
        (
            "solr:9",
            &["solr -f", "solr start -f", "solr-foreground", "solr-precreate gettingstarted"],
            &["solr zk cp a zk:/b", "solr create -c a"],
        ),
        ("hashicorp/vault", &["server", "vault server -dev"], &["vault operator init", "vault kv put a b=c"]),
        ("openbao/openbao", &["bao server -config=/a"], &["bao operator init"]),
        ("hashicorp/consul", &["agent -dev", "consul agent -server"], &["consul kv put a b"]),
        ("minio/minio", &["server /data", "minio server /data", "minio --certs-dir /c server /data"], &["minio update"]),
        ("influxdb:1.8", &["influxd", "influxd -config /a", "influxd run"], &["influxd inspect export-lp", "influxd upgrade"]),
        ("cockroachdb/cockroach", &["start-single-node --insecure", "cockroach start --join=a"], &["cockroach init", "cockroach sql -e x"]),
        ("caddy", &["caddy run --config /a", "caddy reverse-proxy --to a:80"], &["caddy validate", "caddy hash-password"]),
        ("cloudflare/cloudflared", &["tunnel run", "tunnel --url http://a", "tunnel --no-autoupdate run"], &["tunnel login"]),
        ("apache/airflow", &["webserver", "airflow webserver", "api-server"], &["airflow db migrate", "db upgrade"]),
        ("odoo", &["odoo", "odoo -d shop", "--db_host=a"], &["odoo shell", "odoo -i base --stop-after-init"]),
        ("redpandadata/redpanda", &["redpanda start --smp 1", "rpk redpanda start"], &["rpk topic create a"]),
        ("registry:2", &["serve /etc/a.yml", "registry serve /etc/a.yml"], &["registry garbage-collect /etc/a.yml"]),
    ];
    for (name, serving, ending) in cases {
        let is_server = |command: &&str| image(name).is_server_command(&command.split(' ').collect::<Vec<_>>());
        assert_eq!(serving.iter().filter(|command| !is_server(command)).collect::<Vec<_>>(), Vec::<&&str>::new(), "{name}");
        assert_eq!(ending.iter().filter(|command| is_server(command)).collect::<Vec<_>>(), Vec::<&&str>::new(), "{name}");
    }
}

#[test]
fn a_migration_behind_options_is_no_server() {
    let image = image("oryd/kratos:v1.3.0");
    assert!(image.is_server_command(&["serve", "-c", "/etc/config/kratos/kratos.yml", "--watch-courier"]));
    assert!(!image.is_server_command(&["-c", "/etc/config/kratos/kratos.yml", "migrate", "sql", "-e", "--yes"]));
}

#[test]
fn a_star_stands_for_any_characters() {
    assert!(glob("*alpine*", "16-alpine3.20") && glob("a*", "a") && glob("*", ""));
    assert!(!glob("*alpine", "alpine3.20") && !glob("a", "ab"));
}
