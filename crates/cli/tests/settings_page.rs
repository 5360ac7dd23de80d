//! The example of `docs/settings.md` is true: the binary takes every setting of it, and each shows in what comes out.
#![expect(clippy::disallowed_methods, reason = "reads the document and runs the binary")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const PROJECT: &str = "\
services:
  web: { image: 'example/web:1', ports: ['80:80'], environment: { DB_PASSWORD: hunter2hunter2 } }
  worker: { build: . }
  admin: { image: 'example/admin:1', ports: ['8080:8080'] }
";

fn windlass(directory: &Path, arguments: &[&str]) -> Output {
    let mut windlass = Command::new(env!("CARGO_BIN_EXE_windlass"));
    windlass.current_dir(directory).env_clear().args(arguments).output().expect("the binary runs")
}

#[test]
fn the_settings_of_the_page_are_taken_and_show_in_the_objects() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/settings.md");
    let page = fs::read_to_string(page).expect("there is a page");
    let settings = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let directory = tempfile::tempdir().expect("a temporary directory");
    fs::write(directory.path().join("compose.yaml"), PROJECT).expect("writable");
    fs::write(directory.path().join("Dockerfile"), "FROM debian:13\nUSER 1000\nCMD [\"work\"]\n").expect("writable");
    let convert = || windlass(directory.path(), &["convert", "-q"]);
    let before = String::from_utf8(convert().stdout).expect("text");
    fs::create_dir(directory.path().join("small")).expect("writable");
    fs::write(directory.path().join("small/compose.yaml"), "services: { web: { image: 'nginx:1.27' } }\n").expect("writable");
    let audit = || windlass(&directory.path().join("small"), &["audit", "-q"]).status.code();
    let gate = audit();
    fs::write(directory.path().join("windlass.yaml"), settings).expect("writable");
    let output = convert();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let after = String::from_utf8(output.stdout).expect("text");
    for part in
        ["namespace: shop", "replicas: 3", "replicas: 2", "image: registry.example.com/shop/", "kind: Ingress", "kind: ExternalSecret"]
    {
        assert!(after.contains(part) && !before.contains(part), "{part}\n{after}");
    }
    assert!(!after.contains("kind: Secret\n") && before.contains("kind: Secret\n"), "{after}");
    // The gate is stricter than without the file.
    assert_eq!((gate, audit()), (Some(0), Some(1)));
}
