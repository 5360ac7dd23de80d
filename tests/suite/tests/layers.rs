//! The rooms and who may use whom.

use std::collections::BTreeMap;

use windlass_testkit::workspace;

/// Room → layer. A room uses rooms of lower layers only; two of one layer do not know each other.
const LAYERS: [(&str, u8); 14] = [
    ("windlass-source", 0),
    ("windlass-yaml", 1),
    ("windlass-dockerfile", 1),
    ("windlass-compose", 2),
    ("windlass-conf", 2),
    ("windlass-images", 2),
    ("windlass-k8s", 2),
    ("windlass-audit", 3),
    ("windlass-convert", 3),
    ("windlass-crd", 3),
    ("windlass-emit", 4),
    ("windlass-report", 4),
    ("windlass", 5),
    ("windlass-operator", 5),
];

/// Tools and tests may use any room; no room uses them but in its tests.
const TOOLS: [&str; 3] = ["windlass-testkit", "windlass-suite", "xtask"];

#[test]
fn a_room_uses_only_rooms_of_lower_layers() {
    let metadata = cargo_metadata::MetadataCommand::new().current_dir(workspace()).no_deps().exec().expect("cargo metadata works");
    let layers: BTreeMap<&str, u8> = LAYERS.into_iter().collect();
    let mut offences = Vec::new();
    for package in &metadata.packages {
        let name = package.name.as_str();
        if TOOLS.contains(&name) {
            continue;
        }
        let Some(layer) = layers.get(name) else {
            offences.push(format!("`{name}` has no layer"));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|dependency| dependency.path.is_some()) {
            let for_tests = dependency.kind == cargo_metadata::DependencyKind::Development;
            let lower = layers.get(dependency.name.as_str()).is_some_and(|other| other < layer);
            if !lower && !for_tests {
                offences.push(format!("`{name}` must not use `{}`", dependency.name));
            }
        }
    }
    assert!(offences.is_empty(), "{offences:#?}");
}
