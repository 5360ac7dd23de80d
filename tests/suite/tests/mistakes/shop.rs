//! A small project in, its objects and fates out.

use std::path::Path as FilePath;

use serde_json::Value;
use windlass_convert::Conversion;
use windlass_k8s::{Kind, Object};
use windlass_source::MemoryFileSystem;
use windlass_suite::conversion::Project;
use windlass_suite::invariants::{lookup, violations, written};
use windlass_yaml::Path;

pub(crate) struct Shop {
    files: MemoryFileSystem,
    project: Project,
}

/// A project called `shop` with these services (YAML in flow style, without the outer braces) and whatever else there is.
pub(crate) fn services(text: &str) -> Shop {
    shop(&format!("services: {{ {text} }}\n"))
}

pub(crate) fn shop(text: &str) -> Shop {
    let mut files = MemoryFileSystem::new();
    files.insert("/srv/shop/compose.yaml", text, 0o644);
    Shop { files, project: Project { directory: "/srv/shop".into(), ..Project::default() } }
}

impl Shop {
    /// A file below the project, or anywhere by an absolute path.
    pub(crate) fn file(mut self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.files.insert(FilePath::new("/srv/shop").join(path), content, 0o644);
        self
    }

    /// Converts; what holds of every conversion has to hold.
    pub(crate) fn convert(self) -> Result {
        let loaded = self.project.load(&self.files);
        assert!(loaded.is_ok(), "{:?}", loaded.diagnostics);
        let conversion = self.project.convert_loaded(&loaded, &self.files);
        let wrong = violations(&loaded, &conversion);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        Result { conversion }
    }
}

pub(crate) struct Result {
    pub(crate) conversion: Conversion,
}

impl Result {
    /// `KIND/NAME` of every object of a kind, or of every object.
    pub(crate) fn names(&self, kind: Option<Kind>) -> Vec<String> {
        let objects = self.conversion.objects.iter().filter(|object| kind.is_none_or(|kind| object.kind() == kind));
        objects.map(|object| object.reference().to_string()).collect()
    }

    /// `KIND/NAME`, where a name that ends in `*` may go on.
    pub(crate) fn object(&self, reference: &str) -> &Object {
        let fits = |object: &&Object| {
            let found = object.reference().to_string();
            reference.strip_suffix('*').map_or(found == reference, |start| found.starts_with(start))
        };
        self.conversion.objects.iter().find(fits).unwrap_or_else(|| panic!("no {reference} among {:?}", self.names(None)))
    }

    /// A field; null where there is none.
    pub(crate) fn field(&self, reference: &str, path: &str) -> Value {
        lookup(&written(self.object(reference)), &Path::parse(path)).cloned().unwrap_or_default()
    }

    /// A field of the pod of a workload.
    pub(crate) fn pod(&self, reference: &str, path: &str) -> Value {
        self.field(reference, &format!("spec.template.spec.{path}"))
    }

    /// A field of the first container of a workload.
    pub(crate) fn container(&self, reference: &str, path: &str) -> Value {
        self.pod(reference, &format!("containers[0].{path}"))
    }

    /// The value of a variable of a workload's first container, as the process sees it.
    pub(crate) fn variable(&self, reference: &str, name: &str) -> Option<String> {
        let variables = self.container(reference, "env");
        let variable = variables.as_array()?.iter().find(|variable| variable["name"] == name)?.clone();
        variable["value"].as_str().map(str::to_owned)
    }

    /// `fate: message` of each leaf at or beneath a path.
    pub(crate) fn fates(&self, path: &str) -> Vec<String> {
        let path = Path::parse(path);
        let entries = self.conversion.report.attributes().filter(|entry| path.contains(&entry.path));
        entries.map(|entry| format!("{}: {}", entry.fate.as_str(), entry.message)).collect()
    }

    /// Every object as YAML.
    pub(crate) fn text(&self) -> String {
        windlass_k8s::write::yaml(self.conversion.objects.iter(), None)
    }
}
