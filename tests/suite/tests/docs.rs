//! Examples in the documents are true.
#![expect(clippy::disallowed_methods, reason = "tests read the documents")]

use windlass_source::MemoryFileSystem;
use windlass_suite::conversion::Project;
use windlass_testkit::workspace;

/// The `yaml` blocks of a document.
fn blocks(text: &str) -> Vec<&str> {
    text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn the_readme_shows_what_the_guestbook_becomes() {
    let readme = std::fs::read_to_string(workspace().join("README.md")).expect("there is a README");
    let directory = workspace().join("examples/guestbook");
    let compose = std::fs::read_to_string(directory.join("compose.yaml")).expect("the example exists");
    let [before, after] = blocks(&readme)[..] else { panic!("README.md shows one file before and after") };
    assert!(compose.contains(before), "not in the example:\n{before}");
    let (_, conversion) = Project { directory, ..Project::default() }.convert();
    let written = windlass_k8s::write::yaml(conversion.objects.iter(), None);
    // `# …` stands for lines that are left out.
    for part in after.split("# …\n") {
        assert!(written.contains(part.trim_end_matches(' ')), "not what `windlass convert` prints:\n{part}\n\nit prints:\n{written}");
    }
}

/// The objects of a compose file, as they are written.
fn converted(compose: &str) -> String {
    let files = MemoryFileSystem::new().with_file("/shop/compose.yaml", compose);
    let project = Project { directory: "/shop".into(), ..Project::default() };
    let loaded = project.load(&files);
    assert!(loaded.is_ok(), "{:?}\n{compose}", loaded.diagnostics);
    windlass_k8s::write::yaml(project.convert_loaded(&loaded, &files).objects.iter(), None)
}

#[test]
fn the_examples_of_x_windlass_become_what_the_page_shows() {
    let page = std::fs::read_to_string(workspace().join("docs/x-windlass.md")).expect("there is a page");
    let blocks = blocks(&page);
    assert!(blocks.len() >= 4 && blocks.len() % 2 == 0, "files before and after");
    for pair in blocks.chunks(2) {
        let written = converted(pair[0]);
        for part in pair[1].split("# …\n") {
            assert!(written.contains(part), "not what `windlass convert` prints:\n{part}\n\nit prints:\n{written}");
        }
    }
}

#[test]
fn the_page_of_x_windlass_has_every_setting() {
    let page = std::fs::read_to_string(workspace().join("docs/x-windlass.md")).expect("there is a page");
    let schema = serde_json::from_str(&windlass_compose::model::x_windlass_schema()).expect("the schema is JSON");
    let mut settings = Vec::new();
    described(&schema, &mut settings);
    assert!(settings.len() > 40, "{settings:?}");
    for (key, description) in settings {
        let row = page.lines().any(|line| line.starts_with(&format!("| `{key}` |")) && line.ends_with(&format!("| {description} |")));
        assert!(row, "docs/x-windlass.md has no row for `{key}`: {description}");
    }
}

/// The properties of a schema that have a description.
fn described(schema: &serde_json::Value, settings: &mut Vec<(String, String)>) {
    match schema {
        serde_json::Value::Object(map) => {
            for (key, value) in map.get("properties").and_then(serde_json::Value::as_object).into_iter().flatten() {
                if let Some(description) = value.get("description").and_then(serde_json::Value::as_str) {
                    settings.push((key.clone(), description.to_owned()));
                }
            }
            map.values().for_each(|value| described(value, settings));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|value| described(value, settings)),
        _ => {}
    }
}
