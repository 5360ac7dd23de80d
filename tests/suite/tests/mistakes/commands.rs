//! Commands, environment, images, names.

use serde_json::json;

use super::shop::{services, shop};

#[test]
fn a_dollar_in_a_command_reaches_the_process_as_compose_means_it() {
    let result = services("web: { image: 'acme/web:1', command: [echo, $$HOME, $$MY_VAR, '100$$', '$$(DATE)'] }").convert();
    // Kubernetes expands `$(NAME)` alone, and makes `$(DATE)` of `$$(DATE)`.
    assert_eq!(result.container("Deployment/web", "args"), json!(["echo", "$HOME", "$MY_VAR", "100$", "$$(DATE)"]));
}

#[test]
fn words_that_yaml_would_read_otherwise_stay_words() {
    let words = json!(["*", "yes", "1.0", "a: b", "# no comment", "- item", "", "{x}", "null", "multi\nline"]);
    let result = services(&format!("web: {{ image: 'acme/web:1', command: {words}, entrypoint: {words} }}")).convert();
    let text = result.text();
    let documents = text.split("---\n").map(|text| serde_yaml::from_str::<serde_yaml::Value>(text).expect("it is YAML"));
    let workload = documents.into_iter().find(|document| document["kind"] == "Deployment").expect("a Deployment");
    let container = &workload["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(serde_json::to_value(&container["args"]).expect("JSON"), words);
    assert_eq!(serde_json::to_value(&container["command"]).expect("JSON"), words);
}

#[test]
fn a_variable_without_a_value_is_left_out_and_an_empty_one_is_empty() {
    let result = services("web: { image: 'acme/web:1', environment: { UNSET: , EMPTY: '', TEXT: null_is_text } }").convert();
    assert_eq!(result.variable("Deployment/web", "UNSET"), None);
    assert_eq!(result.variable("Deployment/web", "EMPTY").as_deref(), Some(""));
    assert_eq!(result.variable("Deployment/web", "TEXT").as_deref(), Some("null_is_text"));
}

#[test]
fn a_variable_that_names_a_secrets_file_keeps_its_letters() {
    let result = shop(
        "services: { web: { image: 'acme/web:1', secrets: [Db_Password], environment: { DB_PASSWORD_FILE: /run/secrets/Db_Password } } }\n\
         secrets: { Db_Password: { file: password.txt } }\n",
    );
    let result = result.file("password.txt", "correct horse battery").convert();
    assert_eq!(result.variable("Deployment/web", "DB_PASSWORD_FILE").as_deref(), Some("/run/secrets/Db_Password"));
    assert_eq!(result.container("Deployment/web", "volumeMounts[0].mountPath"), json!("/run/secrets/Db_Password"));
}

#[test]
fn environment_wins_over_a_file_and_a_file_that_is_not_required_may_be_absent() {
    let text = "web: { image: 'acme/web:1', env_file: [a.env, { path: absent.env, required: false }], environment: { MODE: fast } }";
    let result = services(text).file("a.env", "MODE=slow\nLEVEL=info\n").convert();
    assert_eq!(result.variable("Deployment/web", "MODE").as_deref(), Some("fast"));
    assert_eq!(result.variable("Deployment/web", "LEVEL").as_deref(), Some("info"));
}

#[test]
fn files_of_variables_with_one_name_do_not_mix() {
    let text = "a: { image: 'acme/a:1', env_file: [a/.env] }, b: { image: 'acme/b:1', env_file: [b/.env] }";
    let result = services(text).file("a/.env", "WHO=a\n").file("b/.env", "WHO=b\n").convert();
    assert_eq!(result.variable("Deployment/a", "WHO").as_deref(), Some("a"));
    assert_eq!(result.variable("Deployment/b", "WHO").as_deref(), Some("b"));
}

#[test]
fn a_registry_with_a_port_is_no_tag() {
    let result = services("web: { image: 'registry.example.com:5000/acme/web' }").convert();
    assert_eq!(result.container("Deployment/web", "image"), json!("registry.example.com:5000/acme/web"));
}

#[test]
fn policies_of_pulling_are_those_that_kubernetes_has() {
    let text =
        "a: { image: 'acme/a:1', pull_policy: missing }, b: { image: 'acme/b:1', pull_policy: build, build: . }, c: { image: 'acme/c:1' }";
    let result = services(text).file("Dockerfile", "FROM scratch\n").convert();
    assert_eq!(result.container("Deployment/a", "imagePullPolicy"), json!("IfNotPresent"));
    let built = result.container("Deployment/b", "imagePullPolicy");
    assert!(built.is_null() || ["Always", "IfNotPresent", "Never"].contains(&built.as_str().unwrap_or_default()), "{built}");
    assert!(result.container("Deployment/c", "imagePullPolicy").is_null());
}

#[test]
fn the_working_directory_is_that_of_the_container() {
    let result =
        services("web: { image: 'acme/web:1', working_dir: /srv/app, volumes: ['./conf:/etc/conf:ro'] }").file("conf/a", "b").convert();
    assert_eq!(result.container("Deployment/web", "workingDir"), json!("/srv/app"));
    assert_eq!(result.container("Deployment/web", "volumeMounts[0].mountPath"), json!("/etc/conf"));
}

#[test]
fn a_service_that_is_renamed_is_still_found() {
    let text = "my_app: { image: 'acme/app:1', environment: { DB_HOST: my_db, DB_URL: 'postgres://u@my_db:5432/my_db' } }, my_db: { image: 'postgres:17' }";
    let result = services(text).convert();
    assert_eq!(result.variable("Deployment/my-app", "DB_HOST").as_deref(), Some("my-db"));
    assert_eq!(result.variable("Deployment/my-app", "DB_URL").as_deref(), Some("postgres://u@my-db:5432/my_db"));
    assert!(result.names(None).contains(&"Service/my-db".to_owned()));
}

#[test]
fn capabilities_and_groups_are_lists_and_users_are_numbers() {
    let text = "a: { image: 'acme/a:1', user: '1000:2000', group_add: ['2000', '3000'], cap_add: [NET_ADMIN, SYS_TIME] }, \
                b: { image: 'acme/b:1', user: app, group_add: [audio] }";
    let result = services(text).convert();
    let security = result.container("Deployment/a", "securityContext");
    assert_eq!((&security["runAsUser"], &security["runAsGroup"]), (&json!(1000), &json!(2000)));
    assert_eq!(security["capabilities"]["add"], json!(["NET_ADMIN", "SYS_TIME"]));
    assert_eq!(result.pod("Deployment/a", "securityContext.supplementalGroups"), json!([2000, 3000]));
    // Names are no reason to give up.
    assert!(result.container("Deployment/b", "securityContext.runAsUser").is_null());
    assert!(result.fates("services.b.user")[0].starts_with("lost: "));
}

#[test]
fn settings_of_the_kernel_are_the_pods() {
    let result = services("a: { image: 'acme/a:1', sysctls: { net.ipv4.tcp_syncookies: 1 } }").convert();
    let expected = json!([{ "name": "net.ipv4.tcp_syncookies", "value": "1" }]);
    assert_eq!(result.pod("Deployment/a", "securityContext.sysctls"), expected);
    assert!(result.container("Deployment/a", "sysctls").is_null());
}

#[test]
fn names_that_kubernetes_has_not_become_names_that_it_has() {
    let long = "a-service-with-a-name-that-is-much-longer-than-any-label-of-dns-may-be";
    let result = services(&format!("front_end: {{ image: 'acme/web:1', expose: ['80'] }}, {long}: {{ image: 'acme/app:1', expose: ['80'] }}, 2fa: {{ image: 'acme/otp:1', expose: ['80'] }}")).convert();
    for object in result.conversion.objects.iter() {
        let name = object.name();
        assert!(name.len() <= 63 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'), "{name}");
        assert!(!name.ends_with('-'), "{name}");
    }
    assert!(result.names(None).contains(&"Service/front-end".to_owned()));
}

#[test]
fn hosts_signals_and_sub_second_times_are_valid() {
    let text =
        "web: { image: 'acme/web:1', hostname: My_Host.example.com, stop_grace_period: 500ms, extra_hosts: ['db.internal:10.0.0.9'] }";
    let result = services(text).convert();
    assert_eq!(result.pod("Deployment/web", "hostname"), json!("my-host"));
    assert_eq!(result.pod("Deployment/web", "terminationGracePeriodSeconds"), json!(1));
    assert_eq!(result.pod("Deployment/web", "hostAliases[0].ip"), json!("10.0.0.9"));
}

#[test]
fn labels_are_annotations_and_long_keys_are_cut() {
    let key = "com.example.".to_owned() + &"a-very-long-part.".repeat(8) + "end";
    let result = services(&format!(
        "web: {{ image: 'acme/web:1', labels: {{ '{key}': kept, 'com.example/x y': kept }}, annotations: {{ owner: team }} }}"
    ))
    .convert();
    let annotations = result.field("Deployment/web", "spec.template.metadata.annotations");
    let annotations = annotations.as_object().expect("annotations");
    assert_eq!(annotations.values().filter(|value| **value == "kept").count(), 2);
    assert_eq!(annotations.get("owner"), Some(&json!("team")));
    assert!(annotations.keys().all(|key| key.rsplit('/').next().is_some_and(|name| name.len() <= 63)), "{annotations:?}");
}
