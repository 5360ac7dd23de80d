//! A Stack and the sources that it names, as a compose project in memory. Pure: what the sources hold was read before.
//!
//! The project has the files of the Stack and no others: no path leads out of memory, and no variable is seen that the Stack or its
//! sources do not set.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use windlass_compose::{Loaded, Request};
use windlass_crd::v1alpha1::{ServiceOverride, Stack, StackSpec, project_name};
use windlass_source::{Code, Diagnostic, FileKind, FileSystem as _, MemoryFileSystem, normalize};

/// The project's directory.
pub const DIRECTORY: &str = "/stack";

/// The file that `spec.overrides` becomes.
const OVERRIDES: &str = "overrides.json";

const UNKNOWN_SERVICE: Code = Code("stack::unknown-service");
const FILE_PATH: Code = Code("stack::file-path");

/// What the ConfigMaps and Secrets hold that a Stack names, in the order of the Stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// `composeFrom`.
    pub compose: Vec<String>,
    /// `filesFrom`: the path within the project, and the content.
    pub files: Vec<(String, Vec<u8>)>,
    /// `variablesFrom`.
    pub variables: Vec<(String, String)>,
}

/// A loaded project and the files that it may read.
#[derive(Debug)]
pub struct Project {
    /// What was loaded; errors are among its diagnostics.
    pub loaded: Loaded,
    /// Everything that can be read.
    pub files: MemoryFileSystem,
}

/// Loads the project of a Stack, as `windlass convert -p NAME` does in a directory with the same files.
pub fn load(stack: &Stack, sources: Sources) -> Project {
    let spec = &stack.spec;
    let mut files = MemoryFileSystem::new();
    files.insert_directory(DIRECTORY);
    let mut wrong = Vec::new();
    let own = spec.files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes()));
    let executables: BTreeSet<PathBuf> = spec.executables.iter().filter_map(|path| within(path)).collect();
    for (path, content) in sources.files.into_iter().chain(own) {
        match within(&path) {
            Some(full) => {
                let mode = if executables.contains(&full) { 0o755 } else { 0o644 };
                files.insert(full, content, mode);
            }
            None => wrong.push(
                Diagnostic::error(FILE_PATH, format!("`{path}` is not a path within the project"))
                    .help("write it relative to the compose file: `./conf/app.conf`"),
            ),
        }
    }
    wrong.extend(no_files(spec, &files));

    let mut request = Request::new(DIRECTORY);
    let texts = spec.compose.iter().cloned().chain(sources.compose);
    for (index, text) in texts.enumerate() {
        let name = if index == 0 { "compose.yaml".to_owned() } else { format!("compose.{}.yaml", index + 1) };
        let name = free(&files, name);
        files.insert(Path::new(DIRECTORY).join(&name), text, 0o644);
        request.files.push(name);
    }
    if let Some(text) = overrides(spec) {
        let name = free(&files, OVERRIDES.to_owned());
        files.insert(Path::new(DIRECTORY).join(&name), text, 0o644);
        request.files.push(name);
    }
    request.profiles.clone_from(&spec.profiles);
    request.environment = sources.variables.into_iter().chain(spec.variables.clone()).collect::<BTreeMap<_, _>>();
    let given = request.environment.get("COMPOSE_PROJECT_NAME").map(String::as_str);
    request.project_name = stack.metadata.name.as_deref().map(|name| project_name(name, given).to_owned());

    let mut loaded = windlass_compose::load(&request, &files);
    wrong.extend(unknown_services(spec, &loaded));
    loaded.diagnostics.extend(wrong);
    Project { loaded, files }
}

/// A name that no file of the project has: another one may extend that file.
fn free(files: &MemoryFileSystem, mut name: String) -> String {
    while files.metadata(&Path::new(DIRECTORY).join(&name)).is_some() {
        name.insert_str(0, "stack.");
    }
    name
}

/// The full path of a project's file; `None` when it would stand outside.
fn within(path: &str) -> Option<PathBuf> {
    let full = normalize(&Path::new(DIRECTORY).join(path));
    (!path.starts_with('/') && full.starts_with(DIRECTORY) && full != Path::new(DIRECTORY)).then_some(full)
}

/// A path that is mistyped would leave a script without its mode.
fn no_files(spec: &StackSpec, files: &MemoryFileSystem) -> impl Iterator<Item = Diagnostic> {
    let is_file = |path: &str| within(path).and_then(|full| files.metadata(&full)).is_some_and(|found| found.kind == FileKind::File);
    let missing = spec.executables.iter().filter(move |path| !is_file(path));
    missing.map(|path| {
        Diagnostic::error(FILE_PATH, format!("`spec.executables` has `{path}`, and the Stack has no such file"))
            .help("name a file of `files` or `filesFrom`")
    })
}

/// The overrides as a compose file that is merged last. Replicas are not among them: they are an option of the conversion.
fn overrides(spec: &StackSpec) -> Option<String> {
    let services = &spec.overrides.as_ref()?.services;
    let mut written = Map::new();
    for (name, ServiceOverride { image, replicas: _, environment }) in services {
        let mut service = Map::new();
        if let Some(image) = image {
            service.insert("image".into(), literal(image));
        }
        if !environment.is_empty() {
            let environment: Map<_, _> = environment.iter().map(|(name, value)| (name.clone(), literal(value))).collect();
            service.insert("environment".into(), environment.into());
        }
        if !service.is_empty() {
            written.insert(name.clone(), service.into());
        }
    }
    (!written.is_empty()).then(|| json!({ "services": written }).to_string())
}

/// A text in which no variable is replaced.
fn literal(text: &str) -> Value {
    text.replace('$', "$$").into()
}

/// An override for a service that no compose file has would make a service of its own.
fn unknown_services(spec: &StackSpec, loaded: &Loaded) -> Vec<Diagnostic> {
    let names = spec.overrides.iter().flat_map(|overrides| overrides.services.keys());
    let written = |name: &str| {
        let overridden_only =
            |origin: &windlass_source::Origin| origin.span().is_some_and(|span| loaded.sources.file(span.file).name().ends_with(OVERRIDES));
        let enabled = loaded.project.services.iter().find(|service| service.name.value == name);
        enabled.is_some_and(|service| !overridden_only(&service.name.origin)) || loaded.disabled.get(name).is_some()
    };
    names
        .filter(|name| loaded.is_ok() && !written(name))
        .map(|name| {
            Diagnostic::error(UNKNOWN_SERVICE, format!("`spec.overrides.services` has `{name}`, and the compose file has not"))
                .help("name a service of the compose file")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(spec: Value) -> Stack {
        let mut spec = spec;
        spec["serviceAccountName"] = "deployer".into();
        Stack::new("shop", serde_json::from_value(spec).unwrap())
    }

    fn errors(spec: Value) -> String {
        let project = load(&stack(spec), Sources::default());
        super::super::status::errors(&project.loaded.diagnostics, &project.loaded.sources)
    }

    #[test]
    fn no_file_and_no_variable_of_the_operator_can_be_named() {
        for path in ["/etc/passwd", "../../proc/self/environ", "~/.bashrc", "/var/run/secrets/kubernetes.io/serviceaccount/token"] {
            let told = errors(json!({ "compose": format!("services: {{ web: {{ image: a, env_file: ['{path}'] }} }}") }));
            assert!(told.contains("compose.yaml:1"), "{path}: {told}");
            let told = errors(json!({ "compose": format!("include: ['{path}']\nservices: {{ web: {{ image: a }} }}") }));
            assert!(!told.is_empty(), "{path}");
            let told = errors(json!({ "compose": "services: { web: { image: a } }", "files": { path: "x" } }));
            assert_eq!(told.is_empty(), path.starts_with('~'), "{path}: {told}");
        }
        let told = errors(json!({ "compose": "include: ['https://example.com/compose.yaml']\nservices: { web: { image: a } }" }));
        assert!(!told.is_empty());
        // `PATH` is set wherever this runs.
        let told = errors(json!({ "compose": "services: { web: { image: '${PATH:?}' } }" }));
        assert!(told.contains("PATH"), "{told}");
    }

    #[test]
    fn overrides_are_literal_and_only_for_services_that_are_there() {
        let compose = "services: { web: { image: 'nginx:${TAG}' }, off: { image: b, profiles: [x] } }";
        let of = |service: &str| json!({ "compose": compose, "variables": { "TAG": "1" }, "overrides": { "services": { service: { "image": "a$TAG" } } } });
        assert!(errors(of("wep")).contains("`spec.overrides.services` has `wep`"), "{}", errors(of("wep")));
        assert_eq!(errors(of("off")), "");
        let project = load(&stack(of("web")), Sources::default());
        let image = project.loaded.project.service("web").and_then(|service| service.image.as_ref()).map(|image| image.value.to_string());
        assert_eq!(image.as_deref(), Some("a$TAG"));
    }

    #[test]
    fn a_script_is_executable_where_the_stack_says_so() {
        let compose = "services: { web: { image: nginx } }";
        let spec = |path: &str| json!({ "compose": compose, "files": { "./bin/run.sh": "", "./a.conf": "" }, "executables": [path] });
        let project = load(&stack(spec("bin/run.sh")), Sources::default());
        let mode = |path: &str| project.files.metadata(&Path::new(DIRECTORY).join(path)).map(|found| found.mode);
        assert_eq!((mode("bin/run.sh"), mode("a.conf")), (Some(0o755), Some(0o644)));
        assert!(errors(spec("run.sh")).contains("`spec.executables` has `run.sh`"), "{}", errors(spec("run.sh")));
    }

    #[test]
    fn the_project_has_the_name_that_the_stack_is_called_after() {
        for (given, name) in [("my_shop", "my_shop"), ("my-shop", "my-shop"), ("other_shop", "my-shop"), ("", "my-shop")] {
            let spec = json!({ "compose": "name: shop", "variables": { "COMPOSE_PROJECT_NAME": given }, "serviceAccountName": "a" });
            let stack = Stack::new("my-shop", serde_json::from_value(spec).unwrap());
            assert_eq!(load(&stack, Sources::default()).loaded.project.name.as_str(), name, "{given}");
        }
    }

    #[test]
    fn a_file_of_the_project_may_be_called_as_a_compose_text_would_be() {
        let spec = json!({
            "compose": "services: { web: { extends: { file: compose.yaml, service: base }, image: 'nginx:2' } }",
            "files": { "./compose.yaml": "services: { base: { image: 'nginx:1', user: kept } }", "./overrides.json": "{}" },
            "overrides": { "services": { "web": { "image": "nginx:3" } } },
        });
        let project = load(&stack(spec), Sources::default());
        assert!(project.loaded.is_ok(), "{:?}", project.loaded.diagnostics);
        let tree = format!("{:?}", project.loaded.tree);
        assert!(tree.contains("nginx:3") && tree.contains("kept"), "{tree}");
    }

    #[test]
    fn what_the_stack_says_itself_wins_over_its_sources() {
        let spec = json!({
            "compose": "services: { web: { image: 'nginx:${TAG}', env_file: [web.env] } }",
            "variables": { "TAG": "2" }, "files": { "./web.env": "FROM=stack" },
        });
        let sources = Sources {
            files: vec![("web.env".into(), b"FROM=source".to_vec())],
            variables: vec![("TAG".into(), "1".into())],
            ..Sources::default()
        };
        let project = load(&stack(spec), sources);
        assert!(project.loaded.is_ok(), "{:?}", project.loaded.diagnostics);
        let tree = format!("{:?}", project.loaded.tree);
        assert!(tree.contains("nginx:2") && tree.contains("\"stack\"") && !tree.contains("\"source\""), "{tree}");
    }
}
