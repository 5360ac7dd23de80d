//! environment, env_file → env, with credentials in Secrets.

use std::collections::BTreeMap;
use std::iter::once_with;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{EnvVar, EnvVarSource, Secret, SecretKeySelector};
use smol_str::SmolStr;
use windlass_compose::model::{EnvFile, Environment, MountKind, Service};
use windlass_k8s::name::{SUBDOMAIN_LIMIT, config_key, is_relaxed_variable_name, is_variable_name, with_suffix};
use windlass_k8s::{ContentHash, Kind, ObjectRef};
use windlass_source::{Code, Diagnostic, Origin, Spanned};
use windlass_yaml::Path;

use super::Sink;
use crate::content::{hashed_name, metadata};
use crate::decide::{Plan, ServicePlan};
use crate::fates::Place;
use crate::options::KubeVersion;
use crate::text::literal;
use windlass_images::credentials::Sign;

/// From this version on names may have any printable letters (KEP 4369).
const RELAXED_NAMES: KubeVersion = KubeVersion { major: 1, minor: 34 };

/// Under this name a container of Docker Desktop reaches its machine.
const DOCKER_HOST: &str = "host.docker.internal";

/// What a variable's report says once the Secret has its name.
struct Hidden {
    name: SmolStr,
    key: SmolStr,
    value: String,
    /// Its place in `env`.
    index: usize,
    because: String,
    origin: Origin,
}

pub(super) fn environment(
    environment: &Environment,
    env_file: &[Spanned<EnvFile>],
    service: &ServicePlan<'_>,
    plan: &Plan<'_>,
    sink: &mut Sink<'_>,
) {
    let mut env: Vec<EnvVar> = Vec::with_capacity(environment.len());
    let mut hidden: Vec<Hidden> = Vec::new();
    let zone = time_zone(service.service).filter(|_| environment.get("TZ").is_none_or(Option::is_none));
    for (entry, sign) in environment.iter().zip(&service.credentials) {
        if let Some(zone) = &zone
            && entry.name.as_str() > "TZ"
            && env.last().is_none_or(|last| last.name.as_str() < "TZ")
        {
            env.push(plain("TZ", zone));
        }
        let path = sink.under("environment", &entry.name.value);
        let Some(value) = &entry.value else {
            sink.fates.mapped_with(path, [], "it has no value where the project is converted, so the container does not get it");
            continue;
        };
        let relaxed = plan.input.options.kube_version >= RELAXED_NAMES && is_relaxed_variable_name(&entry.name);
        if !is_variable_name(&entry.name) && !relaxed {
            let message = "names of variables have letters, digits, `-`, `_` and `.`, and no digit first; set it in an entrypoint script";
            sink.fates.lost(path, message);
            continue;
        }
        let rewritten = plan.reach.rewrite(&entry.name, value, service, &plan.services);
        let index = env.len();
        match sign.clone().or_else(|| plan.known_secrets.are_in(value.as_str()).then_some(Sign::Repeats)) {
            Some(sign) => {
                let because = format!("in a Secret, since {sign}");
                env.push(EnvVar { name: entry.name.to_string(), ..EnvVar::default() });
                hidden.push(Hidden {
                    name: entry.name.value.clone(),
                    key: free_key(&entry.name, &hidden),
                    value: rewritten.into_owned(),
                    index,
                    because,
                    origin: value.origin.clone(),
                });
            }
            None => {
                let place = || Place::container_at(service.index, Path::known("env").index(index).key("value"));
                if value.contains(DOCKER_HOST) {
                    let message = format!("a cluster has no `{DOCKER_HOST}`: write an address that its nodes can reach");
                    sink.diagnostics.push(
                        Diagnostic::warning(
                            Code("convert::docker-address"),
                            format!("`{}` names the machine that runs Docker", entry.name.value),
                        )
                        .origin(&value.origin, "")
                        .because(format!("a cluster has no `{DOCKER_HOST}`"))
                        .help("run the other program as a service, or write an address that the nodes can reach"),
                    );
                    sink.fates.approximated(path, once_with(place), message);
                } else if rewritten == value.as_str() {
                    sink.fates.mapped(path, once_with(place));
                } else {
                    sink.fates.mapped_with(path, once_with(place), "with the names that services have in the cluster");
                }
                env.push(plain(&entry.name, &rewritten));
            }
        }
    }
    if let Some(zone) = &zone
        && env.iter().all(|known| known.name != "TZ")
    {
        env.push(plain("TZ", zone));
    }
    for value in plan.spelled[service.index].new_variables() {
        hidden.push(Hidden {
            name: value.variable.clone(),
            key: free_key(&value.variable, &hidden),
            value: value.text.to_string(),
            index: env.len(),
            because: String::new(),
            origin: value.origin.clone(),
        });
        env.push(EnvVar { name: value.variable.to_string(), ..EnvVar::default() });
    }
    hide(hidden, &mut env, service, plan, sink);
    if !env.is_empty() {
        sink.draft.container.env.get_or_insert_default().extend(env);
    }
    if !env_file.is_empty() {
        sink.fates.mapped_with(sink.at("env_file"), [], "its variables stand under `environment`");
    }
}

/// The key of a variable in the Secret; `A B` and `A-B` would be the same.
fn free_key(name: &str, hidden: &[Hidden]) -> SmolStr {
    let key = config_key(name);
    if hidden.iter().all(|other| other.key != key) {
        return key;
    }
    let mut hash = ContentHash::new();
    hash.part(name);
    with_suffix(&key, &hash.finish(), SUBDOMAIN_LIMIT)
}

fn plain(name: &str, value: &str) -> EnvVar {
    EnvVar { name: name.to_owned(), value: Some(literal(value)), value_from: None }
}

/// One Secret for all credentials of a service. Its name carries the hash of its content, so a change rolls the pods.
fn hide(hidden: Vec<Hidden>, env: &mut [EnvVar], service: &ServicePlan<'_>, plan: &Plan<'_>, sink: &mut Sink<'_>) {
    let Some(origin) = hidden.first().map(|first| first.origin.clone()) else { return };
    let parts = hidden.iter().flat_map(|hidden| [hidden.key.as_bytes(), hidden.value.as_bytes()]);
    let name = hashed_name(&format!("{}-credentials", service.name), parts);
    let object = ObjectRef::new(Kind::Secret, name.clone());
    let mut data: BTreeMap<String, ByteString> = BTreeMap::new();
    for Hidden { name: variable, key, value, index, because, origin: _ } in hidden {
        env[index].value_from = Some(EnvVarSource {
            secret_key_ref: Some(SecretKeySelector { name: name.to_string(), key: key.to_string(), optional: None }),
            ..EnvVarSource::default()
        });
        let places = [
            Place::container_at(service.index, Path::parse(&format!("env[{index}].valueFrom.secretKeyRef"))),
            Place::object_at(object.clone(), Path::root().key("data").key(&key)),
        ];
        // Those of commands have no path of their own.
        if !because.is_empty() {
            sink.fates.mapped_with(sink.under("environment", &variable), places, because);
        }
        data.insert(key.to_string(), ByteString(value.into_bytes()));
    }
    let secret = Secret { metadata: metadata(&name, Some(service), plan), data: Some(data), ..Secret::default() };
    sink.draft.embed(secret, origin);
}

/// The time zone that a mount of the host's clock settings asks for. Which zone the host has is not known here: that of the
/// machine which converts must not decide what the pods get.
fn time_zone(service: &Service) -> Option<&str> {
    let mount = service.volumes.iter().find(|mount| mount.kind.value == MountKind::Bind && is_clock(&mount.target))?;
    let source = mount.source.as_ref().map_or("", |source| source.as_str());
    Some(source.split_once("/zoneinfo/").map_or("Etc/UTC", |(_, zone)| zone))
}

/// True for the files that hold a machine's time zone.
pub(crate) fn is_clock(path: &str) -> bool {
    matches!(path, "/etc/localtime" | "/etc/timezone")
}

#[cfg(test)]
mod tests {
    use crate::testing::project;

    #[test]
    fn credentials_go_to_a_secret_and_the_rest_stays_readable() {
        let outcome = project(
            r#"
services:
  web:
    image: acme/web:1
    environment:
      LOG_LEVEL: info
      DB_PASSWORD: hunter2
      DATABASE_URL: postgres://app:hunter2@db/app
      ALLOW_EMPTY_PASSWORD: "yes"
      NOT_SET:
      GREETING: cost $(id) $$5
      "odd name": x
      "bad=name": x
"#,
        )
        .convert();
        insta::assert_snapshot!(outcome.pod("Deployment/web", "containers[0].env"), @r#"
        - name: ALLOW_EMPTY_PASSWORD
          value: "yes"
        - name: DATABASE_URL
          valueFrom:
            secretKeyRef:
              name: web-credentials-54wwnw4lxg
              key: DATABASE_URL
        - name: DB_PASSWORD
          valueFrom:
            secretKeyRef:
              name: web-credentials-54wwnw4lxg
              key: DB_PASSWORD
        - name: GREETING
          value: cost $$(id) $5
        - name: LOG_LEVEL
          value: info
        - name: odd name
          value: x
        "#);
        insta::assert_snapshot!(outcome.yaml("Secret/web-credentials-*"), @r#"
        apiVersion: v1
        kind: Secret
        metadata:
          name: web-credentials-54wwnw4lxg
          labels:
            app.kubernetes.io/instance: shop
            app.kubernetes.io/managed-by: windlass
            app.kubernetes.io/name: web
            app.kubernetes.io/part-of: shop
        data:
          DATABASE_URL: cG9zdGdyZXM6Ly9hcHA6aHVudGVyMkBkYi9hcHA=
          DB_PASSWORD: aHVudGVyMg==
        "#);
        insta::assert_snapshot!(outcome.fates("services.web.environment"), @r#"
        services.web.environment.LOG_LEVEL: mapped → Deployment/web spec.template.spec.containers[0].env[4].value
        services.web.environment.DB_PASSWORD: mapped → Deployment/web spec.template.spec.containers[0].env[2].valueFrom.secretKeyRef, Secret/web-credentials-54wwnw4lxg data.DB_PASSWORD (in a Secret, since its name says that it is a credential)
        services.web.environment.DATABASE_URL: mapped → Deployment/web spec.template.spec.containers[0].env[1].valueFrom.secretKeyRef, Secret/web-credentials-54wwnw4lxg data.DATABASE_URL (in a Secret, since it is an address with a password)
        services.web.environment.ALLOW_EMPTY_PASSWORD: mapped → Deployment/web spec.template.spec.containers[0].env[0].value
        services.web.environment.NOT_SET: mapped (it has no value where the project is converted, so the container does not get it)
        services.web.environment.GREETING: mapped → Deployment/web spec.template.spec.containers[0].env[3].value
        services.web.environment["odd name"]: mapped → Deployment/web spec.template.spec.containers[0].env[5].value
        services.web.environment["bad=name"]: lost (names of variables have letters, digits, `-`, `_` and `.`, and no digit first; set it in an entrypoint script)
        "#);
    }

    #[test]
    fn a_change_of_a_credential_changes_the_name_of_the_secret() {
        let name = |password: &str| {
            let text = format!("services: {{ web: {{ image: a, environment: {{ A_TOKEN: {password} }} }} }}");
            project(&text).convert().names().into_iter().find(|name| name.starts_with("Secret/"))
        };
        assert_eq!(name("hunter2"), name("hunter2"));
        assert_ne!(name("hunter2"), name("hunter3"));
    }

    #[test]
    fn two_names_never_share_a_key() {
        let outcome = project(r#"services: { web: { image: a, environment: { "A PASSWORD": x, "A-PASSWORD": y } } }"#).convert();
        assert_eq!(outcome.field("Secret/web-credentials-*", "data").lines().count(), 2);
    }

    #[test]
    fn older_clusters_take_plain_names_only() {
        let text = r#"services: { web: { image: a, environment: { "odd name": x } } }"#;
        let outcome = project(text).options(|options| options.kube_version = "1.33".parse().unwrap()).convert();
        assert_eq!(outcome.pod("Deployment/web", "containers[0].env"), "null\n");
        assert!(outcome.fates("services.web.environment").contains("lost"));
    }

    #[test]
    fn the_hosts_clock_becomes_a_variable_unless_there_is_one() {
        let web = |source: &str, more: &str| {
            let text = format!(
                "services: {{ web: {{ image: a, environment: {{ A: b, Z: z{more} }},
                volumes: [{{ type: bind, source: {source}, target: /etc/localtime, read_only: true }}] }} }}"
            );
            project(&text).convert().pod("Deployment/web", "containers[0].env[1]")
        };
        assert_eq!(web("/etc/localtime", ""), "name: TZ\nvalue: Etc/UTC\n");
        assert_eq!(web("/usr/share/zoneinfo/Europe/Rome", ""), "name: TZ\nvalue: Europe/Rome\n");
        assert_eq!(web("/etc/localtime", ", TZ: Asia/Tokyo"), "name: TZ\nvalue: Asia/Tokyo\n");
    }
}
