//! `--to stack`: a project that is put together again from nothing but the Stack and its sources, as the operator does it, converts to the
//! same objects; no secret value stands outside of a Secret; the Role names the kinds that are rendered and no others.
#![expect(clippy::disallowed_methods, reason = "writes projects and runs the binary")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name)
}

/// The objects of a conversion.
fn convert(directory: &Path, flags: &[&str], environment: &BTreeMap<String, String>) -> Vec<Value> {
    let mut windlass = Command::new(env!("CARGO_BIN_EXE_windlass"));
    windlass
        .current_dir(directory)
        .env_clear()
        .envs(environment)
        .args(["convert", "-q", "--namespace", "ns", "--format", "json"])
        .args(flags);
    let output = windlass.output().expect("the binary runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let list: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    list["items"].as_array().expect("a list").clone()
}

fn kind<'a>(objects: &'a [Value], kind: &str) -> Vec<&'a Value> {
    objects.iter().filter(|object| object["kind"] == kind).collect()
}

/// The keys of a ConfigMap or Secret.
fn content(objects: &[Value], of: &str, name: &Value) -> Vec<(String, Vec<u8>)> {
    let object = kind(objects, of).into_iter().find(|object| object["metadata"]["name"] == *name).expect("the source is there");
    let entries = |field: &str| object[field].as_object().cloned().unwrap_or_default();
    let coded = |value: &Value| STANDARD.decode(value.as_str().expect("text")).expect("base64");
    match of {
        "Secret" => entries("data").iter().map(|(key, value)| (key.clone(), coded(value))).collect(),
        _ => {
            let plain = entries("data").into_iter().map(|(key, value)| (key, value.as_str().expect("text").as_bytes().to_vec()));
            plain.chain(entries("binaryData").iter().map(|(key, value)| (key.clone(), coded(value)))).collect()
        }
    }
}

#[cfg(unix)]
fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("the file is there");
}

#[cfg(not(unix))]
fn make_executable(_: &Path) {}

/// Puts a Stack's project into a directory; its files in merge order, and its variables.
fn put_together(objects: &[Value], directory: &Path) -> (Vec<String>, BTreeMap<String, String>) {
    let stack = &kind(objects, "Stack")[0]["spec"];
    let list = |field: &str| stack[field].as_array().cloned().unwrap_or_default();
    let reference = |source: &Value, suffix: &str| {
        let config_map = &source[format!("configMap{suffix}")];
        if config_map.is_null() { ("Secret", source[format!("secret{suffix}")].clone()) } else { ("ConfigMap", config_map.clone()) }
    };
    let write = |path: &str, content: &[u8]| {
        let path = directory.join(path);
        fs::create_dir_all(path.parent().expect("a directory")).expect("writable");
        fs::write(path, content).expect("writable");
    };
    for (path, text) in stack["files"].as_object().into_iter().flatten() {
        write(path, text.as_str().expect("text").as_bytes());
    }
    for source in list("filesFrom") {
        let (of, object) = reference(&source, "Ref");
        for (key, bytes) in content(objects, of, &object["name"]) {
            let name = match source["items"].as_array() {
                Some(items) => items.iter().find(|item| item["key"] == *key).expect("an item")["path"].as_str().expect("text"),
                None => &key,
            };
            write(&format!("{}/{name}", source["directory"].as_str().unwrap_or(".")), &bytes);
        }
    }
    for path in list("executables") {
        make_executable(&directory.join(path.as_str().expect("text")));
    }
    // The compose texts have names that no file has.
    let mut names = Vec::new();
    let mut texts: Vec<Vec<u8>> = stack["compose"].as_str().map(|text| text.as_bytes().to_vec()).into_iter().collect();
    for source in list("composeFrom") {
        let (of, key) = reference(&source, "KeyRef");
        texts.push(content(objects, of, &key["name"]).into_iter().find(|(name, _)| key["key"] == **name).expect("the key is there").1);
    }
    for (number, text) in (1..).zip(texts) {
        names.push(format!("text.{number}.of-stack.yaml"));
        write(&format!("text.{number}.of-stack.yaml"), &text);
    }
    let mut variables = BTreeMap::new();
    for source in list("variablesFrom") {
        let (of, object) = reference(&source, "Ref");
        for (name, bytes) in content(objects, of, &object["name"]) {
            variables.insert(name, String::from_utf8(bytes).expect("text"));
        }
    }
    for (name, value) in stack["variables"].as_object().into_iter().flatten() {
        variables.insert(name.clone(), value.as_str().expect("text").to_owned());
    }
    (names, variables)
}

/// Compares the conversion of a project with that of its Stack.
fn check(directory: &Path, flags: &[&str], environment: &BTreeMap<String, String>) -> Vec<Value> {
    let stack = convert(directory, &[&["--to", "stack"], flags].concat(), environment);
    let place = tempfile::tempdir().expect("a temporary directory");
    let (files, variables) = put_together(&stack, place.path());
    let name = kind(&stack, "Stack")[0]["metadata"]["name"].as_str().expect("a name").to_owned();
    let named: Vec<&str> = files.iter().flat_map(|file| ["-f", file]).collect();
    let name = variables.get("COMPOSE_PROJECT_NAME").unwrap_or(&name);
    let again = convert(place.path(), &[&["--wait", "none", "-p", name], named.as_slice()].concat(), &variables);
    let plain = convert(directory, &[&["--wait", "none"], flags].concat(), environment);
    let names =
        |objects: &[Value]| objects.iter().map(|object| format!("{}/{}", object["kind"], object["metadata"]["name"])).collect::<Vec<_>>();
    assert_eq!(names(&again), names(&plain), "{}", directory.display());
    for (again, plain) in again.iter().zip(&plain) {
        assert_eq!(again, plain, "{}", directory.display());
    }

    let values: BTreeSet<String> = kind(&plain, "Secret")
        .iter()
        .flat_map(|secret| content(&plain, "Secret", &secret["metadata"]["name"]))
        .filter_map(|(_, value)| String::from_utf8(value).ok())
        .filter(|value| value.len() > 3)
        .collect();
    for object in stack.iter().filter(|object| object["kind"] != "Secret") {
        let text = object.to_string();
        let shown: Vec<_> = values.iter().filter(|value| text.contains(serde_json::json!(value).to_string().trim_matches('"'))).collect();
        assert!(shown.is_empty(), "{}: {} shows {} secret values", directory.display(), object["kind"], shown.len());
    }

    let rendered: BTreeSet<String> = plain.iter().map(|object| object["kind"].as_str().expect("text").to_ascii_lowercase()).collect();
    let rules = kind(&stack, "Role")[0]["rules"].as_array().expect("rules");
    // Pods are not written, only deleted where a StatefulSet goes back.
    let writes = |rule: &&Value| rule["verbs"].as_array().is_some_and(|verbs| verbs.iter().any(|verb| verb == "create"));
    let written = rules.iter().filter(writes).flat_map(|rule| rule["resources"].as_array().expect("a list"));
    let written: BTreeSet<&str> = written.map(|resource| resource.as_str().expect("text")).collect();
    assert_eq!(written.len(), rendered.len(), "{written:?} {rendered:?}");
    for kind in &rendered {
        assert!(written.iter().any(|resource| resource.starts_with(kind.trim_end_matches('y'))), "{kind}: {written:?}");
    }
    stack
}

#[test]
fn the_examples_are_the_same_as_stacks() {
    let none = BTreeMap::new();
    for name in ["guestbook", "voting"] {
        check(&example(name), &[], &none);
    }
    let stack = check(&example("wordpress"), &[], &none);
    let account = &kind(&stack, "ServiceAccount")[0]["metadata"];
    assert_eq!(account["annotations"]["windlass.dev/stacks"], "allowed");
    assert_eq!(kind(&stack, "Stack")[0]["spec"]["serviceAccountName"], account["name"]);
}

/// A directory with files.
fn project(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let place = tempfile::Builder::new().prefix("shop").tempdir().expect("a temporary directory");
    for (path, content) in files {
        let path = place.path().join(path);
        fs::create_dir_all(path.parent().expect("a directory")).expect("writable");
        fs::write(path, content).expect("writable");
    }
    place
}

#[test]
fn a_credential_stands_in_a_secret_however_it_is_written() {
    let pin = "services: { web: { image: nginx, secrets: [pin] } }\nsecrets: { pin: { file: ./pin.txt } }\n";
    let login = "services: { web: { image: nginx, secrets: [pip] } }\nsecrets: { pip: { environment: PIP_LOGIN } }\n";
    let build =
        "services: { web: { image: acme/web, build: { context: ., args: { NPM_TOKEN: '${NPM_TOKEN}', OTHER_TOKEN: '${NPM}' } } } }\n";
    let logging = "services: { web: { image: nginx, logging: { driver: splunk, options: { splunk-token: '${SPLUNK}' } } } }\n";
    let off = |what: &str| format!("services:\n  web: {{ image: nginx }}\n  off: {{ image: acme/tool, profiles: [off], {what} }}\n");
    let on = |value: &str| format!("services: {{ web: {{ image: acme/web, environment: {{ DB_PASSWORD: {value} }} }} }}\n");
    let built = "services: { web: { image: acme/web, build: . } }\n";
    let inline = "services: { web: { image: acme/web, build: { dockerfile_inline: \"FROM nginx\\nENV DB_PASSWORD of-image\\n\" } } }\n";
    let env_file = "services: { web: { image: acme/web, env_file: [app.env] } }\n".to_owned();
    let set = "DBP=of-variable\nNPM_TOKEN=of-variable\nNPM=of-variable\nSPLUNK=of-variable\nPIP_LOGIN=z7\nADMIN_PASSWORD=of-variable\n";
    // The compose file, another file, and a part of the credential that no escape changes.
    for (compose, (path, content), part) in [
        (on("\"pa$$word99\""), ("a", ""), "word99"),
        (on("'it''s-hidden'"), ("a", ""), "s-hidden"),
        (on("\"\\u00e9-hidden\""), ("a", ""), "-hidden"),
        (on("\"${DB_PASSWORD:-of-default}\""), ("a", ""), "of-default"),
        (env_file.clone(), ("app.env", "API_KEY=\"a\\\"b\\\"csecret\"\n"), "csecret"),
        (env_file, ("app.env", "HOST=db\nLOGIN=postgres://u:of-file@db\n"), "of-file"),
        (build.to_owned(), ("Dockerfile", "FROM nginx\n"), "of-variable"),
        (logging.to_owned(), ("a", ""), "of-variable"),
        (off("environment: { A: '${ADMIN_PASSWORD}' }"), ("a", ""), "of-variable"),
        (off("environment: { A: 'postgres://u:${DBP}@db' }"), ("a", ""), "of-variable"),
        (off("environment: { PGPASSWORD: literalpw-42 }"), ("a", ""), "literalpw-42"),
        (off("environment: [PGPASSWORD=literalpw-42]"), ("a", ""), "literalpw-42"),
        (off("command: [redis-server, --requirepass, literalpw-42]"), ("a", ""), "literalpw-42"),
        (pin.to_owned(), ("pin.txt", "q9"), "q9"),
        (built.to_owned(), ("Dockerfile", "FROM nginx\nENV HOST=db DB_PASSWORD=\"of-image\"\n"), "of-image"),
        (built.to_owned(), ("Dockerfile", "FROM nginx\nENV DB_PASSWORD of-image\n"), "of-image"),
        (built.to_owned(), ("Dockerfile", "FROM nginx\nARG DEFAULT=of-image\nENV DB_PASSWORD=$DEFAULT\n"), "of-image"),
        (built.to_owned(), ("Dockerfile", "FROM nginx\nONBUILD ARG NPM_TOKEN=${X:-of-image}\n"), "of-image"),
        (built.to_owned(), ("Dockerfile", "FROM nginx\nRUN a && \\\n  PGPASSWORD=of-image psql\n"), "of-image"),
        (built.to_owned(), ("Dockerfile", "FROM nginx\nCMD [\"redis-server\", \"--requirepass\", \"of-image\"]\n"), "of-image"),
        (built.to_owned(), ("Dockerfile", "FROM nginx\nADD https://me:of-image@example.com/a /a\n"), "of-image"),
        (built.to_owned(), ("Dockerfile", "FROM nginx\nCOPY <<EOF /a.ini\npassword = of-image\nEOF\n"), "of-image"),
        (inline.to_owned(), ("a", ""), "of-image"),
        (login.to_owned(), ("a", ""), "z7"),
    ] {
        let place = project(&[("compose.yaml", compose.as_bytes()), (path, content.as_bytes()), (".env", set.as_bytes())]);
        for object in check(place.path(), &[], &BTreeMap::new()).iter().filter(|object| object["kind"] != "Secret") {
            assert!(!object.to_string().contains(part), "{compose}{content}: {object}");
        }
    }
    // What another file replaces still stands in its text.
    let place = project(&[("compose.yaml", on("of-base").as_bytes()), ("prod.yaml", on("'${PW}'").as_bytes())]);
    let environment = BTreeMap::from([("PW".to_owned(), "of-variable".to_owned())]);
    let stack = check(place.path(), &["-f", "compose.yaml", "-f", "prod.yaml"], &environment);
    let from = &kind(&stack, "Stack")[0]["spec"]["composeFrom"];
    assert!(from[0]["secretKeyRef"].is_object() && from[1]["configMapKeyRef"].is_object(), "{from}");
    // A key store is no text.
    let place = project(&[("compose.yaml", pin.as_bytes()), ("pin.txt", &[0, 159, 146, 150])]);
    let stack = check(place.path(), &[], &BTreeMap::new());
    assert!(kind(&stack, "ConfigMap").is_empty() && kind(&stack, "Stack")[0]["spec"]["filesFrom"][0]["secretRef"].is_object());
}

#[test]
fn what_only_speaks_of_credentials_can_be_read_in_the_stack() {
    let compose = "
services:
  web:
    image: acme/web
    environment: { DB_PASSWORD: '${DB_PASSWORD}', DB_URL: 'postgres://u:${DB_PASSWORD}@db', TOKEN_FILE: /run/secrets/token, KEYS: '${N:-3}' }
    secrets: [token]
  app: { image: acme/app, build: . }
secrets: { token: { file: ./token.txt } }
";
    let dockerfile = b"FROM node\nARG NPM_TOKEN\nENV DB_PASSWORD=\"\" TOKEN=$NPM_TOKEN TOKEN_FILE=/run/secrets/token\nRUN --mount=type=secret,id=npm TOKEN=$(cat /run/secrets/npm) npm ci\n";
    let token = ("token.txt", &b"a-token"[..]);
    let place =
        project(&[("compose.yaml", compose.as_bytes()), ("Dockerfile", dockerfile), token, (".env", b"DB_PASSWORD=a-password\nN=4\n")]);
    let stack = check(place.path(), &[], &BTreeMap::new());
    let spec = &kind(&stack, "Stack")[0]["spec"];
    assert!(spec["files"]["./Dockerfile"].is_string(), "{spec}");
    assert_eq!((spec["compose"].as_str(), &spec["variables"]), (Some(compose), &serde_json::json!({ "N": "4" })));
}

#[test]
fn only_flags_that_change_objects_and_have_no_place_in_a_stack_are_told() {
    let place = project(&[("compose.yaml", b"services: { web: { image: nginx, volumes: ['data:/data'] } }\nvolumes: { data: {} }\n")]);
    let told = |flags: &[&str]| {
        let mut windlass = Command::new(env!("CARGO_BIN_EXE_windlass"));
        windlass.current_dir(place.path()).env_clear().args(["convert", "--to", "stack", "--namespace", "ns"]).args(flags);
        let told = String::from_utf8(windlass.output().expect("the binary runs").stderr).expect("text");
        told.lines().find(|line| line.contains("a Stack does not carry")).map(str::to_owned)
    };
    let silent = ["-f", "compose.yaml", "-p", "shop", "--format", "json", "--report", "a.json", "--strict", "-o", "k8s", "--wait", "none"];
    assert_eq!((told(&[]), told(&silent)), (None, None));
    let flags = ["--expose", "web:80=ingress", "--domain", "a.example", "--volume-size", "data=2Gi"];
    let all = told(&flags).expect("a warning");
    assert!(all.ends_with("a Stack does not carry `--volume-size`, `--expose`, `--domain`"), "{all}");
}

fn stack_of(objects: &[Value]) -> &Value {
    &kind(objects, "Stack")[0]["spec"]
}

#[test]
fn profiles_of_a_variable_are_those_of_the_stack() {
    let compose = b"services: { web: { image: nginx }, tool: { image: acme/tool, profiles: [prod] } }\n";
    let place = project(&[("compose.yaml", compose), (".env", b"COMPOSE_PROFILES=prod\n")]);
    let put = |profiles: &[&str]| {
        let stack = convert(place.path(), &[&["--to", "stack"], profiles].concat(), &BTreeMap::new());
        stack_of(&stack)["profiles"].clone()
    };
    assert_eq!(put(&[]), serde_json::json!(["prod"]));
    assert_eq!(put(&["--profile", "other"]), serde_json::json!(["other"]));
    fs::remove_file(place.path().join(".env")).expect("it was there");
    assert_eq!(put(&[]), Value::Null);
}

#[test]
fn every_variable_is_carried_that_the_project_looks_up_and_no_other() {
    let compose = "
services:
  web:
    image: acme/web
    build: { context: ., args: [REVISION] }
    env_file: [web.env]
  db: { image: 'postgres:${PG:?}', environment: [POSTGRES_PASSWORD] }
configs: { hello: { environment: HELLO } }
";
    let other = "services: { db: { image: 'postgres:17', environment: { GREETING: '${GREETING-none}' }, configs: [hello] } }\n";
    let place = project(&[
        ("compose.yaml", compose.as_bytes()),
        ("compose.override.yaml", other.as_bytes()),
        ("web.env", b"DB_PASSWORD=${FROM_OUTSIDE}\nBARE\n"),
        (".env", b"FROM_OUTSIDE=mother-of-pearl\nPG=16\nUNUSED=1\nGREETING=hi${ONLY_HERE}\n"),
        ("Dockerfile", b"FROM nginx\n"),
    ]);
    let set = ["BARE", "REVISION", "HELLO", "POSTGRES_PASSWORD", "ONLY_HERE", "HOME", "UNUSED_TOO"];
    let environment: BTreeMap<String, String> = set.iter().map(|name| ((*name).to_owned(), format!("of-{name}"))).collect();
    let stack = check(place.path(), &[], &environment);
    let (_, variables) = put_together(&stack, tempfile::tempdir().expect("a temporary directory").path());
    let names: Vec<&str> = variables.keys().map(String::as_str).collect();
    assert_eq!(names, ["BARE", "FROM_OUTSIDE", "GREETING", "HELLO", "PG", "POSTGRES_PASSWORD", "REVISION"]);
}

#[test]
fn a_file_of_variables_is_carried_where_the_project_wants_it_as_a_file() {
    let of = |what: &str| format!("services: {{ web: {{ image: 'nginx:${{TAG}}'{what}\n");
    for (compose, is_carried) in [
        (of(" } }"), false),
        (of(", env_file: [.env] } }"), true),
        (of(", secrets: [all] } }\nsecrets: { all: { file: .env } }"), true),
        (of(", volumes: ['./.env:/var/www/.env'] } }"), true),
        (of(" } }\ninclude: [{ path: more.yaml, env_file: [.env] }]"), true),
    ] {
        let more = b"services: { more: { image: 'redis:${TAG}' } }\n";
        let place = project(&[("compose.yaml", compose.as_bytes()), ("more.yaml", more), (".env", b"TAG=1.27\n")]);
        let stack = check(place.path(), &[], &BTreeMap::new());
        let from = &stack_of(&stack)["filesFrom"];
        assert!(stack_of(&stack)["files"]["./.env"].is_null(), "{compose}");
        assert_eq!(from[0]["secretRef"].is_object(), is_carried, "{compose}: {from}");
    }
}

#[test]
fn files_that_extend_each_other_stay_what_they_are() {
    let base = "services: { base: { image: nginx, user: '1000' }, web: { image: nginx } }\n";
    let extending = |file: &str| format!("services: {{ web: {{ image: nginx, extends: {{ file: {file}, service: base }} }} }}\n");
    for (name, flags) in [
        ("docker-compose.yml", &["-f", "docker-compose.yml", "-f", "prod.yml"][..]),
        ("compose.yaml", &["-f", "prod.yml"]),
        ("compose.yaml", &["-f", "compose.yaml", "-f", "prod.yml"]),
    ] {
        let place = project(&[(name, base.as_bytes()), ("prod.yml", extending(name).as_bytes())]);
        let stack = check(place.path(), flags, &BTreeMap::new());
        assert_eq!(stack_of(&stack)["files"][format!("./{name}")], base, "{flags:?}");
    }
    // A file that nobody reads but by `-f` stands in the Stack once.
    let place = project(&[("compose.yaml", base.as_bytes()), ("prod.yml", base.as_bytes())]);
    let stack = check(place.path(), &["-f", "compose.yaml", "-f", "prod.yml"], &BTreeMap::new());
    assert_eq!(stack_of(&stack)["files"], Value::Null);
}

#[cfg(unix)]
#[test]
fn a_script_stays_executable() {
    let compose = b"services: { db: { image: postgres, volumes: ['./init.sh:/init.sh:ro', './db.conf:/db.conf:ro'] } }\n";
    let place = project(&[("compose.yaml", compose), ("init.sh", b"#!/bin/sh\n"), ("db.conf", b"a = 1\n")]);
    assert_eq!(stack_of(&check(place.path(), &[], &BTreeMap::new()))["executables"], Value::Null);
    make_executable(&place.path().join("init.sh"));
    make_executable(&place.path().join("compose.yaml"));
    assert_eq!(stack_of(&check(place.path(), &[], &BTreeMap::new()))["executables"], serde_json::json!(["./init.sh"]));
}

#[cfg(unix)]
#[test]
fn a_private_key_is_told_to_be_as_public_as_all_files_of_a_stack() {
    use std::os::unix::fs::PermissionsExt;
    let compose = b"services: { db: { image: postgres, volumes: ['./server.key:/k/server.key:ro', './db.conf:/db.conf:ro'] } }\n";
    let place = project(&[("compose.yaml", compose), ("server.key", b"k\n"), ("db.conf", b"a = 1\n")]);
    for name in ["server.key", "db.conf"] {
        fs::set_permissions(place.path().join(name), fs::Permissions::from_mode(0o600)).expect("permitted");
    }
    let mut windlass = Command::new(env!("CARGO_BIN_EXE_windlass"));
    windlass.current_dir(place.path()).env_clear().args(["convert", "--to", "stack", "--namespace", "ns"]);
    let told = String::from_utf8(windlass.output().expect("the binary runs").stderr).expect("text");
    assert!(told.contains("the mode 0600 of `server.key` is not carried in the Stack"), "{told}");
    assert!(!told.contains("`db.conf`"), "{told}");
}

#[test]
fn a_file_whose_name_is_no_key_is_carried_under_another() {
    let compose = "services: { web: { image: nginx, volumes: ['./d:/d:ro'], secrets: [pin] } }\nsecrets: { pin: { file: './my pin' } }\n";
    let binary = |byte: u8| [0, 159, 146, byte];
    let place = project(&[
        ("compose.yaml", compose.as_bytes()),
        ("my pin", b"q9"),
        ("d/a b.bin", &binary(1)),
        ("d/a-b.bin", &binary(2)),
        ("d/\u{fc}n\u{ef}.bin", &binary(3)),
        ("d/..x", &binary(4)),
    ]);
    let stack = check(place.path(), &[], &BTreeMap::new());
    let from = &stack_of(&stack)["filesFrom"];
    let items = |at: usize| from[at]["items"].as_array().expect("items").iter().map(|item| format!("{} {}", item["key"], item["path"]));
    let keys: Vec<String> = items(0).chain(items(1)).collect();
    assert_eq!(keys.len(), 5, "{keys:?}");
    assert!(keys.contains(&r#""a-b.bin" "a-b.bin""#.to_owned()) && keys.contains(&r#""my-pin" "my pin""#.to_owned()), "{keys:?}");
}

#[test]
fn a_project_keeps_a_name_that_no_stack_can_have() {
    let compose =
        b"name: my_shop\nservices: { web: { build: { dockerfile_inline: FROM nginx }, environment: { P: '${COMPOSE_PROJECT_NAME}' } } }\n";
    let place = project(&[("compose.yaml", compose)]);
    let stack = check(place.path(), &[], &BTreeMap::new());
    assert_eq!(kind(&stack, "Stack")[0]["metadata"]["name"], "my-shop");
    assert_eq!(stack_of(&stack)["variables"], serde_json::json!({ "COMPOSE_PROJECT_NAME": "my_shop" }));
    let other = check(place.path(), &["-p", "shop"], &BTreeMap::new());
    assert_eq!(stack_of(&other)["variables"], Value::Null);
}

#[test]
fn a_list_of_thousands_of_words_is_no_burden() {
    // Were those before it kept for each word, they would take gigabytes.
    let words = vec!["word"; 20_000].join(", ");
    let place = project(&[("compose.yaml", format!("services: {{ web: {{ image: a, command: [{words}] }} }}\n").as_bytes())]);
    let stack = convert(place.path(), &["--to", "stack"], &BTreeMap::new());
    assert!(stack_of(&stack)["compose"].is_string());
}

#[test]
fn secrets_of_a_stack_are_put_into_the_form_that_is_asked_for() {
    let compose = b"x-windlass: { namespace: shop }\nservices: { db: { image: postgres, environment: { POSTGRES_PASSWORD: '${PW}' }, secrets: [key] } }\nsecrets: { key: { file: ./key.txt } }\n";
    let certificate = include_bytes!("../../emit/src/secrets/certificate.pem");
    let place = project(&[("compose.yaml", compose), ("key.txt", b"of-file"), (".env", b"PW=of-variable\n"), ("cert.pem", certificate)]);
    let convert = |flags: &[&str]| {
        let mut windlass = Command::new(env!("CARGO_BIN_EXE_windlass"));
        windlass.current_dir(place.path()).env_clear().args(["convert", "-q", "-p", "shop", "--to", "stack"]).args(flags);
        String::from_utf8(windlass.output().expect("the binary runs").stdout).expect("text")
    };
    let [plain, external, sealed] =
        [&[][..], &["--secrets", "external-secrets"], &["--secrets", "sealed", "--sealed-cert", "cert.pem"]].map(convert);
    for name in ["shop-files-1", "shop-variables"] {
        assert!(plain.contains(&format!("kind: Secret\nmetadata:\n  name: {name}\n  namespace: shop\n")), "{plain}");
        for (text, kind) in [(&external, "ExternalSecret"), (&sealed, "SealedSecret")] {
            assert!(text.contains(&format!("kind: {kind}\nmetadata:\n  name: {name}\n  namespace: shop\n")), "{text}");
        }
    }
    let coded = STANDARD.encode("of-variable");
    for text in [external, sealed] {
        assert!(!text.contains("kind: Secret\n") && !text.contains(&coded), "{text}");
        // The account may read the Secrets that will be there.
        assert!(text.contains("  resourceNames:\n  - shop-files-1\n  - shop-variables\n"), "{text}");
    }
}

#[test]
fn secrets_files_and_several_texts_stand_apart() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let write = |path: &str, text: &[u8]| {
        let path = place.path().join(path);
        fs::create_dir_all(path.parent().expect("a directory")).expect("writable");
        fs::write(path, text).expect("writable");
    };
    write(
        "compose.yaml",
        b"name: shop
services:
  web:
    image: nginx:${TAG}
    volumes: [./conf/site.conf:/etc/nginx/conf.d/site.conf:ro, ./conf/logo.bin:/srv/logo.bin:ro]
    env_file: [web.env]
  db:
    image: postgres:16
    environment: { POSTGRES_PASSWORD: \"${DB_PASSWORD}\" }
    secrets: [token]
secrets:
  token: { file: ./token.txt }
",
    );
    write("compose.prod.yaml", b"services:\n  web: { environment: { MODE: prod } }\n");
    write("conf/site.conf", b"server { listen 80; }\n");
    write("conf/logo.bin", &[0, 159, 146, 150]);
    write("web.env", b"GREETING=hello\n");
    write("token.txt", b"a-token-of-the-shop");
    write(".env", b"TAG=1.27\nUNUSED=nothing\n");
    let environment = BTreeMap::from([("DB_PASSWORD".to_owned(), "mother-of-pearl".to_owned()), ("HOME".to_owned(), "/root".to_owned())]);

    let stack = check(place.path(), &[], &environment);
    let spec = &kind(&stack, "Stack")[0]["spec"];
    assert_eq!(spec["variables"], serde_json::json!({ "TAG": "1.27" }));
    assert_eq!(
        content(&stack, "Secret", &spec["variablesFrom"][0]["secretRef"]["name"]),
        [("DB_PASSWORD".into(), b"mother-of-pearl".to_vec())]
    );
    let files: Vec<&String> = spec["files"].as_object().expect("files").keys().collect();
    assert_eq!(files, ["./conf/site.conf", "./web.env"]);
    assert_eq!(spec["filesFrom"].as_array().expect("a list").len(), 2);

    let several = check(place.path(), &["-f", "compose.yaml", "-f", "compose.prod.yaml"], &environment);
    assert_eq!(kind(&several, "Stack")[0]["spec"]["composeFrom"].as_array().expect("a list").len(), 2);
    // A credential in the text itself takes the text into a Secret.
    write("compose.prod.yaml", b"services:\n  db: { environment: { POSTGRES_PASSWORD: written-down } }\n");
    let literal = check(place.path(), &["-f", "compose.yaml", "-f", "compose.prod.yaml"], &environment);
    assert_eq!(kind(&literal, "Stack")[0]["spec"]["composeFrom"][1]["secretKeyRef"]["name"], "shop-compose");
}
