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
    assert!(blocks.len() >= 4 && blocks.len().is_multiple_of(2), "files before and after");
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

/// Every test in the tree: file, from the root, and name.
fn tests() -> Vec<(String, String)> {
    let root = workspace();
    let mut found = Vec::new();
    let mut pending = vec![root.join("crates"), root.join("tests")];
    while let Some(next) = pending.pop() {
        for entry in std::fs::read_dir(next).expect("readable").flatten() {
            let path = entry.path();
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("readable");
                let file = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().into_owned();
                let parts = text.split("#[test]\n").skip(1);
                let names = parts.filter_map(|part| part.split_once("fn ")?.1.split_once("()").map(|(name, _)| name.to_owned()));
                found.extend(names.map(|name| (file.clone(), name)));
            }
        }
    }
    found
}

#[test]
fn the_comparison_names_tests_that_exist_and_all_that_were_written_for_it() {
    let text = std::fs::read_to_string(workspace().join("docs/comparison.md")).expect("there is a comparison");
    let tests = tests();
    let mut named = Vec::new();
    let mut wrong = Vec::new();
    for line in text.lines().filter(|line| line.starts_with("| ") && line.ends_with(" |") && !line.ends_with("| test |")) {
        let cell = line.trim_end_matches(" |").rsplit(" | ").next().unwrap_or_default();
        let words: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
        let file = words.iter().find(|word| word.contains('/'));
        let names: Vec<&str> = words.iter().filter(|word| !word.contains('/')).copied().collect();
        if names.is_empty() {
            wrong.push(format!("no test: {line}"));
        }
        for name in names {
            let folder = file.filter(|file| file.ends_with(".rs")).map_or("", |file| file);
            let stands =
                |path: &str| if file.is_none() { path.starts_with("tests/suite/tests/mistakes/") } else { path.starts_with(folder) };
            if !tests.iter().any(|(path, test)| test == name && stands(path)) {
                wrong.push(format!("there is no test `{name}` where it should be: {line}"));
            }
            named.push(name.to_owned());
        }
    }
    for (path, test) in tests.iter().filter(|(path, _)| path.starts_with("tests/suite/tests/mistakes/")) {
        if !named.contains(test) {
            wrong.push(format!("docs/comparison.md does not name `{test}` of {path}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(named.len() > 80, "only {} tests are named", named.len());
}
