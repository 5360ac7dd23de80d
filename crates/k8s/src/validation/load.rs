//! Which files hold manifests: those that are named, and in directories everything that ends in `.yaml`, `.yml` or `.json`, but for
//! charts' templates and kustomizations' patches, which are manifests only once their tools made them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use windlass_source::{Code, Diagnostic, FileKind, FileSystem, normalize};
use windlass_yaml::{Budget, Node, decode, parse};

use super::Input;
use crate::view::{Fields as _, text};

/// What is to be read.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Files and directories; `-` is standard input.
    pub paths: Vec<PathBuf>,
    /// What stands on standard input.
    pub standard_input: Option<Vec<u8>>,
}

const READ: Code = Code("validate::read");
/// The most bytes of one file.
const LIMIT: u64 = 16 << 20;
/// Directories inside one another; links that lead back end here.
const DEPTH: usize = 32;
const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Reads the files of a request.
pub fn load(request: &Request, files: &dyn FileSystem) -> Input {
    let mut walk = Walk { files, input: Input::default(), seen: BTreeSet::new() };
    for path in &request.paths {
        if path.as_os_str() == "-" {
            walk.text("<stdin>", request.standard_input.clone().unwrap_or_default(), true);
            continue;
        }
        match files.metadata(path).map(|metadata| metadata.kind) {
            Some(FileKind::Directory) => walk.directory(path, 0),
            _ => walk.file(path, true),
        }
    }
    walk.input
}

struct Walk<'f> {
    files: &'f dyn FileSystem,
    input: Input,
    /// Files that were read: two paths may lead to one.
    seen: BTreeSet<PathBuf>,
}

impl Walk<'_> {
    fn directory(&mut self, path: &Path, depth: usize) {
        let entries = match self.files.list(path) {
            Ok(entries) => entries,
            Err(error) => return self.unreadable(path, &error.to_string()),
        };
        if depth > DEPTH {
            return self.unreadable(path, "too many directories stand inside one another; does a link lead back?");
        }
        let has = |name: &str| entries.iter().any(|entry| entry.name == name);
        let is_chart = has("Chart.yaml");
        if is_chart {
            self.chart(path);
        }
        let mut patches = BTreeSet::new();
        if let Some(name) = KUSTOMIZATIONS.into_iter().find(|name| has(name)) {
            patches = self.kustomization(path, name);
        }
        for entry in &entries {
            let inner = normalize(&path.join(&entry.name));
            let Some(metadata) = entry.metadata else { continue };
            match metadata.kind {
                FileKind::Directory => {
                    let is_left_out =
                        entry.name.starts_with('.') || entry.name == "node_modules" || (is_chart && entry.name == "templates");
                    if !is_left_out {
                        self.directory(&inner, depth + 1);
                    }
                }
                FileKind::File => {
                    let extension = inner.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
                    let is_of_chart = is_chart && (entry.name == "Chart.yaml" || entry.name.starts_with("values"));
                    let is_of_a_tool = is_of_chart || KUSTOMIZATIONS.contains(&entry.name.as_str()) || patches.contains(&inner);
                    if matches!(extension, "yaml" | "yml" | "json") && !is_of_a_tool {
                        self.file(&inner, false);
                    }
                }
                FileKind::Special => {}
            }
        }
    }

    fn file(&mut self, path: &Path, is_named: bool) {
        let clean = normalize(path);
        if !self.seen.insert(clean.clone()) {
            return;
        }
        match self.files.read(&clean, LIMIT) {
            Ok(bytes) => self.text(&clean.display().to_string(), bytes, is_named),
            Err(error) => self.unreadable(&clean, &error.to_string()),
        }
    }

    fn text(&mut self, name: &str, bytes: Vec<u8>, is_named: bool) {
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => match decode(error.as_bytes()) {
                Ok(text) => text.into_owned(),
                Err(error) => return self.unreadable(Path::new(name), &error.to_string()),
            },
        };
        let file = self.input.sources.add(name, text);
        self.input.files.push(file);
        if is_named {
            self.input.named.push(file);
        }
    }

    fn unreadable(&mut self, path: &Path, reason: &str) {
        self.input.diagnostics.push(Diagnostic::error(READ, format!("`{}` can't be read", path.display())).because(reason));
    }

    fn chart(&mut self, path: &Path) {
        let told =
            Diagnostic::warning(Code("validate::chart"), format!("`{}` is a Helm chart; its templates are not checked", path.display()));
        self.input.diagnostics.push(told.help(format!("run `helm template {} | windlass validate -`", path.display())));
    }

    /// Says how to look at what a kustomization makes. Gives its patches, which are parts of manifests.
    fn kustomization(&mut self, directory: &Path, name: &str) -> BTreeSet<PathBuf> {
        let shown = directory.display();
        let told = Diagnostic::note(Code("validate::kustomization"), format!("`{shown}` is a kustomization; what it makes is not checked"));
        self.input.notes.push(told.help(format!("run `kustomize build {shown} | windlass validate -`")));
        let Ok(bytes) = self.files.read(&normalize(&directory.join(name)), LIMIT) else { return BTreeSet::new() };
        let Ok(text) = decode(&bytes) else { return BTreeSet::new() };
        // The place is of no use: what stands there is kustomize's affair.
        let file = windlass_source::SourceMap::new().add(name, "");
        let parsed = parse(file, &text, &Budget::default());
        let Some(root) = parsed.documents.first().map(|document| &document.root) else { return BTreeSet::new() };
        patches(root).map(|path| normalize(&directory.join(path))).collect()
    }
}

/// The files of a kustomization that are no whole manifests.
fn patches(root: &Node) -> impl Iterator<Item = &str> {
    const LISTS: [&str; 7] =
        ["patches", "patchesStrategicMerge", "patchesJson6902", "configurations", "transformers", "generators", "replacements"];
    LISTS.iter().flat_map(|list| root.items(list)).filter_map(|item| text(item).or_else(|| item.text("path")))
}

#[cfg(test)]
mod tests {
    use windlass_source::MemoryFileSystem;

    use super::*;
    use crate::schema::Version;
    use crate::validation::{Validation, validate};
    use crate::validity::Status;

    fn names(files: &[(&str, &str)], paths: &[&str]) -> (Vec<String>, Vec<String>) {
        let system = files.iter().fold(MemoryFileSystem::new(), |system, (path, text)| system.with_file(path, *text));
        let input = load(&Request { paths: paths.iter().map(PathBuf::from).collect(), standard_input: Some(b"a: 1".to_vec()) }, &system);
        let names = input.files.iter().map(|file| input.sources.file(*file).name().to_owned()).collect();
        (names, input.diagnostics.iter().chain(&input.notes).map(|diagnostic| diagnostic.message.clone()).collect())
    }

    #[test]
    fn directories_give_their_manifests_and_say_what_they_leave_out() {
        let (names, told) = names(
            &[
                ("k8s/a.yaml", ""),
                ("k8s/b.txt", ""),
                ("k8s/.git/c.yaml", ""),
                ("k8s/chart/Chart.yaml", ""),
                ("k8s/chart/values.yaml", ""),
                ("k8s/chart/templates/d.yaml", "{{ x }}"),
                ("k8s/chart/crds/e.yaml", ""),
                ("k8s/over/kustomization.yaml", "patches: [{ path: p.yaml }]\nresources: [../a.yaml]\n"),
                ("k8s/over/p.yaml", ""),
                ("k8s/over/q.yml", ""),
            ],
            &["k8s", "k8s/a.yaml", "-"],
        );
        assert_eq!(names, ["k8s/a.yaml", "k8s/chart/crds/e.yaml", "k8s/over/q.yml", "<stdin>"]);
        assert_eq!(
            told,
            ["`k8s/chart` is a Helm chart; its templates are not checked", "`k8s/over` is a kustomization; what it makes is not checked"]
        );
    }

    #[test]
    fn what_is_not_there_is_an_error() {
        assert_eq!(names(&[], &["nowhere"]).1, ["`nowhere` can't be read"]);
    }

    fn verdicts(system: &MemoryFileSystem) -> (Input, Validation) {
        let input = load(&Request { paths: vec!["k8s".into()], standard_input: None }, system);
        let validation = validate(&input, &Input::default(), Version::DEFAULT);
        (input, validation)
    }

    #[test]
    fn a_file_of_15_mib_is_judged_to_its_last_line() {
        let line = format!("  {}: {}\n", "k".repeat(50), "v".repeat(4_000));
        let object = |at: usize| {
            let lines: String = (0..250).map(|number| line.replacen('k', &format!("k{number}"), 1)).collect();
            format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: c{at} }}\ndata:\n{lines}---\n")
        };
        let text: String = (0..15).map(object).collect::<String>() + "a: [\n---\nkind: Secret\napiVersion: v1\nmetadata: { name: A }\n";
        assert!((15 << 20) - (1 << 20) < text.len() && text.len() < 16 << 20, "{}", text.len());
        let (input, validation) = verdicts(&MemoryFileSystem::new().with_file("k8s/all.yaml", text));
        assert_eq!((input.diagnostics.len(), validation.broken.len()), (0, 1));
        assert_eq!([Status::Valid, Status::Invalid].map(|status| validation.count(status)), [15, 1]);
    }

    #[test]
    fn ten_thousand_files_are_judged_each() {
        let mut system = MemoryFileSystem::new();
        for at in 0..10_000 {
            let name = if at % 100 == 0 { "A" } else { "a" };
            let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: {name}{at} }}\n");
            system.insert(format!("k8s/{}/{at}.yaml", at / 100), text, 0o644);
        }
        let (input, validation) = verdicts(&system);
        assert_eq!((input.files.len(), input.diagnostics.len()), (10_000, 0));
        assert_eq!([Status::Valid, Status::Invalid].map(|status| validation.count(status)), [9_900, 100]);
    }
}
