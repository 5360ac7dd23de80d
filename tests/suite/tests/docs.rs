//! Examples in the documents are true.
#![expect(clippy::disallowed_methods, reason = "tests read the documents")]

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
