//! Compose text in, objects and fates out, for the tests of this room.
//!
//! The text is loaded as the command line loads it, from `/project/compose.yaml`.

mod corpus;
pub(crate) mod soundness;

use std::collections::BTreeMap;
use std::path::Path as FilePath;

use smol_str::SmolStr;
use windlass_compose::Request;
use windlass_k8s::write::{Canonical, tree};
use windlass_k8s::{Kind, Object};
use windlass_source::MemoryFileSystem;
use windlass_yaml::{Node, Path, Segment};

use crate::{Conversion, Input, Options, convert};

/// A project to convert.
pub(crate) struct Case {
    files: MemoryFileSystem,
    options: Options,
    profiles: Vec<String>,
    variables: BTreeMap<SmolStr, SmolStr>,
}

/// A project called `shop`.
pub(crate) fn project(text: &str) -> Case {
    Case {
        files: MemoryFileSystem::new().with_file("/project/compose.yaml", text),
        options: Options::default(),
        profiles: Vec::new(),
        variables: BTreeMap::new(),
    }
}

impl Case {
    /// A file below `/project`, or anywhere by an absolute path.
    pub(crate) fn file(mut self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.files.insert(FilePath::new("/project").join(path), content, 0o644);
        self
    }

    /// Anything else of the file system.
    pub(crate) fn files(mut self, change: impl FnOnce(&mut MemoryFileSystem)) -> Self {
        change(&mut self.files);
        self
    }

    /// Other choices.
    pub(crate) fn options(mut self, change: impl FnOnce(&mut Options)) -> Self {
        change(&mut self.options);
        self
    }

    /// A profile that is on.
    pub(crate) fn profile(mut self, name: &str) -> Self {
        self.profiles.push(name.to_owned());
        self
    }

    /// A variable that the project is read with.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// Converts. What [`soundness`] says has to hold.
    pub(crate) fn convert(self) -> Outcome {
        let (conversion, tree) = self.try_convert().expect("the project can be read");
        let problems = soundness::problems(&conversion, &tree);
        assert!(problems.is_empty(), "{}", problems.join("\n"));
        Outcome { conversion }
    }

    /// The conversion with the project's tree; `None`, after saying why, when the text is no project.
    pub(crate) fn try_convert(self) -> Option<(Conversion, Node)> {
        self.read(|input| (convert(input), input.tree.clone()))
    }

    /// What is seen of the first service.
    pub(crate) fn service<T>(self, look: impl FnOnce(&windlass_compose::model::Service) -> T) -> T {
        let look = |input: &Input<'_>| input.project.services.first().map(look);
        self.read(look).flatten().expect("the project has a service")
    }

    /// What the project keeps.
    pub(crate) fn contents(self) -> crate::contents::Contents {
        self.read(crate::contents::Contents::of).expect("the project can be read")
    }

    /// What `look` makes of the loaded project; `None`, after saying why, when the text is no project.
    fn read<T>(self, look: impl FnOnce(&Input<'_>) -> T) -> Option<T> {
        let mut request = Request::new("/project");
        request.project_name = Some("shop".to_owned());
        request.profiles.clone_from(&self.profiles);
        request.environment = self.variables.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let loaded = windlass_compose::load(&request, &self.files);
        if !loaded.is_ok() {
            println!("{:?}", loaded.diagnostics);
            return None;
        }
        Some(look(&Input {
            project: &loaded.project,
            tree: &loaded.tree,
            directory: &loaded.directory,
            files: &self.files,
            variable: &|name| loaded.environment.get(name).map(|variable| variable.value.clone()),
            options: &self.options,
        }))
    }
}

/// What a conversion gave.
pub(crate) struct Outcome {
    pub(crate) conversion: Conversion,
}

impl Outcome {
    fn object(&self, name: &str) -> &Object {
        let (kind, name) = name.split_once('/').expect("KIND/NAME");
        let kind = Kind::parse(kind).expect("a kind");
        // A name may end in a hash, which `*` stands for.
        let fits = |object: &&Object| match name.strip_suffix('*') {
            Some(start) => object.name().starts_with(start),
            None => object.name() == name,
        };
        let found = self.conversion.objects.of_kind(kind).find(fits);
        found.unwrap_or_else(|| panic!("no {kind}/{name} among {:?}", self.names()))
    }

    /// `KIND/NAME` of every object.
    pub(crate) fn names(&self) -> Vec<String> {
        self.conversion.objects.iter().map(|object| object.reference().to_string()).collect()
    }

    /// An object as YAML: `yaml("Deployment/web")`; a name may end in `*`.
    pub(crate) fn yaml(&self, object: &str) -> String {
        windlass_yaml::to_string(&Canonical(&self.object(object).resource)).expect("objects can be written")
    }

    /// One field as YAML: `field("Deployment/web", "spec.replicas")`; `null` when it is not there.
    pub(crate) fn field(&self, object: &str, path: &str) -> String {
        let value = tree(&self.object(object).resource);
        let nothing = Node::default();
        let field = descend(&value, &Path::parse(path)).unwrap_or(&nothing);
        windlass_yaml::to_string(field).expect("values can be written")
    }

    /// A field of the pod's spec of a workload: `pod("Deployment/web", "containers[0].env")`.
    pub(crate) fn pod(&self, object: &str, path: &str) -> String {
        self.field(object, &format!("spec.template.spec.{path}"))
    }

    /// The fates of all leaves whose path begins so: `path: fate → place, place (message)`.
    pub(crate) fn fates(&self, start: &str) -> String {
        let mut lines = Vec::new();
        for entry in self.conversion.report.attributes() {
            let path = entry.path.to_string();
            if !path.starts_with(start) {
                continue;
            }
            let mut line = format!("{path}: {}", entry.fate.as_str());
            for (index, becomes) in entry.becomes.iter().enumerate() {
                line.push_str(if index == 0 { " → " } else { ", " });
                line.push_str(&becomes.to_string());
            }
            if !entry.message.is_empty() {
                line.push_str(&format!(" ({})", entry.message));
            }
            lines.push(line);
        }
        lines.join("\n")
    }

    /// What was filled in for services: `Object path = value (because; flag)`.
    pub(crate) fn inferred(&self) -> String {
        let all = self.conversion.report.services.iter().flat_map(|service| &service.inferred);
        let lines: Vec<_> =
            all.map(|guess| format!("{} {} = {} ({}; {})", guess.object, guess.path, guess.value, guess.because, guess.flag)).collect();
        lines.join("\n")
    }

    /// `code: message` of every diagnostic.
    pub(crate) fn diagnostics(&self) -> Vec<String> {
        self.conversion.diagnostics.iter().map(|diagnostic| format!("{}: {}", diagnostic.code, diagnostic.message)).collect()
    }
}

fn descend<'a>(value: &'a Node, path: &Path) -> Option<&'a Node> {
    path.segments().into_iter().try_fold(value, |value, segment| match segment {
        Segment::Key(key) => value.get(key.as_str()),
        Segment::Index(index) => value.as_sequence()?.get(index),
    })
}

#[test]
fn a_small_project_is_converted() {
    let outcome = project("services: { web: { image: nginx:1.27, restart: always } }").variable("A", "b").file("a", "b").convert();
    assert!(outcome.names().contains(&"Deployment/web".to_owned()), "{:?}", outcome.names());
    assert_eq!(outcome.pod("Deployment/web", "containers[0].image"), "nginx:1.27\n");
    assert_eq!(outcome.fates("services.web.image"), "services.web.image: mapped → Deployment/web spec.template.spec.containers[0].image");
}
