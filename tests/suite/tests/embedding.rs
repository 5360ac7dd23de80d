//! Nothing outside of the project's directory ends up in an object, in the report or in a diagnostic, whatever a compose file
//! asks for, unless a flag admits it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::Engine as _;
use windlass_convert::Options;
use windlass_source::MemoryFileSystem;
use windlass_suite::conversion::Project;
use windlass_suite::invariants::written;

/// What must not be seen: each file outside has a text of its own.
const OUTSIDE: [(&str, &str); 5] = [
    ("/etc/passwd", "root:marker-of-passwd:0:0"),
    ("/home/me/.ssh/id_rsa", "marker-of-the-key"),
    ("/home/me/.ssh/config", "marker-of-ssh-config"),
    ("/srv/app/secret/token", "marker-of-the-token"),
    ("/srv/app/other/Dockerfile", "marker-of-a-file that is no Dockerfile"),
];

const COMPOSE: &str = "
services:
  web:
    image: acme/web:1
    volumes:
      - /etc/passwd:/a/passwd:ro
      - ~/.ssh:/b:ro
      - ../secret:/c:ro
      - ../secret/token:/d/token
      - ./link:/e/link:ro
      - ./directory:/f:ro
      - ./inside.conf:/g/inside.conf:ro
      - ./up:/h:ro
    configs: [passwd, link, up, inside]
    secrets: [key, token, through]
  built: { build: { context: ../other } }
  inline: { build: { context: ., dockerfile: ../other/Dockerfile } }
  linked: { build: { context: ., dockerfile: link } }
configs:
  passwd: { file: /etc/passwd }
  link: { file: ./link }
  up: { file: ../secret/token }
  inside: { file: ./inside.conf }
secrets:
  key: { file: ~/.ssh/id_rsa }
  token: { file: ../secret/token }
  through: { file: ./up/token }
";

fn files() -> MemoryFileSystem {
    let mut files = MemoryFileSystem::new().with_file("/srv/app/project/compose.yaml", COMPOSE);
    files = files.with_file("/srv/app/project/inside.conf", "marker-of-what-is-inside").with_file("/srv/app/project/directory/own", "own");
    for (path, text) in OUTSIDE {
        files = files.with_file(path, text);
    }
    files.insert_link("/srv/app/project/link", "/etc/passwd");
    files.insert_link("/srv/app/project/directory/out", "/home/me/.ssh/id_rsa");
    files.insert_link("/srv/app/project/up", "../secret");
    files
}

/// Everything that a conversion says: objects with what they encode, messages, diagnostics.
fn said(allow_outside: &[&str]) -> String {
    let files = files();
    let project = Project {
        directory: "/srv/app/project".into(),
        environment: BTreeMap::from([("HOME".to_owned(), "/home/me".to_owned())]),
        options: Options { allow_outside: allow_outside.iter().map(PathBuf::from).collect(), ..Options::default() },
        ..Project::default()
    };
    let loaded = project.load(&files);
    assert!(loaded.is_ok(), "{:?}", loaded.diagnostics);
    let conversion = project.convert_loaded(&loaded, &files);
    let mut said = format!("{:?}\n", conversion.diagnostics);
    for entry in conversion.report.attributes() {
        said.push_str(&format!("{}: {}\n", entry.path, entry.message));
    }
    for service in &conversion.report.services {
        service.inferred.iter().for_each(|inferred| said.push_str(&format!("{} {}\n", inferred.value, inferred.because)));
    }
    for object in conversion.objects.iter() {
        let tree = written(object);
        said.push_str(&format!("{tree}\n"));
        for field in ["data", "binaryData"] {
            for value in tree.get(field).and_then(serde_json::Value::as_object).into_iter().flat_map(serde_json::Map::values) {
                let decoded = base64::engine::general_purpose::STANDARD.decode(value.as_str().unwrap_or_default()).unwrap_or_default();
                said.push_str(&String::from_utf8_lossy(&decoded));
            }
        }
    }
    said
}

/// Which of the files outside can be seen.
fn seen(allow_outside: &[&str]) -> Vec<&'static str> {
    let said = said(allow_outside);
    assert!(said.contains("marker-of-what-is-inside"), "the project's own file is embedded");
    let marker = |text: &str| text.split([':', ' ']).find(|word| word.starts_with("marker")).unwrap_or_default().to_owned();
    OUTSIDE.into_iter().filter(|(_, text)| said.contains(&marker(text))).map(|(path, _)| path).collect()
}

#[test]
fn nothing_outside_of_the_project_is_embedded() {
    assert_eq!(seen(&[]), [""; 0]);
    let said = said(&[]);
    for path in ["/etc/passwd", "/home/me/.ssh", "/srv/app/secret"] {
        assert!(said.contains(path), "{path} is named in the report");
    }
    assert!(said.contains("--allow-outside"), "the report names the flag");
}

#[test]
fn a_flag_admits_what_it_names_and_nothing_else() {
    assert_eq!(seen(&["../secret"]), ["/srv/app/secret/token"]);
    assert_eq!(seen(&["/srv/app/secret"]), ["/srv/app/secret/token"]);
    assert_eq!(seen(&["/etc"]), ["/etc/passwd"]);
    assert_eq!(seen(&["/srv/app/other"]), ["/srv/app/other/Dockerfile"]);
    assert_eq!(seen(&["/home/me/.ssh"]), ["/home/me/.ssh/id_rsa", "/home/me/.ssh/config"]);
    assert_eq!(seen(&["/nowhere"]), [""; 0]);
}
